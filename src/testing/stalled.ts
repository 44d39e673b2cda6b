/** The error of a simulated run that waits for what will never happen. */
import { DagnyError } from "../index.js";
import type { ActiveNode } from "../observe/follow.js";

/** Nothing is due any more and the run has not ended. The message names what it waits for. */
export class SimulationStalledError extends DagnyError {
  readonly code = "SIMULATION_STALLED";
  /** The nodes that have begun and have not settled, by the text of their addresses, in the order in which they began. */
  readonly nodes: readonly string[];

  constructor(atMs: number, active: readonly ActiveNode[]) {
    const shown = active.slice(0, 5).map((node) => `${JSON.stringify(node.node)} ${stateOf(node)}`);
    const more = active.length > shown.length ? `, and ${active.length - shown.length} more` : "";
    const what = shown.length === 0 ? "no node has begun: is the run paused?" : `${shown.join(", ")}${more}`;
    super(`the simulated run waits for what will not happen: at ${atMs} ms ${what}; give it a command (at, when), or a script that ends`);
    this.nodes = active.map(({ node }) => node);
  }

  override get name(): string {
    return "SimulationStalledError";
  }
}

function stateOf({ state, waitsFor, hasLane, attempt }: ActiveNode): string {
  if (state === "waiting") return `waits for ${waitsFor ?? "something"}`;
  return hasLane ? `runs attempt ${attempt}, whose task never settles` : "is open";
}

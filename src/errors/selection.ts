/** What can be wrong with the part of a graph that was selected for a run. */
import { quote } from "./base.js";
import type { ErrorCode } from "./codes.js";
import { GraphError } from "./graph.js";

/** A selected node depends on one that is not part of the run, and nothing stands for it. */
export class SelectionError extends GraphError {
  /** The node that was selected. */
  readonly node: string;
  /** What it depends on. */
  readonly upstream: string;

  /** `how` says why the upstream is not there: it was not selected, or it was excluded and the node's join names it. */
  constructor(node: string, upstream: string, how: "outside" | "excluded" = "outside") {
    const [of, name] = [quote(node), quote(upstream)];
    super(
      how === "outside"
        ? `node ${of} needs ${name}, which is not selected: select it, too, or give its output in \`values\``
        : `the join of node ${of} names ${name}, which is excluded: exclude ${of}, too, or give the output of ${name} in \`values\` instead`,
    );
    this.node = node;
    this.upstream = upstream;
  }

  override get code(): ErrorCode {
    return "SELECTION_INVALID";
  }

  override get name(): string {
    return "SelectionError";
  }
}

/** A run that is watched: one that does not end says where it stands instead of timing out without a word. */
import type { RunEvent, RunHandle, RunResult } from "../../../src/index.js";

/** What a run is told its events with. */
export class Watch {
  readonly events: RunEvent[] = [];
  /** The listener to start the run with. */
  readonly onEvent = (event: RunEvent): void => {
    this.events.push(event);
  };

  /** The report. @throws after so long, with the last event of every node that has not settled and the end of the log. */
  async resultOf(handle: RunHandle, limitMs = 20_000): Promise<RunResult> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the run does not end\n${this.#open().join("\n")}\n…\n${this.#tail().join("\n")}`)),
        limitMs,
      );
    });
    try {
      return await Promise.race([handle.result, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #open(): string[] {
    const last = new Map<string, string>();
    const over = new Set(["nodeCompleted", "nodeFailed", "nodeSkipped", "nodeFiltered", "nodeCancelled"]);
    for (const event of this.events) {
      if (!("node" in event) || event.node === undefined || event.type === "log") continue;
      if (over.has(event.type)) last.delete(event.node);
      else last.set(event.node, lineOf(event));
    }
    return [...last].slice(0, 40).map(([node, line]) => `  ${node}: ${line}`);
  }

  #tail(): string[] {
    return this.events.slice(-30).map(lineOf);
  }
}

function lineOf({ type, ...rest }: RunEvent): string {
  const { seq: _, error, data: __, ...fields }: Record<string, unknown> = rest;
  return `  ${type} ${JSON.stringify(fields)}${error === undefined ? "" : ` ${String(error)}`}`;
}

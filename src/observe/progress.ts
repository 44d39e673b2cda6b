/** How far a run is, while it goes on: a tree that stays in place on a terminal, plain lines in CI and wherever nothing can be drawn over. */
import { styleText } from "node:util";
import type { EventListener, RunEvent } from "../run/events.js";
import { Estimate } from "./estimate.js";
import { RunFollower } from "./follow.js";
import type { ObservedGraph, PastDurations } from "./graph.js";
import { PlainLines } from "./plain-lines.js";
import { type ProgressStream, TerminalRegion } from "./terminal.js";
import { messageOf, plain } from "./text.js";
import { frameOf } from "./tree-view.js";

/** What to show, and where. */
export interface ProgressOptions {
  /** The graph that runs: gives the total and, by its nodes' costs, the time that is left. */
  readonly dag?: ObservedGraph;
  /** How long nodes took in the past, by name or as the report of a run: a better estimate than costs, and one from the start. */
  readonly past?: PastDurations;
  /** @default process.stderr */
  readonly stream?: ProgressStream;
  /**
   * `"tree"` draws over itself, `"lines"` never does. `"auto"`: a tree if the stream is a terminal and the environment has no `CI`.
   * @default "auto"
   */
  readonly mode?: "auto" | "tree" | "lines";
  /**
   * How many lines the tree may have, at most as many as the terminal.
   * @default 12
   */
  readonly maxLines?: number;
  /**
   * Whether to use colors.
   * @default unless the environment has `NO_COLOR`
   */
  readonly colors?: boolean;
}

/** What the display asks of time; tests give their own. */
export interface Ticker {
  /** A monotonic reading, in milliseconds. */
  now(): number;
  /** Calls `tick` again and again, without keeping the process alive; the function returned ends it. */
  every(ms: number, tick: () => void): () => void;
}

const systemTicker: Ticker = {
  now: () => performance.now(),
  every(ms, tick) {
    const timer = setInterval(tick, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** How often the tree is drawn at most, and how often it is drawn at least, in milliseconds. */
const drawEveryMs = { most: 50, least: 250 };
/** The part of the time that drawing may take: a tree of a hundred thousand waits is drawn less often. */
const drawPart = 0.05;

/**
 * A listener that shows how far a run is; one for each run. It reads events and nothing else, and nothing that goes wrong with the stream
 * changes the run. The terminal gets its cursor back when the run ends, or the process.
 */
export function progress(options: ProgressOptions = {}): EventListener {
  return progressWith(options, systemTicker);
}

/** The same with a ticker of the caller's. */
export function progressWith(options: ProgressOptions, ticker: Ticker): EventListener {
  const { dag, past, stream = process.stderr, mode = "auto" } = options;
  const { CI, TERM } = process.env;
  const canDraw = stream.isTTY === true && (CI === undefined || CI === "" || CI === "false") && TERM !== "dumb";
  const estimate = dag === undefined ? undefined : new Estimate(dag, past);
  const follower = new RunFollower();
  const show = mode === "tree" || (mode === "auto" && canDraw) ? tree(options, ticker) : lines(options);
  const known = dag === undefined ? undefined : new Set(dag.topologicalSort());
  return (event) => {
    const settled = follower.take(event);
    if ("node" in event && event.node !== undefined) {
      estimate?.settle(event.type, event.node, settled, follower.timeMs);
      // What was added to the run itself is part of it; what is inside a container is not counted here.
      if (known?.has(event.node) === false && follower.containerOf(event.node) === undefined) known.add(event.node);
    }
    const total = known?.size;
    show({ event, follower, settled, total, leftMs: (nowMs) => estimate?.leftMs(follower, nowMs) });
  };
}

interface Shown {
  readonly event: RunEvent;
  readonly follower: RunFollower;
  readonly settled: ReturnType<RunFollower["take"]>;
  readonly total: number | undefined;
  leftMs(nowMs: number): number | undefined;
}

function lines({ stream = process.stderr, dag }: ProgressOptions): (shown: Shown) => void {
  const plainLines = new PlainLines(dag?.nodeCount);
  let isBroken = false;
  let isOpen = false;
  const onError = (): void => {
    isBroken = true;
  };
  return ({ event, follower, settled, leftMs }) => {
    if (!isOpen) stream.on?.("error", onError);
    isOpen = true;
    if (event.type === "runEnded") setImmediate(() => stream.off?.("error", onError)); // A write of the last lines may still fail.
    for (const line of plainLines.take(event, follower, settled, () => leftMs(follower.timeMs))) {
      if (isBroken) return;
      try {
        stream.write(`${line}\n`);
      } catch {
        isBroken = true;
      }
    }
  };
}

function tree(options: ProgressOptions, ticker: Ticker): (shown: Shown) => void {
  const { stream = process.stderr, maxLines = 12, colors = !process.env["NO_COLOR"] } = options;
  const region = new TerminalRegion(stream);
  let drawnAt = Number.NEGATIVE_INFINITY;
  let restMs = drawEveryMs.most;
  /** The ticker's reading that is time 0 of the run. */
  let startedAt: number | undefined;
  let isPaused = false;
  let stop: (() => void) | undefined;
  let latest: Shown | undefined;
  const above: string[] = [];
  const color = (name: Parameters<typeof styleText>[0], text: string): string => (colors && text !== "" ? styleText(name, text) : text);
  const draw = (): void => {
    if (latest === undefined) return;
    const { follower, total, leftMs } = latest;
    drawnAt = ticker.now();
    const nowMs = Math.max(follower.timeMs, drawnAt - (startedAt ?? drawnAt));
    const columns = Math.max(20, stream.columns ?? 80) - 1;
    const rows = Math.max(1, Math.min(maxLines, (stream.rows ?? 24) - 1));
    region.draw(frameOf({ follower, nowMs, total, leftMs: leftMs(nowMs), columns, rows, isPaused, color }), above.splice(0));
    restMs = Math.max(drawEveryMs.most, (ticker.now() - drawnAt) / drawPart);
  };
  return (shown) => {
    const { event } = shown;
    latest = shown;
    const type: string = event.type;
    if ("timeMs" in event && startedAt === undefined) {
      startedAt = ticker.now() - event.timeMs;
      stop = ticker.every(drawEveryMs.least, () => {
        if (ticker.now() - drawnAt >= restMs) draw();
      });
    }
    isPaused = type === "runPaused" || (isPaused && type !== "runResumed" && type !== "runStopping" && type !== "cancelRequested");
    if (event.type === "nodeFailed") above.push(color("red", failureLine(event)));
    if (event.type === "runEnded") {
      stop?.();
      draw();
      region.close();
    } else if (ticker.now() - drawnAt >= restMs) draw();
  };
}

function failureLine({ node, reason, error }: { readonly node: string; readonly reason: string; readonly error?: unknown }): string {
  return `✗ ${plain(node)} failed (${reason})${error === undefined ? "" : `: ${messageOf(error)}`}`;
}

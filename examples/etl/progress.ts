/** Shows a run while it goes on: bars that stay in place on a terminal, plain lines elsewhere. Both are drawn from the run's events alone. */
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import type { RunEvent } from "dagny";

/** Where to write: `process.stdout`, say. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Nodes shown on one line. */
interface Stage {
  readonly name: string;
  readonly size: number;
  readonly running: Set<string>;
  done: number;
  failed: number;
}

type Show = (event: RunEvent) => void;

/** What to give to `onEvent`. `stageOf` names the line that a node is shown on; lines stand in the order of their first node. */
export function progressOn(screen: Screen, nodes: readonly string[], stageOf: (node: string) => string): Show {
  const stages = new Map<string, Stage>();
  for (const node of nodes) {
    const name = stageOf(node);
    const stage = stages.get(name);
    stages.set(name, { name, size: (stage?.size ?? 0) + 1, running: new Set(), done: 0, failed: 0 });
  }
  const show = screen.isTTY ? bars(screen, [...stages.values()]) : lines(screen);
  return (event) => {
    const stage = "node" in event && event.node !== undefined ? stages.get(stageOf(event.node)) : undefined;
    if (stage !== undefined) follow(stage, event);
    show(event, stage);
  };
}

/** Shows events again, stretched over so many milliseconds: what takes a tenth of a second is hard to follow live. */
export async function inSlowMotion(events: readonly RunEvent[], show: Show, overMs: number): Promise<void> {
  const last = events.findLast((event) => "timeMs" in event);
  const stretch = overMs / Math.max(1, last !== undefined && "timeMs" in last ? last.timeMs : 0);
  let shownMs = 0;
  for (const event of events) {
    if ("timeMs" in event) {
      const waitMs = event.timeMs * stretch - shownMs;
      if (waitMs >= 5) {
        await sleep(waitMs);
        shownMs += waitMs;
      }
    }
    show(event);
  }
}

function follow(stage: Stage, event: RunEvent): void {
  switch (event.type) {
    case "nodeStarted":
      stage.running.add(event.node);
      break;
    case "attemptFailed":
      stage.running.delete(event.node);
      break;
    case "nodeFailed":
    case "nodeSkipped":
    case "nodeCancelled":
      stage.failed++;
      stage.running.delete(event.node);
      break;
    case "nodeCompleted":
      stage.done++;
      stage.running.delete(event.node);
  }
}

const BAR = 24;
const REDRAW_MS = 40;

function bars(screen: Screen, stages: readonly Stage[]): (event: RunEvent) => void {
  const label = Math.max(...stages.map((stage) => stage.name.length));
  let drawnAt = Number.NEGATIVE_INFINITY;
  let isFirst = true;
  return (event) => {
    const now = performance.now();
    if (!("timeMs" in event) || (event.type !== "runEnded" && now - drawnAt < REDRAW_MS)) return;
    drawnAt = now;
    const width = (screen.columns ?? 80) - label - BAR - 14;
    const drawn = stages.map(({ name, size, done, failed, running }) => {
      const [full, broken] = [done, done + failed].map((count) => Math.round((count / size) * BAR)) as [number, number];
      const bar =
        styleText("green", "█".repeat(full)) + styleText("red", "█".repeat(broken - full)) + styleText("gray", "░".repeat(BAR - broken));
      const now = [...running].map((node) => node.slice(node.indexOf("/") + 1)).join(" ");
      return `  ${name.padEnd(label)} ${bar} ${`${done}/${size}`.padStart(7)}  ${styleText("gray", now.slice(0, width))}`;
    });
    drawn.push("", `  ${styleText("gray", footer(stages, event.timeMs))}`);
    const up = isFirst ? "" : `\x1b[${drawn.length}A`;
    isFirst = false;
    screen.write(up + drawn.map((line) => `\x1b[2K${line}\n`).join(""));
  };
}

function footer(stages: readonly Stage[], timeMs: number): string {
  const total = (count: (stage: Stage) => number): number => stages.reduce((sum, stage) => sum + count(stage), 0);
  const running = total((stage) => stage.running.size);
  const broken = total((stage) => stage.failed);
  const done = `${total((stage) => stage.done)} of ${total((stage) => stage.size)} done`;
  return [`${(timeMs / 1000).toFixed(2)} s`, done, `${running} running`, ...(broken > 0 ? [`${broken} not completed`] : [])].join("   ");
}

/** A stage of more nodes than this is one line when all of it has settled; its failures are told one by one. */
const MANY = 12;

function lines(screen: Screen): (event: RunEvent, stage: Stage | undefined) => void {
  const startedAt = new Map<string, number>();
  return (event, stage) => {
    if (!("node" in event) || !("timeMs" in event) || stage === undefined) return;
    const at = `${event.timeMs.toFixed(1).padStart(9)} ms  `;
    switch (event.type) {
      case "nodeStarted":
        startedAt.set(event.node, event.timeMs);
        break;
      case "nodeCompleted": {
        const tookMs = event.timeMs - (startedAt.get(event.node) ?? event.timeMs);
        if (stage.size <= MANY) screen.write(`${at}${event.node} completed after ${tookMs.toFixed(1)} ms\n`);
        break;
      }
      case "attemptFailed":
        screen.write(`${at}${event.node} attempt ${event.attempt} failed (${event.reason}), to be tried again\n`);
        break;
      case "nodeFailed":
        screen.write(`${at}${event.node} failed (${event.reason})\n`);
        break;
      case "nodeSkipped":
        if (stage.size <= MANY) screen.write(`${at}${event.node} skipped (${event.reason})\n`);
        break;
      case "nodeCancelled":
        if (stage.size <= MANY) screen.write(`${at}${event.node} cancelled\n`);
        break;
      default:
        return;
    }
    const isSettled = event.type !== "attemptFailed" && event.type !== "nodeStarted" && stage.done + stage.failed === stage.size;
    if (stage.size > MANY && isSettled) screen.write(`${at}${stage.name}: ${stage.done} of ${stage.size} completed\n`);
  };
}

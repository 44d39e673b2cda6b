/** One frame of the progress display: what runs and waits as a tree under its containers, a bar where a size is known, and a summary. */
import { type ActiveNode, type RunFollower, settledIn } from "./follow.js";
import { bar, cut, duration, plain } from "./text.js";

/** What a frame is made from. */
export interface FrameParts {
  readonly follower: RunFollower;
  /** Milliseconds since the run's start. */
  readonly nowMs: number;
  /** How many nodes the run itself has; `undefined` where nobody said. */
  readonly total: number | undefined;
  readonly leftMs: number | undefined;
  /** How many cells a line has. */
  readonly columns: number;
  /** How many lines the frame may have. */
  readonly rows: number;
  readonly isPaused: boolean;
  /** Adds a color, which takes no room. */
  color(color: "green" | "red" | "gray" | "yellow" | "bold", text: string): string;
}

const barWidth = 20;

/** The lines of a frame, the summary last. */
export function frameOf(parts: FrameParts): string[] {
  const { follower, columns, rows, color } = parts;
  const lines: string[] = [];
  const most = Math.max(0, rows - 1);
  let left = 0;
  for (const { active, depth } of inTreeOrder(follower)) {
    // The last line may have to say how many more there are.
    if (lines.length < most - 1 || (lines.length < most && left === 0)) lines.push(nodeLine(parts, active, depth));
    else left++;
  }
  if (left > 0) lines.push(color("gray", cut(`  … and ${left + (lines.length === most ? 1 : 0)} more`, columns)));
  lines.push(summary(parts));
  return lines.slice(-rows);
}

/** What is active, each node after the container it is in, in the order in which they began. */
function inTreeOrder(follower: RunFollower): { readonly active: ActiveNode; readonly depth: number }[] {
  const inside = new Map<ActiveNode | undefined, ActiveNode[]>();
  for (const active of follower.active.values()) {
    const container = follower.containerOf(active.node);
    const siblings = inside.get(container);
    if (siblings === undefined) inside.set(container, [active]);
    else siblings.push(active);
  }
  const ordered: { readonly active: ActiveNode; readonly depth: number }[] = [];
  const open = (inside.get(undefined) ?? []).map((active) => ({ active, depth: 0 })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    ordered.push(next);
    const { active, depth } = next;
    for (const child of (inside.get(active) ?? []).reverse()) open.push({ active: child, depth: depth + 1 });
  }
  return ordered;
}

function nodeLine({ nowMs, columns, color }: FrameParts, active: ActiveNode, depth: number): string {
  const { node, state, attempt, sinceMs, waitsFor, size, isGrowing, inside } = active;
  const indent = "  ".repeat(depth + 1);
  const name = plain(depth === 0 ? node : node.slice(node.lastIndexOf("/") + 1));
  const tries = attempt > 1 ? `  attempt ${attempt}` : "";
  const since = duration(Math.max(0, nowMs - sinceMs));
  if (size === undefined) {
    const text = cut(`${indent}${state === "waiting" ? "◌" : "●"} ${name}`, columns);
    const detail = cut(
      state === "waiting" ? `  waits for ${plain(waitsFor ?? "something")}${tries}` : `  ${since}${tries}`,
      columns - text.length,
    );
    return text + color(state === "waiting" ? "yellow" : "gray", detail);
  }
  const done = settledIn(inside);
  const broken = inside.failed > 0 ? `  ${inside.failed} failed` : "";
  const text = cut(`${indent}▸ ${name}  ${bar(size === 0 ? 1 : done / size, barWidth)}  ${done}/${size}${isGrowing ? "+" : ""}`, columns);
  return text + color("gray", cut(`${broken}  ${since}${tries}`, columns - text.length));
}

function summary({ follower, nowMs, total, leftMs, columns, isPaused, color }: FrameParts): string {
  const { tally } = follower;
  const done = settledIn(tally);
  let running = 0;
  let waiting = 0;
  for (const { state, hasLane } of follower.active.values()) {
    if (state === "waiting") waiting++;
    else if (hasLane) running++;
  }
  const words = [
    total === undefined ? `${done} done` : `${bar(total === 0 ? 1 : done / total, barWidth)}  ${done}/${total}`,
    `${running} running`,
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(tally.failed > 0 ? [`${tally.failed} failed`] : []),
    ...(isPaused ? ["paused"] : []),
    duration(nowMs),
    ...(leftMs === undefined || isPaused ? [] : [`about ${duration(leftMs)} left`]),
  ];
  return color(tally.failed > 0 ? "red" : "bold", cut(words.join("  "), columns));
}

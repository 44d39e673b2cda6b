/**
 * The laws of a run, checked on its log alone: they hold for the reference model and for the core, and know nothing of how either decides.
 *
 * `checkLaws` throws at the first breach, with the line of the log where it shows.
 */
import { isLegalMove, isSettled } from "./model/moves.js";
import { formatEvent, type NodeState, type RunEvent, type RunSpec, type StepReport } from "./model/types.js";

/** What the log so far says of one node. */
interface Seen {
  state: NodeState;
  begun: number;
  lane: number | null;
  isLeased: boolean;
}

/** @throws Error naming the law and the event that breaks it. */
export function checkLaws(spec: RunSpec, steps: readonly StepReport[]): void {
  const upstreams = Array.from({ length: spec.nodeCount }, (): number[] => []);
  for (const [from, to] of spec.edges) upstreams[to]?.push(from);
  const rank = bruteForceRanks(spec);
  const nodes = upstreams.map((): Seen => ({ state: "pending", begun: 0, lane: null, isLeased: false }));
  const out = new Set<string>();
  let last: RunEvent | null = null;
  let isStopped = false;
  let hasCancel = false;
  let ends = 0;

  for (const step of steps) {
    for (const event of step.events) {
      const breach = (law: string): never => {
        throw new Error(`${law}: ${formatEvent(event)}`);
      };
      if (last === null && event.kind !== "runStarted") breach("a run begins with runStarted");
      if (last !== null && event.kind === "runStarted") breach("a run starts once");
      if (ends > 0) breach("nothing comes after runEnded");
      if (last !== null && event.at < last.at) breach("time does not run backwards");
      last = event;

      const node = "node" in event ? (nodes[event.node] ?? breach("an event names a node of the graph")) : null;
      const move = (to: NodeState): void => {
        if (node === null) return;
        if (!isLegalMove(node.state, to)) breach(`${node.state} → ${to} is a legal move`);
        if (isSettled(to) && node.isLeased) breach("a node settles without a lease");
        node.state = to;
      };
      /** The attempt that runs gives its slot back; where it was told to stop it is still out. */
      const free = (attempt: number, isOut: boolean): void => {
        if (node === null || !("node" in event)) return;
        if (node.state !== "running" || node.begun !== attempt) breach("only the running attempt settles");
        node.lane = null;
        if (isOut) out.add(`${event.node}#${attempt}`);
      };
      const wasAborted = (attempt: number): boolean =>
        "node" in event && step.aborts.some((abort) => abort.node === event.node && abort.attempt === attempt);
      const lanesTaken = (): number[] => nodes.flatMap((seen) => (seen.lane === null ? [] : [seen.lane]));

      switch (event.kind) {
        case "nodeReady":
          if (upstreams[event.node]?.some((id) => nodes[id]?.state !== "completed"))
            breach("a node is ready when its upstreams have completed");
          move("ready");
          break;
        case "nodeLeased":
          if (isStopped) breach("no work is handed out after a stop or a cancel");
          if (node?.state !== "ready" || node.isLeased) breach("a lease is of a ready node");
          if (event.attempt !== (node?.begun ?? 0) + 1) breach("attempts count up by one");
          if (event.attempt > (spec.policies[event.node]?.maxAttempts ?? 1)) breach("maxAttempts is the total");
          if (event.lane < 0 || event.lane >= spec.maxWorkers) breach("a lane is a slot");
          if (lanesTaken().includes(event.lane)) breach("a lane holds one node at a time");
          if (lanesTaken().some((_, lane) => lane < event.lane && !lanesTaken().includes(lane))) breach("the lowest free lane is taken");
          if (node !== null) [node.isLeased, node.lane] = [true, event.lane];
          for (const [id, other] of nodes.entries()) {
            if (other.state === "ready" && !other.isLeased && isAhead(rank, id, event.node)) breach(`node ${id} is ahead in the order`);
          }
          break;
        case "leaseReturned":
          if (!node?.isLeased) breach("only a lease is returned");
          if (!step.revoked.some((lease) => lease.node === event.node)) breach("the host learns of a lease taken back");
          if (node !== null) [node.isLeased, node.lane] = [false, null];
          break;
        case "nodeStarted":
          if (!node?.isLeased || node.lane !== event.lane || event.attempt !== node.begun + 1) breach("an attempt begins on its lease");
          if (upstreams[event.node]?.some((id) => nodes[id]?.state !== "completed"))
            breach("no attempt starts before its upstreams completed");
          if (node !== null) [node.isLeased, node.begun] = [false, event.attempt];
          move("running");
          break;
        case "nodeCompleted":
          free(event.attempt, false);
          move("completed");
          break;
        case "attemptFailed":
          if (event.attempt >= (spec.policies[event.node]?.maxAttempts ?? 1)) breach("a last attempt's failure is final");
          free(event.attempt, event.reason === "timeout");
          move("waiting");
          break;
        case "nodeFailed":
          free(event.attempt, event.reason === "timeout");
          move("failed");
          break;
        case "nodeSkipped": {
          const isBlocked = upstreams[event.node]?.some((id) => ["failed", "skipped", "cancelled"].includes(nodes[id]?.state ?? ""));
          if (event.reason === "upstreamFailed" && !isBlocked) breach("what is blocked has a failed or blocked upstream");
          if (event.reason === "failFast" && (!spec.failFast || !isStopped)) breach("failFast skips where the run stops");
          if ((node?.begun ?? 0) > 0) breach("a node that has begun is not skipped");
          move("skipped");
          break;
        }
        case "nodeCancelled":
          if (event.attempt !== node?.begun) breach("a cancelled node names the last attempt begun");
          if (!isStopped) breach("nodes are cancelled by a cancel or a stop");
          if (node?.state === "running") {
            if (!wasAborted(event.attempt)) breach("running code is told to stop");
            free(event.attempt, true);
          }
          move("cancelled");
          break;
        case "cancelRequested":
          if (hasCancel) breach("cancel is accepted once");
          if (nodes.every((seen) => isSettled(seen.state))) breach("cancel needs something to cancel");
          hasCancel = true;
          isStopped = true;
          break;
        case "runStopping":
          if (!spec.failFast || node?.state !== "failed") breach("a failure stops a failFast run");
          isStopped = true;
          break;
        case "lateOutcome":
          // Out, abandoned before, or come in after its own deadline; always an attempt that began.
          if (event.attempt < 1 || event.attempt > (node?.begun ?? 0)) breach("a late outcome is of an attempt that began");
          if (node?.state === "running" && node.begun === event.attempt) breach("an attempt that runs is not late");
          out.delete(`${event.node}#${event.attempt}`);
          break;
        case "attemptAbandoned":
          if (!out.delete(`${event.node}#${event.attempt}`)) breach("only code told to stop is abandoned");
          break;
        case "runEnded": {
          ends++;
          if (nodes.some((seen) => !isSettled(seen.state))) breach("a run ends when every node has settled");
          if (out.size > 0) breach("a run ends when the code it started has returned or was abandoned");
          const expected = hasCancel ? "cancelled" : nodes.some((seen) => seen.state === "failed") ? "failed" : "completed";
          if (event.status !== expected) breach(`the outcome is ${expected}`);
          break;
        }
        default:
          break;
      }
    }
    const used = nodes.filter((seen) => seen.lane !== null).length;
    if (used > spec.maxWorkers) throw new Error(`${used} slots of ${spec.maxWorkers} are held`);
    if (used < spec.maxWorkers && nodes.some((seen) => seen.state === "ready" && !seen.isLeased)) {
      throw new Error("a slot is free while a node is ready");
    }
    if (step.ended !== ends > 0) throw new Error("a step says that the run ended exactly when it has");
    if (last !== null && step.wakeAt !== null && step.wakeAt < last.at) throw new Error("a timer that is due has fired");
  }
  if (ends !== 1) throw new Error(`a run ends exactly once, not ${ends} times`);
}

/** Priority and bottom level by their definitions: over all descendants, over all paths (memoized). */
function bruteForceRanks(spec: RunSpec): { priority: number; cost: number }[] {
  const below = Array.from({ length: spec.nodeCount }, (): number[] => []);
  for (const [from, to] of spec.edges) below[from]?.push(to);
  const cost = (id: number): number => spec.policies[id]?.cost ?? 1;
  const longest = new Map<number, number>();
  const bottomLevel = (id: number): number => {
    const known = longest.get(id);
    if (known !== undefined) return known;
    const level = cost(id) + Math.max(0, ...(below[id] ?? []).map(bottomLevel));
    longest.set(id, level);
    return level;
  };
  return below.map((_, id) => {
    const reached = new Set([id]);
    for (const node of reached) for (const next of below[node] ?? []) reached.add(next);
    return { priority: Math.max(...[...reached].map((node) => spec.policies[node]?.priority ?? 0)), cost: bottomLevel(id) };
  });
}

function isAhead(rank: readonly { priority: number; cost: number }[], a: number, b: number): boolean {
  const [left, right] = [rank[a], rank[b]];
  if (left === undefined || right === undefined) return false;
  if (left.priority !== right.priority) return left.priority > right.priority;
  if (left.cost !== right.cost) return left.cost > right.cost;
  return a < b;
}

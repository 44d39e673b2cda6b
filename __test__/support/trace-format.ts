/**
 * A strict reader of the Trace Event Format, written from its description (Google's "Trace Event Format" document) and from what its two
 * viewers, chrome://tracing and Perfetto, do with events that the description leaves open. It knows nothing of Dagny but `checkTrace`'s last rule.
 */

/** An event as it stands in a file. */
type Fields = Readonly<Record<string, unknown>>;

interface Slice {
  readonly ts: number;
  readonly end: number;
  readonly position: number;
}

/** Fields that every event of a phase has, with their types. `ts` is required of metadata by neither, but we write it. */
const required: Readonly<Record<string, Readonly<Record<string, "string" | "number" | "object">>>> = {
  X: { name: "string", cat: "string", ts: "number", dur: "number", pid: "number", tid: "number" },
  b: { name: "string", cat: "string", id: "number", ts: "number", pid: "number", tid: "number" },
  e: { name: "string", cat: "string", id: "number", ts: "number", pid: "number", tid: "number" },
  s: { name: "string", cat: "string", id: "number", ts: "number", pid: "number", tid: "number" },
  f: { name: "string", cat: "string", id: "number", ts: "number", pid: "number", tid: "number" },
  i: { name: "string", ts: "number", pid: "number", tid: "number", s: "string" },
  C: { name: "string", ts: "number", pid: "number", args: "object" },
  M: { name: "string", pid: "number", args: "object" },
};

/** Names of metadata events, with the argument each one has. */
const metadata: Readonly<Record<string, readonly [argument: string, type: string]>> = {
  process_name: ["name", "string"],
  process_labels: ["labels", "string"],
  process_sort_index: ["sort_index", "number"],
  thread_name: ["name", "string"],
  thread_sort_index: ["sort_index", "number"],
};

const allowed = new Set(["name", "cat", "ph", "ts", "tts", "dur", "pid", "tid", "id", "bp", "s", "args", "cname"]);

/** The reserved color names of the format. */
const colors = new Set(
  "thread_state_uninterruptible thread_state_iowait thread_state_running thread_state_runnable thread_state_sleeping thread_state_unknown background_memory_dump light_memory_dump detailed_memory_dump vsync_highlight_color generic_work good bad terrible black grey white yellow olive rail_response rail_animation rail_idle rail_load startup heap_dump_stack_frame heap_dump_object_type heap_dump_child_node_arrow cq_build_running cq_build_passed cq_build_failed cq_build_abandoned cq_build_attempt_runnig cq_build_attempt_passed cq_build_attempt_failed".split(
    " ",
  ),
);

/**
 * Everything that is wrong with a trace (the JSON object form), at most 20 lines; empty for a valid one.
 * Checked: fields and types by phase; whole, non-negative times; slices of one thread do not overlap; asynchronous slices have two ends, in order; arrows come in pairs of one name and
 * category, forward in time and in the file, each end within a slice of its thread; counters ascend strictly in time and have numbers;
 * metadata is known, unique, and names every thread in use.
 */
export function checkTrace(trace: unknown): string[] {
  const faults: string[] = [];
  const fault = (text: string): void => {
    if (faults.length < 20) faults.push(text);
  };
  if (!isFields(trace) || !Array.isArray(trace.traceEvents)) return ["a trace is an object with an array traceEvents"];
  if (trace.displayTimeUnit !== "ms" && trace.displayTimeUnit !== "ns") fault("displayTimeUnit is ms or ns");

  const slices = new Map<string, Slice[]>();
  const flows = new Map<string, { s: Fields[]; f: Fields[] }>();
  const counters = new Map<string, number>();
  const spans = new Map<string, { b: number[]; e: number[] }>();
  const named = new Set<string>();
  const threads = new Set<string>();
  const position = new Map<Fields, number>();

  const events: readonly unknown[] = trace.traceEvents;
  for (const [index, event] of events.entries()) {
    if (!isFields(event)) {
      fault(`event ${index} is not an object`);
      continue;
    }
    const about = `event ${index} (${String(event.ph)} ${String(event.name)})`;
    const phase = typeof event.ph === "string" ? required[event.ph] : undefined;
    if (phase === undefined) {
      fault(`${about}: unknown phase`);
      continue;
    }
    position.set(event, index);
    for (const [field, type] of Object.entries(phase)) {
      if (typeof event[field] !== type) fault(`${about}: ${field} is not a ${type}`);
    }
    for (const field of Object.keys(event)) if (!allowed.has(field)) fault(`${about}: unknown field ${field}`);
    for (const field of ["ts", "dur", "pid", "tid"]) {
      const value = event[field];
      if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= 0)) fault(`${about}: ${field} is ${String(value)}`);
    }
    if (event.cname !== undefined && !colors.has(String(event.cname))) fault(`${about}: no reserved color ${String(event.cname)}`);
    const thread = `${String(event.pid)}/${String(event.tid)}`;
    const ts = Number(event.ts);
    switch (event.ph) {
      case "X":
        threads.add(thread);
        entry(slices, thread, () => []).push({ ts, end: ts + Number(event.dur), position: index });
        break;
      case "s":
      case "f": {
        const key = JSON.stringify([event.cat, event.name, event.id]);
        entry(flows, key, () => ({ s: [], f: [] }))[event.ph].push(event);
        if (event.ph === "s" && event.bp !== undefined) fault(`${about}: bp belongs to the end of an arrow`);
        break;
      }
      case "b":
      case "e":
        entry(spans, JSON.stringify([event.cat, event.id, event.name]), () => ({ b: [], e: [] }))[event.ph].push(ts);
        break;
      case "i":
        threads.add(thread);
        if (!["g", "p", "t"].includes(String(event.s))) fault(`${about}: scope ${String(event.s)}`);
        break;
      case "C": {
        const counter = `${String(event.pid)}/${String(event.name)}`;
        if (ts <= (counters.get(counter) ?? -1)) fault(`${about}: not after the counter's last time`);
        counters.set(counter, ts);
        const series = Object.values(isFields(event.args) ? event.args : {});
        if (series.length === 0 || !series.every((value) => typeof value === "number" && value >= 0)) fault(`${about}: series are numbers`);
        break;
      }
      case "M": {
        const known = metadata[String(event.name)];
        const args = isFields(event.args) ? event.args : {};
        if (known === undefined) fault(`${about}: unknown metadata`);
        else if (typeof args[known[0]] !== known[1]) fault(`${about}: ${known[0]} is not a ${known[1]}`);
        const row = String(event.name).startsWith("process") ? String(event.pid) : thread;
        const key = `${String(event.name)} ${row}`;
        if (named.has(key)) fault(`${about}: twice for ${row}`);
        named.add(key);
        break;
      }
    }
  }

  for (const [thread, rows] of slices) {
    rows.sort((a, b) => a.ts - b.ts || a.end - b.end);
    rows.forEach((slice, i) => {
      const before = rows[i - 1];
      if (before !== undefined && slice.ts < before.end) fault(`thread ${thread}: slices overlap at ${slice.ts}`);
    });
  }
  for (const [key, { b, e }] of spans) {
    if (b.length !== 1 || e.length !== 1 || Number(b[0]) > Number(e[0])) fault(`asynchronous slice ${key}: ${b} to ${e}`);
  }
  for (const [key, { s, f }] of flows) {
    const [from, to] = [s[0], f[0]];
    if (from === undefined || to === undefined || s.length > 1 || f.length > 1) {
      fault(`arrow ${key}: ${s.length} starts and ${f.length} ends`);
      continue;
    }
    if (Number(from.ts) > Number(to.ts)) fault(`arrow ${key}: backward in time`);
    if ((position.get(from) ?? 0) > (position.get(to) ?? 0)) fault(`arrow ${key}: backward in the file`);
    for (const end of [from, to]) {
      const thread = slices.get(`${String(end.pid)}/${String(end.tid)}`) ?? [];
      const around = enclosing(thread, Number(end.ts));
      if (around === undefined) fault(`arrow ${key}: ${String(end.ph)} at ${String(end.ts)} is in no slice`);
      else if (around.position > (position.get(end) ?? 0)) fault(`arrow ${key}: stands before its slice in the file`);
    }
    // Without it the arrow ends at the next slice to begin, which is not the one that begins just then.
    if (to.bp !== "e") fault(`arrow ${key}: its end is not bound to the enclosing slice`);
  }
  for (const thread of threads) {
    for (const name of ["thread_name", "thread_sort_index"]) if (!named.has(`${name} ${thread}`)) fault(`thread ${thread} has no ${name}`);
    const process = thread.split("/")[0] ?? "";
    if (!named.has(`process_name ${process}`)) fault(`process ${process} has no name`);
  }
  return faults;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** The last slice that begins at or before a time and has not ended before it, in slices sorted by time. */
function enclosing(sorted: readonly Slice[], ts: number): Slice | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.ts ?? 0) <= ts) low = middle + 1;
    else high = middle;
  }
  const slice = sorted[low - 1];
  return slice !== undefined && slice.end >= ts ? slice : undefined;
}

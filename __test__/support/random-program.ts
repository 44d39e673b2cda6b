/** Random programs in the words of programs.json, with today's rules only. */
import type { Program, ProgramNode } from "./programs.js";
import type { Random } from "./random.js";

/** `isSlow`: with tasks that take time in their calls. */
export function randomProgram(random: Random, id: string, isSlow = false): Program {
  const count = random.chance(0.8) ? random.int(1, 8) : random.int(9, 40);
  const ids = Array.from({ length: count }, (_, i) => `n${i}`);
  const hasFailures = random.chance(0.7);
  const nodes = ids.map((name): ProgramNode => {
    const endings = ["ok", "ok", "syncOk", "value:null", `value:${random.int(0, 9)}`];
    if (hasFailures) endings.push("fail", "failTimes:1", "failTimes:2", "syncFail");
    if (random.chance(0.2)) endings.push("hang");
    if (isSlow) endings.push("syncSlow:1", "syncSlow:10", "syncSlow:25", "asyncSlow:5", "asyncSlow:25");
    if (random.chance(0.05)) endings.push("syncCancel", "asyncCancel");
    const policy = {
      ...(random.chance(0.3) ? { priority: random.int(-2, 3) } : {}),
      ...(random.chance(0.3) ? { cost: random.int(0, 6) / 2 } : {}),
      ...(random.chance(0.3) ? { timeoutMs: random.int(1, 3) * 10 } : {}),
      ...(random.chance(0.4) ? { retry: { maxAttempts: random.int(1, 4) } } : {}),
    };
    // A task that hangs without a timeout ends by a command only, and one is not always there.
    const does = random.pick(endings);
    return { id: name, does, policy: does === "hang" && !("timeoutMs" in policy) ? { ...policy, timeoutMs: 20 } : policy };
  });
  const edges = new Map<string, [string, string]>();
  for (let k = random.int(0, 2 * count); k > 0; k--) {
    const [a, b] = [random.int(0, count - 1), random.int(0, count - 1)];
    const [from, to] = [ids[Math.min(a, b)], ids[Math.max(a, b)]];
    // Edges run up or down the insertion order, by seed, so that the order of nodes is not always topological.
    if (from !== undefined && to !== undefined && a !== b) edges.set(`${from} ${to}`, [from, to]);
  }
  const isReversed = random.chance(0.3);
  const states = ["running", "completed", "failed", "waiting", "ready", "skipped"];
  const commands = random.chance(0.3)
    ? Array.from({ length: random.int(1, 2) }, () => ({
        when: random.pick(["start", "idle", ...states.map((state) => `${random.pick(ids)} ${state}`)]),
        do: "cancel",
      }))
    : [];
  return {
    id,
    title: id,
    nodes,
    edges: [...edges.values()].map(([from, to]): [string, string] => (isReversed ? [to, from] : [from, to])),
    options: {
      ...(random.chance(0.7) ? { maxWorkers: random.int(1, 4) } : {}),
      ...(random.chance(0.6) ? { failFast: random.chance(0.4) } : {}),
      ...(random.chance(0.4) ? { graceMs: random.pick([0, 5, 20]) } : {}),
    },
    commands,
    expect: {},
  };
}

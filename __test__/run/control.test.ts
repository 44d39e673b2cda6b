/** The handle of a run: pause, resume, cancel of a branch, signals, and what each does at the wrong time. */
import { describe, expect, test } from "vitest";
import { approval, DAG, DAGExecutor, type RunEvent, sleep, waitFor } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { each, hand, loosely, never, settleDown, simulated } from "../support/runs.js";

describe("pause", () => {
  test("starts nothing more, and lets what runs end", async () => {
    const gate = hand();
    const begun: string[] = [];
    const handle = new DAGExecutor(graphOf("a -> b"), 1).start(
      each((_, { name }) => {
        begun.push(name);
        return gate.promise;
      }),
    );
    await settleDown();
    expect(handle.status).toBe("running");
    handle.pause();
    handle.pause();
    gate.resolve(undefined);
    await settleDown();
    expect([handle.status, begun]).toEqual(["paused", ["a"]]);
    handle.resume();
    handle.resume();
    expect((await handle.result).status).toBe("completed");
    expect(handle.status).toBe("completed");
  });

  test("before the first task is called", async () => {
    const begun: string[] = [];
    const handle = new DAGExecutor(graphOf("a")).start(each((_, { name }) => void begun.push(name)));
    handle.pause();
    await settleDown();
    expect([handle.status, begun]).toEqual(["paused", []]);
    handle.resume();
    await handle.result;
    expect(begun).toEqual(["a"]);
  });

  test("a cancel ends a paused run", async () => {
    const handle = new DAGExecutor(graphOf("a -> b")).start(each(() => {}));
    handle.pause();
    await settleDown();
    handle.cancel("enough");
    const result = await handle.result;
    expect(result.status).toBe("cancelled");
    expect(() => result.orThrow()).toThrow("the run was cancelled");
  });

  test("signals, approvals and growth are heard in it", async () => {
    const dag = loosely(
      DAG.builder()
        .task("gate", approval())
        .task("z", ["gate"], ({ gate }: { gate: unknown }) => gate)
        .build(),
    );
    const handle = new DAGExecutor(dag).start();
    await settleDown();
    handle.pause();
    handle.approve("gate", 1);
    handle.addNodes([{ name: "b", needs: ["gate"], task: () => 2 }]);
    await settleDown();
    handle.resume();
    const result = await handle.result;
    expect([result.get("z").result, result.get("b").result]).toEqual([1, 2]);
  });
});

describe("cancelNodes", () => {
  test("cancels what is named; joins decide what follows", async () => {
    const dag = loosely(
      DAG.builder()
        .addNodes(["a", "b", "after a"])
        .addNode("either", { join: "anyCompleted" })
        .addEdges([
          ["a", "after a"],
          ["a", "either"],
          ["b", "either"],
        ])
        .build(),
    );
    let reason: unknown;
    const gate = hand();
    const handle = new DAGExecutor(dag).start({
      a: (_: object, { signal }: { signal: AbortSignal }) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve((reason = signal.reason)))),
      b: () => gate.promise,
      "after a": () => 1,
      either: () => 2,
    } as never);
    await settleDown();
    handle.cancelNodes("a", "not this one");
    gate.resolve(undefined);
    const result = await handle.result;
    expect(reason).toBe("not this one");
    expect(result.status).toBe("completed");
    expect(result.get("a").status).toBe("cancelled");
    expect(result.get("after a")).toMatchObject({ status: "skipped", reason: "upstreamFailed" });
    expect(result.get("either").status).toBe("completed");
    expect(result.explain("a")).toBe('"a" was cancelled because a command asked for it');
  });

  test("several, settled ones and the same twice", async () => {
    const handle = new DAGExecutor(graphOf("a; b; c"), { graceMs: 0 }).start(each((_, { name }) => (name === "a" ? 1 : never())));
    await settleDown();
    handle.cancelNodes(["a", "b", "c", "b"]);
    const result = await handle.result;
    expect(Object.values(result.nodeResults).map(({ status }) => status)).toEqual(["completed", "cancelled", "cancelled"]);
  });

  test("an unknown node throws, and does nothing", async () => {
    const handle = new DAGExecutor(graphOf("alpha")).start(each(() => 1));
    expect(() => handle.cancelNodes("alpah")).toThrow('no node is named "alpah"; did you mean "alpha"?');
    expect((await handle.result).status).toBe("completed");
  });
});

describe("answers at the wrong time", () => {
  const dag = loosely(
    DAG.builder()
      .task("gate", approval())
      .task("named", waitFor({ signal: "go" }))
      .task("nap", sleep(5))
      .task("plain", () => 1)
      .build(),
  );

  test.each<[string, (handle: ReturnType<DAGExecutor["start"]>) => void, string]>([
    [
      "approve twice",
      (handle) => {
        handle.approve("gate");
        handle.approve("gate");
      },
      'approve: node "gate" has been approved already',
    ],
    [
      "reject what was approved",
      (handle) => {
        handle.approve("gate");
        handle.reject("gate");
      },
      'reject: node "gate" has been approved already',
    ],
    ["approve a task", (handle) => handle.approve("plain"), 'approve: node "plain" waits for nobody; name an approval'],
    ["approve a sleep", (handle) => handle.approve("nap"), 'approve: node "nap" waits for nobody'],
    [
      "approve who waits for a signal",
      (handle) => handle.approve("named"),
      'node "named" waits for the signal "go"; send it with `signal`',
    ],
    ["approve nobody", (handle) => handle.approve("gat"), 'no node is named "gat"; did you mean "gate"?'],
    ["signal without a name", (handle) => handle.signal(""), "`signal` must be a non-empty string"],
    ["signal to nobody", (handle) => handle.signal("go", 1, { node: "nobody" }), 'no node is named "nobody"'],
  ])("%s", async (_what, command, message) => {
    const handle = simulated(dag).executor.start();
    await settleDown();
    expect(() => command(handle)).toThrow(message);
    handle.cancel();
    await handle.result;
  });

  test("after the end", async () => {
    const { executor } = simulated(dag);
    const handle = executor.start();
    handle.cancel();
    await handle.result;
    expect(() => handle.signal("go")).toThrow('signal "go": this run has ended; start another one');
    expect(() => handle.approve("gate")).toThrow("approve: this run has ended");
    expect(() => handle.reject("gate")).toThrow("reject: this run has ended");
    for (const command of ["pause", "resume", "cancel"] as const) handle[command]();
    handle.cancelNodes("gate");
    expect(handle.status).toBe("cancelled");
    expect(handle.waits).toEqual([]);
  });

  test("an approval that nobody needs any more", async () => {
    const handle = simulated(dag).executor.start();
    await settleDown();
    handle.cancelNodes("gate");
    await settleDown();
    expect(() => handle.approve("gate")).toThrow('approve: node "gate" does not wait any more');
    handle.cancel();
    await handle.result;
  });
});

describe("subscriptions", () => {
  test("are filtered by type and by node, with what is inside", async () => {
    const dag = loosely(
      DAG.builder()
        .task("list", () => [1, 2])
        .task("m", ["list"], (await mapOf()) as never)
        .build(),
    );
    const byType: RunEvent[] = [];
    const handle = new DAGExecutor(dag).start(undefined, {
      onEvent: (event) => byType.push(event),
      eventFilter: { types: ["nodeCompleted"] },
    });
    const inside: string[] = [];
    const reading = (async () => {
      for await (const event of handle.subscribe({ nodes: ["m"], types: ["nodeStarted"] }))
        inside.push("node" in event ? String(event.node) : "");
    })();
    await handle.result;
    await reading;
    expect(byType.map((event) => "node" in event && event.node)).toEqual(["list", "m/0", "m/1", "m"]);
    expect(inside).toEqual(["m", "m/0", "m/1"]);
  });

  async function mapOf(): Promise<unknown> {
    const { map } = await import("../../src/index.js");
    return map({ each: (item: unknown) => item });
  }
});

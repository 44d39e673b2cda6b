/** Commands with everything else a node can have: each attempt is a process, and the rules are those of any task. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, loop, map, task } from "../../src/index.js";
import { reportOf } from "../support/commands.js";

describe("a command composes with", () => {
  test("retry: each attempt is a process of its own", async () => {
    const pids: string[] = [];
    const dag = DAG.builder()
      .task(
        "c",
        task.command("sh", (_, { attempt }) => ["-c", `echo $$; exit ${attempt === 3 ? 0 : 7}`], {
          onOutput: (chunk) => void pids.push(chunk.trim()),
        }),
        { retry: { maxAttempts: 5, retryOn: ["COMMAND_FAILED"] } },
      )
      .build();
    const result = await new DAGExecutor(dag).execute();
    expect(result.nodeResults.c).toMatchObject({ status: "completed", attempt: 3 });
    expect(new Set(pids).size).toBe(3);
  });

  test("retryOn: what is no matter of luck is not tried again", async () => {
    const around = { node: { retry: { maxAttempts: 5, retryOn: ["COMMAND_FAILED"] } } };
    expect((await reportOf("no-such-command-at-all", [], {}, around)).nodeResults.c.attempt).toBe(1);
    const executor = { retry: { maxAttempts: 3, retryOn: ["COMMAND_FAILED"] } };
    expect((await reportOf("false", [], {}, { executor })).nodeResults.c.attempt).toBe(3);
  });

  test("map: one process for each item", async () => {
    const dag = DAG.builder()
      .task("list", () => ["a", "b", "c"])
      .task("loud", ["list"], map({ over: ({ list }) => list, each: task.command("echo", (item: string, ctx) => [item, ctx.index]) }))
      .build();
    const result = await new DAGExecutor(dag).execute();
    expect(result.nodeResults.loud.result?.map(({ stdout }) => stdout)).toEqual(["a 0\n", "b 1\n", "c 2\n"]);
  });

  test("map with failures: each item says how it ended", async () => {
    const each = task.command("sh", (code: number) => ["-c", `exit ${code}`]);
    const dag = DAG.builder()
      .task("m", map({ over: () => [0, 1], each, allowFailures: true }))
      .build();
    const outcomes = (await new DAGExecutor(dag).execute()).nodeResults.m.result;
    expect(outcomes).toMatchObject([
      { status: "completed" },
      { status: "failed", error: { code: "COMMAND_FAILED", exitCode: 1, node: "m/1" } },
    ]);
  });

  test("loop: one process a round", async () => {
    const dag = DAG.builder()
      .task("l", loop({ body: task.command("echo", (_, { iteration }) => [iteration]), until: ({ stdout }) => stdout === "3\n", limit: 5 }))
      .build();
    expect((await new DAGExecutor(dag).execute()).nodeResults.l.result?.stdout).toBe("3\n");
  });

  test("conditions, failures that are handled, finally and undo", async () => {
    const undone: unknown[] = [];
    const dag = DAG.builder()
      .task("made", task.command("echo", ["made"]), { undo: (output) => void undone.push(output) })
      .task("not", ["made"], task.command("false"), { condition: () => false })
      .task("bad", ["made"], task.command("false"))
      .task("end", task.command("echo", ["end"]), { finally: true })
      .build();
    const result = await new DAGExecutor(dag, { undo: true }).execute();
    const ends = Object.values(result.nodeResults).map(({ name, status }) => `${name} ${status}`);
    expect(ends).toEqual(["made completed", "not skipped", "bad failed", "end completed"]);
    expect(undone).toMatchObject([{ stdout: "made\n" }]);
  });

  test("nodes that are added to a run", async () => {
    const dag = DAG.builder()
      .task("a", (_, ctx) => ctx.addNodes([{ name: "b", task: task.command("echo", ["added"]) }]))
      .build();
    const result = await new DAGExecutor(dag).execute();
    expect(result.get("b").result).toMatchObject({ stdout: "added\n" });
  });

  test("an executor whose tasks run on threads: it needs none", async () => {
    const dag = DAG.builder()
      .task("c", task.command("echo", ["x"]))
      .build();
    expect((await new DAGExecutor(dag, { on: "thread" }).execute()).nodeResults.c.result?.stdout).toBe("x\n");
  });

  test("tasks that are given to the run", async () => {
    const dag = DAG.builder().addNodes(["a", "b"]).addEdge("a", "b").build();
    const commands = {
      a: task.command("echo", ["a"]),
      b: task.command("cat", [], { input: ({ a }: { a: { stdout: string } }) => a.stdout }),
    };
    const result = await new DAGExecutor(dag).execute(commands);
    expect(result.nodeResults.b.result).toMatchObject({ stdout: "a\n" });
  });
});

describe("slots", () => {
  test("are not held by commands, which have their own", async () => {
    let release: (value: unknown) => void = () => undefined;
    const released = new Promise((resolve) => {
      release = resolve;
    });
    let running = 0;
    let most = 0;
    const builder = DAG.builder().task("slow", () => released);
    let dag = builder as unknown as { task(name: string, task: unknown): typeof dag; build(): DAG };
    for (let i = 0; i < 10; i++) {
      const begin = (): string[] => {
        most = Math.max(most, ++running);
        return [];
      };
      const onOutput = (): void => {
        if (--running === 0) release(undefined);
      };
      dag = dag.task(`c${i}`, task.command("echo", begin, { onOutput }));
    }
    const result = await new DAGExecutor(dag.build(), { maxWorkers: 1, maxCommands: 3 }).execute();
    expect(result.status).toBe("completed");
    expect(most).toBe(3);
  });
});

describe("documents", () => {
  test("have the commands whose parts are data", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's.
    const line = 'echo "$A" "${HOME-none}" "$(cat)"';
    const env = { A: "1", HOME: undefined };
    const command = task.command("sh", ["-c", line], { env, input: "in", okExitCodes: [0, 1] });
    const dag = DAG.builder()
      .task("c", command)
      .task("m", map({ over: () => [1], each: task.command("echo", ["item"]) }))
      .build();
    const json = dag.toJSON();
    const again = DAG.fromJSON(JSON.stringify(json));
    expect(again.toJSON()).toEqual(json);
    const result = await new DAGExecutor(again.subgraph(["c"])).execute();
    expect(result.get("c").result).toMatchObject({ stdout: "1 none in\n" });
  });

  test("say of functions that they stayed behind", async () => {
    const dag = DAG.builder()
      .task(
        "c",
        task.command("echo", () => []),
      )
      .build();
    const again = DAG.fromJSON(dag.toJSON());
    await expect(new DAGExecutor(again).execute()).rejects.toThrow(/node "c": `args` of its task stayed behind/);
  });

  test.each([{ command: "" }, { command: "a", args: [{}] }, { command: "a", args: [], x: 1 }])("are checked: %j", (parts) => {
    const nodes = [{ name: "c", task: { kind: "command", ...parts } }];
    expect(() => DAG.fromJSON({ format: "dagny/graph", version: 1, nodes, edges: [] } as never)).toThrow(
      expect.objectContaining({ code: "GRAPH_FORMAT", message: expect.stringContaining("task.command") }),
    );
  });

  test("drawings say what it is", () => {
    expect(DAG.builder().task("c", task.command("ffmpeg")).build().toMermaid()).toContain("command ffmpeg");
  });
});

/** What the compiler knows of commands. */
import { expectTypeOf, test } from "vitest";
import { type CommandOutput, DAG, map, task } from "../../src/index.js";

test("inputs are those of the node, and the output is typed", () => {
  const dag = DAG.builder()
    .task("n", () => 3)
    .task(
      "c",
      ["n"],
      task.command(
        "echo",
        ({ n }, ctx) => {
          expectTypeOf(n).toEqualTypeOf<number>();
          expectTypeOf(ctx.attempt).toEqualTypeOf<number>();
          return [n];
        },
        { input: ({ n }) => n.toFixed(), onOutput: (chunk) => void expectTypeOf(chunk).toEqualTypeOf<string>() },
      ),
    )
    .task("d", ["c"], ({ c }) => {
      expectTypeOf(c).toEqualTypeOf<CommandOutput<string>>();
      return c.exitCode;
    });
  expectTypeOf(dag).not.toBeNever();
});

test("bytes are bytes", () => {
  const command = task.command("cat", [], { encoding: "buffer", onOutput: (chunk) => void expectTypeOf(chunk).toEqualTypeOf<Buffer>() });
  DAG.builder()
    .task("c", command)
    .task("d", ["c"], ({ c }) => void expectTypeOf(c.stdout).toEqualTypeOf<Buffer>());
});

test("an item is what the map goes through", () => {
  const each = task.command("echo", (item: string) => [item]);
  DAG.builder()
    .task("m", map({ over: () => ["a"], each }))
    .task("d", ["m"], ({ m }) => void expectTypeOf(m).toEqualTypeOf<CommandOutput<string>[]>());
});

test("misuse is an error", () => {
  // @ts-expect-error: arguments are strings and numbers.
  task.command("echo", [true]);
  // @ts-expect-error: no such option.
  task.command("echo", [], { timeout: 3 });
  // @ts-expect-error: no such signal.
  task.command("echo", [], { killSignal: "SIGNOPE" });
});

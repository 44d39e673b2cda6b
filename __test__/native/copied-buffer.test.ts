/** Hosts that refuse buffers they do not own (Electron): the doors then pass a buffer of their own with every call. */
import { expect, test, vi } from "vitest";
import { CycleError, DAG, DAGExecutor } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { each, loose, settleDown, simulated } from "../support/runs.js";

const doors = vi.hoisted(() => ({ copied: 0, calls: 0, edges: 0 }));

vi.mock("../../src/native/addon.js", async (original) => {
  const binding = await original<typeof import("../../src/native/addon.js")>();
  const { open } = binding.NativeDoor.prototype;
  binding.NativeDoor.prototype.open = function () {
    const { buffer, call } = open.call(this);
    doors.copied++;
    const counted = (...args: []) => {
      doors.calls++;
      expect(args).toEqual([expect.any(Uint8Array)]);
      return call(...args);
    };
    return { buffer: new ArrayBuffer(buffer.byteLength), isShared: false, call: counted };
  };
  const openDraft = binding.NativeDraft.prototype.open;
  binding.NativeDraft.prototype.open = function () {
    const { words, addEdge } = openDraft.call(this);
    const counted = (...args: []) => {
      doors.edges++;
      expect(args).toEqual([expect.any(Uint32Array)]);
      return addEdge(...args);
    };
    return { words: new Uint32Array(words.length), isShared: false, addEdge: counted };
  };
  return binding;
});

test("a run through a copied buffer is a run like any other", async () => {
  const { executor, clock } = simulated(graphOf("a -> b, c -> d; e"), { retry: 2, timeoutMs: 10, failFast: false });
  const handle = executor.start(
    each((inputs, { name, attempt }) => {
      if (name === "b" && attempt === 1) throw new Error("again");
      if (name === "e") return new Promise(() => {});
      return [name, ...Object.keys(inputs)].join("<");
    }),
  );
  for (let i = 0; i < 4; i++) {
    await settleDown();
    clock.advance(600);
  }
  const { nodeResults, abandoned, status } = await handle.result;
  expect(Object.values(nodeResults).map((row) => row.result)).toEqual(["a", "b<a", "c<a", "d<b<c", undefined]);
  expect([status, abandoned.length]).toEqual(["failed", 2]);
  expect(doors.copied).toBe(1);
});

test("pages of leases come through it as well", async () => {
  const result = await new DAGExecutor(loose(5000), Number.POSITIVE_INFINITY).execute(async () => 1);
  expect(result.succeeded).toBe(5000);
  expect(doors.calls).toBeGreaterThan(10);
});

test("edges of a draft come through it as well", () => {
  const dag = new DAG().addNode("a").addNode("b").addEdge("a", "b").addNode("c").addEdge("b", "c");
  expect(() => dag.addEdge("c", "a")).toThrow(CycleError);
  expect(dag.topologicalSort()).toEqual(["a", "b", "c"]);
  expect(doors.edges).toBe(3);
});

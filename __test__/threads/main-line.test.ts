/** The thread's end of the port, against a main that is a thread of the test's: calls block the thread that makes them. */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { Codec } from "../../src/threads/codec.js";
import { MainLine } from "../../src/threads/worker/main-line.js";

/** What stands for main: answers each call by its name's script, and each question. */
const main = `
  const { workerData: { port, sab, error } } = require("node:worker_threads");
  const words = new Int32Array(sab);
  const post = (message) => { port.postMessage(message); Atomics.add(words, 2, 1); };
  const answer = (id, message) => {
    post({ type: "return", id, ...message });
    Atomics.store(words, 1, id);
    Atomics.notify(words, 1);
  };
  const abort = (node) => post({ type: "abort", run: 1, node, attempt: 1, reason: error });
  port.on("message", (message) => {
    const { type, what, id, args } = message;
    if (type === "ask" && what === "sleep") post({ type: "answer", id, isOk: true, value: args[0] });
    if (type === "ask" && what === "waitFor") post({ type: "answer", id, isOk: false, error });
    if (type !== "call") return;
    if (what === "name") answer(id, { isOk: true, value: "n" });
    if (what === "params") setTimeout(() => answer(id, { isOk: true, value: { late: true } }), 120);
    if (what === "path") { abort(1); abort(2); answer(id, { isOk: true, value: ["a", 1] }); abort(3); }
    if (what === "stateSet") answer(id, { isOk: false, error });
  });
  port.postMessage("up");
`;

interface Scene {
  readonly line: MainLine;
  readonly aborted: number[];
}

const open: { readonly worker: Worker; readonly line: MainLine }[] = [];
afterEach(async () => {
  for (const { worker, line } of open.splice(0)) {
    line.close();
    await worker.terminate();
  }
});

async function scene(lastAnswer = 0): Promise<Scene> {
  const sab = new SharedArrayBuffer(12);
  new Int32Array(sab)[1] = lastAnswer;
  const { port1, port2 } = new MessageChannel();
  const error = Uint8Array.from(new Codec().encodeThrown(new RangeError("no")));
  const worker = new Worker(main, { eval: true, workerData: { port: port1, sab, error }, transferList: [port1] });
  await new Promise((resolve) => port2.once("message", resolve));
  const aborted: number[] = [];
  const handler = { aborted: ({ node }: { node: number }) => aborted.push(node), carried: () => {} };
  const line = new MainLine(port2 as MessagePort, new Int32Array(sab), 0, handler);
  open.push({ worker, line });
  return { line, aborted };
}

const ref = { run: 1, node: 4, attempt: 1 };

describe("the line to main", () => {
  it("waits for the answer to a call, also for long", async () => {
    const { line } = await scene();
    expect(line.call(ref, "name", [])).toBe("n");
    expect(line.call(ref, "params", [])).toEqual({ late: true });
    expect(line.call(ref, "name", [])).toBe("n");
  });

  it.each([1, 2, 0x7fff_ffff])("is not misled by answer %d to the thread that had its seat before", async (last) => {
    const { line } = await scene(last);
    for (let i = 0; i < 3; i++) expect(line.call(ref, "name", [])).toBe("n");
  });

  it("throws what main throws, as the error that it is", async () => {
    const { line } = await scene();
    expect(() => line.call(ref, "stateSet", ["key", 1, undefined])).toThrow(new RangeError("no"));
  });

  it("throws where the arguments cannot be cloned, and goes on", async () => {
    const { line } = await scene();
    expect(() => line.call(ref, "stateSet", ["key", () => {}, undefined])).toThrow(/could not be cloned/);
    expect(line.call(ref, "name", [])).toBe("n");
  });

  it("keeps what comes while it waits, in order", async () => {
    const { line, aborted } = await scene();
    expect(line.call(ref, "path", [])).toEqual(["a", 1]);
    expect(aborted).toEqual([]);
    expect(line.call(ref, "name", [])).toBe("n"); // By then the third has come, too.
    line.takeMail();
    expect(aborted).toEqual([1, 2, 3]);
  });

  it("hears what it kept in its event loop as well", async () => {
    const { line, aborted } = await scene();
    line.call(ref, "path", []);
    while (aborted.length < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(aborted).toEqual([1, 2, 3]);
  });

  it("answers questions when main does, and nobody has to handle a rejection", async () => {
    const { line } = await scene();
    const lost = line.ask(ref, { what: "waitFor", args: ["s", undefined] });
    expect(await line.ask(ref, { what: "sleep", args: [5] })).toBe(5);
    await new Promise((resolve) => setImmediate(resolve)); // The process would have ended by now.
    await expect(lost).rejects.toThrow("no");
  });
});

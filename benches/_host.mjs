/**
 * A contender's own process: prepares one input, then answers "run this work so many times" with the time it took.
 *
 * Messages in: `{ id, do: "prepare", module, contender, input }` and `{ id, do: "sample", work, inner }`.
 * Messages out: `{ id, ms, check }` or `{ id, error }`. Only the work itself is timed, never the messages.
 */
import { performance } from "node:perf_hooks";
import { explain } from "./_once.mjs";

let contender;
let state;

process.on("message", async (message) => {
  try {
    process.send({ id: message.id, ...(await answer(message)) });
  } catch (error) {
    process.send({ id: message.id, error: describe(error) });
  }
});

async function answer(message) {
  if (message.do === "prepare") {
    const module = await import(message.module);
    contender = module.contenders[message.contender];
    const start = performance.now();
    state = await contender.prepare(message.input);
    return { ms: performance.now() - start, check: 0, isOneShot: contender.isOneShot === true };
  }
  const work = contender.works[message.work];
  if (work === undefined) return { error: "has no such call" };
  contender.ready?.(state, message.work);
  return sample(work, message.inner);
}

async function sample({ run, check }, inner) {
  let last;
  const start = performance.now();
  for (let i = 0; i < inner; i++) {
    last = run(state);
    if (last instanceof Promise) last = await last;
  }
  const ms = performance.now() - start;
  return { ms, check: check === undefined ? 0 : check(last, state) };
}

function describe(error) {
  if (error instanceof RangeError && /call stack/i.test(error.message)) return "stack overflow";
  const text = error instanceof Error ? error.message : String(error);
  return explain(text.split("\n")[0]);
}

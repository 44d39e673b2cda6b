/**
 * The tasks of programs as a module that threads import: an export for each thing that a node may `do`, under that name.
 *
 * Each takes a moment, computing or asleep, so that the order in which tasks end is never the one in which they began.
 */

import { task } from "dagny";

/** Computes for up to `us` microseconds. */
function compute(us) {
  const end = performance.now() + (Math.random() * us) / 1000;
  while (performance.now() < end);
}

async function moment() {
  const chance = Math.random();
  if (chance < 0.4) compute(100);
  else if (chance < 0.7) await undefined;
  else if (chance < 0.9) await new Promise(setImmediate);
  else await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What a node puts out: its own name, or as an item its number. */
const outputOf = ({ name, index, path }) => (typeof path.at(-1) === "number" ? `${index}!` : `${name}!`);

async function ok(_inputs, context) {
  await moment();
  grow(context);
  return outputOf(context);
}

/** Adds what the run's parameters say that a node of this name adds. */
function grow(context) {
  const { nodes = [], edges = [] } = context.params?.grows?.[context.name] ?? {};
  if (nodes.length > 0) context.addNodes(nodes.map(({ id, does, on }) => ({ name: id, task: task.module(import.meta.url, does), on })));
  if (edges.length > 0) context.addEdges(edges.map(([from, to]) => [from, to]));
}

function syncOk(_inputs, context) {
  compute(100);
  return outputOf(context);
}

async function fail(_inputs, { name }) {
  await moment();
  throw new Error(`${name} failed`);
}

function syncFail(_inputs, { name }) {
  compute(50);
  throw new Error(`${name} failed in its call`);
}

/** Fails so many times before it succeeds. */
const failTimes = (times) => (inputs, context) => (context.attempt <= times ? fail(inputs, context) : ok(inputs, context));

/** Never settles, also not when it is told to stop. */
const hang = () => new Promise(() => {});

/** The same for the whole thread. */
function spin() {
  for (;;);
}

/** Ends the thread it is on. */
function exit() {
  process.exit(3);
}

/** Ends the thread it is on, in the first so many attempts. */
const exitTimes = (times) => (inputs, context) => (context.attempt <= times ? exit() : ok(inputs, context));

const value = (given) => async () => {
  await moment();
  return given;
};

const sleeps = (ms) => async (inputs, context) => {
  await context.sleep(ms);
  return ok(inputs, context);
};

const hears = (signal) => async (inputs, context) => {
  await context.waitFor(signal);
  return ok(inputs, context);
};

/** An item of a map says itself what it does. */
const item = (does, context) => tasks[does](does, context);

const [failOnce, failTwice, failThrice, exitOnce] = [failTimes(1), failTimes(2), failTimes(3), exitTimes(1)];
const [sleeps5, sleeps15, hearsGo, hearsOn] = [sleeps(5), sleeps(15), hears("go"), hears("on")];
const nothing = value(null);
const [value0, value1, value2, value3, value4] = [0, 1, 2, 3, 4].map(value);
const [value5, value6, value7, value8, value9] = [5, 6, 7, 8, 9].map(value);

const tasks = { ok, syncOk, fail, syncFail, hang, "failTimes:1": failOnce };

export {
  exit,
  exitOnce as "exitTimes:1",
  fail,
  failOnce as "failTimes:1",
  failThrice as "failTimes:3",
  failTwice as "failTimes:2",
  hang,
  hearsGo as "hears:go",
  hearsOn as "hears:on",
  item,
  nothing as "value:null",
  ok,
  sleeps5 as "sleeps:5",
  sleeps15 as "sleeps:15",
  spin,
  syncFail,
  syncOk,
  value0 as "value:0",
  value1 as "value:1",
  value2 as "value:2",
  value3 as "value:3",
  value4 as "value:4",
  value5 as "value:5",
  value6 as "value:6",
  value7 as "value:7",
  value8 as "value:8",
  value9 as "value:9",
};

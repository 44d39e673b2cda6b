/** Tasks of the stress tests: most do little, some end their thread, some never yield. What one gives is made from its number alone. */
import { parentPort } from "node:worker_threads";

function compute(us) {
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
}

/** What the node of this number has to give. */
export const outputOf = (number) => number * 7 + 1;

const numberOf = (name) => Number(name.slice(1));

export function quick(_inputs, { name }) {
  return outputOf(numberOf(name));
}

export function busy(_inputs, { name }) {
  compute(Math.random() * 300);
  return outputOf(numberOf(name));
}

export async function later(_inputs, { name }) {
  const chance = Math.random();
  if (chance < 0.5) await undefined;
  else if (chance < 0.95) await new Promise(setImmediate);
  else await new Promise((resolve) => setTimeout(resolve, 2));
  return outputOf(numberOf(name));
}

/** Reads what its upstreams gave. */
export function reads(inputs, { name }) {
  for (const [upstream, value] of Object.entries(inputs)) {
    if (value !== outputOf(numberOf(upstream))) throw new Error(`${upstream} gave ${value}`);
  }
  return outputOf(numberOf(name));
}

/** Ends its thread, the first time. */
export function exits(_inputs, { name, attempt }) {
  if (attempt === 1) process.exit(5);
  return outputOf(numberOf(name));
}

/** Never yields, the first time. */
export function spins(_inputs, { name, attempt }) {
  while (attempt === 1);
  return outputOf(numberOf(name));
}

/** Fails, the first time. */
export async function fails(_inputs, { name, attempt }) {
  if (attempt === 1) throw new Error("the first time");
  return outputOf(numberOf(name));
}

/** Says so a little later: by then whoever imports this knows. */
async function announce() {
  for (let i = 0; i < 50; i++) await undefined;
  parentPort?.postMessage("tasks are loaded");
}

void announce();

/** What nodes need of a run's pools, keys and rates: gathered over all levels of a flow, numbered, checked against what there is. */
import type { GraphCore } from "../dag/graph-core.js";
import { type DagnyError, quote } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { ConflictingOptionsError } from "../errors/options.js";
import { PoolExceededError, PoolNotFoundError } from "../errors/resources.js";
import type { FlowNames } from "./flow-names.js";
import type { RunDefaults } from "./lowered.js";

/** Numbers the executor's pools and rates. */
export function addPools(names: FlowNames, { pools, rates }: RunDefaults): void {
  for (const [name, capacity] of pools ?? []) names.addPool("pool", name, capacity);
  for (const [name, { limit, perMs }] of rates ?? []) names.addPool("rate", name, limit, perMs);
}

/** The concurrency keys of a flow while they are gathered: the limit of each, and who said so. */
export class Keys {
  readonly #limits = new Map<string, { limit: number | undefined; by: string }>();

  /** Takes note of the keys of a level's nodes; `address` is how messages name a node. */
  gather({ nodes }: GraphCore, address: (node: number) => string, faults: DagnyError[]): void {
    for (const [node, { key, limit }] of nodes.concurrencyKey ?? []) {
      const known = this.#limits.get(key);
      if (known === undefined) this.#limits.set(key, { limit, by: address(node) });
      else if (limit !== undefined && known.limit === undefined) this.#limits.set(key, { limit, by: address(node) });
      else if (limit !== undefined && limit !== known.limit) {
        const why = `the limit of key ${quote(key)} is ${limit} here and ${known.limit} at node ${quote(known.by)}: say it once`;
        faults.push(new ConflictingOptionsError(["concurrencyKey.limit"], why, `node ${quote(address(node))}`));
      }
    }
  }

  /** Numbers them; a key whose limit nobody says lets one node run at a time. */
  addTo(names: FlowNames): void {
    for (const [key, { limit = 1 }] of this.#limits) names.addPool("key", key, limit);
  }
}

/** What a node needs, `[pool, amount, …]` by pool number; `undefined` for nothing. What there is not, or not enough of, is a fault. */
export function needsOf(
  { nodes }: GraphCore,
  node: number,
  address: string,
  names: FlowNames,
  defaults: RunDefaults,
  faults: DagnyError[],
): Uint32Array | undefined {
  const needs: [pool: number, amount: number][] = [];
  for (const [name, amount] of Object.entries(nodes.resources?.get(node) ?? {})) {
    const pool = names.pool("pool", name);
    if (pool === undefined) faults.push(new PoolNotFoundError(address, "pool", name, nearest(name, defaults.pools?.keys() ?? [])));
    else if (amount > names.capacityOf(pool)) faults.push(new PoolExceededError(address, name, amount, names.capacityOf(pool)));
    else needs.push([pool, amount]);
  }
  for (const name of nodes.rate?.get(node) ?? []) {
    const pool = names.pool("rate", name);
    if (pool === undefined) faults.push(new PoolNotFoundError(address, "rate", name, nearest(name, defaults.rates?.keys() ?? [])));
    else needs.push([pool, 1]);
  }
  const key = nodes.concurrencyKey?.get(node)?.key;
  if (key !== undefined) {
    const pool = names.pool("key", key);
    // Only what is added while it runs can name a key that was not gathered before.
    if (pool === undefined) faults.push(new PoolNotFoundError(address, "concurrency key", key));
    else needs.push([pool, 1]);
  }
  return needs.length === 0 ? undefined : Uint32Array.from(needs.sort(([a], [b]) => a - b).flat());
}

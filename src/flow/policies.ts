/** From a level's rows to the policies of the core's plan: each distinct one once, and none at all where nothing is said. */
import type { BackoffRow, GraphCore } from "../dag/graph-core.js";
import { delayGrowths, joinRules, type NativePolicy, nodeKinds, onFailures, policyFlags } from "../native/index.js";
import type { RunDefaults } from "./lowered.js";

/** How many attempts of a node may crash and be made again, where nothing is said. */
export const defaultMaxCrashes = 3;

/** A policy while it is put together. */
export type PolicyDraft = { -readonly [K in keyof NativePolicy]: NativePolicy[K] };

/** What a node has that says nothing itself. */
export function plainPolicy(defaults: RunDefaults): PolicyDraft {
  return {
    kind: nodeKinds.task,
    join: joinRules.allCompleted,
    onFailure: onFailures.fail,
    flags: defaults.on === "thread" && !defaults.isAllInline ? policyFlags.thread : 0,
    maxCrashes: defaults.maxCrashes ?? defaultMaxCrashes,
    nodeTimeoutMs: defaults.nodeTimeoutMs ?? Number.NaN,
    ...backoffPart(defaults.backoff),
    signal: -1,
    waitMs: Number.NaN,
    inner: 0,
    concurrency: 0,
    limit: 0,
  };
}

/** Whether a plan need not be told of this policy of nodes that say nothing: it is what the core takes for granted. */
export function isDefault({ flags, maxCrashes, nodeTimeoutMs, delayMs }: PolicyDraft): boolean {
  return flags === 0 && maxCrashes === defaultMaxCrashes && Number.isNaN(nodeTimeoutMs) && delayMs === 0;
}

/** The delays of a policy. */
export function backoffPart(backoff: BackoffRow | undefined): Pick<PolicyDraft, "delayMs" | "growth" | "factor" | "maxDelayMs" | "jitter"> {
  if (backoff === undefined) return { delayMs: 0, growth: delayGrowths.fixed, factor: 2, maxDelayMs: Number.NaN, jitter: 0 };
  const { growth, delayMs, factor = 2, maxDelayMs = Number.NaN, jitter } = backoff;
  return { delayMs, growth: delayGrowths[growth], factor, maxDelayMs, jitter };
}

/** The policies of one level, interned. */
export class PolicyTable {
  readonly policies: NativePolicy[] = [];
  readonly #places = new Map<string, number>();

  /** The place of a policy. */
  place(policy: NativePolicy): number {
    const { expression, needs, ...rest } = policy;
    const key = `${Object.values(rest).join(" ")}|${expression}|${needs}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.policies.push(policy) - 1;
      this.#places.set(key, place);
    }
    return place;
  }
}

/** The nodes of a level that say anything a policy is about, or that are more than functions, ascending. O(what is said). */
export function nodesWithPolicies({ nodes }: GraphCore, others: Iterable<number>): number[] {
  const { maxAttempts, backoff, nodeTimeoutMs, join, condition, onFailure, undo, cached } = nodes;
  const { resources, concurrencyKey, rate, effects, on, maxCrashes } = nodes;
  const found = new Set(others);
  const columns = [maxAttempts, backoff, nodeTimeoutMs, join, condition, onFailure, nodes.finally, undo, cached];
  for (const column of [...columns, resources, concurrencyKey, rate, effects, on, maxCrashes])
    for (const node of column?.keys() ?? []) found.add(node);
  return [...found].sort((a, b) => a - b);
}

/** The bits of a node's policy that its row says. */
export function flagsOf({ nodes }: GraphCore, node: number): number {
  let flags = 0;
  if (nodes.condition?.has(node)) flags |= policyFlags.condition;
  if (nodes.cached?.has(node)) flags |= policyFlags.cached;
  if (nodes.finally?.get(node)) flags |= policyFlags.finally;
  if (nodes.undo?.has(node)) flags |= policyFlags.undo;
  if (nodes.effects?.get(node) === "external") flags |= policyFlags.external;
  return flags;
}

/** Containers: what is inside is given as parameters, and what comes out of it. Both are made when they are first read. */
import { quote } from "../errors/base.js";
import type { ItemOutcome } from "../flow/definitions.js";
import type { LoweredContainer } from "../flow/lowered.js";
import { reasonName } from "./columns.js";
import type { Desk } from "./desk.js";
import type { Levels, Scope } from "./levels.js";
import { isThenable, promiseOf } from "./thenable.js";

/** The number of the state that a node which completed is in. */
const completed = 4;
/** The same of one that failed. */
const failed = 5;

/** What containers need to know of the run. */
export interface ContainerScene {
  inputsOf(node: number): unknown;
  outputOf(node: number): unknown;
}

/** A value that was made, or what its making threw. */
type Made = { readonly value: unknown } | { readonly thrown: unknown };

/** The containers of one run. */
export class Containers {
  readonly #desk: Desk;
  readonly #levels: Levels;
  readonly #scene: ContainerScene;
  readonly #params = new Map<Scope, Made>();
  readonly #outputs = new Map<number, Made>();
  /** Loops that were told to go on, until their next round opens. */
  readonly #goesOn = new Set<number>();
  /** What the last round of each loop put out. */
  readonly #previous = new Map<number, unknown>();

  constructor(desk: Desk, levels: Levels, scene: ContainerScene) {
    this.#desk = desk;
    this.#levels = levels;
    this.#scene = scene;
  }

  /** The inside of a container has opened, or its next round. */
  opened(container: number, first: number, count: number): void {
    const isNextRound = this.#goesOn.delete(container);
    if (!isNextRound) this.#previous.delete(container);
    this.#levels.openScope(container, first, count, isNextRound);
  }

  /** What the nodes of a scope see as `ctx.params`. Throws what making them threw. */
  paramsOf(scope: Scope): unknown {
    const { container, parent } = scope;
    if (container === -1 || parent === undefined) return this.#desk.params;
    const rule = this.#levels.containerOf(container);
    if (rule === undefined || rule.kind === "map" || (rule.kind === "loop" && rule.isFunction)) return this.paramsOf(parent);
    let made = this.#params.get(scope);
    if (made === undefined) {
      made = attempt(() => this.#makeParams(container, rule));
      this.#params.set(scope, made);
    }
    return valueMade(made);
  }

  #makeParams(container: number, rule: LoweredContainer): unknown {
    const inputs = this.#scene.inputsOf(container);
    return rule.kind === "subDag" && rule.params !== undefined ? rule.params(inputs) : inputs;
  }

  /** The output of a container that has completed; `undefined` of one that has not. Throws what making it threw. */
  outputOf(container: number, rule: LoweredContainer): unknown {
    const known = this.#outputs.get(container);
    if (known !== undefined) return valueMade(known);
    if (this.#desk.run.states(container, 1)[0] !== completed) return undefined;
    const made = attempt(() => this.#makeOutput(container, rule));
    this.#outputs.set(container, made);
    return valueMade(made);
  }

  /** Nobody reads the output of a container any more. */
  free(container: number): void {
    if (this.#outputs.has(container)) this.#outputs.set(container, { value: undefined });
  }

  #makeOutput(container: number, rule: LoweredContainer): unknown {
    const scope = this.#levels.openingOf(container);
    if (rule.kind === "map") return this.#itemsOf(scope, rule.allowFailures);
    if (scope === undefined) return undefined;
    if (rule.kind === "loop") return this.#roundOf(scope, rule);
    return rule.output === undefined ? this.#leavesOf(scope) : rule.output(this.#allOf(scope));
  }

  #itemsOf(scope: Scope | undefined, allowFailures: boolean): unknown[] {
    const outputs: unknown[] = [];
    const { run, errors } = this.#desk;
    for (const { first, count, firstItem } of scope?.segments ?? []) {
      if (firstItem === -1) continue; // Nodes that an item added.
      const states = allowFailures ? run.states(first, count) : undefined;
      for (let i = 0; i < count; i++) {
        const node = first + i;
        if (states === undefined) outputs.push(this.#scene.outputOf(node));
        else
          outputs.push(
            outcomeOf(
              states[i] ?? 0,
              () => this.#scene.outputOf(node),
              () => this.#errorOf(node, errors),
            ),
          );
      }
    }
    return outputs;
  }

  /** What an item that did not complete threw; that of the first node inside that failed, where it is a graph. */
  #errorOf(node: number, errors: ReadonlyMap<number, unknown>): unknown {
    if (errors.has(node)) return errors.get(node);
    const inside = this.firstFailureIn(node);
    if (inside !== undefined && inside !== node) return this.#errorOf(inside, errors);
    const reason = reasonName(this.#desk.run.reasons(node, 1)[0] ?? 0) ?? "it was cancelled";
    return new Error(`node ${quote(this.#levels.addressOf(node))} did not complete: ${reason}`);
  }

  /** The first node, by id, directly inside a container that failed. */
  firstFailureIn(container: number): number | undefined {
    for (const { first, count } of this.#levels.openingOf(container)?.segments ?? []) {
      const place = this.#desk.run.states(first, count).indexOf(failed);
      if (place !== -1) return first + place;
    }
    return undefined;
  }

  #roundOf(scope: Scope, rule: Extract<LoweredContainer, { kind: "loop" }>): unknown {
    return rule.isFunction ? this.#scene.outputOf(scope.segments[0]?.first ?? -1) : this.#leavesOf(scope);
  }

  /** The outputs of a scope's leaves by name, in the order of ids. */
  #leavesOf(scope: Scope): Readonly<Record<string, unknown>> {
    const [segment] = scope.segments;
    const record: Record<string, unknown> = Object.create(null);
    if (segment === undefined) return record;
    const { core } = segment.level;
    for (const local of core.native.leaves()) record[core.names[local] as string] = this.#scene.outputOf(segment.first + local);
    return Object.freeze(record);
  }

  #allOf(scope: Scope): Readonly<Record<string, unknown>> {
    const record: Record<string, unknown> = Object.create(null);
    for (const { first, level } of scope.segments) {
      for (const [local, name] of level.core.names.entries()) record[name] = this.#scene.outputOf(first + local);
    }
    return Object.freeze(record);
  }

  /** Asks a loop's `until` about the round that is over. */
  isEnough(loop: number): unknown {
    const rule = this.#levels.containerOf(loop);
    const scope = this.#levels.openingOf(loop);
    if (rule?.kind !== "loop" || scope === undefined) return true;
    const output = this.#roundOf(scope, rule);
    this.#previous.set(loop, output);
    return rule.until(output, { iteration: scope.round });
  }

  /** What `until` said. */
  goOn(loop: number, isEnough: boolean): void {
    if (!isEnough) this.#goesOn.add(loop);
  }

  /** The nearest scope of a loop's round around a node. */
  roundAround(node: number): Scope | undefined {
    let scope: Scope | undefined = this.#levels.segmentOf(node).scope;
    while (scope !== undefined && scope.round === 0) scope = scope.parent;
    return scope;
  }

  /** What the round before the one around a node put out. */
  previousOf(node: number): unknown {
    const scope = this.roundAround(node);
    return scope === undefined ? undefined : this.#previous.get(scope.container);
  }

  /** Which item of the nearest map around it a node is, or is in; -1 outside of maps. */
  indexOf(node: number): number {
    for (let at = node; at !== -1; at = this.#levels.segmentOf(at).scope.container) {
      const item = this.#levels.itemOf(at);
      if (item !== -1) return item;
    }
    return -1;
  }
}

function outcomeOf(state: number, result: () => unknown, error: () => unknown): ItemOutcome<unknown> {
  return state === completed ? { status: "completed", result: result() } : { status: "failed", error: error() };
}

function attempt(make: () => unknown): Made {
  try {
    const value = make();
    if (isThenable(value)) promiseOf(value).catch(() => {}); // Whoever reads it hears of it; perhaps nobody does.
    return { value };
  } catch (thrown) {
    return { thrown };
  }
}

function valueMade(made: Made): unknown {
  if ("thrown" in made) throw made.thrown;
  return made.value;
}

/**
 * Predicates: edge conditions and filters, node conditions, caches, and whether a loop has done enough. The core asks, once each; this
 * calls the function and answers, in the same turn where the function does, and when its promise settles where it gives one.
 *
 * A predicate that throws, or gives something other than it should, fails the node it guards. I1 The core hears of an answer that may
 * stop something before anything else is called: it may take leases back. I2 A question of a loop that was asked again is void.
 */

import { quote } from "../errors/base.js";
import { InvalidOptionError } from "../errors/options.js";
import type { EdgeGuard, Lowered } from "../flow/lowered.js";
import { questions, verdicts } from "../native/index.js";
import { AttemptContext } from "./context.js";
import type { Desk } from "./desk.js";
import { isThenable, promiseOf } from "./thenable.js";

/** What questions need to know of the run. */
export interface AskScene {
  levelOf(node: number): { readonly level: Lowered; readonly local: number };
  guardOf(from: number, to: number): EdgeGuard | undefined;
  inputsOf(node: number): object;
  outputOf(node: number): unknown;
  /** Asks a loop's `until` about its last round. */
  isEnough(loop: number): unknown;
  /** Told what `until` said. */
  goOn(loop: number, isEnough: boolean): void;
}

type Answer = number | PromiseLike<number>;

/** The questions of one run. */
export class Asks {
  readonly #desk: Desk;
  readonly #scene: AskScene;
  /** What filters let through, where that is not the whole output; by edge. */
  readonly #filtered = new Map<string, unknown>();
  /** What each node waits to hear of a predicate, in words. */
  readonly #open = new Map<number, string>();
  /** How many questions were asked about each loop (I2). */
  readonly #rounds = new Map<number, number>();

  constructor(desk: Desk, scene: AskScene) {
    this.#desk = desk;
    this.#scene = scene;
  }

  /** What `to` is given of the output of `from`, once the edge has let it through. */
  passed(from: number, to: number): unknown {
    const key = edgeKey(from, to);
    return this.#filtered.has(key) ? this.#filtered.get(key) : this.#scene.outputOf(from);
  }

  /** The predicate of `node` that has not answered, in words; `undefined` where there is none. */
  unanswered(node: number): string | undefined {
    return this.#open.get(node);
  }

  /** Asks, and answers. */
  ask(node: number, question: number, from: number): void {
    let answer: Answer;
    try {
      answer = this.#answerOf(node, question, from);
    } catch (error) {
      this.#threw(node, question, from, error);
      return;
    }
    if (typeof answer === "number") {
      this.#answer(node, question, from, answer);
      return;
    }
    this.#open.set(node, this.#wordFor(question, node, from));
    const round = this.#rounds.get(node);
    const isVoid = (): boolean => this.#rounds.get(node) !== round;
    answer.then(
      (verdict) => isVoid() || this.#answer(node, question, from, verdict),
      (error) => isVoid() || this.#threw(node, question, from, error),
    );
  }

  #answer(node: number, question: number, from: number, verdict: number): void {
    if (this.#open.size > 0) this.#open.delete(node);
    if (question === questions.until) this.#scene.goOn(node, verdict === verdicts.yes);
    this.#desk.report()?.answer(node, question, from, verdict, this.#desk.now());
    if (verdict === verdicts.threw || (question === questions.until && verdict === verdicts.no)) this.#desk.hurry();
  }

  #threw(node: number, question: number, from: number, error: unknown): void {
    const door = this.#desk.report();
    if (door === undefined) return;
    this.#desk.errors.set(node, error);
    this.#answer(node, question, from, verdicts.threw);
  }

  #answerOf(node: number, question: number, from: number): Answer {
    if (question === questions.edge) return this.#edge(node, from);
    if (question === questions.until) {
      this.#rounds.set(node, (this.#rounds.get(node) ?? 0) + 1);
      return this.#truth(this.#scene.isEnough(node), "until", node);
    }
    const { level, local } = this.#scene.levelOf(node);
    const inputs = this.#scene.inputsOf(node);
    if (question === questions.cache) return this.#cached(level.caches.get(local)?.(inputs, new AttemptContext(this.#desk, node, 0)), node);
    const answer = level.conditions.get(local)?.(inputs, new AttemptContext(this.#desk, node, 0));
    return this.#truth(answer, "condition", node);
  }

  #cached(found: unknown, node: number): Answer {
    if (isThenable(found)) return promiseOf(found).then((it) => this.#cached(it, node));
    if (found === undefined || found === null) return verdicts.no;
    if (typeof found !== "object" || !("value" in found)) {
      throw new InvalidOptionError("cached(…)", "{ value }, or undefined", found, this.#owner(node));
    }
    this.#desk.outputs[node] = found.value;
    return verdicts.yes;
  }

  #edge(node: number, from: number): Answer {
    const guard = this.#scene.guardOf(from, node) ?? {};
    const output = this.#scene.outputOf(from);
    if (guard.condition === undefined) return this.#filter(guard, output, node, from);
    const answer = guard.condition(output, new AttemptContext(this.#desk, node, 0));
    const verdict = this.#truth(answer, this.#edgeWord("condition", node, from), node);
    const goesOn = (it: number): Answer => (it === verdicts.yes ? this.#filter(guard, output, node, from) : it);
    return typeof verdict === "number" ? goesOn(verdict) : verdict.then(goesOn);
  }

  /** An array passes item by item, and not at all if none is left; any other value passes or does not. */
  #filter({ filter }: EdgeGuard, output: unknown, node: number, from: number): Answer {
    if (filter === undefined) return verdicts.yes;
    const word = this.#edgeWord("filter", node, from);
    const items: readonly unknown[] = Array.isArray(output) ? output : [output];
    const answers = Array.from(items, (item, i) => this.#truth(filter(item, i), word, node));
    const kept = (each: readonly number[]): number => {
      const left = items.filter((_, i) => each[i] === verdicts.yes);
      if (left.length === 0) return verdicts.nothing;
      if (Array.isArray(output) && left.length < items.length) this.#filtered.set(edgeKey(from, node), left);
      return verdicts.yes;
    };
    const known = answers.filter((answer) => typeof answer === "number");
    return known.length === answers.length ? kept(known) : Promise.all(answers).then(kept);
  }

  #truth(answer: unknown, word: string, node: number): Answer {
    if (answer === true) return verdicts.yes;
    if (answer === false) return verdicts.no;
    if (isThenable(answer)) {
      return promiseOf(answer).then((it) => {
        if (typeof it !== "boolean") throw this.#noBoolean(it, word, node);
        return it ? verdicts.yes : verdicts.no;
      });
    }
    throw this.#noBoolean(answer, word, node);
  }

  #noBoolean(answer: unknown, word: string, node: number): InvalidOptionError {
    return new InvalidOptionError(`${word}(…)`, "true or false, or a promise of one", answer, this.#owner(node));
  }

  #owner(node: number): string {
    return `node ${quote(this.#desk.nameOf(node))}`;
  }

  #edgeWord(predicate: string, node: number, from: number): string {
    return `${predicate} of edge ${quote(this.#desk.nameOf(from))} -> ${quote(this.#desk.nameOf(node))}`;
  }

  #wordFor(question: number, node: number, from: number): string {
    if (question === questions.edge) return this.#edgeWord("predicate", node, from);
    return question === questions.condition ? "condition" : question === questions.cache ? "cache" : "`until`";
  }
}

function edgeKey(from: number, to: number): string {
  return `${from} ${to}`;
}

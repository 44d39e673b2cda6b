/**
 * All that a run has beside plain tasks: made when it is first needed, so that runs without it pay nothing.
 *
 * It ties the concerns together (levels, questions, parked code, items, containers, growth, undoing), each of which has a file of its own
 * and sees the others only through what is passed to it here. It decides nothing.
 */
import type { GrowthEdge, GrowthEntry } from "../flow/growth.js";
import type { EdgeGuard, Lowered, LoweredContainer, LoweredFlow, LoweredWait } from "../flow/lowered.js";
import type { WaitOptions } from "../flow/task.js";
import { type DoorEffect, effectKinds, openings } from "../native/index.js";
import { Asks } from "./asks.js";
import { Containers } from "./containers.js";
import { AttemptContext, type ContextExtras } from "./context.js";
import type { Desk } from "./desk.js";
import { type GrowthScene, RunGrowth } from "./growth.js";
import { Items } from "./items.js";
import { type AddressSegment, Levels } from "./levels.js";
import { Parks } from "./parks.js";
import { SignalNames } from "./signal-names.js";
import { Undos } from "./undos.js";

/** What the extras of a run are made from. */
export interface ExtrasParts extends GrowthScene {
  readonly flow: LoweredFlow;
  /** Whether the run undoes what it did when it fails. */
  readonly isUndoing: boolean;
}

/** The extras of one run. */
export class Extras implements ContextExtras {
  readonly #desk: Desk;
  readonly #isUndoing: boolean;
  readonly levels: Levels;
  readonly signals: SignalNames;
  readonly asks: Asks;
  readonly parks: Parks;
  readonly items: Items;
  readonly containers: Containers;
  readonly growth: RunGrowth;
  readonly undos: Undos;
  /** Nodes whose output was taken over by the one that read it. */
  readonly moved = new Set<number>();

  constructor(desk: Desk, { flow, isUndoing, lower, guardOf }: ExtrasParts) {
    this.#desk = desk;
    this.#isUndoing = isUndoing;
    this.levels = new Levels(flow.base);
    this.signals = new SignalNames(flow.names);
    this.asks = new Asks(desk, {
      levelOf: (node) => this.placeOf(node),
      guardOf: (from, to) => this.#guardOf(from, to),
      inputsOf: (node) => desk.viewOf(node) ?? this.#recordOf(node),
      outputOf: (node) => this.outputOf(node),
      isEnough: (loop) => this.containers.isEnough(loop),
      goOn: (loop, isEnough) => this.containers.goOn(loop, isEnough),
    });
    this.parks = new Parks(desk, { waitOf: (node) => this.waitOf(node) }, this.signals);
    this.items = new Items(desk, {
      mapOf: (node) => this.#mapOf(node),
      inputsOf: (node) => this.#recordOf(node),
    });
    this.containers = new Containers(desk, this.levels, {
      inputsOf: (node) => this.inputsOf(node),
      outputOf: (node) => this.outputOf(node),
    });
    this.growth = new RunGrowth(desk, this.levels, { lower, guardOf });
    this.undos = new Undos(desk, {
      undoOf: (node) => {
        const { level, local } = this.placeOf(node);
        return this.#isUndoing ? level.undos.get(local) : undefined;
      },
      outputOf: (node) => this.outputOf(node),
    });
  }

  /** The level a node is in, and its id there. */
  placeOf(node: number): { readonly level: Lowered; readonly local: number } {
    const segment = this.levels.segmentOf(node);
    return { level: segment.level, local: this.levels.localOf(node, segment) };
  }

  /** What a wait node waits for; `undefined` of other nodes. */
  waitOf(node: number): LoweredWait | undefined {
    const { level, local } = this.placeOf(node);
    return level.waits.get(local);
  }

  #mapOf(node: number): Extract<LoweredContainer, { kind: "map" }> {
    const rule = this.levels.containerOf(node);
    if (rule?.kind !== "map") throw new TypeError(`node ${node} is no map`);
    return rule;
  }

  #guardOf(from: number, to: number): EdgeGuard | undefined {
    const segment = this.levels.segmentOf(to);
    const isWithin = from >= segment.first && from < segment.first + segment.count;
    if (!isWithin) return this.growth.guardOf(from, to);
    const { level, first } = segment;
    return level.guards.get((from - first) * level.core.names.length + to - first) ?? this.growth.guardOf(from, to);
  }

  // ── what tasks ask of their context ──

  pathOf(node: number): readonly AddressSegment[] {
    return this.levels.pathOf(node);
  }

  paramsOf(node: number): unknown {
    return this.containers.paramsOf(this.levels.segmentOf(node).scope);
  }

  indexOf(node: number): number {
    return this.containers.indexOf(node);
  }

  iterationOf(node: number): number {
    return this.containers.roundAround(node)?.round ?? 0;
  }

  previousOf(node: number): unknown {
    return this.containers.previousOf(node);
  }

  sleep(node: number, attempt: number, ms: number): Promise<unknown> {
    return this.parks.sleep(node, attempt, ms);
  }

  waitFor(node: number, attempt: number, signal: string, options: WaitOptions | undefined): Promise<unknown> {
    return this.parks.waitFor(node, attempt, signal, options);
  }

  addNodes(node: number, attempt: number, entries: Iterable<GrowthEntry>): void {
    this.growth.addNodes(node, attempt, entries);
  }

  addEdges(node: number, attempt: number, edges: Iterable<GrowthEdge>): void {
    this.growth.addEdges(node, attempt, edges);
  }

  // ── inputs, outputs, calls ──

  /** The output of a node, that of a container included. Throws what making it threw. */
  outputOf(node: number): unknown {
    const output = this.#desk.outputOf(node);
    if (output !== undefined) return output;
    const rule = this.levels.containerOf(node);
    return rule === undefined ? undefined : this.containers.outputOf(node, rule);
  }

  /** What the function of a node is called with: its item, its loop's inputs, or the outputs of its upstreams by name. */
  inputsOf(node: number): unknown {
    const { scope, firstItem } = this.levels.segmentOf(node);
    if (firstItem !== -1) return this.items.valueOf(scope.container, this.levels.itemOf(node));
    const rule = scope.round > 0 ? this.levels.containerOf(scope.container) : undefined;
    if (rule?.kind === "loop" && rule.isFunction) return this.inputsOf(scope.container);
    return this.#recordOf(node);
  }

  /** The outputs of a node's upstreams that count as inputs, by name: fixed when its join was decided. */
  #recordOf(node: number): Readonly<Record<string, unknown>> {
    const record: Record<string, unknown> = Object.create(null);
    for (const upstream of this.#desk.run.inputsOf(node) ?? []) record[this.levels.nameOf(upstream)] = this.asks.passed(upstream, node);
    return Object.freeze(record);
  }

  /** Calls the function of a node that is not a plain one. Throws what it throws. */
  call(node: number, attempt: number): unknown {
    const { level, local } = this.placeOf(node);
    const task = level.tasks[local];
    if (task === undefined) throw new TypeError(`node ${node} has no function`);
    const inputs = this.callInputsOf(node);
    if (level.moves !== null) this.takeMoved(node);
    return task(inputs, new AttemptContext(this.#desk, node, attempt));
  }

  /** The names of the inputs that a node takes over. */
  movedNamesOf(node: number): readonly string[] {
    return this.#movedInto(node).map((upstream) => this.levels.nameOf(upstream));
  }

  /** What a node takes over of its upstreams, by name, now that its code begins: nobody else has it any more. */
  takeMoved(node: number): Readonly<Record<string, unknown>> {
    const taken: Record<string, unknown> = Object.create(null);
    for (const upstream of this.#movedInto(node)) {
      taken[this.levels.nameOf(upstream)] = this.outputOf(upstream);
      this.moved.add(upstream);
      this.#desk.release(upstream);
    }
    return taken;
  }

  /** The upstreams whose output a node takes over, of those that count as its inputs. */
  #movedInto(node: number): readonly number[] {
    const { level, local } = this.placeOf(node);
    const upstreams = level.moves?.into.get(local);
    if (upstreams === undefined) return [];
    const counting = this.#desk.run.inputsOf(node);
    return upstreams.map((upstream) => node - local + upstream).filter((upstream) => counting?.includes(upstream));
  }

  /** What the function of a node that is not a plain one is called with. Throws what making it, or what is around the node, throws. */
  callInputsOf(node: number): unknown {
    if (this.levels.segmentOf(node).scope.container !== -1) this.paramsOf(node); // Where these throw, whatever is inside fails.
    return this.inputsOf(node);
  }

  /** Keeps what is not in the report, if it may be undone. */
  keepForUndo(node: number, output: unknown): void {
    if (this.#isUndoing) this.undos.keep(node, output);
  }

  /** Nobody reads the output of a node any more. */
  free(node: number): void {
    if (this.#isUndoing) this.undos.keep(node, this.#desk.outputOf(node));
    this.containers.free(node);
  }

  // ── what the core asks for ──

  /** Takes note of what the core says. Calls nobody. */
  note({ kind, node, a, b, c }: DoorEffect): void {
    if (kind === effectKinds.opened) this.#opened(node, a, b, c);
    else if (kind === effectKinds.waitOver) this.parks.over(node, a, b, c);
    else if (kind === effectKinds.growthRefused) this.growth.refused(node, a, b - 1);
  }

  #opened(node: number, first: number, count: number, what: number): void {
    if (what === openings.growth) this.growth.committed(node, first);
    else if (what === openings.items) this.levels.openItems(node, first, count);
    else this.containers.opened(node, first, count);
  }

  /** Carries out what calls the user's code. */
  carryOut({ kind, node, a, b }: DoorEffect): void {
    if (kind === effectKinds.ask) this.asks.ask(node, a, b);
    else if (kind === effectKinds.expand) this.items.expand(node, a, b);
    else if (kind === effectKinds.stopItems) this.items.stop(node);
    else if (kind === effectKinds.undo) this.undos.undo(node);
  }
}

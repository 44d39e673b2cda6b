/** The core's run behind the interface of the reference model: inputs and effects through the door, events from their records. */
import { Door, type DoorEffect, doorBits, type NativePlan, NativeRun, openRun, questions, verdicts } from "../../src/native/index.js";
import { readEffect, readEvents } from "./core-events.js";
import { coreGrowth, coreOptions } from "./core-plan.js";
import type { Growth, RunSpec } from "./model/spec.js";
import type { RunInput, StepReport } from "./model/types.js";

export { journalOf, journalPrefix, readEvents, recordBytes, recordCount, recordsOf } from "./core-events.js";
export { corePlan } from "./core-plan.js";

/** A step of the core, with the records it wrote. */
export interface CoreReport extends StepReport {
  readonly records: Uint8Array;
}

/** How many inputs one crossing takes. */
const batchLimit = 512;

export class CoreRun {
  readonly #run: NativeRun;

  /** Takes over a run, fresh or replayed, that keeps its events. */
  constructor(run: NativeRun) {
    this.#run = run;
  }

  static fresh(spec: RunSpec, plan: NativePlan): CoreRun {
    const run = openRun(plan, coreOptions(spec));
    run.record();
    return new CoreRun(run);
  }

  /** `growths`: the additions that were committed, in order. @throws where the journal is damaged or does not fit. */
  static replayed(plan: NativePlan, journal: Uint8Array, growths: readonly Growth[] = []): CoreRun {
    const run = NativeRun.replay(plan, journal, growths.map(coreGrowth));
    run.record();
    return new CoreRun(run);
  }

  get native(): NativeRun {
    return this.#run;
  }

  header(): Uint8Array {
    return this.#run.journalHeader();
  }

  /** One step; at most 512 inputs, which is what a crossing takes. */
  advance(inputs: readonly RunInput[], nowUs: number): CoreReport {
    if (inputs.length > batchLimit) throw new Error(`${inputs.length} inputs are more than one crossing takes`);
    const door = Door.open(this.#run, 0);
    for (const input of inputs) give(door, this.#run, input);
    const leases: number[] = [];
    const raw: DoorEffect[] = [];
    let bits: number;
    do {
      bits = door.advance(nowUs / 1000);
      const pairs = new Uint32Array(2 * door.leaseCount);
      door.copyLeases(pairs, 0);
      for (const word of pairs) leases.push(word);
      for (let i = 0; i < door.effectCount; i++) raw.push(door.effect(i));
    } while ((bits & doorBits.more) !== 0);
    const { wakeAt } = door;
    door.close();
    const records = this.#run.takeEvents();
    const events = readEvents(records);
    const effects = raw.map(readEffect);
    const laneOf = new Map(
      events.flatMap((event) => (event.kind === "nodeLeased" ? [[`${event.node}#${event.attempt}`, event.lane]] : [])),
    );
    return {
      events,
      leases: Array.from({ length: leases.length / 2 }, (_, i) => {
        const [node = -1, attempt = -1] = leases.slice(2 * i, 2 * i + 2);
        return { node, attempt, lane: laneOf.get(`${node}#${attempt}`) ?? -1 };
      }),
      effects,
      wakeAt: wakeAt === Number.POSITIVE_INFINITY ? null : Math.round(wakeAt * 1000),
      ended: (bits & doorBits.ended) !== 0,
      records,
    };
  }
}

function give(door: Door, run: NativeRun, input: RunInput): void {
  const at = input.at / 1000;
  switch (input.kind) {
    case "start":
    case "cancel":
    case "pause":
    case "resume":
      door[input.kind](at);
      break;
    case "begin":
      door.began(input.node, input.attempt, at);
      break;
    case "settle":
      if (input.outcome === "failed") {
        const { mayRetry = true, retryAfterUs } = input;
        door.failed(input.node, input.attempt, at, mayRetry, retryAfterUs === undefined ? undefined : retryAfterUs / 1000);
      } else if (input.outcome === "crashed") {
        door.crashed(input.node, input.attempt, at);
      } else if (input.growth !== undefined && input.attempt > 0) {
        run.queueGrowth(coreGrowth(input.growth));
        door.grew(input.node, input.attempt, at);
      } else {
        door.settled(input.node, input.attempt, at, true);
      }
      break;
    case "wait": {
      const { node, attempt, key, what } = input;
      if (what.for === "time") door.waitTime(node, attempt, key, what.us / 1000, at);
      else door.waitSignal(node, attempt, key, what.timeoutUs === undefined ? undefined : what.timeoutUs / 1000, what.hasDefault, at);
      break;
    }
    case "answer": {
      // No host may say that it did not answer in time.
      const verdict = input.verdict === "timedOut" ? 4 : verdicts[input.verdict];
      door.answer(input.node, questions[input.question], input.from, verdict, at);
      break;
    }
    case "items":
      door.items(input.node, input.attempt, input.count, input.isDone, at);
      break;
    case "itemsFailed":
      door.itemsFailed(input.node, input.attempt, at);
      break;
    case "signal":
      door.signal(input.name, input.node ?? undefined, input.payload, input.isRejection, at);
      break;
    case "cancelNodes":
      run.queueCancel(Uint32Array.from(input.nodes));
      door.mail(at);
      break;
    case "grow":
      run.queueGrowth(coreGrowth(input.growth));
      door.mail(at);
      break;
    case "undone":
      door.undone(input.node, input.isOk, at);
      break;
    default:
      throw new Error(`no input is ${String(input satisfies never)}`);
  }
}

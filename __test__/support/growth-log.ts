/** Which of the additions that went into a run were committed, and in which order: what its journal has to be replayed with. */
import type { Growth } from "./model/spec.js";
import type { Effect, RunInput } from "./model/types.js";

/** An addition that was handed over: by the attempt of a node, or (`null`) as a command. */
interface Given {
  readonly node: number | null;
  readonly growth: Growth;
}

export class GrowthLog {
  /** The additions that were committed. */
  readonly committed: Growth[] = [];
  #isStarted = false;

  /** Learns of a step: each addition that was decided has an effect of its own, committed or refused; others were passed over. */
  learn(inputs: readonly RunInput[], effects: readonly Effect[]): void {
    const given: Given[] = [];
    for (const input of inputs) {
      if (input.kind === "start") this.#isStarted = true;
      if (!this.#isStarted) continue;
      if (input.kind === "grow") given.push({ node: null, growth: input.growth });
      if (input.kind === "settle" && input.growth !== undefined) given.push({ node: input.node, growth: input.growth });
    }
    for (const effect of effects) {
      const isOpening = effect.kind === "opened" && effect.what === "growth";
      if (!isOpening && effect.kind !== "growthRefused") continue;
      const at = given.findIndex(({ node, growth }) => node === effect.node && (!isOpening || growth.plan.nodeCount === effect.count));
      const [decided] = at === -1 ? [] : given.splice(at, 1);
      if (decided === undefined) throw new Error(`an addition by ${effect.node} was decided and never given`);
      if (isOpening) this.committed.push(decided.growth);
    }
  }
}

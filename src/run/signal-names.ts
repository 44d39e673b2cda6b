/** The signals of one run by number: those its flow names, and those that its tasks and commands name while it goes on. */
import type { FlowNames } from "../flow/flow-names.js";

/** Where the numbers of wait nodes' own signals begin: this, and the node's id. */
const ownSignals = 0x8000_0000;

/** Names and numbers of one run's signals. */
export class SignalNames {
  readonly #numbers: FlowNames;
  readonly #names: string[];

  /** `names` are the flow's; a copy of them grows. */
  constructor(names: FlowNames) {
    this.#numbers = names.copy();
    this.#names = names.signalNames;
  }

  /** The names and numbers as they are now, for additions to the run. */
  get all(): FlowNames {
    return this.#numbers;
  }

  numberOf(name: string): number {
    const number = this.#numbers.signal(name);
    this.#names[number] = name;
    return number;
  }

  /** The name of a number; `undefined` for a node's own signal. */
  nameOf(number: number): string | undefined {
    return this.#names[number] ?? (number < ownSignals ? this.#numbers.signalNames[number] : undefined);
  }
}

/** The signal that only one wait node hears. */
export function ownSignalOf(node: number): number {
  return ownSignals + node;
}

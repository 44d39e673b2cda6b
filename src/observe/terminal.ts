/**
 * Lines that stay in place at the bottom of a terminal, over lines that scroll.
 *
 * I1 The cursor comes back, however the process ends, as far as it can be heard of: at the end, on `exit`, on signals that end it.
 * I2 Nothing that the terminal does reaches the run: a write that throws, or fails later, ends the display.
 */

/** Where progress is shown: `process.stderr`, say. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  /** Takes a piece of text. */
  write(text: string): unknown;
  /** Tells of writes that fail later. */
  on?(event: "error", listener: (error: Error) => void): unknown;
  /** Takes a listener back. */
  off?(event: "error", listener: (error: Error) => void): unknown;
}

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The part of a terminal that a display draws on. */
export class TerminalRegion {
  readonly #stream: ProgressStream;
  #drawn = 0;
  #isOpen = false;
  #isBroken = false;
  readonly #onExit = (): void => this.close();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.close();
    // Our listener kept the signal from ending the process: where nobody else listens, it is sent again.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  readonly #onError = (): void => {
    this.#isBroken = true;
  };

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  /** Puts lines in the place of those drawn before, and `above` over them, to stay. */
  draw(lines: readonly string[], above: readonly string[] = []): void {
    this.#open();
    const back = this.#drawn === 0 ? "" : `\x1b[${this.#drawn}A`;
    const text = [...above, ...lines].map((line) => `\x1b[2K${line}\n`).join("");
    this.#drawn = lines.length;
    this.#write(`${back}\r${text}\x1b[0J`);
  }

  /** Leaves what was drawn last and gives the cursor back. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#drawn = 0;
    process.off("exit", this.#onExit);
    for (const signal of signals) process.off(signal, this.#onSignal);
    this.#write(showCursor);
    // A failure of the writes before may still come: the listener stays where there was one.
    if (!this.#isBroken) setImmediate(() => this.#stream.off?.("error", this.#onError));
  }

  #open(): void {
    if (this.#isOpen || this.#isBroken) return;
    this.#isOpen = true;
    this.#stream.on?.("error", this.#onError);
    process.on("exit", this.#onExit);
    for (const signal of signals) process.on(signal, this.#onSignal);
    this.#write(hideCursor);
  }

  #write(text: string): void {
    if (this.#isBroken) return;
    try {
      this.#stream.write(text);
    } catch {
      this.#isBroken = true;
    }
  }
}

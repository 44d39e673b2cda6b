/** Where an encoded value is written: one buffer that grows and is used again, and the text that comes after the steps. */
import { chunkLength, headerSize } from "./ops.js";

const startSize = 16_384;
/** A buffer larger than this is given up after its message. */
const keptSize = 1 << 20;

/** Where a writer stood, to go back to. */
export interface WriterMark {
  readonly position: number;
  readonly text: string;
  readonly chunkCount: number;
}

/** Writes one message at a time. Numbers are little-endian. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(startSize);
  #view = new DataView(this.#bytes.buffer);
  #position = headerSize;
  #text = "";
  readonly #chunks: string[] = [];

  /** Begins a message. What `finish` gave before is no longer valid. */
  start(): void {
    if (this.#bytes.length > keptSize) this.#writeTo(Buffer.allocUnsafeSlow(startSize));
    this.#position = headerSize;
    this.#text = "";
    this.#chunks.length = 0;
  }

  get position(): number {
    return this.#position;
  }

  byte(value: number): void {
    if (this.#position === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#position++] = value;
  }

  /** A number from 0 to 4,294,967,295: one byte where it is below 255. */
  count(value: number): void {
    if (value < 255) {
      this.byte(value);
    } else {
      this.byte(255);
      this.u32(value);
    }
  }

  /** 32 bits, signed or not. */
  u32(value: number): void {
    if (this.#position + 4 > this.#bytes.length) this.#grow(4);
    const bytes = this.#bytes;
    const at = this.#position;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    this.#position = at + 4;
  }

  f64(value: number): void {
    if (this.#position + 8 > this.#bytes.length) this.#grow(8);
    this.#view.setFloat64(this.#position, value, true);
    this.#position += 8;
  }

  /** Adds characters to the text; their number is written by the caller. */
  characters(text: string): void {
    if (this.#text.length + text.length > chunkLength && this.#text !== "") {
      this.#chunks.push(this.#text);
      this.#text = text;
    } else {
      this.#text += text;
    }
  }

  /** Writes raw bytes. */
  raw(bytes: Uint8Array): void {
    if (this.#position + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#position);
    this.#position += bytes.length;
  }

  /** Writes all text that was added. */
  flushText(): void {
    if (this.#text !== "") this.#chunks.push(this.#text);
    for (const chunk of this.#chunks) this.#chunk(chunk);
    this.#text = "";
    this.#chunks.length = 0;
  }

  /** Puts a u32 at a place that was written before. */
  patch(at: number, value: number): void {
    const end = this.#position;
    this.#position = at;
    this.u32(value);
    this.#position = end;
  }

  mark(): WriterMark {
    return { position: this.#position, text: this.#text, chunkCount: this.#chunks.length };
  }

  /** Forgets what was written after the mark. Text in chunks closed since then is in the mark's own text. */
  rewind(mark: WriterMark): void {
    this.#position = mark.position;
    this.#text = mark.text;
    this.#chunks.length = mark.chunkCount;
  }

  /** The message: a view, valid until the next one begins. */
  finish(): Uint8Array {
    if (this.#position > 0xffff_ffff) throw new RangeError("a value of more than 4 GiB");
    // Not a Buffer, whose `slice` would be a view as well.
    return new Uint8Array(this.#bytes.buffer, 0, this.#position);
  }

  #chunk(text: string): void {
    const head = this.#position;
    const length = text.length;
    // Either two bytes for each character, or four more than there are characters: a character in UTF-8 has at most four bytes, so that
    // even where they do not all fit, text that is not ASCII shows in the number of bytes written.
    const room = 4 + Math.max(length * 2, length + 4);
    if (head + room > this.#bytes.length) this.#grow(room);
    this.#position = head + 4;
    let written = this.#bytes.write(text, head + 4, length + 4, "utf8");
    const isWide = written !== length;
    if (isWide) written = this.#bytes.write(text, head + 4, length * 2, "utf16le");
    this.patch(head, ((length << 1) | (isWide ? 1 : 0)) >>> 0);
    this.#position = head + 4 + written;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#position + needed));
    larger.set(this.#bytes.subarray(0, this.#position));
    this.#writeTo(larger);
  }

  #writeTo(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

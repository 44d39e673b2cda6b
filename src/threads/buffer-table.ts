/**
 * The buffers of a message. A view is sent with the bytes it covers, not with its whole buffer; views that overlap still do when they
 * arrive, and where the buffer itself is in the value, all of it goes and all its views lie in it.
 */
import type { ByteWriter } from "./byte-writer.js";
import { segmentWidth } from "./ops.js";

/** What is used of one buffer. */
interface UsedBuffer {
  readonly buffer: ArrayBuffer;
  /** Begin, end, and the alignment that the begin must keep, of each view. */
  ranges: [number, number, number][];
}

/** A buffer that can grow and shrink says up to where. (TypeScript's ES2023 does not know it.) */
function maxByteLengthOf(buffer: ArrayBuffer): number {
  if (Reflect.get(buffer, "resizable") !== true) return -1;
  const limit: unknown = Reflect.get(buffer, "maxByteLength");
  return typeof limit === "number" ? limit : -1;
}

/** Whether a buffer has been moved elsewhere. (Node.js 20 has no `detached`.) */
export function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength !== 0) return false;
  const isKnown: unknown = Reflect.get(buffer, "detached");
  if (typeof isKnown === "boolean") return isKnown;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** Gathers the buffers of one message and writes them. */
export class BufferTable {
  readonly #used: UsedBuffer[] = [];
  readonly #indices = new Map<ArrayBuffer, number>();

  get isEmpty(): boolean {
    return this.#used.length === 0;
  }

  clear(): void {
    if (this.#used.length === 0) return;
    this.#used.length = 0;
    this.#indices.clear();
  }

  /** Notes that these bytes of a buffer are needed. Answers the buffer's index. */
  use(buffer: ArrayBuffer, start: number, end: number, alignment: number): number {
    let index = this.#indices.get(buffer);
    if (index === undefined) {
      index = this.#used.push({ buffer, ranges: [] }) - 1;
      this.#indices.set(buffer, index);
    }
    this.#used[index]?.ranges.push([start, end, alignment]);
    return index;
  }

  /** Notes that all of a buffer is needed. Answers its index. */
  useAll(buffer: ArrayBuffer): number {
    return this.use(buffer, 0, buffer.byteLength, 8);
  }

  /** Writes the rows, then the bytes. Answers how many rows. */
  write(writer: ByteWriter): number {
    const segments = this.#used.flatMap((used, index) => segmentsOf(used, index));
    let at = writer.position + segments.length * segmentWidth * 8;
    for (const { buffer, index, start, end } of segments) {
      const row = [start, end - start, maxByteLengthOf(buffer), at, index, 0];
      for (const number of row) writer.f64(number);
      at += end - start;
    }
    for (const { buffer, start, end } of segments) writer.raw(new Uint8Array(buffer, start, end - start));
    return segments.length;
  }
}

interface Segment {
  readonly buffer: ArrayBuffer;
  readonly index: number;
  start: number;
  end: number;
}

/** The parts of a buffer that are sent: ranges that overlap are one, which begins where its views can be aligned. */
function segmentsOf({ buffer, ranges }: UsedBuffer, index: number): Segment[] {
  // What can change its size is sent whole, so that it still can.
  if (maxByteLengthOf(buffer) !== -1) return [{ buffer, index, start: 0, end: buffer.byteLength }];
  ranges.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const segments: Segment[] = [];
  for (const [start, end, alignment] of ranges) {
    let segment = segments.at(-1);
    if (segment === undefined || (start >= segment.end && start !== segment.start)) {
      segment = { buffer, index, start, end };
      segments.push(segment);
    }
    segment.end = Math.max(segment.end, end);
    segment.start -= segment.start % alignment;
  }
  return segments;
}

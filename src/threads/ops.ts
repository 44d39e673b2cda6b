/**
 * The layout of an encoded value: both sides of the codec read it here.
 *
 * A message is a header of four u32 (little-endian), then the steps, then the text, then the buffers:
 *
 * - 0: the format's version. 4: where the text begins. 8: where the buffers begin. 12: how many buffers there are.
 * - Steps: one byte each, followed by what the step needs. Counts are one byte below 255, else 255 and a u32. The objects of a message
 *   are numbered as they begin; `reference` names an earlier one.
 * - Text: chunks, each a u32 `length << 1 | isWide` and its characters, one byte each where all are ASCII, else two. A step that has a
 *   string says its length only; strings lie in the chunks in the order of the steps, none across the border of two.
 * - Buffers: for each a row of six f64 (begin of the segment in its buffer, bytes, `maxByteLength` or -1, where its bytes are, the
 *   buffer's index, 0), then the bytes. Views name a buffer and an offset in it: only the segments that views cover are sent.
 *
 * Bytes are read by the release that wrote them and no other: they never leave the process.
 */

/** The first number of a message. */
export const formatVersion = 1;

/** Bytes before the first step. */
export const headerSize = 16;

/** Numbers in the row of one segment of a buffer. */
export const segmentWidth = 6;

/** Characters after which a chunk of text is closed: a string kept for long keeps at most this much beside it. */
export const chunkLength = 16_384;

/** What a step does. From 64 on the byte carries a number itself. */
export const ops = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  double: 4,
  int32: 5,
  bigint: 6,
  emptyString: 7,
  longString: 8,
  reference: 9,
  /** A dense array: count, elements. */
  array: 10,
  /** An array with holes or names: its length, count, then keys and values. */
  sparseArray: 11,
  /** An object whose keys are known by number. */
  knownShape: 12,
  /** An object whose keys come first, as one string. */
  newShape: 13,
  /** An object with many keys: count, then keys and values. */
  dictionary: 14,
  date: 15,
  regExp: 16,
  map: 17,
  set: 18,
  boxed: 19,
  buffer: 20,
  view: 21,
  error: 22,
  /** 64 + n is the integer n. */
  smallInt: 64,
  /** 128 + n is a string of n characters. */
  shortString: 128,
} as const;

/** The classes of views, by the number they are written as. The last is Node.js's own `Buffer`. */
export const viewClasses = [
  "Uint8Array",
  "Int8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigUint64Array",
  "BigInt64Array",
  "DataView",
  "Float16Array",
  "Buffer",
] as const;

/** Bytes of an element, by the same number. */
export const viewWidths = [1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 1, 2, 1] as const;

/** What comes after the own properties of an error. */
export const causes = { none: 0, error: 1, value: 2 } as const;

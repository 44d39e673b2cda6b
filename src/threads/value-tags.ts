/** How a value crosses between threads: in the record itself, as bytes, or over a port. */

/** What a record says of its value; the numbers are the native side's. */
export const valueTags = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  /** In the record's number. */
  number: 4,
  /** As bytes of the codec. */
  bytes: 5,
  /** Over a message port, because it cannot be written as bytes. */
  carried: 6,
} as const;

/** One of {@link valueTags}. */
export type ValueTag = (typeof valueTags)[keyof typeof valueTags];

/** The codec of this thread, for all its runs: made when one first needs it. */
import { Codec } from "./codec.js";

let made: Codec | undefined;

/** The codec. What it gives is valid until its next call. */
export function ownCodec(): Codec {
  made ??= new Codec();
  return made;
}

/** What was thrown, in bytes of its own. */
export function thrownBytes(thrown: unknown): Uint8Array {
  return Uint8Array.from(ownCodec().encodeThrown(thrown)); // What the codec gives is part of a buffer, all of which would be posted.
}

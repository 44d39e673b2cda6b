/** The shapes of objects: lists of keys that occur again and again, found by their keys, so that keys cross as one string. */

/** A list of keys. */
export interface Shape {
  readonly keys: readonly string[];
  /** The keys as one string, each behind its length. */
  readonly text: string;
  /** Whether some key must be defined, because to assign it would not make a property: `__proto__`, what `Object.prototype` has. */
  readonly mustDefine: boolean;
  /** The last message that had it, and its number there. Of the encoder. */
  message: number;
  index: number;
}

/** Objects with more keys are dictionaries: their keys are not remembered. */
export const mostKeys = 64;
/** Longer keys belong to dictionaries too. */
const longestText = 2_048;
/** How many shapes are remembered; past this all are forgotten. */
const mostShapes = 2_000;

function shapeOf(keys: readonly string[], text: string): Shape {
  return { keys, text, mustDefine: keys.some((key) => key in Object.prototype), message: -1, index: -1 };
}

/** The shapes an encoder has met. */
export class KnownShapes {
  readonly #byFirstKey = new Map<string, Shape[]>();
  #count = 0;

  /** The shape with these keys, at least one and at most {@link mostKeys}; `undefined` where they are too long to be remembered. */
  find(keys: readonly string[]): Shape | undefined {
    const first = keys[0] as string;
    const candidates = this.#byFirstKey.get(first);
    if (candidates !== undefined) {
      for (const shape of candidates) if (isSame(shape.keys, keys)) return shape;
    }
    return this.#add(first, keys);
  }

  #add(first: string, keys: readonly string[]): Shape | undefined {
    const text = keys.map((key) => `${key.length}:${key}`).join("");
    if (text.length > longestText) return undefined;
    if (++this.#count > mostShapes) {
      this.#byFirstKey.clear();
      this.#count = 1;
    }
    const shape = shapeOf(keys, text);
    const candidates = this.#byFirstKey.get(first);
    if (candidates === undefined) this.#byFirstKey.set(first, [shape]);
    // Many shapes with one first key: the oldest would only make the search longer.
    else if (candidates.push(shape) > 16) candidates.shift();
    return shape;
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shapes a decoder has met, by their text. */
export class ReadShapes {
  readonly #byText = new Map<string, Shape>();

  find(text: string): Shape {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    if (this.#byText.size >= mostShapes) this.#byText.clear();
    const keys: string[] = [];
    for (let at = 0; at < text.length; ) {
      const colon = text.indexOf(":", at);
      const end = colon + 1 + Number(text.slice(at, colon));
      keys.push(text.slice(colon + 1, end));
      at = end;
    }
    const shape = shapeOf(keys, text);
    this.#byText.set(text, shape);
    return shape;
  }
}

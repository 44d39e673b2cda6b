/**
 * The inputs of every bench: three shapes at a size, made from a seed, the same in every process (and in `native/src/main.rs`).
 *
 * - `chain`: node i before node i + 1.
 * - `layered`: layers of round(√n) nodes; each node of a later layer has 3 different random upstreams in the layer before.
 * - `fan`: one source before n - 2 nodes before one sink, so both a fan-out and a fan-in.
 */

/** The seed of every generated graph. */
export const SEED = 0x2f6e2b1;

/** @typedef {"chain" | "layered" | "fan"} ShapeName */
/** @typedef {{ shape: ShapeName, n: number, from: Uint32Array, to: Uint32Array }} Shape Edges as two columns of node ids. */

/** All shapes, in the order of the table. */
export const SHAPES = /** @type {const} */ (["chain", "layered", "fan"]);

/** Sizes by the names that `--sizes` takes. */
export const SIZES = { "1k": 1_000, "10k": 10_000, "100k": 100_000, "1m": 1_000_000 };

/** Marsaglia's xorshift32: small, and easy to write again in Rust. */
export function randomFrom(seed) {
  let x = seed >>> 0;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** A shape at a size; `chain` and `fan` have no chance in them. */
export function makeShape(shape, n) {
  if (shape === "chain") return chain(n);
  if (shape === "fan") return fan(n);
  return layered(n);
}

function chain(n) {
  const from = new Uint32Array(n - 1);
  const to = new Uint32Array(n - 1);
  for (let i = 0; i + 1 < n; i++) {
    from[i] = i;
    to[i] = i + 1;
  }
  return { shape: "chain", n, from, to };
}

function fan(n) {
  const from = new Uint32Array(2 * (n - 2));
  const to = new Uint32Array(2 * (n - 2));
  let e = 0;
  for (let i = 1; i + 1 < n; i++) {
    from[e] = 0;
    to[e++] = i;
    from[e] = i;
    to[e++] = n - 1;
  }
  return { shape: "fan", n, from, to };
}

function layered(n) {
  const width = Math.max(3, Math.round(Math.sqrt(n)));
  const random = randomFrom(SEED);
  const from = new Uint32Array(3 * Math.max(0, n - width));
  const to = new Uint32Array(from.length);
  let e = 0;
  for (let v = width; v < n; v++) {
    const start = (Math.floor(v / width) - 1) * width;
    const a = random() % width;
    let b = random() % width;
    while (b === a) b = random() % width;
    let c = random() % width;
    while (c === a || c === b) c = random() % width;
    for (const p of [a, b, c]) {
      from[e] = start + p;
      to[e++] = v;
    }
  }
  return { shape: "layered", n, from, to };
}

/** A cost between 1 and 100 for each node. */
export function makeCosts(n) {
  const random = randomFrom(SEED ^ 0x5bd1e995);
  const costs = new Float64Array(n);
  for (let i = 0; i < n; i++) costs[i] = 1 + (random() % 100);
  return costs;
}

/** `node-0`, `node-1`, …; flat strings, each made once and shared by all that name the node. */
export function makeNames(n) {
  const names = new Array(n);
  for (let i = 0; i < n; i++) names[i] = `node-${i}`;
  return names;
}

/** The edges as pairs of names, as a program that read them from a file would hold them. */
export function makeNamedEdges(shape, names) {
  const edges = new Array(shape.from.length);
  for (let e = 0; e < edges.length; e++) edges[e] = [names[shape.from[e]], names[shape.to[e]]];
  return edges;
}

/** The floor for transitive work: one bitset row per node in plain JavaScript, rows merged from the last node to the first. */
import { sort } from "./graph.mjs";

/** The transitive closure as rows of bits: bit v of row u says that v comes after u. `n * n / 8` bytes; `reused` is overwritten. */
export function closureBits(graph, reused) {
  const { n, outStart, out } = graph;
  const words = (n + 31) >>> 5;
  const bits = reused?.fill(0) ?? new Uint32Array(n * words);
  const order = sort(graph);
  for (let i = n - 1; i >= 0; i--) {
    const u = order[i];
    const row = u * words;
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) {
      const v = out[e];
      const other = v * words;
      for (let w = 0; w < words; w++) bits[row + w] |= bits[other + w];
      bits[row + (v >>> 5)] |= 1 << (v & 31);
    }
  }
  return bits;
}

/** Edges of the transitive reduction as `[from, to, …]`: an edge goes when another downstream of its upstream reaches its end. */
export function transitiveReduction(graph) {
  const { n, outStart, out } = graph;
  const words = (n + 31) >>> 5;
  const bits = new Uint32Array(n * words);
  const order = sort(graph);
  const position = new Uint32Array(n);
  for (let i = 0; i < n; i++) position[order[i]] = i;
  const kept = new Uint32Array(2 * out.length);
  let at = 0;
  for (let i = n - 1; i >= 0; i--) {
    const u = order[i];
    const row = u * words;
    // Nearest downstreams first: whatever they reach needs no edge of its own.
    const downstream = out.slice(outStart[u], outStart[u + 1]).sort((a, b) => position[a] - position[b]);
    for (const v of downstream) {
      if ((bits[row + (v >>> 5)] & (1 << (v & 31))) !== 0) continue;
      kept[at++] = u;
      kept[at++] = v;
      const other = v * words;
      for (let w = 0; w < words; w++) bits[row + w] |= bits[other + w];
      bits[row + (v >>> 5)] |= 1 << (v & 31);
    }
  }
  return kept.slice(0, at);
}

/** How many bits are set: the pairs of a closure. */
export function countBits(bits) {
  let count = 0;
  for (let i = 0; i < bits.length; i++) count += popCount(bits[i]);
  return count;
}

function popCount(x) {
  let v = x - ((x >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

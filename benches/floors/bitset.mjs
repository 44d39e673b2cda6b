/** The floor for transitive work: one bitset row per node in plain JavaScript, rows merged from the last node to the first. */
import { sort } from "./graph.mjs";

/** Reachability rows: bit v of row u says that v comes after u. `n * n / 8` bytes. */
export function reachRows(graph) {
  const { n, outStart, out } = graph;
  const words = (n + 31) >>> 5;
  const bits = new Uint32Array(n * words);
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
  return { bits, words, order };
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

/** The transitive closure as rows: `out[start[u] .. start[u + 1]]` is everything after u, ascending. */
export function transitiveClosure(graph) {
  const { bits, words } = reachRows(graph);
  const start = new Uint32Array(graph.n + 1);
  for (let u = 0, i = 0; u < graph.n; u++) {
    let pairs = start[u];
    for (const end = i + words; i < end; i++) pairs += popCount(bits[i]);
    start[u + 1] = pairs;
  }
  const out = new Uint32Array(start[graph.n]);
  let at = 0;
  for (let u = 0; u < graph.n; u++) {
    for (let w = 0; w < words; w++) {
      let word = bits[u * words + w];
      while (word !== 0) {
        out[at++] = w * 32 + 31 - Math.clz32(word & -word);
        word &= word - 1;
      }
    }
  }
  return { start, out };
}

function popCount(x) {
  let v = x - ((x >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

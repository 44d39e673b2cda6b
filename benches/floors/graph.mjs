/**
 * The floor for graph work: what plain JavaScript over typed arrays can do when nothing is checked that the answer does not need.
 *
 * A floor graph is compressed sparse rows in both directions plus in-degrees, names in an array and a Map. Each call allocates
 * its answer and its scratch, as a library's call would; nothing is kept between calls.
 */

/**
 * @typedef {object} FloorGraph
 * @property {number} n
 * @property {string[]} names
 * @property {Map<string, number>} index
 * @property {Uint32Array} outStart
 * @property {Uint32Array} out
 * @property {Uint32Array} inStart
 * @property {Uint32Array} inn
 */

/** Builds with names: Map, id columns, rows both ways, and Kahn's check. Throws on a duplicate name, an unknown end or a cycle. */
export function build(names, edges) {
  const n = names.length;
  const index = new Map();
  for (let i = 0; i < n; i++) index.set(names[i], i);
  if (index.size !== n) throw new Error("duplicate name");
  const m = edges.length;
  const from = new Uint32Array(m);
  const to = new Uint32Array(m);
  for (let e = 0; e < m; e++) {
    const edge = edges[e];
    const f = index.get(edge[0]);
    const t = index.get(edge[1]);
    if (f === undefined || t === undefined) throw new Error("unknown end");
    from[e] = f;
    to[e] = t;
  }
  return finish({ n, names, index }, from, to);
}

/** Builds with names and edges by id: the Map is made, but no edge is looked up in it. Throws on a duplicate name or a cycle. */
export function buildWithHandles(names, from, to) {
  const index = new Map();
  for (let i = 0; i < names.length; i++) index.set(names[i], i);
  if (index.size !== names.length) throw new Error("duplicate name");
  return finish({ n: names.length, names, index }, from, to);
}

/** Builds from id columns; names may be absent. */
export function buildFromIds(n, from, to, names = [], index = new Map()) {
  return finish({ n, names, index }, from, to);
}

function finish(part, from, to) {
  const [outStart, out] = rows(part.n, from, to);
  const [inStart, inn] = rows(part.n, to, from);
  const graph = { ...part, outStart, out, inStart, inn };
  if (!isAcyclic(graph)) throw new Error("cycle");
  return graph;
}

function rows(n, key, value) {
  const start = new Uint32Array(n + 1);
  for (let e = 0; e < key.length; e++) start[key[e] + 1]++;
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const fill = start.slice(0, n);
  const row = new Uint32Array(key.length);
  for (let e = 0; e < key.length; e++) row[fill[key[e]]++] = value[e];
  return [start, row];
}

/** In-degrees, fresh: the one scratch array that Kahn's algorithm spends. */
export function inDegrees({ n, inStart }) {
  const left = new Uint32Array(n);
  for (let i = 0; i < n; i++) left[i] = inStart[i + 1] - inStart[i];
  return left;
}

/** Kahn with a first-in first-out queue that is the answer itself; also how many nodes it reached. */
function kahn(graph, order) {
  const { n, outStart, out } = graph;
  const left = inDegrees(graph);
  let tail = 0;
  for (let i = 0; i < n; i++) if (left[i] === 0) order[tail++] = i;
  for (let head = 0; head < tail; head++) {
    const u = order[head];
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) {
      const v = out[e];
      if (--left[v] === 0) order[tail++] = v;
    }
  }
  return tail;
}

/** Ids in topological order. */
export function sort(graph) {
  const order = new Uint32Array(graph.n);
  if (kahn(graph, order) !== graph.n) throw new Error("cycle");
  return order;
}

/** Is there no cycle? */
export function isAcyclic(graph) {
  return kahn(graph, new Uint32Array(graph.n)) === graph.n;
}

/** Ids level by level: one fresh array per level. */
export function levels(graph) {
  const order = new Uint32Array(graph.n);
  const { n, outStart, out } = graph;
  const left = inDegrees(graph);
  const answer = [];
  let tail = 0;
  for (let i = 0; i < n; i++) if (left[i] === 0) order[tail++] = i;
  let head = 0;
  while (head < tail) {
    const end = tail;
    const start = head;
    for (; head < end; head++) {
      const u = order[head];
      for (let e = outStart[u], stop = outStart[u + 1]; e < stop; e++) {
        const v = out[e];
        if (--left[v] === 0) order[tail++] = v;
      }
    }
    answer.push(order.slice(start, end));
  }
  return answer;
}

/** All nodes after `start`, ascending, without it. */
export function descendants(graph, start) {
  const { n, outStart, out } = graph;
  const seen = new Uint8Array(n);
  const stack = new Uint32Array(n);
  let top = 0;
  let count = 0;
  stack[top++] = start;
  seen[start] = 1;
  while (top > 0) {
    const u = stack[--top];
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) {
      const v = out[e];
      if (seen[v] === 0) {
        seen[v] = 1;
        count++;
        stack[top++] = v;
      }
    }
  }
  const answer = new Uint32Array(count);
  seen[start] = 0;
  for (let i = 0, at = 0; i < n; i++) if (seen[i] === 1) answer[at++] = i;
  return answer;
}

/** The costliest path, with earliest and latest starts and slack of every node. */
export function criticalPath(graph, costs) {
  const { n, outStart, out } = graph;
  const order = sort(graph);
  const earliest = new Float64Array(n);
  let cost = 0;
  for (let i = 0; i < n; i++) {
    const u = order[i];
    const finish = earliest[u] + costs[u];
    if (finish > cost) cost = finish;
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) {
      const v = out[e];
      if (finish > earliest[v]) earliest[v] = finish;
    }
  }
  const latest = new Float64Array(n);
  const slack = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const u = order[i];
    let finish = cost;
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) {
      const start = latest[out[e]];
      if (start < finish) finish = start;
    }
    latest[u] = finish - costs[u];
    slack[u] = latest[u] - earliest[u];
  }
  return { path: walkCritical(graph, costs, earliest, slack, order), cost, earliest, latest, slack };
}

function walkCritical({ outStart, out, inStart }, costs, earliest, slack, order) {
  let u = order.find((i) => slack[i] === 0 && inStart[i + 1] === inStart[i]);
  const path = [];
  while (u !== undefined) {
    path.push(u);
    const finish = earliest[u] + costs[u];
    let next;
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) {
      const v = out[e];
      if (slack[v] === 0 && earliest[v] === finish) {
        next = v;
        break;
      }
    }
    u = next;
  }
  return Uint32Array.from(path);
}

/** Ids to names, for the rows that hand names out. */
export function toNames(graph, ids) {
  const names = new Array(ids.length);
  for (let i = 0; i < ids.length; i++) names[i] = graph.names[ids[i]];
  return names;
}

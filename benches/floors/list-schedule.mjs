/** A list schedule: whenever a worker is free it takes the ready task with the longest way to the end, and nothing costs anything. */

/** How long so many workers take, in the unit of `times`. O(n log n + n * ready). */
export function listSchedule(nodes, edges, times, workers) {
  const downstreams = new Map(nodes.map((name) => [name, []]));
  const left = new Map(nodes.map((name) => [name, 0]));
  for (const [from, to] of edges) {
    downstreams.get(from).push(to);
    left.set(to, left.get(to) + 1);
  }
  const levels = bottomLevels(nodes, downstreams, times);
  const ready = nodes.filter((name) => left.get(name) === 0);
  const running = [];
  let now = 0;
  for (;;) {
    while (running.length < workers && ready.length > 0) {
      const best = ready.reduce((a, b) => (levels.get(b) > levels.get(a) ? b : a));
      ready.splice(ready.indexOf(best), 1);
      running.push({ name: best, end: now + times[best] });
    }
    if (running.length === 0) return now;
    const next = running.reduce((a, b) => (b.end < a.end ? b : a));
    running.splice(running.indexOf(next), 1);
    now = next.end;
    for (const below of downstreams.get(next.name)) {
      left.set(below, left.get(below) - 1);
      if (left.get(below) === 0) ready.push(below);
    }
  }
}

/** Each task's time and the longest sum of times behind it. */
function bottomLevels(nodes, downstreams, times) {
  const levels = new Map();
  // Depth first with a stack of our own: a task is done when all behind it are.
  const stack = [...nodes];
  while (stack.length > 0) {
    const name = stack.at(-1);
    const open = levels.has(name) ? [] : downstreams.get(name).filter((below) => !levels.has(below));
    if (open.length > 0) {
      stack.push(...open);
      continue;
    }
    stack.pop();
    if (!levels.has(name)) levels.set(name, times[name] + Math.max(0, ...downstreams.get(name).map((below) => levels.get(below))));
  }
  return levels;
}

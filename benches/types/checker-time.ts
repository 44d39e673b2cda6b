/**
 * How long the TypeScript checker takes over large typed graphs: `npx tsx benches/types/checker-time.ts`.
 *
 * Each source is checked in a fresh program whose library files are already parsed; medians of 3. `instantiations` is the checker's work and
 * the same on every machine.
 */
import { type CheckCost, checkSource } from "../../__test__/support/compiler.js";
import { listsSource, taskChainSource, taskRecordSource } from "../../__test__/support/typed-sources.js";

const forms = [
  { form: "DAG.from", sourceOf: listsSource, sizes: [50, 200, 1000] },
  { form: ".task chain", sourceOf: taskChainSource, sizes: [50, 200, 300] },
  { form: "execute({ ... })", sourceOf: taskRecordSource, sizes: [50, 200, 1000] },
] as const;

/** The middle one of three checks. */
function medianCost(source: string): CheckCost {
  const costs = Array.from({ length: 3 }, () => {
    const { errors, cost } = checkSource(source);
    if (errors.length > 0) throw new Error(errors[0]);
    return cost;
  });
  const [, middle] = costs.sort((a, b) => a.durationMs - b.durationMs);
  if (middle === undefined) throw new Error("there are three");
  return middle;
}

const empty = medianCost(listsSource(2));
const rows = forms.flatMap(({ form, sourceOf, sizes }) =>
  sizes.map((nodes) => {
    const { durationMs, instantiations } = medianCost(sourceOf(nodes));
    return {
      form,
      nodes,
      "check ms": Math.round(durationMs),
      "ms without the library's own": Math.round(durationMs - empty.durationMs),
      instantiations,
    };
  }),
);
console.table(rows);

/**
 * A graph is checked when it is built: everything that is wrong with it is reported at once, and one fault throws itself.
 *
 *     wash ──> dry ──> fold          iron ──> (iorn)          paint ──> sand
 *      ^                │                                       ^         │
 *      └────────────────┘                                       └─────────┘
 */
import assert from "node:assert/strict";
import { CycleError, DAG, GraphError } from "dagny";

/** Edges that come from a file, say: the compiler cannot know them. */
const edges: [from: string, to: string][] = [
  ["wash", "dry"],
  ["dry", "fold"],
  ["fold", "wash"],
  ["iorn", "fold"],
  ["paint", "sand"],
  ["sand", "paint"],
];

assert.throws(
  () => DAG.builder().addNodes(["wash", "dry", "fold", "iron", "paint", "sand"]).addEdges(edges).build(),
  (error) => {
    assert.ok(error instanceof GraphError);
    for (const fault of error.errors) console.log(`${fault.code}: ${fault.message}`);
    assert.deepEqual(
      error.errors.map((fault) => fault.code),
      ["NODE_NOT_FOUND", "CYCLE", "CYCLE"],
    );
    assert.match(error.errors[0]?.message ?? "", /iron/); // Did you mean …?
    return true;
  },
);

// A single fault comes alone, with its own class.
assert.throws(
  () =>
    DAG.builder()
      .addNodes(["a", "b"])
      .addEdges([
        ["a", "b"],
        ["b", "a"],
      ])
      .build(),
  CycleError,
);

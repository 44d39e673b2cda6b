/** The programs of ../shared/data/programs.json that use only rules built so far: through the reference model and through the executor. */
import { describe, expect, test } from "vitest";
import { ExecutorStage } from "./support/executor-stage.js";
import { ModelStage } from "./support/model-stage.js";
import { compared, type Program, play, readPrograms, uncoveredBy } from "./support/programs.js";

const programs = readPrograms();
if (programs === null) console.info("programs: ../shared/data/programs.json is absent, nothing to play");

const playable: Program[] = [];
const waiting = new Map<string, number>();
for (const program of programs ?? []) {
  const missing = new Set(uncoveredBy(program));
  if (missing.size === 0) playable.push(program);
  for (const rule of missing) waiting.set(rule, (waiting.get(rule) ?? 0) + 1);
}

describe.skipIf(programs === null)("programs.json", () => {
  test("has programs for the rules built so far", () => {
    const later = [...waiting].map(([rule, count]) => `${rule} ${count}`).join(", ");
    console.info(`programs: ${playable.length} of ${programs?.length} are played, the others wait for later rules (${later})`);
    expect(playable).not.toHaveLength(0);
  });

  test.each(playable.map((program) => [program.id, program.title, program] as const))(
    "%s on the model: %s",
    async (_id, _title, program) => {
      const { actual, expected } = compared(program, await play(program, new ModelStage(program)));
      expect(actual).toEqual(expected);
    },
  );

  test.each(playable.map((program) => [program.id, program.title, program] as const))(
    "%s on the executor: %s",
    async (_id, _title, program) => {
      const { actual, expected } = compared(program, await play(program, new ExecutorStage(program)));
      expect(actual).toEqual(expected);
    },
  );
});

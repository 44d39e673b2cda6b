/** The programs of ../shared/data/programs.json: through the reference model and through the executor. */
import { describe, expect, test } from "vitest";
import { ExecutorStage } from "./support/executor-stage.js";
import { ModelStage } from "./support/model-stage.js";
import { compared, play, readPrograms } from "./support/programs.js";

const programs = readPrograms();
if (programs === null) console.info("programs: ../shared/data/programs.json is absent, nothing to play");
const rows = (programs ?? []).map((program) => [program.id, program.title, program] as const);

describe.skipIf(programs === null)("programs.json", () => {
  test.each(rows)("%s on the model: %s", async (_id, _title, program) => {
    const { actual, expected } = compared(program, await play(program, new ModelStage(program)));
    expect(actual).toEqual(expected);
  });

  test.each(rows)("%s on the executor: %s", async (_id, _title, program) => {
    const { actual, expected } = compared(program, await play(program, new ExecutorStage(program)));
    expect(actual).toEqual(expected);
  });
});

/** Tasks over large buffers. */
import { defineTasks } from "dagny";

export const samples = defineTasks(import.meta.url, {
  /** 64 MiB of them. */
  record: () => new Float64Array(8 * 2 ** 20).map((_, at) => at % 10),

  /** Doubles them, in place: what has moved here is nobody else's. */
  amplify({ record }: { readonly record: Float64Array }): Float64Array {
    for (let at = 0; at < record.length; at++) record[at] = 2 * (record[at] ?? 0);
    return record;
  },
});

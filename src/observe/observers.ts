/** Several observers on the one subscription of a run. */
import type { EventListener } from "../run/events.js";

/**
 * One listener in the place of several: each hears every event, in the order given. One that throws keeps no other from hearing; the
 * run reports the first failure, as it does of any listener.
 *
 * @example executor.execute(tasks, { onEvent: observers(structuredLog(), progress({ dag })) })
 */
export function observers(...listeners: readonly EventListener[]): EventListener {
  return (event): unknown => {
    const failures: unknown[] = [];
    const promises: Promise<unknown>[] = [];
    for (const listener of listeners) {
      try {
        const returned: unknown = listener(event);
        if (returned instanceof Promise) promises.push(returned);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) {
      for (const promise of promises) promise.catch(() => {}); // One report is enough.
      throw failures[0];
    }
    return promises.length === 0 ? undefined : Promise.all(promises);
  };
}

/** From a graph, the tasks and the options of a run to what the core runs. */
import type { GraphCore } from "../dag/graph-core.js";
import { lowerFlow } from "../flow/lower.js";
import type { LoweredFlow, RunDefaults } from "../flow/lowered.js";
import type { Selection } from "./options.js";
import { isSelective, select } from "./selection.js";
import { type AnyTasks, tasksOf } from "./tasks.js";

/**
 * The flow of a run. O(1) where nothing is given or selected and the graph has run before, O(n) with tasks, O(n + m) with a selection. Throws
 * everything that is wrong with the tasks, the selection, and what nodes need.
 */
export function flowOf(core: GraphCore, given: AnyTasks | undefined, selection: Selection, defaults: RunDefaults): LoweredFlow {
  const { tasks, isAsPlanned, areFunctions } = tasksOf(core, given);
  if (!isSelective(selection)) return lowerFlow({ core, tasks, isAsPlanned, areFunctions }, defaults);
  const selected = select(core, selection);
  const ofSelected = Array.from(selected.ids, (id) => tasks[id]);
  return lowerFlow({ core: selected.core, tasks: ofSelected, isAsPlanned: false, given: selected.given }, defaults);
}

/** `task`: the kinds of tasks that are called like functions, and are more. */
import { moduleTask } from "./module-task.js";

/** Makes tasks that are called like functions, and are more than a function of this thread. */
export const task = {
  module: moduleTask,
} as const;

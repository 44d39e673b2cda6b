/** `task`: the kinds of tasks that are called like functions, and are more. */
import { command } from "../command/define.js";
import { moduleTask } from "./module-task.js";

/** Makes tasks that are called like functions, and are more than a function of this thread. */
export const task = {
  command,
  module: moduleTask,
} as const;

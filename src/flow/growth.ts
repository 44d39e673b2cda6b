/** What a run can be made to grow by: nodes with their tasks and needs, and edges. */
import type { EdgeOptions, NodeOptions } from "../dag/options.js";
import type { TaskDefinition } from "./definition.js";
import type { TaskFunction } from "./task.js";

/** A node to be added to a run. Names are those of the scope that grows, and of the nodes added with it. */
export interface GrowthEntry extends NodeOptions {
  readonly name: string;
  /** The names of its upstreams. */
  readonly needs?: readonly string[] | undefined;
  readonly task: TaskFunction | TaskDefinition<never, unknown>;
}

/** An edge to be added to a run, upstream first. */
export type GrowthEdge = readonly [from: string, to: string, options?: EdgeOptions];

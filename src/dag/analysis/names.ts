/** Between names and ids: arguments in, answers out. */
import { nearest } from "../../errors/did-you-mean.js";
import { NodeNotFoundError } from "../../errors/graph.js";
import { checkList } from "../entries.js";
import type { GraphCore } from "../graph-core.js";

/** The id of a node. Throws `NodeNotFoundError` with the nearest name. */
export function idOf(core: GraphCore, name: string): number {
  const id = core.index.get(name);
  if (id === undefined) throw new NodeNotFoundError(String(name), nearest(String(name), core.names));
  return id;
}

/** The ids of several nodes, in the order given. */
export function idsOf(core: GraphCore, names: Iterable<string>): Uint32Array {
  checkList("names", "a list of node names", names);
  return Uint32Array.from(names, (name) => idOf(core, name));
}

/** An id that was handed in, once it is known to be one. Throws `NodeNotFoundError`. */
export function checkedId(core: GraphCore, id: number): number {
  if (!Number.isInteger(id) || id < 0 || id >= core.names.length) throw new NodeNotFoundError({ id });
  return id;
}

/** The name of a node that exists. */
export function nameAt(core: GraphCore, id: number): string {
  return core.names[id] ?? "";
}

/** The names of these nodes, in their order. */
export function namesOf(core: GraphCore, ids: Uint32Array): string[] {
  const { names } = core;
  const { length } = ids;
  const answer = new Array<string>(length);
  for (let at = 0; at < length; at++) answer[at] = names[ids[at] as number] as string;
  return answer;
}

/** A value for each node by name: an object without a prototype, so that every name is a plain key. */
export function byName<N extends string, T>(core: GraphCore, value: (id: number) => T): Record<N, T> {
  const record: Record<string, T> = Object.create(null);
  for (const [id, name] of core.names.entries()) record[name] = value(id);
  return record;
}

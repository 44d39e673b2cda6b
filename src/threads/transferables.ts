/** The buffers in a value, for moving them to another thread instead of copying them. */
import { types } from "node:util";
import { isDetached } from "./buffer-table.js";
import { kindOf, kinds } from "./kinds.js";

/**
 * Every `ArrayBuffer` in a value, once: by itself or under a view, at any depth. Shared ones are not among them, nor those that were moved
 * away before, which whoever posts the value is told of. Getters are called.
 */
export function transferablesOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const seen = new Set<object>();
  const rest = [value];
  for (let at = rest.pop(); rest.length > 0 || at !== undefined; at = rest.pop()) {
    if (typeof at !== "object" || at === null || seen.has(at)) continue;
    seen.add(at);
    const buffer: unknown = ArrayBuffer.isView(at) ? at.buffer : at;
    if (types.isArrayBuffer(buffer)) {
      if (!isDetached(buffer) && !isPool(at, buffer)) found.add(buffer);
    } else if (!types.isSharedArrayBuffer(buffer)) {
      for (const inner of insideOf(at)) rest.push(inner);
    }
  }
  return [...found];
}

/** Whether a view is one of Node.js's own small buffers, which lie in one large buffer: that one stays. */
function isPool(view: object, buffer: ArrayBuffer): boolean {
  return Buffer.isBuffer(view) && view.byteLength < buffer.byteLength && buffer.byteLength === Buffer.poolSize;
}

function insideOf(value: object): unknown[] {
  switch (kindOf(value)) {
    case kinds.map:
      return [...Map.prototype.entries.call(value)].flat();
    case kinds.set:
      return [...Set.prototype.values.call(value)];
    case kinds.plain:
    case kinds.array:
      return Object.values(value);
    default:
      return [];
  }
}

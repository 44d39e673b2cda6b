/**
 * Finds what in a value cannot go to another thread, and where: after an encoder or a message port has refused it, never before.
 *
 * The walk goes in the encoder's order, so that the first fault is the one that stopped it. It calls getters again.
 */
import { types } from "node:util";
import { isDetached } from "./buffer-table.js";
import { tooDeep } from "./encode.js";
import { kindOf, kinds } from "./kinds.js";
import { viewedInputs } from "./viewed-inputs.js";

/** A place in a value. */
export interface Uncloneable {
  /** As one would write it to get there: `result.rows[3].close`. */
  readonly path: string;
  /** What stands there: `a function`. */
  readonly what: string;
  /** What can be done about it. */
  readonly cure: string;
}

/** One step into a value: how it is written behind the path so far, and what is there. */
interface Child {
  readonly step: (path: string) => string;
  readonly value: unknown;
}

/** What stands at a place that cannot be read. */
class Unreadable {
  constructor(readonly reason: unknown) {}
}

interface Frame {
  readonly path: Place;
  readonly children: Iterator<Child>;
}

/** A path, as a list from its end. */
interface Place {
  readonly parent: Place | undefined;
  readonly step: (path: string) => string;
}

/** The first place in `value` that cannot go to another thread. `root` begins the path, `thrown` is what the refusal said. */
export function findUncloneable(value: unknown, thrown: unknown, root: string): Uncloneable {
  // To walk there would only say how deep it is.
  if (isTooDeep(thrown)) return { path: root, what: "nested too deep", cure: "return a flat list that refers by number" };
  const top: Place = { parent: undefined, step: () => root };
  const seen = new Set<object>();
  const frames: Frame[] = [];
  const visit = (child: unknown, path: Place): Uncloneable | undefined => {
    const fault = faultOf(child);
    if (fault !== undefined) return { path: written(path), ...fault };
    if (typeof child === "object" && child !== null && !seen.has(child)) {
      seen.add(child);
      frames.push({ path, children: childrenOf(child) });
    }
    return undefined;
  };
  let found = visit(value, top);
  for (let frame = frames.at(-1); frame !== undefined && found === undefined; frame = frames.at(-1)) {
    const next = frame.children.next();
    if (next.done === true) frames.pop();
    else found = visit(next.value.value, { parent: frame.path, step: next.value.step });
  }
  return found ?? { path: root, ...unexplained(thrown) };
}

function written(place: Place): string {
  const steps: Place["step"][] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) steps.push(at.step);
  return steps.reduceRight((path, step) => step(path), "");
}

type Fault = Omit<Uncloneable, "path">;

/** What is wrong with a value by itself, whatever is inside it. */
function faultOf(value: unknown): Fault | undefined {
  if (typeof value === "function") {
    return { what: "a function", cure: "return what it is made from, and make it where it is needed" };
  }
  if (typeof value === "symbol") return { what: "a symbol", cure: "use a string" };
  if (typeof value !== "object" || value === null) return undefined;
  switch (kindOf(value)) {
    case kinds.proxy:
      if (viewedInputs(value) !== undefined) return undefined;
      return { what: "a Proxy", cure: "return a plain copy of it: { ...value }" };
    case kinds.refused:
      return faultOfClass(Object.prototype.toString.call(value).slice(8, -1));
    case kinds.buffer:
    case kinds.view:
      return isMoved(value) ? { what: "a detached ArrayBuffer", cure: "it has been moved away: copy it before" } : undefined;
    case kinds.carried:
      return isPortable(value) ? undefined : faultOfClass(className(value));
    default:
      if (!(value instanceof Unreadable)) return undefined;
      return { what: `a getter that throws (${shortly(value.reason)})`, cure: "return the data without the getter" };
  }
}

function faultOfClass(name: string): Fault {
  const cure = name === "Promise" ? "await it before" : "return plain data in its place";
  return { what: `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`, cure };
}

function className(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "object";
}

function isMoved(value: object): boolean {
  const buffer: unknown = ArrayBuffer.isView(value) ? value.buffer : value;
  return types.isArrayBuffer(buffer) && isDetached(buffer);
}

/** Whether a message port takes it without being told to move it. */
function isPortable(value: object): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function isTooDeep(thrown: unknown): boolean {
  return thrown === tooDeep || (thrown instanceof RangeError && /call stack/.test(thrown.message));
}

function unexplained(thrown: unknown): Fault {
  return { what: `not to be cloned (${shortly(thrown)})`, cure: "return plain data" };
}

function shortly(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown).slice(0, 200);
  } catch {
    return "something that cannot be shown";
  }
}

/** What is inside an object, in the encoder's order. What an error has never stops it. */
function* childrenOf(value: object): Generator<Child> {
  switch (kindOf(value)) {
    case kinds.map: {
      const entries: [unknown, unknown][] = [...Map.prototype.entries.call(value)];
      for (const [index, [key, entry]] of entries.entries()) {
        yield { step: (path) => `[...${path}.keys()][${index}]`, value: key };
        yield {
          step: (path) =>
            isShort(key) ? `${path}.get(${typeof key === "number" ? key : JSON.stringify(key)})` : `[...${path}.values()][${index}]`,
          value: entry,
        };
      }
      return;
    }
    case kinds.set: {
      const entries: unknown[] = [...Set.prototype.values.call(value)];
      for (const [index, entry] of entries.entries()) yield { step: (path) => `[...${path}][${index}]`, value: entry };
      return;
    }
    case kinds.plain:
    case kinds.array:
    case kinds.proxy:
      for (const key of Object.keys(value)) yield { step: (path) => path + stepTo(key), value: read(value, key) };
      return;
    default:
  }
}

function isShort(key: unknown): boolean {
  return (typeof key === "string" && key.length <= 40) || typeof key === "number";
}

function stepTo(key: string): string {
  if (/^[A-Za-z_$][\w$]{0,80}$/.test(key)) return `.${key}`;
  if (/^(0|[1-9]\d{0,9})$/.test(key)) return `[${key}]`;
  return `[${JSON.stringify(key.length > 80 ? `${key.slice(0, 79)}…` : key)}]`;
}

function read(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch (reason) {
    return new Unreadable(reason);
  }
}

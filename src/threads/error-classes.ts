/**
 * Which class an error is of, on the side it leaves and on the side it arrives.
 *
 * JavaScript's own classes and Dagny's exist on both sides. A class of the user's does not have to: in its place stands a class of the same
 * name that extends the built-in, or Dagny's, class which the user's descends from.
 */
import { types } from "node:util";
import * as dagnyErrors from "../errors/index.js";
import { nameOf, ownValue } from "./kinds.js";

type ErrorClass = new (...parameters: never[]) => Error;

/** The class of errors that every error descends from at last. */
const rootName = "Error";

const platformClasses: readonly ErrorClass[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
  DOMException,
];

const dagnyClasses: readonly ErrorClass[] = Object.values<unknown>(dagnyErrors).filter(isErrorClass);

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === "function" && value.prototype instanceof Error;
}

const classes = new Map<string, ErrorClass>([...platformClasses, ...dagnyClasses].map((errorClass) => [errorClass.name, errorClass]));
const namesByPrototype = new Map<object, string>([...classes].map(([name, { prototype }]) => [prototype, name]));
const dagnyNames = new Set(dagnyClasses.map(({ name }) => name));

/** Where the copy of Dagny that was loaded last in this thread has its classes: `dist/worker.js` is one, what the user's code imports another. */
const place: unique symbol = Symbol.for("dagny.errors");

interface Shelf {
  [place]?: ReadonlyMap<string, ErrorClass>;
}

const shelf: Shelf = globalThis as Shelf;
shelf[place] = classes;

let isBorrowing = false;

/** From now on errors that arrive here are of the classes of the copy that was loaded last: those the user's code knows. */
export function borrowErrorClasses(): void {
  isBorrowing = true;
}

/** A class of this copy, as the user's code knows it: for errors that are thrown into it. */
export function asUsersKnow<C extends ErrorClass>(own: C): C {
  return (classNamed(own.name) ?? own) as C; // The copies are of one version.
}

function classNamed(name: string): ErrorClass | undefined {
  return (isBorrowing ? shelf[place]?.get(name) : undefined) ?? classes.get(name);
}

/** What an error is: the class both sides know, and the name of its own class, which is empty where that is the same. */
export interface ErrorKind {
  readonly className: string;
  readonly baseName: string;
}

/** Longer names are cut: they are text of the user's. */
const longestName = 200;

/** The class of an error. Runs no code of the user's. */
export function kindOfError(error: object): ErrorKind {
  const first: object | null = Object.getPrototypeOf(error);
  const baseName = baseNameOf(first);
  if (first === null || namesByPrototype.has(first)) return { className: "", baseName };
  const name = nameOf(ownValue(first, "constructor")).slice(0, longestName);
  return { className: name === baseName ? "" : name, baseName };
}

function baseNameOf(prototype: object | null): string {
  let copied: string | undefined;
  for (let at = prototype; at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    const known = namesByPrototype.get(at);
    // Another copy of Dagny, or another realm, has the same classes under other prototypes.
    if (known !== undefined) return known === rootName && copied !== undefined ? copied : known;
    const name = nameOf(ownValue(at, "constructor"));
    if (name === "DagnyError" && copied !== undefined) return copied;
    if (dagnyNames.has(name)) copied ??= name;
    else if (classes.has(name) && name !== rootName) return name;
  }
  return rootName;
}

/** The prototype of a class that both sides know: what an error has without saying so. */
export function prototypeOf(baseName: string): object {
  return (classes.get(baseName) ?? Error).prototype;
}

/** Classes made here, by base and name. As many as a program has classes of errors; past the limit all are made anew. */
const made = new Map<string, ErrorClass>();
const mostMade = 1_000;

function classOf({ className, baseName }: ErrorKind): ErrorClass {
  const base = classNamed(baseName) ?? Error;
  if (className === "") return base;
  const key = `${baseName}:${className}`;
  const known = made.get(key);
  if (known !== undefined && Object.getPrototypeOf(known) === base) return known;
  const standIn = class extends base {};
  Object.defineProperty(standIn, "name", { value: className, configurable: true });
  if (made.size >= mostMade) made.clear();
  made.set(key, standIn);
  return standIn;
}

/** An error of a class, without running a constructor of Dagny's or the user's. `text` is what a DOMException cannot be told later. */
export function makeError(kind: ErrorKind, text: readonly string[]): Error {
  // Its own stack is put in place of this one, which would cost more than all the rest.
  const { stackTraceLimit } = Error;
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return construct(kind, text);
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

function construct(kind: ErrorKind, text: readonly string[]): Error {
  const made = classOf(kind);
  if (kind.baseName === "DOMException") return Reflect.construct(DOMException, text, made);
  if (kind.baseName === "AggregateError") return Reflect.construct(AggregateError, [[]], made);
  const builtIn = dagnyNames.has(kind.baseName) ? Error : (classes.get(kind.baseName) ?? Error);
  return Reflect.construct(builtIn, [], made);
}

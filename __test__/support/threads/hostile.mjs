/** Tasks that misbehave in one way each. */
// biome-ignore-all lint/suspicious/noThenProperty: thenables are what some of these are.
import { parentPort, threadId, workerData } from "node:worker_threads";

/** A well-behaved one, to see that the thread still works. */
export const fine = () => "fine";
export const fineLater = async () => {
  await new Promise(setImmediate);
  return "fine";
};
export const where = () => threadId;
export const given = (inputs) => Object.values(inputs)[0];

// What no other thread can have.
export const aFunction = () => () => 1;
export const aFunctionInside = () => ({ rows: [{}, {}, { close: () => 1 }] });
export const aSymbol = () => ({ tag: Symbol("mine") });
export const aPromiseInside = () => ({ later: Promise.resolve(1) });
export const aWeakMap = () => ({ deep: { map: new WeakMap() } });
export const aThrowingGetter = () => ({
  get boom() {
    throw new Error("do not look");
  },
});
export const aRevokedProxy = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return { proxy };
};
export const aHostileProxy = () => ({
  proxy: new Proxy(
    {},
    {
      get() {
        throw new Error("no get here");
      },
      ownKeys() {
        throw new Error("no keys here");
      },
      getPrototypeOf() {
        throw new Error("no prototype here");
      },
    },
  ),
});
export const aDeepList = () => {
  let list = null;
  for (let i = 0; i < 200_000; i++) list = { next: list };
  return list;
};

// What looks odd and has to arrive.
export const aCycle = () => {
  const node = { name: "self" };
  node.self = node;
  return node;
};
export const aGetter = () => ({
  get now() {
    return 17;
  },
});
export const aLargeString = () => "x".repeat(48 * 2 ** 20);
export const aLargeBuffer = () => new Uint8Array(48 * 2 ** 20).fill(3);
export const aNullPrototype = () => Object.assign(Object.create(null), { __proto__: 1, a: 2 });
export const aSparseArray = () => {
  const list = [1, 2, 3];
  delete list[1];
  return list;
};
export const aClassInstance = () =>
  new (class Point {
    x = 1;
    #y = 2;
    get y() {
      return this.#y;
    }
  })();
export const aThenable = () => ({ then: (resolve) => resolve("from a thenable") });
export const aThrowingThen = () => ({
  get then() {
    throw new Error("no then here");
  },
});
export const aThenableTwice = () => ({
  then(resolve, reject) {
    resolve("first");
    reject(new Error("second"));
    throw new Error("third");
  },
});

// What is thrown.
export const throwsNothing = () => {
  throw undefined;
};
export const throwsNull = async () => {
  throw null;
};
export const throwsAFunction = () => {
  throw () => 1;
};
export const throwsAHostileError = () => {
  throw Object.defineProperties(new Error("hostile"), {
    message: {
      get: () => {
        throw new Error("no message here");
      },
    },
    stack: {
      get: () => {
        throw new Error("no stack here");
      },
    },
    cause: {
      get: () => {
        throw new Error("no cause here");
      },
    },
  });
};
export const throwsWithACause = () => {
  throw Object.assign(new TypeError("outer", { cause: new RangeError("inner") }), { code: "E_OUTER", status: 503, helper: () => 1 });
};
export const throwsADeepCause = () => {
  let error = new Error("0");
  for (let i = 1; i < 20_000; i++) error = new Error(String(i), { cause: error });
  throw error;
};

// What it does to its thread.
export const exitsWith = (code) => process.exit(code);
export const exits = () => process.exit(9);
export const exitsCleanly = () => process.exit(0);
export const exitsLater = () => new Promise(() => setImmediate(() => process.exit(9)));
export const setsExitCode = () => {
  process.exitCode = 77;
  return "fine";
};
export const throwsLater = () =>
  new Promise(() =>
    setImmediate(() => {
      throw new Error("nobody catches this");
    }),
  );
export const rejectsBeside = async () => {
  void Promise.reject(new Error("nobody handles this"));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  return "fine";
};
export const recurses = () => {
  const deeper = (n) => deeper(n + 1) + 1;
  return deeper(0);
};
export const eats = () => {
  const all = [];
  for (;;) all.push(new Array(100_000).fill(Math.random()));
};
export const spins = () => {
  for (;;);
};
export const spinsLater = async () => {
  await new Promise(setImmediate);
  for (;;);
};
export const microtasksForever = () => {
  const again = () => void Promise.resolve().then(again);
  again();
  return new Promise(() => {});
};
export const regexForever = () => /^(a+)+$/.test(`${"a".repeat(40)}!`);
export const waitsForever = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
export const never = () => new Promise(() => {});
export const catchesEverything = () => {
  for (;;) {
    try {
      for (;;);
    } catch {}
  }
};

// What it does to the engine around it.
export const closesParentPort = () => {
  parentPort?.close();
  return "fine";
};
export const postsNonsense = () => {
  for (const nonsense of [
    null,
    17,
    "text",
    { type: "ready" },
    { type: "log" },
    { type: "return", id: 0 },
    { type: "fault", message: "made up" },
  ])
    parentPort?.postMessage(nonsense);
  return "fine";
};
export const listensToParentPort = () => {
  parentPort?.on("message", () => {
    throw new Error("not for me");
  });
  parentPort?.removeAllListeners("message");
  return "fine";
};
export const ruinsWorkerData = () => {
  for (const key of Object.keys(workerData ?? {})) {
    try {
      workerData[key] = null;
      delete workerData[key];
    } catch {}
  }
  return "fine";
};
export const ruinsGlobals = () => {
  for (const name of ["setTimeout", "setImmediate", "clearTimeout", "queueMicrotask", "structuredClone", "performance"])
    globalThis[name] = undefined;
  return "fine";
};
export const ruinsPrototypes = () => {
  Array.prototype.push = () => {
    throw new Error("no push");
  };
  Array.prototype[Symbol.iterator] = () => {
    throw new Error("no iterator");
  };
  Map.prototype.get = () => {
    throw new Error("no get");
  };
  Promise.prototype.then = () => {
    throw new Error("no then");
  };
  Object.prototype.surprise = "here";
  return "fine";
};
export const ruinsAtomics = () => {
  Atomics.add = () => -1;
  Atomics.wait = () => "ok";
  Atomics.load = () => 0;
  return "fine";
};
export const changesDirectoryOrThrows = () => {
  try {
    process.chdir("/");
  } catch (error) {
    return error.code;
  }
  return "changed";
};

// What it does to its context.
export const keepsContext = (() => {
  let kept;
  return (_inputs, context) => {
    const old = kept;
    kept = context;
    if (old === undefined) return "kept";
    const words = [];
    for (const use of [() => old.state.get("a"), () => old.state.set("a", 1), () => old.addNodes([]), () => old.log("late")]) {
      try {
        use();
        words.push("went");
      } catch (error) {
        words.push(error.code ?? error.name);
      }
    }
    return words.join();
  };
})();
export const asksForever = (_inputs, context) => {
  for (;;) context.state.set("a", (context.state.get("a")?.value ?? 0) + 1);
};
export const asksManyTimes = (_inputs, context) => {
  for (let i = 0; i < 2_000; i++) context.state.set("n", (context.state.get("n")?.value ?? 0) + 1);
  return context.state.get("n").value;
};
export const setsUncloneableState = (_inputs, context) => {
  context.state.set("f", () => 1);
  return "set";
};
export const logsUncloneable = (_inputs, context) => {
  context.log("a function", () => 1);
  return "fine";
};
export const sleepsBadly = async (_inputs, context) => {
  await context.sleep(-1);
};
export const sleepsForever = async (_inputs, context) => {
  await context.sleep(2 ** 30);
};
export const waitsForNobody = async (_inputs, context) => {
  await context.waitFor("nobody");
};
export const ignoresSignal = async (_inputs, { signal }) => {
  signal.addEventListener("abort", () => {
    throw new Error("thrown by a listener");
  });
  await new Promise((resolve) => signal.addEventListener("abort", () => setTimeout(resolve, 5)));
  return "late";
};
export const saysWhy = (_inputs, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

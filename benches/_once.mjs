/** One measurement, one process: runs a script in a fresh Node.js and reads the JSON line that it prints. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HEAP_MB } from "./_turns.mjs";

/** What the script printed, with the whole process's wall time; or an error that says why there is nothing. */
export function once(script, args, { limitMs, flags = [] }) {
  return new Promise((resolve) => {
    const start = performance.now();
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, ...flags, path, ...args.map(String)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let errors = "";
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, limitMs);
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors = (errors + chunk).slice(-4_000);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (isLate) return resolve({ error: `out of time (over ${limitMs / 1_000} s)` });
      if (code === 0) return resolve({ ...JSON.parse(out), processMs: performance.now() - start });
      resolve({ error: /heap|memory/i.test(errors) ? "out of memory" : reason(errors, code) });
    });
  });
}

function reason(errors, code) {
  if (/call stack/.test(errors)) return "stack overflow";
  const line = errors.split("\n").find((text) => /Error/.test(text));
  return line === undefined ? `process ended (${code})` : explain(line);
}

/** Turns what a missing build looks like into what to do about it. */
export function explain(message) {
  if (/Cannot find (package|module) .*dagny/.test(message)) return "dagny is not built (npm run build)";
  return message.trim().slice(0, 100);
}

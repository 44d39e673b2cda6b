/**
 * Threads of a process that runs TypeScript through tsx. Threads have the `--import tsx` of their process, but where Node.js is older than tsx
 * asks for, tsx then serves the main thread only. So a thread registers it by itself, through tsx's API, before it loads the first module.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Registers tsx for this thread, where its arguments name it and it can be found. What goes wrong shows when a module is loaded. */
export async function registerTsx(
  execArgv: readonly string[] = process.execArgv,
  nodeOptions = process.env.NODE_OPTIONS ?? "",
): Promise<void> {
  const named = preloads([...execArgv, ...nodeOptions.split(/\s+/)]).find((name) => /(^|[\\/])tsx([\\/]|$)/.test(name));
  if (named === undefined) return;
  try {
    // A name is looked up from where the process was started, as `--import` does; a file of tsx finds its own package.
    const require = createRequire(/^file:|^\/|^[a-z]:[\\/]/i.test(named) ? named : pathToFileURL(join(process.cwd(), "noop.js")));
    require("tsx/cjs/api").register();
    // Its hook for ES modules does not start from CommonJS.
    const esm = await import(pathToFileURL(require.resolve("tsx/esm/api")).href.replace(/\.cjs$/, ".mjs"));
    esm.register();
  } catch {
    // Then it is not the tsx that we know, and what it does, it has done by itself.
  }
}

/** The values of the options that load something before the program. */
function preloads(args: readonly string[]): string[] {
  return args.flatMap((arg, place) => {
    const option = /^(?:--import|--require|-r)(?:=(.+))?$/.exec(arg);
    return option === null ? [] : [option[1] ?? args[place + 1] ?? ""];
  });
}

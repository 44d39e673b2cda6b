/** Where the code of a pool's threads is: `worker.js`, a bundle of its own beside the package's. */

import { fileURLToPath } from "node:url";
import { fileSystem } from "../builtins.js";
import { ThreadStartError } from "../errors/threads.js";

let found: string | undefined;

/** Its path. Looked for once; throws where it is not there, because the package itself was bundled. */
export function workerFile(): string {
  // In a checkout this file is run from `src/threads`; in the package it is part of `dist/index.js`.
  const here = import.meta.url;
  found ??= ["./worker.js", "../../dist/worker.js"]
    .map((path) => fileURLToPath(new URL(path, here)))
    .find((path) => fileSystem().existsSync(path));
  if (found !== undefined) return found;
  throw new ThreadStartError(
    `the code of threads, ${fileURLToPath(new URL("./worker.js", here))}, is not there: where \`dagny\` is bundled, leave it outside of the ` +
      "bundle (`external`), as its native addon needs, too",
  );
}

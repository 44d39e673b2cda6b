/** What to do about a command that cannot be run: looked for only once one could not. */

import { delimiter, join, resolve } from "node:path";
import { files } from "../builtins.js";
import { quote } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";

/** What is wrong with a name that nothing on the `PATH` has, and the nearest cure. Bounded: it reads directories, no more. */
export async function notFound(command: string, path: string | undefined, cwd: string): Promise<string> {
  const fault = `there is no command ${quote(command)}`;
  if (/\s/.test(command)) {
    return `${fault}; give its arguments apart, task.command(${JSON.stringify(command.split(/\s+/)[0])}, [...]), or say \`shell: true\` for a line of a shell`;
  }
  const local = join(cwd, "node_modules", ".bin", command);
  if (await exists(local)) return `${fault} on the PATH; it is in node_modules/.bin: name it ${quote(local)}, or add that to \`env.PATH\``;
  if (await exists(resolve(cwd, command))) return `${fault} on the PATH; for the file in its directory say ${quote(`./${command}`)}`;
  const suggestion = nearest(command, await commandsOn(path));
  if (suggestion !== undefined) return `${fault} on the PATH; did you mean ${quote(suggestion)}?`;
  return `${fault} on the PATH; install it, or name it by its path`;
}

/** The names in the directories of a `PATH`, in its order. */
async function commandsOn(path: string | undefined): Promise<string[]> {
  const directories = (path ?? "").split(delimiter).filter((directory) => directory !== "");
  const found = await Promise.all(
    directories.map((directory) =>
      files()
        .readdir(directory)
        .catch(() => []),
    ),
  );
  return found.flat();
}

async function exists(path: string): Promise<boolean> {
  return files()
    .access(path)
    .then(
      () => true,
      () => false,
    );
}

/** Addresses of nodes inside containers, as text. */

/** The address of a node: its own name at the top level, else all names on the way, in which `~` and `/` are written `~0` and `~1`. */
export function addressText(path: readonly string[], name: string): string {
  return path.length === 0 ? name : [...path, name].map((segment) => segment.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
}

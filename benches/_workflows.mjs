/** The recorded workflows beside a checkout: graphs with the run time of every task. */
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const folder = new URL("../../shared/data/", import.meta.url);

/** Runs that a bench can repeat: 100 to 200 tasks, some of them wide, some long. */
const NAMES = ["wf-montage-2mass-01d", "nf-rnaseq", "wf-1000genome-8ch-100k"];

/** The first `count` of them; none where the folder is absent. */
export function recordedWorkflows(count) {
  if (!existsSync(folder)) return [];
  return NAMES.slice(0, count).map((name) => {
    const plain = new URL(`${name}.json`, folder);
    const text = existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(new URL(`${name}.json.gz`, folder)));
    return JSON.parse(text.toString());
  });
}

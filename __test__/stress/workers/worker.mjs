/** One worker thread: loads the addon, builds and sorts a graph, and, where it is told to, again and again until it is stopped. */
import { parentPort, workerData } from "node:worker_threads";
import { sortedGraph } from "./graph.mjs";

parentPort.postMessage(sortedGraph());
if (workerData.endless) {
  parentPort.once("message", () => {
    parentPort.postMessage("in the middle");
    for (;;) sortedGraph();
  });
}

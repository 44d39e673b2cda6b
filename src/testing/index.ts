/** `dagny/testing`, listed by hand: runs of your own flows in simulated time, with tasks that do as a script says. */
export {
  attempts,
  fails,
  failsTimes,
  hangs,
  returns,
  type Script,
  type StopOptions,
  simulatedSleep,
  takes,
} from "./script.js";
export { type SimulatedCommand, type SimulateOptions, Simulation, simulate } from "./simulation.js";
export { SimulationStalledError } from "./stalled.js";

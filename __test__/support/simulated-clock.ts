/** A clock that stands still until the test moves it: the one that users get with `dagny/testing`. */
export { SimulatedClock } from "../../src/testing/simulated-clock.js";

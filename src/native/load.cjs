/**
 * Loads the generated binding, and says what to do where that fails.
 *
 * Kept outside both bundles, so that the ESM and the CJS build of the package share one binding; CommonJS, because a failing
 * import statement cannot be caught. This module throws while `dagny` is being imported, when the caller has none of its error
 * classes yet: the error is a plain `Error` with a stable `code`.
 */
"use strict";

try {
  module.exports = require("./binding.cjs");
} catch (cause) {
  throw require("./missing-binary.cjs").missingBinaryError(process, cause);
}

//! The Node-API door: converts, calls `dagny-core`, converts back. Decisions live in the core.
#![warn(clippy::unwrap_used)]

mod graph;

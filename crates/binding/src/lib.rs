//! The Node-API door: converts, calls `dagny-core`, converts back. Decisions live in the core.

#![allow(clippy::needless_pass_by_value, reason = "napi hands objects over by value")]

mod door;
mod graph;
mod run;

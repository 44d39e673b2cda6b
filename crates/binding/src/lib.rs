//! The Node-API door: converts, calls `dagny-core`, converts back. Decisions live in the core.

#![allow(clippy::needless_pass_by_value, reason = "napi hands objects over by value")]

mod diagnosis;
mod door;
mod draft;
mod graph;
mod graph_analysis;
mod graph_paths;
mod run;

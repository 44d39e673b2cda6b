//! The Node-API door: converts, calls `dagny-core`, converts back. Decisions live in the core.
#![warn(clippy::unwrap_used)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    reason = "napi says how arguments come: objects by value, the environment by reference"
)]

mod command;
mod diagnosis;
mod door;
mod draft;
mod graph;
mod graph_analysis;
mod graph_paths;
mod growth;
mod numbers;
mod plan;
mod policy;
mod pool;
mod records;
mod run;
mod seat;
mod threads;
mod value;
mod weight;

//! The pure engine of Dagny.
//!
//! Graphs, their algorithms, and the state machine of a run. No clock, no randomness, no I/O, no JavaScript: time comes in as a
//! value and everything that must be done outside goes out as an effect.
//!
//! Reading order: [`graph`], then [`analysis`], then [`plan`] and [`run`].
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)] // `expect("why this holds")` for invariants, errors for input

pub mod analysis;
pub mod graph;
pub mod journal;
pub mod plan;
pub mod run;

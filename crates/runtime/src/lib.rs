//! What Dagny carries out on threads of its own. No Node-API here: the binding wraps what is in this crate.
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

pub mod command;

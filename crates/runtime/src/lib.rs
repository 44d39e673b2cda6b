//! Runs that several threads carry out together. No Node-API here: the binding wraps what is in this crate.
//!
//! A run is behind one lock ([`Live`]). The main thread and every *seat* of a pool (the place of a worker thread) take it, hand in what
//! they have to report, have the core decide, and leave with work. What the core leases to threads lies in queues; what a seat has
//! been handed lies in its *tray*, where it claims one lease after the other without the lock.
//!
//! Reading order: `sync`, [`claims`] and [`parking`] (the two protocols without a lock), [`value`], [`queues`], [`sharing`] (what a
//! shared run has beside its state), [`live`] (a step of a shared run), [`pool`], [`seat`]. Beside: [`command`], processes that tasks start.
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

pub mod claims;
pub mod parking;
mod sync;

#[cfg(not(loom))]
pub mod command;
#[cfg(not(loom))]
pub mod live;
#[cfg(not(loom))]
pub mod memory;
#[cfg(not(loom))]
pub mod pool;
#[cfg(not(loom))]
pub mod queues;
#[cfg(not(loom))]
pub mod seat;
#[cfg(not(loom))]
pub mod sharing;
#[cfg(not(loom))]
pub mod value;

#[cfg(not(loom))]
pub use {
    live::{Fault, Handed, HostEffect, Live, Mail, Mailbox, SharedRun, lock},
    memory::SeatMemory,
    pool::Pool,
    seat::Seat,
    sharing::Report,
    value::Value,
};

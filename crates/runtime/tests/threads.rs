//! Seats on real threads, with nothing in the place of JavaScript but a loop that does what a worker's loop does: random graphs, failures,
//! deaths of threads. Whatever happens, every node settles, no attempt begins twice, and nothing that was taken back begins.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use dagny_core::graph::check::check;
use dagny_core::plan::{Place, Plan, PlanParts, Policy, PolicyTable};
use dagny_core::run::{Effects, Input, NodeState, Outcome, Reason, Run, RunOptions, RunStatus};
use dagny_runtime::live::What;
use dagny_runtime::memory::{LEASES_AT, RECORDS_AT};
use dagny_runtime::seat::bits;
use dagny_runtime::sharing::Layout;
use dagny_runtime::{Handed, Live, Pool, Seat, SeatMemory, SharedRun, lock};

fn main_marker() {}

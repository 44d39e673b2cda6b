//! The run: a pure state machine.
//!
//! [`Run::advance`] takes inputs and the time, decides, and yields events and effects. It reads no clock, draws no lots and calls
//! nobody. Every change of state goes through `apply`, one event at a time, so a run can be rebuilt from its events
//! ([`Run::fold`]); what has been decided but not yet written down (the queue of decisions, the cursor of a sweep) is state too, so
//! that holds after any event, not only at the end of a batch.
//!
//! Reading order: [`state`] (states and the table of moves), [`input`], [`event`], [`effect`], [`columns`], then the run itself.

pub mod columns;
pub mod effect;
pub mod event;
pub mod input;
pub mod ranked_set;
pub mod state;

mod advance;
mod apply;
mod timer;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use apply::FoldError;
pub use columns::{Columns, NEVER};
pub use effect::{AbortReason, Effect, Effects, Lease};
pub use event::{Event, EventKind};
pub use input::{Input, Outcome};
pub use state::{NodeState, Reason, RunStatus};

use crate::plan::Plan;
use ranked_set::RankedSet;
use timer::Timers;

/// Which outputs the host is to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeepResults {
    /// All of them.
    All,
    /// Those of leaves; others are freed after their last reader has settled.
    Leaves,
    /// None; each is freed after its last reader has settled.
    None,
}

/// The options of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunOptions {
    /// How many nodes may hold a slot at once; at least 1.
    pub max_workers: u32,
    /// Whether the first final failure stops the run.
    pub fail_fast: bool,
    /// How long a run waits for code that was told to stop, in microseconds.
    pub grace: u64,
    /// Which outputs to keep.
    pub keep_results: KeepResults,
}

/// An attempt that failed and was followed by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PastAttempt {
    /// The node.
    pub node: u32,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The slot it had.
    pub lane: u32,
    /// When it began.
    pub started_at: u64,
    /// When it ended or was told to stop.
    pub ended_at: u64,
    /// Why it failed.
    pub reason: Reason,
}

/// Something that follows from what was applied and is not written down yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// All upstreams have completed.
    Ready(u32),
    /// An upstream failed, is blocked or was cancelled.
    Skip(u32),
}

impl Decision {
    fn node(self) -> u32 {
        match self {
            Self::Ready(node) | Self::Skip(node) => node,
        }
    }
}

/// Code that was told to stop and has not returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    at: u64,
    abandoned: bool,
}

/// A walk over all nodes, in node order, that settles what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sweep {
    /// There is none.
    No,
    /// A cancel: everything is cancelled.
    Cancel { next: u32 },
    /// A stop by a failure: what has begun is cancelled, the rest skipped.
    FailFast { next: u32 },
}

/// One execution of a plan.
///
/// Memory: [`Run::BYTES_PER_NODE`] a node, plus the timers and the attempts whose code has not returned.
#[derive(Debug, Clone)]
pub struct Run {
    plan: Arc<Plan>,
    options: RunOptions,

    nodes: Columns,
    /// Ready nodes without a lease, by rank.
    ready: RankedSet,
    free_lanes: RankedSet,
    lease_count: u32,
    running_count: u32,
    waiting_count: u32,
    unsettled_count: u32,

    decisions: VecDeque<Decision>,
    /// The failure that will stop the run once its cascade is decided.
    culprit: Option<u32>,
    sweep: Sweep,
    timers: Timers,
    told: BTreeMap<(u32, u32), Told>,
    /// How many entries of `told` are not abandoned.
    awaited_count: u32,

    failed: Vec<u32>,
    past_attempts: Vec<PastAttempt>,
    started: bool,
    cancel_accepted: bool,
    ended: Option<RunStatus>,
    /// Time of the last event.
    time: u64,
    /// How many events there have been.
    event_count: u64,

    /// Unsettled downstreams of each node; empty unless outputs are freed. Not state: it follows from the columns.
    readers: Box<[u32]>,
    /// Lower bound of the deadlines of attempts that may have begun without our knowing it yet. Not state: a hint to the host.
    lease_guard: u64,
    /// Events since the last [`Run::take_events`], if they are wanted.
    log: Option<Vec<Event>>,
}

impl Run {
    /// About how much memory a run takes for each node, in bytes.
    pub const BYTES_PER_NODE: usize = 51;

    /// A run that has not started: its first input is [`Input::Start`]. With `recording`, events are kept until they are taken.
    #[must_use]
    pub fn new(plan: Arc<Plan>, options: RunOptions, recording: bool) -> Self {
        let graph = plan.graph();
        let n = graph.node_count();
        let readers = match options.keep_results {
            KeepResults::All => Box::default(),
            KeepResults::Leaves | KeepResults::None => (0..n as u32).map(|node| graph.successors(node).len() as u32).collect(),
        };
        Self {
            options,
            nodes: Columns::new(graph),
            ready: RankedSet::empty(n),
            free_lanes: RankedSet::full(n.min(options.max_workers as usize)),
            lease_count: 0,
            running_count: 0,
            waiting_count: 0,
            unsettled_count: n as u32,
            decisions: VecDeque::new(),
            culprit: None,
            sweep: Sweep::No,
            timers: Timers::default(),
            told: BTreeMap::new(),
            awaited_count: 0,
            failed: Vec::new(),
            past_attempts: Vec::new(),
            started: false,
            cancel_accepted: false,
            ended: None,
            time: 0,
            event_count: 0,
            readers,
            lease_guard: NEVER,
            log: recording.then(Vec::new),
            plan,
        }
    }

    /// The plan this run executes.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The options it was made with.
    #[must_use]
    pub fn options(&self) -> RunOptions {
        self.options
    }

    /// The state of every node.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.nodes
    }

    /// Nodes that failed for good, in sequence order.
    #[must_use]
    pub fn failed(&self) -> &[u32] {
        &self.failed
    }

    /// Attempts that failed and were followed by another, in sequence order.
    #[must_use]
    pub fn past_attempts(&self) -> &[PastAttempt] {
        &self.past_attempts
    }

    /// Attempts that did not return in time after they had been told to stop, by node, then attempt.
    pub fn abandoned(&self) -> impl Iterator<Item = (u32, u32)> {
        self.told.iter().filter(|(_, told)| told.abandoned).map(|(&attempt, _)| attempt)
    }

    /// How the run ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<RunStatus> {
        self.ended
    }

    /// Time of the last event, in whole microseconds since the run's start.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }

    /// How many events there have been, recorded or not.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.event_count
    }

    /// Keeps events from now on, until they are taken.
    pub fn record(&mut self) {
        self.log.get_or_insert_default();
    }

    /// Takes the events kept since the last call; the buffer that comes in is reused.
    pub fn take_events(&mut self, into: &mut Vec<Event>) {
        into.clear();
        if let Some(log) = &mut self.log {
            std::mem::swap(log, into);
        }
    }
}

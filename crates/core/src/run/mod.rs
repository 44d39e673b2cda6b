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
pub mod growth;
pub mod input;
pub mod ranked_set;
pub mod resources;
pub mod state;

mod admit;
mod advance;
mod apply;
mod asking;
mod attempts;
mod decide;
mod fill;
mod grow;
mod holding;
mod join;
mod lanes;
mod opening;
mod pass_over;
mod phases;
mod propagate;
mod ready;
mod scope;
mod sweep;
mod timer;
mod timing;
mod views;
mod waiting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use admit::FoldError;
pub use columns::{Columns, NEVER};
pub use effect::{AbortReason, Effect, Effects, Lease, Opened, Phase, WaitEnd};
pub use event::{Event, EventKind};
pub use growth::{Growth, GrowthFault, Link, RefusedGrowth};
pub use input::{Input, Outcome, Question, Verdict, WaitFor};
pub use resources::Pool;
pub use state::{NodeState, Reason, RunStatus};
pub use views::{OpenWait, SegmentView};

use crate::plan::{Look, Plan};
use join::Looks;
use lanes::CommandLanes;
use ranked_set::RankedSet;
use ready::Ready;
use resources::Pools;
use scope::Places;
use sweep::Sweep;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// How many nodes may hold a slot at once; at least 1.
    pub max_workers: u32,
    /// How many commands may run at once; at least 1. They take no slots.
    pub max_commands: u32,
    /// Whether the first final failure stops the run.
    pub fail_fast: bool,
    /// Whether a stop tells running attempts to stop.
    pub abort_running: bool,
    /// Whether what succeeded is undone when the run fails or is cancelled.
    pub undo: bool,
    /// How long a run waits for code that was told to stop, in microseconds.
    pub grace: u64,
    /// Which outputs to keep.
    pub keep_results: KeepResults,
    /// Longest wall time of the run, in microseconds.
    pub timeout: Option<u64>,
    /// How many retries there may be in all.
    pub retry_budget: Option<u32>,
    /// What all chance of this run follows from.
    pub seed: u64,
    /// The pools that needs speak of, by number.
    pub pools: Arc<[Pool]>,
    /// The most nodes there may be, grown ones and those inside containers included.
    pub max_nodes: u32,
    /// The most openings and growths that may lead to a node.
    pub max_depth: u32,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            max_workers: 1,
            max_commands: u32::MAX,
            fail_fast: true,
            abort_running: true,
            undo: false,
            grace: 1_000_000,
            keep_results: KeepResults::All,
            timeout: None,
            retry_budget: None,
            seed: 0,
            pools: Arc::default(),
            max_nodes: 1 << 30,
            max_depth: 1000,
        }
    }
}

/// An attempt that failed and was followed by another; or, without a reason, one of its stretches that ended with a wait.
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
    /// When it ended, was told to stop or began to wait.
    pub ended_at: u64,
    /// Why it failed.
    pub reason: Reason,
}

/// Something that follows from what was applied and is not written down yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// Its join is met: its condition is next.
    Met(u32),
    /// Its condition holds: whether a recorded success stands for it is next.
    Wanted(u32),
    /// It is to run.
    Ready(u32),
    /// A recorded or given value stands for it, or a loop has done enough.
    Complete(u32),
    /// It will not run.
    Skip(u32, Reason),
    /// Nothing was let through to it.
    Filter(u32),
    /// A predicate of it failed, or a loop came to its limit.
    Fail(u32, Reason),
    /// The host is to be asked about the edge from the first to the second.
    AskEdge(u32, u32),
}

impl Decision {
    /// The node it is about.
    fn node(self) -> u32 {
        match self {
            Self::Met(node)
            | Self::Wanted(node)
            | Self::Ready(node)
            | Self::Complete(node)
            | Self::Skip(node, _)
            | Self::Filter(node)
            | Self::Fail(node, _)
            | Self::AskEdge(_, node) => node,
        }
    }
}

/// Code that was told to stop and has not returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    at: u64,
    abandoned: bool,
    /// Whether it holds what its policy says it needs.
    holds_needs: bool,
}

/// A wait that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    due: u64,
    /// The signal it hears.
    name: Option<u32>,
    has_default: bool,
    /// Its place among all waits of the run.
    order: u64,
}

/// A signal that nobody has heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Queued {
    node: Option<u32>,
    payload: u32,
    is_rejection: bool,
}

/// The running time of an attempt that has waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    /// When its code last went on.
    since: u64,
    /// How long it had run before.
    used: u64,
}

/// The undoing of what succeeded.
#[derive(Debug, Clone, Default)]
struct Undoing {
    /// What is undone: what had succeeded when the undoing began. (A finally-node inside a container may succeed after that.)
    units: BTreeSet<u32>,
    /// Of each node, how many things must be undone before it.
    blockers: BTreeMap<u32, u32>,
    /// Of each container, how many nodes inside are not undone.
    inside: BTreeMap<u32, u32>,
    /// Units that may start.
    ready: BTreeSet<u32>,
    /// Units whose code has been called, with their slot and the time.
    running: BTreeMap<u32, (u32, u64)>,
    /// Units that have ended, in order, and whether they succeeded.
    done: Vec<(u32, bool)>,
}

/// One execution of a plan.
///
/// Memory: [`Run::BYTES_PER_NODE`] a node, plus the timers, the waits and the attempts whose code has not returned.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that an event records")]
#[derive(Debug, Clone)]
pub struct Run {
    plan: Arc<Plan>,
    options: RunOptions,

    nodes: Columns,
    places: Places,
    growths: Vec<Arc<Growth>>,
    /// Joins are mere counts: the plan is plain and nothing was added.
    is_plain: bool,
    /// What nodes whose joins are more than counts have seen.
    looks: BTreeMap<u32, Looks>,
    /// The looks of the upstreams of nodes that join by an expression, by their place when the node was made.
    expression_looks: BTreeMap<u32, Vec<(u32, Look)>>,
    /// Guarded edges that let something through.
    passed_edges: BTreeSet<(u32, u32)>,
    /// The inputs of nodes whose joins may be met without all upstreams.
    frozen: BTreeMap<u32, Box<[u32]>>,

    /// Ready nodes without a lease.
    ready: Ready,
    free_lanes: RankedSet,
    /// How many slots there are so far: no more than nodes.
    lane_count: u32,
    commands: CommandLanes,
    pools: Pools,
    /// When nodes that hold needs took them.
    held_since: BTreeMap<u32, u64>,
    /// How many starts have passed over a node that does not fit.
    passed_over: BTreeMap<u32, u32>,
    /// Those of them that wait no longer for others to pass.
    patience_lost: BTreeSet<u32>,
    /// Figures that differ from what the plans say because of growth.
    raised: BTreeMap<u32, crate::plan::Standing>,

    lease_count: u32,
    running_count: u32,
    waiting_count: u32,
    /// Ordinary nodes that have not settled.
    unsettled_count: u32,

    decisions: VecDeque<Decision>,
    /// Whether anything but decisions may be due. Not state: a hint that spares the common case the looking.
    has_more: bool,
    /// Failures that stop their scope once their cascade is decided, unless a downstream accepts them.
    culprits: VecDeque<u32>,
    sweeps: VecDeque<Sweep>,
    /// Scopes that may be over.
    closing: VecDeque<u32>,
    /// Containers that have started and are to be opened, wait nodes that are to wait.
    opening: VecDeque<u32>,
    /// The node whose growth has been committed, and which completes next.
    committing: Option<u32>,
    /// Nodes of which a cancel was accepted; and how many more of the same command follow.
    branch: BTreeSet<u32>,
    branch_rest: u64,

    timers: Timers,
    told: BTreeMap<(u32, u32), Told>,
    /// How many entries of `told` are not abandoned.
    awaited_count: u32,
    /// Questions that are not answered, by node and [`timer::place_of`]: the deadline.
    questions: BTreeMap<(u32, u32), u64>,
    waits: BTreeMap<(u32, u32), Waiting>,
    /// Waits that were opened when a signal for them was in the queue.
    arrived: VecDeque<(u32, u32)>,
    /// Open waits for each signal, oldest first.
    listeners: BTreeMap<u32, BTreeMap<u64, (u32, u32)>>,
    signals: BTreeMap<u32, VecDeque<Queued>>,
    stretches: BTreeMap<u32, Stretch>,
    /// When nodes with a timeout of their own started first.
    first_starts: BTreeMap<u32, u64>,
    /// How many attempts of a node crashed and were made again for nothing.
    crashes: BTreeMap<u32, u32>,
    retries: u32,

    failed: Vec<u32>,
    past_attempts: Vec<PastAttempt>,
    started: bool,
    is_paused: bool,
    cancel_accepted: bool,
    has_timed_out: bool,
    ended: Option<RunStatus>,
    undoing: Undoing,
    /// Nodes whose code succeeded after it had been told to stop.
    late_successes: BTreeSet<u32>,
    /// Time of the last event.
    time: u64,
    /// How many events there have been.
    event_count: u64,

    /// Unsettled downstreams of each node; empty unless outputs are freed. Not state: it follows from the columns.
    readers: Vec<u32>,
    /// Lower bound of the deadlines of attempts that may have begun without our knowing it yet. Not state: a hint to the host.
    lease_guard: u64,
    shortest_timeout: Option<u64>,
    /// Maps that have asked for items and have had no answer. Not state: what is outstanding is asked for again.
    expanding: BTreeSet<u32>,
    /// Maps whose items are not all known.
    incomplete: BTreeSet<u32>,
    scratch: Vec<u32>,
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
            KeepResults::All => Vec::new(),
            KeepResults::Leaves | KeepResults::None => (0..n as u32).map(|node| graph.successors(node).len() as u32).collect(),
        };
        Self {
            nodes: Columns::new(graph),
            places: Places::new(Arc::clone(&plan), options.fail_fast),
            growths: Vec::new(),
            is_plain: plan.is_plain(),
            looks: BTreeMap::new(),
            expression_looks: BTreeMap::new(),
            passed_edges: BTreeSet::new(),
            frozen: BTreeMap::new(),
            ready: Ready::new(n),
            free_lanes: RankedSet::full(n.min(options.max_workers as usize)),
            lane_count: n.min(options.max_workers as usize) as u32,
            commands: CommandLanes::new(&options),
            pools: Pools::new(&options.pools),
            held_since: BTreeMap::new(),
            passed_over: BTreeMap::new(),
            patience_lost: BTreeSet::new(),
            raised: BTreeMap::new(),
            lease_count: 0,
            running_count: 0,
            waiting_count: 0,
            unsettled_count: n as u32 - plan.finally_nodes().len() as u32,
            decisions: VecDeque::new(),
            has_more: false,
            culprits: VecDeque::new(),
            sweeps: VecDeque::new(),
            closing: VecDeque::new(),
            opening: VecDeque::new(),
            committing: None,
            branch: BTreeSet::new(),
            branch_rest: 0,
            timers: Timers::default(),
            told: BTreeMap::new(),
            awaited_count: 0,
            questions: BTreeMap::new(),
            waits: BTreeMap::new(),
            arrived: VecDeque::new(),
            listeners: BTreeMap::new(),
            signals: BTreeMap::new(),
            stretches: BTreeMap::new(),
            first_starts: BTreeMap::new(),
            crashes: BTreeMap::new(),
            retries: 0,
            failed: Vec::new(),
            past_attempts: Vec::new(),
            started: false,
            is_paused: false,
            cancel_accepted: false,
            has_timed_out: false,
            ended: None,
            undoing: Undoing::default(),
            late_successes: BTreeSet::new(),
            time: 0,
            event_count: 0,
            readers,
            lease_guard: NEVER,
            shortest_timeout: plan.shortest_timeout(),
            expanding: BTreeSet::new(),
            incomplete: BTreeSet::new(),
            scratch: Vec::new(),
            log: recording.then(Vec::new),
            options,
            plan,
        }
    }
}

//! The rules of one node: what a plan knows of it beside its place in the graph.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Plan;
use super::expression::Expression;

/// The rules of one node. A plan keeps each distinct one once.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of a node, and no two exclude each other")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Policy {
    /// What the node does.
    pub kind: Kind,
    /// When it runs, seen from its upstreams.
    pub join: Join,
    /// What a failure of it means for the run and for its downstreams.
    pub on_failure: OnFailure,
    /// Whether the host is asked for a condition before it becomes ready.
    pub has_condition: bool,
    /// Whether the host is asked, after the condition, whether a recorded success stands for it.
    pub is_cached: bool,
    /// Whether it runs when everything else has settled.
    pub is_finally: bool,
    /// Whether the host has code that undoes it.
    pub has_undo: bool,
    /// Whether its code acts on the world outside: an attempt that crashed is not run again for nothing, but has failed.
    pub is_external: bool,
    /// Where its code runs. Of tasks only.
    pub place: Place,
    /// How many attempts there may be in all; at least 1.
    pub max_attempts: u32,
    /// How many attempts may crash and be run again, not counted in `max_attempts`.
    pub max_crashes: u32,
    /// The delay before each further attempt.
    pub backoff: Backoff,
    /// Longest running time of one attempt, in microseconds.
    pub timeout: Option<u64>,
    /// Longest wall time from its first start, delays and waits included, in microseconds.
    pub node_timeout: Option<u64>,
    /// What each attempt needs beside a slot: amounts of pools, by pool, ascending.
    pub needs: Arc<[Need]>,
}

impl Policy {
    /// Whether the host is asked anything before the node becomes ready.
    #[inline]
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.has_condition || self.is_cached
    }

    /// What its attempts take of the run's lanes.
    #[inline]
    #[must_use]
    pub fn lanes(&self) -> Lanes {
        match (&self.kind, self.place) {
            (Kind::Task, Place::Command) => Lanes::Commands,
            (Kind::Task, _) => Lanes::Slots,
            _ => Lanes::None,
        }
    }
}

/// How many crashes of a node nobody is asked about, where nothing else is said.
pub const DEFAULT_MAX_CRASHES: u32 = 3;

/// Where the code of a task runs. Only [`Place::Command`] matters to what is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Place {
    /// On the host's own thread.
    Inline = 0,
    /// On a thread of a pool.
    Thread = 1,
    /// In a process of its own, which takes no slot but a lane among the commands.
    Command = 2,
}

/// The lanes that attempts take: those of tasks and those of commands never compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lanes {
    /// Waits and containers take none.
    None,
    /// One of `max_workers`.
    Slots,
    /// One of `max_commands`.
    Commands,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            kind: Kind::Task,
            join: Join::AllCompleted,
            on_failure: OnFailure::Fail,
            has_condition: false,
            is_cached: false,
            is_finally: false,
            has_undo: false,
            is_external: false,
            place: Place::Inline,
            max_attempts: 1,
            max_crashes: DEFAULT_MAX_CRASHES,
            backoff: Backoff::default(),
            timeout: None,
            node_timeout: None,
            needs: Arc::default(),
        }
    }
}

/// What a node does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The host calls a function, on a slot.
    Task,
    /// A wait: it starts without a slot and parks at once.
    Wait(WaitPolicy),
    /// One node per item that the host tells of; the inner plan has one node, which stands for each.
    Map(Container),
    /// The nodes of another plan.
    SubDag(Container),
    /// The nodes of another plan, again and again until the host says it is enough.
    Loop(Container),
    /// Not run: a value stands for it from the start.
    Given,
}

impl Kind {
    /// The plan inside, where there is one.
    #[must_use]
    pub fn container(&self) -> Option<&Container> {
        match self {
            Self::Map(container) | Self::SubDag(container) | Self::Loop(container) => Some(container),
            Self::Task | Self::Wait(_) | Self::Given => None,
        }
    }
}

/// What a wait node waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WaitPolicy {
    /// The name of the signal; [`OWN_SIGNAL`] for one that only this node hears; `None` for a mere sleep.
    pub signal: Option<u32>,
    /// The length of a sleep, or how long it waits for the signal, in microseconds.
    pub timeout: Option<u64>,
    /// Whether a value stands in for a signal that does not come in time.
    pub has_default: bool,
}

/// The signal name that stands for the node's own: [`own_signal`] of its id.
pub const OWN_SIGNAL: u32 = u32::MAX;

/// The signal name that only `node` hears.
#[must_use]
pub fn own_signal(node: u32) -> u32 {
    1 << 31 | node
}

/// What is inside a container.
#[derive(Debug, Clone)]
pub struct Container {
    /// The plan of what is inside.
    pub plan: Arc<Plan>,
    /// Whether the first final failure inside stops what is inside.
    pub fail_fast: bool,
    /// How many of the nodes inside may run at once; 0 for no limit of its own. Counts direct nodes that hold a slot or are containers.
    pub concurrency: u32,
    /// The most items of a map, or the most rounds of a loop; one more is a failure with reason `limit`.
    pub limit: u32,
}

impl PartialEq for Container {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan)
            && (self.fail_fast, self.concurrency, self.limit) == (other.fail_fast, other.concurrency, other.limit)
    }
}

impl Eq for Container {}

impl Hash for Container {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (Arc::as_ptr(&self.plan) as usize, self.fail_fast, self.concurrency, self.limit).hash(state);
    }
}

/// A join rule: when a node runs, seen from its upstreams.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Join {
    /// All completed or filtered.
    AllCompleted,
    /// The first that completes.
    AnyCompleted,
    /// All settled.
    AllSettled,
    /// The first that failed, is blocked or was cancelled.
    AnyFailed,
    /// All of them failed, are blocked or were cancelled.
    AllFailed,
    /// All settled, none failed, blocked or cancelled.
    NoneFailed,
    /// The same, and at least one completed.
    NoneFailedOneCompleted,
    /// An expression over the upstreams' states.
    Expression(Arc<Expression>),
}

/// What a node's failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnFailure {
    /// It fails the run.
    Fail,
    /// It neither stops nor fails the run; its edges still show it failed.
    Allow,
    /// The same, and it looks completed to its downstreams.
    Continue,
}

/// The delay before a further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Backoff {
    /// How it grows.
    pub growth: BackoffGrowth,
    /// The delay before the second attempt, in microseconds.
    pub delay: u64,
    /// The longest delay, in microseconds; a delay the error itself asks for is not capped.
    pub max_delay: Option<u64>,
    /// Which part of a delay is up to chance, in millionths: a delay `d` becomes one of `d × (1 − jitter) ..= d`.
    pub jitter: u32,
}

/// How a delay grows from attempt to attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BackoffGrowth {
    /// It stays the same.
    #[default]
    Fixed,
    /// It is multiplied by the number of attempts made.
    Linear,
    /// It is multiplied by this factor each time; the bits of a finite `f64` of at least 1.
    Exponential(u64),
}

/// An amount of a pool that an attempt needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Need {
    /// The pool, by its number among the run's pools.
    pub pool: u32,
    /// How much of it.
    pub amount: u32,
}

//! What goes into a run: a user's command, the report of an attempt, the answer to a question.

use std::sync::Arc;

use super::growth::Growth;

/// How an attempt's code ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It returned.
    Succeeded,
    /// It returned, and what it added commits with it.
    Grew(Arc<Growth>),
    /// It threw, or its promise rejected.
    Failed {
        /// Whether its policy lets this error be tried again.
        may_retry: bool,
        /// The delay that the error itself asks for, in microseconds, in place of the policy's.
        retry_after: Option<u64>,
    },
    /// What ran it died: a thread of a pool, by a fault of its own or because something else on it had to be stopped. Nobody is asked: the
    /// attempt is made again at once, at most `max_crashes` times and not counted in `max_attempts`, but of an external node it has failed.
    Crashed,
}

impl Outcome {
    /// A failure that says nothing about a retry: the policy decides.
    pub const FAILED: Self = Self::Failed { may_retry: true, retry_after: None };
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Question {
    /// The predicates of the edge from this upstream.
    Edge = 0,
    /// The node's own condition.
    Condition = 1,
    /// Whether a recorded success stands for the node.
    Cache = 2,
    /// Whether a loop has done enough.
    Until = 3,
}

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Verdict {
    /// The condition holds; there is a recorded success; the loop is done.
    Yes = 0,
    /// It does not.
    No = 1,
    /// The filter of the edge let nothing through.
    Nothing = 2,
    /// The predicate threw.
    Threw = 3,
    /// It did not answer in time. Only the run itself decides this.
    TimedOut = 4,
}

/// What an attempt's code waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitFor {
    /// The end of a length of time, in microseconds.
    Time(u64),
    /// The signal whose name is the wait's key.
    Signal {
        /// How long, in microseconds.
        timeout: Option<u64>,
        /// Whether a value stands in for it after that.
        has_default: bool,
    },
}

/// One input. Times are whole microseconds since the run's start; those of a batch do not decrease.
#[derive(Debug, Clone)]
pub enum Input {
    /// Begins the run: its roots become ready. Once.
    Start {
        /// When.
        at: u64,
    },
    /// The host called the function of a leased node, or let the code of a parked attempt go on.
    Begin {
        /// The leased node.
        node: u32,
        /// The attempt, from 1, that the lease named.
        attempt: u32,
        /// When the function was called.
        at: u64,
    },
    /// The code of an attempt has ended.
    Settle {
        /// The node.
        node: u32,
        /// The attempt that ended.
        attempt: u32,
        /// When it ended.
        at: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// The code of an attempt waits for something.
    Wait {
        /// The node.
        node: u32,
        /// The attempt.
        attempt: u32,
        /// When.
        at: u64,
        /// Which of the node's waits it is: the name of the signal, as the host numbers names (below 2³¹), or 2³¹ plus an ordinal.
        key: u32,
        /// What it waits for.
        what: WaitFor,
    },
    /// The answer to a question.
    Answer {
        /// The node that the predicate guards; the loop.
        node: u32,
        /// What was asked.
        question: Question,
        /// The upstream, where an edge was asked about; else 0.
        from: u32,
        /// When.
        at: u64,
        /// The answer.
        verdict: Verdict,
    },
    /// A map has more items.
    Items {
        /// The map.
        node: u32,
        /// Its attempt.
        attempt: u32,
        /// When.
        at: u64,
        /// How many.
        count: u32,
        /// Whether these are the last.
        is_done: bool,
    },
    /// What a map runs over could not be had: its iterable threw, or is none.
    ItemsFailed {
        /// The map.
        node: u32,
        /// Its attempt.
        attempt: u32,
        /// When.
        at: u64,
    },
    /// A signal: the oldest open wait for it hears it, or the next one.
    Signal {
        /// Its name.
        name: u32,
        /// The one node that may hear it.
        node: Option<u32>,
        /// When.
        at: u64,
        /// What the host knows its content by.
        payload: u32,
        /// Whether it says no.
        is_rejection: bool,
    },
    /// Cancels the whole run.
    Cancel {
        /// When.
        at: u64,
    },
    /// Cancels nodes, with what is inside them.
    CancelNodes {
        /// Which.
        nodes: Arc<[u32]>,
        /// When.
        at: u64,
    },
    /// Nothing more starts.
    Pause {
        /// When.
        at: u64,
    },
    /// Starts go on.
    Resume {
        /// When.
        at: u64,
    },
    /// Adds to the graph from outside.
    Grow {
        /// What.
        growth: Arc<Growth>,
        /// When.
        at: u64,
    },
    /// The code that undoes a node has ended.
    Undone {
        /// The node.
        node: u32,
        /// When.
        at: u64,
        /// Whether it succeeded.
        is_ok: bool,
    },
}

//! What goes into a run: a user's command or the report of an attempt.

/// How an attempt's code ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It returned.
    Succeeded,
    /// It threw, or its promise rejected.
    Failed,
}

/// One input. Times are whole microseconds since the run's start; those of a batch do not decrease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Input {
    /// Begins the run: its roots become ready. Once.
    Start {
        /// When.
        at: u64,
    },
    /// The host called the function of a leased node.
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
    /// Cancels the whole run.
    Cancel {
        /// When.
        at: u64,
    },
}

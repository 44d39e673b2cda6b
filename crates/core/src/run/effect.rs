//! What a run asks its host to do.

use super::state::RunStatus;

/// A slot given to a ready node: the host is to call its function, and to say so with [`Input::Begin`](super::Input::Begin).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The node.
    pub node: u32,
    /// The attempt that will begin, from 1.
    pub attempt: u32,
    /// The slot it takes.
    pub lane: u32,
}

/// Why an attempt is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AbortReason {
    /// The run was cancelled.
    Cancel = 1,
    /// The attempt's deadline has passed.
    Timeout = 2,
    /// Another node's failure stops the run.
    FailFast = 3,
}

/// Everything else that is to be done, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Tell the code of a running attempt to stop.
    Abort {
        /// The node.
        node: u32,
        /// The attempt.
        attempt: u32,
        /// Why.
        reason: AbortReason,
    },
    /// A lease that has not begun is void.
    Revoke {
        /// The node.
        node: u32,
    },
    /// The outcome just reported came too late: drop its value.
    Discard {
        /// The node.
        node: u32,
        /// The attempt.
        attempt: u32,
    },
    /// Nobody will read the output of this node any more.
    Free {
        /// The node.
        node: u32,
    },
}

/// What one call of [`advance`](super::Run::advance) asks for. The host may reuse one value for all calls.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Functions to call, in this order.
    pub leases: Vec<Lease>,
    /// The rest, in order.
    pub other: Vec<Effect>,
    /// Call `advance` again at this time at the latest (whole microseconds since the run's start), whatever happens.
    pub wake_at: Option<u64>,
    /// The run is over.
    pub ended: Option<RunStatus>,
}

impl Effects {
    pub(super) fn clear(&mut self) {
        self.leases.clear();
        self.other.clear();
        self.wake_at = None;
        self.ended = None;
    }
}

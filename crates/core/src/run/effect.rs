//! What a run asks its host to do.

use super::growth::RefusedGrowth;
use super::input::Question;
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
    /// The node's deadline has passed.
    NodeTimeout = 4,
    /// The run's deadline has passed.
    RunTimeout = 5,
}

/// How a wait ended. The numbers are part of the journal format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum WaitEnd {
    /// The time is over.
    Slept = 0,
    /// A signal came.
    Answered = 1,
    /// A signal came that says no.
    Rejected = 2,
    /// None came in time.
    TimedOut = 3,
    /// None came in time; the default stands in.
    Default = 4,
}

/// What a scope does on its way down. The numbers are part of the journal format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Its nodes run.
    Running = 0,
    /// What succeeded is undone.
    Undoing = 1,
    /// Finally-nodes run.
    Finalizing = 2,
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
    /// Evaluate a predicate and say so with [`Input::Answer`](super::Input::Answer).
    Ask {
        /// The node that it guards; the loop.
        node: u32,
        /// What.
        question: Question,
        /// The upstream, where it is about an edge; else 0.
        from: u32,
    },
    /// A map has begun, or has room for more: get items, and say so with [`Input::Items`](super::Input::Items).
    Expand {
        /// The map.
        node: u32,
        /// Its attempt.
        attempt: u32,
        /// How many more it can use now; `u32::MAX` for any number.
        room: u32,
    },
    /// No more items of this map are wanted: close what they come from.
    StopItems {
        /// The map.
        node: u32,
    },
    /// New nodes have ids: those of a container, a round, items (`node` is the container), or of a growth.
    Opened {
        /// The container; the node that grew; [`NONE`](super::event::NONE) for a growth from outside.
        node: u32,
        /// The first id.
        first: u32,
        /// How many there are.
        count: u32,
        /// What they are.
        what: Opened,
    },
    /// A wait is over. The code goes on when its node is leased again, at once if it is running.
    WaitOver {
        /// The node.
        node: u32,
        /// Which of its waits.
        key: u32,
        /// How it ended.
        end: WaitEnd,
        /// The payload of the signal.
        payload: u32,
    },
    /// Call the code that undoes this node, and say so with [`Input::Undone`](super::Input::Undone) when it has ended.
    Undo {
        /// The node.
        node: u32,
    },
    /// A growth was refused at the commit.
    GrowthRefused {
        /// The node that grew; [`NONE`](super::event::NONE) for a growth from outside.
        node: u32,
        /// Why.
        refusal: RefusedGrowth,
    },
}

/// What new nodes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opened {
    /// The nodes of a sub-DAG, or of a loop's next round.
    Scope = 0,
    /// Items of a map.
    Items = 1,
    /// Grown.
    Growth = 2,
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
    /// A lease is void. One that was given in this very call is simply not given: so hosts carry out all effects before they take leases.
    pub(super) fn revoke(&mut self, node: u32) {
        match self.leases.iter().rposition(|lease| lease.node == node) {
            Some(place) => {
                self.leases.remove(place);
            }
            None => self.other.push(Effect::Revoke { node }),
        }
    }

    pub(super) fn clear(&mut self) {
        self.leases.clear();
        self.other.clear();
        self.wake_at = None;
        self.ended = None;
    }
}

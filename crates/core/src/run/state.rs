//! The states of a node and of a run, the reasons that go with them, and the one table of legal moves.

/// Where a node stands in a run. The numbers are part of the journal format and of the columns that hosts read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NodeState {
    /// Its join is not decided yet.
    Pending = 0,
    /// It may start as soon as there is a slot.
    Ready = 1,
    /// An attempt has begun and has not ended.
    Running = 2,
    /// Between attempts, or parked on a wait; holds nothing.
    Waiting = 3,
    /// Its task succeeded.
    Completed = 4,
    /// Its last attempt failed, or a deadline passed.
    Failed = 5,
    /// It will not run in this run; the reason says why.
    Skipped = 6,
    /// Nothing was let through to it.
    Filtered = 7,
    /// It was told to stop before it ended.
    Cancelled = 8,
}

impl NodeState {
    /// All states, by number.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Ready,
        Self::Running,
        Self::Waiting,
        Self::Completed,
        Self::Failed,
        Self::Skipped,
        Self::Filtered,
        Self::Cancelled,
    ];

    /// Whether the node has reached its end in this run.
    #[must_use]
    pub fn is_settled(self) -> bool {
        self as u8 >= Self::Completed as u8
    }

    /// Whether the table of legal moves has `self → to`.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        MOVES[self as usize] & (1 << to as u16) != 0
    }
}

const fn to(states: &[NodeState]) -> u16 {
    let mut bits = 0;
    let mut i = 0;
    while i < states.len() {
        bits |= 1 << states[i] as u16;
        i += 1;
    }
    bits
}

/// The legal moves, one row per state: everything that is not here is refused.
const MOVES: [u16; 9] = {
    use NodeState::{Cancelled, Completed, Failed, Filtered, Ready, Running, Skipped, Waiting};
    [
        to(&[Ready, Completed, Failed, Skipped, Filtered, Cancelled]),
        to(&[Running, Failed, Skipped, Cancelled]),
        to(&[Completed, Failed, Waiting, Cancelled]),
        to(&[Ready, Completed, Failed, Cancelled]),
        0,
        0,
        0,
        0,
        0,
    ]
};

/// Why a node failed or was skipped. The numbers are part of the journal format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// There is none: the node is not settled, or its state says it all.
    None = 0,
    /// The task threw or its promise rejected.
    Error = 1,
    /// The attempt did not end before its deadline.
    Timeout = 2,
    /// What it waited for was refused.
    Rejected = 3,
    /// The process that ran it died.
    Crashed = 4,
    /// A limit was reached: of items, rounds, nodes or depth.
    Limit = 5,
    /// The node's own condition was false.
    Condition = 16,
    /// Its join could not be met, whatever had become of its upstreams.
    Join = 17,
    /// An upstream was skipped.
    UpstreamSkipped = 18,
    /// An upstream failed, is blocked or was cancelled.
    UpstreamFailed = 19,
    /// The run stopped at the first failure before the node began.
    FailFast = 20,
}

impl Reason {
    const ALL: [Self; 11] = [
        Self::None,
        Self::Error,
        Self::Timeout,
        Self::Rejected,
        Self::Crashed,
        Self::Limit,
        Self::Condition,
        Self::Join,
        Self::UpstreamSkipped,
        Self::UpstreamFailed,
        Self::FailFast,
    ];

    /// The reason with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == code)
    }
}

/// How a run ended. The numbers are part of the journal format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RunStatus {
    /// No node failed and nobody cancelled.
    Completed = 1,
    /// A node failed.
    Failed = 2,
    /// A cancel was accepted.
    Cancelled = 3,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settled_states_are_final() {
        for from in NodeState::ALL {
            let moves = NodeState::ALL.into_iter().filter(|&to| from.may_become(to)).count();
            assert_eq!(from.is_settled(), moves == 0, "{from:?}");
        }
    }

    #[test]
    fn a_node_cannot_skip_being_ready() {
        assert!(!NodeState::Pending.may_become(NodeState::Running));
        assert!(!NodeState::Ready.may_become(NodeState::Completed));
        assert!(!NodeState::Running.may_become(NodeState::Skipped));
    }
}

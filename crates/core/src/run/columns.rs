//! The state of every node, in columns by node id.

use super::event::NONE;
use super::state::{NodeState, Reason};
use crate::graph::Csr;

/// A time that does not come.
pub const NEVER: u64 = u64::MAX;

/// How a time is kept in a column: one more than it is, so that 0, which memory comes with, says that it did not happen.
#[inline]
pub(super) fn stamp(time: u64) -> u64 {
    time + 1
}

/// What is known of a node beside its state, as bits of a column.
pub(super) mod flag {
    /// Its slot is given out and its function is not called yet.
    pub(crate) const LEASED: u8 = 1;
    /// Its join is decided.
    pub(crate) const JOINED: u8 = 2;
    /// It was decided that it runs.
    pub(crate) const MET: u8 = 4;
    /// The code of its attempt was called and has not returned.
    pub(crate) const LIVE: u8 = 8;
    /// It holds a slot.
    pub(crate) const HOLDS_LANE: u8 = 16;
    /// It holds what its policy says it needs.
    pub(crate) const HOLDS_NEEDS: u8 = 32;
    /// It counts against the limit of its scope.
    pub(crate) const HOLDS_PLACE: u8 = 64;
}

/// One entry per node in each column. Times are whole microseconds since the run's start plus one, 0 where it did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub(super) state: Vec<NodeState>,
    pub(super) reason: Vec<Reason>,
    /// See [`flag`].
    pub(super) flags: Vec<u8>,
    /// Upstreams whose look counts for nothing yet.
    pub(super) open_upstreams: Vec<u32>,
    /// Attempts begun.
    pub(super) attempt: Vec<u32>,
    /// The slot of the lease or the last attempt, or [`NONE`].
    pub(super) lane: Vec<u32>,
    pub(super) ready_at: Vec<u64>,
    pub(super) started_at: Vec<u64>,
    pub(super) settled_at: Vec<u64>,
}

impl Columns {
    pub(super) fn new(graph: &Csr) -> Self {
        let n = graph.node_count();
        Self {
            state: vec![NodeState::Pending; n],
            reason: vec![Reason::None; n],
            flags: vec![0; n],
            open_upstreams: (0..n as u32).map(|node| graph.predecessors(node).len() as u32).collect(),
            attempt: vec![0; n],
            lane: vec![NONE; n],
            ready_at: vec![0; n],
            started_at: vec![0; n],
            settled_at: vec![0; n],
        }
    }

    /// Adds nodes that nothing has happened to; `open` upstreams each.
    pub(super) fn append(&mut self, open: impl ExactSizeIterator<Item = u32>) {
        let n = self.state.len() + open.len();
        self.state.resize(n, NodeState::Pending);
        self.reason.resize(n, Reason::None);
        self.flags.resize(n, 0);
        self.open_upstreams.extend(open);
        self.attempt.resize(n, 0);
        self.lane.resize(n, NONE);
        self.ready_at.resize(n, 0);
        self.started_at.resize(n, 0);
        self.settled_at.resize(n, 0);
    }

    #[inline]
    pub(super) fn has(&self, node: u32, flag: u8) -> bool {
        self.flags[node as usize] & flag != 0
    }

    #[inline]
    pub(super) fn set(&mut self, node: u32, flag: u8) {
        self.flags[node as usize] |= flag;
    }

    #[inline]
    pub(super) fn clear(&mut self, node: u32, flag: u8) {
        self.flags[node as usize] &= !flag;
    }

    /// When the last attempt of a node that has begun one began.
    #[inline]
    pub(super) fn began(&self, node: u32) -> u64 {
        self.started_at[node as usize] - 1
    }

    /// The state of every node.
    #[must_use]
    pub fn state(&self) -> &[NodeState] {
        &self.state
    }

    /// Why a node failed or was skipped.
    #[must_use]
    pub fn reason(&self) -> &[Reason] {
        &self.reason
    }

    /// How many attempts each node has begun.
    #[must_use]
    pub fn attempt(&self) -> &[u32] {
        &self.attempt
    }

    /// The slot of each node's last attempt, [`NONE`] if it had none.
    #[must_use]
    pub fn lane(&self) -> &[u32] {
        &self.lane
    }

    /// When each node last became ready, plus one; 0 if it never did.
    #[must_use]
    pub fn ready_at(&self) -> &[u64] {
        &self.ready_at
    }

    /// When each node's last attempt began, plus one; 0 if none did.
    #[must_use]
    pub fn started_at(&self) -> &[u64] {
        &self.started_at
    }

    /// When each node settled, plus one; 0 if it has not.
    #[must_use]
    pub fn settled_at(&self) -> &[u64] {
        &self.settled_at
    }
}

//! The state of every node, in columns by node id.

use super::event::NONE;
use super::state::{NodeState, Reason};
use crate::graph::Csr;

/// No time yet.
pub const NEVER: u64 = u64::MAX;

/// One entry per node in each column. Times are whole microseconds since the run's start, [`NEVER`] where it did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub(super) state: Vec<NodeState>,
    pub(super) reason: Vec<Reason>,
    /// Whether a ready node's slot is given out.
    pub(super) leased: Vec<bool>,
    /// Upstreams that have not completed.
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
            leased: vec![false; n],
            open_upstreams: (0..n as u32).map(|node| graph.predecessors(node).len() as u32).collect(),
            attempt: vec![0; n],
            lane: vec![NONE; n],
            ready_at: vec![NEVER; n],
            started_at: vec![NEVER; n],
            settled_at: vec![NEVER; n],
        }
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

    /// When each node last became ready.
    #[must_use]
    pub fn ready_at(&self) -> &[u64] {
        &self.ready_at
    }

    /// When each node's last attempt began.
    #[must_use]
    pub fn started_at(&self) -> &[u64] {
        &self.started_at
    }

    /// When each node settled.
    #[must_use]
    pub fn settled_at(&self) -> &[u64] {
        &self.settled_at
    }
}

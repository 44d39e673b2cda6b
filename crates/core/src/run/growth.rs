//! Additions to the graph of a run.

use std::sync::Arc;

use crate::plan::Plan;

/// In an edge of a growth, the end that is the growth's own node `k` is `NEW | k`; any other end is a node of the run.
pub const NEW: u32 = 1 << 31;

/// Nodes and edges to be added. The new nodes, with the edges among them, are a plan of their own; they stand in the scope of the
/// node that adds them. Their ids follow those the run has, in the plan's order.
#[derive(Debug, Clone)]
pub struct Growth {
    /// The new nodes.
    pub plan: Arc<Plan>,
    /// Edges of which at least one end is a node of the run, each once.
    pub links: Vec<Link>,
}

/// One such edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The upstream; see [`NEW`].
    pub from: u32,
    /// The downstream; see [`NEW`].
    pub to: u32,
    /// Whether the host is asked before it lets anything through.
    pub is_guarded: bool,
}

/// Why an addition is refused. Its number is what hosts see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum GrowthFault {
    /// An end of the edge is no node of the run, or one of another scope.
    UnknownNode = 1,
    /// The join of the downstream has been decided.
    Decided = 2,
    /// The output of the upstream is not kept.
    OutputGone = 3,
    /// The edge is there already.
    DuplicateEdge = 4,
    /// The edge closes a cycle.
    Cycle = 5,
    /// The run would have more nodes than it may, or the growth would be deeper than it may.
    Limit = 6,
    /// An ordinary node would follow a finally-node.
    AfterFinally = 7,
    /// The run is stopping or over, or everything has settled.
    TooLate = 8,
}

/// A refusal, with the edge it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefusedGrowth {
    /// Why.
    pub fault: GrowthFault,
    /// The place of the edge in [`Growth::links`], where one is at fault.
    pub link: Option<usize>,
}

//! A graph in numbers.

use crate::graph::Csr;
use crate::graph::components::weak_components;

/// What is counted of a graph. All of it is 0 for an empty graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Nodes.
    pub nodes: usize,
    /// Edges.
    pub edges: usize,
    /// Nodes without upstreams.
    pub roots: usize,
    /// Nodes without downstreams.
    pub leaves: usize,
    /// Nodes without either.
    pub isolated: usize,
    /// Topological levels: the nodes of a longest path.
    pub levels: usize,
    /// Nodes of the level that has most.
    pub widest_level: usize,
    /// Most upstreams of a node.
    pub max_in_degree: usize,
    /// Most downstreams of a node.
    pub max_out_degree: usize,
    /// Parts that no edge joins.
    pub components: usize,
}

/// Counts. O(n + m).
#[must_use]
pub fn stats(graph: &Csr) -> Stats {
    let mut stats = Stats {
        nodes: graph.node_count(),
        edges: graph.edge_count(),
        levels: graph.levels().len(),
        widest_level: graph.levels().map(<[u32]>::len).max().unwrap_or(0),
        components: weak_components(graph.out_rows()).1,
        ..Stats::default()
    };
    for node in 0..graph.node_count() as u32 {
        let (upstream, downstream) = (graph.predecessors(node).len(), graph.successors(node).len());
        stats.roots += usize::from(upstream == 0);
        stats.leaves += usize::from(downstream == 0);
        stats.isolated += usize::from(upstream == 0 && downstream == 0);
        stats.max_in_degree = stats.max_in_degree.max(upstream);
        stats.max_out_degree = stats.max_out_degree.max(downstream);
    }
    stats
}

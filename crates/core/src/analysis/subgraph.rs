//! Parts of a graph: the nodes chosen and every edge between them.

use super::bit_set::BitSet;
use crate::graph::{Csr, Rows};

/// The graph of some nodes and the edges between them.
#[derive(Debug, Clone)]
pub struct Subgraph {
    /// The part; its ids are places in `nodes`.
    pub graph: Csr,
    /// The nodes it was made of, ascending.
    pub nodes: Vec<u32>,
    /// The canonical index that each of its edges had, in its own canonical order.
    pub edges: Vec<u32>,
}

/// The part of the graph that these nodes induce. O(n / 64 + the nodes and edges kept and the edges that leave them).
#[must_use]
pub fn induced_subgraph(graph: &Csr, keep: &BitSet) -> Subgraph {
    let nodes: Vec<u32> = keep.iter().collect();
    let mut new_id = vec![0u32; graph.node_count()];
    for (id, &node) in nodes.iter().enumerate() {
        new_id[node as usize] = id as u32;
    }
    let mut start = vec![0u32];
    let (mut list, mut edges) = (Vec::new(), Vec::new());
    for &node in &nodes {
        let first_edge = graph.out_rows().starts()[node as usize];
        for (&to, edge) in graph.successors(node).iter().zip(first_edge..) {
            if keep.contains(to) {
                list.push(new_id[to as usize]);
                edges.push(edge);
            }
        }
        start.push(list.len() as u32);
    }
    let graph = Csr::from_sound_rows(Rows::from_parts(start, list));
    Subgraph { graph, nodes, edges }
}

/// Every node within so many edges of one of the sources, the sources included; `upstream` and `downstream` edges are counted
/// apart, and a path does not turn. `u32::MAX` means any distance. O(n / 64 + the part reached).
#[must_use]
pub fn within_depth(graph: &Csr, sources: &[u32], upstream: u32, downstream: u32) -> BitSet {
    let mut near = within(graph.out_rows(), sources, downstream);
    for node in within(graph.in_rows(), sources, upstream).iter() {
        near.insert(node);
    }
    near
}

fn within(rows: &Rows, sources: &[u32], depth: u32) -> BitSet {
    let mut near = BitSet::new(rows.node_count());
    let mut ring: Vec<u32> = sources.iter().copied().filter(|&node| near.insert(node)).collect();
    for _ in 0..depth {
        if ring.is_empty() {
            break;
        }
        ring = ring.iter().flat_map(|&node| rows.row(node)).copied().filter(|&to| near.insert(to)).collect();
    }
    near
}

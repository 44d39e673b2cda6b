//! Bottom levels: for each node the cost of the costliest path that starts with it.

use crate::graph::Csr;

/// The bottom level of each node, its own cost included. `costs` are by node; `None` means 1 each. O(n + m) time, O(n) space.
///
/// The usual priority of list scheduling: how much work must follow one after the other once the node starts.
#[must_use]
pub fn bottom_levels(graph: &Csr, costs: Option<&[f64]>) -> Vec<f64> {
    let mut level = vec![0.0; graph.node_count()];
    fill_bottom_levels(graph, costs, &mut level);
    level
}

/// [`bottom_levels`] into an array of one entry a node.
pub fn fill_bottom_levels(graph: &Csr, costs: Option<&[f64]>, level: &mut [f64]) {
    for &node in graph.order().iter().rev() {
        let below = graph.successors(node).iter().map(|&to| level[to as usize]).fold(0.0, f64::max);
        level[node as usize] = below + costs.map_or(1.0, |costs| costs[node as usize]);
    }
}

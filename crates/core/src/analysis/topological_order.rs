//! Topological orders by a key: of the nodes that could come next, always the one with the lowest key.
//!
//! Kahn's algorithm with a heap. The order without a key is kept by the graph itself ([`Csr::order`]).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::Csr;

/// The order in which, of all nodes whose upstreams are listed, the one of lowest rank is listed next.
///
/// `rank` is a permutation, such as the place of each name among the sorted names (which gives the lexicographically smallest
/// order) . O(m + n log n) time, O(n) space.
#[must_use]
pub fn order_by_rank(graph: &Csr, rank: &[u32]) -> Vec<u32> {
    order_by(graph, |node| rank[node as usize])
}

/// The order in which, of all nodes whose upstreams are listed, the one of highest priority is listed next, of equal ones the
/// lowest node. Priorities are finite and are not lent to upstreams. O(m + n log n) time, O(n) space.
#[must_use]
pub fn order_by_priority(graph: &Csr, priority: &[f64]) -> Vec<u32> {
    order_by(graph, |node| Reverse(ascending_key(priority[node as usize])))
}

/// Bits that compare as the float does; zeros of both signs are equal.
fn ascending_key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

fn order_by<K: Ord>(graph: &Csr, key: impl Fn(u32) -> K) -> Vec<u32> {
    let mut waiting_for: Vec<u32> = (0..graph.node_count() as u32).map(|node| graph.in_rows().degree(node)).collect();
    let mut order = Vec::with_capacity(graph.node_count());
    let roots = graph.levels().next().unwrap_or_default();
    let mut ready: BinaryHeap<Reverse<(K, u32)>> = roots.iter().map(|&node| Reverse((key(node), node))).collect();
    while let Some(Reverse((_, node))) = ready.pop() {
        order.push(node);
        for &to in graph.successors(node) {
            waiting_for[to as usize] -= 1;
            if waiting_for[to as usize] == 0 {
                ready.push(Reverse((key(to), to)));
            }
        }
    }
    order
}

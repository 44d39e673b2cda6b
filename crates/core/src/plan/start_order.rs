//! The order in which ready nodes start, as one static rank per node.
//!
//! Higher priority first, a node lending its own to all it waits for; then the longest remaining cost (the bottom level: a node's own
//! cost and the most expensive path below it); then insertion order. Nothing in it depends on the run, so a ready queue need only
//! compare ranks. (Bottom levels as list-scheduling priority: Adam, Chandy, Dickson, "A comparison of list schedules for parallel
//! processing systems", 1974.)

use crate::graph::Csr;

/// A permutation of the nodes and its inverse. Memory: 8 bytes a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartOrder {
    rank_of: Box<[u32]>,
    node_at: Box<[u32]>,
}

impl StartOrder {
    /// Computes the ranks. `costs` and `priorities` are by node and finite; a missing cost is 1, a missing priority 0.
    /// Time: O(n + m), a radix sort with as many passes as the keys have distinct 16-bit digits (1 to 4 a key).
    #[must_use]
    pub fn new(graph: &Csr, costs: Option<&[f64]>, priorities: Option<&[f64]>) -> Self {
        let n = graph.node_count();
        let mut node_at: Vec<u32> = (0..n as u32).collect();
        sort_descending(&mut node_at, &remaining_costs(graph, costs));
        if let Some(own) = priorities {
            sort_descending(&mut node_at, &lent_priorities(graph, own));
        }
        let mut rank_of = vec![0; n];
        for (rank, &node) in node_at.iter().enumerate() {
            rank_of[node as usize] = rank as u32;
        }
        Self { rank_of: rank_of.into(), node_at: node_at.into() }
    }

    /// The rank of a node; lower starts first.
    #[inline]
    #[must_use]
    pub fn rank_of(&self, node: u32) -> u32 {
        self.rank_of[node as usize]
    }

    /// The node of a rank.
    #[inline]
    #[must_use]
    pub fn node_at(&self, rank: u32) -> u32 {
        self.node_at[rank as usize]
    }
}

/// The longest remaining cost of every node: its own and the most expensive path below it. O(n + m).
pub(super) fn remaining_costs(graph: &Csr, costs: Option<&[f64]>) -> Vec<f64> {
    let mut remaining = vec![0.0f64; graph.node_count()];
    for &node in graph.order().iter().rev() {
        let below = graph.successors(node).iter().map(|&next| remaining[next as usize]).fold(0.0, f64::max);
        remaining[node as usize] = below + costs.map_or(1.0, |costs| costs[node as usize]);
    }
    remaining
}

/// The priority of every node, lent ones counted. O(n + m).
pub(super) fn lent_priorities(graph: &Csr, own: &[f64]) -> Vec<f64> {
    let mut lent = own.to_vec();
    for &node in graph.order().iter().rev() {
        let most = graph.successors(node).iter().map(|&next| lent[next as usize]).fold(lent[node as usize], f64::max);
        lent[node as usize] = most;
    }
    lent
}

/// A key whose unsigned order is the descending order of the floats. Zeros of both signs are one key.
#[must_use]
pub fn descending_key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    let ascending = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
    !ascending
}

/// Sorts `nodes` by descending `value`, equal ones staying in place: least significant digit first, digits all keys share skipped.
fn sort_descending(nodes: &mut Vec<u32>, value: &[f64]) {
    const RADIX: usize = 1 << 16;
    if nodes.len() < 2048 {
        nodes.sort_by_key(|&node| descending_key(value[node as usize]));
        return;
    }
    let keys: Vec<u64> = value.iter().map(|&v| descending_key(v)).collect();
    let mut spare = vec![0u32; nodes.len()];
    for shift in [0, 16, 32, 48] {
        let digit = |node: u32| (keys[node as usize] >> shift) as usize % RADIX;
        let mut start = vec![0u32; RADIX + 1];
        for &node in nodes.iter() {
            start[digit(node) + 1] += 1;
        }
        if start[1..].iter().any(|&count| count as usize == nodes.len()) {
            continue;
        }
        for i in 0..RADIX {
            start[i + 1] += start[i];
        }
        for &node in nodes.iter() {
            let at = &mut start[digit(node)];
            spare[*at as usize] = node;
            *at += 1;
        }
        std::mem::swap(nodes, &mut spare);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_radix_sort_is_a_stable_descending_sort(values in prop::collection::vec(prop_oneof![Just(0.0), Just(-0.0), -3.0..3.0f64, any::<i32>().prop_map(f64::from)], 0..6000)) {
            let mut nodes: Vec<u32> = (0..values.len() as u32).collect();
            let mut expected = nodes.clone();
            expected.sort_by(|&a, &b| values[b as usize].partial_cmp(&values[a as usize]).expect("finite"));
            sort_descending(&mut nodes, &values);
            prop_assert_eq!(nodes, expected);
        }
    }
}

//! Everything that is wrong with a list of edges, found at once.

use super::components::StrongComponents;
use super::cycle::shortest_cycle_in;
use super::rows::Rows;

/// One thing that keeps edges from being a graph. Positions count edges of the list that was checked, from 0.
///
/// A report lists the faults of single edges first, by position, then one cycle for each cyclic component, by its lowest node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An end of the edge is not a node.
    UnknownNode {
        /// Position of the edge.
        edge: u32,
        /// The id that is no node.
        node: u32,
    },
    /// The edge leads back to the node it leaves.
    SelfLoop {
        /// Position of the edge.
        edge: u32,
        /// The node.
        node: u32,
    },
    /// The edge was listed before.
    DuplicateEdge {
        /// Position of the repeated edge.
        edge: u32,
        /// Position of the edge it repeats, the first of its kind.
        first: u32,
    },
    /// A strongly connected component of several nodes, shown by one of its cycles: a shortest one through its lowest node,
    /// starting there, as [`super::cycle::shortest_cycle_in`] defines it. The first node is not repeated at the end.
    Cycle {
        /// The nodes along the cycle.
        path: Vec<u32>,
    },
}

/// Lists all faults of the edges `[from, to, …]`; empty means they form a DAG.
///
/// Edges with a fault of their own take no part in the search for cycles. O(n + m log m) time, O(n + m) space.
#[must_use]
pub fn find_faults(node_count: u32, pairs: &[u32]) -> Vec<Fault> {
    find_faults_among(node_count, pairs, |node| node < node_count)
}

/// The same for a graph in which not every id below `node_count` is a node.
pub(super) fn find_faults_among(node_count: u32, pairs: &[u32], is_node: impl Fn(u32) -> bool) -> Vec<Fault> {
    let (mut faults, sound) = edge_faults(pairs, is_node);
    let rows = Rows::from_pairs(node_count, &sound);
    let components = StrongComponents::of(&rows);
    faults.extend(components.cyclic().map(|members| Fault::Cycle { path: shortest_cycle_in(&rows, &components, members[0]) }));
    faults
}

/// Whether the edges `[from, to, …]` have no cycle; a self loop is one, a doubled edge is not. `None` where an end is no node.
///
/// Kahn's algorithm without a graph to keep: O(n + m) where the edges come listed by either end.
#[must_use]
pub fn is_acyclic(node_count: u32, pairs: &[u32]) -> Option<bool> {
    if pairs.iter().any(|&end| end >= node_count) {
        return None;
    }
    let rows = Rows::from_pairs(node_count, pairs);
    let mut waiting_for = vec![0u32; node_count as usize];
    for &to in rows.list() {
        waiting_for[to as usize] += 1;
    }
    let mut ready: Vec<u32> = (0..node_count).filter(|&node| waiting_for[node as usize] == 0).collect();
    let mut at = 0;
    while let Some(&node) = ready.get(at) {
        at += 1;
        for &to in rows.row(node) {
            waiting_for[to as usize] -= 1;
            if waiting_for[to as usize] == 0 {
                ready.push(to);
            }
        }
    }
    Some(ready.len() == node_count as usize)
}

/// The faults of single edges, and the edges that have none.
fn edge_faults(pairs: &[u32], is_node: impl Fn(u32) -> bool) -> (Vec<Fault>, Vec<u32>) {
    let mut faults = Vec::new();
    let mut sound = Vec::with_capacity(pairs.len());
    let first_of_kind = first_positions(pairs);
    for (position, ends) in pairs.chunks_exact(2).enumerate() {
        let (edge, from, to) = (position as u32, ends[0], ends[1]);
        let known = faults.len();
        faults.extend([from, to].into_iter().filter(|&node| !is_node(node)).map(|node| Fault::UnknownNode { edge, node }));
        if from == to {
            // An unknown node that loops is reported once.
            faults.truncate(known + 1);
            if is_node(from) {
                faults.push(Fault::SelfLoop { edge, node: from });
            }
        } else if faults.len() == known {
            let first = first_of_kind[position];
            if first == edge {
                sound.extend([from, to]);
            } else {
                faults.push(Fault::DuplicateEdge { edge, first });
            }
        }
    }
    (faults, sound)
}

/// For each edge, the position of the first one with the same ends.
fn first_positions(pairs: &[u32]) -> Vec<u32> {
    let ends = |edge: u32| (pairs[edge as usize * 2], pairs[edge as usize * 2 + 1]);
    let mut first: Vec<u32> = (0..(pairs.len() / 2) as u32).collect();
    let mut sorted = first.clone();
    sorted.sort_unstable_by_key(|&edge| (ends(edge), edge));
    for same in sorted.chunk_by(|&a, &b| ends(a) == ends(b)) {
        for &edge in same {
            first[edge as usize] = same[0];
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::{Fault, find_faults};

    #[test]
    fn everything_is_reported_at_once_in_order() {
        let pairs = [0, 1, 1, 2, 2, 0, 0, 1, 3, 3, 4, 9, 9, 9, 6, 5, 5, 6, 2, 1];
        assert_eq!(
            find_faults(7, &pairs),
            [
                Fault::DuplicateEdge { edge: 3, first: 0 },
                Fault::SelfLoop { edge: 4, node: 3 },
                Fault::UnknownNode { edge: 5, node: 9 },
                Fault::UnknownNode { edge: 6, node: 9 },
                Fault::Cycle { path: vec![0, 1, 2] },
                Fault::Cycle { path: vec![5, 6] },
            ]
        );
        assert_eq!(find_faults(3, &[0, 1, 1, 2, 0, 2]), []);
    }
}

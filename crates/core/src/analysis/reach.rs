//! What can be reached from a node, along the edges or against them.

use super::bit_set::BitSet;
use crate::graph::{Csr, Rows};

/// Everything that can be reached from the sources along the rows, the sources included.
///
/// Breadth first, which in layered graphs touches memory in order. O(reached part) time after O(n / 64).
#[must_use]
pub fn reachable(rows: &Rows, sources: &[u32]) -> BitSet {
    let mut reached = BitSet::new(rows.node_count());
    let mut queue: Vec<u32> = sources.iter().copied().filter(|&node| reached.insert(node)).collect();
    let mut at = 0;
    while let Some(&node) = queue.get(at) {
        at += 1;
        for &to in rows.row(node) {
            if reached.insert(to) {
                queue.push(to);
            }
        }
    }
    reached
}

/// All nodes that depend on a node, without itself.
#[must_use]
pub fn descendants(graph: &Csr, node: u32) -> BitSet {
    others_reached(graph.out_rows(), node)
}

/// All nodes that a node depends on, without itself.
#[must_use]
pub fn ancestors(graph: &Csr, node: u32) -> BitSet {
    others_reached(graph.in_rows(), node)
}

fn others_reached(rows: &Rows, node: u32) -> BitSet {
    let mut reached = reachable(rows, &[node]);
    reached.remove(node);
    reached
}

/// Whether a path of at least one edge leads from `ancestor` to `node`.
///
/// Two searches take turns, downward and upward, so the cost is that of the smaller of the two neighborhoods; for many questions
/// about one graph see [`super::reachability`]. O(n / 64) to set up.
#[must_use]
pub fn is_ancestor(graph: &Csr, ancestor: u32, node: u32) -> bool {
    if ancestor == node {
        return false;
    }
    let mut down = Frontier::new(graph.out_rows(), ancestor);
    let mut up = Frontier::new(graph.in_rows(), node);
    loop {
        match down.step(&up.reached) {
            Some(true) => return true,
            Some(false) => {}
            None => return false,
        }
        match up.step(&down.reached) {
            Some(true) => return true,
            Some(false) => {}
            None => return false,
        }
    }
}

/// One of the two searches.
struct Frontier<'graph> {
    rows: &'graph Rows,
    reached: BitSet,
    queue: Vec<u32>,
    at: usize,
    edge: usize,
}

impl<'graph> Frontier<'graph> {
    fn new(rows: &'graph Rows, start: u32) -> Self {
        Self { rows, reached: BitSet::of(rows.node_count(), &[start]), queue: vec![start], at: 0, edge: 0 }
    }

    /// Follows one edge: whether it met the other search, or `None` where nothing is left.
    fn step(&mut self, other: &BitSet) -> Option<bool> {
        loop {
            let &node = self.queue.get(self.at)?;
            let Some(&to) = self.rows.row(node).get(self.edge) else {
                self.at += 1;
                self.edge = 0;
                continue;
            };
            self.edge += 1;
            if self.reached.insert(to) {
                self.queue.push(to);
            }
            return Some(other.contains(to));
        }
    }
}

//! All paths between two nodes, one at a time.

use super::bit_set::BitSet;
use super::reach::reachable;
use crate::graph::Csr;

/// A walk through all paths from one node to another, in lexicographic order of their nodes.
///
/// Only nodes that reach the target are entered, so no step is in vain: O(n + m) before the first path, then O(d · length) a path at
/// most (d is the largest number of downstreams) and O(length) space beside one bit a node. The graph is handed to each step,
/// which lets the walk outlive any borrow of it; it must always be the same one.
#[derive(Debug, Clone)]
pub struct AllPaths {
    target: u32,
    leads_there: BitSet,
    path: Vec<u32>,
    /// For each node of the path, the place among its downstreams to go on from.
    next_edge: Vec<u32>,
}

impl AllPaths {
    /// A walk from `from` to `to`. Where both are one node, that node alone is the only path.
    #[must_use]
    pub fn new(graph: &Csr, from: u32, to: u32) -> Self {
        let leads_there = reachable(graph.in_rows(), &[to]);
        let (path, next_edge) = if leads_there.contains(from) { (vec![from], vec![0]) } else { (vec![], vec![]) };
        Self { target: to, leads_there, path, next_edge }
    }

    /// The next path, first node and last included; `None` after the last.
    pub fn advance(&mut self, graph: &Csr) -> Option<&[u32]> {
        // The path that was handed out last ends at the target: leave it.
        if self.path.last() == Some(&self.target) && self.next_edge.last() != Some(&0) {
            self.step_back();
        }
        loop {
            let &node = self.path.last()?;
            if node == self.target {
                // Marks the path as handed out.
                *self.next_edge.last_mut()? = 1;
                return Some(&self.path);
            }
            let edge = self.next_edge.last_mut()?;
            let ahead = &graph.successors(node)[*edge as usize..];
            if let Some(skipped) = ahead.iter().position(|&to| self.leads_there.contains(to)) {
                *edge += skipped as u32 + 1;
                self.path.push(ahead[skipped]);
                self.next_edge.push(0);
            } else {
                self.step_back();
            }
        }
    }

    fn step_back(&mut self) {
        self.path.pop();
        self.next_edge.pop();
    }
}

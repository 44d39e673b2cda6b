//! The dominator tree: for each node the nearest one that lies on every path to it from outside.

use crate::graph::Csr;

/// Stands for the virtual root in front of all roots.
pub const VIRTUAL_ROOT: u32 = u32::MAX;

/// The immediate dominator of each node: the last node before it that every path from the virtual root passes, or
/// [`VIRTUAL_ROOT`] itself.
///
/// In a DAG the immediate dominator of a node is the lowest common ancestor of its upstreams in the tree built so far (Cooper,
/// Harvey and Kennedy, "A simple, fast dominance algorithm", 2001: one round suffices in topological order). Ancestors are found
/// by jump pointers (Myers, "An applicative random-access stack", 1983), so hostile graphs cost no more than others:
/// O((n + m) log n) time, O(n) space.
#[must_use]
pub fn immediate_dominators(graph: &Csr) -> Vec<u32> {
    let mut tree = Tree::new(graph.node_count());
    for &node in graph.order() {
        let meet = graph.predecessors(node).iter().map(|&from| from + 1).reduce(|a, b| tree.lowest_common_ancestor(a, b));
        tree.hang(node + 1, meet.unwrap_or(0));
    }
    tree.parent[1..].iter().map(|&parent| parent.wrapping_sub(1)).collect()
}

/// A growing tree with jump pointers; 0 is the root, node `n` of the graph is `n + 1`.
struct Tree {
    parent: Vec<u32>,
    jump: Vec<u32>,
    depth: Vec<u32>,
}

impl Tree {
    fn new(node_count: usize) -> Self {
        let empty = vec![0; node_count + 1];
        Self { parent: empty.clone(), jump: empty.clone(), depth: empty }
    }

    fn hang(&mut self, node: u32, parent: u32) {
        let (i, p) = (node as usize, parent as usize);
        self.parent[i] = parent;
        self.depth[i] = self.depth[p] + 1;
        let jump = self.jump[p] as usize;
        // Two jumps of one length make one of the next: lengths are those of skew binary numbers.
        let is_carry = self.depth[p] - self.depth[jump] == self.depth[jump] - self.depth[self.jump[jump] as usize];
        self.jump[i] = if is_carry { self.jump[jump] } else { parent };
    }

    fn lowest_common_ancestor(&self, a: u32, b: u32) -> u32 {
        let (mut high, mut low) = if self.depth[a as usize] <= self.depth[b as usize] { (a, b) } else { (b, a) };
        let depth = self.depth[high as usize];
        while self.depth[low as usize] > depth {
            let jump = self.jump[low as usize];
            low = if self.depth[jump as usize] >= depth { jump } else { self.parent[low as usize] };
        }
        // Nodes of one depth have jumps of one length.
        while high != low {
            let (jump_high, jump_low) = (self.jump[high as usize], self.jump[low as usize]);
            let differs = jump_high != jump_low;
            (high, low) = if differs { (jump_high, jump_low) } else { (self.parent[high as usize], self.parent[low as usize]) };
        }
        high
    }
}

//! How many paths there are: exact numbers of any size.

use super::reach::reachable;
use crate::graph::Csr;

/// A non-negative integer, least significant 64 bits first, without leading zeros; zero is empty.
pub type Count = Vec<u64>;

/// The number of paths from one node to another. Where both are one node: 1, the path of that node alone.
///
/// O(n + m) additions of numbers as long as the answer or shorter.
#[must_use]
pub fn count_paths(graph: &Csr, from: u32, to: u32) -> Count {
    let mut between = reachable(graph.out_rows(), &[from]);
    if !between.contains(to) {
        return Count::new();
    }
    between.intersect(&reachable(graph.in_rows(), &[to]));
    count(graph, |node| between.contains(node), |node| node == from, |node| node == to)
}

/// The number of paths from any root to any leaf; a node that is both counts as one. O(n + m) additions.
#[must_use]
pub fn count_root_to_leaf_paths(graph: &Csr) -> Count {
    count(graph, |_| true, |node| graph.predecessors(node).is_empty(), |node| graph.successors(node).is_empty())
}

fn count(graph: &Csr, counts: impl Fn(u32) -> bool, is_start: impl Fn(u32) -> bool, is_end: impl Fn(u32) -> bool) -> Count {
    count_small(graph, &counts, &is_start, &is_end)
        .map_or_else(|| count_big(graph, &counts, &is_start, &is_end), |small| if small == 0 { Count::new() } else { vec![small] })
}

/// `None` where a number outgrows 64 bits.
fn count_small(graph: &Csr, counts: impl Fn(u32) -> bool, is_start: impl Fn(u32) -> bool, is_end: impl Fn(u32) -> bool) -> Option<u64> {
    let mut paths_to = vec![0u64; graph.node_count()];
    let mut total = 0u64;
    for &node in graph.order().iter().filter(|&&node| counts(node)) {
        let upstream = graph.predecessors(node).iter().try_fold(0u64, |sum, &from| sum.checked_add(paths_to[from as usize]))?;
        paths_to[node as usize] = upstream.checked_add(u64::from(is_start(node)))?;
        if is_end(node) {
            total = total.checked_add(paths_to[node as usize])?;
        }
    }
    Some(total)
}

fn count_big(graph: &Csr, counts: impl Fn(u32) -> bool, is_start: impl Fn(u32) -> bool, is_end: impl Fn(u32) -> bool) -> Count {
    let mut paths_to = vec![Count::new(); graph.node_count()];
    let mut total = Count::new();
    for &node in graph.order().iter().filter(|&&node| counts(node)) {
        // A number is given up as soon as it has been added downstream, which bounds the space by the width of the graph.
        let mut paths = std::mem::take(&mut paths_to[node as usize]);
        if is_start(node) {
            add(&mut paths, &[1]);
        }
        if is_end(node) {
            add(&mut total, &paths);
        }
        for &to in graph.successors(node).iter().filter(|&&to| counts(to)) {
            add(&mut paths_to[to as usize], &paths);
        }
    }
    total
}

fn add(sum: &mut Count, other: &[u64]) {
    if sum.len() < other.len() {
        sum.resize(other.len(), 0);
    }
    let mut carry = false;
    for (at, limb) in sum.iter_mut().enumerate() {
        if at >= other.len() && !carry {
            return;
        }
        let (partial, first) = limb.overflowing_add(other.get(at).copied().unwrap_or(0));
        let (full, second) = partial.overflowing_add(u64::from(carry));
        *limb = full;
        carry = first || second;
    }
    if carry {
        sum.push(1);
    }
}

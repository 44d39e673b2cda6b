//! One whole cycle out of a strongly connected component, always the same one.

use std::collections::VecDeque;

use super::components::StrongComponents;
use super::rows::Rows;

/// A shortest cycle through `node`, starting there, within its component; the start is not repeated at the end.
///
/// Breadth-first search with ascending successors: of several shortest cycles the answer is the one whose nodes were reached
/// first, that is, level by level the one that leaves by the lower node. `node` must lie on a cycle.
/// O(edges of the component) time, O(nodes of the graph) space, of which only the component's part is touched.
#[must_use]
pub fn shortest_cycle_in(rows: &Rows, components: &StrongComponents, node: u32) -> Vec<u32> {
    let component = components.component_of(node);
    // 0 means not reached, otherwise the node it was reached from plus one; a zeroed allocation costs nothing until touched.
    let mut reached_from = vec![0u32; rows.node_count()];
    let mut queue = VecDeque::from([node]);
    while let Some(from) = queue.pop_front() {
        for &to in rows.row(from) {
            if to == node {
                return walk_back(&reached_from, node, from);
            }
            if components.component_of(to) == component && reached_from[to as usize] == 0 {
                reached_from[to as usize] = from + 1;
                queue.push_back(to);
            }
        }
    }
    debug_assert!(false, "node {node} is on no cycle");
    vec![node]
}

fn walk_back(reached_from: &[u32], start: u32, end: u32) -> Vec<u32> {
    let mut path = vec![end];
    let mut at = end;
    while at != start {
        at = reached_from[at as usize] - 1;
        path.push(at);
    }
    path.reverse();
    path
}

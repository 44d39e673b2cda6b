//! The shortest path between two nodes, by number of edges or by their weights.

use crate::graph::Csr;

const NONE: u32 = u32::MAX;

/// A path and the sum of the weights of its edges.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedPath {
    /// The nodes, first and last included.
    pub nodes: Vec<u32>,
    /// The sum of the weights, or the number of edges where there are no weights.
    pub length: f64,
}

/// The shortest path from one node to another; `None` where there is none. A node's path to itself has length 0.
///
/// `weights` go by canonical edge index and may be negative. Of several shortest paths the one is taken that, walked from its
/// end, comes from the upstream that is first in the graph's topological order (with weights) or that was reached first by a
/// breadth-first search with ascending downstreams (without). O(n + m) time, O(n) space; without weights only as far as `to`.
#[must_use]
pub fn shortest_path(graph: &Csr, from: u32, to: u32, weights: Option<&[f64]>) -> Option<WeightedPath> {
    let came_from = match weights {
        None => search(graph, from, to),
        Some(weights) => relax(graph, from, weights),
    };
    if from != to && came_from[to as usize] == NONE {
        return None;
    }
    let nodes = walk_back(&came_from, from, to);
    let length = length_of(graph, &nodes, weights);
    Some(WeightedPath { nodes, length })
}

/// Breadth first until `to` is found.
fn search(graph: &Csr, from: u32, to: u32) -> Vec<u32> {
    let mut came_from = vec![NONE; graph.node_count()];
    came_from[from as usize] = from;
    let mut queue = vec![from];
    let mut at = 0;
    while at < queue.len() && came_from[to as usize] == NONE {
        let node = queue[at];
        at += 1;
        for &next in graph.successors(node) {
            if came_from[next as usize] == NONE {
                came_from[next as usize] = node;
                queue.push(next);
            }
        }
    }
    came_from
}

/// One pass in topological order (Lawler 1976, section 3.5).
fn relax(graph: &Csr, from: u32, weights: &[f64]) -> Vec<u32> {
    let mut came_from = vec![NONE; graph.node_count()];
    let mut distance = vec![f64::INFINITY; graph.node_count()];
    came_from[from as usize] = from;
    distance[from as usize] = 0.0;
    for &node in graph.order() {
        if came_from[node as usize] == NONE {
            continue;
        }
        let first_edge = graph.out_rows().starts()[node as usize] as usize;
        for (&next, weight) in graph.successors(node).iter().zip(&weights[first_edge..]) {
            let candidate = distance[node as usize] + weight;
            if candidate < distance[next as usize] {
                distance[next as usize] = candidate;
                came_from[next as usize] = node;
            }
        }
    }
    came_from
}

pub(super) fn walk_back(came_from: &[u32], from: u32, to: u32) -> Vec<u32> {
    let mut nodes = vec![to];
    let mut at = to;
    while at != from {
        at = came_from[at as usize];
        nodes.push(at);
    }
    nodes.reverse();
    nodes
}

/// The sum of the weights along a path.
pub(super) fn length_of(graph: &Csr, nodes: &[u32], weights: Option<&[f64]>) -> f64 {
    let Some(weights) = weights else { return (nodes.len() - 1) as f64 };
    let edges = nodes.windows(2).filter_map(|ends| graph.edge_index(ends[0], ends[1]));
    edges.map(|edge| weights[edge as usize]).sum()
}

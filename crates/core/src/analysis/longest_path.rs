//! The longest path, by number of edges or by their weights. (By the cost of nodes it is the critical path.)

use super::shortest_path::{WeightedPath, length_of, walk_back};
use crate::graph::Csr;

const NONE: u32 = u32::MAX;

/// The longest path of the graph, or the longest one that starts at `from` or ends at `to` where they are given.
///
/// `None` for an empty graph and where no path leads from `from` to `to`. `weights` go by canonical edge index and may be
/// negative; an end that is not given is free, so a path of one node, of length 0, is always possible at it. Of several longest
/// paths the one is taken that ends at the lowest node and, walked from there, comes from the upstream that is first in the
/// graph's topological order. O(n + m) time, O(n) space.
#[must_use]
pub fn longest_path(graph: &Csr, from: Option<u32>, to: Option<u32>, weights: Option<&[f64]>) -> Option<WeightedPath> {
    let mut came_from = vec![NONE; graph.node_count()];
    let mut distance = vec![f64::NEG_INFINITY; graph.node_count()];
    for &node in graph.order() {
        let i = node as usize;
        // A path may start here, and does where nothing leads here or what does is shorter than nothing.
        if from.is_none_or(|from| from == node) && distance[i] < 0.0 {
            distance[i] = 0.0;
            came_from[i] = node;
        }
        if came_from[i] == NONE {
            continue;
        }
        let first_edge = graph.out_rows().starts()[i] as usize;
        for (place, &next) in graph.successors(node).iter().enumerate() {
            let candidate = distance[i] + weights.map_or(1.0, |weights| weights[first_edge + place]);
            if candidate > distance[next as usize] {
                distance[next as usize] = candidate;
                came_from[next as usize] = node;
            }
        }
    }
    let end = match to {
        Some(to) => to,
        None => (0..graph.node_count() as u32)
            .reduce(|best, node| if distance[node as usize] > distance[best as usize] { node } else { best })?,
    };
    if came_from[end as usize] == NONE {
        return None;
    }
    let mut start = end;
    while came_from[start as usize] != start {
        start = came_from[start as usize];
    }
    let nodes = walk_back(&came_from, start, end);
    let length = length_of(graph, &nodes, weights);
    Some(WeightedPath { nodes, length })
}

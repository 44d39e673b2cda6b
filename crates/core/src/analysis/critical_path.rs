//! The critical path: how early and how late each node can start, and the path that leaves no choice.
//!
//! The critical path method of Kelley and Walker (1959) on nodes that carry costs.

use crate::graph::Csr;

/// The columns to fill, one entry a node each.
#[derive(Debug)]
pub struct Times<'a> {
    /// The earliest time at which a node can start.
    pub earliest: &'a mut [f64],
    /// The latest time at which it can start without delaying the end of the whole.
    pub latest: &'a mut [f64],
    /// How much later than `earliest` it may start: `latest - earliest`, exactly 0 on every critical path.
    pub slack: &'a mut [f64],
}

/// Fills the times of all nodes and returns a critical path with its cost; an empty path of cost 0 for an empty graph.
///
/// `costs` are by node, finite and not negative; `None` means 1 each. Of several critical paths the one is taken that starts at
/// the lowest node and goes on to the lowest downstream each time. A difference that rounding alone can explain counts as no
/// slack: at most (number of levels + 2) · 2⁻⁵² of the whole cost. O(n + m) time, no space beside the columns and the path.
#[must_use]
pub fn critical_path(graph: &Csr, costs: Option<&[f64]>, times: Times<'_>) -> (Vec<u32>, f64) {
    match costs {
        Some(costs) => fill(graph, |node| costs[node as usize], times),
        None => fill(graph, |_| 1.0, times),
    }
}

fn fill(graph: &Csr, cost: impl Fn(u32) -> f64, times: Times<'_>) -> (Vec<u32>, f64) {
    let Times { earliest, latest, slack } = times;
    let mut total = 0.0f64;
    for &node in graph.order() {
        let start = graph.predecessors(node).iter().map(|&from| earliest[from as usize] + cost(from)).fold(0.0, f64::max);
        earliest[node as usize] = start;
        total = total.max(start + cost(node));
    }
    // While walking up, `latest` holds bottom levels: the way down is then a comparison of equals.
    let rounding = total * f64::EPSILON * (graph.levels().len() + 2) as f64;
    for &node in graph.order().iter().rev() {
        let below = graph.successors(node).iter().map(|&to| latest[to as usize]).fold(0.0, f64::max);
        let bottom = below + cost(node);
        latest[node as usize] = bottom;
        let free = total - bottom - earliest[node as usize];
        slack[node as usize] = if free <= rounding { 0.0 } else { free };
    }
    let path = walk_down(graph, latest);
    for ((latest, slack), earliest) in latest.iter_mut().zip(slack.iter()).zip(earliest.iter()) {
        *latest = earliest + slack;
    }
    (path, total)
}

/// From the lowest root of highest bottom level, always to the lowest downstream of highest bottom level.
fn walk_down(graph: &Csr, bottom_level: &[f64]) -> Vec<u32> {
    let highest = |nodes: &[u32]| {
        nodes.iter().copied().reduce(|best, node| if bottom_level[node as usize] > bottom_level[best as usize] { node } else { best })
    };
    let first = highest(graph.levels().next().unwrap_or_default());
    std::iter::successors(first, |&node| highest(graph.successors(node))).collect()
}

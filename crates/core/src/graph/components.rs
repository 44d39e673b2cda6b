//! Components of any edges, cyclic ones included: strongly and weakly connected.

use super::rows::Rows;

const UNSEEN: u32 = u32::MAX;
const TOP_LABEL: u32 = UNSEEN - 1;

/// The partition of a graph's nodes into strongly connected components: two nodes share one where each reaches the other.
///
/// Components are numbered by their lowest node, ascending.
#[derive(Debug, Clone)]
pub struct StrongComponents {
    component: Vec<u32>,
    /// The members of each component, ascending.
    members: Rows,
}

impl StrongComponents {
    /// Tarjan's algorithm in Pearce's form, with an explicit stack (Pearce, "A space-efficient algorithm for finding strongly
    /// connected components", 2016). O(n + m) time, O(n) space.
    #[must_use]
    pub fn of(rows: &Rows) -> Self {
        Self::from_labels(&label_strong_components(rows))
    }

    /// Renumbers labels by lowest member and gathers the members.
    fn from_labels(labels: &[u32]) -> Self {
        let (component, count) = number_by_lowest_node(labels.iter().map(|label| TOP_LABEL - label));
        let mut start = vec![0u32; count + 1];
        for &of in &component {
            start[of as usize + 1] += 1;
        }
        for i in 0..count {
            start[i + 1] += start[i];
        }
        let mut cursor = start.clone();
        let mut list = vec![0u32; component.len()];
        for (node, &of) in component.iter().enumerate() {
            list[cursor[of as usize] as usize] = node as u32;
            cursor[of as usize] += 1;
        }
        Self { component, members: Rows::from_parts(start, list) }
    }

    /// How many components there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.members.node_count()
    }

    /// The component of a node.
    #[must_use]
    pub fn component_of(&self, node: u32) -> u32 {
        self.component[node as usize]
    }

    /// The component of each node.
    #[must_use]
    pub fn components(&self) -> &[u32] {
        &self.component
    }

    /// The nodes of a component, ascending.
    #[must_use]
    pub fn members(&self, component: u32) -> &[u32] {
        self.members.row(component)
    }

    /// The components of more than one node, by lowest node.
    pub fn cyclic(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.count() as u32).map(|component| self.members(component)).filter(|members| members.len() > 1)
    }
}

/// Labels each node with a number that its component shares.
///
/// One array plays two parts, as in Pearce's paper: while a node is open it holds the lowest discovery number reached, once its
/// component is closed it holds the component's label, counted down from the top so that the two never meet.
fn label_strong_components(rows: &Rows) -> Vec<u32> {
    let node_count = rows.node_count();
    let mut lowest = vec![UNSEEN; node_count];
    let mut next_edge = vec![0u32; node_count];
    let mut is_root = vec![true; node_count];
    let mut path: Vec<u32> = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    let mut discovered = 0u32;
    let mut label = TOP_LABEL;

    for start in 0..node_count as u32 {
        if lowest[start as usize] != UNSEEN {
            continue;
        }
        lowest[start as usize] = discovered;
        discovered += 1;
        path.push(start);
        while let Some(&node) = path.last() {
            let i = node as usize;
            let row = rows.row(node);
            if let Some(&to) = row.get(next_edge[i] as usize) {
                if lowest[to as usize] == UNSEEN {
                    // The edge is looked at again on return, when `to` has its number.
                    lowest[to as usize] = discovered;
                    discovered += 1;
                    path.push(to);
                    continue;
                }
                next_edge[i] += 1;
                if lowest[to as usize] < lowest[i] {
                    lowest[i] = lowest[to as usize];
                    is_root[i] = false;
                }
                continue;
            }
            path.pop();
            if !is_root[i] {
                open.push(node);
                continue;
            }
            // Closing a component takes its discovery numbers back, which keeps labels and numbers apart.
            let first = lowest[i];
            while let Some(&member) = open.last() {
                if lowest[member as usize] < first {
                    break;
                }
                open.pop();
                lowest[member as usize] = label;
                discovered -= 1;
            }
            lowest[i] = label;
            discovered -= 1;
            label -= 1;
        }
    }
    lowest
}

/// For each node the number of its weakly connected component (edges taken both ways), and how many there are.
///
/// Components are numbered by their lowest node, ascending. Union by lower root with path halving: O(n + m log n) time, O(n) space.
#[must_use]
pub fn weak_components(rows: &Rows) -> (Vec<u32>, usize) {
    let mut parent: Vec<u32> = (0..rows.node_count() as u32).collect();
    for (from, to) in rows.edges() {
        let (a, b) = (find_root(&mut parent, from), find_root(&mut parent, to));
        parent[a.max(b) as usize] = a.min(b);
    }
    for node in 0..parent.len() as u32 {
        parent[node as usize] = find_root(&mut parent, node);
    }
    number_by_lowest_node(parent.iter().copied())
}

fn find_root(parent: &mut [u32], mut node: u32) -> u32 {
    while parent[node as usize] != node {
        let above = parent[parent[node as usize] as usize];
        parent[node as usize] = above;
        node = above;
    }
    node
}

/// Renumbers labels, each below the number of nodes, to 0, 1, … in the order of their first node.
fn number_by_lowest_node(labels: impl ExactSizeIterator<Item = u32>) -> (Vec<u32>, usize) {
    let mut number = vec![UNSEEN; labels.len()];
    let mut count = 0;
    let numbered = labels
        .map(|label| {
            let entry = &mut number[label as usize];
            if *entry == UNSEEN {
                *entry = count;
                count += 1;
            }
            *entry
        })
        .collect();
    (numbered, count as usize)
}

//! The condensation: each strongly connected component as one node. It is acyclic whatever the edges were.

use crate::graph::components::StrongComponents;
use crate::graph::{Csr, Rows};

/// The graph of the components: an edge wherever one leads from a member of one to a member of another, none of them twice.
///
/// Nodes are component numbers, that is, in the order of their lowest members. O(n + m log d).
#[must_use]
pub fn condense(rows: &Rows, components: &StrongComponents) -> Csr {
    let mut start = vec![0u32];
    let mut list: Vec<u32> = Vec::new();
    let mut row = Vec::new();
    for component in 0..components.count() as u32 {
        let reached = components.members(component).iter().flat_map(|&node| rows.row(node)).map(|&to| components.component_of(to));
        row.extend(reached.filter(|&to| to != component));
        row.sort_unstable();
        row.dedup();
        list.append(&mut row);
        start.push(list.len() as u32);
    }
    // Components that reached each other would be one.
    Csr::from_sound_rows(Rows::from_parts(start, list))
}

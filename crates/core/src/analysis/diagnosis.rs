//! What can be said of any list of edges, cyclic or not: what is wrong with it, its components, and the graph of these.

use super::condensation::condense;
use crate::graph::check::{Fault, find_faults};
use crate::graph::components::{StrongComponents, weak_components};
use crate::graph::{Csr, Rows};

/// The findings.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// Everything that keeps the edges from being a DAG; empty where they are one.
    pub faults: Vec<Fault>,
    /// Strongly connected components.
    pub strong: StrongComponents,
    /// The weakly connected component of each node, numbered by lowest node.
    pub weak: Vec<u32>,
    /// How many weakly connected components there are.
    pub weak_count: usize,
    /// The components as an acyclic graph.
    pub condensation: Csr,
}

/// Examines the edges `[from, to, …]`. Edges with unknown ends and repeated edges take no part in the components; self loops do
/// not either, as they join nothing. O(n + m log m).
#[must_use]
pub fn diagnose(node_count: u32, pairs: &[u32]) -> Diagnosis {
    let faults = find_faults(node_count, pairs);
    let known: Vec<u32> = pairs.chunks_exact(2).filter(|ends| ends.iter().all(|&end| end < node_count)).flatten().copied().collect();
    let rows = Rows::from_pairs(node_count, &known);
    let strong = StrongComponents::of(&rows);
    let (weak, weak_count) = weak_components(&rows);
    let condensation = condense(&rows, &strong);
    Diagnosis { faults, strong, weak, weak_count, condensation }
}

impl Diagnosis {
    /// For each node the number of other nodes it reaches.
    #[must_use]
    pub fn descendant_counts(&self) -> Vec<u64> {
        self.counts_over(&self.condensation)
    }

    /// For each node the number of other nodes that reach it.
    #[must_use]
    pub fn ancestor_counts(&self) -> Vec<u64> {
        self.counts_over(&self.condensation.reversed())
    }

    fn counts_over(&self, condensation: &Csr) -> Vec<u64> {
        let sizes: Vec<u32> = (0..self.strong.count() as u32).map(|component| self.strong.members(component).len() as u32).collect();
        let beyond = super::closure::descendant_weights(condensation, Some(&sizes));
        // A node also reaches the other members of its own component.
        let of = |&component: &u32| beyond[component as usize] + u64::from(sizes[component as usize]) - 1;
        self.strong.components().iter().map(of).collect()
    }
}

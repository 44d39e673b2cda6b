//! What can be said of any list of edges.

use dagny_core::analysis::diagnosis::{Diagnosis, diagnose};
use dagny_core::graph::check;
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Uint32Array};
use napi_derive::napi;

use crate::graph::{NativeFault, NativeGraph, faults_out};

/// The findings about a list of edges, cyclic or not.
#[napi]
pub struct NativeDiagnosis {
    diagnosis: Diagnosis,
}

#[napi]
impl NativeDiagnosis {
    /// Examines the edges `[from, to, …]`.
    #[napi(constructor, catch_unwind)]
    pub fn new(node_count: u32, pairs: &[u32]) -> Self {
        Self { diagnosis: diagnose(node_count, pairs) }
    }

    /// Whether the edges `[from, to, …]` have no cycle; null where an end is no node. Nothing else is examined.
    #[napi(catch_unwind)]
    pub fn is_acyclic(node_count: u32, pairs: &[u32]) -> Option<bool> {
        check::is_acyclic(node_count, pairs)
    }

    /// Everything that keeps the edges from being a DAG, in the order of `NativeGraph.build`.
    #[napi(catch_unwind)]
    pub fn faults(&self) -> Vec<NativeFault> {
        faults_out(self.diagnosis.faults.clone())
    }

    /// The strongly connected component of each node; components are numbered by their lowest node.
    #[napi(catch_unwind)]
    pub fn strong_components(&self) -> Uint32Array {
        self.diagnosis.strong.components().into()
    }

    /// The weakly connected component of each node; components are numbered by their lowest node.
    #[napi(catch_unwind)]
    pub fn weak_components(&self) -> Uint32Array {
        self.diagnosis.weak.as_slice().into()
    }

    /// The strongly connected components as an acyclic graph.
    #[napi(catch_unwind)]
    pub fn condensation(&self, env: &Env) -> napi::Result<NativeGraph> {
        NativeGraph::weighed(env, self.diagnosis.condensation.clone())
    }

    /// The number of other nodes that each node reaches.
    #[napi(catch_unwind)]
    pub fn descendant_counts(&self) -> Float64Array {
        floats(self.diagnosis.descendant_counts())
    }

    /// The number of other nodes that reach each node.
    #[napi(catch_unwind)]
    pub fn ancestor_counts(&self) -> Float64Array {
        floats(self.diagnosis.ancestor_counts())
    }
}

fn floats(counts: Vec<u64>) -> Float64Array {
    counts.into_iter().map(|count| count as f64).collect::<Vec<_>>().into()
}

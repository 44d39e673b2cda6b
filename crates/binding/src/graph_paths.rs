//! All paths between two nodes, handed over as many at a time as the caller's array holds.

use std::sync::Arc;

use dagny_core::analysis::all_paths::AllPaths;
use dagny_core::graph::Csr;
use napi::bindgen_prelude::Uint32ArraySlice;
use napi_derive::napi;

use crate::graph::{NativeGraph, ids_mut};

/// A walk through all paths between two nodes.
#[napi]
pub struct NativePaths {
    graph: Arc<Csr>,
    walk: AllPaths,
    /// A path that the array handed in before had no room for.
    pending: Vec<u32>,
}

#[napi]
impl NativePaths {
    /// Starts a walk.
    #[napi(constructor, catch_unwind)]
    pub fn new(graph: &NativeGraph, from: u32, to: u32) -> Self {
        Self { graph: Arc::clone(&graph.csr), walk: AllPaths::new(&graph.csr, from, to), pending: Vec::new() }
    }

    /// Writes the next paths, each as its length and then its nodes, at most `limit` of them, and returns how many entries were
    /// written: 0 at the end, and minus the room needed where the array does not hold even one path.
    #[napi(catch_unwind)]
    pub fn next_into(&mut self, mut into: Uint32ArraySlice<'_>, limit: u32) -> f64 {
        let into = ids_mut(&mut into);
        let mut at = 0;
        for _ in 0..limit {
            if self.pending.is_empty() {
                let Some(path) = self.walk.advance(&self.graph) else { break };
                self.pending.extend(path);
            }
            let end = at + 1 + self.pending.len();
            let Some(entries) = into.get_mut(at..end) else {
                return if at == 0 { -(end as f64) } else { at as f64 };
            };
            entries[0] = self.pending.len() as u32;
            entries[1..].copy_from_slice(&self.pending);
            self.pending.clear();
            at = end;
        }
        at as f64
    }
}

//! The frozen graph as JavaScript holds it.

use std::sync::Arc;

use dagny_core::graph::Csr;
use napi::bindgen_prelude::Uint32Array;
use napi_derive::napi;

/// A frozen graph over ids; names stay in JavaScript.
#[napi]
pub struct NativeGraph {
    pub(crate) csr: Arc<Csr>,
}

#[napi]
impl NativeGraph {
    /// Builds from pairs `[from, to, …]`; `null` where the edges have a fault.
    #[napi(factory, catch_unwind)]
    pub fn build(node_count: u32, pairs: &[u32]) -> napi::Result<Self> {
        let csr = Csr::build(node_count, pairs).map_err(|_| napi::Error::from_reason("the edges have a fault"))?;
        Ok(Self { csr: Arc::new(csr) })
    }

    /// The topological order as ids.
    #[napi(catch_unwind)]
    pub fn order(&self) -> Uint32Array {
        Uint32Array::new(self.csr.order().to_vec())
    }

    /// All edges as `[from, to, …]`, by upstream, then downstream, in node order.
    #[napi(catch_unwind)]
    pub fn edges(&self) -> Uint32Array {
        let mut pairs = Vec::with_capacity(2 * self.csr.edge_count());
        for from in 0..self.csr.node_count() as u32 {
            pairs.extend(self.csr.successors(from).iter().flat_map(|&to| [from, to]));
        }
        pairs.into()
    }
}

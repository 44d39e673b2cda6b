//! The frozen graph as JavaScript holds it: how it is built and what its structure is. What is computed from it is in
//! [`graph_analysis`](crate::graph_analysis).
//!
//! Ids come in unchecked (the TypeScript side knows which exist); one that does not exist is a panic, which becomes a thrown error.

use std::sync::Arc;

use dagny_core::graph::{Csr, Fault};
use napi::Env;
use napi::bindgen_prelude::{Either, ObjectFinalize, Uint32Array, Uint32ArraySlice};
use napi_derive::napi;

use crate::weight::Weight;

/// A frozen graph over ids; names stay in JavaScript.
#[napi(custom_finalize)]
pub struct NativeGraph {
    pub(crate) csr: Arc<Csr>,
    weight: Weight,
}

impl NativeGraph {
    pub(crate) fn weighed(env: &Env, csr: Csr) -> napi::Result<Self> {
        let weight = Weight::tell(env, csr.size_bytes())?;
        Ok(Self { csr: Arc::new(csr), weight })
    }
}

impl ObjectFinalize for NativeGraph {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.weight.lift(env)
    }
}

/// Something wrong with a list of edges; `edge` is a position in that list, from 0.
#[napi(object, object_from_js = false)]
pub struct NativeFault {
    /// What it is.
    #[napi(ts_type = "'unknownNode' | 'selfLoop' | 'duplicateEdge' | 'cycle'")]
    pub kind: &'static str,
    /// The edge; 0 for a cycle.
    pub edge: u32,
    /// The unknown or looping node, or the position of the edge that is repeated.
    pub other: u32,
    /// The nodes of a cycle along its edges, from its lowest; the first is not repeated. Empty otherwise.
    pub path: Uint32Array,
}

impl From<Fault> for NativeFault {
    fn from(fault: Fault) -> Self {
        let (kind, edge, other, path) = match fault {
            Fault::UnknownNode { edge, node } => ("unknownNode", edge, node, Vec::new()),
            Fault::SelfLoop { edge, node } => ("selfLoop", edge, node, Vec::new()),
            Fault::DuplicateEdge { edge, first } => ("duplicateEdge", edge, first, Vec::new()),
            Fault::Cycle { path } => ("cycle", 0, 0, path),
        };
        Self { kind, edge, other, path: path.into() }
    }
}

/// Faults as JavaScript gets them.
pub(crate) fn faults_out(faults: Vec<Fault>) -> Vec<NativeFault> {
    faults.into_iter().map(NativeFault::from).collect()
}

#[napi]
impl NativeGraph {
    /// Builds from edges `[from, to, …]`, or lists everything that is wrong with them: faults of single edges by position, then one
    /// cycle for each cyclic component by its lowest node.
    #[napi(catch_unwind)]
    pub fn build(env: &Env, node_count: u32, pairs: &[u32]) -> napi::Result<Either<NativeGraph, Vec<NativeFault>>> {
        match Csr::build(node_count, pairs) {
            Ok(csr) => Self::weighed(env, csr).map(Either::A),
            Err(faults) => Ok(Either::B(faults_out(faults))),
        }
    }

    /// Number of nodes.
    #[napi(getter, catch_unwind)]
    pub fn node_count(&self) -> u32 {
        self.csr.node_count() as u32
    }

    /// Number of edges.
    #[napi(getter, catch_unwind)]
    pub fn edge_count(&self) -> u32 {
        self.csr.edge_count() as u32
    }

    /// Number of topological levels.
    #[napi(getter, catch_unwind)]
    pub fn level_count(&self) -> u32 {
        self.csr.levels().len() as u32
    }

    /// The topological order as ids.
    #[napi(catch_unwind)]
    pub fn order(&self) -> Uint32Array {
        self.csr.order().into()
    }

    /// The topological order into an array of `nodeCount`.
    #[napi(catch_unwind)]
    pub fn order_into(&self, into: Uint32ArraySlice<'_>) {
        copy(self.csr.order(), into);
    }

    /// Where each level starts in the order, and its end, into an array of `levelCount + 1`.
    #[napi(catch_unwind)]
    pub fn level_starts_into(&self, into: Uint32ArraySlice<'_>) {
        copy(self.csr.level_starts(), into);
    }

    /// The level of each node into an array of `nodeCount`.
    #[napi(catch_unwind)]
    pub fn levels_into(&self, mut into: Uint32ArraySlice<'_>) {
        let level_of = ids_mut(&mut into);
        for (level, nodes) in self.csr.levels().enumerate() {
            for &node in nodes {
                level_of[node as usize] = level as u32;
            }
        }
    }

    /// Direct downstream nodes, ascending.
    #[napi(catch_unwind)]
    pub fn successors(&self, node: u32) -> Uint32Array {
        self.csr.successors(node).into()
    }

    /// Direct upstream nodes, ascending.
    #[napi(catch_unwind)]
    pub fn predecessors(&self, node: u32) -> Uint32Array {
        self.csr.predecessors(node).into()
    }

    /// Number of direct downstream nodes.
    #[napi(catch_unwind)]
    pub fn out_degree(&self, node: u32) -> u32 {
        self.csr.out_rows().degree(node)
    }

    /// Number of direct upstream nodes.
    #[napi(catch_unwind)]
    pub fn in_degree(&self, node: u32) -> u32 {
        self.csr.in_rows().degree(node)
    }

    /// Nodes without upstreams, ascending.
    #[napi(catch_unwind)]
    pub fn roots(&self) -> Uint32Array {
        self.csr.levels().next().unwrap_or_default().into()
    }

    /// Nodes without downstreams, ascending.
    #[napi(catch_unwind)]
    pub fn leaves(&self) -> Uint32Array {
        let nodes = 0..self.csr.node_count() as u32;
        nodes.filter(|&node| self.csr.successors(node).is_empty()).collect::<Vec<_>>().into()
    }

    /// All edges as `[from, to, …]`, in canonical order.
    #[napi(catch_unwind)]
    pub fn edges(&self) -> Uint32Array {
        self.csr.out_rows().edges().flat_map(|(from, to)| [from, to]).collect::<Vec<_>>().into()
    }

    /// The same into an array of `2 * edgeCount`.
    #[napi(catch_unwind)]
    pub fn edges_into(&self, mut into: Uint32ArraySlice<'_>) {
        for (pair, (from, to)) in ids_mut(&mut into).chunks_exact_mut(2).zip(self.csr.out_rows().edges()) {
            pair[0] = from;
            pair[1] = to;
        }
    }

    /// The canonical index of an edge, -1 where there is none.
    #[napi(catch_unwind)]
    pub fn edge_index(&self, from: u32, to: u32) -> i64 {
        self.csr.edge_index(from, to).map_or(-1, i64::from)
    }

    /// The canonical index of each of these edges, 0xffffffff for those that there are not.
    #[napi(catch_unwind)]
    pub fn edge_places(&self, pairs: &[u32]) -> Uint32Array {
        let places = pairs.chunks_exact(2).map(|ends| self.csr.edge_index(ends[0], ends[1]).unwrap_or(u32::MAX));
        places.collect::<Vec<u32>>().into()
    }

    /// The graph with all edges turned around.
    #[napi(catch_unwind)]
    pub fn reversed(&self, env: &Env) -> napi::Result<NativeGraph> {
        Self::weighed(env, self.csr.reversed())
    }
}

fn copy(from: &[u32], mut into: Uint32ArraySlice<'_>) {
    ids_mut(&mut into).copy_from_slice(from);
}

/// The caller's array, to be filled.
pub(crate) fn ids_mut<'a>(array: &'a mut Uint32ArraySlice<'_>) -> &'a mut [u32] {
    // SAFETY: no JavaScript runs before the native call returns, so nobody else reads or writes the array meanwhile.
    unsafe { array.as_mut() }
}

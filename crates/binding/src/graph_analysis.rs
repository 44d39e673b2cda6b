//! What is computed from a frozen graph, one method an algorithm. Arrays of a known length are filled where the caller has them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dagny_core::analysis::bit_set::BitSet;
use dagny_core::analysis::critical_path::Times;
use dagny_core::analysis::reachability::{DEFAULT_BUDGET, Reachability};
use dagny_core::analysis::shortest_path::WeightedPath;
use dagny_core::analysis::{
    bottom_levels, closure, critical_path, dominators, hash, longest_path, path_count, reach, reduction, schedule, shortest_path, stats,
    subgraph, topological_order, width,
};
use dagny_core::graph::Csr;
use dagny_core::plan::StartOrder;
use napi::Env;
use napi::bindgen_prelude::{BigInt, Float64ArraySlice, FnArgs, Function, ObjectFinalize, Uint32Array, Uint32ArraySlice};
use napi_derive::napi;

use crate::graph::{NativeGraph, ids_mut};
use crate::weight::Weight;

/// A path and its length.
#[napi(object, object_from_js = false)]
pub struct NativePath {
    /// Node ids, first and last included.
    pub nodes: Uint32Array,
    /// The sum of what was added up along it.
    pub length: f64,
}

impl From<WeightedPath> for NativePath {
    fn from(path: WeightedPath) -> Self {
        Self { nodes: path.nodes.into(), length: path.length }
    }
}

/// A part of a graph and where it comes from.
#[napi(object, object_from_js = false)]
pub struct NativePart {
    /// The part.
    pub graph: NativeGraph,
    /// The id that each of its nodes had.
    pub nodes: Uint32Array,
    /// The canonical index that each of its edges had.
    pub edges: Uint32Array,
}

/// What a schedule is beside its columns.
#[napi(object, object_from_js = false)]
pub struct NativeSchedule {
    /// Where each step starts in the order, and the end.
    pub step_starts: Uint32Array,
    /// When everything is done.
    pub makespan: f64,
    /// How many workers are busy at most.
    pub workers: u32,
}

/// The columns of a schedule to fill, one entry a node each.
#[napi(object, object_to_js = false)]
pub struct ScheduleColumns<'env> {
    /// Expected cost of each node.
    pub costs: Option<Float64ArraySlice<'env>>,
    /// Priority of each node.
    pub priorities: Option<Float64ArraySlice<'env>>,
    /// To fill: when each node starts.
    pub start: Float64ArraySlice<'env>,
    /// To fill: when each node is done.
    pub finish: Float64ArraySlice<'env>,
    /// To fill: the worker of each node.
    pub worker: Uint32ArraySlice<'env>,
    /// To fill: the nodes in the order they start.
    pub order: Uint32ArraySlice<'env>,
}

/// The columns of the critical path method to fill, one entry a node each.
#[napi(object, object_to_js = false)]
pub struct TimeColumns<'env> {
    /// Expected cost of each node.
    pub costs: Option<Float64ArraySlice<'env>>,
    /// To fill: the earliest start.
    pub earliest: Float64ArraySlice<'env>,
    /// To fill: the latest start.
    pub latest: Float64ArraySlice<'env>,
    /// To fill: the difference.
    pub slack: Float64ArraySlice<'env>,
}

/// A graph in numbers.
#[napi(object, object_from_js = false)]
pub struct NativeStats {
    /// Nodes without upstreams.
    pub roots: u32,
    /// Nodes without downstreams.
    pub leaves: u32,
    /// Nodes without either.
    pub isolated: u32,
    /// Topological levels.
    pub levels: u32,
    /// Nodes of the widest level.
    pub widest_level: u32,
    /// Most upstreams of a node.
    pub max_in_degree: u32,
    /// Most downstreams of a node.
    pub max_out_degree: u32,
    /// Parts that no edge joins.
    pub components: u32,
}

/// The caller's column, to be filled.
fn floats_mut<'a>(array: &'a mut Float64ArraySlice<'_>) -> &'a mut [f64] {
    // SAFETY: no JavaScript runs before the native call returns, so nobody else reads or writes the array meanwhile.
    unsafe { array.as_mut() }
}

fn bigint(count: path_count::Count) -> BigInt {
    BigInt { sign_bit: false, words: if count.is_empty() { vec![0] } else { count } }
}

/// Writes as many ids as there is room for and returns how many there are.
fn fill(set: &BitSet, mut into: Uint32ArraySlice<'_>) -> u32 {
    let into = ids_mut(&mut into);
    let mut count = 0;
    for node in set.iter() {
        if let Some(entry) = into.get_mut(count) {
            *entry = node;
        }
        count += 1;
    }
    count as u32
}

fn ids(set: &BitSet) -> Uint32Array {
    let mut ids = Vec::with_capacity(set.count());
    ids.extend(set.iter());
    ids.into()
}

#[napi]
impl NativeGraph {
    /// All nodes that depend on a node, ascending, without itself.
    #[napi(catch_unwind)]
    pub fn descendants(&self, node: u32) -> Uint32Array {
        ids(&reach::descendants(&self.csr, node))
    }

    /// The same into an array; returns how many there are, of which as many were written as there is room for.
    #[napi(catch_unwind)]
    pub fn descendants_into(&self, node: u32, into: Uint32ArraySlice<'_>) -> u32 {
        fill(&reach::descendants(&self.csr, node), into)
    }

    /// All nodes that a node depends on, ascending, without itself.
    #[napi(catch_unwind)]
    pub fn ancestors(&self, node: u32) -> Uint32Array {
        ids(&reach::ancestors(&self.csr, node))
    }

    /// The same into an array; returns how many there are, of which as many were written as there is room for.
    #[napi(catch_unwind)]
    pub fn ancestors_into(&self, node: u32, into: Uint32ArraySlice<'_>) -> u32 {
        fill(&reach::ancestors(&self.csr, node), into)
    }

    /// Whether a path leads from one node to another, different one.
    #[napi(catch_unwind)]
    pub fn is_ancestor(&self, ancestor: u32, node: u32) -> bool {
        reach::is_ancestor(&self.csr, ancestor, node)
    }

    /// The topological order in which the lowest rank that is possible comes next, into an array of `nodeCount`.
    #[napi(catch_unwind)]
    pub fn order_by_rank(&self, rank: &[u32], mut into: Uint32ArraySlice<'_>) {
        ids_mut(&mut into).copy_from_slice(&topological_order::order_by_rank(&self.csr, rank));
    }

    /// The topological order in which the highest priority that is possible comes next, into an array of `nodeCount`.
    #[napi(catch_unwind)]
    pub fn order_by_priority(&self, priority: &[f64], mut into: Uint32ArraySlice<'_>) {
        ids_mut(&mut into).copy_from_slice(&topological_order::order_by_priority(&self.csr, priority));
    }

    /// The number of paths from one node to another.
    #[napi(catch_unwind)]
    pub fn count_paths(&self, from: u32, to: u32) -> BigInt {
        bigint(path_count::count_paths(&self.csr, from, to))
    }

    /// The number of paths from any root to any leaf.
    #[napi(catch_unwind)]
    pub fn count_root_to_leaf_paths(&self) -> BigInt {
        bigint(path_count::count_root_to_leaf_paths(&self.csr))
    }

    /// The shortest path, by weight in canonical edge order or by number of edges; null where there is none.
    #[napi(catch_unwind)]
    pub fn shortest_path(&self, from: u32, to: u32, weights: Option<Float64ArraySlice<'_>>) -> Option<NativePath> {
        shortest_path::shortest_path(&self.csr, from, to, weights.as_deref()).map(NativePath::from)
    }

    /// The longest path, of the whole graph or between the ends given; null where there is none.
    #[napi(catch_unwind)]
    pub fn longest_path(&self, from: Option<u32>, to: Option<u32>, weights: Option<Float64ArraySlice<'_>>) -> Option<NativePath> {
        longest_path::longest_path(&self.csr, from, to, weights.as_deref()).map(NativePath::from)
    }

    /// The bottom level of each node into an array of `nodeCount`.
    #[napi(catch_unwind)]
    pub fn bottom_levels_into(&self, costs: Option<Float64ArraySlice<'_>>, mut into: Float64ArraySlice<'_>) {
        bottom_levels::fill_bottom_levels(&self.csr, costs.as_deref(), floats_mut(&mut into));
    }

    /// The critical path; fills the columns.
    #[napi(catch_unwind)]
    pub fn critical_path(&self, mut columns: TimeColumns<'_>) -> NativePath {
        let times = Times {
            earliest: floats_mut(&mut columns.earliest),
            latest: floats_mut(&mut columns.latest),
            slack: floats_mut(&mut columns.slack),
        };
        let (nodes, length) = critical_path::critical_path(&self.csr, columns.costs.as_deref(), times);
        NativePath { nodes: nodes.into(), length }
    }

    /// Plans a run on so many workers; fills the columns.
    #[napi(catch_unwind)]
    pub fn schedule(&self, workers: u32, mut columns: ScheduleColumns<'_>) -> NativeSchedule {
        let costs = columns.costs.as_deref();
        let starts = StartOrder::new(&self.csr, costs, columns.priorities.as_deref());
        let plan = schedule::schedule(&self.csr, costs, &starts, workers);
        floats_mut(&mut columns.start).copy_from_slice(&plan.start);
        floats_mut(&mut columns.finish).copy_from_slice(&plan.finish);
        ids_mut(&mut columns.worker).copy_from_slice(&plan.worker);
        ids_mut(&mut columns.order).copy_from_slice(&plan.order);
        let workers = plan.workers_used();
        NativeSchedule { step_starts: plan.step_start.into(), makespan: plan.makespan, workers }
    }

    /// The reachability index.
    #[napi(catch_unwind)]
    pub fn reachability(&self, env: &Env) -> napi::Result<NativeReachability> {
        let index = Reachability::new(&self.csr, DEFAULT_BUDGET);
        let weight = Weight::tell(env, index.size_bytes())?;
        Ok(NativeReachability { graph: Arc::clone(&self.csr), index: Arc::new(index), weight })
    }

    /// The transitive closure as a matrix of bits, one row of `ceil(nodeCount / 32)` words a node.
    #[napi(catch_unwind)]
    pub fn closure_bits_into(&self, mut into: Uint32ArraySlice<'_>) {
        closure::fill_bit_matrix(&self.csr, ids_mut(&mut into));
    }

    /// The transitive closure as a graph; null where it has more than `limit` edges.
    #[napi(catch_unwind)]
    pub fn transitive_closure(&self, env: &Env, limit: f64) -> napi::Result<Option<NativeGraph>> {
        let closure = closure::closure_rows(&self.csr, limit as u64).and_then(Csr::from_rows);
        closure.map(|csr| Self::weighed(env, csr)).transpose()
    }

    /// The number of descendants of each node into an array of `nodeCount`.
    #[napi(catch_unwind)]
    pub fn descendant_counts_into(&self, mut into: Float64ArraySlice<'_>) {
        for (entry, count) in floats_mut(&mut into).iter_mut().zip(closure::descendant_counts(&self.csr)) {
            *entry = count as f64;
        }
    }

    /// The graph without redundant edges; `nodes` is empty, they are the same.
    #[napi(catch_unwind)]
    pub fn transitive_reduction(&self, env: &Env) -> napi::Result<NativePart> {
        let (graph, edges) = reduction::transitive_reduction(&self.csr);
        Ok(NativePart { graph: Self::weighed(env, graph)?, nodes: Vec::new().into(), edges: edges.into() })
    }

    /// A largest set of pairwise independent nodes, ascending.
    #[napi(catch_unwind)]
    pub fn largest_antichain(&self) -> Uint32Array {
        width::largest_antichain(&self.csr).into()
    }

    /// The immediate dominator of each node into an array of `nodeCount`; 0xffffffff is the virtual root.
    #[napi(catch_unwind)]
    pub fn dominators_into(&self, mut into: Uint32ArraySlice<'_>) {
        ids_mut(&mut into).copy_from_slice(&dominators::immediate_dominators(&self.csr));
    }

    /// The part that these nodes induce, each of them once and in node order.
    #[napi(catch_unwind)]
    pub fn subgraph(&self, env: &Env, nodes: &[u32]) -> napi::Result<NativePart> {
        let part = subgraph::induced_subgraph(&self.csr, &BitSet::of(self.csr.node_count(), nodes));
        Ok(NativePart { graph: Self::weighed(env, part.graph)?, nodes: part.nodes.into(), edges: part.edges.into() })
    }

    /// The nodes within so many edges against and along their direction, ascending, the sources included.
    #[napi(catch_unwind)]
    pub fn within_depth(&self, sources: &[u32], upstream: u32, downstream: u32) -> Uint32Array {
        ids(&subgraph::within_depth(&self.csr, sources, upstream, downstream))
    }

    /// The graph in numbers.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> NativeStats {
        let stats = stats::stats(&self.csr);
        NativeStats {
            roots: stats.roots as u32,
            leaves: stats.leaves as u32,
            isolated: stats.isolated as u32,
            levels: stats.levels as u32,
            widest_level: stats.widest_level as u32,
            max_in_degree: stats.max_in_degree as u32,
            max_out_degree: stats.max_out_degree as u32,
            components: stats.components as u32,
        }
    }

    /// SHA-256 of names, edges and attributes, in hexadecimal. Names are UTF-16 little endian; `ends` counts code units.
    #[napi(catch_unwind)]
    pub fn content_hash(&self, text: &[u8], ends: &[u32], attributes: &[u8]) -> String {
        hex(hash::content_hash(&self.csr, hash::Names { text, ends }, attributes))
    }

    /// SHA-256 of names and edges whatever their order, in hexadecimal.
    #[napi(catch_unwind)]
    pub fn structure_hash(&self, text: &[u8], ends: &[u32]) -> String {
        hex(hash::structure_hash(&self.csr, hash::Names { text, ends }))
    }
}

fn hex(hash: [u8; 32]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('?');
    hash.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Who depends on whom, without a search.
#[napi(custom_finalize)]
pub struct NativeReachability {
    graph: Arc<Csr>,
    index: Arc<Reachability>,
    weight: Weight,
}

impl ObjectFinalize for NativeReachability {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.weight.lift(env)
    }
}

#[napi]
impl NativeReachability {
    /// A function of two ids: is there a path from the first to the second? A bound function costs a third of a method.
    #[napi(catch_unwind)]
    pub fn bind<'env>(&self, env: &'env Env) -> napi::Result<Function<'env, FnArgs<(u32, u32)>, bool>> {
        let (graph, index) = (Arc::clone(&self.graph), Arc::clone(&self.index));
        env.create_function_from_closure("isAncestor", move |context| {
            let (ancestor, node) = (context.get::<u32>(0)?, context.get::<u32>(1)?);
            catch_unwind(AssertUnwindSafe(|| index.is_ancestor(&graph, ancestor, node)))
                .map_err(|_| napi::Error::from_reason("INTERNAL: a fault in the reachability index"))
        })
    }

    /// Whether no question ever needs a search.
    #[napi(getter, catch_unwind)]
    pub fn is_complete(&self) -> bool {
        self.index.is_complete()
    }

    /// Bytes it takes.
    #[napi(getter, catch_unwind)]
    pub fn size_bytes(&self) -> f64 {
        self.index.size_bytes() as f64
    }
}

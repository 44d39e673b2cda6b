//! The draft as JavaScript holds it. The call made once an edge is a bound function: numbers in, a number out.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use dagny_core::graph::Draft;
use dagny_core::graph::draft::Refusal;
use napi::Env;
use napi::bindgen_prelude::{FnArgs, Function, Uint32Array};
use napi_derive::napi;

use crate::graph::{NativeFault, NativeGraph, faults_out};

/// A graph that grows edge by edge and is acyclic after every step.
#[napi]
pub struct NativeDraft {
    draft: Rc<RefCell<Draft>>,
}

/// A frozen copy of a draft.
#[napi(object, object_from_js = false)]
pub struct NativeSnapshot {
    /// The copy; its ids are places in `nodes`.
    pub graph: NativeGraph,
    /// The id that each node has in the draft, ascending.
    pub nodes: Uint32Array,
}

#[napi]
impl NativeDraft {
    /// An empty draft.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default, reason = "JavaScript calls constructors")]
    pub fn new() -> Self {
        Self { draft: Rc::default() }
    }

    /// Adds so many nodes; their ids go on from those given before. Returns the first.
    #[napi(catch_unwind)]
    pub fn add_nodes(&self, count: u32) -> u32 {
        self.draft.borrow_mut().add_nodes(count)
    }

    /// A function of two ids that adds an edge: 0 done, 1 unknown node, 2 self loop, 3 duplicate edge, 4 it would close a cycle, which
    /// `refusedCycle` then has. Where it is not 0, nothing changed.
    #[napi(catch_unwind)]
    pub fn bind_add_edge<'env>(&self, env: &'env Env) -> napi::Result<Function<'env, FnArgs<(u32, u32)>, u32>> {
        let draft = Rc::clone(&self.draft);
        env.create_function_from_closure("addEdge", move |context| {
            let (from, to) = (context.get::<u32>(0)?, context.get::<u32>(1)?);
            catch_unwind(AssertUnwindSafe(|| code(draft.borrow_mut().add_edge(from, to))))
                .map_err(|_| napi::Error::from_reason("INTERNAL: a fault in the draft of a graph"))
        })
    }

    /// The cycle that the last refused edge would have closed: the edge's two ends, then on to the first, which is not repeated.
    #[napi(catch_unwind)]
    pub fn refused_cycle(&self) -> Uint32Array {
        self.draft.borrow().refused_cycle().into()
    }

    /// Adds all edges `[from, to, …]` or, where any has a fault, none: then everything that is wrong with them. An edge that the
    /// draft already has is a duplicate of itself.
    #[napi(catch_unwind)]
    pub fn add_edges(&self, pairs: &[u32]) -> Vec<NativeFault> {
        self.draft.borrow_mut().add_edges(pairs).map_or_else(faults_out, |()| Vec::new())
    }

    /// Removes a node with its edges; false where it is not there.
    #[napi(catch_unwind)]
    pub fn remove_node(&self, node: u32) -> bool {
        self.draft.borrow_mut().remove_node(node)
    }

    /// Removes an edge; false where it is not there.
    #[napi(catch_unwind)]
    pub fn remove_edge(&self, from: u32, to: u32) -> bool {
        self.draft.borrow_mut().remove_edge(from, to)
    }

    /// Whether there is this edge.
    #[napi(catch_unwind)]
    pub fn has_edge(&self, from: u32, to: u32) -> bool {
        self.draft.borrow().has_edge(from, to)
    }

    /// Number of edges.
    #[napi(getter, catch_unwind)]
    pub fn edge_count(&self) -> u32 {
        self.draft.borrow().edge_count() as u32
    }

    /// Direct downstream nodes, in no particular order.
    #[napi(catch_unwind)]
    pub fn successors(&self, node: u32) -> Uint32Array {
        self.draft.borrow().successors(node).into()
    }

    /// Direct upstream nodes, in no particular order.
    #[napi(catch_unwind)]
    pub fn predecessors(&self, node: u32) -> Uint32Array {
        self.draft.borrow().predecessors(node).into()
    }

    /// A frozen copy.
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> NativeSnapshot {
        let (graph, nodes) = self.draft.borrow().snapshot();
        NativeSnapshot { graph: graph.into(), nodes: nodes.into() }
    }
}

fn code(answer: Result<(), Refusal>) -> u32 {
    match answer {
        Ok(()) => 0,
        Err(Refusal::UnknownNode) => 1,
        Err(Refusal::SelfLoop) => 2,
        Err(Refusal::DuplicateEdge) => 3,
        Err(Refusal::Cycle) => 4,
    }
}

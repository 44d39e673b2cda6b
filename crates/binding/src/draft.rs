//! The draft as JavaScript holds it. The call made once an edge is a bound function without arguments, which cost more than the edge
//! does: it reads a buffer that JavaScript has written to.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use dagny_core::graph::Draft;
use dagny_core::graph::draft::Refusal;
use napi::Env;
use napi::bindgen_prelude::{Function, Uint32Array, Uint32ArraySlice};
use napi_derive::napi;

use crate::graph::{NativeFault, NativeGraph, faults_out};

/// A graph that grows edge by edge and is acyclic after every step.
#[napi]
pub struct NativeDraft {
    draft: Rc<RefCell<Draft>>,
}

/// The way to add edges one by one. Where the host refuses buffers that it does not own (`isShared` is false), `words` is an array of
/// the host's own and the function takes it as its argument.
#[napi(object, object_from_js = false)]
pub struct DraftEnds<'env> {
    /// To write to: upstream id, downstream id, number of nodes to add before the edge.
    pub words: Uint32ArraySlice<'env>,
    /// Whether `words` is the very memory the function reads.
    pub is_shared: bool,
    /// The function: 0 done, 1 unknown node, 2 self loop, 3 duplicate edge, 4 it would close a cycle, which `refusedCycle` then has.
    /// Where it is not 0, there is no such edge, but the nodes have been added.
    pub add_edge: Function<'env, (), u32>,
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

    /// The way to add edges one by one. Once per draft.
    #[napi(catch_unwind)]
    pub fn open<'env>(&self, env: &'env Env) -> napi::Result<DraftEnds<'env>> {
        let shared: Rc<[Cell<u32>; 3]> = Rc::default();
        let data = Rc::as_ptr(&shared).cast_mut().cast::<u32>();
        // SAFETY: `data` is valid for three words as long as `keep` lives, and the finalizer is what drops `keep`. The words are cells:
        // JavaScript writes to them on this thread only.
        let words = unsafe { Uint32ArraySlice::from_external(env, data, 3, Rc::clone(&shared), |_, keep| drop(keep)) }?;
        let is_shared = std::ptr::eq(words.as_ptr(), data);
        let draft = Rc::clone(&self.draft);
        let add_edge = env.create_function_from_closure("addEdge", move |context| {
            let [from, to, nodes] = if context.length() > 0 {
                let copy = context.get::<Uint32ArraySlice<'_>>(0)?;
                *copy.first_chunk().ok_or_else(|| napi::Error::from_reason("INTERNAL: an edge is three words"))?
            } else {
                shared.each_ref().map(Cell::get)
            };
            let add = || {
                let mut draft = draft.borrow_mut();
                draft.add_nodes(nodes);
                code(draft.add_edge(from, to))
            };
            catch_unwind(AssertUnwindSafe(add)).map_err(|_| napi::Error::from_reason("INTERNAL: a fault in the draft of a graph"))
        })?;
        Ok(DraftEnds { words, is_shared, add_edge })
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
    pub fn snapshot(&self, env: &Env) -> napi::Result<NativeSnapshot> {
        let (graph, nodes) = self.draft.borrow().snapshot();
        Ok(NativeSnapshot { graph: NativeGraph::weighed(env, graph)?, nodes: nodes.into() })
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

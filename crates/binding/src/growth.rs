//! Additions to the graph of a run as JavaScript holds them.

use std::sync::Arc;

use dagny_core::plan::Need;
use dagny_core::run::growth::{Growth, Link, NEW};
use napi_derive::napi;

use crate::numbers::internal;
use crate::plan::NativePlan;

/// Nodes and edges that are to be added to a run.
#[napi]
pub struct NativeGrowth {
    pub(crate) growth: Arc<Growth>,
    pub(crate) most_needed: Arc<[Need]>,
}

#[napi]
impl NativeGrowth {
    /// The nodes of `plan`, with the edges in it, and `links`: `[from, to, guarded, …]`, `guarded` being 0 or 1. An end is the id of a
    /// node of the run, or `0x80000000 | k` for the plan's node `k`; one of the two is a node of the run.
    #[napi(constructor, catch_unwind)]
    pub fn new(plan: &NativePlan, links: &[u32]) -> napi::Result<Self> {
        let count = plan.plan.graph().node_count() as u32;
        let (triples, rest) = links.as_chunks::<3>();
        let is_new = |end: u32| end & NEW != 0;
        let is_known = |end: u32| !is_new(end) || end ^ NEW < count;
        let is_sound = |&[from, to, guarded]: &[u32; 3]| is_known(from) && is_known(to) && !(is_new(from) && is_new(to)) && guarded < 2;
        if !rest.is_empty() || !triples.iter().all(is_sound) {
            return Err(internal("links are triples of an upstream, a downstream and 0 or 1, and one of their ends is a node of the run"));
        }
        plan.check_complete(|node| triples.iter().filter(|[_, to, _]| *to == NEW | node).count())?;
        let links = triples.iter().map(|&[from, to, guarded]| Link { from, to, is_guarded: guarded == 1 }).collect();
        let growth = Growth { plan: Arc::clone(&plan.plan), links };
        Ok(Self { growth: Arc::new(growth), most_needed: Arc::clone(&plan.most_needed) })
    }

    /// How many nodes it adds.
    #[napi(getter, catch_unwind)]
    pub fn node_count(&self) -> u32 {
        self.growth.plan.graph().node_count() as u32
    }
}

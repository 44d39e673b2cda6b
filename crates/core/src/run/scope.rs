//! Where nodes stand: blocks of ids (segments) and the graphs they belong to (scopes).
//!
//! The base graph is segment 0 in scope 0. Each opening of a container, each batch of items and each growth appends a segment. A
//! container's opening is a scope of its own, a growth stands in the scope of whoever grew. Edges exist only within a scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::effect::{Opened, Phase};
use super::event::NONE;
use crate::plan::{Plan, Policy, Standing};

/// A block of ids with one origin.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) scope: u32,
    /// How many openings and growths lead here.
    pub(super) depth: u32,
    pub(super) what: Opened,
    /// Its nodes; of items, one node that stands for all.
    pub(super) plan: Arc<Plan>,
    /// The container, or the node that grew it, or [`NONE`].
    pub(super) opener: u32,
}

impl Segment {
    /// The place of a node of this segment in its plan.
    #[inline]
    pub(super) fn local(&self, node: u32) -> u32 {
        if self.what == Opened::Items { 0 } else { node - self.first }
    }
}

/// A graph that runs: the run's own, or one opening of a container.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; what excludes each other is the phase")]
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// The container, or [`NONE`] for the run.
    pub(super) container: u32,
    pub(super) attempt: u32,
    pub(super) fail_fast: bool,
    pub(super) phase: Phase,
    /// Whether it is inside a finally-node: what runs in it is no ordinary part of the run.
    pub(super) is_in_finally: bool,
    /// Direct ordinary nodes that have not settled.
    pub(super) open: u32,
    /// Finally-nodes in it and in all scopes inside that have not settled.
    pub(super) open_finally: u32,
    /// Whether a direct node failed that fails it.
    pub(super) has_failed: bool,
    /// Whether a sweep has stopped it.
    pub(super) is_stopped: bool,
    /// Whether that sweep was one of a scope around it, or of its container.
    pub(super) is_swept: bool,
    /// Whether its container has settled or gone on to another.
    pub(super) is_closed: bool,
    /// Of a map: whether all items are known. Of others: true.
    pub(super) is_complete: bool,
    /// Of a map: its items so far.
    pub(super) item_count: u32,
    /// Of a map: items that are pending or ready.
    pub(super) idle_items: u32,
    /// Direct nodes that count against the limit, and the limit; 0 for none.
    pub(super) active: u32,
    pub(super) concurrency: u32,
    pub(super) segments: Vec<u32>,
    /// What its nodes have from the container: its priority, and the cost that remains after it.
    pub(super) standing: Standing,
    /// Of items: the cost of the map itself.
    pub(super) item_cost: f64,
}

impl Scope {
    pub(super) fn of_run(fail_fast: bool, open: u32, open_finally: u32) -> Self {
        Self {
            container: NONE,
            attempt: 0,
            fail_fast,
            is_in_finally: false,
            phase: Phase::Running,
            open,
            open_finally,
            has_failed: false,
            is_stopped: false,
            is_swept: false,
            is_closed: false,
            is_complete: true,
            item_count: 0,
            idle_items: 0,
            active: 0,
            concurrency: 0,
            segments: vec![0],
            standing: Standing { priority: f64::NEG_INFINITY, remaining: 0.0 },
            item_cost: 1.0,
        }
    }
}

/// Edges that were not there when their ends were made.
#[derive(Debug, Clone, Default)]
pub(super) struct Extra {
    pub(super) upstreams: Vec<u32>,
    pub(super) downstreams: Vec<u32>,
    /// Upstreams about whose edge the host is asked.
    pub(super) guarded: Vec<u32>,
}

/// All segments and scopes of a run.
#[derive(Debug, Clone)]
pub(super) struct Places {
    base: Arc<Plan>,
    base_count: u32,
    segments: Vec<Segment>,
    pub(super) scopes: Vec<Scope>,
    pub(super) extra: BTreeMap<u32, Extra>,
    /// The scopes that each container has opened, oldest first.
    pub(super) inside: BTreeMap<u32, Vec<u32>>,
}

impl Places {
    pub(super) fn new(base: Arc<Plan>, fail_fast: bool) -> Self {
        let count = base.graph().node_count() as u32;
        let finally = base.finally_nodes().len() as u32;
        let segment = Segment { first: 0, count, scope: 0, depth: 0, what: Opened::Scope, plan: Arc::clone(&base), opener: NONE };
        Self {
            base,
            base_count: count,
            segments: vec![segment],
            scopes: vec![Scope::of_run(fail_fast, count - finally, finally)],
            extra: BTreeMap::new(),
            inside: BTreeMap::new(),
        }
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment of a node. O(1) for the base graph, else O(log s).
    #[inline]
    pub(super) fn segment_of(&self, node: u32) -> &Segment {
        if node < self.base_count {
            return &self.segments[0];
        }
        &self.segments[self.segments.partition_point(|segment| segment.first <= node).saturating_sub(1)]
    }

    #[inline]
    pub(super) fn policy(&self, node: u32) -> &Policy {
        if node < self.base_count {
            return self.base.policy(node);
        }
        let segment = self.segment_of(node);
        segment.plan.policy(segment.local(node))
    }

    #[inline]
    pub(super) fn scope_of(&self, node: u32) -> u32 {
        if node < self.base_count { 0 } else { self.segment_of(node).scope }
    }

    /// Adds a segment and answers with its number.
    pub(super) fn append(&mut self, segment: Segment) -> u32 {
        let number = self.segments.len() as u32;
        self.scopes[segment.scope as usize].segments.push(number);
        self.segments.push(segment);
        number
    }

    /// The direct downstreams of a node, ascending, into `into`.
    pub(super) fn downstreams(&self, node: u32, into: &mut Vec<u32>) {
        into.clear();
        let segment = self.segment_of(node);
        if segment.what != Opened::Items {
            into.extend(segment.plan.graph().successors(segment.local(node)).iter().map(|&next| next + segment.first));
        }
        if let Some(extra) = self.extra.get(&node).filter(|extra| !extra.downstreams.is_empty()) {
            into.extend_from_slice(&extra.downstreams);
            into.sort_unstable();
        }
    }

    /// The direct upstreams of a node, ascending.
    pub(super) fn upstreams(&self, node: u32) -> Vec<u32> {
        let segment = self.segment_of(node);
        let mut upstreams: Vec<u32> = match segment.what {
            Opened::Items => Vec::new(),
            _ => segment.plan.graph().predecessors(segment.local(node)).iter().map(|&from| from + segment.first).collect(),
        };
        if let Some(extra) = self.extra.get(&node).filter(|extra| !extra.upstreams.is_empty()) {
            upstreams.extend_from_slice(&extra.upstreams);
            upstreams.sort_unstable();
        }
        upstreams
    }

    pub(super) fn upstream_count(&self, node: u32) -> u32 {
        let segment = self.segment_of(node);
        let fixed = if segment.what == Opened::Items { 0 } else { segment.plan.graph().predecessors(segment.local(node)).len() };
        (fixed + self.extra.get(&node).map_or(0, |extra| extra.upstreams.len())) as u32
    }

    pub(super) fn downstream_count(&self, node: u32) -> u32 {
        let segment = self.segment_of(node);
        let fixed = if segment.what == Opened::Items { 0 } else { segment.plan.graph().successors(segment.local(node)).len() };
        (fixed + self.extra.get(&node).map_or(0, |extra| extra.downstreams.len())) as u32
    }

    /// Whether the host is asked before anything passes the edge.
    pub(super) fn is_guarded(&self, from: u32, to: u32) -> bool {
        let segment = self.segment_of(to);
        let is_of_plan = from >= segment.first && from < segment.first + segment.count && segment.what != Opened::Items;
        if is_of_plan && segment.plan.is_guarded(segment.local(from), segment.local(to)) {
            return true;
        }
        self.extra.get(&to).is_some_and(|extra| extra.guarded.contains(&from))
    }

    /// Whether any edge into the node is guarded.
    pub(super) fn has_guarded_upstream(&self, node: u32) -> bool {
        let segment = self.segment_of(node);
        if segment.plan.has_guards() && segment.what != Opened::Items {
            let local = segment.local(node);
            if segment.plan.graph().predecessors(local).iter().any(|&from| segment.plan.is_guarded(from, local)) {
                return true;
            }
        }
        self.extra.get(&node).is_some_and(|extra| !extra.guarded.is_empty())
    }

    /// The scope around a scope; the run has none.
    pub(super) fn parent(&self, scope: u32) -> Option<u32> {
        let container = self.scopes[scope as usize].container;
        (container != NONE).then(|| self.scope_of(container))
    }

    /// Whether `scope` is `outer` or inside it.
    pub(super) fn is_within(&self, scope: u32, outer: u32) -> bool {
        let mut at = Some(scope);
        while let Some(scope) = at {
            if scope == outer {
                return true;
            }
            at = self.parent(scope);
        }
        false
    }

    /// The id blocks of all that is inside a container, in no order.
    fn blocks_inside_container(&self, container: u32, into: &mut Vec<(u32, u32)>) {
        let mut open: Vec<u32> = self.inside.get(&container).cloned().unwrap_or_default();
        while let Some(scope) = open.pop() {
            self.blocks_of_scope(scope, into, &mut open);
        }
    }

    fn blocks_of_scope(&self, scope: u32, into: &mut Vec<(u32, u32)>, more: &mut Vec<u32>) {
        for &number in &self.scopes[scope as usize].segments {
            let Segment { first, count, .. } = self.segments[number as usize];
            into.push((first, count));
            for (_, scopes) in self.inside.range(first..first.saturating_add(count)) {
                more.extend_from_slice(scopes);
            }
        }
    }

    /// The id blocks of a scope and of all inside it but what is inside finally-nodes, ascending.
    pub(super) fn blocks_to_sweep(&self, scope: u32) -> Vec<(u32, u32)> {
        if scope == 0 && self.segments.len() == 1 {
            return vec![(0, self.base_count)];
        }
        let mut blocks = Vec::new();
        let mut open = vec![scope];
        while let Some(scope) = open.pop() {
            for &number in &self.scopes[scope as usize].segments {
                let Segment { first, count, .. } = self.segments[number as usize];
                blocks.push((first, count));
                let inner = self.inside.range(first..first.saturating_add(count));
                open.extend(inner.filter(|(node, _)| !self.policy(**node).is_finally).flat_map(|(_, scopes)| scopes));
            }
        }
        blocks.sort_unstable();
        blocks
    }

    /// The id blocks of a scope and of all inside it, ascending.
    pub(super) fn blocks_within(&self, scope: u32) -> Vec<(u32, u32)> {
        let mut blocks = Vec::new();
        if scope == 0 {
            blocks.extend(self.segments.iter().map(|segment| (segment.first, segment.count)));
            return blocks;
        }
        let mut open = vec![scope];
        while let Some(scope) = open.pop() {
            self.blocks_of_scope(scope, &mut blocks, &mut open);
        }
        blocks.sort_unstable();
        blocks
    }

    /// The id blocks of these nodes and of all inside them, ascending.
    pub(super) fn blocks_of(&self, nodes: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
        let mut blocks = Vec::new();
        for node in nodes {
            blocks.push((node, 1));
            self.blocks_inside_container(node, &mut blocks);
        }
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    }

    /// The current scope of a container: the one it opened last.
    pub(super) fn current_scope(&self, container: u32) -> Option<u32> {
        self.inside.get(&container).and_then(|scopes| scopes.last().copied())
    }
}

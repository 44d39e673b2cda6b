//! Growth: additions are checked, then committed as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::columns::flag;
use super::effect::{Effect, Effects, Opened, Phase};
use super::event::{Event, EventKind, NONE};
use super::growth::{Growth, GrowthFault, Link, NEW, RefusedGrowth};
use super::join::Verdict;
use super::scope::Segment;
use super::state::NodeState;
use super::{Decision, KeepResults, Run};
use crate::plan::{Join, Look, Standing};

fn refused(fault: GrowthFault, link: Option<usize>) -> Result<(), RefusedGrowth> {
    Err(RefusedGrowth { fault, link })
}

impl Run {
    /// Whether a growth by `node` (`None`: from outside) could be committed now. Cost: O(k log k) in its size, plus what can be reached
    /// from the run's own nodes that get an upstream.
    ///
    /// # Errors
    /// The first fault, with the edge it is about.
    pub fn check_growth(&self, growth: &Growth, node: Option<u32>) -> Result<(), RefusedGrowth> {
        let scope = match node {
            Some(node) if (node as usize) < self.nodes.state.len() => self.places.scope_of(node),
            Some(_) => return refused(GrowthFault::UnknownNode, None),
            None => 0,
        };
        let count = growth.plan.graph().node_count() as u32;
        let place = &self.places.scopes[scope as usize];
        let has_ordinary = count > growth.plan.finally_nodes().len() as u32;
        let is_late = if node.is_none() {
            !self.is_up() || place.is_stopped
        } else {
            let is_going_down = place.is_stopped || place.phase != Phase::Running || self.places.scopes[0].is_stopped;
            place.is_closed || (has_ordinary && is_going_down)
        };
        if is_late || !self.started || self.ended.is_some() {
            return refused(GrowthFault::TooLate, None);
        }
        let depth = node.map_or(0, |node| self.places.segment_of(node).depth);
        let total = self.nodes.state.len() as u64 + u64::from(count);
        if (count > 0 && depth >= self.options.max_depth) || total > u64::from(self.options.max_nodes) {
            return refused(GrowthFault::Limit, None);
        }
        let mut known = BTreeSet::new();
        for (place, link) in growth.links.iter().enumerate() {
            if let Some(fault) = self.fault_of(growth, link, scope, node, count) {
                return refused(fault, Some(place));
            }
            if !known.insert((link.from, link.to)) {
                return refused(GrowthFault::DuplicateEdge, Some(place));
            }
        }
        match self.link_in_cycle(growth) {
            Some(place) => refused(GrowthFault::Cycle, Some(place)),
            None => Ok(()),
        }
    }

    fn fault_of(&self, growth: &Growth, link: &Link, scope: u32, grower: Option<u32>, count: u32) -> Option<GrowthFault> {
        let Link { from, to, .. } = *link;
        let is_there = |end: u32| {
            if end & NEW != 0 { end & !NEW < count } else { (end as usize) < self.nodes.state.len() && self.places.scope_of(end) == scope }
        };
        if !is_there(from) || !is_there(to) || (from & NEW != 0 && to & NEW != 0) {
            return Some(GrowthFault::UnknownNode);
        }
        let is_finally = |end: u32| {
            let policy = if end & NEW != 0 { growth.plan.policy(end & !NEW) } else { self.places.policy(end) };
            policy.is_finally
        };
        if is_finally(from) && !is_finally(to) {
            return Some(GrowthFault::AfterFinally);
        }
        if to & NEW == 0 {
            let is_late_finally = is_finally(to) && self.is_finalizing(to);
            if self.is_joined(to) || is_late_finally {
                return Some(GrowthFault::Decided);
            }
        }
        if from & NEW == 0 && Some(from) != grower && self.is_freed(from) {
            return Some(GrowthFault::OutputGone);
        }
        let mut downstreams = Vec::new();
        if from & NEW == 0 && to & NEW == 0 {
            self.places.downstreams(from, &mut downstreams);
        }
        downstreams.binary_search(&to).is_ok().then_some(GrowthFault::DuplicateEdge)
    }

    /// Whether the output of a node has been dropped.
    fn is_freed(&self, node: u32) -> bool {
        let i = node as usize;
        let is_leaf = self.places.downstream_count(node) == 0;
        self.options.keep_results != KeepResults::All
            && self.nodes.state[i] == NodeState::Completed
            && self.readers.get(i) == Some(&0)
            && !(is_leaf && self.keeps_leaf(node))
            && !self.may_be_undone(node)
    }

    /// A link that closes a cycle, by its place. Any such cycle goes through a node of the run that gets an upstream.
    fn link_in_cycle(&self, growth: &Growth) -> Option<usize> {
        let mut added: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for link in &growth.links {
            added.entry(link.from).or_default().push(link.to);
        }
        let mut downstreams = Vec::new();
        let mut followers = |node: u32| -> Vec<u32> {
            if node & NEW == 0 {
                self.places.downstreams(node, &mut downstreams);
            } else {
                downstreams.clear();
                downstreams.extend(growth.plan.graph().successors(node & !NEW).iter().map(|&next| next | NEW));
            }
            downstreams.extend(added.get(&node).into_iter().flatten());
            downstreams.clone()
        };
        // 1 on the path, 2 done.
        let mut color: BTreeMap<u32, u8> = BTreeMap::new();
        for head in growth.links.iter().map(|link| link.to).filter(|to| to & NEW == 0) {
            if color.contains_key(&head) {
                continue;
            }
            let mut path: Vec<(u32, Vec<u32>)> = vec![(head, followers(head))];
            color.insert(head, 1);
            while let Some((node, rest)) = path.last_mut() {
                let node = *node;
                let Some(next) = rest.pop() else {
                    color.insert(node, 2);
                    path.pop();
                    continue;
                };
                match color.get(&next) {
                    Some(1) => {
                        let start = path.iter().position(|(on, _)| *on == next).unwrap_or(0);
                        let cycle: Vec<u32> = path[start..].iter().map(|(on, _)| *on).collect();
                        let is_in = |link: &Link| {
                            let at = cycle.iter().position(|&on| on == link.from);
                            at.is_some_and(|at| cycle[(at + 1) % cycle.len()] == link.to)
                        };
                        return growth.links.iter().position(is_in).or(Some(0));
                    }
                    Some(_) => {}
                    None => {
                        color.insert(next, 1);
                        let further = followers(next);
                        path.push((next, further));
                    }
                }
            }
        }
        None
    }

    /// Commits a growth that was checked.
    pub(super) fn commit_growth(&mut self, node: u32, growth: &Arc<Growth>, at: u64, effects: &mut Effects) {
        let first = self.nodes.state.len() as u32;
        let count = growth.plan.graph().node_count() as u32;
        let number = self.growths.len() as u64;
        self.growths.push(Arc::clone(growth));
        effects.other.push(Effect::Opened { node, first, count, what: Opened::Growth });
        let attempt = if node == NONE { 0 } else { self.nodes.attempt[node as usize] };
        self.emit(Event { value: number, ..Event::of_node(EventKind::Grew, at, node, attempt) });
        self.decide(at, effects);
    }

    /// Puts the nodes and edges of a growth in place.
    pub(super) fn grow(&mut self, node: u32, growth: &Arc<Growth>) {
        self.leave_plain();
        let (scope, depth) = if node == NONE { (0, 0) } else { (self.places.scope_of(node), self.places.segment_of(node).depth) };
        let plan = &growth.plan;
        let count = plan.graph().node_count() as u32;
        let first = self.append(Segment {
            first: self.nodes.state.len() as u32,
            count,
            scope,
            depth: depth + 1,
            what: Opened::Growth,
            plan: Arc::clone(plan),
            opener: node,
        });
        let id = |end: u32| if end & NEW != 0 { first + (end & !NEW) } else { end };
        let mut links: Vec<(u32, u32)> = Vec::with_capacity(growth.links.len());
        for link in &growth.links {
            let (from, to) = (id(link.from), id(link.to));
            if matches!(self.places.policy(to).join, Join::Expression(_)) {
                // The places that the expression speaks of stay what they are; a new node's count all its upstreams.
                if to < first {
                    self.looks_in_expression(to).push((from, Look::Open));
                }
            }
            if let Some(looks) = self.looks.get_mut(&to) {
                looks.open += 1;
            }
            self.nodes.open_upstreams[to as usize] += 1;
            if let Some(readers) = self.readers.get_mut(from as usize) {
                *readers += u32::from(!self.nodes.state[to as usize].is_settled());
            }
            self.places.extra.entry(from).or_default().downstreams.push(to);
            let extra = self.places.extra.entry(to).or_default();
            extra.upstreams.push(from);
            if link.is_guarded {
                extra.guarded.push(from);
            }
            links.push((to, from));
        }
        for new in first..first + count {
            if self.nodes.open_upstreams[new as usize] > 0 {
                continue;
            }
            if !self.places.policy(new).is_finally {
                self.nodes.set(new, flag::JOINED | flag::MET);
                self.decisions.push_back(Decision::Met(new));
            } else if self.is_finalizing(new) {
                self.join(new, Verdict::Met);
            }
        }
        links.sort_unstable();
        for &(to, from) in &links {
            self.raise(from, to);
        }
        for ends in links.chunk_by(|(one, _), (other, _)| one == other) {
            let settled = ends.iter().map(|&(_, from)| from).filter(|&from| self.nodes.state[from as usize].is_settled());
            let settled: Vec<u32> = settled.collect();
            self.see_all(ends[0].0, &settled);
        }
    }

    /// `from` waits for nothing less than `to` does: its standing, and that of all pending nodes it waits for, rises to what `to` lends.
    fn raise(&mut self, from: u32, to: u32) {
        let mut open = vec![(from, to)];
        while let Some((node, lender)) = open.pop() {
            if self.nodes.state[node as usize] != NodeState::Pending {
                continue;
            }
            let lent = self.standing(lender);
            let own = self.standing(node);
            let segment = self.places.segment_of(node);
            let is_item = segment.what == Opened::Items;
            let cost = if is_item { self.places.scopes[segment.scope as usize].item_cost } else { segment.plan.cost(segment.local(node)) };
            let raised = Standing { priority: own.priority.max(lent.priority), remaining: own.remaining.max(cost + lent.remaining) };
            if raised != own {
                self.raised.insert(node, raised);
                open.extend(self.places.upstreams(node).into_iter().map(|upstream| (upstream, node)));
            }
        }
    }

    /// Adds a segment with its columns; answers with its first id.
    pub(super) fn append(&mut self, segment: Segment) -> u32 {
        self.leave_plain();
        let Segment { first, count, scope, what, .. } = segment;
        let plan = Arc::clone(&segment.plan);
        let finally = if what == Opened::Items { 0 } else { plan.finally_nodes().len() as u32 };
        if let Some(timeout) = plan.shortest_timeout() {
            self.shortest_timeout = Some(self.shortest_timeout.map_or(timeout, |shortest| shortest.min(timeout)));
        }
        self.places.append(segment);
        let graph = plan.graph();
        if what == Opened::Items {
            self.nodes.append((0..count).map(|_| 0));
        } else {
            self.nodes.append((0..count).map(|node| graph.predecessors(node).len() as u32));
        }
        if self.options.keep_results != KeepResults::All {
            let readers = |node: u32| if what == Opened::Items { 0 } else { graph.successors(node).len() as u32 };
            self.readers.extend((0..count).map(readers));
        }
        if !self.places.scopes[scope as usize].is_in_finally {
            self.unsettled_count += count - finally;
        }
        self.places.scopes[scope as usize].open += count - finally;
        self.add_finally(scope, finally);
        let lanes = (self.nodes.state.len() as u32).min(self.options.max_workers);
        self.free_lanes.grow(lanes.next_power_of_two() as usize);
        for lane in self.lane_count..lanes {
            self.free_lanes.insert(lane);
        }
        self.lane_count = self.lane_count.max(lanes);
        first
    }

    fn add_finally(&mut self, scope: u32, count: u32) {
        let mut at = Some(scope).filter(|_| count > 0);
        while let Some(scope) = at {
            self.places.scopes[scope as usize].open_finally += count;
            at = self.places.parent(scope);
        }
    }

    /// From here on joins are more than counts, and ranks are not enough.
    pub(super) fn leave_plain(&mut self) {
        if self.ready.is_ranked() {
            self.use_figures();
        }
        if self.is_plain {
            self.places.scopes[0].open = self.unsettled_count;
            self.is_plain = false;
        }
    }
}

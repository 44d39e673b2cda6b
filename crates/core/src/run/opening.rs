//! Scopes open, are stopped and close. Part of the fold, see `apply.rs`.

use std::sync::Arc;

use super::Decision;
use super::Run;
use super::effect::{AbortReason, Opened, Phase};
use super::event::NONE;
use super::scope::{Scope, Segment};
use super::sweep::Sweep;
use crate::plan::{Kind, Standing};

impl Run {
    /// The ordinary nodes of a block that wait for nothing are met.
    pub(super) fn meet_roots(&mut self, first: u32, count: u32) {
        for node in first..first + count {
            if self.nodes.open_upstreams[node as usize] == 0 && (self.is_plain || !self.places.policy(node).is_finally) {
                self.decisions.push_back(Decision::Met(node));
            }
        }
    }

    /// A container or a wait node starts: neither takes a slot.
    pub(super) fn start_unslotted(&mut self, node: u32, attempt: u32, time: u64) {
        self.count_pass(node, time);
        self.dequeue(node);
        self.take_needs(node, time);
        let policy = self.places.policy(node);
        if let Kind::Map(container) = &policy.kind {
            let (concurrency, fail_fast) = (container.concurrency, container.fail_fast);
            let scope = self.open_scope(node, attempt, fail_fast, concurrency);
            self.places.scopes[scope as usize].is_complete = false;
            self.incomplete.insert(scope);
        } else {
            self.opening.push_back(node);
        }
    }

    /// Makes the scope of what a container opens.
    pub(super) fn open_scope(&mut self, node: u32, attempt: u32, fail_fast: bool, concurrency: u32) -> u32 {
        self.leave_plain();
        let outer = self.standing(node);
        let segment = self.places.segment_of(node);
        let is_item = segment.what == Opened::Items;
        let cost = if is_item { self.places.scopes[segment.scope as usize].item_cost } else { segment.plan.cost(segment.local(node)) };
        let standing = Standing { priority: outer.priority, remaining: outer.remaining - cost };
        let is_in_finally = self.places.policy(node).is_finally || self.places.scopes[segment.scope as usize].is_in_finally;
        let scope = self.places.scopes.len() as u32;
        self.places.scopes.push(Scope {
            container: node,
            attempt,
            concurrency,
            segments: Vec::new(),
            standing,
            item_cost: cost,
            is_in_finally,
            ..Scope::of_run(fail_fast, 0, 0)
        });
        self.places.inside.entry(node).or_default().push(scope);
        scope
    }

    pub(super) fn apply_opening(&mut self, node: u32, attempt: u32, count: u32) {
        if self.opening.front() == Some(&node) {
            self.opening.pop_front();
        }
        let Some(container) = self.places.policy(node).kind.container() else { return };
        let (plan, fail_fast, concurrency) = (Arc::clone(&container.plan), container.fail_fast, container.concurrency);
        let scope = self.open_scope(node, attempt, fail_fast, concurrency);
        let depth = self.places.segment_of(node).depth + 1;
        let first = self.nodes.state.len() as u32;
        self.append(Segment { first, count, scope, depth, what: Opened::Scope, plan, opener: node });
        self.meet_roots(first, count);
        if self.places.scopes[scope as usize].open == 0 {
            self.closing.push_back(scope);
        }
    }

    pub(super) fn apply_items(&mut self, node: u32, count: u32, is_done: bool) {
        let Some(container) = self.places.policy(node).kind.container() else { return };
        let plan = Arc::clone(&container.plan);
        let Some(scope) = self.places.current_scope(node) else { return };
        self.expanding.remove(&scope);
        if count > 0 {
            let depth = self.places.segment_of(node).depth + 1;
            let first = self.nodes.state.len() as u32;
            self.append(Segment { first, count, scope, depth, what: Opened::Items, plan, opener: node });
            self.places.scopes[scope as usize].item_count += count;
            self.places.scopes[scope as usize].idle_items += count;
            self.meet_roots(first, count);
        }
        if is_done {
            self.incomplete.remove(&scope);
            self.places.scopes[scope as usize].is_complete = true;
            if self.places.scopes[scope as usize].open == 0 {
                self.closing.push_back(scope);
            }
        }
    }

    pub(super) fn apply_phase(&mut self, node: u32, detail: u8) {
        let scope = if node == NONE { Some(0) } else { self.places.current_scope(node) };
        let Some(scope) = scope else { return };
        if scope == 0 {
            self.is_paused = false;
        }
        if detail == Phase::Undoing as u8 {
            self.places.scopes[scope as usize].phase = Phase::Undoing;
            self.begin_undo();
        } else {
            self.places.scopes[scope as usize].phase = Phase::Finalizing;
            self.meet_finally(scope);
        }
    }

    /// What a container has inside does not count any more; with `sweep`, what is left there is settled.
    pub(super) fn close_inside(&mut self, node: u32, sweep: Option<AbortReason>) {
        if self.places.inside.is_empty() {
            return;
        }
        let Some(scope) = self.places.current_scope(node).filter(|&scope| !self.places.scopes[scope as usize].is_closed) else { return };
        self.places.scopes[scope as usize].is_closed = true;
        self.incomplete.remove(&scope);
        self.expanding.remove(&scope);
        if let Some(why) = sweep {
            self.mark_swept(scope);
            self.sweeps.push_back(Sweep::new(scope, why));
        }
        if self.places.scopes[scope as usize].open_finally > 0 {
            self.meet_finally(scope);
        }
    }

    /// Everything is to be settled.
    pub(super) fn stop_all(&mut self, why: AbortReason) {
        self.is_paused = false;
        self.culprits.clear();
        self.mark_stopped(0);
        self.sweeps.push_back(Sweep::new(0, why));
    }

    /// A sweep comes over a scope and all inside it.
    pub(super) fn mark_stopped(&mut self, scope: u32) {
        let inner: Vec<u32> = self.scopes_inside(scope);
        for inner in inner {
            self.mark_swept(inner);
        }
        self.places.scopes[scope as usize].is_stopped = true;
    }

    pub(super) fn mark_swept(&mut self, scope: u32) {
        self.mark_stopped(scope);
        self.places.scopes[scope as usize].is_swept = true;
    }

    pub(super) fn scopes_inside(&self, scope: u32) -> Vec<u32> {
        if self.places.inside.is_empty() {
            return Vec::new();
        }
        let segments = self.places.segments();
        let numbers = self.places.scopes[scope as usize].segments.iter();
        let blocks = numbers.map(|&number| &segments[number as usize]);
        blocks
            .flat_map(|segment| self.places.inside.range(segment.first..segment.first.saturating_add(segment.count)))
            .filter(|(container, _)| !self.places.policy(**container).is_finally)
            .flat_map(|(_, scopes)| scopes.iter().copied())
            .collect()
    }

    pub(super) fn pass_sweep(&mut self, node: u32) {
        if let Some(sweep) = self.sweeps.front_mut().filter(|_| self.branch.is_empty()) {
            sweep.next = node + 1;
        }
    }
}

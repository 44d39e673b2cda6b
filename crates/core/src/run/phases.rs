//! The way down: what succeeded is undone, finally-nodes run, the run ends.

use super::Run;
use super::effect::{Effects, Phase};
use super::event::{Event, EventKind, NONE};
use super::join::Verdict;
use super::state::{NodeState, RunStatus};

impl Run {
    /// Enters the next phase of the run if the last one is over; whether it did.
    pub(super) fn enter_phase(&mut self, now: u64, effects: &mut Effects) -> bool {
        if !self.started || self.unsettled_count > 0 || self.awaited_count > 0 {
            return false;
        }
        let next = match self.places.scopes[0].phase {
            Phase::Running if self.wants_undo() => Phase::Undoing,
            Phase::Running | Phase::Undoing if self.is_undone() && self.places.scopes[0].open_finally > 0 => Phase::Finalizing,
            _ => return false,
        };
        self.emit(Event { detail: next as u8, ..Event::of_run(EventKind::PhaseEntered, now) });
        self.decide(now, effects);
        true
    }

    /// Whether nothing is left to do.
    pub(super) fn is_over(&self) -> bool {
        self.started
            && self.unsettled_count == 0
            && self.awaited_count == 0
            && self.places.scopes[0].open_finally == 0
            && self.is_undone()
            && !(self.places.scopes[0].phase == Phase::Running && self.wants_undo())
    }

    fn is_undone(&self) -> bool {
        self.undoing.ready.is_empty() && self.undoing.running.is_empty()
    }

    pub(super) fn outcome(&self) -> RunStatus {
        if self.cancel_accepted {
            RunStatus::Cancelled
        } else if self.has_timed_out || self.places.scopes[0].has_failed {
            RunStatus::Failed
        } else {
            RunStatus::Completed
        }
    }

    fn wants_undo(&self) -> bool {
        let is_wanted = self.options.undo && self.outcome() != RunStatus::Completed;
        is_wanted && (0..self.nodes.state.len() as u32).any(|node| self.is_undo_unit(node))
    }

    /// Whether the host has code that undoes what the node's code did.
    fn is_undo_unit(&self, node: u32) -> bool {
        let i = node as usize;
        let policy = self.places.policy(node);
        let has_succeeded = self.nodes.state[i] == NodeState::Completed && self.nodes.attempt[i] > 0;
        policy.has_undo && (has_succeeded || self.late_successes.contains(&node))
    }

    /// Counts what must be undone before what, over reversed edges: a node after its downstreams, what is inside a container after the
    /// downstreams of the container, the container after all inside it. O(n + m) map steps.
    pub(super) fn begin_undo(&mut self) {
        let mut free = Vec::new();
        for node in 0..self.nodes.state.len() as u32 {
            let container = self.places.scopes[self.places.scope_of(node) as usize].container;
            if container != NONE {
                *self.undoing.inside.entry(container).or_default() += 1;
            }
            let blockers = self.places.downstream_count(node) + u32::from(container != NONE);
            self.undoing.blockers.insert(node, blockers);
            if self.is_undo_unit(node) {
                self.undoing.units.insert(node);
            }
            if blockers == 0 {
                free.push(node);
            }
        }
        self.release_undo(free, Vec::new());
    }

    /// Nothing has to be undone before the nodes of `free` any more, and those of `done` are undone.
    fn release_undo(&mut self, mut free: Vec<u32>, mut done: Vec<u32>) {
        loop {
            if let Some(node) = free.pop() {
                if self.undoing.inside.contains_key(&node) {
                    for scope in self.places.inside.get(&node).cloned().unwrap_or_default() {
                        for (first, count) in self.direct_blocks(scope) {
                            (first..first + count).for_each(|inner| self.unblock_undo(inner, &mut free));
                        }
                    }
                } else if self.undoing.units.contains(&node) {
                    self.undoing.ready.insert(node);
                } else {
                    done.push(node);
                }
            } else if let Some(node) = done.pop() {
                for upstream in self.places.upstreams(node) {
                    self.unblock_undo(upstream, &mut free);
                }
                let container = self.places.scopes[self.places.scope_of(node) as usize].container;
                if let Some(left) = self.undoing.inside.get_mut(&container) {
                    *left -= 1;
                    if *left == 0 {
                        if self.undoing.units.contains(&container) {
                            self.undoing.ready.insert(container);
                        } else {
                            done.push(container);
                        }
                    }
                }
            } else {
                return;
            }
        }
    }

    fn direct_blocks(&self, scope: u32) -> Vec<(u32, u32)> {
        let segments = self.places.segments();
        let numbers = self.places.scopes[scope as usize].segments.iter();
        numbers.map(|&number| (segments[number as usize].first, segments[number as usize].count)).collect()
    }

    fn unblock_undo(&mut self, node: u32, free: &mut Vec<u32>) {
        if let Some(blockers) = self.undoing.blockers.get_mut(&node) {
            *blockers = blockers.saturating_sub(1);
            if *blockers == 0 {
                free.push(node);
            }
        }
    }

    /// The undoing of a node has ended.
    pub(super) fn finish_undo(&mut self, node: u32, is_ok: bool) {
        if let Some((lane, _)) = self.undoing.running.remove(&node) {
            self.free_lanes.insert(lane);
        }
        self.undoing.done.push((node, is_ok));
        self.release_undo(Vec::new(), vec![node]);
    }

    /// The finally-nodes in a scope, and in dead scopes inside it, whose time has come and whose upstreams have all settled are met.
    pub(super) fn meet_finally(&mut self, scope: u32) {
        for (first, count) in self.places.blocks_within(scope) {
            if self.places.segment_of(first).plan.finally_nodes().is_empty() {
                continue;
            }
            for node in first..first + count {
                let i = node as usize;
                let is_open = self.nodes.state[i] == NodeState::Pending && self.nodes.open_upstreams[i] == 0;
                let is_due = is_open && self.places.policy(node).is_finally && self.is_finalizing(node);
                if is_due && !self.nodes.has(node, super::columns::flag::JOINED) {
                    self.join(node, Verdict::Met);
                }
            }
        }
    }
}

//! The fold: what each event does to the state. The only place where a run changes.

use std::sync::Arc;

use super::columns::{flag, stamp};
use super::effect::{AbortReason, Phase};
use super::event::{Event, EventKind, NONE};
use super::state::{NodeState, Reason, RunStatus};
use super::sweep::Sweep;
use super::timer::{Timer, TimerClass};
use super::{Decision, PastAttempt, Queued, Run, Stretch};
use crate::plan::{Kind, Look, OnFailure};

impl Run {
    /// Writes an event down and lets it change the state.
    // Always inlined: the kind is a constant at every place that decides, so only the arm of that kind is left there.
    #[expect(clippy::inline_always, reason = "measured: a quarter of the instructions of a step")]
    #[inline(always)]
    pub(super) fn emit(&mut self, event: Event) {
        debug_assert!(self.admits(&event), "{event:?} is not legal here");
        self.event_count += 1;
        self.time = event.time;
        if let Some(log) = &mut self.log {
            log.push(event);
        }
        self.apply(event);
    }

    #[expect(clippy::inline_always, reason = "see emit")]
    #[inline(always)]
    fn apply(&mut self, event: Event) {
        let Event { time, node, attempt, lane, kind, .. } = event;
        let i = node as usize;
        match kind {
            EventKind::NodeReady => {
                if self.nodes.state[i] == NodeState::Waiting {
                    self.waiting_count -= 1;
                    self.count_idle(node, true);
                }
                self.take_decision(node);
                self.nodes.state[i] = NodeState::Ready;
                self.nodes.ready_at[i] = stamp(time);
                self.enqueue(node);
            }
            EventKind::NodeLeased => {
                if !self.ready.is_plain() {
                    self.count_pass(node, time);
                }
                self.dequeue(node);
                self.nodes.set(node, flag::LEASED | flag::HOLDS_LANE);
                self.nodes.lane[i] = lane;
                self.lease_count += 1;
                if self.is_plain {
                    self.free_lanes.remove(lane);
                } else {
                    self.take_lane(lane);
                    self.take_needs(node, time);
                }
                if self.shortest_timeout.is_some() {
                    self.guard_lease(node, time);
                }
            }
            EventKind::NodeStarted => {
                if lane == NONE {
                    self.has_more = true;
                    self.start_unslotted(node, attempt, time);
                } else {
                    self.nodes.clear(node, flag::LEASED);
                    self.nodes.set(node, flag::LIVE);
                    self.lease_count -= 1;
                }
                if !self.is_plain {
                    self.count_idle(node, false);
                }
                self.nodes.state[i] = NodeState::Running;
                self.nodes.attempt[i] = attempt;
                self.nodes.started_at[i] = stamp(time);
                self.running_count += 1;
                if self.shortest_timeout.is_some() {
                    self.arm_deadlines(node, attempt, time);
                }
            }
            EventKind::NodeCompleted => {
                if self.is_plain && self.nodes.state[i] == NodeState::Running {
                    self.complete_plain(node, time);
                } else {
                    self.has_more = true;
                    self.committing = None;
                    self.close_inside(node, None);
                    self.leave(node, false, time);
                    self.enter(node, NodeState::Completed, Reason::None, time);
                    self.propagate(node);
                }
            }
            _ => self.apply_rare(event),
        }
    }

    /// A lease may begin without our hearing of it: its deadlines count from now on.
    fn guard_lease(&mut self, node: u32, time: u64) {
        let policy = self.places.policy(node);
        if let Some(timeout) = policy.timeout.into_iter().chain(policy.node_timeout).min() {
            self.lease_guard = self.lease_guard.min(time.saturating_add(timeout));
        }
    }

    fn arm_deadlines(&mut self, node: u32, attempt: u32, time: u64) {
        let policy = self.places.policy(node);
        let (timeout, node_timeout, is_wait) = (policy.timeout, policy.node_timeout, matches!(policy.kind, Kind::Wait(_)));
        if let Some(timeout) = timeout.filter(|_| !is_wait) {
            let due = time.saturating_add(timeout);
            self.timers.arm(Timer { due, node, class: TimerClass::AttemptTimeout, which: attempt });
        }
        if let Some(timeout) = node_timeout
            && !self.first_starts.contains_key(&node)
        {
            self.first_starts.insert(node, time);
            let due = time.saturating_add(timeout);
            self.timers.arm(Timer { due, node, class: TimerClass::NodeTimeout, which: 0 });
        }
    }

    /// The arms of [`Run::apply`] that are not taken for every node.
    #[expect(clippy::too_many_lines, reason = "one arm per kind of event, each a few lines: the table is read best as one")]
    fn apply_rare(&mut self, event: Event) {
        self.has_more = true;
        let Event { time, node, attempt, lane, kind, detail, value } = event;
        let i = node as usize;
        match kind {
            EventKind::RunStarted => self.apply_start(time),
            EventKind::LeaseReturned => {
                let (has_begun, needs_lane) = (self.nodes.attempt[i] > 0, self.nodes.lane[i]);
                self.nodes.clear(node, flag::LEASED | flag::HOLDS_LANE);
                self.lease_count -= 1;
                self.return_lane(needs_lane);
                if !has_begun {
                    self.nodes.lane[i] = NONE;
                }
                self.forget_needs(node);
                self.enqueue(node);
            }
            EventKind::AttemptFailed => {
                let reason = Reason::from_code(detail).unwrap_or(Reason::Error);
                let (lane, started_at) = (self.nodes.lane[i], self.nodes.began(node));
                self.past_attempts.push(PastAttempt { node, attempt, lane, started_at, ended_at: time, reason });
                if reason == Reason::Crashed && !self.places.policy(node).is_external {
                    *self.crashes.entry(node).or_default() += 1;
                } else {
                    self.retries += 1;
                }
                self.close_inside(node, (reason == Reason::Timeout).then_some(AbortReason::Cancel));
                let start = self.first_starts.get(&node).copied();
                self.leave(node, reason == Reason::Timeout, time);
                if let Some(start) = start {
                    self.first_starts.insert(node, start);
                }
                self.nodes.state[i] = NodeState::Waiting;
                self.waiting_count += 1;
                self.timers.arm(Timer { due: value, node, class: TimerClass::Retry, which: attempt });
            }
            EventKind::NodeFailed => self.apply_failure(node, Reason::from_code(detail).unwrap_or(Reason::Error), time),
            EventKind::NodeSkipped => {
                let reason = Reason::from_code(detail).unwrap_or(Reason::UpstreamFailed);
                self.leave(node, false, time);
                self.enter(node, NodeState::Skipped, reason, time);
                if reason == Reason::FailFast {
                    self.pass_sweep(node);
                    self.propagate_swept(node);
                } else if self.is_plain {
                    self.block_plain(node);
                } else {
                    self.propagate(node);
                }
            }
            EventKind::NodeFiltered => {
                self.leave(node, false, time);
                self.enter(node, NodeState::Filtered, Reason::None, time);
                self.propagate(node);
            }
            EventKind::NodeCancelled => {
                self.close_inside(node, None);
                self.leave(node, true, time);
                self.enter(node, NodeState::Cancelled, Reason::None, time);
                self.pass_sweep(node);
                if self.branch.is_empty() {
                    self.propagate_swept(node);
                } else if self.is_plain {
                    self.block_plain(node);
                } else {
                    self.propagate(node);
                }
            }
            EventKind::CancelRequested => {
                self.cancel_accepted = true;
                self.stop_all(AbortReason::Cancel);
            }
            EventKind::RunTimedOut => {
                self.has_timed_out = true;
                self.stop_all(AbortReason::RunTimeout);
            }
            EventKind::RunStopping => {
                self.culprits.retain(|&culprit| culprit != node);
                let scope = self.places.scope_of(node);
                if scope == 0 {
                    self.is_paused = false;
                }
                self.mark_stopped(scope);
                self.sweeps.push_back(Sweep::new(scope, AbortReason::FailFast));
                self.review(scope);
            }
            EventKind::NodeCancelRequested => {
                self.branch.insert(node);
                self.branch_rest = value;
                for scope in self.places.inside.get(&node).cloned().unwrap_or_default() {
                    self.mark_swept(scope);
                }
            }
            EventKind::LateOutcome => {
                if let Some(told) = self.told.remove(&(node, attempt)) {
                    self.return_told(node, told);
                }
                if detail == 0 && self.places.policy(node).has_undo && self.places.scopes[0].phase == Phase::Running {
                    self.late_successes.insert(node);
                }
            }
            EventKind::AttemptAbandoned => {
                if let Some(told) = self.told.get_mut(&(node, attempt)) {
                    let before = *told;
                    told.abandoned = true;
                    told.holds_needs = false;
                    self.return_told(node, before);
                }
            }
            EventKind::RunEnded => {
                self.ended =
                    [RunStatus::Completed, RunStatus::Failed, RunStatus::Cancelled].into_iter().find(|status| *status as u8 == detail);
            }
            EventKind::PredicateAsked => self.apply_question(node, detail, lane, time),
            EventKind::PredicateAnswered => self.apply_answer(node, detail, lane),
            EventKind::WaitOpened => self.apply_wait(&event),
            EventKind::WaitOver => self.apply_wait_over(node, lane, detail, value),
            EventKind::NodeResumed => {
                if self.nodes.has(node, flag::LEASED) {
                    self.nodes.clear(node, flag::LEASED);
                    self.lease_count -= 1;
                } else {
                    self.dequeue(node);
                }
                self.count_idle(node, false);
                self.nodes.state[i] = NodeState::Running;
                self.nodes.started_at[i] = stamp(time);
                self.running_count += 1;
                self.stretches.entry(node).or_insert(Stretch { since: time, used: 0 }).since = time;
                if let Some(due) = self.deadline(node) {
                    self.timers.arm(Timer { due, node, class: TimerClass::AttemptTimeout, which: attempt });
                }
            }
            EventKind::ScopeOpened => self.apply_opening(node, attempt, value as u32),
            EventKind::ItemsAdded => self.apply_items(node, value as u32, detail == 1),
            EventKind::Grew => {
                self.committing = (node != NONE).then_some(node);
                if let Some(growth) = self.growths.get(value as usize).map(Arc::clone) {
                    self.grow(node, &growth);
                }
            }
            EventKind::RunPaused => self.is_paused = true,
            EventKind::RunResumed => self.is_paused = false,
            EventKind::PhaseEntered => self.apply_phase(node, detail),
            EventKind::UndoStarted => {
                self.undoing.ready.remove(&node);
                self.free_lanes.remove(lane);
                self.undoing.running.insert(node, (lane, time));
                if let Some(timeout) = self.places.policy(node).timeout {
                    let due = time.saturating_add(timeout);
                    self.timers.arm(Timer { due, node, class: TimerClass::AttemptTimeout, which: 0 });
                }
            }
            EventKind::UndoCompleted => self.finish_undo(node, true),
            EventKind::UndoFailed => self.finish_undo(node, false),
            EventKind::SignalQueued => {
                let queued = Queued { node: (node != NONE).then_some(node), payload: value as u32, is_rejection: detail == 1 };
                self.signals.entry(lane).or_default().push_back(queued);
            }
            EventKind::NodeReady | EventKind::NodeLeased | EventKind::NodeStarted | EventKind::NodeCompleted => {}
        }
    }

    fn apply_start(&mut self, time: u64) {
        self.started = true;
        if let Some(timeout) = self.options.timeout {
            self.timers.arm(Timer { due: time.saturating_add(timeout), node: NONE, class: TimerClass::RunTimeout, which: 0 });
        }
        self.meet_roots(0, self.nodes.state.len() as u32);
    }

    /// A task of a plain plan has succeeded: its downstreams count.
    #[expect(clippy::inline_always, reason = "measured: it lies on the path of every task")]
    #[inline(always)]
    fn complete_plain(&mut self, node: u32, time: u64) {
        let i = node as usize;
        self.running_count -= 1;
        // Code that ended while it was parked has no slot.
        if self.nodes.has(node, flag::HOLDS_LANE) {
            self.free_lanes.insert(self.nodes.lane[i]);
        }
        self.nodes.flags[i] = 0;
        if self.has_memories() {
            self.forget(node);
        }
        self.enter(node, NodeState::Completed, Reason::None, time);
        let Self { plan, nodes, decisions, .. } = self;
        for &next in plan.graph().successors(node) {
            let open = &mut nodes.open_upstreams[next as usize];
            *open -= 1;
            if *open == 0 {
                decisions.push_back(Decision::Met(next));
            }
        }
    }

    /// A node of a plain plan is done without success: its downstreams are blocked.
    fn block_plain(&mut self, node: u32) {
        let reason = if self.look_of(node) == Look::Skipped { Reason::UpstreamSkipped } else { Reason::UpstreamFailed };
        let Self { plan, nodes, decisions, .. } = self;
        for &next in plan.graph().successors(node) {
            if nodes.state[next as usize] == NodeState::Pending {
                decisions.push_back(Decision::Skip(next, reason));
            }
        }
    }

    fn propagate_swept(&mut self, node: u32) {
        if !self.is_plain {
            self.propagate_to_finally(node);
        }
    }

    fn apply_failure(&mut self, node: u32, reason: Reason, time: u64) {
        self.close_inside(node, Some(if reason == Reason::Timeout { AbortReason::Cancel } else { AbortReason::FailFast }));
        self.leave(node, reason == Reason::Timeout, time);
        self.enter(node, NodeState::Failed, reason, time);
        self.failed.push(node);
        let policy = self.places.policy(node);
        if policy.on_failure == OnFailure::Fail {
            let is_finally = policy.is_finally;
            let scope = self.places.scope_of(node) as usize;
            let scope = &mut self.places.scopes[scope];
            scope.has_failed = true;
            if scope.fail_fast && !scope.is_stopped && !is_finally {
                self.culprits.push_back(node);
            }
        }
        if self.is_plain {
            self.block_plain(node);
        } else {
            self.propagate(node);
        }
    }

    /// Takes the decision about `node` from the front of the queue, with what has become void before it.
    #[inline]
    pub(super) fn take_decision(&mut self, node: u32) {
        while let Some(&decision) = self.decisions.front() {
            if decision.node() == node {
                self.decisions.pop_front();
                return;
            }
            if !self.is_void(decision) {
                return;
            }
            self.decisions.pop_front();
        }
    }
}

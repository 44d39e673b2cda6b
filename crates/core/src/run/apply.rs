//! The fold: what each event does to the state. The only place where a run changes.

use std::sync::Arc;

use thiserror::Error;

use super::effect::{AbortReason, Effect, Effects, Lease};
use super::event::{Event, EventKind, NONE};
use super::state::{NodeState, Reason, RunStatus};
use super::timer::{Timer, TimerClass};
use super::{Decision, NEVER, PastAttempt, Run, RunOptions, Sweep, Told};
use crate::plan::Plan;

/// An event that does not fit the state of the run it is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("event {position} ({event:?}) cannot follow the events before it: the journal belongs to another graph, or is damaged")]
pub struct FoldError {
    /// Its place in the sequence, from 0.
    pub position: u64,
    /// The event.
    pub event: Event,
}

impl Run {
    /// Rebuilds a run from its events: nothing is decided again.
    ///
    /// # Errors
    /// The first event that does not fit.
    pub fn fold(plan: Arc<Plan>, options: RunOptions, events: &[Event]) -> Result<Self, FoldError> {
        let mut run = Self::new(plan, options, false);
        for &event in events {
            if !run.admits(&event) {
                return Err(FoldError { position: run.event_count, event });
            }
            run.emit(event);
        }
        run.count_readers();
        Ok(run)
    }

    /// What a host that lost everything but the journal has to do: the leases and stops that are still out.
    #[must_use]
    pub fn outstanding(&self) -> Effects {
        let leases = (0..self.nodes.state.len() as u32).filter(|&node| self.nodes.leased[node as usize]).map(|node| Lease {
            node,
            attempt: self.nodes.attempt[node as usize] + 1,
            lane: self.nodes.lane[node as usize],
        });
        let stops = self.told.iter().filter(|(_, told)| !told.abandoned).map(|(&(node, attempt), _)| {
            let is_timeout = self.nodes.attempt[node as usize] != attempt || self.nodes.reason[node as usize] == Reason::Timeout;
            let reason = match (is_timeout, self.cancel_accepted) {
                (true, _) => AbortReason::Timeout,
                (false, true) => AbortReason::Cancel,
                (false, false) => AbortReason::FailFast,
            };
            Effect::Abort { node, attempt, reason }
        });
        Effects { leases: leases.collect(), other: stops.collect(), wake_at: None, ended: self.ended }
    }

    /// Writes an event down and lets it change the state.
    #[inline]
    pub(super) fn emit(&mut self, event: Event) {
        debug_assert!(self.admits(&event), "{event:?} is not legal here");
        self.event_count += 1;
        self.time = event.time;
        if let Some(log) = &mut self.log {
            log.push(event);
        }
        self.apply(event);
    }

    #[expect(clippy::too_many_lines, reason = "one arm per kind of event, each a few lines: the table is read best as one")]
    #[inline]
    fn apply(&mut self, event: Event) {
        let Event { time, node, attempt, lane, kind, detail } = event;
        let i = node as usize;
        match kind {
            EventKind::RunStarted => {
                self.started = true;
                for (node, &open) in self.nodes.open_upstreams.iter().enumerate() {
                    if open == 0 {
                        self.decisions.push_back(Decision::Ready(node as u32));
                    }
                }
            }
            EventKind::NodeReady => {
                if self.nodes.state[i] == NodeState::Waiting {
                    self.waiting_count -= 1;
                } else {
                    self.settle_decision(node);
                }
                self.nodes.state[i] = NodeState::Ready;
                self.nodes.ready_at[i] = time;
                self.ready.insert(self.plan.order().rank_of(node));
            }
            EventKind::NodeLeased => {
                self.ready.remove(self.plan.order().rank_of(node));
                self.free_lanes.remove(lane);
                self.nodes.leased[i] = true;
                self.nodes.lane[i] = lane;
                self.lease_count += 1;
                if let Some(timeout) = self.plan.policy(node).timeout {
                    self.lease_guard = self.lease_guard.min(time.saturating_add(timeout));
                }
            }
            EventKind::LeaseReturned => {
                self.nodes.leased[i] = false;
                self.lease_count -= 1;
                self.free_lanes.insert(self.nodes.lane[i]);
                self.nodes.lane[i] = NONE;
                self.ready.insert(self.plan.order().rank_of(node));
            }
            EventKind::NodeStarted => {
                self.nodes.leased[i] = false;
                self.lease_count -= 1;
                self.nodes.state[i] = NodeState::Running;
                self.nodes.attempt[i] = attempt;
                self.nodes.started_at[i] = time;
                self.running_count += 1;
                if let Some(timeout) = self.plan.policy(node).timeout {
                    self.timers.arm(Timer { due: time.saturating_add(timeout), node, class: TimerClass::AttemptTimeout, attempt });
                }
            }
            EventKind::NodeCompleted => {
                self.stop_running(node);
                self.enter(node, NodeState::Completed, Reason::None, time);
                let Self { plan, nodes, decisions, .. } = self;
                for &next in plan.graph().successors(node) {
                    let open = &mut nodes.open_upstreams[next as usize];
                    *open -= 1;
                    if *open == 0 {
                        decisions.push_back(Decision::Ready(next));
                    }
                }
            }
            EventKind::AttemptFailed => {
                let reason = Reason::from_code(detail).unwrap_or(Reason::Error);
                let (lane, started_at) = (self.nodes.lane[i], self.nodes.started_at[i]);
                self.past_attempts.push(PastAttempt { node, attempt, lane, started_at, ended_at: time, reason });
                self.stop_running(node);
                self.nodes.state[i] = NodeState::Waiting;
                self.waiting_count += 1;
                if reason == Reason::Timeout {
                    self.tell_to_stop(node, attempt, time);
                }
                self.timers.arm(Timer { due: time, node, class: TimerClass::Retry, attempt });
            }
            EventKind::NodeFailed => {
                let reason = Reason::from_code(detail).unwrap_or(Reason::Error);
                self.stop_running(node);
                self.enter(node, NodeState::Failed, reason, time);
                self.failed.push(node);
                if reason == Reason::Timeout {
                    self.tell_to_stop(node, attempt, time);
                }
                if self.options.fail_fast {
                    self.culprit = Some(node);
                }
                self.block_downstreams(node);
            }
            EventKind::NodeSkipped => {
                let reason = Reason::from_code(detail).unwrap_or(Reason::UpstreamFailed);
                if reason == Reason::FailFast {
                    self.forget_unbegun(node);
                    self.pass_sweep(node);
                } else {
                    self.settle_decision(node);
                    self.block_downstreams(node);
                }
                self.enter(node, NodeState::Skipped, reason, time);
            }
            EventKind::NodeCancelled => {
                if self.nodes.state[i] == NodeState::Running {
                    self.stop_running(node);
                    self.tell_to_stop(node, attempt, time);
                } else {
                    self.forget_unbegun(node);
                }
                self.pass_sweep(node);
                self.enter(node, NodeState::Cancelled, Reason::None, time);
            }
            EventKind::CancelRequested => {
                self.cancel_accepted = true;
                self.culprit = None;
                self.sweep = Sweep::Cancel { next: 0 };
            }
            EventKind::RunStopping => {
                self.culprit = None;
                self.sweep = Sweep::FailFast { next: 0 };
            }
            EventKind::LateOutcome => {
                if self.told.remove(&(node, attempt)).is_some_and(|told| !told.abandoned) {
                    self.awaited_count -= 1;
                }
            }
            EventKind::AttemptAbandoned => {
                if let Some(told) = self.told.get_mut(&(node, attempt)) {
                    told.abandoned = true;
                    self.awaited_count -= 1;
                }
            }
            EventKind::RunEnded => {
                self.ended =
                    [RunStatus::Completed, RunStatus::Failed, RunStatus::Cancelled].into_iter().find(|status| *status as u8 == detail);
            }
        }
    }

    /// Puts a node into a final state.
    #[inline]
    fn enter(&mut self, node: u32, state: NodeState, reason: Reason, time: u64) {
        let i = node as usize;
        self.nodes.state[i] = state;
        self.nodes.reason[i] = reason;
        self.nodes.settled_at[i] = time;
        self.unsettled_count -= 1;
    }

    /// The slot of a running attempt is free from here on.
    #[inline]
    fn stop_running(&mut self, node: u32) {
        self.running_count -= 1;
        self.free_lanes.insert(self.nodes.lane[node as usize]);
    }

    /// A node that is not running leaves whatever queue it stands in.
    fn forget_unbegun(&mut self, node: u32) {
        match self.nodes.state[node as usize] {
            NodeState::Ready => self.ready.remove(self.plan.order().rank_of(node)),
            NodeState::Waiting => self.waiting_count -= 1,
            _ => {}
        }
    }

    fn tell_to_stop(&mut self, node: u32, attempt: u32, at: u64) {
        self.told.insert((node, attempt), Told { at, abandoned: false });
        self.awaited_count += 1;
        self.timers.arm(Timer { due: at.saturating_add(self.options.grace), node, class: TimerClass::Grace, attempt });
    }

    fn block_downstreams(&mut self, node: u32) {
        let Self { plan, nodes, decisions, .. } = self;
        for &next in plan.graph().successors(node) {
            if nodes.state[next as usize] == NodeState::Pending {
                decisions.push_back(Decision::Skip(next));
            }
        }
    }

    /// Takes the decision about `node` from the queue, with what has become void before it.
    #[inline]
    fn settle_decision(&mut self, node: u32) {
        while let Some(decision) = self.decisions.pop_front() {
            if decision.node() == node {
                return;
            }
        }
    }

    fn pass_sweep(&mut self, node: u32) {
        match &mut self.sweep {
            Sweep::No => {}
            Sweep::Cancel { next } | Sweep::FailFast { next } => *next = node + 1,
        }
    }

    /// Derives the number of unsettled readers of each output from the columns.
    fn count_readers(&mut self) {
        let nodes = &self.nodes;
        let graph = self.plan.graph();
        for (node, left) in self.readers.iter_mut().enumerate() {
            *left = graph.successors(node as u32).iter().filter(|&&next| !nodes.state[next as usize].is_settled()).count() as u32;
        }
    }

    /// Whether `event` may come next: its node exists, the table has the move, and it names the attempt and lane it is about.
    fn admits(&self, event: &Event) -> bool {
        let Event { time, node, attempt, lane, kind, detail } = *event;
        if time < self.time || self.ended.is_some() || self.started == (kind == EventKind::RunStarted) {
            return false;
        }
        let i = node as usize;
        let is_of_run = matches!(kind, EventKind::RunStarted | EventKind::CancelRequested | EventKind::RunEnded);
        if is_of_run != (node == NONE) || (!is_of_run && i >= self.nodes.state.len()) {
            return false;
        }
        let becomes = |to: NodeState| self.nodes.state[i].may_become(to);
        let is_current = |begun: u32| self.nodes.attempt[i] == begun;
        let is_next_decision = |decision: Decision| {
            let is_open = |it: &&Decision| self.nodes.state[it.node() as usize] == NodeState::Pending;
            self.decisions.iter().find(is_open) == Some(&decision)
        };
        match kind {
            EventKind::RunStarted => true,
            EventKind::NodeReady if self.nodes.state[i] == NodeState::Waiting => is_current(attempt),
            EventKind::NodeReady => becomes(NodeState::Ready) && is_current(attempt) && is_next_decision(Decision::Ready(node)),
            EventKind::NodeLeased => {
                becomes(NodeState::Running)
                    && !self.nodes.leased[i]
                    && is_current(attempt.wrapping_sub(1))
                    && self.free_lanes.contains(lane)
            }
            EventKind::LeaseReturned => self.nodes.leased[i],
            EventKind::NodeStarted => self.nodes.leased[i] && is_current(attempt.wrapping_sub(1)) && self.nodes.lane[i] == lane,
            EventKind::NodeCompleted => becomes(NodeState::Completed) && self.nodes.state[i] == NodeState::Running && is_current(attempt),
            EventKind::AttemptFailed => becomes(NodeState::Waiting) && is_current(attempt) && is_failure(detail),
            EventKind::NodeFailed => self.nodes.state[i] == NodeState::Running && is_current(attempt) && is_failure(detail),
            EventKind::NodeSkipped if detail == Reason::UpstreamFailed as u8 => {
                becomes(NodeState::Skipped) && is_next_decision(Decision::Skip(node))
            }
            EventKind::NodeSkipped => {
                becomes(NodeState::Skipped)
                    && detail == Reason::FailFast as u8
                    && !self.nodes.leased[i]
                    && matches!(self.sweep, Sweep::FailFast { .. })
            }
            EventKind::NodeCancelled => {
                becomes(NodeState::Cancelled) && !self.nodes.leased[i] && is_current(attempt) && self.sweep != Sweep::No
            }
            EventKind::CancelRequested => !self.cancel_accepted && self.unsettled_count > 0,
            EventKind::RunStopping => self.culprit == Some(node),
            EventKind::LateOutcome => self.told.contains_key(&(node, attempt)) && detail <= 1,
            EventKind::AttemptAbandoned => self.told.get(&(node, attempt)).is_some_and(|told| !told.abandoned && told.at != NEVER),
            EventKind::RunEnded => self.unsettled_count == 0 && self.awaited_count == 0 && (1..=3).contains(&detail),
        }
    }
}

fn is_failure(detail: u8) -> bool {
    detail == Reason::Error as u8 || detail == Reason::Timeout as u8
}

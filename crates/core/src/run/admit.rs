//! Rebuilding a run from its events: which event may follow, and what is outstanding afterwards.

use std::sync::Arc;

use thiserror::Error;

use super::columns::flag;
use super::effect::{AbortReason, Effect, Effects, Lease, Phase, WaitEnd};
use super::event::{Event, EventKind, NONE};
use super::growth::Growth;
use super::input::Question;
use super::state::{NodeState, Reason};
use super::timer::{place_of, question_at};
use super::{Decision, NEVER, Run, RunOptions};
use crate::plan::{Kind, Plan};

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
    /// Rebuilds a run from its events and from what was added to its graph: nothing is decided again.
    ///
    /// # Errors
    /// The first event that does not fit.
    pub fn fold(plan: Arc<Plan>, options: RunOptions, events: &[Event], growths: &[Arc<Growth>]) -> Result<Self, FoldError> {
        let mut run = Self::new(plan, options, false);
        for &event in events {
            let position = run.event_count;
            run.pass_over(&event);
            let is_known = event.kind != EventKind::Grew || run.take_growth(&event, growths);
            if !is_known || !run.admits(&event) {
                return Err(FoldError { position, event });
            }
            run.emit(event);
        }
        run.count_readers();
        Ok(run)
    }

    /// Puts the growth that an event speaks of in its place, if it is there and could have been committed.
    fn take_growth(&mut self, event: &Event, growths: &[Arc<Growth>]) -> bool {
        let Some(growth) = growths.get(event.value as usize).filter(|_| event.value == self.growths.len() as u64) else { return false };
        if self.check_growth(growth, (event.node != NONE).then_some(event.node)).is_err() {
            return false;
        }
        self.growths.push(Arc::clone(growth));
        true
    }

    /// What a host that lost everything but the journal has to do: the leases, questions and stops that are still out.
    #[must_use]
    pub fn outstanding(&self) -> Effects {
        let is_leased = |&node: &u32| self.nodes.has(node, flag::LEASED);
        let leases = (0..self.nodes.state.len() as u32).filter(is_leased).map(|node| Lease {
            node,
            attempt: self.nodes.attempt[node as usize] + u32::from(!self.nodes.has(node, flag::LIVE)),
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
        let questions = self.questions.keys().map(|&(node, place)| {
            let (question, from) = question_at(place);
            Effect::Ask { node, question, from: if question == Question::Edge { from } else { 0 } }
        });
        let undos = self.undoing.running.keys().map(|&node| Effect::Undo { node });
        let other = stops.chain(questions).chain(undos).collect();
        Effects { leases: leases.collect(), other, wake_at: None, ended: self.ended }
    }

    /// Derives the number of unsettled readers of each output from the columns.
    fn count_readers(&mut self) {
        let mut downstreams = Vec::new();
        for node in 0..self.readers.len() as u32 {
            self.places.downstreams(node, &mut downstreams);
            let is_open = |&&next: &&u32| !self.nodes.state[next as usize].is_settled();
            self.readers[node as usize] = downstreams.iter().filter(is_open).count() as u32;
        }
    }

    /// The first decision that still stands.
    fn next_decision(&self) -> Option<Decision> {
        self.decisions.iter().copied().find(|&decision| !self.is_void(decision))
    }

    /// Whether `event` may come next: its node exists, the table has the move, and it names the attempt and lane it is about.
    pub(super) fn admits(&self, event: &Event) -> bool {
        let Event { time, node, attempt, lane, kind, detail, value } = *event;
        if time < self.time || self.ended.is_some() || self.started == (kind == EventKind::RunStarted) {
            return false;
        }
        let i = node as usize;
        let may_be_of_run = matches!(kind, EventKind::Grew | EventKind::PhaseEntered | EventKind::SignalQueued);
        if node == NONE {
            return self.admits_of_run(event);
        }
        if i >= self.nodes.state.len() || (is_of_run(kind) && !may_be_of_run) {
            return false;
        }
        let state = self.nodes.state[i];
        let becomes = |to: NodeState| state.may_become(to);
        let is_current = |begun: u32| self.nodes.attempt[i] == begun;
        let has = |flag: u8| self.nodes.has(node, flag);
        let is_next = |fits: fn(Decision) -> bool| self.next_decision().is_some_and(|next| next.node() == node && fits(next));
        let next_attempt = self.nodes.attempt[i].wrapping_add(u32::from(!has(flag::LIVE)));
        let is_open_scope = || self.places.current_scope(node).is_some_and(|scope| !self.places.scopes[scope as usize].is_closed);
        let policy = self.places.policy(node);
        match kind {
            EventKind::NodeReady if state == NodeState::Waiting => is_current(attempt),
            EventKind::NodeReady => {
                let fits = |it: Decision| matches!(it, Decision::Met(_) | Decision::Wanted(_) | Decision::Ready(_));
                becomes(NodeState::Ready) && is_current(attempt) && is_next(fits)
            }
            EventKind::NodeLeased => {
                state == NodeState::Ready && !has(flag::LEASED) && attempt == next_attempt && self.is_free_for(policy.lanes(), lane)
            }
            EventKind::LeaseReturned => has(flag::LEASED),
            EventKind::NodeStarted if lane == NONE => {
                state == NodeState::Ready && policy.kind != Kind::Task && attempt == self.nodes.attempt[i].wrapping_add(1)
            }
            EventKind::NodeStarted => has(flag::LEASED) && !has(flag::LIVE) && attempt == next_attempt && self.nodes.lane[i] == lane,
            EventKind::NodeResumed => {
                let is_slot_right = if has(flag::LEASED) { self.nodes.lane[i] == lane } else { lane == NONE };
                state == NodeState::Ready && has(flag::LIVE) && is_current(attempt) && is_slot_right
            }
            EventKind::NodeCompleted => becomes(NodeState::Completed) && is_current(attempt),
            EventKind::AttemptFailed => becomes(NodeState::Waiting) && is_current(attempt) && is_failure(detail),
            EventKind::NodeFailed => becomes(NodeState::Failed) && !has(flag::LEASED) && is_current(attempt) && is_failure(detail),
            EventKind::NodeSkipped if detail == Reason::FailFast as u8 => {
                becomes(NodeState::Skipped) && !has(flag::LEASED) && !self.sweeps.is_empty()
            }
            EventKind::NodeSkipped => {
                becomes(NodeState::Skipped)
                    && Reason::from_code(detail).is_some_and(|it| it as u8 >= Reason::Condition as u8)
                    && is_next(|it| matches!(it, Decision::Skip(..)))
            }
            EventKind::NodeFiltered => becomes(NodeState::Filtered) && is_next(|it| matches!(it, Decision::Filter(_))),
            EventKind::NodeCancelled => becomes(NodeState::Cancelled) && !has(flag::LEASED) && is_current(attempt),
            EventKind::NodeCancelRequested => !state.is_settled(),
            EventKind::RunStopping => self.culprits.contains(&node),
            EventKind::LateOutcome => self.told.contains_key(&(node, attempt)) && detail <= 1,
            EventKind::AttemptAbandoned => self.told.get(&(node, attempt)).is_some_and(|told| !told.abandoned && told.at != NEVER),
            EventKind::PredicateAsked => match question_of(detail) {
                Some(Question::Edge) => state == NodeState::Pending && (lane as usize) < self.nodes.state.len(),
                Some(Question::Until) => state == NodeState::Running && matches!(policy.kind, Kind::Loop(_)),
                Some(_) => state == NodeState::Pending,
                None => false,
            },
            EventKind::PredicateAnswered => {
                let open = |question| self.questions.contains_key(&(node, place_of(question, lane)));
                question_of(detail & 15).is_some_and(open) && detail >> 4 <= 4
            }
            EventKind::WaitOpened => {
                let is_own = matches!(policy.kind, Kind::Wait(_)) && state == NodeState::Running && lane == 0;
                (is_own || has(flag::LIVE)) && is_current(attempt) && !self.waits.contains_key(&(node, lane)) && detail <= 3
            }
            EventKind::WaitOver => self.waits.contains_key(&(node, lane)) && detail <= WaitEnd::Default as u8,
            EventKind::ScopeOpened => {
                let count = policy.kind.container().map(|container| container.plan.graph().node_count() as u64);
                let is_right_kind = matches!(policy.kind, Kind::SubDag(_) | Kind::Loop(_));
                is_right_kind && state == NodeState::Running && count == Some(value) && !is_open_scope() && self.fits_nodes(value)
            }
            EventKind::ItemsAdded => {
                let is_map = matches!(policy.kind, Kind::Map(_));
                is_map && state == NodeState::Running && is_current(attempt) && is_open_scope() && self.fits_nodes(value)
            }
            EventKind::Grew => state == NodeState::Running && has(flag::LIVE) && value + 1 == self.growths.len() as u64,
            EventKind::PhaseEntered => detail == Phase::Finalizing as u8 && state == NodeState::Running && is_open_scope(),
            EventKind::UndoStarted => self.undoing.ready.contains(&node) && self.free_lanes.contains(lane),
            EventKind::UndoCompleted | EventKind::UndoFailed => self.undoing.running.contains_key(&node),
            EventKind::SignalQueued => true,
            _ => false,
        }
    }

    fn admits_of_run(&self, event: &Event) -> bool {
        let Event { kind, detail, value, .. } = *event;
        let is_running = self.is_up();
        match kind {
            EventKind::RunStarted | EventKind::SignalQueued => true,
            EventKind::CancelRequested => !self.cancel_accepted && is_running,
            EventKind::RunTimedOut => !self.has_timed_out && is_running,
            EventKind::RunPaused => !self.is_paused && is_running,
            EventKind::RunResumed => self.is_paused,
            EventKind::Grew => value + 1 == self.growths.len() as u64,
            EventKind::PhaseEntered => {
                let phase = self.places.scopes[0].phase as u8;
                self.unsettled_count == 0 && self.awaited_count == 0 && detail > phase && detail <= Phase::Finalizing as u8
            }
            EventKind::RunEnded => self.is_over() && (1..=3).contains(&detail),
            _ => false,
        }
    }

    fn fits_nodes(&self, count: u64) -> bool {
        self.nodes.state.len() as u64 + count <= u64::from(self.options.max_nodes)
    }
}

fn is_of_run(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::RunStarted
            | EventKind::CancelRequested
            | EventKind::RunEnded
            | EventKind::RunTimedOut
            | EventKind::RunPaused
            | EventKind::RunResumed
            | EventKind::Grew
            | EventKind::PhaseEntered
            | EventKind::SignalQueued
    )
}

fn question_of(detail: u8) -> Option<Question> {
    [Question::Edge, Question::Condition, Question::Cache, Question::Until].into_iter().find(|&question| question as u8 == detail)
}

fn is_failure(detail: u8) -> bool {
    (Reason::Error as u8..=Reason::Limit as u8).contains(&detail)
}

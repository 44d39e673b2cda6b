//! Writing down what follows: joins breadth-first, then stops, then their sweeps, then containers that are over.

use super::attempts::Failure;
use super::columns::flag;
use super::effect::{AbortReason, Effect, Effects, Opened, Phase, WaitEnd};
use super::event::{Event, EventKind, NONE};
use super::input::Question;
use super::state::{NodeState, Reason};
use super::sweep::Sweep;
use super::{Decision, Run};
use crate::plan::Kind;

impl Run {
    /// Writes down everything that follows from what was applied.
    #[expect(clippy::inline_always, reason = "measured: it lies on the path of every task")]
    #[inline(always)]
    pub(super) fn decide(&mut self, at: u64, effects: &mut Effects) {
        while self.is_plain && !self.has_more {
            let Some(&Decision::Met(node)) = self.decisions.front() else { break };
            if self.nodes.state[node as usize] != NodeState::Pending || self.places.policy(node).is_asked() {
                break;
            }
            self.emit(Event::of_node(EventKind::NodeReady, at, node, 0));
        }
        if self.has_more || !self.decisions.is_empty() {
            self.decide_all(at, effects);
        }
    }

    fn decide_all(&mut self, at: u64, effects: &mut Effects) {
        loop {
            if self.has_more && self.has_urgent() {
                self.decide_urgent(at, effects);
            } else if let Some(&decision) = self.decisions.front() {
                self.write_down(decision, at, effects);
            } else if self.has_more && (!self.culprits.is_empty() || !self.sweeps.is_empty() || !self.closing.is_empty()) {
                self.decide_scopes(at, effects);
            } else {
                self.has_more = false;
                return;
            }
        }
    }

    /// Whether something is half done and goes on before any decision.
    fn has_urgent(&self) -> bool {
        self.committing.is_some()
            || !self.opening.is_empty()
            || !self.arrived.is_empty()
            || !self.branch.is_empty()
            || self.takes_leases_back()
            || self.sweeps.front().is_some_and(Sweep::has_begun)
    }

    /// Whether a pause has leases to take back.
    #[inline]
    pub(super) fn takes_leases_back(&self) -> bool {
        self.is_paused && self.lease_count > 0 && self.is_up()
    }

    #[cold]
    fn decide_urgent(&mut self, at: u64, effects: &mut Effects) {
        if let Some(node) = self.committing {
            self.complete(node, self.nodes.attempt[node as usize], at, effects);
        } else if let Some(&node) = self.opening.front() {
            self.open(node, at, effects);
        } else if let Some((node, key)) = self.arrived.pop_front() {
            if let Some(queued) = self.queued_for(node, key) {
                let end = if queued.is_rejection { WaitEnd::Rejected } else { WaitEnd::Answered };
                self.end_wait(node, key, at, end, queued.payload, effects);
            }
        } else if !self.branch.is_empty() {
            self.sweep_branch(at, effects);
        } else if self.takes_leases_back() {
            self.return_leases(at, effects);
        } else if let Some(&sweep) = self.sweeps.front() {
            self.sweep_on(sweep, at, effects);
        }
    }

    fn write_down(&mut self, decision: Decision, at: u64, effects: &mut Effects) {
        if self.is_void(decision) {
            self.decisions.pop_front();
            return;
        }
        let node = decision.node();
        let attempt = self.nodes.attempt[node as usize];
        match decision {
            Decision::Met(_) if self.places.policy(node).has_condition => self.ask(node, Question::Condition, 0, at, effects),
            Decision::Met(_) | Decision::Wanted(_) => {
                let policy = self.places.policy(node);
                if policy.is_cached {
                    self.ask(node, Question::Cache, 0, at, effects);
                } else if policy.kind == Kind::Given {
                    self.complete(node, 0, at, effects);
                } else {
                    self.emit(Event::of_node(EventKind::NodeReady, at, node, attempt));
                }
            }
            Decision::Ready(_) => self.emit(Event::of_node(EventKind::NodeReady, at, node, attempt)),
            Decision::Complete(_) => self.complete(node, attempt, at, effects),
            Decision::Skip(_, reason) => {
                self.emit(Event::of_node(EventKind::NodeSkipped, at, node, 0).because(reason));
                self.free_outputs(node, effects);
            }
            Decision::Filter(_) => {
                self.emit(Event::of_node(EventKind::NodeFiltered, at, node, 0));
                self.free_outputs(node, effects);
            }
            Decision::Fail(_, reason) => self.fail_for_good(node, attempt, at, reason, effects),
            Decision::AskEdge(from, _) => self.ask(node, Question::Edge, from, at, effects),
        }
    }

    /// Whether what was decided has been overtaken: its node is somewhere else by now.
    #[inline]
    pub(super) fn is_void(&self, decision: Decision) -> bool {
        let node = decision.node();
        let state = self.nodes.state[node as usize];
        match decision {
            Decision::AskEdge(..) => state != NodeState::Pending || self.nodes.has(node, flag::JOINED),
            Decision::Ready(_) => state != NodeState::Pending && !(state == NodeState::Waiting && self.nodes.has(node, flag::LIVE)),
            Decision::Complete(_) | Decision::Fail(..) => state.is_settled() || state == NodeState::Ready,
            _ => state != NodeState::Pending,
        }
    }

    pub(super) fn ask(&mut self, node: u32, question: Question, from: u32, at: u64, effects: &mut Effects) {
        let lane = if question == Question::Edge { from } else { NONE };
        let event = Event::of_node(EventKind::PredicateAsked, at, node, self.nodes.attempt[node as usize]).on_lane(lane);
        self.emit(Event { detail: question as u8, ..event });
        effects.other.push(Effect::Ask { node, question, from });
    }

    /// A container that has started opens; a wait node waits.
    fn open(&mut self, node: u32, at: u64, effects: &mut Effects) {
        let policy = self.places.policy(node);
        let attempt = self.nodes.attempt[node as usize];
        if self.nodes.state[node as usize] != NodeState::Running {
            self.opening.pop_front();
            return;
        }
        let Some(container) = policy.kind.container() else {
            self.open_own_wait(node, at);
            return;
        };
        let count = container.plan.graph().node_count() as u32;
        let limit = container.limit;
        let round = self.rounds_of(node) + 1;
        let is_over_limit = matches!(policy.kind, Kind::Loop(_)) && round > limit;
        if is_over_limit || (count > 0 && !self.has_room_inside(node, count)) {
            self.opening.pop_front();
            self.fail_for_good(node, attempt, at, Reason::Limit, effects);
            return;
        }
        let first = self.nodes.state.len() as u32;
        let event = Event::of_node(EventKind::ScopeOpened, at, node, attempt).on_lane(round);
        self.emit(Event { value: u64::from(count), ..event });
        effects.other.push(Effect::Opened { node, first, count, what: Opened::Scope });
    }

    /// How many rounds of its current attempt a container has opened.
    pub(super) fn rounds_of(&self, container: u32) -> u32 {
        let attempt = self.nodes.attempt[container as usize];
        let scopes = self.places.inside.get(&container);
        scopes.map_or(0, |scopes| {
            scopes.iter().rev().take_while(|&&scope| self.places.scopes[scope as usize].attempt == attempt).count() as u32
        })
    }

    /// Whether `count` more nodes may stand inside a node.
    pub(super) fn has_room_inside(&self, node: u32, count: u32) -> bool {
        let total = self.nodes.state.len() as u64 + u64::from(count);
        total <= u64::from(self.options.max_nodes) && self.places.segment_of(node).depth < self.options.max_depth
    }

    #[cold]
    fn decide_scopes(&mut self, at: u64, effects: &mut Effects) {
        if let Some(&culprit) = self.culprits.front() {
            if self.is_pardoned(culprit) {
                self.culprits.pop_front();
            } else {
                self.emit(Event::of_node(EventKind::RunStopping, at, culprit, 0));
            }
        } else if let Some(&sweep) = self.sweeps.front() {
            self.sweep_on(sweep, at, effects);
        } else if let Some(scope) = self.closing.pop_front() {
            self.close(scope, at, effects);
        }
    }

    /// Whether a failure stops nothing: nothing is left to stop, or a downstream accepts it.
    pub(super) fn is_pardoned(&self, culprit: u32) -> bool {
        let state = &self.places.scopes[self.places.scope_of(culprit) as usize];
        let open = if self.is_plain { self.unsettled_count } else { state.open };
        state.is_stopped || (open == 0 && state.is_complete) || (!self.is_plain && self.is_accepted(culprit))
    }

    /// Whether all in a scope is over that its container, or its finally-nodes, wait for.
    pub(super) fn is_closable(&self, scope: u32) -> bool {
        let state = &self.places.scopes[scope as usize];
        let may_get_more = !state.is_complete && !state.is_stopped;
        let node = state.container;
        if node == NONE || state.is_closed || state.open > 0 || may_get_more || self.nodes.state[node as usize] != NodeState::Running {
            return false;
        }
        match (state.phase == Phase::Finalizing, state.open_finally > 0) {
            (true, true) => false,
            (false, false) => true,
            _ => !self.is_awaited_inside(scope),
        }
    }

    /// A scope in which all ordinary nodes have settled: its finally-nodes run, or its container goes on.
    fn close(&mut self, scope: u32, at: u64, effects: &mut Effects) {
        if !self.is_closable(scope) {
            return;
        }
        let state = &self.places.scopes[scope as usize];
        let (node, attempt, has_failed, is_swept) = (state.container, state.attempt, state.has_failed, state.is_swept);
        if state.open_finally > 0 {
            let event = Event::of_node(EventKind::PhaseEntered, at, node, attempt);
            self.emit(Event { detail: Phase::Finalizing as u8, ..event });
            return;
        }
        self.stop_items(node, effects);
        self.incomplete.remove(&scope);
        if is_swept {
            self.cancel_node(node, at, AbortReason::FailFast, effects);
        } else if has_failed {
            self.fail(node, attempt, at, Failure::of(Reason::Error), effects);
        } else if matches!(self.places.policy(node).kind, Kind::Loop(_)) {
            self.ask(node, Question::Until, 0, at, effects);
        } else {
            self.complete(node, attempt, at, effects);
        }
    }

    /// Whether code inside a scope was told to stop and is waited for.
    fn is_awaited_inside(&self, scope: u32) -> bool {
        self.awaited_count > 0
            && self.told.iter().any(|(&(node, _), told)| !told.abandoned && self.places.is_within(self.places.scope_of(node), scope))
    }

    /// A pause takes back what has not begun.
    fn return_leases(&mut self, at: u64, effects: &mut Effects) {
        for node in 0..self.nodes.state.len() as u32 {
            if self.lease_count == 0 {
                return;
            }
            if self.nodes.has(node, flag::LEASED) {
                self.take_back(node, at, effects);
            }
        }
    }
}

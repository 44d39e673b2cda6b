//! The fold: what each event does to the state. The only place where a run changes.

use std::sync::Arc;

use super::columns::{flag, stamp};
use super::effect::{AbortReason, Opened, Phase, WaitEnd};
use super::event::{Event, EventKind, NONE};
use super::input::{Question, Verdict};
use super::scope::{Scope, Segment};
use super::state::{NodeState, Reason, RunStatus};
use super::sweep::Sweep;
use super::timer::{Timer, TimerClass, place_of};
use super::{Decision, NEVER, PastAttempt, Queued, Run, Stretch, Told, Waiting};
use crate::plan::{Kind, Look, OnFailure, Standing};

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
                self.free_lanes.remove(lane);
                self.nodes.set(node, flag::LEASED | flag::HOLDS_LANE);
                self.nodes.lane[i] = lane;
                self.lease_count += 1;
                if !self.is_plain {
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
                self.free_lanes.insert(needs_lane);
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
                self.retries += 1;
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

    /// The ordinary nodes of a block that wait for nothing are met.
    fn meet_roots(&mut self, first: u32, count: u32) {
        for node in first..first + count {
            if self.nodes.open_upstreams[node as usize] == 0 && (self.is_plain || !self.places.policy(node).is_finally) {
                self.decisions.push_back(Decision::Met(node));
            }
        }
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

    /// A container or a wait node starts: neither takes a slot.
    fn start_unslotted(&mut self, node: u32, attempt: u32, time: u64) {
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
    fn open_scope(&mut self, node: u32, attempt: u32, fail_fast: bool, concurrency: u32) -> u32 {
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

    fn apply_opening(&mut self, node: u32, attempt: u32, count: u32) {
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

    fn apply_items(&mut self, node: u32, count: u32, is_done: bool) {
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

    fn apply_phase(&mut self, node: u32, detail: u8) {
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

    fn apply_question(&mut self, node: u32, detail: u8, lane: u32, time: u64) {
        let question = question_of(detail);
        self.take_decision(node);
        if question == Question::Until {
            self.close_inside(node, None);
        }
        let which = place_of(question, lane);
        let due = self.places.policy(node).timeout.map_or(NEVER, |timeout| time.saturating_add(timeout));
        self.questions.insert((node, which), due);
        if due != NEVER {
            self.timers.arm(Timer { due, node, class: TimerClass::Predicate, which });
        }
    }

    fn apply_answer(&mut self, node: u32, detail: u8, from: u32) {
        let question = question_of(detail & 15);
        self.questions.remove(&(node, place_of(question, from)));
        let verdict = [Verdict::Yes, Verdict::No, Verdict::Nothing, Verdict::Threw].into_iter().find(|&it| it as u8 == detail >> 4);
        let Some(verdict) = verdict.filter(|&it| it != Verdict::Threw) else {
            self.decisions.push_back(Decision::Fail(node, Reason::Error));
            return;
        };
        let is_yes = verdict == Verdict::Yes;
        match question {
            Question::Edge => {
                let look = match verdict {
                    Verdict::Yes => Look::Completed,
                    Verdict::Nothing => Look::Filtered,
                    _ => Look::Skipped,
                };
                if is_yes {
                    self.passed_edges.insert((from, node));
                }
                self.count_look(from, node, look);
            }
            Question::Condition if is_yes => self.decisions.push_back(Decision::Wanted(node)),
            Question::Condition => self.decisions.push_back(Decision::Skip(node, Reason::Condition)),
            Question::Cache | Question::Until if is_yes => self.decisions.push_back(Decision::Complete(node)),
            Question::Cache if self.places.policy(node).kind == Kind::Given => self.decisions.push_back(Decision::Complete(node)),
            Question::Cache => self.decisions.push_back(Decision::Ready(node)),
            Question::Until => self.opening.push_back(node),
        }
    }

    fn apply_wait(&mut self, event: &Event) {
        let Event { time, node, attempt, lane: key, detail, value: due, .. } = *event;
        let i = node as usize;
        if self.opening.front() == Some(&node) {
            self.opening.pop_front();
        }
        let (name, has_default) = self.name_of_wait(node, key, detail);
        let order = self.event_count;
        self.waits.insert((node, key), Waiting { due, name, has_default, order });
        if due != NEVER {
            self.timers.arm(Timer { due, node, class: TimerClass::Wait, which: key });
        }
        if let Some(name) = name {
            self.listeners.entry(name).or_default().insert(order, (node, key));
            if self.queued_for(node, key).is_some() {
                self.arrived.push_back((node, key));
            }
        }
        if self.nodes.state[i] == NodeState::Running {
            let began = self.nodes.began(node);
            let stretch = self.stretches.entry(node).or_insert(Stretch { since: began, used: 0 });
            stretch.used += time.saturating_sub(stretch.since);
            if self.nodes.has(node, flag::LIVE) {
                let lane = self.nodes.lane[i];
                self.past_attempts.push(PastAttempt { node, attempt, lane, started_at: began, ended_at: time, reason: Reason::None });
            }
            self.running_count -= 1;
            self.let_go(node, false);
            self.nodes.attempt[i] = attempt;
            self.nodes.state[i] = NodeState::Waiting;
            self.waiting_count += 1;
        }
    }

    fn apply_wait_over(&mut self, node: u32, key: u32, detail: u8, payload: u64) {
        if let Some(wait) = self.waits.remove(&(node, key)) {
            self.unlisten(&wait);
            let is_signal = detail == WaitEnd::Answered as u8 || detail == WaitEnd::Rejected as u8;
            if let Some(queue) = wait.name.filter(|_| is_signal).and_then(|name| self.signals.get_mut(&name)) {
                let is_it = |it: &Queued| it.node.is_none_or(|it| it == node) && u64::from(it.payload) == payload;
                if let Some(at) = queue.iter().position(is_it) {
                    queue.remove(at);
                }
            }
        }
        let is_wait_node = matches!(self.places.policy(node).kind, Kind::Wait(_));
        if is_wait_node {
            self.decisions.push_back(if detail == WaitEnd::Rejected as u8 {
                Decision::Fail(node, Reason::Rejected)
            } else if detail == WaitEnd::TimedOut as u8 {
                Decision::Fail(node, Reason::Timeout)
            } else {
                Decision::Complete(node)
            });
        } else if self.nodes.state[node as usize] == NodeState::Waiting {
            self.decisions.push_back(Decision::Ready(node));
        }
    }

    /// Puts a node into a final state.
    #[expect(clippy::inline_always, reason = "measured: it lies on the path of every task")]
    #[inline(always)]
    fn enter(&mut self, node: u32, state: NodeState, reason: Reason, time: u64) {
        let i = node as usize;
        self.nodes.state[i] = state;
        self.nodes.reason[i] = reason;
        self.nodes.settled_at[i] = stamp(time);
        if self.is_plain {
            self.unsettled_count -= 1;
        } else {
            self.count_settled(node);
        }
    }

    fn count_settled(&mut self, node: u32) {
        let scope = self.places.scope_of(node);
        if self.places.policy(node).is_finally {
            let mut at = Some(scope);
            while let Some(scope) = at {
                self.places.scopes[scope as usize].open_finally -= 1;
                at = self.places.parent(scope);
            }
        } else {
            let state = &mut self.places.scopes[scope as usize];
            state.open -= 1;
            self.unsettled_count -= u32::from(!state.is_in_finally);
        }
        self.review(scope);
    }

    /// Scopes that may be over now are to be looked at: this one and those around it.
    fn review(&mut self, scope: u32) {
        let mut at = Some(scope);
        while let Some(scope) = at.filter(|&scope| scope != 0) {
            let state = &self.places.scopes[scope as usize];
            if state.open == 0 && !state.is_closed {
                self.closing.push_back(scope);
            }
            at = self.places.parent(scope);
        }
    }

    /// A node leaves whatever it stands in and gives back what it holds. Code that is told to stop keeps its needs until it returns.
    fn leave(&mut self, node: u32, tells_to_stop: bool, time: u64) {
        let i = node as usize;
        let is_told = tells_to_stop && self.nodes.has(node, flag::LIVE);
        match self.nodes.state[i] {
            NodeState::Pending => self.take_decision(node),
            NodeState::Ready => self.dequeue(node),
            NodeState::Running => self.running_count -= 1,
            NodeState::Waiting => {
                self.take_decision(node);
                self.waiting_count -= 1;
            }
            _ => {}
        }
        if self.nodes.state[i] == NodeState::Running {
            self.take_decision(node);
        }
        if matches!(self.nodes.state[i], NodeState::Pending | NodeState::Ready) {
            self.count_idle(node, false);
        }
        let holds_needs = self.let_go(node, is_told);
        if is_told {
            let told = Told { at: time, abandoned: false, holds_needs };
            self.told.insert((node, self.nodes.attempt[i]), told);
            self.awaited_count += 1;
            let due = time.saturating_add(self.options.grace);
            self.timers.arm(Timer { due, node, class: TimerClass::Grace, which: self.nodes.attempt[i] });
        }
        self.nodes.clear(node, flag::LIVE | flag::LEASED);
        self.forget(node);
    }

    /// Gives back slot, place and needs; with `keeps_needs` the needs stay taken, and the answer is whether there are any.
    fn let_go(&mut self, node: u32, keeps_needs: bool) -> bool {
        if self.nodes.has(node, flag::HOLDS_LANE) {
            self.free_lanes.insert(self.nodes.lane[node as usize]);
        }
        if self.nodes.has(node, flag::HOLDS_PLACE) {
            let scope = self.places.scope_of(node);
            self.places.scopes[scope as usize].active -= 1;
        }
        let holds_needs = self.nodes.has(node, flag::HOLDS_NEEDS);
        if holds_needs {
            self.held_since.remove(&node);
            if !keeps_needs {
                self.pools.give_back(&self.places.policy(node).needs);
            }
        }
        self.nodes.clear(node, flag::HOLDS_LANE | flag::HOLDS_PLACE | flag::HOLDS_NEEDS);
        holds_needs && keeps_needs
    }

    /// Whether anything is kept about any unsettled node beside its columns.
    #[inline]
    fn has_memories(&self) -> bool {
        !self.first_starts.is_empty() || !self.stretches.is_empty() || !self.waits.is_empty()
    }

    /// Drops what is kept about an unsettled node beside its columns.
    fn forget(&mut self, node: u32) {
        if !self.waits.is_empty() {
            self.void_waits(node);
        }
        if !self.questions.is_empty() {
            self.void_questions(node);
        }
        self.stretches.remove(&node);
        self.first_starts.remove(&node);
        self.forget_passes(node);
    }

    /// A node that starts takes its place in its scope, and its needs.
    fn take_needs(&mut self, node: u32, time: u64) {
        let scope = self.places.scope_of(node) as usize;
        if self.places.scopes[scope].concurrency > 0 {
            self.places.scopes[scope].active += 1;
            self.nodes.set(node, flag::HOLDS_PLACE);
        }
        let needs = &self.places.policy(node).needs;
        if !needs.is_empty() {
            self.pools.take(needs, time);
            self.held_since.insert(node, time);
            self.nodes.set(node, flag::HOLDS_NEEDS);
        }
    }

    /// A lease that was not used gives back all it took.
    fn forget_needs(&mut self, node: u32) {
        if self.is_plain {
            return;
        }
        if let Some(&since) = self.held_since.get(&node) {
            self.pools.forget_start(&self.places.policy(node).needs, since);
        }
        self.let_go(node, false);
    }

    /// Keeps the number of items of a map that are pending or ready.
    fn count_idle(&mut self, node: u32, is_more: bool) {
        let segment = self.places.segment_of(node);
        if segment.what == Opened::Items {
            let scope = segment.scope as usize;
            let idle = &mut self.places.scopes[scope].idle_items;
            *idle = if is_more { *idle + 1 } else { idle.saturating_sub(1) };
        }
    }

    fn return_told(&mut self, node: u32, told: Told) {
        if !told.abandoned {
            self.awaited_count -= 1;
        }
        if told.holds_needs {
            self.pools.give_back(&self.places.policy(node).needs);
        }
        if !self.is_plain {
            self.review(self.places.scope_of(node));
        }
    }

    /// What a container has inside does not count any more; with `sweep`, what is left there is settled.
    fn close_inside(&mut self, node: u32, sweep: Option<AbortReason>) {
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
    fn stop_all(&mut self, why: AbortReason) {
        self.is_paused = false;
        self.culprits.clear();
        self.mark_stopped(0);
        self.sweeps.push_back(Sweep::new(0, why));
    }

    /// A sweep comes over a scope and all inside it.
    fn mark_stopped(&mut self, scope: u32) {
        let inner: Vec<u32> = self.scopes_inside(scope);
        for inner in inner {
            self.mark_swept(inner);
        }
        self.places.scopes[scope as usize].is_stopped = true;
    }

    fn mark_swept(&mut self, scope: u32) {
        self.mark_stopped(scope);
        self.places.scopes[scope as usize].is_swept = true;
    }

    fn scopes_inside(&self, scope: u32) -> Vec<u32> {
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

    /// Takes the decision about `node` from the front of the queue, with what has become void before it.
    #[inline]
    fn take_decision(&mut self, node: u32) {
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

    fn pass_sweep(&mut self, node: u32) {
        if let Some(sweep) = self.sweeps.front_mut().filter(|_| self.branch.is_empty()) {
            sweep.next = node + 1;
        }
    }
}

fn question_of(detail: u8) -> Question {
    let all = [Question::Edge, Question::Condition, Question::Cache, Question::Until];
    all.into_iter().find(|&question| question as u8 == detail).unwrap_or(Question::Edge)
}

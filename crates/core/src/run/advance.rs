//! Deciding: inputs and time in, events and effects out. Nothing here changes state but through `Run::emit`.
//!
//! A batch is decided in four steps: its inputs in order, each with all that follows from it; timers that are due; free slots,
//! once; the end of the run.

use super::effect::{AbortReason, Effect, Effects, Lease};
use super::event::{Event, EventKind};
use super::input::{Input, Outcome};
use super::state::{NodeState, Reason, RunStatus};
use super::timer::{Timer, TimerClass};
use super::{Decision, KeepResults, NEVER, Run, Sweep};

/// `max_attempts` of the nodes at whose beginning a build with the feature `panic-probe` panics.
#[cfg(feature = "panic-probe")]
const PANIC_PROBE_ATTEMPTS: u32 = 777_777;

impl Run {
    /// Takes a batch of inputs, decides all that follows from it and from the time, and says what is to be done.
    ///
    /// `now` is in whole microseconds since the run's start and not before any time in the batch. An empty batch is a tick. An
    /// input that makes no sense (a lease that is gone, an attempt that has returned) is refused: it changes nothing and makes no event.
    ///
    /// Cost: O(1) an input, plus one step per edge out of each node that settles; O(log₆₄ n) to give a slot; O(log m) a timer; a
    /// stop or cancel walks all nodes once.
    pub fn advance(&mut self, inputs: &[Input], now: u64, effects: &mut Effects) {
        effects.clear();
        if self.ended.is_some() {
            effects.ended = self.ended;
            return;
        }
        self.decide(self.time, effects);
        for &input in inputs {
            self.take(input, effects);
        }
        // Not `self.time`: only an event moves it, or a fold of the events would be another state.
        let now = self.time.max(now);
        self.run_timers(now, effects);
        self.fill_slots(now, effects);
        if self.started && self.unsettled_count == 0 && self.awaited_count == 0 {
            let status = self.outcome();
            self.emit(Event::of_run(EventKind::RunEnded, now).with_status(status));
            effects.ended = Some(status);
            return;
        }
        effects.wake_at = self.wake_at(now);
    }

    fn outcome(&self) -> RunStatus {
        if self.cancel_accepted {
            RunStatus::Cancelled
        } else if self.failed.is_empty() {
            RunStatus::Completed
        } else {
            RunStatus::Failed
        }
    }

    #[inline]
    fn take(&mut self, input: Input, effects: &mut Effects) {
        match input {
            Input::Begin { node, attempt, at } => self.begin(node, attempt, self.time.max(at)),
            Input::Settle { node, attempt, at, outcome } => self.settle(node, attempt, self.time.max(at), outcome, effects),
            Input::Start { at } if !self.started => {
                let at = self.time.max(at);
                self.emit(Event::of_run(EventKind::RunStarted, at));
                self.decide(at, effects);
            }
            Input::Cancel { at } if self.started && !self.cancel_accepted && self.unsettled_count > 0 => {
                let at = self.time.max(at);
                self.emit(Event::of_run(EventKind::CancelRequested, at));
                self.decide(at, effects);
            }
            Input::Start { .. } | Input::Cancel { .. } => {}
        }
    }

    #[inline]
    fn begin(&mut self, node: u32, attempt: u32, at: u64) {
        let i = node as usize;
        if i < self.nodes.leased.len() && self.nodes.leased[i] && attempt == self.nodes.attempt[i] + 1 {
            #[cfg(feature = "panic-probe")]
            assert!(self.plan.policy(node).max_attempts != PANIC_PROBE_ATTEMPTS, "the panic probe was touched");
            let lane = self.nodes.lane[i];
            self.emit(Event::of_node(EventKind::NodeStarted, at, node, attempt).on_lane(lane));
        }
    }

    #[inline]
    fn settle(&mut self, node: u32, attempt: u32, at: u64, outcome: Outcome, effects: &mut Effects) {
        let i = node as usize;
        if i >= self.nodes.state.len() {
            return;
        }
        if self.nodes.state[i] != NodeState::Running || self.nodes.attempt[i] != attempt {
            if self.told.contains_key(&(node, attempt)) {
                self.late(node, attempt, at, outcome, effects);
            }
            return;
        }
        if self.deadline(node).is_some_and(|deadline| at > deadline) {
            self.fail(node, attempt, at, Reason::Timeout, effects);
            self.decide(at, effects);
            self.late(node, attempt, at, outcome, effects);
            return;
        }
        match outcome {
            Outcome::Succeeded => {
                self.emit(Event::of_node(EventKind::NodeCompleted, at, node, attempt));
                self.free_outputs(node, effects);
            }
            Outcome::Failed => self.fail(node, attempt, at, Reason::Error, effects),
        }
        self.decide(at, effects);
    }

    /// Reports the end of code that no longer counts.
    fn late(&mut self, node: u32, attempt: u32, at: u64, outcome: Outcome, effects: &mut Effects) {
        let event = Event { detail: u8::from(outcome == Outcome::Failed), ..Event::of_node(EventKind::LateOutcome, at, node, attempt) };
        self.emit(event);
        effects.other.push(Effect::Discard { node, attempt });
    }

    /// Ends the running attempt of `node` without success: another follows, or the node has failed.
    fn fail(&mut self, node: u32, attempt: u32, at: u64, reason: Reason, effects: &mut Effects) {
        let has_attempts_left = attempt < self.plan.policy(node).max_attempts;
        let kind = if has_attempts_left { EventKind::AttemptFailed } else { EventKind::NodeFailed };
        self.emit(Event::of_node(kind, at, node, attempt).because(reason));
        if !has_attempts_left {
            self.free_outputs(node, effects);
        }
    }

    /// When the running attempt of `node` is out of time.
    #[inline]
    fn deadline(&self, node: u32) -> Option<u64> {
        self.plan.policy(node).timeout.map(|timeout| self.nodes.began(node).saturating_add(timeout))
    }

    /// Writes down everything that follows from what was applied: joins breadth-first, then the stop, then its sweep.
    #[inline]
    fn decide(&mut self, at: u64, effects: &mut Effects) {
        loop {
            while let Some(&decision) = self.decisions.front() {
                let node = decision.node();
                if self.nodes.state[node as usize] != NodeState::Pending {
                    self.decisions.pop_front();
                    continue;
                }
                match decision {
                    Decision::Ready(_) => self.emit(Event::of_node(EventKind::NodeReady, at, node, self.nodes.attempt[node as usize])),
                    Decision::Skip(_) => {
                        self.emit(Event::of_node(EventKind::NodeSkipped, at, node, 0).because(Reason::UpstreamFailed));
                        self.free_outputs(node, effects);
                    }
                }
            }
            match (self.culprit, self.sweep) {
                (Some(_), _) if self.unsettled_count == 0 => self.culprit = None,
                (Some(culprit), _) => self.emit(Event::of_node(EventKind::RunStopping, at, culprit, 0)),
                (None, Sweep::No) => return,
                (None, sweep) => self.sweep_on(sweep, at, effects),
            }
        }
    }

    /// Settles everything that is left, in node order, joins not asked.
    fn sweep_on(&mut self, sweep: Sweep, at: u64, effects: &mut Effects) {
        let (next, why) = match sweep {
            Sweep::No => return,
            Sweep::Cancel { next } => (next, AbortReason::Cancel),
            Sweep::FailFast { next } => (next, AbortReason::FailFast),
        };
        for node in next..self.nodes.state.len() as u32 {
            let i = node as usize;
            let state = self.nodes.state[i];
            if state.is_settled() {
                continue;
            }
            let attempt = self.nodes.attempt[i];
            if self.nodes.leased[i] {
                self.emit(Event::of_node(EventKind::LeaseReturned, at, node, attempt));
                effects.other.push(Effect::Revoke { node });
            }
            if state == NodeState::Running {
                effects.other.push(Effect::Abort { node, attempt, reason: why });
            }
            if why == AbortReason::FailFast && attempt == 0 {
                self.emit(Event::of_node(EventKind::NodeSkipped, at, node, 0).because(Reason::FailFast));
            } else {
                self.emit(Event::of_node(EventKind::NodeCancelled, at, node, attempt));
            }
            self.free_outputs(node, effects);
        }
        self.sweep = Sweep::No;
    }

    fn run_timers(&mut self, now: u64, effects: &mut Effects) {
        let live = self.running_count as usize + self.waiting_count as usize + self.told.len();
        let mut timers = std::mem::take(&mut self.timers);
        timers.sweep(live, |timer| self.is_true(timer));
        self.timers = timers;
        while let Some(timer) = self.timers.first().filter(|timer| timer.due <= now) {
            self.timers.pop();
            if !self.is_true(&timer) {
                continue;
            }
            let Timer { node, attempt, class, .. } = timer;
            match class {
                TimerClass::AttemptTimeout => {
                    effects.other.push(Effect::Abort { node, attempt, reason: AbortReason::Timeout });
                    self.fail(node, attempt, now, Reason::Timeout, effects);
                }
                TimerClass::Retry => self.emit(Event::of_node(EventKind::NodeReady, now, node, attempt)),
                TimerClass::Grace => self.emit(Event::of_node(EventKind::AttemptAbandoned, now, node, attempt)),
            }
            self.decide(now, effects);
        }
    }

    /// Whether what a timer guards still stands.
    fn is_true(&self, timer: &Timer) -> bool {
        let i = timer.node as usize;
        let is_current = |state| self.nodes.state[i] == state && self.nodes.attempt[i] == timer.attempt;
        match timer.class {
            TimerClass::AttemptTimeout => is_current(NodeState::Running),
            TimerClass::Retry => is_current(NodeState::Waiting),
            TimerClass::Grace => self.told.get(&(timer.node, timer.attempt)).is_some_and(|told| !told.abandoned),
        }
    }

    /// Gives free slots to ready nodes, best rank first.
    #[inline]
    fn fill_slots(&mut self, now: u64, effects: &mut Effects) {
        while let Some(rank) = self.ready.lowest() {
            let Some(lane) = self.free_lanes.lowest() else { return };
            let node = self.plan.order().node_at(rank);
            let attempt = self.nodes.attempt[node as usize] + 1;
            self.emit(Event::of_node(EventKind::NodeLeased, now, node, attempt).on_lane(lane));
            effects.leases.push(Lease { node, attempt, lane });
        }
    }

    /// When the host must come back at the latest. A leased node may have begun since, so its deadline is taken from the lease.
    fn wake_at(&mut self, now: u64) -> Option<u64> {
        if self.lease_count == 0 {
            self.lease_guard = NEVER;
        } else if self.lease_guard <= now {
            self.lease_guard = self.plan.shortest_timeout().map_or(NEVER, |timeout| now.saturating_add(timeout));
        }
        let due = loop {
            match self.timers.first() {
                None => break NEVER,
                Some(timer) if self.is_true(&timer) => break timer.due,
                Some(_) => self.timers.pop(),
            }
        };
        let at = due.min(self.lease_guard);
        (at != NEVER).then_some(at)
    }

    /// Frees the outputs that the settling of `node` leaves without a reader, its own included.
    #[inline]
    fn free_outputs(&mut self, node: u32, effects: &mut Effects) {
        if self.readers.is_empty() {
            return;
        }
        let keep_leaves = self.options.keep_results == KeepResults::Leaves;
        let plan = &self.plan;
        let graph = plan.graph();
        for &upstream in graph.predecessors(node) {
            let left = &mut self.readers[upstream as usize];
            *left -= 1;
            if *left == 0 && self.nodes.state[upstream as usize] == NodeState::Completed {
                effects.other.push(Effect::Free { node: upstream });
            }
        }
        let is_kept_leaf = keep_leaves && graph.successors(node).is_empty();
        if self.readers[node as usize] == 0 && self.nodes.state[node as usize] == NodeState::Completed && !is_kept_leaf {
            effects.other.push(Effect::Free { node });
        }
    }
}

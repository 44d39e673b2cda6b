//! Deciding: inputs and time in, events and effects out. Nothing here changes state but through `Run::emit`.
//!
//! A batch is decided in steps: its inputs in order, each with all that follows from it; timers that are due; free slots, once; the
//! phases on the way down; the end of the run.

use super::effect::{Effect, Effects};
use super::event::{Event, EventKind, NONE};
use super::input::Input;
use super::state::{NodeState, Reason};
use super::{KeepResults, Run};
use crate::plan::Kind;

impl Run {
    /// Takes a batch of inputs, decides all that follows from it and from the time, and says what is to be done.
    ///
    /// `now` is in whole microseconds since the run's start and not before any time in the batch. An empty batch is a tick. An
    /// input that makes no sense (a lease that is gone, an attempt that has returned) is refused: it changes nothing and makes no event.
    ///
    /// Cost: O(1) an input, plus one step per edge out of each node that settles; O(log₆₄ n) to give a slot (O(log n) once anything was
    /// added to the graph, times the kinds of needs that wait); O(log m) a timer; a stop or cancel walks all nodes once.
    pub fn advance(&mut self, inputs: &[Input], now: u64, effects: &mut Effects) {
        effects.clear();
        if self.ended.is_some() {
            effects.ended = self.ended;
            return;
        }
        // A cancel of several nodes that was cut off goes on where it was.
        let goes_on = self.branch_rest > 0 && matches!(inputs.first(), Some(Input::CancelNodes { .. }));
        if !goes_on {
            self.decide(self.time, effects);
        }
        for input in inputs {
            self.take(input, effects);
        }
        // Not `self.time`: only an event moves it, or a fold of the events would be another state.
        let now = self.time.max(now);
        self.run_timers(now, effects);
        self.fill(now, effects);
        while self.unsettled_count == 0 && self.enter_phase(now, effects) {
            self.fill(now, effects);
        }
        if self.unsettled_count == 0 && self.is_over() {
            let status = self.outcome();
            self.emit(Event::of_run(EventKind::RunEnded, now).with_status(status));
            effects.ended = Some(status);
            return;
        }
        if !self.incomplete.is_empty() {
            self.expand(effects);
        }
        effects.wake_at = self.wake_at(now);
    }

    #[inline]
    fn take(&mut self, input: &Input, effects: &mut Effects) {
        match *input {
            Input::Begin { node, attempt, at } => self.begin(node, attempt, self.time.max(at)),
            Input::Settle { node, attempt, at, ref outcome } => self.settle(node, attempt, self.time.max(at), outcome, effects),
            _ => self.take_rare(input, effects),
        }
    }

    fn take_rare(&mut self, input: &Input, effects: &mut Effects) {
        match *input {
            Input::Start { at } if !self.started => self.note(Event::of_run(EventKind::RunStarted, self.time.max(at)), effects),
            _ if !self.started => {}
            Input::Begin { .. } | Input::Settle { .. } | Input::Start { .. } => {}
            Input::Wait { node, attempt, at, key, what } => self.wait(node, attempt, self.time.max(at), key, what, effects),
            Input::Answer { node, question, from, at, verdict } => {
                let at = self.time.max(at);
                self.answer(node, question, from, at, verdict);
                self.decide(at, effects);
            }
            Input::Items { node, attempt, at, count, is_done } => {
                self.take_items(node, attempt, self.time.max(at), count, is_done, effects);
            }
            Input::ItemsFailed { node, attempt, at } => {
                let at = self.time.max(at);
                if self.is_container_running(node, attempt) {
                    self.fail_for_good(node, attempt, at, Reason::Error, effects);
                    self.decide(at, effects);
                }
            }
            Input::Signal { name, node, at, payload, is_rejection } => {
                self.signal(name, node, self.time.max(at), payload, is_rejection, effects);
            }
            Input::Cancel { at } => {
                if !self.cancel_accepted && !self.has_timed_out && self.is_up() {
                    self.note(Event::of_run(EventKind::CancelRequested, self.time.max(at)), effects);
                }
            }
            Input::CancelNodes { ref nodes, at } => self.cancel_nodes(nodes, self.time.max(at), effects),
            Input::Pause { at } => {
                let is_stopping = self.places.scopes[0].is_stopped;
                if !self.is_paused && !is_stopping && self.is_up() {
                    self.note(Event::of_run(EventKind::RunPaused, self.time.max(at)), effects);
                }
            }
            Input::Resume { at } => {
                if self.is_paused() {
                    self.note(Event::of_run(EventKind::RunResumed, self.time.max(at)), effects);
                }
            }
            Input::Grow { ref growth, at } => match self.check_growth(growth, None) {
                Ok(()) => self.commit_growth(NONE, growth, self.time.max(at), effects),
                Err(refusal) => effects.other.push(Effect::GrowthRefused { node: NONE, refusal }),
            },
            Input::Undone { node, at, is_ok } => {
                if self.undoing.running.contains_key(&node) {
                    let kind = if is_ok { EventKind::UndoCompleted } else { EventKind::UndoFailed };
                    let reason = if is_ok { Reason::None } else { Reason::Error };
                    let attempt = self.nodes.attempt[node as usize];
                    self.emit(Event::of_node(kind, self.time.max(at), node, attempt).because(reason));
                }
            }
        }
    }

    /// An event, with all that follows.
    fn note(&mut self, event: Event, effects: &mut Effects) {
        self.emit(event);
        self.decide(event.time, effects);
    }

    /// Whether ordinary nodes are left to run: only then can the run as a whole be paused, cancelled, added to.
    pub(super) fn is_up(&self) -> bool {
        self.unsettled_count > 0 && self.places.scopes[0].phase == super::Phase::Running
    }

    fn is_container_running(&self, node: u32, attempt: u32) -> bool {
        (node as usize) < self.nodes.state.len()
            && self.places.policy(node).kind.container().is_some()
            && self.nodes.state[node as usize] == NodeState::Running
            && self.nodes.attempt[node as usize] == attempt
    }

    /// Whether a map runs this attempt and has not heard of all its items.
    fn is_collecting(&self, node: u32, attempt: u32) -> bool {
        let is_open = |scope: u32| self.incomplete.contains(&scope) && !self.places.scopes[scope as usize].is_stopped;
        self.is_container_running(node, attempt)
            && matches!(self.places.policy(node).kind, Kind::Map(_))
            && self.places.current_scope(node).is_some_and(is_open)
    }

    fn take_items(&mut self, node: u32, attempt: u32, at: u64, count: u32, is_done: bool, effects: &mut Effects) {
        if !self.is_collecting(node, attempt) {
            return;
        }
        let scope = self.places.current_scope(node);
        let known = scope.map_or(0, |scope| u64::from(self.places.scopes[scope as usize].item_count));
        let limit = self.places.policy(node).kind.container().map_or(0, |container| container.limit);
        if known + u64::from(count) > u64::from(limit) || (count > 0 && !self.has_room_inside(node, count)) {
            self.fail_for_good(node, attempt, at, Reason::Limit, effects);
        } else {
            let first = self.nodes.state.len() as u32;
            effects.other.push(Effect::Opened { node, first, count, what: super::Opened::Items });
            let event = Event::of_node(EventKind::ItemsAdded, at, node, attempt);
            self.emit(Event { value: u64::from(count), detail: u8::from(is_done), ..event });
        }
        self.decide(at, effects);
    }

    fn cancel_nodes(&mut self, nodes: &[u32], at: u64, effects: &mut Effects) {
        let is_open = |&node: &u32| {
            (node as usize) < self.nodes.state.len() && !self.nodes.state[node as usize].is_settled() && !self.branch.contains(&node)
        };
        let mut named: Vec<u32> = nodes.iter().copied().filter(is_open).collect();
        named.sort_unstable();
        named.dedup();
        for (place, &node) in named.iter().enumerate() {
            let rest = (named.len() - 1 - place) as u64;
            let attempt = self.nodes.attempt[node as usize];
            self.emit(Event { value: rest, ..Event::of_node(EventKind::NodeCancelRequested, at, node, attempt) });
        }
        self.decide(at, effects);
    }

    /// Whether the output of a leaf is kept.
    pub(super) fn keeps_leaf(&self, node: u32) -> bool {
        self.options.keep_results == KeepResults::Leaves || self.places.scope_of(node) != 0
    }

    /// Frees the outputs that the settling of `node` leaves without a reader, its own included.
    #[expect(clippy::inline_always, reason = "measured: it lies on the path of every task")]
    #[inline(always)]
    pub(super) fn free_outputs(&mut self, node: u32, effects: &mut Effects) {
        if !self.readers.is_empty() {
            self.free_read(node, effects);
        }
    }

    fn free_read(&mut self, node: u32, effects: &mut Effects) {
        for upstream in self.places.upstreams(node) {
            let left = &mut self.readers[upstream as usize];
            *left = left.saturating_sub(1);
            if *left == 0 && self.nodes.state[upstream as usize] == NodeState::Completed && !self.may_be_undone(upstream) {
                effects.other.push(Effect::Free { node: upstream });
            }
        }
        let is_leaf = self.places.downstream_count(node) == 0;
        let is_read = self.readers[node as usize] > 0 || (is_leaf && self.keeps_leaf(node));
        if !is_read && self.nodes.state[node as usize] == NodeState::Completed && !self.may_be_undone(node) {
            effects.other.push(Effect::Free { node });
        }
    }

    pub(super) fn may_be_undone(&self, node: u32) -> bool {
        self.options.undo && self.places.policy(node).has_undo
    }
}

//! Timers that are due, and when the next one is.

use super::columns::flag;
use super::effect::Effects;
use super::event::{Event, EventKind, NONE};
use super::input::{Question, Verdict};
use super::state::{NodeState, Reason};
use super::timer::{Timer, TimerClass, place_of, question_at};
use super::{NEVER, Run};
use crate::plan::Kind;

impl Run {
    #[inline]
    pub(super) fn run_timers(&mut self, now: u64, effects: &mut Effects) {
        if self.timers.first().is_some() {
            self.run_due(now, effects);
        }
    }

    fn run_due(&mut self, now: u64, effects: &mut Effects) {
        let live = self.running_count as usize
            + self.waiting_count as usize
            + self.told.len()
            + self.waits.len()
            + self.questions.len()
            + self.first_starts.len()
            + self.undoing.running.len()
            + 1;
        let mut timers = std::mem::take(&mut self.timers);
        timers.sweep(live, |timer| self.is_true(timer));
        self.timers = timers;
        while let Some(timer) = self.timers.first().filter(|timer| timer.due <= now) {
            self.timers.pop();
            if self.is_true(&timer) {
                self.fire(&timer, now, effects);
                self.decide(now, effects);
            }
        }
    }

    fn fire(&mut self, timer: &Timer, now: u64, effects: &mut Effects) {
        let Timer { node, class, which, .. } = *timer;
        match class {
            TimerClass::AttemptTimeout if which == 0 => {
                let event = Event::of_node(EventKind::UndoFailed, now, node, self.nodes.attempt[node as usize]);
                self.emit(event.because(Reason::Timeout));
            }
            TimerClass::AttemptTimeout => self.time_out(node, now, false, effects),
            TimerClass::NodeTimeout => self.time_out(node, now, true, effects),
            TimerClass::Retry => self.emit(Event::of_node(EventKind::NodeReady, now, node, which)),
            TimerClass::Wait => self.wait_is_due(node, which, now, effects),
            TimerClass::Predicate => {
                let (question, from) = question_at(which);
                self.answer(node, question, from, now, Verdict::TimedOut);
            }
            TimerClass::Grace => self.emit(Event::of_node(EventKind::AttemptAbandoned, now, node, which)),
            TimerClass::RunTimeout => self.emit(Event::of_run(EventKind::RunTimedOut, now)),
        }
    }

    /// The answer to a question that is open.
    pub(super) fn answer(&mut self, node: u32, question: Question, from: u32, at: u64, verdict: Verdict) {
        let place = place_of(question, from);
        if !self.questions.contains_key(&(node, place)) {
            return;
        }
        let lane = if question == Question::Edge { from } else { NONE };
        let event = Event::of_node(EventKind::PredicateAnswered, at, node, self.nodes.attempt[node as usize]).on_lane(lane);
        self.emit(Event { detail: question as u8 | (verdict as u8) << 4, ..event });
    }

    /// Whether what a timer guards still stands.
    pub(super) fn is_true(&self, timer: &Timer) -> bool {
        let Timer { due, node, class, which } = *timer;
        if class == TimerClass::RunTimeout {
            return self.is_up() && !self.has_timed_out && !self.cancel_accepted;
        }
        let state = self.nodes.state[node as usize];
        let is_current = |it| state == it && self.nodes.attempt[node as usize] == which;
        match class {
            TimerClass::AttemptTimeout if which == 0 => self.undoing.running.contains_key(&node),
            TimerClass::AttemptTimeout => is_current(NodeState::Running) && self.deadline(node) == Some(due),
            TimerClass::NodeTimeout => !state.is_settled() && self.node_deadline(node) == Some(due),
            TimerClass::Retry => {
                is_current(NodeState::Waiting)
                    && !self.nodes.has(node, flag::LIVE)
                    && !matches!(self.places.policy(node).kind, Kind::Wait(_))
            }
            TimerClass::Wait => self.waits.get(&(node, which)).is_some_and(|wait| wait.due == due),
            TimerClass::Predicate => self.questions.get(&(node, which)) == Some(&due),
            TimerClass::Grace => self.told.get(&(node, which)).is_some_and(|told| !told.abandoned),
            TimerClass::RunTimeout => false,
        }
    }

    /// When the host must come back at the latest. A leased node may have begun since, so its deadline is taken from the lease.
    #[inline]
    pub(super) fn wake_at(&mut self, now: u64) -> Option<u64> {
        if self.is_plain && self.lease_guard == NEVER && self.timers.first().is_none() {
            return None;
        }
        if self.lease_count == 0 {
            self.lease_guard = NEVER;
        } else if self.lease_guard <= now {
            self.lease_guard = self.shortest_timeout.map_or(NEVER, |timeout| now.saturating_add(timeout));
        }
        let due = loop {
            match self.timers.first() {
                None => break NEVER,
                Some(timer) if self.is_true(&timer) => break timer.due,
                Some(_) => self.timers.pop(),
            }
        };
        let room = if self.is_plain { NEVER } else { self.room_at(now).unwrap_or(NEVER) };
        let at = due.min(self.lease_guard).min(room);
        (at != NEVER).then_some(at)
    }
}

//! Waits and signals.

use super::columns::flag;
use super::effect::{Effect, Effects, WaitEnd};
use super::event::{Event, EventKind, NONE};
use super::input::WaitFor;
use super::state::NodeState;
use super::{NEVER, Queued, Run};
use crate::plan::{Kind, OWN_SIGNAL, WaitPolicy, own_signal};

/// Keys from here on are ordinals of waits for a time; below, names of signals.
pub(super) const TIME_KEYS: u32 = 1 << 31;

/// What `detail` of [`EventKind::WaitOpened`] says: bit 0 a signal, bit 1 a default.
const SIGNAL: u8 = 1;
const DEFAULT: u8 = 2;

impl Run {
    /// The code of an attempt waits.
    pub(super) fn wait(&mut self, node: u32, attempt: u32, at: u64, key: u32, what: WaitFor, effects: &mut Effects) {
        let i = node as usize;
        let fits = matches!(what, WaitFor::Time(_)) == (key >= TIME_KEYS);
        if i >= self.nodes.state.len() || !self.nodes.has(node, flag::LIVE) || self.nodes.attempt[i] != attempt || !fits {
            return;
        }
        if self.waits.contains_key(&(node, key)) {
            return;
        }
        let deadline = self.deadline(node).filter(|_| self.nodes.state[i] == NodeState::Running);
        if let Some(failure) = self.missed_deadline(node, deadline, at) {
            self.time_out(node, at, !failure.may_retry, effects);
            self.decide(at, effects);
            return;
        }
        if self.is_spared_by_a_stop(node) {
            self.cancel_spared(node, at, effects);
            self.decide(at, effects);
            return;
        }
        let (due, detail) = match what {
            WaitFor::Time(length) => (at.saturating_add(length), 0),
            WaitFor::Signal { timeout, has_default } => {
                (timeout.map_or(NEVER, |timeout| at.saturating_add(timeout)), SIGNAL | if has_default { DEFAULT } else { 0 })
            }
        };
        self.open_wait(node, attempt, at, key, due, detail);
        self.decide(at, effects);
    }

    /// A wait node begins to wait.
    pub(super) fn open_own_wait(&mut self, node: u32, at: u64) {
        let Kind::Wait(WaitPolicy { signal, timeout, has_default }) = self.places.policy(node).kind else { return };
        let attempt = self.nodes.attempt[node as usize];
        let due = timeout.map_or(NEVER, |timeout| at.saturating_add(timeout));
        let detail = if signal.is_none() { 0 } else { SIGNAL | if has_default { DEFAULT } else { 0 } };
        self.open_wait(node, attempt, at, 0, due, detail);
    }

    fn open_wait(&mut self, node: u32, attempt: u32, at: u64, key: u32, due: u64, detail: u8) {
        let event = Event::of_node(EventKind::WaitOpened, at, node, attempt).on_lane(key);
        self.emit(Event { detail, value: due, ..event });
    }

    /// The signal that a wait just opened hears, if it is for one, and whether it has a default.
    pub(super) fn name_of_wait(&self, node: u32, key: u32, detail: u8) -> (Option<u32>, bool) {
        let name = match self.places.policy(node).kind {
            Kind::Wait(WaitPolicy { signal: Some(OWN_SIGNAL), .. }) => Some(own_signal(node)),
            Kind::Wait(WaitPolicy { signal, .. }) => signal,
            _ => Some(key),
        };
        (name.filter(|_| detail & SIGNAL != 0), detail & DEFAULT != 0)
    }

    /// A signal: the oldest wait that may hear it, or the next one.
    pub(super) fn signal(&mut self, name: u32, node: Option<u32>, at: u64, payload: u32, is_rejection: bool, effects: &mut Effects) {
        let all_settled = self.unsettled_count == 0 && self.places.scopes[0].open_finally == 0;
        let is_unknown = node.is_some_and(|node| node as usize >= self.nodes.state.len());
        if !self.started || all_settled || is_unknown {
            return;
        }
        if let Some((listener, key)) = self.listener(name, node) {
            let end = if is_rejection { WaitEnd::Rejected } else { WaitEnd::Answered };
            self.end_wait(listener, key, at, end, payload, effects);
            self.decide(at, effects);
        } else {
            let event = Event::of_node(EventKind::SignalQueued, at, node.unwrap_or(NONE), 0).on_lane(name);
            self.emit(Event { detail: u8::from(is_rejection), value: u64::from(payload), ..event });
        }
    }

    /// The wait that would hear a signal now, as node and key: the oldest one; only of `node`, where one is given. Cost: O(log m), and
    /// where a node is given, O(m) in the waits for that name.
    #[must_use]
    pub fn listener(&self, name: u32, node: Option<u32>) -> Option<(u32, u32)> {
        let hears = |&&(listener, _): &&(u32, u32)| node.is_none_or(|node| node == listener);
        self.listeners.get(&name)?.values().find(hears).copied()
    }

    /// The first signal in the queue that an open wait may hear.
    pub(super) fn queued_for(&self, node: u32, key: u32) -> Option<Queued> {
        let name = self.waits.get(&(node, key))?.name?;
        let hears = |queued: &&Queued| queued.node.is_none_or(|it| it == node);
        self.signals.get(&name)?.iter().find(hears).copied()
    }

    pub(super) fn end_wait(&mut self, node: u32, key: u32, at: u64, end: WaitEnd, payload: u32, effects: &mut Effects) {
        effects.other.push(Effect::WaitOver { node, key, end, payload });
        let event = Event::of_node(EventKind::WaitOver, at, node, self.nodes.attempt[node as usize]).on_lane(key);
        self.emit(Event { detail: end as u8, value: u64::from(payload), ..event });
    }

    /// The time of a wait is over.
    pub(super) fn wait_is_due(&mut self, node: u32, key: u32, at: u64, effects: &mut Effects) {
        let Some(wait) = self.waits.get(&(node, key)) else { return };
        let end = match (wait.name, wait.has_default) {
            (None, _) => WaitEnd::Slept,
            (Some(_), true) => WaitEnd::Default,
            (Some(_), false) => WaitEnd::TimedOut,
        };
        self.end_wait(node, key, at, end, 0, effects);
    }

    /// Drops what a node waits for and what was asked about it: it has settled, or its attempt is over.
    pub(super) fn void_waits(&mut self, node: u32) {
        while let Some((&at, &wait)) = self.waits.range((node, 0)..=(node, u32::MAX)).next() {
            self.waits.remove(&at);
            self.unlisten(&wait);
        }
    }

    pub(super) fn unlisten(&mut self, wait: &super::Waiting) {
        if let Some(name) = wait.name
            && let Some(waits) = self.listeners.get_mut(&name)
        {
            waits.remove(&wait.order);
            if waits.is_empty() {
                self.listeners.remove(&name);
            }
        }
    }

    /// Drops the questions about a node that nobody needs an answer to any more.
    pub(super) fn void_questions(&mut self, node: u32) {
        while let Some((&at, _)) = self.questions.range((node, 0)..=(node, u32::MAX)).next() {
            self.questions.remove(&at);
        }
    }

    /// Whether the scope of a node has been stopped, and the node goes on only because its code had begun. (A stop is none of a
    /// finally-node's business.)
    pub(super) fn is_spared_by_a_stop(&self, node: u32) -> bool {
        self.places.scopes[self.places.scope_of(node) as usize].is_stopped && !self.places.policy(node).is_finally
    }

    /// A spared attempt of a stopped run asks to wait: it ends here.
    fn cancel_spared(&mut self, node: u32, at: u64, effects: &mut Effects) {
        if self.nodes.state[node as usize] == NodeState::Running {
            self.cancel_node(node, at, super::AbortReason::FailFast, effects);
        }
    }
}

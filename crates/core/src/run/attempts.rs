//! Attempts: their beginning, their end, and what a failure leads to.

use super::Run;
use super::columns::flag;
use super::effect::{AbortReason, Effect, Effects};
use super::event::{Event, EventKind, NONE};
use super::input::Outcome;
use super::state::{NodeState, Reason};
use crate::plan::{Backoff, BackoffGrowth, Kind};

/// Why and how an attempt fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    pub(super) reason: Reason,
    pub(super) may_retry: bool,
    pub(super) retry_after: Option<u64>,
}

impl Failure {
    pub(super) fn of(reason: Reason) -> Self {
        let may_retry = matches!(reason, Reason::Error | Reason::Timeout | Reason::Crashed);
        Self { reason, may_retry, retry_after: None }
    }

    /// One that no retry follows.
    pub(super) fn for_good(reason: Reason) -> Self {
        Self { reason, may_retry: false, retry_after: None }
    }
}

/// `max_attempts` of the nodes at whose beginning a build with the feature `panic-probe` panics.
#[cfg(feature = "panic-probe")]
const PANIC_PROBE_ATTEMPTS: u32 = 777_777;

/// The largest whole number that hosts can tell exactly.
const MOST: u64 = (1 << 53) - 1;

impl Run {
    #[inline]
    pub(super) fn begin(&mut self, node: u32, attempt: u32, at: u64) {
        let i = node as usize;
        if i >= self.nodes.flags.len() || !self.nodes.has(node, flag::LEASED) {
            return;
        }
        let lane = self.nodes.lane[i];
        if self.nodes.has(node, flag::LIVE) {
            if attempt == self.nodes.attempt[i] {
                self.emit(Event::of_node(EventKind::NodeResumed, at, node, attempt).on_lane(lane));
            }
        } else if attempt == self.nodes.attempt[i].wrapping_add(1) {
            #[cfg(feature = "panic-probe")]
            assert!(self.places.policy(node).max_attempts != PANIC_PROBE_ATTEMPTS, "the panic probe was touched");
            self.emit(Event::of_node(EventKind::NodeStarted, at, node, attempt).on_lane(lane));
        }
    }

    #[inline]
    pub(super) fn settle(&mut self, node: u32, attempt: u32, at: u64, outcome: &Outcome, effects: &mut Effects) {
        let i = node as usize;
        if i >= self.nodes.state.len() {
            return;
        }
        if self.nodes.attempt[i] != attempt || !self.nodes.has(node, flag::LIVE) {
            if self.told.contains_key(&(node, attempt)) {
                self.late(node, attempt, at, outcome, effects);
            }
            return;
        }
        if self.nodes.state[i] != NodeState::Running {
            self.resume_unasked(node, attempt, at, effects);
        }
        let deadline = if self.shortest_timeout.is_some() { self.deadline(node) } else { None };
        if let Some(failure) = self.missed_deadline(node, deadline, at) {
            self.fail(node, attempt, at, failure, effects);
            self.decide(at, effects);
            self.late(node, attempt, at, outcome, effects);
            self.decide(at, effects);
            return;
        }
        match outcome {
            Outcome::Succeeded => self.complete(node, attempt, at, effects),
            Outcome::Grew(growth) => match self.check_growth(growth, Some(node)) {
                Ok(()) => {
                    self.commit_growth(node, growth, at, effects);
                }
                Err(refusal) => {
                    effects.other.push(Effect::GrowthRefused { node, refusal });
                    let is_limit = refusal.fault == super::GrowthFault::Limit;
                    self.fail(node, attempt, at, Failure::of(if is_limit { Reason::Limit } else { Reason::Error }), effects);
                }
            },
            &Outcome::Failed { may_retry, retry_after } => {
                self.fail(node, attempt, at, Failure { reason: Reason::Error, may_retry, retry_after }, effects);
            }
            Outcome::Crashed => self.crash(node, attempt, at, effects),
        }
        self.decide(at, effects);
    }

    /// What ran an attempt died: it is made again at once, or the node has failed.
    fn crash(&mut self, node: u32, attempt: u32, at: u64, effects: &mut Effects) {
        let policy = self.places.policy(node);
        if policy.is_external {
            self.fail(node, attempt, at, Failure::of(Reason::Crashed), effects);
            return;
        }
        let may_run_again = self.crashes_of(node) < policy.max_crashes
            && !self.is_spared_by_a_stop(node)
            && self.node_deadline(node).is_none_or(|deadline| at < deadline);
        if may_run_again {
            let event = Event::of_node(EventKind::AttemptFailed, at, node, attempt).because(Reason::Crashed);
            self.emit(Event { value: at, ..event });
        } else {
            self.fail_for_good(node, attempt, at, Reason::Crashed, effects);
        }
    }

    /// How many attempts of a node have crashed and were made again for nothing.
    fn crashes_of(&self, node: u32) -> u32 {
        self.crashes.get(&node).copied().unwrap_or(0)
    }

    /// The attempt's code, or what stands for it, has succeeded.
    #[expect(clippy::inline_always, reason = "measured: it lies on the path of every task")]
    #[inline(always)]
    pub(super) fn complete(&mut self, node: u32, attempt: u32, at: u64, effects: &mut Effects) {
        self.emit(Event::of_node(EventKind::NodeCompleted, at, node, attempt));
        self.free_outputs(node, effects);
    }

    /// The code of a parked attempt has ended: it went on without being asked to.
    fn resume_unasked(&mut self, node: u32, attempt: u32, at: u64, effects: &mut Effects) {
        if self.nodes.state[node as usize] == NodeState::Waiting {
            self.emit(Event::of_node(EventKind::NodeReady, at, node, attempt));
        }
        let lane = if self.nodes.has(node, flag::LEASED) {
            effects.revoke(node);
            self.nodes.lane[node as usize]
        } else {
            NONE
        };
        self.emit(Event::of_node(EventKind::NodeResumed, at, node, attempt).on_lane(lane));
    }

    /// What `at` is too late for, if it is.
    #[inline]
    pub(super) fn missed_deadline(&self, node: u32, deadline: Option<u64>, at: u64) -> Option<Failure> {
        let missed = |deadline: Option<u64>| deadline.filter(|&deadline| at > deadline);
        let node_deadline = if self.first_starts.is_empty() { None } else { missed(self.node_deadline(node)) };
        match (missed(deadline), node_deadline) {
            (None, None) => None,
            (Some(_), None) => Some(Failure::of(Reason::Timeout)),
            (Some(own), Some(whole)) if own <= whole => Some(Failure::of(Reason::Timeout)),
            (_, Some(_)) => Some(Failure::for_good(Reason::Timeout)),
        }
    }

    /// Reports the end of code that no longer counts.
    fn late(&mut self, node: u32, attempt: u32, at: u64, outcome: &Outcome, effects: &mut Effects) {
        let has_failed = matches!(outcome, Outcome::Failed { .. } | Outcome::Crashed);
        let event = Event { detail: u8::from(has_failed), ..Event::of_node(EventKind::LateOutcome, at, node, attempt) };
        self.emit(event);
        effects.other.push(Effect::Discard { node, attempt });
        self.decide(at, effects);
    }

    /// Ends an attempt without success: another follows, or the node has failed.
    pub(super) fn fail(&mut self, node: u32, attempt: u32, at: u64, failure: Failure, effects: &mut Effects) {
        let policy = self.places.policy(node);
        let spent = attempt - self.crashes_of(node);
        let has_left = spent < policy.max_attempts
            && failure.may_retry
            && self.options.retry_budget.is_none_or(|budget| self.retries < budget)
            && !self.is_spared_by_a_stop(node);
        if has_left {
            let delay = failure.retry_after.unwrap_or_else(|| self.delay_before(node, attempt, spent, &policy.backoff));
            let due = at.saturating_add(delay).min(MOST);
            if self.node_deadline(node).is_none_or(|deadline| due < deadline) {
                self.stop_items(node, effects);
                let event = Event::of_node(EventKind::AttemptFailed, at, node, attempt).because(failure.reason);
                self.emit(Event { value: due, ..event });
                return;
            }
        }
        self.fail_for_good(node, attempt, at, failure.reason, effects);
    }

    /// The node has failed.
    pub(super) fn fail_for_good(&mut self, node: u32, attempt: u32, at: u64, reason: Reason, effects: &mut Effects) {
        self.stop_items(node, effects);
        self.emit(Event::of_node(EventKind::NodeFailed, at, node, attempt).because(reason));
        self.free_outputs(node, effects);
    }

    /// Tells the host that no more items of a map are wanted, if it may still have some.
    pub(super) fn stop_items(&self, node: u32, effects: &mut Effects) {
        let is_open = |scope: u32| self.incomplete.contains(&scope);
        if !self.incomplete.is_empty() && self.places.current_scope(node).is_some_and(is_open) {
            effects.other.push(Effect::StopItems { node });
        }
    }

    /// A deadline has passed: code is told to stop, and the attempt fails.
    pub(super) fn time_out(&mut self, node: u32, at: u64, is_node: bool, effects: &mut Effects) {
        let attempt = self.nodes.attempt[node as usize];
        if self.nodes.has(node, flag::LEASED) {
            self.take_back(node, at, effects);
        }
        if self.nodes.has(node, flag::LIVE) {
            let reason = if is_node { AbortReason::NodeTimeout } else { AbortReason::Timeout };
            effects.other.push(Effect::Abort { node, attempt, reason });
        }
        if is_node {
            self.fail_for_good(node, attempt, at, Reason::Timeout, effects);
        } else {
            self.fail(node, attempt, at, Failure::of(Reason::Timeout), effects);
        }
    }

    /// When the running attempt of `node` is out of time.
    #[inline]
    pub(super) fn deadline(&self, node: u32) -> Option<u64> {
        let policy = self.places.policy(node);
        let timeout = policy.timeout?;
        if matches!(policy.kind, Kind::Wait(_)) {
            return None;
        }
        Some(match self.stretches.get(&node) {
            Some(stretch) => stretch.since.saturating_add(timeout.saturating_sub(stretch.used)),
            None => self.nodes.began(node).saturating_add(timeout),
        })
    }

    /// When `node` is out of time as a whole, delays and waits included.
    pub(super) fn node_deadline(&self, node: u32) -> Option<u64> {
        let start = self.first_starts.get(&node)?;
        self.places.policy(node).node_timeout.map(|timeout| start.saturating_add(timeout))
    }

    /// The delay after attempt `attempt` of `node`, the `spent`th that counts, in microseconds. Chance is a hash of seed, node and attempt.
    fn delay_before(&self, node: u32, attempt: u32, spent: u32, backoff: &Backoff) -> u64 {
        let Backoff { growth, delay, max_delay, jitter } = *backoff;
        let grown = match growth {
            BackoffGrowth::Fixed => delay,
            BackoffGrowth::Linear => delay.saturating_mul(u64::from(spent)),
            BackoffGrowth::Exponential(bits) => {
                let factor = f64::from_bits(bits);
                let mut grown = delay as f64;
                for _ in 1..spent {
                    if grown >= MOST as f64 || factor <= 1.0 || grown <= 0.0 {
                        break;
                    }
                    grown *= factor;
                }
                grown as u64
            }
        };
        let whole = grown.min(max_delay.unwrap_or(MOST)).min(MOST);
        if jitter == 0 {
            return whole;
        }
        let chance = u128::from(hash(self.options.seed, node, attempt) >> 32);
        let off = u128::from(whole) * u128::from(jitter) * chance / (1_000_000u128 << 32);
        whole.saturating_sub(off as u64)
    }
}

/// A well-mixed number for an attempt (the finalizer of `SplitMix64`: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014).
fn hash(seed: u64, node: u32, attempt: u32) -> u64 {
    let place = u64::from(node).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(attempt).wrapping_mul(0xBF58_476D_1CE4_E5B9));
    let mut z = seed ^ place;
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

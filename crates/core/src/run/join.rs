//! Joins: from what a node sees of its upstreams to what becomes of it. Pure functions over counts.
//!
//! Rules are three-valued: decided as soon as the answer cannot change.

use super::state::Reason;
use crate::plan::{Join, Look};

/// How many upstreams of a node have each look; failed, blocked and cancelled ones are `bad`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Looks {
    pub(super) open: u32,
    pub(super) completed: u32,
    pub(super) bad: u32,
    pub(super) skipped: u32,
    pub(super) filtered: u32,
}

/// What becomes of a node whose join is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    Filtered,
    Skipped(Reason),
}

impl Looks {
    pub(super) fn all_open(count: u32) -> Self {
        Self { open: count, ..Self::default() }
    }

    /// An upstream that was open has a look now.
    pub(super) fn see(&mut self, look: Look) {
        self.open -= 1;
        match look {
            Look::Open => self.open += 1,
            Look::Completed => self.completed += 1,
            Look::Failed | Look::Blocked | Look::Cancelled => self.bad += 1,
            Look::Skipped => self.skipped += 1,
            Look::Filtered => self.filtered += 1,
        }
    }

    fn total(&self) -> u32 {
        self.open + self.completed + self.bad + self.skipped + self.filtered
    }

    /// The same, had all that failed, was blocked, cancelled or skipped completed.
    fn mended(&self) -> Self {
        Self { open: self.open, completed: self.completed + self.bad + self.skipped, bad: 0, skipped: 0, filtered: self.filtered }
    }

    /// Whether a rule that is no expression is met; `None` while it can still become either. Without upstreams it is.
    fn is_met(&self, rule: &Join) -> Option<bool> {
        let Self { open, completed, bad, skipped, filtered } = *self;
        let total = self.total();
        if total == 0 {
            return Some(true);
        }
        let when_settled = |value: bool| (open == 0).then_some(value);
        match rule {
            Join::AllCompleted if bad + skipped > 0 => Some(false),
            Join::AllCompleted => when_settled(filtered < total),
            Join::AnyCompleted if completed > 0 => Some(true),
            Join::AnyFailed if bad > 0 => Some(true),
            Join::AnyCompleted | Join::AnyFailed => when_settled(false),
            Join::AllFailed if completed + skipped + filtered > 0 => Some(false),
            Join::NoneFailed | Join::NoneFailedOneCompleted if bad > 0 => Some(false),
            Join::AllSettled | Join::AllFailed | Join::NoneFailed => when_settled(true),
            Join::NoneFailedOneCompleted => when_settled(completed > 0),
            Join::Expression(_) => None,
        }
    }

    /// What becomes of a node with this rule, if that is decided. `look_of` tells the look of an upstream by its place among them.
    pub(super) fn decide(&self, rule: &Join, look_of: impl Fn(u32) -> Look) -> Option<Verdict> {
        let (value, could_be_met) = match rule {
            Join::Expression(expression) if self.total() > 0 => {
                let mended = |upstream| match look_of(upstream) {
                    Look::Open => Look::Open,
                    Look::Filtered => Look::Filtered,
                    _ => Look::Completed,
                };
                (expression.value(&look_of), expression.value(mended) != Some(false))
            }
            rule => (self.is_met(rule), self.mended().is_met(rule) != Some(false)),
        };
        Some(match value? {
            true => Verdict::Met,
            false if *rule == Join::AllCompleted && self.filtered > 0 && self.filtered == self.total() => Verdict::Filtered,
            false if !could_be_met => Verdict::Skipped(Reason::Join),
            false if self.bad > 0 => Verdict::Skipped(Reason::UpstreamFailed),
            false => Verdict::Skipped(Reason::UpstreamSkipped),
        })
    }
}

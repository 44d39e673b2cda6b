//! The timers of a run: one heap, ordered by due time, then node, then class.
//!
//! Timers are not taken out when what they guard has ended; a timer that is no longer true is dropped when it comes to the top,
//! and the heap is swept when stale entries outnumber what can be true.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::input::Question;

/// What a timer is for; of one node's timers due at one time, the lower class is taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum TimerClass {
    /// The deadline of a running attempt, or of the code that undoes a node (attempt 0).
    AttemptTimeout = 0,
    /// The deadline of a node.
    NodeTimeout = 1,
    /// The end of the delay before the next attempt.
    Retry = 2,
    /// The end of a wait.
    Wait = 3,
    /// The deadline of a predicate.
    Predicate = 4,
    /// The end of the patience with code that was told to stop.
    Grace = 5,
    /// The deadline of the run.
    RunTimeout = 6,
}

/// One timer. The order of the fields is the order of timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    pub(super) due: u64,
    pub(super) node: u32,
    pub(super) class: TimerClass,
    /// Which of the node's: the attempt; of waits, the key; of predicates, the upstream or [`place_of`] the question.
    pub(super) which: u32,
}

/// What tells the questions about one node apart: the upstream, for an edge.
pub(super) fn place_of(question: Question, from: u32) -> u32 {
    match question {
        Question::Edge => from,
        Question::Condition => u32::MAX - 2,
        Question::Cache => u32::MAX - 1,
        Question::Until => u32::MAX,
    }
}

/// The question of a place, and its upstream. (Ids stay below 2³¹.)
pub(super) fn question_at(place: u32) -> (Question, u32) {
    let others = [Question::Condition, Question::Cache, Question::Until];
    others.into_iter().find(|&question| place_of(question, 0) == place).map_or((Question::Edge, place), |question| (question, 0))
}

/// A heap of timers, earliest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
}

/// Below this many entries a sweep is not worth it.
const SWEEP_FROM: usize = 64;

impl Timers {
    /// Adds a timer. Cost: O(log m) for the m timers in the heap.
    pub(super) fn arm(&mut self, timer: Timer) {
        self.heap.push(Reverse(timer));
    }

    /// The earliest timer, true or stale.
    pub(super) fn first(&self) -> Option<Timer> {
        self.heap.peek().map(|timer| timer.0)
    }

    /// Takes the earliest timer out.
    pub(super) fn pop(&mut self) {
        self.heap.pop();
    }

    /// Drops stale timers if there are more entries than twice `live`, the number of timers that can be true.
    pub(super) fn sweep(&mut self, live: usize, is_true: impl Fn(&Timer) -> bool) {
        if self.heap.len() > SWEEP_FROM + 2 * live {
            self.heap.retain(|timer| is_true(&timer.0));
        }
    }
}

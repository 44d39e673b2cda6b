//! What a run decided: facts in the past tense, in fixed-width records.
//!
//! A record is [`RECORD_BYTES`] little-endian bytes: `time: u64, value: u64, node: u32, attempt: u32, lane: u32, kind: u8, detail: u8,
//! 0: u16`.

use super::state::{Reason, RunStatus};

/// Size of an encoded event.
pub const RECORD_BYTES: usize = 32;

/// `node` of an event that is about the run, and `lane` of one that has none.
pub const NONE: u32 = u32::MAX;

/// What happened. The numbers are part of the journal format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// The run began.
    RunStarted = 1,
    /// A node may start as soon as there is a slot.
    NodeReady = 2,
    /// A slot was given to a ready node; its function is not called yet.
    NodeLeased = 3,
    /// A lease went back unused; no attempt was made.
    LeaseReturned = 4,
    /// The function of a node was called.
    NodeStarted = 5,
    /// The task succeeded.
    NodeCompleted = 6,
    /// An attempt failed (`detail`: reason) and another will follow (`value`: when it is due).
    AttemptFailed = 7,
    /// The node failed for good (`detail`: reason).
    NodeFailed = 8,
    /// The node will not run (`detail`: reason).
    NodeSkipped = 9,
    /// The node was told to stop, or will not start, because of a cancel or a stop.
    NodeCancelled = 10,
    /// A cancel of the run was accepted.
    CancelRequested = 11,
    /// A final failure (of `node`) stops the run, or the container it is in.
    RunStopping = 12,
    /// Code that had been told to stop, or was past its deadline, ended (`detail`: 0 succeeded, 1 failed); it changes nothing.
    LateOutcome = 13,
    /// Code that was told to stop did not return in time.
    AttemptAbandoned = 14,
    /// The run is over (`detail`: status).
    RunEnded = 15,
    /// The host is asked (`detail`: [`Question`](super::Question); `lane`: the upstream, if it is about an edge).
    PredicateAsked = 16,
    /// The host has answered, or it is too late (`detail`: question and [`Verdict`](super::Verdict) `<< 4`; `lane` as above).
    PredicateAnswered = 17,
    /// Nothing was let through to the node.
    NodeFiltered = 18,
    /// The code of an attempt, or a wait node, waits (`lane`: which of the node's waits; `detail`: 0 for a time, 1 for a signal, 3 for
    /// one with a default; `value`: due time, [`NEVER`](super::NEVER) for none).
    WaitOpened = 19,
    /// A wait is over (`lane`: which; `detail`: [`WaitEnd`](super::WaitEnd); `value`: the payload of the signal).
    WaitOver = 20,
    /// The code of a parked attempt goes on (`lane`: its slot, [`NONE`] where it ended while it was parked).
    NodeResumed = 21,
    /// A container opened (`lane`: its round, from 1; `value`: how many nodes it has; their ids follow those there are).
    ScopeOpened = 22,
    /// A map has more items (`value`: how many, ids as above; `detail`: 1 if these are the last).
    ItemsAdded = 23,
    /// Nodes and edges were added by `node`, or from outside ([`NONE`]); `value`: the number of the growth among those of the run.
    Grew = 24,
    /// Nothing more starts.
    RunPaused = 25,
    /// Starts go on.
    RunResumed = 26,
    /// The run is out of time.
    RunTimedOut = 27,
    /// A cancel of this node was accepted.
    NodeCancelRequested = 28,
    /// A scope (the container `node`, or the run, [`NONE`]) entered a phase (`detail`: [`Phase`](super::Phase)).
    PhaseEntered = 29,
    /// The code that undoes a node was called.
    UndoStarted = 30,
    /// It returned.
    UndoCompleted = 31,
    /// It threw, or did not return in time (`detail`: reason).
    UndoFailed = 32,
    /// Nobody waits for a signal yet (`node`: the one that may hear it, or [`NONE`]; `lane`: name; `value`: payload; `detail`: 1 for a no).
    SignalQueued = 33,
}

impl EventKind {
    const ALL: [Self; 33] = [
        Self::RunStarted,
        Self::NodeReady,
        Self::NodeLeased,
        Self::LeaseReturned,
        Self::NodeStarted,
        Self::NodeCompleted,
        Self::AttemptFailed,
        Self::NodeFailed,
        Self::NodeSkipped,
        Self::NodeCancelled,
        Self::CancelRequested,
        Self::RunStopping,
        Self::LateOutcome,
        Self::AttemptAbandoned,
        Self::RunEnded,
        Self::PredicateAsked,
        Self::PredicateAnswered,
        Self::NodeFiltered,
        Self::WaitOpened,
        Self::WaitOver,
        Self::NodeResumed,
        Self::ScopeOpened,
        Self::ItemsAdded,
        Self::Grew,
        Self::RunPaused,
        Self::RunResumed,
        Self::RunTimedOut,
        Self::NodeCancelRequested,
        Self::PhaseEntered,
        Self::UndoStarted,
        Self::UndoCompleted,
        Self::UndoFailed,
        Self::SignalQueued,
    ];

    /// The kind with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).wrapping_sub(1)).copied()
    }
}

/// One fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event {
    /// Whole microseconds since the run's start.
    pub time: u64,
    /// The node it is about, or [`NONE`].
    pub node: u32,
    /// The attempt it is about, from 1; 0 where none has begun.
    pub attempt: u32,
    /// The slot, where one is taken or in use, or [`NONE`].
    pub lane: u32,
    /// What happened.
    pub kind: EventKind,
    /// Its reason or status; see [`EventKind`].
    pub detail: u8,
    /// What else there is to say; see [`EventKind`].
    pub value: u64,
}

impl Event {
    /// An event about the run.
    #[must_use]
    pub(super) fn of_run(kind: EventKind, time: u64) -> Self {
        Self { time, node: NONE, attempt: 0, lane: NONE, kind, detail: 0, value: 0 }
    }

    /// An event about a node.
    #[inline]
    #[must_use]
    pub(super) fn of_node(kind: EventKind, time: u64, node: u32, attempt: u32) -> Self {
        Self { time, node, attempt, lane: NONE, kind, detail: 0, value: 0 }
    }

    /// The same event on a lane.
    #[inline]
    #[must_use]
    pub(super) fn on_lane(self, lane: u32) -> Self {
        Self { lane, ..self }
    }

    /// The same event with a reason.
    #[inline]
    #[must_use]
    pub(super) fn because(self, reason: Reason) -> Self {
        Self { detail: reason as u8, ..self }
    }

    /// The same event with a status.
    #[must_use]
    pub(super) fn with_status(self, status: RunStatus) -> Self {
        Self { detail: status as u8, ..self }
    }

    /// The record of this event.
    #[must_use]
    pub fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[0..8].copy_from_slice(&self.time.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.value.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.node.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.attempt.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.lane.to_le_bytes());
        bytes[28] = self.kind as u8;
        bytes[29] = self.detail;
        bytes
    }

    /// The event of a record of version 1: `time: u64, node: u32, attempt: u32, lane: u32, kind: u8, detail: u8, 0: u16`, no value. A
    /// failed attempt was due again at once.
    #[must_use]
    pub fn decode_version_1(bytes: &[u8; 24]) -> Option<Self> {
        let mut record = [0; RECORD_BYTES];
        record[0..8].copy_from_slice(&bytes[0..8]);
        record[16..32].copy_from_slice(&bytes[8..24]);
        let event = Self::decode(&record)?;
        let value = if event.kind == EventKind::AttemptFailed { event.time } else { 0 };
        Some(Self { value, ..event })
    }

    /// The event of a record; `None` where the kind is unknown or a reserved byte is set.
    #[must_use]
    pub fn decode(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let double = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        if bytes[30] != 0 || bytes[31] != 0 {
            return None;
        }
        Some(Self {
            time: double(0),
            value: double(8),
            node: word(16),
            attempt: word(20),
            lane: word(24),
            kind: EventKind::from_code(bytes[28])?,
            detail: bytes[29],
        })
    }
}

//! The records in the buffer of a [door](crate::door): inputs as JavaScript writes them, effects as it reads them.
//!
//! An input is [`INPUT_BYTES`] bytes: `node: u32, kind | attempt << 4: u32, first: f64, second: f64, a: u32, b: u32`; `first` is its
//! time in ms. Kinds:
//! - 1 begin · 2 succeeded · 3 failed · 4 begin, and succeeded at `second` · 5 begin, and failed at `second` · 6 cancel · 7 start
//! - 8 failed and no retry is wanted · 9 failed, and the error asks for a retry after `second` ms
//! - 10 answer (`a`: question `| verdict << 8`; `b`: the upstream asked about)
//! - 11 waits for `second` ms (`a`: 2³¹ plus an ordinal) · 12 waits for a signal, at most `second` ms, NaN for ever (`a`: its name;
//!   `b`: 2³¹ if a value stands in for it)
//! - 13 items (`a`: how many; `b`: 1 if these are the last)
//! - 14 a small command, by its `attempt`: 1 pause · 2 resume · 3 items failed (`a`: the map's attempt) · 4 undone · 5 undo failed ·
//!   6 signal (`node`: the one that may hear it, or [`NONE`]; `a`: payload; `b`: name; `second`: above 0 for a rejection) ·
//!   7 crashed (`a`: the attempt)
//! - 15 the next entry of the run's mailbox: where `attempt` is 0 that command, else the attempt succeeded and commits that addition
//!
//! An effect is [`EFFECT_BYTES`] bytes: `kind, node, a, b, c, 0: u32`. Kinds: 1 abort (a: attempt, b: reason) · 2 revoke · 3 discard
//! (a: attempt) · 4 free · 5 ask (a: question, b: upstream) · 6 expand (a: attempt, b: room) · 7 stop items · 8 opened (a: first id,
//! b: count, c: what) · 9 wait over (a: which, b: end, c: payload) · 10 undo · 11 growth refused (a: fault, b: place of the link + 1)
//!
//! Of a run that is shared with threads, beside: abort has in c the seat of the attempt plus 1, 0 for none · 12 prepare (a: attempt): make
//! the inputs of a leased node and hand it to the threads · 13 crashed (a: attempt, b: seat): the thread of an attempt died · 14 report (a:
//! attempt, b: seat): an attempt ended on a thread in a way that is to be settled here

use std::sync::Arc;

use dagny_core::run::event::NONE;
use dagny_core::run::input::{Input, Outcome, Question, Verdict, WaitFor};
use dagny_core::run::{Effect, Lease};
use dagny_runtime::live::What;
use dagny_runtime::{HostEffect, Mail, Mailbox};

use crate::numbers::{internal, length, length_if_any, micros_since};

pub(crate) const INPUT_BYTES: usize = 32;
pub(crate) const LEASE_BYTES: usize = 8;
pub(crate) const EFFECT_BYTES: usize = 24;

/// Waits for a time are numbered from here on, below are the names of signals.
const ORDINAL: u32 = 1 << 31;

/// Reads one record and appends what it says. What no correct host writes is passed over, but for mail that is not there.
#[inline]
pub(crate) fn read_input(record: &[u8; INPUT_BYTES], base_ms: f64, mailbox: &mut Mailbox, into: &mut Vec<Input>) -> napi::Result<()> {
    let node = word(record, 0);
    let (kind, attempt) = (word(record, 4) & 15, word(record, 4) >> 4);
    let at = micros_since(base_ms, float(record, 8));
    let settle = |at, outcome| Input::Settle { node, attempt, at, outcome };
    match kind {
        1 => into.push(Input::Begin { node, attempt, at }),
        2 => into.push(settle(at, Outcome::Succeeded)),
        3 => into.push(settle(at, Outcome::FAILED)),
        4 | 5 => {
            let outcome = if kind == 4 { Outcome::Succeeded } else { Outcome::FAILED };
            into.push(Input::Begin { node, attempt, at });
            into.push(settle(micros_since(base_ms, float(record, 16)), outcome));
        }
        6 => into.push(Input::Cancel { at }),
        7 => into.push(Input::Start { at }),
        8 => into.push(settle(at, Outcome::Failed { may_retry: false, retry_after: None })),
        9 => into.push(settle(at, Outcome::Failed { may_retry: true, retry_after: Some(length(float(record, 16))) })),
        15 => into.push(from_mail(mailbox, node, attempt, at)?),
        _ => into.extend(read_rare(record, node, kind, attempt, at)),
    }
    Ok(())
}

/// Inputs that are not there for every task.
fn read_rare(record: &[u8; INPUT_BYTES], node: u32, kind: u32, attempt: u32, at: u64) -> Option<Input> {
    let (second, a, b) = (float(record, 16), word(record, 24), word(record, 28));
    Some(match (kind, attempt) {
        (10, _) => Input::Answer { node, question: question(a & 255)?, from: b, at, verdict: verdict(a >> 8)? },
        (11, _) if a >= ORDINAL => Input::Wait { node, attempt, at, key: a, what: WaitFor::Time(length(second)) },
        (12, _) if a < ORDINAL => {
            let what = WaitFor::Signal { timeout: length_if_any(second), has_default: b >> 31 == 1 };
            Input::Wait { node, attempt, at, key: a, what }
        }
        (13, _) => Input::Items { node, attempt, at, count: a, is_done: b == 1 },
        (14, 1) => Input::Pause { at },
        (14, 2) => Input::Resume { at },
        (14, 3) => Input::ItemsFailed { node, attempt: a, at },
        (14, 4) => Input::Undone { node, at, is_ok: true },
        (14, 5) => Input::Undone { node, at, is_ok: false },
        (14, 6) => Input::Signal { name: b, node: (node != NONE).then_some(node), at, payload: a, is_rejection: second > 0.0 },
        (14, 7) => Input::Settle { node, attempt: a, at, outcome: Outcome::Crashed },
        _ => return None,
    })
}

fn from_mail(mailbox: &mut Mailbox, node: u32, attempt: u32, at: u64) -> napi::Result<Input> {
    match (mailbox.pop_front(), attempt) {
        (Some(Mail::Growth(growth)), 0) => Ok(Input::Grow { growth, at }),
        (Some(Mail::Growth(growth)), _) => Ok(Input::Settle { node, attempt, at, outcome: Outcome::Grew(growth) }),
        (Some(Mail::Cancel(nodes)), 0) => Ok(Input::CancelNodes { nodes: Arc::clone(&nodes), at }),
        (Some(Mail::Cancel(_)), _) => Err(internal("an attempt commits a cancel")),
        (None, _) => Err(internal("the mailbox is empty")),
    }
}

fn question(code: u32) -> Option<Question> {
    Some(match code {
        0 => Question::Edge,
        1 => Question::Condition,
        2 => Question::Cache,
        3 => Question::Until,
        _ => return None,
    })
}

/// What a host may answer.
fn verdict(code: u32) -> Option<Verdict> {
    Some(match code {
        0 => Verdict::Yes,
        1 => Verdict::No,
        2 => Verdict::Nothing,
        3 => Verdict::Threw,
        _ => return None,
    })
}

#[inline]
pub(crate) fn write_lease(lease: &Lease, record: &mut [u8; LEASE_BYTES]) {
    put(record, 0, lease.node);
    put(record, 4, lease.attempt);
}

pub(crate) fn write_host_effect(effect: &HostEffect, record: &mut [u8; EFFECT_BYTES]) {
    let seat = effect.seat.unwrap_or(u32::MAX);
    let (kind, node, a, b) = match effect.what {
        What::Core(core) => {
            write_effect(core, record);
            if matches!(core, Effect::Abort { .. }) {
                put(record, 16, seat.wrapping_add(1));
            }
            return;
        }
        What::Prepare { node, attempt } => (12, node, attempt, 0),
        What::Crashed { node, attempt } => (13, node, attempt, seat),
        What::Report { node, attempt } => (14, node, attempt, seat),
    };
    for (place, word) in [kind, node, a, b, 0, 0].into_iter().enumerate() {
        put(record, 4 * place, word);
    }
}

pub(crate) fn write_effect(effect: Effect, record: &mut [u8; EFFECT_BYTES]) {
    let (kind, node, [a, b, c]) = match effect {
        Effect::Abort { node, attempt, reason } => (1, node, [attempt, reason as u32, 0]),
        Effect::Revoke { node } => (2, node, [0; 3]),
        Effect::Discard { node, attempt } => (3, node, [attempt, 0, 0]),
        Effect::Free { node } => (4, node, [0; 3]),
        Effect::Ask { node, question, from } => (5, node, [question as u32, from, 0]),
        Effect::Expand { node, attempt, room } => (6, node, [attempt, room, 0]),
        Effect::StopItems { node } => (7, node, [0; 3]),
        Effect::Opened { node, first, count, what } => (8, node, [first, count, what as u32]),
        Effect::WaitOver { node, key, end, payload } => (9, node, [key, end as u32, payload]),
        Effect::Undo { node } => (10, node, [0; 3]),
        Effect::GrowthRefused { node, refusal } => (11, node, [refusal.fault as u32, refusal.link.map_or(0, |link| link as u32 + 1), 0]),
    };
    for (place, value) in [kind, node, a, b, c, 0].into_iter().enumerate() {
        put(record, 4 * place, value);
    }
}

#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[inline]
pub(crate) fn float(bytes: &[u8], at: usize) -> f64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    f64::from_ne_bytes(word)
}

#[inline]
pub(crate) fn put(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
}

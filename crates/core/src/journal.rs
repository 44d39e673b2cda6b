//! The journal of a run as bytes: a versioned header, then one fixed-width record per event. Old versions stay readable.
//!
//! Header, little-endian: `"DAGNYJRN"`, `version: u16`, `flags: u16` (1 fail fast, 2 keep leaves, 4 keep none, 8 spare what runs, 16
//! undo), `max_workers: u32`, `graph: u64` (fingerprint of graph and policies), `seed: u64`, `grace: u64`, `nodes: u32`. Version 1 is
//! 0 from there to byte 64, and its records are of 24 bytes. Version 2 goes on with `max_nodes: u32`, `max_depth: u32`,
//! `retry_budget: u32`, `pools: u32`, 4 bytes of 0, `timeout: u64` (all ones for none), up to byte [`HEADER_BYTES`], then 16 bytes for
//! each pool: `capacity: u32`, 0: u32, `interval: u64` (all ones for none); records follow. Version 3 is the same, but has
//! `max_commands: u32` in place of the 4 bytes of 0 before the timeout; runs before it had no commands, and no attempt of theirs crashed.

use std::sync::Arc;

use thiserror::Error;

use crate::plan::Plan;
use crate::run::event::RECORD_BYTES;
use crate::run::{Event, FoldError, Growth, KeepResults, Pool, Run, RunOptions};

/// Size of the header.
pub const HEADER_BYTES: usize = 80;

/// The version this code writes.
pub const VERSION: u16 = 3;

const HEADER_BYTES_OF_1: usize = 64;
const RECORD_BYTES_OF_1: usize = 24;
const POOL_BYTES: usize = 16;

const MAGIC: &[u8; 8] = b"DAGNYJRN";

/// A journal that cannot be read, or not with this plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Not a journal at all.
    #[error("these {length} bytes are not a journal of a run: they do not begin with its mark")]
    NotAJournal {
        /// How many bytes there were.
        length: usize,
    },
    /// Written by a later version.
    #[error("the journal has format version {found}, this build reads up to {VERSION}: update dagny to read it")]
    Version {
        /// The version it says it has.
        found: u16,
    },
    /// The run was one of another graph, or its policies have changed.
    #[error("the journal belongs to another graph, or to other policies: replay it with the flow it was written with")]
    OtherGraph,
    /// A record makes no sense, or the last one is cut.
    #[error("record {position} of the journal is damaged or cut off")]
    Damaged {
        /// Its place in the sequence, from 0.
        position: usize,
    },
    /// A record does not follow from the ones before it.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl JournalError {
    /// A stable word for each kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAJournal { .. } => "JOURNAL_UNREADABLE",
            Self::Version { .. } => "JOURNAL_VERSION",
            Self::OtherGraph => "JOURNAL_MISMATCH",
            Self::Damaged { .. } | Self::Fold(_) => "JOURNAL_DAMAGED",
        }
    }
}

/// The header of a journal for a run of `plan`. Cost: O(n + m), for the fingerprint.
#[must_use]
pub fn encode_header(plan: &Plan, options: &RunOptions) -> Vec<u8> {
    let keep = match options.keep_results {
        KeepResults::All => 0,
        KeepResults::Leaves => 2,
        KeepResults::None => 4,
    };
    let flag = |is_set: bool, bit: u16| if is_set { bit } else { 0 };
    let flags = flag(options.fail_fast, 1) | keep | flag(!options.abort_running, 8) | flag(options.undo, 16);
    let mut bytes = Vec::with_capacity(HEADER_BYTES + POOL_BYTES * options.pools.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&flags.to_le_bytes());
    bytes.extend_from_slice(&options.max_workers.to_le_bytes());
    for word in [plan.fingerprint(VERSION), options.seed, options.grace] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    let budget = options.retry_budget.unwrap_or(u32::MAX);
    let nodes = plan.graph().node_count() as u32;
    for word in [nodes, options.max_nodes, options.max_depth, budget, options.pools.len() as u32, options.max_commands] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(&options.timeout.unwrap_or(u64::MAX).to_le_bytes());
    bytes.resize(HEADER_BYTES, 0);
    for pool in &*options.pools {
        bytes.extend_from_slice(&u64::from(pool.capacity).to_le_bytes());
        bytes.extend_from_slice(&pool.interval.unwrap_or(u64::MAX).to_le_bytes());
    }
    bytes
}

/// Appends the records of `events`.
pub fn encode_events(events: &[Event], into: &mut Vec<u8>) {
    into.reserve(events.len() * RECORD_BYTES);
    for event in events {
        into.extend_from_slice(&event.encode());
    }
}

/// A number of `width` bytes at `at`, 0 where there are none.
fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    bytes.get(at..at + width).map_or(0, |bytes| bytes.iter().rev().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte)))
}

/// Reads a journal: the options of its run, and its events.
///
/// # Errors
/// [`JournalError`], naming the record where there is one; [`JournalError::OtherGraph`] if it was not written for `plan`.
pub fn decode(bytes: &[u8], plan: &Plan) -> Result<(RunOptions, Vec<Event>), JournalError> {
    if !bytes.starts_with(MAGIC) || bytes.len() < HEADER_BYTES_OF_1 {
        return Err(JournalError::NotAJournal { length: bytes.len() });
    }
    let version = number(bytes, 8, 2) as u16;
    if version == 0 || version > VERSION {
        return Err(JournalError::Version { found: version });
    }
    if number(bytes, 16, 8) != plan.fingerprint(version) || number(bytes, 40, 4) != plan.graph().node_count() as u64 {
        return Err(JournalError::OtherGraph);
    }
    let flags = number(bytes, 10, 2);
    let mut options = RunOptions {
        max_workers: (number(bytes, 12, 4) as u32).max(1),
        fail_fast: flags & 1 != 0,
        abort_running: flags & 8 == 0,
        undo: flags & 16 != 0,
        seed: number(bytes, 24, 8),
        grace: number(bytes, 32, 8),
        keep_results: match flags & 6 {
            0 => KeepResults::All,
            2 => KeepResults::Leaves,
            _ => KeepResults::None,
        },
        ..RunOptions::default()
    };
    if version == 1 {
        let events = decode_records::<RECORD_BYTES_OF_1>(bytes.get(HEADER_BYTES_OF_1..).unwrap_or_default(), Event::decode_version_1)?;
        return Ok((options, events));
    }
    let optional = |number: u64, none: u64| (number != none).then_some(number);
    options.max_nodes = number(bytes, 44, 4) as u32;
    options.max_depth = number(bytes, 48, 4) as u32;
    options.retry_budget = optional(number(bytes, 52, 4), u64::from(u32::MAX)).map(|budget| budget as u32);
    if version > 2 {
        options.max_commands = (number(bytes, 60, 4) as u32).max(1);
    }
    options.timeout = optional(number(bytes, 64, 8), u64::MAX);
    let records_at = HEADER_BYTES.saturating_add((number(bytes, 56, 4) as usize).saturating_mul(POOL_BYTES));
    let (Some(pools), Some(records)) = (bytes.get(HEADER_BYTES..records_at), bytes.get(records_at..)) else {
        return Err(JournalError::NotAJournal { length: bytes.len() });
    };
    let pool = |bytes: &[u8; POOL_BYTES]| Pool { capacity: number(bytes, 0, 4) as u32, interval: optional(number(bytes, 8, 8), u64::MAX) };
    options.pools = pools.as_chunks::<POOL_BYTES>().0.iter().map(pool).collect();
    Ok((options, decode_records::<RECORD_BYTES>(records, Event::decode)?))
}

fn decode_records<const BYTES: usize>(bytes: &[u8], decode: fn(&[u8; BYTES]) -> Option<Event>) -> Result<Vec<Event>, JournalError> {
    let (records, rest) = bytes.as_chunks::<BYTES>();
    let read = records.iter().enumerate().map(|(position, record)| decode(record).ok_or(JournalError::Damaged { position }));
    let events = read.collect::<Result<Vec<_>, _>>()?;
    if rest.is_empty() { Ok(events) } else { Err(JournalError::Damaged { position: events.len() }) }
}

/// Rebuilds the run of a journal; `growths` are what was added to its graph, in the order of the commits.
///
/// # Errors
/// As [`decode`], and [`JournalError::Fold`] at the first event that does not follow.
pub fn replay(bytes: &[u8], plan: &Arc<Plan>, growths: &[Arc<Growth>]) -> Result<Run, JournalError> {
    let (options, events) = decode(bytes, plan)?;
    Ok(Run::fold(Arc::clone(plan), options, &events, growths)?)
}

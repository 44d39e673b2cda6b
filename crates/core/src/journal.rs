//! The journal of a run as bytes: a versioned header, then one fixed-width record per event. Old versions stay readable.
//!
//! Header, little-endian, [`HEADER_BYTES`] bytes: `"DAGNYJRN"`, `version: u16`, `flags: u16` (1 fail fast, 2 keep leaves, 4 keep
//! none), `max_workers: u32`, `graph: u64` (fingerprint of graph and policies), `seed: u64`, `grace: u64`, `nodes: u32`, 0 to the end.

use std::sync::Arc;

use thiserror::Error;

use crate::plan::Plan;
use crate::run::event::RECORD_BYTES;
use crate::run::{Event, FoldError, KeepResults, Run, RunOptions};

/// Size of the header.
pub const HEADER_BYTES: usize = 64;

/// The version this code writes.
pub const VERSION: u16 = 1;

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
pub fn encode_header(plan: &Plan, options: RunOptions, seed: u64) -> [u8; HEADER_BYTES] {
    let keep = match options.keep_results {
        KeepResults::All => 0,
        KeepResults::Leaves => 2,
        KeepResults::None => 4,
    };
    let mut bytes = [0; HEADER_BYTES];
    bytes[0..8].copy_from_slice(MAGIC);
    bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
    bytes[10..12].copy_from_slice(&(u16::from(options.fail_fast) | keep).to_le_bytes());
    bytes[12..16].copy_from_slice(&options.max_workers.to_le_bytes());
    bytes[16..24].copy_from_slice(&plan.fingerprint().to_le_bytes());
    bytes[24..32].copy_from_slice(&seed.to_le_bytes());
    bytes[32..40].copy_from_slice(&options.grace.to_le_bytes());
    bytes[40..44].copy_from_slice(&(plan.graph().node_count() as u32).to_le_bytes());
    bytes
}

/// Appends the records of `events`.
pub fn encode_events(events: &[Event], into: &mut Vec<u8>) {
    into.reserve(events.len() * RECORD_BYTES);
    for event in events {
        into.extend_from_slice(&event.encode());
    }
}

/// Reads a journal: the options of its run, its seed, its events.
///
/// # Errors
/// [`JournalError`], naming the record where there is one; [`JournalError::OtherGraph`] if it was not written for `plan`.
pub fn decode(bytes: &[u8], plan: &Plan) -> Result<(RunOptions, u64, Vec<Event>), JournalError> {
    let Some((header, records)) = bytes.split_first_chunk::<HEADER_BYTES>().filter(|(header, _)| header.starts_with(MAGIC)) else {
        return Err(JournalError::NotAJournal { length: bytes.len() });
    };
    let number = |at: usize, width: usize| header[at..at + width].iter().rev().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    let version = number(8, 2) as u16;
    if version == 0 || version > VERSION {
        return Err(JournalError::Version { found: version });
    }
    if number(16, 8) != plan.fingerprint() || number(40, 4) != plan.graph().node_count() as u64 {
        return Err(JournalError::OtherGraph);
    }
    let flags = number(10, 2);
    let options = RunOptions {
        max_workers: number(12, 4) as u32,
        fail_fast: flags & 1 != 0,
        grace: number(32, 8),
        keep_results: match flags & 6 {
            0 => KeepResults::All,
            2 => KeepResults::Leaves,
            _ => KeepResults::None,
        },
    };
    let (records, rest) = records.as_chunks::<RECORD_BYTES>();
    let events = records
        .iter()
        .enumerate()
        .map(|(position, record)| Event::decode(record).ok_or(JournalError::Damaged { position }))
        .collect::<Result<Vec<_>, _>>()?;
    if !rest.is_empty() {
        return Err(JournalError::Damaged { position: events.len() });
    }
    Ok((options, number(24, 8), events))
}

/// Rebuilds the run of a journal.
///
/// # Errors
/// As [`decode`], and [`JournalError::Fold`] at the first event that does not follow.
pub fn replay(bytes: &[u8], plan: &Arc<Plan>) -> Result<Run, JournalError> {
    let (options, _, events) = decode(bytes, plan)?;
    Ok(Run::fold(Arc::clone(plan), options, &events)?)
}

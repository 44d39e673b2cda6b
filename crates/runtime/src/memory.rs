//! The memory that a seat shares with the JavaScript of its thread: a header, what it reports, and its tray.
//!
//! Everything in it is an atomic, read and written without order but for the word of the claims: what JavaScript writes to it as plain
//! words is seen by other threads only in its tray, behind that word. Layout in bytes (of the machine's own order), which
//! `src/threads/worker/seat.ts` knows as well:
//! - in: 0 `records: u32`, 4 `want: u32`, 8 `now: f64` in ms, 16 `run of the records: u32`, 20 `mode: u32`
//! - out: 24 `leases: u32`, 28 `run of the leases: u32`, 32 `notify: u32`, 36 `version: u32`
//! - 64 the word of the claims
//! - [`RECORDS_AT`] records of 32 bytes, [`LEASES_AT`] leases of 16, [`BEGINS_AT`] when each lease was called, in ms

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::claims::Claims;

/// How many records there is room for.
pub const RECORDS: usize = 512;
/// How many leases a tray holds.
pub const TRAY: usize = 64;
/// Where the records begin.
pub const RECORDS_AT: usize = 128;
/// Where the leases begin.
pub const LEASES_AT: usize = RECORDS_AT + RECORDS * 32;
/// Where the times begin.
pub const BEGINS_AT: usize = LEASES_AT + TRAY * 16;
/// How large it is.
pub const BYTES: usize = BEGINS_AT + TRAY * 8;

/// One seat's memory.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct SeatMemory {
    header: [AtomicU32; 16],
    pub(crate) claims: Claims,
    _rest: [AtomicU32; 15],
    records: [[AtomicU64; 4]; RECORDS],
    leases: [[AtomicU32; 4]; TRAY],
    begins: [AtomicU64; TRAY],
}

const _: () = assert!(size_of::<SeatMemory>() == BYTES, "the layout is the one described above");

impl Default for SeatMemory {
    fn default() -> Self {
        Self {
            header: Default::default(),
            claims: Claims::default(),
            _rest: Default::default(),
            records: std::array::from_fn(|_| Default::default()),
            leases: std::array::from_fn(|_| Default::default()),
            begins: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

/// Words of the header, by their place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word {
    Records = 0,
    Want = 1,
    RunOfRecords = 4,
    Mode = 5,
    Leases = 6,
    RunOfLeases = 7,
    Notify = 8,
    Version = 9,
}

/// One record, as it lies there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) node: u32,
    pub(crate) kind: u32,
    pub(crate) attempt: u32,
    pub(crate) first: f64,
    pub(crate) second: f64,
    pub(crate) number: f64,
}

impl SeatMemory {
    pub(crate) fn word(&self, word: Word) -> u32 {
        self.header[word as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn put(&self, word: Word, value: u32) {
        self.header[word as usize].store(value, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> f64 {
        let half = |place: usize| u64::from(self.header[place].load(Ordering::Relaxed));
        let (first, second) = (half(2), half(3));
        f64::from_bits(if cfg!(target_endian = "little") { first | second << 32 } else { second | first << 32 })
    }

    #[inline]
    pub(crate) fn record(&self, place: usize) -> Record {
        let words: [u64; 4] = std::array::from_fn(|word| self.records[place][word].load(Ordering::Relaxed));
        let [ends, first, second, number] = words;
        let (node, what) =
            if cfg!(target_endian = "little") { (ends as u32, (ends >> 32) as u32) } else { ((ends >> 32) as u32, ends as u32) };
        Record {
            node,
            kind: what & 0xff,
            attempt: what >> 8,
            first: f64::from_bits(first),
            second: f64::from_bits(second),
            number: f64::from_bits(number),
        }
    }

    pub(crate) fn put_lease(&self, place: usize, words: [u32; 4]) {
        for (cell, word) in self.leases[place].iter().zip(words) {
            cell.store(word, Ordering::Relaxed);
        }
        self.begins[place].store(f64::NAN.to_bits(), Ordering::Relaxed);
    }

    /// When the function of a lease in the tray was called, if that is known already.
    pub(crate) fn begin(&self, place: usize) -> Option<f64> {
        Some(f64::from_bits(self.begins[place].load(Ordering::Relaxed))).filter(|at| !at.is_nan())
    }
}

/// What the JavaScript of a thread does with its memory; here for those who stand in for it in tests.
impl SeatMemory {
    /// Reads a word, by its place in bytes.
    pub fn peek(&self, at: usize) -> u32 {
        match at {
            0..64 => self.header[at / 4].load(Ordering::Relaxed),
            LEASES_AT..BEGINS_AT => self.leases[(at - LEASES_AT) / 16][(at - LEASES_AT) % 16 / 4].load(Ordering::Relaxed),
            _ => 0,
        }
    }

    /// Writes a word of the header.
    pub fn poke(&self, at: usize, word: u32) {
        self.header[at / 4].store(word, Ordering::Relaxed);
    }

    /// Says what time it is, in ms.
    pub fn poke_now(&self, ms: f64) {
        let bits = ms.to_bits();
        let halves = if cfg!(target_endian = "little") { [bits as u32, (bits >> 32) as u32] } else { [(bits >> 32) as u32, bits as u32] };
        self.poke(8, halves[0]);
        self.poke(12, halves[1]);
    }

    /// Writes a record.
    pub fn poke_record(&self, place: usize, node: u32, kind_and_attempt: u32, times: [f64; 2]) {
        let (low, high) = if cfg!(target_endian = "little") { (node, kind_and_attempt) } else { (kind_and_attempt, node) };
        let words = [u64::from(low) | u64::from(high) << 32, times[0].to_bits(), times[1].to_bits(), 0];
        for (cell, word) in self.records[place].iter().zip(words) {
            cell.store(word, Ordering::Relaxed);
        }
    }

    /// Claims the next of `count` leases.
    pub fn claim(&self, count: u32) -> Option<u32> {
        self.claims.claim(count)
    }

    /// Says when a claimed lease was called, in ms.
    pub fn poke_begin(&self, place: usize, ms: f64) {
        self.begins[place].store(ms.to_bits(), Ordering::Relaxed);
    }
}

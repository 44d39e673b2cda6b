//! The reachability index: who depends on whom, answered without a search.
//!
//! Every node has the set of its descendants as a compressed row of bits, numbered by a depth-first topological order, in which
//! chains and late layers are contiguous (Nuutila, "Efficient transitive closure computation in large digraphs", 1995, found the
//! same of interval sets): a run of full words is one entry however long it is. Rows are made from the leaves up, each the union of
//! its downstreams' rows.
//!
//! Some graphs have sets that no numbering compresses, so there is a budget: nodes that come after it was spent have no row, and a
//! question about one of them is answered by a search that stops at the first nodes that have rows. Answers are exact either way.
//!
//! Invariants: X1 positions along every edge ascend. X2 a row's entries ascend and do not overlap. X3 a node has a row only if all
//! its descendants have one. X4 the bits of a row beyond the last position are 0, except inside a run, which may end there.

use super::bit_set::{BitSet, ones};
use crate::graph::Csr;

/// Bytes that the rows may take where nothing else is asked for: with the other columns of the index, 128 MB at 60,000 nodes.
pub const DEFAULT_BUDGET: usize = 96 << 20;

/// Marks an entry that is a run of full words; `bits` is then the word after its last.
const RUN: u32 = 1 << 31;
const NO_ROW: u32 = u32::MAX;

/// Exact answers to "is this node an ancestor of that one?".
#[derive(Debug, Clone)]
pub struct Reachability {
    /// The place of each node in the numbering.
    position: Vec<u32>,
    /// The node at each place.
    node_at: Vec<u32>,
    /// Where the row of a node starts in the entries, by position, with one more entry for the end: rows are stored last position
    /// first. `NO_ROW` where the budget was spent.
    row_start: Vec<u32>,
    row_end: Vec<u32>,
    entry_word: Vec<u32>,
    entry_bits: Vec<u64>,
}

impl Reachability {
    /// Builds the index with at most `budget` bytes of rows. O(n + m) plus the entries of the rows that are merged; for layered graphs,
    /// chains, trees and the dependency graphs seen so far that is O((n + m) · w / 64), w the width.
    #[must_use]
    pub fn new(graph: &Csr, budget: usize) -> Self {
        let node_at = depth_first_order(graph);
        let node_count = node_at.len();
        let mut position = vec![0u32; node_count];
        for (at, &node) in node_at.iter().enumerate() {
            position[node as usize] = at as u32;
        }
        let mut index = Self {
            position,
            node_at,
            row_start: vec![NO_ROW; node_count],
            row_end: vec![NO_ROW; node_count],
            entry_word: Vec::new(),
            entry_bits: Vec::new(),
        };
        index.fill_rows(graph, budget / 12);
        index
    }

    /// Whether a path of at least one edge leads from `ancestor` to `node`. O(log of the row) where there is a row, otherwise a search
    /// among the nodes without one. `graph` is the one the index was built from.
    #[must_use]
    pub fn is_ancestor(&self, graph: &Csr, ancestor: u32, node: u32) -> bool {
        let target = self.position[node as usize];
        let place = self.position[ancestor as usize];
        if place >= target {
            return false;
        }
        if self.has_row(place) {
            return self.row_has(place, target);
        }
        let mut seen = BitSet::of(self.position.len(), &[ancestor]);
        let mut stack = vec![ancestor];
        while let Some(at) = stack.pop() {
            for &to in graph.successors(at) {
                let place = self.position[to as usize];
                if place == target {
                    return true;
                }
                if place > target || !seen.insert(to) {
                    continue;
                }
                if !self.has_row(place) {
                    stack.push(to);
                } else if self.row_has(place, target) {
                    return true;
                }
            }
        }
        false
    }

    /// Whether every node has a row, so that no question needs a search.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.row_start.contains(&NO_ROW)
    }

    /// For each node the sum of the weights of its descendants (`None`: their number); `None` where the index is not complete.
    ///
    /// O(entries), and with weights also the bits of the words that are not full.
    #[must_use]
    pub fn descendant_weights(&self, weights: Option<&[u32]>) -> Option<Vec<u64>> {
        if !self.is_complete() {
            return None;
        }
        let weight_at = |place: u32| weights.map_or(1, |weights| u64::from(weights[self.node_at[place as usize] as usize]));
        let mut before = Vec::with_capacity(self.node_at.len() + 1);
        before.push(0u64);
        for place in 0..self.node_at.len() as u32 {
            before.push(before[place as usize] + weight_at(place));
        }
        let sum_of_word = |word: u32, bits: u64| match weights {
            None => u64::from(bits.count_ones()),
            Some(_) => ones(bits).map(|bit| weight_at(word * 64 + bit)).sum(),
        };
        let place_of = |word: u64| (word as usize * 64).min(self.node_at.len());
        let sum_of_row = |place: u32| {
            self.row(place)
                .map(|(word, bits)| match word & RUN {
                    0 => sum_of_word(word, bits),
                    _ => before[place_of(bits)] - before[place_of(u64::from(word & !RUN))],
                })
                .sum()
        };
        Some(self.position.iter().map(|&place| sum_of_row(place)).collect())
    }

    /// Bytes the index takes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        4 * (self.position.capacity() + self.node_at.capacity() + self.row_start.capacity() + self.row_end.capacity())
            + 4 * self.entry_word.capacity()
            + 8 * self.entry_bits.capacity()
    }

    fn has_row(&self, place: u32) -> bool {
        self.row_start[place as usize] != NO_ROW
    }

    fn row(&self, place: u32) -> impl Iterator<Item = (u32, u64)> + '_ {
        let range = self.row_start[place as usize] as usize..self.row_end[place as usize] as usize;
        self.entry_word[range.clone()].iter().copied().zip(self.entry_bits[range].iter().copied())
    }

    fn row_has(&self, place: u32, target: u32) -> bool {
        let (start, end) = (self.row_start[place as usize] as usize, self.row_end[place as usize] as usize);
        let word = target / 64;
        let after = self.entry_word[start..end].partition_point(|&entry| entry & !RUN <= word);
        let Some(at) = (start + after).checked_sub(1).filter(|&at| at >= start) else { return false };
        let (entry, bits) = (self.entry_word[at], self.entry_bits[at]);
        if entry & RUN != 0 { u64::from(word) < bits } else { entry == word && bits >> (target % 64) & 1 == 1 }
    }

    /// Makes the rows, last position first, until `max_entries` are spent.
    fn fill_rows(&mut self, graph: &Csr, max_entries: usize) {
        let node_count = self.node_at.len();
        let mut union = Union::new(node_count);
        let mut heads: Vec<u32> = Vec::new();
        for place in (0..node_count as u32).rev() {
            heads.clear();
            heads.extend(graph.successors(self.node_at[place as usize]).iter().map(|&to| self.position[to as usize]));
            if heads.iter().any(|&head| !self.has_row(head)) {
                continue;
            }
            // Ascending, so that what an earlier one covers need not be merged again.
            heads.sort_unstable();
            for &head in &heads {
                if union.insert(head) {
                    for (word, bits) in self.row(head) {
                        union.add(word, bits);
                    }
                }
            }
            let start = self.entry_word.len();
            if start + union.room() > self.entry_word.capacity() {
                // Doubling, but never past the budget.
                let more = start.max(1024).min(max_entries.saturating_sub(start)).max(union.room());
                self.entry_word.reserve_exact(more);
                self.entry_bits.reserve_exact(more);
            }
            union.drain_into(&mut self.entry_word, &mut self.entry_bits);
            if self.entry_word.len() > max_entries {
                self.entry_word.truncate(start);
                self.entry_bits.truncate(start);
                break;
            }
            self.row_start[place as usize] = start as u32;
            self.row_end[place as usize] = self.entry_word.len() as u32;
        }
        self.entry_word.shrink_to_fit();
        self.entry_bits.shrink_to_fit();
    }
}

/// The union of rows while it is made: a word for each that is touched, and the longest runs so far.
struct Union {
    words: Vec<u64>,
    /// One bit for each word that is not 0; all of them lie from `first` to `last`.
    touched: BitSet,
    first: u32,
    last: u32,
    runs: Vec<(u32, u32)>,
    /// The longest of the runs, by which most of what is already in is recognized.
    longest: (u32, u32),
}

impl Union {
    fn new(node_count: usize) -> Self {
        let words = node_count.div_ceil(64);
        Self { words: vec![0; words], touched: BitSet::new(words), first: u32::MAX, last: 0, runs: Vec::new(), longest: (0, 0) }
    }

    /// Adds one position; `false` where it is known to be in already, and with it its whole row.
    fn insert(&mut self, place: u32) -> bool {
        let (word, bit) = (place / 64, 1u64 << (place % 64));
        if self.words[word as usize] & bit != 0 || (self.longest.0..self.longest.1).contains(&word) {
            return false;
        }
        self.add(word, bit);
        true
    }

    fn add(&mut self, word: u32, bits: u64) {
        if word & RUN != 0 {
            let run = (word & !RUN, bits as u32);
            if run.1 - run.0 > self.longest.1 - self.longest.0 {
                self.longest = run;
            }
            self.runs.push(run);
            return;
        }
        self.words[word as usize] |= bits;
        self.touched.insert(word);
        self.first = self.first.min(word);
        self.last = self.last.max(word);
    }

    /// The most entries it may take.
    fn room(&self) -> usize {
        self.runs.len() + (self.last + 1).saturating_sub(self.first) as usize
    }

    /// Appends the union as entries and becomes empty.
    fn drain_into(&mut self, entry_word: &mut Vec<u32>, entry_bits: &mut Vec<u64>) {
        self.runs.sort_unstable();
        let row = entry_word.len();
        let mut runs = self.runs.drain(..).peekable();
        if self.first <= self.last {
            for word in self.touched.drain_range(self.first, self.last) {
                let bits = std::mem::take(&mut self.words[word as usize]);
                while let Some((start, end)) = runs.next_if(|&(start, _)| start <= word) {
                    push_run(entry_word, entry_bits, row, start, end);
                }
                if bits == u64::MAX {
                    push_run(entry_word, entry_bits, row, word, word + 1);
                } else if !is_covered(entry_word, entry_bits, row, word) {
                    entry_word.push(word);
                    entry_bits.push(bits);
                }
            }
        }
        for (start, end) in runs {
            push_run(entry_word, entry_bits, row, start, end);
        }
        (self.first, self.last, self.longest) = (u32::MAX, 0, (0, 0));
    }
}

/// Appends a run to the row that starts at `row`, or lengthens its last one where they touch or overlap.
fn push_run(entry_word: &mut Vec<u32>, entry_bits: &mut Vec<u64>, row: usize, start: u32, end: u32) {
    if let Some(&last) = entry_word[row..].last()
        && last & RUN != 0
        && let Some(before) = entry_bits.last_mut().filter(|before| **before >= u64::from(start))
    {
        *before = (*before).max(u64::from(end));
        return;
    }
    entry_word.push(start | RUN);
    entry_bits.push(u64::from(end));
}

/// Whether the last entry of the row that starts at `row` is a run that has the word.
fn is_covered(entry_word: &[u32], entry_bits: &[u64], row: usize, word: u32) -> bool {
    entry_word[row..].last().is_some_and(|last| last & RUN != 0) && entry_bits.last().is_some_and(|&end| u64::from(word) < end)
}

/// A topological order that finishes one branch before it begins the next: the reverse of a depth-first postorder, with roots and
/// downstreams ascending. O(n + m), with an explicit stack.
fn depth_first_order(graph: &Csr) -> Vec<u32> {
    let node_count = graph.node_count();
    let mut next_edge = vec![0u32; node_count];
    let mut entered = BitSet::new(node_count);
    let mut order = Vec::with_capacity(node_count);
    let mut path = Vec::new();
    for &root in graph.levels().next().unwrap_or_default() {
        entered.insert(root);
        path.push(root);
        while let Some(&node) = path.last() {
            let edge = &mut next_edge[node as usize];
            if let Some(&to) = graph.successors(node).get(*edge as usize) {
                *edge += 1;
                if entered.insert(to) {
                    path.push(to);
                }
            } else {
                path.pop();
                order.push(node);
            }
        }
    }
    order.reverse();
    order
}

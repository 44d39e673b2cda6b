//! Leases that wait for a thread.

use std::collections::{BTreeMap, VecDeque};

use dagny_core::run::Lease;

/// What a thread is to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The node and its attempt.
    pub lease: Lease,
    /// Which function, as the run's description numbers them.
    pub function: u32,
    /// Whether its inputs were made for it, and lie with the run.
    pub is_prepared: bool,
    /// Whether only the seat in whose queue it is may call it.
    pub is_pinned: bool,
}

/// The queues of one run: one for all, and one for each seat with what that seat should rather take than others.
#[derive(Debug)]
pub struct Queues {
    shared: VecDeque<Entry>,
    own: Vec<VecDeque<Entry>>,
    /// How many there are that any seat may take.
    open: usize,
    /// Leases of a node that were taken back while they were in here: so many of its entries are passed over.
    void: BTreeMap<u32, u32>,
}

impl Queues {
    /// For so many seats.
    pub fn new(seats: usize) -> Self {
        Self { shared: VecDeque::new(), own: vec![VecDeque::new(); seats], open: 0, void: BTreeMap::new() }
    }

    /// How many entries any seat may take.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Whether nothing is in them that this seat may take.
    pub fn is_empty_for(&self, seat: usize) -> bool {
        self.open == 0 && self.own[seat].is_empty()
    }

    /// Adds an entry, for `seat` rather than others, or for that seat only.
    pub fn push(&mut self, entry: Entry, seat: Option<usize>) {
        self.open += usize::from(!entry.is_pinned);
        match seat.and_then(|seat| self.own.get_mut(seat)) {
            Some(queue) => queue.push_back(entry),
            None => self.shared.push_back(entry),
        }
    }

    /// Gives entries back that were taken and not called, in their order, to be the next that are taken.
    pub fn give_back(&mut self, entries: impl DoubleEndedIterator<Item = Entry>, seat: usize) {
        for entry in entries.rev() {
            if entry.is_pinned {
                self.own[seat].push_front(entry);
            } else {
                self.open += 1;
                self.shared.push_front(entry);
            }
        }
    }

    /// The lease of a node, which is in here, was taken back.
    pub fn void(&mut self, node: u32) {
        *self.void.entry(node).or_default() += 1;
    }

    /// The next entry for a seat: of its own, of those for all, of another seat's.
    pub fn take(&mut self, seat: usize) -> Option<Entry> {
        loop {
            let entry = self.next(seat)?;
            self.open -= usize::from(!entry.is_pinned);
            if self.void.is_empty() || !self.is_void(entry.lease.node) {
                return Some(entry);
            }
        }
    }

    fn next(&mut self, seat: usize) -> Option<Entry> {
        if let Some(entry) = self.own[seat].pop_front() {
            return Some(entry);
        }
        if let Some(entry) = self.shared.pop_front() {
            return Some(entry);
        }
        if self.open == 0 {
            return None;
        }
        // The oldest that another seat may be robbed of, from the one that has most.
        let richest = self.own.iter_mut().max_by_key(|queue| queue.iter().filter(|entry| !entry.is_pinned).take(1024).count())?;
        let place = richest.iter().position(|entry| !entry.is_pinned)?;
        richest.remove(place)
    }

    fn is_void(&mut self, node: u32) -> bool {
        let Some(count) = self.void.get_mut(&node) else { return false };
        *count -= 1;
        if *count == 0 {
            self.void.remove(&node);
        }
        true
    }

    /// Takes out what only this seat could have called.
    pub fn take_pinned(&mut self, seat: usize) -> Vec<Entry> {
        let (pinned, rest) = std::mem::take(&mut self.own[seat]).into_iter().partition(|entry| entry.is_pinned);
        self.own[seat] = rest;
        let pinned: VecDeque<Entry> = pinned;
        pinned.into_iter().filter(|entry| self.void.is_empty() || !self.is_void(entry.lease.node)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(node: u32) -> Entry {
        Entry { lease: Lease { node, attempt: 1, lane: 0 }, function: 0, is_prepared: false, is_pinned: false }
    }

    fn pinned(node: u32) -> Entry {
        Entry { is_pinned: true, ..entry(node) }
    }

    fn taken(queues: &mut Queues, seat: usize) -> Vec<u32> {
        std::iter::from_fn(|| queues.take(seat)).map(|entry| entry.lease.node).collect()
    }

    #[test]
    fn a_seat_takes_its_own_first_then_steals() {
        let mut queues = Queues::new(2);
        queues.push(entry(1), None);
        queues.push(entry(2), Some(0));
        queues.push(entry(3), Some(1));
        assert_eq!(queues.open(), 3);
        assert_eq!(taken(&mut queues, 1), [3, 1, 2]);
        assert_eq!(queues.open(), 0);
    }

    #[test]
    fn what_is_pinned_is_not_stolen() {
        let mut queues = Queues::new(2);
        queues.push(pinned(1), Some(0));
        assert!(queues.is_empty_for(1));
        assert_eq!(taken(&mut queues, 1), []);
        assert_eq!(taken(&mut queues, 0), [1]);
    }

    #[test]
    fn what_was_taken_back_is_passed_over_once() {
        let mut queues = Queues::new(1);
        queues.push(entry(1), None);
        queues.void(1);
        queues.push(entry(1), None);
        assert_eq!(taken(&mut queues, 0), [1]);
    }

    #[test]
    fn what_is_given_back_comes_next_and_in_order() {
        let mut queues = Queues::new(2);
        queues.push(entry(3), None);
        queues.give_back([entry(1), entry(2)].into_iter(), 0);
        assert_eq!(taken(&mut queues, 1), [1, 2, 3]);
    }

    #[test]
    fn the_pinned_of_a_dead_seat_come_out_alone() {
        let mut queues = Queues::new(1);
        queues.push(entry(1), Some(0));
        queues.push(pinned(2), Some(0));
        assert_eq!(queues.take_pinned(0).len(), 1);
        assert_eq!(taken(&mut queues, 0), [1]);
    }
}

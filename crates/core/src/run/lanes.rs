//! Lanes: slots for tasks, and lanes of their own for commands. Part of the fold, see `apply.rs`.
//!
//! Slots are the lanes below `max_workers`, commands have those from there on. The lowest free one is taken. A lane of either kind holds
//! one attempt at a time.

use std::collections::BTreeSet;

use super::{Run, RunOptions};
use crate::plan::Lanes;

/// No lane is 2³¹ or more, so hosts may keep them as signed numbers: there are no more of either kind than nodes.
const MOST: u32 = 1 << 30;

/// The lanes of commands. None costs anything before it is taken.
#[derive(Debug, Clone, Default)]
pub(super) struct CommandLanes {
    /// The number of the first.
    first: u32,
    limit: u32,
    /// Lanes below have been taken at least once.
    used: u32,
    /// Those of them that are free.
    free: BTreeSet<u32>,
}

impl CommandLanes {
    pub(super) fn new(options: &RunOptions) -> Self {
        let first = options.max_workers.min(MOST);
        Self { first, limit: first + options.max_commands.clamp(1, MOST), used: first, free: BTreeSet::new() }
    }

    fn lowest(&self) -> Option<u32> {
        self.free.first().copied().or((self.used < self.limit).then_some(self.used))
    }

    fn is_free(&self, lane: u32) -> bool {
        self.free.contains(&lane) || (lane == self.used && lane < self.limit)
    }

    fn take(&mut self, lane: u32) {
        if !self.free.remove(&lane) {
            self.used = lane + 1;
        }
    }
}

impl Run {
    /// The lane that the next attempt of this kind takes; `None` where none is free, or none is taken.
    #[inline]
    pub(super) fn free_lane(&self, lanes: Lanes) -> Option<u32> {
        match lanes {
            Lanes::None => None,
            Lanes::Slots => self.free_lanes.lowest(),
            Lanes::Commands => self.commands.lowest(),
        }
    }

    pub(super) fn is_free_for(&self, lanes: Lanes, lane: u32) -> bool {
        match lanes {
            Lanes::None => false,
            Lanes::Slots => self.free_lanes.contains(lane),
            Lanes::Commands => self.commands.is_free(lane),
        }
    }

    pub(super) fn take_lane(&mut self, lane: u32) {
        if lane < self.commands.first {
            self.free_lanes.remove(lane);
        } else {
            self.commands.take(lane);
        }
    }

    pub(super) fn return_lane(&mut self, lane: u32) {
        if lane < self.commands.first {
            self.free_lanes.insert(lane);
        } else {
            self.commands.free.insert(lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{CommandLanes, MOST};
    use crate::run::RunOptions;

    fn lanes(max_workers: u32, max_commands: u32) -> CommandLanes {
        CommandLanes::new(&RunOptions { max_workers, max_commands, ..RunOptions::default() })
    }

    proptest! {
        #[test]
        fn the_lowest_free_lane_is_the_next(moves in prop::collection::vec(prop::option::of(any::<prop::sample::Index>()), 0..200)) {
            let (mut lanes, mut taken) = (lanes(3, 5), BTreeSet::new());
            for back in moves {
                match back {
                    Some(back) if !taken.is_empty() => {
                        let lane = *back.get(&taken.iter().copied().collect::<Vec<u32>>());
                        taken.remove(&lane);
                        lanes.free.insert(lane);
                    }
                    _ => {
                        let lowest = (3..8).find(|lane| !taken.contains(lane));
                        prop_assert_eq!(lanes.lowest(), lowest);
                        if let Some(lane) = lowest {
                            prop_assert!(lanes.is_free(lane));
                            lanes.take(lane);
                            taken.insert(lane);
                        }
                    }
                }
                prop_assert!((0..10).all(|lane| !lanes.is_free(lane) || (3..8).contains(&lane) && !taken.contains(&lane)));
            }
        }
    }

    #[test]
    fn any_number_of_lanes_are_signed_numbers_apart_from_slots() {
        for (workers, commands) in [(u32::MAX, u32::MAX), (MOST + 1, 1), (1, u32::MAX), (1, 0)] {
            let lanes = lanes(workers, commands);
            assert_eq!(lanes.lowest(), Some(workers.min(MOST)));
            assert!(lanes.limit > lanes.first && lanes.limit <= 1 << 31);
        }
    }
}

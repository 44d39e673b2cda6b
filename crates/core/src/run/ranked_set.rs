//! A set of small integers that gives its lowest member at once: a bitmap under a tree of summaries.
//!
//! Each bit of a level says whether the word below it has any bit. Sixty-four members a word, so a million members need four
//! levels: insert, remove and lowest touch at most four words each, and usually one.

const WORD: usize = 64;

/// A set over `0..capacity`. Insert, remove, lowest: O(log₆₄ capacity); memory: a little over one bit a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RankedSet {
    /// Level 0 is the members, the last level is a single word.
    levels: Vec<Box<[u64]>>,
}

impl RankedSet {
    /// An empty set that can hold `0..capacity`.
    #[must_use]
    pub fn empty(capacity: usize) -> Self {
        let mut levels = Vec::new();
        let mut words = capacity.div_ceil(WORD).max(1);
        loop {
            levels.push(vec![0; words].into_boxed_slice());
            if words == 1 {
                return Self { levels };
            }
            words = words.div_ceil(WORD);
        }
    }

    /// The set of all of `0..capacity`.
    #[must_use]
    pub fn full(capacity: usize) -> Self {
        let mut set = Self::empty(capacity);
        let mut bits = capacity;
        for level in &mut set.levels {
            for (i, word) in level.iter_mut().enumerate() {
                let here = bits.saturating_sub(i * WORD).min(WORD);
                *word = if here == WORD { u64::MAX } else { (1 << here) - 1 };
            }
            bits = bits.div_ceil(WORD);
        }
        set
    }

    /// Makes room for `0..capacity`; the members stay. O(capacity / 64).
    pub fn grow(&mut self, capacity: usize) {
        if capacity.div_ceil(WORD) <= self.levels[0].len() {
            return;
        }
        let mut grown = Self::empty(capacity);
        for (at, &word) in self.levels[0].iter().enumerate() {
            grown.levels[0][at] = word;
            if word != 0 {
                // The word's own bits are in place: marking any of them marks the way up.
                let mut at = at;
                for level in &mut grown.levels[1..] {
                    level[at / WORD] |= 1 << (at % WORD);
                    at /= WORD;
                }
            }
        }
        *self = grown;
    }

    /// Adds `member`; nothing changes if it is in already.
    #[inline]
    pub fn insert(&mut self, member: u32) {
        let mut at = member as usize;
        for level in &mut self.levels {
            let word = &mut level[at / WORD];
            let was_empty = *word == 0;
            *word |= 1 << (at % WORD);
            if !was_empty {
                return;
            }
            at /= WORD;
        }
    }

    /// Takes `member` out; nothing changes if it is not in.
    #[inline]
    pub fn remove(&mut self, member: u32) {
        let mut at = member as usize;
        for level in &mut self.levels {
            let word = &mut level[at / WORD];
            *word &= !(1 << (at % WORD));
            if *word != 0 {
                return;
            }
            at /= WORD;
        }
    }

    /// Whether `member` is in.
    #[must_use]
    pub fn contains(&self, member: u32) -> bool {
        let at = member as usize;
        self.levels[0].get(at / WORD).is_some_and(|word| word >> (at % WORD) & 1 == 1)
    }

    /// The lowest member.
    #[inline]
    #[must_use]
    pub fn lowest(&self) -> Option<u32> {
        let mut at = 0;
        for level in self.levels.iter().rev() {
            let word = level[at];
            if word == 0 {
                return None;
            }
            at = at * WORD + word.trailing_zeros() as usize;
        }
        Some(at as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::RankedSet;

    proptest! {
        #[test]
        fn behaves_like_an_ordered_set(capacity in 1usize..20_000, moves in prop::collection::vec((any::<u32>(), any::<bool>()), 0..400)) {
            let mut set = RankedSet::empty(capacity);
            let mut model = BTreeSet::new();
            for (member, add) in moves {
                let member = member % capacity as u32;
                if add {
                    set.insert(member);
                    model.insert(member);
                } else {
                    set.remove(member);
                    model.remove(&member);
                }
                prop_assert_eq!(set.lowest(), model.first().copied());
            }
        }
    }

    #[test]
    fn growing_keeps_the_members() {
        let mut set = RankedSet::empty(3);
        set.insert(0);
        set.insert(2);
        set.grow(70_000);
        set.insert(69_999);
        for member in [0, 2, 69_999] {
            assert_eq!(set.lowest(), Some(member));
            set.remove(member);
        }
        assert_eq!(set.lowest(), None);
    }

    #[test]
    fn full_holds_every_member_once() {
        for capacity in [0, 1, 63, 64, 65, 4096, 4097, 300_000] {
            let mut set = RankedSet::full(capacity);
            for member in 0..capacity as u32 {
                assert_eq!(set.lowest(), Some(member), "capacity {capacity}");
                set.remove(member);
            }
            assert_eq!(set.lowest(), None, "capacity {capacity}");
        }
    }
}

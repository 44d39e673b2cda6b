//! A set of nodes, one bit each.

/// A set of ids below a fixed bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// The empty set of ids below `bound`.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self { words: vec![0; bound.div_ceil(64)] }
    }

    /// The set of these ids, all below `bound`.
    #[must_use]
    pub fn of(bound: usize, ids: &[u32]) -> Self {
        let mut set = Self::new(bound);
        for &id in ids {
            set.insert(id);
        }
        set
    }

    /// Adds an id; `true` where it was not in the set.
    #[inline]
    pub fn insert(&mut self, id: u32) -> bool {
        let word = &mut self.words[id as usize / 64];
        let bit = 1 << (id % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes an id out.
    #[inline]
    pub fn remove(&mut self, id: u32) {
        self.words[id as usize / 64] &= !(1 << (id % 64));
    }

    /// Whether the id is in the set.
    #[inline]
    #[must_use]
    pub fn contains(&self, id: u32) -> bool {
        self.words[id as usize / 64] >> (id % 64) & 1 == 1
    }

    /// How many ids are in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The ids, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| ones(word).map(move |bit| at as u32 * 64 + bit))
    }

    /// Takes out the ids from `first` to `last`, ascending. To be exhausted.
    pub(super) fn drain_range(&mut self, first: u32, last: u32) -> impl Iterator<Item = u32> + '_ {
        let start = first as usize / 64;
        let words = self.words[start..=last as usize / 64].iter_mut().enumerate();
        words.flat_map(move |(at, word)| ones(std::mem::take(word)).map(move |bit| (start + at) as u32 * 64 + bit))
    }

    /// Keeps only what is in the other set too.
    pub fn intersect(&mut self, other: &Self) {
        for (word, &of_other) in self.words.iter_mut().zip(&other.words) {
            *word &= of_other;
        }
    }
}

/// The places of the bits that are set, ascending.
pub(super) fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

//! The ready nodes without a lease, best first, grouped by what they need: of each group only the best need be looked at.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::event::NONE;
use super::ranked_set::RankedSet;
use crate::plan::{Lanes, Need};

/// A place in the start order. Before anything is added to a run's graph the static rank says it all; after that, figures do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Descending: the higher priority has the lower number.
    pub(super) priority: u64,
    /// Descending, too.
    pub(super) remaining: u64,
    /// The node, or its static rank.
    pub(super) last: u32,
}

/// What all nodes of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    /// Which lanes they take.
    pub(super) lanes: Lanes,
    /// What they need beside one.
    pub(super) needs: Arc<[Need]>,
    /// The scope whose limit of concurrency counts them, or [`NONE`].
    pub(super) limited_by: u32,
}

impl Class {
    /// That of tasks without needs.
    fn plain() -> Self {
        Self { lanes: Lanes::Slots, needs: Arc::default(), limited_by: NONE }
    }

    /// Whether nodes of the two classes compete for anything but lanes.
    pub(super) fn competes_with(&self, other: &Self) -> bool {
        let shares_limit = self.limited_by != NONE && self.limited_by == other.limited_by;
        shares_limit || self.needs.iter().any(|need| other.needs.iter().any(|it| it.pool == need.pool))
    }
}

#[derive(Debug, Clone)]
enum Order {
    Ranks(RankedSet),
    Keys(BTreeSet<Key>),
}

#[derive(Debug, Clone)]
struct Group {
    class: Class,
    order: Order,
}

/// The ready nodes. The first group is that of plain tasks; the others come and go.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    groups: Vec<Group>,
    /// How many ranks there are; `None` once figures are used.
    ranks: Option<usize>,
}

impl Ready {
    pub(super) fn new(nodes: usize) -> Self {
        let plain = Group { class: Class::plain(), order: Order::Ranks(RankedSet::empty(nodes)) };
        Self { groups: vec![plain], ranks: Some(nodes) }
    }

    /// Whether static ranks are the keys.
    #[inline]
    pub(super) fn is_ranked(&self) -> bool {
        self.ranks.is_some()
    }

    /// Whether there are only plain tasks.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.groups.len() == 1
    }

    /// Adds a plain task by its rank. Only while ranks are the keys.
    #[inline]
    pub(super) fn insert_rank(&mut self, rank: u32) {
        if let Some(Group { order: Order::Ranks(set), .. }) = self.groups.first_mut() {
            set.insert(rank);
        }
    }

    /// Takes a plain task out by its rank. Only while ranks are the keys.
    #[inline]
    pub(super) fn remove_rank(&mut self, rank: u32) {
        if let Some(Group { order: Order::Ranks(set), .. }) = self.groups.first_mut() {
            set.remove(rank);
        }
    }

    /// The best plain task, by rank. Only while ranks are the keys.
    #[inline]
    pub(super) fn first_rank(&self) -> Option<u32> {
        match &self.groups[0].order {
            Order::Ranks(set) => set.lowest(),
            Order::Keys(_) => None,
        }
    }

    pub(super) fn insert(&mut self, class: &Class, key: Key) {
        let ranks = self.ranks;
        let at = self.groups.iter().position(|group| group.class == *class).unwrap_or_else(|| {
            let order = ranks.map_or_else(|| Order::Keys(BTreeSet::new()), |nodes| Order::Ranks(RankedSet::empty(nodes)));
            self.groups.push(Group { class: class.clone(), order });
            self.groups.len() - 1
        });
        match &mut self.groups[at].order {
            Order::Ranks(set) => set.insert(key.last),
            Order::Keys(set) => {
                set.insert(key);
            }
        }
    }

    pub(super) fn remove(&mut self, class: &Class, key: Key) {
        let Some(at) = self.groups.iter().position(|group| group.class == *class) else { return };
        let is_empty = match &mut self.groups[at].order {
            Order::Ranks(set) => {
                set.remove(key.last);
                set.lowest().is_none()
            }
            Order::Keys(set) => {
                set.remove(&key);
                set.is_empty()
            }
        };
        if is_empty && at > 0 {
            self.groups.remove(at);
        }
    }

    /// The best node of each group.
    pub(super) fn heads(&self) -> impl Iterator<Item = (&Class, Key)> {
        self.groups.iter().filter_map(|Group { class, order }| {
            let key = match order {
                Order::Ranks(set) => set.lowest().map(|last| Key { priority: 0, remaining: 0, last }),
                Order::Keys(set) => set.first().copied(),
            };
            key.map(|key| (class, key))
        })
    }

    /// From here on figures are the keys: `key_of` gives that of a rank.
    pub(super) fn use_figures(&mut self, key_of: impl Fn(u32) -> Key) {
        self.ranks = None;
        for group in &mut self.groups {
            if let Order::Ranks(set) = &mut group.order {
                let mut keys = BTreeSet::new();
                while let Some(rank) = set.lowest() {
                    set.remove(rank);
                    keys.insert(key_of(rank));
                }
                group.order = Order::Keys(keys);
            }
        }
    }
}

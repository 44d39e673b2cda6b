//! Order maintenance: a list of nodes in which "is a before b?" is one comparison, and a node can be moved anywhere.
//!
//! Each node has a `u64` label that ascends along a doubly linked list. An insertion takes a label between its neighbors'; where
//! none is left, the labels of the smallest sparse enough range around the place are spread evenly. Amortized O(log n) labels
//! change per insertion (Bender, Cole, Demaine, Farach-Colton and Zito, "Two simplified algorithms for maintaining order in a
//! list", 2002; the problem is Dietz and Sleator's, 1987).
//!
//! Invariants: L1 `next` and `previous` mirror each other from `first` to `last`. L2 labels ascend strictly along the list.
//! L3 a node outside the list has no neighbors and its label means nothing.

const NONE: u32 = u32::MAX;

/// Labels start in the middle of their space with wide gaps, so that a draft built by appending or prepending never relabels.
const MIDDLE: u64 = 1 << 63;
const GAP: u64 = 1 << 31;

/// A range of 2^i labels may hold at most (2 / `CROWDING`)^i nodes before a wider one is tried. Any value between 1 and 2 keeps
/// the bound; this one leaves room for 2^32 nodes in 2^64 labels.
const CROWDING: f64 = 1.4;

/// Nodes in an order that answers comparisons in O(1).
#[derive(Debug, Clone)]
pub struct OrderList {
    label: Vec<u64>,
    next: Vec<u32>,
    previous: Vec<u32>,
    first: u32,
    last: u32,
}

impl Default for OrderList {
    fn default() -> Self {
        Self { label: Vec::new(), next: Vec::new(), previous: Vec::new(), first: NONE, last: NONE }
    }
}

impl OrderList {
    /// Adds the next node, whose id is the number of nodes added before it, at the end. O(1) amortized.
    pub fn push(&mut self) {
        let node = self.label.len() as u32;
        self.label.push(0);
        self.next.push(NONE);
        self.previous.push(NONE);
        self.link_run(self.last, &[node]);
    }

    /// Takes a node out; it may be put back by a move.
    pub fn remove(&mut self, node: u32) {
        let (before, after) = (self.previous[node as usize], self.next[node as usize]);
        self.join(before, after);
        self.next[node as usize] = NONE;
        self.previous[node as usize] = NONE;
    }

    /// Whether `a` stands before `b`. Both must be in the list.
    #[inline]
    #[must_use]
    pub fn is_before(&self, a: u32, b: u32) -> bool {
        self.label[a as usize] < self.label[b as usize]
    }

    /// The label by which nodes compare; it changes when nodes move.
    #[inline]
    #[must_use]
    pub fn label(&self, node: u32) -> u64 {
        self.label[node as usize]
    }

    /// Moves nodes of the list, in the order given, to just before `place`, which is not one of them.
    pub fn move_before(&mut self, nodes: &[u32], place: u32) {
        for &node in nodes {
            self.remove(node);
        }
        self.link_run(self.previous[place as usize], nodes);
    }

    /// Moves nodes of the list, in the order given, to just after `place`, which is not one of them.
    pub fn move_after(&mut self, nodes: &[u32], place: u32) {
        for &node in nodes {
            self.remove(node);
        }
        self.link_run(place, nodes);
    }

    /// Puts the whole list into the given order, which names each of its nodes once.
    pub fn rearrange(&mut self, nodes: &[u32]) {
        self.move_after(nodes, NONE);
    }

    /// The nodes in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let first = Some(self.first).filter(|&node| node != NONE);
        std::iter::successors(first, |&node| neighbor(&self.next, node))
    }

    /// Links unlinked nodes behind `before` (`NONE`: in front of everything).
    fn link_run(&mut self, before: u32, nodes: &[u32]) {
        let mut at = before;
        for (done, &node) in nodes.iter().enumerate() {
            let after = self.after(at);
            self.label[node as usize] = self.make_room(at, after, (nodes.len() - done) as u64);
            self.join(at, node);
            self.join(node, after);
            at = node;
        }
    }

    /// Makes two nodes neighbors (L1); `NONE` stands for either end of the list.
    fn join(&mut self, before: u32, after: u32) {
        *self.next.get_mut(before as usize).unwrap_or(&mut self.first) = after;
        *self.previous.get_mut(after as usize).unwrap_or(&mut self.last) = before;
    }

    fn after(&self, node: u32) -> u32 {
        if node == NONE { self.first } else { self.next[node as usize] }
    }

    /// A free label between two neighbors that leaves even gaps for `count` insertions, relabelling around them where none is free.
    fn make_room(&mut self, before: u32, after: u32, count: u64) -> u64 {
        if let Some(label) = self.free_label(before, after, count) {
            return label;
        }
        self.relabel_around(if before == NONE { after } else { before });
        self.free_label(before, after, 1).expect("a relabelled range leaves a gap behind each of its nodes")
    }

    fn free_label(&self, before: u32, after: u32, count: u64) -> Option<u64> {
        let low = (before != NONE).then(|| self.label[before as usize]);
        let high = (after != NONE).then(|| self.label[after as usize]);
        let (low, high) = match (low, high) {
            (None, None) => return Some(MIDDLE),
            // At the ends a fixed gap, and only where that is used up the middle of what is left.
            (Some(low), None) => match low.checked_add(GAP) {
                Some(label) => return Some(label),
                None => (low, u64::MAX),
            },
            (None, Some(high)) => match high.checked_sub(GAP.saturating_mul(count)) {
                Some(label) => return Some(label),
                None => (0, high),
            },
            (Some(low), Some(high)) => (low, high),
        };
        // Even gaps if they fit, otherwise as wide as they can be.
        let step = ((high - low) / (count + 1)).max(1);
        (high - low > 1).then(|| low + step)
    }

    /// Spreads the labels of the smallest aligned range around `node` that is sparse enough, with gaps that end nowhere at 0.
    fn relabel_around(&mut self, node: u32) {
        let center = self.label[node as usize];
        let (mut first, mut last, mut count) = (node, node, 1u64);
        let mut allowed = 1.0;
        for bits in 1..=64u32 {
            let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
            let (low, high) = (center & !mask, center | mask);
            while let Some(before) = neighbor(&self.previous, first).filter(|&before| self.label[before as usize] >= low) {
                first = before;
                count += 1;
            }
            while let Some(after) = neighbor(&self.next, last).filter(|&after| self.label[after as usize] <= high) {
                last = after;
                count += 1;
            }
            allowed *= 2.0 / CROWDING;
            let step = mask / count;
            if (count as f64) <= allowed && step >= 4 {
                self.spread(first, count, low + step / 2, step);
                return;
            }
        }
    }

    fn spread(&mut self, first: u32, count: u64, low: u64, step: u64) {
        let (mut node, mut label) = (first, low);
        for _ in 0..count {
            self.label[node as usize] = label;
            label = label.wrapping_add(step);
            node = self.next[node as usize];
        }
    }
}

fn neighbor(links: &[u32], node: u32) -> Option<u32> {
    Some(links[node as usize]).filter(|&neighbor| neighbor != NONE)
}

#[cfg(test)]
mod tests {
    use super::OrderList;
    use proptest::prelude::*;

    fn assert_sound(list: &OrderList, expected: &[u32]) {
        assert_eq!(list.iter().collect::<Vec<_>>(), expected);
        assert!(expected.windows(2).all(|pair| list.is_before(pair[0], pair[1])), "labels ascend");
    }

    #[test]
    fn inserting_at_one_place_a_hundred_thousand_times_keeps_the_order() {
        let mut list = OrderList::default();
        (0..100_000).for_each(|_| list.push());
        let mut expected: Vec<u32> = vec![0];
        for node in (2..100_000).rev() {
            list.move_after(&[node], 0);
        }
        expected.extend(2..100_000);
        expected.push(1);
        assert_sound(&list, &expected);
    }

    proptest! {
        #[test]
        fn moves_match_a_plain_vector(moves in prop::collection::vec((0u32..40, 1u32..6, 0u32..40, any::<bool>()), 0..400)) {
            let mut list = OrderList::default();
            (0..40).for_each(|_| list.push());
            let mut plain: Vec<u32> = (0..40).collect();
            for (start, count, place, before) in moves {
                let run: Vec<u32> = (start..(start + count).min(40)).filter(|&node| node != place).collect();
                plain.retain(|node| !run.contains(node));
                let at = plain.iter().position(|&node| node == place).expect("the place stays") + usize::from(!before);
                plain.splice(at..at, run.iter().copied());
                if before { list.move_before(&run, place) } else { list.move_after(&run, place) }
            }
            assert_sound(&list, &plain);
        }
    }
}

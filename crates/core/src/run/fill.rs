//! Giving out slots: ready nodes start in order, best first, as far as slots and needs allow.

use super::Run;
use super::columns::flag;
use super::effect::{Effect, Effects, Lease};
use super::event::{Event, EventKind, NONE};
use super::ready::{Class, Key};
use crate::plan::{Lanes, Standing, descending_key};

/// After this many starts have passed over the first node that does not fit, nothing that competes with it starts before it.
const PATIENCE: u32 = 16;

impl Run {
    /// Starts what can start, at `now`.
    #[inline]
    pub(super) fn fill(&mut self, now: u64, effects: &mut Effects) {
        if self.is_paused() {
            return;
        }
        if !self.undoing.ready.is_empty() {
            self.fill_undo(now, effects);
        }
        while self.is_plain {
            let Some(rank) = self.ready.first_rank() else { return };
            let Some(lane) = self.free_lanes.lowest() else { return };
            self.lease(self.plan.order().node_at(rank), lane, now, effects);
        }
        self.fill_classed(now, effects);
    }

    fn fill_classed(&mut self, now: u64, effects: &mut Effects) {
        while let Some(node) = self.pick(now) {
            let lanes = self.places.policy(node).lanes();
            if lanes == Lanes::None {
                let attempt = self.nodes.attempt[node as usize] + 1;
                self.emit(Event::of_node(EventKind::NodeStarted, now, node, attempt));
                self.decide(now, effects);
            } else {
                let Some(lane) = self.free_lane(lanes) else { return };
                self.lease(node, lane, now, effects);
            }
        }
    }

    #[expect(clippy::inline_always, reason = "measured: the loop over plain tasks is the hot one")]
    #[inline(always)]
    fn lease(&mut self, node: u32, lane: u32, now: u64, effects: &mut Effects) {
        let attempt = self.nodes.attempt[node as usize] + u32::from(!self.nodes.has(node, flag::LIVE));
        self.emit(Event::of_node(EventKind::NodeLeased, now, node, attempt).on_lane(lane));
        effects.leases.push(Lease { node, attempt, lane });
    }

    fn fill_undo(&mut self, now: u64, effects: &mut Effects) {
        while let Some(&node) = self.undoing.ready.last() {
            let Some(lane) = self.free_lanes.lowest() else { return };
            self.emit(Event::of_node(EventKind::UndoStarted, now, node, self.nodes.attempt[node as usize]).on_lane(lane));
            effects.other.push(Effect::Undo { node });
        }
    }

    /// The best ready node that can start.
    fn pick(&self, now: u64) -> Option<u32> {
        let (has_slot, has_command) = (self.free_lane(Lanes::Slots).is_some(), self.free_lane(Lanes::Commands).is_some());
        let has_lane = |class: &Class| match class.lanes {
            Lanes::None => true,
            Lanes::Slots => has_slot,
            Lanes::Commands => has_command,
        };
        let can_start = |class: &Class| has_lane(class) && self.fits(class, now);
        if self.patience_lost.is_empty() {
            let heads = self.ready.heads().filter(|(class, _)| can_start(class));
            return heads.map(|(_, key)| key).min().map(|key| self.node_of(key));
        }
        // Who has lost patience holds what it needs against all others, but for better ones who have lost theirs, too. While its container
        // has no place for it, it holds nothing: what has the place may be a container with something inside that needs the same.
        let owners = self.patience_lost.iter().map(|&node| (self.key_of(node), self.class_of(node)));
        let owners: Vec<(Key, Class)> = owners.filter(|(_, class)| self.has_place(class)).collect();
        let is_held = |class: &Class, key: Key, is_owner: bool| {
            owners.iter().any(|(owner, needs)| *owner != key && !(is_owner && key < *owner) && needs.competes_with(class))
        };
        let heads = self.ready.heads().filter(|&(class, key)| can_start(class) && !is_held(class, key, false)).map(|(_, key)| key);
        let own = owners.iter().filter(|(key, class)| can_start(class) && !is_held(class, *key, true)).map(|(key, _)| *key);
        heads.chain(own).min().map(|key| self.node_of(key))
    }

    /// The best ready node that lacks something other than a lane.
    fn first_unfit(&self, now: u64) -> Option<(&Class, Key)> {
        self.ready.heads().filter(|(class, _)| !self.fits(class, now)).min_by_key(|&(_, key)| key)
    }

    fn fits(&self, class: &Class, now: u64) -> bool {
        self.has_place(class) && self.pools.has(&class.needs, now)
    }

    /// Whether the limit of its container lets one more of a class run.
    fn has_place(&self, class: &Class) -> bool {
        class.limited_by == NONE || {
            let scope = &self.places.scopes[class.limited_by as usize];
            scope.active < scope.concurrency
        }
    }

    /// A node starts: the best one that does not fit is passed over, if it stands before it.
    pub(super) fn count_pass(&mut self, node: u32, now: u64) {
        let started = self.key_of(node);
        let passed = self.first_unfit(now).map(|(_, key)| key).filter(|&key| key < started).map(|key| self.node_of(key));
        if let Some(passed) = passed {
            let count = self.passed_over.entry(passed).or_default();
            *count += 1;
            if *count >= PATIENCE {
                self.patience_lost.insert(passed);
            }
        }
        self.forget_passes(node);
    }

    /// A node starts, or will not.
    pub(super) fn forget_passes(&mut self, node: u32) {
        if self.passed_over.remove(&node).is_some() {
            self.patience_lost.remove(&node);
        }
    }

    /// When a rate lets the first nodes that wait for one start, at the earliest.
    pub(super) fn room_at(&self, now: u64) -> Option<u64> {
        if self.is_paused() || self.ready.is_plain() {
            return None;
        }
        self.ready.heads().filter_map(|(class, _)| self.pools.room_at(&class.needs, now)).min()
    }

    /// Whether anything can be had of a map only when more of its items are known.
    pub(super) fn expand(&mut self, effects: &mut Effects) {
        for &scope in &self.incomplete {
            let state = &self.places.scopes[scope as usize];
            if state.idle_items == 0 && !state.is_stopped && self.expanding.insert(scope) {
                let room = if state.concurrency > 0 { state.concurrency.saturating_sub(state.active).max(1) } else { u32::MAX };
                effects.other.push(Effect::Expand { node: state.container, attempt: state.attempt, room });
            }
        }
    }

    #[expect(clippy::inline_always, reason = "measured: it lies on the path of every task")]
    #[inline(always)]
    pub(super) fn enqueue(&mut self, node: u32) {
        if self.is_plain {
            self.ready.insert_rank(self.plan.order().rank_of(node));
        } else {
            self.enqueue_classed(node);
        }
    }

    fn enqueue_classed(&mut self, node: u32) {
        let (class, key) = (self.class_of(node), self.key_of(node));
        self.ready.insert(&class, key);
    }

    #[expect(clippy::inline_always, reason = "measured: it lies on the path of every task")]
    #[inline(always)]
    pub(super) fn dequeue(&mut self, node: u32) {
        if self.is_plain {
            self.ready.remove_rank(self.plan.order().rank_of(node));
        } else {
            self.dequeue_classed(node);
        }
    }

    fn dequeue_classed(&mut self, node: u32) {
        let (class, key) = (self.class_of(node), self.key_of(node));
        self.ready.remove(&class, key);
    }

    fn class_of(&self, node: u32) -> Class {
        let policy = self.places.policy(node);
        let scope = self.places.scope_of(node);
        let is_limited = self.places.scopes[scope as usize].concurrency > 0;
        Class { lanes: policy.lanes(), needs: std::sync::Arc::clone(&policy.needs), limited_by: if is_limited { scope } else { NONE } }
    }

    fn key_of(&self, node: u32) -> Key {
        if self.ready.is_ranked() {
            return Key { priority: 0, remaining: 0, last: self.plan.order().rank_of(node) };
        }
        let Standing { priority, remaining } = self.standing(node);
        Key { priority: descending_key(priority), remaining: descending_key(remaining), last: node }
    }

    fn node_of(&self, key: Key) -> u32 {
        if self.ready.is_ranked() { self.plan.order().node_at(key.last) } else { key.last }
    }

    /// From the first addition on, figures take the place of static ranks.
    pub(super) fn use_figures(&mut self) {
        if !self.ready.is_ranked() {
            return;
        }
        let order = std::sync::Arc::clone(&self.plan);
        let mut ready = std::mem::replace(&mut self.ready, super::ready::Ready::new(0));
        ready.use_figures(|rank| {
            let node = order.order().node_at(rank);
            let Standing { priority, remaining } = self.standing(node);
            Key { priority: descending_key(priority), remaining: descending_key(remaining), last: node }
        });
        self.ready = ready;
    }

    /// Where a node stands in the start order.
    pub(super) fn standing(&self, node: u32) -> Standing {
        if let Some(&raised) = self.raised.get(&node) {
            return raised;
        }
        let segment = self.places.segment_of(node);
        let inner = segment.plan.standing(segment.local(node));
        let scope = &self.places.scopes[segment.scope as usize];
        let own = if segment.what == super::Opened::Items { scope.item_cost } else { inner.remaining };
        Standing { priority: inner.priority.max(scope.standing.priority), remaining: own + scope.standing.remaining }
    }
}

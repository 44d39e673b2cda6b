//! What nodes hold and give back: slots, needs, places in their scope, and what is kept about them while they are unsettled. Part of
//! the fold, see `apply.rs`.

use super::Run;
use super::Told;
use super::columns::{flag, stamp};
use super::effect::Opened;
use super::state::{NodeState, Reason};
use super::timer::{Timer, TimerClass};

impl Run {
    /// Puts a node into a final state.
    #[expect(clippy::inline_always, reason = "measured: it lies on the path of every task")]
    #[inline(always)]
    pub(super) fn enter(&mut self, node: u32, state: NodeState, reason: Reason, time: u64) {
        let i = node as usize;
        self.nodes.state[i] = state;
        self.nodes.reason[i] = reason;
        self.nodes.settled_at[i] = stamp(time);
        if self.is_plain {
            self.unsettled_count -= 1;
        } else {
            self.count_settled(node);
        }
    }

    pub(super) fn count_settled(&mut self, node: u32) {
        let scope = self.places.scope_of(node);
        if self.places.policy(node).is_finally {
            let mut at = Some(scope);
            while let Some(scope) = at {
                self.places.scopes[scope as usize].open_finally -= 1;
                at = self.places.parent(scope);
            }
        } else {
            let state = &mut self.places.scopes[scope as usize];
            state.open -= 1;
            self.unsettled_count -= u32::from(!state.is_in_finally);
        }
        self.review(scope);
    }

    /// Scopes that may be over now are to be looked at: this one and those around it.
    pub(super) fn review(&mut self, scope: u32) {
        let mut at = Some(scope);
        while let Some(scope) = at.filter(|&scope| scope != 0) {
            let state = &self.places.scopes[scope as usize];
            if state.open == 0 && !state.is_closed {
                self.closing.push_back(scope);
            }
            at = self.places.parent(scope);
        }
    }

    /// A node leaves whatever it stands in and gives back what it holds. Code that is told to stop keeps its needs until it returns.
    pub(super) fn leave(&mut self, node: u32, tells_to_stop: bool, time: u64) {
        let i = node as usize;
        let is_told = tells_to_stop && self.nodes.has(node, flag::LIVE);
        match self.nodes.state[i] {
            NodeState::Pending => self.take_decision(node),
            NodeState::Ready => self.dequeue(node),
            NodeState::Running => self.running_count -= 1,
            NodeState::Waiting => {
                self.take_decision(node);
                self.waiting_count -= 1;
            }
            _ => {}
        }
        if self.nodes.state[i] == NodeState::Running {
            self.take_decision(node);
        }
        if matches!(self.nodes.state[i], NodeState::Pending | NodeState::Ready) {
            self.count_idle(node, false);
        }
        let holds_needs = self.let_go(node, is_told);
        if is_told {
            let told = Told { at: time, abandoned: false, holds_needs };
            self.told.insert((node, self.nodes.attempt[i]), told);
            self.awaited_count += 1;
            let due = time.saturating_add(self.options.grace);
            self.timers.arm(Timer { due, node, class: TimerClass::Grace, which: self.nodes.attempt[i] });
        }
        self.nodes.clear(node, flag::LIVE | flag::LEASED);
        self.forget(node);
    }

    /// Gives back slot, place and needs; with `keeps_needs` the needs stay taken, and the answer is whether there are any.
    pub(super) fn let_go(&mut self, node: u32, keeps_needs: bool) -> bool {
        if self.nodes.has(node, flag::HOLDS_LANE) {
            self.return_lane(self.nodes.lane[node as usize]);
        }
        if self.nodes.has(node, flag::HOLDS_PLACE) {
            let scope = self.places.scope_of(node);
            self.places.scopes[scope as usize].active -= 1;
        }
        let holds_needs = self.nodes.has(node, flag::HOLDS_NEEDS);
        if holds_needs {
            self.held_since.remove(&node);
            if !keeps_needs {
                self.pools.give_back(&self.places.policy(node).needs);
            }
        }
        self.nodes.clear(node, flag::HOLDS_LANE | flag::HOLDS_PLACE | flag::HOLDS_NEEDS);
        holds_needs && keeps_needs
    }

    /// Whether anything is kept about any unsettled node beside its columns.
    #[inline]
    pub(super) fn has_memories(&self) -> bool {
        !self.first_starts.is_empty() || !self.stretches.is_empty() || !self.waits.is_empty()
    }

    /// Drops what is kept about an unsettled node beside its columns.
    pub(super) fn forget(&mut self, node: u32) {
        if !self.waits.is_empty() {
            self.void_waits(node);
        }
        if !self.questions.is_empty() {
            self.void_questions(node);
        }
        self.stretches.remove(&node);
        self.first_starts.remove(&node);
        self.forget_passes(node);
    }

    /// A node that starts takes its place in its scope, and its needs.
    pub(super) fn take_needs(&mut self, node: u32, time: u64) {
        let scope = self.places.scope_of(node) as usize;
        if self.places.scopes[scope].concurrency > 0 {
            self.places.scopes[scope].active += 1;
            self.nodes.set(node, flag::HOLDS_PLACE);
        }
        let needs = &self.places.policy(node).needs;
        if !needs.is_empty() {
            self.pools.take(needs, time);
            self.held_since.insert(node, time);
            self.nodes.set(node, flag::HOLDS_NEEDS);
        }
    }

    /// A lease that was not used gives back all it took.
    pub(super) fn forget_needs(&mut self, node: u32) {
        if self.is_plain {
            return;
        }
        if let Some(&since) = self.held_since.get(&node) {
            self.pools.forget_start(&self.places.policy(node).needs, since);
        }
        self.let_go(node, false);
    }

    /// Keeps the number of items of a map that are pending or ready.
    pub(super) fn count_idle(&mut self, node: u32, is_more: bool) {
        let segment = self.places.segment_of(node);
        if segment.what == Opened::Items {
            let scope = segment.scope as usize;
            let idle = &mut self.places.scopes[scope].idle_items;
            *idle = if is_more { *idle + 1 } else { idle.saturating_sub(1) };
        }
    }

    pub(super) fn return_told(&mut self, node: u32, told: Told) {
        if !told.abandoned {
            self.awaited_count -= 1;
        }
        if told.holds_needs {
            self.pools.give_back(&self.places.policy(node).needs);
        }
        if !self.is_plain {
            self.review(self.places.scope_of(node));
        }
    }
}

//! What a fold passes over: steps of deciding that came to nothing, and so wrote nothing down.
//!
//! Deciding takes what follows from a queue and may find that it has been overtaken. A fold sees only the events, so before each it
//! does the same with what stands at the front of the queues; where something would have been written down, it stops.

use super::Run;
use super::event::{Event, EventKind};
use super::state::NodeState;
use super::sweep::Sweep;

impl Run {
    /// Drops what was looked at in vain between the last event and `next`. Cost: O(1), and once a sweep O(its nodes).
    pub(super) fn pass_over(&mut self, next: &Event) {
        // Events of one command, of one growth, come one after the other.
        if self.branch_rest > 0 || self.committing.is_some() {
            return;
        }
        loop {
            let begun = self.sweeps.front().copied().filter(Sweep::has_begun);
            if let Some(&node) = self.opening.front() {
                if self.nodes.state[node as usize] == NodeState::Running {
                    return;
                }
                self.opening.pop_front();
            } else if let Some(&(node, key)) = self.arrived.front() {
                if self.queued_for(node, key).is_some() {
                    return;
                }
                self.arrived.pop_front();
            } else if !self.branch.is_empty() {
                if self.is_branch_open(next) {
                    return;
                }
                self.branch.clear();
            } else if self.takes_leases_back() {
                return;
            } else if let Some(&decision) = self.decisions.front().filter(|_| begun.is_none()) {
                if !self.is_void(decision) {
                    return;
                }
                self.decisions.pop_front();
            } else if let Some(&culprit) = self.culprits.front().filter(|_| begun.is_none()) {
                if !self.is_pardoned(culprit) {
                    return;
                }
                self.culprits.pop_front();
            } else if let Some(&sweep) = self.sweeps.front() {
                if self.is_sweep_open(sweep, next) {
                    return;
                }
                self.sweeps.pop_front();
            } else if let Some(&scope) = self.closing.front() {
                if self.is_closable(scope) {
                    return;
                }
                self.closing.pop_front();
            } else {
                return;
            }
        }
    }

    /// The node of an event that only a sweep can be about, if there is such a node and it has not settled.
    fn swept_by(&self, event: &Event) -> Option<u32> {
        let is_of_sweep = matches!(event.kind, EventKind::NodeCancelled | EventKind::NodeSkipped | EventKind::LeaseReturned);
        let is_open = |node: &u32| self.nodes.state.get(*node as usize).is_some_and(|state| !state.is_settled());
        Some(event.node).filter(|_| is_of_sweep).filter(is_open)
    }

    fn is_sweep_open(&self, sweep: Sweep, next: &Event) -> bool {
        let goes_on = |node: u32| node >= sweep.next && self.places.is_within(self.places.scope_of(node), sweep.scope);
        if self.swept_by(next).is_some_and(goes_on) {
            return true;
        }
        let blocks = self.places.blocks_to_sweep(sweep.scope);
        blocks.into_iter().any(|(first, count)| (first.max(sweep.next)..first + count).any(|node| self.is_taken_by(sweep, node)))
    }

    fn is_branch_open(&self, next: &Event) -> bool {
        let mut at = self.swept_by(next);
        while let Some(node) = at {
            if self.branch.contains(&node) {
                return true;
            }
            let container = self.places.scopes[self.places.scope_of(node) as usize].container;
            at = Some(container).filter(|&container| container != super::event::NONE);
        }
        let blocks = self.places.blocks_of(self.branch.iter().copied());
        blocks.into_iter().any(|(first, count)| (first..first + count).any(|node| self.is_taken_with_branch(node)))
    }
}

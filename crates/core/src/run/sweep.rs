//! Sweeps: what a stop, a cancel or a deadline leaves unsettled is settled in one walk, in node order.

use super::Run;
use super::columns::flag;
use super::effect::{AbortReason, Effect, Effects};
use super::event::{Event, EventKind, NONE};
use super::state::{NodeState, Reason};

/// A walk over a scope and all inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sweep {
    pub(super) scope: u32,
    pub(super) why: AbortReason,
    /// Nodes below are done; 0 if it has not begun.
    pub(super) next: u32,
}

impl Sweep {
    pub(super) fn new(scope: u32, why: AbortReason) -> Self {
        Self { scope, why, next: 0 }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.next > 0
    }
}

impl Run {
    /// Settles everything that is left in the scope of the first sweep, joins not asked.
    pub(super) fn sweep_on(&mut self, sweep: Sweep, at: u64, effects: &mut Effects) {
        for (first, count) in self.places.blocks_to_sweep(sweep.scope) {
            for node in first.max(sweep.next)..first + count {
                if !self.is_taken_by(sweep, node) {
                    continue;
                }
                if sweep.why == AbortReason::FailFast && self.nodes.attempt[node as usize] == 0 {
                    self.return_lease(node, at, effects);
                    self.emit(Event::of_node(EventKind::NodeSkipped, at, node, 0).because(Reason::FailFast));
                    self.free_outputs(node, effects);
                } else {
                    self.cancel_node(node, at, sweep.why, effects);
                }
            }
        }
        self.sweeps.pop_front();
    }

    /// Whether a sweep settles this node of its scope.
    pub(super) fn is_taken_by(&self, sweep: Sweep, node: u32) -> bool {
        let i = node as usize;
        if self.nodes.state[i].is_settled() || (!self.is_plain && self.places.policy(node).is_finally) {
            return false;
        }
        let may_spare = || !self.options.abort_running && !self.places.scopes[sweep.scope as usize].is_closed;
        sweep.why != AbortReason::FailFast || self.nodes.attempt[i] == 0 || !may_spare() || !self.is_spared(node)
    }

    /// Settles the nodes of which a cancel was accepted, with all inside them.
    pub(super) fn sweep_branch(&mut self, at: u64, effects: &mut Effects) {
        for (first, count) in self.places.blocks_of(self.branch.iter().copied()) {
            for node in first..first + count {
                if self.is_taken_with_branch(node) {
                    self.cancel_node(node, at, AbortReason::Cancel, effects);
                }
            }
        }
        self.branch.clear();
    }

    /// Whether this node, named or inside one that is, is cancelled with the branch.
    pub(super) fn is_taken_with_branch(&self, node: u32) -> bool {
        if self.nodes.state[node as usize].is_settled() {
            return false;
        }
        let mut at = node;
        while at != NONE && !self.branch.contains(&at) {
            // What is inside a finally-node is left alone with it.
            if self.places.policy(at).is_finally {
                return false;
            }
            at = self.places.scopes[self.places.scope_of(at) as usize].container;
        }
        at != NONE
    }

    /// Whether a stop that aborts nothing lets a begun node go on: its code runs, or code inside it does.
    fn is_spared(&self, node: u32) -> bool {
        let runs = |node: u32| self.nodes.state[node as usize] == NodeState::Running && self.nodes.has(node, flag::LIVE);
        self.nodes.state[node as usize] == NodeState::Running
            && self.places.blocks_of(std::iter::once(node)).into_iter().any(|(first, count)| (first..first + count).any(runs))
    }

    fn return_lease(&mut self, node: u32, at: u64, effects: &mut Effects) {
        if self.nodes.has(node, flag::LEASED) {
            self.take_back(node, at, effects);
        }
    }

    /// Takes back the lease of a node.
    pub(super) fn take_back(&mut self, node: u32, at: u64, effects: &mut Effects) {
        self.emit(Event::of_node(EventKind::LeaseReturned, at, node, self.nodes.attempt[node as usize]));
        effects.revoke(node);
    }

    /// Cancels one node; code of it is told to stop.
    pub(super) fn cancel_node(&mut self, node: u32, at: u64, why: AbortReason, effects: &mut Effects) {
        let attempt = self.nodes.attempt[node as usize];
        self.return_lease(node, at, effects);
        if self.nodes.has(node, flag::LIVE) {
            effects.other.push(Effect::Abort { node, attempt, reason: why });
        }
        self.stop_items(node, effects);
        self.emit(Event::of_node(EventKind::NodeCancelled, at, node, attempt));
        self.free_outputs(node, effects);
    }
}

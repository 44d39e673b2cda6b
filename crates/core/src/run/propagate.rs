//! What the settling of a node means to its downstreams: looks are counted, joins decided, inputs frozen.

use super::columns::flag;
use super::effect::Phase;
use super::join::{Looks, Verdict};
use super::state::{NodeState, Reason};
use super::{Decision, Run};
use crate::plan::{Join, Look, OnFailure};

impl Run {
    /// What a node looks like to its downstreams, edges apart.
    pub(super) fn look_of(&self, node: u32) -> Look {
        let i = node as usize;
        match self.nodes.state[i] {
            NodeState::Completed => Look::Completed,
            NodeState::Failed if self.places.policy(node).on_failure == OnFailure::Continue => Look::Completed,
            NodeState::Failed => Look::Failed,
            NodeState::Skipped if self.nodes.reason[i] == Reason::UpstreamFailed => Look::Blocked,
            NodeState::Skipped => Look::Skipped,
            NodeState::Filtered => Look::Filtered,
            NodeState::Cancelled => Look::Cancelled,
            NodeState::Pending | NodeState::Ready | NodeState::Running | NodeState::Waiting => Look::Open,
        }
    }

    /// Whether the join of a node is decided, or the node is past it.
    pub(super) fn is_joined(&self, node: u32) -> bool {
        let i = node as usize;
        self.nodes.state[i] != NodeState::Pending
            || self.nodes.has(node, flag::JOINED)
            || (self.nodes.open_upstreams[i] == 0 && !self.places.policy(node).is_finally)
    }

    /// Whether it was decided that the join of a node is met.
    pub(super) fn is_met(&self, node: u32) -> bool {
        // What waits for mere completions is met when none is open any more; nobody notes that down.
        let is_counted = !self.nodes.has(node, flag::JOINED) && self.nodes.open_upstreams[node as usize] == 0;
        self.nodes.has(node, flag::MET) || (self.started && is_counted && !self.places.policy(node).is_finally)
    }

    /// All downstreams see that `node` has settled.
    pub(super) fn propagate(&mut self, node: u32) {
        self.tell_downstreams(node, false);
    }

    /// The finally-nodes among the downstreams see it; the others are being swept.
    pub(super) fn propagate_to_finally(&mut self, node: u32) {
        self.tell_downstreams(node, true);
    }

    fn tell_downstreams(&mut self, node: u32, only_finally: bool) {
        let mut downstreams = std::mem::take(&mut self.scratch);
        self.places.downstreams(node, &mut downstreams);
        for &next in &downstreams {
            if !only_finally || self.places.policy(next).is_finally {
                self.see(node, next);
            }
        }
        self.scratch = downstreams;
    }

    /// `to` sees that `from` has settled.
    pub(super) fn see(&mut self, from: u32, to: u32) {
        if self.nodes.state[to as usize] != NodeState::Pending || self.nodes.has(to, flag::JOINED) {
            return;
        }
        let look = self.look_of(from);
        if self.nodes.state[from as usize] == NodeState::Completed && self.places.is_guarded(from, to) {
            self.decisions.push_back(Decision::AskEdge(from, to));
            return;
        }
        self.count_look(from, to, look);
    }

    /// `to` has just been linked to these upstreams, which have settled: it sees all of them before its join is judged.
    pub(super) fn see_all(&mut self, to: u32, upstreams: &[u32]) {
        if self.nodes.state[to as usize] != NodeState::Pending || self.nodes.has(to, flag::JOINED) {
            return;
        }
        let mut has_seen = false;
        for &from in upstreams {
            if self.nodes.state[from as usize] == NodeState::Completed && self.places.is_guarded(from, to) {
                self.decisions.push_back(Decision::AskEdge(from, to));
            } else {
                self.note_look(from, to, self.look_of(from));
                has_seen = true;
            }
        }
        if has_seen {
            self.judge(to);
        }
    }

    /// An upstream of `to` that was open has this look for good.
    pub(super) fn count_look(&mut self, from: u32, to: u32, look: Look) {
        if self.nodes.state[to as usize] == NodeState::Pending && !self.nodes.has(to, flag::JOINED) {
            self.note_look(from, to, look);
            self.judge(to);
        }
    }

    fn note_look(&mut self, from: u32, to: u32, look: Look) {
        let i = to as usize;
        self.nodes.open_upstreams[i] = self.nodes.open_upstreams[i].saturating_sub(1);
        let open = self.nodes.open_upstreams[i];
        let policy = self.places.policy(to);
        let is_mere_count = policy.join == Join::AllCompleted && look == Look::Completed && !self.looks.contains_key(&to);
        if policy.is_finally || is_mere_count {
            return;
        }
        let join = policy.join.clone();
        let seen = self.looks.entry(to).or_insert_with(|| {
            // What completed before the first other look was not counted here.
            let total = self.places.upstream_count(to);
            let mut looks = Looks::all_open(total);
            if join == Join::AllCompleted {
                looks.open = open + 1;
                looks.completed = total - looks.open;
            }
            looks
        });
        seen.see(look);
        if let Join::Expression(_) = join
            && let Some(entry) = self.looks_in_expression(to).iter_mut().find(|(upstream, _)| *upstream == from)
        {
            entry.1 = look;
        }
    }

    /// Decides the join of a node if its answer cannot change any more.
    fn judge(&mut self, to: u32) {
        let open = self.nodes.open_upstreams[to as usize];
        let policy = self.places.policy(to);
        if policy.is_finally {
            if open == 0 && self.is_finalizing(to) {
                self.join(to, Verdict::Met);
            }
            return;
        }
        let Some(&seen) = self.looks.get(&to) else {
            // Mere completions so far.
            if open == 0 {
                self.join(to, Verdict::Met);
            }
            return;
        };
        let join = policy.join.clone();
        let verdict = if let Join::Expression(_) = join {
            let looks = &*self.looks_in_expression(to);
            seen.decide(&join, |place| looks.get(place as usize).map_or(Look::Open, |(_, look)| *look))
        } else {
            seen.decide(&join, |_| Look::Open)
        };
        if let Some(verdict) = verdict {
            self.join(to, verdict);
        }
    }

    /// The looks that the expression of a node speaks of, by place.
    pub(super) fn looks_in_expression(&mut self, node: u32) -> &mut Vec<(u32, Look)> {
        let places = &self.places;
        self.expression_looks
            .entry(node)
            .or_insert_with(|| places.upstreams(node).into_iter().map(|upstream| (upstream, Look::Open)).collect())
    }

    /// The join of a node is decided: its inputs are what has completed by now.
    pub(super) fn join(&mut self, node: u32, verdict: Verdict) {
        self.nodes.set(node, flag::JOINED);
        let has_seen_more_than_completions = self.looks.remove(&node).is_some();
        self.expression_looks.remove(&node);
        let decision = match verdict {
            Verdict::Met => {
                self.nodes.set(node, flag::MET);
                let policy = self.places.policy(node);
                if has_seen_more_than_completions
                    || policy.is_finally
                    || policy.join != Join::AllCompleted
                    || self.places.has_guarded_upstream(node)
                {
                    self.freeze_inputs(node);
                }
                Decision::Met(node)
            }
            Verdict::Filtered => Decision::Filter(node),
            Verdict::Skipped(reason) => Decision::Skip(node, reason),
        };
        self.decisions.push_back(decision);
        if !self.questions.is_empty() {
            self.void_questions(node);
        }
    }

    fn freeze_inputs(&mut self, node: u32) {
        let passes = |&from: &u32| {
            let is_open_guard = self.nodes.state[from as usize] == NodeState::Completed && self.places.is_guarded(from, node);
            self.look_of(from) == Look::Completed && (!is_open_guard || self.passed_edges.contains(&(from, node)))
        };
        let inputs = self.places.upstreams(node).into_iter().filter(passes).collect();
        self.frozen.insert(node, inputs);
    }

    /// Whether the time of a finally-node has come: the nearest scope around it that lives is finalizing.
    pub(super) fn is_finalizing(&self, node: u32) -> bool {
        let mut scope = self.places.scope_of(node);
        while self.places.scopes[scope as usize].is_closed {
            let Some(outer) = self.places.parent(scope) else { break };
            scope = outer;
        }
        self.places.scopes[scope as usize].phase == Phase::Finalizing
    }

    /// Whether a downstream of a failed node, direct or behind blocked ones, runs or can still run because of the failure or in spite of
    /// it. Cost: O(n + m) of what is blocked.
    pub(super) fn is_accepted(&self, failed: u32) -> bool {
        let mut seen = std::collections::BTreeSet::new();
        let mut open = vec![failed];
        let mut downstreams = Vec::new();
        while let Some(node) = open.pop() {
            self.places.downstreams(node, &mut downstreams);
            for &next in &downstreams {
                let i = next as usize;
                if !seen.insert(next) || self.nodes.state[i] == NodeState::Cancelled || self.places.policy(next).is_finally {
                    continue;
                }
                if self.is_met(next) || !self.is_joined(next) {
                    return true;
                }
                if self.nodes.state[i] == NodeState::Skipped && self.nodes.reason[i] == Reason::UpstreamFailed {
                    open.push(next);
                }
            }
        }
        false
    }
}

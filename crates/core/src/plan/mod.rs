//! What is known of a run before it starts: the order in which ready nodes start, each node's policy, the edges with predicates.
//!
//! What is inside a container is a plan of its own, and so is what an attempt adds.

mod expression;
mod policy;
mod start_order;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::graph::Csr;

pub use expression::{Expression, Look, Token};
pub use policy::{
    Backoff, BackoffGrowth, Container, DEFAULT_MAX_CRASHES, Join, Kind, Lanes, Need, OWN_SIGNAL, OnFailure, Place, Policy, WaitPolicy,
    own_signal,
};
pub use start_order::{StartOrder, descending_key};

/// Where a node stands in the start order, in figures that can be compared between plans.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Its priority, lent ones counted.
    pub priority: f64,
    /// Its longest remaining cost, its own included.
    pub remaining: f64,
}

/// A graph that is ready to be run, any number of times. Policies are interned: most graphs have a handful.
#[derive(Debug, Clone)]
pub struct Plan {
    graph: Arc<Csr>,
    order: Arc<StartOrder>,
    policies: Vec<Policy>,
    /// Index into `policies` by node; `None` where all nodes have the first.
    policy_of: Option<Box<[u32]>>,
    /// Edges about which the host is asked, as `from << 32 | to`, ascending.
    guards: Box<[u64]>,
    costs: Option<Arc<[f64]>>,
    priorities: Option<Arc<[f64]>>,
    standings: OnceLock<(Vec<f64>, Option<Vec<f64>>)>,
    shortest_timeout: Option<u64>,
    is_plain: bool,
    finally_nodes: Box<[u32]>,
}

/// What a plan is made of beside the graph and the start order.
#[derive(Debug, Clone, Default)]
pub struct PlanParts {
    /// The distinct policies; none stands for the default one.
    pub policies: Vec<Policy>,
    /// Index into `policies` by node; `None` where all nodes have the first.
    pub policy_of: Option<Box<[u32]>>,
    /// Edges about which the host is asked.
    pub guards: Vec<(u32, u32)>,
    /// Expected cost of each node; 1 where there is none.
    pub costs: Option<Arc<[f64]>>,
    /// Priority of each node; 0 where there is none.
    pub priorities: Option<Arc<[f64]>>,
}

impl Plan {
    /// A plan of `graph`. Cost: O(n + m log m) in the guarded edges; the start order is computed by the caller, who may share it.
    #[must_use]
    pub fn new(graph: Arc<Csr>, order: Arc<StartOrder>, parts: PlanParts) -> Self {
        let PlanParts { mut policies, policy_of, guards, costs, priorities } = parts;
        if policies.is_empty() {
            policies.push(Policy::default());
        }
        let mut guards: Box<[u64]> = guards.into_iter().map(|(from, to)| edge_key(from, to)).collect();
        guards.sort_unstable();
        let own = policies.iter().flat_map(|policy| [policy.timeout, policy.node_timeout]);
        let inside = policies.iter().map(|policy| policy.kind.container().and_then(|inner| inner.plan.shortest_timeout));
        let shortest_timeout = own.chain(inside).flatten().min();
        let is_plain = guards.is_empty() && policies.iter().all(is_plain);
        let mut plan = Self {
            graph,
            order,
            policies,
            policy_of,
            guards,
            costs,
            priorities,
            standings: OnceLock::new(),
            shortest_timeout,
            is_plain,
            finally_nodes: Box::default(),
        };
        if plan.policies.iter().any(|policy| policy.is_finally) {
            plan.finally_nodes = (0..plan.graph.node_count() as u32).filter(|&node| plan.policy(node).is_finally).collect();
        }
        plan
    }

    /// A plan in which all nodes have one policy.
    #[must_use]
    pub fn uniform(graph: Arc<Csr>, order: Arc<StartOrder>, policy: Policy) -> Self {
        Self::new(graph, order, PlanParts { policies: vec![policy], ..PlanParts::default() })
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Csr {
        &self.graph
    }

    /// The order in which ready nodes start.
    #[must_use]
    pub fn order(&self) -> &StartOrder {
        &self.order
    }

    /// The policy of a node.
    #[inline]
    #[must_use]
    pub fn policy(&self, node: u32) -> &Policy {
        match &self.policy_of {
            None => &self.policies[0],
            Some(column) => &self.policies[column[node as usize] as usize],
        }
    }

    /// Whether the host is asked before anything passes the edge.
    #[must_use]
    pub fn is_guarded(&self, from: u32, to: u32) -> bool {
        !self.guards.is_empty() && self.guards.binary_search(&edge_key(from, to)).is_ok()
    }

    /// Whether any edge is guarded.
    #[must_use]
    pub fn has_guards(&self) -> bool {
        !self.guards.is_empty()
    }

    /// Whether there are only tasks with default joins that fail the run, without needs, none of them a finally-node or a command: the
    /// joins of such a plan are mere counts, and all its lanes are slots.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The finally-nodes, ascending.
    #[must_use]
    pub fn finally_nodes(&self) -> &[u32] {
        &self.finally_nodes
    }

    /// The node's own expected cost.
    #[must_use]
    pub fn cost(&self, node: u32) -> f64 {
        self.costs.as_ref().map_or(1.0, |costs| costs[node as usize])
    }

    /// The node's place in the start order, in figures. O(n + m) at the first call.
    #[must_use]
    pub fn standing(&self, node: u32) -> Standing {
        let (remaining, lent) = self.standings.get_or_init(|| {
            let remaining = start_order::remaining_costs(&self.graph, self.costs.as_deref());
            (remaining, self.priorities.as_deref().map(|own| start_order::lent_priorities(&self.graph, own)))
        });
        Standing { priority: lent.as_ref().map_or(0.0, |lent| lent[node as usize]), remaining: remaining[node as usize] }
    }

    /// A 64-bit hash of the graph's structure, the start order and all policies: what a journal must agree with. Journals before version 3
    /// knew nothing of crashes and commands. Cost: O(n + m).
    #[must_use]
    pub fn fingerprint(&self, journal_version: u16) -> u64 {
        let mut hash = Fingerprint::default();
        let rules: Vec<Option<u64>> = self.policies.iter().map(|policy| rules_hash(policy, journal_version)).collect();
        for node in 0..self.graph.node_count() as u32 {
            let policy = self.policy(node);
            hash.add(u64::from(self.order.rank_of(node)));
            hash.add(u64::from(policy.max_attempts));
            hash.add(policy.timeout.unwrap_or(u64::MAX));
            if let Some(rules) = rules[self.policy_of.as_ref().map_or(0, |column| column[node as usize] as usize)] {
                hash.add(rules);
            }
            for &next in self.graph.successors(node) {
                hash.add(u64::from(next));
            }
        }
        for &guard in &self.guards {
            hash.add(guard);
        }
        hash.0
    }

    /// The shortest attempt or node timeout of any node, those inside containers included, in microseconds.
    #[must_use]
    pub fn shortest_timeout(&self) -> Option<u64> {
        self.shortest_timeout
    }
}

fn edge_key(from: u32, to: u32) -> u64 {
    u64::from(from) << 32 | u64::from(to)
}

fn is_plain(policy: &Policy) -> bool {
    policy.kind == Kind::Task
        && policy.join == Join::AllCompleted
        && policy.on_failure == OnFailure::Fail
        && !policy.is_finally
        && policy.needs.is_empty()
        && policy.place != Place::Command
}

/// A hash of what version 1 of the journal did not know; `None` where there is nothing of it, so that its journals stay readable.
/// Whether a task runs inline or on a thread decides nothing, and is no part of it.
fn rules_hash(policy: &Policy, journal_version: u16) -> Option<u64> {
    let knows_crashes = journal_version > 2;
    let is_command = knows_crashes && policy.place == Place::Command;
    let is_external = knows_crashes && policy.is_external;
    let max_crashes = if knows_crashes { policy.max_crashes } else { DEFAULT_MAX_CRASHES };
    let is_plain = Policy { is_external: false, place: Place::Inline, max_crashes, ..policy.clone() }
        == Policy { max_attempts: policy.max_attempts, timeout: policy.timeout, ..Policy::default() };
    if is_plain && !is_command && !is_external {
        return None;
    }
    let mut hash = Fingerprint::default();
    let flag = |is_set: bool, bit: u32| u64::from(is_set) << bit;
    let flags = [policy.has_condition, policy.is_cached, policy.is_finally, policy.has_undo, is_external, is_command];
    hash.add(flags.into_iter().zip(0..).map(|(is_set, bit)| flag(is_set, bit)).sum::<u64>() | (policy.on_failure as u64) << 8);
    hash.add(policy.node_timeout.unwrap_or(u64::MAX));
    let Backoff { growth, delay, max_delay, jitter } = policy.backoff;
    let growth = match growth {
        BackoffGrowth::Fixed => 0,
        BackoffGrowth::Linear => 1,
        BackoffGrowth::Exponential(bits) => bits,
    };
    for word in [growth, delay, max_delay.unwrap_or(u64::MAX), u64::from(jitter)] {
        hash.add(word);
    }
    for need in &*policy.needs {
        hash.add(u64::from(need.pool) << 32 | u64::from(need.amount));
    }
    match &policy.join {
        Join::AllCompleted => hash.add(0),
        Join::AnyCompleted => hash.add(1),
        Join::AllSettled => hash.add(2),
        Join::AnyFailed => hash.add(3),
        Join::AllFailed => hash.add(4),
        Join::NoneFailed => hash.add(5),
        Join::NoneFailedOneCompleted => hash.add(6),
        Join::Expression(expression) => {
            hash.add(7);
            for token in expression.tokens() {
                hash.add(match *token {
                    Token::Is(upstream, look) => u64::from(upstream) << 8 | (look as u64) << 4,
                    Token::Not => 1,
                    Token::And => 2,
                    Token::Or => 3,
                    Token::Constant(value) => 4 + u64::from(value),
                });
            }
        }
    }
    let kind = match &policy.kind {
        Kind::Task => 0,
        Kind::Wait(_) => 1,
        Kind::Map(_) => 2,
        Kind::SubDag(_) => 3,
        Kind::Loop(_) => 4,
        Kind::Given => 5,
    };
    hash.add(kind);
    if let Kind::Wait(WaitPolicy { signal, timeout, has_default }) = policy.kind {
        hash.add(signal.map_or(u64::MAX, u64::from));
        hash.add(timeout.unwrap_or(u64::MAX));
        hash.add(u64::from(has_default));
    }
    if let Some(Container { plan, fail_fast, concurrency, limit }) = policy.kind.container() {
        hash.add(plan.fingerprint(journal_version));
        hash.add(u64::from(*concurrency) << 32 | u64::from(*limit));
        hash.add(u64::from(*fail_fast));
    }
    if max_crashes != DEFAULT_MAX_CRASHES {
        hash.add(u64::from(max_crashes));
    }
    Some(hash.0)
}

/// Interns policies: each distinct one is kept once.
#[derive(Debug, Default)]
pub struct PolicyTable {
    policies: Vec<Policy>,
    known: HashMap<Policy, u32>,
}

impl PolicyTable {
    /// The place of `policy` in the table.
    pub fn intern(&mut self, policy: Policy) -> u32 {
        *self.known.entry(policy).or_insert_with_key(|policy| {
            self.policies.push(policy.clone());
            self.policies.len() as u32 - 1
        })
    }

    /// The distinct policies, by place.
    #[must_use]
    pub fn into_policies(self) -> Vec<Policy> {
        self.policies
    }
}

/// FNV-1a over 64-bit words, each finished by a multiply-shift: stable across platforms and versions, as the journal needs.
struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        self.0 ^= self.0 >> 29;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(policy: Policy) -> Plan {
        let graph = Csr::build(2, &[0, 1]).expect("an edge is a DAG");
        let order = StartOrder::new(&graph, None, None);
        Plan::uniform(Arc::new(graph), Arc::new(order), policy)
    }

    fn around(inner: Plan) -> Plan {
        let container = Container { plan: Arc::new(inner), fail_fast: true, concurrency: 0, limit: 1 };
        plan(Policy { kind: Kind::SubDag(container), ..Policy::default() })
    }

    #[test]
    fn only_a_command_is_not_plain() {
        for (place, expected) in [(Place::Inline, true), (Place::Thread, true), (Place::Command, false)] {
            let policy = Policy { place, is_external: true, max_crashes: 0, ..Policy::default() };
            assert_eq!(plan(policy).is_plain(), expected, "{place:?}");
        }
    }

    #[test]
    fn the_fingerprint_knows_what_decides_and_old_ones_know_less() {
        let policies = [
            Policy { is_external: true, ..Policy::default() },
            Policy { place: Place::Command, ..Policy::default() },
            Policy { max_crashes: 1, ..Policy::default() },
            Policy { max_crashes: 1, has_condition: true, ..Policy::default() },
        ];
        for policy in policies {
            let known = Policy { has_condition: policy.has_condition, ..Policy::default() };
            for nest in [std::convert::identity, around] {
                let (own, other) = (nest(plan(policy.clone())), nest(plan(known.clone())));
                assert_ne!(own.fingerprint(3), other.fingerprint(3), "{policy:?}");
                assert_eq!(own.fingerprint(2), other.fingerprint(2), "{policy:?}");
                assert_eq!(other.fingerprint(2), other.fingerprint(3), "{policy:?}");
            }
        }
        let threaded = Policy { place: Place::Thread, ..Policy::default() };
        assert_eq!(plan(threaded).fingerprint(3), plan(Policy::default()).fingerprint(3));
    }
}

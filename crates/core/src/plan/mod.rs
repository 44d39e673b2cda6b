//! What is known of a run before it starts: the order in which ready nodes start, and each node's policy.

mod start_order;

use std::sync::Arc;

use crate::graph::Csr;

pub use start_order::StartOrder;

/// The rules of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy {
    /// How many attempts there may be in all; at least 1.
    pub max_attempts: u32,
    /// Longest running time of one attempt, in microseconds.
    pub timeout: Option<u64>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { max_attempts: 1, timeout: None }
    }
}

/// A graph that is ready to be run, any number of times. Policies are interned: most graphs have a handful.
#[derive(Debug, Clone)]
pub struct Plan {
    graph: Arc<Csr>,
    order: Arc<StartOrder>,
    policies: Vec<Policy>,
    /// Index into `policies` by node; `None` where all nodes have the first.
    policy_of: Option<Box<[u32]>>,
    shortest_timeout: Option<u64>,
}

impl Plan {
    /// A plan in which each node has the policy that `policy_of` gives for it. Cost: O(n) calls.
    #[must_use]
    pub fn new(graph: Arc<Csr>, order: Arc<StartOrder>, policy_of: impl Fn(u32) -> Policy) -> Self {
        let n = graph.node_count() as u32;
        let mut policies = Vec::new();
        let mut known = std::collections::HashMap::new();
        let column: Box<[u32]> = (0..n)
            .map(|node| {
                let policy = policy_of(node);
                *known.entry(policy).or_insert_with(|| {
                    policies.push(policy);
                    policies.len() as u32 - 1
                })
            })
            .collect();
        let mut plan = Self::uniform(graph, order, policies.first().copied().unwrap_or_default());
        if policies.len() > 1 {
            plan.shortest_timeout = policies.iter().filter_map(|policy| policy.timeout).min();
            plan.policies = policies;
            plan.policy_of = Some(column);
        }
        plan
    }

    /// A plan in which all nodes have one policy.
    #[must_use]
    pub fn uniform(graph: Arc<Csr>, order: Arc<StartOrder>, policy: Policy) -> Self {
        Self { graph, order, policies: vec![policy], policy_of: None, shortest_timeout: policy.timeout }
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
    pub fn policy(&self, node: u32) -> Policy {
        match &self.policy_of {
            None => self.policies[0],
            Some(column) => self.policies[column[node as usize] as usize],
        }
    }

    /// A 64-bit hash of the graph's structure, the start order and all policies: what a journal must agree with. Cost: O(n + m).
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fingerprint::default();
        for node in 0..self.graph.node_count() as u32 {
            let policy = self.policy(node);
            hash.add(u64::from(self.order.rank_of(node)));
            hash.add(u64::from(policy.max_attempts));
            hash.add(policy.timeout.unwrap_or(u64::MAX));
            for &next in self.graph.successors(node) {
                hash.add(u64::from(next));
            }
        }
        hash.0
    }

    /// The shortest attempt timeout of any node, in microseconds.
    #[must_use]
    pub fn shortest_timeout(&self) -> Option<u64> {
        self.shortest_timeout
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

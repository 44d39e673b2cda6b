//! A plan as JavaScript holds it: a graph with its start order and its policies, ready to be run any number of times.

use std::collections::HashMap;
use std::sync::Arc;

use dagny_core::graph::Csr;
use dagny_core::plan::{Need, Plan, PlanParts, Policy, StartOrder};
use napi::bindgen_prelude::{ClassInstance, Float64ArraySlice, Uint32Array, Uint32ArraySlice};
use napi_derive::napi;

use crate::graph::NativeGraph;
use crate::numbers::{internal, timeout};
use crate::policy::NativePolicy;

/// How deep plans may be nested in one another. Deeper ones would be dropped by a recursion that fits no stack.
const DEEPEST: u32 = 2_000;

/// A graph with its start order and policies, ready to be run any number of times.
#[napi]
pub struct NativePlan {
    pub(crate) plan: Arc<Plan>,
    /// The most that one node, here or inside, needs of each pool.
    pub(crate) most_needed: Arc<[Need]>,
    depth: u32,
    /// Nodes whose expressions are about more upstreams than they have here, with how many that are: a growth may have them.
    pub(crate) lacking: Box<[(u32, u32)]>,
}

impl NativePlan {
    /// Refuses a plan with expressions about upstreams that are not there. `linked` says how many more a node has.
    pub(crate) fn check_complete(&self, linked: impl Fn(u32) -> usize) -> napi::Result<()> {
        let lacks = |&&(node, least): &&(u32, u32)| self.plan.graph().predecessors(node).len() + linked(node) < least as usize;
        match self.lacking.iter().find(lacks) {
            None => Ok(()),
            Some((node, _)) => Err(internal(format_args!("the expression of node {node} is about more upstreams than it has"))),
        }
    }
}

/// What a plan is made of; each column has one entry per node.
#[napi(object, object_to_js = false)]
pub struct PlanColumns<'env> {
    /// Expected cost of each node.
    pub costs: Option<Float64ArraySlice<'env>>,
    /// Priority of each node.
    pub priorities: Option<Float64ArraySlice<'env>>,
    /// Attempt timeout of each node, in milliseconds; NaN for none.
    pub timeouts: Option<Float64ArraySlice<'env>>,
    /// How many attempts each node may have.
    pub max_attempts: Option<Uint32ArraySlice<'env>>,
    /// Attempt timeout of nodes where there is no column, in milliseconds; NaN for none.
    pub default_timeout: f64,
    /// Attempts of nodes where there is no column.
    pub default_max_attempts: u32,
    /// The distinct policies; without them all nodes are tasks with every default.
    pub policies: Option<Vec<NativePolicy<'env>>>,
    /// Place of each node's policy in `policies`; without it all nodes have the first.
    pub policy_of: Option<Uint32ArraySlice<'env>>,
    /// The edges `[from, to, …]` that are asked about before they let anything through.
    pub guards: Option<Uint32ArraySlice<'env>>,
}

#[napi]
impl NativePlan {
    /// Makes a plan for a graph; policies of containers say by their place in `inner` what is inside.
    #[napi(constructor, catch_unwind)]
    pub fn new(graph: &NativeGraph, columns: PlanColumns<'_>, inner: Option<Vec<ClassInstance<'_, NativePlan>>>) -> napi::Result<Self> {
        let csr = &graph.csr;
        let n = csr.node_count();
        let lengths = [
            columns.costs.as_ref().map(|c| c.len()),
            columns.priorities.as_ref().map(|c| c.len()),
            columns.timeouts.as_ref().map(|c| c.len()),
            columns.max_attempts.as_ref().map(|c| c.len()),
            columns.policy_of.as_ref().map(|c| c.len()),
        ];
        if lengths.into_iter().flatten().any(|length| length != n) {
            return Err(internal(format_args!("each column must have {n} entries")));
        }
        if [&columns.costs, &columns.priorities].into_iter().flatten().any(|column| column.iter().any(|value| !value.is_finite())) {
            return Err(internal("costs and priorities are finite"));
        }
        let inner = inner.unwrap_or_default();
        let inner: Vec<&NativePlan> = inner.iter().map(|plan| &**plan).collect();
        let depth = inner.iter().map(|plan| plan.depth + 1).max().unwrap_or(0);
        if depth > DEEPEST {
            return Err(internal(format_args!("plans are nested at most {DEEPEST} deep")));
        }
        for plan in &inner {
            plan.check_complete(|_| 0)?;
        }
        let lacking = lacking(&columns, csr)?;
        let guards = guards_of(csr, columns.guards.as_deref().unwrap_or_default())?;
        let (policies, policy_of) = policies_of(&columns, &inner, n)?;
        check_finally(csr, &policies, policy_of.as_deref())?;
        let needs = policies.iter().flat_map(|policy| policy.needs.iter()).chain(inner.iter().flat_map(|plan| plan.most_needed.iter()));
        let most_needed = most_needed(needs);
        let order = Arc::new(StartOrder::new(csr, columns.costs.as_deref(), columns.priorities.as_deref()));
        let column = |column: &Option<Float64ArraySlice<'_>>| column.as_deref().map(Arc::from);
        let parts = PlanParts { policies, policy_of, guards, costs: column(&columns.costs), priorities: column(&columns.priorities) };
        let plan = Plan::new(Arc::clone(csr), order, parts);
        Ok(Self { plan: Arc::new(plan), most_needed, depth, lacking })
    }

    /// The direct upstreams of every node, for those who read inputs.
    #[napi(catch_unwind)]
    pub fn upstreams(&self) -> UpstreamRows {
        upstream_rows(self.plan.graph())
    }
}

/// The direct upstreams of every node: those of node `n` are `ids[starts[n]..starts[n + 1]]`, ascending.
#[napi(object, object_from_js = false)]
pub struct UpstreamRows {
    /// Where each node's upstreams start; one more entry than there are nodes.
    pub starts: Uint32Array,
    /// Upstream ids.
    pub ids: Uint32Array,
}

/// Checks that every node has a policy. The answer is the nodes whose expressions are about more upstreams than the graph gives them,
/// with how many.
fn lacking(columns: &PlanColumns<'_>, graph: &Csr) -> napi::Result<Box<[(u32, u32)]>> {
    let policies = columns.policies.as_deref().unwrap_or_default();
    let count = policies.len().max(1);
    if columns.policies.as_ref().is_some_and(Vec::is_empty) {
        return Err(internal("a list of policies has one at least"));
    }
    if columns.policy_of.as_ref().is_some_and(|column| column.iter().any(|&policy| policy as usize >= count)) {
        return Err(internal(format_args!("there are {count} policies, and a node has another")));
    }
    let least: Vec<u32> = policies.iter().map(NativePolicy::least_upstreams).collect();
    if least.iter().all(|&least| least == 0) {
        return Ok(Box::default());
    }
    let least_of = |node: u32| least[columns.policy_of.as_ref().map_or(0, |column| column[node as usize] as usize)];
    let nodes = (0..graph.node_count() as u32).map(|node| (node, least_of(node)));
    Ok(nodes.filter(|&(node, least)| graph.predecessors(node).len() < least as usize).collect())
}

/// The guarded edges, in the graph's order.
fn guards_of(graph: &Csr, words: &[u32]) -> napi::Result<Vec<(u32, u32)>> {
    let (pairs, rest) = words.as_chunks::<2>();
    let is_edge = |&[from, to]: &[u32; 2]| (from as usize) < graph.node_count() && graph.successors(from).binary_search(&to).is_ok();
    if !rest.is_empty() || !pairs.iter().all(is_edge) {
        return Err(internal("a guard is on an edge of the graph"));
    }
    let mut guards: Vec<(u32, u32)> = pairs.iter().map(|&[from, to]| (from, to)).collect();
    guards.sort_unstable();
    guards.dedup();
    Ok(guards)
}

/// What tells the policies of two nodes apart: place in the list, attempts, timeout.
type PolicyKey = (u32, u32, Option<u64>);

/// The distinct policies and, where there are several, the place of each node's.
type Policies = (Vec<Policy>, Option<Box<[u32]>>);

fn policies_of(columns: &PlanColumns<'_>, inner: &[&NativePlan], n: usize) -> napi::Result<Policies> {
    let convert = |(place, max_attempts, timeout): PolicyKey| match columns.policies.as_deref() {
        None => Ok(Policy { max_attempts, timeout, ..Policy::default() }),
        Some(policies) => policies[place as usize].convert(inner, max_attempts, timeout),
    };
    let default_key: PolicyKey = (0, columns.default_max_attempts.max(1), timeout(columns.default_timeout));
    if columns.timeouts.is_none() && columns.max_attempts.is_none() {
        let count = columns.policies.as_ref().map_or(1, Vec::len) as u32;
        let policies = (0..count).map(|place| convert((place, default_key.1, default_key.2))).collect::<napi::Result<Vec<_>>>()?;
        return Ok((policies, columns.policy_of.as_deref().filter(|_| count > 1).map(Box::from)));
    }
    let key_of = |node: usize| -> PolicyKey {
        (
            columns.policy_of.as_ref().map_or(0, |column| column[node]),
            columns.max_attempts.as_ref().map_or(default_key.1, |column| column[node].max(1)),
            columns.timeouts.as_ref().map_or(default_key.2, |column| timeout(column[node])),
        )
    };
    let mut keys: Vec<PolicyKey> = Vec::new();
    let mut known = HashMap::new();
    let column: Box<[u32]> = (0..n)
        .map(|node| {
            let key = key_of(node);
            *known.entry(key).or_insert_with(|| {
                keys.push(key);
                keys.len() as u32 - 1
            })
        })
        .collect();
    if keys.is_empty() {
        keys.push(default_key);
    }
    let policies = keys.into_iter().map(convert).collect::<napi::Result<Vec<_>>>()?;
    let has_several = policies.len() > 1;
    Ok((policies, has_several.then_some(column)))
}

/// Only finally-nodes follow finally-nodes: anything else would never be decided.
fn check_finally(graph: &Csr, policies: &[Policy], policy_of: Option<&[u32]>) -> napi::Result<()> {
    if !policies.iter().any(|policy| policy.is_finally) {
        return Ok(());
    }
    let is_finally = |node: u32| policies[policy_of.map_or(0, |column| column[node as usize] as usize)].is_finally;
    let is_broken = |node: u32| is_finally(node) && !graph.successors(node).iter().all(|&next| is_finally(next));
    match (0..graph.node_count() as u32).find(|&node| is_broken(node)) {
        None => Ok(()),
        Some(node) => Err(internal(format_args!("an ordinary node follows the finally-node {node}"))),
    }
}

/// The largest amount of each pool among `needs`.
fn most_needed<'a>(needs: impl Iterator<Item = &'a Need>) -> Arc<[Need]> {
    let mut all: Vec<Need> = needs.copied().collect();
    all.sort_unstable_by_key(|need| (need.pool, std::cmp::Reverse(need.amount)));
    all.dedup_by_key(|need| need.pool);
    all.into()
}

/// The direct upstreams of every node of a graph. O(n + m).
pub(crate) fn upstream_rows(graph: &Csr) -> UpstreamRows {
    let n = graph.node_count() as u32;
    let mut starts = Vec::with_capacity(n as usize + 1);
    let mut ids = Vec::with_capacity(graph.edge_count());
    for node in 0..n {
        starts.push(ids.len() as u32);
        ids.extend_from_slice(graph.predecessors(node));
    }
    starts.push(ids.len() as u32);
    UpstreamRows { starts: starts.into(), ids: ids.into() }
}

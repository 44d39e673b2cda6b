//! A plan and a run as JavaScript holds them: the cold side. The hot side is the [door](crate::door).

use std::sync::{Arc, Mutex};

use dagny_core::journal;
use dagny_core::plan::{Plan, Policy, StartOrder};
use dagny_core::run::{Event, KeepResults, NEVER, Run, RunOptions};
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Int32Array, ObjectFinalize, Uint8Array, Uint32Array};
use napi_derive::napi;

use crate::graph::NativeGraph;
use crate::weight::Weight;

/// A run that a panic has left in an unknown state, and an error that names it so.
pub(crate) fn lock(run: &Mutex<Run>) -> napi::Result<std::sync::MutexGuard<'_, Run>> {
    run.lock().map_err(|_| napi::Error::from_reason("INTERNAL: an earlier fault in the engine ended this run"))
}

/// A graph with its start order and policies, ready to be run any number of times.
#[napi]
pub struct NativePlan {
    plan: Arc<Plan>,
}

/// What a plan is made of; each column has one entry per node.
#[napi(object, object_to_js = false)]
pub struct PlanColumns<'env> {
    /// Expected cost of each node.
    pub costs: Option<napi::bindgen_prelude::Float64ArraySlice<'env>>,
    /// Priority of each node.
    pub priorities: Option<napi::bindgen_prelude::Float64ArraySlice<'env>>,
    /// Attempt timeout of each node, in milliseconds; NaN for none.
    pub timeouts: Option<napi::bindgen_prelude::Float64ArraySlice<'env>>,
    /// How many attempts each node may have.
    pub max_attempts: Option<napi::bindgen_prelude::Uint32ArraySlice<'env>>,
    /// Attempt timeout of nodes where there is no column, in milliseconds; NaN for none.
    pub default_timeout: f64,
    /// Attempts of nodes where there is no column.
    pub default_max_attempts: u32,
}

/// Whole microseconds of a length in milliseconds, at least one; `None` for NaN and for what never comes.
fn micros(ms: f64) -> Option<u64> {
    (ms.is_finite() && ms >= 0.0).then(|| ((ms * 1000.0).round() as u64).max(1))
}

#[napi]
impl NativePlan {
    /// Makes a plan for a graph.
    #[napi(constructor, catch_unwind)]
    pub fn new(graph: &NativeGraph, columns: PlanColumns<'_>) -> napi::Result<Self> {
        let n = graph.csr.node_count();
        let lengths = [
            columns.costs.as_ref().map(|c| c.len()),
            columns.priorities.as_ref().map(|c| c.len()),
            columns.timeouts.as_ref().map(|c| c.len()),
            columns.max_attempts.as_ref().map(|c| c.len()),
        ];
        if lengths.into_iter().flatten().any(|length| length != n) {
            return Err(napi::Error::from_reason(format!("INTERNAL: each column must have {n} entries")));
        }
        let order = Arc::new(StartOrder::new(&graph.csr, columns.costs.as_deref(), columns.priorities.as_deref()));
        let default = Policy { max_attempts: columns.default_max_attempts.max(1), timeout: micros(columns.default_timeout) };
        let graph = Arc::clone(&graph.csr);
        let plan = if columns.timeouts.is_none() && columns.max_attempts.is_none() {
            Plan::uniform(graph, order, default)
        } else {
            Plan::new(graph, order, |node| Policy {
                max_attempts: columns.max_attempts.as_ref().map_or(default.max_attempts, |c| c[node as usize].max(1)),
                timeout: columns.timeouts.as_ref().map_or(default.timeout, |c| micros(c[node as usize])),
            })
        };
        Ok(Self { plan: Arc::new(plan) })
    }

    /// The direct upstreams of every node, for those who read inputs.
    #[napi(catch_unwind)]
    pub fn upstreams(&self) -> UpstreamRows {
        let graph = self.plan.graph();
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
}

/// The direct upstreams of every node: those of node `n` are `ids[starts[n]..starts[n + 1]]`, ascending.
#[napi(object, object_from_js = false)]
pub struct UpstreamRows {
    /// Where each node's upstreams start; one more entry than there are nodes.
    pub starts: Uint32Array,
    /// Upstream ids.
    pub ids: Uint32Array,
}

/// One execution of a plan.
#[napi(custom_finalize)]
pub struct NativeRun {
    pub(crate) run: Arc<Mutex<Run>>,
    weight: Weight,
}

impl NativeRun {
    fn weighed(env: &Env, run: Run) -> napi::Result<Self> {
        let weight = Weight::tell(env, run.columns().state().len() * Run::BYTES_PER_NODE)?;
        Ok(Self { run: Arc::new(Mutex::new(run)), weight })
    }
}

impl ObjectFinalize for NativeRun {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.weight.lift(env)
    }
}

/// The columns of a run, one entry per node; times in microseconds from the run's start, -1 where it did not happen.
#[napi(object, object_from_js = false)]
pub struct NativeColumns {
    /// State codes.
    pub state: Uint8Array,
    /// Reason codes.
    pub reason: Uint8Array,
    /// Attempts begun.
    pub attempt: Uint32Array,
    /// Slot of the last attempt, -1 for none.
    pub lane: Int32Array,
    /// When it last became ready.
    pub ready_at: Float64Array,
    /// When its last attempt began.
    pub started_at: Float64Array,
    /// When it settled.
    pub settled_at: Float64Array,
}

/// An attempt that failed and was followed by another.
#[napi(object, object_from_js = false)]
pub struct NativePastAttempt {
    /// The node.
    pub node: u32,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The slot it had.
    pub lane: u32,
    /// When it began, in microseconds.
    pub started_at: f64,
    /// When it ended, in microseconds.
    pub ended_at: f64,
    /// Reason code.
    pub reason: u32,
}

/// Times as floats: what did not happen is 0 in the column, and so -1 here.
fn times(column: &[u64]) -> Float64Array {
    column.iter().map(|&time| time as f64 - 1.0).collect::<Vec<_>>().into()
}

#[napi]
impl NativeRun {
    /// A run that has not started. `keep_results`: 0 keeps all outputs, 1 those of leaves, 2 none.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: &Env, plan: &NativePlan, max_workers: u32, grace_ms: f64, fail_fast: bool, keep_results: u32) -> napi::Result<Self> {
        let options = RunOptions {
            max_workers: max_workers.max(1),
            fail_fast,
            grace: if grace_ms.is_finite() { (grace_ms * 1000.0) as u64 } else { NEVER },
            keep_results: match keep_results {
                0 => KeepResults::All,
                1 => KeepResults::Leaves,
                _ => KeepResults::None,
            },
        };
        Self::weighed(env, Run::new(Arc::clone(&plan.plan), options, false))
    }

    /// Rebuilds a run from its journal; throws where it cannot be read or does not fit the plan.
    #[napi(factory, catch_unwind)]
    pub fn replay(env: &Env, plan: &NativePlan, journal: &[u8]) -> napi::Result<Self> {
        let run = journal::replay(journal, &plan.plan).map_err(|error| napi::Error::from_reason(format!("{}: {error}", error.code())))?;
        Self::weighed(env, run)
    }

    /// The header of this run's journal.
    #[napi(catch_unwind)]
    pub fn journal_header(&self, seed: u32) -> napi::Result<Uint8Array> {
        let run = lock(&self.run)?;
        Ok(journal::encode_header(run.plan(), run.options(), u64::from(seed)).to_vec().into())
    }

    /// Keeps events from now on.
    #[napi(catch_unwind)]
    pub fn record(&self) -> napi::Result<()> {
        lock(&self.run)?.record();
        Ok(())
    }

    /// The records of the events since the last call.
    #[napi(catch_unwind)]
    pub fn take_events(&self) -> napi::Result<Uint8Array> {
        let mut events: Vec<Event> = Vec::new();
        lock(&self.run)?.take_events(&mut events);
        let mut bytes = Vec::new();
        journal::encode_events(&events, &mut bytes);
        Ok(bytes.into())
    }

    /// How many events there have been.
    #[napi(catch_unwind)]
    pub fn event_count(&self) -> napi::Result<f64> {
        Ok(lock(&self.run)?.event_count() as f64)
    }

    /// Time of the last event, in microseconds.
    #[napi(catch_unwind)]
    pub fn time(&self) -> napi::Result<f64> {
        Ok(lock(&self.run)?.time() as f64)
    }

    /// A copy of the columns.
    #[napi(catch_unwind)]
    pub fn columns(&self) -> napi::Result<NativeColumns> {
        let run = lock(&self.run)?;
        let columns = run.columns();
        Ok(NativeColumns {
            state: columns.state().iter().map(|&state| state as u8).collect::<Vec<_>>().into(),
            reason: columns.reason().iter().map(|&reason| reason as u8).collect::<Vec<_>>().into(),
            attempt: columns.attempt().to_vec().into(),
            lane: columns.lane().iter().map(|&lane| lane.cast_signed()).collect::<Vec<_>>().into(),
            ready_at: times(columns.ready_at()),
            started_at: times(columns.started_at()),
            settled_at: times(columns.settled_at()),
        })
    }

    /// How many nodes are in each state, by state code.
    #[napi(catch_unwind)]
    pub fn counts(&self) -> napi::Result<Vec<u32>> {
        let mut counts = vec![0; 9];
        for &state in lock(&self.run)?.columns().state() {
            counts[state as usize] += 1;
        }
        Ok(counts)
    }

    /// Nodes that failed, in sequence order.
    #[napi(catch_unwind)]
    pub fn failed(&self) -> napi::Result<Uint32Array> {
        Ok(lock(&self.run)?.failed().to_vec().into())
    }

    /// Attempts that were followed by another.
    #[napi(catch_unwind)]
    pub fn past_attempts(&self) -> napi::Result<Vec<NativePastAttempt>> {
        let run = lock(&self.run)?;
        let attempts = run.past_attempts().iter().map(|past| NativePastAttempt {
            node: past.node,
            attempt: past.attempt,
            lane: past.lane,
            started_at: past.started_at as f64,
            ended_at: past.ended_at as f64,
            reason: u32::from(past.reason as u8),
        });
        Ok(attempts.collect())
    }

    /// Attempts whose code did not return in time: `[node, attempt, …]`.
    #[napi(catch_unwind)]
    pub fn abandoned(&self) -> napi::Result<Uint32Array> {
        Ok(lock(&self.run)?.abandoned().flat_map(|(node, attempt)| [node, attempt]).collect::<Vec<_>>().into())
    }
}

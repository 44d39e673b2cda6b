//! A run as JavaScript holds it: the cold side. The hot side is the [door](crate::door).

use std::sync::{Arc, Mutex, MutexGuard};

use dagny_core::journal;
use dagny_core::plan::Need;
use dagny_core::run::growth::Growth;
use dagny_core::run::{Event, KeepResults, NEVER, Pool, Run, RunOptions};
use dagny_runtime::{Live, Mail, SharedRun};
use napi::Env;
use napi::bindgen_prelude::{
    ClassInstance, Float64Array, Float64ArraySlice, Int32Array, ObjectFinalize, Uint8Array, Uint32Array, Uint32ArraySlice,
};
use napi_derive::napi;

use crate::growth::NativeGrowth;
use crate::numbers::{internal, length, timeout};
use crate::plan::NativePlan;
use crate::weight::Weight;

/// The run behind its lock; an error where a panic has left it in an unknown state.
pub(crate) fn lock(live: &Mutex<Live>) -> napi::Result<MutexGuard<'_, Live>> {
    dagny_runtime::lock(live).map_err(|_| internal("an earlier fault in the engine ended this run"))
}

/// One execution of a plan.
#[napi(custom_finalize)]
pub struct NativeRun {
    pub(crate) live: SharedRun,
    weight: Weight,
}

impl NativeRun {
    fn weighed(env: &Env, run: Run) -> napi::Result<Self> {
        let weight = Weight::tell(env, run.columns().state().len() * Run::BYTES_PER_NODE)?;
        Ok(Self { live: Arc::new(Mutex::new(Live::new(run))), weight })
    }
}

impl ObjectFinalize for NativeRun {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.weight.lift(env)
    }
}

/// How many numbers the options of a run are.
const OPTION_NUMBERS: usize = 12;

/// The options of one run, from the numbers that `src/native/run-options.ts` writes, and its pools with their windows.
fn options_of(numbers: &[f64], pools: &[u32], intervals: &[f64]) -> napi::Result<RunOptions> {
    let [workers, grace, keep, timeout_ms, budget, seed, nodes, depth, fail_fast, abort_running, undo, commands] = *numbers else {
        return Err(internal(format_args!("the options of a run are {OPTION_NUMBERS} numbers")));
    };
    if !intervals.is_empty() && intervals.len() != pools.len() {
        return Err(internal("each pool has an interval, or none has"));
    }
    let pool = |(pool, &capacity): (usize, &u32)| Pool {
        capacity,
        interval: intervals.get(pool).map(|&interval| length(interval)).filter(|&interval| interval > 0),
    };
    // Numbers from outside the range become its ends; what is no number becomes 0.
    let count = |number: f64| number as u32;
    Ok(RunOptions {
        max_workers: count(workers).max(1),
        max_commands: count(commands).max(1),
        fail_fast: fail_fast != 0.0,
        abort_running: abort_running != 0.0,
        undo: undo != 0.0,
        grace: if grace.is_finite() { length(grace) } else { NEVER },
        keep_results: match count(keep) {
            0 => KeepResults::All,
            1 => KeepResults::Leaves,
            _ => KeepResults::None,
        },
        timeout: timeout(timeout_ms),
        retry_budget: Some(count(budget)).filter(|&budget| budget != u32::MAX),
        seed: u64::from(count(seed)),
        pools: pools.iter().enumerate().map(pool).collect(),
        max_nodes: count(nodes),
        max_depth: count(depth),
    })
}

/// Refuses needs that could never be met: a node with one would be ready for ever.
fn check_needs(most_needed: &[Need], pools: &[Pool]) -> napi::Result<()> {
    let fits = |need: &&Need| pools.get(need.pool as usize).is_some_and(|pool| need.amount <= pool.capacity);
    match most_needed.iter().find(|need| !fits(need)) {
        None => Ok(()),
        Some(need) => Err(internal(format_args!("a node needs {} of pool {}, which has less", need.amount, need.pool))),
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

/// The entries from `first` on, at most `count`.
fn part<T>(column: &[T], first: u32, count: u32) -> &[T] {
    let start = column.len().min(first as usize);
    &column[start..start + (column.len() - start).min(count as usize)]
}

#[napi]
impl NativeRun {
    /// A run that has not started. `numbers` are its options, as `src/native/run-options.ts` writes them: an object with a field for each
    /// would cost more than a small run. `pools` are capacities, `intervals` the windows of those that are rates, in milliseconds; 0 for one
    /// that is not. Without them there are none.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: &Env,
        plan: &NativePlan,
        numbers: &[f64],
        pools: Option<Uint32ArraySlice<'_>>,
        intervals: Option<Float64ArraySlice<'_>>,
    ) -> napi::Result<Self> {
        let options = options_of(numbers, pools.as_deref().unwrap_or(&[]), intervals.as_deref().unwrap_or(&[]))?;
        plan.check_complete(|_| 0)?;
        check_needs(&plan.most_needed, &options.pools)?;
        Self::weighed(env, Run::new(Arc::clone(&plan.plan), options, false))
    }

    /// Rebuilds a run from its journal and the additions it was given, in the order in which they were committed; throws where the
    /// journal cannot be read or does not fit them.
    #[napi(factory, catch_unwind)]
    pub fn replay(
        env: &Env,
        plan: &NativePlan,
        journal: &[u8],
        growths: Option<Vec<ClassInstance<'_, NativeGrowth>>>,
    ) -> napi::Result<Self> {
        plan.check_complete(|_| 0)?;
        let growths: Vec<Arc<Growth>> = growths.unwrap_or_default().iter().map(|growth| Arc::clone(&growth.growth)).collect();
        let run = journal::replay(journal, &plan.plan, &growths)
            .map_err(|error| napi::Error::from_reason(format!("{}: {error}", error.code())))?;
        Self::weighed(env, run)
    }

    /// The header of this run's journal.
    #[napi(catch_unwind)]
    pub fn journal_header(&self) -> napi::Result<Uint8Array> {
        let live = lock(&self.live)?;
        Ok(journal::encode_header(live.run.plan(), live.run.options()).into())
    }

    /// Keeps events from now on. How many there have been.
    #[napi(catch_unwind)]
    pub fn record(&self) -> napi::Result<f64> {
        let mut live = lock(&self.live)?;
        live.run.record();
        Ok(live.run.event_count() as f64)
    }

    /// The records of the events since the last call.
    #[napi(catch_unwind)]
    pub fn take_events(&self) -> napi::Result<Uint8Array> {
        let mut events: Vec<Event> = Vec::new();
        lock(&self.live)?.take_events(&mut events);
        let mut bytes = Vec::new();
        journal::encode_events(&events, &mut bytes);
        Ok(bytes.into())
    }

    /// How many events there have been.
    #[napi(catch_unwind)]
    pub fn event_count(&self) -> napi::Result<f64> {
        Ok(lock(&self.live)?.run.event_count() as f64)
    }

    /// Time of the last event, in microseconds.
    #[napi(catch_unwind)]
    pub fn time(&self) -> napi::Result<f64> {
        Ok(lock(&self.live)?.run.time() as f64)
    }

    /// Whether nothing starts because somebody said so.
    #[napi(catch_unwind)]
    pub fn is_paused(&self) -> napi::Result<bool> {
        Ok(lock(&self.live)?.run.is_paused())
    }

    /// Puts an addition into the mailbox.
    #[napi(catch_unwind)]
    pub fn queue_growth(&self, growth: &NativeGrowth) -> napi::Result<()> {
        let mut live = lock(&self.live)?;
        check_needs(&growth.most_needed, &live.run.options().pools)?;
        live.mailbox.push_back(Mail::Growth(Arc::clone(&growth.growth)));
        Ok(())
    }

    /// Puts the wish to cancel these nodes into the mailbox.
    #[napi(catch_unwind)]
    pub fn queue_cancel(&self, nodes: &[u32]) -> napi::Result<()> {
        lock(&self.live)?.mailbox.push_back(Mail::Cancel(nodes.into()));
        Ok(())
    }

    /// What would be wrong with an addition if it were committed now, by this node or (-1) from outside: `[fault, link + 1]`, or null.
    #[napi(catch_unwind)]
    pub fn check_growth(&self, growth: &NativeGrowth, node: f64) -> napi::Result<Option<Vec<u32>>> {
        let live = lock(&self.live)?;
        check_needs(&growth.most_needed, &live.run.options().pools)?;
        let node = (node >= 0.0).then_some(node as u32);
        let refused = live.run.check_growth(&growth.growth, node).err();
        Ok(refused.map(|refused| vec![refused.fault as u32, refused.link.map_or(0, |link| link as u32 + 1)]))
    }

    /// The upstreams whose outputs a node reads, ascending; null until its join is decided.
    #[napi(catch_unwind)]
    pub fn inputs_of(&self, node: u32) -> napi::Result<Option<Uint32Array>> {
        Ok(lock(&self.live)?.run.inputs_of(node).map(Uint32Array::from))
    }

    /// The blocks of ids that there are, `[first, count, container, what, …]`: the plan's own nodes (4294967295 and 0), then what was
    /// opened, items and growths, in order.
    #[napi(catch_unwind)]
    pub fn segments(&self) -> napi::Result<Uint32Array> {
        let live = lock(&self.live)?;
        let words = live.run.segments().flat_map(|each| [each.first, each.count, each.opener.unwrap_or(u32::MAX), each.what as u32]);
        Ok(words.collect::<Vec<_>>().into())
    }

    /// The waits that are open, by the order in which they opened: `[node, key, due in ms or Infinity, name or -1, …]`.
    #[napi(catch_unwind)]
    pub fn open_waits(&self) -> napi::Result<Float64Array> {
        let live = lock(&self.live)?;
        let numbers = live.run.open_waits().flat_map(|wait| {
            let due = wait.due.map_or(f64::INFINITY, |due| due as f64 / 1000.0);
            [f64::from(wait.node), f64::from(wait.key), due, wait.name.map_or(-1.0, f64::from)]
        });
        Ok(numbers.collect::<Vec<_>>().into())
    }

    /// The node whose wait would hear a signal of this name now, and only `node`'s where it is not -1; -1 for none.
    #[napi(catch_unwind)]
    pub fn listener(&self, name: u32, node: f64) -> napi::Result<f64> {
        let live = lock(&self.live)?;
        let node = (node >= 0.0).then_some(node as u32);
        Ok(live.run.listener(name, node).map_or(-1.0, |(listener, _)| f64::from(listener)))
    }

    /// The nodes whose undo has ended, in order: `[node, 1 if it succeeded, …]`.
    #[napi(catch_unwind)]
    pub fn undone(&self) -> napi::Result<Uint32Array> {
        let live = lock(&self.live)?;
        Ok(live.run.undone().iter().flat_map(|&(node, is_ok)| [node, u32::from(is_ok)]).collect::<Vec<_>>().into())
    }

    /// A copy of the columns.
    #[napi(catch_unwind)]
    pub fn columns(&self) -> napi::Result<NativeColumns> {
        let live = lock(&self.live)?;
        let columns = live.run.columns();
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

    /// State codes of `count` nodes from `first` on; fewer where there are not so many.
    #[napi(catch_unwind)]
    pub fn states(&self, first: u32, count: u32) -> napi::Result<Uint8Array> {
        let live = lock(&self.live)?;
        Ok(part(live.run.columns().state(), first, count).iter().map(|&state| state as u8).collect::<Vec<_>>().into())
    }

    /// Reason codes of `count` nodes from `first` on; fewer where there are not so many.
    #[napi(catch_unwind)]
    pub fn reasons(&self, first: u32, count: u32) -> napi::Result<Uint8Array> {
        let live = lock(&self.live)?;
        Ok(part(live.run.columns().reason(), first, count).iter().map(|&reason| reason as u8).collect::<Vec<_>>().into())
    }

    /// How many nodes are in each state, by state code.
    #[napi(catch_unwind)]
    pub fn counts(&self) -> napi::Result<Vec<u32>> {
        let mut counts = vec![0; 9];
        for &state in lock(&self.live)?.run.columns().state() {
            counts[state as usize] += 1;
        }
        Ok(counts)
    }

    /// Nodes that failed, in sequence order.
    #[napi(catch_unwind)]
    pub fn failed(&self) -> napi::Result<Uint32Array> {
        Ok(lock(&self.live)?.run.failed().to_vec().into())
    }

    /// Attempts that were followed by another.
    #[napi(catch_unwind)]
    pub fn past_attempts(&self) -> napi::Result<Vec<NativePastAttempt>> {
        let live = lock(&self.live)?;
        let attempts = live.run.past_attempts().iter().map(|past| NativePastAttempt {
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
        Ok(lock(&self.live)?.run.abandoned().flat_map(|(node, attempt)| [node, attempt]).collect::<Vec<_>>().into())
    }
}

//! A run that is shared with threads, as the main thread holds it.

use std::sync::{Arc, MutexGuard};

use dagny_core::run::Lease;
use dagny_runtime::sharing::{Layout, Report, Sharing};
use dagny_runtime::{Live, Value};
use napi::bindgen_prelude::{Float64Array, Uint8ArraySlice, Uint16Array, Uint32Array, Uint32ArraySlice};
use napi_derive::napi;

use crate::numbers::internal;
use crate::pool::NativePool;
use crate::run::{NativeRun, lock};
use crate::value::{NativeValue, native_value, value_of};

/// What is shared of a run; an error where it is not.
fn sharing_of<'a>(live: &'a mut MutexGuard<'_, Live>) -> napi::Result<&'a mut Sharing> {
    live.sharing.as_deref_mut().ok_or_else(|| internal("this run is shared with no pool"))
}

#[napi]
impl NativeRun {
    /// Shares the run with a pool, before its first step. Answers with the number by which threads know it. `base_hr_ms` and `base_ms` are
    /// what `process.hrtime` and this thread's clock say at the run's time 0. `direct` has of each base node the number of its function plus
    /// one if its inputs are just the outputs of its upstreams, else 0.
    #[napi(catch_unwind)]
    pub fn share(&self, pool: &NativePool, base_hr_ms: f64, base_ms: f64, direct: Option<Uint32ArraySlice<'_>>) -> napi::Result<u32> {
        let direct: Arc<[u32]> = direct.as_deref().unwrap_or_default().into();
        let mut live = lock(&self.live)?;
        if direct.len() > live.run.plan().graph().node_count() {
            return Err(internal("there are more direct nodes than nodes"));
        }
        let id = pool.pool.new_run_id();
        live.share(id, Arc::clone(&pool.pool), Layout { base_hr_ms, base_ms, direct });
        drop(live);
        pool.pool.add_run(id, Arc::clone(&self.live));
        Ok(id)
    }

    /// Threads take nothing more of this run: it is over, or given up.
    #[napi(catch_unwind)]
    pub fn leave(&self) -> napi::Result<()> {
        let mut live = lock(&self.live)?;
        sharing_of(&mut live)?.leave();
        Ok(())
    }

    /// What threads are to know of the run, in place of what they were told before.
    #[napi(catch_unwind)]
    pub fn describe(&self, bytes: &[u8]) -> napi::Result<()> {
        sharing_of(&mut lock(&self.live)?)?.describe(bytes.into());
        Ok(())
    }

    /// A base node that was direct needs the main thread from now on.
    #[napi(catch_unwind)]
    pub fn mark_prepared(&self, node: u32) -> napi::Result<()> {
        sharing_of(&mut lock(&self.live)?)?.mark_prepared(node);
        Ok(())
    }

    /// Says before a node is leased with which function and inputs it is to be called, so that its lease needs no main thread.
    #[napi(catch_unwind)]
    pub fn offer(&self, node: u32, code: u32, inputs: &[u8]) -> napi::Result<()> {
        sharing_of(&mut lock(&self.live)?)?.offer(node, code, inputs.into());
        Ok(())
    }

    /// Hands a leased node to the threads with the number of its function and its inputs: to any (`seat` -1), or to one. Answers false where its lease is void.
    #[napi(catch_unwind)]
    pub fn prepare(&self, node: u32, attempt: u32, code: u32, inputs: &[u8], seat: f64) -> napi::Result<bool> {
        let seat = (seat >= 0.0).then_some(seat as usize);
        let lease = Lease { node, attempt, lane: 0 };
        Ok(lock(&self.live)?.prepare(lease, code, inputs.into(), seat))
    }

    /// Puts the output of an inline node where threads find it. Before its success is reported. `tag` as in the records of seats.
    #[napi(catch_unwind)]
    pub fn publish(&self, node: u32, tag: u32, number: f64, bytes: Option<Uint8ArraySlice<'_>>) -> napi::Result<()> {
        let value = value_of(tag, number, bytes.as_deref());
        sharing_of(&mut lock(&self.live)?)?.put_value(node, value);
        Ok(())
    }

    /// What a node has put out, as far as it was put where all threads find it.
    #[napi(catch_unwind, ts_return_type = "undefined | null | boolean | number | Uint8Array | NativeCarried")]
    pub fn value(&self, node: u32) -> napi::Result<NativeValue> {
        Ok(native_value(lock(&self.live)?.value(node, None)))
    }

    /// What an attempt gave that has not completed its node (yet): the error of a failure, an output that came too late.
    #[napi(catch_unwind, ts_return_type = "undefined | null | boolean | number | Uint8Array | NativeCarried")]
    pub fn attempt_value(&self, node: u32, attempt: u32) -> napi::Result<NativeValue> {
        Ok(native_value(lock(&self.live)?.value(node, Some(attempt))))
    }

    /// Forgets what an attempt gave that has not completed its node.
    #[napi(catch_unwind)]
    pub fn drop_attempt_value(&self, node: u32, attempt: u32) -> napi::Result<()> {
        sharing_of(&mut lock(&self.live)?)?.drop_pending(node, attempt);
        Ok(())
    }

    /// Forgets what a node has put out.
    #[napi(catch_unwind)]
    pub fn drop_value(&self, node: u32) -> napi::Result<()> {
        sharing_of(&mut lock(&self.live)?)?.put_value(node, Value::Undefined);
        Ok(())
    }

    /// The next report to settle, in the order of the effects that tell of them: node, attempt, when it began and ended (in ms of this thread's
    /// clock), 1 if its function returned, its seat, 1 if no retry may follow. Null where there is none.
    #[napi(catch_unwind)]
    pub fn next_report(&self) -> napi::Result<Option<Float64Array>> {
        let mut live = lock(&self.live)?;
        let sharing = sharing_of(&mut live)?;
        let base_ms = sharing.base_ms();
        Ok(sharing.next_report().map(|Report { node, attempt, times: (began, ended), is_ok, is_final, seat }| {
            let ms = |micros: u64| base_ms + micros as f64 / 1000.0;
            let [is_ok, is_final] = [is_ok, is_final].map(|is| f64::from(u8::from(is)));
            vec![f64::from(node), f64::from(attempt), ms(began), ms(ended), is_ok, f64::from(seat), is_final].into()
        }))
    }

    /// Of each node the seat of its last attempt plus one, 0 for the main thread; nodes behind the end have run on no thread.
    #[napi(catch_unwind)]
    pub fn threads(&self) -> napi::Result<Uint16Array> {
        let live = lock(&self.live)?;
        Ok(live.sharing.as_ref().map_or_else(Vec::new, |sharing| sharing.seats().to_vec()).into())
    }

    /// The same of attempts that were followed by another: node, attempt, seat plus one, …
    #[napi(catch_unwind)]
    pub fn past_threads(&self) -> napi::Result<Uint32Array> {
        let live = lock(&self.live)?;
        let past = live.sharing.as_ref().map(|sharing| sharing.past_seats().iter());
        let words = past.into_iter().flatten().flat_map(|&(node, attempt, seat)| [node, attempt, u32::from(seat)]);
        Ok(words.collect::<Vec<_>>().into())
    }
}

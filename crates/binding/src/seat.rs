//! A seat as its thread holds it: one bound function and one buffer, like the main thread's [door](crate::door).

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use dagny_runtime::memory::BYTES;
use dagny_runtime::{Seat, SeatMemory, SharedRun};
use napi::bindgen_prelude::{ArrayBuffer, Function, Uint8Array};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;

use crate::numbers::internal;
use crate::plan::{UpstreamRows, upstream_rows};
use crate::run::lock;
use crate::value::{NativeValue, native_value};

/// A function of this thread that others may call; it does not keep the thread alive.
type ThreadCall = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The place of one worker thread in its pool.
#[napi]
pub struct NativeSeat {
    seat: Rc<RefCell<Seat>>,
}

/// The memory of a seat, and the function that hands in what is in it and takes work.
#[napi(object, object_from_js = false)]
pub struct SeatEnds<'env> {
    /// The memory.
    pub buffer: ArrayBuffer<'env>,
    /// Whether `buffer` is the very memory the function uses. Where it is not, the host forbids memory that it does not own, and there
    /// can be no threads.
    pub is_shared: bool,
    /// The function: no arguments, answers with bits (1 leases, 2 threads are to be woken, 4 end the thread, 8 nothing to do).
    pub call: Function<'env, (), u32>,
}

#[napi]
impl NativeSeat {
    /// Takes a seat, as the thread of this generation; throws where another thread has it. `hr_offset_ms` is what this thread's
    /// `performance.now` is ahead of `process.hrtime`. `on_wake` is called when there is work and the thread is in its event loop.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        pool: u32,
        seat: u32,
        generation: u32,
        hr_offset_ms: f64,
        #[napi(ts_arg_type = "() => void")] on_wake: ThreadCall,
    ) -> napi::Result<Self> {
        let waker = move || {
            on_wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        };
        let seat = Seat::take(pool, seat as usize, generation, hr_offset_ms, Box::new(waker));
        let seat = seat.ok_or_else(|| internal("the pool is gone, or another thread has this seat"))?;
        Ok(Self { seat: Rc::new(RefCell::new(seat)) })
    }

    /// Its two ends. Once per seat.
    #[napi(catch_unwind)]
    pub fn open<'env>(&self, env: &'env Env) -> napi::Result<SeatEnds<'env>> {
        let memory: Arc<SeatMemory> = Arc::clone(self.seat.borrow().memory());
        let data = Arc::as_ptr(&memory).cast_mut().cast::<u8>();
        // SAFETY: the memory is valid for BYTES bytes as long as an `Arc` of it lives, and the finalizer is what drops this one. All of it is
        // atomics, so that both sides may write to it.
        let buffer = unsafe { ArrayBuffer::from_external(env, data, BYTES, memory, |_, memory| drop(memory)) }?;
        let is_shared = std::ptr::eq(buffer.as_ptr(), data);
        let seat = Rc::clone(&self.seat);
        let call = env.create_function_from_closure("exchange", move |_| {
            seat.borrow_mut().exchange().map_err(|_| internal("an earlier fault in the engine ended this run"))
        })?;
        Ok(SeatEnds { buffer, is_shared, call })
    }

    /// The bytes of the next record that says there are some.
    #[napi(catch_unwind)]
    pub fn put(&self, bytes: &[u8]) {
        self.seat.borrow_mut().put(bytes.into());
    }

    /// What a node of a run has put out.
    #[napi(catch_unwind, ts_return_type = "undefined | null | boolean | number | Uint8Array | NativeCarried")]
    pub fn value(&self, run: u32, node: u32) -> napi::Result<NativeValue> {
        Ok(match self.run(run) {
            Some(run) => native_value(lock(&run)?.value(node, None)),
            None => NativeValue::A(()),
        })
    }

    /// The inputs that were made for a leased node.
    #[napi(catch_unwind)]
    pub fn prepared(&self, run: u32, node: u32) -> napi::Result<Option<Uint8Array>> {
        let Some(run) = self.run(run) else { return Ok(None) };
        let bytes = lock(&run)?.prepared(node);
        Ok(bytes.map(|bytes| Uint8Array::from(&*bytes)))
    }

    /// What threads are to know of a run; null where it is over.
    #[napi(catch_unwind)]
    pub fn description(&self, run: u32) -> napi::Result<Option<Uint8Array>> {
        let Some(run) = self.run(run).filter(|_| self.is_live(run)) else { return Ok(None) };
        let bytes = lock(&run)?.description();
        Ok(Some(Uint8Array::from(&*bytes)))
    }

    /// The direct upstreams of the base nodes of a run.
    #[napi(catch_unwind)]
    pub fn upstreams(&self, run: u32) -> napi::Result<Option<UpstreamRows>> {
        let Some(run) = self.run(run) else { return Ok(None) };
        let plan = Arc::clone(lock(&run)?.run.plan());
        Ok(Some(upstream_rows(plan.graph())))
    }

    /// Whether a run goes on.
    #[napi(catch_unwind)]
    pub fn is_live(&self, run: u32) -> bool {
        self.seat.borrow().is_live(run)
    }

    /// Leaves the seat; the thread is about to end.
    #[napi(catch_unwind)]
    pub fn leave(&self) {
        self.seat.borrow_mut().leave();
    }

    fn run(&self, id: u32) -> Option<SharedRun> {
        self.seat.borrow().run(id)
    }
}

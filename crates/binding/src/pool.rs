//! A pool as the main thread holds it. The worker threads themselves are JavaScript's.

use std::sync::Arc;

use dagny_runtime::Pool;
use napi::Status;
use napi::bindgen_prelude::Float64Array;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::numbers::internal;

/// A function of the main thread that any thread may call; it does not keep the process alive.
type MainCall = ThreadsafeFunction<u32, (), u32, Status, false, true>;

/// The most seats of a pool.
const MOST_SEATS: u32 = 1024;

/// The seats of a pool, and the runs they work for.
#[napi]
pub struct NativePool {
    pub(crate) pool: Arc<Pool>,
}

#[napi]
impl NativePool {
    /// A pool of so many seats, all empty. `on_wake` is called with the number of a run that has news for the main thread.
    #[napi(constructor, catch_unwind)]
    pub fn new(seats: u32, #[napi(ts_arg_type = "(run: number) => void")] on_wake: MainCall) -> napi::Result<Self> {
        if seats == 0 || seats > MOST_SEATS {
            return Err(internal(format_args!("a pool has 1 to {MOST_SEATS} seats")));
        }
        let main = move |run: u32| {
            // A main thread that ends hears nothing any more, and need not.
            on_wake.call(run, ThreadsafeFunctionCallMode::NonBlocking);
        };
        Ok(Self { pool: Pool::new(seats as usize, Box::new(main)) })
    }

    /// What threads find it by.
    #[napi(getter, catch_unwind)]
    pub fn id(&self) -> u32 {
        self.pool.id()
    }

    /// A thread is about to be started for a seat. Answers with its generation.
    #[napi(catch_unwind)]
    pub fn open_seat(&self, seat: u32) -> u32 {
        self.pool.open_seat(seat as usize)
    }

    /// The thread that had a seat has ended: what it had begun has crashed, what it had not goes back. Nothing happens where another
    /// generation has the seat.
    #[napi(catch_unwind)]
    pub fn seat_died(&self, seat: u32, generation: u32) {
        self.pool.seat_died(seat as usize, generation);
    }

    /// How many parked threads are to be woken now.
    #[napi(catch_unwind)]
    pub fn to_notify(&self) -> u32 {
        self.pool.to_notify()
    }

    /// Whether this attempt is what the thread of a seat is calling right now, as far as can be known.
    #[napi(catch_unwind)]
    pub fn is_at_work(&self, seat: u32, run: u32, node: u32, attempt: u32) -> bool {
        let Some(run) = self.pool.run(run) else { return false };
        let Ok(live) = dagny_runtime::lock(&run) else { return false };
        live.sharing.as_ref().is_some_and(|sharing| sharing.is_at_work(seat as usize, node, attempt))
    }

    /// Whether the thread of a seat is calling a function, of any run, as far as can be known. If not, it is in its event loop.
    #[napi(catch_unwind)]
    pub fn is_calling(&self, seat: u32) -> bool {
        self.pool.is_calling(seat as usize)
    }

    /// Of each seat since the pool was made: tasks, busy time in microseconds, batches, parks, generation.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> Float64Array {
        self.pool.stats().flat_map(|seat| seat.map(|number| number as f64)).collect::<Vec<_>>().into()
    }

    /// Threads are told to end.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.pool.close();
    }
}

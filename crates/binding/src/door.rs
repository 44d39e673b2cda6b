//! The hot door of a run: one bound function and one fixed buffer per thread.
//!
//! A class method with arguments costs several times what a bound function without any does, so everything goes through a buffer that
//! Rust owns and JavaScript sees: inputs in, leases and other effects out. Nothing here calls JavaScript while the buffer is in use,
//! and a door never leaves its thread.
//!
//! Layout in bytes (32-bit words and 64-bit floats of the machine's own order):
//! - 0 `inputs: u32` (in), 8 `now: f64` in ms (in), 16 `wake_at: f64` in ms, Infinity for never (out), 24 `leases: u32` (out),
//!   28 `others: u32` (out), 32 `status: u32`, 0 while it runs (out)
//! - [`INPUTS_AT`] inputs, [`LEASES_AT`] leases (`node: u32, attempt: u32`), [`OTHERS_AT`] other effects, as [`records`](crate::records)
//!   says

use std::cell::{RefCell, UnsafeCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use dagny_core::run::{Effect, Effects, Input, Lease};
use dagny_runtime::{Handed, Live, SharedRun};
use napi::Env;
use napi::bindgen_prelude::{ArrayBuffer, Function, Uint8ArraySlice};
use napi_derive::napi;

use crate::numbers::{internal, micros_since};
use crate::records::{EFFECT_BYTES, INPUT_BYTES, LEASE_BYTES, float, put, read_input, word, write_effect, write_host_effect, write_lease};
use crate::run::{NativeRun, lock};

const INPUTS: usize = 512;
const LEASES: usize = 512;
const OTHERS: usize = 256;
const INPUTS_AT: usize = 64;
const LEASES_AT: usize = INPUTS_AT + INPUTS * INPUT_BYTES;
const OTHERS_AT: usize = LEASES_AT + LEASES * LEASE_BYTES;
const BYTES: usize = OTHERS_AT + OTHERS * EFFECT_BYTES;

/// What the bound function answers, as bits.
const HAS_LEASES: u32 = 1;
const HAS_OTHERS: u32 = 2;
const HAS_ENDED: u32 = 4;
const HAS_MORE: u32 = 8;
const HAS_MORE_LEASES: u32 = 16;
const IS_TO_NOTIFY: u32 = 32;

/// Memory that JavaScript sees as an `ArrayBuffer`; words of 64 bits, so that floats in it are aligned.
struct Shared(UnsafeCell<[u64; BYTES / 8]>);

struct State {
    run: Option<SharedRun>,
    /// What JavaScript calls the time at which the run's time is 0, in ms.
    base_ms: f64,
    inputs: Vec<Input>,
    effects: Effects,
    /// Effects that did not fit into the buffer, for the next call.
    more_leases: VecDeque<Lease>,
    more_others: VecDeque<Effect>,
    /// What a run that is shared with threads hands over.
    handed: Handed,
}

/// A door: attach a run, write inputs into the buffer, call the function.
#[napi]
pub struct NativeDoor {
    state: Rc<RefCell<State>>,
    shared: Rc<Shared>,
}

/// The buffer of a door and the function to call. Where the host refuses buffers that it does not own (`isShared` is false), the
/// function takes the bytes as its argument, reads its inputs there and writes its answer there.
#[napi(object, object_from_js = false)]
pub struct DoorEnds<'env> {
    /// The buffer.
    pub buffer: ArrayBuffer<'env>,
    /// Whether `buffer` is the very memory the function uses.
    pub is_shared: bool,
    /// The function: no arguments, answers with bits (1 leases, 2 others, 4 ended, 8 call again with no inputs; of a run that is shared
    /// with threads beside: 16 call again soon for more leases, 32 threads are to be woken).
    pub call: Function<'env, (), u32>,
}

#[napi]
impl NativeDoor {
    /// A door without a run.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::large_stack_arrays, reason = "thirty kilobytes, once per door, fit any stack")]
    pub fn new() -> Self {
        let state = State {
            run: None,
            base_ms: 0.0,
            inputs: Vec::with_capacity(2 * INPUTS),
            effects: Effects::default(),
            more_leases: VecDeque::new(),
            more_others: VecDeque::new(),
            handed: Handed::default(),
        };
        Self { state: Rc::new(RefCell::new(state)), shared: Rc::new(Shared(UnsafeCell::new([0; BYTES / 8]))) }
    }

    /// Its two ends. Once per door.
    #[napi(catch_unwind)]
    pub fn open<'env>(&self, env: &'env Env) -> napi::Result<DoorEnds<'env>> {
        let data = self.shared.0.get().cast::<u8>();
        let keep = Rc::clone(&self.shared);
        // SAFETY: `data` is valid for BYTES bytes as long as `keep` lives, and the finalizer is what drops `keep`.
        let buffer = unsafe { ArrayBuffer::from_external(env, data, BYTES, keep, |_, keep| drop(keep)) }?;
        let is_shared = std::ptr::eq(buffer.as_ptr(), data);
        let (state, shared) = (Rc::clone(&self.state), Rc::clone(&self.shared));
        let call = env.create_function_from_closure("advance", move |context| {
            let mut state = state.borrow_mut();
            if context.length() > 0 {
                let mut copy = context.get::<Uint8ArraySlice<'_>>(0)?;
                // SAFETY: no JavaScript runs before this call returns, so nobody else reads or writes these bytes.
                return state.advance(unsafe { copy.as_mut() });
            }
            // SAFETY: the memory is ours; JavaScript touches it on this thread only, and none runs before this call returns.
            state.advance(unsafe { std::slice::from_raw_parts_mut(shared.0.get().cast::<u8>(), BYTES) })
        })?;
        Ok(DoorEnds { buffer, is_shared, call })
    }

    /// Leads to `run` from now on; `base_ms` is what JavaScript calls the time at which the run's time is 0.
    #[napi(catch_unwind)]
    pub fn attach(&self, run: &NativeRun, base_ms: f64) {
        let mut state = self.state.borrow_mut();
        state.run = Some(Arc::clone(&run.live));
        state.base_ms = base_ms;
        state.more_leases.clear();
        state.more_others.clear();
    }

    /// Leads nowhere from now on.
    #[napi(catch_unwind)]
    pub fn detach(&self) {
        self.state.borrow_mut().run = None;
    }
}

impl State {
    /// One step: reads the inputs, advances the run, writes the effects.
    fn advance(&mut self, bytes: &mut [u8]) -> napi::Result<u32> {
        let live = self.run.as_ref().ok_or_else(|| internal("this door leads to no run"))?;
        if bytes.len() != BYTES {
            return Err(internal("the buffer has another size"));
        }
        let count = word(bytes, 0) as usize;
        if count > INPUTS {
            return Err(internal("more inputs than the buffer holds"));
        }
        self.effects.leases.clear();
        self.effects.other.clear();
        if count > 0 || (self.more_leases.is_empty() && self.more_others.is_empty()) {
            let mut live = lock(live)?;
            let Live { run, mailbox, sharing } = &mut *live;
            self.inputs.clear();
            for record in bytes[INPUTS_AT..INPUTS_AT + count * INPUT_BYTES].as_chunks().0 {
                read_input(record, self.base_ms, mailbox, &mut self.inputs)?;
            }
            let now = micros_since(self.base_ms, float(bytes, 8));
            if sharing.is_none() {
                run.advance(&self.inputs, now, &mut self.effects);
            } else {
                live.cross(&mut self.inputs, now, &mut self.effects, &mut self.handed, OTHERS);
                drop(live);
                return Ok(self.write_handed(bytes));
            }
        }
        Ok(self.write_effects(bytes))
    }

    /// Writes what a shared run hands over.
    fn write_handed(&mut self, bytes: &mut [u8]) -> u32 {
        let Handed { lease, others, has_more, has_more_leases, wake_at, ended, must_notify } = &self.handed;
        if let Some(lease) = lease
            && let Some(record) = bytes[LEASES_AT..OTHERS_AT].first_chunk_mut()
        {
            write_lease(lease, record);
        }
        for (record, effect) in bytes[OTHERS_AT..].as_chunks_mut().0.iter_mut().zip(others) {
            write_host_effect(effect, record);
        }
        let wake_at = wake_at.map_or(f64::INFINITY, |at| self.base_ms + at as f64 / 1000.0);
        bytes[16..24].copy_from_slice(&wake_at.to_ne_bytes());
        put(bytes, 24, u32::from(lease.is_some()));
        put(bytes, 28, others.len() as u32);
        put(bytes, 32, ended.map_or(0, |status| status as u32));
        let bit = |is_set: bool, bit: u32| if is_set { bit } else { 0 };
        bit(lease.is_some(), HAS_LEASES)
            | bit(!others.is_empty(), HAS_OTHERS)
            | bit(ended.is_some(), HAS_ENDED)
            | bit(*has_more, HAS_MORE)
            | bit(*has_more_leases, HAS_MORE_LEASES)
            | bit(*must_notify, IS_TO_NOTIFY)
    }

    fn write_effects(&mut self, bytes: &mut [u8]) -> u32 {
        let Self { effects, more_leases, more_others, .. } = self;
        if !more_leases.is_empty() || effects.leases.len() > LEASES {
            more_leases.extend(effects.leases.drain(..));
            effects.leases.extend(more_leases.drain(..more_leases.len().min(LEASES)));
        }
        if !more_others.is_empty() || effects.other.len() > OTHERS {
            more_others.extend(effects.other.drain(..));
            effects.other.extend(more_others.drain(..more_others.len().min(OTHERS)));
        }
        for (record, lease) in bytes[LEASES_AT..OTHERS_AT].as_chunks_mut().0.iter_mut().zip(&effects.leases) {
            write_lease(lease, record);
        }
        for (record, &effect) in bytes[OTHERS_AT..].as_chunks_mut().0.iter_mut().zip(&effects.other) {
            write_effect(effect, record);
        }
        let wake_at = effects.wake_at.map_or(f64::INFINITY, |at| self.base_ms + at as f64 / 1000.0);
        bytes[16..24].copy_from_slice(&wake_at.to_ne_bytes());
        put(bytes, 24, effects.leases.len() as u32);
        put(bytes, 28, effects.other.len() as u32);
        put(bytes, 32, effects.ended.map_or(0, |status| status as u32));
        let bit = |is_set: bool, bit: u32| if is_set { bit } else { 0 };
        bit(!effects.leases.is_empty(), HAS_LEASES)
            | bit(!effects.other.is_empty(), HAS_OTHERS)
            | bit(effects.ended.is_some(), HAS_ENDED)
            | bit(!more_leases.is_empty() || !more_others.is_empty(), HAS_MORE)
    }
}

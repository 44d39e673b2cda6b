//! A seat as its thread holds it: hands in what has happened, leaves with work.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use dagny_core::run::{Effects, Input, Outcome};

use crate::live::{Fault, HostEffect, Live, SharedRun, lock};
use crate::memory::{RECORDS, Record, SeatMemory, TRAY, Word};
use crate::pool::{Pool, Waker};
use crate::sharing::{Report, Sharing, micros_since};
use crate::value::Value;

/// What [`Seat::exchange`] answers, as bits.
pub mod bits {
    /// There are leases in the tray.
    pub const LEASES: u32 = 1;
    /// So many parked threads are to be woken as the header says.
    pub const NOTIFY: u32 = 2;
    /// The thread is to end.
    pub const STOP: u32 = 4;
    /// There is nothing to do, and whoever adds work will call.
    pub const RESTS: u32 = 8;
}

/// How long a seat works for one run before it looks whether another one has work, in ms.
const TURN_MS: f64 = 1.0;

const MODE_WORK: u32 = 0;
const MODE_PARK: u32 = 1;
const MODE_IDLE: u32 = 2;

/// Phases and outcomes of a record.
const BEGAN: u32 = 1;
const ENDED: u32 = 2;
const OK: u32 = 0;
const OK_VIA_MAIN: u32 = 1;

/// What a seat leaves a run with.
#[derive(Debug, Default, Clone, Copy)]
struct Left {
    /// How many leases are in its tray.
    leases: usize,
    /// How many any seat may take.
    open: usize,
    is_main_wanted: bool,
}

/// The place of one worker thread in its pool, as that thread holds it.
#[derive(Debug)]
pub struct Seat {
    pool: Arc<Pool>,
    place: usize,
    generation: u32,
    /// What this thread's clock is ahead of the process-wide one, in ms.
    offset_ms: f64,
    memory: Arc<SeatMemory>,
    /// The run whose tray lies in the memory: at most one, because there is one word for the claims.
    run: Option<(u32, SharedRun)>,
    /// The run it had work of last.
    last_run: u32,
    /// When it took that run up, by its own clock, in ms.
    turn_began: f64,
    puts: VecDeque<Arc<[u8]>>,
    inputs: Vec<Input>,
    effects: Effects,
    is_parked: bool,
}

impl Seat {
    /// Takes the seat `place` of a pool, as the thread of this generation. `waker` calls the thread when it is in its event loop.
    /// `None` where the pool is gone, or another thread has the seat.
    pub fn take(pool: u32, place: usize, generation: u32, offset_ms: f64, waker: Waker) -> Option<Self> {
        let pool = Pool::find(pool)?;
        if place >= pool.seat_count() || pool.generation(place) != generation {
            return None;
        }
        pool.set_waker(place, Some(waker));
        Some(Self {
            pool,
            place,
            generation,
            offset_ms,
            memory: Arc::default(),
            run: None,
            last_run: 0,
            turn_began: 0.0,
            puts: VecDeque::new(),
            inputs: Vec::with_capacity(2 * RECORDS),
            effects: Effects::default(),
            is_parked: false,
        })
    }

    /// The memory it shares with its thread's JavaScript.
    pub fn memory(&self) -> &Arc<SeatMemory> {
        &self.memory
    }

    /// The bytes of the next record that says there are some.
    pub fn put(&mut self, bytes: Arc<[u8]>) {
        self.puts.push_back(bytes);
    }

    /// The run with this number, while it goes on.
    pub fn run(&self, id: u32) -> Option<SharedRun> {
        match &self.run {
            Some((known, run)) if *known == id => Some(Arc::clone(run)),
            _ => self.pool.run(id),
        }
    }

    /// Whether a run goes on.
    pub fn is_live(&self, id: u32) -> bool {
        self.pool.run(id).is_some()
    }

    /// Leaves the seat, unless another thread has it already.
    pub fn leave(&mut self) {
        self.wake_up();
        if self.has_seat() {
            self.pool.leave_idle(self.place);
            self.pool.set_waker(self.place, None);
        }
        self.run = None;
    }

    fn has_seat(&self) -> bool {
        self.pool.generation(self.place) == self.generation
    }

    /// Hands in the records in the memory, and takes work if any is wanted. Answers with [`bits`].
    ///
    /// # Errors
    ///
    /// Where the run that the records speak of has ended by a fault of the engine.
    pub fn exchange(&mut self) -> Result<u32, Fault> {
        self.wake_up();
        self.memory.put(Word::Leases, 0);
        self.memory.put(Word::Notify, 0);
        if !self.has_seat() || self.pool.is_closed() {
            self.memory.put(Word::Records, 0);
            return Ok(bits::STOP);
        }
        self.pool.leave_idle(self.place);
        let records = (self.memory.word(Word::Records) as usize).min(RECORDS);
        let want = (self.memory.word(Word::Want) as usize).min(TRAY);
        let mut answer = 0;
        // No run keeps a thread to itself while another has work for it.
        let is_turn_over = self.pool.has_several_runs() && self.memory.now() - self.turn_began > TURN_MS;
        if records > 0 {
            let stays = !is_turn_over && self.run.as_ref().is_none_or(|(run, _)| *run == self.memory.word(Word::RunOfRecords));
            answer |= self.report(records, if stays { want } else { 0 })?;
        }
        if want == 0 || answer & bits::LEASES != 0 {
            return Ok(answer);
        }
        // From here on whoever adds work sees that this thread sleeps; only then it looks whether there is some.
        let mode = self.memory.word(Word::Mode);
        match mode {
            MODE_PARK => {
                self.is_parked = true;
                self.pool.parking.register();
            }
            MODE_IDLE => self.pool.enter_idle(self.place),
            _ => {}
        }
        answer |= self.find(want);
        self.turn_began = self.memory.now();
        let is_closed = self.pool.is_closed();
        if answer & bits::LEASES != 0 || is_closed {
            self.wake_up();
            self.pool.leave_idle(self.place);
            return Ok(answer | if is_closed { bits::STOP } else { 0 });
        }
        if mode == MODE_WORK {
            return Ok(answer);
        }
        self.pool.stats_of(self.place).parks.fetch_add(1, Ordering::Relaxed);
        Ok(answer | bits::RESTS)
    }

    fn wake_up(&mut self) {
        if std::mem::take(&mut self.is_parked) {
            self.pool.parking.unregister();
        }
    }

    /// Hands in `count` records, and takes work of the same run.
    fn report(&mut self, count: usize, want: usize) -> Result<u32, Fault> {
        let id = self.memory.word(Word::RunOfRecords);
        self.memory.put(Word::Records, 0);
        let Some(run) = self.run(id) else {
            self.puts.clear();
            return Ok(0); // It is over: nobody waits for this.
        };
        let mut live = match lock(&run) {
            Ok(live) => live,
            Err(fault) => {
                self.pool.remove_run(id);
                self.pool.wake_main(id);
                return Err(fault);
            }
        };
        let Some(sharing) = live.sharing.as_deref_mut() else { return Ok(0) };
        let base_ms = sharing.layout.base_hr_ms + self.offset_ms;
        let now = micros_since(base_ms, self.memory.now());
        self.read(count, sharing, base_ms);
        live.step(&mut self.inputs, now, &mut self.effects);
        let left = self.leave_with(&mut live, id, want);
        drop(live);
        let answer = self.call_others(left, id);
        if answer & bits::LEASES != 0 {
            self.last_run = id;
            self.run = Some((id, run));
        }
        Ok(answer)
    }

    /// Takes work of whichever run has some, of those after the last one first.
    fn find(&mut self, want: usize) -> u32 {
        let last = self.last_run;
        let mut answer = 0;
        self.clear_tray();
        for (id, run) in self.pool.runs_after(last) {
            let Ok(mut live) = lock(&run) else {
                self.pool.remove_run(id);
                self.pool.wake_main(id);
                continue;
            };
            let left = self.leave_with(&mut live, id, want);
            drop(live);
            answer |= self.call_others(left, id);
            if answer & bits::LEASES != 0 {
                self.last_run = id;
                self.run = Some((id, run));
                return answer;
            }
        }
        answer
    }

    /// The run whose tray lies in the memory forgets it: another run's claims are none of its own. Nor is it kept alive from here.
    fn clear_tray(&mut self) {
        let Some((_, run)) = self.run.take() else { return };
        if let Ok(mut live) = lock(&run)
            && let Some(sharing) = live.sharing.as_deref_mut()
        {
            sharing.clear_tray(self.place);
        }
    }

    /// Fills the tray, and notes who is to be woken for the rest.
    fn leave_with(&mut self, live: &mut Live, id: u32, want: usize) -> Left {
        let mut left = Left::default();
        if let Live { run, sharing: Some(sharing), .. } = live {
            if want > 0 {
                let base_ms = sharing.layout.base_hr_ms + self.offset_ms;
                left.leases = sharing.fill_tray(run, self.place, want, &self.memory, base_ms);
                if left.leases > 0 {
                    self.memory.put(Word::RunOfLeases, id);
                    self.memory.put(Word::Version, sharing.version);
                }
            }
            left.open = sharing.queues.open();
        }
        left.is_main_wanted = live.must_wake_main();
        left
    }

    /// Wakes whom there is work for, now that the run's lock is free.
    fn call_others(&mut self, left: Left, id: u32) -> u32 {
        let mut answer = 0;
        if left.is_main_wanted {
            self.pool.wake_main(id);
        }
        if left.leases > 0 {
            self.memory.put(Word::Leases, left.leases as u32);
            self.pool.stats_of(self.place).batches.fetch_add(1, Ordering::Relaxed);
            answer |= bits::LEASES;
            self.wake_up(); // Not to be counted among those who sleep.
        }
        let notify = self.pool.call_for(left.open);
        if notify > 0 {
            self.memory.put(Word::Notify, notify.max(self.memory.word(Word::Notify)));
            answer |= bits::NOTIFY;
        }
        answer
    }

    /// Reads the records: inputs for the core, and what they say beside.
    fn read(&mut self, count: usize, sharing: &mut Sharing, base_ms: f64) {
        self.inputs.clear();
        let (mut begun, mut ran, mut sum_ms) = (0, 0, 0.0);
        for place in 0..count {
            let Record { node, kind, attempt, first, second, number } = self.memory.record(place);
            let (phase, outcome, tag) = (kind & 3, kind >> 2 & 3, kind >> 4);
            let at = micros_since(base_ms, first);
            let mut ended_at = at;
            if phase & BEGAN != 0 {
                begun += 1;
                sharing.note_seat(node, attempt, self.place);
                sharing.prepared.remove(&node);
                self.inputs.push(Input::Begin { node, attempt, at });
                if phase & ENDED == 0 {
                    sharing.attempts.insert((node, attempt), self.place as u32);
                } else {
                    ran += 1;
                    sum_ms += second - first;
                    ended_at = micros_since(base_ms, second);
                }
            }
            if phase & ENDED == 0 {
                continue;
            }
            let value = Value::from_tag(tag, number, || self.puts.pop_front());
            if !sharing.attempts.is_empty() {
                sharing.attempts.remove(&(node, attempt));
            }
            if value != Value::Undefined {
                sharing.pending.insert((node, attempt), value);
            }
            if outcome == OK {
                self.inputs.push(Input::Settle { node, attempt, at: ended_at, outcome: Outcome::Succeeded });
            } else {
                let is_ok = outcome == OK_VIA_MAIN;
                let seat = self.place as u32;
                sharing.reports.push_back(Report { node, attempt, times: (at, ended_at), is_ok, is_final: outcome == 3, seat });
                sharing.others.push_back(HostEffect::report(node, attempt, seat));
            }
        }
        sharing.note_reported(self.place, begun);
        sharing.note_times(ran, sum_ms);
        let stats = self.pool.stats_of(self.place);
        stats.tasks.fetch_add(begun as u64, Ordering::Relaxed);
        stats.busy_micros.fetch_add((sum_ms * 1000.0) as u64, Ordering::Relaxed);
    }
}

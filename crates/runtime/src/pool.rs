//! A pool: its seats, who of them sleeps, and the runs they work for. The threads themselves belong to JavaScript.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use dagny_core::run::Effects;

use crate::live::{SharedRun, lock};
use crate::parking::Parking;

/// Calls a thread that is in its event loop.
pub type Waker = Box<dyn Fn() + Send + Sync>;

/// Calls the main thread for the run with this number.
pub type MainWaker = Box<dyn Fn(u32) + Send + Sync>;

/// What a seat has done since the pool was made.
#[derive(Debug, Default)]
pub(crate) struct SeatStats {
    pub(crate) tasks: AtomicU64,
    pub(crate) busy_micros: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) parks: AtomicU64,
}

#[derive(Default)]
struct SeatState {
    generation: AtomicU32,
    /// Whether its thread is in its event loop and is to be called when there is work.
    is_idle: AtomicBool,
    waker: Mutex<Option<Waker>>,
    stats: SeatStats,
}

impl fmt::Debug for SeatState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeatState").field("generation", &self.generation).field("stats", &self.stats).finish_non_exhaustive()
    }
}

/// The seats of a pool and the runs that are shared with them.
pub struct Pool {
    id: u32,
    seats: Vec<SeatState>,
    runs: Mutex<BTreeMap<u32, SharedRun>>,
    /// How many there are.
    run_count: AtomicUsize,
    next_run: AtomicU32,
    main: MainWaker,
    pub(crate) parking: Parking,
    idle_count: AtomicU32,
    /// Work that was added and of which no parked thread has been told.
    owed: AtomicUsize,
    is_closed: AtomicBool,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("id", &self.id).field("seats", &self.seats).finish_non_exhaustive()
    }
}

/// The pools of this process, so that a thread finds the one it was started for. The only state of the process.
static POOLS: Mutex<BTreeMap<u32, Weak<Pool>>> = Mutex::new(BTreeMap::new());
static NEXT_POOL: AtomicU32 = AtomicU32::new(1);

/// A map that a panic cannot leave half changed.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// A pool of so many seats, all empty. `main` is called when a run has something for the main thread.
    pub fn new(seats: usize, main: MainWaker) -> Arc<Self> {
        let id = NEXT_POOL.fetch_add(1, Ordering::Relaxed);
        let pool = Arc::new(Self {
            id,
            seats: (0..seats).map(|_| SeatState::default()).collect(),
            runs: Mutex::default(),
            run_count: AtomicUsize::new(0),
            next_run: AtomicU32::new(1),
            main,
            parking: Parking::default(),
            idle_count: AtomicU32::new(0),
            owed: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
        });
        let mut pools = guard(&POOLS);
        pools.retain(|_, pool| pool.strong_count() > 0);
        pools.insert(id, Arc::downgrade(&pool));
        pool
    }

    /// The pool with this number, if it is there.
    pub fn find(id: u32) -> Option<Arc<Self>> {
        guard(&POOLS).get(&id)?.upgrade()
    }

    /// What a thread of another isolate finds it by.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How many seats it has.
    pub fn seat_count(&self) -> usize {
        self.seats.len()
    }

    // ── runs ──

    /// A number for a run that is about to be shared.
    pub fn new_run_id(&self) -> u32 {
        self.next_run.fetch_add(1, Ordering::Relaxed)
    }

    /// From now on seats take work of this run.
    pub fn add_run(&self, id: u32, run: SharedRun) {
        let mut runs = guard(&self.runs);
        runs.insert(id, run);
        self.run_count.store(runs.len(), Ordering::Relaxed);
    }

    /// The run is over.
    pub fn remove_run(&self, id: u32) {
        let mut runs = guard(&self.runs);
        runs.remove(&id);
        self.run_count.store(runs.len(), Ordering::Relaxed);
    }

    /// Whether seats have more than one run to work for.
    pub(crate) fn has_several_runs(&self) -> bool {
        self.run_count.load(Ordering::Relaxed) > 1
    }

    /// The run with this number, while it goes on.
    pub fn run(&self, id: u32) -> Option<SharedRun> {
        guard(&self.runs).get(&id).cloned()
    }

    /// The numbers of the runs that go on, those after `id` first.
    pub(crate) fn runs_after(&self, id: u32) -> Vec<(u32, SharedRun)> {
        let runs = guard(&self.runs);
        let clone = |(&id, run): (&u32, &SharedRun)| (id, Arc::clone(run));
        runs.range(id + 1..).map(clone).chain(runs.range(..=id).map(clone)).collect()
    }

    // ── threads come and go ──

    /// A thread is about to be started for a seat. Answers with its generation: calls of earlier threads are refused from now on.
    pub fn open_seat(&self, seat: usize) -> u32 {
        self.seats.get(seat).map_or(0, |state| state.generation.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Which thread has a seat: how many it has had.
    pub fn generation(&self, seat: usize) -> u32 {
        self.seats.get(seat).map_or(0, |state| state.generation.load(Ordering::SeqCst))
    }

    /// A thread that has taken its seat is called like this when there is work.
    pub(crate) fn set_waker(&self, seat: usize, waker: Option<Waker>) {
        if let Some(state) = self.seats.get(seat) {
            *guard(&state.waker) = waker;
        }
    }

    /// The thread of a seat has ended, by itself or by force: what it had begun has crashed, what it had not goes back.
    pub fn seat_died(&self, seat: usize, generation: u32) {
        if self.generation(seat) != generation {
            return;
        }
        self.open_seat(seat); // Nobody has it now.
        self.leave_idle(seat);
        self.set_waker(seat, None);
        let mut effects = Effects::default();
        for (id, run) in self.runs_after(0) {
            if lock(&run).map_or(true, |mut live| live.seat_died(seat, &mut effects)) {
                self.wake_main(id);
            }
        }
    }

    /// Seats are told to end their threads at their next exchange.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.owe(usize::MAX);
        self.wake_idle(usize::MAX);
    }

    /// Whether its threads are to end.
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    // ── waking ──

    /// Calls the main thread for a run.
    pub(crate) fn wake_main(&self, run: u32) {
        (self.main)(run);
    }

    /// Work was added: calls threads that are in their event loops as far as parked ones are not enough, and answers how many parked
    /// ones the caller is to wake.
    pub(crate) fn call_for(&self, work: usize) -> u32 {
        let parked = self.parking.to_notify(work);
        let rest = work - parked as usize;
        if rest > 0 {
            fence(Ordering::SeqCst);
            if self.idle_count.load(Ordering::SeqCst) > 0 {
                self.wake_idle(rest);
            }
        }
        parked
    }

    /// Whether any thread has nothing to do, parked or in its event loop.
    pub(crate) fn has_resting(&self) -> bool {
        self.parking.to_notify(1) > 0 || self.idle_count.load(Ordering::SeqCst) > 0
    }

    /// The same, where the caller cannot wake: somebody asks for [`Pool::to_notify`] soon.
    pub(crate) fn owe(&self, work: usize) {
        self.owed.fetch_max(work, Ordering::SeqCst);
    }

    /// How many parked threads are to be woken now, for work added by calls that could not say so.
    pub fn to_notify(&self) -> u32 {
        self.call_for(self.owed.swap(0, Ordering::SeqCst))
    }

    /// There is something that only this seat may take. Parked threads cannot be called by name: all of them look.
    pub(crate) fn call_seat(&self, seat: usize) {
        self.owe(self.seats.len());
        if self.leave_idle(seat) {
            self.call(seat);
        }
    }

    fn wake_idle(&self, most: usize) {
        let mut left = most;
        for seat in 0..self.seats.len() {
            if left == 0 {
                return;
            }
            if self.leave_idle(seat) {
                self.call(seat);
                left -= 1;
            }
        }
    }

    fn call(&self, seat: usize) {
        if let Some(waker) = &*guard(&self.seats[seat].waker) {
            waker();
        }
    }

    /// The thread of a seat is about to return to its event loop. It must look for work once more after this.
    pub(crate) fn enter_idle(&self, seat: usize) {
        if !self.seats[seat].is_idle.swap(true, Ordering::SeqCst) {
            self.idle_count.fetch_add(1, Ordering::SeqCst);
        }
        fence(Ordering::SeqCst);
    }

    /// It is back, or somebody is about to call it. Answers whether it was there.
    pub(crate) fn leave_idle(&self, seat: usize) -> bool {
        let was_idle = self.seats[seat].is_idle.swap(false, Ordering::SeqCst);
        if was_idle {
            self.idle_count.fetch_sub(1, Ordering::SeqCst);
        }
        was_idle
    }

    /// Whether the thread of a seat is calling a function, of any run, as far as can be known. If not, it is in its event loop.
    pub fn is_calling(&self, seat: usize) -> bool {
        let calls = |run: &SharedRun| lock(run).is_ok_and(|live| live.sharing.as_ref().is_some_and(|sharing| sharing.is_calling(seat)));
        self.runs_after(0).iter().any(|(_, run)| calls(run))
    }

    // ── statistics ──

    pub(crate) fn stats_of(&self, seat: usize) -> &SeatStats {
        &self.seats[seat].stats
    }

    /// Of each seat: tasks, busy time in microseconds, batches, parks, generation.
    pub fn stats(&self) -> impl Iterator<Item = [u64; 5]> {
        self.seats.iter().map(|seat| {
            let SeatStats { tasks, busy_micros, batches, parks } = &seat.stats;
            let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
            [read(tasks), read(busy_micros), read(batches), read(parks), u64::from(seat.generation.load(Ordering::Relaxed))]
        })
    }
}

//! What a run that is shared with a pool of threads has beside its state: who holds which leases, what waits for whom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use dagny_core::plan::Place;
use dagny_core::run::effect::Effect;
use dagny_core::run::{Event, Input, KeepResults, Lease, NEVER, Run, RunStatus};

use crate::live::HostEffect;
use crate::memory::{SeatMemory, TRAY};
use crate::pool::Pool;
use crate::queues::{Entry, Queues};
use crate::value::{Value, Values};

/// How long after a tray was filled those who listen to events hear what of it has begun, in microseconds.
const LOOK_AFTER: u64 = 10_000;

/// How long a batch of leases should keep a thread busy, in microseconds: long enough that the lock does not matter.
const BATCH_MICROS: f64 = 100.0;

/// An attempt that ended on a thread in a way that the main thread must settle: it failed, or asked for additions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// The node.
    pub node: u32,
    /// The attempt.
    pub attempt: u32,
    /// When it began and when it ended, in microseconds of the run.
    pub times: (u64, u64),
    /// Whether its function returned.
    pub is_ok: bool,
    /// Whether no retry may follow.
    pub is_final: bool,
    /// The seat it ran on.
    pub seat: u32,
}

/// The leases that a seat was handed last.
#[derive(Debug)]
pub(crate) struct Tray {
    entries: Vec<Entry>,
    /// How many of them are known to have begun, from its records or because the tray was closed.
    known: usize,
    /// How many its records have spoken of.
    reported: usize,
    memory: Arc<SeatMemory>,
    /// What the thread's clock says at the run's time 0, in ms.
    base_ms: f64,
}

/// How a run is laid out for threads; given once, when it is shared.
#[derive(Debug)]
pub struct Layout {
    /// What the process-wide clock (`process.hrtime`) says at the run's time 0, in ms.
    pub base_hr_ms: f64,
    /// What the main thread's clock says then.
    pub base_ms: f64,
    /// By base node: the number of its function plus one, if it goes to the threads without the main thread; else 0.
    pub direct: Arc<[u32]>,
}

/// One run's share of a pool.
#[derive(Debug)]
pub struct Sharing {
    pub(crate) id: u32,
    shared_at: Instant,
    pub(crate) pool: Arc<Pool>,
    pub(crate) layout: Layout,
    /// Base nodes that were direct and are no longer.
    undirected: BTreeSet<u32>,
    pub(crate) queues: Queues,
    trays: Vec<Option<Tray>>,
    /// Attempts that have begun on a thread and are not known to have ended: their seat.
    pub(crate) attempts: BTreeMap<(u32, u32), u32>,
    /// By node: the seat of its last attempt plus one; 0 for the main thread.
    seat_of: Vec<u16>,
    /// The same of attempts that were followed by another.
    past: Vec<(u32, u32, u16)>,
    pub(crate) values: Values,
    /// What attempts gave that are not known to have completed their node.
    pub(crate) pending: BTreeMap<(u32, u32), Value>,
    /// Inputs that were made for leased nodes, with the attempt they were made for.
    pub(crate) prepared: BTreeMap<u32, (u32, Arc<[u8]>)>,
    /// Functions and inputs of nodes that have not been leased yet: those need no main thread when they are.
    offered: BTreeMap<u32, (u32, Arc<[u8]>)>,
    pub(crate) reports: VecDeque<Report>,
    /// For the main thread: what to call.
    pub(crate) leases: VecDeque<Lease>,
    /// For the main thread: what else to do.
    pub(crate) others: VecDeque<HostEffect>,
    pub(crate) ended: Option<RunStatus>,
    /// Recorded events all of whose effects the main thread knows.
    pub(crate) told: Vec<Event>,
    /// When the main thread will come by itself, and when it is to.
    pub(crate) main_wake_at: u64,
    pub(crate) next_wake: u64,
    /// When trays are to be looked into for the sake of those who listen.
    pub(crate) look_at: u64,
    /// Whether the main thread was told to come and has not yet.
    pub(crate) is_woken: bool,
    pub(crate) description: Arc<[u8]>,
    pub(crate) version: u32,
    /// Whether code on a thread was ever told to stop.
    has_told: bool,
    /// What is known to have begun and not told to the core yet.
    pub(crate) begins: Vec<Input>,
    /// How long tasks take here, in microseconds, and how many were handed out at once last.
    average: f64,
    last_batch: usize,
}

impl Sharing {
    pub(crate) fn new(id: u32, pool: Arc<Pool>, layout: Layout) -> Self {
        let seats = pool.seat_count();
        Self {
            id,
            shared_at: Instant::now(),
            pool,
            layout,
            undirected: BTreeSet::new(),
            queues: Queues::new(seats),
            trays: (0..seats).map(|_| None).collect(),
            attempts: BTreeMap::new(),
            seat_of: Vec::new(),
            past: Vec::new(),
            values: Values::default(),
            pending: BTreeMap::new(),
            prepared: BTreeMap::new(),
            offered: BTreeMap::new(),
            reports: VecDeque::new(),
            leases: VecDeque::new(),
            others: VecDeque::new(),
            ended: None,
            told: Vec::new(),
            main_wake_at: NEVER,
            next_wake: NEVER,
            look_at: NEVER,
            is_woken: false,
            description: Arc::default(),
            version: 0,
            has_told: false,
            begins: Vec::new(),
            average: 0.0,
            last_batch: 1,
        }
    }

    /// About the run's time, in microseconds, for what no thread's clock was read for.
    pub(crate) fn now(&self) -> u64 {
        self.shared_at.elapsed().as_micros() as u64
    }

    /// The seat of each node's last attempt plus one, 0 for the main thread; nodes behind the end have run on no thread.
    pub fn seats(&self) -> &[u16] {
        &self.seat_of
    }

    /// The same of attempts that were followed by another: node, attempt, seat plus one.
    pub fn past_seats(&self) -> &[(u32, u32, u16)] {
        &self.past
    }

    /// When the main thread is to come at the latest.
    pub(crate) fn due(&self) -> u64 {
        self.next_wake.min(self.look_at)
    }

    /// What the main thread's clock says at the run's time 0, in ms.
    pub fn base_ms(&self) -> f64 {
        self.layout.base_ms
    }

    /// Threads take nothing more of the run.
    pub fn leave(&self) {
        self.pool.remove_run(self.id);
    }

    /// What threads are to know of the run, in place of what they were told before.
    pub fn describe(&mut self, bytes: Arc<[u8]>) {
        self.description = bytes;
        self.version += 1;
    }

    /// Puts a node's output where all threads find it.
    pub fn put_value(&mut self, node: u32, value: Value) {
        self.values.set(node, value);
    }

    /// Forgets what an attempt gave.
    pub fn drop_pending(&mut self, node: u32, attempt: u32) {
        self.pending.remove(&(node, attempt));
    }

    /// The next report that the main thread has not taken.
    pub fn next_report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    /// A base node needs the main thread from now on.
    pub fn mark_prepared(&mut self, node: u32) {
        self.undirected.insert(node);
    }

    /// The inputs of a node are known before it is leased. They serve for one lease.
    pub fn offer(&mut self, node: u32, function: u32, inputs: Arc<[u8]>) {
        if !self.prepared.contains_key(&node) {
            self.offered.insert(node, (function, inputs));
        }
    }

    /// Puts a node whose inputs are made where threads find it, or one of them.
    pub(crate) fn push_prepared(&mut self, lease: Lease, function: u32, inputs: Arc<[u8]>, seat: Option<usize>) {
        self.prepared.insert(lease.node, (lease.attempt, inputs));
        self.queues.push(Entry { lease, function, is_prepared: true, is_pinned: seat.is_some() }, seat);
    }

    /// The function of a node that goes to the threads by itself.
    fn function_of(&self, node: u32) -> Option<u32> {
        let function = *self.layout.direct.get(node as usize)?;
        (function > 0 && (self.undirected.is_empty() || !self.undirected.contains(&node))).then(|| function - 1)
    }

    /// An attempt has begun on a seat.
    #[inline]
    pub(crate) fn note_seat(&mut self, node: u32, attempt: u32, seat: usize) {
        let place = node as usize;
        if place >= self.seat_of.len() {
            self.seat_of.resize((place + 1).max(self.layout.direct.len()), 0);
        }
        let before = std::mem::replace(&mut self.seat_of[place], seat as u16 + 1);
        if attempt > 1 && before > 0 {
            self.past.push((node, attempt - 1, before));
        }
    }

    /// The records of a seat speak of so many more leases of its tray.
    pub(crate) fn note_reported(&mut self, seat: usize, count: usize) {
        if let Some(tray) = &mut self.trays[seat] {
            tray.reported = (tray.reported + count).min(tray.entries.len());
            tray.known = tray.known.max(tray.reported);
        }
    }

    /// Whether this attempt is what the thread of a seat is calling right now, as far as can be known: its last claim, not reported.
    pub fn is_at_work(&self, seat: usize, node: u32, attempt: u32) -> bool {
        let Some(tray) = self.trays.get(seat).and_then(Option::as_ref) else { return false };
        let count = tray.entries.len();
        let claimed = tray.memory.claims.claimed(count as u32).map_or(count, |claimed| claimed as usize);
        let is_last = |entry: &Entry| (entry.lease.node, entry.lease.attempt) == (node, attempt);
        claimed > tray.reported && tray.entries.get(claimed - 1).is_some_and(is_last)
    }

    /// Whether the thread of a seat is calling a function of this run, as far as can be known.
    pub(crate) fn is_calling(&self, seat: usize) -> bool {
        let Some(tray) = self.trays.get(seat).and_then(Option::as_ref) else { return false };
        let count = tray.entries.len();
        tray.memory.claims.claimed(count as u32).map_or(count, |claimed| claimed as usize) > tray.reported
    }

    /// How long tasks took that were just reported: their number, and the sum in ms.
    pub(crate) fn note_times(&mut self, count: usize, sum_ms: f64) {
        if count > 0 {
            let micros = (sum_ms * 1000.0 / count as f64).max(0.01);
            self.average = if self.average > 0.0 { f64::midpoint(self.average, micros) } else { micros };
        }
    }

    /// Closes one tray: what has begun is noted for the core, what has not goes back to the queue.
    pub(crate) fn recall(&mut self, seat: usize, now: u64) {
        let Some(tray) = &mut self.trays[seat] else { return };
        let count = tray.entries.len();
        let claimed = tray.known.max(tray.memory.claims.close(count as u32) as usize);
        for place in tray.known..claimed {
            let Lease { node, attempt, .. } = tray.entries[place].lease;
            let at = tray.memory.begin(place).map_or(now, |ms| micros_since(tray.base_ms, ms));
            self.begins.push(Input::Begin { node, attempt, at });
        }
        let begun = tray.known..claimed;
        tray.known = claimed;
        let rest = tray.entries.split_off(claimed);
        let known: Vec<Lease> = tray.entries[begun].iter().map(|entry| entry.lease).collect();
        for Lease { node, attempt, .. } in known {
            self.attempts.insert((node, attempt), seat as u32);
            self.note_seat(node, attempt, seat);
        }
        self.queues.give_back(rest.into_iter(), seat);
    }

    /// A seat has no tray of this run any more.
    pub(crate) fn clear_tray(&mut self, seat: usize) {
        let now = self.now();
        self.recall(seat, now);
        self.trays[seat] = None;
    }

    /// Closes all trays.
    pub(crate) fn recall_all(&mut self, now: u64) {
        self.look_at = NEVER;
        for seat in 0..self.trays.len() {
            self.recall(seat, now);
        }
    }

    /// Fills the tray of a seat with at most `want` leases and opens it. Answers how many there are.
    pub(crate) fn fill_tray(&mut self, run: &Run, seat: usize, want: usize, memory: &Arc<SeatMemory>, base_ms: f64) -> usize {
        let now = micros_since(base_ms, memory.now());
        self.recall(seat, now);
        if self.queues.is_empty_for(seat) {
            self.rob(seat, now);
        }
        let by_time = if self.average > 0.0 { (BATCH_MICROS / self.average).clamp(1.0, TRAY as f64) as usize } else { 1 };
        let fair = self.queues.open().div_ceil(self.trays.len()).max(1);
        let most = want.min(by_time).min(fair).min(2 * self.last_batch).min(TRAY);
        let mut entries = self.trays[seat].take().map(|tray| tray.entries).unwrap_or_default();
        entries.clear();
        while entries.len() < most {
            let Some(entry) = self.queues.take(seat) else { break };
            let is_read = Self::is_read(run, entry.lease.node);
            let flags = u32::from(entry.is_prepared) | u32::from(is_read) << 1 | u32::from(self.has_told) << 2;
            memory.put_lease(entries.len(), [entry.lease.node, entry.lease.attempt, entry.function, flags]);
            entries.push(entry);
        }
        let count = entries.len();
        if count > 0 {
            self.last_batch = count;
            if run.is_recording() {
                self.look_at = self.look_at.min(now + LOOK_AFTER);
            }
            self.trays[seat] = Some(Tray { entries, known: 0, reported: 0, memory: Arc::clone(memory), base_ms });
            memory.claims.open();
        }
        count
    }

    /// Gives back what another seat has in its tray and has not begun, for a seat that finds nothing else.
    fn rob(&mut self, thief: usize, now: u64) {
        let left = |tray: &Tray| {
            let count = tray.entries.iter().filter(|entry| !entry.is_pinned).count();
            tray.memory.claims.claimed(tray.entries.len() as u32).map_or(0, |claimed| count.saturating_sub(claimed as usize))
        };
        let victims = self.trays.iter().enumerate().filter(|&(seat, _)| seat != thief);
        let richest = victims.filter_map(|(seat, tray)| Some((seat, left(tray.as_ref()?)))).max_by_key(|&(_, left)| left);
        if let Some((victim, 1..)) = richest {
            self.recall(victim, now);
        }
    }

    /// Whether anybody but the thread that runs a node may read its output.
    fn is_read(run: &Run, node: u32) -> bool {
        let graph = run.plan().graph();
        let is_base = (node as usize) < graph.node_count();
        match run.options().keep_results {
            KeepResults::All | KeepResults::Leaves => true,
            KeepResults::None if !is_base || run.options().undo => true,
            KeepResults::None => !graph.successors(node).is_empty(),
        }
    }

    /// Puts what the core asks for where whoever does it will find it.
    pub(crate) fn distribute(&mut self, run: &Run, leases: &[Lease], others: &[Effect]) {
        for &effect in others {
            self.route(run, effect);
        }
        for &lease in leases {
            self.place(run, lease);
        }
    }

    fn route(&mut self, run: &Run, effect: Effect) {
        match effect {
            Effect::Revoke { node } => self.revoke(run, node),
            Effect::Abort { node, attempt, .. } => {
                let seat = self.attempts.get(&(node, attempt)).copied();
                self.has_told |= seat.is_some();
                self.others.push_back(HostEffect { seat, ..HostEffect::of(effect) });
            }
            Effect::Free { node } => {
                if !run.options().undo {
                    self.values.drop(node);
                }
                self.others.push_back(HostEffect::of(effect));
            }
            _ => self.others.push_back(HostEffect::of(effect)),
        }
    }

    fn revoke(&mut self, run: &Run, node: u32) {
        if run.place(node) == Place::Thread && !run.is_live(node) {
            let attempt = run.columns().attempt()[node as usize] + 1;
            let is_prepared = self.prepared.get(&node).is_some_and(|&(of, _)| of == attempt);
            if is_prepared {
                self.prepared.remove(&node);
            }
            let was_queued = is_prepared || self.function_of(node).is_some();
            if was_queued {
                self.queues.void(node);
            }
        }
        // What lies with the main thread is looked at when it is handed over.
    }

    fn place(&mut self, run: &Run, lease: Lease) {
        let node = lease.node;
        if run.place(node) != Place::Thread || run.is_live(node) {
            self.leases.push_back(lease);
            return;
        }
        let Some(function) = self.function_of(node) else {
            match self.offered.remove(&node) {
                Some((function, inputs)) => self.push_prepared(lease, function, inputs, None),
                None => self.others.push_back(HostEffect::prepare(node, lease.attempt)),
            }
            return;
        };
        let upstreams = run.plan().graph().predecessors(node);
        let home = upstreams.last().and_then(|&upstream| usize::from(*self.seat_of.get(upstream as usize)?).checked_sub(1));
        self.queues.push(Entry { lease, function, is_prepared: false, is_pinned: false }, home);
    }

    /// Forgets what a dead seat had, but for its attempts. Answers what only it could have called.
    pub(crate) fn clear_seat(&mut self, seat: usize) -> Vec<Entry> {
        self.trays[seat] = None;
        self.queues.take_pinned(seat)
    }
}

/// Whole microseconds from the run's start; 0 for what lies before it.
#[inline]
pub(crate) fn micros_since(base_ms: f64, at_ms: f64) -> u64 {
    (((at_ms - base_ms) * 1000.0 + 0.5) as u64).min(1 << 53)
}

//! Seats on real threads, with nothing in the place of JavaScript but a loop that does what a worker's loop does. Random graphs, failures,
//! cancels and deaths of threads: whatever happens, the run ends, no attempt begins twice, and what was taken back never begins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use dagny_core::graph::Csr;
use dagny_core::plan::{Place, Plan, PlanParts, Policy, StartOrder};
use dagny_core::run::{Effects, Input, NodeState, Outcome, Reason, Run, RunOptions, RunStatus};
use dagny_runtime::live::What;
use dagny_runtime::memory::LEASES_AT;
use dagny_runtime::seat::bits;
use dagny_runtime::sharing::Layout;
use dagny_runtime::{Handed, Live, Pool, Seat, SharedRun};

/// A chance that follows from a seed alone (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// What the threads of one run are to do.
struct Scene {
    pool: Arc<Pool>,
    started: Instant,
    /// Attempts whose code was called.
    begun: Mutex<BTreeSet<(u32, u32)>>,
    /// Of a hundred attempts, how many fail and how many take their thread with them.
    failing: u64,
    deadly: u64,
    seed: u64,
    /// Threads that have died: seat and generation.
    dead: Mutex<Vec<(usize, u32)>>,
    alive: AtomicU32,
}

impl Scene {
    fn now_ms(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1000.0
    }

    /// What becomes of an attempt: the same whoever makes it.
    fn fate(&self, node: u32, attempt: u32) -> u64 {
        Chance(self.seed ^ u64::from(node) << 20 ^ u64::from(attempt)).below(100)
    }

    fn call(&self, node: u32, attempt: u32) {
        let is_new = self.begun.lock().unwrap().insert((node, attempt));
        assert!(is_new, "attempt {attempt} of {node} begins twice");
    }

    /// A worker's life: exchanges, claims, calls. Dies where an attempt is deadly.
    fn work(&self, seat: usize, generation: u32) {
        let Some(mut seat) = Seat::take(self.pool.id(), seat, generation, 0.0, Box::new(|| {})) else { return };
        let memory = Arc::clone(seat.memory());
        let mut records = 0;
        loop {
            memory.poke(0, records);
            memory.poke(4, 64);
            memory.poke_now(self.now_ms());
            memory.poke(20, 1);
            records = 0;
            let answer = seat.exchange().expect("nothing panics");
            if answer & bits::STOP != 0 {
                return;
            }
            if answer & bits::LEASES == 0 {
                thread::yield_now();
                continue;
            }
            let count = memory.peek(24);
            memory.poke(16, memory.peek(28));
            while let Some(place) = memory.claim(count) {
                let at = LEASES_AT + place as usize * 16;
                let (node, attempt) = (memory.peek(at), memory.peek(at + 4));
                let began = self.now_ms();
                memory.poke_begin(place as usize, began);
                self.call(node, attempt);
                let fate = self.fate(node, attempt);
                if fate < self.deadly {
                    return; // As if terminated: what it did not report is not known.
                }
                let is_failed = fate < self.deadly + self.failing;
                let kind = 3 | if is_failed { 2 << 2 } else { 0 };
                memory.poke_record(records as usize, node, kind | attempt << 8, [began, self.now_ms()]);
                records += 1;
                if is_failed {
                    break; // The core hears of it soon; what is left in the tray may be stolen.
                }
            }
        }
    }

    fn spawn(self: &Arc<Self>, seat: usize) {
        let scene = Arc::clone(self);
        let generation = self.pool.open_seat(seat);
        self.alive.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            scene.work(seat, generation);
            scene.dead.lock().unwrap().push((seat, generation));
            scene.alive.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// What the main thread does, until the run is over.
fn carry_out(scene: &Arc<Scene>, run: &SharedRun, news: &Receiver<u32>, cancel_after: Option<u64>) -> RunStatus {
    let mut effects = Effects::default();
    let mut handed = Handed::default();
    let mut inputs = vec![Input::Start { at: 0 }];
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut crossings = 0;
    loop {
        crossings += 1;
        let now = scene.started.elapsed().as_micros() as u64;
        if Some(crossings) == cancel_after {
            inputs.push(Input::Cancel { at: now });
        }
        let mut live = run.lock().unwrap();
        live.cross(&mut inputs, now, &mut effects, &mut handed, 256);
        for effect in &handed.others {
            match effect.what {
                What::Report { .. } => {
                    let report = live.sharing.as_mut().and_then(|sharing| sharing.next_report()).expect("an effect tells of it");
                    let outcome = if report.is_ok { Outcome::Succeeded } else { Outcome::FAILED };
                    inputs.push(Input::Settle { node: report.node, attempt: report.attempt, at: now, outcome });
                }
                What::Prepare { node, attempt } => {
                    live.prepare(dagny_core::run::Lease { node, attempt, lane: 0 }, 0, Arc::default(), None);
                }
                What::Core(_) | What::Crashed { .. } => {}
            }
        }
        drop(live);
        if let Some(lease) = handed.lease {
            scene.call(lease.node, lease.attempt);
            inputs.push(Input::Settle { node: lease.node, attempt: lease.attempt, at: now, outcome: Outcome::Succeeded });
        }
        let dead: Vec<_> = std::mem::take(&mut *scene.dead.lock().unwrap());
        for (seat, generation) in dead {
            scene.pool.seat_died(seat, generation);
            scene.spawn(seat);
        }
        if let Some(status) = handed.ended {
            return status;
        }
        assert!(Instant::now() < deadline, "[seed {}] it hangs: {:?}", scene.seed, run.lock().unwrap().run.columns().state());
        if inputs.is_empty() && !handed.has_more && !handed.has_more_leases {
            match news.recv_timeout(Duration::from_millis(1)) {
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("the pool is gone"),
            }
        }
    }
}

/// One random program on so many threads.
fn trial(seed: u64) {
    let mut chance = Chance(seed);
    let count = 1 + chance.below(60) as u32;
    let mut edges = Vec::new();
    for to in 1..count {
        for _ in 0..chance.below(3) {
            edges.extend([chance.below(u64::from(to)) as u32, to]);
        }
    }
    let mut pairs: Vec<[u32; 2]> = edges.as_chunks::<2>().0.to_vec();
    pairs.sort_unstable();
    pairs.dedup();
    let graph = Arc::new(Csr::build(count, &pairs.concat()).expect("edges go one way"));
    let (deadly, failing) = ([0, 0, 5, 30][chance.below(4) as usize], [0, 0, 20][chance.below(3) as usize]);
    let threaded = Policy { place: Place::Thread, max_attempts: 1 + chance.below(3) as u32, ..Policy::default() };
    let policies = vec![threaded.clone(), Policy { place: Place::Inline, ..threaded.clone() }];
    let kinds: Box<[u32]> = (0..count).map(|_| u32::from(chance.below(4) == 0)).collect();
    let direct: Arc<[u32]> = kinds.iter().map(|&kind| u32::from(kind == 0 && chance.below(5) > 0)).collect();
    let parts = PlanParts { policies, policy_of: Some(kinds), ..PlanParts::default() };
    let order = Arc::new(StartOrder::new(&graph, None, None));
    let plan = Arc::new(Plan::new(graph, order, parts));
    let fail_fast = chance.below(2) == 0;
    let options = RunOptions { max_workers: 1 + chance.below(40) as u32, fail_fast, ..RunOptions::default() };
    let seats = 1 + chance.below(3) as usize;
    let cancel_after = (chance.below(4) == 0).then(|| 1 + chance.below(20));

    let (sender, news) = channel();
    let sender = Mutex::new(sender);
    let pool = Pool::new(
        seats,
        Box::new(move |id| {
            let _ = sender.lock().unwrap().send(id);
        }),
    );
    let mut live = Live::new(Run::new(plan, options, false));
    let id = pool.new_run_id();
    live.share(id, Arc::clone(&pool), Layout { base_hr_ms: 0.0, base_ms: 0.0, direct, pins: BTreeMap::new() });
    let run: SharedRun = Arc::new(Mutex::new(live));
    pool.add_run(id, Arc::clone(&run));
    let scene = Arc::new(Scene {
        pool: Arc::clone(&pool),
        started: Instant::now(),
        begun: Mutex::default(),
        failing,
        deadly,
        seed,
        dead: Mutex::default(),
        alive: AtomicU32::new(0),
    });
    for seat in 0..seats {
        scene.spawn(seat);
    }
    let status = carry_out(&scene, &run, &news, cancel_after);
    pool.close();
    while scene.alive.load(Ordering::SeqCst) > 0 {
        thread::yield_now();
    }
    judge(seed, &scene, &run, status, cancel_after.is_some());
}

/// What must hold of a run that is over.
fn judge(seed: u64, scene: &Scene, run: &SharedRun, status: RunStatus, may_be_cancelled: bool) {
    let live = run.lock().unwrap();
    let columns = live.run.columns();
    let begun = scene.begun.lock().unwrap();
    let policy_attempts = 3 + 3; // max_attempts at most, and max_crashes
    for (node, (&state, &attempts)) in columns.state().iter().zip(columns.attempt()).enumerate() {
        let node = node as u32;
        assert!(state.is_settled(), "[seed {seed}] {node} is {state:?}");
        let called = begun.range((node, 0)..(node + 1, 0)).count() as u32;
        assert_eq!(called, attempts, "[seed {seed}] {node}: what was called and what is recorded");
        assert!(attempts <= policy_attempts, "[seed {seed}] {node} had {attempts} attempts");
        if state == NodeState::Skipped {
            assert_eq!(attempts, 0, "[seed {seed}] {node} is skipped and has begun");
        }
        if state == NodeState::Failed && scene.deadly == 0 {
            assert_eq!(columns.reason()[node as usize], Reason::Error, "[seed {seed}] {node}");
        }
        if state == NodeState::Completed {
            let upstreams = live.run.plan().graph().predecessors(node);
            assert!(
                upstreams.iter().all(|&from| columns.state()[from as usize] == NodeState::Completed),
                "[seed {seed}] {node} ran too early"
            );
        }
    }
    let has_failed = columns.state().contains(&NodeState::Failed);
    match status {
        RunStatus::Completed => assert!(columns.state().iter().all(|&state| state == NodeState::Completed), "[seed {seed}]"),
        RunStatus::Failed => assert!(has_failed, "[seed {seed}]"),
        RunStatus::Cancelled => assert!(may_be_cancelled, "[seed {seed}]"),
    }
}

#[test]
fn random_programs_on_threads() {
    let seeds = std::env::var("DAGNY_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(600);
    let first = std::env::var("DAGNY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    for seed in first..first + seeds {
        trial(seed);
    }
}

/// A run of `count` nodes without edges, shared with the pool and started.
fn started(pool: &Arc<Pool>, count: u32) -> SharedRun {
    let graph = Arc::new(Csr::build(count, &[]).expect("there are no edges"));
    let order = Arc::new(StartOrder::new(&graph, None, None));
    let parts = PlanParts { policies: vec![Policy { place: Place::Thread, ..Policy::default() }], ..PlanParts::default() };
    let options = RunOptions { max_workers: 4, ..RunOptions::default() };
    let mut live = Live::new(Run::new(Arc::new(Plan::new(graph, order, parts)), options, false));
    let id = pool.new_run_id();
    let direct = vec![1; count as usize].into();
    live.share(id, Arc::clone(pool), Layout { base_hr_ms: 0.0, base_ms: 0.0, direct, pins: BTreeMap::new() });
    live.cross(&mut vec![Input::Start { at: 0 }], 0, &mut Effects::default(), &mut Handed::default(), 256);
    let run = Arc::new(Mutex::new(live));
    pool.add_run(id, Arc::clone(&run));
    run
}

#[test]
fn no_run_keeps_a_thread_to_itself() {
    let pool = Pool::new(1, Box::new(|_| {}));
    let runs = [started(&pool, 100), started(&pool, 100), started(&pool, 3)];
    let generation = pool.open_seat(0);
    let mut seat = Seat::take(pool.id(), 0, generation, 0.0, Box::new(|| {})).expect("the seat is free");
    let memory = Arc::clone(seat.memory());
    let mut records = 0;
    for exchange in 0..40 {
        memory.poke(0, records);
        memory.poke(4, 64);
        memory.poke_now(f64::from(exchange) * 2.0); // Each batch takes longer than a turn.
        assert_ne!(seat.exchange().expect("nothing panics") & bits::LEASES, 0);
        memory.poke(16, memory.peek(28));
        let count = memory.peek(24);
        records = 0;
        while let Some(place) = memory.claim(count) {
            let at = LEASES_AT + place as usize * 16;
            memory.poke_record(records as usize, memory.peek(at), 3 | memory.peek(at + 4) << 8, [0.0, 0.0]);
            records += 1;
        }
    }
    let left = runs.map(|run| {
        let live = run.lock().unwrap();
        live.run.columns().state().iter().filter(|state| !state.is_settled()).count()
    });
    assert_eq!(left[2], 0, "the small one is over");
    assert!(left[0] < 100 && left[1] < 100 && left[0].abs_diff(left[1]) <= 16, "both large ones go on: {left:?}");
}

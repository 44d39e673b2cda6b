//! Seats on real threads, with nothing in the place of JavaScript but a loop that does what a worker's loop does. Random graphs, failures,
//! cancels and deaths of threads: whatever happens, the run ends, no attempt begins twice, and what was taken back never begins.

use std::collections::BTreeSet;
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
    begun: Mutex<BTreeSet<(u32, u32, u32)>>,
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
    fn fate(&self, run: u32, node: u32, attempt: u32) -> u64 {
        Chance(self.seed ^ u64::from(run) << 40 ^ u64::from(node) << 20 ^ u64::from(attempt)).below(100)
    }

    fn call(&self, run: u32, node: u32, attempt: u32) {
        let is_new = self.begun.lock().unwrap().insert((run, node, attempt));
        assert!(is_new, "[seed {}] attempt {attempt} of {node} begins twice", self.seed);
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
                self.call(memory.peek(28), node, attempt);
                let fate = self.fate(memory.peek(28), node, attempt);
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

/// A run, and what the main thread knows of it.
struct Hosted {
    id: u32,
    run: SharedRun,
    inputs: Vec<Input>,
    handed: Handed,
    /// After how many crossings it is cancelled.
    cancel_after: Option<u64>,
    crossings: u64,
    status: Option<RunStatus>,
}

impl Hosted {
    /// One crossing of the main thread, with what it carries out. Answers whether there is more to do at once.
    fn cross(&mut self, scene: &Scene, effects: &mut Effects) -> bool {
        let Self { id, run, inputs, handed, .. } = self;
        self.crossings += 1;
        let now = scene.started.elapsed().as_micros() as u64;
        if Some(self.crossings) == self.cancel_after {
            inputs.push(Input::Cancel { at: now });
        }
        let mut live = run.lock().unwrap();
        live.cross(inputs, now, effects, handed, 256);
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
            scene.call(*id, lease.node, lease.attempt);
            inputs.push(Input::Settle { node: lease.node, attempt: lease.attempt, at: now, outcome: Outcome::Succeeded });
        }
        self.status = handed.ended;
        !inputs.is_empty() || handed.has_more || handed.has_more_leases
    }
}

/// What the main thread does, until all runs are over.
fn carry_out(scene: &Arc<Scene>, runs: &mut [Hosted], news: &Receiver<u32>) {
    let mut effects = Effects::default();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let mut has_more = false;
        for hosted in runs.iter_mut().filter(|hosted| hosted.status.is_none()) {
            has_more |= hosted.cross(scene, &mut effects);
        }
        let dead: Vec<_> = std::mem::take(&mut *scene.dead.lock().unwrap());
        for (seat, generation) in dead {
            scene.pool.seat_died(seat, generation);
            scene.spawn(seat);
        }
        let Some(open) = runs.iter().find(|hosted| hosted.status.is_none()) else { return };
        let states = || format!("{:?}", open.run.lock().unwrap().run.columns().state());
        assert!(Instant::now() < deadline, "[seed {}] it hangs: {}", scene.seed, states());
        if !has_more && let Err(RecvTimeoutError::Disconnected) = news.recv_timeout(Duration::from_millis(1)) {
            panic!("the pool is gone");
        }
    }
}

/// A random program, shared with the pool.
fn random_run(chance: &mut Chance, pool: &Arc<Pool>) -> Hosted {
    let count = 1 + chance.below(60) as u32;
    let mut pairs = Vec::new();
    for to in 1..count {
        for _ in 0..chance.below(3) {
            pairs.push([chance.below(u64::from(to)) as u32, to]);
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let graph = Arc::new(Csr::build(count, &pairs.concat()).expect("edges go one way"));
    let threaded = Policy { place: Place::Thread, max_attempts: 1 + chance.below(3) as u32, ..Policy::default() };
    let policies = vec![threaded.clone(), Policy { place: Place::Inline, ..threaded }];
    let kinds: Box<[u32]> = (0..count).map(|_| u32::from(chance.below(4) == 0)).collect();
    let direct: Arc<[u32]> = kinds.iter().map(|&kind| u32::from(kind == 0 && chance.below(5) > 0)).collect();
    let parts = PlanParts { policies, policy_of: Some(kinds), ..PlanParts::default() };
    let order = Arc::new(StartOrder::new(&graph, None, None));
    let plan = Arc::new(Plan::new(graph, order, parts));
    let fail_fast = chance.below(2) == 0;
    let options = RunOptions { max_workers: 1 + chance.below(40) as u32, fail_fast, ..RunOptions::default() };
    let mut live = Live::new(Run::new(plan, options, false));
    let id = pool.new_run_id();
    live.share(id, Arc::clone(pool), Layout { base_hr_ms: 0.0, base_ms: 0.0, direct });
    let run: SharedRun = Arc::new(Mutex::new(live));
    pool.add_run(id, Arc::clone(&run));
    Hosted {
        id,
        run,
        inputs: vec![Input::Start { at: 0 }],
        handed: Handed::default(),
        cancel_after: (chance.below(4) == 0).then(|| 1 + chance.below(20)),
        crossings: 0,
        status: None,
    }
}

/// Random programs on so many threads.
fn trial(seed: u64) {
    let mut chance = Chance(seed);
    let seats = 1 + chance.below(3) as usize;
    let (sender, news) = channel();
    let sender = Mutex::new(sender);
    let pool = Pool::new(
        seats,
        Box::new(move |id| {
            let _ = sender.lock().unwrap().send(id);
        }),
    );
    let mut runs: Vec<Hosted> = (0..=chance.below(3)).map(|_| random_run(&mut chance, &pool)).collect();
    let scene = Arc::new(Scene {
        pool: Arc::clone(&pool),
        started: Instant::now(),
        begun: Mutex::default(),
        failing: [0, 0, 20][chance.below(3) as usize],
        deadly: [0, 0, 5, 30][chance.below(4) as usize],
        seed,
        dead: Mutex::default(),
        alive: AtomicU32::new(0),
    });
    for seat in 0..seats {
        scene.spawn(seat);
    }
    carry_out(&scene, &mut runs, &news);
    pool.close();
    while scene.alive.load(Ordering::SeqCst) > 0 {
        thread::yield_now();
    }
    for hosted in &runs {
        judge(seed, &scene, hosted);
    }
}

/// What must hold of a run that is over.
fn judge(seed: u64, scene: &Scene, hosted: &Hosted) {
    let live = hosted.run.lock().unwrap();
    let columns = live.run.columns();
    let begun = scene.begun.lock().unwrap();
    let most_attempts = 3 + 3; // max_attempts at most, and max_crashes
    for (node, (&state, &attempts)) in columns.state().iter().zip(columns.attempt()).enumerate() {
        let node = node as u32;
        assert!(state.is_settled(), "[seed {seed}] {node} is {state:?}");
        let called = begun.range((hosted.id, node, 0)..(hosted.id, node + 1, 0)).count() as u32;
        assert_eq!(called, attempts, "[seed {seed}] {node}: what was called and what is recorded");
        assert!(attempts <= most_attempts, "[seed {seed}] {node} had {attempts} attempts");
        if state == NodeState::Skipped {
            assert_eq!(attempts, 0, "[seed {seed}] {node} is skipped and has begun");
        }
        if state == NodeState::Failed && scene.deadly == 0 {
            assert_eq!(columns.reason()[node as usize], Reason::Error, "[seed {seed}] {node}");
        }
        if state == NodeState::Completed {
            let upstreams = live.run.plan().graph().predecessors(node);
            let are_there = upstreams.iter().all(|&from| columns.state()[from as usize] == NodeState::Completed);
            assert!(are_there, "[seed {seed}] {node} ran too early");
        }
    }
    let has_failed = columns.state().contains(&NodeState::Failed);
    match hosted.status.expect("it is over") {
        RunStatus::Completed => assert!(columns.state().iter().all(|&state| state == NodeState::Completed), "[seed {seed}]"),
        RunStatus::Failed => assert!(has_failed, "[seed {seed}]"),
        RunStatus::Cancelled => assert!(hosted.cancel_after.is_some(), "[seed {seed}]"),
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

/// A run of threaded nodes, shared with the pool and started.
fn started(pool: &Arc<Pool>, graph: Arc<Csr>) -> SharedRun {
    let count = graph.node_count();
    let order = Arc::new(StartOrder::new(&graph, None, None));
    let parts = PlanParts { policies: vec![Policy { place: Place::Thread, ..Policy::default() }], ..PlanParts::default() };
    let options = RunOptions { max_workers: 4, ..RunOptions::default() };
    let mut live = Live::new(Run::new(Arc::new(Plan::new(graph, order, parts)), options, false));
    let id = pool.new_run_id();
    let direct = vec![1; count].into();
    live.share(id, Arc::clone(pool), Layout { base_hr_ms: 0.0, base_ms: 0.0, direct });
    live.cross(&mut vec![Input::Start { at: 0 }], 0, &mut Effects::default(), &mut Handed::default(), 256);
    let run = Arc::new(Mutex::new(live));
    pool.add_run(id, Arc::clone(&run));
    run
}

#[test]
fn no_run_keeps_a_thread_to_itself() {
    let pool = Pool::new(1, Box::new(|_| {}));
    let runs = [100, 100, 3].map(|count| started(&pool, Arc::new(Csr::build(count, &[]).expect("there are no edges"))));
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

#[test]
fn a_chain_stays_where_it_is() {
    let count = 50;
    let pool = Pool::new(2, Box::new(|_| {}));
    let edges: Vec<u32> = (1..count).flat_map(|to| [to - 1, to]).collect();
    let graph = Arc::new(Csr::build(count, &edges).expect("edges go one way"));
    let run = started(&pool, graph);
    let mut seats = [0, 1].map(|place| {
        let generation = pool.open_seat(place);
        Seat::take(pool.id(), place, generation, 0.0, Box::new(|| {})).expect("the seat is free")
    });
    let mut records = [0, 0];
    for exchange in 0..4 * count {
        // Both ask in turn, and each batch takes longer than a turn.
        let place = exchange as usize % 2;
        let memory = Arc::clone(seats[place].memory());
        memory.poke(0, std::mem::take(&mut records[place]));
        memory.poke(4, 64);
        memory.poke_now(f64::from(exchange) * 2.0);
        if seats[place].exchange().expect("nothing panics") & bits::LEASES != 0 {
            memory.poke(16, memory.peek(28));
            assert_eq!((memory.peek(24), memory.claim(1)), (1, Some(0)), "of a chain there is one lease at a time");
            memory.poke_record(0, memory.peek(LEASES_AT), 3 | memory.peek(LEASES_AT + 4) << 8, [0.0, 0.0]);
            records[place] = 1;
        }
    }
    let live = run.lock().unwrap();
    assert!(live.run.columns().state().iter().all(|&state| state == NodeState::Completed));
    let hosts: BTreeSet<u16> = live.sharing.as_ref().expect("it is shared").seats().iter().copied().collect();
    assert_eq!(hosts.len(), 1, "all of it ran on one thread");
}

//! A run behind its lock, and a step of one that is shared: what a host reports goes in, what the core asks for is put where whoever
//! does it will find it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use dagny_core::run::growth::Growth;
use dagny_core::run::{Effect, Effects, Event, Input, Lease, NEVER, Outcome, Question, Run, RunStatus, Verdict};

use crate::pool::Pool;
use crate::queues::Entry;
use crate::sharing::{Layout, Sharing};
use crate::value::Value;

/// What is too large for a record.
#[derive(Debug)]
pub enum Mail {
    /// An addition.
    Growth(Arc<Growth>),
    /// Nodes to cancel.
    Cancel(Arc<[u32]>),
}

/// What waits for its turn, in the order in which it was put there. Records of the door take from it one by one.
pub type Mailbox = VecDeque<Mail>;

/// A run and what waits for it. One lock for all of it.
#[derive(Debug)]
pub struct Live {
    /// The run.
    pub run: Run,
    /// What is too large for records.
    pub mailbox: Mailbox,
    /// What it has beside its state, where it is shared with a pool.
    pub sharing: Option<Box<Sharing>>,
}

/// A run that several threads may reach.
pub type SharedRun = Arc<Mutex<Live>>;

/// A panic has left a run in an unknown state: it has ended, and no other.
#[derive(Debug, Clone, Copy)]
pub struct Fault;

/// The run behind its lock.
///
/// # Errors
///
/// Where a panic has left it in an unknown state.
pub fn lock(run: &Mutex<Live>) -> Result<MutexGuard<'_, Live>, Fault> {
    run.lock().map_err(|_| Fault)
}

/// What the main thread is to do for a shared run, beside calling functions.
#[derive(Debug, Clone, Copy)]
pub struct HostEffect {
    /// What the core asks for, or what the threads do.
    pub what: What,
    /// The seat it is about.
    pub seat: Option<u32>,
}

/// The kinds of [`HostEffect`].
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// As the core says.
    Core(Effect),
    /// Make the inputs of a leased node and hand it to the threads.
    Prepare {
        /// The node.
        node: u32,
        /// The attempt that will begin.
        attempt: u32,
    },
    /// The thread of an attempt died, which the core knows: say why.
    Crashed {
        /// The node.
        node: u32,
        /// The attempt.
        attempt: u32,
    },
    /// There is a report to settle.
    Report {
        /// The node.
        node: u32,
        /// The attempt.
        attempt: u32,
    },
}

impl HostEffect {
    pub(crate) fn of(effect: Effect) -> Self {
        Self { what: What::Core(effect), seat: None }
    }

    pub(crate) fn prepare(node: u32, attempt: u32) -> Self {
        Self { what: What::Prepare { node, attempt }, seat: None }
    }

    pub(crate) fn report(node: u32, attempt: u32, seat: u32) -> Self {
        Self { what: What::Report { node, attempt }, seat: Some(seat) }
    }

    fn crashed(node: u32, attempt: u32, seat: u32) -> Self {
        Self { what: What::Crashed { node, attempt }, seat: Some(seat) }
    }
}

/// What the main thread takes away from one crossing of a shared run.
#[derive(Debug, Default)]
pub struct Handed {
    /// One node to call; it has begun already, so that nothing takes it back.
    pub lease: Option<Lease>,
    /// The rest that is to be done, in order, before the lease.
    pub others: Vec<HostEffect>,
    /// There is more of the rest.
    pub has_more: bool,
    /// There are more nodes to call.
    pub has_more_leases: bool,
    /// Come again at this time at the latest.
    pub wake_at: Option<u64>,
    /// The run is over.
    pub ended: Option<RunStatus>,
    /// Whether threads are to be woken: [`Pool::to_notify`] says how many.
    pub must_notify: bool,
}

/// Whether what an input says may take leases back, or must find what has begun: whatever may fail a node, stop a scope or pause.
fn is_decisive(input: &Input) -> bool {
    match input {
        Input::Begin { .. } | Input::Start { .. } | Input::Wait { .. } | Input::Resume { .. } | Input::Undone { .. } => false,
        Input::Settle { outcome, .. } => !matches!(outcome, Outcome::Succeeded),
        // A predicate that threw fails a node, and so does a loop that is not done in time.
        Input::Answer { question, verdict, .. } => match verdict {
            Verdict::Yes | Verdict::Nothing => false,
            Verdict::No => *question == Question::Until,
            Verdict::Threw | Verdict::TimedOut => true,
        },
        Input::Items { .. }
        | Input::ItemsFailed { .. }
        | Input::Signal { .. }
        | Input::Cancel { .. }
        | Input::CancelNodes { .. }
        | Input::Pause { .. }
        | Input::Grow { .. } => true,
    }
}

impl Live {
    /// A run that is not shared.
    pub fn new(run: Run) -> Self {
        Self { run, mailbox: Mailbox::new(), sharing: None }
    }

    /// Shares the run with a pool. Before its first step.
    pub fn share(&mut self, id: u32, pool: Arc<Pool>, layout: Layout) {
        self.sharing = Some(Box::new(Sharing::new(id, pool, layout)));
    }

    /// One step of a shared run. `inputs` is emptied.
    pub(crate) fn step(&mut self, inputs: &mut Vec<Input>, now: u64, effects: &mut Effects) {
        let Self { run, sharing: Some(sharing), .. } = self else { return };
        if now >= sharing.due() || inputs.iter().any(is_decisive) {
            sharing.recall_all(now);
        }
        if !sharing.begins.is_empty() {
            inputs.splice(0..0, sharing.begins.drain(..));
        }
        run.advance(inputs, now, effects);
        if !sharing.pending.is_empty() {
            keep_values(run, sharing, inputs);
        }
        inputs.clear();
        sharing.distribute(run, &effects.leases, &effects.other);
        sharing.next_wake = effects.wake_at.unwrap_or(NEVER);
        sharing.ended = effects.ended;
        if effects.ended.is_some() {
            sharing.leave();
        }
    }

    /// Whether the main thread is to be told to come: there is something for it, and it was not told yet. To be done once the lock is free,
    /// or it would come and wait for it.
    pub(crate) fn must_wake_main(&mut self) -> bool {
        let Self { run, sharing: Some(sharing), .. } = self else { return false };
        let has_news = !sharing.others.is_empty()
            || !sharing.leases.is_empty()
            || sharing.ended.is_some()
            || sharing.due() < sharing.main_wake_at
            || run.has_events();
        let must_wake = has_news && !sharing.is_woken;
        sharing.is_woken |= must_wake;
        must_wake
    }

    /// A crossing of the main thread: `inputs` go in, `handed` says what comes out, at most `room` effects.
    pub fn cross(&mut self, inputs: &mut Vec<Input>, now: u64, effects: &mut Effects, handed: &mut Handed, room: usize) {
        self.step(inputs, now, effects);
        handed.others.clear();
        handed.lease = None;
        let Self { run, sharing: Some(sharing), .. } = self else { return };
        sharing.is_woken = false;
        if sharing.others.len() <= room {
            while let Some(lease) = sharing.leases.pop_front() {
                if run.is_leased(lease.node, lease.attempt) {
                    handed.lease = Some(lease);
                    break;
                }
            }
        }
        if let Some(Lease { node, attempt, .. }) = handed.lease {
            inputs.push(Input::Begin { node, attempt, at: now });
            self.step(inputs, now, effects);
        }
        let Self { run, sharing: Some(sharing), .. } = self else { return };
        let count = sharing.others.len().min(room);
        handed.others.extend(sharing.others.drain(..count));
        handed.has_more = !sharing.others.is_empty();
        // An event may be about a node that an effect opens: nobody hears of it before the effect is known.
        if !handed.has_more {
            let mut news = Vec::new();
            run.take_events(&mut news);
            sharing.told.append(&mut news);
        }
        handed.has_more_leases = !sharing.leases.is_empty();
        handed.ended = sharing.ended.filter(|_| !handed.has_more);
        sharing.main_wake_at = sharing.due();
        handed.wake_at = Some(sharing.main_wake_at).filter(|&at| at != NEVER);
        let open = sharing.queues.open();
        handed.must_notify = open > 0 && sharing.pool.has_resting();
        if handed.must_notify {
            sharing.pool.owe(open);
        }
    }

    /// The events that those who listen may hear now, of those that are recorded.
    pub fn take_events(&mut self, events: &mut Vec<Event>) {
        match &mut self.sharing {
            Some(sharing) => events.append(&mut sharing.told),
            None => self.run.take_events(events),
        }
    }

    /// A node's inputs are made: hands it to the threads, to `seat` alone if one is named. Answers false where its lease is void.
    pub fn prepare(&mut self, lease: Lease, function: u32, inputs: Arc<[u8]>, seat: Option<usize>) -> bool {
        let Self { run, sharing: Some(sharing), .. } = self else { return false };
        let is_there = sharing.prepared.get(&lease.node).is_some_and(|&(attempt, _)| attempt == lease.attempt);
        if is_there || !run.is_leased(lease.node, lease.attempt) {
            return false;
        }
        sharing.push_prepared(lease, function, inputs, seat);
        match seat {
            Some(seat) => sharing.pool.call_seat(seat),
            None => sharing.pool.owe(sharing.queues.open()),
        }
        true
    }

    /// The thread of a seat has died: what it had begun has crashed, what it had not goes back. Answers whether to wake the main thread.
    pub(crate) fn seat_died(&mut self, seat: usize, effects: &mut Effects) -> bool {
        let Self { run, sharing: Some(sharing), .. } = self else { return false };
        let now = sharing.now();
        let mut inputs = Vec::new();
        sharing.recall(seat, now);
        let pinned = sharing.clear_seat(seat);
        let begun: Vec<(u32, u32)> = sharing.attempts.iter().filter(|&(_, &at)| at as usize == seat).map(|(&key, _)| key).collect();
        for (node, attempt) in begun {
            sharing.attempts.remove(&(node, attempt));
            sharing.pending.remove(&(node, attempt));
            if run.columns().attempt().get(node as usize).is_some_and(|&last| attempt >= last) {
                sharing.others.push_back(HostEffect::crashed(node, attempt, seat as u32));
            }
            inputs.push(Input::Settle { node, attempt, at: now, outcome: Outcome::Crashed });
        }
        for Entry { lease: Lease { node, attempt, .. }, .. } in pinned {
            sharing.prepared.remove(&node);
            sharing.others.push_back(HostEffect::prepare(node, attempt));
        }
        let open = sharing.queues.open();
        sharing.pool.owe(open);
        self.step(&mut inputs, now, effects);
        self.must_wake_main()
    }

    /// The inputs that were made for a leased node.
    pub fn prepared(&self, node: u32) -> Option<Arc<[u8]>> {
        Some(Arc::clone(&self.sharing.as_ref()?.prepared.get(&node)?.1))
    }

    /// What threads are to know of the run.
    pub fn description(&self) -> Arc<[u8]> {
        self.sharing.as_ref().map(|sharing| Arc::clone(&sharing.description)).unwrap_or_default()
    }

    /// The value of a node, or of an attempt that is not settled yet.
    pub fn value(&self, node: u32, attempt: Option<u32>) -> Value {
        let Some(sharing) = &self.sharing else { return Value::Undefined };
        match attempt {
            Some(attempt) => sharing.pending.get(&(node, attempt)).cloned().unwrap_or_default(),
            None => sharing.values.get(node),
        }
    }
}

/// What attempts gave that have just completed their nodes is what the nodes have put out.
fn keep_values(run: &Run, sharing: &mut Sharing, inputs: &[Input]) {
    for input in inputs {
        let Input::Settle { node, attempt, outcome: Outcome::Succeeded | Outcome::Grew(_), .. } = *input else { continue };
        let columns = run.columns();
        let is_kept = columns.state().get(node as usize) == Some(&dagny_core::run::NodeState::Completed)
            && columns.attempt().get(node as usize) == Some(&attempt);
        if is_kept && let Some(value) = sharing.pending.remove(&(node, attempt)) {
            sharing.values.set(node, value);
        }
    }
}

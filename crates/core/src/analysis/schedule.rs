//! The execution plan: when each node would start, and on which worker, if every node took exactly its cost.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::Csr;
use crate::plan::StartOrder;

/// A schedule in which no worker is idle while a node is ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// When each node starts; the first ones at 0.
    pub start: Vec<f64>,
    /// When each node is done: its start plus its cost.
    pub finish: Vec<f64>,
    /// The worker that each node occupies, from 0: the lowest one that is free.
    pub worker: Vec<u32>,
    /// All nodes in the order they start.
    pub order: Vec<u32>,
    /// Where each step starts in `order`; one entry more than there are steps. The nodes of a step start together and none of
    /// them waits for another: a node of cost 0 and its downstream may start at one time, but never in one step.
    pub step_start: Vec<u32>,
    /// When the last node is done. With `workers` workers at most (2 - 1 / workers) times the least possible.
    pub makespan: f64,
}

/// Plans a run on `workers` workers (at least 1; `u32::MAX` stands for as many as it takes).
///
/// A list schedule (Graham, "Bounds on multiprocessing timing anomalies", 1969): whenever workers are free, the ready nodes that
/// are first in the run's own order start, so the plan is what a run does where tasks take their costs. `costs` are by node, finite
/// and not negative; `None` means 1 each. All nodes done at one time are settled before any node starts at that time.
/// O(m + n log n) time, O(n) space.
#[must_use]
pub fn schedule(graph: &Csr, costs: Option<&[f64]>, starts: &StartOrder, workers: u32) -> Schedule {
    let mut host = Host::new(graph, starts, workers);
    let node_count = graph.node_count();
    let mut plan = Schedule {
        start: vec![0.0; node_count],
        finish: vec![0.0; node_count],
        worker: vec![0; node_count],
        order: Vec::with_capacity(node_count),
        step_start: vec![0],
        makespan: 0.0,
    };
    let mut now = 0.0f64;
    loop {
        while let Some((node, worker)) = host.next_start() {
            let finish = now + costs.map_or(1.0, |costs| costs[node as usize]);
            plan.start[node as usize] = now;
            plan.finish[node as usize] = finish;
            plan.worker[node as usize] = worker;
            plan.order.push(node);
            host.running.push(Reverse((finish.to_bits(), node)));
        }
        if plan.order.len() > plan.step_start.last().map_or(0, |&at| at as usize) {
            plan.step_start.push(plan.order.len() as u32);
        }
        // Times are never negative, so their bits compare as they do.
        let Some(&Reverse((next, _))) = host.running.peek() else { break };
        now = f64::from_bits(next);
        while let Some(&Reverse((finish, node))) = host.running.peek()
            && finish == next
        {
            host.running.pop();
            host.settle(node, plan.worker[node as usize]);
        }
    }
    plan.makespan = now;
    plan
}

/// Who waits, who is ready and who is free.
struct Host<'a> {
    graph: &'a Csr,
    starts: &'a StartOrder,
    waiting_for: Vec<u32>,
    /// Ranks of the nodes that are ready.
    ready: BinaryHeap<Reverse<u32>>,
    /// Finish times as bits, with their nodes.
    running: BinaryHeap<Reverse<(u64, u32)>>,
    /// Workers that were used and are free again; those from `unused` on never were.
    free: BinaryHeap<Reverse<u32>>,
    unused: u32,
    workers: u32,
}

impl<'a> Host<'a> {
    fn new(graph: &'a Csr, starts: &'a StartOrder, workers: u32) -> Self {
        let roots = graph.levels().next().unwrap_or_default();
        Self {
            graph,
            starts,
            waiting_for: (0..graph.node_count() as u32).map(|node| graph.in_rows().degree(node)).collect(),
            ready: roots.iter().map(|&node| Reverse(starts.rank_of(node))).collect(),
            running: BinaryHeap::new(),
            free: BinaryHeap::new(),
            unused: 0,
            workers,
        }
    }

    /// The ready node to start and a worker for it, where there are both.
    fn next_start(&mut self) -> Option<(u32, u32)> {
        if self.ready.is_empty() {
            return None;
        }
        let worker = match self.free.pop() {
            Some(Reverse(worker)) => worker,
            None if self.unused < self.workers => {
                self.unused += 1;
                self.unused - 1
            }
            None => return None,
        };
        let Reverse(rank) = self.ready.pop()?;
        Some((self.starts.node_at(rank), worker))
    }

    fn settle(&mut self, node: u32, worker: u32) {
        self.free.push(Reverse(worker));
        for &to in self.graph.successors(node) {
            self.waiting_for[to as usize] -= 1;
            if self.waiting_for[to as usize] == 0 {
                self.ready.push(Reverse(self.starts.rank_of(to)));
            }
        }
    }
}

impl Schedule {
    /// How many workers the plan uses at most.
    #[must_use]
    pub fn workers_used(&self) -> u32 {
        self.worker.iter().max().map_or(0, |&highest| highest + 1)
    }
}

//! A graph that grows edge by edge and is acyclic after every step.
//!
//! A topological order is kept in an [`OrderList`]. An edge that agrees with it costs one comparison. Another one, x → y with y
//! before x, starts two searches that take turns: forward from y among the nodes before x, backward from x among the nodes after
//! y. If they meet, the edge would close a cycle and is refused with it. Otherwise the search that ends first settles the matter:
//! what was found behind x moves to just before y, or what was found ahead of y moves to just after x. So an edge costs the
//! smaller of its two affected regions, and edges given in the worst order for one direction are the best for the other.
//!
//! Sources: Alpern, Hoover, Rosen, Sweeney and Zadeck, "Incremental evaluation of computational circuits" (1990: order
//! maintenance, two-way search); Bender, Fineman, Gilbert and Tarjan, "A new approach to incremental cycle detection and related
//! problems" (2016: the analysis of two-way search, and what better worst cases cost).
//!
//! Invariants: D1 `order` lists exactly the nodes that are present and agrees with every edge. D2 `out` and `inn` hold the same
//! edges, none twice, none from a node to itself. D3 ids are given in order and never reused.

use super::check::{Fault, find_faults_among};
use super::csr::Csr;
use super::order_list::OrderList;
use super::rows::Rows;

/// Why an edge was refused. Nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An end is not a node of the draft.
    UnknownNode,
    /// Both ends are the same node.
    SelfLoop,
    /// The draft has this edge.
    DuplicateEdge,
    /// The edge would close a cycle; [`Draft::refused_cycle`] has it.
    Cycle,
}

/// An acyclic graph under construction.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    out: Vec<Vec<u32>>,
    inn: Vec<Vec<u32>>,
    present: Vec<bool>,
    order: OrderList,
    node_count: usize,
    edge_count: usize,
    forward: Search,
    backward: Search,
    refused_cycle: Vec<u32>,
}

impl Draft {
    /// Number of nodes that are present.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.node_count
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.edge_count
    }

    /// Whether a node with this id is present.
    #[must_use]
    pub fn has_node(&self, node: u32) -> bool {
        self.present.get(node as usize).copied().unwrap_or(false)
    }

    /// Whether this edge is present. O(the smaller of the two degrees).
    #[must_use]
    pub fn has_edge(&self, from: u32, to: u32) -> bool {
        self.has_node(from) && self.has_node(to) && self.holds_edge(from, to)
    }

    /// Direct downstream nodes in no particular order; empty for a node that is not present.
    #[must_use]
    pub fn successors(&self, node: u32) -> &[u32] {
        self.out.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// Direct upstream nodes in no particular order; empty for a node that is not present.
    #[must_use]
    pub fn predecessors(&self, node: u32) -> &[u32] {
        self.inn.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// The present nodes in the topological order that is kept; it depends on the history of the draft.
    pub fn order(&self) -> impl Iterator<Item = u32> + '_ {
        self.order.iter()
    }

    /// Adds a node and returns its id, one more than that of the node added before. O(1) amortized.
    pub fn add_node(&mut self) -> u32 {
        let node = self.out.len() as u32;
        self.out.push(Vec::new());
        self.inn.push(Vec::new());
        self.present.push(true);
        self.order.push();
        self.node_count += 1;
        node
    }

    /// Adds so many nodes and returns the id of the first. O(count) amortized.
    pub fn add_nodes(&mut self, count: u32) -> u32 {
        let first = self.out.len() as u32;
        for _ in 0..count {
            self.add_node();
        }
        first
    }

    /// Adds an edge.
    ///
    /// # Errors
    /// [`Refusal`] where the edge is not new, has an end that is no node, or would close a cycle.
    pub fn add_edge(&mut self, from: u32, to: u32) -> Result<(), Refusal> {
        if !self.has_node(from) || !self.has_node(to) {
            return Err(Refusal::UnknownNode);
        }
        if from == to {
            return Err(Refusal::SelfLoop);
        }
        if self.holds_edge(from, to) {
            return Err(Refusal::DuplicateEdge);
        }
        if self.order.is_before(to, from) {
            self.make_way(from, to)?;
        }
        self.link(from, to);
        Ok(())
    }

    /// The cycle that the last refused edge would have closed: starts with the edge's two ends; the start is not repeated.
    #[must_use]
    pub fn refused_cycle(&self) -> &[u32] {
        &self.refused_cycle
    }

    /// Adds all edges `[from, to, …]` or none of them.
    ///
    /// A batch that is small beside the graph goes edge by edge; a large one is checked as a whole, O(n + m).
    ///
    /// # Errors
    /// All faults of the batch, found at once. Positions count the edges of the batch; an edge that the draft already has is a
    /// duplicate of itself ([`Fault::DuplicateEdge`] with `first` equal to `edge`).
    pub fn add_edges(&mut self, pairs: &[u32]) -> Result<(), Vec<Fault>> {
        let is_large = pairs.len() / 2 > (self.node_count + self.edge_count) / 8;
        let added = if is_large { self.link_all(pairs) } else { self.add_one_by_one(pairs) };
        if added == pairs.len() / 2 && (!is_large || self.reorder()) {
            return Ok(());
        }
        for edge in pairs.chunks_exact(2).take(added) {
            self.unlink(edge[0], edge[1]);
        }
        Err(self.faults_with(pairs))
    }

    /// Removes a node with all its edges; `false` where it is not present. O(the degrees of the node and its neighbors).
    pub fn remove_node(&mut self, node: u32) -> bool {
        if !self.has_node(node) {
            return false;
        }
        let downstream = std::mem::take(&mut self.out[node as usize]);
        let upstream = std::mem::take(&mut self.inn[node as usize]);
        for &to in &downstream {
            forget(&mut self.inn[to as usize], node);
        }
        for &from in &upstream {
            forget(&mut self.out[from as usize], node);
        }
        self.edge_count -= downstream.len() + upstream.len();
        self.node_count -= 1;
        self.present[node as usize] = false;
        self.order.remove(node);
        true
    }

    /// Removes an edge; `false` where there is none. O(the degrees of its ends). The order is still valid.
    pub fn remove_edge(&mut self, from: u32, to: u32) -> bool {
        let found = self.has_edge(from, to);
        if found {
            self.unlink(from, to);
        }
        found
    }

    /// Freezes a copy: the present nodes become `0..n` in the order they were added. Also returns their ids in the draft,
    /// ascending. O(n + m).
    #[must_use]
    pub fn snapshot(&self) -> (Csr, Vec<u32>) {
        let present: Vec<u32> = (0..self.out.len() as u32).filter(|&node| self.present[node as usize]).collect();
        let mut new_id = vec![0u32; self.out.len()];
        for (id, &node) in present.iter().enumerate() {
            new_id[node as usize] = id as u32;
        }
        let mut start = vec![0];
        let mut list = Vec::with_capacity(self.edge_count);
        for &node in &present {
            let row = list.len();
            list.extend(self.out[node as usize].iter().map(|&to| new_id[to as usize]));
            list[row..].sort_unstable();
            start.push(list.len() as u32);
        }
        // D1 and D2: no cycle, and no edge twice.
        let csr = Csr::from_sound_rows(Rows::from_parts(start, list));
        (csr, present)
    }

    fn holds_edge(&self, from: u32, to: u32) -> bool {
        let (out, inn) = (&self.out[from as usize], &self.inn[to as usize]);
        if out.len() <= inn.len() { out.contains(&to) } else { inn.contains(&from) }
    }

    fn link(&mut self, from: u32, to: u32) {
        self.out[from as usize].push(to);
        self.inn[to as usize].push(from);
        self.edge_count += 1;
    }

    fn unlink(&mut self, from: u32, to: u32) {
        forget(&mut self.out[from as usize], to);
        forget(&mut self.inn[to as usize], from);
        self.edge_count -= 1;
    }

    /// Adds edges until one is refused; returns how many were added.
    fn add_one_by_one(&mut self, pairs: &[u32]) -> usize {
        pairs.chunks_exact(2).position(|edge| self.add_edge(edge[0], edge[1]).is_err()).unwrap_or(pairs.len() / 2)
    }

    /// Links edges without asking for cycles until one has another fault; returns how many were linked.
    fn link_all(&mut self, pairs: &[u32]) -> usize {
        for (done, edge) in pairs.chunks_exact(2).enumerate() {
            let (from, to) = (edge[0], edge[1]);
            if from == to || !self.has_node(from) || !self.has_node(to) || self.holds_edge(from, to) {
                return done;
            }
            self.link(from, to);
        }
        pairs.len() / 2
    }

    /// Computes the order anew (Kahn); `false`, with the old order kept, where the edges have a cycle.
    fn reorder(&mut self) -> bool {
        let mut waiting_for: Vec<u32> = self.inn.iter().map(|upstream| upstream.len() as u32).collect();
        let mut order: Vec<u32> = self.order.iter().filter(|&node| waiting_for[node as usize] == 0).collect();
        let mut at = 0;
        while let Some(&node) = order.get(at) {
            at += 1;
            for &to in &self.out[node as usize] {
                waiting_for[to as usize] -= 1;
                if waiting_for[to as usize] == 0 {
                    order.push(to);
                }
            }
        }
        let is_acyclic = order.len() == self.node_count;
        if is_acyclic {
            self.order.rearrange(&order);
        }
        is_acyclic
    }

    /// The faults that a batch would bring, with positions in the batch.
    fn faults_with(&self, pairs: &[u32]) -> Vec<Fault> {
        let own = self.edge_count as u32;
        let mut all: Vec<u32> = Vec::with_capacity(self.edge_count * 2 + pairs.len());
        for (from, downstream) in self.out.iter().enumerate() {
            all.extend(downstream.iter().flat_map(|&to| [from as u32, to]));
        }
        all.extend(pairs);
        let mut faults = find_faults_among(self.out.len() as u32, &all, |node| self.has_node(node));
        for fault in &mut faults {
            match fault {
                Fault::SelfLoop { edge, .. } | Fault::UnknownNode { edge, .. } => *edge -= own,
                Fault::DuplicateEdge { edge, first } => {
                    *edge -= own;
                    *first = first.checked_sub(own).unwrap_or(*edge);
                }
                Fault::Cycle { .. } => {}
            }
        }
        faults
    }

    /// Changes the order so that `from` comes before `to`, which now comes before it, or refuses.
    fn make_way(&mut self, from: u32, to: u32) -> Result<(), Refusal> {
        let (low, high) = (self.order.label(to), self.order.label(from));
        self.forward.begin(to, self.out.len());
        self.backward.begin(from, self.out.len());
        loop {
            match self.backward.step(&self.inn, &self.forward, |node| self.order.label(node) > low) {
                Step::Going => {}
                Step::Met { near, far } => return Err(self.refuse(near, far)),
                Step::Done => {
                    self.backward.sort_found(&self.order);
                    self.order.move_before(&self.backward.found, to);
                    return Ok(());
                }
            }
            match self.forward.step(&self.out, &self.backward, |node| self.order.label(node) < high) {
                Step::Going => {}
                Step::Met { near, far } => return Err(self.refuse(far, near)),
                Step::Done => {
                    self.forward.sort_found(&self.order);
                    self.order.move_after(&self.forward.found, from);
                    return Ok(());
                }
            }
        }
    }

    /// Keeps the cycle: the edge itself, forward to `forward_end`, one edge to `backward_end`, and on to where it began.
    fn refuse(&mut self, backward_end: u32, forward_end: u32) -> Refusal {
        let mut ahead = self.forward.trail(forward_end);
        ahead.reverse();
        let mut back = self.backward.trail(backward_end);
        let from = back.pop().expect("a trail has at least the node it leads to");
        self.refused_cycle.clear();
        self.refused_cycle.push(from);
        self.refused_cycle.append(&mut ahead);
        self.refused_cycle.append(&mut back);
        Refusal::Cycle
    }
}

/// Takes one entry out of a list whose order does not matter.
fn forget(list: &mut Vec<u32>, node: u32) {
    if let Some(at) = list.iter().rposition(|&entry| entry == node) {
        list.swap_remove(at);
    }
}

/// What one step of a search came to.
enum Step {
    /// There is more to look at.
    Going,
    /// Everything within bounds was found.
    Done,
    /// An edge between this side's `near` and the other side's `far` joins the two searches.
    Met { near: u32, far: u32 },
}

/// Breadth-first search that advances one edge at a time; its arrays serve every search of the draft.
#[derive(Debug, Clone, Default)]
struct Search {
    /// The nodes found, in order; those before `at` are done.
    found: Vec<u32>,
    at: usize,
    edge: usize,
    /// The search that last reached a node: equal to `round` for those of this one.
    reached_in: Vec<u32>,
    reached_from: Vec<u32>,
    round: u32,
}

impl Search {
    fn begin(&mut self, start: u32, node_count: usize) {
        self.reached_in.resize(node_count, 0);
        self.reached_from.resize(node_count, 0);
        if self.round == u32::MAX {
            self.reached_in.fill(0);
            self.round = 0;
        }
        self.round += 1;
        self.found.clear();
        self.found.push(start);
        self.reached_in[start as usize] = self.round;
        self.reached_from[start as usize] = start;
        (self.at, self.edge) = (0, 0);
    }

    fn has_reached(&self, node: u32) -> bool {
        self.reached_in[node as usize] == self.round
    }

    /// Looks at one edge, or closes one node.
    fn step(&mut self, rows: &[Vec<u32>], other: &Search, is_within: impl Fn(u32) -> bool) -> Step {
        while let Some(&near) = self.found.get(self.at) {
            let Some(&far) = rows[near as usize].get(self.edge) else {
                self.at += 1;
                self.edge = 0;
                continue;
            };
            self.edge += 1;
            if other.has_reached(far) {
                return Step::Met { near, far };
            }
            if is_within(far) && !self.has_reached(far) {
                self.reached_in[far as usize] = self.round;
                self.reached_from[far as usize] = near;
                self.found.push(far);
            }
            return Step::Going;
        }
        Step::Done
    }

    fn sort_found(&mut self, order: &OrderList) {
        self.found.sort_unstable_by_key(|&node| order.label(node));
    }

    /// The nodes from `end` back to where the search began.
    fn trail(&self, end: u32) -> Vec<u32> {
        let mut trail = vec![end];
        let mut at = end;
        while self.reached_from[at as usize] != at {
            at = self.reached_from[at as usize];
            trail.push(at);
        }
        trail
    }
}

//! The width: how many nodes can be pairwise independent, and a largest such set.
//!
//! By Dilworth's theorem the largest antichain is as large as the fewest chains that cover the graph, which is the number of
//! nodes less a largest matching of the transitive closure (Fulkerson, 1956). The closure is never made: a matched pair may be
//! joined by a path through nodes that are matched otherwise, so the matching is a flow in the graph itself, in which every node
//! may also be passed through. It is found by blocking flows on shortest augmenting paths (Hopcroft and Karp, 1973; Dinitz, 1970),
//! started from a greedy matching; the antichain is read off the cut that proves it largest (Kőnig, 1931).

use crate::graph::Csr;

const UNREACHED: u32 = u32::MAX;

/// A largest set of nodes of which none is an ancestor of another, ascending.
///
/// O((n + m) √n) time in practice, where few phases are needed, and O((n + m) n) at worst; O(n + m) space. A million nodes in
/// layers, a chain or a star take a second or less; a graph of tens of thousands of nodes with long skipping edges may take seconds.
#[must_use]
pub fn largest_antichain(graph: &Csr) -> Vec<u32> {
    let mut flow = Flow::new(graph);
    flow.match_greedily();
    while flow.label_distances() {
        flow.augment();
    }
    (0..graph.node_count() as u32)
        .filter(|&node| flow.distance[lower(node)] != UNREACHED && flow.distance[upper(node)] == UNREACHED)
        .collect()
}

/// The side of a node from which a chain goes on downstream.
const fn lower(node: u32) -> usize {
    node as usize * 2
}

/// The side of a node at which a chain arrives.
const fn upper(node: u32) -> usize {
    node as usize * 2 + 1
}

const fn is_lower(side: u32) -> bool {
    side & 1 == 0
}

/// A way out of a side of a node in the residual graph.
enum Way {
    /// It has room and leads to this side.
    To(usize),
    /// Nothing can be taken back along it.
    Shut,
    /// There are no more ways.
    None,
}

impl Way {
    fn if_room(links: u32, to: usize) -> Self {
        if links > 0 { Self::To(to) } else { Self::Shut }
    }
}

/// Chains as flow: a node is left by at most one chain's link, entered by at most one, and passed through by any number.
struct Flow<'graph> {
    graph: &'graph Csr,
    /// The canonical index of each incoming edge, along the incoming rows.
    edge_of_incoming: Vec<u32>,
    /// Links through each edge, by canonical index.
    along: Vec<u32>,
    /// Links that pass through each node.
    through: Vec<u32>,
    /// Whether a link begins, or ends, at each node.
    begins: Vec<bool>,
    ends: Vec<bool>,
    /// Steps from a side where a link may begin, in the residual graph.
    distance: Vec<u32>,
    /// The next way out of each side to try.
    next_way: Vec<u32>,
    queue: Vec<u32>,
}

impl<'graph> Flow<'graph> {
    fn new(graph: &'graph Csr) -> Self {
        let node_count = graph.node_count();
        let mut cursor = graph.in_rows().starts().to_vec();
        let mut edge_of_incoming = vec![0; graph.edge_count()];
        for (edge, &to) in graph.out_rows().list().iter().enumerate() {
            edge_of_incoming[cursor[to as usize] as usize] = edge as u32;
            cursor[to as usize] += 1;
        }
        Self {
            graph,
            edge_of_incoming,
            along: vec![0; graph.edge_count()],
            through: vec![0; node_count],
            begins: vec![false; node_count],
            ends: vec![false; node_count],
            distance: vec![UNREACHED; node_count * 2],
            next_way: vec![0; node_count * 2],
            queue: Vec::new(),
        }
    }

    /// Links each node, in topological order, to the first downstream that no link has entered.
    fn match_greedily(&mut self) {
        for &node in self.graph.order() {
            let downstream = self.graph.successors(node);
            if let Some(at) = downstream.iter().position(|&to| !self.ends[to as usize]) {
                self.along[self.graph.out_rows().starts()[node as usize] as usize + at] = 1;
                self.begins[node as usize] = true;
                self.ends[downstream[at] as usize] = true;
            }
        }
    }

    /// One of the ways out of a side of a node.
    fn way(&self, side: u32, way: u32) -> Way {
        let node = side / 2;
        if is_lower(side) {
            let downstream = self.graph.successors(node);
            return match downstream.get(way as usize) {
                Some(&to) => Way::To(upper(to)),
                None if way as usize == downstream.len() => Way::if_room(self.through[node as usize], upper(node)),
                None => Way::None,
            };
        }
        if way == 0 {
            return Way::To(lower(node));
        }
        let start = self.graph.in_rows().starts()[node as usize];
        match self.graph.predecessors(node).get(way as usize - 1) {
            Some(&from) => Way::if_room(self.along[self.edge_of_incoming[(start + way - 1) as usize] as usize], lower(from)),
            None => Way::None,
        }
    }

    /// Sends one link along a way out of a side.
    fn follow(&mut self, side: u32, way: u32) {
        let node = side / 2;
        if is_lower(side) {
            let start = self.graph.out_rows().starts()[node as usize];
            if (way as usize) < self.graph.successors(node).len() {
                self.along[(start + way) as usize] += 1;
            } else {
                self.through[node as usize] -= 1;
            }
        } else if way == 0 {
            self.through[node as usize] += 1;
        } else {
            let start = self.graph.in_rows().starts()[node as usize];
            self.along[self.edge_of_incoming[(start + way - 1) as usize] as usize] -= 1;
        }
    }

    fn is_open_end(&self, side: u32) -> bool {
        !is_lower(side) && !self.ends[side as usize / 2]
    }

    /// Measures from all open beginnings; whether an open end is among what was reached. Stops at the distance of the first one.
    fn label_distances(&mut self) -> bool {
        self.distance.fill(UNREACHED);
        self.queue.clear();
        self.queue.extend((0..self.graph.node_count() as u32).filter(|&node| !self.begins[node as usize]).map(|node| node * 2));
        for &side in &self.queue {
            self.distance[side as usize] = 0;
        }
        let mut limit = UNREACHED;
        let mut at = 0;
        while at < self.queue.len() {
            let side = self.queue[at];
            at += 1;
            let distance = self.distance[side as usize];
            if distance >= limit {
                break;
            }
            if self.is_open_end(side) {
                limit = distance;
                continue;
            }
            for way in 0.. {
                match self.way(side, way) {
                    Way::To(to) if self.distance[to] == UNREACHED => {
                        self.distance[to] = distance + 1;
                        self.queue.push(to as u32);
                    }
                    Way::To(_) | Way::Shut => {}
                    Way::None => break,
                }
            }
        }
        limit != UNREACHED
    }

    /// Adds links along shortest ways until none is left: a depth-first search in which each way is tried once.
    fn augment(&mut self) {
        self.next_way.fill(0);
        let mut path: Vec<u32> = Vec::new();
        for node in 0..self.graph.node_count() as u32 {
            if self.begins[node as usize] {
                continue;
            }
            path.clear();
            path.push(node * 2);
            while let Some(&side) = path.last() {
                if self.is_open_end(side) {
                    self.ends[side as usize / 2] = true;
                    self.begins[node as usize] = true;
                    path.pop();
                    for at in path.drain(..) {
                        self.follow(at, self.next_way[at as usize]);
                    }
                    break;
                }
                match self.way(side, self.next_way[side as usize]) {
                    Way::To(to) if self.distance[to] == self.distance[side as usize].saturating_add(1) => path.push(to as u32),
                    Way::To(_) | Way::Shut => self.next_way[side as usize] += 1,
                    Way::None => {
                        path.pop();
                        if let Some(&before) = path.last() {
                            self.next_way[before as usize] += 1;
                        }
                    }
                }
            }
        }
    }
}

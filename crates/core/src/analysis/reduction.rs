//! The transitive reduction: the fewest edges that leave every "comes before" as it is.
//!
//! An edge is redundant if another path joins its ends. (Aho, Garey and Ullman, "The transitive reduction of a directed graph",
//! 1972: for a DAG the answer is unique.) Targets are taken in blocks of consecutive positions of the topological order; for one block,
//! each node before its end gets a row of bits, the members of the block it reaches, so that the rows in play stay in the cache
//! and one instruction asks for many targets. Edges that cannot be redundant, those between neighboring levels, out of a node
//! with no other downstream or into one with no other upstream, ask nothing, and a block is worked on only as far up as the
//! highest upstream of an edge that asks.

use super::bit_set::BitSet;
use crate::graph::{Csr, Rows};

const BLOCK: usize = 512;
type BlockRow = [u64; BLOCK / 64];

/// The canonical indices of the redundant edges.
///
/// O(n + m) where no edge skips a level; otherwise O(m · n / 512) steps of eight words at worst, and less the shorter the
/// edges that skip levels. O(n + m) space.
#[must_use]
pub fn redundant_edges(graph: &Csr) -> BitSet {
    let mut redundant = BitSet::new(graph.edge_count());
    let order = graph.order();
    let highest_asker = highest_askers(graph);
    if highest_asker.iter().all(|&place| place == NOBODY) {
        return redundant;
    }
    let below = successors_by_place(graph);
    let mut rows = vec![BlockRow::default(); order.len()];
    for first in (0..order.len()).step_by(BLOCK) {
        let end = (first + BLOCK).min(order.len());
        let Some(&top) = highest_asker[first..end].iter().min().filter(|&&place| place != NOBODY) else { continue };
        for place in (top as usize..end).rev() {
            let mut row = BlockRow::default();
            for &to in below.row(place as u32).iter().take_while(|&&to| (to as usize) < end) {
                let to = to as usize;
                if to >= first {
                    let (word, bit) = ((to - first) / 64, 1u64 << ((to - first) % 64));
                    // Downstreams ascend, so whatever leads to this one has been merged before it.
                    if row[word] & bit != 0 {
                        redundant.insert(edge_between(graph, place, to));
                        continue;
                    }
                    row[word] |= bit;
                }
                for (word, more) in row.iter_mut().zip(rows[to]) {
                    *word |= more;
                }
            }
            rows[place] = row;
        }
    }
    redundant
}

/// The graph without its redundant edges, and the canonical indices (in the given graph) of those that stay, in order.
#[must_use]
pub fn transitive_reduction(graph: &Csr) -> (Csr, Vec<u32>) {
    let redundant = redundant_edges(graph);
    let kept: Vec<u32> = (0..graph.edge_count() as u32).filter(|&edge| !redundant.contains(edge)).collect();
    let list = kept.iter().map(|&edge| graph.out_rows().list()[edge as usize]).collect();
    let mut start = Vec::with_capacity(graph.node_count() + 1);
    let mut at = 0;
    for &end in graph.out_rows().starts() {
        at += kept[at..].iter().take_while(|&&edge| edge < end).count();
        start.push(at as u32);
    }
    let reduced = Csr::from_sound_rows(Rows::from_parts(start, list));
    (reduced, kept)
}

const NOBODY: u32 = u32::MAX;

/// For each place of the topological order the lowest place from which an edge that may be redundant leads to it.
fn highest_askers(graph: &Csr) -> Vec<u32> {
    let mut place_of = vec![0u32; graph.node_count()];
    let mut level_of = vec![0u32; graph.node_count()];
    let mut place = 0;
    for (level, nodes) in graph.levels().enumerate() {
        for &node in nodes {
            place_of[node as usize] = place;
            level_of[node as usize] = level as u32;
            place += 1;
        }
    }
    let may_be_redundant = |from: u32, to: u32| graph.out_rows().degree(from) > 1 && level_of[to as usize] > level_of[from as usize] + 1;
    let highest = |&to: &u32| {
        let upstream = graph.predecessors(to);
        let askers = upstream.iter().filter(|&&from| upstream.len() > 1 && may_be_redundant(from, to));
        askers.map(|&from| place_of[from as usize]).min().unwrap_or(NOBODY)
    };
    graph.order().iter().map(highest).collect()
}

/// The outgoing rows with places of the topological order instead of nodes.
fn successors_by_place(graph: &Csr) -> Rows {
    let mut place_of = vec![0u32; graph.node_count()];
    for (place, &node) in graph.order().iter().enumerate() {
        place_of[node as usize] = place as u32;
    }
    let mut start = Vec::with_capacity(graph.node_count() + 1);
    let mut list = Vec::with_capacity(graph.edge_count());
    start.push(0);
    for &node in graph.order() {
        list.extend(graph.predecessors(node).iter().map(|&from| place_of[from as usize]));
        start.push(list.len() as u32);
    }
    // Turning incoming rows around leaves the outgoing ones ascending.
    Rows::from_parts(start, list).transposed()
}

fn edge_between(graph: &Csr, from_place: usize, to_place: usize) -> u32 {
    graph.edge_index(graph.order()[from_place], graph.order()[to_place]).expect("rows by place have the edges of the graph")
}

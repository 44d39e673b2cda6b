//! The transitive closure: everything that depends on each node.

use super::reachability::{DEFAULT_BUDGET, Reachability};
use crate::graph::{Csr, Rows};

/// How many 32-bit words a row of [`fill_bit_matrix`] has.
#[must_use]
pub fn words_per_row(node_count: usize) -> usize {
    node_count.div_ceil(32)
}

/// Fills a matrix of bits, one row a node: bit `to % 32` of word `to / 32` of row `from` is 1 where a path leads from `from` to
/// `to`. Rows have [`words_per_row`] words each. O(m · n / 32) time at machine-word speed, no space beside the matrix.
///
/// # Panics
/// Where `bits` is not of `node_count · words_per_row` words.
pub fn fill_bit_matrix(graph: &Csr, bits: &mut [u32]) {
    let width = words_per_row(graph.node_count());
    assert_eq!(bits.len(), width * graph.node_count(), "one row a node");
    // From the leaves up, each row is written once: its own page of a fresh array is touched no earlier.
    for &from in graph.order().iter().rev() {
        let Some((&first, others)) = graph.successors(from).split_first() else {
            bits[from as usize * width..][..width].fill(0);
            continue;
        };
        let [row, below] = two_rows(bits, width, from, first);
        row.copy_from_slice(below);
        row[first as usize / 32] |= 1 << (first % 32);
        for &to in others {
            let [row, below] = two_rows(bits, width, from, to);
            // The row of a node that is in already has nothing to add.
            if row[to as usize / 32] >> (to % 32) & 1 == 0 {
                row[to as usize / 32] |= 1 << (to % 32);
                for (word, &more) in row.iter_mut().zip(below.iter()) {
                    *word |= more;
                }
            }
        }
    }
}

fn two_rows(bits: &mut [u32], width: usize, a: u32, b: u32) -> [&mut [u32]; 2] {
    let (a, b) = (a as usize * width, b as usize * width);
    bits.get_disjoint_mut([a..a + width, b..b + width]).expect("an edge joins two different nodes")
}

/// The number of descendants of each node.
///
/// Read off the reachability index where that fits its budget, otherwise counted by blocks of 512 nodes: O(m · n / 512) steps of
/// eight words, O(n) space.
#[must_use]
pub fn descendant_counts(graph: &Csr) -> Vec<u64> {
    descendant_weights(graph, None)
}

/// For each node the sum of the weights of its descendants; `None` counts them. Costs as [`descendant_counts`].
#[must_use]
pub fn descendant_weights(graph: &Csr, weights: Option<&[u32]>) -> Vec<u64> {
    let index = Reachability::new(graph, DEFAULT_BUDGET);
    index.descendant_weights(weights).unwrap_or_else(|| sum_by_blocks(graph, weights))
}

const BLOCK: usize = 512;
type BlockRow = [u64; BLOCK / 64];

fn sum_by_blocks(graph: &Csr, weights: Option<&[u32]>) -> Vec<u64> {
    let order = graph.order();
    let mut sums = vec![0u64; order.len()];
    let mut rows = vec![BlockRow::default(); order.len()];
    let mut place_in_block = vec![usize::MAX; order.len()];
    for (at, block) in order.chunks(BLOCK).enumerate() {
        for (place, &node) in block.iter().enumerate() {
            place_in_block[node as usize] = place;
        }
        // Only nodes up to the end of the block can reach into it.
        for &node in order[..at * BLOCK + block.len()].iter().rev() {
            let mut row = BlockRow::default();
            for &to in graph.successors(node) {
                for (word, below) in row.iter_mut().zip(rows[to as usize]) {
                    *word |= below;
                }
                if let Some(word) = row.get_mut(place_in_block[to as usize] / 64) {
                    *word |= 1 << (place_in_block[to as usize] % 64);
                }
            }
            rows[node as usize] = row;
            sums[node as usize] += match weights {
                None => row.iter().map(|word| u64::from(word.count_ones())).sum(),
                Some(weights) => {
                    let members = row
                        .iter()
                        .enumerate()
                        .flat_map(|(word, &bits)| super::bit_set::ones(bits).map(move |bit| word * 64 + bit as usize));
                    members.map(|place| u64::from(weights[block[place] as usize])).sum::<u64>()
                }
            };
        }
        for &node in block {
            place_in_block[node as usize] = usize::MAX;
        }
    }
    sums
}

/// The number of ordered pairs (a, b) with a path from a to b.
#[must_use]
pub fn count_reachable_pairs(graph: &Csr) -> u64 {
    descendant_counts(graph).iter().sum()
}

/// All descendants of each node, as rows. `None` where they are more than `limit`, which is found out first.
///
/// O(d · answer) time for out-degrees of d, O(answer) space.
#[must_use]
pub fn closure_rows(graph: &Csr, limit: u64) -> Option<Rows> {
    let counts = descendant_counts(graph);
    if counts.iter().sum::<u64>() > limit.min(u64::from(u32::MAX)) {
        return None;
    }
    let mut start = Vec::with_capacity(counts.len() + 1);
    start.push(0u32);
    let mut end = 0;
    for &count in &counts {
        end += count as u32;
        start.push(end);
    }
    let mut list = vec![0u32; end as usize];
    let mut seen_for = vec![u32::MAX; counts.len()];
    for &node in graph.order().iter().rev() {
        let mut at = start[node as usize] as usize;
        for &to in graph.successors(node) {
            let below = start[to as usize] as usize..start[to as usize + 1] as usize;
            if seen_for[to as usize] == node {
                continue;
            }
            seen_for[to as usize] = node;
            list[at] = to;
            at += 1;
            for from in below {
                let further = list[from];
                if seen_for[further as usize] != node {
                    seen_for[further as usize] = node;
                    list[at] = further;
                    at += 1;
                }
            }
        }
    }
    // Two transpositions sort all rows at once.
    Some(Rows::from_parts(start, list).transposed().transposed())
}

#[cfg(test)]
mod tests {
    use super::{descendant_weights, sum_by_blocks};
    use crate::graph::Csr;

    #[test]
    fn counting_by_blocks_and_by_rows_agree() {
        // A grid of 40 × 40: every node has all nodes right of and below it as descendants.
        let at = |row: u32, column: u32| row * 40 + column;
        let mut pairs = Vec::new();
        for row in 0..40 {
            for column in 0..40 {
                if row < 39 {
                    pairs.extend([at(row, column), at(row + 1, column)]);
                }
                if column < 39 {
                    pairs.extend([at(row, column), at(row, column + 1)]);
                }
            }
        }
        let graph = Csr::build(1600, &pairs).expect("sound");
        let weights: Vec<u32> = (0..1600).map(|node| node % 7).collect();
        for weights in [None, Some(weights.as_slice())] {
            assert_eq!(sum_by_blocks(&graph, weights), descendant_weights(&graph, weights));
        }
        assert_eq!(sum_by_blocks(&graph, None)[at(30, 20) as usize], 10 * 20 - 1);
    }
}

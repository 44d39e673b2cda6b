//! Adjacency rows of one direction: for each node an ascending slice of neighbors, all in one allocation.
//!
//! Holds any edges between known nodes, cyclic or doubled ones included; [`super::csr`] is the checked graph on top.
//!
//! Invariants: R1 `start` has one entry more than there are nodes, ascends, and ends at `list.len()`. R2 each row ascends.
//! R3 every entry of `list` is a node.

/// For each node, the nodes its edges lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    start: Box<[u32]>,
    list: Box<[u32]>,
}

impl Rows {
    /// Sorts the edges `[from, to, from, to, …]` into rows by `from`.
    ///
    /// Two counting passes and a sort of the rows that did not arrive in order: O(n + m) for edges listed by `to` or by `from`,
    /// O(n + m log d) for any others (d is the largest row).
    ///
    /// # Panics
    /// Where an end is not below `node_count`.
    #[must_use]
    pub fn from_pairs(node_count: u32, pairs: &[u32]) -> Self {
        let mut start = vec![0u32; node_count as usize + 1];
        for edge in pairs.chunks_exact(2) {
            start[edge[0] as usize + 1] += 1;
        }
        accumulate(&mut start);
        let mut cursor = start.clone();
        let mut list = vec![0u32; pairs.len() / 2];
        for edge in pairs.chunks_exact(2) {
            let at = &mut cursor[edge[0] as usize];
            list[*at as usize] = edge[1];
            *at += 1;
        }
        for ends in start.windows(2) {
            let row = &mut list[ends[0] as usize..ends[1] as usize];
            if !row.is_sorted() {
                row.sort_unstable();
            }
        }
        Self { start: start.into(), list: list.into() }
    }

    /// Takes rows that are already in order. `start` and `list` must satisfy R1 to R3.
    pub(crate) fn from_parts(start: Vec<u32>, list: Vec<u32>) -> Self {
        debug_assert_eq!(start.last().map(|&end| end as usize), Some(list.len()));
        Self { start: start.into(), list: list.into() }
    }

    /// The same edges seen from their other end. O(n + m).
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut start = vec![0u32; self.start.len()];
        for &to in &self.list {
            start[to as usize + 1] += 1;
        }
        accumulate(&mut start);
        let mut cursor = start.clone();
        let mut list = vec![0u32; self.list.len()];
        // Rows are visited in ascending order, so the new rows ascend (R2).
        for (from, ends) in self.start.windows(2).enumerate() {
            for &to in &self.list[ends[0] as usize..ends[1] as usize] {
                let at = &mut cursor[to as usize];
                list[*at as usize] = from as u32;
                *at += 1;
            }
        }
        Self { start: start.into(), list: list.into() }
    }

    /// Number of nodes.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.start.len() - 1
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.list.len()
    }

    /// The neighbors of a node, ascending.
    #[inline]
    #[must_use]
    pub fn row(&self, node: u32) -> &[u32] {
        &self.list[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }

    /// How many neighbors a node has.
    #[inline]
    #[must_use]
    pub fn degree(&self, node: u32) -> u32 {
        self.start[node as usize + 1] - self.start[node as usize]
    }

    /// Where each row starts in [`Rows::list`]; one entry more than there are nodes.
    #[must_use]
    pub fn starts(&self) -> &[u32] {
        &self.start
    }

    /// All rows one after the other.
    #[must_use]
    pub fn list(&self) -> &[u32] {
        &self.list
    }

    /// All edges as (node, neighbor), by node, then by neighbor.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.start
            .windows(2)
            .enumerate()
            .flat_map(|(from, ends)| self.list[ends[0] as usize..ends[1] as usize].iter().map(move |&to| (from as u32, to)))
    }
}

/// Turns counts kept one place to the right into row starts.
fn accumulate(start: &mut [u32]) {
    let mut total = 0;
    for entry in start {
        total += *entry;
        *entry = total;
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn rows_ascend_in_both_directions() {
        let rows = Rows::from_pairs(4, &[3, 0, 1, 2, 3, 2, 1, 0]);
        assert_eq!(rows.edges().collect::<Vec<_>>(), [(1, 0), (1, 2), (3, 0), (3, 2)]);
        assert_eq!(rows.transposed().edges().collect::<Vec<_>>(), [(0, 1), (0, 3), (2, 1), (2, 3)]);
        assert_eq!(rows.transposed().transposed(), rows);
    }
}

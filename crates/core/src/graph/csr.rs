//! The frozen graph: compressed sparse rows in both directions, with the topological order that checking it produced.
//!
//! Invariants: I1 ids are `0..n` in insertion order. I2 both adjacency lists ascend. I3 `order` is Kahn's order with a first-in
//! first-out queue, so it is grouped by topological level.

/// A checked, immutable, acyclic graph over ids.
#[derive(Debug, Clone)]
pub struct Csr {
    out_start: Box<[u32]>,
    out: Box<[u32]>,
    in_start: Box<[u32]>,
    inn: Box<[u32]>,
    order: Box<[u32]>,
    level_start: Box<[u32]>,
}

/// Turns rows of one direction into rows of the other; the new rows ascend.
fn transpose(n: usize, start: &[u32], rows: &[u32]) -> (Box<[u32]>, Box<[u32]>) {
    let mut new_start = vec![0u32; n + 1];
    for &v in rows {
        new_start[v as usize + 1] += 1;
    }
    for i in 0..n {
        new_start[i + 1] += new_start[i];
    }
    let mut fill = new_start.clone();
    let mut new_rows = vec![0u32; rows.len()];
    for u in 0..n {
        for &v in &rows[start[u] as usize..start[u + 1] as usize] {
            let at = &mut fill[v as usize];
            new_rows[*at as usize] = u as u32;
            *at += 1;
        }
    }
    (new_start.into(), new_rows.into())
}

impl Csr {
    /// Builds from `[from, to, from, to, …]`. `None` where the edges have a fault.
    #[must_use]
    pub fn build(node_count: u32, pairs: &[u32]) -> Option<Self> {
        let n = node_count as usize;
        let mut start = vec![0u32; n + 1];
        for e in pairs.chunks_exact(2) {
            start[e[1] as usize + 1] += 1;
        }
        for i in 0..n {
            start[i + 1] += start[i];
        }
        let mut fill = start.clone();
        let mut rows = vec![0u32; pairs.len() / 2];
        for e in pairs.chunks_exact(2) {
            let at = &mut fill[e[1] as usize];
            rows[*at as usize] = e[0];
            *at += 1;
        }
        let (out_start, out) = transpose(n, &start, &rows);
        let (in_start, inn) = transpose(n, &out_start, &out);
        let mut left: Vec<u32> = in_start.windows(2).map(|w| w[1] - w[0]).collect();
        let mut order: Vec<u32> = (0..node_count).filter(|&v| left[v as usize] == 0).collect();
        let mut level_start = vec![0u32];
        let mut at = 0;
        while at < order.len() {
            let end = order.len();
            while at < end {
                let u = order[at] as usize;
                at += 1;
                for &v in &out[out_start[u] as usize..out_start[u + 1] as usize] {
                    left[v as usize] -= 1;
                    if left[v as usize] == 0 {
                        order.push(v);
                    }
                }
            }
            level_start.push(end as u32);
        }
        (order.len() == n).then(|| Self { out_start, out, in_start, inn, order: order.into(), level_start: level_start.into() })
    }

    /// Number of nodes.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.out_start.len() - 1
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.out.len()
    }

    /// Direct downstream nodes, ascending.
    #[must_use]
    pub fn successors(&self, node: u32) -> &[u32] {
        let i = node as usize;
        &self.out[self.out_start[i] as usize..self.out_start[i + 1] as usize]
    }

    /// Direct upstream nodes, ascending.
    #[must_use]
    pub fn predecessors(&self, node: u32) -> &[u32] {
        let i = node as usize;
        &self.inn[self.in_start[i] as usize..self.in_start[i + 1] as usize]
    }

    /// A topological order: roots in node order, then each node when its last upstream was listed.
    #[must_use]
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// Where each level starts in [`Csr::order`]; one more entry than there are levels.
    #[must_use]
    pub fn level_starts(&self) -> &[u32] {
        &self.level_start
    }
}

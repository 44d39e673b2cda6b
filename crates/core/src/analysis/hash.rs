//! The identity of a graph as SHA-256, in two strengths.
//!
//! Format, version 1. Numbers are `u32`, little endian. A name is its length in UTF-16 code units, then the units, little endian:
//! the form that tells any two JavaScript strings apart. Hashed is, in this order:
//!
//! 1. the tag `dagny content 1\n` or `dagny structure 1\n`;
//! 2. the number of nodes, then the name of each;
//! 3. the number of edges, then for each the places of its two ends in the list of names; edges ascend by these places;
//! 4. of the content hash only: the attributes of nodes and edges as the caller wrote them, UTF-8, and nothing where there are none.
//!
//! The content hash lists names in node order, which breaks ties in a run. The structure hash lists them sorted by UTF-16 code
//! units, so it is one for all orders in which the same nodes and edges may be added.

use sha2::{Digest, Sha256};

use crate::graph::Csr;

/// The names of all nodes, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// UTF-16 code units, little endian.
    pub text: &'a [u8],
    /// Where each name ends, in code units.
    pub ends: &'a [u32],
}

impl Names<'_> {
    fn of(&self, node: usize) -> &[u8] {
        let start = if node == 0 { 0 } else { self.ends[node - 1] as usize };
        &self.text[start * 2..self.ends[node] as usize * 2]
    }
}

/// Names, their order, edges and attributes. O(n + m + text).
#[must_use]
pub fn content_hash(graph: &Csr, names: Names<'_>, attributes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"dagny content 1\n");
    let nodes: Vec<u32> = (0..graph.node_count() as u32).collect();
    write_names(&mut hash, names, &nodes);
    write_edges(&mut hash, graph.edge_count(), graph.out_rows().edges());
    hash.update(attributes);
    hash.finalize().into()
}

/// Names and edges, whatever their order. O(n log n + m log m + text).
#[must_use]
pub fn structure_hash(graph: &Csr, names: Names<'_>) -> [u8; 32] {
    let mut nodes: Vec<u32> = (0..graph.node_count() as u32).collect();
    let units = |node: u32| names.of(node as usize).chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    nodes.sort_unstable_by(|&a, &b| units(a).cmp(units(b)));
    let mut place = vec![0u32; nodes.len()];
    for (at, &node) in nodes.iter().enumerate() {
        place[node as usize] = at as u32;
    }
    let mut edges: Vec<(u32, u32)> = graph.out_rows().edges().map(|(from, to)| (place[from as usize], place[to as usize])).collect();
    edges.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(b"dagny structure 1\n");
    write_names(&mut hash, names, &nodes);
    write_edges(&mut hash, edges.len(), edges.into_iter());
    hash.finalize().into()
}

fn write_names(hash: &mut Sha256, names: Names<'_>, nodes: &[u32]) {
    hash.update((nodes.len() as u32).to_le_bytes());
    for &node in nodes {
        let name = names.of(node as usize);
        hash.update((name.len() as u32 / 2).to_le_bytes());
        hash.update(name);
    }
}

fn write_edges(hash: &mut Sha256, count: usize, edges: impl Iterator<Item = (u32, u32)>) {
    hash.update((count as u32).to_le_bytes());
    for (from, to) in edges {
        hash.update(from.to_le_bytes());
        hash.update(to.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, content_hash, structure_hash};
    use crate::graph::Csr;

    fn hex(hash: [u8; 32]) -> String {
        use std::fmt::Write as _;
        hash.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    #[test]
    fn the_format_does_not_change() {
        // sha256("dagny content 1\n" 2:u32 1:u32 'a' 1:u32 'b' 1:u32 0:u32 1:u32), computed apart with Python's hashlib.
        let graph = Csr::build(2, &[0, 1]).expect("sound");
        let names = Names { text: b"a\0b\0", ends: &[1, 2] };
        assert_eq!(hex(content_hash(&graph, names, b"")), "36d25089b5e0abeb26eeb6557cbf1edab673609cbbef0fce12e2ea383a173cf4");
        assert_eq!(hex(structure_hash(&graph, names)), "007b726d8111c41603ffceb795a1af8ecc0f739a9ff7d4f3029aa7dcf2a85c89");
    }

    #[test]
    fn only_the_content_hash_knows_the_order() {
        let one = (Csr::build(2, &[0, 1]).expect("sound"), Names { text: b"a\0b\0", ends: &[1, 2] });
        let two = (Csr::build(2, &[1, 0]).expect("sound"), Names { text: b"b\0a\0", ends: &[1, 2] });
        assert_ne!(content_hash(&one.0, one.1, b""), content_hash(&two.0, two.1, b""));
        assert_eq!(structure_hash(&one.0, one.1), structure_hash(&two.0, two.1));
        assert_ne!(content_hash(&one.0, one.1, b""), content_hash(&one.0, one.1, b"{}"));
    }
}

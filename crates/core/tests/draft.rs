//! The draft under random and hostile changes, compared with a full check after every step.

use std::collections::BTreeSet;

use dagny_core::graph::draft::Refusal;
use dagny_core::graph::{Csr, Draft, Fault};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Change {
    AddNode,
    AddEdge(u32, u32),
    RemoveEdge(u32, u32),
    RemoveNode(u32),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let node = 0u32..24;
    let change = prop_oneof![
        1 => Just(Change::AddNode),
        12 => (node.clone(), node.clone()).prop_map(|(a, b)| Change::AddEdge(a, b)),
        2 => (node.clone(), node.clone()).prop_map(|(a, b)| Change::RemoveEdge(a, b)),
        1 => node.prop_map(Change::RemoveNode),
    ];
    prop::collection::vec(change, 0..300)
}

/// A draft as anybody would write it: sets, and a search of everything.
#[derive(Default)]
struct Naive {
    nodes: BTreeSet<u32>,
    edges: BTreeSet<(u32, u32)>,
}

impl Naive {
    fn reaches(&self, from: u32, to: u32) -> bool {
        let mut seen = BTreeSet::from([from]);
        let mut stack = vec![from];
        while let Some(node) = stack.pop() {
            stack.extend(self.edges.iter().filter(|edge| edge.0 == node).map(|edge| edge.1).filter(|&to| seen.insert(to)));
        }
        seen.contains(&to)
    }

    fn add_edge(&mut self, from: u32, to: u32) -> Result<(), Refusal> {
        if !self.nodes.contains(&from) || !self.nodes.contains(&to) {
            return Err(Refusal::UnknownNode);
        }
        if from == to {
            return Err(Refusal::SelfLoop);
        }
        if self.edges.contains(&(from, to)) {
            return Err(Refusal::DuplicateEdge);
        }
        if self.reaches(to, from) {
            return Err(Refusal::Cycle);
        }
        self.edges.insert((from, to));
        Ok(())
    }
}

fn edges_of(draft: &Draft) -> BTreeSet<(u32, u32)> {
    draft.order().flat_map(|node| draft.successors(node).iter().map(move |&to| (node, to))).collect()
}

fn assert_order_is_topological(draft: &Draft, nodes: &BTreeSet<u32>) {
    let order: Vec<u32> = draft.order().collect();
    assert_eq!(&order.iter().copied().collect::<BTreeSet<_>>(), nodes);
    assert_eq!(order.len(), nodes.len());
    let place = |node: u32| order.iter().position(|&other| other == node);
    for (from, to) in edges_of(draft) {
        assert!(place(from) < place(to), "{from} comes before {to}");
    }
}

proptest! {
    #[test]
    fn every_change_answers_as_a_search_of_the_whole_graph_would(changes in changes()) {
        let mut draft = Draft::default();
        let mut naive = Naive::default();
        for _ in 0..12 {
            naive.nodes.insert(draft.add_node());
        }
        for change in changes {
            match change {
                Change::AddNode => {
                    naive.nodes.insert(draft.add_node());
                }
                Change::AddEdge(from, to) => {
                    let answer = draft.add_edge(from, to);
                    prop_assert_eq!(answer, naive.add_edge(from, to));
                    if answer == Err(Refusal::Cycle) {
                        let cycle = draft.refused_cycle();
                        prop_assert_eq!(&cycle[..2], &[from, to]);
                        let closing = cycle.iter().zip(cycle.iter().cycle().skip(1)).skip(1);
                        for (&a, &b) in closing {
                            prop_assert!(naive.edges.contains(&(a, b)), "{:?} follows edges", cycle);
                        }
                        prop_assert_eq!(cycle.iter().collect::<BTreeSet<_>>().len(), cycle.len());
                    }
                }
                Change::RemoveEdge(from, to) => prop_assert_eq!(draft.remove_edge(from, to), naive.edges.remove(&(from, to))),
                Change::RemoveNode(node) => {
                    prop_assert_eq!(draft.remove_node(node), naive.nodes.remove(&node));
                    naive.edges.retain(|&(from, to)| from != node && to != node);
                }
            }
            prop_assert_eq!(draft.edge_count(), naive.edges.len());
            prop_assert_eq!(draft.node_count(), naive.nodes.len());
        }
        prop_assert_eq!(edges_of(&draft), naive.edges.clone());
        assert_order_is_topological(&draft, &naive.nodes);
        let (csr, ids) = draft.snapshot();
        let thawed: BTreeSet<_> = csr.out_rows().edges().map(|(a, b)| (ids[a as usize], ids[b as usize])).collect();
        prop_assert_eq!(thawed, naive.edges);
    }

    #[test]
    fn a_batch_is_added_whole_or_not_at_all(
        first in prop::collection::vec(0u32..14, 0..60),
        batches in prop::collection::vec(prop::collection::vec(0u32..14, 0..12), 0..12),
    ) {
        let mut draft = Draft::default();
        for _ in 0..12 {
            draft.add_node();
        }
        for batch in std::iter::once(first).chain(batches) {
            let pairs = &batch[..batch.len() / 2 * 2];
            let before = edges_of(&draft);
            let mut all: Vec<u32> = before.iter().flat_map(|&(a, b)| [a, b]).collect();
            all.extend(pairs);
            let expected = Csr::build(12, &all);
            let answer = draft.add_edges(pairs);
            prop_assert_eq!(answer.is_ok(), expected.is_ok());
            if let Err(faults) = answer {
                prop_assert_eq!(edges_of(&draft), before);
                prop_assert_eq!(faults.len(), expected.expect_err("just compared").len());
                let are_true = faults.iter().all(|fault| match *fault {
                    Fault::UnknownNode { edge, node } => pairs[edge as usize * 2..][..2].contains(&node) && node >= 12,
                    Fault::SelfLoop { edge, node } => pairs[edge as usize * 2..][..2] == [node, node],
                    Fault::DuplicateEdge { edge, first } => pairs[edge as usize * 2..][..2] == pairs[first as usize * 2..][..2],
                    Fault::Cycle { ref path } => path.len() > 1,
                });
                prop_assert!(are_true);
            }
            assert_order_is_topological(&draft, &(0..12).collect());
        }
    }
}

#[test]
fn hostile_orders_stay_cheap_enough_to_finish() {
    // A search of the whole graph for each of these 200,000 edges would take minutes.
    let count = 200_000;
    for reversed_nodes in [false, true] {
        let name = |i: u32| if reversed_nodes { count - 1 - i } else { i };
        let chains: [Box<dyn Iterator<Item = u32>>; 2] = [Box::new(0..count - 1), Box::new((0..count - 1).rev())];
        for chain in chains {
            let mut draft = Draft::default();
            (0..count).for_each(|_| _ = draft.add_node());
            for i in chain {
                draft.add_edge(name(i), name(i + 1)).expect("a chain has no cycle");
            }
            assert_eq!(draft.add_edge(name(count - 1), name(0)), Err(Refusal::Cycle));
            assert_eq!(draft.refused_cycle().len(), count as usize);
        }
    }
}

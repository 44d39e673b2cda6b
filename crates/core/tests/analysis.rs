//! Every algorithm against the definition it implements, on random graphs; petgraph as a second opinion where it has the same.

use std::collections::BTreeSet;

use dagny_core::analysis::all_paths::AllPaths;
use dagny_core::analysis::bit_set::BitSet;
use dagny_core::analysis::critical_path::{Times, critical_path};
use dagny_core::analysis::reachability::{DEFAULT_BUDGET, Reachability};
use dagny_core::analysis::{
    bottom_levels, closure, diagnosis, dominators, longest_path, path_count, reach, reduction, schedule, shortest_path, subgraph,
    topological_order, width,
};
use dagny_core::graph::check::is_acyclic;
use dagny_core::graph::components::{StrongComponents, weak_components};
use dagny_core::graph::{Csr, Fault, Rows};
use dagny_core::plan::StartOrder;
use petgraph::algo::{dominators::simple_fast, kosaraju_scc};
use petgraph::graph::DiGraph;
use proptest::prelude::*;

/// A DAG of up to 40 nodes whose node order is not a topological one, with its edges in a random order.
fn dags() -> impl Strategy<Value = Csr> {
    (1u32..40).prop_flat_map(|count| {
        let order = Just((0..count).collect::<Vec<u32>>()).prop_shuffle();
        let edges = prop::collection::btree_set((0..count, 0..count), 0..(count as usize * 3));
        (order, edges).prop_flat_map(move |(order, edges)| {
            let forward: Vec<[u32; 2]> =
                edges.into_iter().filter(|(a, b)| a < b).map(|(a, b)| [order[a as usize], order[b as usize]]).collect();
            Just(forward).prop_shuffle().prop_map(move |edges| Csr::build(count, &edges.concat()).expect("edges go one way"))
        })
    })
}

/// Any edges between up to 12 nodes, loops and repetitions included.
fn edge_lists() -> impl Strategy<Value = (u32, Vec<u32>)> {
    (1u32..12)
        .prop_flat_map(|count| (Just(count), prop::collection::vec((0..count, 0..count), 0..30)))
        .prop_map(|(count, edges)| (count, edges.into_iter().flat_map(|(a, b)| [a, b]).collect()))
}

/// Costs with few distinct values, zeros among them, so that ties are common.
fn costs() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), Just(2.5), 0.0..10.0f64], 40)
}

/// `reaches[a][b]` by the definition, in O(n³).
fn reaches(graph: &Csr) -> Vec<Vec<bool>> {
    let count = graph.node_count();
    let mut reaches = vec![vec![false; count]; count];
    for (from, to) in graph.out_rows().edges() {
        reaches[from as usize][to as usize] = true;
    }
    for via in 0..count {
        for from in 0..count {
            for to in 0..count {
                reaches[from][to] |= reaches[from][via] && reaches[via][to];
            }
        }
    }
    reaches
}

fn nodes(graph: &Csr) -> std::ops::Range<u32> {
    0..graph.node_count() as u32
}

fn assert_topological(graph: &Csr, order: &[u32]) {
    let mut place = vec![usize::MAX; graph.node_count()];
    for (at, &node) in order.iter().enumerate() {
        assert_eq!(place[node as usize], usize::MAX, "{node} is listed once");
        place[node as usize] = at;
    }
    assert_eq!(order.len(), graph.node_count());
    assert!(graph.out_rows().edges().all(|(from, to)| place[from as usize] < place[to as usize]));
}

/// All paths between two nodes, by the definition.
fn naive_paths(graph: &Csr, from: u32, to: u32) -> Vec<Vec<u32>> {
    if from == to {
        return vec![vec![to]];
    }
    let tails = graph.successors(from).iter().flat_map(|&next| naive_paths(graph, next, to));
    tails
        .map(|mut tail| {
            tail.insert(0, from);
            tail
        })
        .collect()
}

proptest! {
    #[test]
    fn levels_are_one_more_than_the_highest_upstream(graph in dags()) {
        assert_topological(&graph, graph.order());
        for (level, members) in graph.levels().enumerate() {
            for &node in members {
                let above = graph.predecessors(node).iter().map(|from| graph.levels().position(|other| other.contains(from)).expect("listed"));
                prop_assert_eq!(above.max().map_or(0, |highest| highest + 1), level);
            }
        }
        prop_assert_eq!(graph.reversed().reversed(), graph);
    }

    #[test]
    fn orders_by_key_take_the_best_that_is_possible(graph in dags(), priority in costs()) {
        let rank: Vec<u32> = nodes(&graph).rev().collect();
        let by_rank = topological_order::order_by_rank(&graph, &rank);
        let by_priority = topological_order::order_by_priority(&graph, &priority[..graph.node_count()]);
        for (order, better) in [
            (by_rank, &(|a: u32, b: u32| rank[a as usize] < rank[b as usize]) as &dyn Fn(u32, u32) -> bool),
            (by_priority, &|a, b| (priority[b as usize], a) < (priority[a as usize], b)),
        ] {
            assert_topological(&graph, &order);
            let mut listed = BTreeSet::new();
            for &node in &order {
                let possible = |other: &u32| !listed.contains(other) && graph.predecessors(*other).iter().all(|from| listed.contains(from));
                prop_assert!(nodes(&graph).filter(possible).all(|other| other == node || !better(other, node)));
                listed.insert(node);
            }
        }
    }

    #[test]
    fn whatever_asks_who_reaches_whom_gives_one_answer(graph in dags(), budget in prop_oneof![Just(DEFAULT_BUDGET), 0usize..400]) {
        let expected = reaches(&graph);
        let index = Reachability::new(&graph, budget);
        let mut bits = vec![u32::MAX; closure::words_per_row(graph.node_count()) * graph.node_count()];
        closure::fill_bit_matrix(&graph, &mut bits);
        let rows = closure::closure_rows(&graph, u64::MAX).expect("no limit");
        let counts = closure::descendant_counts(&graph);
        for from in nodes(&graph) {
            let below: Vec<u32> = nodes(&graph).filter(|&to| expected[from as usize][to as usize]).collect();
            prop_assert_eq!(&reach::descendants(&graph, from).iter().collect::<Vec<_>>(), &below);
            prop_assert_eq!(rows.row(from), &below);
            prop_assert_eq!(counts[from as usize], below.len() as u64);
            let above: Vec<u32> = nodes(&graph).filter(|&other| expected[other as usize][from as usize]).collect();
            prop_assert_eq!(reach::ancestors(&graph, from).iter().collect::<Vec<_>>(), above);
            for to in nodes(&graph) {
                let expected = expected[from as usize][to as usize];
                prop_assert_eq!(index.is_ancestor(&graph, from, to), expected);
                prop_assert_eq!(reach::is_ancestor(&graph, from, to), expected);
                let width = closure::words_per_row(graph.node_count());
                prop_assert_eq!(bits[from as usize * width + to as usize / 32] >> (to % 32) & 1 == 1, expected);
            }
        }
        let pairs = expected.iter().flatten().filter(|&&is| is).count() as u64;
        prop_assert_eq!(closure::count_reachable_pairs(&graph), pairs);
        prop_assert!(pairs == 0 || closure::closure_rows(&graph, pairs - 1).is_none());
    }

    #[test]
    fn the_reduction_keeps_the_closure_and_cannot_lose_an_edge(graph in dags()) {
        let (reduced, kept) = reduction::transitive_reduction(&graph);
        let expected = reaches(&graph);
        prop_assert_eq!(&reaches(&reduced), &expected);
        prop_assert_eq!(kept.len(), reduced.edge_count());
        for (place, (from, to)) in reduced.out_rows().edges().enumerate() {
            prop_assert_eq!(graph.edge_index(from, to), Some(kept[place]));
            prop_assert!(!nodes(&graph).any(|via| expected[from as usize][via as usize] && expected[via as usize][to as usize]));
        }
    }

    #[test]
    fn a_largest_antichain_is_independent_and_as_large_as_the_fewest_chains(graph in dags()) {
        let antichain = width::largest_antichain(&graph);
        let reaches = reaches(&graph);
        for &a in &antichain {
            prop_assert!(antichain.iter().all(|&b| !reaches[a as usize][b as usize]));
        }
        // Dilworth: as many nodes as the fewest chains, which is n less a largest matching of the closure (found by plain augmentation).
        let count = graph.node_count();
        let mut matched_to = vec![None; count];
        let matching = (0..count).filter(|&from| augment(&reaches, from, &mut matched_to, &mut vec![false; count])).count();
        prop_assert_eq!(antichain.len(), count - matching);
    }

    #[test]
    fn dominators_are_those_that_petgraph_finds(graph in dags()) {
        let mut other = DiGraph::<(), ()>::new();
        let ids: Vec<_> = (0..=graph.node_count()).map(|_| other.add_node(())).collect();
        let root = ids[graph.node_count()];
        for (from, to) in graph.out_rows().edges() {
            other.add_edge(ids[from as usize], ids[to as usize], ());
        }
        for node in nodes(&graph).filter(|&node| graph.predecessors(node).is_empty()) {
            other.add_edge(root, ids[node as usize], ());
        }
        let expected = simple_fast(&other, root);
        for (node, found) in dominators::immediate_dominators(&graph).into_iter().enumerate() {
            let expected = expected.immediate_dominator(ids[node]).filter(|&dominator| dominator != root);
            prop_assert_eq!(found, expected.map_or(dominators::VIRTUAL_ROOT, |dominator| dominator.index() as u32));
        }
    }

    #[test]
    fn paths_are_listed_in_order_counted_and_measured(graph in dags(), weights in prop::collection::vec(-3.0..5.0f64, 800)) {
        prop_assume!(graph.edge_count() < 40);
        for from in nodes(&graph) {
            for to in nodes(&graph) {
                let expected = naive_paths(&graph, from, to);
                let mut walk = AllPaths::new(&graph, from, to);
                for path in &expected {
                    prop_assert_eq!(walk.advance(&graph), Some(path.as_slice()));
                }
                prop_assert_eq!(walk.advance(&graph), None);
                prop_assert_eq!(walk.advance(&graph), None);
                let count = path_count::count_paths(&graph, from, to);
                prop_assert_eq!(count.first().copied().unwrap_or(0), expected.len() as u64);
                let length = |path: &Vec<u32>| path.windows(2).map(|ends| weights[graph.edge_index(ends[0], ends[1]).expect("an edge") as usize]).sum::<f64>();
                let shortest = expected.iter().map(length).reduce(f64::min);
                let longest = expected.iter().map(length).reduce(f64::max);
                let found = shortest_path::shortest_path(&graph, from, to, Some(&weights)).map(|path| path.length);
                prop_assert!(close(found, shortest), "{:?} {:?}", found, shortest);
                let found = longest_path::longest_path(&graph, Some(from), Some(to), Some(&weights)).map(|path| path.length);
                prop_assert!(close(found, longest), "{:?} {:?}", found, longest);
                let fewest = expected.iter().map(|path| path.len() as f64 - 1.0).reduce(f64::min);
                prop_assert_eq!(shortest_path::shortest_path(&graph, from, to, None).map(|path| path.length), fewest);
            }
        }
        let all = nodes(&graph).flat_map(|from| nodes(&graph).map(move |to| (from, to)));
        let best = all.filter_map(|(from, to)| longest_path::longest_path(&graph, Some(from), Some(to), Some(&weights))).map(|path| path.length).reduce(f64::max);
        prop_assert!(close(longest_path::longest_path(&graph, None, None, Some(&weights)).map(|path| path.length), best));
        let edges = longest_path::longest_path(&graph, None, None, None).map(|path| path.length);
        prop_assert_eq!(edges, Some(graph.levels().len() as f64 - 1.0));
    }

    #[test]
    fn slack_is_never_negative_and_none_on_the_critical_path(graph in dags(), costs in costs()) {
        let count = graph.node_count();
        let costs = &costs[..count];
        let (mut earliest, mut latest, mut slack) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
        let times = Times { earliest: &mut earliest, latest: &mut latest, slack: &mut slack };
        let (path, total) = critical_path(&graph, Some(costs), times);
        let bottom = bottom_levels::bottom_levels(&graph, Some(costs));
        prop_assert!(graph.predecessors(path[0]).is_empty());
        prop_assert!(path.windows(2).all(|ends| graph.edge_index(ends[0], ends[1]).is_some()));
        prop_assert!((path.iter().map(|&node| costs[node as usize]).sum::<f64>() - total).abs() < 1e-9);
        prop_assert_eq!(path.iter().find(|&&node| slack[node as usize] != 0.0), None);
        for node in 0..count {
            prop_assert!(slack[node] >= 0.0);
            prop_assert!((latest[node] - earliest[node] - slack[node]).abs() < 1e-9);
            prop_assert!((total - bottom[node] - latest[node]).abs() < 1e-9);
        }
        for (from, to) in graph.out_rows().edges() {
            prop_assert!(earliest[from as usize] + costs[from as usize] <= earliest[to as usize]);
            prop_assert!(latest[from as usize] + costs[from as usize] <= latest[to as usize] + 1e-9);
        }
    }

    #[test]
    fn a_schedule_can_be_carried_out_and_leaves_nobody_idle(graph in dags(), costs in costs(), workers in 1u32..6) {
        let costs = &costs[..graph.node_count()];
        let starts = StartOrder::new(&graph, Some(costs), None);
        let plan = schedule::schedule(&graph, Some(costs), &starts, workers);
        assert_topological(&graph, &plan.order);
        prop_assert!(plan.worker.iter().all(|&worker| worker < workers));
        for (node, cost) in costs.iter().enumerate() {
            prop_assert!((plan.finish[node] - plan.start[node] - cost).abs() < 1e-12);
        }
        for (from, to) in graph.out_rows().edges() {
            prop_assert!(plan.finish[from as usize] <= plan.start[to as usize]);
        }
        for steps in plan.step_start.windows(2) {
            let step = &plan.order[steps[0] as usize..steps[1] as usize];
            prop_assert!(step.iter().all(|&node| plan.start[node as usize].to_bits() == plan.start[step[0] as usize].to_bits()));
            prop_assert!(step.iter().all(|&from| step.iter().all(|&to| graph.edge_index(from, to).is_none())));
        }
        // One worker holds one node at a time, in the order they start.
        for worker in 0..workers {
            let held: Vec<u32> = plan.order.iter().copied().filter(|&node| plan.worker[node as usize] == worker).collect();
            prop_assert!(held.windows(2).all(|pair| plan.finish[pair[0] as usize] <= plan.start[pair[1] as usize]));
        }
        // Graham: never idle while a node is ready, so work and critical path bound the end.
        let work: f64 = costs.iter().sum();
        let longest = bottom_levels::bottom_levels(&graph, Some(costs)).into_iter().fold(0.0, f64::max);
        prop_assert!(plan.makespan >= longest.max(work / f64::from(workers)) - 1e-9);
        prop_assert!(plan.makespan <= (work - longest) / f64::from(workers) + longest + 1e-9);
        let unlimited = schedule::schedule(&graph, Some(costs), &starts, u32::MAX);
        prop_assert!((unlimited.makespan - longest).abs() < 1e-9);
    }

    #[test]
    fn components_are_those_that_petgraph_finds((count, pairs) in edge_lists()) {
        let rows = Rows::from_pairs(count, &pairs);
        let mut other = DiGraph::<(), ()>::new();
        let ids: Vec<_> = (0..count).map(|_| other.add_node(())).collect();
        for edge in pairs.chunks_exact(2) {
            other.add_edge(ids[edge[0] as usize], ids[edge[1] as usize], ());
        }
        let mut expected: Vec<Vec<u32>> = kosaraju_scc(&other).into_iter().map(|members| { let mut members: Vec<u32> = members.iter().map(|node| node.index() as u32).collect(); members.sort_unstable(); members }).collect();
        expected.sort_unstable();
        let strong = StrongComponents::of(&rows);
        prop_assert_eq!((0..strong.count() as u32).map(|component| strong.members(component).to_vec()).collect::<Vec<_>>(), expected);
        prop_assert_eq!(weak_components(&rows).1, petgraph::algo::connected_components(&other));
    }

    #[test]
    fn a_diagnosis_finds_no_fault_exactly_where_a_graph_can_be_built((count, pairs) in edge_lists()) {
        let found = diagnosis::diagnose(count, &pairs);
        prop_assert_eq!(Csr::build(count, &pairs).err().unwrap_or_default(), found.faults.clone());
        let has_cycle = found.faults.iter().any(|fault| matches!(fault, Fault::SelfLoop { .. } | Fault::Cycle { .. }));
        prop_assert_eq!(is_acyclic(count, &pairs), Some(!has_cycle));
        prop_assert_eq!(is_acyclic(count, &[0, count]), None);
        let edges: BTreeSet<(u32, u32)> = pairs.chunks_exact(2).map(|edge| (edge[0], edge[1])).collect();
        let mut cyclic = found.strong.cyclic();
        for fault in &found.faults {
            if let Fault::Cycle { path } = fault {
                let members = cyclic.next().expect("a cycle for each component");
                prop_assert_eq!(path[0], members[0]);
                prop_assert!(path.iter().all(|node| members.contains(node)));
                prop_assert!(path.iter().zip(path.iter().cycle().skip(1)).all(|(&a, &b)| edges.contains(&(a, b))));
                prop_assert_eq!(path.iter().collect::<BTreeSet<_>>().len(), path.len());
            }
        }
        prop_assert!(cyclic.next().is_none());
        let reached = |from: u32| {
            let mut seen = BTreeSet::new();
            let mut stack = vec![from];
            while let Some(node) = stack.pop() {
                stack.extend(edges.iter().filter(|edge| edge.0 == node).map(|edge| edge.1).filter(|&to| seen.insert(to)));
            }
            seen.remove(&from);
            seen.len() as u64
        };
        prop_assert_eq!(found.descendant_counts(), (0..count).map(reached).collect::<Vec<_>>());
    }

    #[test]
    fn a_subgraph_has_the_edges_between_its_nodes(graph in dags(), chosen in prop::collection::vec(0u32..40, 0..20), up in 0u32..3, down in 0u32..3) {
        let chosen: Vec<u32> = chosen.into_iter().filter(|&node| (node as usize) < graph.node_count()).collect();
        let near = subgraph::within_depth(&graph, &chosen, up, down);
        let part = subgraph::induced_subgraph(&graph, &near);
        prop_assert_eq!(&part.nodes, &near.iter().collect::<Vec<_>>());
        let expected: Vec<(u32, u32)> = graph.out_rows().edges().filter(|&(a, b)| near.contains(a) && near.contains(b)).collect();
        let found: Vec<(u32, u32)> = part.graph.out_rows().edges().map(|(a, b)| (part.nodes[a as usize], part.nodes[b as usize])).collect();
        prop_assert_eq!(&found, &expected);
        let places: Vec<Option<u32>> = expected.iter().map(|&(a, b)| graph.edge_index(a, b)).collect();
        prop_assert_eq!(part.edges.into_iter().map(Some).collect::<Vec<_>>(), places);
        if up == 0 && down == 0 {
            prop_assert_eq!(near, BitSet::of(graph.node_count(), &chosen));
        }
    }
}

fn augment(reaches: &[Vec<bool>], from: usize, matched_to: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for to in 0..reaches.len() {
        if reaches[from][to] && !std::mem::replace(&mut seen[to], true) {
            let is_free = match matched_to[to] {
                None => true,
                Some(other) => augment(reaches, other, matched_to, seen),
            };
            if is_free {
                matched_to[to] = Some(from);
                return true;
            }
        }
    }
    false
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (None, None) => true,
        _ => false,
    }
}

#[test]
fn a_count_of_paths_has_as_many_digits_as_it_takes() {
    // 200 diamonds in a row: 2^200 paths.
    let pairs: Vec<u32> = (0..200)
        .flat_map(|i| {
            let at = i * 3;
            [at, at + 1, at, at + 2, at + 1, at + 3, at + 2, at + 3]
        })
        .collect();
    let graph = Csr::build(601, &pairs).expect("sound");
    assert_eq!(path_count::count_paths(&graph, 0, 600), [0, 0, 0, 1 << 8]);
    assert_eq!(path_count::count_root_to_leaf_paths(&graph), [0, 0, 0, 1 << 8]);
}

/// Graphs of several words and blocks: a million bits of answers each, compared with the bit matrix.
#[test]
fn large_graphs_get_the_same_answers_from_every_algorithm() {
    for (seed, count, reach) in [(1, 1_500, 40), (2, 1_500, 1_400), (3, 2_000, 3), (4, 700, 699)] {
        let graph = random_dag(seed, count, reach);
        let width = closure::words_per_row(graph.node_count());
        let mut bits = vec![0; width * graph.node_count()];
        closure::fill_bit_matrix(&graph, &mut bits);
        let reaches = |from: u32, to: u32| bits[from as usize * width + to as usize / 32] >> (to % 32) & 1 == 1;

        let indices = [Reachability::new(&graph, DEFAULT_BUDGET), Reachability::new(&graph, 60_000)];
        assert!(indices[0].is_complete());
        for from in nodes(&graph) {
            for to in nodes(&graph).step_by(7) {
                assert!(indices.iter().all(|index| index.is_ancestor(&graph, from, to) == reaches(from, to)), "{from} {to}");
            }
        }
        let counted = closure::descendant_counts(&graph);
        assert!(nodes(&graph).all(|from| counted[from as usize] == nodes(&graph).filter(|&to| reaches(from, to)).count() as u64));

        let redundant = reduction::redundant_edges(&graph);
        for (edge, (from, to)) in (0..).zip(graph.out_rows().edges()) {
            let has_other_way = graph.successors(from).iter().any(|&via| reaches(via, to));
            assert_eq!(redundant.contains(edge), has_other_way, "{from} -> {to}");
        }

        let antichain = width::largest_antichain(&graph);
        assert!(antichain.iter().all(|&a| antichain.iter().all(|&b| !reaches(a, b))));
        assert!(antichain.len() >= graph.levels().map(<[u32]>::len).max().unwrap_or(0));
    }
}

/// Each node has up to three random upstreams among the `reach` before it; then ids are shuffled.
fn random_dag(seed: u64, count: u32, reach: u32) -> Csr {
    let mut state = seed;
    let mut random = move |below: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(below)) as u32
    };
    let mut id: Vec<u32> = (0..count).collect();
    for at in (1..count).rev() {
        id.swap(at as usize, random(at + 1) as usize);
    }
    let mut edges = BTreeSet::new();
    for node in 1..count {
        for _ in 0..3 {
            let from = node - 1 - random(reach.min(node));
            edges.insert([id[from as usize], id[node as usize]]);
        }
    }
    let pairs: Vec<u32> = edges.into_iter().flatten().collect();
    Csr::build(count, &pairs).expect("edges go one way")
}

/// What the deepest and the widest graph do to an algorithm that recurses or walks too much.
#[test]
fn a_chain_and_a_star_of_a_million_are_graphs_like_any_other() {
    let count = 1_000_000u32;
    let chain: Vec<u32> = (0..count - 1).flat_map(|node| [node, node + 1]).collect();
    let star: Vec<u32> = (1..count).flat_map(|node| [0, node]).collect();
    let worker = std::thread::Builder::new().stack_size(256 * 1024);
    let walk = move || {
        for (pairs, levels, size, widest) in [(&chain, count, 2, 1), (&star, 2, count, count - 1)] {
            let graph = Csr::build(count, pairs).expect("sound");
            let last = count - 1;
            assert_eq!(graph.levels().len() as u32, levels);
            assert_eq!(reach::descendants(&graph, 0).count() as u32, count - 1);
            assert!(reach::is_ancestor(&graph, 0, last));
            assert_eq!(
                shortest_path::shortest_path(&graph, 0, last, None).map(|path| path.nodes.len() as u32),
                Some(if size == 2 { count } else { 2 })
            );
            assert_eq!(path_count::count_paths(&graph, 0, last), [1]);
            assert_eq!(AllPaths::new(&graph, 0, last).advance(&graph).map(<[u32]>::len), Some(if size == 2 { count as usize } else { 2 }));
            assert_eq!(width::largest_antichain(&graph).len() as u32, widest);
            assert_eq!(reduction::redundant_edges(&graph).count(), 0);
            assert_eq!(dominators::immediate_dominators(&graph)[last as usize], if size == 2 { last - 1 } else { 0 });
            let index = Reachability::new(&graph, DEFAULT_BUDGET);
            assert!(index.is_complete() && index.is_ancestor(&graph, 0, last) && !index.is_ancestor(&graph, last, 0));
            assert_eq!(closure::descendant_counts(&graph)[0], u64::from(count) - 1);
            let starts = StartOrder::new(&graph, None, None);
            assert!((schedule::schedule(&graph, None, &starts, 4).makespan - if size == 2 { 1e6 } else { 250_001.0 }).abs() < 1e-9);
            let mut ring = pairs.clone();
            ring.extend([last, 0]);
            let found = diagnosis::diagnose(count, &ring);
            assert!(matches!(&found.faults[..], [Fault::Cycle { path }] if path.len() as u32 == if size == 2 { count } else { 2 }));
        }
    };
    worker.spawn(walk).expect("a thread").join().expect("no overflow, no panic");
}

//! Attempts whose host died, through the public API: what a runtime asks of a run, and what it tells it.

use std::sync::Arc;

use dagny_core::graph::Csr;
use dagny_core::journal;
use dagny_core::plan::{Place, Plan, PlanParts, Policy, StartOrder};
use dagny_core::run::{Effects, Input, NodeState, Outcome, Reason, Run, RunOptions, RunStatus, WaitFor};

/// Nodes without edges, one policy each.
fn plan(policies: Vec<Policy>) -> Arc<Plan> {
    let count = policies.len() as u32;
    let graph = Csr::build(count, &[]).expect("no edges are a DAG");
    let order = StartOrder::new(&graph, None, None);
    let parts = PlanParts { policies, policy_of: Some((0..count).collect()), ..PlanParts::default() };
    Arc::new(Plan::new(Arc::new(graph), Arc::new(order), parts))
}

fn settle(node: u32, attempt: u32, outcome: Outcome) -> Input {
    Input::Settle { node, attempt, at: 0, outcome }
}

#[test]
fn a_lease_is_of_one_attempt_and_lives_until_it_returns() {
    let mut run = Run::new(plan(vec![Policy { place: Place::Thread, ..Policy::default() }]), RunOptions::default(), false);
    let mut effects = Effects::default();
    assert!(!run.is_leased(0, 1) && !run.is_live(0));
    run.advance(&[Input::Start { at: 0 }], 0, &mut effects);
    assert!(run.is_leased(0, 1) && !run.is_leased(0, 2) && !run.is_leased(0, 0) && !run.is_live(0));
    run.advance(&[Input::Begin { node: 0, attempt: 1, at: 0 }], 0, &mut effects);
    assert!(!run.is_leased(0, 1) && !run.is_leased(0, 2) && run.is_live(0));

    // Parked, it is live; woken, its lease is of the same attempt.
    run.advance(&[Input::Wait { node: 0, attempt: 1, at: 0, key: 1 << 31, what: WaitFor::Time(5) }], 0, &mut effects);
    assert!(run.is_live(0) && !run.is_leased(0, 1));
    run.advance(&[], 5, &mut effects);
    assert!(run.is_live(0) && run.is_leased(0, 1) && !run.is_leased(0, 2));

    // What crashed is leased anew in the same step.
    run.advance(&[Input::Begin { node: 0, attempt: 1, at: 5 }, settle(0, 1, Outcome::Crashed)], 5, &mut effects);
    assert!(!run.is_live(0) && run.is_leased(0, 2) && !run.is_leased(0, 1));
    run.advance(&[Input::Cancel { at: 6 }], 6, &mut effects);
    assert!(!run.is_leased(0, 2));

    // Of nodes that are not there nothing holds.
    assert!(!run.is_leased(7, 1) && !run.is_live(7));
}

#[test]
fn commands_have_lanes_after_the_slots_and_places_are_known() {
    let places = [Place::Inline, Place::Thread, Place::Command, Place::Command];
    let plan = plan(places.into_iter().map(|place| Policy { place, ..Policy::default() }).collect());
    let options = RunOptions { max_workers: 2, max_commands: 1, ..RunOptions::default() };
    let mut run = Run::new(plan, options, false);
    let mut effects = Effects::default();
    run.advance(&[Input::Start { at: 0 }], 0, &mut effects);
    let leases: Vec<(u32, u32)> = effects.leases.iter().map(|lease| (lease.node, lease.lane)).collect();
    assert_eq!(leases, [(0, 0), (1, 1), (2, 2)]);
    assert_eq!((0..4).map(|node| run.place(node)).collect::<Vec<_>>(), places);
}

#[test]
fn crashes_are_kept_apart_from_attempts_and_in_the_journal() {
    let policy = Policy { max_crashes: 2, max_attempts: 2, ..Policy::default() };
    let external = Policy { is_external: true, ..Policy::default() };
    let plan = plan(vec![policy, external]);
    let options = RunOptions { max_workers: 2, max_commands: 7, fail_fast: false, ..RunOptions::default() };
    let mut run = Run::new(Arc::clone(&plan), options.clone(), true);
    let mut effects = Effects::default();
    let mut bytes = journal::encode_header(&plan, &options);
    let mut events = Vec::new();
    run.advance(&[Input::Start { at: 0 }], 0, &mut effects);
    run.advance(&[Input::Begin { node: 1, attempt: 1, at: 0 }, settle(1, 1, Outcome::Crashed)], 0, &mut effects);
    for (attempt, outcome) in [(1, Outcome::Crashed), (2, Outcome::FAILED), (3, Outcome::Crashed), (4, Outcome::Crashed)] {
        run.advance(&[Input::Begin { node: 0, attempt, at: 0 }, settle(0, attempt, outcome)], 0, &mut effects);
        run.take_events(&mut events);
        journal::encode_events(&events, &mut bytes);
        let again = journal::replay(&bytes, &plan, &[]).expect("it was written just now");
        assert_eq!(again.columns(), run.columns());
        assert_eq!(again.past_attempts(), run.past_attempts());
        assert_eq!(again.options(), &options);
    }
    assert_eq!(effects.ended, Some(RunStatus::Failed));
    assert_eq!(run.columns().state(), [NodeState::Failed, NodeState::Failed]);
    assert_eq!(run.columns().reason(), [Reason::Crashed, Reason::Crashed]);
    let reasons: Vec<Reason> = run.past_attempts().iter().map(|past| past.reason).collect();
    assert_eq!(reasons, [Reason::Crashed, Reason::Error, Reason::Crashed]);
}

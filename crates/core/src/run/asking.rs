//! Questions and waits are noted, answered, over. Part of the fold, see `apply.rs`.

use super::Run;
use super::columns::flag;
use super::effect::WaitEnd;
use super::event::Event;
use super::input::{Question, Verdict};
use super::state::{NodeState, Reason};
use super::timer::{Timer, TimerClass, place_of};
use super::{Decision, NEVER, PastAttempt, Queued, Stretch, Waiting};
use crate::plan::{Kind, Look};

impl Run {
    pub(super) fn apply_question(&mut self, node: u32, detail: u8, lane: u32, time: u64) {
        let question = question_of(detail);
        self.take_decision(node);
        if question == Question::Until {
            self.close_inside(node, None);
        }
        let which = place_of(question, lane);
        let due = self.places.policy(node).timeout.map_or(NEVER, |timeout| time.saturating_add(timeout));
        self.questions.insert((node, which), due);
        if due != NEVER {
            self.timers.arm(Timer { due, node, class: TimerClass::Predicate, which });
        }
    }

    pub(super) fn apply_answer(&mut self, node: u32, detail: u8, from: u32) {
        let question = question_of(detail & 15);
        self.questions.remove(&(node, place_of(question, from)));
        let verdict = [Verdict::Yes, Verdict::No, Verdict::Nothing, Verdict::Threw].into_iter().find(|&it| it as u8 == detail >> 4);
        let Some(verdict) = verdict.filter(|&it| it != Verdict::Threw) else {
            self.decisions.push_back(Decision::Fail(node, Reason::Error));
            return;
        };
        let is_yes = verdict == Verdict::Yes;
        match question {
            Question::Edge => {
                let look = match verdict {
                    Verdict::Yes => Look::Completed,
                    Verdict::Nothing => Look::Filtered,
                    _ => Look::Skipped,
                };
                if is_yes {
                    self.passed_edges.insert((from, node));
                }
                self.count_look(from, node, look);
            }
            Question::Condition if is_yes => self.decisions.push_back(Decision::Wanted(node)),
            Question::Condition => self.decisions.push_back(Decision::Skip(node, Reason::Condition)),
            Question::Cache | Question::Until if is_yes => self.decisions.push_back(Decision::Complete(node)),
            Question::Cache if self.places.policy(node).kind == Kind::Given => self.decisions.push_back(Decision::Complete(node)),
            Question::Cache => self.decisions.push_back(Decision::Ready(node)),
            Question::Until => self.opening.push_back(node),
        }
    }

    pub(super) fn apply_wait(&mut self, event: &Event) {
        let Event { time, node, attempt, lane: key, detail, value: due, .. } = *event;
        let i = node as usize;
        if self.opening.front() == Some(&node) {
            self.opening.pop_front();
        }
        let (name, has_default) = self.name_of_wait(node, key, detail);
        let order = self.event_count;
        self.waits.insert((node, key), Waiting { due, name, has_default, order });
        if due != NEVER {
            self.timers.arm(Timer { due, node, class: TimerClass::Wait, which: key });
        }
        if let Some(name) = name {
            self.listeners.entry(name).or_default().insert(order, (node, key));
            if self.queued_for(node, key).is_some() {
                self.arrived.push_back((node, key));
            }
        }
        if self.nodes.state[i] == NodeState::Running {
            let began = self.nodes.began(node);
            let stretch = self.stretches.entry(node).or_insert(Stretch { since: began, used: 0 });
            stretch.used += time.saturating_sub(stretch.since);
            if self.nodes.has(node, flag::LIVE) {
                let lane = self.nodes.lane[i];
                self.past_attempts.push(PastAttempt { node, attempt, lane, started_at: began, ended_at: time, reason: Reason::None });
            }
            self.running_count -= 1;
            self.let_go(node, false);
            self.nodes.attempt[i] = attempt;
            self.nodes.state[i] = NodeState::Waiting;
            self.waiting_count += 1;
        }
    }

    pub(super) fn apply_wait_over(&mut self, node: u32, key: u32, detail: u8, payload: u64) {
        if let Some(wait) = self.waits.remove(&(node, key)) {
            self.unlisten(&wait);
            let is_signal = detail == WaitEnd::Answered as u8 || detail == WaitEnd::Rejected as u8;
            if let Some(queue) = wait.name.filter(|_| is_signal).and_then(|name| self.signals.get_mut(&name)) {
                let is_it = |it: &Queued| it.node.is_none_or(|it| it == node) && u64::from(it.payload) == payload;
                if let Some(at) = queue.iter().position(is_it) {
                    queue.remove(at);
                }
            }
        }
        let is_wait_node = matches!(self.places.policy(node).kind, Kind::Wait(_));
        if is_wait_node {
            self.decisions.push_back(if detail == WaitEnd::Rejected as u8 {
                Decision::Fail(node, Reason::Rejected)
            } else if detail == WaitEnd::TimedOut as u8 {
                Decision::Fail(node, Reason::Timeout)
            } else {
                Decision::Complete(node)
            });
        } else if self.nodes.state[node as usize] == NodeState::Waiting {
            self.decisions.push_back(Decision::Ready(node));
        }
    }
}

fn question_of(detail: u8) -> Question {
    let all = [Question::Edge, Question::Condition, Question::Cache, Question::Until];
    all.into_iter().find(|&question| question as u8 == detail).unwrap_or(Question::Edge)
}

//! What can be read of a run.

use std::sync::Arc;

use super::columns::flag;
use super::effect::Opened;
use super::event::{Event, NONE};
use super::{Columns, NEVER, PastAttempt, Run, RunOptions, RunStatus};
use crate::plan::{Place, Plan};

/// A block of ids with one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentView {
    /// The first id.
    pub first: u32,
    /// How many there are.
    pub count: u32,
    /// The container, or the node that grew it; `None` for the base graph and for what was added from outside.
    pub opener: Option<u32>,
    /// What it is.
    pub what: Opened,
}

/// A wait that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenWait {
    /// The node.
    pub node: u32,
    /// Which of its waits.
    pub key: u32,
    /// When it ends by itself, in microseconds since the run's start.
    pub due: Option<u64>,
    /// The signal it hears.
    pub name: Option<u32>,
}

impl Run {
    /// The plan this run executes.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The options it was made with.
    #[must_use]
    pub fn options(&self) -> &RunOptions {
        &self.options
    }

    /// The state of every node.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.nodes
    }

    /// Nodes that failed for good, in sequence order.
    #[must_use]
    pub fn failed(&self) -> &[u32] {
        &self.failed
    }

    /// Attempts that failed and were followed by another, in sequence order.
    #[must_use]
    pub fn past_attempts(&self) -> &[PastAttempt] {
        &self.past_attempts
    }

    /// Attempts that did not return in time after they had been told to stop, by node, then attempt.
    pub fn abandoned(&self) -> impl Iterator<Item = (u32, u32)> {
        self.told.iter().filter(|(_, told)| told.abandoned).map(|(&attempt, _)| attempt)
    }

    /// How the run ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<RunStatus> {
        self.ended
    }

    /// Time of the last event, in whole microseconds since the run's start.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }

    /// How many events there have been, recorded or not.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.event_count
    }

    /// Keeps events from now on, until they are taken.
    pub fn record(&mut self) {
        self.log.get_or_insert_default();
    }

    /// Whether events are kept.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.log.is_some()
    }

    /// Whether events wait to be taken.
    #[must_use]
    pub fn has_events(&self) -> bool {
        self.log.as_ref().is_some_and(|log| !log.is_empty())
    }

    /// Takes the events kept since the last call; the buffer that comes in is reused.
    pub fn take_events(&mut self, into: &mut Vec<Event>) {
        into.clear();
        if let Some(log) = &mut self.log {
            std::mem::swap(log, into);
        }
    }

    /// The blocks of ids there are, ascending: the base graph first.
    pub fn segments(&self) -> impl Iterator<Item = SegmentView> {
        self.places.segments().iter().map(|segment| SegmentView {
            first: segment.first,
            count: segment.count,
            opener: (segment.opener != NONE).then_some(segment.opener),
            what: segment.what,
        })
    }

    /// The waits that are not over, by node, then key.
    pub fn open_waits(&self) -> impl Iterator<Item = OpenWait> {
        self.waits.iter().map(|(&(node, key), wait)| OpenWait { node, key, due: (wait.due != NEVER).then_some(wait.due), name: wait.name })
    }

    /// Whether nothing more starts.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused && self.is_up()
    }

    /// Whether this attempt of a node is leased and has not begun, or goes on on a new lease and has not gone on.
    #[must_use]
    pub fn is_leased(&self, node: u32, attempt: u32) -> bool {
        let i = node as usize;
        i < self.nodes.state.len()
            && self.nodes.has(node, flag::LEASED)
            && attempt == self.nodes.attempt[i].wrapping_add(u32::from(!self.nodes.has(node, flag::LIVE)))
    }

    /// Whether the code of a node's current attempt was called and has not returned; that of one that was told to stop is not current.
    #[must_use]
    pub fn is_live(&self, node: u32) -> bool {
        (node as usize) < self.nodes.state.len() && self.nodes.has(node, flag::LIVE)
    }

    /// Where the code of a node runs.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn place(&self, node: u32) -> Place {
        self.places.policy(node).place
    }

    /// Nodes whose undoing has ended, in sequence order, and whether it succeeded.
    #[must_use]
    pub fn undone(&self) -> &[(u32, bool)] {
        &self.undoing.done
    }

    /// The upstreams whose outputs are the inputs of a node, ascending; `None` while its join is not decided, or was not met.
    #[must_use]
    pub fn inputs_of(&self, node: u32) -> Option<Vec<u32>> {
        if node as usize >= self.nodes.state.len() {
            return None;
        }
        if let Some(inputs) = self.frozen.get(&node) {
            return Some(inputs.to_vec());
        }
        self.is_met(node).then(|| self.places.upstreams(node))
    }

    /// What has been added to the graph, in the order of the commits.
    #[must_use]
    pub fn growths(&self) -> &[Arc<super::Growth>] {
        &self.growths
    }
}

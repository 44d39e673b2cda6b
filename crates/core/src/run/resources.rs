//! Pools, rates and keys: what attempts need beside a slot. All of a node's needs are taken, or none.

use std::collections::VecDeque;

use crate::plan::Need;

/// A pool of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pool {
    /// How much there is; for a rate, how many starts there may be in one window.
    pub capacity: u32,
    /// The window of a rate, in microseconds; `None` for a pool whose amounts come back when an attempt ends.
    pub interval: Option<u64>,
}

/// What is left of each pool.
#[derive(Debug, Clone, Default)]
pub(super) struct Pools {
    states: Vec<PoolState>,
}

#[derive(Debug, Clone)]
struct PoolState {
    pool: Pool,
    free: u32,
    /// Of a rate: when the starts in the current window were, ascending.
    starts: VecDeque<u64>,
}

impl PoolState {
    fn clamp(&self, need: Need) -> u32 {
        need.amount.min(self.pool.capacity)
    }
}

impl Pools {
    pub(super) fn new(pools: &[Pool]) -> Self {
        let states = pools.iter().map(|&pool| PoolState { pool, free: pool.capacity, starts: VecDeque::new() });
        Self { states: states.collect() }
    }

    fn of(&self, need: Need) -> Option<&PoolState> {
        self.states.get(need.pool as usize)
    }

    /// Whether all of `needs` are there at `time`. A pool that does not exist lacks nothing, and a need larger than its pool is all of it:
    /// hosts refuse both before a run, and nothing hangs where one does not.
    pub(super) fn has(&self, needs: &[Need], time: u64) -> bool {
        needs.iter().all(|&need| {
            self.of(need).is_none_or(|state| match state.pool.interval {
                None => state.free >= state.clamp(need),
                Some(interval) => {
                    let left = state.starts.iter().rev().take_while(|&&start| start.saturating_add(interval) > time).count();
                    left as u64 + u64::from(state.clamp(need)) <= u64::from(state.pool.capacity)
                }
            })
        })
    }

    /// When the rates among `needs` may have room again, if it is they that have none at `time`.
    pub(super) fn room_at(&self, needs: &[Need], time: u64) -> Option<u64> {
        needs
            .iter()
            .filter_map(|&need| {
                let state = self.of(need)?;
                let interval = state.pool.interval?;
                let taken: Vec<u64> = state.starts.iter().copied().filter(|start| start.saturating_add(interval) > time).collect();
                let over = (taken.len() as u64 + u64::from(state.clamp(need))).checked_sub(u64::from(state.pool.capacity))?;
                taken.get((over as usize).checked_sub(1)?).map(|start| start.saturating_add(interval))
            })
            .max()
    }

    pub(super) fn take(&mut self, needs: &[Need], time: u64) {
        for &need in needs {
            let Some(state) = self.states.get_mut(need.pool as usize) else { continue };
            match state.pool.interval {
                None => state.free = state.free.saturating_sub(state.clamp(need)),
                Some(interval) => {
                    while state.starts.front().is_some_and(|start| start.saturating_add(interval) <= time) {
                        state.starts.pop_front();
                    }
                    state.starts.extend(std::iter::repeat_n(time, state.clamp(need) as usize));
                }
            }
        }
    }

    /// Gives amounts back; what a rate has counted stays counted.
    pub(super) fn give_back(&mut self, needs: &[Need]) {
        for &need in needs {
            if let Some(state) = self.states.get_mut(need.pool as usize).filter(|state| state.pool.interval.is_none()) {
                state.free = state.free.saturating_add(state.clamp(need)).min(state.pool.capacity);
            }
        }
    }

    /// Takes the starts made at `time` out of the windows of rates: the lease was not used.
    pub(super) fn forget_start(&mut self, needs: &[Need], time: u64) {
        for &need in needs {
            let Some(state) = self.states.get_mut(need.pool as usize).filter(|state| state.pool.interval.is_some()) else { continue };
            for _ in 0..state.clamp(need) {
                if let Some(at) = state.starts.iter().rposition(|&start| start == time) {
                    state.starts.remove(at);
                }
            }
        }
    }
}

//! Policies as JavaScript gives them, made into the core's.

use std::sync::Arc;

use dagny_core::plan::{
    Backoff, BackoffGrowth, Container, Expression, Join, Kind, Look, Need, OWN_SIGNAL, OnFailure, Place, Policy, Token, WaitPolicy,
};
use napi_derive::napi;

use crate::numbers::{internal, length, length_if_any, timeout};
use crate::plan::NativePlan;

/// The rules of the nodes that share them. Numbers stand for words as `src/native/codes.ts` says.
#[napi(object, object_to_js = false)]
pub struct NativePolicy<'env> {
    /// 0 task, 1 wait, 2 map, 3 sub-DAG, 4 loop, 5 given.
    pub kind: u32,
    /// 0 allCompleted, 1 anyCompleted, 2 allSettled, 3 anyFailed, 4 allFailed, 5 noneFailed, 6 noneFailedOneCompleted, 7 expression.
    pub join: u32,
    /// In postfix, each word `op | look << 4 | upstream << 8`, `upstream` being the place among the node's upstreams in node order.
    /// Op: 0 is, 1 not, 2 and, 3 or, 4 true, 5 false. Look: 1 completed, 2 failed, 3 skipped, 4 blocked, 5 filtered, 6 cancelled.
    pub expression: Option<napi::bindgen_prelude::Uint32ArraySlice<'env>>,
    /// 0 fail, 1 allow, 2 continue.
    pub on_failure: u32,
    /// Bits: 1 condition, 2 cached, 4 finally, 8 undo, 16 fail fast inside, 32 the wait has a default, 64 on a thread, 128 external, 256 a
    /// command (not together with 64).
    pub flags: u32,
    /// How many attempts may crash and be made again, not counted as attempts.
    pub max_crashes: u32,
    /// Longest wall time from the first start, in milliseconds; NaN for none.
    pub node_timeout_ms: f64,
    /// The delay before the second attempt, in milliseconds.
    pub delay_ms: f64,
    /// 0 fixed, 1 linear, 2 exponential.
    pub growth: u32,
    /// The factor of an exponential backoff, at least 1.
    pub factor: f64,
    /// The longest delay, in milliseconds; NaN for none.
    pub max_delay_ms: f64,
    /// Which part of a delay is up to chance, from 0 to 1.
    pub jitter: f64,
    /// `[pool, amount, …]`, each pool once.
    pub needs: Option<napi::bindgen_prelude::Uint32ArraySlice<'env>>,
    /// The name a wait node waits for: -1 none (it sleeps), -2 its own.
    pub signal: f64,
    /// The length of a sleep or how long a wait node waits, in milliseconds; NaN for ever.
    pub wait_ms: f64,
    /// What is inside a container: a place in the list of inner plans.
    pub inner: u32,
    /// How many nodes inside may run at once; 0 for no limit.
    pub concurrency: u32,
    /// The most items of a map, the most rounds of a loop.
    pub limit: u32,
}

/// Bits of [`NativePolicy::flags`].
const CONDITION: u32 = 1;
const CACHED: u32 = 2;
const FINALLY: u32 = 4;
const UNDO: u32 = 8;
const FAIL_FAST: u32 = 16;
const WAIT_DEFAULT: u32 = 32;
const ON_THREAD: u32 = 64;
const EXTERNAL: u32 = 128;
const COMMAND: u32 = 256;
const ALL_FLAGS: u32 = 511;

impl NativePolicy<'_> {
    /// The core's policy, with this total of attempts and this attempt timeout.
    pub(crate) fn convert(&self, inner: &[&NativePlan], max_attempts: u32, attempt_timeout: Option<u64>) -> napi::Result<Policy> {
        if self.flags & !ALL_FLAGS != 0 || self.flags & (ON_THREAD | COMMAND) == ON_THREAD | COMMAND {
            return Err(internal(format_args!("{} is no set of flags of a policy", self.flags)));
        }
        let has = |flag: u32| self.flags & flag != 0;
        Ok(Policy {
            kind: self.kind(inner)?,
            join: self.join()?,
            on_failure: match self.on_failure {
                0 => OnFailure::Fail,
                1 => OnFailure::Allow,
                2 => OnFailure::Continue,
                other => return Err(internal(format_args!("{other} says nothing about failures"))),
            },
            has_condition: has(CONDITION),
            is_cached: has(CACHED),
            is_finally: has(FINALLY),
            has_undo: has(UNDO),
            is_external: has(EXTERNAL),
            place: match (has(ON_THREAD), has(COMMAND)) {
                (_, true) => Place::Command,
                (true, false) => Place::Thread,
                (false, false) => Place::Inline,
            },
            max_attempts,
            max_crashes: self.max_crashes,
            backoff: self.backoff()?,
            timeout: attempt_timeout,
            node_timeout: timeout(self.node_timeout_ms),
            needs: needs(self.needs.as_deref().unwrap_or_default())?,
        })
    }

    /// How many upstreams a node must have for its expression to be about them.
    pub(crate) fn least_upstreams(&self) -> u32 {
        match &self.expression {
            Some(words) if self.join == 7 => upstreams_named(words),
            _ => 0,
        }
    }

    fn kind(&self, inner: &[&NativePlan]) -> napi::Result<Kind> {
        let container = || {
            let plan = inner.get(self.inner as usize).ok_or_else(|| internal("a container's inside is not among the inner plans"))?;
            if self.kind == 2 && plan.plan.graph().node_count() != 1 {
                return Err(internal("the inside of a map has one node"));
            }
            Ok(Container {
                plan: Arc::clone(&plan.plan),
                fail_fast: self.flags & FAIL_FAST != 0,
                concurrency: self.concurrency,
                limit: self.limit,
            })
        };
        Ok(match self.kind {
            0 => Kind::Task,
            1 => Kind::Wait(WaitPolicy {
                signal: self.signal()?,
                timeout: length_if_any(self.wait_ms),
                has_default: self.flags & WAIT_DEFAULT != 0,
            }),
            2 => Kind::Map(container()?),
            3 => Kind::SubDag(container()?),
            4 => Kind::Loop(container()?),
            5 => Kind::Given,
            other => return Err(internal(format_args!("{other} is no kind of node"))),
        })
    }

    fn signal(&self) -> napi::Result<Option<u32>> {
        const NAMES: f64 = 2_147_483_648.0;
        let signal = self.signal;
        if signal.fract() != 0.0 || !(-2.0..NAMES).contains(&signal) {
            return Err(internal(format_args!("{signal} is no name of a signal")));
        }
        Ok(match signal as i64 {
            -2 => Some(OWN_SIGNAL),
            -1 => None,
            name => Some(name as u32),
        })
    }

    fn join(&self) -> napi::Result<Join> {
        Ok(match self.join {
            0 => Join::AllCompleted,
            1 => Join::AnyCompleted,
            2 => Join::AllSettled,
            3 => Join::AnyFailed,
            4 => Join::AllFailed,
            5 => Join::NoneFailed,
            6 => Join::NoneFailedOneCompleted,
            7 => Join::Expression(Arc::new(expression(self.expression.as_deref().unwrap_or_default())?)),
            other => return Err(internal(format_args!("{other} is no join rule"))),
        })
    }

    fn backoff(&self) -> napi::Result<Backoff> {
        let growth = match self.growth {
            0 => BackoffGrowth::Fixed,
            1 => BackoffGrowth::Linear,
            2 if self.factor.is_finite() && self.factor >= 1.0 => BackoffGrowth::Exponential(self.factor.to_bits()),
            2 => return Err(internal(format_args!("a delay cannot grow by a factor of {}", self.factor))),
            other => return Err(internal(format_args!("{other} is no way for a delay to grow"))),
        };
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err(internal(format_args!("{} is no part of a delay", self.jitter)));
        }
        Ok(Backoff {
            growth,
            delay: length(self.delay_ms),
            max_delay: length_if_any(self.max_delay_ms),
            jitter: (self.jitter * 1e6).round() as u32,
        })
    }
}

/// `[pool, amount, …]` by pool, ascending.
fn needs(words: &[u32]) -> napi::Result<Arc<[Need]>> {
    let (pairs, rest) = words.as_chunks::<2>();
    let mut needs: Vec<Need> = pairs.iter().map(|&[pool, amount]| Need { pool, amount }).collect();
    needs.sort_unstable();
    if !rest.is_empty() || needs.windows(2).any(|pair| pair[0].pool == pair[1].pool) {
        return Err(internal("needs are pairs of a pool and an amount, each pool once"));
    }
    needs.retain(|need| need.amount > 0);
    Ok(needs.into())
}

fn upstreams_named(words: &[u32]) -> u32 {
    words.iter().filter(|&word| word % 16 == 0).map(|word| (word >> 8) + 1).max().unwrap_or(0)
}

fn expression(words: &[u32]) -> napi::Result<Expression> {
    let tokens: Option<Vec<Token>> = words.iter().map(|&word| token(word)).collect();
    tokens
        .and_then(|tokens| Expression::new(tokens, upstreams_named(words)))
        .ok_or_else(|| internal("these words are no expression in postfix"))
}

fn token(word: u32) -> Option<Token> {
    Some(match word & 15 {
        0 => Token::Is(
            word >> 8,
            match word >> 4 & 15 {
                1 => Look::Completed,
                2 => Look::Failed,
                3 => Look::Skipped,
                4 => Look::Blocked,
                5 => Look::Filtered,
                6 => Look::Cancelled,
                _ => return None,
            },
        ),
        1 => Token::Not,
        2 => Token::And,
        3 => Token::Or,
        4 => Token::Constant(true),
        5 => Token::Constant(false),
        _ => return None,
    })
}

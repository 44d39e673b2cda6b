//! Join rules as expressions over the states of upstreams, in Kleene's three-valued logic.

/// What an upstream looks like through its edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Look {
    /// Not settled, or a predicate of the edge is not answered yet.
    Open = 0,
    /// It completed.
    Completed = 1,
    /// It failed.
    Failed = 2,
    /// It was skipped for a reason that is no failure, or the edge's condition was false.
    Skipped = 3,
    /// It was skipped because of a failure or a cancellation.
    Blocked = 4,
    /// Nothing was let through.
    Filtered = 5,
    /// It was cancelled.
    Cancelled = 6,
}

/// One step of an expression in postfix order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// Whether the upstream with this number (its place among the node's upstreams in node order) has this look.
    Is(u32, Look),
    /// Negation of the last value.
    Not,
    /// Conjunction of the last two values.
    And,
    /// Disjunction of the last two values.
    Or,
    /// A constant.
    Constant(bool),
}

/// An expression that has been checked: evaluating it never lacks a value and leaves one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expression {
    tokens: Box<[Token]>,
}

impl Expression {
    /// An expression, if `tokens` is one whose atoms are about upstreams below `upstream_count`.
    #[must_use]
    pub fn new(tokens: Vec<Token>, upstream_count: u32) -> Option<Self> {
        let mut depth = 0usize;
        for token in &tokens {
            match token {
                Token::Is(upstream, look) if *upstream < upstream_count && *look != Look::Open => depth += 1,
                Token::Is(..) => return None,
                Token::Constant(_) => depth += 1,
                Token::Not => depth.checked_sub(1).map(|_| ())?,
                Token::And | Token::Or => {
                    depth = depth.checked_sub(1).filter(|&left| left >= 1)?;
                }
            }
        }
        (depth == 1).then(|| Self { tokens: tokens.into() })
    }

    /// Its steps.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Its value, `None` while it can still become either. Cost: O(length).
    ///
    /// Kleene's tables: of a settled upstream exactly one atom is true, of an open one none is known.
    #[must_use]
    pub fn value(&self, look_of: impl Fn(u32) -> Look) -> Option<bool> {
        let mut stack: Vec<Option<bool>> = Vec::with_capacity(8);
        for &token in &self.tokens {
            let value = match token {
                Token::Is(upstream, look) => match look_of(upstream) {
                    Look::Open => None,
                    seen => Some(seen == look),
                },
                Token::Constant(value) => Some(value),
                Token::Not => stack.pop().flatten().map(|value| !value),
                Token::And | Token::Or => {
                    let absorbing = token == Token::Or;
                    match (stack.pop().flatten(), stack.pop().flatten()) {
                        (Some(left), _) if left == absorbing => Some(absorbing),
                        (_, Some(right)) if right == absorbing => Some(absorbing),
                        (Some(_), Some(_)) => Some(!absorbing),
                        _ => None,
                    }
                }
            };
            stack.push(value);
        }
        stack.pop().flatten()
    }
}

//! Numbers as JavaScript gives them, made into what the core takes. None of them is trusted.
//!
//! Times and lengths come in milliseconds and become whole microseconds, at most [`LONGEST`]: beyond that a float has no whole
//! microseconds any more, and sums of a few of them still fit.

/// The latest time and the longest length, in microseconds: 285 years.
pub(crate) const LONGEST: u64 = 1 << 53;

/// Whole microseconds of a length in milliseconds; 0 for NaN and for what is below it.
pub(crate) fn length(ms: f64) -> u64 {
    ((ms * 1000.0).round() as u64).min(LONGEST)
}

/// The same, `None` for NaN and for what never comes.
pub(crate) fn length_if_any(ms: f64) -> Option<u64> {
    ms.is_finite().then(|| length(ms))
}

/// The same of a timeout: at least one microsecond, and none where it is negative.
pub(crate) fn timeout(ms: f64) -> Option<u64> {
    length_if_any(ms).filter(|_| ms >= 0.0).map(|length| length.max(1))
}

/// Whole microseconds from the run's start; 0 for what lies before it. (`f64::round` is a library call on baseline x86-64.)
#[inline]
pub(crate) fn micros_since(base_ms: f64, at_ms: f64) -> u64 {
    (((at_ms - base_ms) * 1000.0 + 0.5) as u64).min(LONGEST)
}

/// An error that only a fault of our own can cause: what the TypeScript side hands over is checked there.
pub(crate) fn internal(message: impl std::fmt::Display) -> napi::Error {
    napi::Error::from_reason(format!("INTERNAL: {message}"))
}

//! What the garbage collector is told of memory that it does not see: objects that look small but hold much would be dropped late.

use napi::Env;

/// Lighter objects are not worth telling of, in bytes.
const HEAVY: usize = 16_384;

/// The bytes that the garbage collector was told an object holds. Given back by [`Weight::lift`] in the object's finalizer.
#[must_use]
pub(crate) struct Weight(i64);

impl Weight {
    /// Tells of so many bytes.
    pub(crate) fn tell(env: &Env, bytes: usize) -> napi::Result<Self> {
        let weight = if bytes < HEAVY { 0 } else { bytes.cast_signed() as i64 };
        if weight > 0 {
            env.adjust_external_memory(weight)?;
        }
        Ok(Self(weight))
    }

    /// Tells that they are free.
    pub(crate) fn lift(self, env: Env) -> napi::Result<()> {
        if self.0 > 0 {
            env.adjust_external_memory(-self.0)?;
        }
        Ok(())
    }
}

//! How the leases in a tray are claimed one by one, and how anybody can find out, for good, which ones have been.
//!
//! The thread that holds the tray claims with one atomic addition, in JavaScript or here, and calls the lease it got. Whoever holds
//! the run's lock may *close* the tray with one atomic swap: leases below the answer have begun or are about to, the others never will.
//! So what a stop takes back has not begun, and what has begun is not taken back.

use crate::sync::{AtomicU32, Ordering};

/// Set in the word of a tray that is closed: as JavaScript sees it, the word is negative.
const CLOSED: u32 = 1 << 31;

/// The word of a tray.
#[derive(Debug)]
#[repr(transparent)]
pub struct Claims(AtomicU32);

impl Default for Claims {
    /// Of a tray that holds nothing.
    fn default() -> Self {
        Self(AtomicU32::new(CLOSED))
    }
}

impl Claims {
    /// Lets claims begin anew, from 0. Only while the holder of the tray makes none.
    pub fn open(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// Claims the next of `count` leases. What `Atomics.add` on this word and a comparison do in JavaScript.
    pub fn claim(&self, count: u32) -> Option<u32> {
        Some(self.0.fetch_add(1, Ordering::AcqRel)).filter(|&claimed| claimed < count)
    }

    /// Ends the claims and says how many of `count` leases were claimed; 0 of one that is closed already.
    pub fn close(&self, count: u32) -> u32 {
        let claimed = self.0.swap(CLOSED, Ordering::AcqRel);
        if claimed & CLOSED == 0 { claimed.min(count) } else { 0 }
    }

    /// How many of `count` leases were claimed by now; `None` of one that is closed.
    pub fn claimed(&self, count: u32) -> Option<u32> {
        let claimed = self.0.load(Ordering::Acquire);
        (claimed & CLOSED == 0).then(|| claimed.min(count))
    }
}

#[cfg(all(test, loom))]
mod model {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn every_lease_is_claimed_or_taken_back_once() {
        loom::model(|| {
            let claims = Arc::new(Claims::default());
            claims.open();
            let holder = thread::spawn({
                let claims = Arc::clone(&claims);
                move || (0..3).filter_map(|_| claims.claim(2)).collect::<Vec<_>>()
            });
            let thief = thread::spawn({
                let claims = Arc::clone(&claims);
                move || claims.close(2)
            });
            let begun = holder.join().unwrap();
            let known = thief.join().unwrap();
            assert_eq!(begun, (0..known).collect::<Vec<_>>(), "what the thief knows to have begun is what has begun");
        });
    }

    #[test]
    fn of_two_that_close_one_learns() {
        loom::model(|| {
            let claims = Arc::new(Claims::default());
            claims.open();
            assert_eq!(claims.claim(2), Some(0));
            let close = || {
                let claims = Arc::clone(&claims);
                thread::spawn(move || claims.close(2))
            };
            let (one, other) = (close(), close());
            let mut known = [one.join().unwrap(), other.join().unwrap()];
            known.sort_unstable();
            assert_eq!(known, [0, 1]);
            assert_eq!(claims.claim(2), None);
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_tray_that_was_never_opened_gives_nothing() {
        let claims = Claims::default();
        assert_eq!(claims.claim(8), None);
        assert_eq!(claims.close(8), 0);
    }

    #[test]
    fn claims_end_with_the_leases() {
        let claims = Claims::default();
        claims.open();
        let got: Vec<_> = (0..4).map(|_| claims.claim(2)).collect();
        assert_eq!(got, [Some(0), Some(1), None, None]);
        assert_eq!(claims.claimed(2), Some(2));
        assert_eq!(claims.close(2), 2);
        assert_eq!(claims.claimed(2), None);
    }
}

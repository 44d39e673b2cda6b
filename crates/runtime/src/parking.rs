//! Threads that have nothing to do, and how none of them sleeps while there is work.
//!
//! A thread that finds no work registers, and looks again; only then it sleeps, in JavaScript, on a word that whoever adds work changes
//! (`Atomics.wait` there, because a wait in here could not be interrupted by `terminate()`). Whoever adds work first adds it, then looks
//! whether anybody is registered. One of the two sees the other.

use crate::sync::{AtomicU32, Ordering, fence};

/// The threads of a pool that sleep or are about to.
#[derive(Debug)]
pub struct Parking(AtomicU32);

impl Default for Parking {
    fn default() -> Self {
        Self(AtomicU32::new(0))
    }
}

impl Parking {
    /// A thread is about to sleep. It must look for work once more after this.
    pub fn register(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// It is awake again.
    pub fn unregister(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    /// How many to wake for so many pieces of work that were just added.
    pub fn to_notify(&self, work: usize) -> u32 {
        if work == 0 {
            return 0;
        }
        fence(Ordering::SeqCst);
        self.0.load(Ordering::SeqCst).min(u32::try_from(work).unwrap_or(u32::MAX))
    }
}

#[cfg(all(test, loom))]
mod model {
    use loom::sync::{Arc, Mutex};
    use loom::thread;

    use super::*;

    /// What the pool has: work behind a lock, who sleeps, and the word on which they do.
    #[derive(Default)]
    struct Scene {
        work: Mutex<u32>,
        parking: Parking,
        sequence: Sequence,
    }

    struct Sequence(AtomicU32);

    impl Default for Sequence {
        fn default() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    #[test]
    fn nobody_sleeps_while_there_is_work() {
        loom::model(|| {
            let scene = Arc::new(Scene::default());
            let sleeper = thread::spawn({
                let scene = Arc::clone(&scene);
                move || {
                    let seen = scene.sequence.0.load(Ordering::SeqCst);
                    scene.parking.register();
                    let has_work = *scene.work.lock().unwrap() > 0;
                    // `Atomics.wait` sleeps only if the word is still what it was.
                    (has_work, seen)
                }
            });
            *scene.work.lock().unwrap() += 1;
            if scene.parking.to_notify(1) > 0 {
                scene.sequence.0.fetch_add(1, Ordering::SeqCst);
            }
            let (has_work, seen) = sleeper.join().unwrap();
            assert!(has_work || scene.sequence.0.load(Ordering::SeqCst) != seen, "it sleeps, nobody wakes it, and there is work");
        });
    }
}

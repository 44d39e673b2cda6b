//! What goes in and out of a command: input written, output read, the end of it kept, and handed on no faster than it is taken.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep_until};

use super::{IN_FLIGHT, Kept, Listener, Stream};

/// How many bytes are read at once.
const CHUNK: usize = 64 * 1024;

/// How long a stream is read on after the command has exited, for the sake of what it left behind.
pub(super) const LINGER: Duration = Duration::from_millis(500);

/// How many bytes are read after that, where they are there already: what the command itself wrote, all of which fits into a pipe.
const PIPE: usize = 1024 * 1024;

/// How many bytes may still be handed on before some are taken.
pub(super) struct Credit(Semaphore);

impl Credit {
    pub(super) fn new() -> Self {
        Self(Semaphore::new(IN_FLIGHT))
    }

    pub(super) fn add(&self, bytes: usize) {
        if !self.0.is_closed() {
            self.0.add_permits(bytes.min(IN_FLIGHT));
        }
    }

    /// Nothing is handed on any more, and nobody waits.
    pub(super) fn close(&self) {
        self.0.close();
    }

    /// Waits until so many bytes may be handed on. False where none may any more.
    async fn spend(&self, bytes: usize) -> bool {
        match self.0.acquire_many(bytes as u32).await {
            Ok(spent) => {
                spent.forget();
                true
            }
            Err(_) => false,
        }
    }
}

/// How a stream is read.
pub(super) struct Reading {
    pub(super) stream: Stream,
    /// How many bytes are kept.
    pub(super) keep: usize,
    /// Hears when there were more.
    pub(super) over_limit: Option<Arc<Notify>>,
    /// Hears what comes, against credit.
    pub(super) listener: Option<(Arc<dyn Listener>, Arc<Credit>)>,
    /// Until when to read on, once the command has exited.
    pub(super) until: watch::Receiver<Option<Instant>>,
}

/// Reads a stream to its end, or until nobody is left whose output it could be (C4).
pub(super) async fn read(mut pipe: impl AsyncRead + Unpin, mut reading: Reading) -> Kept {
    let mut kept = VecDeque::new();
    let mut total = 0;
    let mut swept = 0;
    let mut buffer = vec![0; CHUNK];
    let is_left_open = loop {
        let until = *reading.until.borrow_and_update();
        let count = tokio::select! {
            biased;
            // A stream that cannot be read is as good as one that has ended.
            count = pipe.read(&mut buffer) => count.unwrap_or(0),
            changed = reading.until.changed(), if until.is_none() => {
                if changed.is_err() { break true }
                continue;
            }
            () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => break true,
        };
        if count == 0 {
            break false;
        }
        let chunk = &buffer[..count];
        total += count as u64;
        keep(&mut kept, chunk, reading.keep);
        if total > reading.keep as u64
            && let Some(over) = &reading.over_limit
        {
            over.notify_one();
        }
        if let Some((listener, credit)) = &reading.listener
            && credit.spend(count).await
        {
            listener.output(reading.stream, chunk.to_vec());
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            swept += count;
            if swept > PIPE {
                break true;
            }
        }
    };
    Kept { bytes: kept.into(), total, is_left_open }
}

/// Adds a chunk to the last `most` bytes. O(chunk), amortized.
fn keep(kept: &mut VecDeque<u8>, chunk: &[u8], most: usize) {
    let chunk = &chunk[chunk.len().saturating_sub(most)..];
    let surplus = (kept.len() + chunk.len()).saturating_sub(most);
    kept.drain(..surplus);
    kept.extend(chunk);
}

/// Writes all of it and closes the stream. A command that reads no more of it is nobody's fault.
pub(super) async fn write(mut pipe: ChildStdin, input: Vec<u8>) {
    if pipe.write_all(&input).await.is_ok() {
        let _closed = pipe.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept() {
        for (most, chunks, expected) in [
            (4, vec!["ab", "cd"], "abcd"),
            (4, vec!["ab", "cd", "e"], "bcde"),
            (4, vec!["ab", "cdefgh"], "efgh"),
            (4, vec!["a", "", "b"], "ab"),
            (0, vec!["ab", "cd"], ""),
            (1, vec!["ab", "cd"], "d"),
        ] {
            let mut kept = VecDeque::new();
            for chunk in chunks {
                keep(&mut kept, chunk.as_bytes(), most);
            }
            assert_eq!(Vec::from(kept), expected.as_bytes());
        }
    }
}

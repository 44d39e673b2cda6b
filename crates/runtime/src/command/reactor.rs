//! The thread on which all commands of the process are watched. Started with the first one; it sleeps where there are none.

use std::io;
use std::sync::OnceLock;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A thread with a runtime, which ends when this is dropped.
struct Reactor {
    runtime: Handle,
    _alive: oneshot::Sender<()>,
}

static REACTOR: OnceLock<Reactor> = OnceLock::new();

/// The runtime of the commands.
///
/// # Errors
/// Where the process cannot have the thread or what the runtime polls with; the next call tries again.
pub(super) fn get() -> io::Result<&'static Handle> {
    let reactor = if let Some(reactor) = REACTOR.get() {
        reactor
    } else {
        // Two threads may get here at once: one reactor stays, the other is dropped and so ends.
        let started = start()?;
        REACTOR.get_or_init(|| started)
    };
    Ok(&reactor.runtime)
}

fn start() -> io::Result<Reactor> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    let (alive, over) = oneshot::channel::<()>();
    thread::Builder::new().name("dagny-commands".into()).spawn(move || {
        // Nothing is ever sent: it ends with the other side.
        let _ended = runtime.block_on(over);
    })?;
    Ok(Reactor { runtime: handle, _alive: alive })
}

//! Commands: programs of the operating system that nodes run, carried out by tokio on one thread of the process.
//!
//! Owned here: finding and starting a program, its three streams, how much of its output is kept, and its end, asked for or not. Not
//! owned: options as users write them, text encodings, errors as users see them (TypeScript), and who may start when (the core).
//!
//! Invariants:
//! - `C1` A command leads a process group of its own, and whoever stops it signals the group, so that what it has started ends too.
//! - `C2` A group is signalled only while its number cannot be anybody else's: launching, reaping and signalling exclude each other.
//! - `C3` Memory is bounded: of each stream at most `keep` bytes are kept and [`IN_FLIGHT`] bytes wait for the listener. A listener that
//!   is slow makes the command wait, nobody else.
//! - `C4` A command ends in bounded time after its leader has exited, also where somebody else still holds its pipes, and in
//!   `kill_grace` after it was told to stop, unless the system itself does not let go of it.
//! - `C5` [`Listener::ended`] is called exactly once, after all output.
//!
//! Reading order: `reactor` (the thread), `launch`, `group`, `streams`, `watch` (from start to end).

mod group;
mod launch;
mod reactor;
mod streams;
mod watch;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::Sender;

use self::group::Group;
use self::streams::Credit;

/// How many bytes of output may be on their way to a listener and not taken yet, of both streams together.
pub const IN_FLIGHT: usize = 256 * 1024;

/// What to run, and how.
#[derive(Debug)]
pub struct Command {
    /// The program: a path where it has a separator in it, else a name to be looked up in the `PATH` of `env`.
    pub program: OsString,
    /// Its arguments; nothing interprets them.
    pub args: Vec<OsString>,
    /// Where it runs; absolute.
    pub cwd: PathBuf,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// What it reads; `None` for nothing at all.
    pub input: Option<Vec<u8>>,
    /// How many bytes are kept of each output stream: the last ones.
    pub keep: usize,
    /// Whether it is stopped when its standard output is longer than `keep`.
    pub is_limited: bool,
    /// Whether the listener hears of output while the command goes on.
    pub is_streaming: bool,
    /// The signal that tells it to stop.
    pub kill_signal: i32,
    /// How long it may go on after that.
    pub kill_grace: Duration,
}

/// One of the two streams a command writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Its standard output.
    Stdout,
    /// Its standard error.
    Stderr,
}

/// Who hears of a command. Called on the thread of the commands: it must not block.
pub trait Listener: Send + Sync + 'static {
    /// It has put this out. Only where it is streaming; each byte is to be taken back with [`Handle::taken`].
    fn output(&self, stream: Stream, bytes: Vec<u8>);
    /// It has ended, or could not be started.
    fn ended(&self, end: Result<Ending, StartFault>);
}

/// How a command ended, and the output that was kept of it.
#[derive(Debug)]
pub struct Ending {
    /// What it exited with; `None` where a signal ended it.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What is kept of its standard output.
    pub stdout: Kept,
    /// What is kept of its standard error.
    pub stderr: Kept,
}

/// The end of a stream, and how long the whole was.
#[derive(Debug, Default)]
pub struct Kept {
    /// The last bytes.
    pub bytes: Vec<u8>,
    /// How many there were in all.
    pub total: u64,
    /// Whether somebody still held the stream open when it was left.
    pub is_left_open: bool,
}

/// Why a command could not be started.
#[derive(Debug)]
pub struct StartFault {
    /// What is wrong.
    pub kind: StartFaultKind,
    /// What the system says, or the path in question.
    pub detail: String,
}

/// What can be wrong with starting a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFaultKind {
    /// There is no such program.
    NotFound,
    /// There is such a file, and it is no program that may be run.
    NotExecutable,
    /// It is a script whose interpreter is not there.
    NoInterpreter,
    /// The directory it is to run in is none.
    NoDirectory,
    /// It was told to stop before it was started.
    Stopped,
    /// Anything else: too long a command line, too many processes or files.
    Refused,
}

/// A command that was started.
pub struct Handle {
    group: Arc<Group>,
    credit: Arc<Credit>,
    is_told: Sender<bool>,
}

impl Handle {
    /// Tells it to stop: its signal now, and an end by force when its grace is over. Nothing waits for the listener from here on.
    pub fn stop(&self) {
        self.is_told.send_replace(true);
        self.credit.close();
    }

    /// Ends it by force, with all of its group, before this returns.
    pub fn kill(&self) {
        self.group.kill();
        self.stop();
    }

    /// The listener is done with so many bytes of output.
    pub fn taken(&self, bytes: usize) {
        self.credit.add(bytes);
    }
}

/// Starts a command. It is looked up and launched on the thread of the commands: what is wrong with it, the listener hears.
///
/// # Errors
/// Where the process cannot have the thread.
pub fn start(command: Command, listener: impl Listener) -> io::Result<Handle> {
    let reactor = reactor::get()?;
    let (is_told, told) = tokio::sync::watch::channel(false);
    let group = Arc::<Group>::default();
    let credit = Arc::new(Credit::new());
    reactor.spawn(watch::run(command, Arc::clone(&group), Arc::clone(&credit), told, Arc::new(listener)));
    Ok(Handle { group, credit, is_told })
}

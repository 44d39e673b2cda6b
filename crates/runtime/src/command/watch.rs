//! A command from its start to its end.

use std::future::pending;
use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::group::{Group, SEEN_FOR};
use super::launch::launch;
use super::streams::{Credit, LINGER, Reading, read, write};
use super::{Command, Ending, Kept, Listener, StartFault, StartFaultKind, Stream};

/// How often an exit is looked for where nobody tells of it: on some systems another part of the process may take the signal that does.
const LOOK: Duration = Duration::from_millis(200);

/// The first pause between looks at what a leader has left behind; each is twice the one before, up to [`LOOK`].
const FIRST_LOOK: Duration = Duration::from_millis(1);

/// Runs a command and tells its listener of the end (C5).
pub(super) async fn run(
    command: Command,
    group: Arc<Group>,
    credit: Arc<Credit>,
    told: watch::Receiver<bool>,
    listener: Arc<dyn Listener>,
) {
    // On a task of its own: a panic in it is an end like any other.
    let end = tokio::spawn(carry_out(command, Arc::clone(&group), credit, told, Arc::clone(&listener))).await;
    listener.ended(end.unwrap_or_else(|fault| {
        group.kill();
        Err(refused(&format!("INTERNAL: {fault}")))
    }));
}

async fn carry_out(
    mut command: Command,
    group: Arc<Group>,
    credit: Arc<Credit>,
    told: watch::Receiver<bool>,
    listener: Arc<dyn Listener>,
) -> Result<Ending, StartFault> {
    if *told.borrow() {
        return Err(StartFault { kind: StartFaultKind::Stopped, detail: String::new() });
    }
    let mut child = group.launch(|| launch(&command))?;
    let (exited, until) = watch::channel(None);
    let over_limit = Arc::new(Notify::new());
    let reading = |stream, over_limit| Reading {
        stream,
        keep: command.keep,
        over_limit,
        listener: command.is_streaming.then(|| (Arc::clone(&listener), Arc::clone(&credit))),
        until: until.clone(),
    };
    let limit = command.is_limited.then(|| Arc::clone(&over_limit));
    let stdout = child.stdout.take().map(|pipe| tokio::spawn(read(pipe, reading(Stream::Stdout, limit))));
    let stderr = child.stderr.take().map(|pipe| tokio::spawn(read(pipe, reading(Stream::Stderr, None))));
    let input = command.input.take();
    let writing = child.stdin.take().zip(input).map(|(pipe, input)| tokio::spawn(write(pipe, input)));

    let mut stopping = Stopping { group: &group, credit: &credit, told, over_limit: &over_limit, command: &command, kill_at: None };
    let status = stopping.see_off(&mut child).await.map_err(|error| refused(&error.to_string()));
    if let Some(writing) = writing {
        // Who else may hold the other end of it, nobody waits for.
        writing.abort();
    }
    // Of what was stopped nobody wants to hear more than is there already.
    let patience = if stopping.kill_at.is_some() { Duration::ZERO } else { LINGER };
    exited.send_replace(Some(Instant::now() + patience));
    let (stdout, stderr) = (kept(stdout).await, kept(stderr).await);
    let status = status?;
    Ok(Ending { exit_code: status.code(), signal: signal_of(status), stdout, stderr })
}

/// What ends a command before its time.
struct Stopping<'a> {
    group: &'a Group,
    credit: &'a Credit,
    told: watch::Receiver<bool>,
    over_limit: &'a Notify,
    command: &'a Command,
    /// When it is ended by force; `None` where nothing has told it to stop.
    kill_at: Option<Instant>,
}

impl Stopping<'_> {
    /// Waits for the leader's exit and, where it was told to stop, for that of its whole group.
    async fn see_off(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        let mut is_killed = false;
        let status = loop {
            let kill_at = self.kill_at;
            tokio::select! {
                status = self.group.reap(child, kill_at.is_some()) => break status?,
                () = is_told(&mut self.told), if kill_at.is_none() => self.tell(),
                () = self.over_limit.notified(), if kill_at.is_none() => self.tell(),
                () = sleep_until(kill_at.unwrap_or_else(Instant::now)), if kill_at.is_some() && !is_killed => {
                    self.group.kill();
                    is_killed = true;
                }
                () = sleep(LOOK) => {}
            }
        };
        if let Some(kill_at) = self.kill_at {
            self.end_the_rest(kill_at).await;
        }
        self.group.leave();
        Ok(status)
    }

    /// Tells the group to stop.
    fn tell(&mut self) {
        self.kill_at = Some(Instant::now() + self.command.kill_grace);
        self.credit.close();
        self.group.signal(self.command.kill_signal);
    }

    /// Waits for what the leader left behind, until it is ended by force.
    async fn end_the_rest(&self, kill_at: Instant) {
        let mut pause = FIRST_LOOK;
        while self.group.has_members(pause > SEEN_FOR) {
            if Instant::now() >= kill_at {
                self.group.kill();
                return;
            }
            sleep_until(kill_at.min(Instant::now() + pause)).await;
            pause = LOOK.min(pause * 2);
        }
    }
}

/// Returns when it has been told to stop; where nobody is left to tell it, never.
async fn is_told(told: &mut watch::Receiver<bool>) {
    if told.wait_for(|is_told| *is_told).await.is_err() {
        pending::<()>().await;
    }
}

async fn kept(reading: Option<JoinHandle<Kept>>) -> Kept {
    match reading {
        Some(reading) => reading.await.unwrap_or_default(),
        None => Kept::default(),
    }
}

fn refused(detail: &str) -> StartFault {
    StartFault { kind: StartFaultKind::Refused, detail: detail.to_owned() }
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.signal()
}

#[cfg(not(unix))]
fn signal_of(_status: ExitStatus) -> Option<i32> {
    None
}

//! The process group that a command leads, and what signals it.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::process::Child;

use super::{StartFault, StartFaultKind};

/// For how long a look at all processes holds.
pub(super) const SEEN_FOR: Duration = Duration::from_millis(25);

/// A group, from before its leader is born until nobody of it is to be signalled any more.
#[derive(Default)]
pub(super) struct Group(Mutex<State>);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Its leader has not been launched.
    #[default]
    Unborn,
    /// Its leader has not been reaped: the number is its own.
    Led(u32),
    /// The leader is gone, and what it left behind is being ended. A group that has members keeps its number.
    Left(u32),
    /// Nobody is to be signalled.
    Over,
}

impl Group {
    /// Launches the leader, unless the group was killed before.
    pub(super) fn launch(&self, launch: impl FnOnce() -> Result<Child, StartFault>) -> Result<Child, StartFault> {
        // The lock is held meanwhile: who kills while this goes on, waits and finds whom to kill.
        let mut state = self.lock();
        if *state != State::Unborn {
            return Err(StartFault { kind: StartFaultKind::Stopped, detail: String::new() });
        }
        let child = launch()?;
        *state = child.id().map_or(State::Over, State::Led);
        Ok(child)
    }

    /// Waits for the leader's exit and reaps it. What it leaves behind stays signalled where `is_ending` says so at that moment.
    /// May be dropped and called again.
    pub(super) async fn reap(&self, child: &mut Child, is_ending: bool) -> io::Result<ExitStatus> {
        let mut exit = pin!(child.wait());
        poll_fn(|context| {
            // From here until the state says so, the number is nobody's: nobody may signal meanwhile (C2).
            let mut state = self.lock();
            let polled = exit.as_mut().poll(context);
            if polled.is_ready() {
                *state = match *state {
                    State::Led(leader) if is_ending => State::Left(leader),
                    _ => State::Over,
                };
            }
            polled
        })
        .await
    }

    /// Signals all members. False where there are none.
    pub(super) fn signal(&self, signal: i32) -> bool {
        match *self.lock() {
            State::Led(leader) | State::Left(leader) => system::signal(leader, signal),
            State::Unborn | State::Over => false,
        }
    }

    /// Ends all members by force; where it has not been launched, it will not be.
    pub(super) fn kill(&self) {
        let mut state = self.lock();
        match *state {
            State::Led(leader) | State::Left(leader) => {
                system::kill(leader);
            }
            State::Unborn => *state = State::Over,
            State::Over => {}
        }
    }

    /// Whether it has members left, the leader aside. Only while they are being ended. The thorough look, which passes over those that
    /// have ended and that nobody asks for their exit, is for when they have been ending for [`SEEN_FOR`].
    pub(super) fn has_members(&self, is_thorough: bool) -> bool {
        match *self.lock() {
            State::Left(leader) => system::has_members(leader, is_thorough),
            _ => false,
        }
    }

    /// Nobody is to be signalled from now on.
    pub(super) fn leave(&self) {
        *self.lock() = State::Over;
    }

    /// A state is one word, whole at any time: a panic of who held the lock left nothing half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(unix)]
mod system {
    //! Signals to process groups.

    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

    pub(super) fn signal(leader: u32, signal: i32) -> bool {
        group(leader).zip(Signal::from_named_raw(signal)).is_some_and(|(group, signal)| kill_process_group(group, signal).is_ok())
    }

    pub(super) fn kill(leader: u32) -> bool {
        group(leader).is_some_and(|group| kill_process_group(group, Signal::KILL).is_ok())
    }

    pub(super) fn has_members(leader: u32, is_thorough: bool) -> bool {
        group(leader).is_some_and(|group| test_kill_process_group(group).is_ok()) && (!is_thorough || is_any_alive(leader))
    }

    /// Whether any member has not ended yet. Where nobody asks for the exits of orphans (the first process of many a container does
    /// not), they count as members for ever.
    #[cfg(target_os = "linux")]
    fn is_any_alive(leader: u32) -> bool {
        use std::collections::BTreeSet;
        use std::sync::{Mutex, PoisonError};
        use std::time::Instant;

        // One look at all processes serves all groups that are being ended.
        static SEEN: Mutex<Option<(Instant, BTreeSet<u32>)>> = Mutex::new(None);
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.as_ref().is_none_or(|(at, _)| at.elapsed() >= super::SEEN_FOR) {
            let Some(groups) = living_groups() else { return true };
            *seen = Some((Instant::now(), groups));
        }
        seen.as_ref().is_some_and(|(_, groups)| groups.contains(&leader))
    }

    #[cfg(not(target_os = "linux"))]
    fn is_any_alive(_leader: u32) -> bool {
        true
    }

    /// The groups of all processes that have not ended. O(processes of the system).
    #[cfg(target_os = "linux")]
    fn living_groups() -> Option<std::collections::BTreeSet<u32>> {
        let processes = std::fs::read_dir("/proc").ok()?.flatten();
        let groups =
            processes.filter(|process| process.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit)).filter_map(|process| {
                let stat = std::fs::read(process.path().join("stat")).ok()?;
                // After the name, which may have anything in it: state, parent, group.
                let stat = String::from_utf8_lossy(&stat);
                let mut fields = stat.rsplit(") ").next()?.split(' ');
                let (state, group) = (fields.next()?, fields.nth(1)?);
                if matches!(state, "Z" | "X") { None } else { group.parse().ok() }
            });
        Some(groups.collect())
    }

    fn group(leader: u32) -> Option<Pid> {
        Pid::from_raw(leader.cast_signed())
    }
}

#[cfg(not(unix))]
mod system {
    //! There are no groups: the tree of processes is ended by the system's own tool, always by force.

    use std::process::{Command, Stdio};

    pub(super) fn signal(leader: u32, _signal: i32) -> bool {
        kill(leader)
    }

    pub(super) fn kill(leader: u32) -> bool {
        let leader = leader.to_string();
        let mut tool = Command::new("taskkill");
        tool.args(["/PID", &leader, "/T", "/F"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        tool.status().is_ok_and(|status| status.success())
    }

    pub(super) fn has_members(_leader: u32, _is_thorough: bool) -> bool {
        false
    }
}

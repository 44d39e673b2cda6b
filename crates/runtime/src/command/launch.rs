//! Finding a program and starting it. Found here and not by the system: then what is wrong can be told apart, and the start needs no copy
//! of this process's memory map.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Child;

use super::{Command, StartFault, StartFaultKind};

/// Starts the program as the leader of a group of its own.
pub(super) fn launch(command: &Command) -> Result<Child, StartFault> {
    if !command.cwd.is_dir() {
        return Err(fault(StartFaultKind::NoDirectory, &command.cwd.display()));
    }
    let found = find(command)?;
    let mut start = std::process::Command::new(&found);
    start.args(&command.args).current_dir(&command.cwd).env_clear();
    start.envs(command.env.iter().map(|(name, value)| (name, value)));
    start.stdin(if command.input.is_some() { Stdio::piped() } else { Stdio::null() });
    start.stdout(Stdio::piped()).stderr(Stdio::piped());
    as_leader(&mut start, &command.program);
    tokio::process::Command::from(start).spawn().map_err(|error| {
        let kind = match error.kind() {
            // The file is there: what is not, is what its first line names.
            io::ErrorKind::NotFound => StartFaultKind::NoInterpreter,
            io::ErrorKind::PermissionDenied => StartFaultKind::NotExecutable,
            _ if is_no_program(&error) => StartFaultKind::NotExecutable,
            _ => return fault(StartFaultKind::Refused, &error),
        };
        fault(kind, &found.display())
    })
}

fn fault(kind: StartFaultKind, detail: &dyn std::fmt::Display) -> StartFault {
    StartFault { kind, detail: detail.to_string() }
}

#[cfg(unix)]
fn as_leader(start: &mut std::process::Command, name: &OsStr) {
    use std::os::unix::process::CommandExt;
    start.process_group(0).arg0(name);
}

#[cfg(not(unix))]
fn as_leader(_start: &mut std::process::Command, _name: &OsStr) {}

/// Whether the system cannot tell what kind of program a file is.
fn is_no_program(error: &io::Error) -> bool {
    #[cfg(unix)]
    let is_it = error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error());
    #[cfg(not(unix))]
    let is_it = error.raw_os_error() == Some(193);
    is_it
}

/// The file to run: a path as given, from the command's own directory; a name in the first directory of the command's own `PATH` that
/// has a program of this name.
#[cfg(unix)]
fn find(command: &Command) -> Result<PathBuf, StartFault> {
    let program = Path::new(&command.program);
    if command.program.as_encoded_bytes().contains(&b'/') {
        let file = command.cwd.join(program);
        return match look(&file) {
            Look::Program => Ok(file),
            Look::Other => Err(fault(StartFaultKind::NotExecutable, &file.display())),
            Look::Nothing => Err(fault(StartFaultKind::NotFound, &file.display())),
        };
    }
    let path = command.env.iter().find(|(name, _)| name == "PATH").map_or(OsStr::new("/usr/bin:/bin"), |(_, value)| value);
    let mut other = None;
    for directory in std::env::split_paths(path) {
        let file = command.cwd.join(directory).join(program);
        match look(&file) {
            Look::Program => return Ok(file),
            Look::Other => other = other.or(Some(file)),
            Look::Nothing => {}
        }
    }
    Err(match other {
        Some(file) => fault(StartFaultKind::NotExecutable, &file.display()),
        None => fault(StartFaultKind::NotFound, &program.display()),
    })
}

#[cfg(unix)]
enum Look {
    Program,
    /// A directory, or a file that nobody may run.
    Other,
    Nothing,
}

#[cfg(unix)]
fn look(file: &Path) -> Look {
    use std::os::unix::fs::PermissionsExt;
    match file.metadata() {
        Ok(data) if data.is_file() && data.permissions().mode() & 0o111 != 0 => Look::Program,
        Ok(_) => Look::Other,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Look::Other,
        Err(_) => Look::Nothing,
    }
}

/// The system knows its own rules of endings and registries best.
#[cfg(not(unix))]
fn find(command: &Command) -> Result<PathBuf, StartFault> {
    let program = Path::new(&command.program);
    let is_path = program.components().count() > 1;
    let file = if is_path { command.cwd.join(program) } else { program.to_path_buf() };
    if is_path && !file.exists() && !file.with_extension("exe").exists() {
        return Err(fault(StartFaultKind::NotFound, &file.display()));
    }
    Ok(file)
}

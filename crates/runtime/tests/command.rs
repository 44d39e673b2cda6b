//! Commands through the public door: what a listener hears, and that nobody is left behind.
#![cfg(all(unix, not(loom)))]

use std::ffi::OsString;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use dagny_runtime::command::{Command, Ending, Handle, IN_FLIGHT, Listener, StartFault, StartFaultKind, Stream, start};

/// Far more than anything here takes: a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

enum Heard {
    Output(Stream, Vec<u8>),
    Ended(Result<Ending, StartFault>),
}

struct Ear(Sender<Heard>);

impl Listener for Ear {
    fn output(&self, stream: Stream, bytes: Vec<u8>) {
        let _gone = self.0.send(Heard::Output(stream, bytes));
    }

    fn ended(&self, end: Result<Ending, StartFault>) {
        let _gone = self.0.send(Heard::Ended(end));
    }
}

fn command(program: &str, args: &[&str]) -> Command {
    Command {
        program: program.into(),
        args: args.iter().map(OsString::from).collect(),
        cwd: "/".into(),
        env: vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())],
        input: None,
        keep: 1024,
        is_limited: false,
        is_streaming: false,
        kill_signal: 15,
        kill_grace: PATIENCE,
    }
}

fn begin(command: Command) -> (Handle, Receiver<Heard>) {
    let (sender, receiver) = channel();
    (start(command, Ear(sender)).unwrap(), receiver)
}

/// What was put out until the end, and the end.
fn hear(handle: &Handle, receiver: &Receiver<Heard>) -> (Vec<u8>, Result<Ending, StartFault>) {
    let mut output = Vec::new();
    loop {
        match receiver.recv_timeout(PATIENCE).expect("it ends") {
            Heard::Output(_, bytes) => {
                handle.taken(bytes.len());
                output.extend(bytes);
            }
            Heard::Ended(end) => return (output, end),
        }
    }
}

fn end_of(command: Command) -> Result<Ending, StartFault> {
    let (handle, receiver) = begin(command);
    hear(&handle, &receiver).1
}

fn shell(line: &str) -> Command {
    command("sh", &["-c", line])
}

#[test]
fn how_it_exited_and_what_it_said() {
    for (line, code, signal, stdout, stderr) in [
        ("echo out; echo err >&2", Some(0), None, "out\n", "err\n"),
        ("exit 7", Some(7), None, "", ""),
        ("kill -KILL $$", None, Some(9), "", ""),
        ("cat", Some(0), None, "", ""),
    ] {
        let Ending { exit_code, signal: by, stdout: out, stderr: err } = end_of(shell(line)).unwrap();
        assert_eq!((exit_code, by), (code, signal), "{line}");
        assert_eq!((out.bytes.as_slice(), err.bytes.as_slice()), (stdout.as_bytes(), stderr.as_bytes()), "{line}");
    }
}

#[test]
fn what_cannot_be_run() {
    for (program, cwd, kind) in [
        ("no-such-program-anywhere", "/", StartFaultKind::NotFound),
        ("/no/such/program", "/", StartFaultKind::NotFound),
        ("/etc", "/", StartFaultKind::NotExecutable),
        ("/etc/passwd", "/", StartFaultKind::NotExecutable),
        ("sh", "/no/such/directory", StartFaultKind::NoDirectory),
    ] {
        let fault = end_of(Command { cwd: cwd.into(), ..command(program, &[]) }).unwrap_err();
        assert_eq!(fault.kind, kind, "{program} in {cwd}: {}", fault.detail);
    }
}

#[test]
fn input_goes_in_while_output_comes_out() {
    let input = b"0123456789".repeat(100_000);
    let (handle, receiver) = begin(Command { input: Some(input.clone()), is_streaming: true, ..command("cat", &[]) });
    let (output, end) = hear(&handle, &receiver);
    let Ending { stdout, .. } = end.unwrap();
    assert_eq!(output, input);
    assert_eq!((stdout.total, stdout.bytes.as_slice()), (1_000_000, &input[input.len() - 1024..]));
}

#[test]
fn it_waits_for_a_listener_that_takes_nothing() {
    let (handle, receiver) = begin(Command { is_streaming: true, ..command("cat", &["/dev/zero"]) });
    let mut seen = 0;
    while seen + 64 * 1024 <= IN_FLIGHT {
        let Heard::Output(_, bytes) = receiver.recv_timeout(PATIENCE).expect("there is more") else { panic!("it has ended") };
        seen += bytes.len();
    }
    handle.stop();
    // No more than was on its way comes now, and the end does come.
    let (rest, end) = hear(&handle, &receiver);
    assert!(seen + rest.len() <= IN_FLIGHT);
    assert_eq!(end.unwrap().signal, Some(15));
}

#[test]
fn stopped_before_it_starts_it_never_does() {
    // The thread of the commands is busy starting others.
    let others: Vec<_> = (0..20).map(|_| begin(shell("exit 0"))).collect();
    let (handle, receiver) = begin(shell("sleep 1000"));
    handle.kill();
    match hear(&handle, &receiver).1 {
        Ok(ending) => assert_eq!(ending.signal, Some(9)),
        Err(fault) => assert_eq!(fault.kind, StartFaultKind::Stopped),
    }
    for (handle, receiver) in &others {
        assert_eq!(hear(handle, receiver).1.unwrap().exit_code, Some(0));
    }
}

#[test]
fn force_ends_what_does_not_listen() {
    let line = "trap '' TERM; echo there; while :; do sleep 1000; done";
    let (handle, receiver) = begin(Command { is_streaming: true, kill_grace: Duration::from_millis(20), ..shell(line) });
    assert!(matches!(receiver.recv_timeout(PATIENCE), Ok(Heard::Output(Stream::Stdout, bytes)) if bytes == b"there\n"));
    handle.stop();
    assert_eq!(hear(&handle, &receiver).1.unwrap().signal, Some(9));
}

#[test]
fn a_dropped_handle_lets_it_end_by_itself() {
    let (handle, receiver) = begin(shell("exit 3"));
    drop(handle);
    let Ok(Heard::Ended(Ok(ending))) = receiver.recv_timeout(PATIENCE) else { panic!("it ends") };
    assert_eq!(ending.exit_code, Some(3));
}

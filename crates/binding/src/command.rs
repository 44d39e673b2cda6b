//! Commands as JavaScript starts them: a description in, one function called with what comes of it. The function keeps the event loop
//! alive until the command has ended, and is let go of then.

use std::time::Duration;

use dagny_runtime::command::{self, Command, Ending, Handle, Listener, StartFault, StartFaultKind, Stream};
use napi::Status;
use napi::bindgen_prelude::{Buffer, FnArgs, Function, Uint8Array};
use napi::threadsafe_function::{ThreadsafeCallContext, ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

/// What to run, and how.
#[napi(object, object_to_js = false)]
pub struct NativeCommandSpec {
    /// A path where it has a separator in it, else a name to be looked up in the `PATH` of `env`.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where it runs; absolute.
    pub cwd: String,
    /// Its whole environment: names and values in turn.
    pub env: Vec<String>,
    /// What it reads; nothing where it is left out.
    pub input: Option<Uint8Array>,
    /// How many bytes are kept of each stream, the last ones.
    pub keep_bytes: u32,
    /// Whether it is stopped when its standard output is longer.
    pub is_limited: bool,
    /// Whether output is handed over while it goes on.
    pub is_streaming: bool,
    /// The number of the signal that tells it to stop.
    pub kill_signal: i32,
    /// How long it may go on after that, in milliseconds.
    pub kill_grace_ms: u32,
}

/// How a command ended.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeCommandEnd {
    /// Why it could not be started: 0 it was, 1 not found, 2 not executable, 3 its interpreter is not there, 4 no such directory, 5 told
    /// to stop before, 6 anything else.
    pub fault: u32,
    /// What the system says of that, or the path in question.
    pub detail: String,
    /// What it exited with; null where a signal ended it.
    pub exit_code: Option<i32>,
    /// The number of the signal that ended it.
    pub signal: Option<i32>,
    /// What is kept of its standard output.
    pub stdout: Buffer,
    /// What is kept of its standard error.
    pub stderr: Buffer,
    /// How many bytes its standard output had in all.
    pub stdout_bytes: f64,
    /// How many bytes its standard error had in all.
    pub stderr_bytes: f64,
    /// Whether somebody still held one of the two open when it was left.
    pub is_left_open: bool,
}

/// What the function is called with: 0 and the end, or 1 (standard output) or 2 (standard error) and a chunk.
type Arguments = FnArgs<(u32, Option<Buffer>, Option<NativeCommandEnd>)>;

enum Event {
    Output(Stream, Vec<u8>),
    Ended(Result<Ending, StartFault>),
}

type Callback = ThreadsafeFunction<Event, (), Arguments, Status, false>;

struct Hearing(Callback);

impl Listener for Hearing {
    fn output(&self, stream: Stream, bytes: Vec<u8>) {
        self.0.call(Event::Output(stream, bytes), ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn ended(&self, end: Result<Ending, StartFault>) {
        self.0.call(Event::Ended(end), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// A command that goes on. Where it is dropped before the end (the thread that started it is gone), its group is killed.
#[napi]
pub struct NativeCommand {
    handle: Handle,
}

#[napi]
impl NativeCommand {
    /// Starts it. `hear(kind, chunk, end)` is called with each chunk (kind 1 standard output, 2 standard error) and at last, once, with
    /// the end (kind 0). Throws where the process cannot have a thread more.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        spec: NativeCommandSpec,
        #[napi(ts_arg_type = "(kind: number, chunk: Buffer | null, end: NativeCommandEnd | null) => void")] hear: Function<
            '_,
            Arguments,
            (),
        >,
    ) -> napi::Result<Self> {
        let callback = hear.build_threadsafe_function::<Event>().build_callback(|context: ThreadsafeCallContext<Event>| {
            Ok(FnArgs::from(match context.value {
                Event::Output(stream, bytes) => (if stream == Stream::Stdout { 1 } else { 2 }, Some(bytes.into()), None),
                Event::Ended(end) => (0, None, Some(end_out(end))),
            }))
        })?;
        let handle = command::start(command_of(spec), Hearing(callback)).map_err(|error| napi::Error::from_reason(error.to_string()))?;
        Ok(Self { handle })
    }

    /// Tells it to stop: its signal now, its end by force when its grace is over. No more output is waited for.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.handle.stop();
    }

    /// Ends it and its group by force, before this returns.
    #[napi(catch_unwind)]
    pub fn kill(&self) {
        self.handle.kill();
    }

    /// So many bytes of output have been dealt with: more may come.
    #[napi(catch_unwind)]
    pub fn taken(&self, bytes: u32) {
        self.handle.taken(bytes as usize);
    }
}

impl Drop for NativeCommand {
    fn drop(&mut self) {
        self.handle.kill();
    }
}

fn command_of(spec: NativeCommandSpec) -> Command {
    let mut env = Vec::with_capacity(spec.env.len() / 2);
    let mut words = spec.env.into_iter();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        env.push((name.into(), value.into()));
    }
    Command {
        program: spec.program.into(),
        args: spec.args.into_iter().map(Into::into).collect(),
        cwd: spec.cwd.into(),
        env,
        input: spec.input.map(|input| input.to_vec()),
        keep: spec.keep_bytes as usize,
        is_limited: spec.is_limited,
        is_streaming: spec.is_streaming,
        kill_signal: spec.kill_signal,
        kill_grace: Duration::from_millis(spec.kill_grace_ms.into()),
    }
}

fn end_out(end: Result<Ending, StartFault>) -> NativeCommandEnd {
    match end {
        Ok(Ending { exit_code, signal, stdout, stderr }) => NativeCommandEnd {
            fault: 0,
            detail: String::new(),
            exit_code,
            signal,
            stdout_bytes: stdout.total as f64,
            stderr_bytes: stderr.total as f64,
            is_left_open: stdout.is_left_open || stderr.is_left_open,
            stdout: stdout.bytes.into(),
            stderr: stderr.bytes.into(),
        },
        Err(StartFault { kind, detail }) => NativeCommandEnd {
            fault: match kind {
                StartFaultKind::NotFound => 1,
                StartFaultKind::NotExecutable => 2,
                StartFaultKind::NoInterpreter => 3,
                StartFaultKind::NoDirectory => 4,
                StartFaultKind::Stopped => 5,
                StartFaultKind::Refused => 6,
            },
            detail,
            exit_code: None,
            signal: None,
            stdout: Vec::new().into(),
            stderr: Vec::new().into(),
            stdout_bytes: 0.0,
            stderr_bytes: 0.0,
            is_left_open: false,
        },
    }
}

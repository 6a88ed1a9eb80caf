//! Commands and processes of the system.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use hyp_bytecode::builtin::Builtin;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::args::{Args, STRING_BYTES_MAX};
use super::machine::{MIB, facts};
use crate::{Trap, Value, Vm};

/// How long a waiting program takes at most to see an interrupt.
const POLL: Duration = Duration::from_millis(20);
/// Bytes read at a time.
const CHUNK: usize = 16 << 10;
/// Commands that a program may have in the background.
const BACKGROUND_MAX: usize = 64;
/// Exit status of a shell that did not find the command.
const NOT_FOUND: i32 = 127;

/// A command without streams, and how messages call it.
fn command(vm: &Vm, args: &Args<'_>) -> Result<(Command, String), Trap> {
    let line = args.text(vm, 0)?;
    let mut command = if args.optional(1).is_some() {
        let list = args.array(vm, 1)?;
        let mut command = Command::new(line);
        for item in vm.array_items(list) {
            let Some(text) = vm.str(item) else {
                return Err(args.expected_got("string array", vm, 1));
            };
            command.arg(text);
        }
        command
    } else {
        shell(line)
    };
    command.envs(&vm.builtins.environment).stdin(Stdio::null());
    #[cfg(unix)]
    {
        // A group of its own, so that ending it ends what it has started as well.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    Ok((command, super::args::brief(vm, args.value(0))))
}

#[cfg(not(windows))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    // The shell has its own rules for quotes.
    std::os::windows::process::CommandExt::raw_arg(command.arg("/C"), line);
    command
}

fn spawn(command: &mut Command, name: &str) -> Result<Child, Trap> {
    command.spawn().map_err(|e| cannot_run(name, &e.to_string()))
}

fn cannot_run(name: &str, why: &str) -> Trap {
    Trap::io(format!("Cannot run command '{name}': {why}"))
}

/// Ends a command and what it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(group) = libc::pid_t::try_from(child.id()) {
        // SAFETY: `kill` has no memory effects. The child leads a group of its own and has not been
        // waited for, so the number is still its.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
    // It may have ended already.
    let _ = child.kill();
    let _ = child.wait();
}

/// A piece of a command's output; `is_error` if it is from standard error.
struct Piece {
    is_error: bool,
    bytes: Vec<u8>,
}

/// Sends what a stream delivers until it ends or nobody listens. On a thread of its own.
fn forward(stream: Option<impl Read + Send + 'static>, is_error: bool, to: SyncSender<Piece>) {
    let Some(mut stream) = stream else { return };
    let read = move || {
        let mut buffer = vec![0; CHUNK];
        while let Ok(count) = stream.read(&mut buffer)
            && count > 0
        {
            let bytes = buffer.get(..count).unwrap_or_default().to_vec();
            if to.send(Piece { is_error, bytes }).is_err() {
                return;
            }
        }
    };
    // Without a thread the stream is closed.
    let _ = std::thread::Builder::new().name("command".to_owned()).spawn(read);
}

pub(super) fn execute_command(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ExecuteCommand, args);
    let (mut command, name) = command(vm, &args)?;
    vm.flush()?;
    let mut child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()), &name)?;
    let output = match collect_output(vm, &args, &mut child) {
        Ok(output) => output,
        Err(trap) => {
            end(&mut child);
            return Err(trap);
        }
    };
    let status = child.wait().map_err(|e| cannot_run(&name, &e.to_string()))?;
    let uses_shell = args.optional(1).is_none();
    if uses_shell && status.code() == Some(NOT_FOUND) && output.is_empty() {
        return Err(cannot_run(&name, "not found"));
    }
    vm.new_string(&String::from_utf8_lossy(&output))
}

/// What the child writes to standard output until both its streams end.
fn collect_output(vm: &mut Vm, args: &Args<'_>, child: &mut Child) -> Result<Vec<u8>, Trap> {
    let (sender, pieces) = sync_channel(4);
    forward(child.stdout.take(), false, sender.clone());
    forward(child.stderr.take(), true, sender);
    let mut output = Vec::new();
    loop {
        match pieces.recv_timeout(POLL) {
            Ok(Piece { is_error: true, bytes }) => {
                vm.write_err(&String::from_utf8_lossy(&bytes))?;
            }
            Ok(Piece { bytes, .. }) => {
                output.extend_from_slice(&bytes);
                if output.len() > STRING_BYTES_MAX {
                    return Err(args.error(&format!(
                        "stopped the command: it wrote more than {STRING_BYTES_MAX} bytes"
                    )));
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(output),
        }
        vm.check_interrupt()?;
    }
}

/// Commands in the background.
#[derive(Default)]
pub(super) struct Processes {
    running: Vec<Child>,
    /// Numbers of all that were started.
    started: BTreeSet<u32>,
}

impl Processes {
    /// Forgets those that have ended.
    fn reap(&mut self) {
        self.running.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    pub(super) fn end_all(&mut self) {
        self.reap();
        self.running.drain(..).for_each(|mut child| end(&mut child));
    }
}

pub(super) fn execute_command_async(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ExecuteCommandAsync, args);
    let (mut command, name) = command(vm, &args)?;
    vm.builtins.processes.reap();
    if vm.builtins.processes.running.len() >= BACKGROUND_MAX {
        return Err(cannot_run(&name, &format!("{BACKGROUND_MAX} commands are running already")));
    }
    let child = spawn(command.stdout(Stdio::null()).stderr(Stdio::null()), &name)?;
    let pid = child.id();
    vm.builtins.processes.started.insert(pid);
    vm.builtins.processes.running.push(child);
    let handle = vm.new_object()?;
    vm.object_set_str(handle, "pid", Value::num(f64::from(pid)))?;
    vm.object_set_str(handle, "command", args.value(0))?;
    Ok(handle)
}

pub(super) fn kill_process(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let pid = Args::new(Builtin::KillProcess, args).whole(vm, 0)?;
    let is_it = |id: u32| f64::from(id) == pid;
    let processes = &mut vm.builtins.processes;
    processes.reap();
    if let Some(at) = processes.running.iter().position(|child| is_it(child.id())) {
        end(&mut processes.running.swap_remove(at));
        return Ok(Value::NULL);
    }
    if processes.started.iter().any(|id| is_it(*id)) {
        return Ok(Value::NULL);
    }
    let pid = crate::number::display(pid);
    Err(Trap::runtime(format!("Cannot end process {pid}: this program has not started it")))
}

pub(super) fn get_process_list(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let mut system = facts()?;
    let kind = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let mut all: Vec<(u32, String, f64)> = system
        .processes()
        .values()
        .filter(|process| process.thread_kind().is_none())
        .map(|process| {
            let name = process.name().to_string_lossy().into_owned();
            (process.pid().as_u32(), name, process.memory() as f64 / MIB)
        })
        .collect();
    all.sort_unstable_by_key(|process| process.0);
    let result = vm.new_array_with_capacity(all.len())?;
    for (id, name, memory) in all {
        let process = vm.new_object()?;
        vm.array_push(result, process)?;
        let name = vm.new_string(&name)?;
        vm.object_set_str(process, "name", name)?;
        vm.object_set_str(process, "id", Value::num(f64::from(id)))?;
        vm.object_set_str(process, "memory", Value::num(memory))?;
    }
    Ok(result)
}

/// Memory in bytes and used processor time in milliseconds of this process.
pub(super) fn own_usage(system: &mut System) -> (f64, f64) {
    let pid = Pid::from_u32(std::process::id());
    let kind = ProcessRefreshKind::nothing().with_memory().with_cpu();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, kind);
    system.process(pid).map_or((0.0, 0.0), |process| {
        (process.memory() as f64, process.accumulated_cpu_time() as f64)
    })
}

pub(super) fn get_process_info(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let (memory, cpu_time) = own_usage(&mut facts()?);
    super::new_figures(
        vm,
        &[
            ("processId", f64::from(std::process::id())),
            ("workingSet", memory / MIB),
            ("cpuTime", cpu_time),
        ],
    )
}

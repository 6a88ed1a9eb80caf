//! For finding mistakes: lines on standard error, call stacks, errors in full.

use std::fmt::Write;

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::{Trap, Value, Vm};

/// Writes a line to standard error if the program is being debugged.
fn debug_line(vm: &mut Vm, make: impl FnOnce(&Vm) -> String) -> Result<Value, Trap> {
    if vm.is_debugged() {
        let line = make(vm) + "\n";
        vm.write_err(&line)?;
    }
    Ok(Value::NULL)
}

pub(super) fn debug_print(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let v = Args::new(Builtin::DebugPrint, args).value(0);
    debug_line(vm, |vm| format!("[DEBUG] {}", vm.display(v)))
}

pub(super) fn debug_print_type(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let v = Args::new(Builtin::DebugPrintType, args).value(0);
    debug_line(vm, |vm| format!("[DEBUG] type: {}", vm.type_name(v)))
}

pub(super) fn debug_print_memory(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    debug_line(vm, |vm| {
        let crate::HeapStats { used, committed, minor, major, .. } = vm.heap_stats();
        format!("[DEBUG] heap: {used} of {committed} bytes used, {minor} + {major} collections")
    })
}

pub(super) fn debug_print_stack_trace(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    debug_line(vm, |vm| format!("[DEBUG] calls:\n{}", vm.call_stack()))
}

pub(super) fn debug_print_environment(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    debug_line(vm, |vm| {
        let directory = std::env::current_dir().unwrap_or_default();
        format!(
            "[DEBUG] HypnoScript {} on {} {}\n[DEBUG] directory: {}\n[DEBUG] arguments: {:?}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            directory.display(),
            vm.args()
        )
    })
}

/// Writes `[LEVEL] message` to standard error.
pub(super) fn log_line(vm: &mut Vm, args: &Args<'_>) -> Result<Value, Trap> {
    let level = args.text(vm, 0)?.to_uppercase();
    let line = format!("[{level}] {}\n", vm.display(args.value(1)));
    vm.write_err(&line)?;
    Ok(Value::NULL)
}

pub(super) fn log_message(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    log_line(vm, &Args::new(Builtin::LogMessage, args))
}

pub(super) fn trace(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let message = Args::new(Builtin::Trace, args).value(0);
    debug_line(vm, |vm| {
        let mut line = String::from("[TRACE] ");
        if let Some(at) = vm.call_entries().first() {
            let _ = write!(line, "{}:{}:{}: ", at.file, at.line, at.column);
        }
        vm.display_into(message, &mut line);
        line
    })
}

pub(super) fn get_exception_info(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let error = Args::new(Builtin::GetExceptionInfo, args).value(0);
    let text = match vm.error_info(error) {
        None => vm.display(error),
        Some(info) => {
            let mut text = format!("{}: {}", info.kind.name(), info.message);
            if info.line > 0 {
                let _ = write!(text, " ({}:{}:{})", info.file, info.line, info.column);
            }
            if !info.trace.is_empty() {
                text.push('\n');
                text.push_str(&Vm::trace_text(&info.trace));
            }
            text
        }
    };
    vm.new_string(&text)
}

pub(super) fn get_call_stack(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let text = vm.call_stack();
    vm.new_string(&text)
}

pub(super) fn load_plugin(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let name = Args::new(Builtin::LoadPlugin, args).text(vm, 0)?;
    Err(Trap::runtime(format!("Cannot load plugin '{name}': this host provides no plugins")))
}

//! Waiting, input and the terminal.

use std::io::IsTerminal;
use std::time::Duration;

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::task::whole_ms;
use crate::{Trap, Value, Vm};

pub(super) fn drift(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let ms = Args::new(Builtin::Drift, args).num(vm, 0)?;
    let ms = whole_ms(ms / vm.builtins.pace);
    if vm.is_alone() {
        vm.sleep(Duration::from_millis(ms))?;
        return Ok(Value::NULL);
    }
    vm.flush()?;
    let timer = vm.new_timer(ms, Value::NULL)?;
    Err(Trap::Await(timer))
}

pub(super) fn accelerate_time(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let factor = time_factor(vm, Args::new(Builtin::AccelerateTime, args))?;
    vm.builtins.pace *= factor;
    Ok(Value::NULL)
}

pub(super) fn decelerate_time(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let factor = time_factor(vm, Args::new(Builtin::DecelerateTime, args))?;
    vm.builtins.pace /= factor;
    Ok(Value::NULL)
}

fn time_factor(vm: &mut Vm, args: Args<'_>) -> Result<f64, Trap> {
    let factor = args.num(vm, 0)?;
    if factor > 0.0 && factor.is_finite() {
        return Ok(factor);
    }
    Err(args.expected("positive number", 0))
}

pub(super) fn input_provider(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    if let Some(prompt) = Args::new(Builtin::InputProvider, args).optional(0) {
        let prompt = vm.display(prompt);
        vm.write_out(&prompt)?;
    }
    vm.flush()?;
    match vm.read_line()? {
        Some(line) => vm.new_string(&line),
        None => Ok(Value::NULL),
    }
}

/// Output statements as functions.
macro_rules! output {
    ($($name:ident = $row:ident as $kind:literal;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            vm.print(Args::new(Builtin::$row, args).value(0), $kind)?;
            Ok(Value::NULL)
        })+
    };
}

output! {
    observe = Observe as 0;
    whisper = Whisper as 1;
    command = Command as 2;
    murmur = Murmur as 3;
}

pub(super) fn clear_screen(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    if std::io::stdout().is_terminal() {
        vm.write_out("\x1b[2J\x1b[H")?;
        vm.flush()?;
    }
    Ok(Value::NULL)
}

//! Output, input, copies.
//!
//! Every function is [`super::Slow`]; its safety contract is that of [`super::run_loop`].

use super::at::{define, enter, perform};
use crate::error::Trap;
use crate::number;
use crate::task::Point;
use crate::value::Value;
use crate::vm::Vm;

slow! {
    perform 1 print |vm, at| vm.print(at.reg(at.a()), at.b());
    define 1 snapshot |vm, at| {
        vm.safepoint();
        vm.snapshot(at.reg(at.b()))
    };
    define 2 oscillate |vm, at| {
        let v = at.reg(at.b());
        match v.as_bool() {
            Some(b) => Ok(Value::bool(!b)),
            None => {
                let (name, got) = (vm.name(at.word(1)), vm.type_name(v));
                Err(Trap::runtime(format!("Oscillate target '{name}' must be boolean, got {got}")))
            }
        }
    };
    define 1 read_external |vm, at| vm.read_external(at.b());
    perform 1 begin_task |vm, _at| vm.begin_task();
}

/// `await`.
#[inline(never)]
pub(super) unsafe fn await_value(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        let v = at.reg(at.b());
        if !v.is_promise() {
            *base.add(at.a()) = v;
            return pc.add(1);
        }
        vm.deliver(Err(Trap::Await(v)), Point { next: pc.add(1), dst: at.a() as u32 })
    }
}

/// `suspend`.
#[cold]
#[inline(never)]
pub(super) unsafe fn suspend(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        let result = vm.suspend();
        vm.deliver(result, Point { next: pc.add(1), dst: at.a() as u32 })
    }
}

impl Vm {
    /// Prints as an output statement does: 0 `observe`, 1 `whisper`, 2 `command`, 3 `murmur`.
    pub(crate) fn print(&mut self, v: Value, kind: usize) -> Result<(), Trap> {
        let mut out = std::mem::take(&mut self.output.buffer);
        match kind {
            2 => out.push_str(&self.display(v).to_uppercase()),
            3 => {
                out.push_str("[DEBUG] ");
                self.display_into(v, &mut out);
            }
            _ => self.display_into(v, &mut out),
        }
        if matches!(kind, 0 | 2) {
            out.push('\n');
        }
        self.output.buffer = out;
        self.output.flush_if_full()
    }

    fn read_external(&mut self, kind: usize) -> Result<Value, Trap> {
        let Some(line) = self.read_line()? else { return Ok(Value::NULL) };
        match kind {
            1 => number::parse(line.trim())
                .map(Value::num)
                .ok_or_else(|| Trap::runtime(format!("Cannot convert '{line}' to number"))),
            2 => match line.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Ok(Value::TRUE),
                "false" | "0" | "no" => Ok(Value::FALSE),
                _ => Err(Trap::runtime(format!("Cannot convert '{line}' to boolean"))),
            },
            _ => self.heap.new_str(&line),
        }
    }

    fn suspend(&mut self) -> Result<Value, Trap> {
        self.write_out("[SUSPEND] Program suspended - press Ctrl+C to exit")?;
        self.flush()?;
        self.suspend_task()
    }

    /// Reads standard input to its end.
    pub(crate) fn read_to_end(&mut self) -> Result<(), Trap> {
        while self.read_line()?.is_some() {
            self.check_interrupt()?;
        }
        self.check_interrupt()
    }
}

//! Raising: from a trap to the handler that takes it.

use hyp_bytecode::module::Handler;

use crate::error::Trap;
use crate::link::FuncInfo;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// Raises a trap at the running instruction. Returns where execution continues, with `self.base`
    /// set, or null if no handler above the innermost native boundary takes it; then `self.pending`
    /// holds the trap.
    ///
    /// # Safety
    /// `self.frame`, `self.pc` and `self.base` describe the running function.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn raise(&mut self, trap: Trap) -> *const u32 {
        // Handlers of damaged modules may lead back to what raises, so raising polls like a
        // backward branch.
        self.budget -= 1;
        let trap = self.poll().err().unwrap_or(trap);
        let trap = match trap {
            Trap::Error(error) => match self.error_value(&error) {
                Ok(v) => Trap::Throw(v),
                Err(other) => other,
            },
            other => other,
        };
        let is_new = self.thrown.1.is_empty() || !self.thrown.0.is_undef();
        if is_new && matches!(trap, Trap::Limit(_)) {
            // The report shows them; a limit has no error object.
            self.thrown = (Value::UNDEF, self.active_calls());
        }
        // SAFETY: by contract.
        unsafe { self.unwind(trap) }
    }

    /// Passes a raised trap on: to a handler of the frames from the top frame down, as
    /// [`Vm::raise`] does.
    ///
    /// # Safety
    /// As [`Vm::raise`].
    pub(crate) unsafe fn unwind(&mut self, trap: Trap) -> *const u32 {
        let value = match trap {
            Trap::Throw(v) => v,
            // The mark stands for the exit in the handlers that know it.
            _ => Value::UNDEF,
        };
        // SAFETY: by contract.
        unsafe {
            match self.find_handler(&trap) {
                Some((target, handler)) => {
                    let value = match handler.is_cleanup {
                        true => self.with_place(value),
                        false => value,
                    };
                    *self.base.add(usize::from(handler.reg)) = value;
                    self.exit = (!trap.is_catchable()).then_some(trap);
                    target
                }
                None => {
                    self.pending = Some(trap);
                    std::ptr::null()
                }
            }
        }
    }

    /// Pops frames down to the innermost handler, or to the one that leaves the interpreter.
    ///
    /// # Safety
    /// As [`Vm::raise`].
    unsafe fn find_handler(&mut self, trap: &Trap) -> Option<(*const u32, Handler)> {
        // SAFETY: by contract; a boundary lies below every run of the interpreter.
        unsafe {
            let mut pc = self.pc;
            let mut back = 0;
            loop {
                let frame = *self.frame;
                if frame.func.is_null() {
                    return None;
                }
                let word = (pc.offset_from((*frame.func).code) - back).max(0) as usize;
                if let Some(handler) = self.handler_at(&*frame.func, word, trap) {
                    if !handler.is_cleanup {
                        // Caught: an equal value that is thrown later has a place of its own.
                        self.thrown = (Value::UNDEF, Vec::new());
                    }
                    return Some(((*frame.func).code.add(handler.target as usize), handler));
                }
                self.frame = self.frame.sub(1);
                self.base = frame.ret_base;
                if frame.ret_pc.is_null() {
                    return None;
                }
                pc = frame.ret_pc;
                back = 1;
            }
        }
    }

    /// The handler that takes a trap raised at a code word.
    fn handler_at(&self, f: &FuncInfo, word: usize, trap: &Trap) -> Option<Handler> {
        let def = self.module.functions.get(f.index as usize)?;
        let covers = |h: &&Handler| (h.start as usize..h.end as usize).contains(&word);
        let takes = |h: &&Handler| match trap {
            Trap::Error(_) | Trap::Throw(_) => true,
            Trap::Exit(_) | Trap::Cancelled => h.is_cleanup,
            Trap::Await(_) | Trap::Limit(_) | Trap::Interrupted | Trap::Closed => false,
        };
        def.handlers.iter().filter(covers).find(takes).cloned()
    }

    /// What `throw v` raises.
    pub(crate) fn thrown(&mut self, v: Value) -> Trap {
        if v.is_undef() {
            return self.exit.take().unwrap_or(Trap::Throw(Value::NULL));
        }
        if let Some((value, calls)) = self.unwrap_place(v) {
            self.thrown = (value, calls);
            return Trap::Throw(value);
        }
        if !v.is_error() && self.thrown.0 != v {
            self.thrown = (v, self.active_calls());
        }
        Trap::Throw(v)
    }
}

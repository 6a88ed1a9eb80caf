//! Errors as objects and as reports: positions, call stacks, messages.

use std::fmt;
use std::fmt::Write;

use hyp_bytecode::module::{ErrorKind, FuncId, InlinedCall, LineEntry};
use hyp_bytecode::rep::TypeId;

use crate::error::{ScriptError, ServiceFault, Trap};
use crate::limit::Cause;
use crate::link::function_name;
use crate::object::{Buffer, ErrorObj, Kind};
use crate::stack::Frame;
use crate::value::{TAG_HEAP, Value};
use crate::vm::Vm;

/// Innermost and outermost calls that a trace keeps.
const TRACE_HALF: usize = 32;

/// Equal calls in a row that a report shows one by one.
const REPEATS_SHOWN: usize = 3;

/// An uncaught error. Its display form is what the tools print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Source file name.
    pub file: String,
    /// Line, from 1; 0 if unknown.
    pub line: u32,
    /// Column, from 1; 0 if unknown.
    pub column: u32,
    /// Category prefix and message.
    pub message: String,
    /// Active calls, innermost first.
    pub trace: Vec<TraceEntry>,
    /// Whose failure it is.
    pub cause: Cause,
}

/// One active call of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// Function name.
    pub function: String,
    /// Source file name.
    pub file: String,
    /// Line, from 1; 0 if unknown.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        }
        f.write_str(&self.message)?;
        let mut rest = &self.trace[..];
        while let [entry, ..] = rest {
            let run = rest.iter().take_while(|e| *e == entry).count();
            write!(
                f,
                "\n    at {} ({}:{}:{})",
                entry.function, entry.file, entry.line, entry.column
            )?;
            if run > REPEATS_SHOWN {
                write!(f, "\n    … the same call again and again")?;
            }
            rest = &rest[if run > REPEATS_SHOWN { run } else { 1 }..];
        }
        Ok(())
    }
}

/// What an error object says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorInfo {
    /// Category.
    pub kind: ErrorKind,
    /// Message without category prefix.
    pub message: String,
    /// Source file name.
    pub file: String,
    /// Line, from 1; 0 if unknown.
    pub line: u32,
    /// Column, from 1; 0 if unknown.
    pub column: u32,
    /// Active calls where it was raised, innermost first.
    pub trace: Vec<TraceEntry>,
}

pub(crate) fn error_object(v: Value) -> Option<*mut ErrorObj> {
    v.is_error().then(|| v.ptr().cast())
}

impl Vm {
    /// Function and code word of the active calls, innermost first. Long stacks lose their middle.
    pub(crate) fn active_calls(&self) -> Vec<(u32, u32)> {
        let first = self.frame_bottom;
        let depth = (self.frame as usize - first as usize) / size_of::<Frame>();
        let mut calls = Vec::with_capacity(depth.min(2 * TRACE_HALF));
        for at in (1..=depth).rev() {
            if at > TRACE_HALF && depth - at >= TRACE_HALF {
                continue;
            }
            // SAFETY: frames from the bottom to `self.frame` are initialised, and a function's `pc`
            // lies in its code. A caller's return address lies after its call instruction.
            unsafe {
                let frame = &*first.add(at);
                if frame.func.is_null() {
                    continue;
                }
                let code = (*frame.func).code;
                let word = if at == depth {
                    self.pc.offset_from(code)
                } else {
                    let above = &*first.add(at + 1);
                    let ret_pc = match above.ret_pc.is_null() {
                        true => match self.task_return(above) {
                            ret if ret.is_null() => above.site,
                            ret => ret,
                        },
                        false => above.ret_pc,
                    };
                    ret_pc.offset_from(code) - isize::from(!above.func.is_null())
                };
                calls.push(((*frame.func).index, word.max(0) as u32));
            }
        }
        calls
    }

    fn line_entry(&self, func: u32, word: u32) -> Option<LineEntry> {
        let lines = &self.module.functions.get(func as usize)?.lines;
        // Polls report where a loop continues; that can be before the first instruction with a line.
        let at = lines.partition_point(|l| l.pc <= word).saturating_sub(1);
        lines.get(at).copied()
    }

    /// An error object for an error raised at the running instruction.
    pub(crate) fn error_value(&mut self, error: &ScriptError) -> Result<Value, Trap> {
        let message = self.heap.new_str(&error.message)?;
        let details = match &error.fault {
            Some(fault) => self.fault_details(fault)?,
            None => Value::NULL,
        };
        let object = self.error_at(&self.active_calls(), message)?;
        // SAFETY: a live error object, new, so it needs no barrier.
        unsafe {
            (*object).kind = error.kind as u32;
            (*object).cause = error.cause.code();
            (*object).details = details;
        }
        Ok(Value::from_ptr(TAG_HEAP, object.cast()))
    }

    /// The members that only errors of services have.
    fn fault_details(&self, fault: &ServiceFault) -> Result<Value, Trap> {
        let details = self.heap.new_map(0)?;
        let texts =
            [("code", fault.code), ("service", fault.service), ("operation", fault.operation)];
        for (name, text) in texts {
            self.heap.map_set(details, self.heap.new_str(name)?, self.heap.new_str(text)?)?;
        }
        let retryable = Value::bool(fault.is_retryable);
        self.heap.map_set(details, self.heap.new_str("retryable")?, retryable)?;
        Ok(details)
    }

    /// An error object of kind `runtime` with these calls.
    fn error_at(&self, calls: &[(u32, u32)], message: Value) -> Result<*mut ErrorObj, Trap> {
        let position = calls.first().and_then(|&(func, word)| self.line_entry(func, word));
        let buffer = self.heap.alloc_buffer(size_of_val(calls))?;
        let header = self.heap.alloc(size_of::<ErrorObj>(), Kind::Error, TypeId::ERROR.0, 0)?;
        let object = header.cast::<ErrorObj>();
        // SAFETY: both allocations have the sizes written here; the header is already written.
        unsafe {
            std::ptr::copy_nonoverlapping(calls.as_ptr(), buffer.add(1).cast(), calls.len());
            (*object).message = message;
            (*object).trace = buffer;
            (*object).thrown = Value::UNDEF;
            (*object).kind = ErrorKind::Runtime as u32;
            (*object).line = position.map_or(0, |p| p.line);
            (*object).column = position.map_or(0, |p| p.column);
            (*object).cause = Cause::Script.code();
            (*object).details = Value::NULL;
        }
        Ok(object)
    }

    /// What a handler that will raise `v` again holds: errors know their place, other values are
    /// wrapped together with it, because what the handler does may throw and catch as well. Where the
    /// heap is full, the place may be lost.
    pub(crate) fn with_place(&self, v: Value) -> Value {
        if v.is_error() || v.is_undef() || self.thrown.0 != v || !self.heap.has_room() {
            return v;
        }
        let wrapped = self.heap.unlimited(|| {
            let message = self.heap.new_str("")?;
            self.error_at(&self.thrown.1, message)
        });
        let Ok(object) = wrapped else { return v };
        // SAFETY: a live error object, new, so it needs no barrier.
        unsafe { (*object).thrown = v };
        Value::from_ptr(TAG_HEAP, object.cast())
    }

    /// The value and the calls that [`Vm::with_place`] has wrapped.
    pub(crate) fn unwrap_place(&self, v: Value) -> Option<(Value, Vec<(u32, u32)>)> {
        let object = error_object(v)?;
        // SAFETY: `v` is a live error object.
        let (thrown, trace) = unsafe { ((*object).thrown, (*object).trace) };
        (!thrown.is_undef()).then(|| (thrown, self.trace_calls(trace).to_vec()))
    }

    /// Gives an error object that has no place the running instruction's.
    pub(crate) fn place_error(&mut self, v: Value) {
        let Some(object) = error_object(v) else { return };
        let calls = self.active_calls();
        let position = calls.first().and_then(|&(func, word)| self.line_entry(func, word));
        // SAFETY: `v` is a live error object.
        unsafe {
            if let Some(position) = position.filter(|_| (*object).line == 0) {
                (*object).line = position.line;
                (*object).column = position.column;
            }
        }
    }

    /// What an error object says; `None` for other values.
    #[must_use]
    pub fn error_info(&self, v: Value) -> Option<ErrorInfo> {
        let object = error_object(v)?;
        // SAFETY: `v` is a live error object.
        let (kind, line, column, message, trace) = unsafe {
            ((*object).kind, (*object).line, (*object).column, (*object).message, (*object).trace)
        };
        let (file, line) = self.module.source_line(line);
        Some(ErrorInfo {
            kind: ErrorKind::from_code(kind as u8).unwrap_or(ErrorKind::Runtime),
            message: self.heap.text(message).to_owned(),
            file: file.to_owned(),
            line,
            column,
            trace: self.trace_entries(trace),
        })
    }

    /// Function and code word of the calls in the trace of a live error object.
    fn trace_calls(&self, trace: *const Buffer) -> &[(u32, u32)] {
        // SAFETY: an error's trace holds such pairs.
        unsafe { std::slice::from_raw_parts(trace.add(1).cast(), (*trace).bytes / 8) }
    }

    fn trace_entries(&self, trace: *const Buffer) -> Vec<TraceEntry> {
        self.entries(self.trace_calls(trace))
    }

    /// The calls as the source has them: a frame whose code belongs to inlined calls counts for
    /// all of them.
    fn entries(&self, calls: &[(u32, u32)]) -> Vec<TraceEntry> {
        let mut entries = Vec::with_capacity(calls.len());
        for &(func, word) in calls {
            let at = self.line_entry(func, word);
            let (mut line, mut column) = at.map_or((0, 0), |p| (p.line, p.column));
            let mut inlined = at.map_or(0, |p| p.inlined);
            while let Some(call) = self.inlined_call(func, inlined) {
                entries.push(self.entry(call.func.0, line, column));
                (line, column, inlined) = (call.line, call.column, call.inlined);
            }
            entries.push(self.entry(func, line, column));
        }
        // The limit is one of source calls, so that inlining does not show.
        if entries.len() > 2 * TRACE_HALF {
            entries.drain(TRACE_HALF..entries.len() - TRACE_HALF);
        }
        entries
    }

    fn entry(&self, func: u32, line: u32, column: u32) -> TraceEntry {
        let (file, line) = self.module.source_line(line);
        TraceEntry { function: self.trace_name(func), file: file.to_owned(), line, column }
    }

    fn inlined_call(&self, func: u32, inlined: u32) -> Option<&InlinedCall> {
        let calls = &self.module.functions.get(func as usize)?.inlined;
        calls.get(inlined.checked_sub(1)? as usize)
    }

    fn trace_name(&self, func: u32) -> String {
        if func == self.module.main {
            "main".to_owned()
        } else {
            function_name(&self.module, FuncId(func))
        }
    }

    /// The active calls, innermost first.
    pub(crate) fn call_entries(&self) -> Vec<TraceEntry> {
        self.entries(&self.active_calls())
    }

    /// The active calls as text.
    pub(crate) fn call_stack(&self) -> String {
        Self::trace_text(&self.call_entries())
    }

    /// Calls as text, one per line.
    pub(crate) fn trace_text(trace: &[TraceEntry]) -> String {
        let mut text = String::new();
        for entry in trace {
            let separator = if text.is_empty() { "" } else { "\n" };
            let TraceEntry { function, file, line, column } = entry;
            let _ = write!(text, "{separator}at {function} ({file}:{line}:{column})");
        }
        text
    }

    /// A field of an error object, as scripts see it.
    pub(crate) fn error_field(&mut self, v: Value, name: &str) -> Result<Option<Value>, Trap> {
        let Some(info) = self.error_info(v) else { return Ok(None) };
        Ok(Some(match name {
            "message" => self.heap.new_str(&info.message)?,
            "kind" => self.heap.new_str(info.kind.name())?,
            "line" => Value::num(f64::from(info.line)),
            "column" => Value::num(f64::from(info.column)),
            "trace" => self.heap.new_str(&Self::trace_text(&info.trace))?,
            _ => return Ok(self.error_detail(v, name)),
        }))
    }

    /// A member that only an error of a service has.
    fn error_detail(&self, v: Value, name: &str) -> Option<Value> {
        // SAFETY: a live error object.
        let details = error_object(v).map_or(Value::NULL, |e| unsafe { (*e).details });
        self.object_get_str(details, name)
    }

    /// The report of an uncaught trap.
    #[must_use]
    pub fn report(&self, trap: &Trap) -> Report {
        let mut report = Report {
            file: self.module.source_name().to_owned(),
            line: 0,
            column: 0,
            message: String::new(),
            trace: Vec::new(),
            cause: Cause::Script,
        };
        match trap {
            Trap::Error(e) => {
                report.message = format!("{}{}", e.kind.prefix(), e.message);
                report.cause = e.cause;
            }
            Trap::Limit(limit) => {
                report.message = format!("Runtime error: {}", self.limit_message(*limit));
                report.cause = Cause::Limit(*limit);
                let (thrown, calls) = &self.thrown;
                if thrown.is_undef() {
                    self.place_calls(&mut report, calls);
                }
            }
            Trap::Throw(v) => self.describe_thrown(*v, &mut report),
            Trap::Exit(_) | Trap::Interrupted | Trap::Closed | Trap::Cancelled | Trap::Await(_) => {
            }
        }
        report
    }

    /// Fills in the place and the call stack of `report`.
    fn place_calls(&self, report: &mut Report, calls: &[(u32, u32)]) {
        report.trace = self.entries(calls);
        if let Some(at) = report.trace.first() {
            (report.line, report.column) = (at.line, at.column);
            report.file.clone_from(&at.file);
        }
    }

    fn describe_thrown(&self, v: Value, report: &mut Report) {
        let Some(info) = self.error_info(v) else {
            report.message = format!("Uncaught: {}", self.display(v));
            let (thrown, calls) = &self.thrown;
            if *thrown == v {
                self.place_calls(report, calls);
            }
            return;
        };
        report.message = format!("{}{}", info.kind.prefix(), info.message);
        report.file = info.file;
        report.line = info.line;
        report.column = info.column;
        report.trace = info.trace;
        // SAFETY: a live error object.
        let code = error_object(v).map_or(0, |e| unsafe { (*e).cause });
        report.cause = Cause::from_code(code);
    }
}

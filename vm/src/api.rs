//! What builtins may do with the machine; see the contract in [`crate::builtins`].

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use hyp_bytecode::module::{ErrorKind, TypeDef};
use hyp_bytecode::rep::TypeId;

use crate::dict;
use crate::error::{ScriptError, Trap};
use crate::limit::Cause;
use crate::number;
use crate::object::{Entry, Fields, Kind};
use crate::string;
use crate::value::Value;
use crate::vm::Vm;

/// Longest single wait between two looks at the interrupt flag.
const SLEEP_STEP: Duration = Duration::from_millis(20);

/// Longest line of standard input, in bytes: as long as a string may be.
const LINE_BYTES_MAX: u64 = 64 << 20;

// ---- coercions

impl Vm {
    /// ToNumber.
    ///
    /// # Errors
    /// `Cannot convert '…' to number` for other strings, `Cannot convert to number` for other kinds.
    #[inline]
    pub fn to_number(&self, v: Value) -> Result<f64, Trap> {
        match v.as_num() {
            Some(n) => Ok(n),
            None => self.to_number_slow(v),
        }
    }

    #[cold]
    fn to_number_slow(&self, v: Value) -> Result<f64, Trap> {
        if let Some(b) = v.as_bool() {
            return Ok(f64::from(u8::from(b)));
        }
        let Some(text) = self.str(v) else {
            return Err(Trap::type_error("Cannot convert to number"));
        };
        number::parse(text)
            .ok_or_else(|| Trap::type_error(format!("Cannot convert '{text}' to number")))
    }

    /// Whether a condition takes the value as true.
    #[must_use]
    #[inline]
    pub fn truthy(&self, v: Value) -> bool {
        if let Some(b) = v.as_bool() {
            return b;
        }
        match v.as_num() {
            Some(n) => n != 0.0,
            None => self.truthy_heap(v),
        }
    }

    fn truthy_heap(&self, v: Value) -> bool {
        match v.kind() {
            Some(Kind::String) => string::byte_len(v) > 0,
            Some(Kind::Array) => self.array_len(v) > 0,
            Some(Kind::Object) => self.object_len(v) > 0,
            Some(_) => true,
            None => v.is_callable(),
        }
    }
}

// ---- strings

impl Vm {
    /// A string.
    ///
    /// # Errors
    /// Longer than 64 MiB, or the heap limit.
    pub fn new_string(&mut self, text: &str) -> Result<Value, Trap> {
        self.heap.new_str(text)
    }

    /// The text of a string; `None` if `v` is none.
    #[must_use]
    #[inline]
    pub fn str(&self, v: Value) -> Option<&str> {
        if v.is_string() { Some(self.heap.text(v)) } else { None }
    }

    /// Length of a string in code points; 0 for other values.
    #[must_use]
    pub fn char_len(&self, v: Value) -> usize {
        if v.is_string() { self.heap.char_len(v) } else { 0 }
    }

    /// Whether `v` is a string without characters above 127.
    #[must_use]
    pub fn is_ascii(&self, v: Value) -> bool {
        v.is_string() && string::is_ascii(v)
    }

    /// Code points `start..end` of a string, clamped. Null if `v` is no string.
    ///
    /// # Errors
    /// The heap limit.
    pub fn substring(&mut self, v: Value, start: usize, end: usize) -> Result<Value, Trap> {
        if !v.is_string() {
            return Ok(Value::NULL);
        }
        let from = self.byte_offset(v, start);
        let to = self.byte_offset(v, end.max(start));
        self.slice_bytes(v, from, to)
    }

    /// Byte offset of a code point of a string, clamped to the end.
    fn byte_offset(&self, v: Value, index: usize) -> usize {
        if string::is_ascii(v) {
            return index.min(string::byte_len(v));
        }
        self.positions.borrow_mut().offset(v, self.heap.text(v), index)
    }

    /// Bytes `start..end` of a string, clamped and moved down to code point borders. Null if `v` is no
    /// string.
    ///
    /// # Errors
    /// The heap limit.
    pub fn slice_bytes(&mut self, v: Value, start: usize, end: usize) -> Result<Value, Trap> {
        let Some(text) = self.str(v) else { return Ok(Value::NULL) };
        let end = text.floor_char_boundary(end.min(text.len()));
        let start = text.floor_char_boundary(start.min(end));
        if end - start == 1 {
            return self.byte_string(text.as_bytes()[start]);
        }
        self.heap.slice(v, start, end)
    }

    /// The string of one ASCII character, shared.
    pub(crate) fn byte_string(&mut self, byte: u8) -> Result<Value, Trap> {
        let known = self.chars.get(usize::from(byte)).copied().unwrap_or(Value::ZERO);
        if known.is_string() {
            return Ok(known);
        }
        let v = self.heap.new_str(char::from(byte).encode_utf8(&mut [0; 4]))?;
        if let Some(slot) = self.chars.get_mut(usize::from(byte)) {
            *slot = v;
        }
        Ok(v)
    }

    /// Joins two strings. Null if either is none.
    ///
    /// # Errors
    /// Longer than 64 MiB, or the heap limit.
    pub fn concat(&mut self, a: Value, b: Value) -> Result<Value, Trap> {
        if a.is_string() && b.is_string() { self.heap.concat(a, b) } else { Ok(Value::NULL) }
    }
}

// ---- objects

impl Vm {
    /// An empty object.
    ///
    /// # Errors
    /// The heap limit.
    pub fn new_object(&mut self) -> Result<Value, Trap> {
        self.heap.new_map(0)
    }

    /// Number of entries; 0 for other values.
    #[must_use]
    pub fn object_len(&self, v: Value) -> usize {
        // SAFETY: `v` is a live object.
        if v.is_object() { unsafe { (*dict::object(v)).len as usize } } else { 0 }
    }

    /// The value of a key.
    #[must_use]
    pub fn object_get(&self, v: Value, key: Value) -> Option<Value> {
        if v.is_object() { self.heap.map_get(v, key) } else { None }
    }

    /// The value of a string key.
    #[must_use]
    pub fn object_get_str(&self, v: Value, key: &str) -> Option<Value> {
        if !v.is_object() {
            return None;
        }
        dict::entries(v).find(|e| self.str(e.key) == Some(key)).map(|e| e.value)
    }

    /// Sets a key. Other values than objects are left alone.
    ///
    /// # Errors
    /// A key that is no string, number or boolean; the heap limit.
    pub fn object_set(&mut self, v: Value, key: Value, value: Value) -> Result<(), Trap> {
        if v.is_object() { self.heap.map_set(v, key, value) } else { Ok(()) }
    }

    /// Sets a string key.
    ///
    /// # Errors
    /// The heap limit.
    pub fn object_set_str(&mut self, v: Value, key: &str, value: Value) -> Result<(), Trap> {
        let key = self.heap.new_str(key)?;
        self.object_set(v, key, value)
    }

    /// Removes a key and returns its value.
    pub fn object_remove(&mut self, v: Value, key: Value) -> Option<Value> {
        if v.is_object() { self.heap.map_remove(v, key) } else { None }
    }

    /// Removes everything.
    pub fn object_clear(&mut self, v: Value) {
        if v.is_object() {
            self.heap.map_clear(v);
        }
    }

    /// Keys and values in insertion order.
    #[must_use]
    pub fn object_entries(&self, v: Value) -> Vec<(Value, Value)> {
        if !v.is_object() {
            return Vec::new();
        }
        dict::entries(v).map(|e| (e.key, e.value)).collect()
    }

    /// The first entry at or after `*pos`; moves `*pos` behind it. Start at 0.
    #[must_use]
    pub fn entry_at(&self, v: Value, pos: &mut usize) -> Option<(Value, Value)> {
        if !v.is_object() {
            return None;
        }
        let Entry { key, value } = dict::entry_at(v, pos)?;
        Some((key, value))
    }
}

// ---- records, instances, errors

impl Vm {
    /// Type of a record or instance.
    pub(crate) fn type_of_instance(&self, v: Value) -> Option<TypeId> {
        match v.kind()? {
            // SAFETY: `v` is live.
            Kind::Record | Kind::Instance => Some(TypeId(unsafe { (*v.ptr()).type_id })),
            _ => None,
        }
    }

    /// Definition of the type of a record or instance.
    pub(crate) fn type_def(&self, v: Value) -> Option<&TypeDef> {
        self.module.type_def(self.type_of_instance(v)?)
    }

    /// Field values of a record or instance in slot order; empty for other values.
    pub(crate) fn field_values(&self, v: Value) -> &[Value] {
        let count = self.type_def(v).map_or(0, |def| def.fields.len());
        if count == 0 {
            return &[];
        }
        // SAFETY: records and instances hold their type's fields after the header.
        unsafe { std::slice::from_raw_parts(v.ptr().cast::<Fields>().add(1).cast(), count) }
    }

    /// Type name and public fields of a record or instance; `None` for other values.
    #[must_use]
    pub fn fields(&self, v: Value) -> Option<(&str, Vec<(&str, Value)>)> {
        let def = self.type_def(v)?;
        let fields = def.fields.iter().zip(self.field_values(v));
        let public = fields.filter(|(f, _)| !f.is_private);
        Some((
            self.module.str(def.name),
            public.map(|(f, &v)| (self.module.str(f.name), v)).collect(),
        ))
    }

    /// An error object.
    ///
    /// # Errors
    /// The heap limit.
    pub fn new_error(&mut self, kind: ErrorKind, message: &str) -> Result<Value, Trap> {
        let error =
            ScriptError { kind, message: message.to_owned(), cause: Cause::Script, fault: None };
        self.error_value(&error)
    }

    /// The value that `catch` would see.
    ///
    /// # Errors
    /// The trap itself if it is not catchable.
    pub fn catch(&mut self, trap: Trap) -> Result<Value, Trap> {
        match trap {
            Trap::Error(error) => self.error_value(&error),
            Trap::Throw(v) => Ok(v),
            other => Err(other),
        }
    }

    /// Keeps a value alive until the running builtin returns.
    pub fn root(&mut self, v: Value) {
        self.roots.push(v);
    }

    /// Keeps a value alive as long as the machine.
    pub fn keep(&mut self, v: Value) {
        self.kept.push(v);
    }
}

// ---- JSON

impl Vm {
    /// The value of JSON text.
    ///
    /// # Errors
    /// The text is invalid; the heap limit.
    pub fn read_json(&mut self, text: &str) -> Result<Value, Trap> {
        crate::builtins::read_json(self, text)
    }

    /// A function that gives the value of a JSON text.
    ///
    /// # Errors
    /// The heap limit.
    pub fn new_json_reader(&mut self, text: Value) -> Result<Value, Trap> {
        let parse = Value::builtin(hyp_bytecode::builtin::Builtin::ParseJSON as u16);
        self.new_native(crate::native::Native::Parsed, &[parse, text])
    }

    /// A value as JSON text, for a builtin that errors name.
    ///
    /// # Errors
    /// JSON has no form for the value; the text is too long.
    pub fn json_text(
        &self,
        builtin: hyp_bytecode::builtin::Builtin,
        v: Value,
    ) -> Result<String, Trap> {
        crate::builtins::json_text(self, builtin, v)
    }
}

fn is_missing(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

// ---- outside world

impl Vm {
    /// Appends to standard output.
    ///
    /// # Errors
    /// Standard output is closed or broken.
    pub fn write_out(&mut self, text: &str) -> Result<(), Trap> {
        self.output.buffer.push_str(text);
        self.output.flush_if_full()
    }

    /// Writes buffered output through.
    ///
    /// # Errors
    /// Standard output is closed or broken.
    pub fn flush(&mut self) -> Result<(), Trap> {
        self.output.flush()
    }

    /// Writes to standard error; failures are ignored, as there is nowhere to report them.
    ///
    /// # Errors
    /// The output limit.
    pub fn write_err(&mut self, text: &str) -> Result<(), Trap> {
        let text = self.output.admit(text);
        let _ = self.stderr.write_all(text.as_bytes());
        let _ = self.stderr.flush();
        self.output.check_limit()
    }

    /// One line of standard input without its terminator; `None` at the end. Invalid UTF-8 is
    /// replaced.
    ///
    /// # Errors
    /// Reading failed, or standard output is closed.
    pub fn read_line(&mut self) -> Result<Option<String>, Trap> {
        self.flush()?;
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut self.stdin, LINE_BYTES_MAX + 1);
        let result = std::io::BufRead::read_until(&mut limited, b'\n', &mut line);
        self.check_interrupt()?;
        let count = result.map_err(|e| Trap::io(format!("Cannot read standard input: {e}")))?;
        if count == 0 {
            return Ok(None);
        }
        if count as u64 > LINE_BYTES_MAX {
            return Err(Trap::io(format!(
                "Line of standard input too long (limit {LINE_BYTES_MAX} bytes)"
            )));
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }

    /// The bytes of a file that the program may read, at most `bytes_max`.
    ///
    /// # Errors
    /// Reading it is not granted, it is larger, or the file system refuses.
    pub fn read_bytes(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, Trap> {
        let place = self.readable(path)?;
        let failed = |error: std::io::Error| place.failed("read", &error);
        let mut bytes = Vec::new();
        let file = place.open().map_err(failed)?;
        std::io::Read::take(file, bytes_max.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > bytes_max {
            return Err(Trap::io(format!("File '{path}' is larger than {bytes_max} bytes")));
        }
        Ok(bytes)
    }

    /// Opens a regular file that the program may read; `None` if there is none.
    ///
    /// # Errors
    /// Reading it is not granted, or the file system refuses.
    pub fn open_file(&self, path: &str) -> Result<Option<crate::File>, Trap> {
        let place = self.readable(path)?;
        // Opening something else, a pipe for example, might wait.
        match place.metadata() {
            Ok(info) if info.is_file => {}
            Ok(_) => return Ok(None),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(place.failed("read", &error)),
        }
        match place.open() {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(place.failed("read", &error)),
        }
    }

    /// Creates or replaces a file that the program may write.
    ///
    /// # Errors
    /// Writing it is not granted, or the file system refuses.
    pub fn write_bytes(&self, path: &str, bytes: &[u8]) -> Result<(), Trap> {
        let place = self.writable(path)?;
        let written = place.create(false).and_then(|mut file| file.write_all(bytes));
        written.map_err(|error| place.failed("write", &error))
    }

    /// Program arguments.
    #[must_use]
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// Name of the main source file.
    #[must_use]
    pub fn source_name(&self) -> &str {
        self.module.source_name()
    }

    /// Flushes, then waits. Other tasks run meanwhile.
    ///
    /// # Errors
    /// The host interrupted the program; standard output is closed; the task is cancelled.
    pub fn sleep(&mut self, duration: Duration) -> Result<(), Trap> {
        if self.is_alone() {
            return self.sleep_all(duration);
        }
        self.flush()?;
        let timer = self.new_timer(duration.as_millis() as u64, Value::NULL)?;
        self.wait(timer).map(|_| ())
    }

    /// Flushes, then waits with all tasks.
    pub(crate) fn sleep_all(&mut self, duration: Duration) -> Result<(), Trap> {
        self.flush()?;
        let due = self.clock() + duration.as_micros() as u64;
        if self.skip_to(due) {
            return Ok(());
        }
        let start = Instant::now();
        while let Some(rest) = duration.checked_sub(start.elapsed()).filter(|d| !d.is_zero()) {
            self.check_interrupt()?;
            std::thread::sleep(rest.min(SLEEP_STEP));
        }
        Ok(())
    }
}

//! Evaluates call expressions such as `ArrayMap([1, 4], Sqrt)`.
//!
//! Literals are numbers, strings with `\n`-style escapes, `null`, `true`, `false`, `nan`, `inf`,
//! arrays, `{key: value}` and, without a call, names of builtins as function values. `a = value;`
//! binds a name for the rest of the text.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::text::assemble;
use hyp_bytecode::verify::verify;
use hyp_vm::{Trap, Value, Vm, VmOptions};

/// A writer whose content stays readable.
#[derive(Clone, Default)]
pub(crate) struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

/// A machine with an empty program.
pub(crate) struct Machine {
    pub(crate) vm: Box<Vm>,
    pub(crate) out: Sink,
    pub(crate) err: Sink,
    names: HashMap<String, Value>,
}

impl Machine {
    pub(crate) fn new(gc_stress: bool, input: &'static str) -> Machine {
        let text = "source \"empty.hyp\"\nsites 0\nmain @0\nfunc @0 {\n  regs |\n  ret_null\n}\n";
        let module = assemble(text).expect("the module assembles");
        let module = Arc::new(verify(module).expect("the module is valid"));
        let (out, err) = (Sink::default(), Sink::default());
        let options = VmOptions {
            gc_stress,
            args: vec!["first".to_owned(), "zweites ö".to_owned()],
            stdout: Box::new(out.clone()),
            stderr: Box::new(err.clone()),
            stdin: Box::new(input.as_bytes()),
            ..VmOptions::new()
        };
        Machine { vm: Vm::new(module, options), out, err, names: HashMap::new() }
    }

    /// Evaluates bindings and a final expression.
    pub(crate) fn eval(&mut self, text: &str) -> Result<Value, Trap> {
        let mut parser = Parser { machine: self, rest: text };
        loop {
            let value = parser.statement()?;
            if !parser.take(';') {
                assert!(parser.rest.trim().is_empty(), "unread: {}", parser.rest);
                return Ok(value);
            }
        }
    }

    /// Display form of a result, or `KIND: message` of an error.
    pub(crate) fn show(&mut self, text: &str) -> String {
        match self.eval(text) {
            Ok(value) => self.vm.display(value),
            Err(Trap::Error(error)) => format!("{}: {}", error.kind.name(), error.message),
            Err(other) => format!("{other:?}"),
        }
    }

    fn keep(&mut self, value: Value) -> Value {
        self.vm.root(value);
        value
    }
}

struct Parser<'m, 't> {
    machine: &'m mut Machine,
    rest: &'t str,
}

impl<'t> Parser<'_, 't> {
    fn take(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &'t str {
        self.rest = self.rest.trim_start();
        let is_part = |c: char| c.is_alphanumeric() || "_.+-".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn statement(&mut self) -> Result<Value, Trap> {
        let before = self.rest;
        let name = self.word();
        if self.take('=') {
            let value = self.value()?;
            self.machine.names.insert(name.to_owned(), value);
            return Ok(value);
        }
        self.rest = before;
        self.value()
    }

    fn list(&mut self, end: char) -> Result<Vec<Value>, Trap> {
        let mut values = Vec::new();
        while !self.take(end) {
            values.push(self.value()?);
            self.take(',');
        }
        Ok(values)
    }

    fn value(&mut self) -> Result<Value, Trap> {
        if self.take('"') {
            return self.string();
        }
        if self.take('[') {
            let items = self.list(']')?;
            let array = self.machine.vm.new_array(&items)?;
            return Ok(self.machine.keep(array));
        }
        if self.take('{') {
            return self.object();
        }
        let word = self.word();
        assert!(!word.is_empty(), "no value at: {}", self.rest);
        if let Ok(number) = word.parse::<f64>() {
            return Ok(Value::num(number));
        }
        match word {
            "null" => return Ok(Value::NULL),
            "true" => return Ok(Value::TRUE),
            "false" => return Ok(Value::FALSE),
            _ => {}
        }
        if let Some(value) = self.machine.names.get(word) {
            return Ok(*value);
        }
        let builtin = Builtin::lookup(word).unwrap_or_else(|| panic!("unknown name {word}"));
        let builtin = Value::builtin(builtin as u16);
        if !self.take('(') {
            return Ok(builtin);
        }
        let args = self.list(')')?;
        let result = self.machine.vm.call_value(builtin, &args)?;
        Ok(self.machine.keep(result))
    }

    fn string(&mut self) -> Result<Value, Trap> {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next().expect("the string ends") {
                '"' => break,
                '\\' => text.push(match chars.next() {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    Some('0') => '\0',
                    Some(other) => other,
                    None => panic!("the string ends"),
                }),
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        let string = self.machine.vm.new_string(&text)?;
        Ok(self.machine.keep(string))
    }

    fn object(&mut self) -> Result<Value, Trap> {
        let object = self.machine.vm.new_object()?;
        self.machine.keep(object);
        while !self.take('}') {
            let key = if self.rest.trim_start().starts_with(['"', '0', '1', '2', 't']) {
                self.value()?
            } else {
                let word = self.word();
                let key = self.machine.vm.new_string(word)?;
                self.machine.keep(key)
            };
            assert!(self.take(':'), "no colon at: {}", self.rest);
            let value = self.value()?;
            self.machine.vm.object_set(object, key, value)?;
            self.take(',');
        }
        Ok(object)
    }
}

/// Checks display forms of results; every line is `expression => display`, or `expression =>` for
/// an empty text. An error is written as `KIND: message`.
#[track_caller]
pub(crate) fn check(lines: &str) {
    for gc_stress in [false, true] {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (text, expected) = line.split_once(" =>").expect("a line has an expectation");
            let shown = Machine::new(gc_stress, "").show(text);
            let expected = expected.trim_start();
            assert_eq!(shown, expected, "{text} (collecting at every call: {gc_stress})");
        }
    }
}

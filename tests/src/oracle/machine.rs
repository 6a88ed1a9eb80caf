//! The state of a running program, how code stops early, and the program as a whole.

use std::collections::HashMap;
use std::rc::Rc;

use hyp_grammar::ast::{Program, Stmt, StmtKind};
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::source::LineIndex;
use hyp_grammar::span::Span;

use super::facts::Facts;
use super::scope::{Demand, Frame, MODULE, Scope, Slot};
use super::value::{Fault, Value};
use super::{FUEL, Setting, Verdict, fuel};

/// Why code did not run to its end.
pub(crate) enum Stop<'a> {
    /// A thrown value and where it was thrown.
    Throw(Value<'a>, Span),
    Exit(i32),
    Return(Value<'a>),
    /// `awaken` in an arm whose value is used.
    Yield(Value<'a>),
    Break(Option<Symbol>),
    Continue(Option<Symbol>),
    Goto(Symbol),
    Descend,
    /// The oracle lacks something, or the fuel is used up.
    Unsupported(String),
}

/// The result of an evaluation.
pub(crate) type Eval<'a> = Result<Value<'a>, Stop<'a>>;

/// A running program.
pub(crate) struct Machine<'a> {
    names: &'a Interner,
    pub source: &'a str,
    lines: LineIndex,
    pub facts: Facts<'a>,
    pub shared: HashMap<Symbol, Rc<Slot<'a>>>,
    pub out: String,
    pub setting: Setting,
    pub depth: usize,
    pub stdin_next: usize,
    /// `awaken` yields the value of an arm instead of leaving the function.
    pub yields: bool,
    /// The place of the last `awaken`.
    pub returned_at: Span,
    /// The scope of the module body.
    pub(crate) module: Rc<Scope<'a>>,
    texts: std::cell::RefCell<HashMap<Symbol, Rc<str>>>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(
        names: &'a Interner,
        source: &'a str,
        facts: Facts<'a>,
        setting: Setting,
    ) -> Machine<'a> {
        let mut shared = HashMap::new();
        for &(name, is_constant, ty) in &facts.shared {
            let slot = Slot::declared(name, MODULE, 0, is_constant, None);
            let admits_null = facts.null_assigned.contains(&name);
            slot.demand.set(ty.map(|ty| Demand { ty, admits_null }));
            shared.entry(name).or_insert(slot);
        }
        Machine {
            names,
            source,
            lines: LineIndex::new(source),
            facts,
            shared,
            out: String::new(),
            setting,
            depth: 0,
            stdin_next: 0,
            yields: false,
            returned_at: Span::at(0),
            module: Scope::new(None, module_frame()),
            texts: std::cell::RefCell::default(),
        }
    }

    pub(crate) fn name(&self, symbol: Symbol) -> &'a str {
        self.names.resolve(symbol)
    }

    /// The shared text of a name.
    pub(crate) fn text_of(&self, symbol: Symbol) -> Rc<str> {
        let mut texts = self.texts.borrow_mut();
        Rc::clone(texts.entry(symbol).or_insert_with(|| self.names.resolve(symbol).into()))
    }

    pub(crate) fn symbol(&self, text: &str) -> Option<Symbol> {
        self.names.lookup(text)
    }

    /// An error that the language raises.
    pub(crate) fn fault(
        &self,
        kind: &'static str,
        message: impl Into<String>,
        span: Span,
    ) -> Stop<'a> {
        let at = self.lines.locate(self.source, span.start);
        let fault = Fault { kind, message: message.into(), line: at.line, column: at.column };
        Stop::Throw(Value::Error(Rc::new(fault)), span)
    }

    /// A `Runtime error`.
    pub(crate) fn failure(&self, message: impl Into<String>, span: Span) -> Stop<'a> {
        self.fault("runtime", message, span)
    }

    /// Uses up fuel.
    pub(crate) fn step(&mut self) -> Result<(), Stop<'a>> {
        if fuel::spend(1) { Ok(()) } else { Err(Stop::Unsupported(FUEL.to_owned())) }
    }

    /// A line of standard input.
    pub(crate) fn read_line(&mut self) -> Option<String> {
        let line = self.setting.stdin.get(self.stdin_next).cloned()?;
        self.stdin_next += 1;
        Some(line)
    }

    /// Runs the body and then the finales, whatever ended the body.
    pub(crate) fn run(mut self, program: &Program<'a>) -> Verdict {
        let scope = Rc::clone(&self.module);
        let body: Vec<Stmt<'a>> = program.prelude.iter().chain(program.body).copied().collect();
        self.hoist(&body, &scope);
        let mut exit = 0;
        let mut error = None;
        let result = self.hoisted_stmts(&body, &scope);
        if let Err(what) = self.conclude(result, &mut exit, &mut error) {
            return Verdict::Unsupported(what);
        }
        for stmt in &body {
            let StmtKind::Finale { body } = stmt.kind else { continue };
            let result = self.stmts(body.stmts, &scope);
            let exits = matches!(result, Err(Stop::Exit(_)));
            if let Err(what) = self.conclude(result, &mut exit, &mut error) {
                return Verdict::Unsupported(what);
            }
            if exits {
                break;
            }
        }
        Verdict::Ran { stdout: self.out, error, exit }
    }

    /// Notes how the body or a finale ended.
    fn conclude(
        &self,
        result: Result<(), Stop<'a>>,
        exit: &mut i32,
        error: &mut Option<super::Fault>,
    ) -> Result<(), String> {
        match result {
            Err(Stop::Unsupported(what)) => return Err(what),
            Err(Stop::Exit(code)) => *exit = code,
            Err(Stop::Throw(value, span)) => {
                *exit = if *exit == 0 { 1 } else { *exit };
                error.get_or_insert_with(|| self.report(&value, span));
            }
            _ => {}
        }
        Ok(())
    }

    fn report(&self, value: &Value<'a>, span: Span) -> super::Fault {
        match value {
            Value::Error(fault) => {
                let prefix = match fault.kind {
                    "type" => "Type error: ",
                    "undefined" | "assertion" => "",
                    "user" => "Uncaught: ",
                    _ => "Runtime error: ",
                };
                super::Fault { message: format!("{prefix}{}", fault.message), line: fault.line }
            }
            other => super::Fault {
                message: format!("Uncaught: {}", other.display()),
                line: self.lines.line(span.start),
            },
        }
    }
}

fn module_frame<'a>() -> Rc<Frame<'a>> {
    Rc::new(Frame {
        function: MODULE,
        parent: None,
        leaked: std::cell::RefCell::default(),
        this: None,
        home: None,
        home_session: None,
    })
}

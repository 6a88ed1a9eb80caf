//! The state of a running program, how code stops early, and the program as a whole.

use std::collections::HashMap;
use std::rc::Rc;

use hyp_grammar::ast::{Stmt, StmtKind};
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::span::Span;

use super::facts::Facts;
use super::module::Modules;
use super::scope::{Demand, Frame, IMPORTS, SHARED, Scope, Slot, body_of};
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
    pub modules: Modules<'a>,
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
    /// The scopes of the module bodies.
    pub scopes: Vec<Rc<Scope<'a>>>,
    texts: std::cell::RefCell<HashMap<Symbol, Rc<str>>>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(
        names: &'a Interner,
        modules: Modules<'a>,
        facts: Facts<'a>,
        setting: Setting,
    ) -> Machine<'a> {
        let mut shared = HashMap::new();
        for &(name, is_constant, ty) in &facts.shared {
            let slot = Slot::declared(name, SHARED, 0, is_constant, None);
            let admits_null = facts.null_assigned.iter().any(|(_, n)| *n == name);
            slot.demand.set(ty.map(|ty| Demand { ty, admits_null }));
            shared.entry(name).or_insert(slot);
        }
        Machine {
            names,
            scopes: (0..modules.all.len()).map(body_scope).collect(),
            modules,
            facts,
            shared,
            out: String::new(),
            setting,
            depth: 0,
            stdin_next: 0,
            yields: false,
            returned_at: Span::at(0),
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
        let (_, at) = self.modules.locate(span.start);
        let (line, column) = (at.line, at.column);
        let fault = Fault { kind, message: message.into(), at: span.start, line, column };
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
    pub(crate) fn run(mut self) -> Verdict {
        for at in 0..self.scopes.len() {
            let body: Vec<Stmt<'a>> = self.modules.all[at].stmts().copied().collect();
            let scope = Rc::clone(&self.scopes[at]);
            self.hoist(&body, &scope);
        }
        self.link();
        let mut exit = 0;
        let mut error = None;
        let result = self.bodies();
        if let Err(what) = self.conclude(result, &mut exit, &mut error) {
            return Verdict::Unsupported(what);
        }
        let scope = Rc::clone(&self.scopes[0]);
        for stmt in self.modules.all[0].stmts() {
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

    /// Gives the modules the names that they import without a namespace.
    fn link(&self) {
        for (module, scope) in self.modules.all.iter().zip(&self.scopes) {
            let Some(imports) = &scope.parent else { continue };
            for target in module.opened() {
                for name in &self.modules.all[target].exports {
                    if let Some(slot) = self.scopes[target].own(*name) {
                        imports.add(slot);
                    }
                }
            }
        }
    }

    /// Runs the bodies of all modules; start-up blocks are for the main module.
    fn bodies(&mut self) -> Result<(), Stop<'a>> {
        for at in self.modules.order.clone() {
            let stmts = self.modules.all[at].stmts().copied();
            let is_entrance = |stmt: &Stmt<'a>| matches!(stmt.kind, StmtKind::Entrance { .. });
            let body: Vec<Stmt<'a>> = stmts.filter(|s| at == 0 || !is_entrance(s)).collect();
            let scope = Rc::clone(&self.scopes[at]);
            match self.hoisted_stmts(&body, &scope) {
                Err(Stop::Return(_)) => {}
                other => other?,
            }
        }
        Ok(())
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
        let place = |at: u32| {
            let (file, at) = self.modules.locate(at);
            (file.to_owned(), at.line)
        };
        match value {
            Value::Error(fault) => {
                let prefix = match fault.kind {
                    "type" => "Type error: ",
                    "undefined" | "assertion" => "",
                    "user" => "Uncaught: ",
                    _ => "Runtime error: ",
                };
                let (file, line) = place(fault.at);
                super::Fault { message: format!("{prefix}{}", fault.message), file, line }
            }
            other => {
                let (file, line) = place(span.start);
                super::Fault { message: format!("Uncaught: {}", other.display()), file, line }
            }
        }
    }
}

/// The scope of a module's body, inside of the names that it imports.
fn body_scope<'a>(module: usize) -> Rc<Scope<'a>> {
    let imports = Scope::new(None, outermost(IMPORTS));
    Scope::new(Some(imports), outermost(body_of(module)))
}

fn outermost<'a>(function: u32) -> Rc<Frame<'a>> {
    Rc::new(Frame {
        function,
        parent: None,
        leaked: std::cell::RefCell::default(),
        this: None,
        home: None,
        home_session: None,
    })
}

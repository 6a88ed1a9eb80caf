//! The state of a running program, how code stops early, and the program as a whole.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

use hyp_grammar::ast::{Stmt, StmtKind};
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::span::Span;

use super::facts::Facts;
use super::fiber::Pause;
use super::module::Modules;
use super::scope::{Demand, Frame, IMPORTS, SHARED, Scope, Slot, body_of};
use super::task::{BODY, TaskId, Tasks};
use super::value::{Fault, Value};
use super::{FUEL, Setting, Verdict, fuel};

/// Rejections that nobody has seen and that are reported.
const REJECTIONS_SHOWN: usize = 100;

/// Why code did not run to its end.
pub(crate) enum Stop<'a> {
    /// A thrown value and where it was thrown.
    Throw(Value<'a>, Span),
    Exit(i32),
    /// The task has been cancelled.
    Cancelled,
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

/// A running program: what all of its tasks share.
pub(crate) struct World<'a> {
    names: &'a Interner,
    pub modules: Modules<'a>,
    pub facts: Facts<'a>,
    pub shared: HashMap<Symbol, Rc<Slot<'a>>>,
    pub out: RefCell<String>,
    pub setting: Setting,
    stdin_next: Cell<usize>,
    /// The scopes of the module bodies.
    pub scopes: Vec<Rc<Scope<'a>>>,
    texts: RefCell<HashMap<Symbol, Rc<str>>>,
    pub tasks: RefCell<Tasks<'a>>,
    /// How many times faster than it says time passes.
    pub pace: Cell<f64>,
}

/// A running task.
pub(crate) struct Machine<'w, 'a> {
    pub world: Rc<World<'a>>,
    /// How it waits; the program body lets others run instead.
    pub pause: Option<&'w Pause>,
    pub task: TaskId,
    /// Calls that are active, and how many of them are its callers'.
    pub depth: usize,
    pub depth_below: usize,
    /// `awaken` yields the value of an arm instead of leaving the function.
    pub yields: bool,
    /// The place of the last `awaken`.
    pub returned_at: Span,
}

impl<'a> Deref for Machine<'_, 'a> {
    type Target = World<'a>;

    fn deref(&self) -> &World<'a> {
        &self.world
    }
}

impl<'a> World<'a> {
    pub(crate) fn new(
        names: &'a Interner,
        modules: Modules<'a>,
        facts: Facts<'a>,
        setting: Setting,
    ) -> World<'a> {
        let mut shared = HashMap::new();
        for &(name, is_constant, ty) in &facts.shared {
            let slot = Slot::declared(name, SHARED, 0, is_constant, None);
            let admits_null = facts.null_assigned.iter().any(|(_, n)| *n == name);
            slot.demand.set(ty.map(|ty| Demand { ty, admits_null }));
            shared.entry(name).or_insert(slot);
        }
        World {
            names,
            scopes: (0..modules.all.len()).map(body_scope).collect(),
            modules,
            facts,
            shared,
            out: RefCell::default(),
            setting,
            stdin_next: Cell::new(0),
            texts: RefCell::default(),
            tasks: RefCell::default(),
            pace: Cell::new(1.0),
        }
    }

    /// Runs the program.
    pub(crate) fn run(self) -> Verdict {
        let world = Rc::new(self);
        let verdict = Machine::new(Rc::clone(&world), None, BODY, 0).run();
        // What is left of tasks refers to the program.
        drop(std::mem::take(&mut *world.tasks.borrow_mut()));
        verdict
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
        let at = Cell::new(Some(span.start));
        let fault = Fault { kind, message: message.into(), at };
        Stop::Throw(Value::Error(Rc::new(fault)), span)
    }

    /// A `Runtime error`.
    pub(crate) fn failure(&self, message: impl Into<String>, span: Span) -> Stop<'a> {
        self.fault("runtime", message, span)
    }

    /// A line of standard input.
    pub(crate) fn read_line(&self) -> Option<String> {
        let at = self.stdin_next.get();
        let line = self.setting.stdin.get(at).cloned()?;
        self.stdin_next.set(at + 1);
        Some(line)
    }
}

/// How a program ended.
#[derive(Default)]
struct End {
    exit: i32,
    error: Option<super::Fault>,
}

impl<'w, 'a> Machine<'w, 'a> {
    /// A task that has `depth` calls below it.
    pub(crate) fn new(
        world: Rc<World<'a>>,
        pause: Option<&'w Pause>,
        task: TaskId,
        depth: usize,
    ) -> Machine<'w, 'a> {
        let returned_at = Span::at(0);
        Machine { world, pause, task, depth, depth_below: depth, yields: false, returned_at }
    }

    /// Uses up fuel.
    pub(crate) fn step(&mut self) -> Result<(), Stop<'a>> {
        if fuel::spend(1) { Ok(()) } else { Err(Stop::Unsupported(FUEL.to_owned())) }
    }

    /// Runs the body and then the finales, whatever ended the body.
    fn run(mut self) -> Verdict {
        for at in 0..self.scopes.len() {
            let body: Vec<Stmt<'a>> = self.modules.all[at].stmts().copied().collect();
            let scope = Rc::clone(&self.scopes[at]);
            self.hoist(&body, &scope);
        }
        self.link();
        let mut end = End::default();
        match self.run_to(&mut end) {
            Ok(()) => {}
            Err(what) => {
                self.drop_tasks();
                return Verdict::Unsupported(what);
            }
        }
        let unobserved = self.unobserved();
        let rejections: Vec<_> = unobserved
            .iter()
            .take(REJECTIONS_SHOWN)
            .map(|(reason, at)| {
                let fault = self.report(reason, *at);
                let reason = fault.message.trim_start_matches("Uncaught: ");
                super::Fault { message: format!("Unobserved rejection: {reason}"), ..fault }
            })
            .collect();
        if !rejections.is_empty() && end.exit == 0 {
            end.exit = 1;
        }
        let stdout = self.out.take();
        Verdict::Ran { stdout, error: end.error, rejections, exit: end.exit }
    }

    fn run_to(&mut self, end: &mut End) -> Result<(), String> {
        let result = self.bodies();
        self.finish(result, end)?;
        let scope = Rc::clone(&self.scopes[0]);
        let stmts = self.modules.all[0].stmts();
        for stmt in stmts {
            let StmtKind::Finale { body } = stmt.kind else { continue };
            let result = match self.stmts(body.stmts, &scope) {
                Err(Stop::Return(_)) => Ok(()),
                other => other,
            };
            let exits = matches!(result, Err(Stop::Exit(_)));
            if let Err(Stop::Exit(code)) = result {
                end.exit = code;
            }
            self.finish(result, end)?;
            if exits {
                break;
            }
        }
        self.drop_tasks();
        Ok(())
    }

    /// Ends what the body or a finale has started: after its normal end its tasks run to theirs,
    /// otherwise they are cancelled.
    fn finish(&mut self, result: Result<(), Stop<'a>>, end: &mut End) -> Result<(), String> {
        let is_normal = result.is_ok();
        let result = result.and_then(|()| self.drain());
        let is_cut = result.is_err();
        self.conclude(result, end)?;
        if is_cut {
            self.cancel_all();
            let result = self.drain();
            self.conclude(result, end)?;
        }
        if !is_normal {
            self.drop_tasks();
        }
        Ok(())
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
    fn conclude(&self, result: Result<(), Stop<'a>>, end: &mut End) -> Result<(), String> {
        match result {
            Err(Stop::Unsupported(what)) => return Err(what),
            Err(Stop::Exit(code)) if end.exit == 0 => end.exit = code,
            Err(Stop::Throw(value, span)) => {
                end.exit = if end.exit == 0 { 1 } else { end.exit };
                end.error.get_or_insert_with(|| self.report(&value, span));
            }
            _ => {}
        }
        Ok(())
    }

    fn report(&self, value: &Value<'a>, span: Span) -> super::Fault {
        let (message, at) = match value {
            Value::Error(fault) => {
                let prefix = match fault.kind {
                    "type" => "Type error: ",
                    "undefined" | "assertion" => "",
                    "user" => "Uncaught: ",
                    _ => "Runtime error: ",
                };
                let at = fault.at.get().unwrap_or(span.start);
                (format!("{prefix}{}", fault.message), at)
            }
            other => (format!("Uncaught: {}", other.display()), span.start),
        };
        let (file, at) = self.modules.locate(at);
        super::Fault { message, file: file.to_owned(), line: at.line }
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

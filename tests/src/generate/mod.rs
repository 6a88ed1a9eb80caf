//! Well-typed programs from a seed.
//!
//! A program declares records, sessions and functions, works on variables of known types for a
//! bounded time, and prints all its variables at the end. It mostly ends without an uncaught error;
//! what may fail stands in `try` or is guarded, except for a small share that tests the reports.
//!
//! Invariant: the text depends on the seed only. Every loop has a bounded counter that nothing else
//! assigns, every recursion a counter that falls.

mod builtin;
mod declaration;
mod expression;
mod module;
mod statement;
mod task;

use crate::mutate::Random;

/// The type of an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Ty {
    Number,
    Bool,
    Text,
    Array(Box<Ty>),
    Dict(Box<Ty>),
    /// By its number among the record declarations.
    Record(usize),
    Session(usize),
    Function(Vec<Ty>, Box<Ty>),
    Promise(Box<Ty>),
}

/// A variable in scope.
#[derive(Clone)]
struct Var {
    name: String,
    ty: Ty,
    /// Counters and constants are only read.
    is_mutable: bool,
}

/// A record or session declaration.
struct Shape {
    /// As the module that is being written sees it.
    name: String,
    /// As its own module calls it.
    base: String,
    /// The number of its module.
    home: usize,
    fields: Vec<(String, Ty)>,
    /// Methods without effects: name, parameters, result.
    methods: Vec<(String, Vec<Ty>, Ty)>,
}

/// A named function.
#[derive(Clone)]
struct Named {
    name: String,
    base: String,
    home: usize,
    /// Whether other modules see it.
    is_exported: bool,
    /// Whether a call is a task.
    is_task: bool,
    params: Vec<Ty>,
    result: Ty,
    /// The first parameter is a counter that limits recursion.
    is_recursive: bool,
}

/// A variable that functions see: of a module or of the whole program, or a static field.
struct Global {
    var: Var,
    base: String,
    home: usize,
    is_shared: bool,
    is_exported: bool,
}

/// The writer of one program.
struct Writer {
    random: Random,
    out: String,
    level: usize,
    vars: Vec<Var>,
    globals: Vec<Global>,
    records: Vec<Shape>,
    sessions: Vec<Shape>,
    functions: Vec<Named>,
    next_name: usize,
    /// Statements that may still be written.
    budget: usize,
    /// Labels of the loops around, `None` where one has none; empty inside a new function.
    loops: Vec<Option<String>>,
    /// What the function around returns.
    result: Option<Ty>,
    /// Loops around multiply the time.
    loop_depth: usize,
    /// Whether the program has tasks.
    has_tasks: bool,
    /// Modules that have begun.
    module: usize,
    /// Whether the module marks what it exports.
    exposes: bool,
    /// Whether there is a cycle of modules to call.
    calls_cycle: bool,
}

/// The program of a seed: one module.
#[must_use]
pub fn program(seed: u64) -> String {
    let mut writer = Writer::new(seed);
    writer.main();
    writer.out
}

/// The program of a seed: several modules in a [`bundle`](crate::bundle), the main module last.
#[must_use]
pub fn modules(seed: u64) -> String {
    let mut writer = Writer::new(seed);
    writer.libraries();
    writer.main();
    writer.out
}

impl Writer {
    fn new(seed: u64) -> Writer {
        let mut random = Random::new(seed);
        let has_tasks = random.below(3) == 0;
        Writer {
            random,
            out: String::new(),
            level: 0,
            vars: Vec::new(),
            globals: Vec::new(),
            records: Vec::new(),
            sessions: Vec::new(),
            functions: Vec::new(),
            next_name: 0,
            budget: 0,
            loops: Vec::new(),
            result: None,
            loop_depth: 0,
            has_tasks,
            module: 0,
            exposes: false,
            calls_cycle: false,
        }
    }

    fn declarations(&mut self) {
        for _ in 0..self.random.below(3) {
            self.record();
        }
        for _ in 0..self.random.below(3) {
            self.session();
        }
        for _ in 0..self.random.below(4) {
            self.global();
        }
        for _ in 0..self.random.below(5) {
            self.function();
        }
    }

    fn main(&mut self) {
        self.line("Focus {");
        self.level += 1;
        self.line("suggestion id(v) { awaken v; }");
        if self.has_tasks {
            self.channels();
        }
        self.declarations();
        self.vars = self.visible_globals();
        if self.calls_cycle {
            let n = self.random.below(6);
            self.line(&format!("observe Cycle.turn({n});"));
        }
        self.budget = 6 + self.random.below(25);
        for _ in 0..2 + self.random.below(4) {
            self.declare();
        }
        while self.budget > 0 {
            self.statement();
        }
        if self.chance(6) {
            self.open("entrance {");
            self.statement();
            self.close("}");
        }
        let names: Vec<String> = self.vars.iter().map(|v| v.name.clone()).collect();
        for name in names {
            self.line(&format!("observe \"{name} = \" + {name};"));
        }
        if self.chance(8) {
            self.line("finale { observe \"finale\"; }");
        }
        self.level -= 1;
        self.line("} Relax");
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.level {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Opens a block: the line, then one level deeper.
    fn open(&mut self, text: &str) {
        self.line(text);
        self.level += 1;
    }

    fn close(&mut self, text: &str) {
        self.level -= 1;
        self.line(text);
    }

    /// True once in `n` times.
    fn chance(&mut self, n: usize) -> bool {
        self.random.below(n) == 0
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.random.below(texts.len())]
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.next_name += 1;
        format!("{prefix}{}", self.next_name)
    }

    /// A type; `depth` bounds its nesting.
    fn ty(&mut self, depth: usize) -> Ty {
        let n = if depth == 0 { 5 } else { 10 };
        match self.random.below(n) {
            0..=2 => Ty::Number,
            3 => Ty::Text,
            4 => Ty::Bool,
            5 | 6 => Ty::Array(Box::new(self.ty(depth - 1))),
            7 => Ty::Dict(Box::new(self.ty(depth - 1))),
            8 if !self.records.is_empty() => Ty::Record(self.random.below(self.records.len())),
            9 if !self.sessions.is_empty() => Ty::Session(self.random.below(self.sessions.len())),
            _ => Ty::Number,
        }
    }

    /// The annotation of a type.
    fn annotation(&self, ty: &Ty) -> String {
        match ty {
            Ty::Number => "number".to_owned(),
            Ty::Bool => "boolean".to_owned(),
            Ty::Text => "string".to_owned(),
            Ty::Array(item) => match **item {
                Ty::Function(..) => "array".to_owned(),
                _ => format!("{}[]", self.annotation(item)),
            },
            Ty::Dict(_) => "object".to_owned(),
            Ty::Record(at) => self.records[*at].name.clone(),
            Ty::Session(at) => self.sessions[*at].name.clone(),
            Ty::Function(..) => "function".to_owned(),
            Ty::Promise(of) => format!("Promise<{}>", self.annotation(of)),
        }
    }

    /// `: T` or nothing.
    fn maybe_annotation(&mut self, ty: &Ty) -> String {
        if self.chance(2) { format!(": {}", self.annotation(ty)) } else { String::new() }
    }

    /// Variables of a type, by name.
    fn of_type(&self, ty: &Ty, mutable_only: bool) -> Vec<String> {
        let fits = |v: &&Var| v.ty == *ty && (v.is_mutable || !mutable_only);
        self.vars.iter().filter(fits).map(|v| v.name.clone()).collect()
    }

    fn any_of(&mut self, names: &[String]) -> Option<String> {
        if names.is_empty() {
            return None;
        }
        Some(names[self.random.below(names.len())].clone())
    }
}

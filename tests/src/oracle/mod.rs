//! The oracle: a definitional interpreter that walks the syntax tree.
//!
//! Written from the language specification for clarity. It shares the parser, and the names in the
//! table of builtins, with the toolchain, and nothing else: no compiler, no SSA, no bytecode, no
//! machine, no value representation. Where it and the machine disagree, one of them is wrong.
//!
//! Invariant: a program that uses what the oracle lacks is reported as unsupported, never guessed.

mod call;
mod expression;
mod facts;
mod fiber;
mod fuel;
mod library;
mod machine;
mod member;
mod module;
mod operator;
mod pattern;
mod place;
mod promise;
mod scope;
mod statement;
mod task;
mod types;
mod value;

use std::path::Path;

use bumpalo::Bump;
use hyp_grammar::intern::Interner;

use machine::World;
use module::Modules;
pub use module::Read;

/// Bytes of the stack of the thread that runs programs: script calls nest 10,000 deep.
const STACK_BYTES: usize = 8 << 30;

/// What a program lacks that takes too long.
pub const FUEL: &str = "fuel";

/// What a program is given.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Evaluation steps.
    pub fuel: u64,
    /// Calls that may be active at once.
    pub call_depth_max: usize,
    /// Lines of standard input.
    pub stdin: Vec<String>,
    /// Program arguments.
    pub args: Vec<String>,
}

impl Default for Setting {
    fn default() -> Self {
        Setting { fuel: 200_000_000, call_depth_max: 10_000, stdin: Vec::new(), args: Vec::new() }
    }
}

/// An uncaught error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Category prefix and message.
    pub message: String,
    /// File, relative to the directory of the main file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// What became of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It ran to its end.
    Ran {
        /// Standard output.
        stdout: String,
        /// The error that nobody caught.
        error: Option<Fault>,
        /// Rejections that nobody has seen.
        rejections: Vec<Fault>,
        /// Exit status.
        exit: i32,
    },
    /// It has syntax errors.
    Rejected,
    /// It uses something that the oracle lacks, or takes too long.
    Unsupported(String),
}

/// Runs the program whose main file is at `main` among the files that `read` knows, on a thread with
/// a stack for deep recursion.
#[must_use]
pub fn run(
    main: &Path,
    read: &(dyn Fn(&Path) -> Option<Vec<u8>> + Sync),
    setting: &Setting,
) -> Verdict {
    on_deep_stack(|| run_here(main, read, setting))
}

/// Runs `body` on a thread that has the stack for [`run_here`].
///
/// # Panics
/// If `body` panics or no thread can be started.
pub fn on_deep_stack<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|threads| {
        let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = builder.spawn_scoped(threads, body).expect("a thread starts");
        thread.join().expect("the oracle does not panic")
    })
}

/// As [`run`], on the calling thread.
#[must_use]
pub fn run_here(main: &Path, read: &Read<'_>, setting: &Setting) -> Verdict {
    let arena = Bump::new();
    let mut interner = Interner::new();
    let Some(modules) = Modules::load(&arena, &mut interner, main, read) else {
        return Verdict::Rejected;
    };
    let facts = facts::gather(&modules);
    if let Some(what) = facts.unsupported {
        return Verdict::Unsupported(what.to_owned());
    }
    fuel::refill(setting.fuel);
    let verdict = World::new(&interner, modules, facts, setting.clone()).run();
    if fuel::is_empty() { Verdict::Unsupported(FUEL.to_owned()) } else { verdict }
}

//! Test files and the cases in them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bumpalo::Bump;
use hyp_bytecode::verify::VerifiedModule;
use hyp_compiler::driver::Compilation;
use hyp_grammar::ast::StmtKind;
use hyp_grammar::intern::Interner;
use hyp_grammar::token::Tok;
use hyp_vm::{Metric, Report, Vm};
use hypvm::exit;
use hypvm::grant::Grants;

use crate::cli::{Cli, Test};
use crate::command::verified;
use crate::render;
use crate::source::{compile_silently, read, shown_path};

/// What a suggestion's name starts with if it is a test.
const PREFIX: &str = "test";

/// Errors that are kept of a file that does not compile.
const ERRORS_MAX: usize = 10;

/// A test file that does not compile.
pub(super) struct BrokenFile {
    pub(super) path: String,
    /// The first errors; none if the file cannot be read.
    pub(super) errors: Vec<CompileError>,
}

/// An error in a test file or in what it imports.
pub(super) struct CompileError {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A test file that compiles.
pub(super) struct TestFile {
    path: PathBuf,
    source: String,
    /// Names of its test suggestions; without any, the file is one test.
    functions: Vec<String>,
    module: Arc<VerifiedModule>,
}

/// One test.
pub(super) struct Case<'f> {
    pub(super) file: &'f TestFile,
    /// The suggestion to call after the body.
    pub(super) function: Option<&'f str>,
}

/// How a test ended.
pub(super) struct Outcome {
    /// Exit code of the program.
    pub(super) exit_code: i32,
    /// The uncaught error.
    pub(super) error: Option<Report>,
    /// What it printed to standard output and error.
    pub(super) output: String,
    /// What it recorded.
    pub(super) metrics: Vec<Metric>,
    pub(super) elapsed: Duration,
}

impl Outcome {
    /// Whether the test passed.
    pub(super) fn is_ok(&self) -> bool {
        self.exit_code == 0
    }
}

impl TestFile {
    /// Compiles a test file and prints its diagnostics. Of one that does not compile and that the
    /// filter leaves out there is a note, and nothing is returned.
    pub(super) fn load(
        cli: &Cli,
        path: &Path,
        test: &Test,
    ) -> Result<Option<TestFile>, BrokenFile> {
        let broken = |errors| BrokenFile { path: path.display().to_string(), errors };
        let bytes = read(path).map_err(|_| broken(Vec::new()))?;
        let source = hyp_grammar::source::decode(&bytes).map(|s| s.to_string()).unwrap_or_default();
        let functions = test_functions(&source);
        let compilation = compile_silently(path, &bytes, &test.compile.options())
            .map_err(|_| broken(Vec::new()))?;
        let is_broken = compilation.has_errors() || compilation.module.is_none();
        if is_broken && test.filter.as_ref().is_some_and(|f| !may_match(f, path, &functions)) {
            hypvm::complain!(
                "hypc: note: {}: does not compile; no test of it matches the filter",
                path.display()
            );
            return Ok(None);
        }
        render::print(cli, &|file| shown_path(path, file), &compilation);
        if is_broken {
            return Err(broken(errors(path, &compilation)));
        }
        let module = compilation.module.ok_or(i32::from(exit::INTERNAL)).and_then(verified);
        let module = module.map_err(|_| broken(Vec::new()))?;
        Ok(Some(TestFile { path: path.to_path_buf(), source, functions, module }))
    }

    /// Its tests.
    pub(super) fn cases(&self) -> Vec<Case<'_>> {
        if self.functions.is_empty() {
            return vec![Case { file: self, function: None }];
        }
        self.functions.iter().map(|f| Case { file: self, function: Some(f) }).collect()
    }

    /// Its path, as found.
    pub(super) fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// The module that calls a test suggestion after the body.
    fn module_calling(&self, name: &str, test: &Test) -> Result<Arc<VerifiedModule>, i32> {
        let (tokens, _) = hyp_grammar::tokens(&mut Interner::new(), &self.source);
        let relax = tokens.iter().rposition(|token| token.tok == Tok::Relax);
        let brace = relax.and_then(|at| tokens.get(at.checked_sub(1)?));
        let end = brace.map_or(self.source.len(), |token| token.span.start as usize);
        let (body, rest) = self.source.split_at(end);
        // On the last line, so that all positions stay.
        let source = format!("{body} await {name}(); {rest}");
        let compilation = compile_silently(&self.path, source.as_bytes(), &test.compile.options())?;
        verified(compilation.module.ok_or(i32::from(exit::FAILURE))?)
    }
}

/// The first errors of a compilation.
fn errors(path: &Path, compilation: &Compilation) -> Vec<CompileError> {
    let errors = compilation.diagnostics.iter().filter(|d| d.is_error()).take(ERRORS_MAX);
    errors
        .map(|error| {
            let place = compilation.sources.locate(error.primary.span.start);
            CompileError {
                code: error.code.as_str(),
                message: error.message.to_string(),
                file: shown_path(path, place.file),
                line: place.line,
                column: place.column,
            }
        })
        .collect()
}

/// Whether a filter may want tests of a file that does not compile, in which some of its suggestions
/// were recognised.
fn may_match(filter: &str, path: &Path, functions: &[String]) -> bool {
    let path = path.display().to_string();
    let names_file =
        filter.split_once("::").is_some_and(|(file, _)| !file.is_empty() && path.ends_with(file));
    names_file
        || path.contains(filter)
        || functions.iter().any(|f| format!("{path}::{f}").contains(filter))
}

/// The top-level suggestions without parameters whose names start with `test`.
fn test_functions(source: &str) -> Vec<String> {
    let (arena, mut interner) = (Bump::new(), Interner::new());
    let (program, _) = hyp_grammar::parse(&arena, &mut interner, source);
    let mut names = Vec::new();
    for stmt in program.iter().flat_map(|program| program.body) {
        if let StmtKind::Function(function) = &stmt.kind
            && let (Some(name), true) = (function.name, function.params.is_empty())
        {
            let name = interner.resolve(name.name);
            if name.starts_with(PREFIX) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// A stream that keeps what is written; standard output and error share one.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<u8>>>);

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Ok(mut all) = self.0.lock() {
            all.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Capture {
    fn text(&self) -> String {
        self.0
            .lock()
            .map_or_else(|_| String::new(), |all| String::from_utf8_lossy(&all).into_owned())
    }
}

impl Case<'_> {
    /// `path` or `path::function`.
    pub(super) fn name(&self) -> String {
        match self.function {
            Some(function) => format!("{}::{function}", self.file.path()),
            None => self.file.path(),
        }
    }

    /// Runs it in a machine of its own.
    pub(super) fn run(&self, test: &Test) -> Outcome {
        let start = Instant::now();
        let capture = Capture::default();
        let run = || self.run_with(test, &capture);
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        let (exit_code, error, metrics) = ended
            .unwrap_or_else(|_| Err(i32::from(exit::INTERNAL)))
            .unwrap_or_else(|code| (code, None, Vec::new()));
        Outcome { exit_code, error, output: capture.text(), metrics, elapsed: start.elapsed() }
    }

    fn run_with(
        &self,
        test: &Test,
        capture: &Capture,
    ) -> Result<(i32, Option<Report>, Vec<Metric>), i32> {
        let module = match self.function {
            Some(name) => self.file.module_calling(name, test)?,
            None => Arc::clone(&self.file.module),
        };
        let mut setup = test.run.machine(Vec::new(), Grants::everything());
        setup.stdin = Box::new(std::io::empty());
        if !test.nocapture {
            setup.stdout = Box::new(capture.clone());
            setup.stderr = Box::new(capture.clone());
        }
        let mut vm = Vm::new(module, setup);
        let _watchdog = test.run.watch(&vm, &Arc::default());
        let outcome = vm.run();
        let metrics = vm.take_metrics().unwrap_or_default();
        Ok((outcome.exit_code, outcome.error, metrics))
    }
}

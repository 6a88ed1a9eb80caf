//! The state of an interactive session: a program that grows, and the machine that runs it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyp_compiler::driver::Options;
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Interner;
use hyp_grammar::token::Tok;
use hyp_vm::Vm;
use hypvm::exit;
use hypvm::grant::Grants;
use hypvm::process::{interrupt_by_signal, print, print_report};

use crate::cli::{Cli, Repl};
use crate::command::verified;
use crate::file::write_atomically;
use crate::render;
use crate::source::{compile_silently, read};

/// Closes the program.
const END: &str = "\n} Relax\n";

/// The variable that keeps what the last expression gave.
const LAST: &str = "_";

pub(super) struct Session<'c> {
    cli: &'c Cli,
    options: &'c Repl,
    path: PathBuf,
    /// The program so far, without its end.
    program: String,
    vm: Option<Box<Vm>>,
}

impl<'c> Session<'c> {
    /// Starts with an empty program, or with that of a file, which is run.
    pub(super) fn start(cli: &'c Cli, options: &'c Repl) -> Result<Session<'c>, i32> {
        let path = options.file.clone().unwrap_or_else(|| PathBuf::from("-"));
        let mut session = Session { cli, options, path, program: String::new(), vm: None };
        session.reset()?;
        Ok(session)
    }

    /// Starts again.
    pub(super) fn reset(&mut self) -> Result<(), i32> {
        self.vm = None;
        self.program = match &self.options.file {
            None => "Focus {".to_owned(),
            Some(path) => open_program(path)?,
        };
        let start = self.program.clone();
        self.program.truncate(0);
        match self.attempt(&start, true) {
            Attempt::Ran(None) => Ok(()),
            Attempt::Ran(Some(code)) => Err(code),
            Attempt::Refused => Err(i32::from(exit::FAILURE)),
        }
    }

    /// Runs an input. Returns the exit code if it ended the session.
    pub(super) fn run(&mut self, input: &str) -> Option<i32> {
        // An expression is shown; `x;` and `x` are the same here.
        let bare = input.trim().trim_end_matches(';');
        let shown = format!("induce {LAST} = ({bare});");
        if is_expression(bare) && self.compiles(&shown) {
            return match self.attempt(&shown, true) {
                Attempt::Ran(code) => code.or_else(|| self.show()),
                Attempt::Refused => None,
            };
        }
        let closed = format!("{};", input.trim_end());
        let text = if self.compiles(input) || !self.compiles(&closed) { input } else { &closed };
        match self.attempt(text, false) {
            Attempt::Ran(code) => code,
            Attempt::Refused => None,
        }
    }

    /// Prints what the last expression gave. Returns the exit code if that fails.
    fn show(&self) -> Option<i32> {
        let vm = self.vm.as_ref()?;
        let value = vm.global(LAST).filter(|value| !value.is_null())?;
        let text = vm.display(value);
        let text = if value.is_string() { format!("{text:?}") } else { text };
        let code = print(&format!("{text}\n"));
        (code != exit::OK).then_some(i32::from(code))
    }

    fn options(&self, resume_at: usize) -> Options {
        Options {
            // Inference looks at the whole program, which is not known yet.
            disabled_passes: vec!["infer".to_owned()],
            resume_at: Some(u32::try_from(resume_at).unwrap_or(u32::MAX)),
            ..Options::default()
        }
    }

    /// The program with an input; inputs start on lines of their own.
    fn with(&self, input: &str) -> String {
        if self.program.is_empty() {
            return format!("{input}{END}");
        }
        format!("{}\n{input}{END}", self.program)
    }

    /// Whether the program with an input has no errors.
    fn compiles(&self, input: &str) -> bool {
        let options = self.options(self.program.len());
        let compilation = compile_silently(&self.path, self.with(input).as_bytes(), &options);
        compilation.is_ok_and(|c| c.module.is_some() && !c.has_errors())
    }

    fn attempt(&mut self, input: &str, is_quiet: bool) -> Attempt {
        let resume_at = self.program.len();
        let (source, options) = (self.with(input), self.options(resume_at));
        let compiled = compile_silently(&self.path, source.as_bytes(), &options);
        let Ok(mut compilation) = compiled else { return Attempt::Refused };
        // Warnings are for programs that are kept, and earlier inputs have been reported on.
        let is_new = |d: &Diagnostic| d.primary.span.start as usize >= resume_at;
        compilation.diagnostics.retain(|d| d.is_error() && is_new(d));
        if !is_quiet {
            render::print(self.cli, &|_| "<repl>".to_owned(), &compilation);
        }
        let module = compilation.module.filter(|_| compilation.diagnostics.is_empty());
        let Some(Ok(module)) = module.map(verified) else { return Attempt::Refused };
        if let Some(vm) = &mut self.vm {
            if let Err(reason) = vm.extend(module) {
                hypvm::complain!("{reason}, and it is in use; :reset starts again");
                return Attempt::Refused;
            }
        } else {
            let setup = self.options.run.machine(Vec::new(), Grants::everything());
            let vm = Vm::new(module, setup);
            interrupt_by_signal(&vm);
            self.vm = Some(vm);
        }
        if let Some(kept) = source.strip_suffix(END) {
            self.program = kept.to_owned();
        }
        let Some(vm) = &mut self.vm else { return Attempt::Refused };
        let _watchdog = self.options.run.watch(vm, &Arc::default());
        let part = vm.run_part();
        if let Some(report) = part.error {
            print_report(&report, self.cli.color.is_enabled());
        }
        Attempt::Ran(part.exit_code)
    }

    /// Writes the session as a program.
    pub(super) fn save(&self, path: &str) {
        if path.is_empty() {
            hypvm::complain!("a file is expected: :save FILE");
            return;
        }
        let source = format!("{}{END}", self.program);
        let text = hyp_grammar::format(&source).unwrap_or(source);
        if let Err(error) = write_atomically(Path::new(path), text.as_bytes()) {
            hypvm::complain!("hypc: {path}: cannot write: {error}");
        }
    }

    /// Ends the session: runs the finales.
    pub(super) fn finish(&mut self, code: i32) -> i32 {
        let Some(vm) = &mut self.vm else { return code };
        let outcome = vm.run_finales();
        if let Some(report) = &outcome.error {
            print_report(report, self.cli.color.is_enabled());
        }
        if code == 0 { outcome.exit_code } else { code }
    }
}

/// What became of an input.
enum Attempt {
    /// It ran; the exit code if it called `Exit`.
    Ran(Option<i32>),
    /// It did not compile. Nothing has changed.
    Refused,
}

/// A file's program without its end.
fn open_program(path: &Path) -> Result<String, i32> {
    let bytes = read(path)?;
    let source = hyp_grammar::source::decode(&bytes).map_err(|error| {
        hypvm::complain!("hypc: {}: {}", path.display(), error.message);
        i32::from(exit::FAILURE)
    })?;
    let (tokens, _) = hyp_grammar::tokens(&mut Interner::new(), &source);
    let relax = tokens.iter().rposition(|token| token.tok == Tok::Relax);
    let brace = relax.and_then(|at| tokens.get(at.checked_sub(1)?));
    let Some(brace) = brace else {
        hypvm::complain!("hypc: {}: it does not end with `}} Relax`", path.display());
        return Err(i32::from(exit::FAILURE));
    };
    Ok(source[..brace.span.start as usize].trim_end().to_owned())
}

/// Whether a text could be an expression whose value is worth showing: no assignment. Comments would
/// swallow what is put around it.
fn is_expression(text: &str) -> bool {
    if text.is_empty() || text.contains("//") || text.contains("/*") {
        return false;
    }
    let source = format!("Focus {{\n{text}{END}");
    let (tokens, _) = hyp_grammar::tokens(&mut Interner::new(), &source);
    let mut depth = 0_i32;
    // The body of the program is depth 1.
    !tokens.iter().any(|token| {
        depth += nesting(token.tok);
        depth <= 1 && matches!(token.tok, Tok::Eq | Tok::Assign(_))
    })
}

/// What a token adds to the number of open brackets.
fn nesting(tok: Tok) -> i32 {
    match tok {
        Tok::LParen
        | Tok::ArrowParen
        | Tok::LBracket
        | Tok::LBrace
        | Tok::ObjectBrace
        | Tok::RecordBrace
        | Tok::HoleOpen => 1,
        Tok::RParen | Tok::RBracket | Tok::RBrace | Tok::HoleClose => -1,
        _ => 0,
    }
}

/// Whether an input goes on in the next line: a bracket, a text or a comment is open.
pub(super) fn is_incomplete(input: &str) -> bool {
    if input.trim_start().starts_with(':') {
        return false;
    }
    let source = format!("Focus {{\n{input}{END}");
    let (tokens, diagnostics) = hyp_grammar::tokens(&mut Interner::new(), &source);
    let open = [Code::UnterminatedString, Code::UnterminatedComment, Code::UnterminatedTemplate];
    if diagnostics.iter().any(|d| open.contains(&d.code)) {
        return true;
    }
    tokens.iter().map(|token| nesting(token.tok)).sum::<i32>() > 0
}

//! Every program of `tests/spec` and `docs/examples`, and the example of every builtin, under every
//! engine setting, and the programs on the oracle.
//!
//! Without any one of the passes, programs do the same as at `-O2`. Each pass gets its share of the
//! corpus; `HYP_WITHOUT=all` gives all of it to each of them.
//!
//! The oracle must agree with `-O2` on output, uncaught error and exit status wherever it supports
//! what a program uses; how many it supports is printed, and there is a least share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};

use hyp_bytecode::builtin::{BUILTINS, BuiltinSpec, CONSTANTS};
use hyp_compiler::driver::{Options, pass_names};
use hyp_tests::engine::{self, ENGINES, Engine};
use hyp_tests::expectation::{Expectation, Observed};
use hyp_tests::oracle::{self, Fault, Setting, Verdict};
use hyp_tests::subject::{self, observe, programs, read_text, root};
use libtest_mimic::{Arguments, Failed, Trial};

/// First argument of a child process: run one program and end with its exit status.
const RUN_ONE: &str = "--run-one";
/// First argument of a child process: run the examples of a category of builtins.
const RUN_EXAMPLES: &str = "--run-examples";
/// First argument of a child process: run programs with a pass and without it.
const RUN_WITHOUT: &str = "--run-without";
/// Programs that one such process runs.
const WITHOUT_CHUNK: usize = 50;
/// The oracle among the engines.
const ORACLE: &str = "oracle";
/// Exit status of a child whose program the oracle does not support.
const UNSUPPORTED: i32 = 98;
/// Least share of the programs that run which the oracle must support, in percent.
const SUPPORTED_MIN: usize = 90;

/// Programs by what the oracle lacked; those it supported under the empty text.
static LACKS: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, engine, kind, path, rest @ ..] = args.as_slice()
        && mode == RUN_ONE
    {
        return run_one(engine, kind, Path::new(path), rest);
    }
    if let [mode, engine, category] = args.as_slice()
        && mode == RUN_EXAMPLES
    {
        return run_examples(engine, category);
    }
    if let [mode, pass, paths @ ..] = args.as_slice()
        && mode == RUN_WITHOUT
    {
        return run_without(pass, paths);
    }
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = corpus().into_iter().map(trial).collect();
    let mut categories: Vec<String> = BUILTINS.iter().map(category).collect();
    categories.sort();
    categories.dedup();
    categories.push(CONSTANTS_CATEGORY.to_owned());
    trials.extend(categories.into_iter().map(examples_trial));
    trials.extend(without_trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    let is_share_good = report_oracle();
    if is_share_good { conclusion.exit_code() } else { ExitCode::FAILURE }
}

/// Prints what the oracle supported; whether it is enough.
fn report_oracle() -> bool {
    let lacks = LACKS.lock().unwrap_or_else(PoisonError::into_inner);
    let all: usize = lacks.values().map(Vec::len).sum();
    let supported = lacks.get("").map_or(0, Vec::len);
    for (what, programs) in lacks.iter().filter(|(what, _)| !what.is_empty()) {
        println!("the oracle lacks {what}: {} programs, {}", programs.len(), programs[0]);
    }
    println!("the oracle agrees on {supported} of {all} programs that run");
    all < 100 || supported * 100 >= all * SUPPORTED_MIN
}

fn run_one(engine: &str, kind: &str, path: &Path, args: &[String]) -> ExitCode {
    if engine == ORACLE {
        return run_oracle(path, args);
    }
    let Some(engine) = engine::by_name(engine) else { return ExitCode::from(2) };
    let code = engine::run(engine, path, args.to_vec(), kind == "check");
    std::process::exit(code)
}

/// What stands for the constants in place of a category.
const CONSTANTS_CATEGORY: &str = "Constant";

/// The examples of a category: name and spellings, source, output.
fn examples(category_name: &str) -> Vec<(Vec<&'static str>, String, String)> {
    let rows = BUILTINS.iter().filter(|row| category(row) == category_name).map(|row| {
        let names = std::iter::once(row.name).chain(row.aliases.iter().copied()).collect();
        (names, row.example_source(), row.example_output())
    });
    let constants = CONSTANTS.iter().filter(|_| category_name == CONSTANTS_CATEGORY);
    let constants = constants.map(|constant| {
        let (code, output) = constant.example;
        (vec![constant.name], format!("observe {code};"), format!("{output}\n"))
    });
    rows.chain(constants).collect()
}

fn category(row: &BuiltinSpec) -> String {
    format!("{:?}", row.category)
}

/// Runs the examples of a category one after the other in this process. What is wrong goes to
/// standard error.
fn run_examples(engine: &str, wanted: &str) -> ExitCode {
    let Some(engine) = engine::by_name(engine) else { return ExitCode::from(2) };
    let mut code = ExitCode::SUCCESS;
    for (names, source, expected) in examples(wanted) {
        let result = engine::output_of(engine, &source);
        let shows_it = names.iter().any(|name| source.contains(name));
        if result.as_ref() != Ok(&expected) || expected.is_empty() || !shows_it {
            eprintln!("{}: {result:?}, not {expected:?}", names[0]);
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// The examples of a category under every engine setting.
fn examples_trial(category: String) -> Trial {
    Trial::test(format!("examples of builtins/{category}"), move || {
        let this = std::env::current_exe()?;
        for engine in ENGINES {
            let mut command = Command::new(&this);
            command.args([RUN_EXAMPLES, engine.name, &category]);
            let observed = observe(command, &Expectation::default())?;
            if observed.exit != Some(0) {
                return Err(format!("under {}:\n{}", engine.name, observed.stderr).into());
            }
        }
        Ok(())
    })
}

/// The passes, each with the programs that it gets, some at a time.
fn without_trials() -> Vec<Trial> {
    let (programs, passes) = (corpus(), Vec::from_iter(pass_names()));
    let is_whole = std::env::var_os("HYP_WITHOUT").is_some_and(|v| v == "all");
    let mut trials = Vec::new();
    for (i, &pass) in passes.iter().enumerate() {
        let (first, step) = if is_whole { (0, 1) } else { (i, passes.len()) };
        let share: Vec<PathBuf> = programs.iter().skip(first).step_by(step).cloned().collect();
        for (n, chunk) in share.chunks(WITHOUT_CHUNK).map(<[PathBuf]>::to_vec).enumerate() {
            trials.push(Trial::test(format!("without {pass}, part {}", n + 1), move || {
                let mut command = Command::new(std::env::current_exe()?);
                command.args([RUN_WITHOUT, pass]).args(&chunk);
                let observed = observe(command, &Expectation::default())?;
                if observed.exit == Some(0) { Ok(()) } else { Err(observed.stderr.into()) }
            }));
        }
    }
    trials
}

/// Runs programs one after the other in this process, each with all passes and without one. What
/// differs goes to standard error.
fn run_without(pass: &str, paths: &[String]) -> ExitCode {
    let Some(pass) = pass_names().find(|name| *name == pass) else { return ExitCode::from(2) };
    let mut code = ExitCode::SUCCESS;
    for path in paths.iter().map(Path::new) {
        let Ok(text) = read_text(path) else { return ExitCode::from(2) };
        let expectation = Expectation::parse(&text);
        let run = |engine| {
            let observed = engine::observe(engine, path, &expectation);
            empty_temporary_directory().map(|()| observed)
        };
        // On a busy machine tasks that sleep may come in another order; a pass's error comes again.
        let mut differences = Vec::new();
        while differences.len() < 2 {
            let (Ok(with), Ok(without)) = (run(engine::PLAIN), run(Engine::without(pass))) else {
                return ExitCode::from(2);
            };
            if with == without {
                break;
            }
            differences.push((with, without));
        }
        if let [_, (with, without)] = &differences[..] {
            eprintln!("{}\n-- with --\n{with:?}\n-- without --\n{without:?}", path.display());
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// Each run starts with an empty directory for its files, which the process has for itself.
fn empty_temporary_directory() -> std::io::Result<()> {
    let path = std::env::temp_dir();
    assert!(subject::is_scratch(&path), "{} is not a test's own", path.display());
    std::fs::remove_dir_all(&path)?;
    std::fs::create_dir(path)
}

/// Runs a program on the oracle. Errors are printed as `file:line: message`, each with a
/// zero byte behind it.
fn run_oracle(path: &Path, args: &[String]) -> ExitCode {
    let stdin = std::io::stdin().lines().map_while(Result::ok).collect();
    let setting = Setting { stdin, args: args.to_vec(), ..Setting::default() };
    let code = match oracle::run(path, &|path| std::fs::read(path).ok(), &setting) {
        Verdict::Ran { stdout, error, rejections, exit } => {
            print!("{stdout}");
            for Fault { file, line, message } in error.into_iter().chain(rejections) {
                eprint!("{file}:{line}: {message}\0");
            }
            exit
        }
        Verdict::Rejected => {
            eprint!("syntax errors");
            UNSUPPORTED
        }
        Verdict::Unsupported(what) => {
            eprint!("{what}");
            UNSUPPORTED
        }
    };
    std::process::exit(code)
}

fn corpus() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for directory in ["tests/spec", "tests/regress", "docs/examples"] {
        let path = root().join(directory);
        if path.is_dir() {
            all.extend(programs(&path).expect("the corpus is readable"));
        }
    }
    assert!(all.len() >= 300, "the corpus is missing");
    all
}

fn trial(path: PathBuf) -> Trial {
    let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
    Trial::test(name, move || check(&path))
}

fn check(path: &Path) -> Result<(), Failed> {
    let expectation = Expectation::parse(&read_text(path)?);
    let kind = if expectation.is_check_only { "check" } else { "run" };
    let this = std::env::current_exe()?;
    let run = |engine: &str| {
        let mut command = Command::new(&this);
        command.args([RUN_ONE, engine, kind]).arg(path).args(&expectation.args);
        observe(command, &expectation)
    };
    let mut last = None;
    for engine in ENGINES {
        let observed = run(engine.name)?;
        expectation
            .compare(&observed)
            .map_err(|difference| format!("under {}:\n{difference}", engine.name))?;
        last = Some(observed);
    }
    if expectation.is_check_only || !std::fs::read(path).is_ok_and(|bytes| compiles(path, &bytes)) {
        return Ok(());
    }
    let Some(machine) = last else { return Ok(()) };
    let observed = run(ORACLE)?;
    let lacks = observed.exit == Some(UNSUPPORTED);
    let what = if lacks { observed.stderr.as_str() } else { "" };
    let name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let mut supported = LACKS.lock().unwrap_or_else(PoisonError::into_inner);
    supported.entry(what.to_owned()).or_default().push(name);
    drop(supported);
    if lacks { Ok(()) } else { agree(&observed, &machine).map_err(Failed::from) }
}

fn compiles(path: &Path, bytes: &[u8]) -> bool {
    hyp_package::compile(path, bytes, &Options::default()).is_ok_and(|c| c.module.is_some())
}

/// Compares what the oracle and the machine did.
fn agree(oracle: &Observed, machine: &Observed) -> Result<(), String> {
    let mut report = String::new();
    if oracle.stdout != machine.stdout {
        let pairs = machine.stdout.lines().zip(oracle.stdout.lines());
        let at = pairs.take_while(|(a, b)| a == b).count();
        let line = |text: &str| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
        let (a, b) = (line(&machine.stdout), line(&oracle.stdout));
        report.push_str(&format!("output line {}: machine `{a}`, oracle `{b}`\n", at + 1));
    }
    if oracle.exit != machine.exit {
        report.push_str(&format!("exit: machine {:?}, oracle {:?}\n", machine.exit, oracle.exit));
    }
    let errors = oracle.stderr.split('\0').filter_map(|error| error.split_once(": "));
    for (place, message) in errors {
        let place = format!("{place}:");
        let says = |text: &str| text.starts_with(&place) && text.ends_with(message);
        let first = message.lines().next().unwrap_or_default();
        if !machine.stderr.lines().any(|l| says(l) || (l.starts_with(&place) && l.ends_with(first)))
        {
            report.push_str(&format!("oracle: {place} {message}\n"));
        }
    }
    if oracle.stderr.is_empty() && machine.stderr.contains("\n    at main (") {
        report.push_str("the oracle raised no error\n");
    }
    if report.is_empty() {
        return Ok(());
    }
    Err(format!("oracle and machine differ:\n{report}--- machine ---\n{}", machine.stderr))
}

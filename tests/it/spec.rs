//! Every program of `tests/spec` and `docs/examples`, and the example of every builtin, under every
//! engine setting.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use hyp_bytecode::builtin::{BUILTINS, BuiltinSpec};
use hyp_tests::engine::{self, ENGINES};
use hyp_tests::expectation::Expectation;
use hyp_tests::subject::{observe, programs, read_text, root};
use libtest_mimic::{Arguments, Failed, Trial};

/// First argument of a child process: run one program and end with its exit status.
const RUN_ONE: &str = "--run-one";
/// First argument of a child process: run the examples of a category of builtins.
const RUN_EXAMPLES: &str = "--run-examples";

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
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = corpus().into_iter().map(trial).collect();
    let mut categories: Vec<String> = BUILTINS.iter().map(category).collect();
    categories.sort();
    categories.dedup();
    trials.extend(categories.into_iter().map(examples_trial));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run_one(engine: &str, kind: &str, path: &Path, args: &[String]) -> ExitCode {
    let Some(engine) = engine::by_name(engine) else { return ExitCode::from(2) };
    let code = engine::run(engine, path, args.to_vec(), kind == "check");
    std::process::exit(code)
}

fn category(row: &BuiltinSpec) -> String {
    format!("{:?}", row.category)
}

/// Runs the examples of a category one after the other in this process. What is wrong goes to
/// standard error.
fn run_examples(engine: &str, wanted: &str) -> ExitCode {
    let Some(engine) = engine::by_name(engine) else { return ExitCode::from(2) };
    let mut code = ExitCode::SUCCESS;
    for row in BUILTINS.iter().filter(|row| category(row) == wanted) {
        let (source, expected) = (row.example_source(), row.example_output());
        let result = engine::output_of(engine, &source);
        let shows_it =
            std::iter::once(&row.name).chain(row.aliases).any(|name| source.contains(name));
        if result.as_ref() != Ok(&expected) || expected.is_empty() || !shows_it {
            eprintln!("{}: {result:?}, not {expected:?}", row.name);
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
    for engine in ENGINES {
        let mut command = Command::new(&this);
        command.args([RUN_ONE, engine.name, kind]).arg(path).args(&expectation.args);
        let observed = observe(command, &expectation)?;
        expectation
            .compare(&observed)
            .map_err(|difference| format!("under {}:\n{difference}", engine.name))?;
    }
    Ok(())
}

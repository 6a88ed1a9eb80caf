//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use hyp_compiler::driver::{Options, TypesMode};
use hypvm::color::Color;
use hypvm::process::RunOptions;

/// Compiles, checks and runs HypnoScript programs
#[derive(Parser)]
#[command(name = "hypc", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to colour messages
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(crate) color: Color,
    /// How to print diagnostics
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(crate) message_format: MessageFormat,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Compiles a program to a module (.hbc)
    Build(Build),
    /// Executes a program, or a named command of the package
    ///
    /// What exists as a file or ends in `.hyp` is a program; it is compiled in memory. Anything
    /// else is the name of one of the `suggestions` in trance.json.
    Run(Box<Run>),
    /// Compiles a program in memory and executes it
    Exec(Box<Run>),
    /// Reports what is wrong with programs, without executing them
    Check(Check),
    /// Makes the working directory a package
    Init(Init),
    /// Makes a package in a new directory
    New(New),
    /// Adds or changes a dependency in trance.json
    Add(Add),
    /// Removes a dependency from trance.json
    Remove {
        /// Name of the package
        name: String,
    },
    /// Lists the dependencies of the package and what is installed
    List,
    /// Installs the dependencies of the package and locks their versions
    Install(Install),
    /// Checks trance.json, the lock file and the installed packages
    Validate,
    /// Reads, runs and prints statements interactively
    Repl(Box<Repl>),
    /// Finds and runs tests
    Test(Box<Test>),
    /// Brings programs into the standard layout
    Fmt(Fmt),
    /// Explains a diagnostic code
    Explain {
        /// The code, for example E0201; without one, all codes are listed
        code: Option<String>,
    },
    /// Documents what a program declares, in Markdown
    Doc {
        /// The program; `-` reads it from standard input
        file: PathBuf,
        /// Include what the module does not export
        #[arg(long)]
        all: bool,
    },
    /// Prints the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
        /// The tool to complete
        #[arg(long, value_enum, default_value_t)]
        tool: Tool,
    },
    /// Writes manual pages of both tools
    Man {
        /// The directory to write them to
        directory: PathBuf,
    },
    /// Lists the instructions of a module or program
    Disasm {
        /// A module (.hbc) or a program (.hyp)
        file: PathBuf,
        #[command(flatten)]
        compile: CompileOptions,
    },
    /// Lists the builtin functions
    Builtins {
        /// Show only this one, by name or alias
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints the versions of tool, bytecode and table
    Version,
}

/// One of the executables.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Tool {
    #[default]
    Hypc,
    Hypvm,
}

/// Tests are the programs named `*_test.hyp`, `*.test.hyp` or `test_*.hyp`. If one declares top-level
/// suggestions without parameters whose names start with `test`, each of them is a test: it is called
/// after the program's body, in a machine of its own. Otherwise the program itself is the test.
#[derive(Args)]
pub(crate) struct Test {
    /// Test files, and directories that are searched for them
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only tests whose name contains this; names are `path` or `path::suggestion`
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Tests that run at once [default: one per processor]
    #[arg(short, long, value_name = "N", value_parser = parse_jobs)]
    pub(crate) jobs: Option<usize>,
    /// Start no further test after one has failed
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Let tests print instead of showing what failed tests printed
    #[arg(long)]
    pub(crate) nocapture: bool,
    /// Print the names of the tests instead of running them
    #[arg(long)]
    pub(crate) list: bool,
    /// Run the tests again whenever a program changes
    #[arg(long)]
    pub(crate) watch: bool,
    /// How to report results
    #[arg(long, value_enum, default_value_t)]
    pub(crate) reporter: Reporter,
    /// Where to write a JSON or JUnit report instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) report_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) compile: CompileOptions,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

/// A form of test results.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Reporter {
    /// Text
    #[default]
    Human,
    /// One JSON object per line
    Json,
    /// JUnit XML
    Junit,
}

fn parse_jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs @ 1..=256) => Ok(jobs),
        _ => Err("a number from 1 to 256 is expected".to_owned()),
    }
}

#[derive(Args)]
pub(crate) struct Repl {
    /// A program to start with
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

#[derive(Args)]
pub(crate) struct Fmt {
    /// Programs, and directories that are searched for `.hyp` files; `-` formats standard input
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; show what would change and fail if there is something
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args)]
pub(crate) struct Build {
    /// The program; `-` reads it from standard input
    pub(crate) file: PathBuf,
    /// Where to write the module; default: the program's name with `.hbc`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print an intermediate form to standard output instead of writing a module
    #[arg(long, value_enum)]
    pub(crate) emit: Option<Emit>,
    /// Write the module in spite of type errors; they raise when they are reached
    #[arg(long)]
    pub(crate) allow_type_errors: bool,
    #[command(flatten)]
    pub(crate) compile: CompileOptions,
}

/// What a new package is made from.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Template {
    /// A command line program
    #[default]
    Cli,
    /// A library for other packages
    Library,
    /// A service in layers
    Service,
}

#[derive(Args)]
pub(crate) struct Init {
    /// Name of the package; default: that of the directory
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What to start from
    #[arg(long, value_enum, default_value_t)]
    pub(crate) template: Template,
}

#[derive(Args)]
pub(crate) struct New {
    /// The directory to make
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) init: Init,
}

#[derive(Args)]
pub(crate) struct Add {
    /// Name of the package
    pub(crate) name: String,
    /// A range of versions such as `^1.2.0`, or `path:DIRECTORY`
    #[arg(long, value_name = "RANGE")]
    pub(crate) version: String,
    /// Needed for development only
    #[arg(long)]
    pub(crate) dev: bool,
}

#[derive(Args)]
pub(crate) struct Install {
    /// A directory with packages as `NAME/` or `NAME/VERSION/`; may be repeated
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) source: Vec<PathBuf>,
    /// Change nothing; fail if the lock file or a package is not up to date
    #[arg(long)]
    pub(crate) locked: bool,
}

#[derive(Args)]
pub(crate) struct Run {
    /// The program; `-` reads it from standard input
    pub(crate) file: PathBuf,
    /// Arguments of the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
    #[command(flatten)]
    pub(crate) compile: CompileOptions,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

#[derive(Args)]
pub(crate) struct Check {
    /// Programs
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Null fits only types that say so: `T?`
    #[arg(long)]
    pub(crate) strict_null: bool,
}

/// Options that shape the code.
#[derive(Args)]
pub(crate) struct CompileOptions {
    /// Optimisation level
    #[arg(short = 'O', long, value_name = "LEVEL", default_value_t = 2,
        value_parser = clap::value_parser!(u8).range(0..=2))]
    opt_level: u8,
    /// What annotations mean at run time
    #[arg(long, value_enum, default_value_t)]
    types: Types,
    /// Null fits only types that say so: `T?`
    #[arg(long)]
    strict_null: bool,
    /// Switch off an optimisation pass by name; may be repeated
    #[arg(long, value_name = "PASS", value_parser = parse_pass)]
    disable_pass: Vec<String>,
}

impl CompileOptions {
    pub(crate) fn options(&self) -> Options {
        Options {
            opt_level: self.opt_level,
            types: match self.types {
                Types::Sound => TypesMode::Sound,
                Types::Erased => TypesMode::Erased,
            },
            strict_null: self.strict_null,
            dump_ssa: false,
            disabled_passes: self.disable_pass.clone(),
            resume_at: None,
        }
    }
}

fn parse_pass(name: &str) -> Result<String, String> {
    let names: Vec<&str> = hyp_compiler::driver::pass_names().collect();
    if names.contains(&name) {
        Ok(name.to_owned())
    } else {
        Err(format!("there is no such pass; passes are {}", names.join(", ")))
    }
}

/// The meaning of annotations.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Types {
    /// Guarantees, checked where unknown values flow into them
    #[default]
    Sound,
    /// Checked statically only
    Erased,
}

/// An intermediate form.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Emit {
    /// Lexical tokens with their positions
    Tokens,
    /// The syntax tree
    Ast,
    /// The SSA form before and after every pass
    Ssa,
    /// The instruction listing
    Bytecode,
    /// What machine code is made from
    Clif,
    /// Machine code for this processor
    Asm,
}

/// A format of diagnostics.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum MessageFormat {
    /// Source snippets on standard error
    #[default]
    Human,
    /// One JSON object per line on standard error
    Json,
}

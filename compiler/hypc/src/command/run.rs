//! `hypc run` and `hypc exec`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use hyp_package::{MANIFEST_FILE, Manifest};
use hypvm::exit;
use hypvm::grant::Grants;
use hypvm::process::execute;

use super::{manifest, verified};
use crate::cli::{Cli, Run};
use crate::source::compile_file;

/// Executes a program, or a command of the package.
pub(super) fn run(cli: &Cli, run: &Run) -> Result<i32, i32> {
    match suggestion(&run.file) {
        None => exec(cli, run),
        Some(name) => script(&package_with(name)?, name, &run.args),
    }
}

/// Compiles a program in memory and executes it.
pub(super) fn exec(cli: &Cli, run: &Run) -> Result<i32, i32> {
    let compilation = compile_file(cli, &run.file, &run.compile.options())?;
    let Some(module) = compilation.module else { return Err(i32::from(exit::FAILURE)) };
    let module = verified(module)?;
    let (args, colored) = (run.args.clone(), cli.color.is_enabled());
    Ok(execute(module, args, &run.run, Grants::everything(), colored))
}

/// The package that may have a command of that name.
fn package_with(name: &str) -> Result<Manifest, i32> {
    let here = std::env::current_dir().unwrap_or_default();
    let is_package = here.ancestors().any(|d| d.join(MANIFEST_FILE).is_file());
    if !is_package {
        hypvm::complain!(
            "hypc: {name}: there is no such file, and no {MANIFEST_FILE} whose suggestions could \
             have that name"
        );
        return Err(i32::from(exit::INPUT));
    }
    manifest()
}

/// The argument as the name of a command, unless it is a file or looks like one.
fn suggestion(file: &Path) -> Option<&str> {
    let is_file = file.as_os_str() == "-"
        || file.extension().is_some_and(|e| e == "hyp")
        || file.components().count() != 1
        || file.is_file();
    file.to_str().filter(|_| !is_file)
}

/// Runs a command of `suggestions` between the `triggers` of the package.
fn script(manifest: &Manifest, name: &str, args: &[String]) -> Result<i32, i32> {
    let Some(command) = manifest.suggestion(name) else {
        let known = manifest.suggestion_names();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        hypvm::complain!(
            "hypc: `{name}` is neither a file nor a suggestion of {}; suggestions: {known}",
            manifest.path().display()
        );
        return Err(i32::from(exit::USAGE));
    };
    let chain = entered(manifest, name)?;
    if let Some(before) = manifest.trigger("preFocus") {
        let code = trigger(manifest, before, &chain)?;
        if code != 0 {
            return Ok(code);
        }
    }
    let mut code = shell(manifest.root(), command, args, &chain)?;
    if let Some(after) = manifest.trigger("postRelax") {
        let after = trigger(manifest, after, &chain)?;
        code = if code == 0 { after } else { code };
    }
    Ok(code)
}

/// Environment variable with the commands that are running around this process, outermost first:
/// lines of name, tab and package.
const RUNNING: &str = "HYPC_RUNNING";

/// The commands that are running once this one has started. One that is among them already would start
/// itself for ever.
fn entered(manifest: &Manifest, name: &str) -> Result<OsString, i32> {
    let mut chain = std::env::var_os(RUNNING).unwrap_or_default();
    let entry = format!("{name}\t{}", manifest.root().display());
    let around = chain.to_string_lossy().into_owned();
    if around.lines().any(|line| line == entry) {
        let names = around.lines().filter_map(|line| line.split('\t').next());
        let names: Vec<_> = names.chain([name]).collect();
        hypvm::complain!(
            "hypc: suggestion `{name}` of {} runs itself: {}",
            manifest.path().display(),
            names.join(" → ")
        );
        return Err(i32::from(exit::FAILURE));
    }
    chain.push(entry);
    chain.push("\n");
    Ok(chain)
}

/// Runs a lifecycle script: a program or a shell command.
fn trigger(manifest: &Manifest, script: &str, chain: &OsStr) -> Result<i32, i32> {
    if !script.ends_with(".hyp") {
        return shell(manifest.root(), script, &[], chain);
    }
    let mut command = Command::new(this_tool()?);
    command.arg("exec").arg(script);
    start(command.current_dir(manifest.root()).env(RUNNING, chain))
}

/// Runs a command of the system's shell in the package's directory; `hypc` is this executable.
fn shell(root: &Path, text: &str, args: &[String], chain: &OsStr) -> Result<i32, i32> {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.arg("/C").arg(text).args(args);
        command
    } else {
        let mut command = Command::new("sh");
        // The arguments reach the last command of the text unchanged.
        let forwarded = if args.is_empty() { text.to_owned() } else { format!("{text} \"$@\"") };
        command.arg("-c").arg(forwarded).arg("hypc").args(args);
        command
    };
    start(command.current_dir(root).env("PATH", search_path()?).env(RUNNING, chain))
}

fn start(command: &mut Command) -> Result<i32, i32> {
    let status = command.status().map_err(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        hypvm::complain!("hypc: cannot start {program}: {error}");
        i32::from(exit::INPUT)
    })?;
    Ok(code_of(status))
}

/// The exit code of a process; of one that a signal ended, what a shell says.
fn code_of(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(i32::from(exit::FAILURE))
}

fn this_tool() -> Result<PathBuf, i32> {
    std::env::current_exe().map_err(|error| {
        hypvm::complain!("hypc: cannot find this executable: {error}");
        i32::from(exit::INPUT)
    })
}

/// The search path of commands with the directory of this executable in front.
fn search_path() -> Result<OsString, i32> {
    let mut path = Vec::new();
    path.extend(this_tool()?.parent().map(Path::to_path_buf));
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(path).map_err(|error| {
        hypvm::complain!("hypc: the search path is broken: {error}");
        i32::from(exit::INPUT)
    })
}

//! The executables as child processes, and directories for their files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use hyp_tests::tool;

/// A directory that lives as long as the test.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hyp-cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a scratch directory");
        Scratch(path)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).expect("a scratch file");
        path
    }

    /// Compiles a program to a module.
    pub(crate) fn module(&self, name: &str, source: &str) -> PathBuf {
        let program = self.file(&format!("{name}.hyp"), source);
        let module = program.with_extension("hbc");
        let output = hypc(["build", text(&program), "-o", text(&module)]);
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        module
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(tool::path(name));
    command.stdin(Stdio::null());
    for variable in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

pub(crate) fn hypc<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    command("hypc").args(args).output().expect("hypc starts")
}

pub(crate) fn hypvm<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    command("hypvm").args(args).output().expect("hypvm starts")
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("scratch paths are text")
}

pub(crate) fn exit(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

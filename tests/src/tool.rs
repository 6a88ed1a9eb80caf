//! The executables of this workspace, for tests that run them as processes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Path of `hypc` or `hypvm`: the one that `$HYPC` or `$HYPVM` names, else the one of the same
/// target directory and profile as the running executable.
///
/// Cargo does not build the executables of other packages for a test, so the first call runs
/// `cargo build --workspace --bins`, which does nothing when they are up to date.
///
/// # Panics
/// If the executable is neither there nor can be built.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(name.to_uppercase()) {
        return PathBuf::from(path);
    }
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let directory = BUILT.get_or_init(|| {
        let directory = profile_directory().expect("tests run in a target directory");
        build(&directory);
        directory
    });
    let path = directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "{} is missing: run `cargo build`", path.display());
    path
}

/// `target/debug` of `target/debug/deps/it-0123456789abcdef`.
fn profile_directory() -> Option<PathBuf> {
    let this = std::env::current_exe().ok()?;
    Some(this.parent()?.parent()?.to_path_buf())
}

fn build(directory: &Path) {
    let profile = match directory.file_name().and_then(|n| n.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let target = directory.parent().unwrap_or(directory);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let result = Command::new(cargo)
        .args(["build", "--quiet", "--workspace", "--bins", "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(crate::subject::root())
        .status();
    // Without cargo, what an earlier build left is good enough.
    if let Ok(status) = result {
        assert!(status.success(), "building the executables failed");
    }
}

//! Packages on the file system: the manifest `trance.json`, the lock file, what is installed in
//! `trance_modules`, and the loader that finds the files of imports there.
//!
//! Invariant: nothing outside the directory of the package is written.
//! Invariant: what is read is bounded before it is read.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod install;
mod integrity;
mod layer;
mod loader;
mod lock;
mod manifest;
mod path;
mod requirement;

pub use install::{InstallOptions, Installed, install, is_current};
pub use loader::{FileLoader, MAIN_OF_DIRECTORY};
pub use lock::{LOCK_FILE, Lock, Locked};
pub use manifest::{Anchor, DEFAULT_ENTRY, MANIFEST_FILE, MODULES_DIRECTORY, Manifest};
pub use requirement::{Requirement, check_name};

use std::fmt;
use std::path::{Path, PathBuf};

use hyp_compiler::driver::{Compilation, Options, compile_modules};
use hyp_compiler::link::MainFile;

/// Why something about a package cannot be done, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageError {
    /// The file or directory that it is about.
    pub path: Option<PathBuf>,
    /// What went wrong.
    pub message: String,
    /// The file system refused; otherwise the content is wrong.
    pub is_io: bool,
}

impl PackageError {
    fn new(message: impl Into<String>) -> Self {
        Self { path: None, message: message.into(), is_io: false }
    }

    fn at(path: &Path, message: impl Into<String>) -> Self {
        Self { path: Some(path.to_path_buf()), ..Self::new(message) }
    }

    fn io(path: &Path, what: &str, error: &std::io::Error) -> Self {
        Self { is_io: true, ..Self::at(path, format!("{what}: {error}")) }
    }
}

impl fmt::Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for PackageError {}

/// Result of an operation on packages.
pub type Result<T> = std::result::Result<T, PackageError>;

/// Compiles the program whose main file is at `path`, with what it imports. `bytes` is the content
/// of the main file.
///
/// # Errors
/// If the main file does not exist.
pub fn compile(path: &Path, bytes: &[u8], options: &Options) -> std::io::Result<Compilation> {
    let mut loader = FileLoader::new(path)?;
    let (id, name) = (loader.main_id(), loader.main_name().to_owned());
    let main = MainFile { id: &id, name: &name, bytes };
    Ok(compile_modules(main, &mut loader, options))
}

/// Reads a regular file of at most `max` bytes.
fn read_bounded(path: &Path, max: usize) -> std::io::Result<Vec<u8>> {
    use std::io::{Error, ErrorKind, Read};
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        return Err(Error::new(ErrorKind::IsADirectory, "it is a directory"));
    }
    // Opening a pipe or a device may wait for ever.
    if !metadata.is_file() {
        return Err(Error::other("it is not a regular file"));
    }
    let bound = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(bound).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        return Err(Error::other(format!("it has more than {max} bytes")));
    }
    Ok(bytes)
}

/// Writes beside the target and renames, so that a failure leaves the old file.
fn write_atomically(path: &Path, text: &str) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        PackageError::io(path, "cannot write", &error)
    })
}

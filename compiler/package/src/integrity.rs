//! The files of a package and their hash.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::manifest::MODULES_DIRECTORY;
use crate::{PackageError, Result, read_bounded};

/// Most files of a package.
const FILES_MAX: usize = 10_000;

/// Most bytes of all files of a package.
const BYTES_MAX: usize = 256 << 20;

/// Most directories inside each other.
const DEPTH_MAX: usize = 64;

/// A file of a package.
pub(crate) struct PackageFile {
    /// Path in the package, with `/`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// The files of a package in order of their names. Hidden ones and installed packages do not
/// belong to it; links are refused, because what they lead to may change or lie elsewhere.
pub(crate) fn files(root: &Path) -> Result<Vec<PackageFile>> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_path_buf(), String::new(), 0)];
    while let Some((directory, prefix, depth)) = open.pop() {
        let refuse = |error| PackageError::io(&directory, "cannot read", &error);
        for entry in std::fs::read_dir(&directory).map_err(refuse)? {
            let entry = entry.map_err(refuse)?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(refuse)?);
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(PackageError::at(&path, "its name is not a text"));
            };
            if name.starts_with('.') || (depth == 0 && name == MODULES_DIRECTORY) {
                continue;
            }
            let name = format!("{prefix}{name}");
            if kind.is_symlink() {
                return Err(PackageError::at(&path, "a package must not contain links"));
            }
            if kind.is_dir() {
                if depth >= DEPTH_MAX {
                    return Err(PackageError::at(&path, "directories are nested too deeply"));
                }
                open.push((path, format!("{name}/"), depth + 1));
            } else {
                found.push(PackageFile { name, path });
            }
            if found.len() + open.len() > FILES_MAX {
                let message = format!("the package has more than {FILES_MAX} files");
                return Err(PackageError::at(root, message));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The hash of a package: of the name, length and content of every file in order of their names.
pub(crate) fn integrity(root: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut left = BYTES_MAX;
    for file in files(root)? {
        let bytes = read_bounded(&file.path, left)
            .map_err(|error| PackageError::io(&file.path, "cannot read", &error))?;
        left -= bytes.len();
        for part in [file.name.as_bytes(), &bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    let mut text = "sha256-".to_owned();
    for byte in hash.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Copies a package to a directory that does not exist.
pub(crate) fn copy(root: &Path, target: &Path) -> Result<()> {
    for file in files(root)? {
        let to = target.join(&file.name);
        let directory = to.parent().unwrap_or(target);
        std::fs::create_dir_all(directory)
            .and_then(|()| std::fs::copy(&file.path, &to).map(drop))
            .map_err(|error| PackageError::io(&to, "cannot write", &error))?;
    }
    Ok(())
}

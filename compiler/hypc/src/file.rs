//! Finding and writing files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes beside the target and renames, so that a broken-off run leaves no half file. Links are
/// followed, permissions kept. Special files (`/dev/stdout`) are written directly.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let info = path.metadata();
    if info.as_ref().is_ok_and(|m| !m.is_file()) {
        return std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = target.with_file_name(name);
    let result = std::fs::write(&temporary, bytes)
        .and_then(|()| match info {
            Ok(info) => std::fs::set_permissions(&temporary, info.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| std::fs::rename(&temporary, &target));
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

/// The `.hyp` files below a directory, sorted. Hidden directories, links to directories and installed
/// packages (`trance_modules`) are left out.
pub(crate) fn programs(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory)? {
            let entry = entry?;
            let (kind, name) = (entry.file_type()?, entry.file_name());
            let is_hidden = name.to_string_lossy().starts_with('.');
            if kind.is_dir() && !is_hidden && name != "trance_modules" {
                open.push(entry.path());
            } else if !kind.is_dir() && entry.path().extension().is_some_and(|e| e == "hyp") {
                found.push(entry.path());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

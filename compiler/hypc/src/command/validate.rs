//! `hypc validate`.

use hyp_package::{Lock, MODULES_DIRECTORY, PackageError, is_current};
use hypvm::exit;
use hypvm::process::print;

use super::manifest;

pub(super) fn validate() -> Result<i32, i32> {
    let manifest = manifest()?;
    let root = manifest.root();
    let mut problems = manifest.problems();
    match Lock::read(root) {
        Err(error) => problems.push(error),
        Ok(None) => {}
        Ok(Some(lock)) => {
            for (name, locked) in &lock.packages {
                problems.extend(is_current(root, name, locked).err());
            }
        }
    }
    for anchor in manifest.anchors() {
        if !root.join(MODULES_DIRECTORY).join(&anchor.name).is_dir() {
            problems.push(PackageError {
                path: Some(manifest.path().to_path_buf()),
                message: format!("package `{}` is not installed", anchor.name),
                is_io: false,
            });
        }
    }
    if problems.is_empty() {
        return Ok(i32::from(print(&format!("{}: valid\n", manifest.path().display()))));
    }
    for problem in &problems {
        hypvm::complain!("hypc: {problem}");
    }
    Err(i32::from(exit::FAILURE))
}

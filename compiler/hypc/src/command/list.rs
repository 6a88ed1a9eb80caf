//! `hypc list`.

use std::fmt::Write;

use hyp_package::{Lock, MODULES_DIRECTORY, Manifest};
use hypvm::process::print;

use super::{manifest, refuse};

pub(super) fn list() -> Result<i32, i32> {
    let manifest = manifest()?;
    let root = manifest.root();
    let lock = Lock::read(root).map_err(refuse)?.unwrap_or_default();
    let mut text = String::new();
    for anchor in manifest.anchors() {
        let directory = root.join(MODULES_DIRECTORY).join(&anchor.name);
        let state = if directory.is_dir() {
            match Manifest::read(&directory).and_then(|m| m.version()) {
                Ok(version) => format!("installed {version}"),
                Err(error) => format!("broken: {}", error.message),
            }
        } else {
            "not installed".to_owned()
        };
        let (name, wanted) = (&anchor.name, &anchor.requirement);
        let deep = if anchor.is_deep { " (development)" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} {wanted}{deep}: {state}");
    }
    let is_direct = |name: &String| manifest.anchor(name).is_some();
    for (name, locked) in lock.packages.iter().filter(|(name, _)| !is_direct(name)) {
        let _ = writeln!(text, "{name} (of a dependency): installed {}", locked.version);
    }
    if text.is_empty() {
        text.push_str("no dependencies\n");
    }
    Ok(i32::from(print(&text)))
}

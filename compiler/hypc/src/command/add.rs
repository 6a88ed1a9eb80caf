//! `hypc add`.

use hyp_package::{Requirement, check_name};
use hypvm::exit;
use hypvm::process::print;

use super::{manifest, refuse};
use crate::cli::Add;

pub(super) fn add(add: &Add) -> Result<i32, i32> {
    let usage = |error: hyp_package::PackageError| {
        hypvm::complain!("hypc: {error}");
        i32::from(exit::USAGE)
    };
    check_name(&add.name).map_err(usage)?;
    Requirement::parse(&add.version).map_err(usage)?;
    let mut manifest = manifest()?;
    let was_there = manifest.set_anchor(&add.name, add.version.trim(), add.dev);
    manifest.write().map_err(refuse)?;
    let (what, list) = (
        if was_there { "changed" } else { "added" },
        if add.dev { "deepAnchors" } else { "anchors" },
    );
    let (name, version) = (&add.name, add.version.trim());
    Ok(i32::from(print(&format!(
        "{what} {name} {version} in {list}; `hypc install` installs it\n"
    ))))
}

//! `hypc install`.

use std::fmt::Write;

use hyp_package::InstallOptions;
use hypvm::process::print;

use super::{manifest, refuse};
use crate::cli::Install;

pub(super) fn install(install: &Install) -> Result<i32, i32> {
    let manifest = manifest()?;
    let options = InstallOptions { sources: install.source.clone(), locked: install.locked };
    let packages = hyp_package::install(manifest.root(), &options).map_err(refuse)?;
    let mut text = String::new();
    for package in &packages {
        let what = if package.is_new { "installed" } else { "kept" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{what} {} {} ({})", package.name, package.version, package.source);
    }
    if packages.is_empty() {
        text.push_str("nothing to install\n");
    }
    Ok(i32::from(print(&text)))
}

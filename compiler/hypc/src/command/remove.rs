//! `hypc remove`.

use hyp_package::{Lock, MODULES_DIRECTORY};
use hypvm::exit;
use hypvm::process::print;

use super::{manifest, refuse};

pub(super) fn remove(name: &str) -> Result<i32, i32> {
    let mut manifest = manifest()?;
    if !manifest.remove_anchor(name) {
        hypvm::complain!("hypc: {}: there is no anchor `{name}`", manifest.path().display());
        return Err(i32::from(exit::FAILURE));
    }
    manifest.write().map_err(refuse)?;
    let root = manifest.root();
    let mut text = format!("removed {name}\n");
    if let Some(mut lock) = Lock::read(root).map_err(refuse)? {
        lock.packages.remove(name);
        lock.write(root).map_err(refuse)?;
    }
    // Somebody else may still need the package, or have put it there by hand.
    if root.join(MODULES_DIRECTORY).join(name).exists() {
        text.push_str(&format!("{MODULES_DIRECTORY}/{name} is left in place\n"));
    }
    Ok(i32::from(print(&text)))
}

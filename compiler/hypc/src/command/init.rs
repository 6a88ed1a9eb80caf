//! `hypc init` and `hypc new`: packages from templates.

use std::fmt::Write;
use std::path::Path;

use hyp_package::{MANIFEST_FILE, check_name};
use hypvm::exit;
use hypvm::process::print;

use crate::cli::{Init, New, Template};

/// Stands for the name of the package in the files of a template.
const NAME: &str = "@NAME@";

/// The files of a template: path in the package and content.
type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($template:literal: $($path:literal)*) => {
        &[
            (".gitignore", "/trance_modules\n*.hbc\n"),
            $(($path, include_str!(concat!("../../templates/", $template, "/", $path))),)*
        ]
    };
}

const CLI: Files = files!("cli":
    "trance.json" "README.md" "src/main.hyp" "src/greeting.hyp" "tests/greeting_test.hyp");

const LIBRARY: Files = files!("library":
    "trance.json" "README.md" "src/lib.hyp" "tests/lib_test.hyp");

const SERVICE: Files = files!("service":
    "trance.json" "README.md" "src/main.hyp" "src/presentation/console.hyp"
    "src/application/orders.hyp" "src/domain/order.hyp" "tests/orders_test.hyp");

/// Makes the working directory a package.
pub(super) fn init(init: &Init) -> Result<i32, i32> {
    let here = std::env::current_dir().map_err(|error| {
        hypvm::complain!("hypc: cannot find the working directory: {error}");
        i32::from(exit::INPUT)
    })?;
    create(&here, init)
}

/// Makes a package in a new directory.
pub(super) fn new(new: &New) -> Result<i32, i32> {
    let is_free = match std::fs::read_dir(&new.directory) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if !is_free {
        hypvm::complain!("hypc: {}: already exists", new.directory.display());
        return Err(i32::from(exit::INPUT));
    }
    create(&new.directory, &new.init)
}

/// Writes the files of the template that do not exist yet.
fn create(root: &Path, init: &Init) -> Result<i32, i32> {
    let name = match &init.name {
        Some(name) => name.clone(),
        None => root.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    check_name(&name).map_err(|error| {
        hypvm::complain!("hypc: {error}; choose one with `--name`");
        i32::from(exit::USAGE)
    })?;
    if root.join(MANIFEST_FILE).exists() {
        hypvm::complain!("hypc: {}: this is a package already", root.join(MANIFEST_FILE).display());
        return Err(i32::from(exit::INPUT));
    }
    let files = match init.template {
        Template::Cli => CLI,
        Template::Library => LIBRARY,
        Template::Service => SERVICE,
    };
    let mut report = String::new();
    for (path, content) in files {
        let target = root.join(path);
        let what = if target.exists() {
            "kept"
        } else {
            write(&target, &content.replace(NAME, &name))?;
            "made"
        };
        // Writing to a string cannot fail.
        let _ = writeln!(report, "{what} {path}");
    }
    Ok(i32::from(print(&report)))
}

fn write(path: &Path, text: &str) -> Result<(), i32> {
    let directory = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(directory).and_then(|()| std::fs::write(path, text)).map_err(|error| {
        hypvm::complain!("hypc: {}: cannot write: {error}", path.display());
        i32::from(exit::INPUT)
    })
}

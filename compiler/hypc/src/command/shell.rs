//! `hypc completions` and `hypc man`.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use hypvm::exit;
use hypvm::process::print;

use crate::cli::{Cli, Tool};
use crate::file::write_atomically;

pub(super) fn completions(shell: Shell, tool: Tool) -> i32 {
    let (mut command, name) = match tool {
        Tool::Hypc => (Cli::command(), "hypc"),
        Tool::Hypvm => (hypvm::cli::Cli::command(), "hypvm"),
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    i32::from(print(&String::from_utf8_lossy(&script)))
}

pub(super) fn man(directory: &Path) -> Result<i32, i32> {
    std::fs::create_dir_all(directory).map_err(|error| unwritable(directory, &error))?;
    for command in [Cli::command(), hypvm::cli::Cli::command()] {
        pages(directory, &command, command.get_name())?;
    }
    Ok(0)
}

/// Writes the page of a command and those of its subcommands.
fn pages(directory: &Path, command: &clap::Command, name: &str) -> Result<(), i32> {
    let path = directory.join(format!("{name}.1"));
    let title: &'static str = String::leak(name.to_owned());
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().name(title).display_name(title))
        .render(&mut page)
        .and_then(|()| write_atomically(&path, &page))
        .map_err(|error| unwritable(&path, &error))?;
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        pages(directory, part, &format!("{name}-{}", part.get_name()))?;
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> i32 {
    hypvm::complain!("hypc: {}: cannot write: {error}", path.display());
    i32::from(exit::INPUT)
}

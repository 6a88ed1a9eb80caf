//! `hypc repl`.

mod editor;
mod session;

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use hypvm::exit;
use hypvm::process::print;
use rustyline::Editor;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;

use self::editor::Assistant;
use self::session::Session;
use crate::cli::{Cli, Repl};

const PROMPT: &str = "» ";

const HELP: &str = "\
Statements run as in the Focus block of a program; what an expression gives is shown and kept in `_`.
Input goes on while brackets are open. Tab completes, the arrow keys recall earlier input.

:help        this text
:reset       forgets everything
:save FILE   writes the session as a program
:quit        leaves (also Ctrl-D)
";

/// What to do after a line.
enum Next {
    Continue,
    Leave(i32),
}

impl Next {
    /// After printing, which ended with this exit code.
    fn after(printed: u8) -> Next {
        if printed == exit::OK { Next::Continue } else { Next::Leave(i32::from(printed)) }
    }
}

pub(super) fn repl(cli: &Cli, repl: &Repl) -> Result<i32, i32> {
    let mut session = Session::start(cli, repl)?;
    if !std::io::stdin().is_terminal() {
        return piped(&mut session);
    }
    let mut editor: Editor<Assistant, FileHistory> =
        Editor::new().map_err(|error| complain(&error.to_string()))?;
    editor.set_helper(Some(Assistant::default()));
    let history = history_file();
    if let Some(path) = &history {
        // The first session has none.
        let _ = editor.load_history(path);
    }
    let _ = print(&format!(
        "HypnoScript {}. :help explains, :quit leaves.\n",
        env!("CARGO_PKG_VERSION")
    ));
    let code = loop {
        match editor.readline(PROMPT) {
            Ok(line) => {
                let _ = editor.add_history_entry(line.as_str());
                if let Next::Leave(code) = step(&mut session, &line) {
                    break code;
                }
                if let Some(assistant) = editor.helper_mut() {
                    assistant.learn(&line);
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break 0,
            Err(error) => return Err(complain(&error.to_string())),
        }
    };
    if let Some(path) = history {
        let saved = path.parent().map(std::fs::create_dir_all).transpose();
        if saved.is_err() || editor.save_history(&path).is_err() {
            hypvm::complain!("hypc: {}: cannot write the history", path.display());
        }
    }
    Ok(session.finish(code))
}

fn complain(message: &str) -> i32 {
    hypvm::complain!("hypc: {message}");
    i32::from(exit::INPUT)
}

/// Without a terminal each complete input of standard input is run, without prompts.
fn piped(session: &mut Session<'_>) -> Result<i32, i32> {
    let mut input = String::new();
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let line = lines.next().transpose().map_err(|error| complain(&error.to_string()))?;
        let is_end = line.is_none();
        input.push_str(&line.unwrap_or_default());
        input.push('\n');
        let is_complete = is_end || !session::is_incomplete(&input);
        if is_complete && let Next::Leave(code) = step(session, &std::mem::take(&mut input)) {
            return Ok(session.finish(code));
        }
        if is_end {
            return Ok(session.finish(0));
        }
    }
}

/// Runs one input or command.
fn step(session: &mut Session<'_>, line: &str) -> Next {
    let (command, argument) = match line.trim().split_once(char::is_whitespace) {
        Some((command, argument)) => (command, argument.trim()),
        None => (line.trim(), ""),
    };
    match command {
        "" => {}
        ":help" => {
            return Next::after(print(HELP));
        }
        ":quit" | ":q" => return Next::Leave(0),
        ":reset" => {
            if let Err(code) = session.reset() {
                return Next::Leave(code);
            }
        }
        ":save" => session.save(argument),
        _ if command.starts_with(':') => {
            hypvm::complain!("there is no command {command}; :help lists them");
        }
        _ => {
            if let Some(code) = session.run(line) {
                return Next::Leave(code);
            }
        }
    }
    Next::Continue
}

/// Where the history is kept: in the user's directory for state.
fn history_file() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let state = variable("XDG_STATE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local").join("state")))
        .or_else(|| variable("LOCALAPPDATA"))?;
    Some(state.join("hypc").join("history"))
}

//! `hypc explain`.

use std::fmt::Write;

use hyp_grammar::diagnostic::Code;
use hypvm::exit;
use hypvm::process::print;

pub(super) fn explain(code: Option<&str>) -> i32 {
    let mut text = String::new();
    let Some(wanted) = code else {
        for code in Code::ALL {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}  {}", code.as_str(), code.title());
        }
        return i32::from(print(&text));
    };
    let found = Code::ALL.iter().find(|code| code.as_str().eq_ignore_ascii_case(wanted.trim()));
    let Some(code) = found else {
        hypvm::complain!("hypc: there is no diagnostic `{wanted}`; `hypc explain` lists them");
        return i32::from(exit::USAGE);
    };
    let _ = writeln!(text, "{}: {}\n", code.as_str(), code.title());
    for line in wrapped(code.explanation()) {
        let _ = writeln!(text, "{line}");
    }
    i32::from(print(&text))
}

/// Lines of at most 80 columns.
fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 80;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + 1 + word.chars().count() > WIDTH
        {
            lines.push(word.to_owned());
        } else {
            let line = &mut lines[last];
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

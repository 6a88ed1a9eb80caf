//! Results of tests: for people, as JSON lines, as JUnit XML.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use hypvm::exit;
use hypvm::process::print;
use quick_xml::escape::escape;
use serde_json::json;

use super::case::{BrokenFile, Case, Outcome};
use super::is_human;
use crate::cli::{Cli, Reporter, Test};
use crate::file::write_atomically;

/// All results of a run.
pub(super) struct Summary<'c> {
    pub(super) cases: &'c [Case<'c>],
    /// By case; none for one that was not run.
    pub(super) outcomes: &'c [Option<Outcome>],
    /// Test files that did not compile.
    pub(super) broken: &'c [BrokenFile],
    pub(super) elapsed: Duration,
}

impl<'c> Summary<'c> {
    fn results(&self) -> impl Iterator<Item = (&'c Case<'c>, Option<&'c Outcome>)> {
        self.cases.iter().zip(self.outcomes.iter().map(Option::as_ref))
    }

    fn failures(&self) -> impl Iterator<Item = (&'c Case<'c>, &'c Outcome)> {
        self.results().filter_map(|(case, o)| o.filter(|o| !o.is_ok()).map(|o| (case, o)))
    }

    /// Passed, failed, not run.
    fn counts(&self) -> (usize, usize, usize) {
        let run = self.outcomes.iter().flatten().count();
        let failed = self.failures().count();
        (run - failed, failed, self.cases.len() - run)
    }
}

/// Says how a test ended as soon as it has.
pub(super) fn progress(test: &Test, case: &Case<'_>, outcome: &Outcome) {
    if is_human(test) {
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        let ms = outcome.elapsed.as_millis();
        // The report fails as well, and says so.
        let _ = writeln!(std::io::stdout(), "{} … {word} ({ms} ms)", case.name());
    }
}

/// Writes the report; returns whether all tests passed.
pub(super) fn write(cli: &Cli, test: &Test, summary: &Summary<'_>) -> Result<bool, i32> {
    let text = match test.reporter {
        Reporter::Human => human(summary, cli.color.is_enabled()),
        Reporter::Json => json_lines(summary),
        Reporter::Junit => junit(summary),
    };
    let is_ok = summary.broken.is_empty() && summary.counts().1 == 0;
    match (&test.report_file, is_human(test)) {
        (Some(path), false) => {
            write_atomically(path, text.as_bytes()).map_err(|error| {
                hypvm::complain!("hypc: {}: cannot write: {error}", path.display());
                i32::from(exit::INPUT)
            })?;
        }
        _ => {
            let code = print(&text);
            if is_ok && code != exit::OK {
                return Err(i32::from(code));
            }
        }
    }
    Ok(is_ok)
}

/// What an uncaught error says, or how the program ended without one.
fn reason(outcome: &Outcome) -> String {
    match &outcome.error {
        Some(report) => report.to_string(),
        None if outcome.exit_code == i32::from(exit::INTERNAL) => {
            "internal error (this is a bug in HypnoScript)".to_owned()
        }
        None => format!("the program ended with exit code {}", outcome.exit_code),
    }
}

fn is_assertion(outcome: &Outcome) -> bool {
    outcome.error.as_ref().is_some_and(|e| e.message.starts_with("Assertion failed"))
}

fn human(summary: &Summary<'_>, colored: bool) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (i, (case, outcome)) in summary.failures().enumerate() {
        if i == 0 {
            text.push_str("\nfailures:\n\n");
        }
        let _ = writeln!(text, "---- {} ----", case.name());
        if !outcome.output.is_empty() {
            let _ = writeln!(text, "{}", outcome.output.trim_end());
        }
        let _ = writeln!(text, "{}\n", reason(outcome));
    }
    let assertions: Vec<_> = summary.failures().filter(|(_, o)| is_assertion(o)).collect();
    if !assertions.is_empty() {
        let _ = writeln!(text, "❌ {} assertion(s) failed:", assertions.len());
        for (case, outcome) in assertions {
            let message = outcome.error.as_ref().map_or("", |e| e.message.as_str());
            let _ = writeln!(text, "    {}: {}", case.name(), message.lines().next().unwrap_or(""));
        }
    }
    let (passed, failed, skipped) = summary.counts();
    let is_ok = failed == 0 && summary.broken.is_empty();
    let word = match (is_ok, colored) {
        (true, true) => "\x1b[32mok\x1b[0m",
        (false, true) => "\x1b[31mFAILED\x1b[0m",
        (true, false) => "ok",
        (false, false) => "FAILED",
    };
    let _ = write!(text, "\ntest result: {word}. {passed} passed; {failed} failed");
    if skipped > 0 {
        let _ = write!(text, "; {skipped} not run");
    }
    if !summary.broken.is_empty() {
        text.push_str("; some files did not compile");
    }
    let _ = writeln!(text, "; finished in {:.2} s", summary.elapsed.as_secs_f64());
    text
}

fn json_lines(summary: &Summary<'_>) -> String {
    let mut text = String::new();
    for file in summary.broken {
        let errors = file.errors.iter().map(|e| {
            json!({
                "code": e.code, "message": e.message,
                "file": e.file, "line": e.line, "column": e.column,
            })
        });
        let line = json!({
            "event": "file",
            "v": 1,
            "file": file.path,
            "result": "not compiled",
            "diagnostics": errors.collect::<Vec<_>>(),
        });
        let _ = writeln!(text, "{line}");
    }
    for (case, outcome) in summary.results() {
        let line = match outcome {
            None => json!({ "event": "test", "v": 1, "name": case.name(), "result": "not run" }),
            Some(outcome) => {
                let error = outcome.error.as_ref().map(|e| {
                    json!({ "message": e.message, "file": e.file, "line": e.line, "column": e.column })
                });
                let metrics: serde_json::Map<String, serde_json::Value> =
                    outcome.metrics.iter().map(|m| (m.name.clone(), json!(m.value))).collect();
                json!({
                    "event": "test",
                    "v": 1,
                    "name": case.name(),
                    "file": case.file.path(),
                    "function": case.function,
                    "result": if outcome.is_ok() { "ok" } else { "failed" },
                    "exit_code": outcome.exit_code,
                    "error": error,
                    "output": outcome.output,
                    "metrics": metrics,
                    "seconds": outcome.elapsed.as_secs_f64(),
                })
            }
        };
        let _ = writeln!(text, "{line}");
    }
    let (passed, failed, skipped) = summary.counts();
    let line = json!({
        "event": "summary",
        "v": 1,
        "passed": passed,
        "failed": failed,
        "not_run": skipped,
        "compiled": summary.broken.is_empty(),
        "not_compiled": summary.broken.len(),
        "seconds": summary.elapsed.as_secs_f64(),
    });
    let _ = writeln!(text, "{line}");
    text
}

/// XML text without the control characters that XML cannot express.
fn xml(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    escape(text.chars().filter(allowed).collect::<String>()).into_owned()
}

fn junit(summary: &Summary<'_>) -> String {
    let (_, failed, skipped) = summary.counts();
    let errors = summary.broken.len();
    let tests = summary.cases.len() + errors;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let seconds = summary.elapsed.as_secs_f64();
    let _ = writeln!(
        text,
        "<testsuites tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\" \
         time=\"{seconds:.3}\">\n\
         <testsuite name=\"hypc test\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\" \
         skipped=\"{skipped}\" time=\"{seconds:.3}\">",
    );
    for file in summary.broken {
        let path = xml(&file.path);
        let lines: Vec<String> = file
            .errors
            .iter()
            .map(|e| format!("{}:{}:{}: {} [{}]", e.file, e.line, e.column, e.message, e.code))
            .collect();
        let first =
            file.errors.first().map_or("the file cannot be compiled", |e| e.message.as_str());
        let _ = writeln!(
            text,
            "<testcase classname=\"{path}\" name=\"{path}\" time=\"0.000\">\
             <error type=\"compile\" message=\"{}\">{}</error></testcase>",
            xml(first),
            xml(&lines.join("\n"))
        );
    }
    for (case, outcome) in summary.results() {
        let (class, path) = (xml(&case.file.path()), case.file.path());
        let name = xml(case.function.unwrap_or(&path));
        let seconds = outcome.map_or(0.0, |o| o.elapsed.as_secs_f64());
        let _ =
            write!(text, "<testcase classname=\"{class}\" name=\"{name}\" time=\"{seconds:.3}\">");
        match outcome {
            None => text.push_str("<skipped/>"),
            Some(outcome) => {
                if !outcome.is_ok() {
                    let reason = reason(outcome);
                    let kind = if is_assertion(outcome) { "assertion" } else { "error" };
                    let first = xml(reason.lines().next().unwrap_or(""));
                    let _ = write!(
                        text,
                        "<failure type=\"{kind}\" message=\"{first}\">{}</failure>",
                        xml(&reason)
                    );
                }
                if !outcome.output.is_empty() {
                    let _ = write!(text, "<system-out>{}</system-out>", xml(&outcome.output));
                }
            }
        }
        text.push_str("</testcase>\n");
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

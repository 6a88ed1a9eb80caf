//! Expectations in the comments of a program; `tests/spec/README.md` describes them.

use std::fmt::Write;

/// What a program of the corpus is expected to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Lines of standard output.
    pub lines: Vec<String>,
    /// Exit status.
    pub exit: i32,
    /// Texts in standard error, of errors.
    pub errors: Vec<String>,
    /// Texts in standard error, of diagnostics; letter case does not count.
    pub diagnostics: Vec<String>,
    /// Lines of standard input.
    pub stdin: Vec<String>,
    /// Program arguments.
    pub args: Vec<String>,
    /// Only check the program.
    pub is_check_only: bool,
}

/// What a program did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit status; `None` if the process was killed.
    pub exit: Option<i32>,
}

impl Expectation {
    /// Reads the expectations of a program.
    #[must_use]
    pub fn parse(source: &str) -> Expectation {
        let mut expectation = Expectation::default();
        for line in source.lines() {
            expectation.parse_line(line.trim_end_matches('\r'));
        }
        expectation
    }

    fn parse_line(&mut self, line: &str) {
        let directives = [
            "// expect:",
            "// expect exit:",
            "// expect error:",
            "// expect diagnostic:",
            "// stdin:",
            "// args:",
            "// run:",
        ];
        let found = directives.iter().filter_map(|d| Some((line.find(d)?, *d))).min();
        let Some((at, directive)) = found else { return };
        let rest = &line[at + directive.len()..];
        let text = rest.strip_prefix(' ').unwrap_or(rest).to_owned();
        match directive {
            "// expect:" => self.lines.push(text),
            "// expect exit:" => self.exit = text.trim().parse().unwrap_or(i32::MIN),
            "// expect error:" => self.errors.push(text),
            "// expect diagnostic:" => self.diagnostics.push(text),
            "// stdin:" => self.stdin.push(text),
            "// args:" => self.args.extend(text.split_whitespace().map(str::to_owned)),
            _ => self.is_check_only = text.trim() == "check",
        }
    }

    /// Compares with what happened; the text says every difference.
    ///
    /// # Errors
    /// If anything differs.
    pub fn compare(&self, observed: &Observed) -> Result<(), String> {
        let mut report = String::new();
        if !self.is_check_only {
            let actual = split_lines(&observed.stdout);
            if actual != self.lines {
                describe_lines(&mut report, &self.lines, &actual);
            }
        }
        if observed.exit != Some(self.exit) {
            let _ = writeln!(report, "exit: expected {}, got {:?}", self.exit, observed.exit);
        }
        for text in &self.errors {
            if !observed.stderr.contains(text.trim_end()) {
                let _ = writeln!(report, "standard error lacks: {text}");
            }
        }
        let stderr = observed.stderr.to_lowercase();
        for text in &self.diagnostics {
            if !stderr.contains(&text.trim_end().to_lowercase()) {
                let _ = writeln!(report, "standard error lacks: {text}");
            }
        }
        if report.is_empty() {
            return Ok(());
        }
        let _ = writeln!(report, "--- standard error ---\n{}", observed.stderr.trim_end());
        Err(report)
    }
}

fn split_lines(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.strip_suffix('\n').unwrap_or(text).split('\n').map(str::to_owned).collect()
}

fn describe_lines(report: &mut String, expected: &[String], actual: &[String]) {
    let n = expected.len().max(actual.len());
    for i in 0..n {
        let (want, got) = (expected.get(i), actual.get(i));
        if want != got {
            let show =
                |line: Option<&String>| line.map_or("(nothing)".to_owned(), |l| format!("`{l}`"));
            let _ = writeln!(report, "line {}: expected {}, got {}", i + 1, show(want), show(got));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split_lines;

    #[test]
    fn an_empty_line_is_a_line() {
        assert!(split_lines("").is_empty());
        assert_eq!(split_lines("\n"), [""]);
        assert_eq!(split_lines("a\n\n"), ["a", ""]);
        assert_eq!(split_lines("a"), ["a"]);
    }
}

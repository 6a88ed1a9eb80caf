//! The builtin table as text for people: signatures and examples.

use super::{BuiltinSpec, Param, Signature, Ty};

impl Ty {
    /// The type's name; empty for `opt` and `rest`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Ty::opt | Ty::rest => "",
            Ty::Any => "any",
            Ty::Number => "number",
            Ty::String => "string",
            Ty::Boolean => "boolean",
            Ty::Null => "null",
            Ty::Array => "any[]",
            Ty::Numbers => "number[]",
            Ty::Strings => "string[]",
            Ty::Object => "dictionary",
            Ty::Function => "function",
            Ty::Promise => "Promise",
        }
    }
}

/// The union of type words as text.
#[must_use]
pub fn union(words: &[Ty]) -> String {
    words.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(" | ")
}

fn parameter(param: &Param) -> String {
    let types = union(param.types());
    if param.is_variadic() {
        format!("...{}: {types}", param.name)
    } else if param.is_optional() {
        format!("{}?: {types}", param.name)
    } else {
        format!("{}: {types}", param.name)
    }
}

/// One line of an example.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Line {
    /// Source text; empty if the line only continues the output.
    code: &'static str,
    /// A line of standard output.
    output: Option<&'static str>,
}

impl Line {
    fn parse(line: &'static str) -> Line {
        let line = line.trim_start().strip_prefix('>').unwrap_or(line).trim();
        match line.rsplit_once('→') {
            Some((code, output)) => {
                let output = output.strip_prefix(' ').unwrap_or(output);
                Line { code: code.trim_end(), output: Some(output) }
            }
            None => Line { code: line, output: None },
        }
    }

    /// The line as it stands in a program: expressions are observed, outputs are comments.
    fn source(self) -> String {
        let Line { code, output } = self;
        let is_expression = !code.is_empty() && !code.ends_with([';', '}']);
        match output {
            None => code.to_owned(),
            Some(text) if is_expression => format!("observe {code}; // → {text}"),
            Some(text) if code.is_empty() => format!("// → {text}"),
            Some(text) => format!("{code} // → {text}"),
        }
    }
}

impl BuiltinSpec {
    /// Every way to call it as `Name(param: type, …): result`; the general signature only where there
    /// are no narrower ones.
    #[must_use]
    pub fn signatures(&self) -> Vec<String> {
        let line = |signature: &Signature| {
            let params: Vec<String> = signature.params.iter().map(parameter).collect();
            format!("{}({}): {}", self.name, params.join(", "), union(signature.returns))
        };
        if self.overloads.is_empty() {
            vec![line(&self.signature())]
        } else {
            self.overloads.iter().map(line).collect()
        }
    }

    /// The documentation's lines.
    #[must_use]
    pub fn text(&self) -> Vec<&'static str> {
        self.doc.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }

    fn lines(&self) -> impl Iterator<Item = Line> {
        self.example.lines().filter(|line| !line.trim().is_empty()).map(Line::parse)
    }

    /// The example as statements of a program; what it prints stands in `// →` comments.
    #[must_use]
    pub fn example_source(&self) -> String {
        self.lines().map(|line| line.source() + "\n").collect()
    }

    /// What the example prints.
    #[must_use]
    pub fn example_output(&self) -> String {
        self.lines().filter_map(|line| line.output).map(|text| format!("{text}\n")).collect()
    }
}

/// Splits the text of a row's documentation before the first line that begins with `>`.
pub(super) const fn split_example(doc: &'static str) -> (&'static str, &'static str) {
    let bytes = doc.as_bytes();
    let mut at = 0;
    while at + 2 < bytes.len() {
        if bytes[at] == b'\n' && bytes[at + 1] == b' ' && bytes[at + 2] == b'>' {
            return doc.split_at(at + 1);
        }
        at += 1;
    }
    (doc, "")
}

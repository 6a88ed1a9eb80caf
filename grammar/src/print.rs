//! The canonical printer: a syntax tree as source text in one fixed layout. Printing, parsing and
//! printing again yields the same text.

mod declaration;
mod expression;
mod pattern;
mod statement;

use crate::{
    ast::Program,
    intern::{Interner, Symbol},
};
use std::fmt::Write;

/// One level of indentation.
const INDENT: &str = "    ";

/// The canonical source text of `program`. Comments are not part of the tree. Bodies without
/// braces get braces, and spellings with the same meaning become one.
#[must_use]
pub fn print(program: &Program<'_>, interner: &Interner) -> String {
    let mut printer = Printer { out: String::new(), level: 0, interner };
    printer.program(program);
    printer.out
}

struct Printer<'i> {
    out: String,
    level: usize,
    interner: &'i Interner,
}

impl Printer<'_> {
    fn program(&mut self, program: &Program<'_>) {
        for stmt in program.prelude {
            self.stmt(stmt);
        }
        self.text("Focus {");
        self.level += 1;
        self.line();
        for stmt in program.body {
            self.stmt(stmt);
        }
        self.level -= 1;
        self.text("} Relax");
        self.line();
    }

    /// Appends text; after a line break the indentation goes first.
    fn text(&mut self, text: &str) {
        if self.out.ends_with('\n') {
            for _ in 0..self.level {
                self.out.push_str(INDENT);
            }
        }
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.out.push('\n');
    }

    fn name(&mut self, name: Symbol) {
        let interner = self.interner;
        self.text(interner.resolve(name));
    }

    fn number(&mut self, value: f64) {
        self.text("");
        // Literals above the range of doubles are infinite and have no other spelling.
        if value.is_infinite() {
            self.out.push_str("1e999");
        } else if value.is_nan() {
            self.out.push('0');
        } else {
            let _ = write!(self.out, "{value}");
        }
    }

    fn string(&mut self, value: &str) {
        self.text("\"");
        for c in value.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                '\r' => self.out.push_str("\\r"),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    /// Writes items with `, ` between them.
    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        for (index, element) in items.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            item(self, element);
        }
    }
}

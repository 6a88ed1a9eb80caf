//! A program of several files as one text: each file begins with a line that names it. A text without
//! such lines is the main file alone.

use std::collections::HashMap;
use std::path::Path;

use hyp_compiler::driver::{Compilation, Options, compile_modules};
use hyp_compiler::link::{Found, Loader, MainFile, Reference, Refusal};

/// The name of the main file.
pub const MAIN: &str = "generated.hyp";

const HEADING: &str = "// file: ";

/// The line that begins a file.
#[must_use]
pub fn heading(file: &str) -> String {
    format!("{HEADING}{file}\n")
}

/// The files of a program by name.
pub struct Bundle(HashMap<String, String>);

impl Bundle {
    /// Takes a text apart.
    #[must_use]
    pub fn new(text: &str) -> Bundle {
        let mut files = HashMap::new();
        let mut name = MAIN;
        for line in text.lines() {
            if let Some(next) = line.strip_prefix(HEADING) {
                name = next;
            } else {
                let file: &mut String = files.entry(name.to_owned()).or_default();
                file.push_str(line);
                file.push('\n');
            }
        }
        Bundle(files)
    }

    /// The text of a file.
    #[must_use]
    pub fn file(&self, path: &Path) -> Option<Vec<u8>> {
        Some(self.0.get(path.to_str()?)?.clone().into_bytes())
    }

    /// Compiles the program.
    #[must_use]
    pub fn compile(&mut self, options: &Options) -> Compilation {
        let text = self.0.get(MAIN).cloned().unwrap_or_default();
        compile_modules(MainFile { id: MAIN, name: MAIN, bytes: text.as_bytes() }, self, options)
    }
}

impl Loader for Bundle {
    fn find(&mut self, _: &str, reference: Reference<'_>) -> Result<Found, Refusal> {
        let name = reference.text().trim_start_matches("./").to_owned();
        if self.0.contains_key(&name) {
            Ok(Found { id: name.clone(), name })
        } else {
            Err(Refusal::new("there is no such file"))
        }
    }

    fn read(&mut self, id: &str) -> Result<Vec<u8>, Refusal> {
        self.file(Path::new(id)).ok_or_else(|| Refusal::new("there is no such file"))
    }
}

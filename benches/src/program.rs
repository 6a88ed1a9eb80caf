//! The benchmark programs. Each carries its size in a constant `N` that is replaced here.

use std::path::{Path, PathBuf};

/// A program with the size at which the suites run it: some tens of milliseconds on an interpreter.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// File name without extension.
    pub name: &'static str,
    /// Value of the constant `N`.
    pub size: u64,
}

/// All programs.
pub const PROGRAMS: &[Program] = &[
    Program { name: "fib", size: 28 },
    Program { name: "loops", size: 3_000 },
    Program { name: "sieve", size: 1_000_000 },
    Program { name: "nbody", size: 50_000 },
    Program { name: "spectral", size: 150 },
    Program { name: "mandelbrot", size: 250 },
    Program { name: "matmul", size: 120 },
    Program { name: "strings", size: 8 },
    Program { name: "dict", size: 100_000 },
    Program { name: "dispatch", size: 500_000 },
    Program { name: "bintrees", size: 12 },
    Program { name: "closures", size: 500_000 },
    Program { name: "hof", size: 200_000 },
    Program { name: "pattern", size: 400_000 },
    Program { name: "fannkuch", size: 8 },
    Program { name: "quicksort", size: 100_000 },
];

/// The directory of the programs.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

/// Text of a program in the language with this file extension; `None` if there is no such version.
/// `size` replaces the constant `N`.
///
/// # Panics
/// If the program has no constant `N` although a size is asked for.
#[must_use]
pub fn source(name: &str, extension: &str, size: Option<u64>) -> Option<String> {
    let path = directory().join(format!("{name}.{extension}"));
    let text = std::fs::read_to_string(path).ok()?;
    Some(match size {
        Some(size) => with_size(&text, size).expect("the program has a constant N"),
        None => text,
    })
}

/// Replaces the first number that follows `N =`, `N: number =` or `#define N`.
fn with_size(text: &str, size: u64) -> Option<String> {
    let places = ["N: number = ", "N = ", "define N "];
    let starts = places.iter().filter_map(|p| text.find(p).map(|at| at + p.len()));
    let start = starts.min()?;
    let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| format!("{}{size}{}", &text[..start], &text[start + digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_a_size_in_every_language() {
        for program in PROGRAMS {
            for extension in ["hyp", "c", "lua", "js", "py"] {
                let text = source(program.name, extension, Some(987_654_321));
                let text = text.expect("every program exists in every language");
                assert!(text.contains("987654321"), "{}.{extension}", program.name);
            }
        }
    }

    #[test]
    fn only_the_number_changes() {
        assert_eq!(with_size("const N = 35;\nN = 2", 7).as_deref(), Some("const N = 7;\nN = 2"));
        assert_eq!(with_size("#define N 9\n", 12).as_deref(), Some("#define N 12\n"));
        assert_eq!(with_size("no size", 1), None);
    }
}

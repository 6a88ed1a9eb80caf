//! Limits of programs of many modules. What modules mean is tested in `tests/spec/modules`.

use hyp_compiler::driver::{Compilation, Options, compile_modules};
use hyp_compiler::link::{Found, Loader, MODULES_MAX, MainFile, Reference, Refusal};

/// Modules `m1`, `m2`, … each of which imports the next one, up to the last.
struct Chain {
    last: usize,
    reads: usize,
}

impl Loader for Chain {
    fn find(&mut self, _: &str, reference: Reference<'_>) -> Result<Found, Refusal> {
        let id = reference.text().to_owned();
        Ok(Found { name: format!("{id}.hyp"), id })
    }

    fn read(&mut self, id: &str) -> Result<Vec<u8>, Refusal> {
        self.reads += 1;
        let n: usize = id[1..].parse().map_err(|_| Refusal::new("no number"))?;
        let next = n + 1;
        let text = if n < self.last {
            format!("mindLink \"m{next}\"; Focus {{ freeze v{n} = v{next}; }} Relax")
        } else {
            format!("Focus {{ freeze v{n} = {n}; }} Relax")
        };
        Ok(text.into_bytes())
    }
}

fn chain(last: usize) -> (Compilation, usize) {
    let mut loader = Chain { last, reads: 0 };
    let bytes = b"mindLink \"m1\"; Focus { observe v1; } Relax";
    let main = MainFile { id: "main", name: "main.hyp", bytes };
    let compilation = compile_modules(main, &mut loader, &Options::default());
    (compilation, loader.reads)
}

#[test]
fn a_chain_of_imports_may_be_as_long_as_there_may_be_modules() {
    let (compilation, reads) = chain(MODULES_MAX - 1);
    assert!(compilation.diagnostics.is_empty(), "{:?}", compilation.diagnostics.first());
    let module = compilation.module.expect("a module");
    assert_eq!((reads, module.sources.len()), (MODULES_MAX - 1, MODULES_MAX));
    hyp_bytecode::verify::verify(module).expect("valid code");
}

#[test]
fn endless_imports_end_with_an_error() {
    let (compilation, reads) = chain(usize::MAX);
    assert!(compilation.module.is_none());
    assert_eq!(reads, MODULES_MAX - 1);
    let messages: Vec<&str> = compilation.diagnostics.iter().map(|d| &*d.message).collect();
    let last = format!("Cannot mindLink 'm{MODULES_MAX}': more than {MODULES_MAX} modules");
    assert_eq!(messages, [last]);
    let at = compilation.sources.locate(compilation.diagnostics[0].primary.span.start);
    assert_eq!(at.file.name, format!("m{}.hyp", MODULES_MAX - 1));
}

//! A golden rendering for every diagnostic code.
//!
//! `diagnostics/<code>_<what>.hyp` is compiled and the rendering is compared with the `.txt` file
//! beside it. A line `// file: NAME` starts another file, which the program imports. `UPDATE=1` writes the renderings.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use hyp_compiler::driver::{Compilation, Options, compile, compile_modules};
use hyp_compiler::link::{Found, Loader, MainFile, Reference, Refusal};
use hyp_grammar::diagnostic::{Code, Severity};
use hyp_grammar::span::Span;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

type MakeSource = fn() -> Vec<u8>;

/// Programs too large to be files: the code, and how to make one.
const GENERATED: &[(Code, MakeSource)] = &[
    (Code::SourceTooLarge, over_the_limit),
    (Code::FunctionTooLarge, too_many_parameters),
    (Code::ProgramTooLarge, too_many_fields),
];

fn over_the_limit() -> Vec<u8> {
    vec![b' '; 16 * 1024 * 1024 + 1]
}

fn too_many_parameters() -> Vec<u8> {
    let names: Vec<String> = (0..400).map(|i| format!("p{i}")).collect();
    let text = format!(
        "Focus {{ suggestion f({}) {{ awaken p0; }} observe f; }} Relax\n",
        names.join(", ")
    );
    text.into_bytes()
}

fn too_many_fields() -> Vec<u8> {
    let fields: Vec<String> = (0..256).map(|i| format!("f{i}: number;")).collect();
    format!("Focus {{ record R {{ {} }} }} Relax\n", fields.join(" ")).into_bytes()
}

/// First line of a golden program that is compiled with this option.
const STRICT_NULL: &str = "// option: --strict-null";

/// A line that starts another file of a golden program.
const FILE: &str = "// file: ";

/// The files of a golden program after the first one, by name.
struct Files(BTreeMap<String, String>);

impl Loader for Files {
    fn find(&mut self, _: &str, reference: Reference<'_>) -> Result<Found, Refusal> {
        let name = reference.text().trim_start_matches("./").to_owned();
        if name.starts_with("above/") {
            let refusal = Refusal::new("layer `low` lies below layer `above`");
            return Err(Refusal { code: Code::LayerViolation, ..refusal });
        }
        if !self.0.contains_key(&name) && name != "test.hyp" {
            return Err(Refusal::new("no such file"));
        }
        Ok(Found { id: name.clone(), name })
    }

    fn read(&mut self, id: &str) -> Result<Vec<u8>, Refusal> {
        self.0.get(id).map(|text| text.as_bytes().to_vec()).ok_or_else(|| Refusal::new("gone"))
    }
}

fn compiled(bytes: &[u8]) -> Compilation {
    let strict_null = bytes.starts_with(STRICT_NULL.as_bytes());
    let options = Options { opt_level: 0, strict_null, ..Options::default() };
    let Ok(text) = std::str::from_utf8(bytes) else { return compile("test.hyp", bytes, &options) };
    let mut parts = text.split(FILE);
    let main = parts.next().unwrap_or_default();
    let files = parts.filter_map(|part| part.split_once('\n'));
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let main = MainFile { id: "test.hyp", name: "test.hyp", bytes: main.as_bytes() };
    compile_modules(main, &mut Files(files), &options)
}

/// One finding a block: `line:col code severity: message`, then labels, notes and help.
fn render(compilation: &Compilation) -> String {
    let mut out = String::new();
    let place = |span: Span| {
        let at = compilation.sources.locate(span.start);
        let main = at.file.name == "test.hyp";
        let file = if main { String::new() } else { format!("{}:", at.file.name) };
        format!("{file}{}:{}", at.line, at.column)
    };
    let quote = |span: Span| {
        let text = span.text(compilation.sources.text()).lines().next().unwrap_or("");
        text.chars().take(60).collect::<String>()
    };
    for diagnostic in &compilation.diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let span = diagnostic.primary.span;
        let code = diagnostic.code.as_str();
        let _ = writeln!(out, "{} {code} {severity}: {}", place(span), diagnostic.message);
        let _ = writeln!(out, "  at `{}`: {}", quote(span), diagnostic.primary.text);
        for label in &diagnostic.labels {
            let (at, text) = (place(label.span), quote(label.span));
            let _ = writeln!(out, "  and {at} `{text}`: {}", label.text);
        }
        for note in &diagnostic.notes {
            let _ = writeln!(out, "  note: {note}");
        }
        if let Some(help) = &diagnostic.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}

/// Compares `actual` with the golden file, or writes it. Returns what is wrong.
fn compare(name: &str, actual: &str) -> Option<String> {
    let path = directory().join(name).with_extension("txt");
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(&path, actual).err().map(|e| format!("{}: {e}", path.display()));
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    (expected != actual)
        .then(|| format!("{name}: expected\n{expected}\nbut got\n{actual}\n(UPDATE=1 accepts)"))
}

#[test]
fn every_code_has_a_golden_rendering() {
    let mut problems = Vec::new();
    let mut covered = BTreeSet::new();
    let mut names: Vec<String> = std::fs::read_dir(directory())
        .expect("the directory of goldens")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".hyp").map(str::to_owned))
        .collect();
    names.sort();
    let mut sources: Vec<(String, Vec<u8>)> = Vec::new();
    for name in names {
        let path = directory().join(&name).with_extension("hyp");
        sources.push((name, std::fs::read(path).expect("a readable golden")));
    }
    for (code, make) in GENERATED {
        sources.push((format!("{}_generated", code.as_str()), make()));
    }
    for (name, bytes) in &sources {
        let compilation = compiled(bytes);
        let wanted = name.split('_').next().unwrap_or_default();
        if compilation.diagnostics.iter().any(|d| d.code.as_str() == wanted) {
            covered.insert(wanted.to_owned());
        } else {
            problems.push(format!("{name}: {wanted} is not reported\n{}", render(&compilation)));
        }
        problems.extend(compare(name, &render(&compilation)));
    }
    for code in Code::ALL {
        if !covered.contains(code.as_str()) {
            problems.push(format!("{} ({code:?}) has no golden", code.as_str()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn fatal_errors_leave_no_module_and_others_do() {
    for (source, runs) in [
        ("Focus { observe \"6\" * 2; } Relax", true),
        ("Focus { observe missing; } Relax", true),
        ("Focus { snap; } Relax", false),
        ("Focus { induce = 1; } Relax", false),
    ] {
        let compilation = compiled(source.as_bytes());
        assert!(compilation.has_errors(), "{source}");
        assert_eq!(compilation.module.is_some(), runs, "{source}");
    }
}

#[test]
fn diagnostics_come_in_source_order() {
    let source = "Focus {\nobserve a;\ninduce n: number = \"x\";\nobserve b;\nif (1) { }\n} Relax";
    let found = compiled(source.as_bytes());
    let starts: Vec<u32> = found.diagnostics.iter().map(|d| d.primary.span.start).collect();
    assert!(starts.is_sorted(), "{starts:?}");
    assert!(starts.len() >= 4, "{starts:?}");
}

/// Sizes that the encoding cannot hold are refused with a place, at every optimisation level.
#[test]
fn what_a_module_cannot_hold_is_reported() {
    let many = |n: usize, item: &dyn Fn(usize) -> String| -> String {
        (0..n).map(item).collect::<Vec<_>>().join(" ")
    };
    let fields = many(256, &|i| format!("f{i} = {i};"));
    let sessions = many(4096, &|i| format!("session S{i} {{ }}"));
    let variables = many(201, &|i| format!("induce v{i} = {i}; v{i} = 0;"));
    let uses = (0..201).map(|i| format!("v{i}")).collect::<Vec<_>>().join(" + ");
    let finales = many(65_536, &|_| "finale { }".to_owned());
    let deep = "[]".repeat(40);
    for (code, body) in [
        (Code::ProgramTooLarge, format!("session S {{ {fields} }} observe S();")),
        (Code::ProgramTooLarge, sessions),
        (Code::ProgramTooLarge, finales),
        (
            Code::FunctionTooLarge,
            format!("suggestion f() {{ {variables} awaken () => {uses}; }} observe f()();"),
        ),
        (
            Code::NestingTooDeep,
            format!(
                "suggestion f(v) {{ entrain v {{ when x: number{deep} => 1 otherwise => 2 }} }} f(1);"
            ),
        ),
    ] {
        let compilation = compiled(format!("Focus {{ {body} }} Relax").as_bytes());
        let codes: Vec<Code> = compilation.diagnostics.iter().map(|d| d.code).collect();
        assert!(codes.contains(&code), "{code:?} is missing in {codes:?}");
        assert!(compilation.module.is_none(), "{code:?} leaves a module");
    }
}

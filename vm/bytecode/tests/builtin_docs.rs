//! Rules of the builtin table, and the documentation page that is generated from it.
//!
//! `UPDATE=1 cargo test -p hyp-bytecode --test builtin_docs` rewrites `docs/builtins.md`.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

use hyp_bytecode::builtin::{
    BUILTINS, Builtin, BuiltinSpec, CONSTANTS, Category, Constant, Param, Ty,
};

const INTRO: &str = "\
# Builtin functions

This page is generated from the builtin table (`vm/bytecode/src/builtin/table.rs`).

- Names are matched exactly first, then without regard to case and underscores. A definition of the \
program wins over a builtin of the same name.
- `number` arguments also take booleans and numeric strings; whole numbers (indices, counts) round \
half away from zero, and NaN counts as 0. Other kinds are not converted. A wrong kind, a missing \
argument and a negative index raise an error that `catch` sees.
- `name?` may be left out; null counts as left out. `...name` takes all remaining arguments. Further \
arguments are ignored.
- Positions and lengths of text count code points, from 0.
- `dictionary` arguments also take the JSON text of an object.
- *Needs* names the capability that `hypvm` must have been granted, as in `--allow-read`.
- Examples run as tests; the text after `// →` is what they print.
- Functions return new arrays, except those that say *in place*.
";

const CATEGORIES: &[(Category, &str, &str)] = &[
    (Category::Core, "Core", "Input, conversion, type tests, errors."),
    (Category::Math, "Math", "Arithmetic and number theory."),
    (Category::String, "Strings", "Strings are immutable; every function returns a new one."),
    (Category::Validation, "Validation", "Tests of text."),
    (
        Category::Array,
        "Arrays",
        "Elements compare as with `==`: by content, numbers within 2.2e-16.",
    ),
    (
        Category::Collection,
        "Collections",
        "Arrays as sets. Results are new arrays in the order of first occurrence.",
    ),
    (Category::Statistics, "Statistics", "Elements are converted to numbers."),
    (
        Category::Dictionary,
        "Dictionaries",
        "Insertion-ordered maps. Keys are strings, numbers or booleans and differ by kind.",
    ),
    (Category::Time, "Time", "In the local time zone unless stated otherwise."),
    (Category::System, "System", "Process, environment and machine."),
    (Category::File, "Files", "Failures raise an error of kind `io`."),
    (
        Category::Random,
        "Random",
        "Numbers come from a fast generator; identifiers and random text from the operating system's.",
    ),
    (
        Category::Data,
        "Data",
        "JSON and comma-separated values. JSON numbers become numbers, so integers beyond 2^53 are rounded.",
    ),
    (
        Category::Encoding,
        "Encoding",
        "Of the UTF-8 bytes of text. Undecodable text raises an error.",
    ),
    (
        Category::Hashing,
        "Hashing",
        "Of the UTF-8 bytes of text, as lower-case hexadecimal digits. Use SHA256 or SHA512 unless a \
         format prescribes another: MD5 and SHA1 are broken.",
    ),
    (Category::Crypto, "Encryption", "Keys, salts and nonces come from the operating system."),
    (Category::Hypnotic, "Hypnotic", "Lines on standard output with pauses between them."),
    (
        Category::Flow,
        "Control flow",
        "Repetition, choice, composition and protection as functions.",
    ),
    (Category::CommandLine, "Command line", "Questions to the user and options of the program."),
    (Category::Store, "Stores", "Named stores of values."),
    (Category::Process, "Processes", "Commands and processes of the system."),
    (Category::Debug, "Debugging", "Most of it writes only when a program runs with `--debug`."),
    (Category::Performance, "Performance", "Measurements. MB are 1,048,576 bytes."),
    (
        Category::Testing,
        "Testing",
        "A failed assertion raises an error of kind `assertion` that shows expected and actual value.",
    ),
    (
        Category::Task,
        "Tasks",
        "Functions that give a promise do not wait; `await` does. See *Tasks and channels*.",
    ),
    (Category::Channel, "Channels", "Named queues, with one set of names for each kind."),
    (
        Category::Network,
        "Network",
        "HTTP servers and requests. All need `--allow-net`, for all addresses or for `HOST` or `HOST:PORT`. \
         See *Web services*.",
    ),
];

fn entry(spec: &BuiltinSpec, page: &mut String) {
    let _ = write!(
        page,
        "\n### {}\n\n```text\n{}\n```\n\n{}\n",
        spec.name,
        spec.signatures().join("\n"),
        spec.text().join("\n")
    );
    let mut list = |title: &str, items: Vec<String>| {
        if !items.is_empty() {
            let _ = write!(page, "\n{title}: {}.\n", items.join(", "));
        }
    };
    list("Also", spec.aliases.iter().map(|alias| format!("`{alias}`")).collect());
    list("Effects", spec.effects.words().map(str::to_owned).collect());
    list("Needs", spec.capabilities().map(|needed| format!("`{}`", needed.name())).collect());
    let _ = write!(page, "\n```hyp\n{}```\n", spec.example_source());
}

fn page() -> String {
    let mut page = String::from(INTRO);
    page.push_str("\n## Constants\n\n| name | value | meaning | example |\n|---|---|---|---|\n");
    for Constant { name, value, doc, example: (code, output) } in CONSTANTS {
        let _ = writeln!(page, "| `{name}` | {value} | {doc} | `{code}` is `{output}` |");
    }
    for &(category, title, intro) in CATEGORIES {
        let _ = write!(page, "\n## {title}\n\n{intro}\n");
        for spec in BUILTINS.iter().filter(|spec| spec.category == category) {
            entry(spec, &mut page);
        }
    }
    page
}

#[test]
fn documentation_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/builtins.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("docs is a directory")).expect("can create");
        std::fs::write(&path, page).expect("docs are writable");
        return;
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(stored == page, "docs/builtins.md is stale: run this test again with UPDATE=1");
}

#[test]
fn every_row_is_on_the_page() {
    for spec in BUILTINS {
        assert!(CATEGORIES.iter().any(|c| c.0 == spec.category), "{}", spec.name);
    }
}

#[test]
fn every_row_has_a_sentence() {
    for spec in BUILTINS {
        let doc = spec.doc.trim();
        assert!(doc.ends_with(['.', '…']) && doc.len() > 10, "{}: {doc}", spec.name);
    }
}

#[test]
fn every_row_has_an_example() {
    for spec in BUILTINS {
        assert!(!spec.example_output().is_empty(), "{} has no example", spec.name);
        assert!(!spec.doc.contains('→'), "{}: an example line lacks its `>`", spec.name);
    }
}

#[test]
fn effects_decide_the_capabilities() {
    let needed = |b: Builtin| b.spec().capabilities().map(|c| c.name()).collect::<Vec<_>>();
    assert_eq!(needed(Builtin::CopyFile), ["read", "write"]);
    assert_eq!(needed(Builtin::GetEnv), ["env"]);
    assert_eq!(needed(Builtin::GetHostname), ["sys"]);
    assert!(needed(Builtin::Random).is_empty());
}

#[test]
fn names_differ_without_case_and_underscores() {
    let fold = |name: &str| name.replace('_', "").to_lowercase();
    let mut owners: HashMap<String, &str> = HashMap::new();
    for spec in BUILTINS {
        for name in std::iter::once(&spec.name).chain(spec.aliases) {
            let owner = owners.entry(fold(name)).or_insert(spec.name);
            assert_eq!(*owner, spec.name, "both own {name}");
        }
    }
    for Constant { name, .. } in CONSTANTS {
        assert!(!owners.contains_key(&fold(name)), "{name} is a constant and a builtin");
    }
}

#[test]
fn required_parameters_come_first_and_variadic_ones_last() {
    for spec in BUILTINS {
        for signature in std::iter::once(&spec.signature()).chain(spec.overloads) {
            let required = signature.params.iter().skip_while(|p| !p.is_optional());
            assert!(required.clone().all(Param::is_optional), "{}", spec.name);
            let variadic = signature.params.iter().rev().skip(1).any(Param::is_variadic);
            assert!(!variadic, "{}", spec.name);
        }
    }
}

#[test]
fn overloads_narrow_the_general_signature() {
    let within = |words: &[Ty], general: &[Ty]| {
        general.contains(&Ty::Any)
            || words.iter().all(|ty| {
                let wider = match ty {
                    Ty::Numbers | Ty::Strings => Ty::Array,
                    other => *other,
                };
                general.contains(ty) || general.contains(&wider)
            })
    };
    for spec in BUILTINS {
        for overload in spec.overloads {
            assert!(within(overload.returns, spec.returns), "{}", spec.name);
            assert!(overload.params.len() <= spec.params.len(), "{}", spec.name);
            for (param, general) in overload.params.iter().zip(spec.params) {
                assert!(within(param.types(), general.types()), "{}: {}", spec.name, param.name);
            }
        }
    }
}

#[test]
fn resolve_takes_the_first_overload_that_fits() {
    let spec = Builtin::Min.spec();
    let numbers = spec.resolve(2, |_, types| types.contains(&Ty::Number));
    assert_eq!(numbers.returns, [Ty::Number]);
    let array = spec.resolve(1, |_, types| types.contains(&Ty::Array));
    assert_eq!(array.returns, [Ty::Number, Ty::Null]);
    let unknown = spec.resolve(2, |_, _| false);
    assert_eq!(unknown.returns, spec.returns);
    let joined = Builtin::Concat.spec().resolve(9, |_, _| true);
    assert_eq!(joined.arity(), (0, None));
}

#[test]
fn lookup_prefers_the_exact_name() {
    assert_eq!(Builtin::lookup("Sin"), Some(Builtin::Sin));
    assert_eq!(Builtin::lookup("sIN"), Some(Builtin::Sin));
    assert_eq!(Builtin::lookup("is_prime"), Some(Builtin::IsPrime));
    assert_eq!(Builtin::lookup("GetCurrentTime"), Some(Builtin::CurrentTimestamp));
    assert_eq!(Builtin::lookup("CurrentTime"), Some(Builtin::CurrentTime));
    assert_eq!(Builtin::lookup("NoSuchBuiltin"), None);
}

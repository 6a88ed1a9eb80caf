//! Runs `tests/filetests/*.ssa`.
//!
//! A file starts with directives: `; test PASS …` names the passes to apply (`all` for the pipeline
//! of level 2, `none` for the text form alone), `; run: f0(1, "a") == returned 2.0` evaluates a call
//! before and after. The text after the line `; expect` is the functions after the passes, each
//! line behind `;> `; `UPDATE=1` writes it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hyp_bytecode::module::FuncId;
use hyp_ssa::eval::{Value, observe};
use hyp_ssa::pass::{self, PASSES};
use hyp_ssa::unit::Unit;
use hyp_ssa::{text, verify};

const STEPS_MAX: u64 = 100_000;

/// Filetests that each pass must have, and how many of them must show that it does something.
const PER_PASS_MIN: usize = 4;
const CHANGES_MIN: usize = 3;

#[test]
fn filetests() {
    let files = files();
    assert!(files.len() >= 40, "only {} filetests", files.len());
    let failures: Vec<String> = files
        .iter()
        .filter_map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            run_file(path).err().map(|message| format!("{name}: {message}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Each pass has tests of what it changes and of what it must leave alone.
#[test]
fn every_pass_has_filetests() {
    let mut seen: BTreeMap<&str, Seen> = PASSES.iter().map(|p| (p.name, Seen::default())).collect();
    for path in files() {
        let content = fs::read_to_string(&path).expect("readable file");
        let source = content.split_once("\n; expect\n").map_or(&*content, |(source, _)| source);
        let mut unit = text::parse(source).expect("filetests parse");
        let mut by_file: BTreeMap<&str, Seen> = BTreeMap::new();
        let note = |name, is_changed: bool| {
            let seen = by_file.entry(name).or_default();
            seen.changed |= usize::from(is_changed);
            seen.kept |= usize::from(!is_changed);
        };
        apply(source, &mut unit, note).expect("filetests name passes");
        for (name, of_file) in by_file {
            let seen = seen.get_mut(name).expect("passes are in the registry");
            seen.files += 1;
            seen.changed += of_file.changed;
            seen.kept += of_file.kept;
        }
    }
    let is_too_little = |s: &Seen| s.files < PER_PASS_MIN || s.changed < CHANGES_MIN || s.kept == 0;
    let lacking: Vec<_> = seen.iter().filter(|(_, seen)| is_too_little(seen)).collect();
    assert!(lacking.is_empty(), "passes without enough filetests: {lacking:?}");
}

/// Filetests that name a pass: all, those where it changes a function, those where it leaves one.
#[derive(Default, Debug)]
struct Seen {
    files: usize,
    changed: usize,
    kept: usize,
}

fn files() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests");
    let mut files: Vec<_> = fs::read_dir(&dir)
        .expect("the directory exists")
        .map(|entry| entry.expect("readable entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "ssa"))
        .collect();
    files.sort();
    files
}

fn run_file(path: &Path) -> Result<(), String> {
    let content = fs::read_to_string(path).map_err(|e| e.to_string())?;
    let (source, expected) = content.split_once("\n; expect\n").unwrap_or((&content, ""));
    let source = source.trim_end();
    let before = text::parse(source).map_err(|e| e.to_string())?;
    let mut after = before.clone();
    check(&before)?;
    apply(source, &mut after, |_, _| {})?;
    check(&after)?;
    for (number, line) in source.lines().enumerate() {
        if let Some(call) = line.strip_prefix("; run: ") {
            run_call(&before, &after, call).map_err(|e| format!("line {}: {e}", number + 1))?;
        }
    }
    let mut printed = String::new();
    for func in &after.funcs {
        for line in text::print(func, &after).lines() {
            writeln!(printed, ";> {line}").expect("writing to a string");
        }
    }
    if printed == expected {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        let updated = format!("{source}\n; expect\n{printed}");
        return fs::write(path, updated).map_err(|e| e.to_string());
    }
    Err(format!("expected\n{expected}\nfound\n{printed}"))
}

/// Every function is well formed, and its text parses back to the same text.
fn check(unit: &Unit) -> Result<(), String> {
    for (i, func) in unit.funcs.iter().enumerate() {
        let printed = text::print(func, unit);
        verify::verify(func, unit).map_err(|e| format!("f{i}: {e}\n{printed}"))?;
        let parsed = text::parse(&printed).map_err(|e| format!("f{i}: {e}\n{printed}"))?;
        let again = parsed.funcs.first().map(|f| text::print(f, &parsed)).unwrap_or_default();
        if again != printed {
            return Err(format!("f{i} does not round-trip:\n{printed}\n{again}"));
        }
    }
    Ok(())
}

/// Applies what the file names; `note` gets each pass with whether it changed a function.
fn apply(
    source: &str,
    unit: &mut Unit,
    mut note: impl FnMut(&'static str, bool),
) -> Result<(), String> {
    let directive = source.lines().find_map(|line| line.strip_prefix("; test "));
    let names = directive.ok_or("no `; test` directive")?;
    let facts = unit.clone();
    for name in names.split_whitespace() {
        for func in &mut unit.funcs {
            match PASSES.iter().find(|p| p.name == name) {
                Some(pass) => {
                    let before = text::print(func, &facts);
                    (pass.run)(func, &facts);
                    note(pass.name, text::print(func, &facts) != before);
                }
                None if name == "all" => pass::run(func, &facts, 2),
                None if name == "none" => {}
                None => return Err(format!("no pass `{name}`")),
            }
        }
    }
    // Texts that a pass added belong to the facts that it was given.
    let funcs = std::mem::take(&mut unit.funcs);
    *unit = facts;
    unit.funcs = funcs;
    Ok(())
}

fn run_call(before: &Unit, after: &Unit, line: &str) -> Result<(), String> {
    let (call, wanted) = match line.split_once(" == ") {
        Some((call, wanted)) => (call, Some(wanted.trim())),
        None => (line, None),
    };
    let (name, args) = call.trim().split_once('(').ok_or("a call needs `(`")?;
    let func = name.strip_prefix('f').and_then(|n| n.parse().ok()).ok_or("calls are `fN(…)`")?;
    let args = || {
        let mut rest = args.trim();
        arguments(&mut rest, ')')
    };
    // Arrays are mutable, so each side gets its own.
    let first = observe(before, FuncId(func), &args()?, STEPS_MAX);
    let second = observe(after, FuncId(func), &args()?, STEPS_MAX);
    if first != second {
        return Err(format!("before {first:?}\nafter  {second:?}"));
    }
    match wanted {
        Some(wanted) if wanted != first.end => {
            Err(format!("expected `{wanted}`, found `{}`", first.end))
        }
        _ => Ok(()),
    }
}

fn arguments(rest: &mut &str, close: char) -> Result<Vec<Value>, String> {
    let mut values = Vec::new();
    loop {
        *rest = rest.trim_start_matches([' ', ',']);
        if let Some(after) = rest.strip_prefix(close) {
            *rest = after;
            return Ok(values);
        }
        values.push(argument(rest)?);
    }
}

fn argument(rest: &mut &str) -> Result<Value, String> {
    if let Some(after) = rest.strip_prefix('[') {
        *rest = after;
        return Ok(Value::Array(Rc::new(RefCell::new(arguments(rest, ']')?))));
    }
    if let Some(after) = rest.strip_prefix('"') {
        let (text, after) = after.split_once('"').ok_or("unterminated text")?;
        *rest = after;
        return Ok(Value::Str(text.into()));
    }
    let end = rest.find([',', ')', ']']).ok_or("an argument list needs its end")?;
    let (word, after) = rest.split_at(end);
    *rest = after;
    Ok(match word.trim() {
        "null" => Value::Null,
        "missing" => Value::Missing,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        number => Value::Num(number.parse().map_err(|e| format!("`{number}`: {e}"))?),
    })
}

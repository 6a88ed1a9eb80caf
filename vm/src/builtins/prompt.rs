//! Questions and options on the command line.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::{Trap, Value, Vm};

/// The words of a dialogue in one language.
struct Words {
    default: &'static str,
    required: &'static str,
    yes: &'static [&'static str],
    no: &'static [&'static str],
    /// Shown with yes and with no as default.
    choices: [&'static str; 2],
    again: &'static str,
}

const ENGLISH: Words = Words {
    default: "default",
    required: "Input required",
    yes: &["y", "yes"],
    no: &["n", "no"],
    choices: ["Y/n", "y/N"],
    again: "Please answer yes or no.",
};

const GERMAN: Words = Words {
    default: "Standard",
    required: "Eingabe erforderlich",
    yes: &["j", "ja"],
    no: &["n", "nein"],
    choices: ["J/n", "j/N"],
    again: "Bitte mit Ja oder Nein antworten.",
};

/// Whether the language of a locale such as `de-AT` or `de_DE.UTF-8` is German.
pub(super) fn is_german(locale: &str) -> bool {
    let language = locale.split(['-', '_', '.']).next().unwrap_or("");
    language.eq_ignore_ascii_case("de")
}

fn words(vm: &Vm, args: &Args<'_>, locale: usize) -> Result<&'static Words, Trap> {
    Ok(if is_german(args.text_or(vm, locale, "")?) { &GERMAN } else { &ENGLISH })
}

/// Asks and reads a trimmed line; empty at the end of the input.
fn ask(vm: &mut Vm, question: &str) -> Result<String, Trap> {
    vm.write_out(question)?;
    Ok(vm.read_line()?.unwrap_or_default().trim().to_owned())
}

pub(super) fn cli_prompt(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CliPrompt, args);
    let words = words(vm, &args, 3)?;
    let default = args.optional(1).map(|_| args.text(vm, 1).map(str::to_owned)).transpose()?;
    let message = args.text(vm, 0)?;
    let question = match &default {
        Some(default) => format!("{message} ({}: {default}): ", words.default),
        None => format!("{message}: "),
    };
    let answer = ask(vm, &question)?;
    if !answer.is_empty() {
        return vm.new_string(&answer);
    }
    match default {
        Some(default) => vm.new_string(&default),
        None if vm.truthy(args.value(2)) => vm.new_string(""),
        None => Err(Trap::io(words.required)),
    }
}

pub(super) fn cli_confirm(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CliConfirm, args);
    let words = words(vm, &args, 2)?;
    let default = vm.truthy(args.value(1));
    let choices = words.choices[usize::from(!default)];
    let question = format!("{} [{choices}] ", args.text(vm, 0)?);
    loop {
        let answer = ask(vm, &question)?.to_lowercase();
        if answer.is_empty() {
            return Ok(Value::bool(default));
        }
        if words.yes.contains(&answer.as_str()) {
            return Ok(Value::TRUE);
        }
        if words.no.contains(&answer.as_str()) {
            return Ok(Value::FALSE);
        }
        vm.write_out(words.again)?;
        vm.write_out("\n")?;
    }
}

/// A parsed command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parsed {
    /// In the order of first occurrence.
    flags: Vec<(String, Option<String>)>,
    positional: Vec<String>,
}

impl Parsed {
    fn set(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self.flags.iter_mut().find(|flag| flag.0 == name) {
            Some(flag) => flag.1 = value,
            None => self.flags.push((name.to_owned(), value)),
        }
    }
}

fn parse(args: &[String]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rest = args.iter().map(String::as_str).peekable();
    while let Some(arg) = rest.next() {
        if arg == "--" {
            parsed.positional.extend(rest.map(str::to_owned));
            break;
        }
        if let Some(name) = arg.strip_prefix("--") {
            match name.split_once('=') {
                Some((name, value)) => parsed.set(name, Some(value)),
                None => parsed.set(name, rest.next_if(|next| !next.starts_with('-'))),
            }
        } else if let Some(letters) = arg.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            let (letters, value) = match letters.split_once('=') {
                Some((letters, value)) => (letters, Some(value)),
                None => (letters, None),
            };
            let last = letters.char_indices().next_back().map_or(0, |(at, _)| at);
            for (at, letter) in letters.char_indices() {
                let value = if at == last { value } else { None };
                parsed.set(letter.encode_utf8(&mut [0; 4]), value);
            }
        } else {
            parsed.positional.push(arg.to_owned());
        }
    }
    parsed
}

fn parsed_argument(vm: &Vm, args: &Args<'_>) -> Result<Parsed, Trap> {
    let arr = args.array(vm, 0)?;
    let texts: Option<Vec<String>> =
        vm.array_items(arr).iter().map(|v| vm.str(v).map(str::to_owned)).collect();
    Ok(parse(&texts.ok_or_else(|| args.expected_got("string array", vm, 0))?))
}

pub(super) fn parse_arguments(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let parsed = parsed_argument(vm, &Args::new(Builtin::ParseArguments, args))?;
    let flags = vm.new_object()?;
    for (name, value) in parsed.flags {
        let value = value.map_or(Ok(Value::NULL), |value| vm.new_string(&value))?;
        vm.object_set_str(flags, &name, value)?;
    }
    let positional = super::new_strings(vm, &parsed.positional)?;
    let result = vm.new_object()?;
    vm.object_set_str(result, "flags", flags)?;
    vm.object_set_str(result, "positional", positional)?;
    Ok(result)
}

pub(super) fn has_flag(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HasFlag, args);
    let parsed = parsed_argument(vm, &args)?;
    let name = args.text(vm, 1)?;
    Ok(Value::bool(parsed.flags.iter().any(|flag| flag.0 == name)))
}

pub(super) fn flag_value(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::FlagValue, args);
    let parsed = parsed_argument(vm, &args)?;
    let name = args.text(vm, 1)?;
    match parsed.flags.iter().find(|flag| flag.0 == name) {
        Some((_, Some(value))) => vm.new_string(value),
        _ => Ok(Value::NULL),
    }
}

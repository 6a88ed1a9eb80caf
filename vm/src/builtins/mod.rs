//! Builtin functions.
//!
//! # Contract
//!
//! A builtin is `fn(&mut Vm, &[Value]) -> Result<Value, Trap>`. The number of arguments is whatever
//! the call passes; the VM has already raised `Builtin 'F' expected argument at position k` when a
//! parameter that is neither `opt` nor `rest` is missing. Surplus arguments are passed on; ignore
//! them. Arguments are never [`Value::UNDEF`]; never return or store it. Return [`Value::NULL`] for
//! "no result".
//!
//! ## Garbage collection
//! **Allocating never collects.** A collection happens only before a builtin starts, and while it
//! calls script code ([`Vm::call_value`]). So values may be kept in Rust variables freely, except
//! across `call_value`: there, `args` stay alive by themselves (they lie in the register stack), the
//! result of `call_value` and everything else that is used after a later `call_value` must be rooted
//! first with `vm.root(v)`. Roots are dropped when the builtin returns. What a rooted container
//! reaches is alive too: root the result array once, then push into it.
//! Objects never move.
//!
//! ## Values
//! - Tests and conversions without coercion: `v.is_num()`, `v.as_num()`, `v.is_bool()`,
//!   `v.as_bool()`, `v.is_string()`, `v.is_array()`, `v.is_object()`, `v.is_record()`,
//!   `v.is_instance()`, `v.is_error()`, `v.is_callable()`, `v.is_null()`, `v.kind()`.
//! - Making: `Value::num(f64)` (canonicalises NaN), `Value::bool(b)`, `Value::NULL`,
//!   `Value::from_usize(n)`.
//! - `vm.to_number(v) -> Result<f64, Trap>`: ToNumber of 4.4.5. `vm.truthy(v) -> bool`.
//!   `number::parse(&str) -> Option<f64>`: rule 4.4.4. `number::display(f64) -> String`: 4.4.2.
//! - `vm.display(v) -> String`: display string, cycle-safe (`[...]`).
//!   `vm.display_into(v, &mut String)` appends.
//! - `vm.equals(a, b) -> bool`: `==` of the language: structural, epsilon on numbers, cycle-safe.
//! - `vm.type_name(v) -> &str`: `number`, `string`, `boolean`, `null`, `array`, `object`,
//!   `function`, `session`, `error`, or the record's or session's name.
//! - `vm.snapshot(v) -> Result<Value, Trap>`: deep copy of arrays, objects and records.
//!
//! ## Strings
//! - `vm.new_string(&str) -> Result<Value, Trap>` (fails above 64 MiB or the heap limit).
//! - `vm.str(v) -> Option<&str>`: flattened view, `None` if `v` is not a string. The view borrows
//!   `vm`; copy it (`to_owned`) if you need `&mut vm` meanwhile.
//! - `vm.char_len(v) -> usize`: code points; O(1) for ASCII strings. `vm.is_ascii(v) -> bool`.
//! - `vm.substring(v, start, end) -> Result<Value, Trap>`: code points `start..end`, clamped; shares
//!   the bytes of long strings. `vm.slice_bytes(v, start, end)`: the same by byte offsets.
//! - `vm.concat(a, b) -> Result<Value, Trap>`: joins two strings, as a rope if long.
//!
//! ## Arrays
//! - `vm.new_array(&[Value]) -> Result<Value, Trap>`, `vm.new_array_with_capacity(n)`.
//! - `vm.array_items(v) -> Elements` (empty if not an array), which can be iterated, cut to a range and
//!   copied; `vm.array_len(v) -> usize`; `vm.array_get(v, i) -> Option<Value>`.
//! - `vm.array_set(v, i, x) -> Result<bool, Trap>` (false if out of range or not an array),
//!   `vm.array_push(v, x) -> Result<(), Trap>`, `vm.array_pop(v) -> Option<Value>`,
//!   `vm.array_insert(v, i, x) -> Result<(), Trap>` (i clamped),
//!   `vm.array_remove(v, i) -> Option<Value>`, `vm.array_truncate(v, n)`.
//!   A callback may change the array: re-read `array_len` after every `call_value`.
//!
//! ## Objects (dictionaries)
//! Keys are strings, numbers or booleans, distinct by kind; -0 = 0.
//! - `vm.new_object() -> Result<Value, Trap>`.
//! - `vm.object_len(o) -> usize`, `vm.object_get(o, key) -> Option<Value>`,
//!   `vm.object_get_str(o, "name") -> Option<Value>`,
//!   `vm.object_set(o, key, v) -> Result<(), Trap>` (type error for other keys),
//!   `vm.object_set_str(o, "name", v) -> Result<(), Trap>`,
//!   `vm.object_remove(o, key) -> Option<Value>`, `vm.object_clear(o)`.
//! - `vm.object_entries(o) -> Vec<(Value, Value)>`: insertion order. (`entry_at(o, &mut pos)` walks
//!   without copying.)
//!
//! ## Records, instances, errors
//! - `vm.fields(v) -> Option<(&str, Vec<(&str, Value)>)>`: type name and public fields of a record or
//!   instance.
//! - `vm.new_error(kind, &str) -> Result<Value, Trap>`: an error object as a value.
//! - `vm.error_info(v) -> Option<ErrorInfo>`: message, kind, line, column, trace of an error object.
//! - Raising: `Err(Trap::type_error("…"))`, `Err(Trap::runtime("…"))`, `Err(Trap::io("…"))`,
//!   `Err(Trap::error(ErrorKind::Assertion, "…"))`, `Err(Trap::Throw(value))`, `Err(Trap::Exit(n))`,
//!   `Err(Trap::index(i))`.
//! - Catching: `vm.catch(trap) -> Result<Value, Trap>` gives the value that `catch (e)` would see;
//!   traps that are not catchable come back as `Err`.
//!
//! ## Calling script code
//! - `vm.call_value(f, &[a, b]) -> Result<Value, Trap>`. Checks callability and arity exactly.
//! - `vm.arity(f) -> Option<(usize, usize)>`: required and maximal argument count.
//! - Pass errors on with `?`. Nesting of native calls is limited to 1,000.
//!
//! ## Outside world
//! - `vm.write_out(&str) -> Result<(), Trap>`: buffered standard output. `vm.flush() -> Result<…>`:
//!   do it before sleeping or reading. `vm.write_err(&str)`.
//! - `vm.read_line() -> Result<Option<String>, Trap>`: one line of standard input without
//!   terminator, `None` at the end.
//! - `vm.args() -> &[String]`: program arguments. `vm.source_name() -> &str`.
//! - `vm.sleep(Duration) -> Result<(), Trap>`: flushes, waits, ends early on interruption.
//! - `vm.builtins`: the [`State`] declared here; builtins keep their own per-program state in it.
//!
//! `BUILTINS[number]` is the function table, expanded from `hyp_bytecode::for_each_builtin!`.

use std::collections::BTreeMap;
use std::time::Instant;

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::for_each_builtin;

use crate::limit::RegexLimits;
use crate::{Trap, Value, Vm};

mod args;
mod array;
mod channels;
mod collection;
mod console;
mod conversion;
mod crypto;
mod csv_table;
mod debug;
mod dictionary;
mod difference;
mod digest;
mod distinct;
mod encoding;
mod file;
mod fixture;
pub(crate) mod flow;
mod format;
mod hashing;
mod higher_order;
mod hypnotic;
mod json;
mod json_reader;
mod json_writer;
mod machine;
mod math;
mod number_theory;
mod process;
mod profile;
mod prompt;
mod random;
mod registry;
mod service;
mod similarity;
mod statistics;
mod store;
mod string;
mod structure;
mod system;
mod tasks;
mod testing;
mod text;
mod time;
mod trance;
mod validation;
pub(crate) mod work;

pub use args::Args;
pub use fixture::Metric;

/// A builtin's body.
pub type BuiltinFn = fn(&mut Vm, &[Value]) -> Result<Value, Trap>;

/// State that builtins keep between calls. Making it costs no allocation.
pub struct State {
    /// When the program started.
    started: Instant,
    /// What waits of `Drift` are divided by.
    pace: f64,
    /// Generator behind `Random` and its relatives; made at first use.
    rng: Option<random::Rng>,
    /// Compiled regular expressions.
    patterns: validation::Patterns,
    /// What they may be.
    regex_limits: RegexLimits,
    /// Environment variables that the program has set.
    environment: BTreeMap<String, String>,
    /// Commands in the background.
    processes: process::Processes,
    /// Measurements of the machine; made at first use.
    machine: Option<Box<machine::Machine>>,
    /// Background measurements.
    monitor: machine::Monitor,
    /// Profiles.
    profiles: profile::Profiles,
    /// Depth of the trance, from 1 to 10.
    trance_depth: f64,
    /// Dictionaries that live as long as the machine, by purpose.
    registries: BTreeMap<&'static str, Value>,
    /// Whether a builtin is replaced.
    has_mocks: bool,
}

impl State {
    /// The state of a program that starts; random numbers begin at the seed if there is one.
    pub(crate) fn new(random_seed: Option<u64>, regex_limits: RegexLimits) -> State {
        State {
            started: Instant::now(),
            pace: 1.0,
            rng: random_seed.map(random::Rng::from_seed),
            patterns: Vec::new(),
            regex_limits,
            environment: BTreeMap::new(),
            processes: process::Processes::default(),
            machine: None,
            monitor: machine::Monitor::default(),
            profiles: profile::Profiles::default(),
            trance_depth: trance::DEPTH_MIN,
            registries: BTreeMap::new(),
            has_mocks: false,
        }
    }

    /// Ends the commands that the program has started in the background.
    pub(crate) fn end_processes(&mut self) {
        self.processes.end_all();
    }
}

macro_rules! function_table {
    ($($(#[doc = $doc:literal])+ $name:ident [$($alias:ident),*] $cat:ident
        ($($p:ident : $($w:ident)+),*) -> $($r:ident)+
        $(/ ($($op:ident : $($ow:ident)+),*) -> $($or:ident)+)*
        {$($e:ident)*} = $f:ident;)+) => {
        /// The bodies by builtin number.
        pub static BUILTINS: &[BuiltinFn] = {
            use self::array::*;
            use self::channels::*;
            use self::collection::*;
            use self::console::*;
            use self::conversion::*;
            use self::crypto::*;
            use self::csv_table::*;
            use self::debug::*;
            use self::dictionary::*;
            use self::digest::*;
            use self::encoding::*;
            use self::file::*;
            use self::fixture::*;
            use self::flow::*;
            use self::format::*;
            use self::hashing::*;
            use self::higher_order::*;
            use self::hypnotic::*;
            use self::json::*;
            use self::machine::*;
            use self::math::*;
            use self::process::*;
            use self::profile::*;
            use self::prompt::*;
            use self::random::*;
            use self::registry::*;
            use self::service::*;
            use self::similarity::*;
            use self::statistics::*;
            use self::store::*;
            use self::string::*;
            use self::system::*;
            use self::tasks::*;
            use self::testing::*;
            use self::time::*;
            use self::trance::*;
            use self::validation::*;
            &[$($f),+]
        };
    };
}

for_each_builtin!(function_table);

/// The value of JSON text.
pub(crate) fn read_json(vm: &mut Vm, text: &str) -> Result<Value, Trap> {
    json_reader::read(vm, text)
}

/// The value of the JSON text that a function made by `Vm::new_json_reader` keeps.
pub(crate) fn parse_state(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let state = args.first().copied().unwrap_or(Value::NULL);
    let text = vm.array_get(state, 1).and_then(|text| vm.str(text)).unwrap_or("").to_owned();
    json_reader::read(vm, &text)
}

/// JSON text of a value, for a builtin that errors name.
pub(crate) fn json_text(vm: &Vm, builtin: Builtin, v: Value) -> Result<String, Trap> {
    json_writer::text(vm, &Args::new(builtin, &[]), v, json_writer::Layout::Compact)
}

/// Array of strings.
fn new_strings(vm: &mut Vm, texts: &[String]) -> Result<Value, Trap> {
    let result = vm.new_array_with_capacity(texts.len())?;
    for text in texts {
        let text = vm.new_string(text)?;
        vm.array_push(result, text)?;
    }
    Ok(result)
}

/// Dictionary of figures.
fn new_figures(vm: &mut Vm, figures: &[(&str, f64)]) -> Result<Value, Trap> {
    let result = vm.new_object()?;
    for (name, figure) in figures {
        vm.object_set_str(result, name, Value::num(*figure))?;
    }
    Ok(result)
}

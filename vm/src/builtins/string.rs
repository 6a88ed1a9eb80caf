//! Text. Positions, lengths and widths count code points.

use hyp_bytecode::builtin::Builtin;
use memchr::memmem;

use super::args::Args;
use super::{array, text};
use crate::{Trap, Value, Vm};

/// Functions from one text to a new text.
macro_rules! transform {
    ($($name:ident = $row:ident($s:ident) $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let args = Args::new(Builtin::$row, args);
            let $s = args.text(vm, 0)?;
            let result: String = $body;
            vm.new_string(&result)
        })+
    };
}

/// Functions from one text to a part of it.
macro_rules! part {
    ($($name:ident = $row:ident($s:ident) $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let args = Args::new(Builtin::$row, args);
            let $s = args.text(vm, 0)?;
            let range = text::range_of($s, $body);
            let len = $s.len();
            text::slice(vm, args.value(0), range, len)
        })+
    };
}

/// Functions from one text to a number or boolean.
macro_rules! measure {
    ($($name:ident = $row:ident($s:ident) $kind:ident $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let $s = Args::new(Builtin::$row, args).text(vm, 0)?;
            Ok(Value::$kind($body))
        })+
    };
}

/// Functions from two texts to a number or boolean.
macro_rules! relate {
    ($($name:ident = $row:ident($a:ident, $b:ident) $kind:ident $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let args = Args::new(Builtin::$row, args);
            let ($a, $b) = (args.text(vm, 0)?, args.text(vm, 1)?);
            Ok(Value::$kind($body))
        })+
    };
}

transform! {
    to_upper = ToUpper(s) s.to_uppercase();
    to_lower = ToLower(s) s.to_lowercase();
    capitalize = Capitalize(s) text::capitalize(s);
    unique_characters = UniqueCharacters(s) text::distinct_chars(s);
    reverse_words = ReverseWords(s) text::join_words(s.split_whitespace().rev().map(str::to_owned));
    title_case = TitleCase(s) text::join_words(s.split_whitespace().map(text::capitalize));
}

part! {
    trim = Trim(s) s.trim();
    trim_start = TrimStart(s) s.trim_start();
    trim_end = TrimEnd(s) s.trim_end();
}

measure! {
    is_whitespace = IsWhitespace(s) bool s.chars().all(char::is_whitespace);
    is_palindrome = IsPalindrome(s) bool text::is_palindrome(s);
    count_words = CountWords(s) from_usize s.split_whitespace().count();
    count_lines = CountLines(s) from_usize s.lines().count();
}

relate! {
    starts_with = StartsWith(s, prefix) bool s.starts_with(prefix);
    ends_with = EndsWith(s, suffix) bool s.ends_with(suffix);
    are_anagrams = AreAnagrams(a, b) bool text::sorted_chars(a) == text::sorted_chars(b);
    count_occurrences = CountOccurrences(text, pattern) from_usize
        if pattern.is_empty() { 0 } else { memmem::find_iter(text.as_bytes(), pattern).count() };
    compare = Compare(a, b) num f64::from(a.cmp(b) as i8);
    equals_ignore_case = EqualsIgnoreCase(a, b) bool
        a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase();
}

pub(super) fn length(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let v = Args::new(Builtin::Length, args).value(0);
    if v.is_string() {
        Ok(Value::from_usize(vm.char_len(v)))
    } else if v.is_array() {
        Ok(Value::from_usize(vm.array_len(v)))
    } else {
        let got = super::args::brief(vm, v);
        let text = format!("Function 'Length' expects string or array argument, got {got}");
        Err(Trap::type_error(text))
    }
}

pub(super) fn count_characters(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let s = Args::new(Builtin::CountCharacters, args).string(vm, 0)?;
    Ok(Value::from_usize(vm.char_len(s)))
}

pub(super) fn is_empty(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::IsEmpty, args);
    match text::is_empty(vm, args.value(0)) {
        Some(empty) => Ok(Value::bool(empty)),
        None => Err(args.expected_got("string, array or dictionary", vm, 0)),
    }
}

pub(super) fn index_of(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let row = Args::new(Builtin::IndexOf, args);
    if row.value(0).is_array() {
        return array::array_index_of(vm, args);
    }
    let (s, pattern) = (row.text(vm, 0)?, row.text(vm, 1)?);
    let found = memmem::find(s.as_bytes(), pattern.as_bytes());
    Ok(position(vm, row.value(0), s, found))
}

pub(super) fn last_index_of(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let row = Args::new(Builtin::LastIndexOf, args);
    if row.value(0).is_array() {
        return array::array_last_index_of(vm, args);
    }
    let (s, pattern) = (row.text(vm, 0)?, row.text(vm, 1)?);
    let found = memmem::rfind(s.as_bytes(), pattern.as_bytes());
    Ok(position(vm, row.value(0), s, found))
}

/// Code point position of a byte offset; -1 for none.
fn position(vm: &Vm, v: Value, s: &str, found: Option<usize>) -> Value {
    match found {
        None => Value::num(-1.0),
        Some(at) if vm.is_ascii(v) => Value::from_usize(at),
        Some(at) => Value::from_usize(s.get(..at).map_or(0, |head| head.chars().count())),
    }
}

pub(super) fn contains(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let row = Args::new(Builtin::Contains, args);
    if row.value(0).is_array() {
        return array::array_contains(vm, args);
    }
    let (s, pattern) = (row.text(vm, 0)?, row.text(vm, 1)?);
    Ok(Value::bool(memmem::find(s.as_bytes(), pattern.as_bytes()).is_some()))
}

pub(super) fn replace(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Replace, args);
    let (s, from, to) = (args.text(vm, 0)?, args.text(vm, 1)?, args.text(vm, 2)?);
    match text::replace_all(&args, s, from, to)? {
        Some(result) => vm.new_string(&result),
        None => Ok(args.value(0)),
    }
}

pub(super) fn replace_first(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ReplaceFirst, args);
    let (s, from, to) = (args.text(vm, 0)?, args.text(vm, 1)?, args.text(vm, 2)?);
    let result = s.replacen(from, to, 1);
    vm.new_string(&result)
}

pub(super) fn reverse(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let row = Args::new(Builtin::Reverse, args);
    if row.value(0).is_array() {
        return array::array_reverse(vm, args);
    }
    let result: String = row.text(vm, 0)?.chars().rev().collect();
    vm.new_string(&result)
}

pub(super) fn remove_duplicates(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let row = Args::new(Builtin::RemoveDuplicates, args);
    if row.value(0).is_array() {
        return array::array_distinct(vm, args);
    }
    let result = text::distinct_chars(row.text(vm, 0)?);
    vm.new_string(&result)
}

pub(super) fn split(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Split, args);
    let (s, delimiter) = (args.text(vm, 0)?, args.text(vm, 1)?);
    let pieces = text::split(s, delimiter);
    args.check_size(pieces.len())?;
    text::slices(vm, args.value(0), &pieces)
}

pub(super) fn split_lines(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SplitLines, args);
    let s = args.text(vm, 0)?;
    let pieces: Vec<_> = s.lines().map(|line| text::range_of(s, line)).collect();
    args.check_size(pieces.len())?;
    text::slices(vm, args.value(0), &pieces)
}

pub(super) fn split_words(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SplitWords, args);
    let s = args.text(vm, 0)?;
    let pieces: Vec<_> = s.split_whitespace().map(|word| text::range_of(s, word)).collect();
    args.check_size(pieces.len())?;
    text::slices(vm, args.value(0), &pieces)
}

pub(super) fn substring(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Substring, args);
    let s = args.string(vm, 0)?;
    let start = args.count(vm, 1)?;
    let end = args.count_or(vm, 2, usize::MAX)?;
    slice_chars(vm, s, start, end)
}

fn slice_chars(vm: &mut Vm, s: Value, start: usize, end: usize) -> Result<Value, Trap> {
    let len = vm.char_len(s);
    let end = end.min(len);
    if start >= end {
        return vm.new_string("");
    }
    if start == 0 && end == len { Ok(s) } else { vm.substring(s, start, end) }
}

pub(super) fn slice_with_negative(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SliceWithNegative, args);
    let s = args.string(vm, 0)?;
    let len = vm.char_len(s);
    let from_end = |at: f64| if at < 0.0 { (at + len as f64) as usize } else { at as usize };
    let start = from_end(args.whole(vm, 1)?);
    let end = match args.optional(2) {
        Some(_) => from_end(args.whole(vm, 2)?),
        None => len,
    };
    slice_chars(vm, s, start, end)
}

pub(super) fn char_at(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CharAt, args);
    let s = args.string(vm, 0)?;
    let index = args.whole(vm, 1)?;
    if index < 0.0 || index >= vm.char_len(s) as f64 {
        return Ok(Value::NULL);
    }
    let index = index as usize;
    vm.substring(s, index, index + 1)
}

pub(super) fn insert_at(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::InsertAt, args);
    let index = args.count(vm, 1)?;
    let (s, insert) = (args.text(vm, 0)?, args.text(vm, 2)?);
    let (head, tail) = s.split_at(text::byte_offset(s, index));
    let result = [head, insert, tail].concat();
    vm.new_string(&result)
}

pub(super) fn remove_at(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RemoveAt, args);
    let s = args.string(vm, 0)?;
    let index = args.whole(vm, 1)?;
    if index < 0.0 || index >= vm.char_len(s) as f64 {
        return Ok(s);
    }
    let s = args.text(vm, 0)?;
    let (head, tail) = s.split_at(text::byte_offset(s, index as usize));
    let mut rest = tail.chars();
    rest.next();
    let result = [head, rest.as_str()].concat();
    vm.new_string(&result)
}

pub(super) fn truncate(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Truncate, args);
    let s = args.string(vm, 0)?;
    let max = args.count(vm, 1)?;
    if vm.char_len(s) <= max {
        args.text_or(vm, 2, "")?;
        return Ok(s);
    }
    let (s, suffix) = (args.text(vm, 0)?, args.text_or(vm, 2, "...")?);
    let keep = max.saturating_sub(suffix.chars().count());
    let result = [&s[..text::byte_offset(s, keep)], suffix].concat();
    vm.new_string(&result)
}

pub(super) fn repeat(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let row = Args::new(Builtin::Repeat, args);
    let Some(s) = vm.str(row.value(0)) else {
        let n = row.size(vm, 1)?;
        return array::repeated(vm, row.value(0), n);
    };
    let bytes = s.len();
    let times = row.count(vm, 1)?;
    row.check_bytes(bytes.checked_mul(times))?;
    let result = row.text(vm, 0)?.repeat(if bytes == 0 { 0 } else { times });
    vm.new_string(&result)
}

pub(super) fn pad_left(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    pad(vm, Args::new(Builtin::PadLeft, args), true)
}

pub(super) fn pad_right(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    pad(vm, Args::new(Builtin::PadRight, args), false)
}

fn pad(vm: &mut Vm, args: Args<'_>, left: bool) -> Result<Value, Trap> {
    let s = args.string(vm, 0)?;
    let width = args.count(vm, 1)?;
    let Some(fill) = args.text_or(vm, 2, " ")?.chars().next() else {
        return Err(args.expected("non-empty string to derive character", 2));
    };
    let missing = width.saturating_sub(vm.char_len(s));
    if missing == 0 {
        return Ok(s);
    }
    let s = args.text(vm, 0)?;
    let total = missing.checked_mul(fill.len_utf8()).and_then(|n| n.checked_add(s.len()));
    args.check_bytes(total)?;
    let filling = std::iter::repeat_n(fill, missing);
    let mut result = String::with_capacity(total.unwrap_or_default());
    if left {
        result.extend(filling);
        result.push_str(s);
    } else {
        result.push_str(s);
        result.extend(filling);
    }
    vm.new_string(&result)
}

pub(super) fn concat(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let mut result = String::new();
    for &part in args {
        vm.display_into(part, &mut result);
    }
    vm.new_string(&result)
}

pub(super) fn wrap_text(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::WrapText, args);
    let width = args.count(vm, 1)?;
    let lines = text::wrap(args.text(vm, 0)?, width);
    args.check_size(lines.len())?;
    super::new_strings(vm, &lines)
}

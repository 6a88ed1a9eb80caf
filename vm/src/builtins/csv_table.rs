//! Comma-separated values. A table is a dictionary of `headers`, an array of strings, and `rows`, an
//! array of arrays of strings.

use ahash::AHashMap;
use csv::{ByteRecord, Error, ErrorKind, ReaderBuilder, WriterBuilder};
use hyp_bytecode::builtin::Builtin;

use super::args::{Args, STRING_BYTES_MAX, brief};
use super::dictionary::dict;
use crate::{Trap, Value, Vm};

/// Bytes of text that cost as much as a step of a script.
const BYTES_PER_STEP: usize = 16;

/// How a text is divided.
struct Dialect {
    delimiter: u8,
    has_header: bool,
}

impl Dialect {
    /// The dialect of two values, each of which may be null.
    fn new(vm: &Vm, args: &Args<'_>, delimiter: Value, has_header: Value) -> Result<Dialect, Trap> {
        let delimiter = match vm.str(delimiter).map(str::as_bytes) {
            Some(&[c]) if !b"\"\r\n".contains(&c) => c,
            None if delimiter.is_null() => b',',
            _ => {
                let got = brief(vm, delimiter);
                return Err(args.error(&format!("expected one ASCII delimiter, got '{got}'")));
            }
        };
        Ok(Dialect { delimiter, has_header: has_header.is_null() || vm.truthy(has_header) })
    }

    /// The dialect in arguments `i` and `i + 1`.
    fn arguments(vm: &Vm, args: &Args<'_>, i: usize) -> Result<Dialect, Trap> {
        Dialect::new(vm, args, args.value(i), args.value(i + 1))
    }
}

fn unequal(what: &str, line: u64, cells: u64, expected: u64) -> Trap {
    Trap::runtime(format!("Invalid CSV: {what} {line} has {cells} cells, expected {expected}"))
}

/// The error of a text that cannot be read.
fn invalid(text: &str, error: &Error) -> Trap {
    match error.kind() {
        ErrorKind::UnequalLengths { pos: Some(at), expected_len, len } => {
            // The record's position includes the blank lines before it.
            let before = usize::try_from(at.byte()).ok().and_then(|at| text.get(at..));
            let blank = before.into_iter().flat_map(str::bytes).take_while(|b| b"\r\n".contains(b));
            let skipped = blank.filter(|&b| b == b'\n').count() as u64;
            unequal("line", at.line() + skipped, *len, *expected_len)
        }
        _ => Trap::runtime(format!("Invalid CSV: {error}")),
    }
}

fn cells(vm: &mut Vm, record: &ByteRecord) -> Result<Value, Trap> {
    let row = vm.new_array_with_capacity(record.len())?;
    for cell in record {
        // Cells of a text are texts: delimiters and quotes are ASCII.
        let cell = vm.new_string(&String::from_utf8_lossy(cell))?;
        vm.array_push(row, cell)?;
    }
    Ok(row)
}

fn new_table(vm: &mut Vm, headers: Value, rows: Value) -> Result<Value, Trap> {
    let table = vm.new_object()?;
    vm.object_set_str(table, "headers", headers)?;
    vm.object_set_str(table, "rows", rows)?;
    Ok(table)
}

fn read(vm: &mut Vm, text: &str, dialect: &Dialect) -> Result<Value, Trap> {
    let mut reader = ReaderBuilder::new()
        .delimiter(dialect.delimiter)
        .has_headers(dialect.has_header)
        .from_reader(text.as_bytes());
    vm.charge(text.len() / BYTES_PER_STEP)?;
    let headers = if dialect.has_header {
        cells(vm, reader.byte_headers().map_err(|e| invalid(text, &e))?)?
    } else {
        vm.new_array(&[])?
    };
    let rows = vm.new_array_with_capacity(0)?;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|e| invalid(text, &e))? {
        let row = cells(vm, &record)?;
        vm.array_push(rows, row)?;
    }
    new_table(vm, headers, rows)
}

pub(super) fn parse_csv(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ParseCsv, args);
    // Values are made while the text is read, so it must not lie in the heap.
    let text = args.text(vm, 0)?.to_owned();
    let dialect = Dialect::arguments(vm, &args, 1)?;
    read(vm, &text, &dialect)
}

/// An array member of a table.
fn member(vm: &Vm, args: &Args<'_>, table: Value, name: &str) -> Result<Value, Trap> {
    vm.object_get_str(table, name)
        .filter(|v| v.is_array())
        .ok_or_else(|| args.error(&format!("expected a table with an array `{name}`")))
}

pub(super) fn csv_to_string(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CsvToString, args);
    let table = dict(vm, &args, 0)?;
    let dialect = Dialect::arguments(vm, &args, 1)?;
    let (headers, rows) = (member(vm, &args, table, "headers")?, member(vm, &args, table, "rows")?);
    let mut writer = WriterBuilder::new().delimiter(dialect.delimiter).from_writer(Vec::new());
    let mut records = Vec::new();
    if dialect.has_header && vm.array_len(headers) > 0 {
        records.push(headers);
    }
    records.extend(vm.array_items(rows));
    for (number, &row) in (1..).zip(&records) {
        if !row.is_array() {
            return Err(args.error(&format!("expected an array as row, got {}", brief(vm, row))));
        }
        let cells: Vec<String> = vm.array_items(row).iter().map(|cell| vm.display(cell)).collect();
        writer.write_record(&cells).map_err(|error| match error.kind() {
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                unequal("row", number, *len, *expected_len)
            }
            _ => args.error(&error.to_string()),
        })?;
        if writer.get_ref().len() > STRING_BYTES_MAX {
            args.check_bytes(None)?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| args.error(&e.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    vm.new_string(&text)
}

pub(super) fn csv_select_columns(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CsvSelectColumns, args);
    let table = source(vm, &args)?;
    let wanted = args.array(vm, 1)?;
    let (headers, rows) = (member(vm, &args, table, "headers")?, member(vm, &args, table, "rows")?);
    if vm.array_len(headers) == 0 {
        return Ok(table);
    }
    let mut places = AHashMap::new();
    for (i, header) in vm.array_items(headers).iter().enumerate() {
        places.entry(vm.str(header)).or_insert(i);
    }
    let wanted = vm.array_items(wanted).iter().filter(|name| name.is_string());
    let columns: Vec<usize> =
        wanted.filter_map(|name| places.get(&vm.str(name)).copied()).collect();
    let project = |vm: &mut Vm, row: Value| {
        let cells: Vec<Value> = columns.iter().filter_map(|&i| vm.array_get(row, i)).collect();
        vm.new_array(&cells)
    };
    let headers = project(vm, headers)?;
    let result = vm.new_array_with_capacity(vm.array_len(rows))?;
    for i in 0..vm.array_len(rows) {
        let row = vm.array_get(rows, i).unwrap_or(Value::NULL);
        let row = project(vm, row)?;
        vm.array_push(result, row)?;
    }
    new_table(vm, headers, result)
}

/// The table in argument 0: a table, or the text of one by the options in argument 2.
fn source(vm: &mut Vm, args: &Args<'_>) -> Result<Value, Trap> {
    let Some(text) = vm.str(args.value(0)).map(str::to_owned) else {
        return dict(vm, args, 0);
    };
    let (mut delimiter, mut has_header) = (Value::NULL, Value::NULL);
    if args.optional(2).is_some() {
        let options = dict(vm, args, 2)?;
        delimiter = vm.object_get_str(options, "delimiter").unwrap_or(Value::NULL);
        has_header = vm.object_get_str(options, "hasHeader").unwrap_or(Value::NULL);
    }
    let dialect = Dialect::new(vm, args, delimiter, has_header)?;
    read(vm, &text, &dialect)
}

//! Files, directories and paths.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hyp_bytecode::builtin::Builtin;

use super::args::{Args, STRING_BYTES_MAX};
use crate::access::{Metadata, Place};
use crate::{Cause, Trap, Value, Vm};

/// Whole file as text.
fn read_text(file: &Place<'_>, path: &str) -> Result<String, Trap> {
    let limit = STRING_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    file.open()
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|e| file.failed("read file", &e))?;
    if bytes.len() > STRING_BYTES_MAX {
        return Err(Trap::io(format!(
            "Cannot read file '{path}': it is larger than {STRING_BYTES_MAX} bytes"
        )));
    }
    String::from_utf8(bytes)
        .map_err(|_| Trap::io(format!("Cannot read file '{path}': it is not valid UTF-8")))
}

fn write_text(file: &Place<'_>, content: &str) -> Result<(), Trap> {
    file.create(false)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|e| file.failed("write file", &e))
}

pub(super) fn read_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let path = Args::new(Builtin::ReadFile, args).text(vm, 0)?;
    let text = read_text(&vm.readable(path)?, path)?;
    vm.new_string(&text)
}

pub(super) fn read_lines(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ReadLines, args);
    let path = args.text(vm, 0)?;
    let text = read_text(&vm.readable(path)?, path)?;
    args.check_size(text.lines().count())?;
    let result = vm.new_array_with_capacity(0)?;
    for line in text.lines() {
        let line = vm.new_string(line)?;
        vm.array_push(result, line)?;
    }
    Ok(result)
}

pub(super) fn write_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::WriteFile, args);
    write_text(&vm.writable(args.text(vm, 0)?)?, args.text(vm, 1)?)?;
    Ok(Value::NULL)
}

pub(super) fn write_lines(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::WriteLines, args);
    let lines = args.array(vm, 1)?;
    let lines: Vec<String> = vm.array_items(lines).iter().map(|line| vm.display(line)).collect();
    write_text(&vm.writable(args.text(vm, 0)?)?, &lines.join("\n"))?;
    Ok(Value::NULL)
}

pub(super) fn append_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AppendFile, args);
    let (path, content) = (args.text(vm, 0)?, args.text(vm, 1)?);
    let place = vm.writable(path)?;
    place
        .create(true)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|e| place.failed("write file", &e))?;
    Ok(Value::NULL)
}

/// What is known about the file of argument 0; `None` if there is none.
fn look(vm: &mut Vm, args: &Args<'_>) -> Result<Option<Metadata>, Trap> {
    let place = vm.readable(args.text(vm, 0)?)?;
    match place.metadata() {
        Ok(info) => Ok(Some(info)),
        Err(e) => match place.failed("inspect file", &e) {
            Trap::Error(error) if error.cause == Cause::Script => Ok(None),
            refusal => Err(refusal),
        },
    }
}

/// Tests of one path.
macro_rules! test {
    ($($name:ident = $row:ident($info:ident) $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let info = look(vm, &Args::new(Builtin::$row, args))?;
            Ok(Value::bool(info.is_some_and(|$info| $body)))
        })+
    };
}

test! {
    file_exists = FileExists(_info) true;
    is_file = IsFile(info) info.is_file;
    is_directory = IsDirectory(info) info.is_directory;
}

/// Operations on one path without a result.
macro_rules! act {
    ($($name:ident = $row:ident $action:literal $method:ident;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let place = vm.writable(Args::new(Builtin::$row, args).text(vm, 0)?)?;
            place.$method().map_err(|e| place.failed($action, &e))?;
            Ok(Value::NULL)
        })+
    };
}

act! {
    delete_file = DeleteFile "delete file" remove_file;
    create_directory = CreateDirectory "create directory" create_directory;
}

pub(super) fn delete_directory(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DeleteDirectory, args);
    let is_recursive = vm.truthy(args.value(1));
    let place = vm.writable(args.text(vm, 0)?)?;
    place.remove_directory(is_recursive).map_err(|e| place.failed("delete directory", &e))?;
    Ok(Value::NULL)
}

/// Sorted names of the entries of argument 0 that `keep` accepts, which is told whether an entry is a
/// directory. Names that are not UTF-8 are left out.
fn names(vm: &mut Vm, args: &Args<'_>, keep: fn(bool) -> bool) -> Result<Value, Trap> {
    let place = vm.readable(args.text(vm, 0)?)?;
    let entries = place.entries().map_err(|e| place.failed("list directory", &e))?;
    let mut names: Vec<String> =
        entries.into_iter().filter(|e| keep(e.1)).filter_map(|e| e.0.into_string().ok()).collect();
    names.sort_unstable();
    super::new_strings(vm, &names)
}

pub(super) fn list_directory(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    names(vm, &Args::new(Builtin::ListDirectory, args), |_| true)
}

pub(super) fn list_files(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    names(vm, &Args::new(Builtin::ListFiles, args), |is_directory| !is_directory)
}

pub(super) fn list_directories(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    names(vm, &Args::new(Builtin::ListDirectories, args), |is_directory| is_directory)
}

/// What is known about the file of argument 0.
fn inspect(vm: &mut Vm, args: &Args<'_>) -> Result<Metadata, Trap> {
    let place = vm.readable(args.text(vm, 0)?)?;
    place.metadata().map_err(|e| place.failed("inspect file", &e))
}

pub(super) fn get_file_size(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let info = inspect(vm, &Args::new(Builtin::GetFileSize, args))?;
    Ok(Value::num(info.bytes as f64))
}

pub(super) fn get_file_info(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let info = inspect(vm, &Args::new(Builtin::GetFileInfo, args))?;
    let result = vm.new_object()?;
    vm.object_set_str(result, "size", Value::num(info.bytes as f64))?;
    vm.object_set_str(result, "created", seconds(info.created))?;
    vm.object_set_str(result, "modified", seconds(info.modified))?;
    Ok(result)
}

/// Seconds since 1970; null if unknown.
fn seconds(time: Option<SystemTime>) -> Value {
    match time.map(|time| time.duration_since(UNIX_EPOCH)) {
        Some(Ok(after)) => Value::num(after.as_secs_f64().floor()),
        Some(Err(before)) => Value::num(-before.duration().as_secs_f64().ceil()),
        None => Value::NULL,
    }
}

/// The error of a failed operation on two paths.
fn failed(action: &str, from: &Place<'_>, to: &Place<'_>, error: &io::Error) -> Trap {
    match from.failed(action, error) {
        Trap::Error(e) if e.cause == Cause::Script => Trap::io(format!(
            "Cannot {action} '{}' to '{}': {error}",
            from.path().display(),
            to.path().display()
        )),
        refusal => refusal,
    }
}

/// Copies a file's content into an existing directory; returns its bytes.
fn copy(from: &Place<'_>, to: &Place<'_>) -> io::Result<u64> {
    let mut source = from.open()?;
    if !source.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the source is not a file"));
    }
    let mut target = to.create_beside(false)?;
    let is_same = match (source.identity()?, target.identity()?) {
        (Some(id), Some(other)) => id == other,
        _ => from.real()? == to.real()?,
    };
    if is_same {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "both are the same file"));
    }
    source.copy_to(&mut target)
}

pub(super) fn copy_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CopyFile, args);
    let (from, to) = (vm.readable(args.text(vm, 0)?)?, vm.writable(args.text(vm, 1)?)?);
    let bytes = copy(&from, &to).map_err(|e| failed("copy file", &from, &to, &e))?;
    Ok(Value::num(bytes as f64))
}

pub(super) fn rename_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RenameFile, args);
    let (from, to) = (vm.writable(args.text(vm, 0)?)?, vm.writable(args.text(vm, 1)?)?);
    from.rename(&to, vm.read_rule()).map_err(|e| failed("rename", &from, &to, &e))?;
    Ok(Value::NULL)
}

pub(super) fn copy_directory_recursive(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CopyDirectoryRecursive, args);
    copy_tree(vm, Path::new(args.text(vm, 0)?), Path::new(args.text(vm, 1)?))?;
    Ok(Value::NULL)
}

/// Copies a directory. The work list is complete before the first copy, so that a target inside the
/// source does not copy itself.
fn copy_tree(vm: &Vm, from: &Path, to: &Path) -> Result<(), Trap> {
    /// Deepest nesting; stops at links that lead back up.
    const DEPTH_MAX: usize = 200;
    let (source, target) = (vm.readable(from)?, vm.writable(to)?);
    let check = source.metadata().and_then(|info| match info.is_directory {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "the source is not a directory")),
    });
    check.map_err(|e| failed("copy directory", &source, &target, &e))?;
    let mut directories = vec![(from.to_path_buf(), to.to_path_buf(), 0)];
    let mut files = Vec::new();
    let mut next = 0;
    while let Some((source, target, depth)) = directories.get(next).cloned() {
        next += 1;
        let place = vm.readable(&source)?;
        let fail = |e: &io::Error| place.failed("copy directory", e);
        if depth > DEPTH_MAX {
            return Err(fail(&io::Error::other("the directories are nested too deeply")));
        }
        let mut entries = place.entries().map_err(|e| fail(&e))?;
        // The order shows where a copy fails half-way.
        entries.sort();
        for (name, is_directory) in entries {
            let (path, target) = (source.join(&name), target.join(&name));
            if is_directory {
                directories.push((path, target, depth + 1));
            } else {
                files.push((path, target));
            }
        }
    }
    for (_, target, _) in directories {
        let place = vm.writable(&target)?;
        place.create_directory().map_err(|e| place.failed("create directory", &e))?;
    }
    for (source, target) in files {
        let (from, to) = (vm.readable(&source)?, vm.writable(&target)?);
        copy(&from, &to).map_err(|e| failed("copy file", &from, &to, &e))?;
    }
    Ok(())
}

/// Parts of one path, null if there is none.
macro_rules! part {
    ($($name:ident = $row:ident($path:ident) $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let $path = Path::new(Args::new(Builtin::$row, args).text(vm, 0)?);
            let part: Option<&OsStr> = $body;
            match part.and_then(OsStr::to_str).map(str::to_owned) {
                Some(text) => vm.new_string(&text),
                None => Ok(Value::NULL),
            }
        })+
    };
}

part! {
    get_file_extension = GetFileExtension(path) path.extension();
    get_file_name = GetFileName(path) path.file_stem();
    get_base_name = GetBaseName(path) path.file_name();
    get_parent_directory = GetParentDirectory(path) path.parent().map(Path::as_os_str);
}

pub(super) fn join_path(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::JoinPath, args);
    let mut path = PathBuf::new();
    for i in 0..args.len() {
        path.push(args.text(vm, i)?);
    }
    let text = path.to_string_lossy().into_owned();
    vm.new_string(&text)
}

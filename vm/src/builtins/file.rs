//! Files, directories and paths.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hyp_bytecode::builtin::Builtin;

use super::args::{Args, STRING_BYTES_MAX};
use crate::{Trap, Value, Vm};

/// The error of a failed operation on a path.
fn failed(action: &str, path: &str, error: &io::Error) -> Trap {
    Trap::io(format!("Cannot {action} '{path}': {error}"))
}

/// Whole file as text.
fn read_text(path: &str) -> Result<String, Trap> {
    let limit = STRING_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|e| failed("read file", path, &e))?;
    if bytes.len() > STRING_BYTES_MAX {
        return Err(Trap::io(format!(
            "Cannot read file '{path}': it is larger than {STRING_BYTES_MAX} bytes"
        )));
    }
    String::from_utf8(bytes)
        .map_err(|_| Trap::io(format!("Cannot read file '{path}': it is not valid UTF-8")))
}

fn create_parents(path: &str) -> io::Result<()> {
    match Path::new(path).parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs::create_dir_all(parent),
        _ => Ok(()),
    }
}

fn write_text(path: &str, content: &str) -> Result<(), Trap> {
    create_parents(path)
        .and_then(|()| fs::write(path, content))
        .map_err(|e| failed("write file", path, &e))
}

pub(super) fn read_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let text = read_text(Args::new(Builtin::ReadFile, args).text(vm, 0)?)?;
    vm.new_string(&text)
}

pub(super) fn read_lines(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ReadLines, args);
    let text = read_text(args.text(vm, 0)?)?;
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
    write_text(args.text(vm, 0)?, args.text(vm, 1)?)?;
    Ok(Value::NULL)
}

pub(super) fn write_lines(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::WriteLines, args);
    let lines = args.array(vm, 1)?;
    let lines: Vec<String> = vm.array_items(lines).iter().map(|&line| vm.display(line)).collect();
    write_text(args.text(vm, 0)?, &lines.join("\n"))?;
    Ok(Value::NULL)
}

pub(super) fn append_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AppendFile, args);
    let (path, content) = (args.text(vm, 0)?, args.text(vm, 1)?);
    create_parents(path)
        .and_then(|()| File::options().append(true).create(true).open(path))
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|e| failed("write file", path, &e))?;
    Ok(Value::NULL)
}

/// Tests of one path.
macro_rules! test {
    ($($name:ident = $row:ident($path:ident) $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let $path = Path::new(Args::new(Builtin::$row, args).text(vm, 0)?);
            Ok(Value::bool($body))
        })+
    };
}

test! {
    file_exists = FileExists(path) path.exists();
    is_file = IsFile(path) path.is_file();
    is_directory = IsDirectory(path) path.is_dir();
}

/// Operations on one path without a result.
macro_rules! act {
    ($($name:ident = $row:ident($path:ident) $action:literal $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let $path = Args::new(Builtin::$row, args).text(vm, 0)?;
            $body.map_err(|e| failed($action, $path, &e))?;
            Ok(Value::NULL)
        })+
    };
}

act! {
    delete_file = DeleteFile(path) "delete file" fs::remove_file(path);
    create_directory = CreateDirectory(path) "create directory" fs::create_dir_all(path);
}

pub(super) fn delete_directory(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DeleteDirectory, args);
    let path = args.text(vm, 0)?;
    let recursive = vm.truthy(args.value(1));
    if recursive { fs::remove_dir_all(path) } else { fs::remove_dir(path) }
        .map_err(|e| failed("delete directory", path, &e))?;
    Ok(Value::NULL)
}

/// Sorted names of the entries of argument 0 that `keep` accepts. Names that are not UTF-8 are left
/// out.
fn names(vm: &mut Vm, args: &Args<'_>, keep: fn(&Path) -> bool) -> Result<Value, Trap> {
    let path = args.text(vm, 0)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|e| failed("list directory", path, &e))? {
        let entry = entry.map_err(|e| failed("list directory", path, &e))?;
        if let Ok(name) = entry.file_name().into_string()
            && keep(&entry.path())
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    super::new_strings(vm, &names)
}

pub(super) fn list_directory(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    names(vm, &Args::new(Builtin::ListDirectory, args), |_| true)
}

pub(super) fn list_files(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    names(vm, &Args::new(Builtin::ListFiles, args), |path| !path.is_dir())
}

pub(super) fn list_directories(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    names(vm, &Args::new(Builtin::ListDirectories, args), Path::is_dir)
}

pub(super) fn get_file_size(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let path = Args::new(Builtin::GetFileSize, args).text(vm, 0)?;
    let info = fs::metadata(path).map_err(|e| failed("inspect file", path, &e))?;
    Ok(Value::num(info.len() as f64))
}

pub(super) fn get_file_info(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let path = Args::new(Builtin::GetFileInfo, args).text(vm, 0)?;
    let info = fs::metadata(path).map_err(|e| failed("inspect file", path, &e))?;
    let result = vm.new_object()?;
    vm.object_set_str(result, "size", Value::num(info.len() as f64))?;
    vm.object_set_str(result, "created", seconds(info.created()))?;
    vm.object_set_str(result, "modified", seconds(info.modified()))?;
    Ok(result)
}

/// Seconds since 1970; null if unknown.
fn seconds(time: io::Result<SystemTime>) -> Value {
    match time.map(|time| time.duration_since(UNIX_EPOCH)) {
        Ok(Ok(after)) => Value::num(after.as_secs_f64().floor()),
        Ok(Err(before)) => Value::num(-before.duration().as_secs_f64().ceil()),
        Err(_) => Value::NULL,
    }
}

pub(super) fn copy_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CopyFile, args);
    let (from, to) = (args.text(vm, 0)?, args.text(vm, 1)?);
    let bytes =
        fs::copy(from, to).map_err(|e| failed("copy file", &format!("{from}' to '{to}"), &e))?;
    Ok(Value::num(bytes as f64))
}

pub(super) fn rename_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RenameFile, args);
    let (from, to) = (args.text(vm, 0)?, args.text(vm, 1)?);
    fs::rename(from, to).map_err(|e| failed("rename", &format!("{from}' to '{to}"), &e))?;
    Ok(Value::NULL)
}

pub(super) fn copy_directory_recursive(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CopyDirectoryRecursive, args);
    let (from, to) = (args.text(vm, 0)?, args.text(vm, 1)?);
    copy_tree(Path::new(from), Path::new(to))
        .map_err(|e| failed("copy directory", &format!("{from}' to '{to}"), &e))?;
    Ok(Value::NULL)
}

/// Copies a directory. The work list is complete before the first copy, so that a target inside the
/// source does not copy itself.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    /// Deepest nesting; stops at links that lead back up.
    const DEPTH_MAX: usize = 200;
    if !from.is_dir() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the source is not a directory"));
    }
    let mut directories = vec![(from.to_path_buf(), to.to_path_buf(), 0)];
    let mut files = Vec::new();
    let mut next = 0;
    while let Some((source, target, depth)) = directories.get(next).cloned() {
        next += 1;
        if depth > DEPTH_MAX {
            return Err(io::Error::other("the directories are nested too deeply"));
        }
        for entry in fs::read_dir(&source)? {
            let path = entry?.path();
            let target = target.join(path.file_name().unwrap_or_default());
            if path.is_dir() {
                directories.push((path, target, depth + 1));
            } else {
                files.push((path, target));
            }
        }
    }
    for (_, target, _) in directories {
        fs::create_dir_all(target)?;
    }
    for (source, target) in files {
        fs::copy(source, target)?;
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

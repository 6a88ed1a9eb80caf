//! Files, directories and paths.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::machine::{Machine, Stop};
use super::super::value::{Dict, Key, Value};
use super::{Answer, Call};

impl<'a> Machine<'_, 'a> {
    pub(super) fn file_family(&mut self, call: &Call<'a>) -> Answer<'a> {
        let path = || self.text_arg(call, 0).map(PathBuf::from);
        let inspect = |path: &Path| {
            fs::metadata(path).map_err(|e| self.io_error("inspect file", path, &e, call))
        };
        let done = |action: &str, path: &Path, result: io::Result<()>| {
            result.map(|()| Value::Null).map_err(|e| self.io_error(action, path, &e, call))
        };
        Ok(Some(match call.name {
            "GetTempDirectory" => Value::text(std::env::temp_dir().to_string_lossy()),
            "CurrentTimestamp" => seconds(SystemTime::now()),
            "ReadFile" => Value::text(self.file_text(&path()?, call)?),
            "ReadLines" => {
                let text = self.file_text(&path()?, call)?;
                Value::array(text.lines().map(Value::text).collect())
            }
            "WriteFile" => self.write(&path()?, &self.text_arg(call, 1)?, false, call)?,
            "AppendFile" => self.write(&path()?, &self.text_arg(call, 1)?, true, call)?,
            "WriteLines" => {
                let lines: Vec<String> = self.items(call, 1)?.iter().map(Value::display).collect();
                self.write(&path()?, &lines.join("\n"), false, call)?
            }
            "FileExists" => Value::Bool(path()?.exists()),
            "IsFile" => Value::Bool(path()?.is_file()),
            "IsDirectory" => Value::Bool(path()?.is_dir()),
            "DeleteFile" => {
                let path = path()?;
                done("delete file", &path, fs::remove_file(&path))?
            }
            "CreateDirectory" => {
                let path = path()?;
                done("create directory", &path, fs::create_dir_all(&path))?
            }
            "DeleteDirectory" => {
                let path = path()?;
                let is_recursive = call.value(1).truthy();
                let remove = if is_recursive { fs::remove_dir_all } else { fs::remove_dir };
                done("delete directory", &path, remove(&path))?
            }
            "RenameFile" => {
                let (from, to) = (path()?, PathBuf::from(self.text_arg(call, 1)?));
                fs::rename(&from, &to)
                    .map_err(|e| self.io_error_of_two("rename", &from, &to, &e, call))?;
                Value::Null
            }
            "CopyFile" => {
                let (from, to) = (path()?, PathBuf::from(self.text_arg(call, 1)?));
                let bytes = copy(&from, &to)
                    .map_err(|e| self.io_error_of_two("copy file", &from, &to, &e, call))?;
                Value::Number(bytes as f64)
            }
            "CopyDirectoryRecursive" => {
                let (from, to) = (path()?, PathBuf::from(self.text_arg(call, 1)?));
                copy_tree(&from, &to)
                    .map_err(|e| self.io_error_of_two("copy directory", &from, &to, &e, call))?;
                Value::Null
            }
            "ListDirectory" => self.list(&path()?, |_| true, call)?,
            "ListFiles" => self.list(&path()?, |path| !path.is_dir(), call)?,
            "ListDirectories" => self.list(&path()?, Path::is_dir, call)?,
            "GetFileSize" => Value::Number(inspect(&path()?)?.len() as f64),
            "GetFileInfo" => {
                let info = inspect(&path()?)?;
                let time = |time: io::Result<SystemTime>| time.map_or(Value::Null, seconds);
                let mut dict = Dict::default();
                dict.set(Key::Text("size".into()), Value::Number(info.len() as f64));
                dict.set(Key::Text("created".into()), time(info.created()));
                dict.set(Key::Text("modified".into()), time(info.modified()));
                Value::dict(dict)
            }
            "GetFileExtension" => part(path()?.extension()),
            "GetFileName" => part(path()?.file_stem()),
            "GetBaseName" => part(path()?.file_name()),
            "GetParentDirectory" => part(path()?.parent().map(Path::as_os_str)),
            "JoinPath" => {
                let mut joined = PathBuf::new();
                for i in 0..call.args.len() {
                    joined.push(self.text_arg(call, i)?);
                }
                Value::text(joined.to_string_lossy())
            }
            _ => return Ok(None),
        }))
    }

    fn io_error(&self, action: &str, path: &Path, error: &io::Error, call: &Call<'a>) -> Stop<'a> {
        self.fault("io", format!("Cannot {action} '{}': {error}", path.display()), call.span)
    }

    fn io_error_of_two(
        &self,
        action: &str,
        from: &Path,
        to: &Path,
        error: &io::Error,
        call: &Call<'a>,
    ) -> Stop<'a> {
        let (from, to) = (from.display(), to.display());
        self.fault("io", format!("Cannot {action} '{from}' to '{to}': {error}"), call.span)
    }

    fn file_text(&self, path: &Path, call: &Call<'a>) -> Result<String, Stop<'a>> {
        let bytes = fs::read(path).map_err(|e| self.io_error("read file", path, &e, call))?;
        String::from_utf8(bytes).map_err(|_| {
            let message = format!("Cannot read file '{}': it is not valid UTF-8", path.display());
            self.fault("io", message, call.span)
        })
    }

    /// Replaces a file, or appends to it.
    fn write(
        &self,
        path: &Path,
        text: &str,
        appends: bool,
        call: &Call<'a>,
    ) -> Result<Value<'a>, Stop<'a>> {
        let parents = path.parent().filter(|p| !p.as_os_str().is_empty());
        let old = if appends { fs::read(path).unwrap_or_default() } else { Vec::new() };
        let all = [&old, text.as_bytes()].concat();
        parents
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(path, all))
            .map_err(|e| self.io_error("write file", path, &e, call))?;
        Ok(Value::Null)
    }

    fn list(
        &self,
        path: &Path,
        keep: impl Fn(&Path) -> bool,
        call: &Call<'a>,
    ) -> Result<Value<'a>, Stop<'a>> {
        let entries = entries(path).map_err(|e| self.io_error("list directory", path, &e, call))?;
        let mut names: Vec<String> = entries
            .iter()
            .filter(|entry| keep(entry))
            .filter_map(|entry| Some(entry.file_name()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        Ok(Value::array(names.into_iter().map(Value::text).collect()))
    }
}

fn entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect()
}

fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    if !fs::metadata(from)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the source is not a file"));
    }
    if to.canonicalize().is_ok_and(|to| from.canonicalize().is_ok_and(|from| from == to)) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "both are the same file"));
    }
    fs::copy(from, to)
}

/// What is to be copied is known before the first copy.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    if !fs::metadata(from)?.is_dir() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the source is not a directory"));
    }
    let mut open = VecDeque::from([(from.to_path_buf(), to.to_path_buf())]);
    let (mut directories, mut files) = (Vec::new(), VecDeque::new());
    while let Some((from, to)) = open.pop_front() {
        let mut found = entries(&from)?;
        found.sort();
        for entry in found {
            let target = to.join(entry.file_name().unwrap_or_default());
            if entry.is_dir() { &mut open } else { &mut files }.push_back((entry, target));
        }
        directories.push(to);
    }
    directories.iter().try_for_each(fs::create_dir_all)?;
    files.iter().try_for_each(|(from, to)| copy(from, to).map(|_| ()))
}

/// Whole seconds since 1970.
fn seconds<'a>(time: SystemTime) -> Value<'a> {
    let after = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Value::Number(after.as_secs_f64().floor())
}

fn part<'a>(part: Option<&std::ffi::OsStr>) -> Value<'a> {
    part.map_or(Value::Null, |text| Value::text(text.to_string_lossy()))
}

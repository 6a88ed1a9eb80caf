//! File operations within granted paths.
//!
//! A granted directory is opened once, when the program starts; operations open what lies beneath it
//! relative to that handle, one component at a time, so neither `..` nor a link nor a rename leads
//! out of it. Strings only select the granted directory. Where grants and denials overlap, the real
//! path of the handle that was opened decides, not the path that was asked for.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use hyp_bytecode::builtin::Capability;

use super::fault::{self, File, FileFault};
use super::{Grant, Scope, absolute, denied};
use crate::error::Trap;

/// What is granted of reading, or of writing.
pub(crate) enum Rule {
    /// Everything: paths are used as they are.
    Free,
    /// What the lists say.
    Lists(Lists),
}

/// Granted and denied paths, all canonical.
pub(crate) struct Lists {
    /// Granted paths; `None` grants everything.
    allow: Option<Vec<PathBuf>>,
    deny: Vec<PathBuf>,
    /// Opened directories that contain everything granted, with their paths as given and canonical.
    roots: Vec<Root>,
}

struct Root {
    names: [PathBuf; 2],
    dir: Dir,
}

impl Rule {
    pub(super) fn new(grant: &Grant) -> Rule {
        let paths = |scope: &Scope| match scope {
            Scope::Nothing => Some(Vec::new()),
            Scope::Only(paths) => Some(paths.iter().map(|p| absolute(Path::new(p))).collect()),
            Scope::Everything => None,
        };
        // What denies everything grants nothing; a list of denials holds for renames too.
        let (allow, deny) = match paths(&grant.deny) {
            None => (Some(Vec::new()), Vec::new()),
            Some(deny) => (paths(&grant.allow), deny.iter().map(|path| canonical(path)).collect()),
        };
        if allow.is_none() && deny.is_empty() {
            return Rule::Free;
        }
        let given = allow.clone().unwrap_or_else(|| vec![filesystem_root()]);
        let roots = given.iter().filter_map(|path| Root::open(path)).collect();
        let allow = allow.map(|allow| allow.iter().map(|path| canonical(path)).collect());
        Rule::Lists(Lists { allow, deny, roots })
    }

    pub(super) fn place<'a>(
        &'a self,
        capability: Capability,
        path: &'a Path,
        fault: Option<&'a FileFault>,
    ) -> Result<Place<'a>, Trap> {
        let place = |within| Place { path, capability, within, fault };
        match self {
            Rule::Free => Ok(place(None)),
            Rule::Lists(lists) => match lists.find(&absolute(path)) {
                Some((root, relative)) => {
                    let Root { names: [_, name], dir } = root;
                    Ok(place(Some(Within { lists, root: name, dir, relative })))
                }
                None => Err(denied(capability, &path.display())),
            },
        }
    }
}

impl Rule {
    /// Refuses a move after which these rules of reading would no longer hold.
    fn check_move(&self, from: &Path, to: &Path) -> io::Result<()> {
        match self {
            Rule::Lists(lists) if !lists.outlast_move(from, to) => {
                let refused = Refused { capability: Some(Capability::Read) };
                Err(io::Error::new(ErrorKind::PermissionDenied, refused))
            }
            _ => Ok(()),
        }
    }
}

impl Root {
    /// Opens a granted directory, or the directory of a granted file.
    fn open(path: &Path) -> Option<Root> {
        let directory = if path.is_dir() { path } else { path.parent()? };
        let dir = Dir::open_ambient_dir(directory, ambient_authority()).ok()?;
        Some(Root { names: [directory.to_path_buf(), canonical(directory)], dir })
    }
}

impl Lists {
    /// The root that a path lies beneath, and the rest of the path.
    fn find(&self, path: &Path) -> Option<(&Root, PathBuf)> {
        // As it is written, else by where its existing part really is.
        [path.to_path_buf(), canonical(path)].iter().find_map(|path| {
            let mut all = self.roots.iter().flat_map(|r| r.names.iter().map(move |n| (r, n)));
            all.find_map(|(root, name)| {
                let rest = path.strip_prefix(name).ok()?;
                let is_empty = rest.as_os_str().is_empty();
                Some((root, if is_empty { PathBuf::from(".") } else { rest.to_path_buf() }))
            })
        })
    }

    /// Whether a real path is granted.
    fn covers(&self, real: &Path) -> bool {
        let lies_in = |paths: &[PathBuf]| paths.iter().any(|path| real.starts_with(path));
        self.allow.as_deref().is_none_or(lies_in) && !lies_in(&self.deny)
    }

    /// Whether moving what is at a real path to another one leaves the rules in force: denials are
    /// bound to paths, so nothing that one is about may move, and nothing may come to be granted.
    fn outlast_move(&self, from: &Path, to: &Path) -> bool {
        let overlaps = |path: &Path, paths: &[PathBuf]| {
            paths.iter().any(|other| path.starts_with(other) || other.starts_with(path))
        };
        let grants = self.allow.as_deref().is_none_or(|allow| overlaps(to, allow));
        !overlaps(from, &self.deny) && !overlaps(to, &self.deny) && (!grants || self.covers(from))
    }
}

/// A path on which file operations act. The operations behave like those of [`std::fs`]; what is not
/// granted fails with [`ErrorKind::PermissionDenied`], which [`Place::failed`] tells apart.
pub(crate) struct Place<'a> {
    path: &'a Path,
    capability: Capability,
    /// `None`: everything is granted.
    within: Option<Within<'a>>,
    fault: Option<&'a FileFault>,
}

struct Within<'a> {
    lists: &'a Lists,
    /// The root's path, canonical when it was opened.
    root: &'a Path,
    dir: &'a Dir,
    relative: PathBuf,
}

/// Marks an I/O error as a refusal of ours.
#[derive(Debug)]
struct Refused {
    /// What is not granted, if it is not what the place is for.
    capability: Option<Capability>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not granted")
    }
}

impl std::error::Error for Refused {}

fn refused() -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, Refused { capability: None })
}

impl Within<'_> {
    fn check(&self, real: &Path) -> io::Result<()> {
        if self.lists.covers(real) { Ok(()) } else { Err(refused()) }
    }

    /// The opened directory that holds the path's last component, that component, and where it is.
    fn parent(&self) -> io::Result<(Dir, PathBuf, PathBuf)> {
        let name = match self.relative.components().next_back() {
            Some(Component::Normal(name)) => PathBuf::from(name),
            // The root itself, or a path that ends in `..`.
            _ => return Err(refused()),
        };
        let parent = self.relative.parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let dir = self.dir.open_dir(parent).map_err(confine)?;
        let real = real_path(&dir, &self.root.join(parent))?.join(&name);
        self.check(&real)?;
        Ok((dir, name, real))
    }

    /// Opens a file; `options` do not create it.
    fn open(&self, options: &OpenOptions) -> io::Result<fs::File> {
        let file = self.dir.open_with(&self.relative, options).map_err(|e| self.explain(e))?;
        self.check(&real_path(&file, &self.root.join(&self.relative))?)?;
        Ok(file.into_std())
    }

    /// A failure says nothing about what is not granted.
    fn explain(&self, error: io::Error) -> io::Error {
        match self.real() {
            Ok(real) if !self.lists.covers(&real) => refused(),
            _ => confine(error),
        }
    }

    /// Where the path really leads.
    fn real(&self) -> io::Result<PathBuf> {
        let relative = self.dir.canonicalize(&self.relative).map_err(confine)?;
        Ok(real_path(self.dir, self.root)?.join(relative))
    }
}

/// What cap-std says when a path leads out of the directory is a refusal.
fn confine(error: io::Error) -> io::Error {
    let leads_out = error.kind() == ErrorKind::PermissionDenied && error.raw_os_error().is_none();
    if leads_out { refused() } else { error }
}

impl Place<'_> {
    /// The path as the program wrote it.
    pub(crate) fn path(&self) -> &Path {
        self.path
    }

    /// Where an existing path really leads.
    ///
    /// # Errors
    /// As [`std::fs::canonicalize`].
    pub(crate) fn real(&self) -> io::Result<PathBuf> {
        self.check()?;
        match &self.within {
            None => fs::canonicalize(self.path),
            Some(within) => within.real(),
        }
    }

    /// The error of an operation on this place that failed.
    #[must_use]
    pub(crate) fn failed(&self, action: &str, error: &io::Error) -> Trap {
        if let Some(refused) = error.get_ref().and_then(|e| e.downcast_ref::<Refused>()) {
            let capability = refused.capability.unwrap_or(self.capability);
            return denied(capability, &self.path.display());
        }
        Trap::io(format!("Cannot {action} '{}': {error}", self.path.display()))
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// As [`std::fs::File::open`].
    pub(crate) fn open(&self) -> io::Result<File> {
        self.check()?;
        let inner = match &self.within {
            None => fs::File::open(self.path)?,
            Some(within) => within.open(OpenOptions::new().read(true))?,
        };
        Ok(self.file(inner))
    }

    fn file(&self, inner: fs::File) -> File {
        File { inner, fault: self.fault.cloned() }
    }

    /// Counts an operation, which may be one that fails.
    fn check(&self) -> io::Result<()> {
        fault::check(self.fault)
    }

    /// Opens a file for writing, after creating it and the directories above it if they are missing.
    /// `keeps` says whether it is appended to; otherwise it is emptied.
    ///
    /// # Errors
    /// As [`std::fs::OpenOptions::open`].
    pub(crate) fn create(&self, keeps: bool) -> io::Result<File> {
        self.check()?;
        match &self.within {
            None => create_parents(self.path)?,
            Some(within) => {
                let parent = within.relative.parent().filter(|p| !p.as_os_str().is_empty());
                if let Some(parent) = parent {
                    within.check(&canonical(&absolute(self.path)))?;
                    within.dir.create_dir_all(parent).map_err(confine)?;
                }
            }
        }
        let file = self.create_beside(keeps)?;
        if !keeps {
            file.clear()?;
        }
        Ok(file)
    }

    /// As [`Place::create`], but the directory must exist, and the file is not emptied.
    ///
    /// # Errors
    /// As [`std::fs::OpenOptions::open`].
    pub(crate) fn create_beside(&self, keeps: bool) -> io::Result<File> {
        self.check()?;
        self.create_file(keeps).map(|inner| self.file(inner))
    }

    fn create_file(&self, keeps: bool) -> io::Result<fs::File> {
        let Some(within) = &self.within else {
            let mut options = fs::File::options();
            return options
                .create(true)
                .append(keeps)
                .write(!keeps)
                .truncate(false)
                .open(self.path);
        };
        // An existing file may be a link, so that what is opened decides. A new one is where its
        // directory is.
        match within.open(OpenOptions::new().write(!keeps).append(keeps)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let (dir, name, _) = within.parent()?;
                let mut options = OpenOptions::new();
                options.create_new(true).write(!keeps).append(keeps);
                Ok(dir.open_with(name, &options).map_err(confine)?.into_std())
            }
            result => result,
        }
    }

    /// What is known about a file or directory.
    ///
    /// # Errors
    /// As [`std::fs::metadata`].
    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.check()?;
        let Some(within) = &self.within else {
            return fs::metadata(self.path).map(Metadata::from);
        };
        within.check(&within.real()?)?;
        let info = within.dir.metadata(&within.relative).map_err(confine)?;
        Ok(Metadata {
            is_file: info.is_file(),
            is_directory: info.is_dir(),
            bytes: info.len(),
            created: info.created().map(cap_std::time::SystemTime::into_std).ok(),
            modified: info.modified().map(cap_std::time::SystemTime::into_std).ok(),
        })
    }

    /// The entries of a directory: name, and whether it is a directory. A link counts as what it
    /// leads to.
    ///
    /// # Errors
    /// As [`std::fs::read_dir`].
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, bool)>> {
        self.check()?;
        let Some(within) = &self.within else {
            let mut entries = Vec::new();
            for entry in fs::read_dir(self.path)? {
                let entry = entry?;
                entries.push((entry.file_name(), entry.path().is_dir()));
            }
            return Ok(entries);
        };
        let dir = within.dir.open_dir(&within.relative).map_err(|e| within.explain(e))?;
        within.check(&real_path(&dir, &within.root.join(&within.relative))?)?;
        let mut entries = Vec::new();
        for entry in dir.entries()? {
            let name = entry?.file_name();
            let is_directory = dir.is_dir(&name);
            entries.push((name, is_directory));
        }
        Ok(entries)
    }

    /// Creates a directory and those above it.
    ///
    /// # Errors
    /// As [`std::fs::create_dir_all`].
    pub(crate) fn create_directory(&self) -> io::Result<()> {
        self.check()?;
        let Some(within) = &self.within else { return fs::create_dir_all(self.path) };
        within.check(&canonical(&absolute(self.path)))?;
        within.dir.create_dir_all(&within.relative).map_err(confine)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// As [`std::fs::remove_file`].
    pub(crate) fn remove_file(&self) -> io::Result<()> {
        self.check()?;
        let Some(within) = &self.within else { return fs::remove_file(self.path) };
        let (dir, name, _) = within.parent()?;
        dir.remove_file(name)
    }

    /// Removes a directory, with its content if `is_recursive`.
    ///
    /// # Errors
    /// As [`std::fs::remove_dir`] and [`std::fs::remove_dir_all`]. With its content only if nothing
    /// in it is denied.
    pub(crate) fn remove_directory(&self, is_recursive: bool) -> io::Result<()> {
        self.check()?;
        let Some(within) = &self.within else {
            return if is_recursive {
                fs::remove_dir_all(self.path)
            } else {
                fs::remove_dir(self.path)
            };
        };
        let (dir, name, real) = within.parent()?;
        if !is_recursive {
            return dir.remove_dir(name);
        }
        if within.lists.deny.iter().any(|path| path.starts_with(&real)) {
            return Err(refused());
        }
        dir.remove_dir_all(name)
    }

    /// Renames a file or directory. `read` says what may be read.
    ///
    /// # Errors
    /// As [`std::fs::rename`]. Refused if a denial is about either path or what lies beneath it, and if
    /// what could not be read could be read under its new name.
    pub(crate) fn rename(&self, to: &Place<'_>, read: &Rule) -> io::Result<()> {
        self.check()?;
        if let (Some(from), Some(to)) = (&self.within, &to.within) {
            let (old, new) = (from.parent()?, to.parent()?);
            if !from.lists.outlast_move(&old.2, &new.2) {
                return Err(refused());
            }
            read.check_move(&old.2, &new.2)?;
            old.0.rename(old.1, &new.0, new.1)
        } else {
            read.check_move(&entry(self.path), &entry(to.path))?;
            fs::rename(self.path, to.path)
        }
    }
}

/// What is known about a file or directory.
pub(crate) struct Metadata {
    /// Whether it is a regular file.
    pub(crate) is_file: bool,
    /// Whether it is a directory.
    pub(crate) is_directory: bool,
    /// Size.
    pub(crate) bytes: u64,
    /// When it was created, if the system knows.
    pub(crate) created: Option<std::time::SystemTime>,
    /// When its content last changed, if the system knows.
    pub(crate) modified: Option<std::time::SystemTime>,
}

impl From<fs::Metadata> for Metadata {
    fn from(info: fs::Metadata) -> Metadata {
        Metadata {
            is_file: info.is_file(),
            is_directory: info.is_dir(),
            bytes: info.len(),
            created: info.created().ok(),
            modified: info.modified().ok(),
        }
    }
}

fn create_parents(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs::create_dir_all(parent),
        _ => Ok(()),
    }
}

fn filesystem_root() -> PathBuf {
    absolute(Path::new(".")).ancestors().last().unwrap_or(Path::new("/")).to_path_buf()
}

/// The canonical form of an absolute path; of one that does not exist, that of the part which does,
/// with the rest.
fn canonical(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return rest.iter().rev().fold(real, |path, name| path.join(name));
        }
        rest.extend(ancestor.file_name());
    }
    path.to_path_buf()
}

/// Where a name really is; a link stays one.
fn entry(path: &Path) -> PathBuf {
    let path = absolute(path);
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => canonical(parent).join(name),
        _ => canonical(&path),
    }
}

/// The path of an open file or directory.
#[cfg(target_os = "linux")]
fn real_path(handle: &impl std::os::fd::AsRawFd, opened: &Path) -> io::Result<PathBuf> {
    let _ = opened;
    fs::read_link(format!("/proc/self/fd/{}", handle.as_raw_fd()))
}

/// The path of an open file or directory, as far as its name still leads there.
#[cfg(not(target_os = "linux"))]
fn real_path<T>(_handle: &T, opened: &Path) -> io::Result<PathBuf> {
    opened.canonicalize()
}

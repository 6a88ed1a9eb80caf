//! Imports to files.
//!
//! Every module is known by its canonical path, so links and different spellings lead to one module.
//! Names in messages and in compiled programs are relative to the directory of the main file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hyp_compiler::link::{Found, Loader, Reference, Refusal};
use hyp_grammar::diagnostic::Code;
use hyp_grammar::source::MAX_SOURCE_BYTES;

use crate::layer::Layers;
use crate::manifest::{MANIFEST_FILE, MODULES_DIRECTORY, Manifest};
use crate::path::{relative, simplified};
use crate::{Lock, PackageError, check_name, is_current, read_bounded};

/// Files that an import of a directory without manifest means, in this order.
pub const MAIN_OF_DIRECTORY: [&str; 2] = ["lib.hyp", "main.hyp"];

/// What a loader finds, or why not.
type Outcome<T> = std::result::Result<T, Refusal>;

/// A package that a module belongs to.
struct Package {
    /// Its canonical directory.
    root: PathBuf,
    /// Its directory as people know it: a dependency may be a link.
    shown: PathBuf,
    /// The name of a dependency; the main program's own packages have none.
    dependency: Option<String>,
    manifest: Manifest,
    layers: Layers,
}

/// Finds modules in the file system.
pub struct FileLoader {
    /// Canonical path of the main file, or of a file that could stand in its place.
    main: PathBuf,
    main_name: String,
    /// Packages by the canonical directories that belong to them.
    packages: HashMap<PathBuf, Option<Rc<Package>>>,
    /// Lock files by the directory of their package.
    locks: HashMap<PathBuf, Option<Rc<Lock>>>,
}

impl FileLoader {
    /// A loader for the program whose main file is at `main`; `-`, standard input, stands for a
    /// file in the working directory.
    ///
    /// # Errors
    /// If the file does not exist.
    pub fn new(main: &Path) -> std::io::Result<Self> {
        let (name, main) = if main.as_os_str() == "-" {
            let name = "<stdin>";
            (name.to_owned(), std::env::current_dir()?.canonicalize()?.join(name))
        } else {
            let name = main.file_name().unwrap_or_default();
            (name.to_string_lossy().into_owned(), main.canonicalize()?)
        };
        Ok(Self { main, main_name: name, packages: HashMap::new(), locks: HashMap::new() })
    }

    /// The id of the main module.
    #[must_use]
    pub fn main_id(&self) -> String {
        self.main.to_string_lossy().into_owned()
    }

    /// The name of the main module: its file without directories.
    #[must_use]
    pub fn main_name(&self) -> &str {
        &self.main_name
    }

    /// The path of a module for people, from the path of the main file as they wrote it.
    #[must_use]
    pub fn shown_path(main: &Path, name: &str) -> PathBuf {
        simplified(&main.parent().unwrap_or(Path::new("")).join(name))
    }

    fn main_directory(&self) -> &Path {
        self.main.parent().unwrap_or(Path::new("/"))
    }

    // Packages.

    /// The package that a canonical path lies in: the dependency around it, else that of the
    /// nearest manifest. A manifest inside a dependency does not take a directory out of it.
    fn package_of(&mut self, file: &Path) -> Outcome<Option<Rc<Package>>> {
        let mut passed = Vec::new();
        let mut found: Option<Rc<Package>> = None;
        for directory in file.ancestors().skip(1) {
            if let Some(known) = self.packages.get(directory) {
                let is_dependency = known.as_ref().is_some_and(|p| p.dependency.is_some());
                if is_dependency || found.is_none() {
                    found.clone_from(known);
                }
                break;
            }
            passed.push(directory);
            if !directory.join(MANIFEST_FILE).is_file() {
                continue;
            }
            let dependency = dependency_name(directory);
            let is_dependency = dependency.is_some();
            if is_dependency || found.is_none() {
                found = Some(self.read_package(directory, directory.to_path_buf(), dependency)?);
            }
            if is_dependency {
                break;
            }
        }
        // What lies above the package does not belong to it.
        let root = found.as_ref().map(|p| p.root.clone());
        for directory in passed {
            if root.as_ref().is_none_or(|root| directory.starts_with(root)) {
                self.packages.insert(directory.to_path_buf(), found.clone());
            }
        }
        Ok(found)
    }

    fn read_package(
        &self,
        root: &Path,
        shown: PathBuf,
        dependency: Option<String>,
    ) -> Outcome<Rc<Package>> {
        let manifest = Manifest::read(root).map_err(|e| self.refused(&e))?;
        let layers = manifest.layers().map_err(|e| self.refused(&e))?;
        Ok(Rc::new(Package { root: root.to_path_buf(), shown, dependency, manifest, layers }))
    }

    /// An error of a package as a reason; paths are relative to the main file.
    fn refused(&self, error: &PackageError) -> Refusal {
        match &error.path {
            Some(path) => Refusal::new(format!("{}: {}", self.shown(path), error.message)),
            None => Refusal::new(error.message.clone()),
        }
    }

    fn lock_of(&mut self, root: &Path) -> Outcome<Option<Rc<Lock>>> {
        if let Some(known) = self.locks.get(root) {
            return Ok(known.clone());
        }
        let lock = Lock::read(root).map_err(|e| self.refused(&e))?.map(Rc::new);
        self.locks.insert(root.to_path_buf(), lock.clone());
        Ok(lock)
    }

    /// The package `name` as the package `importer` sees it.
    fn dependency(&mut self, importer: &Package, name: &str) -> Outcome<Rc<Package>> {
        let anchor = importer.manifest.anchor(name);
        let anchor = anchor.filter(|a| !a.is_deep || importer.dependency.is_none());
        let Some(anchor) = anchor else {
            let manifest = self.shown(importer.manifest.path());
            let reason = format!("package `{name}` is not among the anchors of {manifest}");
            let help = format!("`hypc add {name} --version RANGE` adds it");
            return Err(Refusal::new(reason).with_help(help));
        };
        let Some(home) = home_of(importer, name) else {
            let reason = format!("package `{name}` is not installed");
            return Err(Refusal::new(reason).with_help("`hypc install` installs it"));
        };
        let shown = home.join(MODULES_DIRECTORY).join(name);
        let root = shown.canonicalize().map_err(|e| Refusal::new(format!("{e}")))?;
        if let Some(Some(known)) = self.packages.get(&root)
            && known.dependency.is_some()
        {
            return Ok(Rc::clone(known));
        }
        let package = self.read_package(&root, shown, Some(name.to_owned()))?;
        let version = package.manifest.version().map_err(|e| self.refused(&e))?;
        let requirement = importer.manifest.requirement(&anchor).map_err(|e| self.refused(&e))?;
        if !requirement.matches(&version) {
            let wanted = &anchor.requirement;
            let reason = format!("package `{name}` is version {version}, not {wanted}");
            return Err(Refusal::new(reason).with_help("`hypc install` looks for another one"));
        }
        if let Some(lock) = self.lock_of(&home)? {
            let Some(locked) = lock.packages.get(name) else {
                let reason = format!("package `{name}` is not in the lock file");
                return Err(Refusal::new(reason).with_help("`hypc install` locks it"));
            };
            is_current(&home, name, locked).map_err(|e| self.refused(&e))?;
        }
        self.packages.insert(root, Some(Rc::clone(&package)));
        Ok(package)
    }

    // Paths.

    /// A path without its root directory for messages: relative to the main file.
    fn shown(&self, path: &Path) -> String {
        relative(self.main_directory(), path)
    }

    /// Checks a file that an import leads to, and names it.
    fn found(&mut self, importer: &Path, file: &Path) -> Outcome<Found> {
        let path = file.canonicalize().map_err(|error| missing(&error))?;
        let target = self.package_of(&path)?;
        let own = self.package_of(importer)?;
        if let Some(own) = &own
            && let Some(name) = &own.dependency
            && !path.starts_with(&own.root)
        {
            return Err(Refusal::new(format!("it lies outside of the package `{name}`")));
        }
        if let (Some(own), Some(target)) = (&own, &target)
            && own.root == target.root
        {
            check_layers(own, importer, &path)?;
        }
        self.named(&path, target.as_deref())
    }

    fn named(&self, path: &Path, package: Option<&Package>) -> Outcome<Found> {
        let id = path.to_str().ok_or_else(|| Refusal::new("its path is not a text"))?;
        let inside = package.and_then(|p| Some((p, path.strip_prefix(&p.root).ok()?)));
        let name = match inside {
            Some((package, rest)) => self.shown(&package.shown.join(rest)),
            None => self.shown(path),
        };
        Ok(Found { id: id.to_owned(), name })
    }

    /// The file that a path without manifest means: itself, with `.hyp`, or the main file of a
    /// directory.
    fn file_at(&mut self, path: &Path) -> Outcome<PathBuf> {
        if path.extension().is_none() {
            let mut name = path.as_os_str().to_os_string();
            name.push(".hyp");
            let file = PathBuf::from(name);
            if file.is_file() || !path.is_dir() {
                return Ok(file);
            }
        }
        if !path.is_dir() {
            return Ok(path.to_path_buf());
        }
        if path.join(MANIFEST_FILE).is_file() {
            let manifest = Manifest::read(path).map_err(|e| self.refused(&e))?;
            return Ok(path.join(manifest.entry()));
        }
        let files = MAIN_OF_DIRECTORY.map(|name| path.join(name));
        match files.into_iter().find(|file| file.is_file()) {
            Some(file) => Ok(file),
            None => Err(Refusal::new(format!(
                "it is a directory without {MANIFEST_FILE}, {} or {}",
                MAIN_OF_DIRECTORY[0], MAIN_OF_DIRECTORY[1]
            ))),
        }
    }

    fn package_file(&mut self, importer: &Path, name: &str, rest: &str) -> Outcome<Found> {
        let Some(own) = self.package_of(importer)? else {
            let reason = format!(
                "it is neither a path nor a package: there is no {MANIFEST_FILE} in the \
                 directory of this file or above it"
            );
            let help = format!("write `\"./{name}\"` for a file");
            return Err(Refusal::new(reason).with_help(help));
        };
        let package = self.dependency(&own, name)?;
        let file = if rest.is_empty() {
            package.root.join(package.manifest.entry())
        } else {
            self.file_at(&package.root.join(rest))?
        };
        let path = file.canonicalize().map_err(|error| missing(&error))?;
        if !path.starts_with(&package.root) {
            return Err(Refusal::new(format!("it lies outside of the package `{name}`")));
        }
        self.named(&path, Some(&package))
    }
}

impl Loader for FileLoader {
    fn find(&mut self, importer: &str, reference: Reference<'_>) -> Outcome<Found> {
        let importer = PathBuf::from(importer);
        let directory = importer.parent().unwrap_or(Path::new("/")).to_path_buf();
        match reference {
            Reference::Text(text) if text.contains('\0') || text.is_empty() => {
                Err(Refusal::new("it is not a path"))
            }
            Reference::Text(text) if is_path(text) => {
                let file = self.file_at(&directory.join(text))?;
                self.found(&importer, &file)
            }
            Reference::Text(text) => {
                let (name, rest) = split_package(text);
                check_name(name).map_err(|e| Refusal::new(e.message))?;
                self.package_file(&importer, name, rest)
            }
            Reference::Name(name) => {
                let own = self.package_of(&importer)?;
                if own.is_some_and(|own| own.manifest.anchor(name).is_some()) {
                    return self.package_file(&importer, name, "");
                }
                self.found(&importer, &directory.join(format!("{name}.hyp")))
            }
        }
    }

    fn read(&mut self, id: &str) -> Outcome<Vec<u8>> {
        read_bounded(Path::new(id), MAX_SOURCE_BYTES).map_err(|error| missing(&error))
    }
}

/// Whether the text of an import is a path and not the name of a package.
fn is_path(text: &str) -> bool {
    let starts = ["./", "../", "/"];
    starts.iter().any(|start| text.starts_with(start))
        || matches!(text, "." | "..")
        || Path::new(text).extension().is_some_and(|e| e == "hyp")
}

/// `name/rest` or `@scope/name/rest`.
fn split_package(text: &str) -> (&str, &str) {
    let skipped =
        if text.starts_with('@') { text.find('/').map_or(text.len(), |at| at + 1) } else { 0 };
    match text[skipped..].find('/') {
        Some(at) => (&text[..skipped + at], &text[skipped + at + 1..]),
        None => (text, ""),
    }
}

/// The name of the dependency whose directory this is, if it is one.
fn dependency_name(directory: &Path) -> Option<String> {
    let parts: Vec<&str> = directory.iter().map(|part| part.to_str().unwrap_or("")).collect();
    match parts.as_slice() {
        [.., MODULES_DIRECTORY, name] => Some((*name).to_owned()),
        [.., MODULES_DIRECTORY, scope, name] if scope.starts_with('@') => {
            Some(format!("{scope}/{name}"))
        }
        _ => None,
    }
}

/// The directory whose `trance_modules` has a package: that of the importer, or the one that the
/// importer itself is installed in.
fn home_of(importer: &Package, name: &str) -> Option<PathBuf> {
    let has = |home: &Path| home.join(MODULES_DIRECTORY).join(name).is_dir();
    if has(&importer.root) {
        return Some(importer.root.clone());
    }
    let installed = importer.shown.ancestors().skip(1);
    let mut installed = installed.filter(|d| d.file_name().is_some_and(|n| n == MODULES_DIRECTORY));
    let home = installed.next().and_then(Path::parent)?;
    (importer.dependency.is_some() && has(home)).then(|| home.to_path_buf())
}

fn check_layers(package: &Package, importer: &Path, target: &Path) -> Outcome<()> {
    if package.layers.is_empty() {
        return Ok(());
    }
    let (from, to) = (relative(&package.root, importer), relative(&package.root, target));
    package.layers.check(&from, &to).map_err(|(reason, help)| Refusal {
        code: Code::LayerViolation,
        reason,
        help: Some(help),
    })
}

/// The reason of a file that cannot be read, without its path.
fn missing(error: &std::io::Error) -> Refusal {
    match error.kind() {
        std::io::ErrorKind::NotFound => Refusal::new("there is no such file"),
        _ => Refusal::new(error.to_string()),
    }
}

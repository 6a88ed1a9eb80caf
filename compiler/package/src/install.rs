//! Choosing versions and putting packages into `trance_modules`.
//!
//! A program has one version of each package. Candidates are what is installed already, the
//! directory that a `path:` requirement names, and the packages in source directories; of those
//! that satisfy every requirement the highest version is taken. A choice can add requirements, so
//! choosing is repeated until it is stable.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use semver::Version;

use crate::integrity::{copy, integrity};
use crate::manifest::{MANIFEST_FILE, MODULES_DIRECTORY, Manifest};
use crate::path::simplified;
use crate::{Lock, Locked, PackageError, Requirement, Result, check_name};

/// Rounds of choosing before contradictory requirements are given up.
const ROUNDS_MAX: usize = 100;

/// Most packages of a program.
const PACKAGES_MAX: usize = 2_000;

/// How to install.
#[derive(Clone, Debug, Default)]
pub struct InstallOptions {
    /// Directories that hold packages as `NAME/` or `NAME/VERSION/`.
    pub sources: Vec<PathBuf>,
    /// Change nothing; fail if anything would change.
    pub locked: bool,
}

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it came from, as in the lock file.
    pub source: String,
    /// It was copied by this installation.
    pub is_new: bool,
}

/// Somebody's requirement of a package.
#[derive(Clone)]
struct Demand {
    by: String,
    /// Directory of the manifest that says so.
    base: PathBuf,
    text: String,
    requirement: Requirement,
}

/// A package that may be taken.
#[derive(Clone)]
struct Candidate {
    directory: PathBuf,
    source: String,
    version: Version,
    manifest: Manifest,
}

/// Installs the dependencies of the package in `root` and writes the lock file.
///
/// # Errors
/// A requirement that nothing satisfies, a broken package, the file system.
pub fn install(root: &Path, options: &InstallOptions) -> Result<Vec<Installed>> {
    let manifest = Manifest::read(root)?;
    let chosen = choose(&manifest, options)?;
    let before = Lock::read(root)?.unwrap_or_default();
    let mut lock = Lock::default();
    let mut report = Vec::new();
    for (name, candidate) in &chosen {
        let target = root.join(MODULES_DIRECTORY).join(name);
        let hash = integrity(&candidate.directory)?;
        let is_new = candidate.directory != target && !has_integrity(&target, &hash);
        if is_new && !options.locked {
            put(&candidate.directory, &target)?;
        }
        let version = candidate.version.to_string();
        // What lies in its place already came from where the lock file says.
        let known = before.packages.get(name).filter(|l| {
            candidate.source == MODULES_DIRECTORY
                && l.version == version
                && l.integrity.as_ref() == Some(&hash)
        });
        let source = known.map_or(&candidate.source, |l| &l.source).clone();
        let anchors = candidate.manifest.anchors();
        let dependencies = anchors
            .iter()
            .filter(|a| !a.is_deep)
            .filter_map(|a| Some((a.name.clone(), chosen.get(&a.name)?.version.to_string())));
        let dependencies = dependencies.collect();
        let locked = Locked {
            version: version.clone(),
            source: source.clone(),
            integrity: Some(hash),
            dependencies,
        };
        lock.packages.insert(name.clone(), locked);
        report.push(Installed { name: name.clone(), version, source, is_new });
    }
    finish(root, options, &lock, &before, &report)?;
    Ok(report)
}

fn finish(
    root: &Path,
    options: &InstallOptions,
    lock: &Lock,
    before: &Lock,
    report: &[Installed],
) -> Result<()> {
    if !options.locked {
        return lock.write(root);
    }
    match report.iter().find(|p| p.is_new) {
        Some(package) => Err(PackageError::new(format!(
            "`{}` is not installed as its source has it; run `hypc install` without `--locked`",
            package.name
        ))),
        None if lock != before => Err(PackageError::new(
            "the lock file is not up to date; run `hypc install` without `--locked`",
        )),
        None => Ok(()),
    }
}

/// Whether the installed package of that name is the one that was locked.
///
/// # Errors
/// What differs.
pub fn is_current(root: &Path, name: &str, locked: &Locked) -> Result<()> {
    let directory = root.join(MODULES_DIRECTORY).join(name);
    let version = Manifest::read(&directory)?.version()?.to_string();
    if version != locked.version {
        return Err(PackageError::new(format!(
            "package `{name}` is version {version}, but {} is locked; run `hypc install`",
            locked.version
        )));
    }
    match &locked.integrity {
        Some(hash) if integrity(&directory)? != *hash => Err(PackageError::new(format!(
            "package `{name}` is not what was locked: its files have changed; \
             run `hypc install` to accept them"
        ))),
        _ => Ok(()),
    }
}

fn has_integrity(directory: &Path, hash: &str) -> bool {
    directory.is_dir() && integrity(directory).is_ok_and(|found| found == hash)
}

/// Puts a copy of a package into its place, all of it or nothing.
fn put(from: &Path, target: &Path) -> Result<()> {
    let parent = target.parent().unwrap_or(target);
    let temporary = parent.join(format!(".new-{}", std::process::id()));
    let refuse = |error: &std::io::Error| PackageError::io(target, "cannot install", error);
    let result = std::fs::create_dir_all(&temporary)
        .map_err(|error| refuse(&error))
        .and_then(|()| copy(from, &temporary))
        .and_then(|()| {
            match target.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(target),
                Ok(_) => std::fs::remove_file(target),
                Err(_) => Ok(()),
            }
            .and_then(|()| std::fs::rename(&temporary, target))
            .map_err(|error| refuse(&error))
        });
    if result.is_err() {
        let _ = std::fs::remove_dir_all(&temporary);
    }
    result
}

fn choose(root: &Manifest, options: &InstallOptions) -> Result<BTreeMap<String, Candidate>> {
    let mut chosen: BTreeMap<String, Candidate> = BTreeMap::new();
    for _ in 0..ROUNDS_MAX {
        let demands = demands(root, &chosen)?;
        if demands.len() > PACKAGES_MAX {
            return Err(PackageError::new(format!("more than {PACKAGES_MAX} packages")));
        }
        let mut next = BTreeMap::new();
        for (name, demands) in &demands {
            next.insert(name.clone(), candidate(root, name, demands, options)?);
        }
        let same = |a: &Candidate, b: &Candidate| a.directory == b.directory;
        let is_stable = next.len() == chosen.len()
            && next.iter().all(|(name, c)| chosen.get(name).is_some_and(|old| same(old, c)));
        chosen = next;
        if is_stable {
            return Ok(chosen);
        }
    }
    Err(PackageError::new("the requirements of the packages contradict each other"))
}

/// What the package and its chosen dependencies ask for.
fn demands(
    root: &Manifest,
    chosen: &BTreeMap<String, Candidate>,
) -> Result<BTreeMap<String, Vec<Demand>>> {
    let mut all: BTreeMap<String, Vec<Demand>> = BTreeMap::new();
    let mut add = |by: &str, manifest: &Manifest, with_deep: bool| -> Result<()> {
        for anchor in manifest.anchors() {
            if anchor.is_deep && !with_deep {
                continue;
            }
            check_name(&anchor.name).map_err(|error| manifest.fault(&error.message))?;
            all.entry(anchor.name.clone()).or_default().push(Demand {
                by: by.to_owned(),
                base: manifest.root().to_path_buf(),
                requirement: manifest.requirement(&anchor)?,
                text: anchor.requirement,
            });
        }
        Ok(())
    };
    add("this package", root, true)?;
    for (name, candidate) in chosen {
        add(&format!("`{name}`"), &candidate.manifest, false)?;
    }
    Ok(all)
}

fn candidate(
    root: &Manifest,
    name: &str,
    demands: &[Demand],
    options: &InstallOptions,
) -> Result<Candidate> {
    let mut found = candidates(root, name, demands, options)?;
    let fits = |c: &Candidate| demands.iter().all(|d| d.requirement.matches(&c.version));
    let seen: Vec<String> =
        found.iter().map(|c| format!("{} in {}", c.version, c.source)).collect();
    found.retain(fits);
    // Of equal versions the first is taken: what is installed stays.
    let best = found.into_iter().reduce(|best, c| if c.version > best.version { c } else { best });
    best.ok_or_else(|| {
        let wanted: Vec<String> =
            demands.iter().map(|d| format!("{} wants {}", d.by, d.text)).collect();
        let seen = if seen.is_empty() {
            format!("there is none in {MODULES_DIRECTORY} or a source directory")
        } else {
            format!("there is {}", seen.join(", "))
        };
        PackageError::new(format!(
            "no version of package `{name}` fits: {}; {seen}",
            wanted.join(", ")
        ))
    })
}

fn candidates(
    root: &Manifest,
    name: &str,
    demands: &[Demand],
    options: &InstallOptions,
) -> Result<Vec<Candidate>> {
    let mut found: Vec<Candidate> = Vec::new();
    for demand in demands {
        let Requirement::Path(path) = &demand.requirement else { continue };
        let directory = simplified(&demand.base.join(path));
        if found.iter().any(|c| c.directory == directory) {
            continue;
        }
        if !found.is_empty() {
            return Err(PackageError::new(format!(
                "package `{name}` is required from two directories"
            )));
        }
        found.push(read_candidate(name, directory, demand.text.clone())?);
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let installed = root.root().join(MODULES_DIRECTORY).join(name);
    if installed.is_dir() {
        found.push(read_candidate(name, installed, MODULES_DIRECTORY.to_owned())?);
    }
    for source in &options.sources {
        let directory = source.join(name);
        let label = format!("directory:{}", source.display());
        if directory.join(MANIFEST_FILE).is_file() {
            found.push(read_candidate(name, directory, label)?);
            continue;
        }
        for version in subdirectories(&directory)? {
            if version.join(MANIFEST_FILE).is_file() {
                found.push(read_candidate(name, version, label.clone())?);
            }
        }
    }
    Ok(found)
}

fn subdirectories(directory: &Path) -> Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(directory)
        .map_err(|error| PackageError::io(directory, "cannot read", &error))?;
    let mut all: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    all.retain(|path| path.is_dir());
    all.sort();
    Ok(all)
}

fn read_candidate(name: &str, directory: PathBuf, source: String) -> Result<Candidate> {
    let manifest = Manifest::read(&directory)?;
    let found = manifest.name()?;
    if found != name {
        return Err(manifest.fault(&format!("this is the package `{found}`, not `{name}`")));
    }
    let version = manifest.version()?;
    Ok(Candidate { directory, source, version, manifest })
}

//! The lock file: which version of each package is installed, from where, and its hash.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::manifest::{pretty, read_object};
use crate::{PackageError, Result, write_atomically};

/// Name of the lock file.
pub const LOCK_FILE: &str = "trance-lock.json";

/// The version of the format that is written.
const LOCK_VERSION: &str = "1.0.0";

/// A locked package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locked {
    /// The installed version.
    pub version: String,
    /// Where it came from: `path:DIR`, `directory:DIR`, or `trance_modules` if it lay there.
    pub source: String,
    /// Hash of its files; absent in lock files of other tools.
    pub integrity: Option<String>,
    /// Its own dependencies with their versions.
    pub dependencies: BTreeMap<String, String>,
}

/// The content of a lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By name.
    pub packages: BTreeMap<String, Locked>,
}

impl Lock {
    /// Reads the lock file beside a manifest; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(root: &Path) -> Result<Option<Self>> {
        let path = root.join(LOCK_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let fields = read_object(&path)?;
        let fault = |what: String| PackageError::at(&path, what);
        let version = fields.get("lockVersion").and_then(Value::as_str).unwrap_or_default();
        if version.split('.').next() != LOCK_VERSION.split('.').next() {
            return Err(fault(format!("lock file version `{version}` is not supported")));
        }
        let anchors = fields.get("lockedAnchors").and_then(Value::as_object);
        let anchors = anchors.ok_or_else(|| fault("`lockedAnchors` is missing".to_owned()))?;
        let mut lock = Self::default();
        for (name, entry) in anchors {
            let text = |field| entry.get(field).and_then(Value::as_str).map(str::to_owned);
            let version = text("version");
            let version = version.ok_or_else(|| fault(format!("`{name}` has no `version`")))?;
            let dependencies = entry.get("dependencies").and_then(Value::as_object);
            let dependencies = dependencies
                .into_iter()
                .flatten()
                .filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned())));
            let locked = Locked {
                version,
                source: text("source").unwrap_or_default(),
                integrity: text("integrity"),
                dependencies: dependencies.collect(),
            };
            lock.packages.insert(name.clone(), locked);
        }
        Ok(Some(lock))
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut anchors = Map::new();
        for (name, locked) in &self.packages {
            let entry = json!({
                "version": locked.version,
                "source": locked.source,
                "integrity": locked.integrity,
                "dependencies": locked.dependencies,
            });
            anchors.insert(name.clone(), entry);
        }
        let mut fields = Map::new();
        fields.insert("lockVersion".to_owned(), LOCK_VERSION.into());
        fields.insert("lockedAnchors".to_owned(), anchors.into());
        pretty(&fields)
    }

    /// Writes the file beside a manifest.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, root: &Path) -> Result<()> {
        write_atomically(&root.join(LOCK_FILE), &self.to_text())
    }
}

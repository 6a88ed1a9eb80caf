//! The manifest `trance.json`. Unknown fields and the order of all fields survive a rewrite.

use std::path::{Path, PathBuf};

use semver::Version;
use serde_json::{Map, Value};

use crate::layer::Layers;
use crate::{PackageError, Requirement, Result, check_name, read_bounded, write_atomically};

/// Name of the manifest.
pub const MANIFEST_FILE: &str = "trance.json";

/// Directory of installed packages, beside the manifest.
pub const MODULES_DIRECTORY: &str = "trance_modules";

/// What an import of a package without `induction.entryScript` means.
pub const DEFAULT_ENTRY: &str = "src/lib.hyp";

/// Largest manifest or lock file.
pub(crate) const FILE_BYTES_MAX: usize = 1 << 20;

/// Fields of which only the type is checked: name, and whether it is a list instead of an object.
const OTHER_FIELDS: [(&str, bool); 4] =
    [("hypnotists", true), ("auras", false), ("channels", false), ("triggers", false)];

/// A dependency of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Name of the package.
    pub name: String,
    /// The requirement as it is written.
    pub requirement: String,
    /// Of `deepAnchors`: needed for development only.
    pub is_deep: bool,
}

/// A manifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    path: PathBuf,
    fields: Map<String, Value>,
}

impl Manifest {
    /// A manifest that is not written yet.
    #[must_use]
    pub fn new(root: &Path, fields: Map<String, Value>) -> Self {
        Self { path: root.join(MANIFEST_FILE), fields }
    }

    /// Reads the manifest in the directory `root`.
    ///
    /// # Errors
    /// If it cannot be read or is not a JSON object.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join(MANIFEST_FILE);
        let fields = read_object(&path)?;
        Ok(Self { path, fields })
    }

    /// The manifest of the nearest directory that has one, from `start` upwards.
    ///
    /// # Errors
    /// If there is none, or as for [`Manifest::read`].
    pub fn find(start: &Path) -> Result<Self> {
        let has_one = |dir: &&Path| dir.join(MANIFEST_FILE).is_file();
        match start.ancestors().find(has_one) {
            Some(root) => Self::read(root),
            None => Err(PackageError::new(format!(
                "there is no {MANIFEST_FILE} in {} or above it; `hypc init` makes one",
                start.display()
            ))),
        }
    }

    /// The directory of the package.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The file itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    /// `ritualName`, checked.
    ///
    /// # Errors
    /// If it is missing or not a package name.
    pub fn name(&self) -> Result<&str> {
        let name = self.text("ritualName").ok_or_else(|| self.missing("ritualName"))?;
        check_name(name).map_err(|error| self.fault(&error.message))?;
        Ok(name)
    }

    /// `mantra`, checked.
    ///
    /// # Errors
    /// If it is missing or not a version.
    pub fn version(&self) -> Result<Version> {
        let text = self.text("mantra").ok_or_else(|| self.missing("mantra"))?;
        Version::parse(text)
            .map_err(|error| self.fault(&format!("`mantra` is not a version: {error}")))
    }

    /// The file that an import of the package means, relative to [`Manifest::root`].
    #[must_use]
    pub fn entry(&self) -> &str {
        self.written_entry().unwrap_or(DEFAULT_ENTRY)
    }

    fn written_entry(&self) -> Option<&str> {
        self.fields.get("induction")?.get("entryScript")?.as_str()
    }

    /// A named command of `suggestions`.
    #[must_use]
    pub fn suggestion(&self, name: &str) -> Option<&str> {
        self.fields.get("suggestions")?.get(name)?.as_str()
    }

    /// The names of the commands in `suggestions`.
    #[must_use]
    pub fn suggestion_names(&self) -> Vec<&str> {
        let map = self.fields.get("suggestions").and_then(Value::as_object);
        map.map_or_else(Vec::new, |map| map.keys().map(String::as_str).collect())
    }

    /// A lifecycle script: `preFocus` or `postRelax`.
    #[must_use]
    pub fn trigger(&self, name: &str) -> Option<&str> {
        self.fields.get("triggers")?.get(name)?.as_str()
    }

    /// The dependencies in the order in which they are written, those for development last.
    #[must_use]
    pub fn anchors(&self) -> Vec<Anchor> {
        let mut all = Vec::new();
        for (field, is_deep) in [("anchors", false), ("deepAnchors", true)] {
            let Some(map) = self.fields.get(field).and_then(Value::as_object) else { continue };
            for (name, requirement) in map {
                let requirement = requirement.as_str().unwrap_or_default().to_owned();
                all.push(Anchor { name: name.clone(), requirement, is_deep });
            }
        }
        all
    }

    /// The dependency of that name; `anchors` come before `deepAnchors`.
    #[must_use]
    pub fn anchor(&self, name: &str) -> Option<Anchor> {
        self.anchors().into_iter().find(|a| a.name == name)
    }

    /// Adds or changes a dependency. Returns whether it was there, in either list.
    pub fn set_anchor(&mut self, name: &str, requirement: &str, is_deep: bool) -> bool {
        let (field, other) =
            if is_deep { ("deepAnchors", "anchors") } else { ("anchors", "deepAnchors") };
        let moved = self.take_anchor(other, name);
        let entry = self.fields.entry(field).or_insert_with(|| Value::Object(Map::new()));
        if !entry.is_object() {
            *entry = Value::Object(Map::new());
        }
        let before =
            entry.as_object_mut().and_then(|map| map.insert(name.into(), requirement.into()));
        moved || before.is_some()
    }

    /// Removes a dependency. Returns whether it was there.
    pub fn remove_anchor(&mut self, name: &str) -> bool {
        let removed = [self.take_anchor("anchors", name), self.take_anchor("deepAnchors", name)];
        removed.contains(&true)
    }

    fn take_anchor(&mut self, field: &str, name: &str) -> bool {
        let map = self.fields.get_mut(field).and_then(Value::as_object_mut);
        // The order of the others stays.
        map.is_some_and(|map| map.shift_remove(name).is_some())
    }

    /// The layers that modules are assigned to.
    ///
    /// # Errors
    /// If `layers` is not a list of layers.
    pub fn layers(&self) -> Result<Layers> {
        match self.fields.get("layers") {
            Some(value) => Layers::parse(value).map_err(|text| self.fault(&text)),
            None => Ok(Layers::default()),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        pretty(&self.fields)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self) -> Result<()> {
        write_atomically(&self.path, &self.to_text())
    }

    /// Everything that is wrong with the manifest itself.
    #[must_use]
    pub fn problems(&self) -> Vec<PackageError> {
        let mut problems = Vec::new();
        problems.extend(self.name().err());
        problems.extend(self.version().err());
        problems.extend(self.layers().err());
        if self.fields.get("intent").is_some_and(|v| !v.is_string()) {
            problems.push(self.fault("`intent` must be a string"));
        }
        for field in ["suggestions", "anchors", "deepAnchors"] {
            self.check_strings(field, &mut problems);
        }
        for anchor in self.anchors() {
            problems.extend(check_name(&anchor.name).map_err(|e| self.fault(&e.message)).err());
            problems.extend(self.requirement(&anchor).err());
        }
        for (field, is_list) in OTHER_FIELDS {
            let wrong = |v: &Value| if is_list { !v.is_array() } else { !v.is_object() };
            if self.fields.get(field).is_some_and(wrong) {
                let kind = if is_list { "a list" } else { "an object" };
                problems.push(self.fault(&format!("`{field}` must be {kind}")));
            }
        }
        self.check_entries(&mut problems);
        problems
    }

    fn check_entries(&self, problems: &mut Vec<PackageError>) {
        match self.fields.get("induction") {
            Some(induction) if !induction.is_object() => {
                problems.push(self.fault("`induction` must be an object"));
            }
            Some(induction) if induction.get("entryScript").is_some_and(|v| !v.is_string()) => {
                problems.push(self.fault("`induction.entryScript` must be a string"));
            }
            _ => {}
        }
        if let Some(entry) = self.written_entry()
            && !self.root().join(entry).is_file()
        {
            problems
                .push(self.fault(&format!("`induction.entryScript`: there is no file {entry}")));
        }
        let entry =
            self.fields.get("channels").and_then(|c| c.get("entry")).and_then(Value::as_str);
        if let Some(entry) = entry
            && self.suggestion(entry).is_none()
        {
            problems
                .push(self.fault(&format!("`channels.entry`: there is no suggestion `{entry}`")));
        }
    }

    fn check_strings(&self, field: &str, problems: &mut Vec<PackageError>) {
        let Some(value) = self.fields.get(field) else { return };
        let Some(map) = value.as_object() else {
            return problems.push(self.fault(&format!("`{field}` must be an object")));
        };
        for (key, _) in map.iter().filter(|(_, v)| !v.is_string()) {
            problems.push(self.fault(&format!("`{field}.{key}` must be a string")));
        }
    }

    /// The requirement of a dependency, checked.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn requirement(&self, anchor: &Anchor) -> Result<Requirement> {
        Requirement::parse(&anchor.requirement)
            .map_err(|error| self.fault(&format!("`{}`: {}", anchor.name, error.message)))
    }

    fn missing(&self, field: &str) -> PackageError {
        self.fault(&format!("`{field}` is missing or not a string"))
    }

    pub(crate) fn fault(&self, message: &str) -> PackageError {
        PackageError::at(&self.path, message)
    }
}

/// Reads a JSON object.
pub(crate) fn read_object(path: &Path) -> Result<Map<String, Value>> {
    let bytes = read_bounded(path, FILE_BYTES_MAX)
        .map_err(|error| PackageError::io(path, "cannot read", &error))?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(PackageError::at(path, "not a JSON object")),
        Err(error) => Err(PackageError::at(path, format!("not JSON: {error}"))),
    }
}

/// JSON with two blanks per level and a line feed at the end.
pub(crate) fn pretty(fields: &Map<String, Value>) -> String {
    // Text and numbers always print.
    let mut text = serde_json::to_string_pretty(fields).unwrap_or_default();
    text.push('\n');
    text
}

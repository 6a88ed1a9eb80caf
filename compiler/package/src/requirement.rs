//! What a manifest asks of a dependency: a range of versions, or a directory.

use semver::{Version, VersionReq};

use crate::{PackageError, Result};

/// The value of an entry of `anchors` or `deepAnchors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// `path:DIR`: the package in this directory, relative to the manifest.
    Path(String),
    /// `^1.0.0`, `~1.2.3`, `>=1.0.0`, `=1.2.3`, `1.2.3` (exactly), `*`.
    Range(VersionReq),
}

impl Requirement {
    /// Reads a requirement.
    ///
    /// # Errors
    /// If it is neither a range nor a path.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("path:") {
            if path.is_empty() {
                return Err(PackageError::new("`path:` needs a directory"));
            }
            return Ok(Self::Path(path.to_owned()));
        }
        // A version without an operator means this version, not what is compatible with it.
        let is_bare = text.starts_with(|c: char| c.is_ascii_digit());
        let range = if is_bare { format!("={text}") } else { text.to_owned() };
        VersionReq::parse(&range).map(Self::Range).map_err(|error| {
            PackageError::new(format!("`{text}` is not a range of versions: {error}"))
        })
    }

    /// Whether a version satisfies it; a path takes what is there.
    #[must_use]
    pub fn matches(&self, version: &Version) -> bool {
        match self {
            Self::Path(_) => true,
            Self::Range(range) => range.matches(version),
        }
    }
}

/// Checks the name of a package: letters, digits, `-`, `_` and `.`, with an optional `@scope/`.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<()> {
    let parts: Vec<&str> = match name.strip_prefix('@') {
        Some(scoped) => scoped.split('/').collect(),
        None => vec![name],
    };
    let n_parts = if name.starts_with('@') { 2 } else { 1 };
    let is_char = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_part = |part: &&str| {
        part.starts_with(|c: char| c.is_alphanumeric() || c == '_') && part.chars().all(is_char)
    };
    if name.len() <= 200 && parts.len() == n_parts && parts.iter().all(is_part) {
        return Ok(());
    }
    Err(PackageError::new(format!(
        "`{name}` is not a package name: write letters, digits, `-`, `_` and `.`, \
         with an optional `@scope/` before them"
    )))
}

#[cfg(test)]
mod tests {
    use super::{Requirement, check_name};
    use semver::Version;

    fn matches(requirement: &str, version: &str) -> bool {
        let version = Version::parse(version).expect("a version");
        Requirement::parse(requirement).expect("a requirement").matches(&version)
    }

    #[test]
    fn ranges() {
        assert!(matches("^1.2.0", "1.9.3") && !matches("^1.2.0", "2.0.0"));
        assert!(!matches("^1.2.0", "1.1.9"));
        assert!(matches("~1.2.3", "1.2.9") && !matches("~1.2.3", "1.3.0"));
        assert!(matches(">=1.0.0", "7.0.0") && !matches(">=1.0.0", "0.9.0"));
        assert!(matches("1.2.3", "1.2.3") && !matches("1.2.3", "1.2.4"));
        assert!(matches("=1.2.3", "1.2.3") && !matches("=1.2.3", "1.3.0"));
        assert!(matches(">=1.0.0, <2.0.0", "1.5.0") && !matches(">=1.0.0, <2.0.0", "2.0.0"));
        assert!(matches("*", "0.0.1"));
        assert!(Requirement::parse("new").is_err() && Requirement::parse("path:").is_err());
        assert!(Requirement::parse("").is_err());
    }

    #[test]
    fn names() {
        for good in ["depth", "Depth2", "a-b_c.d", "@scope/name", "tiefe", "größe"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", ".hidden", "a/b", "@a", "@a/b/c", "@/b", "@a/", "a b", "@../b"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}

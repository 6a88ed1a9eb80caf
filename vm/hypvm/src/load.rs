//! From a path to a verified module.

use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use hyp_bytecode::container;
use hyp_bytecode::module::limit;
use hyp_bytecode::verify::{VerifiedModule, verify};

use crate::exit;

/// Why a file cannot be executed.
#[derive(Debug)]
pub enum LoadError {
    /// It cannot be read.
    Input(std::io::Error),
    /// It is larger than the limit.
    TooLarge,
    /// It is not a module, or breaks a rule.
    Rejected(String),
}

impl LoadError {
    /// Exit code of a tool that stops because of it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            LoadError::Input(_) => exit::INPUT,
            LoadError::TooLarge | LoadError::Rejected(_) => exit::REJECTED,
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Input(error) => write!(f, "cannot read: {error}"),
            LoadError::TooLarge => {
                write!(f, "not a HypnoScript module: larger than {} bytes", limit::FILE_BYTES)
            }
            LoadError::Rejected(reason) => write!(f, "not a valid HypnoScript module: {reason}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// Reads at most `max` bytes of a file; one more means that it is larger.
///
/// # Errors
/// Those of the file system.
pub fn read_bounded(path: &Path, max: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(bound).read_to_end(&mut bytes)?;
    } else {
        let file = std::fs::File::open(path)?;
        let size = file.metadata().map_or(0, |m| m.len()).min(bound);
        bytes.reserve(usize::try_from(size).unwrap_or(0));
        file.take(bound).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Reads and verifies a `.hbc` file; `-` is standard input.
///
/// # Errors
/// If it cannot be read or is not a valid module.
pub fn load(path: &Path) -> Result<Arc<VerifiedModule>, LoadError> {
    let bytes = read_bounded(path, limit::FILE_BYTES).map_err(LoadError::Input)?;
    if bytes.len() > limit::FILE_BYTES {
        return Err(LoadError::TooLarge);
    }
    from_bytes(&bytes)
}

/// Reads and verifies a module in memory.
///
/// # Errors
/// If it is not a valid module.
pub fn from_bytes(bytes: &[u8]) -> Result<Arc<VerifiedModule>, LoadError> {
    let module = container::read(bytes).map_err(|e| LoadError::Rejected(e.to_string()))?;
    let module = verify(module).map_err(|e| LoadError::Rejected(e.to_string()))?;
    Ok(Arc::new(module))
}

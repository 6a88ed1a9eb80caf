//! Open files, and a file system that fails when a test wants it to.

use std::fs;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes file operations fail, for tests. Opening, listing, creating, removing and renaming count as
/// operations, and so does every read and write of an open file.
#[derive(Clone, Debug)]
pub struct FileFault {
    /// Operations until the fault: the last one that is counted fails.
    pub left: Arc<AtomicU64>,
    /// Whether all operations after it fail as well, as on a full disk.
    pub is_lasting: bool,
    /// What goes wrong.
    pub kind: ErrorKind,
}

impl FileFault {
    fn count_down(&self) -> io::Result<()> {
        let before = self.left.load(Ordering::Relaxed);
        self.left.store(before.saturating_sub(1), Ordering::Relaxed);
        if before == 1 || (before == 0 && self.is_lasting) {
            return Err(self.kind.into());
        }
        Ok(())
    }
}

/// Counts an operation.
///
/// # Errors
/// It is one that fails.
pub(super) fn check(fault: Option<&FileFault>) -> io::Result<()> {
    fault.map_or(Ok(()), FileFault::count_down)
}

/// An open file.
pub struct File {
    pub(super) inner: fs::File,
    pub(super) fault: Option<FileFault>,
}

impl File {
    /// What is known about it.
    ///
    /// # Errors
    /// As [`std::fs::File::metadata`].
    pub fn metadata(&self) -> io::Result<fs::Metadata> {
        check(self.fault.as_ref())?;
        self.inner.metadata()
    }

    /// Goes to a byte.
    ///
    /// # Errors
    /// As [`std::io::Seek::seek`].
    pub fn go_to(&mut self, byte: u64) -> io::Result<()> {
        check(self.fault.as_ref())?;
        self.inner.seek(io::SeekFrom::Start(byte)).map(|_| ())
    }

    /// Empties it.
    ///
    /// # Errors
    /// As [`std::fs::File::set_len`].
    pub(crate) fn clear(&self) -> io::Result<()> {
        check(self.fault.as_ref())?;
        // Devices have no length to set.
        if self.inner.metadata()?.is_file() { self.inner.set_len(0) } else { Ok(()) }
    }

    /// What tells it from all other files, under whatever name; `None` where the system does not say.
    ///
    /// # Errors
    /// As [`std::fs::File::metadata`].
    pub(crate) fn identity(&self) -> io::Result<Option<(u64, u64)>> {
        let info = self.metadata()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Ok(Some((info.dev(), info.ino())))
        }
        #[cfg(not(unix))]
        {
            let _ = info;
            Ok(None)
        }
    }

    /// Replaces the target's content by what is left to read, and copies the permissions. Returns the
    /// bytes copied.
    ///
    /// # Errors
    /// Those of reading and writing.
    pub(crate) fn copy_to(&mut self, target: &mut File) -> io::Result<u64> {
        target.clear()?;
        let bytes = match check(self.fault.as_ref()) {
            Ok(()) => io::copy(&mut self.inner, &mut target.inner)?,
            Err(error) => {
                let half = self.inner.metadata()?.len() / 2;
                io::copy(&mut (&mut self.inner).take(half), &mut target.inner)?;
                return Err(error);
            }
        };
        check(self.fault.as_ref())?;
        target.inner.set_permissions(self.inner.metadata()?.permissions())?;
        Ok(bytes)
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        check(self.fault.as_ref())?;
        self.inner.read(buffer)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = check(self.fault.as_ref()) {
            // As on a full disk, a part arrives. An interrupted call has done nothing.
            if error.kind() != ErrorKind::Interrupted {
                let _ = self.inner.write(&bytes[..bytes.len() / 2]);
            }
            return Err(error);
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

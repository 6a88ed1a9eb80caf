//! Standard output with its buffer and its limit.

use std::io::{ErrorKind, Write};

use crate::error::Trap;
use crate::limit::Limit;

/// Bytes after which output is written through.
const BUFFER_BYTES: usize = 32 << 10;

/// Standard output. Its limit also counts what goes to standard error.
pub(crate) struct Output {
    /// Not yet written through. Whoever appends calls [`Output::flush_if_full`] afterwards.
    pub(crate) buffer: String,
    sink: Box<dyn Write>,
    /// Bytes that may still be written.
    left: u64,
    /// Whether more than the limit was to be written.
    is_over: bool,
}

impl Output {
    pub(crate) fn new(sink: Box<dyn Write>, bytes_max: Option<u64>) -> Output {
        Output { buffer: String::new(), sink, left: bytes_max.unwrap_or(u64::MAX), is_over: false }
    }

    #[inline]
    pub(crate) fn flush_if_full(&mut self) -> Result<(), Trap> {
        let len = self.buffer.len();
        if len >= BUFFER_BYTES || len as u64 > self.left { self.flush() } else { Ok(()) }
    }

    /// The part of `text` that the limit admits; it counts as written.
    pub(crate) fn admit<'a>(&mut self, text: &'a str) -> &'a str {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX);
        let admitted = &text[..text.floor_char_boundary(room)];
        self.left -= admitted.len() as u64;
        self.is_over |= admitted.len() < text.len();
        admitted
    }

    /// # Errors
    /// The limit has been exceeded.
    pub(crate) fn check_limit(&self) -> Result<(), Trap> {
        if self.is_over { Err(Trap::Limit(Limit::Output)) } else { Ok(()) }
    }

    /// Writes the buffer through.
    ///
    /// # Errors
    /// Standard output is closed or broken; the limit.
    pub(crate) fn flush(&mut self) -> Result<(), Trap> {
        let text = std::mem::take(&mut self.buffer);
        let admitted = self.admit(&text);
        let result = self.sink.write_all(admitted.as_bytes()).and_then(|()| self.sink.flush());
        self.buffer = text;
        self.buffer.clear();
        result.map_err(|e| match e.kind() {
            ErrorKind::BrokenPipe => Trap::Closed,
            _ => Trap::stream(format!("Cannot write to standard output: {e}")),
        })?;
        self.check_limit()
    }
}

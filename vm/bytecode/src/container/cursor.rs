//! A reading position that cannot leave its section.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::{ReadError, ReadFault};

/// Reads numbers and text from a section; every error carries the file offset.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
    section: Option<[u8; 4]>,
}

impl<'a> Cursor<'a> {
    /// A cursor over `bytes`, which start at `offset` in the file.
    pub(super) fn new(bytes: &'a [u8], offset: usize, section: Option<[u8; 4]>) -> Self {
        Cursor { rest: bytes, offset, section }
    }

    /// An error at the present position.
    pub(super) fn fault(&self, fault: ReadFault) -> ReadError {
        ReadError { offset: self.offset, section: self.section, fault }
    }

    /// The next `n` bytes.
    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], ReadError> {
        let (head, rest) =
            self.rest.split_at_checked(n).ok_or_else(|| self.fault(ReadFault::UnexpectedEnd))?;
        self.rest = rest;
        self.offset += n;
        Ok(head)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let (head, rest) =
            self.rest.split_first_chunk().ok_or_else(|| self.fault(ReadFault::UnexpectedEnd))?;
        self.rest = rest;
        self.offset += N;
        Ok(*head)
    }

    /// One byte.
    pub(super) fn u8(&mut self) -> Result<u8, ReadError> {
        self.array::<1>().map(|[b]| b)
    }

    /// Two bytes, little endian.
    pub(super) fn u16(&mut self) -> Result<u16, ReadError> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes, little endian.
    pub(super) fn u32(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_le_bytes)
    }

    /// An unsigned LEB128 number below 2^32 in shortest form.
    pub(super) fn uleb(&mut self) -> Result<u32, ReadError> {
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(u32::from(first));
        }
        let mut value = u64::from(first & 0x7f);
        for shift in [7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let is_shortest = byte != 0;
                return match u32::try_from(value) {
                    Ok(v) if is_shortest => Ok(v),
                    _ => Err(self.fault(ReadFault::Number)),
                };
            }
        }
        Err(self.fault(ReadFault::Number))
    }

    /// A signed difference in zigzag LEB128.
    pub(super) fn zigzag(&mut self) -> Result<i32, ReadError> {
        let n = self.uleb()?;
        Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    /// A number of entries of at least one byte each, at most `max`.
    pub(super) fn count(&mut self, max: usize, what: &'static str) -> Result<usize, ReadError> {
        let n = self.uleb()? as usize;
        if n > max || n > self.rest.len() {
            return Err(self.fault(ReadFault::TooMany(what)));
        }
        Ok(n)
    }

    /// A length and so many bytes of UTF-8.
    pub(super) fn text(&mut self) -> Result<&'a str, ReadError> {
        let n = self.uleb()? as usize;
        let at = self.fault(ReadFault::Utf8);
        std::str::from_utf8(self.take(n)?).map_err(|_| at)
    }

    /// A list: a count, then the entries.
    pub(super) fn list<T>(
        &mut self,
        max: usize,
        what: &'static str,
        mut entry: impl FnMut(&mut Self) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let n = self.count(max, what)?;
        let mut items = Vec::with_capacity(n);
        for _ in 0..n {
            items.push(entry(self)?);
        }
        Ok(items)
    }

    /// Checks that the section is used up.
    pub(super) fn finish(&self) -> Result<(), ReadError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault(ReadFault::TrailingBytes)) }
    }
}

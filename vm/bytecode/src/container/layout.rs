//! The fixed parts of the file: header and section table.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::cursor::Cursor;
use super::{ReadError, ReadFault};
use crate::module::limit;

/// First bytes of every file. The line ends show when a transfer changed them.
pub const MAGIC: [u8; 8] = *b"HBC\x01\r\n\x1a\n";

/// Major and minor version of the format. Readers accept any minor version of their major.
pub const VERSION: (u16, u16) = (1, 1);

/// Offset of the flags word; the file length and the number of sections follow it.
pub const FLAGS_OFFSET: usize = 12;

/// Bytes before the section table.
pub const HEADER_BYTES: usize = 24;

/// Bytes of an entry of the section table.
pub const SECTION_ENTRY_BYTES: usize = 16;

/// The mandatory sections in file order. Codes that start with a lower-case letter are optional
/// and skipped by readers that do not know them.
pub const SECTIONS: [[u8; 4]; 11] = [
    *b"META", *b"STRS", *b"BLTN", *b"TYPE", *b"DESC", *b"GLOB", *b"FUNC", *b"CODE", *b"EXCP",
    *b"LINE", *b"NOTE",
];

/// Most sections that a file may have.
const SECTIONS_MAX: usize = 64;

/// One entry of the section table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SectionEntry {
    /// Name.
    pub code: [u8; 4],
    /// Offset of its first byte in the file.
    pub offset: usize,
    /// Length in bytes.
    pub bytes: usize,
    /// CRC-32 of its bytes.
    pub crc32: u32,
}

/// Reads header and section table and checks that they are consistent with the file's length.
/// Checksums of the sections are not compared.
///
/// # Errors
/// If the header is damaged, of another version, or the sections do not cover the file exactly.
pub fn sections(file: &[u8]) -> Result<Vec<SectionEntry>, ReadError> {
    let mut cursor = Cursor::new(file, 0, None);
    if cursor.array::<8>().ok() != Some(MAGIC) {
        return Err(ReadError { offset: 0, section: None, fault: ReadFault::NotHbc });
    }
    let (major, minor) = (cursor.u16()?, cursor.u16()?);
    if major != VERSION.0 {
        return Err(cursor.fault(ReadFault::Version { major, minor }));
    }
    let flags = cursor.u32()?;
    let file_bytes = cursor.u32()? as usize;
    if file_bytes != file.len() || file_bytes > limit::FILE_BYTES {
        return Err(cursor.fault(ReadFault::FileLength));
    }
    let n_sections = cursor.u32()? as usize;
    if n_sections > SECTIONS_MAX {
        return Err(cursor.fault(ReadFault::TooMany("sections")));
    }
    let header_bytes = HEADER_BYTES + n_sections * SECTION_ENTRY_BYTES;
    let header = file.get(..header_bytes).ok_or_else(|| cursor.fault(ReadFault::UnexpectedEnd))?;
    let mut entries = Vec::with_capacity(n_sections);
    let mut offset = header_bytes + 4;
    for _ in 0..n_sections {
        let entry = SectionEntry {
            code: cursor.array()?,
            offset: cursor.u32()? as usize,
            bytes: cursor.u32()? as usize,
            crc32: cursor.u32()?,
        };
        if entry.offset != offset || entry.bytes > file_bytes - offset.min(file_bytes) {
            return Err(cursor.fault(ReadFault::SectionOrder));
        }
        offset += entry.bytes;
        entries.push(entry);
    }
    if cursor.u32()? != crc32fast::hash(header) {
        return Err(cursor.fault(ReadFault::Checksum));
    }
    if flags != 0 {
        return Err(cursor.fault(ReadFault::Flags(flags)));
    }
    if offset != file_bytes {
        return Err(cursor.fault(ReadFault::SectionOrder));
    }
    Ok(entries)
}

/// Writes the checksums that match the file's present content, for tools that edit bytes on
/// purpose (mutation tests, fuzzing). Does nothing where the table points outside the file.
pub fn repair_checksums(file: &mut [u8]) {
    let Some(n) = word_at(file, HEADER_BYTES - 4).filter(|n| *n as usize <= SECTIONS_MAX) else {
        return;
    };
    let table_end = HEADER_BYTES + n as usize * SECTION_ENTRY_BYTES;
    for entry in (HEADER_BYTES..table_end).step_by(SECTION_ENTRY_BYTES) {
        let (Some(offset), Some(bytes)) = (word_at(file, entry + 4), word_at(file, entry + 8))
        else {
            return;
        };
        let end = (offset as usize).saturating_add(bytes as usize);
        if let Some(section) = file.get(offset as usize..end) {
            let crc = crc32fast::hash(section);
            put_word(file, entry + 12, crc);
        }
    }
    if let Some(header) = file.get(..table_end) {
        let crc = crc32fast::hash(header);
        put_word(file, table_end, crc);
    }
}

fn word_at(file: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*file.get(offset..)?.first_chunk()?))
}

fn put_word(file: &mut [u8], offset: usize, word: u32) {
    if let Some(slot) = file.get_mut(offset..).and_then(|rest| rest.first_chunk_mut()) {
        *slot = word.to_le_bytes();
    }
}

//! The `.hbc` container: a module as bytes.
//!
//! [`write`] gives the same bytes for the same module, without paths, dates or hash order.
//! [`read`] trusts nothing: counts are bounded by the bytes that are left before anything is
//! allocated, checksums are compared, and every error names the section and the file offset.
//! What the bytes mean is checked afterwards by [`crate::verify`]. Layout: `docs/hbc.md`.

mod cursor;
mod layout;
mod reader;
mod relink;
mod writer;

pub use layout::{
    FLAGS_OFFSET, HEADER_BYTES, MAGIC, SECTION_ENTRY_BYTES, SECTIONS, SectionEntry, VERSION,
    repair_checksums, sections,
};
pub use reader::read;
pub use writer::write;

use std::fmt;

/// Why bytes are not a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// Offset in the file, in bytes.
    pub offset: usize,
    /// The section, or none in the header.
    pub section: Option<[u8; 4]>,
    /// What is wrong.
    pub fault: ReadFault,
}

/// What is wrong with a `.hbc` file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadFault {
    /// The file does not start with the magic bytes.
    NotHbc,
    /// The format's major version is not the one this reader knows.
    Version {
        /// Major version of the file.
        major: u16,
        /// Minor version of the file.
        minor: u16,
    },
    /// A flag that this reader does not know is set.
    Flags(u32),
    /// The file is larger than the limit, or its length differs from the one in the header.
    FileLength,
    /// More or other bytes were expected.
    UnexpectedEnd,
    /// Bytes are left over at the end of a section.
    TrailingBytes,
    /// Sections overlap, leave gaps, or come in another order.
    SectionOrder,
    /// A mandatory section is missing.
    MissingSection([u8; 4]),
    /// A mandatory section that this reader does not know.
    UnknownSection([u8; 4]),
    /// A checksum differs.
    Checksum,
    /// A number is too large, or is not encoded in the shortest way.
    Number,
    /// Text is not UTF-8.
    Utf8,
    /// A byte has none of the values it may have; the field is named.
    Value(&'static str),
    /// There are more of these than the limit or than the remaining bytes can hold.
    TooMany(&'static str),
    /// A type descriptor is nested too deeply.
    DescDepth,
    /// A builtin that this toolchain does not have.
    UnknownBuiltin(String),
    /// The code uses a builtin number that the file does not name.
    UnnamedBuiltin(u32),
    /// An instruction cannot be decoded.
    Instruction(crate::op::DecodeFault),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.section {
            Some(code) => write!(f, "section {}", fourcc(code))?,
            None => f.write_str("header")?,
        }
        write!(f, ", offset {}: {}", self.offset, self.fault)
    }
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadFault::NotHbc => f.write_str("not a .hbc file"),
            ReadFault::Version { major, minor } => write!(
                f,
                "format version {major}.{minor} is not supported (this toolchain reads {}.x)",
                VERSION.0
            ),
            ReadFault::Flags(flags) => write!(f, "unknown flags {flags:#x}"),
            ReadFault::FileLength => f.write_str("the file length is wrong or above the limit"),
            ReadFault::UnexpectedEnd => f.write_str("unexpected end of data"),
            ReadFault::TrailingBytes => f.write_str("unexpected bytes after the last entry"),
            ReadFault::SectionOrder => {
                f.write_str("sections overlap, leave gaps or are out of order")
            }
            ReadFault::MissingSection(code) => write!(f, "section {} is missing", fourcc(*code)),
            ReadFault::UnknownSection(code) => {
                write!(f, "unknown mandatory section {}", fourcc(*code))
            }
            ReadFault::Checksum => f.write_str("the checksum does not match"),
            ReadFault::Number => f.write_str("a number is too large or not in shortest form"),
            ReadFault::Utf8 => f.write_str("text is not valid UTF-8"),
            ReadFault::Value(what) => write!(f, "invalid {what}"),
            ReadFault::TooMany(what) => write!(f, "too many {what}"),
            ReadFault::DescDepth => f.write_str("a type descriptor is nested too deeply"),
            ReadFault::UnknownBuiltin(name) => {
                write!(f, "the program uses builtin `{name}`, which this toolchain does not have")
            }
            ReadFault::UnnamedBuiltin(id) => {
                write!(f, "the code uses builtin number {id}, which the file does not name")
            }
            ReadFault::Instruction(fault) => {
                write!(f, "{}", crate::op::DecodeError { pc: 0, fault: *fault })
            }
        }
    }
}

impl std::error::Error for ReadError {}

fn fourcc(code: [u8; 4]) -> String {
    code.escape_ascii().to_string()
}

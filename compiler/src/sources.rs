//! The text of all files of a program.
//!
//! The files stand one after the other in one text, so that a byte offset says file and place, and
//! everything that holds a [`Span`](hyp_grammar::span::Span) works for many files as it does for one.

use hyp_grammar::source::LineIndex;

/// A file of a program.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Name for people; relative, so that builds do not depend on the place.
    pub name: String,
    /// Offset of its first byte in the joined text.
    pub start: u32,
    /// Offset past its last byte.
    pub end: u32,
    /// Lines of the files before it.
    pub lines_before: u32,
    lines: LineIndex,
}

/// A place for people; line and column count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'s> {
    /// The file.
    pub file: &'s SourceFile,
    /// Line in the file.
    pub line: u32,
    /// Column, in scalar values.
    pub column: u32,
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start && self.name == other.name
    }
}

impl Eq for SourceFile {}

impl SourceFile {
    /// Lines up to its end.
    fn lines_after(&self) -> u32 {
        self.lines_before + offset(self.lines.line_count())
    }
}

/// All files, the main one first.
#[derive(Clone, Debug)]
pub struct Sources {
    text: String,
    files: Vec<SourceFile>,
}

impl Sources {
    /// A program of one file.
    #[must_use]
    pub fn new(name: &str, text: String) -> Self {
        let mut sources = Self { text: String::new(), files: Vec::new() };
        sources.add(name, text);
        sources
    }

    /// Appends a file.
    pub(crate) fn add(&mut self, name: &str, text: String) {
        let lines = LineIndex::new(&text);
        let lines_before = self.files.last().map_or(0, SourceFile::lines_after);
        let bytes = offset(text.len());
        if self.files.is_empty() {
            self.text = text;
        } else {
            // The end of a file is not the start of the next one.
            self.text.push('\n');
            self.text.push_str(&text);
        }
        let end = offset(self.text.len());
        let start = end - bytes;
        self.files.push(SourceFile { name: name.to_owned(), start, end, lines_before, lines });
    }

    /// The joined text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The files in order of their offsets.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The text of one file.
    #[must_use]
    pub fn text_of(&self, file: &SourceFile) -> &str {
        self.text.get(file.start as usize..file.end as usize).unwrap_or("")
    }

    /// The file that an offset lies in. The end of a file belongs to it unless another follows.
    #[must_use]
    pub fn file_at(&self, at: u32) -> &SourceFile {
        let after = self.files.partition_point(|f| f.start <= at);
        &self.files[after.saturating_sub(1)]
    }

    /// File, line and column of an offset.
    #[must_use]
    pub fn locate(&self, at: u32) -> Place<'_> {
        let file = self.file_at(at);
        let place = file.lines.locate(self.text_of(file), at - file.start);
        Place { file, line: place.line, column: place.column }
    }
}

/// Offsets fit: the linker limits the sum of all files.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

//! Blocks of lines.
//!
//! A block is 32 KiB, aligned to its size. Its first two lines hold one mark byte per line.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;

use crate::object::Header;

/// Bytes of a block.
pub(crate) const BLOCK_BYTES: usize = 32 << 10;
/// Bytes of a line.
pub(crate) const LINE_BYTES: usize = 128;
/// Lines of a block.
pub(crate) const LINES: usize = BLOCK_BYTES / LINE_BYTES;
/// First line that holds objects.
pub(crate) const FIRST_LINE: usize = LINES / LINE_BYTES;

const LAYOUT: Layout = match Layout::from_size_align(BLOCK_BYTES, BLOCK_BYTES) {
    Ok(layout) => layout,
    Err(_) => panic!("block layout"),
};

/// Owning pointer to a block; freed explicitly.
#[derive(Clone, Copy)]
pub(super) struct Block(NonNull<u8>);

impl Block {
    /// A block with every line marked, unless memory is exhausted.
    pub(super) fn new() -> Option<Block> {
        // SAFETY: the layout has a non-zero size.
        let block = NonNull::new(unsafe { alloc(LAYOUT) })?;
        // SAFETY: the block holds at least `LINES` bytes.
        unsafe { std::ptr::write_bytes(block.as_ptr(), 1, LINES) };
        Some(Block(block))
    }

    /// Returns the memory. The block and its copies must not be used again.
    pub(super) fn free(self) {
        // SAFETY: allocated by `new` with the same layout; callers drop their only list entry.
        unsafe { dealloc(self.0.as_ptr(), LAYOUT) };
    }

    fn marks(&self) -> &[u8; LINES] {
        // SAFETY: the first `LINES` bytes are the mark bytes and always initialised.
        unsafe { self.0.cast::<[u8; LINES]>().as_ref() }
    }

    pub(super) fn clear_marks(&self) {
        // SAFETY: the mark bytes belong to the block; no reference to them is live.
        unsafe { std::ptr::write_bytes(self.0.as_ptr(), 0, LINES) };
    }

    pub(super) fn live_lines(&self) -> usize {
        self.marks().iter().map(|&m| usize::from(m)).sum()
    }

    /// The next run of unmarked lines at or after `line`, as `(first, end)`.
    pub(super) fn next_free_run(&self, line: usize) -> Option<(usize, usize)> {
        let marks = self.marks();
        let start = line + marks.get(line..)?.iter().position(|&m| m == 0)?;
        let length = marks[start..].iter().position(|&m| m != 0).unwrap_or(LINES - start);
        Some((start, start + length))
    }

    /// Addresses of the lines `start..end`.
    pub(super) fn run(&self, start: usize, end: usize) -> (*mut u8, *mut u8) {
        let base = self.0.as_ptr();
        (base.wrapping_add(start * LINE_BYTES), base.wrapping_add(end * LINE_BYTES))
    }

    /// Overwrites free lines so that a use after free shows itself.
    pub(super) fn poison_free_lines(&self) {
        let mut line = FIRST_LINE;
        while let Some((start, end)) = self.next_free_run(line) {
            let (p, limit) = self.run(start, end);
            // SAFETY: the lines belong to this block and no live object overlaps them.
            unsafe { std::ptr::write_bytes(p, 0xA5, limit as usize - p as usize) };
            line = end;
        }
    }
}

/// Marks the lines that an object of the block space covers.
///
/// # Safety
/// `object` lies in a block and its header is initialised.
#[inline]
pub(super) unsafe fn mark_lines(object: *mut Header) {
    let at = object as usize;
    let base = at & !(BLOCK_BYTES - 1);
    // SAFETY: by contract.
    let bytes = usize::from(unsafe { (*object).size }) * 32;
    let first = (at - base) / LINE_BYTES;
    let last = ((at - base + bytes - 1) / LINE_BYTES).min(LINES - 1);
    for line in first..=last {
        // SAFETY: `line < LINES`, so the byte is one of the block's mark bytes.
        unsafe { *((base + line) as *mut u8) = 1 };
    }
}

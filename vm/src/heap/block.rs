//! Blocks of lines.
//!
//! A block is 32 KiB, aligned to its size. Its first two lines hold one mark byte per line: 0 if the
//! line is free, the number of the marking that last reached an object there, or [`RESERVED`]. The mark
//! byte of line 0 says for which marking the block was swept, that is freed of older marks.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;

use crate::object::Header;

/// Bytes of a block.
pub(crate) const BLOCK_BYTES: usize = 32 << 10;
/// Bytes of a line.
pub(crate) const LINE_BYTES: usize = 128;
/// Lines of a block. The last is left to the words that the allocator keeps with an allocation: so
/// blocks follow each other, where at full size each would leave a gap of a block's size before the next
/// aligned address, and touch two pages of it.
pub(crate) const LINES: usize = BLOCK_BYTES / LINE_BYTES - 1;
/// First line that holds objects.
pub(crate) const FIRST_LINE: usize = LINES.div_ceil(LINE_BYTES);
/// Bytes of a block that belong to the allocator.
const ALLOCATOR_BYTES: usize = 2 * size_of::<usize>();

/// Mark of the lines of a new block: in use until the next collection looks.
const RESERVED: u8 = 3;

const LAYOUT: Layout = match Layout::from_size_align(BLOCK_BYTES - ALLOCATOR_BYTES, BLOCK_BYTES) {
    Ok(layout) => layout,
    Err(_) => panic!("block layout"),
};

/// Owning pointer to a block; freed explicitly.
#[derive(Clone, Copy)]
pub(super) struct Block(NonNull<u8>);

impl Block {
    /// A block with every line reserved, unless memory is exhausted.
    pub(super) fn new(epoch: u8) -> Option<Block> {
        // SAFETY: the layout has a non-zero size.
        let block = Block(NonNull::new(unsafe { alloc(LAYOUT) })?);
        block.reserve(epoch);
        Some(block)
    }

    /// Reserves every line of a block without objects.
    pub(super) fn reserve(self, epoch: u8) {
        // SAFETY: the block holds at least `LINES` bytes.
        unsafe { std::ptr::write_bytes(self.0.as_ptr(), RESERVED, LINES) };
        self.set_swept(epoch);
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

    fn marks_mut(&mut self) -> &mut [u8; LINES] {
        // SAFETY: as `marks`; the exclusive borrow is of this copy, and only the collector and the
        // allocator of the one heap look at marks, one after the other.
        unsafe { self.0.cast::<[u8; LINES]>().as_mut() }
    }

    fn set_swept(mut self, epoch: u8) {
        self.marks_mut()[0] = epoch;
    }

    /// Frees the lines that only the marking before `epoch` reached, once per marking.
    pub(super) fn sweep(mut self, epoch: u8) {
        if self.marks()[0] == epoch {
            return;
        }
        let stale = super::other_epoch(epoch);
        for mark in &mut self.marks_mut()[FIRST_LINE..] {
            *mark = if *mark == stale { 0 } else { *mark };
        }
        self.set_swept(epoch);
    }

    /// Frees all lines of a new block. Marking is about to say which are in use.
    pub(super) fn release_reserved(mut self) {
        for mark in &mut self.marks_mut()[FIRST_LINE..] {
            *mark = if *mark == RESERVED { 0 } else { *mark };
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.marks()[FIRST_LINE..].iter().all(|&m| m == 0)
    }

    /// The next run of free lines at or after `line`, as `(first, end)`.
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

/// The mark bytes of the lines that an object of the block space covers.
///
/// # Safety
/// `object` lies in a block and its header is initialised. The result must not be used while other
/// code looks at the block's marks.
#[inline]
unsafe fn lines_of<'a>(object: *mut Header) -> &'a mut [u8] {
    let at = object as usize;
    let base = at & !(BLOCK_BYTES - 1);
    // SAFETY: by contract.
    let bytes = usize::from(unsafe { (*object).size }) * 32;
    let first = (at - base) / LINE_BYTES;
    let last = ((at - base + bytes - 1) / LINE_BYTES).min(LINES - 1);
    // SAFETY: the lines lie in the block, so their bytes are mark bytes of the block.
    unsafe { std::slice::from_raw_parts_mut((base + first) as *mut u8, last - first + 1) }
}

/// Marks the lines that an object of the block space covers.
///
/// # Safety
/// As [`lines_of`].
#[inline]
pub(super) unsafe fn mark_lines(object: *mut Header, epoch: u8) {
    // SAFETY: by contract.
    for mark in unsafe { lines_of(object) } {
        *mark = epoch;
    }
}

/// Whether no line that an object of the block space covers counts as free.
///
/// # Safety
/// As [`lines_of`].
#[cfg(debug_assertions)]
pub(super) unsafe fn are_lines_marked(object: *mut Header) -> bool {
    // SAFETY: by contract.
    unsafe { lines_of(object) }.iter().all(|&mark| mark != 0)
}

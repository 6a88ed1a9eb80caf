//! Objects that are too large for blocks, each its own allocation.

use std::alloc::{Layout, alloc, dealloc, realloc};

use crate::object::{Header, gc};

/// Precedes every large object.
#[repr(C, align(16))]
struct Prefix {
    /// Position in `LargeSpace::objects`.
    index: usize,
    /// Bytes of the allocation, prefix included.
    bytes: usize,
}

const PREFIX: usize = size_of::<Prefix>();

/// Objects from this size on ask for huge pages: random access to them is bound by address
/// translation, and filling them by page faults.
const HUGE_FROM: usize = 4 << 20;

/// Asks for huge pages. Advice only: failure changes nothing.
#[cfg(target_os = "linux")]
fn advise(start: *mut u8, bytes: usize) {
    const PAGE: usize = 4096;
    if bytes < HUGE_FROM {
        return;
    }
    // Whole pages, the allocator's own words included: a mapping that is advised in part is split, and
    // then cannot be grown in place.
    let first = start as usize & !(PAGE - 1);
    let end = (start as usize + bytes).next_multiple_of(PAGE);
    // SAFETY: the pages are mapped, as the allocation touches each; the advice does not change them.
    unsafe { libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise(_start: *mut u8, _bytes: usize) {}

/// All large objects of a heap.
#[derive(Default)]
pub(super) struct LargeSpace {
    objects: Vec<*mut Prefix>,
    /// Position of the first young object.
    young: usize,
    /// Unreached objects whose memory is still to be returned.
    dead: Vec<*mut Prefix>,
    /// Bytes of all objects, dead ones included.
    bytes: usize,
    /// Bytes of the dead objects.
    dead_bytes: usize,
}

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, align_of::<Prefix>()).ok()
}

impl LargeSpace {
    /// Bytes of all large objects that are not known to be dead.
    pub(super) fn live_bytes(&self) -> usize {
        self.bytes - self.dead_bytes
    }

    /// Bytes obtained from the allocator.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Memory for an object of `bytes` bytes, unless memory is exhausted.
    pub(super) fn alloc(&mut self, bytes: usize) -> Option<*mut Header> {
        let total = bytes.checked_add(PREFIX)?;
        // SAFETY: the size is not zero.
        let prefix = unsafe { alloc(layout(total)?) }.cast::<Prefix>();
        if prefix.is_null() {
            return None;
        }
        advise(prefix.cast(), total);
        // SAFETY: the allocation starts with room for the prefix.
        unsafe { prefix.write(Prefix { index: self.objects.len(), bytes: total }) };
        self.objects.push(prefix);
        self.bytes += total;
        Some(prefix.wrapping_add(1).cast())
    }

    /// Resizes an object, keeping its content up to the smaller size. `None` leaves it as it was.
    ///
    /// # Safety
    /// `object` is a live object of this space and nothing refers to it but the caller.
    pub(super) unsafe fn grow(&mut self, object: *mut Header, bytes: usize) -> Option<*mut Header> {
        let total = bytes.checked_add(PREFIX)?;
        layout(total)?;
        let old = object.cast::<Prefix>().wrapping_sub(1);
        // SAFETY: every large object has a prefix.
        let (index, old_total) = unsafe { ((*old).index, (*old).bytes) };
        // SAFETY: allocated with this layout; the new size is valid for it.
        let new = unsafe { realloc(old.cast(), layout(old_total)?, total) }.cast::<Prefix>();
        if new.is_null() {
            return None;
        }
        advise(new.cast(), total);
        // SAFETY: `realloc` kept the prefix.
        unsafe { (*new).bytes = total };
        self.objects[index] = new;
        self.bytes = self.bytes - old_total + total;
        Some(new.wrapping_add(1).cast())
    }

    /// Finds the objects that the marking `epoch` did not reach, of all or of the young ones. What is
    /// left is old.
    pub(super) fn sweep(&mut self, epoch: u8, young_only: bool) {
        let mut i = if young_only { self.young } else { 0 };
        while let Some(&prefix) = self.objects.get(i) {
            let header = prefix.wrapping_add(1).cast::<Header>();
            // SAFETY: listed objects are allocated and have a header after the prefix.
            if unsafe { (*header).gc & gc::EPOCH } == epoch {
                i += 1;
                continue;
            }
            self.objects.swap_remove(i);
            if let Some(&moved) = self.objects.get(i) {
                // SAFETY: `moved` is listed, so allocated.
                unsafe { (*moved).index = i };
            }
            // SAFETY: `prefix` is allocated until it is released.
            self.dead_bytes += unsafe { (*prefix).bytes };
            self.dead.push(prefix);
        }
        self.young = self.objects.len();
    }

    /// Returns the memory of dead objects until at least `bytes` bytes are returned.
    pub(super) fn release_dead(&mut self, bytes: usize) {
        let end = self.dead_bytes.saturating_sub(bytes);
        while self.dead_bytes > end
            && let Some(prefix) = self.dead.pop()
        {
            // SAFETY: `prefix` is allocated.
            self.dead_bytes -= unsafe { (*prefix).bytes };
            self.release(prefix);
        }
    }

    pub(super) fn free_all(&mut self) {
        self.release_dead(usize::MAX);
        while let Some(prefix) = self.objects.pop() {
            self.release(prefix);
        }
    }

    fn release(&mut self, prefix: *mut Prefix) {
        // SAFETY: the caller has just removed it from the list, so it is allocated and unused.
        unsafe {
            let bytes = (*prefix).bytes;
            self.bytes -= bytes;
            if let Some(layout) = layout(bytes) {
                dealloc(prefix.cast(), layout);
            }
        }
    }
}

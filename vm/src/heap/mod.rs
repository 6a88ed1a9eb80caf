//! Garbage-collected memory: precise, non-moving, mark-region.
//!
//! Objects up to [`SMALL_MAX`] bytes are bump-allocated into runs of free 128-byte lines of 32 KiB
//! blocks ([`block`]); larger ones live in the large space ([`large`]). Collections mark objects and
//! lines with explicit worklists ([`mark`]) and free what they did not reach; [`collect`] says which
//! collections there are, [`remember`] how stores into old objects are followed.
//!
//! Invariant: allocating never collects. The interpreter collects at safepoints only, where every
//! live value lies in a root (see `vm::Vm::safepoint`).
//! Invariant: objects never move.
//! Invariant: every allocation counts against the limit, object buffers included.

pub(crate) mod block;
mod collect;
pub(crate) mod large;
pub(crate) mod mark;
mod remember;
mod stats;

use std::cell::{Cell, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{ScriptError, Trap};
use crate::limit::{Cause, Limit};
use crate::object::{Buffer, Header, Kind, flag};
use block::{BLOCK_BYTES, Block, LINES};
use large::LargeSpace;
use mark::Pending;

pub(crate) use collect::Roots;
use remember::Part;
use stats::Tracer;
pub use stats::{HeapStats, Pause, PauseCause, PauseHook, PauseKind};

/// Largest object of the block space, in bytes.
pub(crate) const SMALL_MAX: usize = 255 * 32;
/// What a program may allocate beyond the limit to handle the catchable error.
const LIMIT_SLACK: usize = 1 << 20;

/// The heap of one virtual machine. Its first two fields are part of the native interface.
#[repr(C)]
pub(crate) struct Heap {
    /// Next free byte.
    pub(crate) ptr: Cell<*mut u8>,
    /// End of the current run.
    pub(crate) limit: Cell<*mut u8>,
    hidden: Cell<(*mut u8, *mut u8)>,
    overflow: Cell<(*mut u8, *mut u8)>,
    /// Number of the marking that is running or was last.
    epoch: Cell<u8>,
    /// Whether a major marking is running.
    is_marking: Cell<bool>,
    wanted: Cell<bool>,
    /// Number of the next pause if every safepoint collects, else 0.
    stress: Cell<u64>,
    limit_reported: Cell<bool>,
    /// Allocations until one fails, for tests; counted under stress.
    allocations_left: Option<Arc<AtomicU64>>,
    bytes_max: Cell<usize>,
    configured_max: usize,
    /// Bytes to allocate until the next pause.
    budget: Cell<usize>,
    /// Bytes allocated since the last pause.
    since: Cell<usize>,
    /// Bytes allocated before that, since the last collection of young objects.
    young: Cell<usize>,
    /// Bytes of old small objects, dead ones included.
    old: Cell<usize>,
    /// Bytes of small objects that the running major marking has reached.
    marked: Cell<usize>,
    /// Old bytes, large ones included, at which a major collection starts.
    threshold: Cell<usize>,
    cursor: Cell<(usize, usize)>,
    blocks: UnsafeCell<Vec<Block>>,
    /// How many of them, the last ones, were added since the last collection.
    fresh: Cell<usize>,
    /// Blocks without objects.
    spare: UnsafeCell<Vec<Block>>,
    large: UnsafeCell<LargeSpace>,
    pending: UnsafeCell<Pending>,
    remembered: UnsafeCell<Vec<(*mut Header, Part)>>,
    tracer: UnsafeCell<Tracer>,
    /// Pauses until the next verification.
    #[cfg(debug_assertions)]
    unverified: Cell<usize>,
    hasher: ahash::RandomState,
    seed: u64,
}

/// The other number of a marking.
fn other_epoch(epoch: u8) -> u8 {
    3 - epoch
}

impl Heap {
    /// Offset of the next free byte's address.
    pub(crate) const PTR_OFFSET: usize = std::mem::offset_of!(Heap, ptr);
    /// Offset of the address where the free bytes end.
    pub(crate) const LIMIT_OFFSET: usize = std::mem::offset_of!(Heap, limit);
    /// Offset of the flag that the next safepoint collects.
    pub(crate) const WANTED_OFFSET: usize = std::mem::offset_of!(Heap, wanted);

    /// An empty heap that never exceeds `bytes_max` by more than 1 MiB. With `stress`, every
    /// safepoint collects and freed memory is overwritten.
    #[must_use]
    pub(crate) fn new(bytes_max: usize, stress: bool) -> Heap {
        let null = std::ptr::null_mut();
        let hasher = ahash::RandomState::new();
        let heap = Heap {
            ptr: Cell::new(null),
            limit: Cell::new(null),
            hidden: Cell::new((null, null)),
            overflow: Cell::new((null, null)),
            epoch: Cell::new(1),
            is_marking: Cell::new(false),
            wanted: Cell::new(stress),
            stress: Cell::new(u64::from(stress)),
            limit_reported: Cell::new(false),
            allocations_left: None,
            bytes_max: Cell::new(bytes_max),
            configured_max: bytes_max,
            budget: Cell::new(0),
            since: Cell::new(0),
            young: Cell::new(0),
            old: Cell::new(0),
            marked: Cell::new(0),
            threshold: Cell::new(collect::GROWTH_MIN),
            cursor: Cell::new((0, block::FIRST_LINE)),
            blocks: UnsafeCell::new(Vec::new()),
            fresh: Cell::new(0),
            spare: UnsafeCell::new(Vec::new()),
            large: UnsafeCell::new(LargeSpace::default()),
            pending: UnsafeCell::new(Pending::default()),
            remembered: UnsafeCell::new(Vec::new()),
            tracer: UnsafeCell::new(Tracer::default()),
            #[cfg(debug_assertions)]
            unverified: Cell::new(0),
            seed: hasher.hash_one(0_u64) | 1,
            hasher,
        };
        heap.plan();
        heap
    }

    /// Hash of a text; never 0.
    pub(crate) fn hash_bytes(&self, bytes: &[u8]) -> u32 {
        (self.hasher.hash_one(bytes) as u32).max(1)
    }

    /// Hash of a word: a folded multiplication with a per-process factor.
    #[inline]
    pub(crate) fn hash_word(&self, word: u64) -> u32 {
        let product = u128::from(word ^ self.seed) * u128::from(self.seed ^ 0x9E37_79B9_7F4A_7C15);
        let folded = (product >> 64) as u64 ^ product as u64;
        (folded >> 32) as u32 ^ folded as u32
    }

    /// Whether the next safepoint should collect.
    #[inline]
    pub(crate) fn is_collection_wanted(&self) -> bool {
        self.wanted.get()
    }

    /// The limit that the host has set, in bytes.
    pub(crate) fn configured_max(&self) -> usize {
        self.configured_max
    }

    /// Memory for an object of `bytes` bytes (header included) with its header written. The rest is
    /// uninitialised.
    ///
    /// # Errors
    /// The heap limit: first a catchable error, then [`Trap::Limit`].
    #[inline]
    pub(crate) fn alloc(
        &self,
        bytes: usize,
        kind: Kind,
        type_id: u32,
        flags: u8,
    ) -> Result<*mut Header, Trap> {
        if bytes > SMALL_MAX {
            return self.alloc_large(bytes, kind, type_id, flags);
        }
        let size = (bytes + 7) & !7;
        let p = self.ptr.get();
        let at = if (self.limit.get() as usize).wrapping_sub(p as usize) >= size {
            self.ptr.set(p.wrapping_add(size));
            p
        } else {
            self.alloc_slow(size)?
        };
        let header = at.cast::<Header>();
        // SAFETY: `at` addresses `size >= 8` unused bytes of a block, 8-byte aligned.
        unsafe {
            header.write(Header { type_id, kind, gc: 0, flags, size: bytes.div_ceil(32) as u8 });
        }
        Ok(header)
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&self, size: usize) -> Result<*mut u8, Trap> {
        if self.stress.get() > 0 {
            self.count_down()?;
            let (p, l) = self.hidden.get();
            self.ptr.set(p);
            self.limit.set(l);
        }
        let result = self.bump_or_refill(size);
        if self.stress.get() > 0 {
            self.hidden.set((self.ptr.get(), self.limit.get()));
            self.ptr.set(std::ptr::null_mut());
            self.limit.set(std::ptr::null_mut());
        }
        result
    }

    fn bump_or_refill(&self, size: usize) -> Result<*mut u8, Trap> {
        loop {
            let p = self.ptr.get();
            let room = self.limit.get() as usize - p as usize;
            if room >= size {
                self.ptr.set(p.wrapping_add(size));
                return Ok(p);
            }
            if size > block::LINE_BYTES && room > 0 {
                return self.alloc_overflow(size);
            }
            self.refill()?;
        }
    }

    /// Objects of several lines that do not fit the current run go to a block of their own, so that
    /// short runs stay useful for small objects.
    fn alloc_overflow(&self, size: usize) -> Result<*mut u8, Trap> {
        let (mut p, mut limit) = self.overflow.get();
        if (limit as usize) - (p as usize) < size {
            let block = self.add_block()?;
            (p, limit) = block.run(block::FIRST_LINE, LINES);
            self.count(BLOCK_BYTES);
        }
        self.overflow.set((p.wrapping_add(size), limit));
        Ok(p)
    }

    /// Moves the bump run to the next free lines.
    fn refill(&self) -> Result<(), Trap> {
        let (mut index, mut line) = self.cursor.get();
        // SAFETY: no other reference to `blocks` is live; nothing below re-enters the heap.
        let blocks = unsafe { &*self.blocks.get() };
        while let Some(block) = blocks.get(index) {
            if !self.is_marking.get() {
                block.sweep(self.epoch.get());
            }
            if let Some((start, end)) = block.next_free_run(line) {
                self.cursor.set((index, end));
                self.use_run(block.run(start, end));
                return Ok(());
            }
            (index, line) = (index + 1, block::FIRST_LINE);
        }
        self.cursor.set((index, block::FIRST_LINE));
        // SAFETY: no reference to `large` is live.
        unsafe { &mut *self.large.get() }.release_dead(BLOCK_BYTES);
        let block = self.add_block()?;
        self.use_run(block.run(block::FIRST_LINE, LINES));
        Ok(())
    }

    fn use_run(&self, (start, end): (*mut u8, *mut u8)) {
        self.ptr.set(start);
        self.limit.set(end);
        self.count(end as usize - start as usize);
    }

    fn count(&self, bytes: usize) {
        let since = self.since.get() + bytes;
        self.since.set(since);
        if since >= self.budget.get() {
            self.wanted.set(true);
        }
    }

    /// A new block. Its lines are reserved until the next collection, so that the cursor does not hand
    /// them out again.
    fn add_block(&self) -> Result<Block, Trap> {
        // SAFETY: no other reference to the list is live.
        let block = if let Some(block) = unsafe { &mut *self.spare.get() }.pop() {
            block.reserve(self.epoch.get());
            block
        } else {
            self.reserve(BLOCK_BYTES)?;
            Block::new(self.epoch.get()).ok_or_else(|| self.out_of_memory())?
        };
        // SAFETY: as above.
        unsafe { &mut *self.blocks.get() }.push(block);
        self.fresh.set(self.fresh.get() + 1);
        Ok(block)
    }

    #[cold]
    #[inline(never)]
    fn alloc_large(
        &self,
        bytes: usize,
        kind: Kind,
        type_id: u32,
        flags: u8,
    ) -> Result<*mut Header, Trap> {
        // SAFETY: no other reference to `large` is live.
        let large = unsafe { &mut *self.large.get() };
        self.count_down()?;
        large.release_dead(bytes);
        self.reserve(bytes)?;
        let header = large.alloc(bytes).ok_or_else(|| self.out_of_memory())?;
        self.count(bytes);
        // SAFETY: `header` addresses `bytes` fresh bytes, 16-byte aligned.
        unsafe {
            header.write(Header { type_id, kind, gc: 0, flags: flags | flag::LARGE, size: 0 });
        }
        Ok(header)
    }

    /// Fails when the test's countdown ends, except where an allocation must not fail.
    fn count_down(&self) -> Result<(), Trap> {
        let Some(left) = &self.allocations_left else { return Ok(()) };
        let before = left.load(Ordering::Relaxed);
        if before == 0 || self.bytes_max.get() == usize::MAX {
            return Ok(());
        }
        left.store(before - 1, Ordering::Relaxed);
        if before == 1 { Err(self.out_of_memory()) } else { Ok(()) }
    }

    /// Makes an allocation fail when `left` has been counted down to 0, for tests.
    pub(crate) fn fail_after(&mut self, left: Option<Arc<AtomicU64>>) {
        self.allocations_left = left;
    }

    /// A buffer of at least `bytes` bytes after its header.
    ///
    /// # Errors
    /// As [`Heap::alloc`].
    pub(crate) fn alloc_buffer(&self, bytes: usize) -> Result<*mut Buffer, Trap> {
        let total = bytes.checked_add(size_of::<Buffer>()).ok_or_else(|| self.out_of_memory())?;
        let buffer = self.alloc(total, Kind::Buffer, u32::MAX, 0)?.cast::<Buffer>();
        // SAFETY: `alloc` returned at least `size_of::<Buffer>()` bytes.
        unsafe { (*buffer).bytes = bytes };
        Ok(buffer)
    }

    /// A buffer that may exceed the limit: for work that a script cannot see fail. The next safepoint
    /// collects if it did.
    pub(crate) fn alloc_buffer_unlimited(&self, bytes: usize) -> *mut Buffer {
        match self.unlimited(|| self.alloc_buffer(bytes)) {
            Ok(buffer) => buffer,
            Err(_) => std::alloc::handle_alloc_error(std::alloc::Layout::new::<Buffer>()),
        }
    }

    /// Whether some small allocations will succeed.
    pub(crate) fn has_room(&self) -> bool {
        self.committed().saturating_add(2 * BLOCK_BYTES) <= self.bytes_max.get()
    }

    /// Runs `work`, whose allocations may exceed the limit.
    pub(crate) fn unlimited<T>(&self, work: impl FnOnce() -> T) -> T {
        let max = self.bytes_max.replace(usize::MAX);
        let result = work();
        self.bytes_max.set(max);
        if self.committed() > max {
            self.wanted.set(true);
        }
        result
    }

    /// Grows a buffer to `bytes` bytes, keeping its content; the old one must not be used again.
    ///
    /// # Errors
    /// As [`Heap::alloc`].
    ///
    /// # Safety
    /// `old` is a live buffer of this heap that nothing but the caller's object refers to.
    pub(crate) unsafe fn grow_buffer(
        &self,
        old: *mut Buffer,
        bytes: usize,
    ) -> Result<*mut Buffer, Trap> {
        // SAFETY: `old` is live.
        let (old_bytes, flags, gc) =
            unsafe { ((*old).bytes, (*old).header.flags, (*old).header.gc) };
        if flags & flag::LARGE != 0 {
            self.reserve(bytes.saturating_sub(old_bytes))?;
            // SAFETY: no other reference to `large` is live; `old` belongs to the large space.
            let new = unsafe { (*self.large.get()).grow(old.cast(), bytes + size_of::<Buffer>()) };
            let new = new.ok_or_else(|| self.out_of_memory())?.cast::<Buffer>();
            self.count(bytes.saturating_sub(old_bytes));
            // SAFETY: `grow` returned the buffer with its old content.
            unsafe {
                (*new).bytes = bytes;
                (*new).header.gc = gc;
            }
            return Ok(new);
        }
        let new = self.alloc_buffer(bytes)?;
        // SAFETY: both buffers hold at least `old_bytes` bytes and are distinct.
        unsafe {
            std::ptr::copy_nonoverlapping(
                old.add(1).cast::<u8>(),
                new.add(1).cast::<u8>(),
                old_bytes.min(bytes),
            );
        }
        Ok(new)
    }

    fn committed(&self) -> usize {
        // SAFETY: no mutable reference to any is live.
        unsafe {
            let blocks = (*self.blocks.get()).len() + (*self.spare.get()).len();
            blocks * BLOCK_BYTES + (*self.large.get()).bytes()
        }
    }

    fn reserve(&self, bytes: usize) -> Result<(), Trap> {
        if self.committed().saturating_add(bytes) > self.bytes_max.get() {
            self.wanted.set(true);
            return Err(self.out_of_memory());
        }
        Ok(())
    }

    #[cold]
    fn out_of_memory(&self) -> Trap {
        if self.limit_reported.replace(true) {
            return Trap::Limit(Limit::Heap);
        }
        self.bytes_max.set(self.configured_max.saturating_add(LIMIT_SLACK));
        Trap::Error(Box::new(ScriptError {
            kind: hyp_bytecode::module::ErrorKind::Runtime,
            message: format!("Heap limit of {} bytes exceeded", self.configured_max),
            cause: Cause::Limit(Limit::Heap),
            fault: None,
        }))
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for block in self.blocks.get_mut().drain(..).chain(self.spare.get_mut().drain(..)) {
            block.free();
        }
        self.large.get_mut().free_all();
    }
}

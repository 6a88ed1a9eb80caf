//! When and what is collected.
//!
//! A minor collection traces the young objects only, from the roots and from what [`super::remember`]
//! has collected; survivors become old where they are (sticky marks). When enough old objects have
//! accumulated, a major marking starts with the roots and goes on in slices while the program runs. It
//! finds what is reachable at its end, not at its start: a minor collection that finds nothing left to
//! trace ends it, because the roots, the young objects and everything that was written to have just been
//! looked at. Lines that the marking did not reach are freed when allocation comes to their block.
//!
//! Near the heap limit everything is collected at once: memory matters more than the pause then.

use std::time::Instant;

use super::block::{self, BLOCK_BYTES, Block};
use super::large::LargeSpace;
use super::mark::Marker;
use super::{Heap, Pause, PauseCause, PauseKind, other_epoch};

/// Bytes allocated between two minor collections.
const NURSERY: usize = 2 << 20;
/// Bytes allocated between two pauses at least when the limit is near.
const NURSERY_MIN: usize = 256 << 10;
/// Old bytes that accumulate at least before a major collection.
pub(super) const GROWTH_MIN: usize = 4 << 20;
/// Bytes allocated between two slices of a major marking.
const SLICE: usize = 256 << 10;
/// Bytes that a slice traces for each byte allocated since the last.
const SLICE_WORK: usize = 6;

/// Where a collection starts.
pub(crate) struct Roots<'a> {
    /// Number of fields of records and instances by type id.
    pub(crate) field_counts: &'a [u32],
    /// Marks the roots.
    pub(crate) trace: &'a dyn Fn(&mut Marker),
}

impl Heap {
    /// Does what is due at a safepoint.
    pub(crate) fn collect_due(&self, roots: &Roots) {
        if self.stress.get() > 0 {
            return self.collect_stress(roots);
        }
        if self.is_limit_near() {
            return self.pause(PauseKind::Full, PauseCause::Limit, roots);
        }
        let young = self.young.get() + self.since.get();
        let kind = if !self.is_marking.get() {
            PauseKind::Minor
        } else if young < self.nursery() && !self.is_marking_done() {
            PauseKind::Mark
        } else {
            PauseKind::Finish
        };
        self.pause(kind, PauseCause::Allocation, roots);
    }

    /// Collects everything.
    pub(crate) fn collect_all(&self, roots: &Roots) {
        self.pause(PauseKind::Full, PauseCause::Request, roots);
    }

    /// Under stress every kind of pause takes its turn, with tiny slices.
    fn collect_stress(&self, roots: &Roots) {
        const RARE_FROM: usize = 64 << 10;
        const TURNS: [PauseKind; 7] = [
            PauseKind::Minor,
            PauseKind::Minor,
            PauseKind::Full,
            PauseKind::Minor,
            PauseKind::Start,
            PauseKind::Mark,
            PauseKind::Finish,
        ];
        let turn = self.stress.get() as usize;
        self.stress.set(turn as u64 + 1);
        let (round, kind) = (turn / TURNS.len(), TURNS[turn % TURNS.len()]);
        // Large heaps are collected at once more rarely: the time of a pause stays bounded on average.
        let is_rare = !round.is_multiple_of(1 + self.old_bytes() / RARE_FROM);
        let kind = if kind == PauseKind::Full && is_rare { PauseKind::Minor } else { kind };
        self.pause(kind, PauseCause::Stress, roots);
    }

    fn pause(&self, kind: PauseKind, cause: PauseCause, roots: &Roots) {
        let start = Instant::now();
        let before = self.old_bytes() + self.young.get() + self.since.get();
        self.note_committed();
        let (mut kind, mut cause) = (kind, cause);
        match kind {
            PauseKind::Minor | PauseKind::Start => {
                self.minor(roots);
                if kind == PauseKind::Start || self.old_bytes() >= self.threshold.get() {
                    self.start_marking(roots);
                    cause = if kind == PauseKind::Minor { PauseCause::Growth } else { cause };
                    kind = PauseKind::Start;
                }
            }
            PauseKind::Mark => self.mark_slice(roots),
            PauseKind::Finish => {
                self.minor(roots);
                self.mark_slice(roots);
                if self.is_marking_done() {
                    self.finish_marking();
                } else {
                    kind = PauseKind::Minor;
                }
            }
            PauseKind::Full => self.full(roots),
        }
        self.plan();
        if self.stress.get() > 0 && kind != PauseKind::Mark {
            self.check(roots);
        }
        self.record(Pause {
            number: 0,
            kind,
            cause,
            before,
            after: self.old_bytes() + self.young.get(),
            committed: self.committed(),
            duration: start.elapsed(),
        });
    }

    fn marker<'a>(&'a self, roots: &Roots<'a>) -> Marker<'a> {
        // SAFETY: at most one marker is in use, and nothing else looks at the list.
        Marker::new(self.epoch.get(), unsafe { &mut *self.pending.get() }, roots.field_counts)
    }

    fn minor(&self, roots: &Roots) {
        // SAFETY: marking looks at objects, not at the spaces and lists.
        let (blocks, remembered, large) = unsafe {
            (&mut *self.blocks.get(), &mut *self.remembered.get(), &mut *self.large.get())
        };
        let fresh = blocks.split_off(blocks.len() - self.fresh.take());
        for block in &fresh {
            block.release_reserved();
        }
        let mut marker = self.marker(roots);
        for (object, part) in remembered.drain(..) {
            // SAFETY: what is remembered was alive and old, and old objects are freed at the end of a
            // marking only, when the list is empty.
            unsafe { marker.remembered(object, part) };
        }
        (roots.trace)(&mut marker);
        marker.drain_young();
        let marked = marker.finish();
        self.old.set(self.old.get() + marked);
        self.marked.set(self.marked.get() + marked);
        // SAFETY: as above.
        let spare = unsafe { &mut *self.spare.get() };
        for block in fresh {
            if block.is_empty() { &mut *spare } else { &mut *blocks }.push(block);
        }
        large.sweep(self.epoch.get(), true);
        self.drop_runs();
    }

    /// Begins a major marking, unless one is running. There must be no young objects, because blocks
    /// without marked lines may be freed.
    fn start_marking(&self, roots: &Roots) {
        if self.is_marking.get() {
            return;
        }
        self.finish_sweep();
        self.epoch.set(other_epoch(self.epoch.get()));
        self.is_marking.set(true);
        let mut marker = self.marker(roots);
        (roots.trace)(&mut marker);
        self.marked.set(marker.finish());
    }

    fn mark_slice(&self, roots: &Roots) {
        let work =
            if self.stress.get() > 0 { 64 } else { self.since.get().max(SLICE) * SLICE_WORK };
        self.young.set(self.young.get() + self.since.get());
        self.mark(roots, work.min(4 * SLICE * SLICE_WORK));
    }

    fn mark(&self, roots: &Roots, bytes: usize) {
        let mut marker = self.marker(roots);
        marker.drain_old(bytes);
        self.marked.set(self.marked.get() + marker.finish());
    }

    fn is_marking_done(&self) -> bool {
        // SAFETY: no other reference to the list is live.
        unsafe { &*self.pending.get() }.is_done()
    }

    fn finish_marking(&self) {
        self.is_marking.set(false);
        self.old.set(self.marked.get());
        // SAFETY: no other reference to the space is live.
        unsafe { &mut *self.large.get() }.sweep(self.epoch.get(), false);
        let live = self.old_bytes();
        self.threshold.set(live + live.max(GROWTH_MIN));
        if live < self.configured_max / 2 {
            self.limit_reported.set(false);
            self.bytes_max.set(self.configured_max);
        }
        self.drop_runs();
    }

    fn full(&self, roots: &Roots) {
        self.minor(roots);
        if self.is_marking.get() {
            self.mark(roots, usize::MAX);
            self.finish_marking();
        }
        self.start_marking(roots);
        self.mark(roots, usize::MAX);
        self.finish_marking();
        self.finish_sweep();
    }

    /// Frees the lines that the last marking did not reach, and returns surplus memory.
    fn finish_sweep(&self) {
        // SAFETY: no other reference to the spaces is live.
        let (blocks, spare, large): (&mut Vec<Block>, &mut Vec<Block>, &mut LargeSpace) =
            unsafe { (&mut *self.blocks.get(), &mut *self.spare.get(), &mut *self.large.get()) };
        large.release_dead(usize::MAX);
        let epoch = self.epoch.get();
        blocks.retain(|block| {
            block.sweep(epoch);
            let keep = !block.is_empty();
            if !keep {
                spare.push(*block);
            }
            keep
        });
        let spare_max = (NURSERY + self.old_bytes() / 4) / BLOCK_BYTES;
        let kept = if self.stress.get() > 0 { 0 } else { spare_max.min(spare.len()) };
        for block in spare.drain(kept..) {
            block.free();
        }
        self.drop_runs();
    }

    /// Has allocation start again at the first free line.
    fn drop_runs(&self) {
        let null = std::ptr::null_mut();
        self.ptr.set(null);
        self.limit.set(null);
        self.hidden.set((null, null));
        self.overflow.set((null, null));
        self.cursor.set((0, block::FIRST_LINE));
        self.young.set(0);
        self.since.set(0);
    }

    /// Bytes of old objects that are not known to be dead.
    pub(super) fn old_bytes(&self) -> usize {
        // SAFETY: no mutable reference to the space is live.
        self.old.get() + unsafe { &*self.large.get() }.live_bytes()
    }

    fn nursery(&self) -> usize {
        NURSERY.min(self.configured_max / 16).max(NURSERY_MIN)
    }

    /// Whether what is committed leaves so little room that a collection of everything is due.
    fn is_limit_near(&self) -> bool {
        self.committed() > self.configured_max / 4 * 3
    }

    /// Decides how much may be allocated until the next pause.
    pub(super) fn plan(&self) {
        let room = self.configured_max.saturating_sub(self.committed()) / 2;
        let wanted = if self.is_marking.get() { SLICE } else { self.nursery() };
        let wanted = if self.is_limit_near() { room } else { wanted.min(room) };
        self.budget.set(wanted.max(NURSERY_MIN));
        self.since.set(0);
        self.wanted.set(self.stress.get() > 0);
    }

    /// Overwrites what is free and, in builds with debug assertions, looks for reachable objects that
    /// were not marked.
    fn check(&self, roots: &Roots) {
        let is_marking = self.is_marking.get();
        // SAFETY: no other reference to the list of blocks is live.
        for block in unsafe { &*self.blocks.get() } {
            if !is_marking {
                block.sweep(self.epoch.get());
            }
        }
        #[cfg(debug_assertions)]
        if let Some(rest) = self.unverified.get().checked_sub(1) {
            self.unverified.set(rest);
        } else {
            let mut pending = super::Pending::default();
            let mut marker = Marker::new(self.epoch.get(), &mut pending, roots.field_counts);
            marker.verify(is_marking);
            (roots.trace)(&mut marker);
            marker.drain_young();
            // Large heaps are verified more rarely, so that a pause takes constant time on average.
            self.unverified.set(marker.reached() / 256);
        }
        #[cfg(not(debug_assertions))]
        let _ = roots;
        // SAFETY: as above.
        let (blocks, spare) = unsafe { (&*self.blocks.get(), &*self.spare.get()) };
        for block in blocks.iter().chain(spare) {
            block.poison_free_lines();
        }
    }
}

//! What a heap tells about itself.

use std::fmt;
use std::time::Duration;

use super::Heap;

/// Figures of a heap since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// Bytes obtained from the system.
    pub committed: usize,
    /// Most bytes obtained from the system at the end of an allocation or collection so far.
    pub committed_max: usize,
    /// Bytes in objects that are not known to be dead.
    pub used: usize,
    /// Collections of young objects.
    pub minor: u64,
    /// Collections of all objects, incremental or not.
    pub major: u64,
    /// Pauses of the program, slices of marking included.
    pub pauses: u64,
    /// Longest pause.
    pub pause_max: Duration,
    /// All pauses together.
    pub pause_total: Duration,
}

/// What a pause did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseKind {
    /// Collected young objects.
    Minor,
    /// Collected young objects and began to mark all objects.
    Start,
    /// Marked a part of the objects.
    Mark,
    /// Collected young objects and, as marking was complete, all others.
    Finish,
    /// Collected everything at once.
    Full,
}

/// Why the program paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseCause {
    /// So much was allocated since the last pause.
    Allocation,
    /// So many old objects have accumulated.
    Growth,
    /// The heap limit is near.
    Limit,
    /// The host or the machine asked for it.
    Request,
    /// The option that tests the collector.
    Stress,
}

/// One pause. Its display form is the line that `--trace-gc` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Number of the pause, from 1.
    pub number: u64,
    /// What it did.
    pub kind: PauseKind,
    /// Why it was made.
    pub cause: PauseCause,
    /// Bytes in use when it began: old objects, and all that was allocated since the last pause.
    pub before: usize,
    /// Bytes in objects that are not known to be dead at its end.
    pub after: usize,
    /// Bytes obtained from the system at its end.
    pub committed: usize,
    /// How long it took.
    pub duration: Duration,
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = |bytes: usize| bytes.div_ceil(1024);
        let kind = match self.kind {
            PauseKind::Minor => "minor",
            PauseKind::Start => "start",
            PauseKind::Mark => "mark",
            PauseKind::Finish => "finish",
            PauseKind::Full => "full",
        };
        let cause = match self.cause {
            PauseCause::Allocation => "allocation",
            PauseCause::Growth => "growth",
            PauseCause::Limit => "limit",
            PauseCause::Request => "request",
            PauseCause::Stress => "stress",
        };
        write!(
            f,
            "gc {}: {kind}, {} -> {} KiB of {} KiB, {} us ({cause})",
            self.number,
            kib(self.before),
            kib(self.after),
            kib(self.committed),
            self.duration.as_micros()
        )
    }
}

impl fmt::Display for HeapStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "gc total: {} minor, {} major, {} pauses, longest {} us, together {} us, \
             {} KiB used, {} KiB committed, at most {} KiB",
            self.minor,
            self.major,
            self.pauses,
            self.pause_max.as_micros(),
            self.pause_total.as_micros(),
            self.used.div_ceil(1024),
            self.committed.div_ceil(1024),
            self.committed_max.div_ceil(1024)
        )
    }
}

/// Called after each pause.
pub type PauseHook = Box<dyn FnMut(&Pause)>;

/// Collects the figures.
#[derive(Default)]
pub(super) struct Tracer {
    pub(super) stats: HeapStats,
    pub(super) hook: Option<PauseHook>,
}

impl Heap {
    /// Current figures.
    #[must_use]
    pub(crate) fn stats(&self) -> HeapStats {
        // SAFETY: no other reference to the tracer is live.
        let mut stats = unsafe { &*self.tracer.get() }.stats;
        stats.committed = self.committed();
        stats.committed_max = stats.committed_max.max(stats.committed);
        stats.used = self.old_bytes() + self.young.get() + self.since.get();
        stats
    }

    /// Has `hook` called after each pause.
    pub(crate) fn set_pause_hook(&self, hook: PauseHook) {
        // SAFETY: no other reference to the tracer is live.
        unsafe { &mut *self.tracer.get() }.hook = Some(hook);
    }

    pub(super) fn record(&self, mut pause: Pause) {
        // SAFETY: no other reference to the tracer is live: hooks get no machine to call.
        let tracer = unsafe { &mut *self.tracer.get() };
        let stats = &mut tracer.stats;
        stats.pauses += 1;
        stats.pause_max = stats.pause_max.max(pause.duration);
        stats.pause_total += pause.duration;
        stats.minor += u64::from(!matches!(pause.kind, PauseKind::Full | PauseKind::Mark));
        stats.major += u64::from(matches!(pause.kind, PauseKind::Full | PauseKind::Finish));
        pause.number = stats.pauses;
        if let Some(hook) = &mut tracer.hook {
            hook(&pause);
        }
    }

    pub(super) fn note_committed(&self) {
        // SAFETY: as `record`.
        let stats = &mut unsafe { &mut *self.tracer.get() }.stats;
        stats.committed_max = stats.committed_max.max(self.committed());
    }
}

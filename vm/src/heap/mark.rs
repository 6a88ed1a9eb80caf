//! Marking: what is alive, by explicit worklists.
//!
//! One marking numbers what it reaches with its epoch. Objects without a number are young. A minor
//! collection traces the young ones and stops at those that already have the epoch; the others are old
//! objects that a running major marking has still to trace, and go to its list.

use super::block::mark_lines;
use crate::object::{
    Array, Bound, Buffer, Cell, Closure, Entry, ErrorObj, Header, Iterator, Kind, Object, Promise,
    StrParts, flag, gc,
};
use crate::value::Value;

/// Elements of a large array or object that are traced at a time.
const CHUNK: u32 = 2048;

/// Objects that are looked at later than they are found, so that memory is not waited for.
const AHEAD: usize = 8;

/// Asks for an object's header. Advice only.
#[inline(always)]
fn prefetch(object: *mut Header) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch of any address changes nothing; SSE belongs to the base of x86-64.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(object.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = object;
}

/// What is known to be alive but not yet traced.
#[derive(Default)]
pub(super) struct Pending {
    /// Young objects. Empty between collections.
    young: Vec<*mut Header>,
    /// Objects that the major marking has still to trace.
    old: Vec<*mut Header>,
    /// Rests of large arrays and objects of the major marking, from this element on.
    rests: Vec<(*mut Header, u32)>,
}

impl Pending {
    /// Whether the major marking has nothing left to trace.
    pub(super) fn is_done(&self) -> bool {
        self.old.is_empty() && self.rests.is_empty()
    }
}

/// Whether an object refers to no other.
///
/// # Safety
/// `object` is live.
#[inline]
unsafe fn is_leaf(object: *mut Header) -> bool {
    // SAFETY: by contract.
    let (kind, flags) = unsafe { ((*object).kind, (*object).flags) };
    match kind {
        Kind::Buffer | Kind::Session => true,
        Kind::String => flags & (flag::ROPE | flag::SLICE) == 0,
        _ => false,
    }
}

/// The marking that runs.
pub(crate) struct Marker<'a> {
    epoch: u8,
    pending: &'a mut Pending,
    /// Objects whose headers are on their way to the cache, and the place of the oldest.
    ahead: [*mut Header; AHEAD],
    oldest: usize,
    /// Field counts by type id, for records and instances.
    field_counts: &'a [u32],
    /// Bytes of the objects that were marked.
    marked: usize,
    /// Values that were looked at.
    seen: usize,
    /// Set if this only checks that everything reachable is marked: what was reached.
    #[cfg(debug_assertions)]
    reached: Option<ahash::AHashSet<*mut Header>>,
    /// Whether old objects may be unmarked because a major marking runs.
    #[cfg(debug_assertions)]
    is_marking: bool,
}

impl<'a> Marker<'a> {
    pub(super) fn new(epoch: u8, pending: &'a mut Pending, field_counts: &'a [u32]) -> Marker<'a> {
        Marker {
            epoch,
            pending,
            ahead: [std::ptr::null_mut(); AHEAD],
            oldest: 0,
            field_counts,
            marked: 0,
            seen: 0,
            #[cfg(debug_assertions)]
            reached: None,
            #[cfg(debug_assertions)]
            is_marking: false,
        }
    }

    /// Number of objects that a verification reached.
    #[cfg(debug_assertions)]
    pub(super) fn reached(&self) -> usize {
        self.reached.as_ref().map_or(0, |reached| reached.len())
    }

    /// From now on marks nothing, but asserts that whatever is reached was marked before.
    #[cfg(debug_assertions)]
    pub(super) fn verify(&mut self, is_marking: bool) {
        self.is_marking = is_marking;
        self.reached = Some(ahash::AHashSet::new());
    }

    #[cfg(debug_assertions)]
    fn check(&mut self, object: *mut Header) {
        let Some(reached) = &mut self.reached else { return };
        // SAFETY: as `object`.
        unsafe {
            let (kind, epoch) = ((*object).kind, (*object).gc & gc::EPOCH);
            assert!(epoch != 0, "{kind:?} is reachable but young after a collection");
            assert!(self.is_marking || epoch == self.epoch, "{kind:?} is reachable but unmarked");
            let is_large = (*object).flags & flag::LARGE != 0;
            assert!(is_large || super::block::are_lines_marked(object), "{kind:?} in free lines");
        }
        // SAFETY: as above.
        if reached.insert(object) && !unsafe { is_leaf(object) } {
            self.pending.young.push(object);
        }
    }

    /// Ends the use of this marker; what it found stays pending. Returns the bytes of the small objects
    /// that were marked; large ones are counted by their space.
    pub(super) fn finish(mut self) -> usize {
        self.catch_up();
        self.marked
    }

    /// Marks a root or child.
    #[inline]
    pub(crate) fn value(&mut self, v: Value) {
        if v.is_heap() {
            self.later(v.ptr());
        }
    }

    /// Marks an object after some others.
    #[inline]
    fn later(&mut self, object: *mut Header) {
        prefetch(object);
        let place = &mut self.ahead[self.oldest % AHEAD];
        let object = std::mem::replace(place, object);
        self.oldest += 1;
        if !object.is_null() {
            self.object(object);
        }
    }

    /// Marks all objects that are still to be looked at.
    fn catch_up(&mut self) {
        for object in std::mem::replace(&mut self.ahead, [std::ptr::null_mut(); AHEAD]) {
            if !object.is_null() {
                self.object(object);
            }
        }
    }

    /// Marks the values `start..start + count`.
    ///
    /// # Safety
    /// The range is readable and holds tagged values or raw doubles and booleans.
    pub(crate) unsafe fn range(&mut self, start: *const Value, count: usize) {
        self.seen += count;
        for i in 0..count {
            // SAFETY: by contract.
            self.value(unsafe { *start.add(i) });
        }
    }

    #[inline]
    fn object(&mut self, object: *mut Header) {
        #[cfg(debug_assertions)]
        if self.reached.is_some() {
            return self.check(object);
        }
        // SAFETY: values in roots and in live objects refer to live objects.
        unsafe {
            let before = (*object).gc & gc::EPOCH;
            if before == self.epoch {
                return;
            }
            (*object).gc = self.epoch | gc::WATCHED;
            if (*object).flags & flag::LARGE == 0 {
                mark_lines(object, self.epoch);
                self.marked += usize::from((*object).size) * 32;
            }
            if is_leaf(object) {
                return;
            }
            if before == 0 { &mut self.pending.young } else { &mut self.pending.old }.push(object);
        }
    }

    /// Marks storage that is no value's own; null is allowed.
    pub(crate) fn buffer(&mut self, buffer: *mut Buffer) {
        if !buffer.is_null() {
            self.object(buffer.cast());
        }
    }

    /// Traces the young objects that are alive.
    pub(super) fn drain_young(&mut self) {
        loop {
            while let Some(object) = self.pending.young.pop() {
                // SAFETY: the worklist holds live objects whose layout their kind names.
                unsafe { self.children(object, u32::MAX) };
            }
            self.catch_up();
            if self.pending.young.is_empty() {
                return;
            }
        }
    }

    /// Traces what the major marking has to until about `bytes` bytes were traced.
    pub(super) fn drain_old(&mut self, bytes: usize) {
        let end = bytes / size_of::<Value>();
        self.seen = 0;
        while self.seen < end {
            // Children of an old object can be young, as stores are only looked at afterwards.
            let object = self.pending.young.pop().or_else(|| self.pending.old.pop());
            // SAFETY: as `drain_young`; elements are looked up when they are traced.
            unsafe {
                if let Some(object) = object {
                    self.children(object, CHUNK);
                } else if let Some((object, from)) = self.pending.rests.pop() {
                    self.rest(object, from);
                } else {
                    self.catch_up();
                    if self.pending.young.is_empty() && self.pending.is_done() {
                        return;
                    }
                }
            }
            self.seen += 2;
        }
        self.drain_young();
    }

    /// Traces an old object into which references were stored: element `index`, or all of it.
    ///
    /// # Safety
    /// `object` is a live object that `Heap::remember` was called with.
    pub(super) unsafe fn remembered(&mut self, object: *mut Header, part: super::Part) {
        // SAFETY: by contract; elements are looked up within the current length.
        unsafe {
            match part {
                super::Part::All => {
                    (*object).gc |= gc::WATCHED;
                    self.children(object, u32::MAX);
                }
                super::Part::Element(index) => {
                    self.elements(object, index, 1);
                }
                super::Part::Buffers => self.buffers(object),
            }
        }
    }

    /// Elements `from..from + count` of an array or object; returns the first that is left. Arrays of
    /// booleans have none to look at.
    ///
    /// # Safety
    /// `object` is a live array or object.
    unsafe fn elements(&mut self, object: *mut Header, from: u32, count: u32) -> Option<u32> {
        // SAFETY: by contract; both kinds have their first `len` or `used` elements initialised.
        unsafe {
            let (data, len, words) = match (*object).kind {
                Kind::Array => {
                    let array = object.cast::<Array>();
                    ((*array).ptr, (*array).len, 1)
                }
                Kind::BoolArray => return None,
                _ => {
                    let map = object.cast::<Object>();
                    let words = size_of::<Entry>() / size_of::<Value>();
                    ((*map).entries.cast::<Value>(), (*map).used, words)
                }
            };
            let end = from.saturating_add(count).min(len);
            if from < end {
                self.range(data.add(from as usize * words), (end - from) as usize * words);
            }
            (end < len).then_some(end)
        }
    }

    /// # Safety
    /// `object` is a live array or object.
    unsafe fn rest(&mut self, object: *mut Header, from: u32) {
        // SAFETY: by contract.
        if let Some(next) = unsafe { self.elements(object, from, CHUNK) } {
            self.pending.rests.push((object, next));
        }
    }

    /// Marks the storage of an array or object.
    ///
    /// # Safety
    /// `object` is a live array or object.
    unsafe fn buffers(&mut self, object: *mut Header) {
        // SAFETY: by contract; storage that is not part of the object is preceded by its buffer.
        unsafe {
            if matches!((*object).kind, Kind::Array | Kind::BoolArray) {
                let array = object.cast::<Array>();
                let data = (*array).ptr;
                if data != array.add(1).cast() {
                    self.object(
                        data.cast::<Header>().sub(size_of::<Buffer>() / size_of::<Header>()),
                    );
                }
                return;
            }
            let map = object.cast::<Object>();
            for data in [(*map).entries.cast::<Buffer>(), (*map).index.cast()] {
                if !data.is_null() {
                    self.object(data.sub(1).cast());
                }
            }
        }
    }

    /// Traces an object; of an array or object the first `chunk` elements.
    ///
    /// # Safety
    /// `object` is live and laid out as its kind says.
    unsafe fn children(&mut self, object: *mut Header, chunk: u32) {
        // SAFETY: by contract, for the whole function: each cast follows the object's kind, and
        // counts stored in objects bound their variable parts.
        unsafe {
            match (*object).kind {
                Kind::String => {
                    let parts = object.cast::<StrParts>();
                    self.value((*parts).left);
                    self.value((*parts).right);
                }
                Kind::Array | Kind::BoolArray | Kind::Object => {
                    self.buffers(object);
                    if let Some(next) = self.elements(object, 0, chunk) {
                        self.pending.rests.push((object, next));
                    }
                }
                Kind::Closure => {
                    let closure = object.cast::<Closure>();
                    self.range(closure.add(1).cast(), (*closure).count as usize);
                }
                Kind::Cell => self.value((*object.cast::<Cell>()).value),
                Kind::Iterator => {
                    let it = object.cast::<Iterator>();
                    self.value((*it).source);
                    self.value((*it).key);
                    self.value((*it).value);
                }
                Kind::Error => {
                    let error = object.cast::<ErrorObj>();
                    self.value((*error).message);
                    self.value((*error).thrown);
                    self.value((*error).details);
                    self.buffer((*error).trace);
                }
                Kind::Record | Kind::Instance => {
                    let count =
                        self.field_counts.get((*object).type_id as usize).copied().unwrap_or(0);
                    self.range(object.add(1).cast(), count as usize);
                }
                Kind::Promise => {
                    let promise = object.cast::<Promise>();
                    self.value((*promise).value);
                    self.value((*promise).waiters);
                }
                Kind::Bound => self.value((*object.cast::<Bound>()).receiver),
                Kind::Buffer | Kind::Session => {}
            }
        }
    }
}

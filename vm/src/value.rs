//! The tagged word that every script value is.
//!
//! Bits below [`TAG_HEAP`]` << 48` (unsigned) are a double, unchanged. The rest carry a 16-bit tag
//! and a 48-bit payload: a heap address, a boolean, or a small number.
//!
//! Invariant: a NaN that comes from outside arithmetic is canonicalised by [`Value::num`], so no
//! double can look like a tagged word.

use crate::object::{Header, Kind};

/// Tag of arrays, objects, records, instances, cells, iterators and errors.
pub const TAG_HEAP: u64 = 0xFFF9;
/// Tag of strings.
pub const TAG_STRING: u64 = 0xFFFA;
/// Tag of closures, bound methods and session values.
pub const TAG_FUNC: u64 = 0xFFFB;
/// Tag of booleans; the payload is 0 or 1.
pub const TAG_BOOL: u64 = 0xFFFC;
/// Tag of null (payload 0) and the missing-argument mark (payload 1).
pub const TAG_NULL: u64 = 0xFFFD;
/// Tag of builtin functions; the payload is the builtin's number.
pub const TAG_BUILTIN: u64 = 0xFFFE;

const PAYLOAD: u64 = (1 << 48) - 1;
const NUMBER_END: u64 = TAG_HEAP << 48;

/// A script value. Copying it copies the reference, never the object.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Value(pub(crate) u64);

impl Value {
    /// The absent value.
    pub const NULL: Value = Value(TAG_NULL << 48);
    /// The missing-argument mark; also the content of variables that are not yet declared.
    /// Builtins never see it and must never return it.
    pub const UNDEF: Value = Value((TAG_NULL << 48) | 1);
    /// `false`.
    pub const FALSE: Value = Value(TAG_BOOL << 48);
    /// `true`.
    pub const TRUE: Value = Value((TAG_BOOL << 48) | 1);
    /// The number 0.
    pub const ZERO: Value = Value(0);

    /// A number; any NaN becomes the canonical one.
    #[must_use]
    #[inline]
    pub fn num(n: f64) -> Value {
        if n.is_nan() { Value(f64::NAN.to_bits()) } else { Value(n.to_bits()) }
    }

    /// A number from a count or index.
    #[must_use]
    #[inline]
    pub fn from_usize(n: usize) -> Value {
        Value((n as f64).to_bits())
    }

    /// A boolean.
    #[must_use]
    #[inline]
    pub const fn bool(b: bool) -> Value {
        Value((TAG_BOOL << 48) | b as u64)
    }

    /// A builtin as a value.
    #[must_use]
    pub const fn builtin(number: u16) -> Value {
        Value((TAG_BUILTIN << 48) | number as u64)
    }

    #[inline]
    pub(crate) fn from_ptr(tag: u64, ptr: *const Header) -> Value {
        Value((tag << 48) | (ptr as u64 & PAYLOAD))
    }

    /// The upper 16 bits.
    #[must_use]
    #[inline]
    pub const fn tag(self) -> u64 {
        self.0 >> 48
    }

    /// Whether it is a number.
    #[must_use]
    #[inline]
    pub const fn is_num(self) -> bool {
        self.0 < NUMBER_END
    }

    /// Whether it is null.
    #[must_use]
    #[inline]
    pub const fn is_null(self) -> bool {
        self.0 == Self::NULL.0
    }

    /// Whether it is the missing-argument mark.
    #[must_use]
    #[inline]
    pub const fn is_undef(self) -> bool {
        self.0 == Self::UNDEF.0
    }

    /// Whether it is a boolean.
    #[must_use]
    #[inline]
    pub const fn is_bool(self) -> bool {
        self.tag() == TAG_BOOL
    }

    /// Whether it is a string.
    #[must_use]
    #[inline]
    pub const fn is_string(self) -> bool {
        self.tag() == TAG_STRING
    }

    /// Whether it can be called: closure, bound method, session or builtin.
    #[must_use]
    #[inline]
    pub const fn is_callable(self) -> bool {
        self.tag() == TAG_FUNC || self.tag() == TAG_BUILTIN
    }

    /// Whether it refers to a heap object of any kind, strings and functions included.
    #[must_use]
    #[inline]
    pub const fn is_heap(self) -> bool {
        self.tag().wrapping_sub(TAG_HEAP) < 3
    }

    /// Whether it is an array.
    #[must_use]
    #[inline]
    pub fn is_array(self) -> bool {
        self.kind() == Some(Kind::Array)
    }

    /// Whether it is an object (dictionary).
    #[must_use]
    #[inline]
    pub fn is_object(self) -> bool {
        self.kind() == Some(Kind::Object)
    }

    /// Whether it is a record.
    #[must_use]
    pub fn is_record(self) -> bool {
        self.kind() == Some(Kind::Record)
    }

    /// Whether it is a session instance.
    #[must_use]
    pub fn is_instance(self) -> bool {
        self.kind() == Some(Kind::Instance)
    }

    /// Whether it is a caught run-time error.
    #[must_use]
    pub fn is_error(self) -> bool {
        self.kind() == Some(Kind::Error)
    }

    /// Whether it is a promise.
    #[must_use]
    #[inline]
    pub fn is_promise(self) -> bool {
        self.kind() == Some(Kind::Promise)
    }

    /// The number, if it is one. Does not coerce.
    #[must_use]
    #[inline]
    pub fn as_num(self) -> Option<f64> {
        if self.is_num() { Some(f64::from_bits(self.0)) } else { None }
    }

    /// The boolean, if it is one. Does not coerce.
    #[must_use]
    #[inline]
    pub const fn as_bool(self) -> Option<bool> {
        if self.is_bool() { Some(self.0 & 1 == 1) } else { None }
    }

    /// The builtin's number, if it is one.
    #[must_use]
    pub const fn as_builtin(self) -> Option<u16> {
        if self.tag() == TAG_BUILTIN { Some(self.0 as u16) } else { None }
    }

    /// The kind of the heap object it refers to. An array is an array, however it stores its elements.
    #[must_use]
    #[inline]
    pub fn kind(self) -> Option<Kind> {
        if !self.is_heap() {
            return None;
        }
        // SAFETY: `is_heap`, and a value in use refers to a live object (see `heap`).
        match unsafe { (*self.ptr()).kind } {
            Kind::BoolArray => Some(Kind::Array),
            kind => Some(kind),
        }
    }

    /// The object's address. Meaningless unless [`Value::is_heap`].
    #[inline]
    pub(crate) fn ptr(self) -> *mut Header {
        (self.0 & PAYLOAD) as *mut Header
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.as_num() {
            Some(n) => write!(f, "Value({n})"),
            None => write!(f, "Value({:#018x})", self.0),
        }
    }
}

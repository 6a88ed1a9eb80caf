//! Layouts of heap objects. Native code relies on the offsets asserted at the end.
//!
//! Objects never move. Every object starts with a [`Header`]; variable parts follow the fixed part.

use crate::value::Value;

/// What a heap object is. The number is part of the layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Immutable text.
    String = 0,
    /// Growable array.
    Array = 1,
    /// Insertion-ordered map.
    Object = 2,
    /// Function with its captured variables.
    Closure = 3,
    /// Box of a captured variable.
    Cell = 4,
    /// State of a `within` loop.
    Iterator = 5,
    /// Caught run-time error.
    Error = 6,
    /// Untyped storage that belongs to another object.
    Buffer = 7,
    /// Value with named fields.
    Record = 8,
    /// Instance of a session.
    Instance = 9,
    /// Method with its receiver.
    Bound = 10,
    /// Session as a value.
    Session = 11,
    /// Value that is not there yet.
    Promise = 12,
    /// Growable array of booleans, one byte each. Scripts see an array like any other.
    BoolArray = 13,
}

/// First word of every heap object.
#[derive(Debug)]
#[repr(C)]
pub struct Header {
    /// A [`hyp_bytecode::rep::TypeId`].
    pub type_id: u32,
    /// What the object is.
    pub kind: Kind,
    /// What the collector knows; see [`gc`].
    pub gc: u8,
    /// Bits of [`flag`].
    pub flags: u8,
    /// Size in units of 32 bytes, rounded up; meaningless for objects of the large space.
    pub size: u8,
}

/// Bits of [`Header::gc`]. All are zero in an object that no collection has seen: it is young.
pub mod gc {
    /// Number of the last marking that reached the object: 1 or 2.
    pub const EPOCH: u8 = 3;
    /// A store of a reference into the object must be remembered.
    pub const WATCHED: u8 = 4;
}

/// Bits of [`Header::flags`].
pub mod flag {
    /// The object lives in the large space.
    pub const LARGE: u8 = 1;
    /// String: every byte is below 128.
    pub const ASCII: u8 = 2;
    /// String: not yet flattened; `ptr` is null and two halves follow.
    pub const ROPE: u8 = 4;
    /// String: the bytes belong to the object that follows.
    pub const SLICE: u8 = 8;
    /// String: no other interned string has the same text.
    pub const INTERNED: u8 = 16;
}

/// Text. `ptr` is null for a rope. The inline bytes, or one or two [`Value`]s, follow.
#[repr(C)]
pub struct Str {
    /// Kind `String`.
    pub header: Header,
    /// Length in bytes.
    pub len: u32,
    /// Hash of the bytes; 0 until computed.
    pub hash: u32,
    /// First byte.
    pub ptr: *const u8,
    /// Length in code points; `u32::MAX` until counted.
    pub chars: u32,
    /// Capacity of an owned buffer, in bytes.
    pub spare: u32,
}

/// A rope's or slice's variable part.
#[repr(C)]
pub struct StrParts {
    /// The string part.
    pub head: Str,
    /// Left half, or the object that owns a slice's bytes.
    pub left: Value,
    /// Right half of a rope.
    pub right: Value,
}

/// Array. Initial elements may follow; `ptr` is then the address after this struct.
///
/// The kind says what a slot is: a [`Value`], or of a `BoolArray` a byte that is 0 or 1. An array of
/// booleans becomes a general one when anything else is stored, never the other way round unless it
/// has no slots. The type id is the same.
#[repr(C)]
pub struct Array {
    /// Kind `Array` or `BoolArray`.
    pub header: Header,
    /// Number of elements.
    pub len: u32,
    /// Number of slots.
    pub cap: u32,
    /// First slot.
    pub ptr: *mut Value,
}

/// One entry of an object. A removed entry's key is [`Value::UNDEF`].
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Entry {
    /// String, number or boolean.
    pub key: Value,
    /// Content.
    pub value: Value,
}

/// Insertion-ordered map.
#[repr(C)]
pub struct Object {
    /// Kind `Object`.
    pub header: Header,
    /// Number of live entries.
    pub len: u32,
    /// Number of entries with removed ones.
    pub used: u32,
    /// Number of entry slots.
    pub cap: u32,
    /// Index size minus one; 0 while the object is small enough to be searched without index.
    pub mask: u32,
    /// Entries in insertion order.
    pub entries: *mut Entry,
    /// Index: upper bits of the hash (none if `dense`), then entry number + 1; 0 is free.
    pub index: *mut u32,
    /// Counts compactions, which renumber entries.
    pub epoch: u32,
    /// 1 if the keys are small integers and so their own places in the index, else 0.
    pub dense: u32,
}

/// Record or session instance; the fields follow.
#[repr(C)]
pub struct Fields {
    /// Kind `Record` or `Instance`; the type id is the record's or session's.
    pub header: Header,
}

/// Function with captured variables, which follow.
#[repr(C)]
pub struct Closure {
    /// Kind `Closure`.
    pub header: Header,
    /// Function number.
    pub func: u32,
    /// Number of captured variables.
    pub count: u32,
}

/// Method with its receiver.
#[repr(C)]
pub struct Bound {
    /// Kind `Bound`.
    pub header: Header,
    /// Receiver.
    pub receiver: Value,
    /// Function number.
    pub func: u32,
    /// Unused.
    pub pad: u32,
}

/// Session as a value.
#[repr(C)]
pub struct Session {
    /// Kind `Session`.
    pub header: Header,
    /// The session's type id.
    pub ty: u32,
    /// Unused.
    pub pad: u32,
}

/// Box of a captured variable.
#[repr(C)]
pub struct Cell {
    /// Kind `Cell`.
    pub header: Header,
    /// Content.
    pub value: Value,
}

/// State of a `within` loop.
#[repr(C)]
pub struct Iterator {
    /// Kind `Iterator`.
    pub header: Header,
    /// Array, string or object.
    pub source: Value,
    /// Key or position of the current element.
    pub key: Value,
    /// Current element.
    pub value: Value,
    /// Position of the next element (of a string: in bytes).
    pub pos: u32,
    /// Elements delivered so far.
    pub count: u32,
    /// The object's epoch at the last step.
    pub epoch: u32,
    /// Unused.
    pub pad: u32,
}

/// Caught run-time error.
#[repr(C)]
pub struct ErrorObj {
    /// Kind `Error`.
    pub header: Header,
    /// Message without category prefix; a string.
    pub message: Value,
    /// Call stack: `Value::NULL` or a buffer of (function, code word) pairs, innermost first.
    pub trace: *mut Buffer,
    /// `Value::UNDEF`; in the register of a handler that raises again, the thrown value whose place
    /// this object keeps meanwhile.
    pub thrown: Value,
    /// A [`hyp_bytecode::module::ErrorKind`] code.
    pub kind: u32,
    /// Line, from 1; 0 if unknown.
    pub line: u32,
    /// Column, from 1; 0 if unknown.
    pub column: u32,
    /// Code of its [`crate::limit::Cause`].
    pub cause: u32,
    /// Null, or an object with further members, of an error of a service.
    pub details: Value,
}

/// Value that is not there yet; see `task::promise`.
#[repr(C)]
pub struct Promise {
    /// Kind `Promise`.
    pub header: Header,
    /// Bits of `task::promise::state`.
    pub state: u32,
    /// Number of the task whose result it is; 0 if there is none or it has ended.
    pub task: u32,
    /// Settled: the value or the reason. Pending: of a combination its parts, of a timer the value.
    pub value: Value,
    /// Who waits: null, a task's number, a promise, or an array of those.
    pub waiters: Value,
}

/// Storage that belongs to another object; the bytes follow.
#[repr(C)]
pub struct Buffer {
    /// Kind `Buffer`.
    pub header: Header,
    /// Number of bytes that follow.
    pub bytes: usize,
}

const _: () = {
    use std::mem::{offset_of, size_of};
    assert!(size_of::<Header>() == 8 && offset_of!(Header, kind) == 4);
    assert!(offset_of!(Header, gc) == 5 && offset_of!(Header, flags) == 6);
    assert!(size_of::<Str>() == 32 && offset_of!(Str, ptr) == 16);
    assert!(size_of::<StrParts>() == 48);
    assert!(
        size_of::<Array>() == 24 && offset_of!(Array, len) == 8 && offset_of!(Array, ptr) == 16
    );
    assert!(size_of::<Object>() == 48);
    assert!(size_of::<Fields>() == 8);
    assert!(size_of::<Closure>() == 16 && offset_of!(Closure, func) == 8);
    assert!(size_of::<Cell>() == 16 && offset_of!(Cell, value) == 8);
    assert!(size_of::<Buffer>() == 16);
};

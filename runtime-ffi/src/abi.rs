//! Types and constants of the boundary, laid out as in `include/hyp_host_v1.h`.

use std::ffi::c_void;
use std::mem::{offset_of, size_of};

/// First word of every structure's identity: `HYP1` in little-endian bytes.
pub const MAGIC: u32 = u32::from_le_bytes(*b"HYP1");
/// Version that must be equal on both sides.
pub const ABI_MAJOR: u16 = 1;
/// Version that the host may exceed.
pub const ABI_MINOR: u16 = 0;
/// Name of the one symbol that a plugin exports, a [`Query`].
pub const QUERY_SYMBOL: &str = "hyp_plugin_query_v1";

/// Declares every status once: constant, name in the header, number, meaning.
macro_rules! declare_statuses {
    ($($(#[doc = $doc:literal])+ $name:ident = $c_name:literal, $code:literal;)+) => {
        /// What a call reports: 0 is success, negative numbers are errors.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(i32)]
        pub enum Status {
            $($(#[doc = $doc])+ $name = $code,)+
        }

        impl Status {
            /// Every status with its name in the header.
            pub const ALL: &'static [(Status, &'static str)] = &[$((Status::$name, $c_name)),+];
        }
    };
}

declare_statuses! {
    /// Success.
    Ok = "HYP_OK", 0;
    /// A value of another kind is needed.
    Type = "HYP_E_TYPE", -1;
    /// An argument makes no sense.
    Argument = "HYP_E_ARG", -2;
    /// An index, length or number is out of range.
    Range = "HYP_E_RANGE", -3;
    /// A handle is stale, foreign, freed or made up.
    Handle = "HYP_E_HANDLE", -4;
    /// Called from a thread that does not own the machine.
    Thread = "HYP_E_THREAD", -5;
    /// A context or scope is used outside of its life.
    Scope = "HYP_E_SCOPE", -6;
    /// Host, script and plugin call each other too deeply.
    Depth = "HYP_E_DEPTH", -7;
    /// A capability was not granted.
    Capability = "HYP_E_CAP", -8;
    /// A memory limit was reached.
    Memory = "HYP_E_MEMORY", -9;
    /// The program is being stopped.
    Interrupt = "HYP_E_INTERRUPT", -10;
    /// Script code raised an error.
    Throw = "HYP_E_THROW", -11;
    /// Versions or structures do not fit.
    Abi = "HYP_E_ABI", -12;
    /// The function does nothing any more.
    Retired = "HYP_E_RETIRED", -13;
    /// An error of the plugin itself.
    Plugin = "HYP_E_PLUGIN", -14;
    /// An isolated plugin has ended.
    Died = "HYP_E_DIED", -15;
}

impl Status {
    /// The status of a number that a plugin returned. Numbers of newer versions, and the reserved
    /// positive ones, count as [`Status::Plugin`].
    #[must_use]
    pub fn from_code(code: i32) -> Status {
        let known = Status::ALL.iter().find(|(status, _)| *status as i32 == code);
        known.map_or(Status::Plugin, |(status, _)| *status)
    }
}

/// Handle of a value; lives until its scope closes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(C)]
pub struct ValueHandle {
    /// Index and generation.
    pub bits: u64,
}

/// Handle of a value that lives until it is freed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(C)]
pub struct RefHandle {
    /// Index and generation.
    pub bits: u64,
}

/// Borrowed UTF-8 text.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Text {
    /// First byte; may be null only if `len` is 0.
    pub ptr: *const u8,
    /// Length in bytes.
    pub len: usize,
}

/// Type of a native object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(C)]
pub struct Tag {
    /// High half.
    pub hi: u64,
    /// Low half.
    pub lo: u64,
}

/// What a callback receives; only the host knows what is in it.
#[repr(C)]
pub struct Context {
    _opaque: [u8; 0],
}

/// What finalisers receive.
#[repr(C)]
pub struct FinContext {
    _opaque: [u8; 0],
}

/// A function that scripts can call: context, user data, arguments, their number, result.
pub type NativeFn = unsafe extern "C" fn(
    *mut Context,
    *mut c_void,
    *const ValueHandle,
    u32,
    *mut ValueHandle,
) -> i32;
/// What frees a native object: context, data, hint.
pub type Finalizer = unsafe extern "C" fn(*mut FinContext, *mut c_void, *mut c_void);
/// What a plugin does first: host, context, place for its state.
pub type Start = unsafe extern "C" fn(*const HostV1, *mut Context, *mut *mut c_void) -> i32;
/// What a plugin does last: context, its state.
pub type Stop = unsafe extern "C" fn(*mut FinContext, *mut c_void);
/// The symbol [`QUERY_SYMBOL`]: gives a descriptor that is never freed.
pub type Query = unsafe extern "C" fn() -> *const PluginV1;

/// The host's functions; so far their head.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct HostV1 {
    /// Bytes of this structure.
    pub struct_size: u32,
    /// [`MAGIC`].
    pub magic: u32,
    /// [`ABI_MAJOR`].
    pub abi_major: u16,
    /// [`ABI_MINOR`].
    pub abi_minor: u16,
    /// 0.
    pub reserved0: u32,
    /// Optional features of the host, one bit each; none are defined.
    pub features: u64,
}

impl HostV1 {
    /// The head that this host presents.
    #[must_use]
    pub const fn new() -> HostV1 {
        HostV1 {
            struct_size: size_of::<HostV1>() as u32,
            magic: MAGIC,
            abi_major: ABI_MAJOR,
            abi_minor: ABI_MINOR,
            reserved0: 0,
            features: 0,
        }
    }
}

impl Default for HostV1 {
    fn default() -> Self {
        Self::new()
    }
}

/// What a plugin says of itself; see [`crate::descriptor`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PluginV1 {
    /// Bytes of this structure as the plugin was compiled.
    pub struct_size: u32,
    /// [`MAGIC`].
    pub magic: u32,
    /// [`ABI_MAJOR`].
    pub abi_major: u16,
    /// The oldest minor version of the host that will do.
    pub abi_minor_min: u16,
    /// 0.
    pub reserved0: u32,
    /// Capabilities without which the plugin cannot work.
    pub caps_required: u64,
    /// Capabilities with which it can do more.
    pub caps_optional: u64,
    /// Name.
    pub name: Text,
    /// Version, for people.
    pub version: Text,
    /// Must be there.
    pub start: Option<Start>,
    /// May be missing.
    pub stop: Option<Stop>,
}

const _: () = {
    assert!(size_of::<ValueHandle>() == 8 && size_of::<RefHandle>() == 8);
    assert!(size_of::<Tag>() == 16);
    assert!(size_of::<Text>() == 2 * size_of::<usize>());
    assert!(size_of::<HostV1>() == 24 && offset_of!(HostV1, features) == 16);
    assert!(offset_of!(PluginV1, struct_size) == 0);
    assert!(offset_of!(PluginV1, magic) == 4);
    assert!(offset_of!(PluginV1, abi_major) == 8);
    assert!(offset_of!(PluginV1, abi_minor_min) == 10);
    assert!(offset_of!(PluginV1, reserved0) == 12);
    assert!(offset_of!(PluginV1, caps_required) == 16);
    assert!(offset_of!(PluginV1, caps_optional) == 24);
    assert!(offset_of!(PluginV1, name) == 32);
    assert!(size_of::<usize>() != 8 || size_of::<PluginV1>() == 80);
};

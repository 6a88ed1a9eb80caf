//! Reading a plugin's descriptor: the one place that touches memory of a plugin.
//!
//! As many bytes as both sides know are copied into zeroed memory, so a plugin of an older minor
//! version has zeros in the fields that it does not know. A longer descriptor is accepted if its
//! unknown tail is zero; otherwise it uses something that this host does not have.

use std::fmt;
use std::mem::{MaybeUninit, offset_of, size_of};

use crate::abi::{ABI_MAJOR, ABI_MINOR, MAGIC, PluginV1, Start, Stop, Text};

/// Bytes that every descriptor of every version has: size, magic, versions.
const HEAD_BYTES: usize = offset_of!(PluginV1, caps_required);
/// No descriptor of any version will be longer.
const BYTES_MAX: usize = 4096;
/// Longest name or version text in bytes.
const TEXT_BYTES_MAX: usize = 256;

/// A descriptor that was checked and copied.
#[derive(Clone, Debug)]
pub struct Descriptor {
    /// Name.
    pub name: String,
    /// Version, for people.
    pub version: String,
    /// The oldest minor version of the host that will do.
    pub abi_minor_min: u16,
    /// Capabilities without which the plugin cannot work.
    pub caps_required: u64,
    /// Capabilities with which it can do more.
    pub caps_optional: u64,
    /// What starts it.
    pub start: Start,
    /// What stops it, if it needs that.
    pub stop: Option<Stop>,
}

/// Why a descriptor is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DescriptorError {
    /// The plugin gives none.
    Null,
    /// Its address is not a multiple of its alignment.
    Misaligned,
    /// Its size is smaller than the smallest or larger than the largest possible one.
    Size(u32),
    /// It does not start with the magic number.
    Magic(u32),
    /// It is of another major version.
    Major(u16),
    /// It needs this minor version of the host, or uses fields that this host does not know.
    NeedsNewerHost {
        /// The oldest minor version that the plugin accepts.
        minor: u16,
    },
    /// A reserved field is not 0.
    Reserved,
    /// A text is too long, null or not UTF-8; the field is named.
    Text(&'static str),
    /// The name is empty.
    NoName,
    /// There is no function to start it.
    NoStart,
}

impl fmt::Display for DescriptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DescriptorError::Null => f.write_str("the plugin gives no descriptor"),
            DescriptorError::Misaligned => f.write_str("the plugin's descriptor is not aligned"),
            DescriptorError::Size(bytes) => {
                write!(f, "the plugin's descriptor cannot have {bytes} bytes")
            }
            DescriptorError::Magic(found) => {
                write!(f, "not a HypnoScript plugin: magic number {found:#010x}")
            }
            DescriptorError::Major(found) => {
                write!(f, "the plugin is made for version {found} of the boundary, not {ABI_MAJOR}")
            }
            DescriptorError::NeedsNewerHost { minor } => write!(
                f,
                "the plugin needs a newer host: it asks for {ABI_MAJOR}.{minor}, \
                 this is {ABI_MAJOR}.{ABI_MINOR}"
            ),
            DescriptorError::Reserved => f.write_str("a reserved field of the descriptor is set"),
            DescriptorError::Text(field) => {
                write!(f, "the plugin's {field} is too long or not valid text")
            }
            DescriptorError::NoName => f.write_str("the plugin has no name"),
            DescriptorError::NoStart => f.write_str("the plugin has no start function"),
        }
    }
}

impl std::error::Error for DescriptorError {}

/// Reads and checks a descriptor.
///
/// # Errors
/// If it is refused; the first reason counts.
///
/// # Safety
/// The pointer is null, misaligned, or points to memory that stays readable and unchanged during the
/// call: the 16 bytes of the head, then as many bytes as the head states if it has the right magic
/// number and major version, and the texts that the descriptor names.
pub unsafe fn read(pointer: *const PluginV1) -> Result<Descriptor, DescriptorError> {
    if pointer.is_null() {
        return Err(DescriptorError::Null);
    }
    if !pointer.is_aligned() {
        return Err(DescriptorError::Misaligned);
    }
    // SAFETY: the head is readable by contract.
    let head = unsafe { copy_prefix(pointer, HEAD_BYTES) };
    check_head(&head)?;
    let bytes = head.struct_size as usize;
    let known = bytes.min(size_of::<PluginV1>());
    // SAFETY: magic and version are right, so `bytes` bytes are readable by contract.
    let (plugin, tail_is_zero) = unsafe {
        let tail = std::slice::from_raw_parts(pointer.cast::<u8>().add(known), bytes - known);
        (copy_prefix(pointer, known), tail.iter().all(|b| *b == 0))
    };
    if !tail_is_zero || plugin.abi_minor_min > ABI_MINOR {
        return Err(DescriptorError::NeedsNewerHost { minor: plugin.abi_minor_min });
    }
    if plugin.reserved0 != 0 {
        return Err(DescriptorError::Reserved);
    }
    // SAFETY: the texts are readable by contract.
    let (name, version) =
        unsafe { (copy_text(plugin.name, "name")?, copy_text(plugin.version, "version")?) };
    if name.is_empty() {
        return Err(DescriptorError::NoName);
    }
    Ok(Descriptor {
        name,
        version,
        abi_minor_min: plugin.abi_minor_min,
        caps_required: plugin.caps_required,
        caps_optional: plugin.caps_optional,
        start: plugin.start.ok_or(DescriptorError::NoStart)?,
        stop: plugin.stop,
    })
}

fn check_head(head: &PluginV1) -> Result<(), DescriptorError> {
    if !(HEAD_BYTES..=BYTES_MAX).contains(&(head.struct_size as usize)) {
        return Err(DescriptorError::Size(head.struct_size));
    }
    if head.magic != MAGIC {
        return Err(DescriptorError::Magic(head.magic));
    }
    if head.abi_major != ABI_MAJOR {
        return Err(DescriptorError::Major(head.abi_major));
    }
    Ok(())
}

/// The first `bytes` bytes of a descriptor, the rest zero. A field that is cut in the middle is
/// taken as zero, too.
///
/// # Safety
/// So many bytes are readable, and not more than a descriptor has.
unsafe fn copy_prefix(pointer: *const PluginV1, bytes: usize) -> PluginV1 {
    // Fields behind the head are 8 bytes or pairs of 8 bytes, so whole words are whole fields.
    let whole = bytes - bytes % size_of::<usize>();
    let mut plugin = MaybeUninit::<PluginV1>::zeroed();
    // SAFETY: source by contract, destination is as large; zero is a valid value of every field,
    // and so is every bit pattern of the fields that are no functions. A function pointer is null
    // or, by contract, what the plugin's compiler put there.
    unsafe {
        std::ptr::copy_nonoverlapping(
            pointer.cast::<u8>(),
            plugin.as_mut_ptr().cast::<u8>(),
            whole,
        );
        plugin.assume_init()
    }
}

/// Copies a text.
///
/// # Safety
/// A non-null pointer with a length within the limit points to so many readable bytes.
unsafe fn copy_text(text: Text, field: &'static str) -> Result<String, DescriptorError> {
    if text.len == 0 {
        return Ok(String::new());
    }
    if text.ptr.is_null() || text.len > TEXT_BYTES_MAX {
        return Err(DescriptorError::Text(field));
    }
    // SAFETY: by contract.
    let bytes = unsafe { std::slice::from_raw_parts(text.ptr, text.len) };
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| DescriptorError::Text(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Context, FinContext, HostV1};
    use std::ffi::c_void;

    extern "C" fn start(_: *const HostV1, _: *mut Context, _: *mut *mut c_void) -> i32 {
        0
    }

    extern "C" fn stop(_: *mut FinContext, _: *mut c_void) {}

    fn text(text: &'static str) -> Text {
        Text { ptr: text.as_ptr(), len: text.len() }
    }

    fn good() -> PluginV1 {
        PluginV1 {
            struct_size: size_of::<PluginV1>() as u32,
            magic: MAGIC,
            abi_major: ABI_MAJOR,
            abi_minor_min: 0,
            reserved0: 0,
            caps_required: 1,
            caps_optional: 2,
            name: text("lamp"),
            version: text("1.2.3"),
            start: Some(start),
            stop: Some(stop),
        }
    }

    fn read_it(plugin: &PluginV1) -> Result<Descriptor, DescriptorError> {
        // SAFETY: a live structure whose stated size is at most its own, or is refused.
        unsafe { read(plugin) }
    }

    fn refusal(change: impl FnOnce(&mut PluginV1)) -> DescriptorError {
        let mut plugin = good();
        change(&mut plugin);
        read_it(&plugin).expect_err("the descriptor is bad")
    }

    /// A descriptor of a later version, with fields behind those that this host knows.
    #[repr(C)]
    struct Longer {
        plugin: PluginV1,
        tail: [u64; 4],
    }

    fn longer(tail: [u64; 4], minor: u16) -> Result<Descriptor, DescriptorError> {
        let mut longer = Longer { plugin: good(), tail };
        longer.plugin.struct_size = size_of::<Longer>() as u32;
        longer.plugin.abi_minor_min = minor;
        let pointer = (&raw const longer).cast::<PluginV1>();
        // SAFETY: the stated size is that of the live structure.
        unsafe { read(pointer) }
    }

    #[test]
    fn a_good_descriptor_is_copied() {
        let descriptor = read_it(&good()).expect("it is good");
        assert_eq!((descriptor.name.as_str(), descriptor.version.as_str()), ("lamp", "1.2.3"));
        assert_eq!((descriptor.caps_required, descriptor.caps_optional), (1, 2));
        assert!(descriptor.stop.is_some());
    }

    #[test]
    fn no_descriptor_is_refused() {
        // SAFETY: null is allowed.
        let result = unsafe { read(std::ptr::null()) };
        assert_eq!(result.expect_err("null"), DescriptorError::Null);
        let plugin = good();
        let odd = (&raw const plugin).cast::<u8>().wrapping_add(1).cast::<PluginV1>();
        // SAFETY: a misaligned pointer is allowed.
        let result = unsafe { read(odd) };
        assert_eq!(result.expect_err("odd"), DescriptorError::Misaligned);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for bytes in [0, 1, 15, 4097, u32::MAX] {
            assert_eq!(refusal(|p| p.struct_size = bytes), DescriptorError::Size(bytes));
        }
    }

    #[test]
    fn foreign_structures_are_refused() {
        assert_eq!(refusal(|p| p.magic = 7), DescriptorError::Magic(7));
        assert_eq!(refusal(|p| p.abi_major = 2), DescriptorError::Major(2));
        assert_eq!(refusal(|p| p.reserved0 = 1), DescriptorError::Reserved);
    }

    #[test]
    fn missing_parts_are_refused() {
        assert_eq!(refusal(|p| p.start = None), DescriptorError::NoStart);
        assert_eq!(refusal(|p| p.name.len = 0), DescriptorError::NoName);
        let null = Text { ptr: std::ptr::null(), len: 3 };
        assert_eq!(refusal(|p| p.name = null), DescriptorError::Text("name"));
        assert_eq!(refusal(|p| p.version.len = 1 << 40), DescriptorError::Text("version"));
        let broken = Text { ptr: [0xff_u8, 0xfe].as_ptr(), len: 2 };
        assert_eq!(refusal(|p| p.version = broken), DescriptorError::Text("version"));
    }

    #[test]
    fn what_an_older_plugin_lacks_is_zero() {
        let without_stop = offset_of!(PluginV1, stop) as u32;
        let mut plugin = good();
        plugin.struct_size = without_stop;
        assert!(read_it(&plugin).expect("it is good").stop.is_none());
        // A field that is cut in the middle does not count.
        plugin.struct_size = without_stop + 3;
        assert!(read_it(&plugin).expect("it is good").stop.is_none());
        plugin.struct_size = offset_of!(PluginV1, start) as u32;
        assert_eq!(read_it(&plugin).expect_err("no start"), DescriptorError::NoStart);
    }

    #[test]
    fn a_newer_plugin_may_be_longer_but_not_ask_for_more() {
        assert!(longer([0; 4], 0).is_ok());
        let refused = |minor| DescriptorError::NeedsNewerHost { minor };
        assert_eq!(longer([0, 0, 0, 1], 0).expect_err("a tail"), refused(0));
        assert_eq!(longer([0; 4], 3).expect_err("a minor version"), refused(3));
        assert_eq!(
            refused(3).to_string(),
            "the plugin needs a newer host: it asks for 1.3, this is 1.0"
        );
    }
}

//! The register stack and the frame stack.
//!
//! Both are reserved once, at their largest; the system commits pages when they are first touched.
//! A frame's registers start where the registers of the frame below end.

use std::alloc::{Layout, handle_alloc_error};

use hyp_bytecode::module::limit;

use crate::heap::mark::Marker;
use crate::link::FuncInfo;
use crate::value::Value;
use crate::vm::Vm;

/// Frames beyond the limit that native boundaries may use.
const SPARE_FRAMES: usize = 8;

/// One active call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Frame {
    /// The function; null marks a call from native code, whose callee is the frame above.
    pub(crate) func: *const FuncInfo,
    /// First slot after the registers.
    pub(crate) top: *mut Value,
    /// Where the frame below continues; null makes `ret` leave the interpreter. Of a native
    /// boundary: the instruction that called the builtin.
    pub(crate) ret_pc: *const u32,
    /// Registers of the frame below.
    pub(crate) ret_base: *mut Value,
    /// The closure that runs, or null. Of a native boundary: the address of the builtin's arguments.
    pub(crate) closure: Value,
    /// Register of the frame below that takes the result.
    pub(crate) dst: u32,
    /// Of a native boundary: the builtin's argument count.
    pub(crate) count: u32,
    /// Where the frame below continues, if it is native code; only if `ret_pc` is null.
    pub(crate) site: *const u32,
}

/// Zeroed memory, taken from the system so that only pages that are touched cost something: an
/// allocator would overwrite all of it with zeros whenever it gives out used memory again.
struct Reserve {
    start: *mut u8,
    layout: Layout,
}

impl Reserve {
    fn new<T>(count: usize) -> Reserve {
        let layout = match Layout::array::<T>(count) {
            Ok(layout) if layout.size() > 0 => layout,
            _ => handle_alloc_error(Layout::new::<T>()),
        };
        let start = map(layout);
        if start.is_null() {
            handle_alloc_error(layout);
        }
        Reserve { start, layout }
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // SAFETY: mapped in `new` with this layout, and given back only here.
        unsafe { unmap(self.start, self.layout) };
    }
}

/// Zeroed memory of this layout, whose size is not 0; null if there is none.
#[cfg(unix)]
fn map(layout: Layout) -> *mut u8 {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
    // SAFETY: a new mapping at an address that the system chooses; pages are aligned enough.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), layout.size(), access, kind, -1, 0) };
    if start == libc::MAP_FAILED { std::ptr::null_mut() } else { start.cast() }
}

/// # Safety
/// `start` is what [`map`] gave for this layout, and nothing uses the memory any more.
#[cfg(unix)]
unsafe fn unmap(start: *mut u8, layout: Layout) {
    // SAFETY: by the caller this is one whole mapping.
    unsafe { libc::munmap(start.cast(), layout.size()) };
}

#[cfg(not(unix))]
fn map(layout: Layout) -> *mut u8 {
    // SAFETY: the layout is not empty.
    unsafe { std::alloc::alloc_zeroed(layout) }
}

/// # Safety
/// `start` is what [`map`] gave for this layout, and nothing uses the memory any more.
#[cfg(not(unix))]
unsafe fn unmap(start: *mut u8, layout: Layout) {
    // SAFETY: by the caller it was allocated with this layout.
    unsafe { std::alloc::dealloc(start, layout) };
}

/// The memory of both stacks.
pub(crate) struct Stack {
    registers: Reserve,
    frames: Reserve,
    depth_max: usize,
}

impl Stack {
    /// Stacks for `depth_max` script calls and `native_max` calls from native code.
    pub(crate) fn new(depth_max: usize, native_max: usize) -> Stack {
        let depth_max = depth_max.clamp(1, 1 << 20);
        let frames = depth_max + 2 * native_max + SPARE_FRAMES;
        let slots = frames * (limit::REGISTERS + 6);
        let registers = Reserve::new::<Value>(slots);
        let frames = Reserve::new::<Frame>(frames);
        let (first, bottom) = (frames.start.cast::<Frame>(), registers.start.cast::<Value>());
        // SAFETY: zero is a valid `Frame`; the first frame is a boundary without arguments.
        unsafe {
            (*first).top = bottom;
            (*first).ret_base = bottom;
            (*first).closure = Value(bottom as u64);
        }
        Stack { registers, frames, depth_max }
    }

    pub(crate) fn first_frame(&self) -> *mut Frame {
        self.frames.start.cast()
    }

    /// First frame that a script call must not use.
    pub(crate) fn frame_limit(&self) -> *mut Frame {
        // Below the calls lies the boundary that the host calls from.
        self.first_frame().wrapping_add(self.depth_max + 1)
    }

    pub(crate) fn depth_max(&self) -> usize {
        self.depth_max
    }

    pub(crate) fn registers(&self) -> *mut Value {
        self.registers.start.cast()
    }
}

impl Vm {
    /// Marks what the stacks refer to. `self.base` must be the running function's registers.
    pub(crate) fn trace_frames(&self, marker: &mut Marker) {
        // SAFETY: frames from the bottom to `self.frame` are initialised, and each frame's registers
        // below `n_tagged`, like a builtin's arguments, hold values.
        unsafe {
            marker.range(self.native_args, self.native_count as usize);
            let mut base = self.base;
            let mut frame = self.frame;
            loop {
                let f = &*frame;
                if f.func.is_null() {
                    marker.range(f.closure.0 as *const Value, f.count as usize);
                } else {
                    marker.range(base, (*f.func).n_tagged as usize);
                    marker.value(f.closure);
                }
                base = f.ret_base;
                if frame == self.frame_bottom {
                    return;
                }
                frame = frame.sub(1);
            }
        }
    }
}

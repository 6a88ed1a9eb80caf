//! The register stack and the frame stack.
//!
//! Both are reserved once, at their largest; the system commits pages when they are first touched.
//! A frame's registers start where the registers of the frame below end.

use std::alloc::{Layout, alloc_zeroed, dealloc};

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

/// The memory of both stacks.
pub(crate) struct Stack {
    registers: *mut Value,
    register_layout: Layout,
    frames: *mut Frame,
    frame_layout: Layout,
    depth_max: usize,
}

impl Stack {
    /// Stacks for `depth_max` script calls and `native_max` calls from native code.
    pub(crate) fn new(depth_max: usize, native_max: usize) -> Stack {
        let depth_max = depth_max.clamp(1, 1 << 20);
        let frames = depth_max + 2 * native_max + SPARE_FRAMES;
        let slots = frames * (limit::REGISTERS + 6);
        let register_layout = layout::<Value>(slots);
        let frame_layout = layout::<Frame>(frames);
        // SAFETY: neither layout is empty.
        let (registers, frames) = unsafe {
            (
                alloc_zeroed(register_layout).cast::<Value>(),
                alloc_zeroed(frame_layout).cast::<Frame>(),
            )
        };
        if registers.is_null() || frames.is_null() {
            std::alloc::handle_alloc_error(register_layout);
        }
        // SAFETY: zero is a valid `Frame`; the first frame is a boundary without arguments.
        unsafe {
            (*frames).top = registers;
            (*frames).ret_base = registers;
            (*frames).closure = Value(registers as u64);
        }
        Stack { registers, register_layout, frames, frame_layout, depth_max }
    }

    pub(crate) fn first_frame(&self) -> *mut Frame {
        self.frames
    }

    /// First frame that a script call must not use.
    pub(crate) fn frame_limit(&self) -> *mut Frame {
        // Below the calls lies the boundary that the host calls from.
        self.frames.wrapping_add(self.depth_max + 1)
    }

    pub(crate) fn depth_max(&self) -> usize {
        self.depth_max
    }

    pub(crate) fn registers(&self) -> *mut Value {
        self.registers
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with these layouts.
        unsafe {
            dealloc(self.registers.cast(), self.register_layout);
            dealloc(self.frames.cast(), self.frame_layout);
        }
    }
}

fn layout<T>(count: usize) -> Layout {
    match Layout::array::<T>(count) {
        Ok(layout) => layout,
        Err(_) => std::alloc::handle_alloc_error(Layout::new::<T>()),
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

//! Stacks of tasks that do not run: copied out of the shared stack and back.
//!
//! A copy is one heap buffer: [`Saved`], then the frames, the registers and the builtins' roots. The
//! buffer belongs to its task, which uses it again. Without native frames a stack may come back
//! anywhere, so it comes back at the bottom; pointers into it are then moved along. Native frames
//! refer to the shared stack, so theirs comes back where it was.

use super::TaskId;
use crate::error::Trap;
use crate::heap::mark::Marker;
use crate::object::Buffer;
use crate::stack::Frame;
use crate::value::Value;
use crate::vm::Vm;

/// What precedes a copied stack.
#[derive(Clone, Copy)]
#[repr(C)]
struct Saved {
    n_frames: usize,
    n_registers: usize,
    n_roots: usize,
    /// Where the first frame was.
    frames: *mut Frame,
    /// Where the first register was.
    registers: *mut Value,
    /// How many roots were below.
    roots_below: usize,
    pc: *const u32,
    base: *mut Value,
    native_args: *mut Value,
    native_count: u32,
    native_depth: u32,
    /// Where the interpreter goes on, and the register that takes the result.
    next: *const u32,
    dst: u32,
}

/// Where an interpreted task goes on.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    /// The next instruction.
    pub(crate) next: *const u32,
    /// The register that takes the result.
    pub(crate) dst: u32,
}

impl Saved {
    fn bytes(&self) -> usize {
        size_of::<Saved>()
            + self.n_frames * size_of::<Frame>()
            + (self.n_registers + self.n_roots) * size_of::<Value>()
    }
}

/// The parts of a buffer.
///
/// # Safety
/// The buffer has room for a `Saved`, which holds `n_frames` and `n_registers`.
unsafe fn parts(buffer: *mut Buffer) -> (*mut Saved, *mut Frame, *mut Value, *mut Value) {
    // SAFETY: by contract.
    unsafe {
        let saved = buffer.add(1).cast::<Saved>();
        let frames = saved.add(1).cast::<Frame>();
        let registers = frames.add((*saved).n_frames).cast::<Value>();
        (saved, frames, registers, registers.add((*saved).n_registers))
    }
}

/// Marks what a copied stack refers to.
///
/// # Safety
/// The buffer holds a stack.
pub(super) unsafe fn trace(buffer: *mut Buffer, marker: &mut Marker) {
    // SAFETY: by contract: frames, registers and roots were live when they were copied, addresses
    // lie in the copied ranges, and each frame's registers below `n_tagged` hold values.
    unsafe {
        let (saved, frames, registers, roots) = parts(buffer);
        let saved = *saved;
        let copied = |at: *const Value| registers.offset(at.offset_from(saved.registers));
        marker.range(roots, saved.n_roots);
        if saved.native_count > 0 {
            marker.range(copied(saved.native_args), saved.native_count as usize);
        }
        let mut base = saved.base;
        for i in (0..saved.n_frames).rev() {
            let frame = *frames.add(i);
            if frame.func.is_null() {
                if frame.count > 0 {
                    marker.range(copied(frame.closure.0 as *const Value), frame.count as usize);
                }
            } else {
                marker.range(copied(base), (*frame.func).n_tagged as usize);
                marker.value(frame.closure);
            }
            base = frame.ret_base;
        }
    }
}

impl Vm {
    /// Describes the stack from `root` up.
    ///
    /// # Safety
    /// The frames from `root` to `self.frame` are in use, and the state of the machine describes them.
    unsafe fn stack_above(&self, root: *mut Frame, roots_below: usize, point: Point) -> Saved {
        // SAFETY: by contract; a frame's registers begin where those of the frame below end.
        unsafe {
            let registers = (*root.sub(1)).top;
            let args_end = self.native_args.wrapping_add(self.native_count as usize);
            let top = (*self.frame).top;
            let end = if self.native_count > 0 { top.max(args_end) } else { top };
            Saved {
                n_frames: self.frame.offset_from(root) as usize + 1,
                n_registers: end.offset_from(registers) as usize,
                n_roots: self.roots.len().saturating_sub(roots_below),
                frames: root,
                registers,
                roots_below,
                pc: self.pc,
                base: self.base,
                native_args: self.native_args,
                native_count: self.native_count,
                native_depth: self.native_depth,
                next: point.next,
                dst: point.dst,
            }
        }
    }

    /// Makes room for a copy of the stack from `root` up, so that `save_stack` cannot fail.
    ///
    /// # Errors
    /// The heap limit.
    ///
    /// # Safety
    /// As [`Vm::save_stack`].
    pub(super) unsafe fn reserve_copy(
        &mut self,
        task: TaskId,
        root: *mut Frame,
        roots_below: usize,
    ) -> Result<(), Trap> {
        let point = Point { next: std::ptr::null(), dst: 0 };
        // SAFETY: by contract.
        let bytes = unsafe { self.stack_above(root, roots_below, point) }.bytes();
        let buffer = self.tasks.task(task).map_or(std::ptr::null_mut(), |t| t.saved);
        // SAFETY: a task's buffer is live.
        if !buffer.is_null() && unsafe { (*buffer).bytes } >= bytes {
            return Ok(());
        }
        let buffer = self.heap.alloc_buffer(bytes)?;
        if let Some(slot) = self.tasks.task(task) {
            slot.saved = buffer;
        }
        Ok(())
    }

    /// Copies the stack from `root` up into the task's buffer and takes it off the shared stack:
    /// `self.frame` is then the frame below `root`.
    ///
    /// # Safety
    /// The frames from `root` to `self.frame` are the task's, the state of the machine describes
    /// them, and `reserve_copy` has made room for them.
    pub(super) unsafe fn save_stack(
        &mut self,
        task: TaskId,
        root: *mut Frame,
        roots_below: usize,
        point: Point,
    ) {
        let Some(slot) = self.tasks.task(task) else { return };
        slot.is_saved = true;
        let buffer = slot.saved;
        // SAFETY: by contract.
        unsafe {
            let saved = self.stack_above(root, roots_below, point);
            debug_assert!((*buffer).bytes >= saved.bytes());
            buffer.add(1).cast::<Saved>().write(saved);
            let (_, to_frames, to_registers, to_roots) = parts(buffer);
            std::ptr::copy_nonoverlapping(root, to_frames, saved.n_frames);
            std::ptr::copy_nonoverlapping(saved.registers, to_registers, saved.n_registers);
            let from_roots = self.roots.as_ptr().add(self.roots.len() - saved.n_roots);
            std::ptr::copy_nonoverlapping(from_roots, to_roots, saved.n_roots);
            self.roots.truncate(roots_below);
            self.frame = root.sub(1);
            self.native_count = 0;
        }
    }

    /// Puts a stack back above a new boundary: where it was, or at the bottom of the shared stack if
    /// it `may_move`. Returns its first frame and where the interpreter goes on.
    ///
    /// # Safety
    /// The task has a saved stack, and no other task is on the shared stack.
    pub(super) unsafe fn restore_stack(
        &mut self,
        buffer: *mut Buffer,
        may_move: bool,
    ) -> (*mut Frame, Point) {
        // SAFETY: by contract; the shared stack had room for the frames where they were, and so it
        // has at its bottom.
        unsafe {
            let (saved, from_frames, from_registers, from_roots) = parts(buffer);
            let saved = *saved;
            let boundary =
                if may_move { self.stack.first_frame().add(1) } else { saved.frames.sub(1) };
            let registers = if may_move { self.stack.registers() } else { saved.registers };
            *boundary = Frame {
                func: std::ptr::null(),
                top: registers,
                ret_pc: std::ptr::null(),
                ret_base: registers,
                closure: Value(registers as u64),
                dst: 0,
                count: 0,
                site: std::ptr::null(),
            };
            let root = boundary.add(1);
            std::ptr::copy_nonoverlapping(from_frames, root, saved.n_frames);
            std::ptr::copy_nonoverlapping(from_registers, registers, saved.n_registers);
            let distance = registers.offset_from(saved.registers);
            if distance != 0 {
                for i in 0..saved.n_frames {
                    let frame = &mut *root.add(i);
                    frame.top = frame.top.wrapping_offset(distance);
                    frame.ret_base = frame.ret_base.wrapping_offset(distance);
                }
            }
            self.roots.resize(saved.roots_below, Value::NULL);
            let roots = std::slice::from_raw_parts(from_roots, saved.n_roots);
            self.roots.extend_from_slice(roots);
            self.frame = root.add(saved.n_frames - 1);
            self.frame_bottom = boundary;
            self.pc = saved.pc;
            self.base = saved.base.wrapping_offset(distance);
            self.native_args = saved.native_args;
            self.native_count = saved.native_count;
            self.native_depth = saved.native_depth;
            (root, Point { next: saved.next, dst: saved.dst })
        }
    }

    /// Empties the shared stack, for the scheduler.
    pub(super) fn clear_stack(&mut self) {
        self.frame = self.stack.first_frame();
        self.frame_bottom = self.frame;
        self.base = self.stack.registers();
        self.native_args = self.base;
        self.native_count = 0;
        self.native_depth = 0;
        self.roots.clear();
    }
}

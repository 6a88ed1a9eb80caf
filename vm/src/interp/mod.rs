//! The interpreter: one loop over the instruction table.
//!
//! Shape rules, to be checked by disassembling a release binary after every change (`run_loop` has
//! about one indirect jump per instruction and hardly touches the native stack): `pc`, `base` and `vm` are the only state
//! across instructions; no arm contains a panic edge, a `Drop` value or an inlined call; whatever is
//! slow is a never-inlined function of the form [`Slow`]. The code generator then gives every
//! instruction its own indirect jump and keeps the state in machine registers.
//!
//! What makes the unchecked accesses sound: the module is verified, so register numbers lie in the
//! frame, branch targets and table indices exist, and every register holds its representation.

#[macro_use]
mod at;

mod access;
mod call;
mod host;
mod iterate;
mod make;
mod slow;
mod step;

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::TypeId;

use crate::link::{FuncInfo, Site};
use crate::number;
use crate::object::{Array, Closure, Header, Kind, flag, gc};
use crate::stack::Frame;
use crate::value::{TAG_FUNC, TAG_HEAP, TAG_NULL, TAG_STRING, Value};
use crate::vm::Vm;

pub(crate) use access::{COPIES, NUMBER_ONLY};
pub(crate) use step::slow_path;

/// A slow path: takes the machine, the instruction and the registers; returns where to continue, with
/// `vm.base` the registers, or null to leave the loop.
pub(crate) type Slow = unsafe fn(*mut Vm, *const u32, *mut Value) -> *const u32;

/// Converts an index for a bounds check: out-of-range values and NaN become a number that no unsigned
/// bounds check passes.
#[inline(always)]
fn to_index(n: f64) -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE2 belongs to the base instruction set of x86-64.
    unsafe {
        use std::arch::x86_64::{_mm_cvttsd_si64, _mm_set_sd};
        _mm_cvttsd_si64(_mm_set_sd(n)) as u64
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        if n > -1.0 { n as u64 } else { u64::MAX }
    }
}

/// The array that a value is, whatever its kind, or null.
///
/// # Safety
/// The value is live.
#[inline(always)]
unsafe fn as_any_array(v: Value) -> *mut Array {
    let p = v.0.wrapping_sub(TAG_HEAP << 48);
    // SAFETY: by contract; the tag says that it is a heap address, where the type id comes first.
    if p >> 48 == 0 && unsafe { *(p as *const u32) } == TypeId::ARRAY.0 {
        p as *mut Array
    } else {
        std::ptr::null_mut()
    }
}

/// The general array that a value is, or null.
///
/// # Safety
/// The value is live.
#[inline(always)]
unsafe fn as_array(v: Value) -> *mut Array {
    // SAFETY: by contract.
    unsafe { array_of_kind(v, Kind::Array) }
}

/// The array of booleans that a value is, or null.
///
/// # Safety
/// The value is live.
#[inline(always)]
unsafe fn as_bool_array(v: Value) -> *mut Array {
    // SAFETY: by contract.
    unsafe { array_of_kind(v, Kind::BoolArray) }
}

/// The object of this kind of arrays that a value is, or null.
///
/// # Safety
/// The value is live.
#[inline(always)]
unsafe fn array_of_kind(v: Value, kind: Kind) -> *mut Array {
    let p = v.0.wrapping_sub(TAG_HEAP << 48);
    // SAFETY: by contract; the tag says that it is a heap address.
    if p >> 48 == 0 && unsafe { (*(p as *const Array)).header.kind } == kind {
        p as *mut Array
    } else {
        std::ptr::null_mut()
    }
}

/// Whether two values with different bits, not both numbers, are certainly not equal.
///
/// # Safety
/// The values are live.
#[inline(always)]
unsafe fn surely_differ(v: Value, u: Value) -> bool {
    const FLAGS: usize = std::mem::offset_of!(crate::object::Header, flags);
    if v.tag() != u.tag() {
        return true;
    }
    // SAFETY: by contract; strings start with a header.
    v.is_string()
        && unsafe { *v.ptr().cast::<u8>().add(FLAGS) & *u.ptr().cast::<u8>().add(FLAGS) }
            & flag::INTERNED
            != 0
}

/// Fills `count` slots. Volatile, so that the short loop does not become a library call.
///
/// # Safety
/// The slots are writable.
#[inline(always)]
unsafe fn fill(start: *mut Value, count: u32, v: Value) {
    let mut i = 0;
    while i < count as usize {
        // SAFETY: by contract.
        unsafe { start.add(i).write_volatile(v) };
        i += 1;
    }
}

/// Copies the argument registers that the words at `list` name to `to`, four at a time; up to three
/// slots after the last argument are overwritten.
///
/// # Safety
/// `list` holds the words of `count` registers of the frame at `base`; `to` has room.
#[inline(always)]
unsafe fn copy_args(list: *const u32, count: usize, base: *const Value, to: *mut Value) {
    let mut i = 0;
    loop {
        // SAFETY: by contract.
        unsafe {
            let w = *list.add(i / 4) as usize;
            let at = to.add(i);
            at.write_volatile(*base.add(w & 255));
            at.add(1).write_volatile(*base.add((w >> 8) & 255));
            at.add(2).write_volatile(*base.add((w >> 16) & 255));
            at.add(3).write_volatile(*base.add((w >> 24) & 255));
        }
        i += 4;
        if i >= count {
            return;
        }
    }
}

/// Whether all parameters of a dynamic call that must be numbers are.
///
/// # Safety
/// `args` holds the parameters.
#[inline(always)]
unsafe fn numbers_fit(mut mask: u64, args: *const Value) -> bool {
    while mask != 0 {
        // SAFETY: by contract; bits name parameters.
        if !unsafe { *args.add(mask.trailing_zeros() as usize) }.is_num() {
            return false;
        }
        mask &= mask - 1;
    }
    true
}

/// Looks a type id up in an inline cache; 0 if it is not there.
///
/// # Safety
/// `site` is valid.
#[inline(always)]
unsafe fn probe(site: *const Site, key: u32) -> u64 {
    // SAFETY: by contract.
    unsafe {
        let mut i = 0;
        while i < 4 {
            if (*site).keys[i] == key {
                return (*site).payloads[i];
            }
            i += 1;
        }
    }
    0
}

/// Runs from `pc` until the frame whose return address is null returns (`vm.result` is its result) or
/// an error passes it (`vm.pending` says which).
///
/// # Safety
/// `vm` is valid; its top frame is the function that `pc` lies in, with registers at `base`.
#[inline(never)]
#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "`jump_nlt` differs from `>=` for NaN")]
pub(crate) unsafe fn run_loop(vm: *mut Vm, mut pc: *const u32, mut base: *mut Value) {
    // Whether storing `$v` into the object at `$p` has to be remembered.
    macro_rules! is_watched {
        ($p:expr, $v:expr) => {
            $v.is_heap() && (*($p as *const Header)).gc & gc::WATCHED != 0
        };
    }
    macro_rules! slow {
        ($f:path) => {{
            let f: Slow = $f;
            pc = f(vm, pc, base);
            if pc.is_null() {
                return;
            }
            base = (*vm).base;
            continue;
        }};
    }
    macro_rules! a {
        ($w:expr) => {
            (($w >> 8) & 255) as usize
        };
    }
    macro_rules! b {
        ($w:expr) => {
            (($w >> 16) & 255) as usize
        };
    }
    macro_rules! c {
        ($w:expr) => {
            ($w >> 24) as usize
        };
    }
    macro_rules! get {
        ($i:expr) => {
            *base.add($i)
        };
    }
    macro_rules! get_f {
        ($i:expr) => {
            f64::from_bits((*base.add($i)).0)
        };
    }
    macro_rules! set {
        ($i:expr, $v:expr) => {{
            let v: Value = $v;
            *base.add($i) = v;
        }};
    }
    macro_rules! set_f {
        ($i:expr, $v:expr) => {{
            let v: f64 = $v;
            *base.add($i) = Value(v.to_bits());
        }};
    }
    macro_rules! next {
        ($len:expr) => {
            pc = pc.add($len)
        };
    }
    macro_rules! k64 {
        ($at:expr) => {
            (*pc.add($at) as u64) | ((*pc.add($at + 1) as u64) << 32)
        };
    }
    macro_rules! k_f {
        ($at:expr) => {
            f64::from_bits(k64!($at))
        };
    }
    // A taken branch: the distance is in word `at`, the instruction `len` words long.
    macro_rules! jump {
        ($at:expr, $len:expr) => {{
            let distance = *pc.add($at) as i32 as isize;
            pc = pc.offset(distance + $len);
            if distance < 0 {
                (*vm).budget -= 1;
                if (*vm).budget < 0 {
                    slow!(slow::poll);
                }
            }
        }};
    }
    macro_rules! branch {
        ($cond:expr, $at:expr, $len:expr) => {{
            if $cond {
                jump!($at, $len);
            } else {
                next!($len);
            }
        }};
    }
    macro_rules! binary_f {
        ($w:expr, $x:ident, $y:ident, $e:expr) => {{
            let ($x, $y) = (get_f!(b!($w)), get_f!(c!($w)));
            set_f!(a!($w), $e);
            next!(1);
        }};
    }
    macro_rules! unary_f {
        ($w:expr, $x:ident, $e:expr) => {{
            let $x = get_f!(b!($w));
            set_f!(a!($w), $e);
            next!(1);
        }};
    }
    macro_rules! const_f {
        ($w:expr, $x:ident, $k:ident, $e:expr) => {{
            let ($x, $k) = (get_f!(b!($w)), k_f!(1));
            set_f!(a!($w), $e);
            next!(3);
        }};
    }
    macro_rules! binary_i {
        ($w:expr, $method:ident) => {{
            let (x, y) = (get!(b!($w)).0 as i64, get!(c!($w)).0 as i64);
            set!(a!($w), Value(x.$method(y) as u64));
            next!(1);
        }};
    }
    macro_rules! binary_any {
        ($w:expr, $x:ident, $y:ident, $e:expr, $slow:path) => {{
            let (v, u) = (get!(b!($w)), get!(c!($w)));
            if v.is_num() && u.is_num() {
                let ($x, $y) = (f64::from_bits(v.0), f64::from_bits(u.0));
                set_f!(a!($w), $e);
                next!(1);
            } else {
                slow!($slow);
            }
        }};
    }
    macro_rules! flag {
        ($w:expr, $e:expr) => {{
            let truth: bool = $e;
            set!(a!($w), Value(u64::from(truth)));
            next!(1);
        }};
    }
    macro_rules! compare_any {
        ($w:expr, $x:ident, $y:ident, $e:expr, $slow:path) => {{
            let (v, u) = (get!(b!($w)), get!(c!($w)));
            if v.is_num() && u.is_num() {
                let ($x, $y) = (f64::from_bits(v.0), f64::from_bits(u.0));
                flag!($w, $e);
            } else {
                slow!($slow);
            }
        }};
    }
    macro_rules! jump_any {
        ($w:expr, $x:ident, $y:ident, $e:expr, $slow:path) => {{
            let (v, u) = (get!(a!($w)), get!(b!($w)));
            if v.is_num() && u.is_num() {
                let ($x, $y) = (f64::from_bits(v.0), f64::from_bits(u.0));
                branch!($e, 1, 2);
            } else {
                slow!($slow);
            }
        }};
    }
    macro_rules! jump_equal {
        ($w:expr, $wanted:literal, $slow:path) => {{
            let (v, u) = (get!(a!($w)), get!(b!($w)));
            if v.is_num() && u.is_num() {
                branch!(number::equals(f64::from_bits(v.0), f64::from_bits(u.0)) == $wanted, 1, 2);
            } else if v == u && v.0 >> 48 != TAG_HEAP {
                branch!($wanted, 1, 2);
            } else if surely_differ(v, u) {
                branch!(!$wanted, 1, 2);
            } else {
                slow!($slow);
            }
        }};
    }
    macro_rules! jump_ff {
        ($w:expr, $x:ident, $y:ident, $e:expr) => {{
            let ($x, $y) = (get_f!(a!($w)), get_f!(b!($w)));
            branch!($e, 1, 2);
        }};
    }
    macro_rules! jump_fk {
        ($w:expr, $x:ident, $k:ident, $e:expr) => {{
            let ($x, $k) = (get_f!(a!($w)), k_f!(2));
            branch!($e, 1, 4);
        }};
    }
    macro_rules! loop_latch {
        ($w:expr, $x:ident, $limit:ident, $e:expr) => {{
            let $x = get_f!(a!($w)) + k_f!(2);
            set_f!(a!($w), $x);
            let $limit = get_f!(b!($w));
            branch!($e, 1, 4);
        }};
    }
    macro_rules! remainder {
        ($w:expr, $x:expr, $y:expr, $len:expr, $slow:path) => {{
            let (x, y): (f64, f64) = ($x, $y);
            let (i, j) = (to_index(x) as i64, to_index(y) as i64);
            if i as f64 == x && j as f64 == y && i > 0 && j > 0 && (i | j) >> 32 == 0 {
                set_f!(a!($w), (i as u32 % j as u32) as f64);
                next!($len);
            } else {
                slow!($slow);
            }
        }};
    }
    // Reads the element at `$index` if `$v` is an array of booleans.
    macro_rules! bool_element {
        ($w:expr, $v:expr, $index:expr, $slow:path) => {{
            let array = as_bool_array($v);
            if array.is_null() {
                slow!($slow);
            }
            let at = to_index($index);
            if at >= u64::from((*array).len) {
                slow!($slow);
            }
            let byte = *(*array).ptr.cast::<u8>().add(at as usize);
            set!(a!($w), Value(Value::FALSE.0 | u64::from(byte)));
            next!(1);
            continue;
        }};
    }
    macro_rules! push_frame {
        ($info:expr, $closure:expr, $dst:expr, $len:expr) => {{
            let (info, frame): (*const FuncInfo, *mut Frame) = ($info, (*vm).frame);
            let new_base = (*frame).top;
            let nulls = new_base.add((*info).n_params as usize);
            fill(nulls, (*info).n_null, Value::NULL);
            fill(nulls.add((*info).n_null as usize), (*info).n_zero, Value(0));
            let pushed = frame.add(1);
            (*pushed).func = info;
            (*pushed).top = new_base.add((*info).n_regs as usize);
            (*pushed).ret_pc = pc.add($len);
            (*pushed).ret_base = base;
            (*pushed).closure = $closure;
            (*pushed).dst = $dst;
            (*vm).frame = pushed;
            base = new_base;
            pc = (*info).start;
        }};
    }
    macro_rules! call_allowed {
        () => {{
            (*vm).budget -= 1;
            (*vm).budget >= 0 && (*vm).frame < (*vm).frame_limit
        }};
    }
    macro_rules! leave_frame {
        ($v:expr) => {{
            let v: Value = $v;
            let frame = (*vm).frame;
            let to = (*frame).ret_pc;
            (*vm).frame = frame.sub(1);
            if to.is_null() {
                (*vm).result = v;
                return;
            }
            base = (*frame).ret_base;
            set!((*frame).dst as usize, v);
            pc = to;
        }};
    }

    // SAFETY: by contract and by verification of the module, see the top of this file. `vm` is not
    // otherwise borrowed; slow paths get it by pointer.
    unsafe {
        loop {
            let w = *pc;
            // The verifier has checked the operation code.
            match std::mem::transmute::<u8, Op>(w as u8) {
                // ---- moves and constants
                Op::Mov => {
                    set!(a!(w), get!(b!(w)));
                    next!(1);
                }
                Op::LoadF64 | Op::LoadI64 => {
                    set!(a!(w), Value(k64!(1)));
                    next!(3);
                }
                Op::LoadBool => {
                    set!(a!(w), Value(u64::from(b!(w) != 0)));
                    next!(1);
                }
                Op::LoadImm => {
                    const IMMEDIATES: [Value; 4] =
                        [Value::NULL, Value::FALSE, Value::TRUE, Value::UNDEF];
                    set!(a!(w), *IMMEDIATES.as_ptr().add(b!(w) & 3));
                    next!(1);
                }
                Op::LoadStr => {
                    let v = *(*vm).strings.add(*pc.add(1) as usize);
                    if v.0 == 0 {
                        slow!(make::load_str);
                    }
                    set!(a!(w), v);
                    next!(2);
                }
                Op::LoadFunc => {
                    let v = *(*vm).closures.add(*pc.add(1) as usize);
                    if v.0 == 0 {
                        slow!(make::load_func);
                    }
                    set!(a!(w), v);
                    next!(2);
                }
                Op::LoadBuiltin => {
                    set!(a!(w), Value::builtin(*pc.add(1) as u16));
                    next!(2);
                }
                Op::LoadSession => slow!(make::load_session),

                // ---- conversions and checks
                Op::BoxBool => {
                    set!(a!(w), Value(Value::FALSE.0 | get!(b!(w)).0));
                    next!(1);
                }
                Op::Truthy => {
                    let v = get!(b!(w));
                    if v.is_bool() {
                        set!(a!(w), Value(v.0 & 1));
                        next!(1);
                    } else if v.is_num() {
                        flag!(w, f64::from_bits(v.0) != 0.0);
                    } else {
                        slow!(slow::truthy);
                    }
                }
                Op::Not => {
                    set!(a!(w), Value(get!(b!(w)).0 ^ 1));
                    next!(1);
                }
                Op::I64ToF64 => {
                    set_f!(a!(w), get!(b!(w)).0 as i64 as f64);
                    next!(1);
                }
                Op::F64ToI64 => {
                    set!(a!(w), Value(number::to_i64(get_f!(b!(w))) as u64));
                    next!(1);
                }
                Op::CheckF64 => {
                    let v = get!(b!(w));
                    if !v.is_num() {
                        slow!(slow::check_f64);
                    }
                    set!(a!(w), v);
                    next!(1);
                }
                Op::CheckBool => {
                    let v = get!(b!(w));
                    if !v.is_bool() {
                        slow!(slow::check_bool);
                    }
                    set!(a!(w), Value(v.0 & 1));
                    next!(1);
                }
                Op::CheckStr => {
                    let v = get!(b!(w));
                    if !(v.is_string() || v.is_null()) {
                        slow!(slow::check_str);
                    }
                    set!(a!(w), v);
                    next!(1);
                }
                Op::CheckArray => {
                    let v = get!(b!(w));
                    if as_any_array(v).is_null() && !v.is_null() {
                        slow!(slow::check_array);
                    }
                    set!(a!(w), v);
                    next!(1);
                }
                Op::CheckRef => {
                    let v = get!(b!(w));
                    let p = v.0.wrapping_sub(TAG_HEAP << 48);
                    let fits = p >> 48 == 0 && *(p as *const u32) == *pc.add(1);
                    if !fits && !v.is_null() {
                        slow!(slow::check_ref);
                    }
                    set!(a!(w), v);
                    next!(2);
                }
                Op::CheckType => slow!(slow::check_type),
                Op::IsType => slow!(slow::is_type),
                Op::IsNull => flag!(w, get!(b!(w)).is_null()),
                Op::IsPassed => flag!(w, !get!(b!(w)).is_undef()),
                Op::ToNum => {
                    let v = get!(b!(w));
                    if !v.is_num() {
                        slow!(slow::to_num);
                    }
                    set!(a!(w), v);
                    next!(1);
                }

                // ---- arithmetic on doubles
                Op::AddF64 => binary_f!(w, x, y, x + y),
                Op::SubF64 => binary_f!(w, x, y, x - y),
                Op::MulF64 => binary_f!(w, x, y, x * y),
                Op::DivF64 => binary_f!(w, x, y, x / y),
                Op::ModF64 => remainder!(w, get_f!(b!(w)), get_f!(c!(w)), 1, slow::mod_f64),
                Op::PowF64 => slow!(slow::pow_f64),
                Op::AddF64K => const_f!(w, x, k, x + k),
                Op::RsubF64K => const_f!(w, x, k, k - x),
                Op::MulF64K => const_f!(w, x, k, x * k),
                Op::DivF64K => const_f!(w, x, k, x / k),
                Op::RdivF64K => const_f!(w, x, k, k / x),
                Op::ModF64K => remainder!(w, get_f!(b!(w)), k_f!(1), 3, slow::mod_f64_k),
                Op::NegF64 => unary_f!(w, x, -x),
                Op::AbsF64 => unary_f!(w, x, x.abs()),
                Op::SqrtF64 => unary_f!(w, x, x.sqrt()),
                Op::FloorF64 => slow!(slow::floor_f64),
                Op::CeilF64 => slow!(slow::ceil_f64),
                Op::TruncF64 => slow!(slow::trunc_f64),
                Op::MinF64 => slow!(slow::min_f64),
                Op::MaxF64 => slow!(slow::max_f64),
                Op::BitAnd => slow!(slow::bit_and),
                Op::BitOr => slow!(slow::bit_or),
                Op::BitXor => slow!(slow::bit_xor),
                Op::BitShl => slow!(slow::bit_shl),
                Op::BitShr => slow!(slow::bit_shr),
                Op::BitNot => slow!(slow::bit_not),

                // ---- arithmetic on integers
                Op::AddI64 => binary_i!(w, wrapping_add),
                Op::SubI64 => binary_i!(w, wrapping_sub),
                Op::MulI64 => binary_i!(w, wrapping_mul),

                // ---- comparisons to a boolean
                Op::LtF64 => flag!(w, get_f!(b!(w)) < get_f!(c!(w))),
                Op::LeF64 => flag!(w, get_f!(b!(w)) <= get_f!(c!(w))),
                Op::EqF64 => flag!(w, number::equals(get_f!(b!(w)), get_f!(c!(w)))),
                Op::LtI64 => flag!(w, (get!(b!(w)).0 as i64) < get!(c!(w)).0 as i64),
                Op::LeI64 => flag!(w, get!(b!(w)).0 as i64 <= get!(c!(w)).0 as i64),
                Op::EqI64 | Op::EqBool => flag!(w, get!(b!(w)) == get!(c!(w))),
                Op::LtAny => compare_any!(w, x, y, x < y, slow::lt_any),
                Op::LeAny => compare_any!(w, x, y, x <= y, slow::le_any),
                Op::EqAny => compare_any!(w, x, y, number::equals(x, y), slow::eq_any),

                // ---- arithmetic on tagged values
                Op::AddAny => binary_any!(w, x, y, x + y, slow::add_any),
                Op::AddAnyK => {
                    let v = get!(b!(w));
                    if !v.is_num() {
                        slow!(slow::add_any_k);
                    }
                    set_f!(a!(w), f64::from_bits(v.0) + k_f!(1));
                    next!(3);
                }
                Op::SubAny => binary_any!(w, x, y, x - y, slow::sub_any),
                Op::MulAny => binary_any!(w, x, y, x * y, slow::mul_any),
                Op::DivAny => binary_any!(w, x, y, x / y, slow::div_any),
                Op::ModAny => {
                    let (v, u) = (get!(b!(w)), get!(c!(w)));
                    if !(v.is_num() && u.is_num()) {
                        slow!(slow::mod_any);
                    }
                    remainder!(w, f64::from_bits(v.0), f64::from_bits(u.0), 1, slow::mod_any);
                }
                Op::PowAny => slow!(slow::pow_any),
                Op::NegAny => {
                    let v = get!(b!(w));
                    if !v.is_num() {
                        slow!(slow::neg_any);
                    }
                    set_f!(a!(w), -f64::from_bits(v.0));
                    next!(1);
                }

                // ---- control
                Op::Jump => jump!(1, 2),
                Op::JumpTrue => branch!(get!(a!(w)).0 != 0, 1, 2),
                Op::JumpFalse => branch!(get!(a!(w)).0 == 0, 1, 2),
                Op::JumpTruthy => {
                    let v = get!(a!(w));
                    if v.is_bool() {
                        branch!(v.0 & 1 != 0, 1, 2);
                    } else if v.is_num() {
                        branch!(f64::from_bits(v.0) != 0.0, 1, 2);
                    } else {
                        slow!(slow::jump_truthy);
                    }
                }
                Op::JumpFalsy => {
                    let v = get!(a!(w));
                    if v.is_bool() {
                        branch!(v.0 & 1 == 0, 1, 2);
                    } else if v.is_num() {
                        branch!(f64::from_bits(v.0) == 0.0, 1, 2);
                    } else {
                        slow!(slow::jump_falsy);
                    }
                }
                Op::JumpNull => branch!(get!(a!(w)).is_null(), 1, 2),
                Op::JumpNotNull => branch!(!get!(a!(w)).is_null(), 1, 2),
                Op::JumpPassed => branch!(!get!(a!(w)).is_undef(), 1, 2),
                Op::JumpLtF64 => jump_ff!(w, x, y, x < y),
                Op::JumpLeF64 => jump_ff!(w, x, y, x <= y),
                Op::JumpNltF64 => jump_ff!(w, x, y, !(x < y)),
                Op::JumpNleF64 => jump_ff!(w, x, y, !(x <= y)),
                Op::JumpEqF64 => jump_ff!(w, x, y, number::equals(x, y)),
                Op::JumpNeF64 => jump_ff!(w, x, y, !number::equals(x, y)),
                Op::JumpLtF64K => jump_fk!(w, x, k, x < k),
                Op::JumpLeF64K => jump_fk!(w, x, k, x <= k),
                Op::JumpGtF64K => jump_fk!(w, x, k, x > k),
                Op::JumpGeF64K => jump_fk!(w, x, k, x >= k),
                Op::JumpNltF64K => jump_fk!(w, x, k, !(x < k)),
                Op::JumpNleF64K => jump_fk!(w, x, k, !(x <= k)),
                Op::JumpNgtF64K => jump_fk!(w, x, k, !(x > k)),
                Op::JumpNgeF64K => jump_fk!(w, x, k, !(x >= k)),
                Op::JumpEqF64K => jump_fk!(w, x, k, number::equals(x, k)),
                Op::JumpNeF64K => jump_fk!(w, x, k, !number::equals(x, k)),
                Op::JumpLtAny => jump_any!(w, x, y, x < y, slow::jump_lt_any),
                Op::JumpLeAny => jump_any!(w, x, y, x <= y, slow::jump_le_any),
                Op::JumpNltAny => jump_any!(w, x, y, !(x < y), slow::jump_nlt_any),
                Op::JumpNleAny => jump_any!(w, x, y, !(x <= y), slow::jump_nle_any),
                Op::JumpEqAny => jump_equal!(w, true, slow::jump_eq_any),
                Op::JumpNeAny => jump_equal!(w, false, slow::jump_ne_any),
                Op::JumpLtI64 => branch!((get!(a!(w)).0 as i64) < get!(b!(w)).0 as i64, 1, 2),
                Op::JumpNltI64 => branch!(get!(a!(w)).0 as i64 >= get!(b!(w)).0 as i64, 1, 2),
                Op::JumpNotType => {
                    let wanted = *(*vm).named_descs.add(*pc.add(2) as usize);
                    if wanted == 0 {
                        slow!(slow::jump_not_type);
                    }
                    let p = get!(a!(w)).0.wrapping_sub(TAG_HEAP << 48);
                    branch!(p >> 48 != 0 || *(p as *const u32) != wanted, 1, 3);
                }
                Op::ForLtF64 => loop_latch!(w, x, limit, x < limit),
                Op::ForLeF64 => loop_latch!(w, x, limit, x <= limit),
                Op::SwitchF64 => {
                    let x = get_f!(a!(w));
                    let (entry, count) = (to_index(x), b!(w));
                    if entry < count as u64 && entry as f64 == x {
                        let distance = *pc.add(1 + entry as usize) as i32 as isize;
                        pc = pc.add(1 + count).offset(distance);
                        if distance < 0 {
                            (*vm).budget -= 1;
                            if (*vm).budget < 0 {
                                slow!(slow::poll);
                            }
                        }
                    } else {
                        next!(1 + count);
                    }
                }
                Op::Ret => leave_frame!(get!(a!(w))),
                Op::RetNull => leave_frame!(Value::NULL),
                Op::Throw => slow!(slow::throw),
                Op::Raise => slow!(slow::raise),

                // ---- calls
                Op::Call => {
                    if !call_allowed!() {
                        slow!(call::call_slow);
                    }
                    let info = (*vm).funcs.add(*pc.add(1) as usize);
                    let count = b!(w);
                    copy_args(pc.add(2), count, base, (*(*vm).frame).top);
                    push_frame!(info, Value::NULL, a!(w) as u32, 2 + count.div_ceil(4));
                }
                Op::CallValue => {
                    let callee = get!(b!(w));
                    let p = callee.0.wrapping_sub(TAG_FUNC << 48) as *const Closure;
                    if p as u64 >> 48 != 0 || (*p).header.kind != Kind::Closure || !call_allowed!()
                    {
                        slow!(call::call_value);
                    }
                    let info = (*vm).funcs.add((*p).func as usize);
                    let count = c!(w);
                    let args = (*(*vm).frame).top;
                    if (*info).n_params as usize != count || !(*info).is_simple {
                        slow!(call::call_value);
                    }
                    copy_args(pc.add(1), count, base, args);
                    if !numbers_fit((*info).number_params, args) {
                        slow!(call::call_value);
                    }
                    push_frame!(info, callee, a!(w) as u32, 1 + count.div_ceil(4));
                }
                Op::CallMethod => {
                    let count = b!(w);
                    let receiver = get!((*pc.add(3) & 255) as usize);
                    let p = receiver.0.wrapping_sub(TAG_HEAP << 48);
                    if p >> 48 != 0 || !call_allowed!() {
                        slow!(call::call_method);
                    }
                    let key = *(p as *const u32);
                    let info = probe((*vm).sites.add(*pc.add(2) as usize), key) as *const FuncInfo;
                    if info.is_null() || (*info).n_params as usize != count {
                        slow!(call::call_method);
                    }
                    let args = (*(*vm).frame).top;
                    copy_args(pc.add(3), count, base, args);
                    if !numbers_fit((*info).number_params, args) {
                        slow!(call::call_method);
                    }
                    push_frame!(info, Value::NULL, a!(w) as u32, 3 + count.div_ceil(4));
                }
                Op::CallBuiltin => slow!(call::call_builtin),
                Op::BeginTask => slow!(host::begin_task),
                Op::Await => slow!(host::await_value),

                // ---- variables outside the frame
                Op::MakeClosure => slow!(make::make_closure),
                Op::CheckDepth => {
                    if (*vm).frame.wrapping_add(a!(w)) > (*vm).frame_limit {
                        slow!(call::too_deep);
                    }
                    next!(1);
                }
                Op::GetUpvalue => {
                    let closure = (*(*vm).frame).closure.ptr().cast::<Closure>();
                    set!(a!(w), *closure.add(1).cast::<Value>().add(b!(w)));
                    next!(1);
                }
                Op::NewCell => slow!(make::new_cell),
                Op::GetCell => {
                    let cell = get!(b!(w)).0.wrapping_sub(TAG_HEAP << 48) as *const Value;
                    if cell as u64 >> 48 != 0 || (*cell.add(1)).is_undef() {
                        slow!(make::get_cell);
                    }
                    set!(a!(w), *cell.add(1));
                    next!(1);
                }
                Op::SetCell => {
                    let cell = get!(a!(w)).0.wrapping_sub(TAG_HEAP << 48) as *mut Value;
                    let v = get!(b!(w));
                    if cell as u64 >> 48 != 0 || is_watched!(cell, v) {
                        slow!(make::set_cell);
                    }
                    *cell.add(1) = v;
                    next!(1);
                }
                Op::GetGlobal => {
                    let v = *(*vm).globals.add(*pc.add(1) as usize);
                    if v.is_undef() {
                        slow!(make::get_global);
                    }
                    set!(a!(w), v);
                    next!(2);
                }
                Op::SetGlobal => {
                    *(*vm).globals.add(*pc.add(1) as usize) = get!(a!(w));
                    next!(2);
                }

                // ---- arrays, objects, strings
                Op::NewArray => slow!(make::new_array),
                Op::ArrayGet => {
                    let array = as_array(get!(b!(w)));
                    if array.is_null() {
                        bool_element!(w, get!(b!(w)), get_f!(c!(w)), access::array_get);
                    }
                    let at = to_index(get_f!(c!(w)));
                    if at >= u64::from((*array).len) {
                        slow!(access::array_get);
                    }
                    set!(a!(w), *(*array).ptr.add(at as usize));
                    next!(1);
                }
                Op::ArrayGetF64 => {
                    let array = as_array(get!(b!(w)));
                    if array.is_null() {
                        slow!(access::array_get_f64);
                    }
                    let at = to_index(get_f!(c!(w)));
                    if at >= u64::from((*array).len) {
                        slow!(access::array_get_f64);
                    }
                    let v = *(*array).ptr.add(at as usize);
                    if !v.is_num() {
                        slow!(access::array_get_f64);
                    }
                    set!(a!(w), v);
                    next!(1);
                }
                Op::ArraySet => {
                    let v = get!(c!(w));
                    let array = as_array(get!(a!(w)));
                    if array.is_null() {
                        let array = as_bool_array(get!(a!(w)));
                        if array.is_null() || !v.is_bool() {
                            slow!(access::array_set);
                        }
                        let at = to_index(get_f!(b!(w)));
                        if at >= u64::from((*array).len) {
                            slow!(access::array_set);
                        }
                        *(*array).ptr.cast::<u8>().add(at as usize) = v.0 as u8;
                        next!(1);
                        continue;
                    }
                    let at = to_index(get_f!(b!(w)));
                    if at >= u64::from((*array).len) {
                        slow!(access::array_set);
                    }
                    if is_watched!(array, v) {
                        slow!(access::array_set);
                    }
                    *(*array).ptr.add(at as usize) = v;
                    next!(1);
                }
                Op::Length => {
                    let array = as_any_array(get!(b!(w)));
                    if array.is_null() {
                        slow!(access::length);
                    }
                    set_f!(a!(w), f64::from((*array).len));
                    next!(1);
                }
                Op::ArrayPush => {
                    let (v, item) = (get!(b!(w)), get!(c!(w)));
                    let array = as_array(v);
                    if array.is_null() || (*array).len == (*array).cap || is_watched!(array, item) {
                        slow!(access::array_push);
                    }
                    *(*array).ptr.add((*array).len as usize) = item;
                    (*array).len += 1;
                    set!(a!(w), v);
                    next!(1);
                }
                Op::GetIndex => {
                    let (array, index) = (as_array(get!(b!(w))), get!(c!(w)));
                    if !index.is_num() {
                        slow!(access::get_index);
                    }
                    if array.is_null() {
                        bool_element!(w, get!(b!(w)), f64::from_bits(index.0), access::get_index);
                    }
                    let at = to_index(f64::from_bits(index.0));
                    if at >= u64::from((*array).len) {
                        slow!(access::get_index);
                    }
                    set!(a!(w), *(*array).ptr.add(at as usize));
                    next!(1);
                }
                Op::GetIndexOpt => slow!(access::get_index_opt),
                Op::SetIndex => slow!(access::set_index),
                Op::NewObject => slow!(make::new_object),
                Op::Concat => slow!(make::concat),

                // ---- records and sessions
                Op::NewRecord => slow!(make::new_record),
                Op::NewInstance => slow!(make::new_instance),
                Op::CopyRecord => slow!(make::copy_record),
                Op::GetField => {
                    let p = get!(b!(w)).0.wrapping_sub(TAG_HEAP << 48);
                    if p >> 48 != 0 {
                        slow!(access::null_field);
                    }
                    set!(a!(w), *(p as *const Value).add(1 + c!(w)));
                    next!(1);
                }
                Op::SetField => {
                    let p = get!(a!(w)).0.wrapping_sub(TAG_HEAP << 48);
                    let v = get!(c!(w));
                    if p >> 48 != 0 || is_watched!(p, v) {
                        slow!(access::set_field);
                    }
                    *(p as *mut Value).add(1 + b!(w)) = v;
                    next!(1);
                }
                Op::GetMember => {
                    let p = get!(b!(w)).0.wrapping_sub(TAG_HEAP << 48);
                    if p >> 48 != 0 {
                        slow!(access::get_member);
                    }
                    let key = *(p as *const u32);
                    let payload = probe((*vm).sites.add(*pc.add(2) as usize), key);
                    if payload == 0 {
                        slow!(access::get_member);
                    }
                    set!(a!(w), *(p as *const Value).add(payload as usize));
                    next!(3);
                }
                Op::SetMember => {
                    let object = get!(b!(w));
                    let p = object.0.wrapping_sub(TAG_HEAP << 48);
                    if p >> 48 != 0 {
                        slow!(access::set_member);
                    }
                    let key = *(p as *const u32);
                    let payload = probe((*vm).sites.add(*pc.add(2) as usize), key);
                    let v = get!(c!(w));
                    // None, or one whose object is to be copied.
                    if payload.wrapping_sub(1) >= access::COPIES
                        || (payload & access::NUMBER_ONLY != 0 && !v.is_num())
                        || is_watched!(p, v)
                    {
                        slow!(access::set_member);
                    }
                    *(p as *mut Value).add((payload & 0xFFFF) as usize) = v;
                    set!(a!(w), object);
                    next!(3);
                }

                // ---- iteration, output, host
                Op::IterNew => slow!(iterate::iter_new),
                Op::IterNext => slow!(iterate::iter_next),
                Op::IterKey => slow!(iterate::iter_key),
                Op::IterValue => slow!(iterate::iter_value),
                Op::Print => slow!(host::print),
                Op::Snapshot => slow!(host::snapshot),
                Op::Oscillate => slow!(host::oscillate),
                Op::ReadExternal => slow!(host::read_external),
                Op::Fail => slow!(slow::fail),
                Op::Suspend => slow!(host::suspend),

                // ---- elements that are booleans
                Op::ArrayGetBool => {
                    let array = as_any_array(get!(b!(w)));
                    if array.is_null() {
                        slow!(access::array_get_bool);
                    }
                    let at = to_index(get_f!(c!(w)));
                    if at >= u64::from((*array).len) {
                        slow!(access::array_get_bool);
                    }
                    if (*array).header.kind == Kind::BoolArray {
                        let byte = *(*array).ptr.cast::<u8>().add(at as usize);
                        set!(a!(w), Value(u64::from(byte)));
                    } else {
                        let v = *(*array).ptr.add(at as usize);
                        if !v.is_bool() {
                            slow!(access::array_get_bool);
                        }
                        set!(a!(w), Value(v.0 & 1));
                    }
                    next!(1);
                }
                Op::ArraySetBool => {
                    let array = as_any_array(get!(a!(w)));
                    if array.is_null() {
                        slow!(access::array_set_bool);
                    }
                    let at = to_index(get_f!(b!(w)));
                    if at >= u64::from((*array).len) {
                        slow!(access::array_set_bool);
                    }
                    let raw = get!(c!(w)).0;
                    if (*array).header.kind == Kind::BoolArray {
                        *(*array).ptr.cast::<u8>().add(at as usize) = raw as u8;
                    } else {
                        *(*array).ptr.add(at as usize) = Value(Value::FALSE.0 | raw);
                    }
                    next!(1);
                }
                Op::ArrayPushBool => {
                    let (v, raw) = (get!(b!(w)), get!(c!(w)).0);
                    let array = as_any_array(v);
                    if array.is_null() || (*array).len == (*array).cap {
                        slow!(access::array_push_bool);
                    }
                    let at = (*array).len as usize;
                    if (*array).header.kind == Kind::BoolArray {
                        *(*array).ptr.cast::<u8>().add(at) = raw as u8;
                    } else {
                        *(*array).ptr.add(at) = Value(Value::FALSE.0 | raw);
                    }
                    (*array).len += 1;
                    set!(a!(w), v);
                    next!(1);
                }
                Op::Native => slow!(slow::native),
            }
        }
    }
}

const _: () = {
    // `CheckRef` and the inline caches read the type id as the first word; `TAG_NULL` and
    // `TAG_STRING` minus `TAG_HEAP` must not be zero for the subtraction test.
    assert!(TAG_NULL != TAG_HEAP && TAG_STRING != TAG_HEAP);
};

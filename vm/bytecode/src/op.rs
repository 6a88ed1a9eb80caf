//! The instruction table.
//!
//! Naming: verb, then operand kinds (`add_f64`, `add_any`); `_k` means that the last operand is an
//! inline constant; `jump_…` transfers control when the named condition holds; `n…` in a condition
//! negates it, which differs from the opposite comparison when an operand is NaN.
//!
//! Encoding: 32-bit little-endian words. Word 0 is `op:8 a:8 b:8 c:8`. Operands that fit a byte
//! (registers, small immediates, argument counts) fill `a`, `b`, `c` in order; the others follow in
//! extension words in order: [`Kind::Target`] one word (signed distance in words from the word
//! *after* the whole instruction), [`Kind::K64`] two words (low, high), ids one word,
//! [`Kind::Args`] `ceil(n / 4)` words of packed register bytes, first argument lowest,
//! [`Kind::Targets`] `n` target words. A branch with a negative distance polls the budget when taken.

mod encoding;

pub(crate) use encoding::instruction_end;
pub use encoding::{
    Arg, DecodeError, DecodeFault, EncodeError, Insn, OPERANDS_MAX, Regs, Targets, WORDS, decode,
    encode, encode_with, set_target,
};

/// What an operand is, and so how it is encoded, verified and printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Defines a register with a tagged value.
    OutAny,
    /// Defines a register with a raw double.
    OutF64,
    /// Defines a register with a raw integer.
    OutI64,
    /// Defines a register with a raw boolean.
    OutBool,
    /// Defines a register with a reference to the builtin type of this id.
    OutRef(u32),
    /// Defines a register with a reference to the type named by the instruction's `Type` operand.
    OutTyped,
    /// Defines a register with the representation that the instruction's context gives:
    /// the source of `mov`, the field, the global, the upvalue or the callee's result.
    OutSame,
    /// Reads a register whose bits are a valid tagged value (`Any`, `F64` or `Ref`).
    Any,
    /// Reads a raw double.
    F64,
    /// Reads a raw integer.
    I64,
    /// Reads a raw boolean.
    Bool,
    /// Reads a reference to the builtin type of this id.
    Ref(u32),
    /// Reads a reference to a record or session type.
    Typed,
    /// Reads a register of any representation (`mov`, stores checked against their destination).
    Same,
    /// An immediate byte.
    Imm8,
    /// Number of registers in the `Args` or of entries in the `Targets` that end the instruction.
    Count,
    /// Signed branch distance in words from the end of the instruction.
    Target,
    /// An inline 64-bit constant: the bits of a double, or of an integer for `load_i64`.
    K64,
    /// Index into `module.strings`.
    Str,
    /// Index into `module.functions`.
    Func,
    /// A [`crate::rep::TypeId`] of a record or session.
    Type,
    /// Index into `module.descs`.
    Desc,
    /// Index into `module.globals`.
    Global,
    /// A builtin's number.
    Builtin,
    /// Index of an inline cache, below `module.n_sites`.
    Site,
    /// Packed argument registers.
    Args,
    /// Branch distances, one word each.
    Targets,
}

impl Kind {
    /// Whether the operand is a byte of word 0.
    #[must_use]
    pub const fn is_byte(self) -> bool {
        !matches!(
            self,
            Kind::Target
                | Kind::K64
                | Kind::Str
                | Kind::Func
                | Kind::Type
                | Kind::Desc
                | Kind::Global
                | Kind::Builtin
                | Kind::Site
                | Kind::Args
                | Kind::Targets
        )
    }

    /// Whether the operand defines a register.
    #[must_use]
    pub const fn is_out(self) -> bool {
        matches!(
            self,
            Kind::OutAny
                | Kind::OutF64
                | Kind::OutI64
                | Kind::OutBool
                | Kind::OutRef(_)
                | Kind::OutTyped
                | Kind::OutSame
        )
    }

    /// Whether the operand reads one register.
    #[must_use]
    pub const fn is_in(self) -> bool {
        matches!(
            self,
            Kind::Any
                | Kind::F64
                | Kind::I64
                | Kind::Bool
                | Kind::Ref(_)
                | Kind::Typed
                | Kind::Same
        )
    }
}

/// What executing an instruction can do besides defining its register. A bit set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects(pub u16);

impl Effects {
    /// Can raise a script error.
    pub const THROWS: Effects = Effects(1);
    /// Can allocate, so a collection may run.
    pub const ALLOCS: Effects = Effects(2);
    /// Reads mutable heap or global state.
    pub const READS: Effects = Effects(4);
    /// Writes heap, global or host state.
    pub const WRITES: Effects = Effects(8);
    /// Can run script code or builtins, so every effect is possible.
    pub const CALLS: Effects = Effects(16 | 1 | 2 | 4 | 8);
    /// May branch, but can fall through.
    pub const BRANCHES: Effects = Effects(32);
    /// Never falls through.
    pub const ENDS: Effects = Effects(64);
    /// None: depends on its operands only, can be removed, merged and moved.
    pub const PURE: Effects = Effects(0);

    /// Union of two sets.
    #[must_use]
    pub const fn or(self, other: Effects) -> Effects {
        Effects(self.0 | other.0)
    }

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn has(self, other: Effects) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One operand of an instruction.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    /// Name used in listings and documentation.
    pub name: &'static str,
    /// Encoding and meaning.
    pub kind: Kind,
}

/// One row of the instruction table.
#[derive(Clone, Copy, Debug)]
pub struct OpSpec {
    /// Mnemonic.
    pub name: &'static str,
    /// Documentation.
    pub doc: &'static str,
    /// Operands in encoding order.
    pub operands: &'static [Operand],
    /// What executing it can do.
    pub effects: Effects,
}

/// Declares every instruction exactly once:
/// `snake = Camel (operand: Kind, …) [EFFECT …];`
#[macro_export]
macro_rules! for_each_op {
    ($mac:ident) => {
        $mac! {
            // ---- moves and constants
            /// `dst = src`, same bits; the representation of `dst` must accept that of `src`.
            mov = Mov (dst: OutSame, src: Same) [];
            /// `dst = k`, a double.
            load_f64 = LoadF64 (dst: OutF64, k: K64) [];
            /// `dst = k`, an integer within ±2^53.
            load_i64 = LoadI64 (dst: OutI64, k: K64) [];
            /// `dst = imm != 0`.
            load_bool = LoadBool (dst: OutBool, imm: Imm8) [];
            /// `dst =` null (0), false (1), true (2) or the missing-argument mark (3).
            load_imm = LoadImm (dst: OutAny, imm: Imm8) [];
            /// `dst =` an interned string.
            load_str = LoadStr (dst: OutRef(0), str: Str) [];
            /// `dst =` the function value of a function without captures.
            load_func = LoadFunc (dst: OutRef(3), func: Func) [];
            /// `dst =` the value of a builtin.
            load_builtin = LoadBuiltin (dst: OutAny, builtin: Builtin) [];
            /// `dst =` the session itself, as a value.
            load_session = LoadSession (dst: OutRef(3), ty: Type) [];

            // ---- conversions and checks
            /// `dst = src` as a tagged boolean.
            box_bool = BoxBool (dst: OutAny, src: Bool) [];
            /// `dst =` truthiness of `src`.
            truthy = Truthy (dst: OutBool, src: Any) [];
            /// `dst = !src`.
            not = Not (dst: OutBool, src: Bool) [];
            /// `dst = src` as a double, exact.
            i64_to_f64 = I64ToF64 (dst: OutF64, src: I64) [];
            /// `dst = src` truncated toward zero, saturated to ±2^53; NaN gives 0.
            f64_to_i64 = F64ToI64 (dst: OutI64, src: F64) [];
            /// `dst = src` if it is a number, else a type error that names the place.
            check_f64 = CheckF64 (dst: OutF64, src: Any) [THROWS];
            /// `dst = src` if it is a boolean, else a type error that names the place.
            check_bool = CheckBool (dst: OutBool, src: Any) [THROWS];
            /// `dst = src` if it is a string or null, else a type error that names the place.
            check_str = CheckStr (dst: OutRef(0), src: Any) [THROWS];
            /// `dst = src` if it is an array or null, else a type error that names the place.
            check_array = CheckArray (dst: OutRef(1), src: Any) [THROWS];
            /// `dst = src` if it is of record or session type `ty` or null, else a type error.
            check_ref = CheckRef (dst: OutTyped, src: Any, ty: Type) [THROWS];
            /// `dst = src` if it matches the descriptor, else a type error that names the place.
            /// An object whose fields fit becomes the record that the descriptor names.
            check_type = CheckType (dst: OutAny, src: Any, desc: Desc) [THROWS ALLOCS];
            /// `dst =` whether `src` matches the descriptor.
            is_type = IsType (dst: OutBool, src: Any, desc: Desc) [READS];
            /// `dst =` whether `src` is null.
            is_null = IsNull (dst: OutBool, src: Any) [];
            /// `dst =` whether the argument was passed (is not the missing-argument mark).
            is_passed = IsPassed (dst: OutBool, src: Any) [];
            /// `dst =` ToNumber of `src`.
            to_num = ToNum (dst: OutF64, src: Any) [THROWS];

            // ---- arithmetic on doubles
            /// `dst = a + b`.
            add_f64 = AddF64 (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a - b`.
            sub_f64 = SubF64 (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a * b`.
            mul_f64 = MulF64 (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a / b`.
            div_f64 = DivF64 (dst: OutF64, a: F64, b: F64) [];
            /// `dst = fmod(a, b)`: the sign of the dividend.
            mod_f64 = ModF64 (dst: OutF64, a: F64, b: F64) [];
            /// `dst = pow(a, b)`.
            pow_f64 = PowF64 (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a + k`.
            add_f64_k = AddF64K (dst: OutF64, a: F64, k: K64) [];
            /// `dst = k - a`.
            rsub_f64_k = RsubF64K (dst: OutF64, a: F64, k: K64) [];
            /// `dst = a * k`.
            mul_f64_k = MulF64K (dst: OutF64, a: F64, k: K64) [];
            /// `dst = a / k`.
            div_f64_k = DivF64K (dst: OutF64, a: F64, k: K64) [];
            /// `dst = k / a`.
            rdiv_f64_k = RdivF64K (dst: OutF64, a: F64, k: K64) [];
            /// `dst = fmod(a, k)`.
            mod_f64_k = ModF64K (dst: OutF64, a: F64, k: K64) [];
            /// `dst = -a`.
            neg_f64 = NegF64 (dst: OutF64, a: F64) [];
            /// `dst = |a|`.
            abs_f64 = AbsF64 (dst: OutF64, a: F64) [];
            /// `dst = sqrt(a)`.
            sqrt_f64 = SqrtF64 (dst: OutF64, a: F64) [];
            /// `dst =` the largest integral double not above `a`.
            floor_f64 = FloorF64 (dst: OutF64, a: F64) [];
            /// `dst =` the smallest integral double not below `a`.
            ceil_f64 = CeilF64 (dst: OutF64, a: F64) [];
            /// `dst = a` without its fraction.
            trunc_f64 = TruncF64 (dst: OutF64, a: F64) [];
            /// `dst =` the smaller operand; a NaN operand is ignored.
            min_f64 = MinF64 (dst: OutF64, a: F64, b: F64) [];
            /// `dst =` the larger operand; a NaN operand is ignored.
            max_f64 = MaxF64 (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a & b` on 32-bit two's complement.
            bit_and = BitAnd (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a | b` on 32-bit two's complement.
            bit_or = BitOr (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a ^ b` on 32-bit two's complement.
            bit_xor = BitXor (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a << (b & 31)` on 32-bit two's complement.
            bit_shl = BitShl (dst: OutF64, a: F64, b: F64) [];
            /// `dst = a >> (b & 31)`, arithmetic, on 32-bit two's complement.
            bit_shr = BitShr (dst: OutF64, a: F64, b: F64) [];
            /// `dst = ~a` on 32-bit two's complement.
            bit_not = BitNot (dst: OutF64, a: F64) [];

            // ---- arithmetic on integers (results that leave ±2^53 never occur: range analysis)
            /// `dst = a + b`, wrapping.
            add_i64 = AddI64 (dst: OutI64, a: I64, b: I64) [];
            /// `dst = a - b`, wrapping.
            sub_i64 = SubI64 (dst: OutI64, a: I64, b: I64) [];
            /// `dst = a * b`, wrapping.
            mul_i64 = MulI64 (dst: OutI64, a: I64, b: I64) [];

            // ---- comparisons to a boolean
            /// `dst = a < b`.
            lt_f64 = LtF64 (dst: OutBool, a: F64, b: F64) [];
            /// `dst = a <= b`.
            le_f64 = LeF64 (dst: OutBool, a: F64, b: F64) [];
            /// `dst = a == b || |a - b| < 2^-52`.
            eq_f64 = EqF64 (dst: OutBool, a: F64, b: F64) [];
            /// `dst = a < b`.
            lt_i64 = LtI64 (dst: OutBool, a: I64, b: I64) [];
            /// `dst = a <= b`.
            le_i64 = LeI64 (dst: OutBool, a: I64, b: I64) [];
            /// `dst = a == b`.
            eq_i64 = EqI64 (dst: OutBool, a: I64, b: I64) [];
            /// `dst = a < b`: strings by code point, else ToNumber both.
            lt_any = LtAny (dst: OutBool, a: Any, b: Any) [THROWS READS];
            /// `dst = a <= b`: strings by code point, else ToNumber both.
            le_any = LeAny (dst: OutBool, a: Any, b: Any) [THROWS READS];
            /// `dst = a == b`, structural where the language says so.
            eq_any = EqAny (dst: OutBool, a: Any, b: Any) [READS];
            /// `dst = a == b` on raw booleans.
            eq_bool = EqBool (dst: OutBool, a: Bool, b: Bool) [];

            // ---- arithmetic on tagged values
            /// `dst = a + b`: concatenates if either is a string, else ToNumber both and add.
            add_any = AddAny (dst: OutAny, a: Any, b: Any) [THROWS ALLOCS];
            /// `dst = a + k`.
            add_any_k = AddAnyK (dst: OutAny, a: Any, k: K64) [THROWS ALLOCS];
            /// `dst = a - b` after ToNumber.
            sub_any = SubAny (dst: OutF64, a: Any, b: Any) [THROWS];
            /// `dst = a * b` after ToNumber.
            mul_any = MulAny (dst: OutF64, a: Any, b: Any) [THROWS];
            /// `dst = a / b` after ToNumber.
            div_any = DivAny (dst: OutF64, a: Any, b: Any) [THROWS];
            /// `dst = fmod(a, b)` after ToNumber.
            mod_any = ModAny (dst: OutF64, a: Any, b: Any) [THROWS];
            /// `dst = a ^ b`: exclusive or of two booleans, else power after ToNumber.
            pow_any = PowAny (dst: OutAny, a: Any, b: Any) [THROWS];
            /// `dst = -a` after ToNumber.
            neg_any = NegAny (dst: OutF64, a: Any) [THROWS];

            // ---- control
            /// Continues at `target`.
            jump = Jump (target: Target) [ENDS];
            /// Branches if `cond`.
            jump_true = JumpTrue (cond: Bool, target: Target) [BRANCHES];
            /// Branches if not `cond`.
            jump_false = JumpFalse (cond: Bool, target: Target) [BRANCHES];
            /// Branches if `a` is truthy.
            jump_truthy = JumpTruthy (a: Any, target: Target) [BRANCHES];
            /// Branches if `a` is falsy.
            jump_falsy = JumpFalsy (a: Any, target: Target) [BRANCHES];
            /// Branches if `a` is null.
            jump_null = JumpNull (a: Any, target: Target) [BRANCHES];
            /// Branches if `a` is not null.
            jump_not_null = JumpNotNull (a: Any, target: Target) [BRANCHES];
            /// Branches if the argument was passed (is not the missing-argument mark).
            jump_passed = JumpPassed (a: Any, target: Target) [BRANCHES];
            /// Branches if `a < b`.
            jump_lt_f64 = JumpLtF64 (a: F64, b: F64, target: Target) [BRANCHES];
            /// Branches if `a <= b`.
            jump_le_f64 = JumpLeF64 (a: F64, b: F64, target: Target) [BRANCHES];
            /// Branches unless `a < b`.
            jump_nlt_f64 = JumpNltF64 (a: F64, b: F64, target: Target) [BRANCHES];
            /// Branches unless `a <= b`.
            jump_nle_f64 = JumpNleF64 (a: F64, b: F64, target: Target) [BRANCHES];
            /// Branches if `a == b` within 2^-52.
            jump_eq_f64 = JumpEqF64 (a: F64, b: F64, target: Target) [BRANCHES];
            /// Branches unless `a == b` within 2^-52.
            jump_ne_f64 = JumpNeF64 (a: F64, b: F64, target: Target) [BRANCHES];
            /// Branches if `a < k`.
            jump_lt_f64_k = JumpLtF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches if `a <= k`.
            jump_le_f64_k = JumpLeF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches if `a > k`.
            jump_gt_f64_k = JumpGtF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches if `a >= k`.
            jump_ge_f64_k = JumpGeF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches unless `a < k`.
            jump_nlt_f64_k = JumpNltF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches unless `a <= k`.
            jump_nle_f64_k = JumpNleF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches unless `a > k`.
            jump_ngt_f64_k = JumpNgtF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches unless `a >= k`.
            jump_nge_f64_k = JumpNgeF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches if `a == k` within 2^-52.
            jump_eq_f64_k = JumpEqF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches unless `a == k` within 2^-52.
            jump_ne_f64_k = JumpNeF64K (a: F64, target: Target, k: K64) [BRANCHES];
            /// Branches if `a < b` as `lt_any`.
            jump_lt_any = JumpLtAny (a: Any, b: Any, target: Target) [BRANCHES THROWS READS];
            /// Branches if `a <= b` as `le_any`.
            jump_le_any = JumpLeAny (a: Any, b: Any, target: Target) [BRANCHES THROWS READS];
            /// Branches unless `a < b` as `lt_any`.
            jump_nlt_any = JumpNltAny (a: Any, b: Any, target: Target) [BRANCHES THROWS READS];
            /// Branches unless `a <= b` as `le_any`.
            jump_nle_any = JumpNleAny (a: Any, b: Any, target: Target) [BRANCHES THROWS READS];
            /// Branches if `a == b` as `eq_any`.
            jump_eq_any = JumpEqAny (a: Any, b: Any, target: Target) [BRANCHES READS];
            /// Branches unless `a == b` as `eq_any`.
            jump_ne_any = JumpNeAny (a: Any, b: Any, target: Target) [BRANCHES READS];
            /// Branches if `a < b`.
            jump_lt_i64 = JumpLtI64 (a: I64, b: I64, target: Target) [BRANCHES];
            /// Branches unless `a < b`.
            jump_nlt_i64 = JumpNltI64 (a: I64, b: I64, target: Target) [BRANCHES];
            /// Branches unless `src` matches the descriptor.
            jump_not_type = JumpNotType (src: Any, target: Target, desc: Desc) [BRANCHES READS];
            /// Counted loop latch: `i = i + k`, then branches if `i < limit`.
            for_lt_f64 = ForLtF64 (i: OutF64, limit: F64, target: Target, k: K64) [BRANCHES];
            /// Counted loop latch: `i = i + k`, then branches if `i <= limit`.
            for_le_f64 = ForLeF64 (i: OutF64, limit: F64, target: Target, k: K64) [BRANCHES];
            /// Branches to entry `a` if `a` is an integer in `0..n`; else falls through.
            switch_f64 = SwitchF64 (a: F64, n: Count, targets: Targets) [BRANCHES];
            /// Returns `src` to the caller; its representation must fit the function's result.
            ret = Ret (src: Same) [ENDS];
            /// Returns null.
            ret_null = RetNull () [ENDS];
            /// Raises `src`.
            throw = Throw (src: Any) [ENDS THROWS];
            /// Raises a run-time error of category `kind` (see `module::ErrorKind`) with this message.
            raise = Raise (kind: Imm8, message: Str) [ENDS THROWS];

            // ---- calls
            /// `dst = func(args)`, a known function; argument representations fit its parameters.
            call = Call (dst: OutSame, n: Count, func: Func, args: Args) [CALLS];
            /// `dst = callee(args)`.
            call_value = CallValue (dst: OutAny, callee: Any, n: Count, args: Args) [CALLS];
            /// `dst = args[0].name(args[1..])`.
            call_method = CallMethod (dst: OutAny, n: Count, name: Str, site: Site, args: Args) [CALLS];
            /// `dst = builtin(args)`.
            call_builtin = CallBuiltin (dst: OutAny, n: Count, builtin: Builtin, args: Args) [CALLS];
            /// Stands for `n` nested calls whose code follows: raises the error of the call stack
            /// limit unless they would fit.
            check_depth = CheckDepth (n: Imm8) [THROWS];
            /// Makes the running call a task: its caller gets a promise when the call returns or first
            /// waits. The function's result is `any`. Does nothing in a call that is a task already.
            begin_task = BeginTask () [CALLS];
            /// `dst =` what the promise `src` is fulfilled with; waits for it, raises what it is
            /// rejected with. `dst = src` for other values.
            await = Await (dst: OutAny, src: Any) [CALLS];

            // ---- variables outside the frame
            /// `dst =` a closure of `func` over `args`.
            make_closure = MakeClosure (dst: OutRef(3), n: Count, func: Func, args: Args) [ALLOCS];
            /// `dst =` captured variable `idx` of the running closure.
            get_upvalue = GetUpvalue (dst: OutSame, idx: Imm8) [];
            /// `dst =` a new box holding `src`.
            new_cell = NewCell (dst: OutRef(4), src: Any) [ALLOCS];
            /// `dst =` the box's content; the missing mark raises `Variable '…' not found`.
            get_cell = GetCell (dst: OutAny, cell: Ref(4)) [READS THROWS];
            /// Stores `src` into the box.
            set_cell = SetCell (cell: Ref(4), src: Any) [WRITES];
            /// `dst =` a module variable; not yet declared raises `Variable '…' not found`.
            get_global = GetGlobal (dst: OutSame, global: Global) [READS THROWS];
            /// Stores `src` into a module variable.
            set_global = SetGlobal (src: Same, global: Global) [WRITES];

            // ---- arrays, objects, strings
            /// `dst =` a new array of `args`.
            new_array = NewArray (dst: OutRef(1), n: Count, args: Args) [ALLOCS];
            /// `dst = arr[idx]`, index truncated; out of range raises. Non-arrays as `get_index`.
            array_get = ArrayGet (dst: OutAny, arr: Any, idx: F64) [READS THROWS ALLOCS];
            /// `dst = arr[idx]`, which must be a number, else a type error that names the place.
            array_get_f64 = ArrayGetF64 (dst: OutF64, arr: Any, idx: F64) [READS THROWS ALLOCS];
            /// `arr[idx] = val`; out of range raises. Non-arrays as `set_index`.
            array_set = ArraySet (arr: Any, idx: F64, val: Any) [WRITES THROWS ALLOCS];
            /// `dst =` element count of an array or code points of a string, as `Length`.
            length = Length (dst: OutF64, src: Any) [READS THROWS];
            /// Appends `val`; `dst = arr`.
            array_push = ArrayPush (dst: OutAny, arr: Any, val: Any) [WRITES THROWS ALLOCS];
            /// `dst = obj[idx]` for arrays, strings, objects and records.
            get_index = GetIndex (dst: OutAny, obj: Any, idx: Any) [READS THROWS ALLOCS];
            /// `dst = obj?.[idx]`: as `get_index`, out of range gives null.
            get_index_opt = GetIndexOpt (dst: OutAny, obj: Any, idx: Any) [READS THROWS ALLOCS];
            /// `args` are obj, idx, val: `obj[idx] = val`; `dst = obj`, or its changed copy if it is a record.
            set_index = SetIndex (dst: OutAny, n: Count, args: Args) [WRITES THROWS ALLOCS];
            /// `dst =` a new object from `args`: key, value, key, value …
            new_object = NewObject (dst: OutRef(2), n: Count, args: Args) [ALLOCS THROWS];
            /// `dst =` display strings of `args`, joined.
            concat = Concat (dst: OutRef(0), n: Count, args: Args) [ALLOCS THROWS READS];

            // ---- records and sessions
            /// `dst =` a new record from field values in declaration order.
            new_record = NewRecord (dst: OutTyped, n: Count, ty: Type, args: Args) [ALLOCS];
            /// `dst =` a new instance, every field null.
            new_instance = NewInstance (dst: OutTyped, ty: Type) [ALLOCS];
            /// `dst =` a copy of a record; null raises.
            copy_record = CopyRecord (dst: OutAny, src: Any) [ALLOCS THROWS];
            /// `dst = obj.fields[slot]`; null raises.
            get_field = GetField (dst: OutSame, obj: Typed, slot: Imm8) [READS THROWS];
            /// `obj.fields[slot] = src`; null raises.
            set_field = SetField (obj: Typed, slot: Imm8, src: Same) [WRITES THROWS];
            /// `dst = obj.name`, dispatched on the run-time type through an inline cache.
            get_member = GetMember (dst: OutAny, obj: Any, name: Str, site: Site) [READS THROWS ALLOCS];
            /// `obj.name = src`; `dst = obj`, or its changed copy if it is a record.
            set_member = SetMember (dst: OutAny, obj: Any, src: Any, name: Str, site: Site)
                [WRITES THROWS ALLOCS];

            // ---- iteration, output, host
            /// `dst =` an iterator over an array, string, or object.
            iter_new = IterNew (dst: OutRef(5), src: Any) [ALLOCS READS THROWS];
            /// Advances; `dst =` whether there is a current element.
            iter_next = IterNext (dst: OutBool, iter: Ref(5)) [READS WRITES ALLOCS];
            /// `dst =` key or position of the current element.
            iter_key = IterKey (dst: OutAny, iter: Ref(5)) [READS];
            /// `dst =` the current element.
            iter_value = IterValue (dst: OutAny, iter: Ref(5)) [READS];
            /// Prints: `kind` 0 observe, 1 whisper, 2 command, 3 murmur.
            print = Print (src: Any, kind: Imm8) [WRITES THROWS ALLOCS];
            /// `dst =` a deep copy of arrays, records and objects.
            snapshot = Snapshot (dst: OutAny, src: Any) [ALLOCS READS THROWS];
            /// `dst = !src`, a boolean, else an error that names the place.
            oscillate = Oscillate (dst: OutAny, src: Any, name: Str) [THROWS];
            /// `dst =` one line of input, read as `kind`: 0 string, 1 number, 2 boolean.
            read_external = ReadExternal (dst: OutAny, kind: Imm8) [WRITES THROWS ALLOCS];
            /// Raises a run-time error of category `kind` with the display string of `message`.
            fail = Fail (message: Any, kind: Imm8) [THROWS ALLOCS];
            /// Pauses until the input ends; `dst =` null. Other tasks run on.
            suspend = Suspend (dst: OutAny) [CALLS];

            // ---- elements that are booleans
            /// `dst = arr[idx]`, which must be a boolean, else a type error that names the place.
            array_get_bool = ArrayGetBool (dst: OutBool, arr: Any, idx: F64) [READS THROWS ALLOCS];
            /// `arr[idx] = val` as `array_set`.
            array_set_bool = ArraySetBool (arr: Any, idx: F64, val: Bool) [WRITES THROWS ALLOCS];
            /// Appends `val`; `dst = arr`.
            array_push_bool = ArrayPushBool (dst: OutAny, arr: Any, val: Bool) [WRITES THROWS ALLOCS];
            /// Continues in native code. Machines put it in front of functions; modules never hold it.
            native = Native () [ENDS CALLS];
        }
    };
}

macro_rules! effects {
    () => { Effects::PURE };
    ($($e:ident)+) => { Effects(0 $(| Effects::$e.0)+) };
}

macro_rules! declare_ops {
    ($($(#[doc = $doc:literal])+ $snake:ident = $camel:ident
        ($($oname:ident : $okind:ident $(($oarg:literal))?),*) [$($eff:ident)*];)+) => {
        /// Operation code of an instruction; the low byte of its first word.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Op {
            $($(#[doc = $doc])+ $camel,)+
        }

        /// The table, indexed by operation code.
        pub const OPS: &[OpSpec] = &[
            $(OpSpec {
                name: stringify!($snake),
                doc: concat!($($doc),+),
                operands: &[$(Operand { name: stringify!($oname), kind: Kind::$okind $(($oarg))? }),*],
                effects: effects!($($eff)*),
            },)+
        ];

        const ALL: &[Op] = &[$(Op::$camel,)+];
    };
}

for_each_op!(declare_ops);

/// Number of instructions in the table.
pub const OP_COUNT: usize = OPS.len();

impl Op {
    /// The operation of a code byte, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Op> {
        ALL.get(usize::from(code)).copied()
    }

    /// The operation with this mnemonic.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Op> {
        ALL.iter().copied().find(|op| op.spec().name == name)
    }

    /// All operations in code order.
    #[must_use]
    pub fn all() -> &'static [Op] {
        ALL
    }

    /// The table row.
    #[must_use]
    pub fn spec(self) -> &'static OpSpec {
        &OPS[self as usize]
    }
}

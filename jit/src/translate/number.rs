//! Arithmetic, comparisons, conversions and checks.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{AbiParam, Block, InstBuilder, MemFlagsData, Signature, Value, types};
use hyp_bytecode::op::{Insn, Op};
use hyp_bytecode::rep::Rep;
use hyp_vm::object;
use hyp_vm::tier;

use super::{NULL, Quiet, Region, TAG_BOOL, TAG_HEAP, TAG_STRING, Translator};

impl<'m> Translator<'_, 'm> {
    /// Translates an instruction on numbers or a check; gives whether it was one.
    pub(super) fn number(&mut self, insn: &Insn<'m>) -> bool {
        match insn.op {
            Op::AddF64 => self.binary(insn, |t, x, y| t.b.ins().fadd(x, y)),
            Op::SubF64 => self.binary(insn, |t, x, y| t.b.ins().fsub(x, y)),
            Op::MulF64 => self.binary(insn, |t, x, y| t.b.ins().fmul(x, y)),
            Op::DivF64 => self.binary(insn, |t, x, y| t.b.ins().fdiv(x, y)),
            Op::ModF64 => self.binary(insn, |t, x, y| t.modulo(x, y)),
            Op::PowF64 => {
                self.binary(insn, |t, x, y| t.float_helper(tier::power as *const () as usize, x, y))
            }
            Op::AddF64K => self.with_const(insn, |t, x, k| t.b.ins().fadd(x, k)),
            Op::RsubF64K => self.with_const(insn, |t, x, k| t.b.ins().fsub(k, x)),
            Op::MulF64K => self.with_const(insn, |t, x, k| t.b.ins().fmul(x, k)),
            Op::DivF64K => {
                let k = f64::from_bits(insn.k64().unwrap_or(0));
                match exact_reciprocal(k) {
                    Some(r) => self.unary(insn, |t, x| {
                        let r = t.b.ins().f64const(r);
                        t.b.ins().fmul(x, r)
                    }),
                    None => self.with_const(insn, |t, x, k| t.b.ins().fdiv(x, k)),
                }
            }
            Op::RdivF64K => self.with_const(insn, |t, x, k| t.b.ins().fdiv(k, x)),
            Op::ModF64K => {
                let k = f64::from_bits(insn.k64().unwrap_or(0));
                let x = self.read(self.reg(insn, 1));
                let v = self.modulo_const(x, k);
                self.define(self.reg(insn, 0), v);
            }
            Op::NegF64 => self.unary(insn, |t, x| t.b.ins().fneg(x)),
            Op::AbsF64 => self.unary(insn, |t, x| t.b.ins().fabs(x)),
            Op::SqrtF64 => self.unary(insn, |t, x| t.b.ins().sqrt(x)),
            Op::FloorF64 => self.unary(insn, |t, x| t.b.ins().floor(x)),
            Op::CeilF64 => self.unary(insn, |t, x| t.b.ins().ceil(x)),
            Op::TruncF64 => self.unary(insn, |t, x| t.b.ins().trunc(x)),
            Op::MinF64 => self.binary(insn, |t, x, y| t.extreme(x, y, true)),
            Op::MaxF64 => self.binary(insn, |t, x, y| t.extreme(x, y, false)),
            Op::AddI64 => self.binary(insn, |t, x, y| t.b.ins().iadd(x, y)),
            Op::SubI64 => self.binary(insn, |t, x, y| t.b.ins().isub(x, y)),
            Op::MulI64 => self.binary(insn, |t, x, y| t.b.ins().imul(x, y)),
            Op::I64ToF64 => self.unary(insn, |t, x| t.b.ins().fcvt_from_sint(types::F64, x)),
            Op::F64ToI64 => self.unary(insn, |t, x| {
                let i = t.b.ins().fcvt_to_sint_sat(types::I64, x);
                let (low, high) = (t.word((-(1_i64 << 53)) as u64), t.word(1 << 53));
                let i = t.b.ins().smax(i, low);
                t.b.ins().smin(i, high)
            }),
            Op::Not => self.unary(insn, |t, x| t.b.ins().bxor_imm_u(x, 1)),
            Op::LtF64 | Op::LeF64 | Op::EqF64 => {
                let v = self.compare(insn.op, self.reg(insn, 1), self.reg(insn, 2));
                self.define(self.reg(insn, 0), v);
            }
            Op::LtI64 => {
                self.binary(insn, |t, x, y| t.b.ins().icmp(IntCC::SignedLessThan, x, y));
            }
            Op::LeI64 => {
                self.binary(insn, |t, x, y| t.b.ins().icmp(IntCC::SignedLessThanOrEqual, x, y));
            }
            Op::EqI64 | Op::EqBool => {
                self.binary(insn, |t, x, y| t.b.ins().icmp(IntCC::Equal, x, y));
            }
            Op::IsNull | Op::IsPassed => {
                let v = self.read_any(self.reg(insn, 1));
                let truth = self.is_singleton(insn.op, v);
                self.define(self.reg(insn, 0), truth);
            }
            Op::Truthy => {
                let slow = self.cold_block();
                let truth = self.truthiness(self.reg(insn, 1), slow);
                self.join_slow(insn, Some(truth), slow);
            }
            Op::LtAny | Op::LeAny => self.any_operands(insn, |t, x, y| {
                let op = if insn.op == Op::LtAny { Op::LtF64 } else { Op::LeF64 };
                t.compare_f64(op, x, y, None)
            }),
            Op::EqAny => {
                let slow = self.cold_block();
                let decide = self.new_block();
                let truth = self.b.append_block_param(decide, types::I8);
                let (a, b) = (self.reg(insn, 1), self.reg(insn, 2));
                self.equality(a, b, slow, decide);
                self.b.switch_to_block(decide);
                self.join_slow(insn, Some(truth), slow);
            }
            Op::AddAny => self.any_operands(insn, |t, x, y| t.b.ins().fadd(x, y)),
            Op::SubAny => self.any_operands(insn, |t, x, y| t.b.ins().fsub(x, y)),
            Op::MulAny => self.any_operands(insn, |t, x, y| t.b.ins().fmul(x, y)),
            Op::DivAny => self.any_operands(insn, |t, x, y| t.b.ins().fdiv(x, y)),
            Op::ModAny => self.any_operands(insn, |t, x, y| t.modulo(x, y)),
            Op::AddAnyK => {
                let slow = self.cold_block();
                let (x, _) = self.numbers(&[self.reg(insn, 1)], slow);
                let k = self.b.ins().f64const(f64::from_bits(insn.k64().unwrap_or(0)));
                let sum = self.b.ins().fadd(x, k);
                self.join_slow(insn, Some(sum), slow);
            }
            Op::NegAny => {
                let slow = self.cold_block();
                let (x, _) = self.numbers(&[self.reg(insn, 1)], slow);
                let v = self.b.ins().fneg(x);
                self.join_slow(insn, Some(v), slow);
            }
            Op::CheckF64 | Op::ToNum => {
                let slow = self.cold_block();
                let (x, _) = self.numbers(&[self.reg(insn, 1)], slow);
                self.join_slow(insn, Some(x), slow);
            }
            Op::CheckBool => {
                let slow = self.cold_block();
                let v = self.read_any(self.reg(insn, 1));
                let tag = self.b.ins().ushr_imm_u(v, 48);
                let is_bool = self.b.ins().icmp_imm_u(IntCC::Equal, tag, (TAG_BOOL >> 48) as i64);
                self.expect(is_bool, slow);
                let bit = self.b.ins().ireduce(types::I8, v);
                let bit = self.b.ins().band_imm_u(bit, 1);
                self.join_slow(insn, Some(bit), slow);
            }
            Op::CheckStr | Op::CheckArray | Op::CheckRef => self.check(insn),
            _ => return false,
        }
        true
    }

    fn unary(&mut self, insn: &Insn<'m>, f: impl FnOnce(&mut Self, Value) -> Value) {
        let x = self.read(self.reg(insn, 1));
        let v = f(self, x);
        self.define(self.reg(insn, 0), v);
    }

    fn binary(&mut self, insn: &Insn<'m>, f: impl FnOnce(&mut Self, Value, Value) -> Value) {
        let (x, y) = (self.read(self.reg(insn, 1)), self.read(self.reg(insn, 2)));
        let v = f(self, x, y);
        self.define(self.reg(insn, 0), v);
    }

    fn with_const(&mut self, insn: &Insn<'m>, f: impl FnOnce(&mut Self, Value, Value) -> Value) {
        let x = self.read(self.reg(insn, 1));
        let k = self.b.ins().f64const(f64::from_bits(insn.k64().unwrap_or(0)));
        let v = f(self, x, k);
        self.define(self.reg(insn, 0), v);
    }

    fn any_operands(&mut self, insn: &Insn<'m>, f: impl FnOnce(&mut Self, Value, Value) -> Value) {
        let slow = self.cold_block();
        let (x, y) = self.numbers(&[self.reg(insn, 1), self.reg(insn, 2)], slow);
        let v = f(self, x, y);
        self.join_slow(insn, Some(v), slow);
    }

    // ---- pieces

    /// Two registers as doubles (one of them twice if it is alone); `slow` if one is no number.
    pub(super) fn numbers(&mut self, regs: &[u8], slow: Block) -> (Value, Value) {
        let mut values = regs.iter().map(|&reg| {
            let v = self.read(reg);
            if self.rep(reg) == Rep::F64 { v } else { self.number_in(v, slow) }
        });
        let first = values.next();
        let second = values.next();
        let first = first.unwrap_or(Value::from_u32(0));
        (first, second.unwrap_or(first))
    }

    /// A tagged word as a double; `slow` if it is none.
    pub(super) fn number_in(&mut self, v: Value, slow: Block) -> Value {
        let end = self.word(TAG_HEAP);
        let is_num = self.b.ins().icmp(IntCC::UnsignedLessThan, v, end);
        self.expect(is_num, slow);
        self.b.ins().bitcast(types::F64, MemFlagsData::new(), v)
    }

    pub(super) fn compare_f64(&mut self, op: Op, x: Value, y: Value, k: Option<f64>) -> Value {
        match op {
            Op::LtF64 => self.b.ins().fcmp(FloatCC::LessThan, x, y),
            Op::LeF64 => self.b.ins().fcmp(FloatCC::LessThanOrEqual, x, y),
            _ => {
                let same = self.b.ins().fcmp(FloatCC::Equal, x, y);
                // Doubles above 1 are at least the tolerance apart.
                if k.is_some_and(|k| k.abs() > 1.0) {
                    return same;
                }
                let distance = self.b.ins().fsub(x, y);
                let distance = self.b.ins().fabs(distance);
                let epsilon = self.b.ins().f64const(hyp_vm::number::EPSILON);
                let close = self.b.ins().fcmp(FloatCC::LessThan, distance, epsilon);
                self.b.ins().bor(same, close)
            }
        }
    }

    /// Passes to `decide` whether two registers are equal; what is not cheap goes to `slow`.
    pub(super) fn equality(&mut self, a: u8, b: u8, slow: Block, decide: Block) {
        let (v, u) = (self.read_any(a), self.read_any(b));
        let other = self.new_block();
        let (x, y) = {
            let end = self.word(TAG_HEAP);
            let first = self.b.ins().icmp(IntCC::UnsignedLessThan, v, end);
            self.expect(first, other);
            let second = self.b.ins().icmp(IntCC::UnsignedLessThan, u, end);
            self.expect(second, other);
            (
                self.b.ins().bitcast(types::F64, MemFlagsData::new(), v),
                self.b.ins().bitcast(types::F64, MemFlagsData::new(), u),
            )
        };
        let truth = self.compare_f64(Op::EqF64, x, y, None);
        self.b.ins().jump(decide, &[truth.into()]);
        self.b.switch_to_block(other);
        // Equal bits are equal values, but for objects, which may hold NaN.
        let (vt, ut) = (self.b.ins().ushr_imm_u(v, 48), self.b.ins().ushr_imm_u(u, 48));
        let yes = self.b.ins().iconst(types::I8, 1);
        let no = self.b.ins().iconst(types::I8, 0);
        let is_heap = self.b.ins().icmp_imm_u(IntCC::Equal, vt, (TAG_HEAP >> 48) as i64);
        let same = self.b.ins().icmp(IntCC::Equal, v, u);
        let not_heap = self.b.ins().bxor_imm_u(is_heap, 1);
        let surely = self.b.ins().band(same, not_heap);
        let differ = self.new_block();
        self.b.ins().brif(surely, decide, &[yes.into()], differ, &[]);
        self.b.switch_to_block(differ);
        let tags_differ = self.b.ins().icmp(IntCC::NotEqual, vt, ut);
        let tags_same = self.new_block();
        self.b.ins().brif(tags_differ, decide, &[no.into()], tags_same, &[]);
        self.b.switch_to_block(tags_same);
        // Two interned strings are the same or differ.
        let is_string = self.b.ins().icmp_imm_u(IntCC::Equal, vt, TAG_STRING as i64);
        self.expect(is_string, slow);
        let mask = self.word((1 << 48) - 1);
        let (p, q) = (self.b.ins().band(v, mask), self.b.ins().band(u, mask));
        let flags = std::mem::offset_of!(object::Header, flags) as i32;
        let (f, g) = (
            self.load(Region::Headers, types::I8, p, flags),
            self.load(Region::Headers, types::I8, q, flags),
        );
        let both = self.b.ins().band(f, g);
        let interned = self.b.ins().band_imm_u(both, i64::from(object::flag::INTERNED));
        self.b.ins().brif(interned, decide, &[no.into()], slow, &[]);
    }

    /// A double as an integer for a bounds check: whatever is out of range, or NaN, becomes a number
    /// that no unsigned check against the length of something passes.
    pub(super) fn index_of(&mut self, x: Value) -> Value {
        if self.input.is_x86 {
            let lanes = self.b.ins().scalar_to_vector(types::F64X2, x);
            let wide = self.b.ins().x86_cvtt2dq(types::I64X2, lanes);
            let zero = self.b.func.dfg.constants.insert(vec![0; 16].into());
            let zero = self.b.ins().vconst(types::I64X2, zero);
            let ints = self.b.ins().snarrow(wide, zero);
            let i = self.b.ins().extractlane(ints, 0);
            self.b.ins().uextend(types::I64, i)
        } else {
            self.int_of(x)
        }
    }

    /// A double as an integer, saturated; NaN becomes the largest one.
    pub(super) fn int_of(&mut self, x: Value) -> Value {
        let i = self.b.ins().fcvt_to_sint_sat(types::I64, x);
        let is_number = self.b.ins().fcmp(FloatCC::Equal, x, x);
        let out = self.word(i64::MAX as u64);
        self.b.ins().select(is_number, i, out)
    }

    /// The low 32 bits of the integer part.
    pub(super) fn low_bits(&mut self, x: Value) -> Value {
        let i = self.b.ins().fcvt_to_sint_sat(types::I64, x);
        // Both ends of the range stand for what does not fit.
        let shifted = self.b.ins().iadd_imm_s(i, 1);
        let low = self.word(i64::MIN as u64 + 1);
        let fits = self.b.ins().icmp(IntCC::SignedGreaterThan, shifted, low);
        let slow = self.cold_block();
        let done = self.new_block();
        let result = self.b.append_block_param(done, types::I32);
        let narrow = self.b.ins().ireduce(types::I32, i);
        self.b.ins().brif(fits, done, &[narrow.into()], slow, &[]);
        self.b.switch_to_block(slow);
        let wide = self.quiet_helper(Quiet::Wrap, &[self.vm, x]);
        let narrow = self.b.ins().ireduce(types::I32, wide);
        self.b.ins().jump(done, &[narrow.into()]);
        self.b.switch_to_block(done);
        result
    }

    fn extreme(&mut self, x: Value, y: Value, is_min: bool) -> Value {
        let (a, b) = if is_min { (x, y) } else { (y, x) };
        let less = self.b.ins().fcmp(FloatCC::LessThan, a, b);
        let r = self.b.ins().select(less, x, y);
        // Zeros of different signs are equal.
        let flags = MemFlagsData::new();
        let (i, j) = (
            self.b.ins().bitcast(types::I64, flags, x),
            self.b.ins().bitcast(types::I64, flags, y),
        );
        let bits = if is_min { self.b.ins().bor(i, j) } else { self.b.ins().band(i, j) };
        let zero = self.b.ins().bitcast(types::F64, flags, bits);
        let equal = self.b.ins().fcmp(FloatCC::Equal, x, y);
        let r = self.b.ins().select(equal, zero, r);
        let y_is_nan = self.b.ins().fcmp(FloatCC::Unordered, y, y);
        self.b.ins().select(y_is_nan, x, r)
    }

    fn float_helper(&mut self, address: usize, x: Value, y: Value) -> Value {
        let mut signature = Signature::new(self.input.config.default_call_conv);
        signature.params.extend([AbiParam::new(types::F64); 2]);
        signature.returns.push(AbiParam::new(types::F64));
        let signature = self.b.import_signature(signature);
        let address = self.word(address as u64);
        let call = self.b.ins().call_indirect(signature, address, &[x, y]);
        self.b.inst_results(call)[0]
    }

    /// A positive double that is an integer below 2^32, else `slow`.
    fn small_positive(&mut self, x: Value, slow: Block) -> Value {
        let i = self.b.ins().fcvt_to_sint_sat(types::I64, x);
        let back = self.b.ins().fcvt_from_sint(types::F64, i);
        let is_exact = self.b.ins().fcmp(FloatCC::Equal, back, x);
        self.expect(is_exact, slow);
        let less = self.b.ins().iadd_imm_s(i, -1);
        let is_small = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, less, i64::from(u32::MAX));
        self.expect(is_small, slow);
        self.b.ins().ireduce(types::I32, i)
    }

    fn modulo(&mut self, x: Value, y: Value) -> Value {
        let slow = self.cold_block();
        let done = self.new_block();
        let result = self.b.append_block_param(done, types::F64);
        let i = self.small_positive(x, slow);
        let j = self.small_positive(y, slow);
        let r = self.b.ins().urem(i, j);
        let r = self.b.ins().fcvt_from_uint(types::F64, r);
        self.b.ins().jump(done, &[r.into()]);
        self.b.switch_to_block(slow);
        let r = self.quiet_helper(Quiet::Modulo, &[self.vm, x, y]);
        self.b.ins().jump(done, &[r.into()]);
        self.b.switch_to_block(done);
        result
    }

    fn modulo_const(&mut self, x: Value, k: f64) -> Value {
        let is_small = k >= 1.0 && k <= f64::from(u32::MAX) && k.trunc() == k;
        if !is_small {
            let y = self.b.ins().f64const(k);
            return self.float_helper(tier::modulo as *const () as usize, x, y);
        }
        let slow = self.cold_block();
        let done = self.new_block();
        let result = self.b.append_block_param(done, types::F64);
        let i = self.small_positive(x, slow);
        let j = self.b.ins().iconst(types::I32, i64::from(k as u32));
        let r = self.b.ins().urem(i, j);
        let r = self.b.ins().fcvt_from_uint(types::F64, r);
        self.b.ins().jump(done, &[r.into()]);
        self.b.switch_to_block(slow);
        let y = self.b.ins().f64const(k);
        let r = self.quiet_helper(Quiet::Modulo, &[self.vm, x, y]);
        self.b.ins().jump(done, &[r.into()]);
        self.b.switch_to_block(done);
        result
    }

    fn check(&mut self, insn: &Insn<'m>) {
        let slow = self.cold_block();
        let v = self.read_any(self.reg(insn, 1));
        let done = self.new_block();
        let null = self.word(NULL);
        let maybe_null = self.cold_block();
        match insn.op {
            Op::CheckStr => {
                let tag = self.b.ins().ushr_imm_u(v, 48);
                let fits = self.b.ins().icmp_imm_u(IntCC::Equal, tag, TAG_STRING as i64);
                self.b.ins().brif(fits, done, &[], maybe_null, &[]);
            }
            Op::CheckArray => {
                self.any_array_in(v, maybe_null);
                self.b.ins().jump(done, &[]);
            }
            _ => {
                let ty = insn.id(hyp_bytecode::op::Kind::Type).unwrap_or(0);
                let p = self.heap_pointer(v, maybe_null);
                let id = self.load(Region::Headers, types::I32, p, 0);
                let fits = self.b.ins().icmp_imm_u(IntCC::Equal, id, i64::from(ty));
                self.b.ins().brif(fits, done, &[], slow, &[]);
            }
        }
        self.b.switch_to_block(maybe_null);
        let is_null = self.b.ins().icmp(IntCC::Equal, v, null);
        self.b.ins().brif(is_null, done, &[], slow, &[]);
        self.b.switch_to_block(done);
        self.join_slow(insn, Some(v), slow);
    }
}

/// The reciprocal of a power of two, by which products are the same as quotients.
fn exact_reciprocal(k: f64) -> Option<f64> {
    const FRACTION: u64 = (1 << 52) - 1;
    let r = 1.0 / k;
    (k.to_bits() & FRACTION == 0 && k.is_normal() && r.is_normal()).then_some(r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_powers_of_two_have_exact_reciprocals() {
        assert_eq!(exact_reciprocal(2.0), Some(0.5));
        assert_eq!(exact_reciprocal(-0.25), Some(-4.0));
        for k in [0.0, -0.0, 3.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE / 2.0, 1.5] {
            assert_eq!(exact_reciprocal(k), None, "{k}");
        }
    }
}

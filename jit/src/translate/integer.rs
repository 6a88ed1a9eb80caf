//! Registers that are kept as integers.
//!
//! A wanted register whose range is known ([`Ranges`](crate::flow::Ranges)) lives in an integer
//! variable; its double is made where one is needed. Results that may leave their range are guarded:
//! the interpreter takes the function over before the instruction.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::Variable;
use hyp_bytecode::op::{Insn, Op};
use hyp_bytecode::rep::Rep;
use hyp_vm::tier;

use super::Translator;
use crate::flow::{EXACT, LIMIT, Range, Test, test_of};

/// A number that bounds a loop, as an integer.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) reg: u8,
    /// Whether it is rounded up, not down.
    is_ceil: bool,
    pub(super) var: Variable,
}

impl<'m> Translator<'_, 'm> {
    /// Whether a register is an integer variable here.
    pub(super) fn is_int(&self, reg: u8) -> bool {
        self.ranges.is_wanted(reg) && self.facts.get(reg).is_some()
    }

    /// The content of a register that is an integer variable.
    pub(super) fn int(&mut self, reg: u8) -> Option<Value> {
        let var = if self.is_int(reg) { self.int_var(reg) } else { return None };
        Some(self.b.use_var(var))
    }

    fn int_var(&mut self, reg: u8) -> Variable {
        let b = &mut self.b;
        *self.ints[usize::from(reg)].get_or_insert_with(|| b.declare_var(types::I64))
    }

    /// Whether the result of the current instruction goes to an integer variable.
    pub(super) fn makes_int(&self, reg: u8) -> bool {
        self.ranges.is_wanted(reg) && self.outcome.is_some()
    }

    pub(super) fn set_int(&mut self, reg: u8, v: Value) {
        let var = self.int_var(reg);
        self.b.def_var(var, v);
    }

    /// Puts an integer into a number register.
    pub(super) fn define_int(&mut self, reg: u8, v: Value) {
        if self.makes_int(reg) {
            self.set_int(reg, v);
        } else {
            let x = self.b.ins().fcvt_from_sint(types::F64, v);
            self.define(reg, x);
        }
    }

    /// A double that is an integer within the exact ones.
    pub(super) fn exact_int(&mut self, x: Value) -> Value {
        self.b.ins().fcvt_to_sint_sat(types::I64, x)
    }

    /// Whether a double is an integer in a range, and that integer.
    fn int_within(&mut self, x: Value, range: Range) -> (Value, Value) {
        let i = self.exact_int(x);
        let back = self.b.ins().fcvt_from_sint(types::F64, i);
        let flags = MemFlagsData::new();
        let (a, b) = (
            self.b.ins().bitcast(types::I64, flags, x),
            self.b.ins().bitcast(types::I64, flags, back),
        );
        // The bits of negative zero differ.
        let is_same = self.b.ins().icmp(IntCC::Equal, a, b);
        let is_in = self.is_within(i, range);
        (self.b.ins().band(is_same, is_in), i)
    }

    fn is_within(&mut self, i: Value, range: Range) -> Value {
        let from = self.word(range.lo.wrapping_neg() as u64);
        let distance = self.b.ins().iadd(i, from);
        let span = self.word(range.hi.wrapping_sub(range.lo) as u64);
        self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, distance, span)
    }

    /// Goes on if `cond` holds; else the interpreter goes on at the instruction.
    fn guard(&mut self, insn: &Insn<'m>, cond: Value) {
        let leave = self.cold_block();
        self.expect(cond, leave);
        let on = self.b.current_block();
        self.b.switch_to_block(leave);
        self.store_all(insn);
        self.leave(insn.pc);
        on.into_iter().for_each(|on| self.b.switch_to_block(on));
    }

    /// Gives the frame, which is complete, to the interpreter.
    fn leave(&mut self, pc: usize) {
        let pc = self.code_at(pc);
        let status = self.helper(tier::leave as *const () as usize, &[self.vm, pc]);
        self.give_up(status);
    }

    /// Makes integer variables of the registers that are some at the start of a block, from their
    /// doubles; the interpreter goes on there if one is out of range. The frame must be complete.
    pub(super) fn enter_ints(&mut self, at: usize) {
        let facts = self.ranges.at_start(at);
        let live = self.input.live.at_start[at];
        for reg in live.iter() {
            let Some(range) = facts.get(reg).filter(|_| self.ranges.is_wanted(reg)) else {
                continue;
            };
            let var = self.vars[usize::from(reg)];
            let x = self.b.use_var(var);
            let (fits, i) = self.int_within(x, range);
            let leave = self.cold_block();
            self.expect(fits, leave);
            let on = self.b.current_block();
            self.b.switch_to_block(leave);
            self.leave(self.input.graph.blocks[at].start);
            on.into_iter().for_each(|on| self.b.switch_to_block(on));
            self.set_int(reg, i);
        }
    }

    /// Makes doubles of the integer variables that are none at the start of a block.
    pub(super) fn adapt(&mut self, to: usize) {
        let live = self.input.live.at_start[to];
        let stay = |reg: u8| self.ranges.is_known_at(to, reg);
        let ints: Vec<u8> = live.iter().filter(|reg| self.is_int(*reg) && !stay(*reg)).collect();
        for reg in ints {
            let x = self.read(reg);
            let var = self.vars[usize::from(reg)];
            self.b.def_var(var, x);
        }
    }

    // ---- instructions

    /// Translates an instruction on integers; gives whether it was one.
    pub(super) fn integer(&mut self, insn: &Insn<'m>) -> bool {
        let Some(dst) = insn.out() else { return false };
        let Some(outcome) = self.outcome else { return false };
        let k = insn.k64().map(f64::from_bits).and_then(Range::of).map(|k| k.lo);
        match insn.op {
            Op::Length => return false,
            Op::BitAnd | Op::BitOr | Op::BitXor | Op::BitShl | Op::BitShr | Op::BitNot => {
                let x = self.int32(self.reg(insn, 1));
                let v = match insn.op {
                    Op::BitNot => self.b.ins().bnot(x),
                    op => {
                        let y = self.int32(self.reg(insn, 2));
                        match op {
                            Op::BitAnd => self.b.ins().band(x, y),
                            Op::BitOr => self.b.ins().bor(x, y),
                            Op::BitXor => self.b.ins().bxor(x, y),
                            Op::BitShl => self.b.ins().ishl(x, y),
                            _ => self.b.ins().sshr(x, y),
                        }
                    }
                };
                let v = self.b.ins().sextend(types::I64, v);
                self.define_int(dst, v);
                return true;
            }
            Op::ModF64 | Op::ModF64K => {
                let (a, b) = (self.reg(insn, 1), insn.reg(2));
                let high = |reg: u8| self.facts.get(reg).map_or(i64::MAX, |range| range.hi);
                let highest = high(a).max(b.map_or(0, high)).max(k.unwrap_or(0));
                let Some(x) = self.int(a) else { return false };
                let y = match (b, k) {
                    (Some(b), _) => self.int(b),
                    (None, Some(k)) => Some(self.word(k as u64)),
                    (None, None) => None,
                };
                let Some(y) = y else { return false };
                let v = if highest <= i64::from(u32::MAX) {
                    // The shorter division is faster.
                    let (x, y) =
                        (self.b.ins().ireduce(types::I32, x), self.b.ins().ireduce(types::I32, y));
                    let v = self.b.ins().urem(x, y);
                    self.b.ins().uextend(types::I64, v)
                } else {
                    self.b.ins().urem(x, y)
                };
                self.define_int(dst, v);
                return true;
            }
            _ => {}
        }
        if !self.makes_int(dst) {
            return false;
        }
        let x = insn.reg(1).and_then(|reg| self.int(reg));
        let y = insn.reg(2).and_then(|reg| self.int(reg));
        let v = match (insn.op, x, y, k) {
            (Op::Mov, Some(x), ..) => x,
            (Op::LoadF64, _, _, Some(k)) => self.word(k as u64),
            (Op::AddF64, Some(x), Some(y), _) => self.b.ins().iadd(x, y),
            (Op::SubF64, Some(x), Some(y), _) => self.b.ins().isub(x, y),
            (Op::AddF64K, Some(x), _, Some(k)) => self.b.ins().iadd_imm_s(x, k),
            (Op::RsubF64K, Some(x), _, Some(k)) => {
                let k = self.word(k as u64);
                self.b.ins().isub(k, x)
            }
            (Op::MulF64 | Op::MulF64K, Some(x), y, k) => {
                let y = match (y, k) {
                    (Some(y), _) => y,
                    (None, Some(k)) => self.word(k as u64),
                    (None, None) => return false,
                };
                if outcome.is_guarded {
                    let (v, is_over) = self.b.ins().smul_overflow(x, y);
                    let fits = self.b.ins().bxor_imm_u(is_over, 1);
                    self.guard(insn, fits);
                    v
                } else {
                    self.b.ins().imul(x, y)
                }
            }
            (Op::AbsF64, Some(x), ..) => self.b.ins().iabs(x),
            (Op::NegF64, Some(x), ..) => self.b.ins().ineg(x),
            (Op::MinF64, Some(x), Some(y), _) => self.b.ins().smin(x, y),
            (Op::MaxF64, Some(x), Some(y), _) => self.b.ins().smax(x, y),
            (Op::FloorF64 | Op::CeilF64 | Op::TruncF64, Some(x), ..) => x,
            (op @ (Op::FloorF64 | Op::CeilF64 | Op::TruncF64), None, ..) => {
                let x = self.read(self.reg(insn, 1));
                let x = match op {
                    Op::FloorF64 => self.b.ins().floor(x),
                    Op::CeilF64 => self.b.ins().ceil(x),
                    _ => self.b.ins().trunc(x),
                };
                let (fits, i) = self.int_within(x, outcome.range);
                self.guard(insn, fits);
                self.set_int(dst, i);
                return true;
            }
            _ => return false,
        };
        if outcome.is_guarded {
            let fits = self.is_within(v, outcome.range);
            self.guard(insn, fits);
        }
        self.set_int(dst, v);
        true
    }

    /// The low 32 bits of a number's integer part.
    fn int32(&mut self, reg: u8) -> Value {
        match self.int(reg) {
            Some(i) => self.b.ins().ireduce(types::I32, i),
            None => {
                let x = self.read(reg);
                self.low_bits(x)
            }
        }
    }

    /// The sum of a latch; it is in its register behind this.
    pub(super) fn latch(&mut self, insn: &Insn<'m>, reg: u8, k: f64) {
        let step = Range::of(k);
        match (self.outcome, step, self.int(reg)) {
            (Some(outcome), Some(step), Some(i)) => {
                let v = self.b.ins().iadd_imm_s(i, step.lo);
                if outcome.is_guarded {
                    let fits = self.is_within(v, outcome.range);
                    self.guard(insn, fits);
                }
                self.set_int(reg, v);
            }
            _ => {
                let x = self.read(reg);
                let k = self.b.ins().f64const(k);
                let x = self.b.ins().fadd(x, k);
                self.define(reg, x);
            }
        }
        self.facts.set(reg, self.outcome.map(|outcome| outcome.range));
    }

    /// An index for an unsigned bounds check; `slow` if the register holds no number.
    pub(super) fn index(&mut self, reg: u8, slow: Block) -> Value {
        match self.int(reg) {
            Some(i) => i,
            None => {
                let (x, _) = self.numbers(&[reg], slow);
                self.index_of(x)
            }
        }
    }

    // ---- comparisons

    /// Compares two number registers.
    pub(super) fn compare(&mut self, op: Op, a: u8, b: u8) -> Value {
        if let Some(v) = self.compare_ints(op, a, b) {
            return v;
        }
        let is_exact = self.facts.get(a).is_some() && self.facts.get(b).is_some();
        let (x, y) = (self.read(a), self.read(b));
        // Integers are at least the tolerance apart.
        if op == Op::EqF64 && is_exact {
            return self.b.ins().fcmp(FloatCC::Equal, x, y);
        }
        self.compare_f64(op, x, y, None)
    }

    fn compare_ints(&mut self, op: Op, a: u8, b: u8) -> Option<Value> {
        let (x, y) = match (self.int(a), self.int(b)) {
            (Some(x), Some(y)) => (x, y),
            (x, y) if op != Op::EqF64 => {
                let (limit, at) = self.ranges.limit(a, b, self.at, &self.facts)?;
                let is_ceil = is_ceil(op, limit == a);
                let bound = self.hoisting.get(at)?.bound(limit, is_ceil)?;
                let bound = self.b.use_var(bound.var);
                (x.unwrap_or(bound), y.unwrap_or(bound))
            }
            _ => return None,
        };
        Some(self.b.ins().icmp(condition(op), x, y))
    }

    /// Compares a number register with a constant; the other way round if `is_first`.
    pub(super) fn compare_const(&mut self, op: Op, reg: u8, k: f64, is_first: bool) -> Value {
        let is_usable = k.abs() <= EXACT as f64 && (op != Op::EqF64 || k.trunc() == k);
        if let Some(x) = self.int(reg).filter(|_| is_usable) {
            let bound = if is_ceil(op, is_first) { k.ceil() } else { k.floor() };
            let y = self.word(bound as i64 as u64);
            let (x, y) = if is_first { (y, x) } else { (x, y) };
            return self.b.ins().icmp(condition(op), x, y);
        }
        let x = self.read(reg);
        let y = self.b.ins().f64const(k);
        let (x, y) = if is_first { (y, x) } else { (x, y) };
        self.compare_f64(op, x, y, Some(k))
    }

    // ---- bounds of loops

    /// Finds the bounds to keep as integers, each where its loop is entered.
    pub(super) fn plan_bounds(&mut self, at: usize, insns: &[Insn<'m>]) {
        let mut facts = self.ranges.at_start(at);
        insns.iter().for_each(|insn| self.ranges.apply(insn, &mut facts));
        let Some(insn) = insns.last() else { return };
        let (Some((Test::Row(op) | Test::Latch(op), _)), Some(a), Some(b)) =
            (test_of(insn.op), insn.reg(0), insn.reg(1))
        else {
            return;
        };
        if !matches!(op, Op::LtF64 | Op::LeF64) {
            return;
        }
        let Some((reg, found)) = self.ranges.limit(a, b, at, &facts) else { return };
        let is_ceil = is_ceil(op, reg == a);
        if self.hoisting[found].bound(reg, is_ceil).is_none() {
            let var = self.b.declare_var(types::I64);
            self.hoisting[found].bounds.push(Bound { reg, is_ceil, var });
        }
    }

    /// Makes the bounds of a loop integers; the interpreter runs the loop if one is out of range.
    pub(super) fn set_bounds(&mut self, bounds: &[Bound], header: usize) {
        for bound in bounds {
            debug_assert_eq!(self.rep(bound.reg), Rep::F64);
            let var = self.vars[usize::from(bound.reg)];
            let x = self.b.use_var(var);
            let size = self.b.ins().fabs(x);
            let most = self.b.ins().f64const(LIMIT as f64);
            let fits = self.b.ins().fcmp(FloatCC::LessThanOrEqual, size, most);
            let leave = self.cold_block();
            self.expect(fits, leave);
            let on = self.b.current_block();
            self.b.switch_to_block(leave);
            self.store_live_at(header);
            self.leave(self.input.graph.blocks[header].start);
            on.into_iter().for_each(|on| self.b.switch_to_block(on));
            let x = if bound.is_ceil { self.b.ins().ceil(x) } else { self.b.ins().floor(x) };
            let i = self.exact_int(x);
            self.b.def_var(bound.var, i);
        }
    }
}

/// How to round a number that an integer is compared with.
fn is_ceil(op: Op, is_first: bool) -> bool {
    (op == Op::LtF64) != is_first
}

fn condition(op: Op) -> IntCC {
    match op {
        Op::LtF64 => IntCC::SignedLessThan,
        Op::LeF64 => IntCC::SignedLessThanOrEqual,
        _ => IntCC::Equal,
    }
}

impl super::hoist::Hoisting {
    fn bound(&self, reg: u8, is_ceil: bool) -> Option<&Bound> {
        self.bounds.iter().find(|bound| bound.reg == reg && bound.is_ceil == is_ceil)
    }
}

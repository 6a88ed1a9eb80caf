//! Branches, loops, returns.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{BlockCall, InstBuilder, JumpTableData, Value, types};
use hyp_bytecode::op::{Insn, Op};
use hyp_bytecode::rep::Rep;
use hyp_vm::tier::{TAKEN, layout};

use super::{NULL, Quiet, Region, TAG_BOOL, TAG_HEAP, Translator, UNDEF};
use crate::flow::{Test, test_of};

impl<'m> Translator<'_, 'm> {
    /// Translates an instruction that ends a block; gives whether it was one.
    pub(super) fn branch(&mut self, insn: &Insn<'m>) -> bool {
        match insn.op {
            Op::Jump => self.jump_to(insn, self.target(insn)),
            Op::Ret => {
                let src = self.reg(insn, 0);
                let v = self.read_as(src, self.input.function.result);
                let v = if self.rep(src) == Rep::Bool { self.box_bool(v) } else { v };
                let v = match self.input.function.result {
                    Rep::F64 => self.as_f64(v),
                    _ => self.as_word(v),
                };
                self.return_value(v);
            }
            Op::RetNull => {
                let v = self.word(NULL);
                self.return_value(v);
            }
            Op::Throw | Op::Raise => {
                self.store_all(insn);
                let status = self.call_step(insn, None, true);
                self.give_up_or_handle(status);
            }
            Op::SwitchF64 => self.switch(insn),
            op => match test_of(op) {
                Some((test, is_negated)) => self.conditional(insn, test, is_negated),
                None => return false,
            },
        }
        true
    }

    fn target(&self, insn: &Insn<'m>) -> usize {
        insn.targets().next().unwrap_or(insn.next)
    }

    fn block_at(&self, pc: usize) -> usize {
        let blocks = &self.input.graph.blocks;
        blocks.binary_search_by_key(&pc, |block| block.start).unwrap_or(0)
    }

    /// Jumps, with a poll if that is backward.
    fn jump_to(&mut self, insn: &Insn<'m>, target: usize) {
        let at = self.block_at(target);
        self.adapt(at);
        let block = self.block_of(at);
        if target >= insn.next {
            self.b.ins().jump(block, &[]);
            return;
        }
        let budget = if self.keeps_budget(self.at) {
            let budget = self.b.use_var(self.budget);
            let budget = self.b.ins().iadd_imm_s(budget, -1);
            self.b.def_var(self.budget, budget);
            budget
        } else {
            let budget = self.load_vm(types::I64, layout::VM_BUDGET);
            let budget = self.b.ins().iadd_imm_s(budget, -1);
            self.store_vm(budget, layout::VM_BUDGET);
            budget
        };
        let is_over = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, budget, 0);
        let poll = self.cold_block();
        self.b.ins().brif(is_over, poll, &[], block, &[]);
        self.b.switch_to_block(poll);
        self.store_live_at(at);
        let pc = self.code_at(target);
        let status = self.quiet_helper(Quiet::Poll, &[self.vm, self.base, pc]);
        let failed = self.cold_block();
        self.b.ins().brif(status, failed, &[], block, &[]);
        self.b.switch_to_block(failed);
        self.give_up_or_handle(status);
    }

    /// Branches on a raw condition.
    fn branch_on(&mut self, insn: &Insn<'m>, cond: Value, is_negated: bool) {
        self.adapt_all();
        let target = self.target(insn);
        let taken = if target < insn.next {
            self.new_block()
        } else {
            self.block_of(self.block_at(target))
        };
        let next = self.block_of(self.block_at(insn.next));
        let (yes, no) = if is_negated { (next, taken) } else { (taken, next) };
        self.b.ins().brif(cond, yes, &[], no, &[]);
        if target < insn.next {
            self.b.switch_to_block(taken);
            self.jump_to(insn, target);
        }
    }

    fn conditional(&mut self, insn: &Insn<'m>, test: Test, is_negated: bool) {
        match test {
            Test::Register => {
                let cond = self.read(self.reg(insn, 0));
                self.branch_on(insn, cond, is_negated);
            }
            Test::Constant(op) | Test::ConstantFirst(op) => {
                let is_first = matches!(test, Test::ConstantFirst(_));
                let k = f64::from_bits(insn.k64().unwrap_or(0));
                let cond = self.compare_const(op, self.reg(insn, 0), k, is_first);
                self.branch_on(insn, cond, is_negated);
            }
            Test::Latch(op) => {
                let reg = self.reg(insn, 0);
                self.latch(insn, reg, f64::from_bits(insn.k64().unwrap_or(0)));
                let cond = self.compare(op, reg, self.reg(insn, 1));
                self.branch_on(insn, cond, is_negated);
            }
            Test::Row(op) => match op {
                Op::LtF64 | Op::LeF64 | Op::EqF64 => {
                    let cond = self.compare(op, self.reg(insn, 0), self.reg(insn, 1));
                    self.branch_on(insn, cond, is_negated);
                }
                Op::LtI64 => {
                    let (x, y) = (self.read(self.reg(insn, 0)), self.read(self.reg(insn, 1)));
                    let cond = self.b.ins().icmp(IntCC::SignedLessThan, x, y);
                    self.branch_on(insn, cond, is_negated);
                }
                Op::IsNull | Op::IsPassed => {
                    let v = self.read_any(self.reg(insn, 0));
                    let cond = self.is_singleton(op, v);
                    self.branch_on(insn, cond, is_negated);
                }
                _ => self.conditional_any(insn, op, is_negated),
            },
        }
    }

    /// Makes the doubles that any of the following blocks expects.
    fn adapt_all(&mut self) {
        let graph = self.input.graph;
        graph.blocks[self.at].successors.iter().for_each(|to| self.adapt(*to));
    }

    pub(super) fn is_singleton(&mut self, op: Op, v: Value) -> Value {
        let (bits, cc) = match op {
            Op::IsNull => (NULL, IntCC::Equal),
            _ => (UNDEF, IntCC::NotEqual),
        };
        let k = self.word(bits);
        self.b.ins().icmp(cc, v, k)
    }

    /// A test of tagged values: with a fast path for numbers and what is cheap besides.
    fn conditional_any(&mut self, insn: &Insn<'m>, op: Op, is_negated: bool) {
        self.adapt_all();
        let slow = self.cold_block();
        let decide = self.new_block();
        let cond = self.b.append_block_param(decide, types::I8);
        match op {
            Op::Truthy => {
                let fast = self.truthiness(self.reg(insn, 0), slow);
                self.b.ins().jump(decide, &[fast.into()]);
            }
            Op::IsType => {
                let v = self.read_any(self.reg(insn, 0));
                self.named_type_test(insn, v, slow, decide);
            }
            Op::EqAny => {
                let (a, b) = (self.reg(insn, 0), self.reg(insn, 1));
                self.equality(a, b, slow, decide);
            }
            _ => {
                let (a, b) = (self.reg(insn, 0), self.reg(insn, 1));
                let (x, y) = self.numbers(&[a, b], slow);
                let op = if op == Op::LtAny { Op::LtF64 } else { Op::LeF64 };
                let fast = self.compare_f64(op, x, y, None);
                self.b.ins().jump(decide, &[fast.into()]);
            }
        }
        self.b.switch_to_block(decide);
        self.branch_on(insn, cond, is_negated);
        // The slow path branches, and polls, by itself.
        self.b.switch_to_block(slow);
        self.store_all(insn);
        let target = self.target(insn);
        let status = self.call_step(insn, Some(target), true);
        let failed = self.cold_block();
        let other = self.cold_block();
        let next = self.block_of(self.block_at(insn.next));
        self.b.ins().brif(status, other, &[], next, &[]);
        self.b.switch_to_block(other);
        let is_taken = self.b.ins().icmp_imm_s(IntCC::Equal, status, TAKEN as i64);
        let taken = self.block_of(self.block_at(target));
        self.b.ins().brif(is_taken, taken, &[], failed, &[]);
        self.b.switch_to_block(failed);
        self.give_up_or_handle(status);
    }

    /// Truthiness of a boolean or a number; other values go to `slow`.
    pub(super) fn truthiness(&mut self, reg: u8, slow: cranelift_codegen::ir::Block) -> Value {
        if self.rep(reg) == Rep::F64 {
            let x = self.read(reg);
            let zero = self.b.ins().f64const(0.0);
            return self.b.ins().fcmp(FloatCC::NotEqual, x, zero);
        }
        let v = self.read_any(reg);
        let done = self.new_block();
        let result = self.b.append_block_param(done, types::I8);
        let other = self.new_block();
        let tag = self.b.ins().ushr_imm_u(v, 48);
        let is_bool = self.b.ins().icmp_imm_u(IntCC::Equal, tag, (TAG_BOOL >> 48) as i64);
        let bit = self.b.ins().ireduce(types::I8, v);
        self.b.ins().brif(is_bool, done, &[bit.into()], other, &[]);
        self.b.switch_to_block(other);
        let x = self.number_in(v, slow);
        let zero = self.b.ins().f64const(0.0);
        let truth = self.b.ins().fcmp(FloatCC::NotEqual, x, zero);
        self.b.ins().jump(done, &[truth.into()]);
        self.b.switch_to_block(done);
        result
    }

    /// Whether a value is of the type that a descriptor names.
    fn named_type_test(
        &mut self,
        insn: &Insn<'m>,
        v: Value,
        slow: cranelift_codegen::ir::Block,
        decide: cranelift_codegen::ir::Block,
    ) {
        let desc = insn.id(hyp_bytecode::op::Kind::Desc).unwrap_or(0);
        let named = self.input.module.descs.get(desc as usize);
        let Some(hyp_bytecode::module::Desc::Named(ty)) = named else {
            self.b.ins().jump(slow, &[]);
            return;
        };
        let no = self.b.ins().iconst(types::I8, 0);
        let heap = self.word(TAG_HEAP);
        let p = self.b.ins().isub(v, heap);
        let tag = self.b.ins().ushr_imm_u(p, 48);
        let on = self.new_block();
        self.b.ins().brif(tag, decide, &[no.into()], on, &[]);
        self.b.switch_to_block(on);
        let id = self.load(Region::Headers, types::I32, p, 0);
        let is_type = self.b.ins().icmp_imm_u(IntCC::Equal, id, i64::from(ty.0));
        self.b.ins().jump(decide, &[is_type.into()]);
    }

    fn switch(&mut self, insn: &Insn<'m>) {
        self.adapt_all();
        let default = self.block_of(self.block_at(insn.next));
        let targets: Vec<usize> = insn.targets().collect();
        let table_at = self.new_block();
        let n = targets.len() as i64;
        let (i, fits) = match self.int(self.reg(insn, 0)) {
            Some(i) => (i, self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, i, n)),
            None => {
                let x = self.read(self.reg(insn, 0));
                let i = self.int_of(x);
                let back = self.b.ins().fcvt_from_sint(types::F64, i);
                let is_exact = self.b.ins().fcmp(FloatCC::Equal, back, x);
                let is_in = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, i, n);
                (i, self.b.ins().band(is_exact, is_in))
            }
        };
        self.b.ins().brif(fits, table_at, &[], default, &[]);
        self.b.switch_to_block(table_at);
        let mut edges = Vec::new();
        let mut backward = Vec::new();
        for target in targets {
            let block = if target < insn.next {
                let block = self.new_block();
                backward.push((block, target));
                block
            } else {
                self.block_of(self.block_at(target))
            };
            edges.push(block);
        }
        let pool = &mut self.b.func.dfg.value_lists;
        let calls: Vec<BlockCall> =
            edges.iter().map(|block| BlockCall::new(*block, [], pool)).collect();
        let other = BlockCall::new(default, [], pool);
        let table = self.b.create_jump_table(JumpTableData::new(other, &calls));
        let index = self.b.ins().ireduce(types::I32, i);
        self.b.ins().br_table(index, table);
        for (block, target) in backward {
            self.b.switch_to_block(block);
            self.jump_to(insn, target);
        }
    }
}

//! Storage addresses and lengths of arrays that a loop does not exchange, kept in registers.
//!
//! Where such a loop is entered, its arrays are looked at once; a value that is no general array
//! counts as one without elements, so that every access takes its slow path. Whatever may change an
//! array in the loop has them looked at again behind it.
//!
//! Loops that call no script function have the budget of steps in a register, too.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use cranelift_frontend::Variable;
use hyp_bytecode::op::{Effects, Insn, Op};
use hyp_vm::object;
use hyp_vm::tier::layout;

use super::access::{KIND, LEN, PTR};
use super::integer::Bound;
use super::{Refused, Region, Translator};
use crate::flow::Loop;

/// An array that a loop does not exchange.
#[derive(Clone, Copy)]
pub(super) struct Hoisted {
    reg: u8,
    /// Whether it is an array of bytes; else one of words.
    holds_bytes: bool,
    /// Address of the elements.
    start: Variable,
    /// How many there are; 64 bits.
    len: Variable,
}

/// A loop with what is kept in registers for it.
pub(super) struct Hoisting {
    of: Loop,
    arrays: Vec<Hoisted>,
    pub(super) bounds: Vec<Bound>,
    /// Whether the budget is in a register: of nested loops, for the outer ones.
    keeps_budget: bool,
    /// Where the loop is entered from outside.
    preheader: Option<Block>,
}

/// The array that an instruction accesses an element of, and whether it expects bytes there.
fn accessed(insn: &Insn<'_>) -> Option<(u8, bool)> {
    Some(match insn.op {
        Op::ArrayGet | Op::ArrayGetF64 | Op::GetIndex => (insn.reg(1)?, false),
        Op::ArraySet => (insn.reg(0)?, false),
        Op::ArrayGetBool => (insn.reg(1)?, true),
        Op::ArraySetBool => (insn.reg(0)?, true),
        _ => return None,
    })
}

fn may_change_arrays(op: Op) -> bool {
    op.spec().effects.has(Effects::CALLS)
        || matches!(op, Op::ArrayPush | Op::ArrayPushBool | Op::SetIndex)
}

impl<'m> Translator<'_, 'm> {
    /// Finds the arrays to keep, each for the outermost loop that does not exchange it.
    pub(super) fn plan_hoisting(
        &mut self,
        loops: Vec<Loop>,
        reach: &[bool],
    ) -> Result<(), Refused> {
        self.hoisting = loops
            .into_iter()
            .map(|of| Hoisting {
                of,
                arrays: Vec::new(),
                bounds: Vec::new(),
                keeps_budget: false,
                preheader: None,
            })
            .collect();
        let mut calls = vec![false; reach.len()];
        for at in (0..reach.len()).filter(|at| reach[*at]) {
            let insns: Vec<Insn<'m>> =
                self.with_liveness(at)?.into_iter().map(|(insn, _)| insn).collect();
            self.plan_bounds(at, &insns);
            calls[at] = insns.iter().any(|insn| insn.op.spec().effects.has(Effects::CALLS));
            for insn in &insns {
                let Some((reg, holds_bytes)) = accessed(insn) else { continue };
                let outer =
                    self.hoisting.iter().position(|h| h.of.body[at] && !h.of.written.contains(reg));
                let Some(outer) = outer else { continue };
                let arrays = &self.hoisting[outer].arrays;
                if arrays.iter().all(|a| (a.reg, a.holds_bytes) != (reg, holds_bytes)) {
                    let start = self.b.declare_var(types::I64);
                    let len = self.b.declare_var(types::I64);
                    self.hoisting[outer].arrays.push(Hoisted { reg, holds_bytes, start, len });
                }
            }
        }
        for i in 0..self.hoisting.len() {
            let body = &self.hoisting[i].of.body;
            let header = self.hoisting[i].of.header;
            self.hoisting[i].keeps_budget = !self.keeps_budget(header)
                && body.iter().zip(&calls).all(|(is_in, c)| !is_in || !c);
            if self.hoisting[i].keeps_budget
                || !self.hoisting[i].arrays.is_empty()
                || !self.hoisting[i].bounds.is_empty()
            {
                self.hoisting[i].preheader = Some(self.b.create_block());
            }
        }
        Ok(())
    }

    /// The block to jump to from the current block in order to reach block `to`.
    pub(super) fn way_to(&self, to: usize) -> Option<Block> {
        let entered = self.hoisting.iter().find(|h| h.of.header == to)?;
        if entered.of.body[self.at] { None } else { entered.preheader }
    }

    /// What the preheaders do for the loops of the block that is entered first.
    pub(super) fn enter_loops(&mut self, at: usize) {
        let bounds: Vec<Bound> = self
            .hoisting
            .iter()
            .filter(|h| h.of.body[at])
            .flat_map(|h| h.bounds.iter().copied())
            .collect();
        self.set_bounds(&bounds, at);
        self.look_at_arrays(at);
    }

    /// Whether the budget is in a register throughout a block of the graph.
    pub(super) fn keeps_budget(&self, at: usize) -> bool {
        self.hoisting.iter().any(|h| h.keeps_budget && h.of.body[at])
    }

    pub(super) fn load_budget(&mut self) {
        let budget = self.load_vm(types::I64, layout::VM_BUDGET);
        self.b.def_var(self.budget, budget);
    }

    /// Gives the budget to the machine where it is in a register.
    pub(super) fn store_budget(&mut self) {
        if self.keeps_budget(self.at) {
            let budget = self.b.use_var(self.budget);
            self.store_vm(budget, layout::VM_BUDGET);
        }
    }

    /// Fills the blocks through which loops with the budget in a register are left.
    pub(super) fn fill_outlets(&mut self) {
        for (outlet, to) in std::mem::take(&mut self.outlets) {
            self.b.switch_to_block(outlet);
            let budget = self.b.use_var(self.budget);
            self.store_vm(budget, layout::VM_BUDGET);
            self.b.ins().jump(to, &[]);
        }
    }

    /// Looks at the arrays of all loops that a block belongs to.
    pub(super) fn look_at_arrays(&mut self, at: usize) {
        let arrays: Vec<Hoisted> = self
            .hoisting
            .iter()
            .filter(|h| h.of.body[at])
            .flat_map(|h| h.arrays.iter().copied())
            .collect();
        arrays.into_iter().for_each(|array| self.look_at(array));
    }

    /// As [`Translator::look_at_arrays`], behind an instruction that may have changed them.
    pub(super) fn look_again(&mut self, insn: &Insn<'m>) {
        // A word stored into an array of bytes makes it one of words.
        let has_bytes = |h: &Hoisting| h.of.body[self.at] && h.arrays.iter().any(|a| a.holds_bytes);
        if may_change_arrays(insn.op)
            || insn.op == Op::ArraySet && self.hoisting.iter().any(has_bytes)
        {
            self.look_at_arrays(self.at);
        }
    }

    /// Fills the blocks through which loops are entered.
    pub(super) fn fill_preheaders(&mut self) {
        for i in 0..self.hoisting.len() {
            let Some(preheader) = self.hoisting[i].preheader else { continue };
            let header = self.hoisting[i].of.header;
            self.b.switch_to_block(preheader);
            self.facts = self.ranges.at_start(header);
            self.handled = self.handled_at(header);
            self.at = header;
            if self.hoisting[i].keeps_budget {
                self.load_budget();
            }
            let bounds = std::mem::take(&mut self.hoisting[i].bounds);
            self.set_bounds(&bounds, header);
            for array in self.hoisting[i].arrays.clone() {
                self.look_at(array);
            }
            if let Some(block) = self.blocks[header] {
                self.b.ins().jump(block, &[]);
            }
        }
    }

    fn look_at(&mut self, array: Hoisted) {
        let none = self.new_block();
        let done = self.new_block();
        let start = self.b.append_block_param(done, types::I64);
        let len = self.b.append_block_param(done, types::I64);
        let v = self.read_any(array.reg);
        let p = self.heap_pointer(v, none);
        let kind = self.load(Region::Headers, types::I8, p, KIND);
        let wanted = match array.holds_bytes {
            true => object::Kind::BoolArray,
            false => object::Kind::Array,
        };
        let is_array = self.b.ins().icmp_imm_u(IntCC::Equal, kind, wanted as i64);
        self.expect(is_array, none);
        let found = self.load(Region::Arrays, types::I64, p, PTR);
        let count = self.load(Region::Arrays, types::I32, p, LEN);
        let count = self.b.ins().uextend(types::I64, count);
        self.b.ins().jump(done, &[found.into(), count.into()]);
        self.b.switch_to_block(none);
        let zero = self.word(0);
        self.b.ins().jump(done, &[zero.into(), zero.into()]);
        self.b.switch_to_block(done);
        self.b.def_var(array.start, start);
        self.b.def_var(array.len, len);
    }

    /// Address of an element of the array in a register; `slow` if it is none, or the index, for an
    /// unsigned check, is out of range.
    pub(super) fn element_of(&mut self, reg: u8, i: Value, slow: Block) -> Value {
        let Some(array) = self.hoisted(reg, false) else {
            let v = self.read_any(reg);
            let array = self.array_in(v, slow);
            return self.element(array, i, slow);
        };
        let len = self.b.use_var(array.len);
        let is_in = self.b.ins().icmp(IntCC::UnsignedLessThan, i, len);
        self.expect(is_in, slow);
        let start = self.b.use_var(array.start);
        let offset = self.b.ins().ishl_imm_u(i, 3);
        self.b.ins().iadd(start, offset)
    }
    /// Address of a byte of the array in a register; `other` if it is none of bytes, or if the index,
    /// for an unsigned check, is out of range. Only where it is looked at outside of a loop.
    pub(super) fn byte_of(&mut self, reg: u8, i: Value, other: Block) -> Option<Value> {
        let array = self.hoisted(reg, true)?;
        let len = self.b.use_var(array.len);
        let is_in = self.b.ins().icmp(IntCC::UnsignedLessThan, i, len);
        self.expect(is_in, other);
        let start = self.b.use_var(array.start);
        Some(self.b.ins().iadd(start, i))
    }

    fn hoisted(&self, reg: u8, holds_bytes: bool) -> Option<Hoisted> {
        let here = self.hoisting.iter().filter(|h| h.of.body[self.at]);
        let mut arrays = here.flat_map(|h| &h.arrays);
        arrays.find(|a| (a.reg, a.holds_bytes) == (reg, holds_bytes)).copied()
    }
}

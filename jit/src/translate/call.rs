//! Calls of script functions.

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use hyp_bytecode::module::FuncId;
use hyp_bytecode::op::{Insn, Kind, Op};
use hyp_bytecode::rep::Rep;
use hyp_vm::object::{self, Closure, Header};
use hyp_vm::tier::{self, layout};

use super::frame::{entry_signature, typed_signature};
use super::{Region, TAG_FUNC, Translator};

impl<'m> Translator<'_, 'm> {
    /// Translates a call; gives whether it was one.
    pub(super) fn call(&mut self, insn: &Insn<'m>) -> bool {
        match insn.op {
            Op::Call => self.direct(insn),
            Op::CallValue => self.of_value(insn),
            Op::CallMethod => self.of_method(insn),
            _ => return false,
        }
        true
    }

    fn direct(&mut self, insn: &Insn<'m>) {
        let id = insn.id(Kind::Func).unwrap_or(0);
        let Some(callee) = self.input.module.function(FuncId(id)) else {
            return self.always_slow(insn);
        };
        let slow = self.cold_block();
        self.take_step(slow);
        let info = self.info_at(id);
        let code = self.load(Region::Tables, types::I64, info, layout::FUNC_TYPED);
        let on = self.new_block();
        self.b.ins().brif(code, on, &[], slow, &[]);
        self.b.switch_to_block(on);
        let (base, frame) = self.link_callee(insn, None);
        let params = callee.reps.get(..usize::from(callee.n_params)).unwrap_or(&[]);
        let mut args = vec![self.vm, base, frame];
        for (reg, rep) in insn.regs().iter().zip(params) {
            let v = self.read_as(reg, *rep);
            let v = if *rep == Rep::F64 { self.as_f64(v) } else { v };
            args.push(v);
        }
        if args.len() != 3 + params.len() {
            // Missing arguments are marked by the interpreter.
            self.b.ins().jump(slow, &[]);
            let dead = self.new_block();
            self.b.switch_to_block(dead);
            let undef = self.word(super::UNDEF);
            while args.len() < 3 + params.len() {
                args.push(undef);
            }
        }
        let conv = self.input.config.default_call_conv;
        let signature = typed_signature(params, callee.result, conv);
        let signature = self.b.import_signature(signature);
        let call = self.b.ins().call_indirect(signature, code, &args);
        let results = self.b.inst_results(call).to_vec();
        self.finish_call(insn, results[0], Some(results[1]), slow);
    }

    /// Pays the step of a call and checks the depth; `slow` if either runs out.
    fn take_step(&mut self, slow: Block) {
        let budget = self.load_vm(types::I64, layout::VM_BUDGET);
        let budget = self.b.ins().iadd_imm_s(budget, -1);
        self.store_vm(budget, layout::VM_BUDGET);
        let is_left = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, budget, 0);
        self.expect(is_left, slow);
        let limit = self.load_vm(types::I64, layout::VM_FRAME_LIMIT);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThan, self.frame, limit);
        self.expect(fits, slow);
    }

    fn info_at(&mut self, id: u32) -> Value {
        let funcs = self.load(Region::Tables, types::I64, self.vm, layout::VM_FUNCS);
        self.b.ins().iadd_imm_s(funcs, i64::from(id) * i64::from(layout::FUNC_BYTES))
    }

    /// Writes what the caller knows of the callee's frame; gives its registers and its record.
    fn link_callee(&mut self, insn: &Insn<'m>, closure: Option<Value>) -> (Value, Value) {
        let n_regs = self.input.function.reps.len() as i64;
        let base = self.b.ins().iadd_imm_s(self.base, n_regs * 8);
        let bytes = layout::FRAME_BYTES;
        let frame = self.b.ins().iadd_imm_s(self.frame, i64::from(bytes));
        self.store(Region::Frames, self.base, self.frame, bytes + layout::FRAME_RET_BASE);
        let next = self.code_at(insn.next);
        self.store(Region::Frames, next, self.frame, bytes + layout::FRAME_SITE);
        if let Some(closure) = closure {
            self.store(Region::Frames, closure, self.frame, bytes + layout::FRAME_CLOSURE);
        }
        (base, frame)
    }

    /// What follows a call: the result of a callee that has returned, and all other cases.
    fn finish_call(&mut self, insn: &Insn<'m>, status: Value, result: Option<Value>, slow: Block) {
        let dst = self.reg(insn, 0);
        let other = self.cold_block();
        let returned = self.new_block();
        let done = self.new_block();
        self.b.ins().brif(status, other, &[], returned, &[]);
        self.b.switch_to_block(returned);
        let v = match result {
            Some(v) => v,
            None => self.load_vm(types::I64, layout::VM_RESULT),
        };
        self.define(dst, v);
        self.b.ins().jump(done, &[]);

        self.b.switch_to_block(other);
        self.store_rest(insn);
        let pc = self.code_at(insn.pc);
        let reg = self.word(u64::from(dst));
        let args = [self.vm, pc, self.base, self.frame, status, reg];
        let settled = self.helper(tier::after_call as *const () as usize, &args);
        self.check_step(insn, settled);
        self.take_result(insn);
        self.b.ins().jump(done, &[]);

        self.b.switch_to_block(slow);
        self.store_all(insn);
        let status = self.call_step(insn, None, true);
        self.check_step(insn, status);
        self.take_result(insn);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(done);
    }

    /// Whether the callee's number parameters get numbers, and their count is right.
    fn check_params(&mut self, info: Value, regs: &[u8], slow: Block) {
        let n = self.load(Region::Tables, types::I32, info, layout::FUNC_N_PARAMS);
        let fits = self.b.ins().icmp_imm_u(IntCC::Equal, n, regs.len() as i64);
        self.expect(fits, slow);
        let known = regs.iter().take(64).enumerate();
        let known = known.filter(|(_, reg)| self.rep(**reg) == Rep::F64);
        let known = known.fold(0_u64, |mask, (i, _)| mask | 1 << i);
        let wanted = self.load(Region::Tables, types::I64, info, layout::FUNC_NUMBER_PARAMS);
        let unknown = self.word(!known);
        let unchecked = self.b.ins().band(wanted, unknown);
        let on = self.new_block();
        self.b.ins().brif(unchecked, slow, &[], on, &[]);
        self.b.switch_to_block(on);
    }

    /// Calls through the entry that takes parameters from the frame.
    fn through_entry(
        &mut self,
        insn: &Insn<'m>,
        info: Value,
        closure: Option<Value>,
        regs: &[u8],
        slow: Block,
    ) {
        let code = self.load(Region::Tables, types::I64, info, layout::FUNC_ENTRY);
        let on = self.new_block();
        self.b.ins().brif(code, on, &[], slow, &[]);
        self.b.switch_to_block(on);
        let (base, frame) = self.link_callee(insn, closure);
        let n_regs = self.input.function.reps.len() as i32;
        for (i, &reg) in (0..).zip(regs) {
            let v = self.read_any(reg);
            self.store(Region::Slots, v, self.base, (n_regs + i) * 8);
        }
        let signature = entry_signature(self.input.config.default_call_conv);
        let signature = self.b.import_signature(signature);
        let call = self.b.ins().call_indirect(signature, code, &[self.vm, base, frame]);
        let status = self.b.inst_results(call)[0];
        self.finish_call(insn, status, None, slow);
    }

    fn of_value(&mut self, insn: &Insn<'m>) {
        let slow = self.cold_block();
        let callee = self.read_any(self.reg(insn, 1));
        let tag = self.word(TAG_FUNC);
        let p = self.b.ins().isub(callee, tag);
        let rest = self.b.ins().ushr_imm_u(p, 48);
        let on = self.new_block();
        self.b.ins().brif(rest, slow, &[], on, &[]);
        self.b.switch_to_block(on);
        let kind = self.load(Region::Headers, types::I8, p, offset_of!(Header, kind) as i32);
        let is_closure = self.b.ins().icmp_imm_u(IntCC::Equal, kind, object::Kind::Closure as i64);
        self.expect(is_closure, slow);
        self.take_step(slow);
        let func = self.load(Region::Upvalues, types::I32, p, offset_of!(Closure, func) as i32);
        let func = self.b.ins().uextend(types::I64, func);
        let offset = self.b.ins().imul_imm_u(func, i64::from(layout::FUNC_BYTES));
        let funcs = self.load(Region::Tables, types::I64, self.vm, layout::VM_FUNCS);
        let info = self.b.ins().iadd(funcs, offset);
        let simple = self.load(Region::Tables, types::I8, info, layout::FUNC_IS_SIMPLE);
        let on = self.new_block();
        self.b.ins().brif(simple, on, &[], slow, &[]);
        self.b.switch_to_block(on);
        let regs: Vec<u8> = insn.regs().iter().collect();
        self.check_params(info, &regs, slow);
        self.through_entry(insn, info, Some(callee), &regs, slow);
    }

    fn of_method(&mut self, insn: &Insn<'m>) {
        let slow = self.cold_block();
        let regs: Vec<u8> = insn.regs().iter().collect();
        let receiver = regs.first().copied().unwrap_or(0);
        let v = self.read_any(receiver);
        let p = self.heap_pointer(v, slow);
        self.take_step(slow);
        let info = self.probe(insn, p, slow);
        self.check_params(info, &regs, slow);
        self.through_entry(insn, info, None, &regs, slow);
    }
}

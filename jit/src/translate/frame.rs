//! Frames, exits from fast paths, and what happens when a callee or a slow path does not return.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, InstBuilder, Signature, Value, types};
use cranelift_codegen::isa::CallConv;
use hyp_bytecode::op::{Effects, Insn};
use hyp_bytecode::rep::Rep;
use hyp_vm::tier::{self, SlowStep, Status, layout};

use super::{Flavor, NULL, Quiet, Region, Translator, clif_type};

/// Slow paths of a function that keep all registers. Register allocation takes time quadratic in
/// their number where values live across all of them.
const DETOURS_MAX: usize = 256;

/// Signature of a function's code with its parameters in machine registers.
pub(crate) fn typed_signature(params: &[Rep], result: Rep, conv: CallConv) -> Signature {
    let mut signature = entry_signature(conv);
    signature.params.extend(params.iter().map(|rep| AbiParam::new(clif_type(*rep))));
    signature.returns.push(AbiParam::new(clif_type(result)));
    signature
}

/// Signature of [`tier::Entry`].
pub(crate) fn entry_signature(conv: CallConv) -> Signature {
    let mut signature = Signature::new(conv);
    for _ in 0..3 {
        signature.params.push(AbiParam::new(types::I64));
    }
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

impl<'m> Translator<'_, 'm> {
    /// The entry block: makes the frame, or takes over the interpreter's; then goes to block `at`.
    pub(super) fn enter(&mut self, at: usize) {
        let entry = self.new_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        let params = self.b.block_params(entry).to_vec();
        (self.vm, self.base, self.frame) = (params[0], params[1], params[2]);
        if self.keeps_budget(at) {
            self.load_budget();
        }
        match self.input.flavor {
            Flavor::Call => {
                self.push_frame(&params[3..]);
                self.enter_ints(at);
            }
            Flavor::Loop { .. } => {
                for reg in self.input.live.at_start[at].iter() {
                    let v = self.load_slot(reg);
                    let var = self.vars[usize::from(reg)];
                    self.b.def_var(var, v);
                }
                self.enter_ints(at);
            }
        }
        self.enter_loops(at);
        if let Some(block) = self.blocks[at] {
            self.b.ins().jump(block, &[]);
        }
    }

    fn push_frame(&mut self, params: &[Value]) {
        let f = self.input.function;
        let funcs = self.load(Region::Tables, types::I64, self.vm, layout::VM_FUNCS);
        let offset = i64::from(self.input.func) * i64::from(layout::FUNC_BYTES);
        let info = self.b.ins().iadd_imm_s(funcs, offset);
        self.store(Region::Frames, info, self.frame, layout::FRAME_FUNC);
        let top = self.b.ins().iadd_imm_s(self.base, f.reps.len() as i64 * 8);
        self.store(Region::Frames, top, self.frame, layout::FRAME_TOP);
        let zero = self.word(0);
        self.store(Region::Frames, zero, self.frame, layout::FRAME_RET_PC);
        if f.upvalues.is_empty() {
            self.store(Region::Frames, zero, self.frame, layout::FRAME_CLOSURE);
        }
        self.store_vm(self.frame, layout::VM_FRAME);
        for (reg, &v) in (0..f.n_params).zip(params) {
            let var = self.vars[usize::from(reg)];
            self.b.def_var(var, v);
            self.store_slot(reg, v);
        }
        let null = self.word(NULL);
        for reg in f.n_params..f.n_tagged {
            self.store_slot(reg, null);
        }
        let live = self.input.live.at_start[0];
        for reg in live.iter().filter(|reg| *reg >= f.n_params) {
            let v = match clif_type(self.rep(reg)) {
                types::F64 => self.b.ins().f64const(0.0),
                types::I8 => self.b.ins().iconst(types::I8, 0),
                _ if reg < f.n_tagged => null,
                _ => zero,
            };
            let var = self.vars[usize::from(reg)];
            self.b.def_var(var, v);
        }
        // Without room on the native stack, the interpreter goes on.
        let low = self.cold_block();
        let here = self.b.ins().get_stack_pointer(types::I64);
        let limit = self.load_vm(types::I64, layout::VM_NATIVE_LIMIT);
        let has_room = self.b.ins().icmp(IntCC::UnsignedGreaterThan, here, limit);
        let go = self.new_block();
        self.b.ins().brif(has_room, go, &[], low, &[]);
        self.b.switch_to_block(low);
        let start = self.code_at(0);
        self.store_vm(start, layout::VM_EXIT_PC);
        let left = self.word(Status::Left as u64);
        self.give_up(left);
        self.b.switch_to_block(go);
    }

    // ---- state of the frame

    /// Stores the registers that the instruction reads.
    pub(super) fn store_operands(&mut self, insn: &Insn<'m>) {
        let mut read = super::RegSet::default();
        super::for_each_read(insn, |reg| read.insert(reg));
        for reg in read.without(&self.homes).iter() {
            let v = self.read(reg);
            self.store_slot(reg, v);
        }
    }

    /// Stores everything that the instruction reads, or that is read behind it or by a handler.
    pub(super) fn store_all(&mut self, insn: &Insn<'m>) {
        self.store_operands(insn);
        self.store_rest(insn);
    }

    /// Stores everything that is read behind the instruction or by a handler.
    pub(super) fn store_rest(&mut self, insn: &Insn<'m>) {
        let mut rest = self.after;
        insn.out().into_iter().for_each(|reg| rest.remove(reg));
        let rest = rest.union(&self.handled);
        for reg in rest.without(&self.homes).iter() {
            let v = self.read(reg);
            self.store_slot(reg, v);
        }
    }

    /// Stores the registers that are live at the start of a block.
    pub(super) fn store_live_at(&mut self, at: usize) {
        let live = self.input.live.at_start[at].union(&self.handled);
        for reg in live.without(&self.homes).iter() {
            let v = self.read(reg);
            self.store_slot(reg, v);
        }
    }

    // ---- helpers

    /// Calls a helper that gives a word.
    pub(super) fn helper(&mut self, address: usize, args: &[Value]) -> Value {
        let mut signature = Signature::new(self.input.config.default_call_conv);
        for &arg in args {
            let ty = self.b.func.dfg.value_type(arg);
            signature.params.push(AbiParam::new(ty));
        }
        signature.returns.push(AbiParam::new(types::I64));
        let signature = self.b.import_signature(signature);
        let address = self.word(address as u64);
        self.store_budget();
        let call = self.b.ins().call_indirect(signature, address, args);
        let result = self.b.inst_results(call)[0];
        if self.keeps_budget(self.at) {
            self.load_budget();
        }
        result
    }

    /// Calls a helper that keeps all registers, so that the code around it has them; gives the word
    /// that it gives, or the double.
    pub(super) fn quiet_helper(&mut self, helper: Quiet, args: &[Value]) -> Value {
        let callee = self.input.helpers[helper as usize];
        self.store_budget();
        self.b.ins().call(callee, args);
        if self.keeps_budget(self.at) {
            self.load_budget();
        }
        let ty = if helper == Quiet::Modulo { types::F64 } else { types::I64 };
        self.load_vm(ty, layout::VM_GIVEN)
    }

    /// Calls the instruction's slow path, which is a detour or the only way; gives the status.
    /// `target` is where it may branch to.
    pub(super) fn call_step(
        &mut self,
        insn: &Insn<'m>,
        target: Option<usize>,
        is_detour: bool,
    ) -> Value {
        let code = &self.input.function.code;
        let at = |pc: usize| code.as_ptr().wrapping_add(pc);
        // What never continues behind itself may have its handler there.
        let ends = insn.op.spec().effects.has(Effects::ENDS);
        let next = if ends { std::ptr::null() } else { at(insn.next) };
        let target = target.map_or(std::ptr::null(), at);
        let Some(step) = SlowStep::new(insn.op, at(insn.pc), next, target) else {
            return self.word(Status::Raised as u64);
        };
        let address = std::ptr::from_ref(self.steps.alloc(step)).addr();
        let address = self.word(address as u64);
        self.n_detours += usize::from(is_detour);
        let args = [self.vm, self.base, address];
        match is_detour && self.n_detours < DETOURS_MAX {
            true => self.quiet_helper(Quiet::Step, &args),
            false => self.helper(tier::step as *const () as usize, &args),
        }
    }

    /// Goes on if a slow path is done; else handles the error here or gives the frame up.
    pub(super) fn check_step(&mut self, insn: &Insn<'m>, status: Value) {
        let failed = self.cold_block();
        let done = self.new_block();
        self.b.ins().brif(status, failed, &[], done, &[]);
        self.b.switch_to_block(failed);
        self.handle_here(status);
        // Not before: the register that a handler takes the error in may be one of these.
        self.store_rest(insn);
        self.give_up(status);
        self.b.switch_to_block(done);
    }

    /// Puts the result that a slow path has left in the frame into its register.
    pub(super) fn take_result(&mut self, insn: &Insn<'m>) {
        if let Some(reg) = insn.out() {
            let v = self.load_slot(reg);
            self.put(reg, v);
        }
    }

    /// Goes to the handler that takes an error if it is one of this function; else gives the frame up.
    pub(super) fn give_up_or_handle(&mut self, status: Value) {
        self.handle_here(status);
        self.give_up(status);
    }

    /// Goes to the handler that takes an error, if it is one of this function; else goes on.
    fn handle_here(&mut self, status: Value) {
        let handlers: Vec<_> = self.input.graph.handlers_of(self.at).collect();
        if !handlers.is_empty() {
            let here = self.cold_block();
            let gone = self.cold_block();
            let is_left = self.b.ins().icmp_imm_s(IntCC::Equal, status, Status::Left as i64);
            self.b.ins().brif(is_left, here, &[], gone, &[]);
            self.b.switch_to_block(here);
            let to = self.load_vm(types::I64, layout::VM_EXIT_PC);
            for h in handlers {
                let handler = self.input.graph.handlers[h];
                let block = self.input.graph.blocks[handler.target].start;
                let target = self.code_at(block);
                let is_this = self.b.ins().icmp(IntCC::Equal, to, target);
                let taken = self.cold_block();
                let other = self.cold_block();
                self.b.ins().brif(is_this, taken, &[], other, &[]);
                self.b.switch_to_block(taken);
                let reg = handler.reg;
                // The variable differs between handlers only here.
                let v = self.load_slot(reg);
                let var = self.vars[usize::from(reg)];
                self.b.def_var(var, v);
                self.adapt(handler.target);
                // What has failed may have changed arrays before.
                self.look_at_arrays(handler.target);
                let block = self.block_of(handler.target);
                self.b.ins().jump(block, &[]);
                self.b.switch_to_block(other);
            }
            self.b.ins().jump(gone, &[]);
            self.b.switch_to_block(gone);
        }
    }

    /// Returns a status other than [`Status::Done`].
    pub(super) fn give_up(&mut self, status: Value) {
        match self.input.flavor {
            Flavor::Call => {
                let nothing = match clif_type(self.input.function.result) {
                    types::F64 => self.b.ins().f64const(0.0),
                    _ => self.word(0),
                };
                self.b.ins().return_(&[status, nothing]);
            }
            Flavor::Loop { .. } => {
                self.b.ins().return_(&[status]);
            }
        }
    }

    /// Pops the frame and returns a value.
    pub(super) fn return_value(&mut self, v: Value) {
        self.store_budget();
        let below = self.b.ins().iadd_imm_s(self.frame, -i64::from(layout::FRAME_BYTES));
        self.store_vm(below, layout::VM_FRAME);
        let done = self.word(Status::Done as u64);
        match self.input.flavor {
            Flavor::Call => {
                self.b.ins().return_(&[done, v]);
            }
            Flavor::Loop { .. } => {
                self.store_vm(v, layout::VM_RESULT);
                self.b.ins().return_(&[done]);
            }
        }
    }
}

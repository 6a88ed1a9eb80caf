//! From verified register code to CLIF.
//!
//! One walk over the blocks in reverse postorder. Each register is a variable of the builder, which
//! makes SSA form of them; tagged registers are 64-bit words, raw doubles `f64`, raw booleans `i8`.
//! An instruction becomes its fast path; what the fast path does not cover is a cold block that
//! stores the live registers to the frame and calls the interpreter's slow path of the instruction.
//!
//! Registers that are tagged and live across something that may collect (`homes`) are stored to the
//! frame where they are defined; others only in cold blocks.

mod access;
mod branch;
mod call;
mod frame;
mod hoist;
mod integer;
mod make;
mod number;

pub(crate) use frame::{entry_signature, typed_signature};

use bumpalo::Bump;
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, Block, FuncRef, InstBuilder, MemFlagsData, Type, Value, types,
};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, Variable};
use hyp_bytecode::module::{Function, Module};
use hyp_bytecode::op::{Effects, Insn, Kind, Op, decode};
use hyp_bytecode::rep::Rep;
use hyp_vm::tier::{self, has_slow_path};

use crate::flow::{
    Facts, Graph, Live, Loop, NotVerified, Objects, Outcome, Ranges, RegSet, Subject,
    apply_to_objects, for_each_read, loops,
};

/// Upper 16 bits of tagged words; see `hyp_vm::value`.
pub(crate) const TAG_HEAP: u64 = hyp_vm::value::TAG_HEAP << 48;
pub(crate) const TAG_STRING: u64 = hyp_vm::value::TAG_STRING;
pub(crate) const TAG_FUNC: u64 = hyp_vm::value::TAG_FUNC << 48;
pub(crate) const TAG_BOOL: u64 = hyp_vm::value::TAG_BOOL << 48;
pub(crate) const NULL: u64 = hyp_vm::value::TAG_NULL << 48;
pub(crate) const UNDEF: u64 = NULL | 1;

/// Memory that no other kind of access touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum Region {
    /// The machine's own fields.
    Machine,
    /// The heap's run of free bytes.
    Heap,
    /// Frame records.
    Frames,
    /// Registers of frames.
    Slots,
    /// First words of objects.
    Headers,
    /// Length, capacity and storage address of arrays.
    Arrays,
    /// Elements of arrays.
    Elements,
    /// Contents of boxes.
    Cells,
    /// Captured variables.
    Upvalues,
    /// Module variables.
    Globals,
    /// Function table, inline caches, tables of constants.
    Tables,
    /// Fields of records and instances; one region per slot from here on, if they are all known.
    Fields,
}

/// Whether the code is entered by calls or at the head of a loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flavor {
    /// Parameters come in machine registers, and the result goes back in one.
    Call,
    /// Registers are in the frame; the result goes to the machine.
    Loop {
        /// Word of the loop's head.
        head: u32,
    },
}

/// Helpers that are called aside from the fast path, through code that keeps all registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quiet {
    /// [`tier::step`].
    Step,
    /// [`tier::poll`].
    Poll,
    /// [`tier::modulo`].
    Modulo,
    /// [`tier::wrap`].
    Wrap,
}

impl Quiet {
    /// All of them, in order.
    pub(crate) const ALL: [Quiet; 4] = [Quiet::Step, Quiet::Poll, Quiet::Modulo, Quiet::Wrap];

    /// Address of the helper, the types that it takes, and the one that it gives. Without the machine
    /// as its first parameter, the code that calls it still has it.
    pub(crate) fn target(self) -> (usize, &'static [Type], Type) {
        use types::{F64, I64};
        match self {
            Quiet::Step => (tier::step as *const () as usize, &[I64, I64, I64], I64),
            Quiet::Poll => (tier::poll as *const () as usize, &[I64, I64, I64], I64),
            Quiet::Modulo => (tier::modulo as *const () as usize, &[F64, F64], F64),
            Quiet::Wrap => (tier::wrap as *const () as usize, &[F64], I64),
        }
    }
}

/// What is translated.
#[derive(Clone, Copy)]
pub(crate) struct Input<'m> {
    pub(crate) module: &'m Module,
    pub(crate) func: u32,
    pub(crate) function: &'m Function,
    pub(crate) graph: &'m Graph,
    pub(crate) live: &'m Live,
    pub(crate) flavor: Flavor,
    /// Whether code may rely on what is likely, and leave where it does not hold.
    pub(crate) speculates: bool,
    /// By [`Quiet`].
    pub(crate) helpers: [FuncRef; Quiet::ALL.len()],
    /// Whether the target is x86-64.
    pub(crate) is_x86: bool,
    pub(crate) config: TargetFrontendConfig,
}

/// The type of a register.
pub(crate) fn clif_type(rep: Rep) -> Type {
    match rep {
        Rep::F64 => types::F64,
        Rep::Bool => types::I8,
        Rep::Any | Rep::I64 | Rep::Ref(_) => types::I64,
    }
}

/// Whether the interpreter's slow path may collect, so that live tagged registers must be in the
/// frame whenever the instruction is executed, not only when its fast path fails.
fn is_always_slow(op: Op) -> bool {
    let calls = op.spec().effects.has(Effects::CALLS);
    calls
        || has_slow_path(op)
            && !matches!(
                op,
                Op::LoadStr
                    | Op::LoadFunc
                    | Op::Truthy
                    | Op::CheckF64
                    | Op::CheckBool
                    | Op::CheckStr
                    | Op::CheckArray
                    | Op::CheckRef
                    | Op::ToNum
                    | Op::ModF64
                    | Op::ModF64K
                    | Op::PowF64
                    | Op::FloorF64
                    | Op::CeilF64
                    | Op::TruncF64
                    | Op::MinF64
                    | Op::MaxF64
                    | Op::BitAnd
                    | Op::BitOr
                    | Op::BitXor
                    | Op::BitShl
                    | Op::BitShr
                    | Op::BitNot
                    | Op::LtAny
                    | Op::LeAny
                    | Op::EqAny
                    | Op::AddAny
                    | Op::AddAnyK
                    | Op::SubAny
                    | Op::MulAny
                    | Op::DivAny
                    | Op::ModAny
                    | Op::NegAny
                    | Op::JumpTruthy
                    | Op::JumpFalsy
                    | Op::JumpLtAny
                    | Op::JumpLeAny
                    | Op::JumpNltAny
                    | Op::JumpNleAny
                    | Op::JumpEqAny
                    | Op::JumpNeAny
                    | Op::JumpNotType
                    | Op::CheckDepth
                    | Op::GetCell
                    | Op::SetCell
                    | Op::GetGlobal
                    | Op::NewCell
                    | Op::MakeClosure
                    | Op::NewArray
                    | Op::NewRecord
                    | Op::NewInstance
                    | Op::ArrayGet
                    | Op::ArrayGetF64
                    | Op::ArraySet
                    | Op::Length
                    | Op::ArrayPush
                    | Op::ArrayGetBool
                    | Op::ArraySetBool
                    | Op::ArrayPushBool
                    | Op::GetIndex
                    | Op::GetField
                    | Op::SetField
                    | Op::GetMember
                    | Op::SetMember
            )
}

/// Analyses the numbers of what is entered at block `entry`.
fn ranges_of<'m>(
    input: Input<'m>,
    entry: usize,
    found: Vec<Loop>,
) -> Result<Ranges<'m>, NotVerified> {
    let Input { function, graph, live, speculates, .. } = input;
    let subject = Subject { function, graph, speculates };
    let known = match input.flavor {
        Flavor::Call => None,
        // What holds there when the function has run from its start: for what will be checked.
        Flavor::Loop { .. } => {
            let all = loops(graph, live, 0, &graph.reachable_from(0));
            let ranges = Ranges::new(subject, 0, None, all)?;
            let mut facts = ranges.at_start(entry);
            let unchecked = (0..=u8::MAX).filter(|reg| !ranges.is_wanted(*reg));
            unchecked.for_each(|reg| facts.set(reg, None));
            Some(facts)
        }
    };
    Ranges::new(subject, entry, known, found)
}

/// State of a translation.
pub(crate) struct Translator<'a, 'm> {
    pub(crate) b: FunctionBuilder<'a>,
    pub(crate) input: Input<'m>,
    steps: &'a Bump,
    /// Slow paths aside from the fast path so far.
    n_detours: usize,
    vars: Vec<Variable>,
    /// Variables of registers that are kept as integers.
    ints: Vec<Option<Variable>>,
    ranges: Ranges<'m>,
    /// What is known in front of the current instruction, and of its result.
    facts: Facts,
    objects: RegSet,
    objects_at: Objects,
    outcome: Option<Outcome>,
    /// By block of the graph.
    blocks: Vec<Option<Block>>,
    regions: Vec<AliasRegion>,
    vm: Value,
    base: Value,
    frame: Value,
    homes: RegSet,
    hoisting: Vec<hoist::Hoisting>,
    /// The steps until the next poll, in loops that have them in a register.
    budget: Variable,
    /// Ways out of such loops: the block that stores the budget, and where it goes on.
    outlets: Vec<(Block, Block)>,
    /// Whether fields are only accessed by known slots.
    has_known_fields: bool,
    /// The block of the graph that is translated.
    at: usize,
    /// Registers that are live behind the current instruction, and those that its handlers read.
    after: RegSet,
    handled: RegSet,
}

/// Why a function stays with the interpreter.
#[derive(Clone, Debug)]
pub(crate) struct Refused(pub(crate) &'static str);

impl<'a, 'm> Translator<'a, 'm> {
    /// Fills the builder's function. `steps` keeps what the code refers to.
    pub(crate) fn translate(
        b: FunctionBuilder<'a>,
        input: Input<'m>,
        steps: &'a Bump,
    ) -> Result<(), Refused> {
        let entry_at = match input.flavor {
            Flavor::Call => 0,
            Flavor::Loop { head } => {
                let at = input.graph.blocks.iter().position(|block| block.start == head as usize);
                at.ok_or(Refused("no such loop"))?
            }
        };
        let reachable = input.graph.reachable_from(entry_at);
        let loops = loops(input.graph, input.live, entry_at, &reachable);
        let ranges =
            ranges_of(input, entry_at, loops.clone()).map_err(|_| Refused("it is not verified"))?;
        let objects_at = Objects::new(input.function, input.graph, entry_at)
            .map_err(|_| Refused("it is not verified"))?;
        let vm = Value::from_u32(0);
        let mut t = Translator {
            b,
            input,
            steps,
            n_detours: 0,
            vars: Vec::new(),
            ints: vec![None; input.function.reps.len()],
            facts: ranges.at_start(entry_at),
            objects: RegSet::default(),
            objects_at,
            ranges,
            outcome: None,
            blocks: vec![None; input.graph.blocks.len()],
            regions: Vec::new(),
            vm,
            base: vm,
            frame: vm,
            homes: RegSet::default(),
            hoisting: Vec::new(),
            budget: Variable::from_u32(0),
            outlets: Vec::new(),
            has_known_fields: true,
            at: entry_at,
            after: RegSet::default(),
            handled: RegSet::default(),
        };
        for rep in &input.function.reps {
            let var = t.b.declare_var(clif_type(*rep));
            t.vars.push(var);
        }
        t.budget = t.b.declare_var(types::I64);
        t.survey(&reachable)?;
        t.plan_hoisting(loops, &reachable)?;
        for &at in &input.graph.order {
            if reachable.get(at) == Some(&true) {
                t.blocks[at] = Some(t.b.create_block());
            }
        }
        t.enter(entry_at);
        for &at in &input.graph.order {
            if let Some(block) = t.blocks[at] {
                t.b.switch_to_block(block);
                t.block(at)?;
            }
        }
        t.fill_preheaders();
        t.fill_outlets();
        t.b.seal_all_blocks();
        t.b.finalize(input.config);
        Ok(())
    }

    /// What has to be known of the whole function before the walk.
    fn survey(&mut self, reachable: &[bool]) -> Result<(), Refused> {
        let input = self.input;
        for &at in &input.graph.order {
            if reachable.get(at) != Some(&true) {
                continue;
            }
            let handled = self.handled_at(at);
            for (insn, after) in self.with_liveness(at)? {
                if matches!(insn.op, Op::GetMember | Op::SetMember) {
                    self.has_known_fields = false;
                }
                match insn.op {
                    Op::BeginTask | Op::Native => return Err(Refused("it begins a task")),
                    op if !op.spec().effects.has(Effects::ENDS) => {
                        let mut handlers = input.graph.handlers_of(at);
                        let starts =
                            |h: usize| input.graph.blocks[input.graph.handlers[h].target].start;
                        if handlers.any(|h| starts(h) == insn.next) {
                            return Err(Refused("a handler follows what it protects"));
                        }
                    }
                    _ => {}
                }
                if !is_always_slow(insn.op) {
                    continue;
                }
                let mut across = after.union(&handled);
                insn.out().into_iter().for_each(|reg| across.remove(reg));
                for reg in across.iter() {
                    if self.is_tagged(reg) {
                        self.homes.insert(reg);
                    }
                }
            }
        }
        Ok(())
    }

    /// The instructions of a block, each with the registers that are live behind it.
    fn with_liveness(&self, at: usize) -> Result<Vec<(Insn<'m>, RegSet)>, Refused> {
        let block = &self.input.graph.blocks[at];
        let mut insns = Vec::new();
        let mut pc = block.start;
        while pc < block.end {
            let insn =
                decode(&self.input.function.code, pc).map_err(|_| Refused("it is not verified"))?;
            pc = insn.next;
            insns.push((insn, RegSet::default()));
        }
        let mut live = RegSet::default();
        for &to in &block.successors {
            live = live.union(&self.input.live.at_start[to]);
        }
        for (insn, after) in insns.iter_mut().rev() {
            *after = live;
            insn.out().into_iter().for_each(|reg| live.remove(reg));
            for_each_read(insn, |reg| live.insert(reg));
        }
        Ok(insns)
    }

    /// What the handlers of a block read.
    fn handled_at(&self, at: usize) -> RegSet {
        let (graph, live) = (self.input.graph, self.input.live);
        let mut set = RegSet::default();
        for handler in graph.handlers_of(at) {
            set = set.union(&live.at_handler(graph, handler));
        }
        set
    }

    fn block(&mut self, at: usize) -> Result<(), Refused> {
        self.at = at;
        self.handled = self.handled_at(at);
        self.facts = self.ranges.at_start(at);
        self.objects = self.objects_at.at_start(at);
        let mut has_ended = false;
        for (insn, after) in self.with_liveness(at)? {
            self.after = after;
            self.outcome = self.ranges.outcome(&insn, &self.facts);
            self.insn(&insn);
            apply_to_objects(&insn, &mut self.objects);
            if let Some(reg) = insn.out() {
                self.facts.set(reg, self.outcome.map(|outcome| outcome.range));
            }
            if !insn.op.spec().effects.has(Effects::ENDS) {
                self.look_again(&insn);
            }
            has_ended = insn.op.spec().effects.has(Effects::ENDS)
                || insn.op.spec().effects.has(Effects::BRANCHES);
        }
        if !has_ended {
            let to = self.input.graph.blocks[at].successors.first().copied();
            let to = to.ok_or(Refused("it is not verified"))?;
            self.adapt(to);
            let block = self.block_of(to);
            self.b.ins().jump(block, &[]);
        }
        Ok(())
    }

    fn insn(&mut self, insn: &Insn<'m>) {
        match insn.op {
            _ if self.integer(insn) => {}
            Op::Mov => {
                let (dst, src) = (self.reg(insn, 0), self.reg(insn, 1));
                let v = self.read_as(src, self.rep(dst));
                self.define(dst, v);
            }
            Op::LoadF64 => {
                let v = self.b.ins().f64const(f64::from_bits(insn.k64().unwrap_or(0)));
                self.define(self.reg(insn, 0), v);
            }
            Op::LoadI64 => self.define_const(insn, insn.k64().unwrap_or(0)),
            Op::LoadBool => {
                let v = self.b.ins().iconst(types::I8, i64::from(insn.imm8().unwrap_or(0) != 0));
                self.define(self.reg(insn, 0), v);
            }
            Op::LoadImm => {
                let bits = [NULL, TAG_BOOL, TAG_BOOL | 1, UNDEF];
                self.define_const(insn, bits[usize::from(insn.imm8().unwrap_or(0) & 3)]);
            }
            Op::LoadBuiltin => {
                let number = u64::from(insn.id(Kind::Builtin).unwrap_or(0) as u16);
                self.define_const(insn, hyp_vm::value::TAG_BUILTIN << 48 | number);
            }
            Op::BoxBool => {
                let raw = self.read(self.reg(insn, 1));
                let v = self.box_bool(raw);
                self.define(self.reg(insn, 0), v);
            }
            _ if self.number(insn)
                || self.branch(insn)
                || self.access(insn)
                || self.call(insn)
                || self.make(insn) => {}
            _ => self.always_slow(insn),
        }
    }

    fn define_const(&mut self, insn: &Insn<'m>, bits: u64) {
        let v = self.word(bits);
        self.define(self.reg(insn, 0), v);
    }

    /// An instruction that only has its slow path.
    fn always_slow(&mut self, insn: &Insn<'m>) {
        self.store_operands(insn);
        let status = self.call_step(insn, None, false);
        self.check_step(insn, status);
        self.take_result(insn);
    }

    // ---- registers

    pub(crate) fn reg(&self, insn: &Insn<'m>, operand: usize) -> u8 {
        insn.reg(operand).unwrap_or(0)
    }

    pub(crate) fn rep(&self, reg: u8) -> Rep {
        self.input.function.reps.get(usize::from(reg)).copied().unwrap_or(Rep::Any)
    }

    /// Whether the collector scans the register, or could.
    fn is_tagged(&self, reg: u8) -> bool {
        matches!(self.rep(reg), Rep::Any | Rep::Ref(_))
    }

    /// The content of a register in its own type.
    pub(crate) fn read(&mut self, reg: u8) -> Value {
        if let Some(i) = self.int(reg) {
            return self.b.ins().fcvt_from_sint(types::F64, i);
        }
        let var = self.vars[usize::from(reg)];
        self.b.use_var(var)
    }

    /// The content of a register as a tagged word.
    pub(crate) fn read_any(&mut self, reg: u8) -> Value {
        let v = self.read(reg);
        self.as_word(v)
    }

    /// The content of a register in the type of a representation.
    pub(crate) fn read_as(&mut self, reg: u8, rep: Rep) -> Value {
        let v = self.read(reg);
        if clif_type(rep) == types::I64 { self.as_word(v) } else { v }
    }

    fn as_word(&mut self, v: Value) -> Value {
        if self.b.func.dfg.value_type(v) == types::F64 {
            self.b.ins().bitcast(types::I64, MemFlagsData::new(), v)
        } else {
            v
        }
    }

    pub(crate) fn as_f64(&mut self, v: Value) -> Value {
        if self.b.func.dfg.value_type(v) == types::I64 {
            self.b.ins().bitcast(types::F64, MemFlagsData::new(), v)
        } else {
            v
        }
    }

    /// Puts a value into a register.
    pub(crate) fn define(&mut self, reg: u8, v: Value) {
        let v = self.put(reg, v);
        if self.homes.contains(reg) {
            self.store_slot(reg, v);
        }
    }

    /// Puts a value into a register that is not stored for it; gives it in the register's type.
    fn put(&mut self, reg: u8, v: Value) -> Value {
        let v = match clif_type(self.rep(reg)) {
            types::F64 => self.as_f64(v),
            types::I64 => self.as_word(v),
            _ => v,
        };
        if self.makes_int(reg) {
            let i = self.exact_int(v);
            self.set_int(reg, i);
        } else {
            let var = self.vars[usize::from(reg)];
            self.b.def_var(var, v);
        }
        v
    }

    pub(crate) fn store_slot(&mut self, reg: u8, v: Value) {
        let v = if self.b.func.dfg.value_type(v) == types::I8 {
            self.b.ins().uextend(types::I64, v)
        } else {
            v
        };
        self.store(Region::Slots, v, self.base, i32::from(reg) * 8);
    }

    pub(crate) fn load_slot(&mut self, reg: u8) -> Value {
        match clif_type(self.rep(reg)) {
            types::I8 => self.load(Region::Slots, types::I8, self.base, i32::from(reg) * 8),
            ty => self.load(Region::Slots, ty, self.base, i32::from(reg) * 8),
        }
    }

    // ---- memory and constants

    fn flags(&mut self, region: Region) -> MemFlagsData {
        self.flags_of(region as u32)
    }

    fn flags_of(&mut self, region: u32) -> MemFlagsData {
        while self.regions.len() <= region as usize {
            let user_id = self.regions.len() as u32;
            let description = std::borrow::Cow::Borrowed("");
            let region =
                self.b.func.dfg.alias_regions.insert(AliasRegionData { user_id, description });
            self.regions.push(region);
        }
        MemFlagsData::trusted().with_alias_region(self.regions.get(region as usize).copied())
    }

    pub(crate) fn load(&mut self, region: Region, ty: Type, at: Value, offset: i32) -> Value {
        let flags = self.flags(region);
        self.b.ins().load(ty, flags, at, offset)
    }

    pub(crate) fn store(&mut self, region: Region, v: Value, at: Value, offset: i32) {
        let flags = self.flags(region);
        self.b.ins().store(flags, v, at, offset);
    }

    /// Access flags of a field in a slot.
    pub(crate) fn field_flags(&mut self, slot: u8) -> MemFlagsData {
        let slot = if self.has_known_fields { u32::from(slot) } else { 0 };
        self.flags_of(Region::Fields as u32 + slot)
    }

    pub(crate) fn load_vm(&mut self, ty: Type, offset: i32) -> Value {
        self.load(Region::Machine, ty, self.vm, offset)
    }

    pub(crate) fn store_vm(&mut self, v: Value, offset: i32) {
        self.store(Region::Machine, v, self.vm, offset);
    }

    pub(crate) fn word(&mut self, bits: u64) -> Value {
        self.b.ins().iconst(types::I64, bits as i64)
    }

    /// Address of a word of the function's code.
    pub(crate) fn code_at(&mut self, pc: usize) -> Value {
        let address = self.input.function.code.as_ptr().wrapping_add(pc) as u64;
        self.word(address)
    }

    pub(crate) fn box_bool(&mut self, raw: Value) -> Value {
        let wide = self.b.ins().uextend(types::I64, raw);
        let tag = self.word(TAG_BOOL);
        self.b.ins().bor(wide, tag)
    }

    // ---- blocks

    /// The block to jump to from the current block in order to reach block `at` of the graph.
    pub(crate) fn block_of(&mut self, at: usize) -> Block {
        // Successors of reachable blocks are reachable.
        let block = self.way_to(at).or(self.blocks[at]).unwrap_or(Block::from_u32(0));
        if !self.keeps_budget(self.at) || self.keeps_budget(at) {
            return block;
        }
        let outlet = self.b.create_block();
        self.outlets.push((outlet, block));
        outlet
    }

    pub(crate) fn new_block(&mut self) -> Block {
        self.b.create_block()
    }

    pub(crate) fn cold_block(&mut self) -> Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    /// Goes on where `cond` holds; otherwise to `other`.
    pub(crate) fn expect(&mut self, cond: Value, other: Block) {
        let on = self.new_block();
        self.b.ins().brif(cond, on, &[], other, &[]);
        self.b.switch_to_block(on);
    }

    /// Ends a fast path that gives `v`, fills `slow` with the slow path, and goes on behind both.
    pub(crate) fn join_slow(&mut self, insn: &Insn<'m>, v: Option<Value>, slow: Block) {
        let done = self.new_block();
        let out = insn.out();
        if let (Some(reg), Some(v)) = (out, v) {
            self.define(reg, v);
        }
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(slow);
        self.store_all(insn);
        let status = self.call_step(insn, None, true);
        self.check_step(insn, status);
        self.take_result(insn);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(done);
    }
}

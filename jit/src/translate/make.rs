//! Allocation: a bump of the machine's pointer, then the object's words.

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use hyp_bytecode::op::{Insn, Kind as Operand, Op};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_vm::object::{Array, Cell, Closure, Header, Kind};
use hyp_vm::tier::layout;

use super::{NULL, Region, TAG_BOOL, TAG_FUNC, TAG_HEAP, Translator};

impl<'m> Translator<'_, 'm> {
    /// Translates an instruction that makes an object; gives whether it was one with a fast path.
    pub(super) fn make(&mut self, insn: &Insn<'m>) -> bool {
        let is_one = matches!(
            insn.op,
            Op::NewCell | Op::MakeClosure | Op::NewArray | Op::NewRecord | Op::NewInstance
        );
        if !is_one {
            return false;
        }
        let args: Vec<u8> = insn.regs().iter().collect();
        let slow = self.cold_block();
        let (p, tag) = match insn.op {
            Op::NewCell => {
                let p = self.allocate(size_of::<Cell>(), Kind::Cell, TypeId::CELL, slow);
                let v = self.read_any(self.reg(insn, 1));
                self.store(Region::Cells, v, p, offset_of!(Cell, value) as i32);
                (p, TAG_HEAP)
            }
            Op::MakeClosure => {
                let bytes = size_of::<Closure>() + args.len() * 8;
                let p = self.allocate(bytes, Kind::Closure, TypeId::FUNCTION, slow);
                let func = u64::from(insn.id(Operand::Func).unwrap_or(0));
                let word = self.word((args.len() as u64) << 32 | func);
                self.store(Region::Upvalues, word, p, offset_of!(Closure, func) as i32);
                self.fill(Region::Upvalues, p, size_of::<Closure>(), &args);
                (p, TAG_FUNC)
            }
            Op::NewArray => {
                let bytes = size_of::<Array>() + args.len() * 8;
                if !args.is_empty() && args.iter().all(|reg| self.rep(*reg) == Rep::Any) {
                    self.expect_no_bool(args[0], slow);
                }
                let p = self.allocate(bytes, Kind::Array, TypeId::ARRAY, slow);
                let n = args.len() as u64;
                let counts = self.word(n << 32 | n);
                self.store(Region::Arrays, counts, p, offset_of!(Array, len) as i32);
                let start = self.b.ins().iadd_imm_s(p, size_of::<Array>() as i64);
                self.store(Region::Arrays, start, p, offset_of!(Array, ptr) as i32);
                self.fill(Region::Elements, p, size_of::<Array>(), &args);
                (p, TAG_HEAP)
            }
            Op::NewRecord | Op::NewInstance => {
                let ty = TypeId(insn.id(Operand::Type).unwrap_or(0));
                let Some(def) = self.input.module.type_def(ty) else { return false };
                let (kind, n) = match insn.op {
                    Op::NewRecord => (Kind::Record, args.len()),
                    _ => (Kind::Instance, def.fields.len()),
                };
                if n != def.fields.len() {
                    return false;
                }
                let bytes = size_of::<Header>() + n * 8;
                let p = self.allocate(bytes, kind, ty, slow);
                for (i, field) in def.fields.iter().enumerate() {
                    let v = match args.get(i) {
                        Some(reg) => self.read_any(*reg),
                        None => self.word(if field.rep == Rep::F64 { 0 } else { NULL }),
                    };
                    let flags = self.field_flags(i as u8);
                    self.b.ins().store(flags, v, p, (size_of::<Header>() + i * 8) as i32);
                }
                (p, TAG_HEAP)
            }
            _ => return false,
        };
        let tag = self.word(tag);
        let v = self.b.ins().iadd(p, tag);
        self.join_slow(insn, Some(v), slow);
        true
    }

    /// A new object with its header; `slow` if a collection is due or the free run ends.
    fn allocate(&mut self, bytes: usize, kind: Kind, ty: TypeId, slow: Block) -> Value {
        let wanted = self.load(Region::Heap, types::I8, self.vm, layout::VM_HEAP_WANTED);
        let on = self.new_block();
        self.b.ins().brif(wanted, slow, &[], on, &[]);
        self.b.switch_to_block(on);
        let p = self.load(Region::Heap, types::I64, self.vm, layout::VM_HEAP_PTR);
        let limit = self.load(Region::Heap, types::I64, self.vm, layout::VM_HEAP_LIMIT);
        let end = self.b.ins().iadd_imm_s(p, bytes.next_multiple_of(8) as i64);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, limit);
        self.expect(fits, slow);
        self.store(Region::Heap, end, self.vm, layout::VM_HEAP_PTR);
        let size = bytes.div_ceil(32) as u64;
        let header = self.word(size << 56 | (kind as u64) << 32 | u64::from(ty.0));
        self.store(Region::Headers, header, p, 0);
        p
    }

    /// Stores registers one behind the other.
    fn fill(&mut self, region: Region, p: Value, from: usize, regs: &[u8]) {
        for (i, &reg) in regs.iter().enumerate() {
            let v = self.read_any(reg);
            self.store(region, v, p, (from + i * 8) as i32);
        }
    }

    /// Goes on where a register holds no boolean.
    fn expect_no_bool(&mut self, reg: u8, slow: Block) {
        let v = self.read_any(reg);
        let tag = self.b.ins().ushr_imm_u(v, 48);
        let is_other = self.b.ins().icmp_imm_u(IntCC::NotEqual, tag, (TAG_BOOL >> 48) as i64);
        self.expect(is_other, slow);
    }
}

//! Constants of the module, variables outside the frame, arrays, fields, members.

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Type, Value, types};
use hyp_bytecode::op::{Insn, Kind, Op};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_vm::object::{self, Array, Header, gc};
use hyp_vm::tier::layout;

use super::{Region, TAG_BOOL, TAG_HEAP, Translator, UNDEF, clif_type};

pub(super) const LEN: i32 = offset_of!(Array, len) as i32;
const CAP: i32 = offset_of!(Array, cap) as i32;
pub(super) const PTR: i32 = offset_of!(Array, ptr) as i32;
pub(super) const KIND: i32 = offset_of!(Header, kind) as i32;
const GC: i32 = offset_of!(Header, gc) as i32;
const CELL: i32 = offset_of!(object::Cell, value) as i32;
const UPVALUES: i32 = size_of::<object::Closure>() as i32;
const FIELDS: i32 = size_of::<Header>() as i32;

impl<'m> Translator<'_, 'm> {
    /// Translates an access to memory; gives whether it was one.
    pub(super) fn access(&mut self, insn: &Insn<'m>) -> bool {
        match insn.op {
            Op::LoadStr => self.table_entry(insn, layout::VM_STRINGS, Kind::Str),
            Op::LoadFunc => self.table_entry(insn, layout::VM_CLOSURES, Kind::Func),
            Op::GetUpvalue => {
                let closure =
                    self.load(Region::Frames, types::I64, self.frame, layout::FRAME_CLOSURE);
                let mask = self.word((1 << 48) - 1);
                let closure = self.b.ins().band(closure, mask);
                let reg = self.reg(insn, 0);
                let at = UPVALUES + i32::from(insn.imm8().unwrap_or(0)) * 8;
                let v = self.load(Region::Upvalues, clif_type(self.rep(reg)), closure, at);
                self.define(reg, v);
            }
            Op::GetCell => {
                let slow = self.cold_block();
                let v = self.read_any(self.reg(insn, 1));
                let cell = self.heap_pointer(v, slow);
                let content = self.load(Region::Cells, types::I64, cell, CELL);
                self.expect_declared(content, slow);
                self.join_slow(insn, Some(content), slow);
            }
            Op::SetCell => {
                let slow = self.cold_block();
                let v = self.read_any(self.reg(insn, 0));
                let cell = self.heap_pointer(v, slow);
                let content = self.store_check(cell, self.reg(insn, 1), slow);
                self.store(Region::Cells, content, cell, CELL);
                self.join_slow(insn, None, slow);
            }
            Op::GetGlobal => {
                let slow = self.cold_block();
                let at = insn.id(Kind::Global).unwrap_or(0);
                let globals = self.load(Region::Tables, types::I64, self.vm, layout::VM_GLOBALS);
                let v = self.load(Region::Globals, types::I64, globals, at as i32 * 8);
                self.expect_declared(v, slow);
                self.join_slow(insn, Some(v), slow);
            }
            Op::SetGlobal => {
                let at = insn.id(Kind::Global).unwrap_or(0);
                let v = self.read_any(self.reg(insn, 0));
                let globals = self.load(Region::Tables, types::I64, self.vm, layout::VM_GLOBALS);
                self.store(Region::Globals, v, globals, at as i32 * 8);
            }
            Op::ArrayGet => self.array_get(insn, None),
            Op::ArrayGetF64 => self.array_get(insn, Some(types::F64)),
            Op::GetIndex => {
                let slow = self.cold_block();
                let i = self.index(self.reg(insn, 2), slow);
                let at = self.element_of(self.reg(insn, 1), i, slow);
                let v = self.load(Region::Elements, types::I64, at, 0);
                self.join_slow(insn, Some(v), slow);
            }
            Op::ArraySet => {
                let slow = self.cold_block();
                let array = self.reg(insn, 0);
                let i = self.index(self.reg(insn, 1), slow);
                let at = self.element_of(array, i, slow);
                // It has elements, so it is an array.
                let array = self.read_any(array);
                let heap = self.word(TAG_HEAP);
                let array = self.b.ins().isub(array, heap);
                let v = self.store_check(array, self.reg(insn, 2), slow);
                self.store(Region::Elements, v, at, 0);
                self.join_slow(insn, None, slow);
            }
            Op::ArrayGetBool => self.get_bool(insn),
            Op::ArraySetBool => {
                let (slow, done) = (self.cold_block(), self.new_block());
                let i = self.index(self.reg(insn, 1), slow);
                let raw = self.read(self.reg(insn, 2));
                let any = self.new_block();
                if let Some(at) = self.byte_of(self.reg(insn, 0), i, any) {
                    self.b.set_cold_block(any);
                    self.store(Region::Elements, raw, at, 0);
                    self.b.ins().jump(done, &[]);
                } else {
                    self.b.ins().jump(any, &[]);
                }
                self.b.switch_to_block(any);
                let array = self.read_any(self.reg(insn, 0));
                let array = self.any_array_in(array, slow);
                self.check_index(array, i, slow);
                self.store_bool(array, i, raw);
                self.b.ins().jump(done, &[]);
                self.b.switch_to_block(done);
                self.join_slow(insn, None, slow);
            }
            Op::ArrayPushBool => {
                let slow = self.cold_block();
                let v = self.read_any(self.reg(insn, 1));
                let array = self.any_array_in(v, slow);
                let len = self.load(Region::Arrays, types::I32, array, LEN);
                let cap = self.load(Region::Arrays, types::I32, array, CAP);
                let has_room = self.b.ins().icmp(IntCC::NotEqual, len, cap);
                self.expect(has_room, slow);
                let raw = self.read(self.reg(insn, 2));
                let i = self.b.ins().uextend(types::I64, len);
                self.store_bool(array, i, raw);
                let len = self.b.ins().iadd_imm_s(len, 1);
                self.store(Region::Arrays, len, array, LEN);
                self.join_slow(insn, Some(v), slow);
            }
            Op::Length => {
                let slow = self.cold_block();
                let array = self.read_any(self.reg(insn, 1));
                let array = self.any_array_in(array, slow);
                let len = self.load(Region::Arrays, types::I32, array, LEN);
                let len = self.b.ins().uextend(types::I64, len);
                self.define_int(self.reg(insn, 0), len);
                self.join_slow(insn, None, slow);
            }
            Op::ArrayPush => {
                let slow = self.cold_block();
                let v = self.read_any(self.reg(insn, 1));
                let array = self.array_in(v, slow);
                let len = self.load(Region::Arrays, types::I32, array, LEN);
                let cap = self.load(Region::Arrays, types::I32, array, CAP);
                let has_room = self.b.ins().icmp(IntCC::NotEqual, len, cap);
                self.expect(has_room, slow);
                let item = self.store_check(array, self.reg(insn, 2), slow);
                let at = self.element_address(array, len);
                self.store(Region::Elements, item, at, 0);
                let len = self.b.ins().iadd_imm_s(len, 1);
                self.store(Region::Arrays, len, array, LEN);
                self.join_slow(insn, Some(v), slow);
            }
            Op::GetField => {
                let slow = self.cold_block();
                let p = self.object_in(self.reg(insn, 1), slow);
                let slot = insn.imm8().unwrap_or(0);
                let reg = self.reg(insn, 0);
                let flags = self.field_flags(slot);
                let ty = clif_type(self.rep(reg));
                let field = self.b.ins().load(ty, flags, p, FIELDS + i32::from(slot) * 8);
                self.join_slow(insn, Some(field), slow);
            }
            Op::SetField => {
                let slow = self.cold_block();
                let p = self.object_in(self.reg(insn, 0), slow);
                let field = self.store_check(p, self.reg(insn, 2), slow);
                let slot = insn.imm8().unwrap_or(0);
                let flags = self.field_flags(slot);
                self.b.ins().store(flags, field, p, FIELDS + i32::from(slot) * 8);
                self.join_slow(insn, None, slow);
            }
            Op::GetMember => {
                let slow = self.cold_block();
                let v = self.read_any(self.reg(insn, 1));
                let p = self.heap_pointer(v, slow);
                let payload = self.probe(insn, p, slow);
                let offset = self.b.ins().ishl_imm_u(payload, 3);
                let at = self.b.ins().iadd(p, offset);
                let flags = self.field_flags(0);
                let field = self.b.ins().load(types::I64, flags, at, 0);
                self.join_slow(insn, Some(field), slow);
            }
            Op::SetMember => {
                let slow = self.cold_block();
                let object = self.read_any(self.reg(insn, 1));
                let p = self.heap_pointer(object, slow);
                let payload = self.probe(insn, p, slow);
                let less = self.b.ins().iadd_imm_s(payload, -1);
                let copies = self.word(layout::SITE_COPIES);
                let in_place = self.b.ins().icmp(IntCC::UnsignedLessThan, less, copies);
                self.expect(in_place, slow);
                let src = self.reg(insn, 2);
                if self.rep(src) != Rep::F64 {
                    let any = self.new_block();
                    let number = self.new_block();
                    let only = self.b.ins().band_imm_u(payload, layout::SITE_NUMBER_ONLY as i64);
                    self.b.ins().brif(only, number, &[], any, &[]);
                    self.b.switch_to_block(number);
                    let v = self.read_any(src);
                    let end = self.word(TAG_HEAP);
                    let is_num = self.b.ins().icmp(IntCC::UnsignedLessThan, v, end);
                    self.b.ins().brif(is_num, any, &[], slow, &[]);
                    self.b.switch_to_block(any);
                }
                let v = self.store_check(p, src, slow);
                let slot = self.b.ins().band_imm_u(payload, 0xFFFF);
                let offset = self.b.ins().ishl_imm_u(slot, 3);
                let at = self.b.ins().iadd(p, offset);
                let flags = self.field_flags(0);
                self.b.ins().store(flags, v, at, 0);
                self.join_slow(insn, Some(object), slow);
            }
            Op::CheckDepth => {
                let slow = self.cold_block();
                let limit = self.load_vm(types::I64, layout::VM_FRAME_LIMIT);
                let n = i64::from(insn.imm8().unwrap_or(0)) * i64::from(layout::FRAME_BYTES);
                let top = self.b.ins().iadd_imm_s(self.frame, n);
                let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, top, limit);
                self.expect(fits, slow);
                self.join_slow(insn, None, slow);
            }
            _ => return false,
        }
        true
    }

    /// A constant that the machine makes when it is first needed.
    fn table_entry(&mut self, insn: &Insn<'m>, table: i32, kind: Kind) {
        let slow = self.cold_block();
        let at = insn.id(kind).unwrap_or(0);
        let table = self.load(Region::Tables, types::I64, self.vm, table);
        let v = self.load(Region::Tables, types::I64, table, at as i32 * 8);
        let on = self.new_block();
        self.b.ins().brif(v, on, &[], slow, &[]);
        self.b.switch_to_block(on);
        self.join_slow(insn, Some(v), slow);
    }

    fn expect_declared(&mut self, v: Value, slow: Block) {
        let undef = self.word(UNDEF);
        let is_declared = self.b.ins().icmp(IntCC::NotEqual, v, undef);
        self.expect(is_declared, slow);
    }

    /// The address of the object in a register of a type; `slow` for null, if it may be that.
    fn object_in(&mut self, reg: u8, slow: Block) -> Value {
        let v = self.read_any(reg);
        if !self.objects.contains(reg) {
            return self.heap_pointer(v, slow);
        }
        let heap = self.word(TAG_HEAP);
        self.b.ins().isub(v, heap)
    }

    /// The address in a tagged word of a heap object; `slow` for other words.
    pub(super) fn heap_pointer(&mut self, v: Value, slow: Block) -> Value {
        let heap = self.word(TAG_HEAP);
        let p = self.b.ins().isub(v, heap);
        let tag = self.b.ins().ushr_imm_u(p, 48);
        let on = self.new_block();
        self.b.ins().brif(tag, slow, &[], on, &[]);
        self.b.switch_to_block(on);
        p
    }

    /// The array that a tagged word is; `slow` for other words.
    pub(super) fn array_in(&mut self, v: Value, slow: Block) -> Value {
        let p = self.heap_pointer(v, slow);
        let kind = self.load(Region::Headers, types::I8, p, KIND);
        let is_array = self.b.ins().icmp_imm_u(IntCC::Equal, kind, object::Kind::Array as i64);
        self.expect(is_array, slow);
        p
    }

    /// The array, of whatever kind, that a tagged word is; `slow` for other words.
    pub(super) fn any_array_in(&mut self, v: Value, slow: Block) -> Value {
        let p = self.heap_pointer(v, slow);
        let id = self.load(Region::Headers, types::I32, p, 0);
        let is_array = self.b.ins().icmp_imm_u(IntCC::Equal, id, i64::from(TypeId::ARRAY.0));
        self.expect(is_array, slow);
        p
    }

    /// Goes on where an array holds bytes. The first block is for words, the second, with a raw
    /// boolean as its parameter if `gives_bool`, for what follows both.
    fn split_by_kind(&mut self, array: Value, gives_bool: bool) -> (Block, Block) {
        let (bytes, words, done) = (self.new_block(), self.new_block(), self.new_block());
        if gives_bool {
            self.b.append_block_param(done, types::I8);
        }
        let kind = self.load(Region::Headers, types::I8, array, KIND);
        let is_bytes = self.b.ins().icmp_imm_u(IntCC::Equal, kind, object::Kind::BoolArray as i64);
        self.b.ins().brif(is_bytes, bytes, &[], words, &[]);
        self.b.switch_to_block(bytes);
        (words, done)
    }

    fn get_bool(&mut self, insn: &Insn<'m>) {
        let (slow, done) = (self.cold_block(), self.new_block());
        let result = self.b.append_block_param(done, types::I8);
        let i = self.index(self.reg(insn, 2), slow);
        let any = self.new_block();
        if let Some(at) = self.byte_of(self.reg(insn, 1), i, any) {
            self.b.set_cold_block(any);
            let v = self.load(Region::Elements, types::I8, at, 0);
            self.b.ins().jump(done, &[v.into()]);
        } else {
            self.b.ins().jump(any, &[]);
        }
        self.b.switch_to_block(any);
        let array = self.read_any(self.reg(insn, 1));
        let array = self.any_array_in(array, slow);
        self.check_index(array, i, slow);
        let start = self.load(Region::Arrays, types::I64, array, PTR);
        let (words, joined) = self.split_by_kind(array, true);
        let at = self.b.ins().iadd(start, i);
        let v = self.load(Region::Elements, types::I8, at, 0);
        self.b.ins().jump(joined, &[v.into()]);
        self.b.switch_to_block(words);
        let offset = self.b.ins().ishl_imm_u(i, 3);
        let at = self.b.ins().iadd(start, offset);
        let v = self.load(Region::Elements, types::I64, at, 0);
        let tag = self.b.ins().ushr_imm_u(v, 48);
        let is_bool = self.b.ins().icmp_imm_u(IntCC::Equal, tag, (TAG_BOOL >> 48) as i64);
        self.expect(is_bool, slow);
        let v = self.b.ins().ireduce(types::I8, v);
        self.b.ins().jump(joined, &[v.into()]);
        self.b.switch_to_block(joined);
        let v = self.b.block_params(joined)[0];
        self.b.ins().jump(done, &[v.into()]);
        self.b.switch_to_block(done);
        self.join_slow(insn, Some(result), slow);
    }

    fn store_bool(&mut self, array: Value, i: Value, raw: Value) {
        let start = self.load(Region::Arrays, types::I64, array, PTR);
        let (words, done) = self.split_by_kind(array, false);
        let at = self.b.ins().iadd(start, i);
        self.store(Region::Elements, raw, at, 0);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(words);
        let v = self.box_bool(raw);
        let offset = self.b.ins().ishl_imm_u(i, 3);
        let at = self.b.ins().iadd(start, offset);
        self.store(Region::Elements, v, at, 0);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(done);
    }

    fn array_get(&mut self, insn: &Insn<'m>, number: Option<Type>) {
        let slow = self.cold_block();
        let i = self.index(self.reg(insn, 2), slow);
        let at = self.element_of(self.reg(insn, 1), i, slow);
        let v = self.load(Region::Elements, types::I64, at, 0);
        let v = if number.is_some() { self.number_in(v, slow) } else { v };
        self.join_slow(insn, Some(v), slow);
    }

    /// Checks an index, unsigned; `slow` if it is out of range.
    fn check_index(&mut self, array: Value, i: Value, slow: Block) {
        let len = self.load(Region::Arrays, types::I32, array, LEN);
        let len = self.b.ins().uextend(types::I64, len);
        let is_in = self.b.ins().icmp(IntCC::UnsignedLessThan, i, len);
        self.expect(is_in, slow);
    }

    /// Address of an element; `slow` if the index is out of range.
    pub(super) fn element(&mut self, array: Value, i: Value, slow: Block) -> Value {
        self.check_index(array, i, slow);
        let start = self.load(Region::Arrays, types::I64, array, PTR);
        let offset = self.b.ins().ishl_imm_u(i, 3);
        self.b.ins().iadd(start, offset)
    }

    fn element_address(&mut self, array: Value, i: Value) -> Value {
        let i = self.b.ins().uextend(types::I64, i);
        let start = self.load(Region::Arrays, types::I64, array, PTR);
        let offset = self.b.ins().ishl_imm_u(i, 3);
        self.b.ins().iadd(start, offset)
    }

    /// The word to store into an object; `slow` if the store has to be remembered.
    fn store_check(&mut self, object: Value, src: u8, slow: Block) -> Value {
        let v = self.read_any(src);
        if matches!(self.rep(src), Rep::F64) {
            return v;
        }
        let watch = self.new_block();
        let on = self.new_block();
        let heap = self.word(TAG_HEAP);
        let tag = self.b.ins().isub(v, heap);
        // Heap objects, strings and functions have the first three tags.
        let limit = self.word(3 << 48);
        let is_ref = self.b.ins().icmp(IntCC::UnsignedLessThan, tag, limit);
        self.b.ins().brif(is_ref, watch, &[], on, &[]);
        self.b.switch_to_block(watch);
        let bits = self.load(Region::Headers, types::I8, object, GC);
        let watched = self.b.ins().band_imm_u(bits, i64::from(gc::WATCHED));
        self.b.ins().brif(watched, slow, &[], on, &[]);
        self.b.switch_to_block(on);
        v
    }

    /// The payload of an inline cache for an object's type; `slow` if it has none.
    pub(super) fn probe(&mut self, insn: &Insn<'m>, p: Value, slow: Block) -> Value {
        let site = insn.id(Kind::Site).unwrap_or(0);
        let sites = self.load(Region::Tables, types::I64, self.vm, layout::VM_SITES);
        let offset = i64::from(site) * i64::from(layout::SITE_BYTES);
        let site = self.b.ins().iadd_imm_s(sites, offset);
        let id = self.load(Region::Headers, types::I32, p, 0);
        let found = self.new_block();
        let payload = self.b.append_block_param(found, types::I64);
        for i in 0..4 {
            let key = self.load(Region::Tables, types::I32, site, layout::SITE_KEYS + i * 4);
            let is_this = self.b.ins().icmp(IntCC::Equal, key, id);
            let (hit, miss) = (self.new_block(), self.new_block());
            self.b.ins().brif(is_this, hit, &[], miss, &[]);
            self.b.switch_to_block(hit);
            let v = self.load(Region::Tables, types::I64, site, layout::SITE_PAYLOADS + i * 8);
            self.b.ins().jump(found, &[v.into()]);
            self.b.switch_to_block(miss);
        }
        self.b.ins().jump(slow, &[]);
        self.b.switch_to_block(found);
        payload
    }
}

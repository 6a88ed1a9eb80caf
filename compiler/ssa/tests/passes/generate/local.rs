//! Objects whose references mostly go nowhere, and loops over their elements: what scalar replacement
//! looks for.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_ssa::ir::Value;

use super::Generator;

/// An object that the following statements can use.
#[derive(Clone, Copy)]
pub(super) struct Local {
    value: Value,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Shape {
    /// Two elements.
    Array,
    /// Keys `a` and `x`.
    Object,
    /// A session of type 16.
    Instance,
    Box,
}

const KEYS: [&str; 2] = ["a", "x"];

impl Generator<'_> {
    pub(super) fn make_local(&mut self) {
        let parts = [self.expression(1), self.expression(1)];
        let (value, shape) = match self.choose(4) {
            0 => (self.builder.op(Op::NewArray, &parts, &[]), Shape::Array),
            1 => {
                let keys = KEYS.map(|key| self.builder.str(self.unit.string_id(key)));
                let args = [keys[0], parts[0], keys[1], parts[1]];
                (self.builder.op(Op::NewObject, &args, &[]), Shape::Object)
            }
            2 => {
                let ty = Rep::Ref(TypeId(16));
                (self.builder.op_rep(Op::NewInstance, &[], &[16], ty), Shape::Instance)
            }
            _ => (self.builder.op(Op::NewCell, &parts[..1], &[]), Shape::Box),
        };
        self.locals.push(Local { value, shape });
    }

    fn local(&mut self) -> Option<Local> {
        let i = self.choose(self.locals.len().max(1));
        self.locals.get(i).copied()
    }

    pub(super) fn change_local(&mut self) {
        let Some(Local { value, shape }) = self.local() else { return };
        let (content, part) = (self.expression(1), self.choose(2));
        match shape {
            Shape::Array => {
                let index = self.builder.f64(part as f64);
                self.builder.op(Op::SetIndex, &[value, index, content], &[]);
            }
            Shape::Object if self.choose(2) == 0 => {
                let key = self.builder.str(self.unit.string_id(KEYS[part]));
                self.builder.op(Op::SetIndex, &[value, key, content], &[]);
            }
            Shape::Object => {
                let name = u64::from(self.unit.string_id(KEYS[part]).0);
                let site = self.site();
                let changed = self.builder.op(Op::SetMember, &[value, content], &[name, site]);
                self.locals.push(Local { value: changed, shape });
            }
            Shape::Instance if part == 0 => {
                let content = self.builder.op(Op::ToNum, &[content], &[]);
                self.builder.op_void(Op::SetField, &[value, content], &[0]);
            }
            Shape::Instance => self.builder.op_void(Op::SetField, &[value, content], &[1]),
            Shape::Box => self.builder.op_void(Op::SetCell, &[value, content], &[]),
        }
    }

    pub(super) fn read_local(&mut self) -> Value {
        let Some(Local { value, shape }) = self.local() else { return self.atom() };
        let part = self.choose(2);
        match shape {
            Shape::Array => {
                let index = self.builder.f64(part as f64);
                let element = self.builder.op(Op::GetIndex, &[value, index], &[]);
                match self.choose(6) {
                    0 => self.builder.op(Op::CheckF64, &[element], &[]),
                    // Its reference goes somewhere.
                    1 => value,
                    _ => element,
                }
            }
            Shape::Object if self.choose(2) == 0 => {
                let key = self.builder.str(self.unit.string_id(KEYS[part]));
                self.builder.op(Op::GetIndexOpt, &[value, key], &[])
            }
            Shape::Object => {
                let imms = [u64::from(self.unit.string_id(KEYS[part]).0), self.site()];
                self.builder.op(Op::GetMember, &[value], &imms)
            }
            Shape::Instance => {
                let rep = if part == 0 { Rep::F64 } else { Rep::Any };
                self.builder.op_rep(Op::GetField, &[value], &[part as u64], rep)
            }
            Shape::Box => self.builder.op(Op::GetCell, &[value], &[]),
        }
    }

    /// A loop over an array, a text or anything, as lowering writes it.
    pub(super) fn iteration(&mut self, depth: usize) {
        let source = match self.choose(3) {
            0 => self.elements(1),
            1 => self.builder.use_var(self.vars[2]),
            _ => self.expression(1),
        };
        let is_array = self.builder.op(Op::IsType, &[source], &[2]);
        let iter = self.builder.op(Op::IterNew, &[source], &[]);
        let (head, body, end) =
            (self.builder.new_block(), self.builder.new_block(), self.builder.new_block());
        self.builder.jump(head, &[]);
        self.builder.switch_to(head);
        let more = self.builder.op(Op::IterNext, &[iter], &[]);
        self.builder.branch(more, (body, &[]), (end, &[]));
        self.builder.seal(body);
        self.builder.switch_to(body);
        if self.choose(2) == 0 {
            let key = self.builder.op(Op::IterKey, &[iter], &[]);
            self.assign(key);
        }
        let (item, other) = (self.builder.new_block(), self.builder.new_block());
        let join = self.builder.new_block();
        let element = self.builder.block_param(join, Rep::Any);
        self.builder.branch(is_array, (item, &[]), (other, &[]));
        for block in [item, other] {
            self.builder.seal(block);
            self.builder.switch_to(block);
            let part = self.builder.op(Op::IterValue, &[iter], &[]);
            self.builder.jump(join, &[part]);
        }
        self.builder.seal(join);
        self.builder.switch_to(join);
        self.assign(element);
        self.loops.push((end, head));
        self.statements(depth + 1);
        self.loops.pop();
        self.builder.jump(head, &[]);
        self.builder.seal(head);
        self.builder.seal(end);
        self.builder.switch_to(end);
    }
}

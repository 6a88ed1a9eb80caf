//! Calls of functions, methods and builtins.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_ssa::ir::Value;

use super::Generator;

impl Generator<'_> {
    pub(super) fn call(&mut self, depth: usize) -> Value {
        let arg = self.expression(depth + 1);
        if self.choose(2) == 0 {
            let callee = 3 + self.choose(2) as u64;
            return self.builder.op_rep(Op::Call, &[arg], &[callee], Rep::Any);
        }
        let callee = self.builder.op(Op::LoadFunc, &[], &[3]);
        self.builder.op(Op::CallValue, &[callee, arg], &[])
    }

    pub(super) fn method_call(&mut self, depth: usize) -> Value {
        let receiver = match self.choose(3) {
            0 => self.construct(depth),
            1 => {
                let object = self.construct(depth);
                self.builder.op_void(Op::SetGlobal, &[object], &[2]);
                self.builder.op_rep(Op::GetGlobal, &[], &[2], Rep::Ref(TypeId(16)))
            }
            _ => self.expression(depth + 1),
        };
        let names = ["add", "id", "id", "n"];
        let i = self.choose(names.len());
        let name = u64::from(self.unit.string_id(names[i]).0);
        let site = self.site();
        let mut args = vec![receiver];
        if self.choose(4) != 0 {
            args.push(self.expression(depth + 1));
        }
        self.builder.op(Op::CallMethod, &args, &[name, site])
    }

    pub(super) fn construct(&mut self, depth: usize) -> Value {
        let arg = self.expression(depth + 1);
        let arg = self.builder.op(Op::ToNum, &[arg], &[]);
        self.builder.op_rep(Op::Call, &[arg], &[0], Rep::Ref(TypeId(16)))
    }

    pub(super) fn builtin(&mut self, depth: usize) -> Value {
        let arg = self.expression(depth + 1);
        let names = ["ArrayLength", "Length", "Sqrt"];
        let name = names[self.choose(names.len())];
        let builtin = hyp_bytecode::builtin::Builtin::lookup(name).expect("a known builtin");
        self.builder.op(Op::CallBuiltin, &[arg], &[builtin as u64])
    }
}

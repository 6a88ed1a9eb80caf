//! Builtins that call a function for every element, as loops when the function is known: its calls
//! then need no way through the machine, and passes can inline them.
//!
//! As in the builtins themselves, elements are read one by one, at most as many as there were at the
//! start, and what is not an array gets the builtin's own error.

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::Desc;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use hyp_ssa::ir::{Block, Opcode, Value};

use super::function::FnLower;

/// What happens with an element and the function's result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Map,
    Filter,
    Reduce,
    Find,
    FindIndex,
    Every,
    Some,
}

fn form_of(builtin: Builtin) -> Option<Form> {
    Some(match builtin {
        Builtin::ArrayMap => Form::Map,
        Builtin::ArrayFilter => Form::Filter,
        Builtin::ArrayReduce => Form::Reduce,
        Builtin::ArrayFind => Form::Find,
        Builtin::ArrayFindIndex => Form::FindIndex,
        Builtin::ArrayEvery => Form::Every,
        Builtin::ArraySome => Form::Some,
        _ => return None,
    })
}

/// A loop over an array.
struct Round {
    array: Value,
    function: Value,
    /// What the loop starts with and hands on: the array that is built, or the accumulator.
    state: Value,
    index: Value,
    exit: Block,
}

impl FnLower<'_, '_, '_> {
    /// The loop that a call of a builtin stands for, if its function is known.
    pub(super) fn expanded(&mut self, builtin: Builtin, args: &[Value]) -> Option<Value> {
        let form = form_of(builtin)?;
        let (array, initial, function) = match (form, args) {
            (Form::Reduce, &[array, initial, function]) => (array, Some(initial), function),
            (Form::Reduce, _) => return None,
            (_, &[array, function]) => (array, None, function),
            _ => return None,
        };
        let made_by = self.b.func_mut().def_inst(function).map(|data| data.op);
        if !matches!(made_by, Some(Opcode::Op(Op::LoadFunc | Op::MakeClosure))) {
            return None;
        }
        let desc = self.m.descs.intern(Desc::Array(Box::new(Desc::Any)));
        let is_array = self.b.op(Op::IsType, &[array], &[u64::from(desc.0)]);
        let (start, other, exit) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        let result = self.b.block_param(exit, Rep::Any);
        self.b.branch(is_array, (start, &[]), (other, &[]));
        self.b.seal(start);
        self.b.seal(other);
        self.b.switch_to(other);
        let refused = self.b.op(Op::CallBuiltin, args, &[u64::from(builtin as u16)]);
        self.b.jump(exit, &[refused]);
        self.b.switch_to(start);
        let state = match (form, initial) {
            (Form::Map | Form::Filter, _) => self.b.op(Op::NewArray, &[], &[]),
            (_, Some(initial)) => initial,
            (Form::FindIndex, _) => self.b.f64(-1.0),
            (Form::Every | Form::Some, _) => self.b.bool_any(form == Form::Every),
            _ => self.b.null(),
        };
        self.each(form, array, function, state, exit);
        self.b.seal(exit);
        self.b.switch_to(exit);
        Some(result)
    }

    fn each(&mut self, form: Form, array: Value, function: Value, state: Value, exit: Block) {
        let count = self.b.op(Op::Length, &[array], &[]);
        let (head, test, body) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        let index = self.b.block_param(head, Rep::F64);
        let first = self.b.f64(0.0);
        let is_fold = form == Form::Reduce;
        let carried = if is_fold { self.b.block_param(head, Rep::Any) } else { state };
        let entry = if is_fold { vec![first, state] } else { vec![first] };
        self.b.jump(head, &entry);
        self.b.switch_to(head);
        let is_before_end = self.b.op(Op::LtF64, &[index, count], &[]);
        self.b.branch(is_before_end, (test, &[]), (exit, &[carried]));
        self.b.seal(test);
        self.b.switch_to(test);
        // The function may have removed elements.
        let left = self.b.op(Op::Length, &[array], &[]);
        let is_there = self.b.op(Op::LtF64, &[index, left], &[]);
        self.b.branch(is_there, (body, &[]), (exit, &[carried]));
        self.b.seal(body);
        self.b.switch_to(body);
        let round = Round { array, function, state: carried, index, exit };
        let next_state = self.round(form, &round);
        let one = self.b.f64(1.0);
        let next = self.b.op(Op::AddF64, &[index, one], &[]);
        let again = if is_fold { vec![next, next_state] } else { vec![next] };
        self.b.jump(head, &again);
        self.b.seal(head);
    }

    /// One element; returns what the next round starts with.
    fn round(&mut self, form: Form, round: &Round) -> Value {
        let Round { array, function, state, index, exit } = *round;
        let item = self.b.op(Op::ArrayGet, &[array, index], &[]);
        let args: &[Value] =
            if form == Form::Reduce { &[function, state, item] } else { &[function, item] };
        let result = self.b.op(Op::CallValue, args, &[]);
        match form {
            Form::Reduce => return result,
            Form::Map => {
                self.b.op(Op::ArrayPush, &[state, result], &[]);
                return state;
            }
            _ => {}
        }
        let truth = self.b.op(Op::Truthy, &[result], &[]);
        let (yes, next) = (self.b.new_block(), self.b.new_block());
        if form == Form::Every {
            self.b.branch(truth, (next, &[]), (yes, &[]));
        } else {
            self.b.branch(truth, (yes, &[]), (next, &[]));
        }
        self.b.seal(yes);
        self.b.switch_to(yes);
        let found = match form {
            Form::Filter => {
                self.b.op(Op::ArrayPush, &[state, item], &[]);
                None
            }
            Form::Find => Some(item),
            Form::FindIndex => Some(index),
            _ => Some(self.b.bool_any(form == Form::Some)),
        };
        match found {
            Some(found) => self.b.jump(exit, &[found]),
            None => self.b.jump(next, &[]),
        }
        self.b.seal(next);
        self.b.switch_to(next);
        state
    }
}

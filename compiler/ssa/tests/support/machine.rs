//! A slow interpreter of the instructions that random functions consist of. Reading a register
//! that was never written is a fault, unlike in the real machine.

#![expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN takes the negated branches")]

use hyp_bytecode::module::{ErrorKind, Function, StrId};
use hyp_bytecode::op::{Arg, Insn, Op, decode};
use hyp_ssa::eval::{Observation, Value};
use hyp_ssa::ir::ModuleFacts;
use hyp_ssa::unit::Unit;
use std::cell::RefCell;
use std::rc::Rc;

struct Machine<'a> {
    unit: &'a Unit,
    function: &'a Function,
    regs: Vec<Option<Value>>,
    output: Vec<String>,
    globals: Vec<Value>,
}

enum Next {
    Fall,
    Jump(usize),
    Throw(Value),
    Return(Value),
}

/// Runs `function` and describes what happened, as `hyp_ssa::eval::observe` does.
pub(crate) fn observe(
    unit: &Unit,
    function: &Function,
    args: &[Value],
    steps_max: u64,
) -> Observation {
    let mut machine = Machine {
        unit,
        function,
        regs: vec![None; function.reps.len()],
        output: Vec::new(),
        globals: vec![Value::Missing; unit.globals.len()],
    };
    for (reg, arg) in machine.regs.iter_mut().zip(args) {
        *reg = Some(arg.clone());
    }
    // Slots start as null; registers that are not slots are written before they are read, which
    // the null of an unwritten tagged register would hide.
    let mut pc = 0;
    let mut end = "steps".to_owned();
    for _ in 0..steps_max {
        let insn = decode(&function.code, pc).unwrap();
        match machine.step(&insn) {
            Next::Fall => pc = insn.next,
            Next::Jump(to) => pc = to,
            Next::Return(value) => {
                end = format!("returned {}", value.describe());
                break;
            }
            Next::Throw(value) => {
                let at = pc as u32;
                let covers = |h: &&hyp_bytecode::module::Handler| h.start <= at && at < h.end;
                match function.handlers.iter().find(covers) {
                    Some(handler) => {
                        machine.regs[usize::from(handler.reg)] = Some(value);
                        pc = handler.target as usize;
                    }
                    None => {
                        end = format!("threw {}", value.describe());
                        break;
                    }
                }
            }
        }
    }
    let globals = machine.globals.iter().map(|v| v.describe()).collect();
    Observation { end, output: machine.output, globals }
}

impl Machine<'_> {
    fn reg(&self, insn: &Insn<'_>, operand: usize) -> Value {
        let reg = usize::from(insn.reg(operand).unwrap());
        match &self.regs[reg] {
            Some(value) => value.clone(),
            // The machine fills tagged registers with null; slots rely on it.
            None if reg < usize::from(self.function.n_tagged) => Value::Null,
            None => panic!("word {}: register {reg} was never written", insn.pc),
        }
    }

    fn num(&self, insn: &Insn<'_>, operand: usize) -> f64 {
        match self.reg(insn, operand) {
            Value::Num(x) => x,
            other => panic!("word {}: {other:?} is no number", insn.pc),
        }
    }

    fn bool(&self, insn: &Insn<'_>, operand: usize) -> bool {
        match self.reg(insn, operand) {
            Value::Bool(x) => x,
            other => panic!("word {}: {other:?} is no boolean", insn.pc),
        }
    }

    fn array(&self, insn: &Insn<'_>, operand: usize) -> Rc<RefCell<Vec<Value>>> {
        match self.reg(insn, operand) {
            Value::Array(array) => array,
            other => panic!("word {}: {other:?} is no array", insn.pc),
        }
    }

    fn constant(insn: &Insn<'_>) -> f64 {
        let bits = insn.args().iter().find_map(|arg| match arg {
            Arg::K64(bits) => Some(*bits),
            _ => None,
        });
        f64::from_bits(bits.unwrap())
    }

    fn set(&mut self, insn: &Insn<'_>, value: Value) -> Next {
        self.regs[usize::from(insn.out().unwrap())] = Some(value);
        Next::Fall
    }

    fn text(&self, id: u32) -> Rc<str> {
        Rc::from(&*self.unit.string(StrId(id)).unwrap())
    }

    fn error(&self, kind: ErrorKind, text: String) -> Value {
        Value::Error(Rc::new((kind, text)))
    }

    fn branch(insn: &Insn<'_>, is_taken: bool) -> Next {
        if is_taken { Next::Jump(insn.targets().next().unwrap()) } else { Next::Fall }
    }

    fn step(&mut self, insn: &Insn<'_>) -> Next {
        let same = |a: f64, b: f64| a == b || (a - b).abs() < f64::EPSILON;
        let value = match insn.op {
            Op::Mov => self.reg(insn, 1),
            Op::LoadF64 => Value::Num(Self::constant(insn)),
            Op::LoadBool => Value::Bool(insn.imm8() != Some(0)),
            Op::LoadImm => match insn.imm8().unwrap() {
                0 => Value::Null,
                3 => Value::Missing,
                k => Value::Bool(k == 2),
            },
            Op::LoadStr => Value::Str(self.text(insn.id(hyp_bytecode::op::Kind::Str).unwrap())),
            Op::BoxBool => Value::Bool(self.bool(insn, 1)),
            Op::Truthy => Value::Bool(self.reg(insn, 1).is_truthy()),
            Op::Not => Value::Bool(!self.bool(insn, 1)),
            Op::IsNull => Value::Bool(matches!(self.reg(insn, 1), Value::Null)),
            Op::CheckF64 => match self.reg(insn, 1) {
                Value::Num(x) => Value::Num(x),
                // The message is the business of other tests; only the kind is compared.
                _ => return Next::Throw(self.error(ErrorKind::Type, String::new())),
            },
            Op::NewArray => {
                let values = insn.regs().iter().map(|r| self.regs[usize::from(r)].clone());
                Value::Array(Rc::new(RefCell::new(values.map(Option::unwrap).collect())))
            }
            Op::ArrayPush | Op::ArrayPushBool => {
                self.array(insn, 1).borrow_mut().push(self.reg(insn, 2));
                self.reg(insn, 1)
            }
            Op::ArrayGet | Op::ArrayGetF64 | Op::ArrayGetBool => {
                self.array(insn, 1).borrow()[self.num(insn, 2) as usize].clone()
            }
            Op::CheckStr | Op::CheckArray | Op::CheckRef => self.reg(insn, 1),
            Op::AddF64 => Value::Num(self.num(insn, 1) + self.num(insn, 2)),
            Op::SubF64 => Value::Num(self.num(insn, 1) - self.num(insn, 2)),
            Op::MulF64 => Value::Num(self.num(insn, 1) * self.num(insn, 2)),
            Op::DivF64 => Value::Num(self.num(insn, 1) / self.num(insn, 2)),
            Op::AddF64K => Value::Num(self.num(insn, 1) + Self::constant(insn)),
            Op::MulF64K => Value::Num(self.num(insn, 1) * Self::constant(insn)),
            Op::DivF64K => Value::Num(self.num(insn, 1) / Self::constant(insn)),
            Op::RsubF64K => Value::Num(Self::constant(insn) - self.num(insn, 1)),
            Op::RdivF64K => Value::Num(Self::constant(insn) / self.num(insn, 1)),
            Op::LtF64 => Value::Bool(self.num(insn, 1) < self.num(insn, 2)),
            Op::LeF64 => Value::Bool(self.num(insn, 1) <= self.num(insn, 2)),
            Op::EqF64 => Value::Bool(same(self.num(insn, 1), self.num(insn, 2))),
            _ => return self.control(insn),
        };
        self.set(insn, value)
    }

    fn control(&mut self, insn: &Insn<'_>) -> Next {
        let same = |a: f64, b: f64| a == b || (a - b).abs() < f64::EPSILON;
        let k = || Self::constant(insn);
        let is_taken = match insn.op {
            Op::Jump => true,
            Op::JumpTrue => self.bool(insn, 0),
            Op::JumpFalse => !self.bool(insn, 0),
            Op::JumpTruthy => self.reg(insn, 0).is_truthy(),
            Op::JumpFalsy => !self.reg(insn, 0).is_truthy(),
            Op::JumpNull => matches!(self.reg(insn, 0), Value::Null),
            Op::JumpNotNull => !matches!(self.reg(insn, 0), Value::Null),
            Op::JumpLtF64 => self.num(insn, 0) < self.num(insn, 1),
            Op::JumpLeF64 => self.num(insn, 0) <= self.num(insn, 1),
            Op::JumpNltF64 => !(self.num(insn, 0) < self.num(insn, 1)),
            Op::JumpNleF64 => !(self.num(insn, 0) <= self.num(insn, 1)),
            Op::JumpEqF64 => same(self.num(insn, 0), self.num(insn, 1)),
            Op::JumpNeF64 => !same(self.num(insn, 0), self.num(insn, 1)),
            Op::JumpLtF64K => self.num(insn, 0) < k(),
            Op::JumpLeF64K => self.num(insn, 0) <= k(),
            Op::JumpGtF64K => self.num(insn, 0) > k(),
            Op::JumpGeF64K => self.num(insn, 0) >= k(),
            Op::JumpNltF64K => !(self.num(insn, 0) < k()),
            Op::JumpNleF64K => !(self.num(insn, 0) <= k()),
            Op::JumpNgtF64K => !(self.num(insn, 0) > k()),
            Op::JumpNgeF64K => !(self.num(insn, 0) >= k()),
            Op::JumpEqF64K => same(self.num(insn, 0), k()),
            Op::JumpNeF64K => !same(self.num(insn, 0), k()),
            Op::ForLtF64 | Op::ForLeF64 => {
                let i = self.num(insn, 0) + k();
                let limit = self.num(insn, 1);
                self.set(insn, Value::Num(i));
                if insn.op == Op::ForLtF64 { i < limit } else { i <= limit }
            }
            Op::SwitchF64 => {
                let on = self.num(insn, 0);
                let entry = insn.targets().enumerate().find(|(i, _)| *i as f64 == on);
                return entry.map_or(Next::Fall, |(_, to)| Next::Jump(to));
            }
            Op::Ret => return Next::Return(self.reg(insn, 0)),
            Op::RetNull => return Next::Return(Value::Null),
            Op::Throw => return Next::Throw(self.reg(insn, 0)),
            Op::Raise => {
                let kind = ErrorKind::from_code(insn.imm8().unwrap()).unwrap();
                return Next::Throw(self.error(kind, String::new()));
            }
            Op::Print => {
                let kind = insn.imm8().unwrap();
                self.output.push(format!("{kind}:{}", self.reg(insn, 0).display()));
                return Next::Fall;
            }
            Op::ArraySet | Op::ArraySetBool => {
                let value = self.reg(insn, 2);
                self.array(insn, 0).borrow_mut()[self.num(insn, 1) as usize] = value;
                return Next::Fall;
            }
            Op::SetGlobal => {
                let global = insn.id(hyp_bytecode::op::Kind::Global).unwrap();
                self.globals[global as usize] = self.reg(insn, 0);
                return Next::Fall;
            }
            op => panic!("{op:?} is not supported"),
        };
        Self::branch(insn, is_taken)
    }
}

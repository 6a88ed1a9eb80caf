//! Executing one row of the table.

use std::cell::RefCell;
use std::rc::Rc;

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::{ErrorKind, FuncId, StrId, TypeKind};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};

use super::frame::Frame;
use super::{Composite, Evaluator, Iteration, Stop, Value};
use crate::ir::{InstData, ModuleFacts};
use crate::number;

type Run<T = Value> = Result<T, Stop>;

/// Operands of the instruction being executed.
struct Row<'a, 'f> {
    data: &'a InstData,
    frame: &'a Frame<'f>,
}

impl Row<'_, '_> {
    fn arg(&self, i: usize) -> Value {
        self.frame.get(self.data.args[i])
    }

    fn args_from(&self, start: usize) -> Vec<Value> {
        self.data.args[start..].iter().map(|v| self.frame.get(*v)).collect()
    }

    fn num(&self, i: usize) -> f64 {
        match self.arg(i) {
            Value::Num(x) => x,
            _ => f64::NAN,
        }
    }

    fn int(&self, i: usize) -> i64 {
        match self.arg(i) {
            Value::Int(x) => x,
            _ => 0,
        }
    }

    fn imm(&self) -> u64 {
        self.data.imms[0]
    }

    fn k(&self) -> f64 {
        f64::from_bits(self.imm())
    }
}

fn array(items: Vec<Value>) -> Value {
    Value::Array(Rc::new(RefCell::new(items)))
}

fn int32(x: i32) -> Value {
    Value::Num(f64::from(x))
}

/// Executes a row; the result is null if the row has none.
pub(super) fn execute(e: &mut Evaluator<'_>, frame: &Frame<'_>, op: Op, data: &InstData) -> Run {
    let row = Row { data, frame };
    if let Some(value) = number_row(op, &row) {
        return Ok(value);
    }
    if let Some(result) = conversion_row(e, op, &row) {
        return result;
    }
    if let Some(result) = tagged_row(e, op, &row) {
        return result;
    }
    heap_row(e, op, &row)
}

/// Rows on raw operands; they cannot fail.
fn number_row(op: Op, r: &Row<'_, '_>) -> Option<Value> {
    let num = Value::Num;
    Some(match op {
        Op::LoadF64 => num(r.k()),
        Op::LoadI64 => Value::Int(r.imm() as i64),
        Op::AddF64 => num(r.num(0) + r.num(1)),
        Op::SubF64 => num(r.num(0) - r.num(1)),
        Op::MulF64 => num(r.num(0) * r.num(1)),
        Op::DivF64 => num(r.num(0) / r.num(1)),
        Op::ModF64 => num(r.num(0) % r.num(1)),
        Op::PowF64 => num(r.num(0).powf(r.num(1))),
        Op::AddF64K => num(r.num(0) + r.k()),
        Op::RsubF64K => num(r.k() - r.num(0)),
        Op::MulF64K => num(r.num(0) * r.k()),
        Op::DivF64K => num(r.num(0) / r.k()),
        Op::RdivF64K => num(r.k() / r.num(0)),
        Op::ModF64K => num(r.num(0) % r.k()),
        Op::NegF64 => num(-r.num(0)),
        Op::AbsF64 => num(r.num(0).abs()),
        Op::SqrtF64 => num(r.num(0).sqrt()),
        Op::FloorF64 => num(r.num(0).floor()),
        Op::CeilF64 => num(r.num(0).ceil()),
        Op::TruncF64 => num(r.num(0).trunc()),
        Op::MinF64 => num(r.num(0).min(r.num(1))),
        Op::MaxF64 => num(r.num(0).max(r.num(1))),
        Op::BitAnd => int32(number::to_i32(r.num(0)) & number::to_i32(r.num(1))),
        Op::BitOr => int32(number::to_i32(r.num(0)) | number::to_i32(r.num(1))),
        Op::BitXor => int32(number::to_i32(r.num(0)) ^ number::to_i32(r.num(1))),
        Op::BitShl => int32(number::to_i32(r.num(0)).wrapping_shl(number::to_i32(r.num(1)) as u32)),
        Op::BitShr => int32(number::to_i32(r.num(0)).wrapping_shr(number::to_i32(r.num(1)) as u32)),
        Op::BitNot => int32(!number::to_i32(r.num(0))),
        Op::AddI64 => Value::Int(r.int(0).wrapping_add(r.int(1))),
        Op::SubI64 => Value::Int(r.int(0).wrapping_sub(r.int(1))),
        Op::MulI64 => Value::Int(r.int(0).wrapping_mul(r.int(1))),
        Op::I64ToF64 => num(r.int(0) as f64),
        Op::F64ToI64 => Value::Int((r.num(0) as i64).clamp(-(1 << 53), 1 << 53)),
        Op::LtF64 => Value::Bool(r.num(0) < r.num(1)),
        Op::LeF64 => Value::Bool(r.num(0) <= r.num(1)),
        Op::EqF64 => Value::Bool(number::is_equal(r.num(0), r.num(1))),
        Op::LtI64 => Value::Bool(r.int(0) < r.int(1)),
        Op::LeI64 => Value::Bool(r.int(0) <= r.int(1)),
        Op::EqI64 => Value::Bool(r.int(0) == r.int(1)),
        Op::EqBool => Value::Bool(r.arg(0).is_truthy() == r.arg(1).is_truthy()),
        Op::LoadBool => Value::Bool(r.imm() != 0),
        Op::LoadImm => match r.imm() {
            0 => Value::Null,
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            _ => Value::Missing,
        },
        Op::LoadFunc => Value::Closure(FuncId(r.imm() as u32), Rc::from([])),
        Op::LoadBuiltin => Value::Builtin(r.imm() as u32),
        Op::LoadSession => Value::Session(TypeId(r.imm() as u32)),
        Op::BoxBool => r.arg(0),
        Op::Truthy => Value::Bool(r.arg(0).is_truthy()),
        Op::Not => Value::Bool(!r.arg(0).is_truthy()),
        Op::IsNull => Value::Bool(matches!(r.arg(0), Value::Null)),
        Op::IsPassed => Value::Bool(!matches!(r.arg(0), Value::Missing)),
        _ => return None,
    })
}

fn conversion_row(e: &Evaluator<'_>, op: Op, r: &Row<'_, '_>) -> Option<Run> {
    let checked = |ok: bool, expected: &str| {
        if ok { Ok(r.arg(0)) } else { Err(e.type_error(expected, &r.arg(0), r.data)) }
    };
    let arg = r.data.args.first().map_or(Value::Null, |v| r.frame.get(*v));
    let is_null = matches!(arg, Value::Null);
    Some(match op {
        Op::LoadStr => Ok(Value::Str(e.text(StrId(r.imm() as u32)))),
        Op::CheckF64 => checked(matches!(arg, Value::Num(_)), "number"),
        Op::CheckBool => checked(matches!(arg, Value::Bool(_)), "boolean"),
        Op::CheckStr => checked(is_null || matches!(arg, Value::Str(_)), "string"),
        Op::CheckArray => checked(is_null || matches!(arg, Value::Array(_)), "array"),
        Op::CheckRef => {
            let ty = TypeId(r.imm() as u32);
            checked(is_null || matches!(&arg, Value::Composite(c) if c.ty == ty), "reference")
        }
        Op::CheckType | Op::IsType => {
            let desc = e.unit.descs.get(r.imm() as usize);
            let ok = desc.is_some_and(|d| arg.matches(d, e.unit));
            if op == Op::IsType { Ok(Value::Bool(ok)) } else { checked(ok, "other type") }
        }
        Op::ToNum => e.to_number(&arg).map(Value::Num),
        Op::Oscillate => match arg {
            Value::Bool(b) => Ok(Value::Bool(!b)),
            _ => Err(e.type_error("boolean", &arg, r.data)),
        },
        Op::Snapshot => Ok(arg.snapshot(0)),
        _ => return None,
    })
}

fn tagged_row(e: &Evaluator<'_>, op: Op, r: &Row<'_, '_>) -> Option<Run> {
    Some(match op {
        Op::AddAny => e.add(&r.arg(0), &r.arg(1)),
        Op::AddAnyK => e.add(&r.arg(0), &Value::Num(r.k())),
        Op::SubAny => e.numbers(r, |a, b| a - b),
        Op::MulAny => e.numbers(r, |a, b| a * b),
        Op::DivAny => e.numbers(r, |a, b| a / b),
        Op::ModAny => e.numbers(r, |a, b| a % b),
        Op::PowAny => match (r.arg(0), r.arg(1)) {
            (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(a ^ b)),
            _ => e.numbers(r, f64::powf),
        },
        Op::NegAny => e.to_number(&r.arg(0)).map(|x| Value::Num(-x)),
        Op::LtAny => e.order(r, |o| o.is_lt()),
        Op::LeAny => e.order(r, |o| o.is_le()),
        Op::EqAny => Ok(Value::Bool(r.arg(0).is_equal(&r.arg(1), e.unit))),
        Op::Concat => {
            let parts: Vec<_> = r.args_from(0).iter().map(|v| v.display()).collect();
            Ok(Value::Str(parts.concat().into()))
        }
        _ => return None,
    })
}

fn heap_row(e: &mut Evaluator<'_>, op: Op, r: &Row<'_, '_>) -> Run {
    match op {
        Op::NewArray => Ok(array(r.args_from(0))),
        Op::ArrayGet => e.get_index(&r.arg(0), &r.arg(1)),
        Op::ArrayGetF64 => match e.get_index(&r.arg(0), &r.arg(1))? {
            Value::Num(x) => Ok(Value::Num(x)),
            other => Err(e.type_error("number", &other, r.data)),
        },
        Op::ArrayGetBool => match e.get_index(&r.arg(0), &r.arg(1))? {
            Value::Bool(b) => Ok(Value::Bool(b)),
            other => Err(e.type_error("boolean", &other, r.data)),
        },
        Op::ArraySet | Op::ArraySetBool | Op::SetIndex => {
            e.set_index(&r.arg(0), &r.arg(1), r.arg(2))
        }
        Op::GetIndex => e.get_index(&r.arg(0), &r.arg(1)),
        Op::GetIndexOpt => match e.get_index(&r.arg(0), &r.arg(1)) {
            Err(Stop::Throw(Value::Error(err))) if err.0 == ErrorKind::Index => Ok(Value::Null),
            other => other,
        },
        Op::Length => e.length(&r.arg(0)),
        Op::ArrayPush | Op::ArrayPushBool => e.push(&r.arg(0), r.arg(1)),
        Op::NewObject => {
            let args = r.args_from(0);
            let pairs = args.chunks_exact(2);
            let pairs = pairs.map(|kv| (kv[0].display().into(), kv[1].clone())).collect();
            Ok(Value::Object(Rc::new(RefCell::new(pairs))))
        }
        Op::NewCell => Ok(Value::Cell(Rc::new(RefCell::new(r.arg(0))))),
        Op::GetCell => match r.arg(0) {
            Value::Cell(cell) => e.declared(cell.borrow().clone()),
            _ => Err(Stop::Unsupported("not a cell".to_owned())),
        },
        Op::SetCell => {
            if let Value::Cell(cell) = r.arg(0) {
                *cell.borrow_mut() = r.arg(1);
            }
            Ok(Value::Null)
        }
        Op::CheckDepth => e.check_depth(r.imm() as usize),
        Op::GetUpvalue => Ok(r.frame.captures[r.imm() as usize].clone()),
        Op::MakeClosure => Ok(Value::Closure(FuncId(r.imm() as u32), r.args_from(0).into())),
        Op::GetGlobal => e.declared(e.globals[r.imm() as usize].clone()),
        Op::SetGlobal => {
            e.globals[r.imm() as usize] = r.arg(0);
            Ok(Value::Null)
        }
        Op::Print => {
            let text = format!("{}:{}", r.imm(), r.arg(0).display());
            e.output.push(text);
            Ok(Value::Null)
        }
        Op::ReadExternal => Ok(Value::Null),
        Op::Suspend => Ok(Value::Null),
        // There is one task and no promise.
        Op::Await => Ok(r.arg(0)),
        Op::BeginTask => Err(Stop::Unsupported("tasks".to_owned())),
        Op::IterNew | Op::IterNext | Op::IterKey | Op::IterValue => iterator_row(e, op, r),
        Op::Call | Op::CallValue | Op::CallMethod | Op::CallBuiltin => call_row(e, op, r),
        _ => composite_row(e, op, r),
    }
}

fn iterator_row(e: &Evaluator<'_>, op: Op, r: &Row<'_, '_>) -> Run {
    if op == Op::IterNew {
        let pairs = match r.arg(0) {
            Value::Array(_) => Vec::new(),
            Value::Str(text) => {
                let chars = text.chars().enumerate();
                chars
                    .map(|(i, c)| (Value::Num(i as f64), Value::Str(String::from(c).into())))
                    .collect()
            }
            Value::Object(pairs) => {
                let pairs = pairs.borrow();
                pairs.iter().map(|(k, v)| (Value::Str(k.clone()), v.clone())).collect()
            }
            other => {
                let message = format!("Cannot iterate over '{}'", other.display());
                return Err(e.error(ErrorKind::Type, message));
            }
        };
        let state = Iteration { source: r.arg(0), pairs, at: 0, current: None };
        return Ok(Value::Iter(Rc::new(RefCell::new(state))));
    }
    let Value::Iter(state) = r.arg(0) else {
        return Err(Stop::Unsupported("not an iterator".to_owned()));
    };
    let state = &mut *state.borrow_mut();
    if op == Op::IterNext {
        // Arrays may change meanwhile.
        let next = match &state.source {
            Value::Array(items) => {
                let item = items.borrow().get(state.at).cloned();
                item.map(|item| (Value::Num(state.at as f64), item))
            }
            _ => state.pairs.get(state.at).cloned(),
        };
        let more = next.is_some();
        if more {
            state.at += 1;
            state.current = next;
        }
        return Ok(Value::Bool(more));
    }
    let (key, value) = state.current.clone().unwrap_or((Value::Null, Value::Null));
    Ok(if op == Op::IterKey { key } else { value })
}

fn call_row(e: &mut Evaluator<'_>, op: Op, r: &Row<'_, '_>) -> Run {
    match op {
        Op::Call => e.call(FuncId(r.imm() as u32), &r.args_from(0), &Rc::from([])),
        Op::CallValue => e.call_value(&r.arg(0), r.args_from(1)),
        Op::CallBuiltin => e.call_builtin(r.imm() as u32, &r.args_from(0)),
        _ => {
            let name = StrId(r.imm() as u32);
            let receiver = r.arg(0);
            let callee = e.get_member(&receiver, name)?;
            e.call_value(&callee, r.args_from(1))
        }
    }
}

fn composite_row(e: &Evaluator<'_>, op: Op, r: &Row<'_, '_>) -> Run {
    let composite =
        |ty, fields| Value::Composite(Rc::new(Composite { ty, fields: RefCell::new(fields) }));
    match op {
        Op::NewRecord => Ok(composite(TypeId(r.imm() as u32), r.args_from(0))),
        Op::NewInstance => {
            let ty = TypeId(r.imm() as u32);
            let fields = e.unit.type_of(ty).map_or(&[][..], |t| &t.fields);
            let start = |rep| if rep == Rep::F64 { Value::Num(0.0) } else { Value::Null };
            Ok(composite(ty, fields.iter().map(|f| start(f.rep)).collect()))
        }
        Op::CopyRecord => match r.arg(0) {
            Value::Composite(c) => Ok(composite(c.ty, c.fields.borrow().clone())),
            other => Err(e.type_error("record", &other, r.data)),
        },
        Op::GetField | Op::SetField => {
            let slot = r.imm() as usize;
            let Value::Composite(c) = r.arg(0) else {
                let Rep::Ref(ty) = r.frame.func.rep(r.data.args[0]) else {
                    return Err(Stop::Unsupported("not a reference".to_owned()));
                };
                let name = e.unit.type_of(ty).and_then(|t| t.fields.get(slot)).map(|f| f.name);
                return Err(e.no_member(&Value::Null, name.unwrap_or(StrId(0))));
            };
            if op == Op::SetField {
                c.fields.borrow_mut()[slot] = r.arg(1);
                return Ok(Value::Null);
            }
            let value = c.fields.borrow()[slot].clone();
            Ok(value)
        }
        Op::GetMember => e.get_member(&r.arg(0), StrId(r.imm() as u32)),
        Op::SetMember => e.set_member(&r.arg(0), StrId(r.imm() as u32), r.arg(1), r.data),
        _ => Err(Stop::Unsupported(op.spec().name.to_owned())),
    }
}

impl Evaluator<'_> {
    pub(super) fn count_step(&mut self) -> Run<()> {
        self.steps_left = self.steps_left.checked_sub(1).ok_or(Stop::StepLimit)?;
        Ok(())
    }

    pub(super) fn text(&self, id: StrId) -> Rc<str> {
        self.unit.string(id).unwrap_or_default().into()
    }

    fn type_error(&self, expected: &str, got: &Value, data: &InstData) -> Stop {
        let place = data.note.map_or(String::new(), |n| format!(" ({})", self.text(n)));
        let message = format!("expected {expected}, got {}{place}", got.kind_name());
        self.error(ErrorKind::Type, message)
    }

    fn to_number(&self, value: &Value) -> Run<f64> {
        match value {
            Value::Num(x) => Ok(*x),
            Value::Bool(b) => Ok(f64::from(u8::from(*b))),
            Value::Str(s) => number::parse(s).ok_or_else(|| {
                self.error(ErrorKind::Type, format!("Cannot convert '{s}' to number"))
            }),
            _ => Err(self.error(ErrorKind::Type, "Cannot convert to number".to_owned())),
        }
    }

    fn add(&self, a: &Value, b: &Value) -> Run {
        if matches!(a, Value::Str(_)) || matches!(b, Value::Str(_)) {
            let text = a.display() + &b.display();
            return Ok(Value::Str(text.into()));
        }
        let a = self.to_number(a)?;
        Ok(Value::Num(a + self.to_number(b)?))
    }

    fn numbers(&self, r: &Row<'_, '_>, f: impl Fn(f64, f64) -> f64) -> Run {
        let a = self.to_number(&r.arg(0))?;
        Ok(Value::Num(f(a, self.to_number(&r.arg(1))?)))
    }

    fn order(&self, r: &Row<'_, '_>, holds: impl Fn(std::cmp::Ordering) -> bool) -> Run {
        let ordering = match (r.arg(0), r.arg(1)) {
            (Value::Str(a), Value::Str(b)) => Some(a.chars().cmp(b.chars())),
            (a, b) => {
                let a = self.to_number(&a)?;
                a.partial_cmp(&self.to_number(&b)?)
            }
        };
        Ok(Value::Bool(ordering.is_some_and(holds)))
    }

    fn declared(&self, value: Value) -> Run {
        match value {
            Value::Missing => Err(self.error(ErrorKind::Undefined, "not found".to_owned())),
            value => Ok(value),
        }
    }

    /// Position of an index value among `len` elements.
    fn position(&self, index: &Value, len: usize) -> Run<usize> {
        let x = self.to_number(index)?.trunc();
        if x >= 0.0 && x < len as f64 {
            return Ok(x as usize);
        }
        let message = format!("Index {} out of bounds", number::display(x));
        Err(self.error(ErrorKind::Index, message))
    }

    fn get_index(&self, base: &Value, index: &Value) -> Run {
        match (base, index) {
            (Value::Array(items), _) => {
                let items = items.borrow();
                Ok(items[self.position(index, items.len())?].clone())
            }
            (Value::Str(text), _) => {
                let at = self.position(index, text.chars().count())?;
                let one: String = text.chars().skip(at).take(1).collect();
                Ok(Value::Str(one.into()))
            }
            (Value::Object(pairs), _) => {
                let key = index.display();
                let pairs = pairs.borrow();
                let found = pairs.iter().find(|(k, _)| **k == *key);
                Ok(found.map_or(Value::Null, |(_, v)| v.clone()))
            }
            (Value::Composite(c), Value::Str(name)) if self.is_record(c.ty) => {
                let field = self.unit.field_by_name(c.ty, self.unit.string_id(name));
                Ok(field.map_or(Value::Null, |f| c.fields.borrow()[usize::from(f.slot)].clone()))
            }
            _ => Err(self.error(ErrorKind::Type, "Cannot index non-array".to_owned())),
        }
    }

    fn is_record(&self, ty: TypeId) -> bool {
        self.unit.type_kind(ty) == Some(TypeKind::Record)
    }

    fn set_index(&self, base: &Value, index: &Value, value: Value) -> Run {
        match base {
            Value::Array(items) => {
                let len = items.borrow().len();
                let at = self.position(index, len)?;
                items.borrow_mut()[at] = value;
            }
            Value::Object(pairs) => set_pair(&mut pairs.borrow_mut(), index.display(), value),
            _ => return Err(self.error(ErrorKind::Type, "Cannot index non-array".to_owned())),
        }
        Ok(base.clone())
    }

    fn length(&self, value: &Value) -> Run {
        match value {
            Value::Array(items) => Ok(Value::Num(items.borrow().len() as f64)),
            Value::Str(text) => Ok(Value::Num(text.chars().count() as f64)),
            _ => {
                let message = "Function 'Length' expects string or array argument".to_owned();
                Err(self.error(ErrorKind::Type, message))
            }
        }
    }

    fn push(&self, base: &Value, value: Value) -> Run {
        match base {
            Value::Array(items) => {
                items.borrow_mut().push(value);
                Ok(base.clone())
            }
            _ => Err(self.error(ErrorKind::Type, "expected array argument".to_owned())),
        }
    }

    fn no_member(&self, value: &Value, name: StrId) -> Stop {
        let (name, shown) = (self.text(name), value.display());
        let message = format!("Cannot access member '{name}' on value '{shown}'");
        self.error(ErrorKind::Runtime, message)
    }

    fn get_member(&self, base: &Value, name: StrId) -> Run {
        match base {
            Value::Composite(c) => {
                if let Some(field) = self.unit.field_by_name(c.ty, name) {
                    return Ok(c.fields.borrow()[usize::from(field.slot)].clone());
                }
                match self.unit.method_by_name(c.ty, name) {
                    Some(method) if !method.is_static => Ok(Value::Bound(method.func, c.clone())),
                    _ => Err(self.no_member(base, name)),
                }
            }
            Value::Object(pairs) => {
                let text = self.text(name);
                let pairs = pairs.borrow();
                let found = pairs.iter().find(|(k, _)| *k == text);
                found.map(|(_, v)| v.clone()).ok_or_else(|| self.no_member(base, name))
            }
            _ => Err(self.no_member(base, name)),
        }
    }

    fn set_member(&self, base: &Value, name: StrId, value: Value, data: &InstData) -> Run {
        match base {
            Value::Composite(c) => {
                let field = self.unit.field_by_name(c.ty, name);
                let field = field.ok_or_else(|| self.no_member(base, name))?;
                if field.rep == Rep::F64 && !matches!(value, Value::Num(_)) {
                    return Err(self.type_error("number", &value, data));
                }
                let mut fields = c.fields.borrow().clone();
                fields[usize::from(field.slot)] = value;
                if self.unit.type_kind(c.ty) == Some(TypeKind::Session) {
                    *c.fields.borrow_mut() = fields;
                    return Ok(base.clone());
                }
                let changed = Composite { ty: c.ty, fields: RefCell::new(fields) };
                Ok(Value::Composite(Rc::new(changed)))
            }
            Value::Object(pairs) => {
                set_pair(&mut pairs.borrow_mut(), self.text(name).to_string(), value);
                Ok(base.clone())
            }
            _ => Err(self.no_member(base, name)),
        }
    }

    fn call_value(&mut self, callee: &Value, mut args: Vec<Value>) -> Run {
        let empty: Rc<[Value]> = Rc::from([]);
        let (func, captures) = match callee {
            Value::Closure(func, captures) => (*func, captures.clone()),
            Value::Bound(func, receiver) => {
                args.insert(0, Value::Composite(receiver.clone()));
                (*func, empty)
            }
            Value::Session(ty) => {
                let constructor = self.unit.type_of(*ty).and_then(|t| t.constructor);
                (constructor.ok_or_else(|| Stop::Unsupported("no constructor".into()))?, empty)
            }
            Value::Builtin(code) => return self.call_builtin(*code, &args),
            _ => {
                return Err(self.error(ErrorKind::Runtime, "Value is not callable".to_owned()));
            }
        };
        let params = self.unit.param_reps(func);
        let required = self.unit.n_required(func);
        if args.len() < required || args.len() > params.len() {
            let message = format!("Expected {} arguments, received {}", params.len(), args.len());
            return Err(self.error(ErrorKind::Runtime, message));
        }
        args.resize(params.len(), Value::Missing);
        self.check_arguments(func, &params, &args)?;
        self.call(func, &args, &captures)
    }

    /// What a dynamic call checks: arguments for typed parameters.
    fn check_arguments(&self, func: FuncId, params: &[Rep], args: &[Value]) -> Run<()> {
        for (i, (rep, arg)) in params.iter().zip(args).enumerate() {
            let (ok, expected) = match rep {
                Rep::F64 => (matches!(arg, Value::Num(_)), "number"),
                Rep::Ref(TypeId::STRING) => (matches!(arg, Value::Str(_) | Value::Null), "string"),
                Rep::Ref(TypeId::ARRAY) => (matches!(arg, Value::Array(_) | Value::Null), "array"),
                Rep::Ref(ty) => {
                    let fits = matches!(arg, Value::Composite(c) if c.ty == *ty);
                    (fits || matches!(arg, Value::Null), "reference")
                }
                _ => (true, ""),
            };
            if !ok {
                let place = self.unit.param_note(func, i);
                let place = place.map_or(String::new(), |n| format!(" ({})", self.text(n)));
                let message = format!("expected {expected}, got {}{place}", arg.kind_name());
                return Err(self.error(ErrorKind::Type, message));
            }
        }
        Ok(())
    }

    fn call_builtin(&mut self, code: u32, args: &[Value]) -> Run {
        let name = Builtin::from_code(code).map_or("", |b| b.spec().name);
        match (name, args) {
            ("ArrayLength", [a @ Value::Array(_)]) | ("Length", [a]) => self.length(a),
            ("ArrayPush", [a, v]) => self.push(a, v.clone()),
            ("Sqrt", [x]) => Ok(Value::Num(self.to_number(x)?.sqrt())),
            ("ArrayLength", _) => {
                Err(self.error(ErrorKind::Type, "expected array argument".to_owned()))
            }
            _ => Err(Stop::Unsupported(format!("builtin {name}"))),
        }
    }
}

fn set_pair(pairs: &mut Vec<(Rc<str>, Value)>, key: String, value: Value) {
    match pairs.iter_mut().find(|(k, _)| **k == *key) {
        Some((_, old)) => *old = value,
        None => pairs.push((key.into(), value)),
    }
}

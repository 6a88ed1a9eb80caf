//! The rules: which operation becomes which, given the kinds of its operands.

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::{DescId, FuncId, StrId, TypeKind, limit};
use hyp_bytecode::op::{Effects, Op};
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::{SmallVec, smallvec};

use super::calls;
use super::kind::Kind;
use super::rewrite::{Args, Imms, Outcome, Rewriter};
use crate::ir::{Inst, Opcode, Value};
use crate::pass::fold::constant_form;

/// Decides about an instruction whose operands are resolved.
pub(super) fn apply(r: &mut Rewriter<'_>, op: Op, inst: Inst) -> Outcome {
    match op {
        Op::Truthy | Op::BoxBool | Op::Not | Op::IsNull | Op::IsPassed | Op::IsType => {
            condition(r, op, inst)
        }
        Op::CheckF64
        | Op::CheckBool
        | Op::CheckStr
        | Op::CheckArray
        | Op::CheckRef
        | Op::CheckType
        | Op::ToNum
        | Op::Oscillate
        | Op::Snapshot => conversion(r, op, inst),
        Op::AddAny
        | Op::SubAny
        | Op::MulAny
        | Op::DivAny
        | Op::ModAny
        | Op::PowAny
        | Op::NegAny
        | Op::AddAnyK => arithmetic(r, op, inst),
        Op::AddF64 | Op::SubF64 | Op::MulF64 | Op::DivF64 | Op::ModF64 => {
            let (a, b) = pair(r, inst);
            with_constant(r, op, a, b).unwrap_or(Outcome::Keep)
        }
        Op::LtAny | Op::LeAny | Op::EqAny => comparison(r, op, inst),
        Op::GetIndex | Op::SetIndex => index(r, op, inst),
        Op::ArraySet => array_set(r, inst),
        Op::ArrayPush => {
            let (array, value) = pair(r, inst);
            array_push(r, array, value)
        }
        Op::GetField | Op::SetField => {
            let object = r.data(inst).args[0];
            r.note_non_null(object);
            Outcome::Keep
        }
        Op::GetMember => get_member(r, inst),
        Op::SetMember => set_member(r, inst),
        Op::CallMethod => call_method(r, inst),
        Op::CallValue => call_value(r, inst),
        Op::CallBuiltin => call_builtin(r, inst),
        _ => Outcome::Keep,
    }
}

fn first(r: &Rewriter<'_>, inst: Inst) -> Value {
    r.data(inst).args[0]
}

fn pair(r: &Rewriter<'_>, inst: Inst) -> (Value, Value) {
    let args = &r.data(inst).args;
    (args[0], args[1])
}

fn imm(r: &Rewriter<'_>, inst: Inst) -> u64 {
    r.data(inst).imms[0]
}

fn replace(op: Op, args: &[Value], imms: &[u64]) -> Outcome {
    Outcome::Replace(op, SmallVec::from_slice(args), SmallVec::from_slice(imms))
}

fn load_bool(x: bool) -> Outcome {
    replace(Op::LoadBool, &[], &[u64::from(x)])
}

// ---- conditions

fn condition(r: &mut Rewriter<'_>, op: Op, inst: Inst) -> Outcome {
    let v = first(r, inst);
    let kind = r.kind(v);
    match op {
        Op::Truthy => truthy(r, v),
        Op::BoxBool => box_bool(r, v),
        Op::Not => r.operand_of(Op::Not, v).map_or(Outcome::Keep, Outcome::Alias),
        Op::IsNull if r.is_non_null(v) => load_bool(false),
        Op::IsNull if kind.is(Kind::NULL) => load_bool(true),
        Op::IsPassed if !kind.has(Kind::MISSING) => load_bool(true),
        Op::IsType => match r.facts.desc(DescId(imm(r, inst) as u32)) {
            Some(desc) if kind.fits(&desc, r.facts) && !kind.has(Kind::MISSING) => load_bool(true),
            Some(desc) if kind.is_disjoint(&desc) => load_bool(false),
            _ => Outcome::Keep,
        },
        _ => Outcome::Keep,
    }
}

/// A boolean that was unboxed is boxed already.
fn box_bool(r: &Rewriter<'_>, v: Value) -> Outcome {
    // A passed check proves that its operand is a boolean; its truth alone does not.
    let checked = r.operand_of(Op::CheckBool, v);
    let tested = r.operand_of(Op::Truthy, v).filter(|of| r.kind(*of).is(Kind::BOOL));
    match checked.or(tested) {
        Some(of) if r.rep(of) == Rep::Any => Outcome::Alias(of),
        _ => Outcome::Keep,
    }
}

fn truthy(r: &mut Rewriter<'_>, v: Value) -> Outcome {
    if r.changes.is_raw_bool.get(v.0 as usize) == Some(&true) {
        return Outcome::Alias(v);
    }
    if let Some(raw) = r.operand_of(Op::BoxBool, v) {
        return Outcome::Alias(raw);
    }
    let kind = r.kind(v);
    let always = Kind::FUNC.or(Kind::COMPOSITE);
    if kind.is(always) {
        load_bool(true)
    } else if kind.is(Kind::NULL) {
        load_bool(false)
    } else if kind.is(always.or(Kind::NULL)) {
        let is_null = r.insert(Op::IsNull, &[v], &[], Kind::BOOL, None);
        replace(Op::Not, &[is_null], &[])
    } else {
        Outcome::Keep
    }
}

/// The raw boolean that a tagged one was made from, or a constant one.
fn raw_bool(r: &mut Rewriter<'_>, v: Value) -> Option<Value> {
    if let Some(raw) = r.operand_of(Op::BoxBool, v) {
        return Some(raw);
    }
    match r.def(v)? {
        (Op::LoadImm, imm @ (1 | 2)) => {
            Some(r.insert(Op::LoadBool, &[], &[imm - 1], Kind::BOOL, None))
        }
        _ => None,
    }
}

// ---- conversions

fn conversion(r: &mut Rewriter<'_>, op: Op, inst: Inst) -> Outcome {
    let v = first(r, inst);
    let (rep, kind) = (r.rep(v), r.kind(v));
    let alias_if = |holds: bool| if holds { Outcome::Alias(v) } else { Outcome::Keep };
    match op {
        Op::CheckF64 if rep == Rep::F64 => Outcome::Alias(v),
        Op::CheckF64 => check_element(r, v, inst, Op::ArrayGetF64),
        Op::CheckBool => match raw_bool(r, v) {
            Some(raw) => Outcome::Alias(raw),
            None => check_element(r, v, inst, Op::ArrayGetBool),
        },
        Op::CheckStr => alias_if(rep == Rep::Ref(TypeId::STRING)),
        Op::CheckArray => alias_if(rep == Rep::Ref(TypeId::ARRAY)),
        Op::CheckRef => alias_if(rep == Rep::Ref(TypeId(imm(r, inst) as u32))),
        Op::CheckType => {
            let desc = r.facts.desc(DescId(imm(r, inst) as u32));
            alias_if(desc.is_some_and(|d| kind.fits(&d, r.facts)))
        }
        Op::ToNum if rep == Rep::F64 => Outcome::Alias(v),
        Op::ToNum if kind.is(Kind::NUM) => replace(Op::CheckF64, &[v], &[]),
        Op::Snapshot => {
            let scalar = Kind::NUM.or(Kind::STR).or(Kind::BOOL).or(Kind::NULL);
            alias_if(kind.is(scalar))
        }
        Op::Oscillate => match r.operand_of(Op::BoxBool, v) {
            Some(raw) => {
                let not = r.insert(Op::Not, &[raw], &[], Kind::BOOL, None);
                replace(Op::BoxBool, &[not], &[])
            }
            None => Outcome::Keep,
        },
        _ => Outcome::Keep,
    }
}

/// The check of an element that nothing else reads: one instruction that keeps the check's note. It
/// has one place, so errors of both must have the same.
fn check_element(r: &mut Rewriter<'_>, v: Value, inst: Inst, checked: Op) -> Outcome {
    let Some(access) = r.func.def_inst(v) else { return Outcome::Keep };
    let has_same_place = access.pos == r.data(inst).pos;
    if access.op != Opcode::Op(Op::ArrayGet) || !(has_same_place || r.is_num(v)) {
        return Outcome::Keep;
    }
    let barrier = Effects(Effects::WRITES.0 | Effects::THROWS.0 | Effects::CALLS.0);
    let Some(get) = r.take_recent(v, barrier) else { return Outcome::Keep };
    let (args, pos) = (r.data(get).args.clone(), r.data(get).pos);
    r.func.insts[inst.0 as usize].pos = pos;
    Outcome::Replace(checked, args, Imms::new())
}

// ---- arithmetic and comparisons

fn arithmetic(r: &mut Rewriter<'_>, op: Op, inst: Inst) -> Outcome {
    let a = first(r, inst);
    match op {
        Op::NegAny if r.is_num(a) => {
            let a = r.as_f64(a);
            return replace(Op::NegF64, &[a], &[]);
        }
        Op::AddAnyK if r.is_num(a) => {
            let (a, k) = (r.as_f64(a), imm(r, inst));
            return replace(Op::AddF64K, &[a], &[k]);
        }
        Op::NegAny | Op::AddAnyK => return Outcome::Keep,
        _ => {}
    }
    let (a, b) = pair(r, inst);
    if r.is_num(a) && r.is_num(b) {
        let (a, b) = (r.as_f64(a), r.as_f64(b));
        let typed = match op {
            Op::AddAny => Op::AddF64,
            Op::SubAny => Op::SubF64,
            Op::MulAny => Op::MulF64,
            Op::DivAny => Op::DivF64,
            Op::ModAny => Op::ModF64,
            _ => Op::PowF64,
        };
        return with_constant(r, typed, a, b).unwrap_or_else(|| replace(typed, &[a, b], &[]));
    }
    if op != Op::AddAny {
        return Outcome::Keep;
    }
    if r.kind(a).is(Kind::STR) || r.kind(b).is(Kind::STR) {
        return concat(r, a, b);
    }
    match r.constant(b) {
        Some(k) => replace(Op::AddAnyK, &[a], &[k.to_bits()]),
        None => Outcome::Keep,
    }
}

/// Joins two values; a part that is itself a join made just before is taken apart.
fn concat(r: &mut Rewriter<'_>, a: Value, b: Value) -> Outcome {
    let barrier = Effects(Effects::WRITES.0);
    let mut parts = Args::new();
    // The right part first: it is the later one, so that what is removed is always recent.
    let right = take_concat(r, b, barrier, 1);
    let left = take_concat(r, a, barrier, right.len());
    parts.extend(left);
    parts.extend(right);
    Outcome::Replace(Op::Concat, parts, Imms::new())
}

fn take_concat(r: &mut Rewriter<'_>, v: Value, barrier: Effects, other_len: usize) -> Args {
    if !matches!(r.def(v), Some((Op::Concat, _))) {
        return smallvec![v];
    }
    let n_parts = r.func.def_inst(v).map_or(0, |d| d.args.len());
    if n_parts + other_len > limit::ARGS / 4 {
        return smallvec![v];
    }
    match r.take_recent(v, barrier) {
        Some(inner) => r.data(inner).args.clone(),
        None => smallvec![v],
    }
}

/// The form with an inline constant, if an operand is one.
fn with_constant(r: &Rewriter<'_>, op: Op, a: Value, b: Value) -> Option<Outcome> {
    let (form, operand, k) = constant_form(op, r.constant(a), r.constant(b))?;
    Some(replace(form, &[[a, b][operand]], &[k.to_bits()]))
}

fn comparison(r: &mut Rewriter<'_>, op: Op, inst: Inst) -> Outcome {
    let (a, b) = pair(r, inst);
    if r.is_num(a) && r.is_num(b) {
        let typed = match op {
            Op::LtAny => Op::LtF64,
            Op::LeAny => Op::LeF64,
            _ => Op::EqF64,
        };
        let (a, b) = (r.as_f64(a), r.as_f64(b));
        return replace(typed, &[a, b], &[]);
    }
    if op != Op::EqAny {
        return Outcome::Keep;
    }
    let (ka, kb) = (r.kind(a), r.kind(b));
    if ka.is(Kind::NULL) {
        replace(Op::IsNull, &[b], &[])
    } else if kb.is(Kind::NULL) {
        replace(Op::IsNull, &[a], &[])
    } else if !ka.is_empty() && !kb.is_empty() && !ka.has(kb) {
        load_bool(false)
    } else if ka.is(Kind::BOOL) && kb.is(Kind::BOOL) {
        match (raw_bool(r, a), raw_bool(r, b)) {
            (Some(a), Some(b)) => replace(Op::EqBool, &[a, b], &[]),
            _ => Outcome::Keep,
        }
    } else {
        Outcome::Keep
    }
}

// ---- elements and members

fn index(r: &mut Rewriter<'_>, op: Op, inst: Inst) -> Outcome {
    let (base, at) = pair(r, inst);
    if !r.is_num(at) {
        return Outcome::Keep;
    }
    if op == Op::GetIndex {
        let at = r.as_f64(at);
        return replace(Op::ArrayGet, &[base, at], &[]);
    }
    // A record would be replaced by a changed copy, which `array_set` has no result for.
    let value = r.data(inst).args[2];
    let result = r.data(inst).result;
    if r.kind(base).has(Kind::COMPOSITE) && !result.is_none_or(|v| r.is_unused(v)) {
        return Outcome::Keep;
    }
    let at = r.as_f64(at);
    match known_bool(r, value) {
        Some(raw) => r.insert_void(Op::ArraySetBool, &[base, at, raw], &[]),
        None => r.insert_void(Op::ArraySet, &[base, at, value], &[]),
    }
    Outcome::Alias(base)
}

fn array_set(r: &mut Rewriter<'_>, inst: Inst) -> Outcome {
    let mut args = r.data(inst).args.clone();
    let Some(raw) = known_bool(r, args[2]) else { return Outcome::Keep };
    args[2] = raw;
    Outcome::Replace(Op::ArraySetBool, args, Imms::new())
}

fn array_push(r: &mut Rewriter<'_>, array: Value, value: Value) -> Outcome {
    match known_bool(r, value) {
        Some(raw) => replace(Op::ArrayPushBool, &[array, raw], &[]),
        None => replace(Op::ArrayPush, &[array, value], &[]),
    }
}

/// The raw boolean of a value that is known to be a boolean.
fn known_bool(r: &mut Rewriter<'_>, v: Value) -> Option<Value> {
    if !r.kind(v).is(Kind::BOOL) {
        return None;
    }
    raw_bool(r, v).or_else(|| Some(r.insert(Op::CheckBool, &[v], &[], Kind::BOOL, None)))
}

fn get_member(r: &mut Rewriter<'_>, inst: Inst) -> Outcome {
    let (object, name) = (first(r, inst), StrId(imm(r, inst) as u32));
    let Some(ty) = r.kind(object).composite_or_null() else { return Outcome::Keep };
    let Some(field) = calls::field(r.func, r.facts, ty, name) else { return Outcome::Keep };
    let typed = r.as_ref(object, ty);
    r.note_non_null(object);
    Outcome::ReplaceRep(Op::GetField, smallvec![typed], smallvec![u64::from(field.slot)], field.rep)
}

fn set_member(r: &mut Rewriter<'_>, inst: Inst) -> Outcome {
    let ((object, value), name) = (pair(r, inst), StrId(imm(r, inst) as u32));
    let Some(ty) = r.kind(object).composite_or_null() else { return Outcome::Keep };
    if r.facts.type_kind(ty) != Some(TypeKind::Session) {
        return Outcome::Keep;
    }
    let Some(field) = calls::field(r.func, r.facts, ty, name) else { return Outcome::Keep };
    let kind = r.kind(value);
    let desc = r.facts.field_desc(ty, field.slot);
    let value = match field.rep {
        Rep::F64 if r.is_num(value) => r.as_f64(value),
        // The descriptor also says whether the field takes null.
        _ if !desc.is_some_and(|d| kind.fits(&d, r.facts)) => return Outcome::Keep,
        Rep::Ref(of) if r.rep(value) == Rep::Ref(of) => value,
        Rep::Ref(of) if kind.composite_or_null() == Some(of) => r.as_ref(value, of),
        Rep::Any => value,
        _ => return Outcome::Keep,
    };
    let typed = r.as_ref(object, ty);
    r.insert_void(Op::SetField, &[typed, value], &[u64::from(field.slot)]);
    r.note_non_null(object);
    Outcome::Alias(object)
}

// ---- calls

fn call_method(r: &mut Rewriter<'_>, inst: Inst) -> Outcome {
    let (receiver, name) = (first(r, inst), StrId(imm(r, inst) as u32));
    let (kind, n_args) = (r.kind(receiver), r.data(inst).args.len());
    let Some(target) = calls::method_target(r.func, r.facts, kind, name, n_args) else {
        return Outcome::Keep;
    };
    r.guard_non_null(receiver, inst);
    let args = r.data(inst).args.clone();
    direct_call(r, target, args)
}

fn call_value(r: &mut Rewriter<'_>, inst: Inst) -> Outcome {
    let Some((Op::LoadFunc, target)) = r.def(first(r, inst)) else { return Outcome::Keep };
    let target = FuncId(target as u32);
    let args: Args = SmallVec::from_slice(&r.data(inst).args[1..]);
    if !calls::fits_arity(r.facts, target, args.len()) {
        return Outcome::Keep;
    }
    direct_call(r, target, args)
}

/// A direct call, with the checks of arguments that a dynamic call makes.
fn direct_call(r: &mut Rewriter<'_>, target: FuncId, mut args: Args) -> Outcome {
    let params = r.facts.param_reps(target);
    for (i, &rep) in params.iter().enumerate() {
        match args.get(i).copied() {
            Some(arg) => args[i] = argument(r, target, i, arg, rep),
            None => args.push(r.insert(Op::LoadImm, &[], &[3], Kind::MISSING, None)),
        }
    }
    let rep = r.facts.result_rep(target);
    Outcome::ReplaceRep(Op::Call, args, smallvec![u64::from(target.0)], rep)
}

fn argument(r: &mut Rewriter<'_>, target: FuncId, i: usize, arg: Value, rep: Rep) -> Value {
    if rep.accepts(r.rep(arg)) {
        return arg;
    }
    let note = r.facts.param_note(target, i);
    let kind = Kind::of_rep(rep).and(r.kind(arg));
    match rep {
        Rep::F64 => r.insert(Op::CheckF64, &[arg], &[], Kind::NUM, note),
        Rep::Ref(TypeId::STRING) => r.insert(Op::CheckStr, &[arg], &[], kind, note),
        Rep::Ref(TypeId::ARRAY) => r.insert(Op::CheckArray, &[arg], &[], kind, note),
        Rep::Ref(ty) => r.insert(Op::CheckRef, &[arg], &[u64::from(ty.0)], kind, note),
        Rep::Any | Rep::I64 | Rep::Bool => arg,
    }
}

fn call_builtin(r: &mut Rewriter<'_>, inst: Inst) -> Outcome {
    let builtin = u32::try_from(imm(r, inst)).ok().and_then(Builtin::from_code);
    let name = builtin.map_or("", |b| b.spec().name);
    let args = r.data(inst).args.clone();
    match (name, &args[..]) {
        ("Length", &[v]) => replace(Op::Length, &[v], &[]),
        ("ArrayLength", &[v]) if r.kind(v).is(Kind::ARRAY.or(Kind::NULL)) => {
            r.guard_non_null(v, inst);
            replace(Op::Length, &[v], &[])
        }
        // What is not an array gets the builtin's own error.
        ("ArrayPush", &[array, v]) if r.kind(array).is(Kind::ARRAY.or(Kind::NULL)) => {
            r.guard_non_null(array, inst);
            array_push(r, array, v)
        }
        (_, &[v]) if r.is_num(v) => {
            let op = match name {
                "Sqrt" => Op::SqrtF64,
                "Abs" => Op::AbsF64,
                "Floor" => Op::FloorF64,
                "Ceil" => Op::CeilF64,
                "Trunc" => Op::TruncF64,
                "ToNumber" => return Outcome::Alias(r.as_f64(v)),
                _ => return Outcome::Keep,
            };
            let v = r.as_f64(v);
            replace(op, &[v], &[])
        }
        (_, &[a, b]) if r.is_num(a) && r.is_num(b) => {
            let op = match name {
                "Pow" => Op::PowF64,
                "Min" => Op::MinF64,
                "Max" => Op::MaxF64,
                _ => return Outcome::Keep,
            };
            let (a, b) = (r.as_f64(a), r.as_f64(b));
            replace(op, &[a, b], &[])
        }
        _ => Outcome::Keep,
    }
}

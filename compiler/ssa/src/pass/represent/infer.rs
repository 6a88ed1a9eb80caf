//! The fixpoint: kinds of all values.

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::{DescId, FuncId, StrId};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::TypeId;

use super::calls::method_target;
use super::kind::Kind;
use crate::cfg::Cfg;
use crate::ir::{Func, InstData, ModuleFacts, Opcode, Value};

/// Kinds by value.
pub(super) type Kinds = Vec<Kind>;

/// Computes the least kinds that satisfy every instruction and edge.
pub(super) fn infer(func: &Func, facts: &dyn ModuleFacts, cfg: &Cfg) -> Kinds {
    let mut kinds = vec![Kind::NONE; func.values.len()];
    for (i, param) in func.blocks[0].params.iter().enumerate() {
        let kind = Kind::of_rep(func.rep(*param));
        // Methods are only reached through an object.
        let is_receiver = i == 0 && func.has_receiver;
        kinds[param.0 as usize] = if is_receiver { kind.without(Kind::NULL) } else { kind };
    }
    for block in &func.blocks {
        if let Some(handler) = block.handler {
            for param in &func.block(handler).params {
                kinds[param.0 as usize] = Kind::ANY;
            }
        }
    }
    // In reverse postorder one sweep suffices unless a backward edge brings something new.
    let mut again = true;
    while again {
        again = false;
        for &block in &cfg.order {
            let data = func.block(block);
            for &inst in &data.insts {
                let inst = func.inst(inst);
                if let Some(result) = inst.result {
                    let kind = transfer(func, facts, &kinds, inst, result);
                    kinds[result.0 as usize] = kind;
                }
            }
            data.term.for_each_edge(|edge| {
                let is_backward = cfg.position(edge.block) <= cfg.position(block);
                for (&param, &arg) in func.block(edge.block).params.iter().zip(&edge.args) {
                    let old = kinds[param.0 as usize];
                    let new = old.or(kinds[arg.0 as usize]);
                    if new != old {
                        kinds[param.0 as usize] = new;
                        again |= is_backward;
                    }
                }
            });
        }
    }
    kinds
}

/// Kind of a result from the kinds of the operands.
fn transfer(
    func: &Func,
    facts: &dyn ModuleFacts,
    kinds: &Kinds,
    inst: &InstData,
    result: Value,
) -> Kind {
    let arg = |i: usize| kinds[inst.args[i].0 as usize];
    let by_rep = || Kind::of_rep(func.rep(result));
    let imm = inst.imms.first().copied().unwrap_or(0);
    let Opcode::Op(op) = inst.op else { return Kind::ANY };
    match op {
        Op::LoadImm => match imm {
            0 => Kind::NULL,
            1 | 2 => Kind::BOOL,
            _ => Kind::MISSING,
        },
        // Results that are never null although their representation admits it.
        Op::LoadStr | Op::Concat => Kind::STR,
        Op::LoadFunc | Op::LoadSession | Op::LoadBuiltin | Op::MakeClosure => Kind::FUNC,
        Op::NewArray | Op::ArrayPush | Op::ArrayPushBool => Kind::ARRAY,
        Op::NewObject => Kind::OBJECT,
        Op::NewRecord | Op::NewInstance => Kind::of_type(TypeId(imm as u32)),
        Op::NewCell | Op::IterNew => Kind::OTHER,
        Op::BoxBool | Op::Oscillate => Kind::BOOL,
        Op::CheckStr => arg(0).and(Kind::STR.or(Kind::NULL)),
        Op::CheckArray => arg(0).and(Kind::ARRAY.or(Kind::NULL)),
        Op::CheckRef => arg(0).and(Kind::of_ref(TypeId(imm as u32)).or(Kind::NULL)),
        Op::CheckType => check_type(facts, arg(0), DescId(imm as u32)),
        Op::Snapshot | Op::CopyRecord => arg(0),
        Op::AddAny => add(arg(0), arg(1)),
        Op::AddAnyK => add(arg(0), Kind::NUM),
        Op::PowAny => pow(arg(0), arg(1)),
        Op::GetGlobal | Op::GetCell => by_rep().without(Kind::MISSING),
        Op::Call => call(facts, FuncId(imm as u32)),
        Op::CallBuiltin => {
            let builtin = u32::try_from(imm).ok().and_then(Builtin::from_code);
            builtin.map_or(Kind::ANY, |b| Kind::of_words(b.spec().returns))
        }
        Op::CallMethod => {
            // On null alone it raises an error. (Were the result anything then, it would stay so
            // when the fixpoint adds the type.)
            if arg(0).without(Kind::NULL).is_empty() {
                return Kind::NONE;
            }
            let target = method_target(func, facts, arg(0), StrId(imm as u32), inst.args.len());
            target.map_or(Kind::ANY, |target| call(facts, target))
        }
        Op::GetIndex if arg(0).without(Kind::NULL).is_empty() => Kind::NONE,
        Op::GetIndex if arg(0).without(Kind::NULL).is(Kind::STR) => Kind::STR,
        Op::GetMember => get_member(func, facts, arg(0), StrId(imm as u32)),
        _ => by_rep(),
    }
}

fn add(a: Kind, b: Kind) -> Kind {
    if a.is_empty() || b.is_empty() {
        Kind::NONE
    } else if a.is(Kind::STR) || b.is(Kind::STR) {
        Kind::STR
    } else if !a.has(Kind::STR) && !b.has(Kind::STR) {
        Kind::NUM
    } else {
        Kind::NUM.or(Kind::STR)
    }
}

fn pow(a: Kind, b: Kind) -> Kind {
    if a.is_empty() || b.is_empty() {
        Kind::NONE
    } else if a.is(Kind::BOOL) && b.is(Kind::BOOL) {
        Kind::BOOL
    } else if a.has(Kind::BOOL) && b.has(Kind::BOOL) {
        Kind::NUM.or(Kind::BOOL)
    } else {
        Kind::NUM
    }
}

fn call(facts: &dyn ModuleFacts, func: FuncId) -> Kind {
    let kind = Kind::of_rep(facts.result_rep(func));
    if facts.never_returns_null(func) { kind.without(Kind::NULL) } else { kind }
}

/// A check may turn an object into a record, so the result is what the descriptor admits.
fn check_type(facts: &dyn ModuleFacts, from: Kind, desc: DescId) -> Kind {
    if from.is_empty() {
        return from;
    }
    match facts.desc(desc) {
        Some(desc) if from.fits(&desc, facts) => from,
        Some(desc) => kind_of_desc(&desc),
        None => Kind::ANY,
    }
}

fn kind_of_desc(desc: &hyp_bytecode::module::Desc) -> Kind {
    use hyp_bytecode::module::Desc;
    match desc {
        Desc::Null => Kind::NULL,
        Desc::Number => Kind::NUM,
        Desc::Boolean => Kind::BOOL,
        // Checks of reference-like types may admit null.
        Desc::String => Kind::STR.or(Kind::NULL),
        Desc::Array(_) => Kind::ARRAY.or(Kind::NULL),
        Desc::Named(ty) => Kind::of_type(*ty).or(Kind::NULL),
        Desc::Nullable(inner) => kind_of_desc(inner).or(Kind::NULL),
        Desc::Union(of) => of.iter().fold(Kind::NONE, |k, d| k.or(kind_of_desc(d))),
        _ => Kind::ANY,
    }
}

fn get_member(func: &Func, facts: &dyn ModuleFacts, base: Kind, name: StrId) -> Kind {
    if base.without(Kind::NULL).is_empty() {
        return Kind::NONE;
    }
    match base.composite_or_null().and_then(|ty| super::calls::field(func, facts, ty, name)) {
        Some(field) => Kind::of_rep(field.rep),
        None => Kind::ANY,
    }
}

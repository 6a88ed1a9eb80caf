//! Representations of block parameters: which become narrower, and the conversion of the
//! arguments that edges pass to them.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use smallvec::SmallVec;

use super::infer::Kinds;
use super::kind::Kind;
use crate::cfg::Cfg;
use crate::ir::{Block, Def, Func, Inst, InstData, Opcode, Term, Value, ValueData};

/// Sweeps after which the search for raw booleans gives up, so that it stays linear.
const SWEEPS_MAX: usize = 16;

/// What the choice asks of the rewriting.
pub(super) struct Changes {
    /// By value: a parameter that became a raw boolean; each `truthy` of it is itself.
    pub(super) is_raw_bool: Vec<bool>,
}

/// Narrows parameters: numbers to `F64`, one session or record type to `Ref`, and booleans that
/// are only asked for their truth to `Bool`.
pub(super) fn choose(func: &mut Func, cfg: &Cfg, kinds: &Kinds) -> Changes {
    let mut is_fixed = vec![false; func.blocks.len()];
    is_fixed[0] = true;
    for block in &func.blocks {
        if let Some(handler) = block.handler {
            is_fixed[handler.0 as usize] = true;
        }
    }
    let mut bools = Vec::new();
    for &block in cfg.order.iter().filter(|b| !is_fixed[b.0 as usize]) {
        for i in 0..func.block(block).params.len() {
            let param = func.block(block).params[i];
            let kind = kinds[param.0 as usize];
            if func.rep(param) != Rep::Any {
                continue;
            }
            if kind.is(Kind::NUM) {
                func.values[param.0 as usize].rep = Rep::F64;
            } else if let Some(ty) = kind.composite_or_null() {
                func.values[param.0 as usize].rep = Rep::Ref(ty);
            } else if kind.is(Kind::BOOL) {
                bools.push(param);
            }
        }
    }
    Changes { is_raw_bool: raw_bools(func, cfg, &bools) }
}

/// Of the parameters that are always boolean, those whose arguments are all raw booleans in a box
/// and that are only asked for their truth; their representation becomes `Bool`.
fn raw_bools(func: &mut Func, cfg: &Cfg, candidates: &[Value]) -> Vec<bool> {
    let mut is_raw = vec![false; func.values.len()];
    if candidates.is_empty() {
        return is_raw;
    }
    for v in candidates {
        is_raw[v.0 as usize] = true;
    }
    // Removing a candidate may disqualify others that are passed to it or fed by it.
    let (mut changed, mut sweeps) = (true, 0);
    while changed {
        changed = false;
        sweeps += 1;
        if sweeps > SWEEPS_MAX {
            is_raw.fill(false);
            break;
        }
        let mut reject = |is_raw: &mut Vec<bool>, v: Value| {
            changed |= std::mem::replace(&mut is_raw[v.0 as usize], false);
        };
        for &block in &cfg.order {
            let data = func.block(block);
            for &inst in &data.insts {
                let inst = func.inst(inst);
                if inst.op != Opcode::Op(Op::Truthy) {
                    inst.args.iter().for_each(|v| reject(&mut is_raw, *v));
                }
            }
            if !matches!(data.term, Term::Branch { .. }) {
                data.term.operand().into_iter().for_each(|v| reject(&mut is_raw, v));
            }
            data.term.for_each_edge(|edge| {
                for (&param, &arg) in func.block(edge.block).params.iter().zip(&edge.args) {
                    if is_raw[param.0 as usize] && !is_raw[arg.0 as usize] && !is_boxed(func, arg) {
                        reject(&mut is_raw, param);
                    }
                    if is_raw[arg.0 as usize] && !is_raw[param.0 as usize] {
                        reject(&mut is_raw, arg);
                    }
                }
            });
        }
    }
    for v in candidates.iter().filter(|v| is_raw[v.0 as usize]) {
        func.values[v.0 as usize].rep = Rep::Bool;
    }
    is_raw
}

/// Whether a raw boolean can be had for this tagged one without a check.
fn is_boxed(func: &Func, v: Value) -> bool {
    func.def_inst(v).is_some_and(|d| match d.op {
        Opcode::Op(Op::BoxBool) => true,
        Opcode::Op(Op::LoadImm) => matches!(d.imms[0], 1 | 2),
        _ => false,
    })
}

/// Makes every edge argument fit its parameter, with conversions at the end of the block, and
/// resolves what the ends of blocks read. (The walk has resolved what instructions read.)
pub(super) fn convert_ends(func: &mut Func) {
    for b in 0..func.blocks.len() {
        let block = Block(b as u32);
        let mut term = std::mem::replace(&mut func.blocks[b].term, Term::None);
        if let Some(operand) = term.operand_mut() {
            *operand = func.resolve(*operand);
        }
        term.for_each_edge_mut(|edge| {
            for (i, arg) in edge.args.iter_mut().enumerate() {
                *arg = func.resolve(*arg);
                let want = func.rep(func.block(edge.block).params[i]);
                if !want.accepts(func.rep(*arg)) {
                    *arg = convert(func, block, *arg, want);
                }
            }
        });
        func.blocks[b].term = term;
    }
}

/// A value of this representation that stands for `v`, which inference has shown to fit.
fn convert(func: &mut Func, block: Block, v: Value, want: Rep) -> Value {
    let (op, imms) = match want {
        Rep::F64 => (Op::CheckF64, SmallVec::new()),
        Rep::Ref(ty) => (Op::CheckRef, SmallVec::from_slice(&[u64::from(ty.0)])),
        Rep::Bool => match func.def_inst(v).map(|d| (d.op, d.args.first(), d.imms.first())) {
            Some((Opcode::Op(Op::BoxBool), Some(&raw), _)) => return raw,
            Some((Opcode::Op(Op::LoadImm), _, Some(&imm @ (1 | 2)))) => {
                (Op::LoadBool, SmallVec::from_slice(&[imm - 1]))
            }
            _ => (Op::CheckBool, SmallVec::new()),
        },
        Rep::Any | Rep::I64 => return v,
    };
    let args = if op == Op::LoadBool { SmallVec::new() } else { SmallVec::from_slice(&[v]) };
    let (inst, result) = (Inst(func.insts.len() as u32), Value(func.values.len() as u32));
    let pos = func.block(block).term_pos;
    func.values.push(ValueData { def: Def::Inst(inst), rep: want });
    func.insts.push(InstData {
        op: Opcode::Op(op),
        args,
        imms,
        result: Some(result),
        pos,
        note: None,
    });
    func.blocks[block.0 as usize].insts.push(inst);
    result
}

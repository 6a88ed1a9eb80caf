//! Jump threading: an edge into a block that only decides something goes where the decision leads
//! when the edge already knows it.

use hyp_bytecode::op::Op;
use smallvec::SmallVec;

use super::{fixed_blocks, operand_of};
use crate::cfg::Cfg;
use crate::ir::{Block, Edge, Func, Opcode, Term, Value};

/// Most blocks that one edge is led through; ends cycles of empty blocks.
const HOPS_MAX: usize = 16;

/// A fact that taking an edge proves: the raw boolean has this value.
type Fact = Option<(Value, bool)>;

/// Redirects edges; returns whether any changed.
pub(super) fn thread(func: &mut Func) -> bool {
    let cfg = Cfg::new(func);
    let uses = crate::pass::count_uses(func, &cfg);
    let mut is_fixed = fixed_blocks(func);
    for &block in &cfg.order {
        // Leading an edge past a loop's head could give the loop a second entrance.
        let is_backward = |pred: &Block| cfg.position(*pred) >= cfg.position(block);
        is_fixed[block.0 as usize] |= cfg.preds(block).iter().any(is_backward);
    }
    let passable: Vec<bool> = (0..func.blocks.len())
        .map(|b| !is_fixed[b] && is_passable(func, Block(b as u32), &uses))
        .collect();
    if !passable.iter().any(|p| *p) {
        return false;
    }
    let mut changed = false;
    for b in 0..func.blocks.len() {
        let mut term = std::mem::replace(&mut func.blocks[b].term, Term::None);
        let fact_if = |value: bool, term: &Term| match term {
            Term::Branch { cond, .. } => Some((*cond, value)),
            _ => None,
        };
        let facts = [fact_if(true, &term), fact_if(false, &term)];
        let mut at = 0;
        term.for_each_edge_mut(|edge| {
            let fact = facts.get(at).copied().flatten();
            at += 1;
            for _ in 0..HOPS_MAX {
                let Some(next) = follow(func, b, edge, fact, &passable) else { break };
                *edge = next;
                changed = true;
            }
        });
        func.blocks[b].term = term;
    }
    changed
}

/// Whether nothing outside a block reads what it defines, and all it does is to test.
fn is_passable(func: &Func, block: Block, uses: &[u32]) -> bool {
    let data = func.block(block);
    if !matches!(data.term, Term::Jump(_) | Term::Branch { .. }) || data.insts.len() > 3 {
        return false;
    }
    let is_test = |inst: &crate::ir::Inst| {
        matches!(func.inst(*inst).op, Opcode::Op(Op::Truthy | Op::Not | Op::BoxBool | Op::IsNull))
    };
    if !data.insts.iter().all(is_test) {
        return false;
    }
    let mut inside: SmallVec<[(Value, u32); 8]> = SmallVec::new();
    inside.extend(data.params.iter().map(|v| (*v, 0)));
    inside.extend(data.insts.iter().filter_map(|i| func.inst(*i).result).map(|v| (v, 0)));
    let mut count = |v: Value| {
        if let Some((_, n)) = inside.iter_mut().find(|(of, _)| *of == v) {
            *n += 1;
        }
    };
    for &inst in &data.insts {
        func.inst(inst).args.iter().for_each(|v| count(*v));
    }
    data.term.operand().into_iter().for_each(&mut count);
    data.term.for_each_edge(|edge| edge.args.iter().for_each(|v| count(*v)));
    let results: SmallVec<[Value; 4]> =
        data.insts.iter().filter_map(|i| func.inst(*i).result).collect();
    let mut passes_result = false;
    data.term.for_each_edge(|edge| passes_result |= edge.args.iter().any(|v| results.contains(v)));
    !passes_result && inside.iter().all(|(v, n)| uses[v.0 as usize] == *n)
}

/// Where the edge leads after its target, if that is known.
fn follow(func: &Func, from: usize, edge: &Edge, fact: Fact, passable: &[bool]) -> Option<Edge> {
    if !passable[edge.block.0 as usize] || edge.block.0 as usize == from {
        return None;
    }
    let target = func.block(edge.block);
    let next = match &target.term {
        Term::Jump(next) => next,
        Term::Branch { cond, then, other } => {
            if truth(func, edge, *cond, fact)? {
                then
            } else {
                other
            }
        }
        _ => return None,
    };
    let substitute = |v: &Value| match target.params.iter().position(|p| p == v) {
        Some(i) => edge.args[i],
        None => *v,
    };
    Some(Edge { block: next.block, args: next.args.iter().map(substitute).collect() })
}

/// Value of a condition of the edge's target when it is entered through this edge.
fn truth(func: &Func, edge: &Edge, cond: Value, fact: Fact) -> Option<bool> {
    let target = func.block(edge.block);
    if let Some(i) = target.params.iter().position(|p| *p == cond) {
        return known_truth(func, edge.args[i], fact);
    }
    let test = target.insts.iter().map(|i| func.inst(*i)).find(|d| d.result == Some(cond));
    // What the target does not compute anew is what the edge's origin sees.
    let Some(test) = test else { return known_truth(func, cond, fact) };
    match test.op {
        Opcode::Op(Op::Not) => truth(func, edge, test.args[0], fact).map(|t| !t),
        Opcode::Op(Op::Truthy | Op::BoxBool) => truth(func, edge, test.args[0], fact),
        Opcode::Op(Op::IsNull) => {
            let of = test.args[0];
            let param = target.params.iter().position(|p| *p == of);
            is_null(func, param.map_or(of, |i| edge.args[i]))
        }
        _ => None,
    }
}

/// Truth of a value at the edge's origin.
fn known_truth(func: &Func, v: Value, fact: Fact) -> Option<bool> {
    let known_by_fact = fact.and_then(|(cond, value)| {
        let tests_it = cond == v
            || operand_of(func, Op::Truthy, cond) == Some(v)
            || operand_of(func, Op::BoxBool, v) == Some(cond);
        if tests_it {
            return Some(value);
        }
        let inner = operand_of(func, Op::Not, cond)?;
        (inner == v || operand_of(func, Op::BoxBool, v) == Some(inner)).then_some(!value)
    });
    if known_by_fact.is_some() {
        return known_by_fact;
    }
    let data = func.def_inst(v)?;
    let imm = data.imms.first().copied().unwrap_or(0);
    match data.op {
        Opcode::Op(Op::LoadBool) => Some(imm != 0),
        Opcode::Op(Op::LoadImm) if imm < 3 => Some(imm == 2),
        Opcode::Op(Op::LoadF64) => Some(f64::from_bits(imm) != 0.0),
        Opcode::Op(Op::BoxBool) => known_truth(func, data.args[0], fact),
        Opcode::Op(Op::Not) => known_truth(func, data.args[0], fact).map(|t| !t),
        _ => None,
    }
}

/// Whether a constant is null.
fn is_null(func: &Func, v: Value) -> Option<bool> {
    let data = func.def_inst(v)?;
    match data.op {
        Opcode::Op(Op::LoadImm) => Some(data.imms[0] == 0),
        Opcode::Op(Op::LoadF64 | Op::LoadStr | Op::BoxBool | Op::LoadFunc) => Some(false),
        _ => None,
    }
}

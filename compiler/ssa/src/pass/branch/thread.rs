//! Jump threading: an edge into a block that only decides something goes where the decision leads
//! when the edge already knows it.

use hyp_bytecode::op::Op;
use smallvec::SmallVec;

use super::{fixed_blocks, operand_of};
use crate::cfg::{Cfg, Flow};
use crate::ir::{Block, BlockData, Edge, Func, Inst, Opcode, Term, Value};

/// Most blocks that one edge is led through; ends cycles of empty blocks.
const HOPS_MAX: usize = 16;

/// How far up the dominator tree facts are looked for, so that the pass stays linear.
const FACTS_REACH: usize = 8;

/// What is known where an edge leaves: raw booleans with their values.
type Facts = SmallVec<[(Value, bool); 4]>;

/// Redirects edges and decides branches; returns whether anything changed.
pub(super) fn thread(func: &mut Func) -> bool {
    let mut passable = passable_blocks(func);
    let repeated = repeated_conditions(func);
    let may_open = func.blocks.iter().any(|block| {
        let decides = matches!(block.term, Term::Branch { .. });
        decides && !block.params.is_empty() && only_tests(func, block)
    });
    // Mostly there is nothing to do, which is known before the dominators are.
    if repeated.is_empty() && !passable.contains(&true) && !may_open {
        return false;
    }
    let mut cfg = Flow::of(func);
    // What branches prove matters only where something is decided.
    let decides = |(block, passable): (&BlockData, &bool)| {
        *passable && matches!(block.term, Term::Branch { .. })
    };
    let needs_facts =
        may_open || !repeated.is_empty() || func.blocks.iter().zip(&passable).any(decides);
    if needs_facts {
        cfg.add_dominators();
    }
    // Leading an edge past a loop's head could give the loop a second entrance.
    let is_head = |block: Block| {
        let is_backward = |pred: &Block| cfg.position(*pred) >= cfg.position(block);
        cfg.preds(block).iter().any(is_backward)
    };
    if may_open {
        let is_fixed = fixed_blocks(func);
        let is_barred = |block: Block| is_fixed[block.0 as usize] || is_head(block);
        if super::open::open(func, &cfg, &is_barred) {
            passable = passable_blocks(func);
        }
    }
    for &block in &cfg.order {
        let passable = &mut passable[block.0 as usize];
        *passable = *passable && !is_head(block);
    }
    // Facts are read from the dominators as they were, so changes wait until all is known.
    let mut changes: Vec<(Block, Term)> = Vec::new();
    for &block in &cfg.order {
        let facts = || if needs_facts { facts_at(func, &cfg, block) } else { Facts::new() };
        let term = redirected(func, block, facts, &passable, &repeated);
        changes.extend(term.map(|term| (block, term)));
    }
    let changed = !changes.is_empty();
    for (block, term) in changes {
        func.blocks[block.0 as usize].term = term;
    }
    changed
}

/// Blocks that edges can be led through if they are no loop heads.
fn passable_blocks(func: &Func) -> Vec<bool> {
    let mut passable: Vec<bool> = fixed_blocks(func).iter().map(|fixed| !fixed).collect();
    for (block, passable) in func.blocks.iter().zip(&mut passable) {
        *passable = *passable && only_tests(func, block);
    }
    if passable.contains(&true) {
        let uses = crate::pass::count_uses(func);
        for (block, passable) in func.blocks.iter().zip(&mut passable) {
            *passable = *passable && is_self_contained(func, block, &uses);
        }
    }
    passable
}

/// Conditions of several branches, ascending.
fn repeated_conditions(func: &Func) -> Vec<Value> {
    let mut conditions: Vec<Value> = Vec::with_capacity(func.blocks.len());
    conditions.extend(func.blocks.iter().filter_map(|block| match block.term {
        Term::Branch { cond, .. } => Some(cond),
        _ => None,
    }));
    conditions.sort_unstable();
    let mut last = None;
    conditions.retain(|&cond| last.replace(cond) == Some(cond));
    conditions
}

/// The block's end with decided branches and redirected edges, if it differs. `facts` gives what is
/// known where the block ends.
fn redirected(
    func: &Func,
    block: Block,
    facts: impl FnOnce() -> Facts,
    passable: &[bool],
    repeated: &[Value],
) -> Option<Term> {
    let old = &func.block(block).term;
    let mut may_change = match old {
        Term::Branch { cond, .. } => repeated.binary_search(cond).is_ok(),
        _ => false,
    };
    old.for_each_edge(|edge| may_change |= passable[edge.block.0 as usize]);
    if !may_change {
        return None;
    }
    let mut facts = facts();
    let mut term = match old {
        Term::Branch { cond, then, other } => match fact_about(&facts, *cond) {
            Some(true) => Some(Term::Jump(then.clone())),
            Some(false) => Some(Term::Jump(other.clone())),
            None => None,
        },
        _ => None,
    };
    let mut at = 0;
    let mut redirects: SmallVec<[(usize, Edge); 2]> = SmallVec::new();
    let current = term.as_ref().unwrap_or(old);
    current.for_each_edge(|edge| {
        let n_facts = facts.len();
        if let Term::Branch { cond, .. } = current {
            facts.push((*cond, at == 0));
        }
        let mut led: Option<Edge> = None;
        for _ in 0..HOPS_MAX {
            let from = led.as_ref().unwrap_or(edge);
            let Some(next) = follow(func, block.0 as usize, from, &facts, passable) else { break };
            led = Some(next);
        }
        redirects.extend(led.map(|edge| (at, edge)));
        facts.truncate(n_facts);
        at += 1;
    });
    if !redirects.is_empty() {
        let mut redirects = redirects.into_iter().peekable();
        let mut at = 0;
        term.get_or_insert_with(|| old.clone()).for_each_edge_mut(|edge| {
            if let Some((_, led)) = redirects.next_if(|(i, _)| *i == at) {
                *edge = led;
            }
            at += 1;
        });
    }
    term
}

/// What the branches that lead to a block prove: those of dominators one of whose targets has no
/// other way in and dominates the block.
fn facts_at(func: &Func, cfg: &Cfg, block: Block) -> Facts {
    let mut facts = Facts::new();
    let mut below = block;
    for _ in 0..FACTS_REACH {
        let Some(above) = cfg.idom(below) else { break };
        if let Term::Branch { cond, then, other } = &func.block(above).term
            && then.block != other.block
        {
            let leads = |to: Block| to == below && cfg.preds(to).len() == 1;
            if leads(then.block) {
                facts.push((*cond, true));
            } else if leads(other.block) {
                facts.push((*cond, false));
            }
        }
        below = above;
    }
    facts
}

/// Value of a raw boolean that is known as such, or as the negation of a known one.
fn fact_about(facts: &Facts, cond: Value) -> Option<bool> {
    facts.iter().find(|(known, _)| *known == cond).map(|(_, value)| *value)
}

/// Whether an edge to a block knows which way the block's branch goes.
pub(super) fn knows_branch(func: &Func, cfg: &Cfg, block: Block) -> bool {
    let Term::Branch { cond: decided, .. } = func.block(block).term else { return false };
    cfg.preds(block).iter().any(|&pred| {
        let term = &func.block(pred).term;
        let (mut facts, mut at, mut found) = (facts_at(func, cfg, pred), 0, false);
        term.for_each_edge(|edge| {
            let n_facts = facts.len();
            if let Term::Branch { cond, .. } = term {
                facts.push((*cond, at == 0));
            }
            found |= edge.block == block && truth(func, edge, decided, &facts).is_some();
            facts.truncate(n_facts);
            at += 1;
        });
        found
    })
}

/// Whether all that a block does is to test.
pub(super) fn only_tests(func: &Func, data: &BlockData) -> bool {
    let is_test = |inst: &Inst| {
        matches!(func.inst(*inst).op, Opcode::Op(Op::Truthy | Op::Not | Op::BoxBool | Op::IsNull))
    };
    matches!(data.term, Term::Jump(_) | Term::Branch { .. })
        && data.insts.len() <= 3
        && data.insts.iter().all(is_test)
}

/// Whether nothing outside a block that only tests reads what it defines.
fn is_self_contained(func: &Func, data: &BlockData, uses: &[u32]) -> bool {
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
fn follow(func: &Func, from: usize, edge: &Edge, facts: &Facts, passable: &[bool]) -> Option<Edge> {
    if !passable[edge.block.0 as usize] || edge.block.0 as usize == from {
        return None;
    }
    let target = func.block(edge.block);
    let next = match &target.term {
        Term::Jump(next) => next,
        Term::Branch { cond, then, other } => {
            if truth(func, edge, *cond, facts)? {
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
fn truth(func: &Func, edge: &Edge, cond: Value, facts: &Facts) -> Option<bool> {
    let target = func.block(edge.block);
    if let Some(i) = target.params.iter().position(|p| *p == cond) {
        return known_truth(func, edge.args[i], facts);
    }
    let test = target.insts.iter().map(|i| func.inst(*i)).find(|d| d.result == Some(cond));
    // What the target does not compute anew is what the edge's origin sees.
    let Some(test) = test else { return known_truth(func, cond, facts) };
    match test.op {
        Opcode::Op(Op::Not) => truth(func, edge, test.args[0], facts).map(|t| !t),
        Opcode::Op(Op::Truthy | Op::BoxBool) => truth(func, edge, test.args[0], facts),
        Opcode::Op(Op::IsNull) => {
            let of = test.args[0];
            let param = target.params.iter().position(|p| *p == of);
            is_null(func, param.map_or(of, |i| edge.args[i]))
        }
        _ => None,
    }
}

/// Truth of a value at the edge's origin.
fn known_truth(func: &Func, v: Value, facts: &Facts) -> Option<bool> {
    for &(cond, value) in facts {
        let boxed = operand_of(func, Op::BoxBool, v);
        if cond == v || boxed == Some(cond) || operand_of(func, Op::Truthy, cond) == Some(v) {
            return Some(value);
        }
        let negated = operand_of(func, Op::Not, cond);
        if negated.is_some() && (negated == Some(v) || negated == boxed) {
            return Some(!value);
        }
    }
    let data = func.def_inst(v)?;
    let imm = data.imms.first().copied().unwrap_or(0);
    match data.op {
        Opcode::Op(Op::LoadBool) => Some(imm != 0),
        Opcode::Op(Op::LoadImm) if imm < 3 => Some(imm == 2),
        Opcode::Op(Op::LoadF64) => Some(f64::from_bits(imm) != 0.0),
        Opcode::Op(Op::BoxBool) => known_truth(func, data.args[0], facts),
        Opcode::Op(Op::Not) => known_truth(func, data.args[0], facts).map(|t| !t),
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

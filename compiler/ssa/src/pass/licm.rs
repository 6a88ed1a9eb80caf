//! Loop-invariant code motion.
//!
//! What depends on nothing that the loop changes is computed once in front of it (Muchnick,
//! "Advanced Compiler Design and Implementation", 13.2), inner loops first.
//!
//! - Operations without effects move from anywhere in the loop, behind what they need.
//! - What reads memory moves if nothing in the loop may write there ([`super::memory`]).
//! - What reads or may raise an error moves only if it is executed whenever the loop is entered, and
//!   nothing before it can be observed: the instructions from the loop's head up to the first effect.
//!   When the loop's condition stands in between, a copy of it guards what moved.

mod preheader;

use hyp_bytecode::op::{Effects, Op};
use hyp_bytecode::rep::Rep;

use super::gvn;
use super::memory::{Changes, read_by};
use crate::cfg::Cfg;
use crate::ir::{Block, Def, Func, Inst, InstData, ModuleFacts, Opcode, Term, Value};

/// Instructions of one loop that move, so that registers are not used up.
const MOVED_MAX: usize = 16;
/// Most instructions that the condition of a guard may take.
const GUARD_MAX: usize = 4;

/// Runs the pass.
pub fn run(func: &mut Func, _facts: &dyn ModuleFacts) {
    if !super::has_backward_edge(func) {
        return;
    }
    let mut cfg = super::reachable_flow(func);
    cfg.add_loops();
    let Some(loops) = cfg.loops() else { return };
    let mut blocks: Vec<Vec<Block>> = vec![Vec::new(); loops.list.len()];
    for &block in &cfg.order {
        let mut at = loops.of(block);
        while let Some(l) = at {
            blocks[l as usize].push(block);
            at = loops.list[l as usize].parent;
        }
    }
    let handles = super::handlers(func);
    let mut mover = Mover { func, cfg: &cfg, home: Vec::new() };
    mover.find_homes();
    for l in 0..loops.list.len() {
        let header = loops.list[l].header;
        if header == Func::ENTRY || handles[header.0 as usize] {
            continue;
        }
        let n_before = mover.func.blocks.len();
        mover.run(header, &blocks[l]);
        // What was put in front of the loop belongs to the loops around it.
        let made = (n_before..mover.func.blocks.len()).map(|b| Block(b as u32));
        let mut at = loops.list[l].parent;
        while let Some(outer) = at {
            let members = &mut blocks[outer as usize];
            let place = members.iter().position(|b| *b == header).unwrap_or(0);
            members.splice(place..place, made.clone());
            at = loops.list[outer as usize].parent;
        }
    }
}

struct Mover<'a> {
    func: &'a mut Func,
    cfg: &'a Cfg,
    /// Block of each value.
    home: Vec<Block>,
}

/// The loop that is being worked on.
struct Scope<'s> {
    header: Block,
    members: &'s [Block],
    is_member: Vec<bool>,
    changes: Changes,
}

/// What moves.
#[derive(Default)]
struct Plan {
    /// In front of the loop.
    free: Vec<(Block, Inst)>,
    /// In front of the loop if its condition holds at first.
    guarded: Vec<(Block, Inst)>,
}

impl Mover<'_> {
    fn find_homes(&mut self) {
        self.home = vec![Func::ENTRY; self.func.values.len()];
        for (b, block) in self.func.blocks.iter().enumerate() {
            let results = block.insts.iter().filter_map(|i| self.func.inst(*i).result);
            for v in block.params.iter().copied().chain(results) {
                self.home[v.0 as usize] = Block(b as u32);
            }
        }
    }

    fn run(&mut self, header: Block, members: &[Block]) {
        let mut scope = Scope {
            header,
            members,
            is_member: vec![false; self.func.blocks.len()],
            changes: Changes::default(),
        };
        for &block in members {
            scope.is_member[block.0 as usize] = true;
            for &inst in &self.func.block(block).insts {
                scope.changes.add(self.func.inst(inst));
            }
        }
        let plan = self.plan(&scope);
        if plan.free.is_empty() && plan.guarded.is_empty() {
            return;
        }
        self.move_out(&scope, &plan);
    }

    fn plan(&self, scope: &Scope<'_>) -> Plan {
        let mut plan = Plan::default();
        self.plan_certain(scope, &mut plan);
        for &block in scope.members {
            for &inst in &self.func.block(block).insts {
                self.plan_pure(scope, &mut plan, (block, inst));
            }
        }
        plan
    }

    /// Plans an operation without effects. Conditions stay: they cost nothing with their branch.
    fn plan_pure(&self, scope: &Scope<'_>, plan: &mut Plan, at: (Block, Inst)) {
        let data = self.func.inst(at.1);
        let rep = data.result.map_or(Rep::Bool, |v| self.func.rep(v));
        let is_wanted = is_pure(data)
            && !is_constant(data)
            && rep != Rep::Bool
            && !plan.free.contains(&at)
            && !plan.guarded.contains(&at);
        if !is_wanted {
            return;
        }
        if self.is_invariant(scope, &plan.free, &[], data) {
            if plan.free.len() < MOVED_MAX {
                plan.free.push(at);
            }
        } else if plan.guarded.len() < MOVED_MAX
            && has_placeholder(rep)
            && self.is_invariant(scope, &plan.free, &plan.guarded, data)
        {
            plan.guarded.push(at);
        }
    }

    /// Plans what is executed whenever the loop is entered, before anything can be observed.
    fn plan_certain(&self, scope: &Scope<'_>, plan: &mut Plan) {
        let handler = self.func.block(scope.header).handler;
        let (mut block, mut is_guarded) = (scope.header, false);
        // A chain of blocks without branches; the header cannot come again.
        for _ in 0..scope.members.len() {
            let data = self.func.block(block);
            if data.handler != handler {
                return;
            }
            for &inst in &data.insts {
                if !self.plan_one(scope, plan, (block, inst), is_guarded) {
                    return;
                }
            }
            let next = match &data.term {
                Term::Jump(edge) => edge.block,
                Term::Branch { cond, then, other }
                    if !is_guarded && self.can_guard(scope, plan, block, *cond) =>
                {
                    is_guarded = true;
                    let stays = |b: Block| scope.is_member[b.0 as usize];
                    match (stays(then.block), stays(other.block)) {
                        (true, false) => then.block,
                        (false, true) => other.block,
                        _ => return,
                    }
                }
                _ => return,
            };
            // Blocks that the pass has made stand in front of inner loops.
            let is_known = (next.0 as usize) < self.cfg.n_blocks();
            if !is_known || self.cfg.preds(next).len() != 1 || !scope.is_member[next.0 as usize] {
                return;
            }
            block = next;
        }
    }

    /// Plans an instruction that is certainly executed. Returns whether what follows may be moved in
    /// front of it.
    fn plan_one(
        &self,
        scope: &Scope<'_>,
        plan: &mut Plan,
        at: (Block, Inst),
        is_guarded: bool,
    ) -> bool {
        let data = self.func.inst(at.1);
        let Opcode::Op(op) = data.op else { return data.op == Opcode::SlotGet };
        if is_pure(data) {
            self.plan_pure(scope, plan, at);
            return true;
        }
        let can_wait = data.result.is_none_or(|v| has_placeholder(self.func.rep(v)));
        let list = if is_guarded { &plan.guarded } else { &plan.free };
        let is_movable = gvn::classify(op) != gvn::Class::Unique
            && read_by(data).is_none_or(|place| !scope.changes.touch(place))
            && (can_wait || !is_guarded)
            && list.len() < MOVED_MAX
            && self.is_invariant(scope, &plan.free, &plan.guarded, data);
        if is_movable {
            let list = if is_guarded { &mut plan.guarded } else { &mut plan.free };
            list.push(at);
        }
        // What only reads does not mind errors that come earlier.
        is_movable || op.spec().effects == Effects::READS
    }

    /// Whether the loop's first block only computes its condition, so that a copy can stand in
    /// front of the loop.
    fn can_guard(&self, scope: &Scope<'_>, plan: &Plan, block: Block, cond: Value) -> bool {
        let insts = &self.func.block(block).insts;
        let moves = |inst: Inst| plan.free.contains(&(block, inst));
        let stays = || insts.iter().filter(|i| !moves(**i));
        block == scope.header
            && stays().count() <= GUARD_MAX
            && stays().all(|i| is_pure(self.func.inst(*i)))
            && self.func.rep(cond) == Rep::Bool
    }

    /// Whether an instruction reads only what is computed outside of the loop, or moves.
    fn is_invariant(
        &self,
        scope: &Scope<'_>,
        free: &[(Block, Inst)],
        guarded: &[(Block, Inst)],
        data: &InstData,
    ) -> bool {
        data.args.iter().all(|v| {
            let v = self.func.resolve(*v);
            match self.func.values[v.0 as usize].def {
                Def::Inst(inst) if is_constant(self.func.inst(inst)) => true,
                Def::Inst(inst) if free.iter().chain(guarded).any(|(_, m)| *m == inst) => true,
                _ => self.is_outside(scope, v),
            }
        })
    }

    fn is_outside(&self, scope: &Scope<'_>, v: Value) -> bool {
        // Values of blocks that the pass has made lie in front of loops inside this one.
        let home = self.home.get(v.0 as usize);
        home.is_some_and(|b| scope.is_member.get(b.0 as usize) != Some(&true))
    }
}

/// Whether some constant can stand in for a value of this representation.
fn has_placeholder(rep: Rep) -> bool {
    match rep {
        Rep::Ref(ty) => ty.user_index().is_some(),
        _ => true,
    }
}

/// Whether the instruction depends on its operands only and cannot raise an error.
fn is_pure(data: &InstData) -> bool {
    matches!(data.op, Opcode::Op(op) if op.spec().effects == Effects::PURE)
}

/// Constants are placed by code emission.
fn is_constant(data: &InstData) -> bool {
    is_pure(data) && data.args.is_empty() && data.op != Opcode::Op(Op::GetUpvalue)
}

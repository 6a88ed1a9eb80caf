//! Optimisation passes.
//!
//! Each pass takes a verified function to a verified function that behaves the same. Under
//! `debug_assertions` the verifier runs after each pass.

pub mod branch;
pub mod dce;
pub mod fold;
pub mod gvn;
pub mod inline;
pub mod licm;
pub(crate) mod loops;
mod memory;
pub mod narrow;
pub mod represent;
pub mod scalar;

use crate::cfg::Flow;
use crate::ir::{Block, Func, ModuleFacts, Value};

/// A pass by name.
#[derive(Clone, Copy)]
pub struct Pass {
    /// What selects or disables it and titles its dump.
    pub name: &'static str,
    /// Transforms a function in place; returns whether passes that ran before may have new work.
    pub run: fn(&mut Func, &dyn ModuleFacts) -> bool,
}

/// Rounds of scalar replacement: an object may be a part of another one.
const SCALAR_ROUNDS: usize = 2;

/// A pass that leaves nothing to do for earlier ones.
macro_rules! once {
    ($pass:ident) => {
        |func, facts| {
            $pass::run(func, facts);
            false
        }
    };
}

/// All passes in the order of their first run.
pub const PASSES: &[Pass] =
    &[BRANCH, NARROW, REPRESENT, INLINE, SCALAR, GVN, FOLD, LICM, BRANCH_LATE, DCE];

const BRANCH: Pass = Pass { name: "branch", run: once!(branch) };
const NARROW: Pass = Pass { name: "narrow", run: once!(narrow) };
const REPRESENT: Pass = Pass { name: "represent", run: once!(represent) };
const INLINE: Pass = Pass { name: "inline", run: inline::run };
const SCALAR: Pass = Pass { name: "scalar", run: scalar::run };
const GVN: Pass = Pass { name: "gvn", run: once!(gvn) };
const FOLD: Pass = Pass { name: "fold", run: once!(fold) };
const LICM: Pass = Pass { name: "licm", run: once!(licm) };
const BRANCH_LATE: Pass = Pass { name: "branch-late", run: once!(branch) };
const DCE: Pass = Pass { name: "dce", run: once!(dce) };

/// What makes the operations of one function known; runs before inlining and after each round.
const EARLY: &[Pass] = &[BRANCH, NARROW, REPRESENT];

/// What runs once at the end.
const LATE: &[Pass] = &[GVN, FOLD, LICM, BRANCH_LATE, DCE];

/// Room for the instructions of a block: enough for most.
const INSTS_EXPECTED: usize = 32;

/// Rounds of inlining: what one round makes known, the next one inlines.
const INLINE_ROUNDS: usize = 4;

/// Optimises a function: level 0 leaves it as it is, level 2 runs all passes.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts, level: u8) {
    let mut pipeline = Pipeline { facts, level, disabled: &[], after: &mut |_, _| {} };
    pipeline.early(func);
    pipeline.late(func);
}

/// The order of passes over one function, in two parts: between them its callees can be compiled,
/// so that the second part can inline them.
pub struct Pipeline<'a> {
    /// The module.
    pub facts: &'a dyn ModuleFacts,
    /// 0 leaves functions as they are, 2 runs all passes.
    pub level: u8,
    /// Names of passes that do not run.
    pub disabled: &'a [String],
    /// Called after each pass with its name.
    pub after: &'a mut dyn FnMut(&'static str, &Func),
}

impl Pipeline<'_> {
    /// Runs what finds out which functions are called.
    pub fn early(&mut self, func: &mut Func) {
        EARLY.iter().for_each(|pass| {
            self.pass(pass, func);
        });
    }

    /// Runs the rest.
    pub fn late(&mut self, func: &mut Func) {
        for _ in 0..INLINE_ROUNDS {
            if !self.pass(&INLINE, func) {
                break;
            }
            self.early(func);
        }
        for _ in 0..SCALAR_ROUNDS {
            if !self.pass(&SCALAR, func) {
                break;
            }
            self.early(func);
        }
        LATE.iter().for_each(|pass| {
            self.pass(pass, func);
        });
    }

    fn pass(&mut self, pass: &Pass, func: &mut Func) -> bool {
        if self.level == 0 || self.disabled.iter().any(|name| name == pass.name) {
            return false;
        }
        let changed = (pass.run)(func, self.facts);
        if cfg!(debug_assertions)
            && let Err(message) = crate::verify::verify(func, self.facts)
        {
            let text = crate::text::print(func, self.facts);
            panic!("pass {} broke the function: {message}\n{text}", pass.name);
        }
        (self.after)(pass.name, func);
        changed
    }
}

/// Control flow of a function after dropping the blocks that nothing reaches: what passes find out
/// about values does not hold there.
fn reachable_cfg(func: &mut Func) -> Flow {
    let mut flow = reachable_flow(func);
    flow.add_dominators();
    flow
}

/// As [`reachable_cfg`], without dominators.
fn reachable_flow(func: &mut Func) -> Flow {
    let flow = Flow::of(func);
    if flow.order.len() == func.blocks.len() {
        return flow;
    }
    let blocks = (0..func.blocks.len() as u32).map(Block);
    let keep: Vec<bool> = blocks.map(|b| flow.is_reachable(b)).collect();
    crate::build::remove_blocks(func, &keep);
    drop(flow);
    Flow::of(func)
}

/// Drops the blocks that nothing reaches, for those who change the flow further before they ask
/// for it.
fn drop_unreachable(func: &mut Func) {
    let mut keep = Vec::new();
    crate::cfg::mark_reachable(func, &mut keep);
    crate::build::remove_blocks(func, &keep);
}

/// How often each value is read.
fn count_uses(func: &Func) -> Vec<u32> {
    let mut uses = vec![0; func.values.len()];
    let mut count = |v: Value| uses[v.0 as usize] += 1;
    for data in &func.blocks {
        for &inst in &data.insts {
            func.inst(inst).args.iter().copied().for_each(&mut count);
        }
        data.term.operand().into_iter().for_each(&mut count);
        data.term.for_each_edge(|edge| edge.args.iter().copied().for_each(&mut count));
    }
    uses
}

/// Whether there can be a loop: mostly blocks are in the order of their creation.
fn has_backward_edge(func: &Func) -> bool {
    let mut found = false;
    for (b, block) in func.blocks.iter().enumerate() {
        block.term.for_each_edge(|edge| found |= edge.block.0 as usize <= b);
    }
    found
}

/// Which blocks are handlers.
fn handlers(func: &Func) -> Vec<bool> {
    let mut is_handler = vec![false; func.blocks.len()];
    func.blocks.iter().filter_map(|b| b.handler).for_each(|h| is_handler[h.0 as usize] = true);
    is_handler
}

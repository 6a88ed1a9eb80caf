//! Optimisation passes.
//!
//! Each pass takes a verified function to a verified function that behaves the same. Under
//! `debug_assertions` the verifier runs after each pass.

pub mod branch;
pub mod dce;
pub mod fold;
pub mod gvn;
pub mod narrow;
pub mod represent;

use crate::cfg::Cfg;
use crate::ir::{Block, Func, ModuleFacts, Value};

/// A pass by name.
#[derive(Clone, Copy)]
pub struct Pass {
    /// What selects or disables it and titles its dump.
    pub name: &'static str,
    /// Transforms a function in place.
    pub run: fn(&mut Func, &dyn ModuleFacts),
}

/// The passes of level 2 in order.
pub const PASSES: &[Pass] = &[
    Pass { name: "branch", run: branch::run },
    Pass { name: "narrow", run: narrow::run },
    Pass { name: "represent", run: represent::run },
    Pass { name: "gvn", run: gvn::run },
    Pass { name: "fold", run: fold::run },
    Pass { name: "branch-late", run: branch::run },
    Pass { name: "dce", run: dce::run },
];

/// Optimises a function: level 0 leaves it as it is, level 2 runs all passes.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts, level: u8) {
    run_except(func, facts, level, &[]);
}

/// As [`run`], without the passes of these names.
pub fn run_except(func: &mut Func, facts: &dyn ModuleFacts, level: u8, disabled: &[String]) {
    if level == 0 {
        return;
    }
    for pass in PASSES {
        if disabled.iter().any(|name| name == pass.name) {
            continue;
        }
        (pass.run)(func, facts);
        if cfg!(debug_assertions)
            && let Err(message) = crate::verify::verify(func, facts)
        {
            let text = crate::text::print(func, facts);
            panic!("pass {} broke the function: {message}\n{text}", pass.name);
        }
    }
}

/// Control flow of a function after dropping the blocks that nothing reaches: what passes find out
/// about values does not hold there.
fn reachable_cfg(func: &mut Func) -> Cfg {
    let mut cfg = reachable_flow(func);
    cfg.compute_dominators();
    cfg
}

/// As [`reachable_cfg`], without dominators.
fn reachable_flow(func: &mut Func) -> Cfg {
    let mut cfg = Cfg::default();
    cfg.compute_flow(func);
    if cfg.order.len() != func.blocks.len() {
        let blocks = (0..func.blocks.len() as u32).map(Block);
        let keep: Vec<bool> = blocks.map(|b| cfg.is_reachable(b)).collect();
        crate::build::remove_blocks(func, &keep);
        cfg.compute_flow(func);
    }
    cfg
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

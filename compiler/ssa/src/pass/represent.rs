//! Representation inference.
//!
//! Lowering emits generic operations on `Any`. This pass finds out which kinds of values each SSA
//! value can be (an optimistic fixpoint, so loops keep what they start with), gives parameters of
//! blocks narrower representations, and replaces generic operations by typed ones.
//!
//! Soundness: kinds rest on what the table guarantees of results, on declared representations, and
//! on nothing else. A value that is known to be a number but is represented as `Any` becomes `F64`
//! through a `check_f64` that cannot fail, so a wrong fact could raise an error but never break
//! the verifier's rules.

mod calls;
mod infer;
mod kind;
mod params;
mod rewrite;
mod rules;

use crate::cfg::Cfg;
use crate::ir::{Block, Func, ModuleFacts};

/// Runs the pass.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts) {
    let mut cfg = Cfg::new(func);
    if cfg.order.len() != func.blocks.len() {
        // Values of unreachable code have no kinds, so their edges could not be converted.
        let keep: Vec<bool> = (0..func.blocks.len() as u32).map(|b| cfg.is_reachable(Block(b))).collect();
        crate::build::remove_blocks(func, &keep);
        cfg.compute(func);
    }
    let kinds = infer::infer(func, facts, &cfg);
    let changes = params::choose(func, &cfg, &kinds);
    rewrite::rewrite(func, facts, &cfg, kinds, &changes);
    params::convert_arguments(func);
    func.resolve_aliases();
}

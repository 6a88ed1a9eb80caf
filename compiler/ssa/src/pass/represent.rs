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

use crate::ir::{Func, ModuleFacts};

/// Runs the pass.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts) {
    let cfg = super::reachable_cfg(func);
    let kinds = infer::infer(func, facts, &cfg);
    let changes = params::choose(func, &cfg, &kinds);
    rewrite::rewrite(func, facts, &cfg, kinds, &changes);
    params::convert_ends(func);
}

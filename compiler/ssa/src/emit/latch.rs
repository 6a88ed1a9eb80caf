//! Counters of loops whose increased value is also used while the old one is needed, as in
//! `a[i] = a[i + 1]`. The two cannot share a register, so the latch would move one to the other;
//! adding again costs the same and merges with the comparison of a counted loop.

use super::cfg::{Cfg, edge};
use super::plan;
use super::select::{MInst, Select};
use crate::ir::{Func, InstData, Opcode, Pos, Value};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;

/// An increment that is repeated at the end of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latch {
    /// Block that ends with the edge back.
    pub(super) block: u32,
    /// Counter.
    pub(super) param: u32,
    /// Step, as bits.
    step: u64,
    /// Register of the repeated sum.
    pub(super) reg: u32,
}

impl Select {
    /// Finds the increments to repeat.
    pub(super) fn plan_latches(&mut self, func: &Func, cfg: &Cfg) {
        self.latches.clear();
        for l in 0..cfg.loops.len() as u32 {
            let header = cfg.loops[l as usize].header;
            for (k, &param) in func.blocks[header as usize].params.iter().enumerate() {
                if func.rep(param) == Rep::F64 && self.is_used(param) {
                    self.plan_counter(func, cfg, l, k, param);
                }
            }
        }
        self.latches.sort_unstable_by_key(|latch| (latch.block, latch.param));
    }

    fn plan_counter(&mut self, func: &Func, cfg: &Cfg, l: u32, k: usize, param: Value) {
        let header = cfg.loops[l as usize].header;
        for &block in cfg.preds(header).iter().filter(|&&p| cfg.in_loop(p, l)) {
            let term = &func.blocks[block as usize].term;
            let mut edges = (0..).map_while(|i| edge(term, i)).filter(|e| e.block.0 == header);
            let (Some(e), None) = (edges.next(), edges.next()) else { continue };
            let Some(&arg) = e.args.get(k) else { continue };
            let next = super::resolve(func, arg);
            let Some(inst) = super::defining_inst(func, next) else { continue };
            let Some(step) = step_of(func, plan::inst(func, inst), param) else { continue };
            if self.use_count[next as usize] > 1 && self.is_used_after(func, cfg, l, param, inst) {
                let reg = self.new_reg(Rep::F64);
                self.is_strict[reg as usize] = true;
                self.latches.push(Latch { block, param: param.0, step, reg });
            }
        }
    }

    /// Whether loop `l` reads `param` behind instruction `inst` in the order of the code.
    fn is_used_after(&self, func: &Func, cfg: &Cfg, l: u32, param: Value, inst: u32) -> bool {
        let start = cfg.lin_num[cfg.loops[l as usize].header as usize] as usize;
        let mut is_behind = false;
        let reads = |v: &Value| super::resolve(func, *v) == param.0;
        for &b in cfg.lin[start..].iter().take_while(|&&b| cfg.in_loop(b, l)) {
            let block = &func.blocks[b as usize];
            for i in &block.insts {
                let is_read = self.is_live[i.0 as usize] && func.inst(*i).args.iter().any(reads);
                if is_behind && is_read {
                    return true;
                }
                is_behind |= i.0 == inst;
            }
            if is_behind && block.term.operand().as_ref().is_some_and(reads) {
                return true;
            }
        }
        false
    }

    /// Appends the increments that `b` ends with.
    pub(super) fn repeat_increments(&mut self, cfg: &Cfg, b: u32) {
        let first = self.latches.partition_point(|latch| latch.block < b);
        let mut k = first;
        while let Some(&latch) = self.latches.get(k).filter(|latch| latch.block == b) {
            let (uses_at, imms_at) = (self.uses.len() as u32, self.imms.len() as u32);
            self.uses.push(latch.param);
            self.imms.push(latch.step);
            self.is_strict[latch.param as usize] = true;
            let inst = MInst {
                op: Op::AddF64K,
                dst: latch.reg,
                uses_at,
                imms_at,
                n_uses: 1,
                n_imms: 1,
                pos: Pos::default(),
                note: None,
            };
            // Only instructions with argument lists can fail.
            let _ = self.push(cfg, inst);
            k += 1;
        }
    }

    /// The repeated sum that `block` passes to `param`.
    pub(super) fn repeated(&self, block: u32, param: Value) -> Option<u32> {
        if self.latches.is_empty() {
            return None;
        }
        let key = (block, param.0);
        let k = self.latches.binary_search_by_key(&key, |latch| (latch.block, latch.param));
        k.ok().map(|k| self.latches[k].reg)
    }
}

/// The constant that an instruction adds to `param`.
fn step_of(func: &Func, data: &InstData, param: Value) -> Option<u64> {
    let (op, arg, step) = match (data.op, data.args.first(), data.imms.first()) {
        (Opcode::Op(op @ Op::AddF64K), Some(&arg), Some(&step)) => (op, arg, step),
        _ => plan::constant_form(func, data)?,
    };
    (op == Op::AddF64K && super::resolve(func, arg) == param.0).then_some(step)
}

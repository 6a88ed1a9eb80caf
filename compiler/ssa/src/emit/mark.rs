//! What has to be emitted at all, and which conditions become part of a branch.

use super::cfg::{Cfg, edge};
use super::plan::Test;
use super::select::Select;
use crate::ir::{Def, Func, Opcode, Term, Value};
use hyp_bytecode::op::{Effects, Op};

impl Select {
    fn count_use(&mut self, func: &Func, v: Value) {
        let v = super::resolve(func, v);
        let count = &mut self.use_count[v as usize];
        *count += 1;
        if *count == 1 {
            self.work.push(v);
        }
    }

    /// Marks what effects and control flow need; counts uses by what is marked.
    pub(super) fn mark(&mut self, func: &Func, cfg: &Cfg) {
        self.work.clear();
        for &b in &cfg.rpo {
            let block = &func.blocks[b as usize];
            for &i in &block.insts {
                let data = &func.insts[i.0 as usize];
                let has_effect = match data.op {
                    Opcode::SlotSet => true,
                    Opcode::SlotGet => false,
                    Opcode::Op(op) => {
                        op.spec().effects.0 & (Effects::THROWS.0 | Effects::WRITES.0) != 0
                    }
                };
                if has_effect {
                    self.mark_inst(func, i.0);
                }
            }
            if super::cfg::known_condition(func, &block.term).is_none()
                && let Some(v) = block.term.operand()
            {
                self.count_use(func, v);
            }
        }
        while let Some(v) = self.work.pop() {
            match func.values[v as usize].def {
                Def::Inst(i) => self.mark_inst(func, i.0),
                Def::Param(b, k) => {
                    for p in 0..cfg.preds(b.0).len() {
                        let pred = cfg.preds(b.0)[p];
                        self.mark_edges(func, pred, b.0, k as usize);
                    }
                }
                Def::Alias(_) => {}
            }
        }
    }

    fn mark_inst(&mut self, func: &Func, i: u32) {
        if !std::mem::replace(&mut self.is_live[i as usize], true) {
            for &arg in &func.insts[i as usize].args {
                self.count_use(func, arg);
            }
        }
    }

    fn mark_edges(&mut self, func: &Func, pred: u32, to: u32, k: usize) {
        let term = &func.blocks[pred as usize].term;
        let taken = super::cfg::known_condition(func, term).map(u32::from);
        let mut i = 0;
        while let Some(e) = edge(term, i) {
            // Edge 0 is `then`, so a true condition excludes edge 1.
            if e.block.0 == to
                && taken != Some(i)
                && let Some(&arg) = e.args.get(k)
            {
                self.count_use(func, arg);
            }
            i += 1;
        }
    }

    /// Instruction that computes `v` for the terminator of `b` alone.
    fn sole_def(&self, func: &Func, b: u32, v: u32) -> Option<u32> {
        if self.use_count[v as usize] != 1 {
            return None;
        }
        let inst = super::defining_inst(func, v)?;
        let insts = &func.blocks[b as usize].insts;
        // Conditions are computed last, so this look-up is short.
        insts.iter().rev().take(64).any(|i| i.0 == inst).then_some(inst)
    }

    /// Whether `inst` of block `b` may be executed at the end of the block instead.
    fn can_sink(&self, func: &Func, b: u32, inst: u32) -> bool {
        let Opcode::Op(op) = func.insts[inst as usize].op else { return false };
        let own = op.spec().effects;
        let blocked = if own.has(Effects::THROWS) {
            Effects::THROWS.0 | Effects::WRITES.0
        } else if own.has(Effects::READS) {
            Effects::WRITES.0
        } else {
            0
        };
        func.blocks[b as usize].insts.iter().rev().take_while(|i| i.0 != inst).all(|i| {
            let data = &func.insts[i.0 as usize];
            !self.is_live[i.0 as usize]
                || self.is_fused[i.0 as usize]
                || data.effects().0 & blocked == 0
        })
    }

    pub(super) fn find_fused(&mut self, func: &Func, cfg: &Cfg) {
        for &b in &cfg.rpo {
            let term = &func.blocks[b as usize].term;
            let Term::Branch { cond, .. } = term else { continue };
            if super::cfg::known_condition(func, term).is_some() {
                continue;
            }
            let mut v = super::resolve(func, *cond);
            while let Some(i) = self.sole_def(func, b, v) {
                let data = &func.insts[i as usize];
                match (data.op, data.args.first()) {
                    (Opcode::Op(Op::Not), Some(&inner)) => {
                        self.is_fused[i as usize] = true;
                        v = super::resolve(func, inner);
                    }
                    (Opcode::Op(op), _) if Test::of(op).is_some() && self.can_sink(func, b, i) => {
                        self.is_fused[i as usize] = true;
                        break;
                    }
                    _ => break,
                }
            }
        }
    }

    /// Follows fused instructions from the condition of a branch: the last value, the number of
    /// inversions, the fused test.
    pub(super) fn fused_test(&self, func: &Func, cond: Value) -> (u32, bool, Option<u32>) {
        let mut v = super::resolve(func, cond);
        let mut is_inverted = false;
        while let Some(i) = super::defining_inst(func, v) {
            let data = &func.insts[i as usize];
            match (self.is_fused[i as usize], data.op, data.args.first()) {
                (true, Opcode::Op(Op::Not), Some(&inner)) => {
                    is_inverted = !is_inverted;
                    v = super::resolve(func, inner);
                }
                (true, ..) => return (v, is_inverted, Some(i)),
                _ => break,
            }
        }
        (v, is_inverted, None)
    }
}

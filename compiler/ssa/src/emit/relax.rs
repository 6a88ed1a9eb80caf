//! Which registers may hold any tagged value although their values are known better: registers of
//! one representation can be shared, so fewer kinds make smaller frames.

use super::cfg::{Cfg, edge};
use super::select::{Select, Source};
use crate::ir::{Func, Value};
use hyp_bytecode::rep::{Rep, TypeId};

impl Select {
    /// Relaxes registers whose readers accept any tagged value.
    pub(super) fn settle_reps(&mut self, func: &Func, cfg: &Cfg) {
        if let Some(entry) = func.blocks.first() {
            for &param in &entry.params {
                self.is_strict[param.0 as usize] = true;
            }
        }
        let mut work = std::mem::take(&mut self.work);
        work.clear();
        for &b in &cfg.rpo {
            for &param in &func.blocks[b as usize].params {
                // Sharing the register of a strict argument saves a move.
                let is_strict = self.is_strict[param.0 as usize]
                    || (self.reps[param.0 as usize] != Rep::Any
                        && self.any_source(func, cfg, param, |s, reg| s.is_strict[reg]));
                if is_strict {
                    self.is_strict[param.0 as usize] = true;
                    work.push(param.0);
                }
            }
        }
        // What flows into a strict parameter must be strict itself.
        while let Some(v) = work.pop() {
            self.any_source(func, cfg, Value(v), |s, reg| {
                if !std::mem::replace(&mut s.is_strict[reg], true) {
                    work.push(reg as u32);
                }
                false
            });
        }
        self.work = work;
        for (rep, &is_strict) in self.reps.iter_mut().zip(&self.is_strict) {
            // Boxes and iterators are no values that a program could see.
            let is_internal = matches!(rep, Rep::Ref(TypeId::CELL | TypeId::ITERATOR));
            if !is_strict && !is_internal && rep.is_tagged_compatible() {
                *rep = Rep::Any;
            }
        }
    }

    /// Whether `test` holds for a register that an edge passes to value `v`, if `v` is a parameter.
    fn any_source(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        v: Value,
        mut test: impl FnMut(&mut Select, usize) -> bool,
    ) -> bool {
        let Some((b, k)) = (v.0 < self.slot_base).then(|| super::as_param(func, v.0)).flatten()
        else {
            return false;
        };
        for &pred in cfg.preds(b.0) {
            let term = &func.blocks[pred as usize].term;
            let mut i = 0;
            while let Some(e) = edge(term, i) {
                if e.block == b
                    && let Some(&arg) = e.args.get(k as usize)
                    && let Source::Reg(reg) = self.source(func, pred, v, arg)
                    && test(self, reg as usize)
                {
                    return true;
                }
                i += 1;
            }
        }
        false
    }
}

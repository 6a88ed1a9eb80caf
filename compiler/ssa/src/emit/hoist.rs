//! Which constants are loaded into a register in front of a loop.

use super::cfg::{Cfg, edge};
use super::select::Select;
use super::{NONE, plan};
use crate::ir::{Func, InstData, Opcode, Term, Value};
use hyp_bytecode::op::Op;

/// A constant that may be loaded in front of a loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hoist {
    pub(super) value: u32,
    /// Outermost loop around the uses.
    pub(super) in_loop: u32,
    pub(super) weight: u32,
    /// Block that loads it.
    pub(super) block: u32,
    /// The register, or `NONE` if it was not chosen.
    pub(super) reg: u32,
}

impl Select {
    pub(super) fn plan_hoists(&mut self, func: &Func, cfg: &Cfg, hoisted_max: usize) {
        if cfg.loops.is_empty() || hoisted_max == 0 {
            return;
        }
        for &b in &cfg.lin {
            let depth = cfg.depth(b);
            if depth == 0 || cfg.cold[b as usize] {
                continue;
            }
            let in_loop = cfg.loops[cfg.loop_of[b as usize] as usize].outermost;
            let weight = 1u32 << (3 * depth.min(8));
            let block = &func.blocks[b as usize];
            for &i in &block.insts {
                if self.is_live[i.0 as usize] && !self.is_fused[i.0 as usize] {
                    let data = &func.insts[i.0 as usize];
                    match plan::constant_form(func, data) {
                        Some((_, a, _)) => self.want_hoisted(func, a, in_loop, weight),
                        None if data.op == Opcode::SlotSet => {}
                        None => {
                            for &arg in &data.args {
                                self.want_hoisted(func, arg, in_loop, weight);
                            }
                        }
                    }
                }
            }
            self.plan_condition(func, cfg, b, in_loop, weight);
        }
        self.choose_hoists(func, cfg, hoisted_max);
    }

    fn plan_condition(&mut self, func: &Func, cfg: &Cfg, b: u32, in_loop: u32, weight: u32) {
        let Term::Branch { cond, .. } = func.blocks[b as usize].term else { return };
        let (_, _, Some(i)) = self.fused_test(func, cond) else { return };
        let data = plan::inst(func, i);
        if let Some(limit) = counted_limit(func, cfg, b, data) {
            self.want_hoisted(func, limit, in_loop, weight);
        } else if matches!(data.op, Opcode::Op(Op::LtAny | Op::LeAny | Op::EqAny)) {
            for &arg in &data.args {
                self.want_hoisted(func, arg, in_loop, weight);
            }
        }
    }

    fn want_hoisted(&mut self, func: &Func, v: Value, in_loop: u32, weight: u32) {
        let value = super::resolve(func, v);
        if self.constant[value as usize] != NONE {
            let value = self.same[value as usize];
            self.hoists.push(Hoist { value, in_loop, weight, block: NONE, reg: NONE });
        }
    }

    fn choose_hoists(&mut self, func: &Func, cfg: &Cfg, hoisted_max: usize) {
        self.hoists.sort_unstable_by_key(|h| (h.value, h.in_loop));
        self.hoists.dedup_by(|next, kept| {
            let same = (next.value, next.in_loop) == (kept.value, kept.in_loop);
            if same {
                kept.weight = kept.weight.saturating_add(next.weight);
            }
            same
        });
        self.hoists.retain_mut(|h| {
            h.block = load_block(cfg, h.in_loop);
            h.block != NONE
        });
        // The registers are needed around one outermost loop each, so that is what is limited.
        self.hoists.sort_unstable_by_key(|h| (h.in_loop, u32::MAX - h.weight, h.value));
        let (mut in_loop, mut n) = (NONE, 0);
        self.hoists.retain(|h| {
            n = if h.in_loop == in_loop { n + 1 } else { 1 };
            in_loop = h.in_loop;
            n <= hoisted_max
        });
        self.hoists.sort_unstable_by_key(|h| (h.value, h.in_loop));
        for k in 0..self.hoists.len() {
            let rep = func.values[self.hoists[k].value as usize].rep;
            self.hoists[k].reg = self.new_reg(rep);
        }
        self.hoist_loads.extend(self.hoists.iter().map(|h| (h.block, h.value, h.reg)));
        self.hoist_loads.sort_unstable();
    }

    /// Loads the constants that later loops need.
    pub(super) fn load_hoisted(&mut self, func: &Func, cfg: &Cfg, b: u32) {
        let first = self.hoist_loads.partition_point(|load| load.0 < b);
        let mut k = first;
        while let Some(&(_, value, reg)) = self.hoist_loads.get(k).filter(|load| load.0 == b) {
            self.load_constant(func, cfg, value, reg);
            k += 1;
        }
    }

    /// Finds the first of equal constants for each.
    pub(super) fn unify_constants(&mut self, func: &Func) {
        self.same.clear();
        self.same.extend(0..func.values.len() as u32);
        self.work.clear();
        self.work.extend(
            (0..func.values.len() as u32)
                .filter(|&v| self.constant[v as usize] != NONE && self.use_count[v as usize] > 0),
        );
        let content = |v: u32| {
            let data = plan::inst(func, self.constant[v as usize]);
            let code = data.row().map_or(0, |op| op as u8);
            (code, data.imms.first().copied().unwrap_or(0))
        };
        self.work.sort_unstable_by_key(|&v| (content(v), v));
        for k in 1..self.work.len() {
            let (before, v) = (self.work[k - 1], self.work[k]);
            if content(before) == content(v) {
                self.same[v as usize] = self.same[before as usize];
            }
        }
    }

    pub(super) fn hoisted(&self, cfg: &Cfg, value: u32) -> Option<u32> {
        if self.hoists.is_empty() {
            return None;
        }
        let in_loop = match cfg.loop_of[self.block as usize] {
            NONE => return None,
            l => cfg.loops[l as usize].outermost,
        };
        let value = self.same[value as usize];
        let k = self.hoists.binary_search_by_key(&(value, in_loop), |h| (h.value, h.in_loop));
        k.ok().map(|k| self.hoists[k].reg)
    }
}

/// Block at whose end the constants of an outermost loop are loaded: one that dominates the loop,
/// is outside all loops and cannot leave for a handler before its end.
fn load_block(cfg: &Cfg, l: u32) -> u32 {
    let mut b = cfg.loops[l as usize].header;
    loop {
        let up = cfg.idom[b as usize];
        if up == b {
            return NONE;
        }
        b = up;
        if cfg.loop_of[b as usize] == NONE && cfg.handler[b as usize] == NONE {
            return b;
        }
    }
}

/// The constant limit of a counted loop whose header is `b`: a comparison of a parameter that the
/// latch has just increased, so that one instruction can do both.
pub(super) fn counted_limit(func: &Func, cfg: &Cfg, b: u32, data: &InstData) -> Option<Value> {
    let l = cfg.loop_with_header(b)?;
    let (&[a, limit], Opcode::Op(Op::LtF64 | Op::LeF64)) = (&*data.args, data.op) else {
        return None;
    };
    plan::f64_bits(func, limit)?;
    let a = super::resolve(func, a);
    let (block, k) = super::as_param(func, a)?;
    if block.0 != b {
        return None;
    }
    let is_increased = |v: Value| {
        let data = super::defining_inst(func, super::resolve(func, v)).map(|i| plan::inst(func, i));
        data.is_some_and(|data| {
            let first = data.args.first().map(|&v| super::resolve(func, v));
            match data.op {
                Opcode::Op(Op::AddF64K) => first == Some(a),
                Opcode::Op(Op::AddF64 | Op::SubF64) => plan::constant_form(func, data)
                    .is_some_and(|(op, v, _)| op == Op::AddF64K && super::resolve(func, v) == a),
                _ => false,
            }
        })
    };
    let from_latch = cfg.preds(b).iter().filter(|&&p| cfg.in_loop(p, l));
    from_latch
        .flat_map(|&p| (0..).map_while(move |i| edge(&func.blocks[p as usize].term, i)))
        .any(|e| e.block.0 == b && e.args.get(k as usize).is_some_and(|&v| is_increased(v)))
        .then_some(limit)
}

//! Dead code elimination: instructions whose results nobody needs and that do nothing else, block
//! parameters nobody needs, stores to slots that nothing reads.

use hyp_bytecode::op::Effects;

use crate::cfg::Cfg;
use crate::ir::{Block, Def, Func, Inst, InstData, ModuleFacts, Opcode, Value};

/// Runs the pass.
pub fn run(func: &mut Func, _facts: &dyn ModuleFacts) {
    let cfg = super::reachable_flow(func);
    let mut marker = Marker {
        func,
        is_live: vec![false; func.values.len()],
        reads_slot: read_slots(func, &cfg),
        work: Vec::with_capacity(func.values.len()),
    };
    marker.mark_roots(&cfg);
    marker.mark_transitively(&cfg);
    let Marker { is_live, reads_slot, .. } = marker;
    sweep_instructions(func, &is_live, &reads_slot);
    sweep_params(func, &is_live);
}

struct Marker<'a> {
    func: &'a Func,
    is_live: Vec<bool>,
    reads_slot: Vec<bool>,
    work: Vec<Value>,
}

fn read_slots(func: &Func, cfg: &Cfg) -> Vec<bool> {
    let mut reads = vec![false; func.n_slots as usize];
    if reads.is_empty() {
        return reads;
    }
    for &block in &cfg.order {
        for &inst in &func.block(block).insts {
            let data = func.inst(inst);
            if data.op == Opcode::SlotGet {
                reads[data.imms[0] as usize] = true;
            }
        }
    }
    reads
}

/// Whether the instruction does something besides defining its result.
fn is_root(data: &InstData, reads_slot: &[bool]) -> bool {
    const VISIBLE: u16 = Effects::THROWS.0
        | Effects::WRITES.0
        | Effects::CALLS.0 & !(Effects::READS.0 | Effects::ALLOCS.0);
    match data.op {
        Opcode::SlotSet => reads_slot[data.imms[0] as usize],
        Opcode::SlotGet => false,
        Opcode::Op(op) => op.spec().effects.0 & VISIBLE != 0,
    }
}

impl Marker<'_> {
    fn mark(&mut self, v: Value) {
        if !std::mem::replace(&mut self.is_live[v.0 as usize], true) {
            self.work.push(v);
        }
    }

    fn mark_operands(&mut self, inst: Inst) {
        let func = self.func;
        for &arg in &func.inst(inst).args {
            self.mark(arg);
        }
    }

    fn mark_roots(&mut self, cfg: &Cfg) {
        let func = self.func;
        for &block in &cfg.order {
            let data = func.block(block);
            for &inst in &data.insts {
                if is_root(func.inst(inst), &self.reads_slot) {
                    self.mark_operands(inst);
                }
            }
            data.term.operand().into_iter().for_each(|v| self.mark(v));
        }
    }

    fn mark_transitively(&mut self, cfg: &Cfg) {
        let func = self.func;
        while let Some(v) = self.work.pop() {
            match func.values[v.0 as usize].def {
                Def::Inst(inst) => self.mark_operands(inst),
                Def::Param(block, idx) => self.mark_incoming(cfg, block, idx as usize),
                Def::Alias(to) => self.mark(to),
            }
        }
    }

    /// Marks what the edges to a block pass for a parameter.
    fn mark_incoming(&mut self, cfg: &Cfg, block: Block, idx: usize) {
        let func = self.func;
        for &pred in cfg.preds(block) {
            func.block(pred).term.for_each_edge(|edge| {
                if edge.block == block
                    && let Some(&arg) = edge.args.get(idx)
                {
                    self.mark(arg);
                }
            });
        }
    }
}

fn sweep_instructions(func: &mut Func, is_live: &[bool], reads_slot: &[bool]) {
    let insts = &func.insts;
    for block in &mut func.blocks {
        block.insts.retain(|inst| {
            let data = &insts[inst.0 as usize];
            is_root(data, reads_slot) || data.result.is_some_and(|v| is_live[v.0 as usize])
        });
    }
}

fn sweep_params(func: &mut Func, is_live: &[bool]) {
    if func.blocks.iter().flat_map(|b| &b.params).all(|p| is_live[p.0 as usize]) {
        return;
    }
    let mut is_fixed = vec![false; func.blocks.len()];
    is_fixed[0] = true;
    for block in &func.blocks {
        if let Some(handler) = block.handler {
            is_fixed[handler.0 as usize] = true;
        }
    }
    // The old parameter lists tell which arguments go.
    let mut dead: Vec<Option<Vec<bool>>> = vec![None; func.blocks.len()];
    for (b, block) in func.blocks.iter_mut().enumerate() {
        if is_fixed[b] || block.params.iter().all(|p| is_live[p.0 as usize]) {
            continue;
        }
        dead[b] = Some(block.params.iter().map(|p| !is_live[p.0 as usize]).collect());
        block.params.retain(|p| is_live[p.0 as usize]);
        for (i, p) in block.params.iter().enumerate() {
            func.values[p.0 as usize].def = Def::Param(Block(b as u32), i as u32);
        }
    }
    for block in &mut func.blocks {
        block.term.for_each_edge_mut(|edge| {
            if let Some(dead) = &dead[edge.block.0 as usize] {
                let mut i = 0;
                edge.args.retain(|_| {
                    i += 1;
                    !dead[i - 1]
                });
            }
        });
    }
}

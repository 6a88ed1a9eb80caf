//! Slots: variables that handlers see. Each has a register of its own; reads and writes of the slot
//! become uses and definitions of that register where possible.

use super::cfg::Cfg;
use super::select::{MInst, Select};
use super::{EmitError, NONE};
use crate::ir::{Func, InstData, Opcode, Value};

impl Select {
    pub(super) fn lower_slot_set(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        data: &InstData,
        mut inst: MInst,
    ) -> Result<(), EmitError> {
        let (Some(&slot), Some(&src)) = (data.imms.first(), data.args.first()) else {
            return Ok(());
        };
        let slot = self.slot_base + slot as u32;
        let v = super::resolve(func, src);
        if self.constant[v as usize] != NONE {
            self.load_constant(func, cfg, v, slot);
            return Ok(());
        }
        let reg = self.reg_of[v as usize];
        let is_last_def = self.insts.len() as u32 > self.block_first()
            && self.insts.last().is_some_and(|last| last.dst == reg);
        if is_last_def && self.use_count[v as usize] == 1 && !self.is_slot(reg) {
            if let Some(last) = self.insts.last_mut() {
                last.dst = slot;
                self.def_at[reg as usize] = NONE;
            }
            return Ok(());
        }
        inst.dst = slot;
        inst.uses_at = self.uses.len() as u32;
        inst.imms_at = self.imms.len() as u32;
        self.uses.push(reg);
        self.push(cfg, inst)
    }

    /// Index of the first instruction of the current block.
    fn block_first(&self) -> u32 {
        self.blocks[self.block as usize].first
    }

    /// Lets values that are read from a slot and used before it changes stay in the slot.
    pub(super) fn forward_slots(&mut self, func: &Func, b: u32) {
        self.blocks[b as usize].first = self.insts.len() as u32;
        self.slot_reads.clear();
        let block = &func.blocks[b as usize];
        for &i in &block.insts {
            let data = &func.insts[i.0 as usize];
            if !self.is_live[i.0 as usize] {
                continue;
            }
            if !self.is_fused[i.0 as usize] {
                for &arg in &data.args {
                    self.note_slot_use(func, arg);
                }
            }
            let Some(&slot) = data.imms.first() else { continue };
            match (data.op, data.result) {
                (Opcode::SlotSet, _) => self.slot_version[slot as usize] += 1,
                (Opcode::SlotGet, Some(v)) => {
                    let version = self.slot_version[slot as usize];
                    self.reg_of[v.0 as usize] = v.0;
                    self.slot_reads.push((v.0, slot as u32, version, self.use_count[v.0 as usize]));
                }
                _ => {}
            }
        }
        // Fused instructions execute with the terminator.
        for &i in &block.insts {
            if self.is_fused[i.0 as usize] {
                for &arg in &func.insts[i.0 as usize].args {
                    self.note_slot_use(func, arg);
                }
            }
        }
        if let Some(v) = block.term.operand() {
            self.note_slot_use(func, v);
        }
        block.term.for_each_edge(|e| {
            for (k, &arg) in e.args.iter().enumerate() {
                let param = func.blocks[e.block.0 as usize].params[k];
                if self.use_count[param.0 as usize] > 0 {
                    self.note_slot_use(func, arg);
                }
            }
        });
        for &(v, slot, _, left) in &self.slot_reads {
            if left == 0 {
                self.reg_of[v as usize] = self.slot_base + slot;
            }
        }
    }

    fn note_slot_use(&mut self, func: &Func, v: Value) {
        let v = super::resolve(func, v);
        // Blocks read few slots between calls; the newest reads are the likely ones.
        for read in self.slot_reads.iter_mut().rev().take(16) {
            if read.0 == v {
                if self.slot_version[read.1 as usize] == read.2 {
                    read.3 = read.3.saturating_sub(1);
                }
                return;
            }
        }
    }
}

//! Which registers are read later.

use hyp_bytecode::module::Function;
use hyp_bytecode::op::{Insn, Op, decode};

use super::NotVerified;
use super::graph::Graph;

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct RegSet([u64; 4]);

impl RegSet {
    pub(crate) fn contains(&self, reg: u8) -> bool {
        self.0[usize::from(reg >> 6)] >> (reg & 63) & 1 != 0
    }

    pub(crate) fn insert(&mut self, reg: u8) {
        self.0[usize::from(reg >> 6)] |= 1 << (reg & 63);
    }

    pub(crate) fn remove(&mut self, reg: u8) {
        self.0[usize::from(reg >> 6)] &= !(1 << (reg & 63));
    }

    fn zip(&self, other: &RegSet, f: impl Fn(u64, u64) -> u64) -> RegSet {
        RegSet(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    pub(crate) fn union(&self, other: &RegSet) -> RegSet {
        self.zip(other, |a, b| a | b)
    }

    pub(crate) fn intersection(&self, other: &RegSet) -> RegSet {
        self.zip(other, |a, b| a & b)
    }

    /// Every register.
    pub(crate) fn all() -> RegSet {
        RegSet([u64::MAX; 4])
    }

    pub(crate) fn without(&self, other: &RegSet) -> RegSet {
        self.zip(other, |a, b| a & !b)
    }

    /// Members in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|reg| self.contains(*reg))
    }
}

/// Registers that are read at or behind the start of each block, and those that it writes.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) at_start: Vec<RegSet>,
    pub(crate) written: Vec<RegSet>,
}

/// Calls `visit` with every register that an instruction reads.
pub(crate) fn for_each_read(insn: &Insn<'_>, mut visit: impl FnMut(u8)) {
    for (kind, arg) in insn.operands() {
        if let hyp_bytecode::op::Arg::Reg(reg) = arg
            && (kind.is_in() || is_latch(insn.op))
        {
            visit(reg);
        }
    }
    for at in 0..insn.regs().len() {
        insn.regs().get(at).into_iter().for_each(&mut visit);
    }
}

/// Whether the instruction reads the register that it defines.
pub(crate) fn is_latch(op: Op) -> bool {
    matches!(op, Op::ForLtF64 | Op::ForLeF64)
}

impl Live {
    pub(crate) fn new(function: &Function, graph: &Graph) -> Result<Live, NotVerified> {
        let n = graph.blocks.len();
        let mut read = vec![RegSet::default(); n];
        let mut live =
            Live { at_start: vec![RegSet::default(); n], written: vec![RegSet::default(); n] };
        for &b in &graph.order {
            let block = &graph.blocks[b];
            let mut pc = block.start;
            while pc < block.end {
                let insn = decode(&function.code, pc).map_err(|_| NotVerified)?;
                for_each_read(&insn, |reg| {
                    if !live.written[b].contains(reg) {
                        read[b].insert(reg);
                    }
                });
                insn.out().into_iter().for_each(|reg| live.written[b].insert(reg));
                pc = insn.next;
            }
        }
        let mut changed = true;
        while changed {
            changed = false;
            for &b in graph.order.iter().rev() {
                let mut set = RegSet::default();
                for &to in &graph.blocks[b].successors {
                    set = set.union(&live.at_start[to]);
                }
                set = set.without(&live.written[b]).union(&read[b]);
                for handler in graph.handlers_of(b) {
                    set = set.union(&live.at_handler(graph, handler));
                }
                if set != live.at_start[b] {
                    live.at_start[b] = set;
                    changed = true;
                }
            }
        }
        Ok(live)
    }

    /// Registers whose content a handler reads; the one that receives the value is not among them.
    pub(crate) fn at_handler(&self, graph: &Graph, handler: usize) -> RegSet {
        let handler = graph.handlers[handler];
        let mut set = self.at_start[handler.target];
        set.remove(handler.reg);
        set
    }
}

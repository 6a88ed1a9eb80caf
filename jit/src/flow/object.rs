//! Which registers hold an object, not null: available expressions (Aho, Lam, Sethi, Ullman,
//! Compilers, section 9.2) of one kind.

use hyp_bytecode::module::Function;
use hyp_bytecode::op::{Insn, Op, decode};

use super::{Graph, NotVerified, RegSet};

/// Registers that hold an object where each block starts.
pub(crate) struct Objects {
    at_start: Vec<RegSet>,
}

impl Objects {
    /// Analyses what can be reached from block `start`, where nothing is known.
    ///
    /// # Errors
    /// The code does not decode.
    pub(crate) fn new(
        function: &Function,
        graph: &Graph,
        start: usize,
    ) -> Result<Objects, NotVerified> {
        let order = graph.order_from(start);
        // Nothing is refuted at first; handlers know nothing.
        let mut at_start = vec![RegSet::all(); graph.blocks.len()];
        at_start[start] = RegSet::default();
        for handler in &graph.handlers {
            at_start[handler.target] = RegSet::default();
        }
        let mut changed = true;
        while changed {
            changed = false;
            for &b in &order {
                let mut known = at_start[b];
                let mut pc = graph.blocks[b].start;
                while pc < graph.blocks[b].end {
                    let insn = decode(&function.code, pc).map_err(|_| NotVerified)?;
                    pc = insn.next;
                    apply(&insn, &mut known);
                }
                for &to in &graph.blocks[b].successors {
                    let both = at_start[to].intersection(&known);
                    changed |= both != at_start[to];
                    at_start[to] = both;
                }
            }
        }
        Ok(Objects { at_start })
    }

    /// Registers that hold an object where a block starts.
    pub(crate) fn at_start(&self, at: usize) -> RegSet {
        self.at_start.get(at).copied().unwrap_or_default()
    }
}

/// Takes note of an instruction: one that has accessed a field has raised for null.
pub(crate) fn apply(insn: &Insn<'_>, known: &mut RegSet) {
    let source = match insn.op {
        Op::GetField => insn.reg(1),
        Op::SetField => insn.reg(0),
        Op::Mov | Op::CheckRef => insn.reg(1).filter(|reg| known.contains(*reg)),
        _ => None,
    };
    source.into_iter().for_each(|reg| known.insert(reg));
    let Some(dst) = insn.out() else { return };
    match insn.op {
        Op::NewRecord | Op::NewInstance => known.insert(dst),
        Op::Mov | Op::CheckRef if source.is_some() => known.insert(dst),
        _ => known.remove(dst),
    }
}

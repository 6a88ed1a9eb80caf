//! Control flow of register code: blocks, edges, handlers, order.

use hyp_bytecode::module::Function;
use hyp_bytecode::op::{Effects, Insn, Op, decode};
use smallvec::SmallVec;

use super::RecoverError;

/// A straight run of instructions.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    /// First word.
    pub(super) start: usize,
    /// First word behind it.
    pub(super) end: usize,
    /// Blocks that follow: of a branch, the taken one first; of a switch, the default last.
    pub(super) successors: SmallVec<[usize; 2]>,
    /// Index into [`Graph::handlers`].
    pub(super) handler: Option<usize>,
    /// Number of edges that lead here, that of the function's start and of handlers included.
    pub(super) n_preds: usize,
}

/// Where raised values go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Handler {
    /// The block that continues.
    pub(super) target: usize,
    /// The register that receives the value.
    pub(super) reg: u8,
    /// Also runs on `Exit`.
    pub(super) is_cleanup: bool,
    /// The handler that takes the exits which this one does not.
    pub(super) outer: Option<usize>,
}

/// The blocks of a function. Block 0 is at the first word.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) blocks: Vec<Block>,
    pub(super) handlers: Vec<Handler>,
    /// Reachable blocks in reverse postorder.
    pub(super) order: Vec<usize>,
    is_active: Vec<bool>,
}

/// Whether control goes on behind the instruction.
fn falls_through(op: Op) -> bool {
    !op.spec().effects.has(Effects::ENDS)
}

fn branches(op: Op) -> bool {
    op.spec().effects.has(Effects::BRANCHES) || op == Op::Jump
}

impl Graph {
    pub(super) fn new(function: &Function) -> Result<Graph, RecoverError> {
        let starts = leaders(function)?;
        let mut number = vec![usize::MAX; function.code.len() + 1];
        for (b, &pc) in starts.iter().enumerate() {
            number[pc] = b;
        }
        let block_at = |pc: usize| match number.get(pc) {
            Some(&b) if b != usize::MAX => Ok(b),
            _ => Err(RecoverError::Code { pc }),
        };
        let mut graph = Graph::default();
        for (b, &start) in starts.iter().enumerate() {
            let end = starts.get(b + 1).copied().unwrap_or(function.code.len());
            let mut block = Block { start, end, ..Block::default() };
            let last = last_insn(&function.code, start, end)?;
            if branches(last.op) {
                for target in last.targets() {
                    block.successors.push(block_at(target)?);
                }
            }
            if falls_through(last.op) {
                block.successors.push(block_at(end)?);
            }
            block.handler = graph.handler_at(function, start, &block_at)?;
            graph.blocks.push(block);
        }
        graph.find_order();
        graph.count_preds();
        Ok(graph)
    }

    /// The innermost handler of a word. One that exits pass by names the next one that takes them.
    fn handler_at(
        &mut self,
        function: &Function,
        pc: usize,
        block_at: &impl Fn(usize) -> Result<usize, RecoverError>,
    ) -> Result<Option<usize>, RecoverError> {
        let mut covering =
            function.handlers.iter().filter(|h| (h.start as usize..h.end as usize).contains(&pc));
        let Some(first) = covering.next() else { return Ok(None) };
        let cleanup = if first.is_cleanup { None } else { covering.find(|h| h.is_cleanup) };
        let mut outer = None;
        for found in cleanup.into_iter().chain([first]) {
            let handler = Handler {
                target: block_at(found.target as usize)?,
                reg: found.reg,
                is_cleanup: found.is_cleanup,
                outer,
            };
            let known = self.handlers.iter().position(|h| *h == handler);
            outer = Some(known.unwrap_or_else(|| {
                self.handlers.push(handler);
                self.handlers.len() - 1
            }));
        }
        Ok(outer)
    }

    /// The handlers of a block from the inside out.
    pub(super) fn handlers_of(&self, b: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.blocks[b].handler, |h| self.handlers[*h].outer)
    }

    /// Whether some reachable block is protected by a handler.
    pub(super) fn is_active(&self, handler: usize) -> bool {
        self.is_active.get(handler) == Some(&true)
    }

    /// Where control can go from a block: its successors, then the targets of its handlers.
    fn exits(&self, b: usize) -> impl Iterator<Item = usize> + '_ {
        let handlers = self.handlers_of(b).map(|h| self.handlers[h].target);
        self.blocks[b].successors.iter().copied().chain(handlers)
    }

    fn find_order(&mut self) {
        let mut seen = vec![false; self.blocks.len()];
        let mut order = Vec::with_capacity(self.blocks.len());
        let mut open: Vec<(usize, usize)> = Vec::new();
        if let Some(first) = seen.first_mut() {
            *first = true;
            open.push((0, 0));
        }
        while let Some((b, next)) = open.last_mut() {
            let (b, at) = (*b, *next);
            *next += 1;
            match self.exits(b).nth(at) {
                Some(to) if !seen[to] => {
                    seen[to] = true;
                    open.push((to, 0));
                }
                Some(_) => {}
                None => {
                    order.push(b);
                    open.pop();
                }
            }
        }
        order.reverse();
        self.order = order;
    }

    fn count_preds(&mut self) {
        if let Some(first) = self.blocks.first_mut() {
            first.n_preds = 1;
        }
        let mut is_active = vec![false; self.handlers.len()];
        for &b in &self.order {
            for to in self.blocks[b].successors.clone() {
                self.blocks[to].n_preds += 1;
            }
            for handler in self.handlers_of(b) {
                is_active[handler] = true;
            }
        }
        for (handler, _) in self.handlers.iter().zip(&is_active).filter(|(_, active)| **active) {
            self.blocks[handler.target].n_preds += 1;
        }
        self.is_active = is_active;
    }
}

/// Words at which blocks start, ascending.
fn leaders(function: &Function) -> Result<Vec<usize>, RecoverError> {
    let code = &function.code;
    let mut is_leader = vec![false; code.len() + 1];
    is_leader[0] = true;
    let mut pc = 0;
    while pc < code.len() {
        let insn = decode(code, pc).map_err(|e| RecoverError::Code { pc: e.pc })?;
        if branches(insn.op) || !falls_through(insn.op) {
            is_leader[insn.next] = true;
        }
        for target in insn.targets() {
            is_leader[target] = true;
        }
        pc = insn.next;
    }
    for handler in &function.handlers {
        for pc in [handler.start, handler.end, handler.target] {
            *is_leader.get_mut(pc as usize).ok_or(RecoverError::Code { pc: pc as usize })? = true;
        }
    }
    let starts = is_leader.iter().enumerate().filter(|(pc, is)| **is && *pc < code.len());
    Ok(starts.map(|(pc, _)| pc).collect())
}

fn last_insn(code: &[u32], start: usize, end: usize) -> Result<Insn<'_>, RecoverError> {
    let mut pc = start;
    loop {
        let insn = decode(code, pc).map_err(|e| RecoverError::Code { pc: e.pc })?;
        if insn.next >= end {
            return Ok(insn);
        }
        pc = insn.next;
    }
}

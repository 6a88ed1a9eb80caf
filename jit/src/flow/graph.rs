//! Control flow of register code: blocks, edges, handlers, order.

use hyp_bytecode::module::Function;
use hyp_bytecode::op::{Effects, Insn, Op, decode};
use smallvec::SmallVec;

use super::NotVerified;

/// A straight run of instructions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// First word.
    pub(crate) start: usize,
    /// First word behind it.
    pub(crate) end: usize,
    /// Blocks that follow: of a branch, the taken one first; of a switch, the default last.
    pub(crate) successors: SmallVec<[usize; 2]>,
    /// Index into [`Graph::handlers`].
    pub(crate) handler: Option<usize>,
}

/// Where raised values go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Handler {
    /// The block that continues.
    pub(crate) target: usize,
    /// The register that receives the value.
    pub(crate) reg: u8,
    /// Also runs on `Exit`.
    pub(crate) is_cleanup: bool,
    /// The handler that takes the exits which this one does not.
    pub(crate) outer: Option<usize>,
}

/// The blocks of a function. Block 0 is at the first word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) blocks: Vec<Block>,
    pub(crate) handlers: Vec<Handler>,
    /// Reachable blocks in reverse postorder.
    pub(crate) order: Vec<usize>,
}

/// Whether control goes on behind the instruction.
fn falls_through(op: Op) -> bool {
    !op.spec().effects.has(Effects::ENDS)
}

fn branches(op: Op) -> bool {
    op.spec().effects.has(Effects::BRANCHES) || op == Op::Jump
}

impl Graph {
    pub(crate) fn new(function: &Function) -> Result<Graph, NotVerified> {
        let starts = leaders(function)?;
        let mut number = vec![usize::MAX; function.code.len() + 1];
        for (b, &pc) in starts.iter().enumerate() {
            number[pc] = b;
        }
        let block_at = |pc: usize| match number.get(pc) {
            Some(&b) if b != usize::MAX => Ok(b),
            _ => Err(NotVerified),
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
        graph.order = graph.order_from(0);
        Ok(graph)
    }

    /// The innermost handler of a word. One that exits pass by names the next one that takes them.
    fn handler_at(
        &mut self,
        function: &Function,
        pc: usize,
        block_at: &impl Fn(usize) -> Result<usize, NotVerified>,
    ) -> Result<Option<usize>, NotVerified> {
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
    pub(crate) fn handlers_of(&self, b: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.blocks[b].handler, |h| self.handlers[*h].outer)
    }

    /// Which blocks control can reach from a block.
    pub(crate) fn reachable_from(&self, start: usize) -> Vec<bool> {
        let mut seen = vec![false; self.blocks.len()];
        let mut open = vec![start];
        while let Some(b) = open.pop() {
            if !std::mem::replace(&mut seen[b], true) {
                open.extend(self.exits(b));
            }
        }
        seen
    }

    /// Where control can go from a block: its successors, then the targets of its handlers.
    pub(crate) fn exits(&self, b: usize) -> impl Iterator<Item = usize> + '_ {
        let handlers = self.handlers_of(b).map(|h| self.handlers[h].target);
        self.blocks[b].successors.iter().copied().chain(handlers)
    }

    /// Blocks that can be reached from a block, in reverse postorder.
    pub(crate) fn order_from(&self, start: usize) -> Vec<usize> {
        let mut seen = vec![false; self.blocks.len()];
        let mut order = Vec::with_capacity(self.blocks.len());
        let mut open: Vec<(usize, usize)> = Vec::new();
        if let Some(first) = seen.get_mut(start) {
            *first = true;
            open.push((start, 0));
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
        order
    }
}

/// Words at which blocks start, ascending.
fn leaders(function: &Function) -> Result<Vec<usize>, NotVerified> {
    let code = &function.code;
    let mut is_leader = vec![false; code.len() + 1];
    is_leader[0] = true;
    let mut pc = 0;
    while pc < code.len() {
        let insn = decode(code, pc).map_err(|_| NotVerified)?;
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
            *is_leader.get_mut(pc as usize).ok_or(NotVerified)? = true;
        }
    }
    let starts = is_leader.iter().enumerate().filter(|(pc, is)| **is && *pc < code.len());
    Ok(starts.map(|(pc, _)| pc).collect())
}

fn last_insn(code: &[u32], start: usize, end: usize) -> Result<Insn<'_>, NotVerified> {
    let mut pc = start;
    loop {
        let insn = decode(code, pc).map_err(|_| NotVerified)?;
        if insn.next >= end {
            return Ok(insn);
        }
        pc = insn.next;
    }
}

//! The order of compilation: a function's callees come before the function itself, as far as the
//! call graph has no cycles, so that they can be inlined.
//!
//! The graph becomes known while functions are lowered. A depth-first walk over it holds the
//! functions that wait for their callees, and Tarjan's algorithm (SIAM J. Comput. 1972) finds those
//! that are recursive: they are never inlined.

use std::collections::VecDeque;
use std::rc::Rc;

use ahash::AHashMap;
use hyp_bytecode::module::FuncId;
use hyp_bytecode::op::Op;
use hyp_ssa::ir::{Func, Opcode};

/// Most functions that wait at once; a callee of one more is compiled in its turn.
const WAITING_MAX: usize = 64;
/// Most instructions of functions that wait, so that huge functions do not pile up.
const WAITING_INSTS_MAX: usize = 40_000;
/// Instructions of all bodies that are kept to be inlined; the oldest go first.
const KEPT_INSTS_MAX: usize = 20_000;

/// A function whose callees are being compiled.
struct Waiting {
    id: FuncId,
    func: Func,
    /// Functions that it refers to, and how many of them have been visited.
    callees: Vec<FuncId>,
    visited: usize,
    /// The earliest waiting function that it leads back to, by number of its visit.
    low: u32,
}

/// A finished function.
pub(crate) struct Ready {
    pub(crate) id: FuncId,
    pub(crate) func: Func,
    /// It leads back to itself.
    pub(crate) is_recursive: bool,
}

/// The walk over the call graph.
#[derive(Default)]
pub(crate) struct Schedule {
    /// By function the number of its visit, from 1; 0 if it was not visited yet.
    visit: Vec<u32>,
    n_visits: u32,
    /// Functions whose cycle is not complete yet, and whether a function is one of them.
    open: Vec<FuncId>,
    is_open: Vec<bool>,
    waiting: Vec<Waiting>,
    waiting_insts: usize,
    next_root: usize,
}

impl Schedule {
    /// The function to compile next, of so many.
    pub(crate) fn next(&mut self, n_functions: usize) -> Option<FuncId> {
        self.visit.resize(n_functions, 0);
        self.is_open.resize(n_functions, false);
        if let Some(top) = self.waiting.last() {
            return top.callees.get(top.visited).copied();
        }
        while *self.visit.get(self.next_root)? != 0 {
            self.next_root += 1;
        }
        Some(FuncId(self.next_root as u32))
    }

    /// Takes the function that was asked for, which refers to others.
    pub(crate) fn enter(&mut self, id: FuncId, func: Func, mut callees: Vec<FuncId>) {
        self.n_visits += 1;
        self.visit[id.0 as usize] = self.n_visits;
        self.is_open[id.0 as usize] = true;
        self.open.push(id);
        self.waiting_insts += func.insts.len();
        if self.waiting.len() >= WAITING_MAX || self.waiting_insts > WAITING_INSTS_MAX {
            // Those that were visited still tell of cycles.
            callees.retain(|callee| self.visit[callee.0 as usize] != 0);
        }
        self.waiting.push(Waiting { id, func, callees, visited: 0, low: self.n_visits });
    }

    /// A function all of whose callees are compiled, if there is one.
    pub(crate) fn ready(&mut self) -> Option<Ready> {
        let top = self.waiting.last_mut()?;
        while let Some(callee) = top.callees.get(top.visited) {
            let visit = self.visit[callee.0 as usize];
            if visit == 0 {
                return None;
            }
            if self.is_open[callee.0 as usize] {
                top.low = top.low.min(visit);
            }
            top.visited += 1;
        }
        let Waiting { id, func, low, callees, .. } = self.waiting.pop()?;
        self.waiting_insts -= func.insts.len();
        if let Some(caller) = self.waiting.last_mut() {
            caller.low = caller.low.min(low);
        }
        let is_root = low == self.visit[id.0 as usize];
        let is_alone = self.open.last() == Some(&id);
        if is_root {
            while let Some(member) = self.open.pop() {
                self.is_open[member.0 as usize] = false;
                if member == id {
                    break;
                }
            }
        }
        let is_recursive = !is_root || !is_alone || callees.contains(&id);
        Some(Ready { id, func, is_recursive })
    }
}

/// The functions that a function refers to, each once, in order.
pub(crate) fn callees(func: &Func) -> Vec<FuncId> {
    let mut list = Vec::new();
    for inst in func.blocks.iter().flat_map(|block| &block.insts) {
        let data = func.inst(*inst);
        if matches!(data.op, Opcode::Op(Op::Call | Op::LoadFunc | Op::MakeClosure)) {
            list.extend(data.imms.first().map(|id| FuncId(*id as u32)));
        }
    }
    list.sort_unstable();
    list.dedup();
    list
}

/// Bodies of finished functions.
#[derive(Default)]
pub(crate) struct Bodies {
    of: AHashMap<FuncId, Rc<Func>>,
    order: VecDeque<FuncId>,
    n_insts: usize,
}

impl Bodies {
    pub(crate) fn get(&self, id: FuncId) -> Option<Rc<Func>> {
        self.of.get(&id).cloned()
    }

    pub(crate) fn keep(&mut self, id: FuncId, body: Func) {
        self.n_insts += body.insts.len();
        self.order.push_back(id);
        self.of.insert(id, Rc::new(body));
        while self.n_insts > KEPT_INSTS_MAX
            && let Some(oldest) = self.order.pop_front()
            && let Some(body) = self.of.remove(&oldest)
        {
            self.n_insts -= body.insts.len();
        }
    }
}

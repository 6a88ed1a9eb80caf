//! Functions with more live values than registers: keeps most long-lived values in an array.
//!
//! The rewriting happens on the SSA form. A spilled value is stored after its definition and loaded
//! before each use. A spilled block parameter vanishes: each edge stores its argument into a
//! transfer element, which the block copies to the parameter's own element, so that edges need no
//! order among their stores.

use super::NONE;
use super::cfg::Cfg;
use super::select::Select;
use crate::ir::{
    Block, BlockData, Def, Edge, Func, Inst, InstData, Opcode, Pos, Term, Value, ValueData,
};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::{SmallVec, smallvec};

/// Values that are needed for at most this many program points stay in registers.
const SHORT: u32 = 48;
/// Arguments of the instruction that creates the array.
const INITIAL_MAX: usize = 250;

/// A value in the array.
#[derive(Clone, Copy, Debug)]
struct Home {
    /// Element of the value, or `NONE` if it stays in a register.
    element: u32,
    /// Element through which edges pass it, or `NONE` if it is no block parameter.
    transfer: u32,
    /// What its readers insist on.
    rep: Rep,
}

/// What goes to the array.
struct Choice {
    /// By value.
    homes: Vec<Home>,
    /// Element of each slot, or `NONE`.
    slots: Vec<u32>,
    n_elements: u32,
}

/// Rewrites `func` so that few long-lived values besides the `keep` most used ones stay in
/// registers. `None` if there is nothing to gain. `select` is the selection that did not fit.
pub(super) fn spill(func: &Func, cfg: &Cfg, select: &Select, keep: usize) -> Option<Func> {
    let Choice { homes, slots, n_elements } = choose(func, cfg, select, keep)?;
    let mut func = func.clone();
    func.resolve_aliases();
    let mut spiller = Spiller { func, homes, slots, array: Value(NONE), code: Vec::new() };
    spiller.create_array(n_elements as usize);
    for &b in &cfg.rpo {
        if cfg.handler[b as usize] == NONE {
            // Accesses to the array never raise; they must not bring the handler to life.
            spiller.func.blocks[b as usize].handler = None;
        }
        spiller.block(b);
    }
    let Spiller { mut func, homes, slots, .. } = spiller;
    drop_params(&mut func, &homes);
    drop_slots(&mut func, &slots);
    Some(func)
}

/// Decides which values get elements.
fn choose(func: &Func, cfg: &Cfg, select: &Select, keep: usize) -> Option<Choice> {
    let n = func.values.len();
    let mut weight = vec![0u64; n];
    let mut is_long = vec![false; n];
    for read in &select.reads {
        let v = read.reg as usize;
        if v < n {
            weight[v] += 1 << (3 * cfg.depth(cfg.lin[read.at as usize]).min(10));
            is_long[v] |= read.at != select.def_at[v]
                || read.point.saturating_sub(select.def_point[v]) > SHORT;
        }
    }
    let mut long: Vec<u32> = (0..n as u32)
        .filter(|&v| {
            is_long[v as usize] && select.def_at[v as usize] != NONE && can_spill(func, select, v)
        })
        .collect();
    long.sort_unstable_by_key(|&v| (u64::MAX - weight[v as usize], v));
    let spilled = long.get(keep..).unwrap_or(&[]);
    let mut homes: Vec<Home> = vec![Home { element: NONE, transfer: NONE, rep: Rep::Any }; n];
    let mut n_elements = 0;
    let mut next = || {
        n_elements += 1;
        n_elements - 1
    };
    for &v in spilled {
        let home = &mut homes[v as usize];
        home.element = next();
        if is_passed_by_edges(func, cfg, v) {
            home.transfer = next();
        }
        if select.is_strict[v as usize] {
            home.rep = func.values[v as usize].rep;
        }
    }
    let mut slots = vec![NONE; func.n_slots as usize];
    for slot in slots_by_use(func, cfg).into_iter().skip(keep / 2) {
        slots[slot as usize] = next();
    }
    (n_elements > 0).then_some(Choice { homes, slots, n_elements })
}

/// The slots, most used ones first.
fn slots_by_use(func: &Func, cfg: &Cfg) -> Vec<u32> {
    let mut weight = vec![0u64; func.n_slots as usize];
    for &b in &cfg.rpo {
        for &i in &func.blocks[b as usize].insts {
            let data = func.inst(i);
            if let (None, Some(&slot)) = (data.row(), data.imms.first()) {
                weight[slot as usize] += 1 << (3 * cfg.depth(b).min(10));
            }
        }
    }
    let mut slots: Vec<u32> = (0..func.n_slots).collect();
    slots.sort_by_key(|&s| u64::MAX - weight[s as usize]);
    slots
}

fn can_spill(func: &Func, select: &Select, v: u32) -> bool {
    match func.values[v as usize].rep {
        Rep::Any | Rep::F64 => true,
        Rep::I64 | Rep::Bool => false,
        Rep::Ref(TypeId::STRING | TypeId::ARRAY) => true,
        Rep::Ref(ty) => ty.user_index().is_some() || !select.is_strict[v as usize],
    }
}

/// Whether a value is a parameter other than the function's and the handlers'.
fn is_passed_by_edges(func: &Func, cfg: &Cfg, v: u32) -> bool {
    let Some((b, _)) = super::as_param(func, v) else { return false };
    b != Func::ENTRY && !cfg.handler.contains(&b.0)
}

struct Spiller {
    func: Func,
    /// By value of the original function.
    homes: Vec<Home>,
    /// Element of each slot, or `NONE`.
    slots: Vec<u32>,
    array: Value,
    /// New instructions of the current block.
    code: Vec<Inst>,
}

impl Spiller {
    fn home(&self, v: Value) -> Option<Home> {
        self.homes.get(v.0 as usize).copied().filter(|home| home.element != NONE)
    }

    fn push(&mut self, op: Op, args: &[Value], imms: &[u64], rep: Option<Rep>) -> Value {
        let inst = Inst(self.func.insts.len() as u32);
        let value = Value(self.func.values.len() as u32);
        if let Some(rep) = rep {
            self.func.values.push(ValueData { def: Def::Inst(inst), rep });
        }
        self.func.insts.push(InstData {
            op: Opcode::Op(op),
            args: args.iter().copied().collect(),
            imms: imms.iter().copied().collect(),
            result: rep.map(|_| value),
            pos: Pos::default(),
            note: None,
        });
        self.code.push(inst);
        value
    }

    fn create_array(&mut self, n_elements: usize) {
        let null = self.push(Op::LoadImm, &[], &[0], Some(Rep::Any));
        let first = vec![null; n_elements.min(INITIAL_MAX)];
        self.array = self.push(Op::NewArray, &first, &[], Some(Rep::Ref(TypeId::ARRAY)));
        for _ in first.len()..n_elements {
            self.push(Op::ArrayPush, &[self.array, null], &[], Some(Rep::Any));
        }
    }

    fn index(&mut self, element: u32) -> Value {
        self.push(Op::LoadF64, &[], &[f64::from(element).to_bits()], Some(Rep::F64))
    }

    fn store(&mut self, element: u32, value: Value) {
        let index = self.index(element);
        self.push(Op::ArraySet, &[self.array, index, value], &[], None);
    }

    fn load(&mut self, element: u32, rep: Rep) -> Value {
        let index = self.index(element);
        let args = [self.array, index];
        if rep == Rep::F64 {
            return self.push(Op::ArrayGetF64, &args, &[], Some(rep));
        }
        let value = self.push(Op::ArrayGet, &args, &[], Some(Rep::Any));
        match rep {
            Rep::Ref(TypeId::STRING) => self.push(Op::CheckStr, &[value], &[], Some(rep)),
            Rep::Ref(TypeId::ARRAY) => self.push(Op::CheckArray, &[value], &[], Some(rep)),
            Rep::Ref(ty) => self.push(Op::CheckRef, &[value], &[u64::from(ty.0)], Some(rep)),
            _ => value,
        }
    }

    /// The value to use in place of `v` here.
    fn reload(&mut self, v: Value) -> Value {
        match self.home(v) {
            Some(home) => self.load(home.element, home.rep),
            None => v,
        }
    }

    fn block(&mut self, b: u32) {
        let data = &mut self.func.blocks[b as usize];
        let insts = std::mem::take(&mut data.insts);
        let params = data.params.clone();
        let mut term = std::mem::replace(&mut data.term, Term::None);
        for &param in &params {
            let Some(home) = self.home(param) else { continue };
            if home.transfer == NONE {
                self.store(home.element, param);
            } else {
                let value = self.load(home.transfer, Rep::Any);
                self.store(home.element, value);
            }
        }
        for inst in insts {
            self.inst(inst);
        }
        if let Some(v) = term.operand_mut() {
            *v = self.reload(*v);
        }
        let is_jump = matches!(term, Term::Jump(_));
        let handler = self.func.blocks[b as usize].handler;
        let mut edges: Vec<Edge> = Vec::new();
        term.for_each_edge(|e| edges.push(e.clone()));
        let mut stubs = Vec::new();
        for (k, e) in edges.iter_mut().enumerate() {
            let targets = self.func.blocks[e.block.0 as usize].params.clone();
            let is_plain = |v: &Value| self.home(*v).is_none();
            if targets.iter().chain(&e.args).all(is_plain) {
                continue;
            }
            if is_jump {
                self.edge(e, &targets);
            } else {
                // What an edge stores must not happen on the way to another block.
                stubs.push((k, targets));
            }
        }
        self.finish_block(b);
        for (k, targets) in stubs {
            let stub = Block(self.func.blocks.len() as u32);
            self.func.blocks.push(BlockData {
                params: Vec::new(),
                insts: Vec::new(),
                term: Term::None,
                term_pos: Pos::default(),
                handler,
                is_cleanup: false,
            });
            let mut edge =
                std::mem::replace(&mut edges[k], Edge { block: stub, args: SmallVec::new() });
            self.edge(&mut edge, &targets);
            self.finish_block(stub.0);
            self.func.blocks[stub.0 as usize].term = Term::Jump(edge);
        }
        let mut edges = edges.into_iter();
        term.for_each_edge_mut(|e| {
            if let Some(edge) = edges.next() {
                *e = edge;
            }
        });
        self.func.blocks[b as usize].term = term;
    }

    fn finish_block(&mut self, b: u32) {
        let code = std::mem::take(&mut self.code);
        self.func.blocks[b as usize].insts = code;
    }

    fn inst(&mut self, inst: Inst) {
        let mut args = std::mem::take(&mut self.func.insts[inst.0 as usize].args);
        let mut loaded: SmallVec<[(Value, Value); 4]> = smallvec![];
        for arg in &mut args {
            let known = loaded.iter().find(|(v, _)| v == arg).map(|&(_, value)| value);
            let value = known.unwrap_or_else(|| self.reload(*arg));
            loaded.push((*arg, value));
            *arg = value;
        }
        self.func.insts[inst.0 as usize].args = args;
        self.redirect_slot(inst);
        self.code.push(inst);
        if let Some(result) = self.func.insts[inst.0 as usize].result
            && let Some(home) = self.home(result)
        {
            self.store(home.element, result);
        }
    }

    /// Makes an access to a spilled slot one to its element.
    fn redirect_slot(&mut self, inst: Inst) {
        let data = &self.func.insts[inst.0 as usize];
        let op = match data.op {
            Opcode::SlotGet => Op::ArrayGet,
            Opcode::SlotSet => Op::ArraySet,
            Opcode::Op(_) => return,
        };
        let slot = data.imms.first().map_or(NONE, |&s| s as u32);
        let element = self.slots.get(slot as usize).copied().unwrap_or(NONE);
        if element == NONE {
            return;
        }
        let index = self.index(element);
        let data = &mut self.func.insts[inst.0 as usize];
        data.op = Opcode::Op(op);
        data.imms.clear();
        data.args.insert_many(0, [self.array, index]);
    }

    /// Stores the arguments of spilled parameters and drops them from the edge.
    fn edge(&mut self, e: &mut Edge, params: &[Value]) {
        let args = std::mem::take(&mut e.args);
        for (&param, arg) in params.iter().zip(args) {
            let value = self.reload(arg);
            match self.home(param).filter(|home| home.transfer != NONE) {
                Some(home) => self.store(home.transfer, value),
                None => e.args.push(value),
            }
        }
    }
}

/// Removes the spilled parameters from their blocks, once every edge has been rewritten.
fn drop_params(func: &mut Func, homes: &[Home]) {
    for b in 0..func.blocks.len() {
        let block = &mut func.blocks[b];
        block.params.retain(|v| homes.get(v.0 as usize).is_none_or(|home| home.transfer == NONE));
        for (k, v) in block.params.iter().enumerate() {
            func.values[v.0 as usize].def = Def::Param(Block(b as u32), k as u32);
        }
    }
}

/// Numbers the slots that are left from zero.
fn drop_slots(func: &mut Func, slots: &[u32]) {
    let mut n = 0;
    let numbers: Vec<u64> = slots
        .iter()
        .map(|&element| {
            let number = n;
            n += u64::from(element == NONE);
            number
        })
        .collect();
    func.n_slots = n as u32;
    for data in &mut func.insts {
        if data.row().is_none()
            && let Some(slot) = data.imms.first_mut()
            && let Some(&number) = numbers.get(*slot as usize)
        {
            *slot = number;
        }
    }
}

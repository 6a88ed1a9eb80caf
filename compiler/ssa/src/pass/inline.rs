//! Inlining: a call of a small known function becomes the function's own instructions.
//!
//! Callees are compiled before their callers as far as the call graph allows it, and their final
//! form is what is copied, so what is inlined into them comes along (bottom-up inlining as in
//! Peyton Jones and Marlow, "Secrets of the GHC inliner"). What is worth its size: a body hardly
//! larger than the call itself, a larger one inside a loop, and one that gets a function as an
//! argument, which usually makes further calls known.
//!
//! What stays observable:
//! - Traces. A position carries the number of the inlined call that it belongs to
//!   ([`crate::ir::Func::inlined`]), and reports list those calls.
//! - The call stack limit. A `check_depth` stands where each call was; recursive functions are
//!   never inlined.
//! - Who may use private members: code whose accesses are checked at run time stays in its session.

pub mod body;
mod copy;

use std::rc::Rc;

use hyp_bytecode::module::FuncId;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::SmallVec;

use super::loops::Loops;
use crate::cfg::Cfg;
use crate::ir::{Block, Def, Func, Inst, InstData, ModuleFacts, Opcode, Pos, Value, ValueData};

/// Bodies of at most this many instructions are inlined everywhere.
const TINY: usize = 10;
/// The same inside loops.
const SMALL: usize = 40;
/// The same if an argument is a known function.
const HIGHER_ORDER: usize = 80;
/// Instructions of a function from which on nothing more is inlined into it.
const CALLER_MAX: usize = 6000;
/// How deeply calls are inlined into each other.
const NESTING_MAX: u32 = 12;

/// Runs the pass once; calls in what it inlines are left for another run. Returns whether it did
/// anything.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts) -> bool {
    let mut inliner = Inliner { func, facts, loops: None, changed: false };
    for b in 0..inliner.func.blocks.len() {
        inliner.block(Block(b as u32));
    }
    let changed = inliner.changed;
    if changed {
        func.resolve_aliases();
    }
    changed
}

/// A call that is going to be replaced.
struct Site {
    callee: FuncId,
    body: Rc<Func>,
    args: SmallVec<[Value; 4]>,
    captures: SmallVec<[Value; 4]>,
    pos: Pos,
    result: Option<Value>,
}

struct Inliner<'a> {
    func: &'a mut Func,
    facts: &'a dyn ModuleFacts,
    /// Found when the first candidate asks for them; new blocks are in no loop.
    loops: Option<Loops>,
    changed: bool,
}

impl Inliner<'_> {
    fn block(&mut self, start: Block) {
        let (mut block, mut at) = (start, 0);
        while let Some(&inst) = self.func.block(block).insts.get(at) {
            match self.site(start, inst) {
                Some(site) => {
                    (block, at) = self.splice(block, at, &site);
                    self.changed = true;
                }
                None => at += 1,
            }
        }
    }

    /// The call, if it is one of a known function that is worth inlining.
    fn site(&mut self, block: Block, inst: Inst) -> Option<Site> {
        let data = self.func.inst(inst);
        let (callee, captures, skip) = match data.op {
            Opcode::Op(Op::Call) => (FuncId(*data.imms.first()? as u32), SmallVec::new(), 0),
            Opcode::Op(Op::CallValue) => {
                let callee = self.func.def_inst(self.func.resolve(*data.args.first()?))?;
                let id = FuncId(*callee.imms.first()? as u32);
                match callee.op {
                    Opcode::Op(Op::MakeClosure) => (id, SmallVec::from_slice(&callee.args), 1),
                    Opcode::Op(Op::LoadFunc) => (id, SmallVec::new(), 1),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let (pos, result) = (data.pos, data.result);
        let args: SmallVec<[Value; 4]> = SmallVec::from_slice(&data.args[skip..]);
        let body = self.facts.body(callee)?;
        let is_wanted = self.is_worth_it(block, &body, &args)
            && self.may_move(&body)
            && (skip == 0 || fits_arity(&body, args.len()))
            && nesting(self.func, pos) + deepest(&body) < NESTING_MAX;
        is_wanted.then_some(Site { callee, body, args, captures, pos, result })
    }

    fn is_worth_it(&mut self, block: Block, body: &Func, args: &[Value]) -> bool {
        let n = body.insts.len();
        if self.func.insts.len() + n > CALLER_MAX {
            return false;
        }
        let is_function = |v: &Value| {
            let op = self.func.def_inst(self.func.resolve(*v)).map(|d| d.op);
            matches!(op, Some(Opcode::Op(Op::LoadFunc | Op::MakeClosure)))
        };
        n <= TINY
            || n <= HIGHER_ORDER && args.iter().any(is_function)
            || n <= SMALL && self.is_in_loop(block)
    }

    fn is_in_loop(&mut self, block: Block) -> bool {
        let loops = self.loops.get_or_insert_with(|| Loops::find(&Cfg::new(self.func)));
        loops.of(block).is_some()
    }

    /// Whether the body means the same in this function: accesses that are checked against the
    /// running function's session stay in that session.
    fn may_move(&self, body: &Func) -> bool {
        let asks_owner = |data: &InstData| {
            matches!(data.op, Opcode::Op(Op::GetMember | Op::SetMember | Op::CallMethod))
        };
        body.owner == self.func.owner || !body.insts.iter().any(asks_owner)
    }

    /// The argument as its parameter wants it, with the check that a dynamic call makes.
    fn fit(&mut self, block: Block, site: &Site, i: usize, arg: Value) -> Value {
        let rep = self.func.rep(arg);
        let wanted = site.body.rep(site.body.blocks[0].params[i]);
        let (op, ty) = match wanted {
            _ if wanted.accepts(rep) => return arg,
            Rep::F64 => (Op::CheckF64, None),
            Rep::Ref(TypeId::STRING) => (Op::CheckStr, None),
            Rep::Ref(TypeId::ARRAY) => (Op::CheckArray, None),
            Rep::Ref(ty) => (Op::CheckRef, Some(u64::from(ty.0))),
            Rep::Any | Rep::I64 | Rep::Bool => return arg,
        };
        let note = self.facts.param_note(site.callee, i);
        let result = self.append(block, op, &[arg], ty.as_slice(), Some(wanted), site.pos);
        if let Some(data) = self.func.insts.last_mut() {
            data.note = note;
        }
        result.unwrap_or(arg)
    }

    /// Adds an instruction at the end of a block.
    fn append(
        &mut self,
        block: Block,
        op: impl Into<Opcode>,
        args: &[Value],
        imms: &[u64],
        rep: Option<Rep>,
        pos: Pos,
    ) -> Option<Value> {
        let inst = Inst(self.func.insts.len() as u32);
        let result = rep.map(|rep| {
            self.func.values.push(ValueData { def: Def::Inst(inst), rep });
            Value(self.func.values.len() as u32 - 1)
        });
        self.func.insts.push(InstData {
            op: op.into(),
            args: SmallVec::from_slice(args),
            imms: SmallVec::from_slice(imms),
            result,
            pos,
            note: None,
        });
        self.func.blocks[block.0 as usize].insts.push(inst);
        result
    }
}

/// How many inlined calls a position is in.
fn nesting(func: &Func, pos: Pos) -> u32 {
    let (mut n, mut at) = (0, pos.inlined);
    while at != 0 {
        n += 1;
        at = func.inlined[at as usize - 1].at.inlined;
    }
    n
}

/// How deeply the inlined calls of a function are nested.
fn deepest(func: &Func) -> u32 {
    func.inlined.iter().map(|call| nesting(func, call.at) + 1).max().unwrap_or(0)
}

/// Whether a call by value with so many arguments reaches the body without an error.
fn fits_arity(body: &Func, n_args: usize) -> bool {
    let params = &body.blocks[0].params;
    let can_check = |rep: Rep| match rep {
        Rep::Any | Rep::F64 => true,
        Rep::Ref(ty) => matches!(ty, TypeId::STRING | TypeId::ARRAY) || ty.user_index().is_some(),
        Rep::I64 | Rep::Bool => false,
    };
    !body.has_receiver
        && n_args >= usize::from(body.n_required)
        && n_args <= params.len()
        && params[n_args..].iter().all(|v| body.rep(*v) == Rep::Any)
        && params.iter().all(|v| can_check(body.rep(*v)))
}

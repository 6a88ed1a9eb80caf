//! Printing.

use std::fmt::Write;

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::StrId;
use hyp_bytecode::op::{Kind, Op};
use hyp_bytecode::rep::Rep;

use super::REPS;
use crate::ir::{Edge, Func, InstData, ModuleFacts, Opcode, Pos, Term, Value};
use crate::shape::shape;

/// Text of a function. Texts of strings come from `facts`; unknown ones print as `s` and the id.
#[must_use]
pub fn print(func: &Func, facts: &dyn ModuleFacts) -> String {
    let mut printer = Printer { func, facts, number: number_values(func), out: String::new() };
    printer.function();
    printer.out
}

/// Numbers values in the order of their definitions.
fn number_values(func: &Func) -> Vec<u32> {
    let mut number = vec![u32::MAX; func.values.len()];
    let mut next = 0;
    let mut define = |v: Value| {
        number[v.0 as usize] = next;
        next += 1;
    };
    for block in &func.blocks {
        block.params.iter().copied().for_each(&mut define);
        for &inst in &block.insts {
            func.inst(inst).result.into_iter().for_each(&mut define);
        }
    }
    number
}

struct Printer<'a> {
    func: &'a Func,
    facts: &'a dyn ModuleFacts,
    number: Vec<u32>,
    out: String,
}

/// Appends formatted text; writing to a string cannot fail.
macro_rules! put {
    ($p:expr, $($arg:tt)*) => {{ let _ = write!($p.out, $($arg)*); }};
}

impl Printer<'_> {
    fn function(&mut self) {
        let func = self.func;
        put!(self, "function ");
        match func.name {
            Some(name) => self.string(name),
            None => put!(self, "_"),
        }
        put!(self, " -> ");
        self.rep(func.result);
        if let Some(owner) = func.owner {
            put!(self, " owner t{}", owner.0);
        }
        let n_params = func.blocks.first().map_or(0, |b| b.params.len());
        if usize::from(func.n_required) != n_params {
            put!(self, " required {}", func.n_required);
        }
        if func.has_receiver {
            put!(self, " receiver");
        }
        if !func.upvalues.is_empty() {
            put!(self, " upvalues(");
            for (i, &rep) in func.upvalues.iter().enumerate() {
                self.comma(i);
                self.rep(rep);
            }
            put!(self, ")");
        }
        if !func.param_names.is_empty() {
            put!(self, " names(");
            for (i, &name) in func.param_names.iter().enumerate() {
                self.comma(i);
                self.string(name);
            }
            put!(self, ")");
        }
        if func.n_slots != 0 {
            put!(self, " slots {}", func.n_slots);
        }
        if !func.inlined.is_empty() {
            put!(self, " inlined(");
            for (i, call) in func.inlined.iter().enumerate() {
                self.comma(i);
                put!(self, "f{}", call.func.0);
                self.pos(call.at);
            }
            put!(self, ")");
        }
        put!(self, " {{\n");
        for b in 0..func.blocks.len() {
            self.block(b);
        }
        put!(self, "}}\n");
    }

    fn block(&mut self, b: usize) {
        let block = &self.func.blocks[b];
        put!(self, "block{b}");
        if !block.params.is_empty() {
            put!(self, "(");
            for (i, &param) in block.params.iter().enumerate() {
                self.comma(i);
                self.value(param);
                put!(self, ": ");
                self.rep(self.func.rep(param));
            }
            put!(self, ")");
        }
        if block.is_cleanup {
            put!(self, " cleanup");
        }
        if let Some(handler) = block.handler {
            put!(self, " handler block{}", handler.0);
        }
        put!(self, ":\n");
        for &inst in &block.insts {
            self.inst(self.func.inst(inst));
        }
        self.term(&block.term);
        self.pos(block.term_pos);
        put!(self, "\n");
    }

    fn inst(&mut self, data: &InstData) {
        put!(self, "  ");
        if let Some(result) = data.result {
            self.value(result);
            if matches!(data.op, Opcode::Op(op) if shape(op).out == Some(Kind::OutSame)) {
                put!(self, ": ");
                self.rep(self.func.rep(result));
            }
            put!(self, " = ");
        }
        let kinds: &[Kind] = match data.op {
            Opcode::Op(op) => {
                put!(self, "{}", op.spec().name);
                shape(op).imms()
            }
            Opcode::SlotGet => {
                put!(self, "slot_get");
                &[Kind::Imm8]
            }
            Opcode::SlotSet => {
                put!(self, "slot_set");
                &[Kind::Imm8]
            }
        };
        let mut n = 0;
        for &arg in &data.args {
            put!(self, "{}", if n == 0 { " " } else { ", " });
            self.value(arg);
            n += 1;
        }
        for (&kind, &imm) in kinds.iter().zip(&data.imms) {
            put!(self, "{}", if n == 0 { " " } else { ", " });
            self.imm(kind, imm, data.op == Opcode::Op(Op::LoadI64));
            n += 1;
        }
        self.pos(data.pos);
        if let Some(note) = data.note {
            put!(self, " note ");
            self.string(note);
        }
        put!(self, "\n");
    }

    fn imm(&mut self, kind: Kind, imm: u64, is_integer: bool) {
        match kind {
            Kind::K64 if is_integer => put!(self, "{}", imm as i64),
            Kind::K64 => {
                let x = f64::from_bits(imm);
                if x.is_nan() && imm != f64::NAN.to_bits() {
                    put!(self, "bits{imm:x}");
                } else {
                    put!(self, "{x:?}");
                }
            }
            Kind::Str => self.string(StrId(imm as u32)),
            Kind::Func => put!(self, "f{imm}"),
            Kind::Type => put!(self, "t{imm}"),
            Kind::Desc => put!(self, "d{imm}"),
            Kind::Global => put!(self, "g{imm}"),
            Kind::Site => put!(self, "site{imm}"),
            Kind::Builtin => match u32::try_from(imm).ok().and_then(Builtin::from_code) {
                Some(builtin) => put!(self, "{}", builtin.spec().name),
                None => put!(self, "builtin{imm}"),
            },
            _ => put!(self, "{imm}"),
        }
    }

    fn term(&mut self, term: &Term) {
        put!(self, "  ");
        match term {
            Term::None => put!(self, "none"),
            Term::Jump(edge) => {
                put!(self, "jump ");
                self.edge(edge);
            }
            Term::Branch { cond, then, other } => {
                put!(self, "brif ");
                self.value(*cond);
                put!(self, ", ");
                self.edge(then);
                put!(self, ", ");
                self.edge(other);
            }
            Term::Switch { on, cases, default } => {
                put!(self, "switch ");
                self.value(*on);
                put!(self, ", [");
                for (i, case) in cases.iter().enumerate() {
                    self.comma(i);
                    self.edge(case);
                }
                put!(self, "], ");
                self.edge(default);
            }
            Term::Return(None) => put!(self, "return"),
            Term::Return(Some(v)) => {
                put!(self, "return ");
                self.value(*v);
            }
            Term::Throw(v) => {
                put!(self, "throw ");
                self.value(*v);
            }
            Term::Raise(kind, message) => {
                put!(self, "raise {}, ", kind.name());
                self.string(*message);
            }
        }
    }

    fn edge(&mut self, edge: &Edge) {
        put!(self, "block{}", edge.block.0);
        if !edge.args.is_empty() {
            put!(self, "(");
            for (i, &arg) in edge.args.iter().enumerate() {
                self.comma(i);
                self.value(arg);
            }
            put!(self, ")");
        }
    }

    fn pos(&mut self, pos: Pos) {
        if pos != Pos::default() {
            put!(self, " @{}:{}", pos.line, pos.column);
            if pos.inlined != 0 {
                put!(self, " in {}", pos.inlined);
            }
        }
    }

    fn comma(&mut self, i: usize) {
        if i > 0 {
            put!(self, ", ");
        }
    }

    fn value(&mut self, v: Value) {
        match self.number.get(v.0 as usize) {
            Some(&n) if n != u32::MAX => put!(self, "v{n}"),
            _ => put!(self, "undefined{}", v.0),
        }
    }

    fn rep(&mut self, rep: Rep) {
        match REPS.iter().find(|(_, r)| *r == rep) {
            Some((name, _)) => put!(self, "{name}"),
            None => {
                if let Rep::Ref(ty) = rep {
                    put!(self, "t{}", ty.0);
                }
            }
        }
    }

    fn string(&mut self, id: StrId) {
        match self.facts.string(id) {
            Some(text) => put!(self, "{text:?}"),
            None => put!(self, "s{}", id.0),
        }
    }
}

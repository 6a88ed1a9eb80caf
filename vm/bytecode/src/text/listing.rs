//! Module to text.

use super::syntax::{DescText, Quoted, RepWord, TypeWord};
use crate::builtin::BUILTINS;
use crate::module::{FuncId, Function, Module, StrId, TypeDef, TypeKind};
use crate::op::{Arg, Insn, Kind, Op, decode};
use crate::rep::{Rep, TypeId};
use ahash::AHashMap;
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

/// The module as text that [`super::assemble`] reads back.
#[must_use]
pub fn disassemble(module: &Module) -> String {
    let mut first = AHashMap::new();
    for (idx, text) in module.strings.iter().enumerate() {
        first.entry(&**text).or_insert(StrId(idx as u32));
    }
    Listing { module, first }.to_string()
}

struct Listing<'m> {
    module: &'m Module,
    /// The id that the assembler gives to a text.
    first: AHashMap<&'m str, StrId>,
}

impl Display for Listing<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let m = self.module;
        for source in &m.sources {
            write!(f, "source {}", Quoted(&source.name))?;
            if source.lines_before > 0 {
                write!(f, " after {}", source.lines_before)?;
            }
            writeln!(f)?;
        }
        for text in &m.strings {
            writeln!(f, "string {}", Quoted(text))?;
        }
        for (idx, desc) in m.descs.iter().enumerate() {
            writeln!(f, "desc d{idx} {}", DescText(desc))?;
        }
        for (idx, global) in m.globals.iter().enumerate() {
            let shared = if global.is_shared { " shared" } else { "" };
            let (name, rep) = (self.text(global.name), RepWord(global.rep));
            writeln!(f, "global g{idx} {name} {rep}{shared}")?;
        }
        for (idx, def) in m.types.iter().enumerate() {
            self.type_def(f, idx, def)?;
        }
        writeln!(f, "sites {}", m.n_sites)?;
        writeln!(f, "main @{}", m.main)?;
        for finale in &m.finales {
            writeln!(f, "finale @{}", finale.0)?;
        }
        for (idx, function) in m.functions.iter().enumerate() {
            FunctionListing::new(self, function).write(f, idx)?;
        }
        Ok(())
    }
}

impl Listing<'_> {
    /// A string operand: its text if that gives the id back.
    fn text(&self, id: StrId) -> String {
        match self.module.strings.get(id.0 as usize) {
            Some(text) if self.first.get(&**text) == Some(&id) => Quoted(text).to_string(),
            _ => format!("${}", id.0),
        }
    }

    fn type_def(&self, f: &mut Formatter<'_>, idx: usize, def: &TypeDef) -> fmt::Result {
        let kind = match def.kind {
            TypeKind::Record => "record",
            TypeKind::Session => "session",
        };
        writeln!(f, "type %{idx} {kind} {} {{", self.text(def.name))?;
        for field in &def.fields {
            let (name, rep, desc) = (self.text(field.name), RepWord(field.rep), field.desc.0);
            let flags = flags(&[
                (field.is_private, "private"),
                (field.is_optional, "optional"),
                (field.is_constant, "constant"),
            ]);
            writeln!(f, "  field {name} {rep} d{desc}{flags}")?;
        }
        for method in &def.methods {
            let flags = flags(&[(method.is_private, "private"), (method.is_static, "static")]);
            writeln!(f, "  method {} @{}{flags}", self.text(method.name), method.func.0)?;
        }
        for field in &def.statics {
            let flags = flags(&[(field.is_private, "private"), (field.is_constant, "constant")]);
            writeln!(f, "  static {} g{}{flags}", self.text(field.name), field.global.0)?;
        }
        if let Some(constructor) = def.constructor {
            writeln!(f, "  ctor @{}", constructor.0)?;
        }
        writeln!(f, "}}")
    }
}

fn flags(flags: &[(bool, &str)]) -> String {
    flags.iter().filter(|(set, _)| *set).map(|(_, name)| format!(" {name}")).collect()
}

/// A run-length list of representations.
fn reps(reps: &[Rep]) -> String {
    let runs = reps.chunk_by(|a, b| a == b).filter_map(|run| Some((run.first()?, run.len())));
    let words = runs.map(|(rep, n)| match n {
        1 => RepWord(*rep).to_string(),
        _ => format!("{}*{n}", RepWord(*rep)),
    });
    words.collect::<Vec<_>>().join(", ")
}

struct FunctionListing<'m> {
    listing: &'m Listing<'m>,
    function: &'m Function,
    /// An instruction, or the index of a word that is none.
    items: Vec<Result<Insn<'m>, usize>>,
    /// Starts of items, and the end of the code.
    starts: BTreeSet<usize>,
    /// Starts that something refers to.
    labels: BTreeSet<usize>,
}

impl<'m> FunctionListing<'m> {
    fn new(listing: &'m Listing<'m>, function: &'m Function) -> Self {
        let mut items = Vec::new();
        let mut pc = 0;
        while pc < function.code.len() {
            let item = decode(&function.code, pc).map_err(|_| pc);
            pc = item.map_or(pc + 1, |insn| insn.next);
            items.push(item);
        }
        let start = |item: &Result<Insn<'_>, usize>| item.map_or_else(|pc| pc, |insn| insn.pc);
        let starts: BTreeSet<usize> = items.iter().map(start).chain([pc]).collect();
        let branches = items.iter().flatten().flat_map(Insn::targets);
        let handlers = function.handlers.iter().flat_map(|h| [h.start, h.end, h.target]);
        let labels = branches.chain(handlers.map(|pc| pc as usize));
        let labels = labels.filter(|pc| starts.contains(pc)).collect();
        FunctionListing { listing, function, items, starts, labels }
    }

    fn write(&self, f: &mut Formatter<'_>, idx: usize) -> fmt::Result {
        let function = self.function;
        let name = function.name.map_or(String::new(), |id| self.listing.text(id) + " ");
        writeln!(f, "\nfunc @{idx} {name}{{")?;
        self.header(f)?;
        let end = function.code.len();
        let lines_inline = self.is_inline(function.lines.iter().map(|line| line.pc));
        let notes_inline = self.is_inline(function.notes.iter().map(|note| note.pc));
        let mut lines = function.lines.iter().filter(|_| lines_inline).peekable();
        let mut notes = function.notes.iter().filter(|_| notes_inline).peekable();
        for item in &self.items {
            let pc = item.map_or_else(|pc| pc, |insn| insn.pc);
            self.label(f, pc)?;
            if let Some(line) = lines.next_if(|line| line.pc as usize == pc) {
                writeln!(f, "  .line {}", position(line.line, line.column, line.inlined))?;
            }
            if let Some(note) = notes.next_if(|note| note.pc as usize == pc) {
                writeln!(f, "  .note {}", self.listing.text(note.text))?;
            }
            match item {
                Ok(insn) => self.insn(f, insn)?,
                Err(pc) => {
                    let word = function.code.get(*pc).copied().unwrap_or(0);
                    writeln!(f, "  .word {word:#010x}")?;
                }
            }
        }
        self.label(f, end)?;
        for line in function.lines.iter().filter(|_| !lines_inline) {
            let at = position(line.line, line.column, line.inlined);
            writeln!(f, "  .line_at ={} {at}", line.pc)?;
        }
        for note in function.notes.iter().filter(|_| !notes_inline) {
            writeln!(f, "  .note_at ={} {}", note.pc, self.listing.text(note.text))?;
        }
        for h in &function.handlers {
            let [start, end, target] = [h.start, h.end, h.target].map(|pc| self.place(pc as usize));
            let directive = if h.is_cleanup { ".cleanup" } else { ".handler" };
            writeln!(f, "  {directive} {start}, {end}, {target}, r{}", h.reg)?;
        }
        writeln!(f, "}}")
    }

    fn header(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let function = self.function;
        if let Some(owner) = function.owner {
            writeln!(f, "  owner {}", TypeWord(owner))?;
        }
        let receiver = if function.has_receiver { " receiver" } else { "" };
        let (n_params, n_required) = (function.n_params, function.n_required);
        writeln!(f, "  params {n_params} required {n_required}{receiver}")?;
        if !function.param_names.is_empty() {
            let names: Vec<_> =
                function.param_names.iter().map(|id| self.listing.text(*id)).collect();
            writeln!(f, "  names {}", names.join(", "))?;
        }
        writeln!(f, "  result {}", RepWord(function.result))?;
        if !function.upvalues.is_empty() {
            writeln!(f, "  upvalues {}", reps(&function.upvalues))?;
        }
        for call in &function.inlined {
            let at = position(call.line, call.column, call.inlined);
            writeln!(f, "  inlined @{} {at}", call.func.0)?;
        }
        match function.reps.split_at_checked(usize::from(function.n_tagged)) {
            Some((tagged, rest)) => {
                writeln!(f, "  regs {} | {}", reps(tagged), reps(rest))
            }
            None => {
                writeln!(f, "  regs {}", reps(&function.reps))?;
                writeln!(f, "  tagged {}", function.n_tagged)
            }
        }
    }

    /// Whether entries can be written in front of the instructions that they belong to.
    fn is_inline(&self, pcs: impl Iterator<Item = u32> + Clone) -> bool {
        let end = self.function.code.len();
        let at_items = |pc: u32| (pc as usize) < end && self.starts.contains(&(pc as usize));
        pcs.clone().all(at_items) && pcs.is_sorted_by(|a, b| a < b)
    }

    fn label(&self, f: &mut Formatter<'_>, pc: usize) -> fmt::Result {
        if self.labels.contains(&pc) { writeln!(f, "L{pc}:") } else { Ok(()) }
    }

    fn place(&self, pc: usize) -> String {
        if self.labels.contains(&pc) { format!("L{pc}") } else { format!("={pc}") }
    }

    fn insn(&self, f: &mut Formatter<'_>, insn: &Insn<'_>) -> fmt::Result {
        write!(f, "  {}", insn.op.spec().name)?;
        let mut separator = " ";
        for (kind, arg) in insn.operands() {
            if kind != Kind::Count {
                write!(f, "{separator}{}", self.operand(insn.op, kind, arg))?;
                separator = ", ";
            }
        }
        match self.comment(insn) {
            Some(name) => writeln!(f, "  ; {}", Quoted(name)),
            None => writeln!(f),
        }
    }

    fn operand(&self, op: Op, kind: Kind, arg: Arg<'_>) -> String {
        match arg {
            Arg::Reg(reg) => format!("r{reg}"),
            Arg::Imm8(value) | Arg::Count(value) => value.to_string(),
            Arg::Target(pc) => self.place(pc),
            Arg::K64(bits) => constant(op, bits),
            Arg::Regs(regs) => {
                let regs: Vec<_> = regs.iter().map(|reg| format!("r{reg}")).collect();
                format!("({})", regs.join(", "))
            }
            Arg::Targets(targets) => {
                let targets: Vec<_> = targets.iter().map(|pc| self.place(pc)).collect();
                format!("[{}]", targets.join(", "))
            }
            Arg::Id(id) => match kind {
                Kind::Str => self.listing.text(StrId(id)),
                Kind::Func => format!("@{id}"),
                Kind::Type => TypeWord(TypeId(id)).to_string(),
                Kind::Desc => format!("d{id}"),
                Kind::Global => format!("g{id}"),
                Kind::Builtin => match BUILTINS.get(id as usize) {
                    Some(builtin) => builtin.name.to_owned(),
                    None => format!("!{id}"),
                },
                _ => format!("s{id}"),
            },
        }
    }

    /// Name of what the instruction refers to by number.
    fn comment(&self, insn: &Insn<'_>) -> Option<&'m str> {
        let m = self.listing.module;
        let function = insn.id(Kind::Func).and_then(|id| m.function(FuncId(id))?.name);
        let ty = insn.id(Kind::Type).and_then(|id| Some(m.type_def(TypeId(id))?.name));
        let global = insn.id(Kind::Global).and_then(|id| Some(m.globals.get(id as usize)?.name));
        function.or(ty).or(global).map(|id| m.str(id))
    }
}

/// A source position and the number of the inlined call that it belongs to.
fn position(line: u32, column: u32, inlined: u32) -> String {
    match inlined {
        0 => format!("{line}:{column}"),
        n => format!("{line}:{column} in {n}"),
    }
}

fn constant(op: Op, bits: u64) -> String {
    let value = f64::from_bits(bits);
    if op == Op::LoadI64 {
        bits.cast_signed().to_string()
    } else if value.is_nan() && bits != f64::NAN.to_bits() {
        format!("{bits:#018x}")
    } else {
        format!("{value:?}")
    }
}

//! Parsing.

use ahash::AHashMap;
use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::{Desc, DescId, ErrorKind, FuncId, StrId, TypeKind};
use hyp_bytecode::op::{Kind, Op};
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::SmallVec;

use super::REPS;
use super::lex::{Token, lex};
use crate::ir::{
    Block, BlockData, Def, Edge, Func, InlinedCall, Inst, InstData, Opcode, Pos, Term, Value,
    ValueData,
};
use crate::shape::{result_rep, shape};
use crate::unit::{Unit, UnitField, UnitMethod, UnitType};

/// Why a text is not a unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// What is wrong there.
    pub message: String,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Parses declarations and functions. The result is not verified.
///
/// # Errors
/// The first place that does not fit the form.
pub fn parse(source: &str) -> Result<Unit, ParseError> {
    let tokens = lex(source).map_err(|(line, message)| ParseError { line, message })?;
    let mut parser = Parser { tokens, at: 0, unit: Unit::default() };
    match parser.unit() {
        Ok(()) => Ok(parser.unit),
        Err(message) => Err(ParseError { line: parser.line(), message }),
    }
}

type Parsed<T> = Result<T, String>;

struct Parser {
    tokens: Vec<(Token, u32)>,
    at: usize,
    unit: Unit,
}

/// Numbers of a function's values in the text.
#[derive(Default)]
struct Names {
    values: AHashMap<u32, Value>,
}

impl Names {
    /// The value of a number, made on first sight.
    fn value(&mut self, func: &mut Func, number: u32) -> Value {
        *self.values.entry(number).or_insert_with(|| {
            let value = Value(func.values.len() as u32);
            func.values.push(ValueData { def: Def::Alias(value), rep: Rep::Any });
            value
        })
    }
}

impl Parser {
    // ---- tokens

    fn line(&self) -> u32 {
        let last = self.tokens.last();
        self.tokens.get(self.at.saturating_sub(1)).or(last).map_or(1, |(_, line)| *line)
    }

    fn next(&mut self) -> Parsed<Token> {
        let (token, _) = self.tokens.get(self.at).ok_or("unexpected end")?;
        self.at += 1;
        Ok(token.clone())
    }

    fn is_mark(&self, mark: char) -> bool {
        matches!(self.tokens.get(self.at), Some((Token::Mark(c), _)) if *c == mark)
    }

    fn take(&mut self, mark: char) -> bool {
        let found = self.is_mark(mark);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: char) -> Parsed<()> {
        match self.next()? {
            Token::Mark(c) if c == mark => Ok(()),
            other => Err(format!("expected `{mark}`, found {other:?}")),
        }
    }

    fn word(&mut self) -> Parsed<String> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            other => Err(format!("expected a word, found {other:?}")),
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((Token::Word(w), _)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn number<T: std::str::FromStr>(&mut self) -> Parsed<T> {
        let word = self.word()?;
        word.parse().map_err(|_| format!("`{word}` is not a number in range"))
    }

    /// A word made of this prefix and a number.
    fn prefixed(&mut self, prefix: &str) -> Parsed<u32> {
        let word = self.word()?;
        word.strip_prefix(prefix)
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("expected `{prefix}` and a number, found `{word}`"))
    }

    fn string(&mut self) -> Parsed<StrId> {
        match self.next()? {
            Token::Text(text) => Ok(self.unit.string_id(&text)),
            Token::Word(word) => match word.strip_prefix('s').and_then(|n| n.parse().ok()) {
                Some(id) => Ok(StrId(id)),
                None => Err(format!("`{word}` is not a string")),
            },
            Token::Mark(c) => Err(format!("expected a string, found `{c}`")),
        }
    }

    fn rep(&mut self) -> Parsed<Rep> {
        let word = self.word()?;
        if let Some((_, rep)) = REPS.iter().find(|(name, _)| *name == word) {
            return Ok(*rep);
        }
        match word.strip_prefix('t').and_then(|n| n.parse().ok()) {
            Some(id) => Ok(Rep::Ref(TypeId(id))),
            None => Err(format!("`{word}` is not a representation")),
        }
    }

    fn list<T>(&mut self, close: char, item: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        while !self.take(close) {
            if !items.is_empty() {
                self.expect(',')?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    // ---- declarations

    fn unit(&mut self) -> Parsed<()> {
        while self.at < self.tokens.len() {
            match self.word()?.as_str() {
                "type" => self.type_def()?,
                "global" => {
                    let id = self.prefixed("g")?;
                    if id as usize != self.unit.globals.len() {
                        return Err("globals are numbered from 0".into());
                    }
                    self.expect(':')?;
                    let rep = self.rep()?;
                    self.unit.globals.push(rep);
                }
                "desc" => {
                    let id = self.prefixed("d")?;
                    if id as usize != self.unit.descs.len() {
                        return Err("descriptors are numbered from 0".into());
                    }
                    let desc = self.desc()?;
                    self.unit.descs.push(desc);
                }
                "function" => {
                    let func = self.function()?;
                    self.unit.funcs.push(func);
                }
                other => return Err(format!("`{other}` starts no declaration")),
            }
        }
        Ok(())
    }

    fn desc(&mut self) -> Parsed<Desc> {
        Ok(match self.word()?.as_str() {
            "any" => Desc::Any,
            "null" => Desc::Null,
            "number" => Desc::Number,
            "boolean" => Desc::Boolean,
            "string" => Desc::String,
            "array" => Desc::Array(Box::new(Desc::Any)),
            "object" => Desc::Object,
            "function" => Desc::Function,
            other => match other.strip_prefix('t').and_then(|n| n.parse().ok()) {
                Some(id) => Desc::Named(TypeId(id)),
                None => return Err(format!("`{other}` is not a descriptor")),
            },
        })
    }

    fn type_def(&mut self) -> Parsed<()> {
        let id = TypeId(self.prefixed("t")?);
        if id.user_index() != Some(self.unit.types.len() as u32) {
            return Err("types are numbered from 16".into());
        }
        let kind = match self.word()?.as_str() {
            "record" => TypeKind::Record,
            "session" => TypeKind::Session,
            other => return Err(format!("`{other}` is not a kind of type")),
        };
        let name = self.string()?;
        let mut ty = UnitType { name, kind, fields: vec![], methods: vec![], constructor: None };
        self.expect('{')?;
        while !self.take('}') {
            self.member(&mut ty)?;
            if !self.is_mark('}') {
                self.expect(',')?;
            }
        }
        self.unit.types.push(ty);
        Ok(())
    }

    fn member(&mut self, ty: &mut UnitType) -> Parsed<()> {
        if self.take_word("constructor") {
            ty.constructor = Some(FuncId(self.prefixed("f")?));
            return Ok(());
        }
        let is_private = self.take_word("private");
        let is_static = self.take_word("static");
        if self.take_word("method") {
            let name = self.string()?;
            let func = FuncId(self.prefixed("f")?);
            ty.methods.push(UnitMethod { name, func, is_private, is_static });
        } else {
            let name = self.string()?;
            self.expect(':')?;
            let rep = self.rep()?;
            // An undeclared descriptor number means that stores are not checked further.
            let desc = if self.take_word("desc") { self.prefixed("d")? } else { u32::MAX };
            ty.fields.push(UnitField { name, rep, is_private, desc: DescId(desc) });
        }
        Ok(())
    }

    // ---- functions

    fn function(&mut self) -> Parsed<Func> {
        let mut func = Func::default();
        if !self.take_word("_") {
            func.name = Some(self.string()?);
        }
        self.expect('>')?;
        func.result = self.rep()?;
        let mut required = None;
        while !self.take('{') {
            match self.word()?.as_str() {
                "owner" => func.owner = Some(TypeId(self.prefixed("t")?)),
                "required" => required = Some(self.number()?),
                "receiver" => func.has_receiver = true,
                "upvalues" => {
                    self.expect('(')?;
                    func.upvalues = self.list(')', Self::rep)?;
                }
                "names" => {
                    self.expect('(')?;
                    func.param_names = self.list(')', Self::string)?;
                }
                "inlined" => {
                    self.expect('(')?;
                    func.inlined = self.list(')', Self::inlined_call)?;
                }
                "slots" => func.n_slots = self.number()?,
                other => return Err(format!("unknown attribute `{other}`")),
            }
        }
        let mut names = Names::default();
        while !self.take('}') {
            self.block(&mut func, &mut names)?;
        }
        if let Some(i) = func.values.iter().position(|v| matches!(v.def, Def::Alias(_))) {
            let number = names.values.iter().find(|(_, v)| v.0 as usize == i);
            return Err(format!("v{} has no definition", number.map_or(0, |(n, _)| *n)));
        }
        let n_params = func.blocks.first().map_or(0, |b| b.params.len());
        func.n_required = required.unwrap_or(n_params.min(255) as u8);
        Ok(func)
    }

    fn define(&self, func: &mut Func, value: Value, def: Def, rep: Rep) -> Parsed<()> {
        let data = &mut func.values[value.0 as usize];
        if !matches!(data.def, Def::Alias(_)) {
            return Err("a value is defined twice".into());
        }
        *data = ValueData { def, rep };
        Ok(())
    }

    fn block(&mut self, func: &mut Func, names: &mut Names) -> Parsed<()> {
        let id = self.prefixed("block")?;
        if id as usize != func.blocks.len() {
            return Err("blocks are numbered from 0 in order".into());
        }
        let mut block = BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            term: Term::None,
            term_pos: Pos::default(),
            handler: None,
            is_cleanup: false,
        };
        if self.take('(') {
            while !self.take(')') {
                if !block.params.is_empty() {
                    self.expect(',')?;
                }
                let number = self.prefixed("v")?;
                let value = names.value(func, number);
                self.expect(':')?;
                let rep = self.rep()?;
                self.define(func, value, Def::Param(Block(id), block.params.len() as u32), rep)?;
                block.params.push(value);
            }
        }
        block.is_cleanup = self.take_word("cleanup");
        if self.take_word("handler") {
            block.handler = Some(Block(self.prefixed("block")?));
        }
        self.expect(':')?;
        loop {
            let word = self.word()?;
            if let Some(term) = self.term(&word, func, names)? {
                block.term = term;
                block.term_pos = self.pos()?;
                func.blocks.push(block);
                return Ok(());
            }
            let inst = self.inst(word, func, names)?;
            block.insts.push(inst);
        }
    }

    fn inst(&mut self, first: String, func: &mut Func, names: &mut Names) -> Parsed<Inst> {
        let mut word = first;
        let (mut result, mut declared) = (None, None);
        if let Some(number) = word.strip_prefix('v').and_then(|n| n.parse().ok()) {
            result = Some(names.value(func, number));
            if self.take(':') {
                declared = Some(self.rep()?);
            }
            self.expect('=')?;
            word = self.word()?;
        }
        let (op, kinds): (Opcode, &[Kind]) = match word.as_str() {
            "slot_get" => (Opcode::SlotGet, &[Kind::Imm8]),
            "slot_set" => (Opcode::SlotSet, &[Kind::Imm8]),
            name => {
                let op = Op::from_name(name).ok_or_else(|| format!("no operation `{name}`"))?;
                (Opcode::Op(op), shape(op).imms())
            }
        };
        let n_args = match op {
            Opcode::Op(op) if shape(op).has_args => usize::MAX,
            Opcode::Op(op) => shape(op).ins().len(),
            Opcode::SlotGet => 0,
            Opcode::SlotSet => 1,
        };
        let (args, imms) = self.operands(op, n_args, kinds, func, names)?;
        let pos = self.pos()?;
        let note = if self.take_word("note") { Some(self.string()?) } else { None };
        let inst = Inst(func.insts.len() as u32);
        if let Some(value) = result {
            let rep = match op {
                Opcode::Op(op) => declared.or_else(|| result_rep(op, &imms)),
                _ => Some(Rep::Any),
            };
            let rep = rep.ok_or("the result needs a representation")?;
            self.define(func, value, Def::Inst(inst), rep)?;
        }
        func.insts.push(InstData { op, args, imms, result, pos, note });
        Ok(inst)
    }

    #[expect(clippy::type_complexity, reason = "the two lists of an instruction")]
    fn operands(
        &mut self,
        op: Opcode,
        n_args: usize,
        kinds: &[Kind],
        func: &mut Func,
        names: &mut Names,
    ) -> Parsed<(SmallVec<[Value; 4]>, SmallVec<[u64; 2]>)> {
        let (mut args, mut imms) = (SmallVec::new(), SmallVec::new());
        let mut is_first = true;
        while args.len() < n_args && self.starts_value(is_first) {
            if !is_first {
                self.expect(',')?;
            }
            is_first = false;
            let number = self.prefixed("v")?;
            args.push(names.value(func, number));
        }
        for &kind in kinds {
            if !is_first {
                self.expect(',')?;
            }
            is_first = false;
            imms.push(self.imm(kind, op == Opcode::Op(Op::LoadI64))?);
        }
        Ok((args, imms))
    }

    /// Whether a value comes next, after a comma unless it is the first.
    fn starts_value(&self, is_first: bool) -> bool {
        let at = if is_first {
            self.at
        } else if self.is_mark(',') {
            self.at + 1
        } else {
            return false;
        };
        // A definition on the next line also starts with a value.
        let is_definition =
            matches!(self.tokens.get(at + 1), Some((Token::Mark('=' | ':'), _)) if is_first);
        !is_definition
            && matches!(self.tokens.get(at), Some((Token::Word(word), _))
                if word.strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok()))
    }

    fn imm(&mut self, kind: Kind, is_integer: bool) -> Parsed<u64> {
        Ok(match kind {
            Kind::K64 if is_integer => self.number::<i64>()? as u64,
            Kind::K64 => {
                let word = self.word()?;
                match word.strip_prefix("bits") {
                    Some(hex) => u64::from_str_radix(hex, 16).map_err(|e| e.to_string())?,
                    None => word.parse::<f64>().map_err(|e| format!("`{word}`: {e}"))?.to_bits(),
                }
            }
            Kind::Str => u64::from(self.string()?.0),
            Kind::Func => u64::from(self.prefixed("f")?),
            Kind::Type => u64::from(self.prefixed("t")?),
            Kind::Desc => u64::from(self.prefixed("d")?),
            Kind::Global => u64::from(self.prefixed("g")?),
            Kind::Site => u64::from(self.prefixed("site")?),
            Kind::Builtin => {
                let word = self.word()?;
                match word.strip_prefix("builtin").and_then(|n| n.parse().ok()) {
                    Some(code) => code,
                    None => {
                        let builtin = Builtin::lookup(&word);
                        builtin.ok_or_else(|| format!("no builtin `{word}`"))? as u64
                    }
                }
            }
            _ => self.number()?,
        })
    }

    fn term(&mut self, word: &str, func: &mut Func, names: &mut Names) -> Parsed<Option<Term>> {
        Ok(Some(match word {
            "none" => Term::None,
            "jump" => Term::Jump(self.edge(func, names)?),
            "brif" => {
                let cond = self.value(func, names)?;
                self.expect(',')?;
                let then = self.edge(func, names)?;
                self.expect(',')?;
                Term::Branch { cond, then, other: self.edge(func, names)? }
            }
            "switch" => {
                let on = self.value(func, names)?;
                self.expect(',')?;
                self.expect('[')?;
                let mut cases = Vec::new();
                while !self.take(']') {
                    if !cases.is_empty() {
                        self.expect(',')?;
                    }
                    cases.push(self.edge(func, names)?);
                }
                self.expect(',')?;
                Term::Switch { on, cases, default: self.edge(func, names)? }
            }
            "return" if self.starts_value(true) => Term::Return(Some(self.value(func, names)?)),
            "return" => Term::Return(None),
            "throw" => Term::Throw(self.value(func, names)?),
            "raise" => {
                let name = self.word()?;
                let kind = ErrorKind::ALL.into_iter().find(|k| k.name() == name);
                let kind = kind.ok_or_else(|| format!("no error kind `{name}`"))?;
                self.expect(',')?;
                Term::Raise(kind, self.string()?)
            }
            _ => return Ok(None),
        }))
    }

    fn value(&mut self, func: &mut Func, names: &mut Names) -> Parsed<Value> {
        let number = self.prefixed("v")?;
        Ok(names.value(func, number))
    }

    fn edge(&mut self, func: &mut Func, names: &mut Names) -> Parsed<Edge> {
        let block = Block(self.prefixed("block")?);
        let mut args = SmallVec::new();
        if self.take('(') {
            while !self.take(')') {
                if !args.is_empty() {
                    self.expect(',')?;
                }
                args.push(self.value(func, names)?);
            }
        }
        Ok(Edge { block, args })
    }

    fn pos(&mut self) -> Parsed<Pos> {
        if !self.take('@') {
            return Ok(Pos::default());
        }
        let line = self.number()?;
        self.expect(':')?;
        let column = self.number()?;
        let inlined = if self.take_word("in") { self.number()? } else { 0 };
        Ok(Pos { line, column, inlined })
    }

    fn inlined_call(&mut self) -> Parsed<InlinedCall> {
        let func = FuncId(self.prefixed("f")?);
        Ok(InlinedCall { func, at: self.pos()? })
    }
}

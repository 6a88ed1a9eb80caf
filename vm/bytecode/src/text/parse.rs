//! Text to module: the declarations.

use super::AsmError;
use super::lex::{Line, Token, lines};
use super::parse_code::{Body, position};
use super::syntax::{DESC_DEPTH_MAX, parse_plain_desc, parse_rep, parse_type};
use crate::module::{
    Desc, DescId, Field, FuncId, Function, Global, GlobalId, InlinedCall, Method, Module,
    SourceFile, StaticField, StrId, TypeDef, TypeKind,
};
use crate::rep::Rep;
use ahash::AHashMap;

type Result<T> = std::result::Result<T, AsmError>;

/// Reads a listing. The module is not verified: any module can be written down.
///
/// # Errors
/// If the text does not follow the syntax of [`super`].
pub fn assemble(text: &str) -> Result<Module> {
    let mut parser = Parser { module: Module::default(), strings: AHashMap::new() };
    let mut lines = lines(text)?.into_iter();
    while let Some(line) = lines.next() {
        parser.declaration(line, &mut lines)?;
    }
    Ok(parser.module)
}

/// A module under construction.
pub(super) struct Parser {
    module: Module,
    strings: AHashMap<Box<str>, StrId>,
}

impl Parser {
    fn declaration<'s>(
        &mut self,
        mut line: Line<'s>,
        rest: &mut impl Iterator<Item = Line<'s>>,
    ) -> Result<()> {
        match line.word("a declaration")? {
            "source" => {
                let name = line.text()?;
                let lines_before =
                    if line.eat_word("after") { line.number("", "a number of lines")? } else { 0 };
                if self.module.sources.last().is_some_and(|s| s.lines_before > lines_before) {
                    return Err(line.fault("files are listed in order of their lines"));
                }
                self.module.sources.push(SourceFile { name, lines_before });
            }
            "string" => {
                let text = line.text()?.into_boxed_str();
                self.add_string(text);
            }
            "desc" => {
                line.index("d", self.module.descs.len())?;
                let desc = parse_desc(&mut line, 0)?;
                self.module.descs.push(desc);
            }
            "global" => {
                line.index("g", self.module.globals.len())?;
                let (name, rep) = (self.string(&mut line)?, rep(&mut line)?);
                self.module.globals.push(Global { name, rep, is_shared: line.eat_word("shared") });
            }
            "sites" => self.module.n_sites = line.number("", "the number of inline caches")?,
            "main" => self.module.main = line.number("@", "a function")?,
            "finale" => self.module.finales.push(func_id(&mut line)?),
            "type" => return self.type_def(line, rest),
            "func" => return self.function(line, rest),
            other => return Err(line.fault(format!("unknown declaration `{other}`"))),
        }
        line.end()
    }

    fn type_def<'s>(
        &mut self,
        mut line: Line<'s>,
        rest: &mut impl Iterator<Item = Line<'s>>,
    ) -> Result<()> {
        line.index("%", self.module.types.len())?;
        let kind = match line.word("`record` or `session`")? {
            "record" => TypeKind::Record,
            "session" => TypeKind::Session,
            other => return Err(line.fault(format!("expected a kind of type, found `{other}`"))),
        };
        let name = self.string(&mut line)?;
        let (fields, methods, statics) = (Vec::new(), Vec::new(), Vec::new());
        let mut def = TypeDef { name, kind, fields, methods, statics, constructor: None };
        let opening = line.number;
        line.expect('{')?;
        line.end()?;
        for mut line in rest {
            if line.eat('}') {
                self.module.types.push(def);
                return line.end();
            }
            self.member(&mut line, &mut def)?;
            line.end()?;
        }
        Err(AsmError { line: opening, message: "the type has no closing brace".into() })
    }

    fn member(&mut self, line: &mut Line<'_>, def: &mut TypeDef) -> Result<()> {
        match line.word("a member")? {
            "field" => def.fields.push(Field {
                name: self.string(line)?,
                rep: rep(line)?,
                desc: DescId(line.number("d", "a descriptor")?),
                is_private: line.eat_word("private"),
                is_optional: line.eat_word("optional"),
                is_constant: line.eat_word("constant"),
            }),
            "method" => def.methods.push(Method {
                name: self.string(line)?,
                func: func_id(line)?,
                is_private: line.eat_word("private"),
                is_static: line.eat_word("static"),
            }),
            "static" => def.statics.push(StaticField {
                name: self.string(line)?,
                global: GlobalId(line.number("g", "a global")?),
                is_private: line.eat_word("private"),
                is_constant: line.eat_word("constant"),
            }),
            "ctor" => def.constructor = Some(func_id(line)?),
            other => return Err(line.fault(format!("unknown member `{other}`"))),
        }
        Ok(())
    }

    fn function<'s>(
        &mut self,
        mut line: Line<'s>,
        rest: &mut impl Iterator<Item = Line<'s>>,
    ) -> Result<()> {
        line.index("@", self.module.functions.len())?;
        let mut function = Function::default();
        if !line.eat('{') {
            function.name = Some(self.string(&mut line)?);
            line.expect('{')?;
        }
        line.end()?;
        let opening = line.number;
        let mut body = Body::default();
        for mut line in rest {
            if line.eat('}') {
                body.finish(&mut function)?;
                self.module.functions.push(function);
                return line.end();
            }
            let first = line.word("an instruction")?;
            if !self.header(first, &mut line, &mut function)? {
                body.statement(self, first, &mut line, &mut function)?;
            }
            line.end()?;
        }
        Err(AsmError { line: opening, message: "the function has no closing brace".into() })
    }

    /// Reads a header line; gives false if it is none.
    fn header(&mut self, first: &str, line: &mut Line<'_>, f: &mut Function) -> Result<bool> {
        match first {
            "owner" => {
                let word = line.word("a type")?;
                let ty = parse_type(word).ok_or_else(|| line.fault(format!("no type `{word}`")))?;
                f.owner = Some(ty);
            }
            "params" => {
                f.n_params = line.number("", "the number of parameters")?;
                f.n_required = f.n_params;
                if line.eat_word("required") {
                    f.n_required = line.number("", "the number of required parameters")?;
                }
                f.has_receiver = line.eat_word("receiver");
            }
            "names" => {
                while !line.is_done() {
                    f.param_names.push(self.string(line)?);
                    line.eat(',');
                }
            }
            "inlined" => {
                let func = FuncId(line.number("@", "a function")?);
                let (at, column, inlined) = position(line)?;
                f.inlined.push(InlinedCall { func, line: at, column, inlined });
            }
            "result" => f.result = rep(line)?,
            "upvalues" => f.upvalues = reps(line)?,
            "tagged" => f.n_tagged = line.number("", "a number of registers")?,
            "regs" => {
                f.reps = reps(line)?;
                let n_tagged = f.reps.len();
                if line.eat('|') {
                    f.reps.extend(reps(line)?);
                }
                f.n_tagged = u8::try_from(n_tagged).unwrap_or(u8::MAX);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn add_string(&mut self, text: Box<str>) -> StrId {
        let id = StrId(self.module.strings.len() as u32);
        self.strings.entry(text.clone()).or_insert(id);
        self.module.strings.push(text);
        id
    }

    /// A string: quoted text, which is interned, or an id.
    pub(super) fn string(&mut self, line: &mut Line<'_>) -> Result<StrId> {
        match line.next() {
            Some(Token::Text(text)) => match self.strings.get(&*text) {
                Some(id) => Ok(*id),
                None => Ok(self.add_string(text.into_boxed_str())),
            },
            Some(Token::Word(word)) => {
                let id = word.strip_prefix('$').and_then(|digits| digits.parse().ok());
                id.map(StrId).ok_or_else(|| line.fault(format!("expected text, found `{word}`")))
            }
            _ => Err(line.fault("expected text")),
        }
    }
}

fn func_id(line: &mut Line<'_>) -> Result<FuncId> {
    line.number("@", "a function").map(FuncId)
}

fn rep(line: &mut Line<'_>) -> Result<Rep> {
    let word = line.word("a representation")?;
    parse_rep(word).ok_or_else(|| line.fault(format!("no representation `{word}`")))
}

/// Representations up to a `|` or the end of the line; `any*3` stands for three.
fn reps(line: &mut Line<'_>) -> Result<Vec<Rep>> {
    let mut reps = Vec::new();
    while let Some(word) = line.next_word() {
        let (name, n) = word.split_once('*').unwrap_or((word, "1"));
        let n: u16 = n.parse().map_err(|_| line.fault(format!("no number `{n}`")))?;
        let rep = parse_rep(name).ok_or_else(|| line.fault(format!("no representation `{name}`")));
        let rep = rep?;
        reps.extend(std::iter::repeat_n(rep, usize::from(n)));
        line.eat(',');
    }
    Ok(reps)
}

fn parse_desc(line: &mut Line<'_>, depth: usize) -> Result<Desc> {
    if depth > DESC_DEPTH_MAX {
        return Err(line.fault("the descriptor is nested too deeply"));
    }
    let word = line.word("a descriptor")?;
    if !line.eat('(') {
        let plain = parse_plain_desc(word);
        return plain.ok_or_else(|| line.fault(format!("no descriptor `{word}`")));
    }
    let mut parts = Vec::new();
    while !line.eat(')') {
        parts.push(parse_desc(line, depth + 1)?);
        line.eat(',');
    }
    let single = parts.len() == 1;
    match (word, parts.pop()) {
        ("array", Some(inner)) if single => Ok(Desc::Array(Box::new(inner))),
        ("nullable", Some(inner)) if single => Ok(Desc::Nullable(Box::new(inner))),
        ("union", last) => {
            parts.extend(last);
            Ok(Desc::Union(parts))
        }
        _ => Err(line.fault(format!("`{word}` does not take these parts"))),
    }
}

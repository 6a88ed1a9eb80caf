//! Bytes to module.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::cursor::Cursor;
use super::layout::{SECTIONS, SectionEntry, sections};
use super::{ReadError, ReadFault, relink};
use crate::module::{
    Desc, DescId, Field, FuncId, Function, Global, GlobalId, Handler, InlinedCall, LineEntry,
    Method, Module, Note, SourceFile, StaticField, StrId, TypeDef, TypeKind, limit,
};
use crate::rep::{Rep, TypeId};

type Result<T> = std::result::Result<T, ReadError>;

/// Reads a module. Its builtin numbers are those of this toolchain, whatever the writer's were.
///
/// # Errors
/// If the file is damaged, exceeds a limit of [`limit`], or uses a builtin that does not exist.
pub fn read(file: &[u8]) -> Result<Module> {
    let parts = Parts::open(file)?;
    let mut module = Module::default();
    read_meta(&mut module, parts.cursor(*b"META")?)?;
    module.strings = whole(parts.cursor(*b"STRS")?, |c| {
        c.list(limit::STRINGS, "strings", |c| c.text().map(Box::from))
    })?;
    module.types = whole(parts.cursor(*b"TYPE")?, |c| c.list(limit::TYPES, "types", type_def))?;
    let mut nodes = 0;
    module.descs = whole(parts.cursor(*b"DESC")?, |c| {
        c.list(limit::DESCS, "descriptors", |c| desc(c, 0, &mut nodes))
    })?;
    module.globals = whole(parts.cursor(*b"GLOB")?, |c| c.list(limit::GLOBALS, "globals", global))?;
    let headers =
        whole(parts.cursor(*b"FUNC")?, |c| c.list(limit::FUNCTIONS, "functions", function))?;
    let (mut functions, sizes): (Vec<_>, Vec<_>) = headers.into_iter().unzip();
    let mut code = parts.cursor(*b"CODE")?;
    let code_offset = parts.entry(*b"CODE")?.offset;
    for (function, words) in functions.iter_mut().zip(sizes) {
        function.code = code_words(&mut code, words)?;
    }
    code.finish()?;
    per_function(&mut functions, parts.cursor(*b"EXCP")?, |f, c| {
        f.handlers = c.list(limit::HANDLERS.min(f.code.len()), "handlers", handler)?;
        Ok(())
    })?;
    per_function(&mut functions, parts.cursor(*b"LINE")?, |f, c| {
        f.inlined = c.list(limit::CODE_WORDS, "inlined calls", inlined_call)?;
        f.lines = lines(c, f)?;
        Ok(())
    })?;
    per_function(&mut functions, parts.cursor(*b"NOTE")?, |f, c| {
        f.notes = notes(c, f.code.len())?;
        Ok(())
    })?;
    relink::relink(&mut functions, parts.cursor(*b"BLTN")?, code_offset)?;
    module.functions = functions;
    Ok(module)
}

/// The mandatory sections, found and with matching checksums.
struct Parts<'a> {
    file: &'a [u8],
    entries: Vec<SectionEntry>,
}

impl<'a> Parts<'a> {
    fn open(file: &'a [u8]) -> Result<Self> {
        let entries = sections(file)?;
        let mut expected = SECTIONS.iter().copied();
        for entry in &entries {
            let fault =
                |fault| ReadError { offset: entry.offset, section: Some(entry.code), fault };
            let bytes = entry.offset..entry.offset.saturating_add(entry.bytes);
            let section = file.get(bytes).ok_or_else(|| fault(ReadFault::UnexpectedEnd))?;
            if crc32fast::hash(section) != entry.crc32 {
                return Err(fault(ReadFault::Checksum));
            }
            if entry.code.first().is_some_and(u8::is_ascii_lowercase) {
                continue;
            }
            if !SECTIONS.contains(&entry.code) {
                return Err(fault(ReadFault::UnknownSection(entry.code)));
            }
            match expected.next() {
                Some(code) if code == entry.code => {}
                Some(code) if !entries.iter().any(|e| e.code == code) => {
                    return Err(fault(ReadFault::MissingSection(code)));
                }
                _ => return Err(fault(ReadFault::SectionOrder)),
            }
        }
        let parts = Parts { file, entries };
        match expected.next() {
            Some(code) => Err(parts.missing(code)),
            None => Ok(parts),
        }
    }

    fn missing(&self, code: [u8; 4]) -> ReadError {
        let fault = ReadFault::MissingSection(code);
        ReadError { offset: self.file.len(), section: None, fault }
    }

    fn entry(&self, code: [u8; 4]) -> Result<SectionEntry> {
        self.entries.iter().find(|e| e.code == code).copied().ok_or_else(|| self.missing(code))
    }

    fn cursor(&self, code: [u8; 4]) -> Result<Cursor<'a>> {
        let entry = self.entry(code)?;
        let bytes = entry.offset..entry.offset.saturating_add(entry.bytes);
        let section = self.file.get(bytes).ok_or_else(|| self.missing(code))?;
        Ok(Cursor::new(section, entry.offset, Some(code)))
    }
}

fn whole<'a, T>(
    mut cursor: Cursor<'a>,
    content: impl FnOnce(&mut Cursor<'a>) -> Result<T>,
) -> Result<T> {
    let value = content(&mut cursor)?;
    cursor.finish()?;
    Ok(value)
}

fn per_function(
    functions: &mut [Function],
    mut cursor: Cursor<'_>,
    mut content: impl FnMut(&mut Function, &mut Cursor<'_>) -> Result<()>,
) -> Result<()> {
    for function in functions {
        content(function, &mut cursor)?;
    }
    cursor.finish()
}

fn read_meta(module: &mut Module, mut c: Cursor<'_>) -> Result<()> {
    let mut lines = 0_u32;
    module.sources = c.list(limit::SOURCES, "source files", |c| {
        let name = c.text()?.to_owned();
        let at = c.fault(ReadFault::Value("line count"));
        lines = lines.checked_add(c.uleb()?).ok_or(at)?;
        Ok(SourceFile { name, lines_before: lines })
    })?;
    module.main = c.uleb()?;
    module.finales = c.list(limit::FINALES, "finales", |c| c.uleb().map(FuncId))?;
    module.n_sites = c.uleb()?;
    c.finish()
}

/// Reads a byte of flags of which only the lowest `N` may be set.
fn flags<const N: usize>(c: &mut Cursor<'_>) -> Result<[bool; N]> {
    let at = c.fault(ReadFault::Value("flags"));
    let bits = c.u8()?;
    if u32::from(bits) >> N != 0 {
        return Err(at);
    }
    Ok(std::array::from_fn(|bit| bits >> bit & 1 != 0))
}

fn rep(c: &mut Cursor<'_>) -> Result<Rep> {
    c.uleb().map(Rep::from_bits)
}

fn str_id(c: &mut Cursor<'_>) -> Result<StrId> {
    c.uleb().map(StrId)
}

fn type_def(c: &mut Cursor<'_>) -> Result<TypeDef> {
    let name = str_id(c)?;
    let [is_session, has_constructor] = flags(c)?;
    Ok(TypeDef {
        name,
        kind: if is_session { TypeKind::Session } else { TypeKind::Record },
        constructor: if has_constructor { Some(FuncId(c.uleb()?)) } else { None },
        fields: c.list(limit::FIELDS, "fields", |c| {
            let (name, rep, desc) = (str_id(c)?, rep(c)?, DescId(c.uleb()?));
            let [is_private, is_optional, is_constant] = flags(c)?;
            Ok(Field { name, rep, desc, is_private, is_optional, is_constant })
        })?,
        methods: c.list(limit::METHODS, "methods", |c| {
            let (name, func) = (str_id(c)?, FuncId(c.uleb()?));
            let [is_private, is_static] = flags(c)?;
            Ok(Method { name, func, is_private, is_static })
        })?,
        statics: c.list(limit::METHODS, "static fields", |c| {
            let (name, global) = (str_id(c)?, GlobalId(c.uleb()?));
            let [is_private, is_constant] = flags(c)?;
            Ok(StaticField { name, global, is_private, is_constant })
        })?,
    })
}

fn desc(c: &mut Cursor<'_>, depth: usize, nodes: &mut usize) -> Result<Desc> {
    *nodes += 1;
    if *nodes > limit::DESC_NODES {
        return Err(c.fault(ReadFault::TooMany("descriptor parts")));
    }
    if depth >= limit::DESC_DEPTH {
        return Err(c.fault(ReadFault::DescDepth));
    }
    let at = c.fault(ReadFault::Value("descriptor tag"));
    Ok(match c.u8()? {
        0 => Desc::Any,
        1 => Desc::Null,
        2 => Desc::Number,
        3 => Desc::Boolean,
        4 => Desc::String,
        5 => Desc::Array(Box::new(desc(c, depth + 1, nodes)?)),
        6 => Desc::Object,
        7 => Desc::Function,
        8 => Desc::Instance,
        9 => Desc::Promise,
        10 => Desc::Named(TypeId(c.uleb()?)),
        11 => Desc::Nullable(Box::new(desc(c, depth + 1, nodes)?)),
        12 => Desc::Union(
            c.list(limit::DESC_NODES, "descriptor parts", |c| desc(c, depth + 1, nodes))?,
        ),
        _ => return Err(at),
    })
}

fn global(c: &mut Cursor<'_>) -> Result<Global> {
    let (name, rep) = (str_id(c)?, rep(c)?);
    let [is_shared] = flags(c)?;
    Ok(Global { name, rep, is_shared })
}

/// A function without the parts of other sections, and the number of its code words.
fn function(c: &mut Cursor<'_>) -> Result<(Function, usize)> {
    let [has_name, has_owner, has_receiver] = flags(c)?;
    let function = Function {
        name: if has_name { Some(str_id(c)?) } else { None },
        owner: if has_owner { Some(TypeId(c.uleb()?)) } else { None },
        has_receiver,
        n_params: c.u8()?,
        n_required: c.u8()?,
        n_tagged: c.u8()?,
        result: rep(c)?,
        upvalues: c.list(limit::ARGS, "captures", rep)?,
        reps: c.list(limit::REGISTERS, "registers", rep)?,
        param_names: c.list(limit::REGISTERS, "parameter names", str_id)?,
        ..Function::default()
    };
    let at = c.fault(ReadFault::TooMany("code words"));
    let words = c.uleb()? as usize;
    if words > limit::CODE_WORDS { Err(at) } else { Ok((function, words)) }
}

fn code_words(c: &mut Cursor<'_>, words: usize) -> Result<Vec<u32>> {
    let (chunks, _) = c.take(words * 4)?.as_chunks::<4>();
    Ok(chunks.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
}

fn handler(c: &mut Cursor<'_>) -> Result<Handler> {
    let (start, end, target, reg) = (c.uleb()?, c.uleb()?, c.uleb()?, c.u8()?);
    let [is_cleanup] = flags(c)?;
    Ok(Handler { start, end, target, reg, is_cleanup })
}

fn inlined_call(c: &mut Cursor<'_>) -> Result<InlinedCall> {
    let (func, line) = (FuncId(c.uleb()?), c.uleb()?);
    Ok(InlinedCall { func, line, column: c.uleb()?, inlined: c.uleb()? })
}

fn lines(c: &mut Cursor<'_>, f: &Function) -> Result<Vec<LineEntry>> {
    let mut last = LineEntry { pc: 0, line: 0, column: 0, inlined: 0 };
    c.list(f.code.len(), "line entries", |c| {
        last.pc = last.pc.wrapping_add(c.uleb()?);
        last.line = last.line.wrapping_add_signed(c.zigzag()?);
        last.column = last.column.wrapping_add_signed(c.zigzag()?);
        if !f.inlined.is_empty() {
            last.inlined = c.uleb()?;
        }
        Ok(last)
    })
}

fn notes(c: &mut Cursor<'_>, words: usize) -> Result<Vec<Note>> {
    let mut pc = 0_u32;
    c.list(words, "notes", |c| {
        pc = pc.wrapping_add(c.uleb()?);
        Ok(Note { pc, text: str_id(c)? })
    })
}

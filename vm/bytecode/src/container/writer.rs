//! Module to bytes. The bytes depend on the module only.

use super::layout::{HEADER_BYTES, MAGIC, SECTION_ENTRY_BYTES, SECTIONS, VERSION};
use super::relink::used_builtins;
use crate::module::{
    Desc, Field, Function, InlinedCall, LineEntry, Method, Module, StaticField, TypeDef, TypeKind,
};
use crate::rep::Rep;

/// The module as the bytes of a `.hbc` file.
#[must_use]
pub fn write(module: &Module) -> Vec<u8> {
    let bodies = SECTIONS.map(|code| section(module, code));
    let mut file = Vec::with_capacity(bodies.iter().map(Vec::len).sum::<usize>() + 1024);
    file.extend(MAGIC);
    file.extend(VERSION.0.to_le_bytes());
    file.extend(VERSION.1.to_le_bytes());
    let mut offset = HEADER_BYTES + SECTIONS.len() * SECTION_ENTRY_BYTES + 4;
    let file_bytes = offset + bodies.iter().map(Vec::len).sum::<usize>();
    for word in [0, file_bytes as u32, SECTIONS.len() as u32] {
        file.extend(word.to_le_bytes());
    }
    for (code, body) in SECTIONS.iter().zip(&bodies) {
        file.extend(code);
        for word in [offset as u32, body.len() as u32, crc32fast::hash(body)] {
            file.extend(word.to_le_bytes());
        }
        offset += body.len();
    }
    file.extend(crc32fast::hash(&file).to_le_bytes());
    for body in &bodies {
        file.extend_from_slice(body);
    }
    file
}

fn section(module: &Module, code: [u8; 4]) -> Vec<u8> {
    let mut out = Output(Vec::new());
    let functions = &module.functions;
    match &code {
        b"META" => meta(&mut out, module),
        b"STRS" => out.list(&module.strings, |out, text| out.text(text)),
        b"BLTN" => out.list(&used_builtins(functions), |out, (number, name)| {
            out.uleb(*number);
            out.text(name);
        }),
        b"TYPE" => out.list(&module.types, type_def),
        b"DESC" => out.list(&module.descs, desc),
        b"GLOB" => out.list(&module.globals, |out, global| {
            out.uleb(global.name.0);
            out.rep(global.rep);
            out.flags(&[global.is_shared]);
        }),
        b"FUNC" => out.list(functions, function),
        b"CODE" => functions.iter().for_each(|f| out.words(&f.code)),
        b"EXCP" => functions.iter().for_each(|f| handlers(&mut out, f)),
        b"LINE" => functions.iter().for_each(|f| lines(&mut out, f)),
        b"NOTE" => functions.iter().for_each(|f| notes(&mut out, f)),
        _ => unreachable!("every section of the table has a writer"),
    }
    out.0
}

/// Bytes under construction.
struct Output(Vec<u8>);

impl Output {
    fn uleb(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn zigzag(&mut self, value: i32) {
        self.uleb((value << 1 ^ value >> 31).cast_unsigned());
    }

    fn count(&mut self, n: usize) {
        self.uleb(n as u32);
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend(text.as_bytes());
    }

    fn rep(&mut self, rep: Rep) {
        self.uleb(rep.to_bits());
    }

    fn flags(&mut self, flags: &[bool]) {
        let bits = flags.iter().enumerate().map(|(bit, set)| u8::from(*set) << bit);
        self.0.push(bits.fold(0, |all, bit| all | bit));
    }

    fn words(&mut self, words: &[u32]) {
        self.0.reserve(words.len() * 4);
        for word in words {
            self.0.extend_from_slice(&word.to_le_bytes());
        }
    }

    fn list<T>(&mut self, items: &[T], mut entry: impl FnMut(&mut Self, &T)) {
        self.count(items.len());
        for item in items {
            entry(self, item);
        }
    }
}

fn meta(out: &mut Output, module: &Module) {
    let mut lines = 0;
    out.list(&module.sources, |out, source| {
        out.text(&source.name);
        out.uleb(source.lines_before.wrapping_sub(lines));
        lines = source.lines_before;
    });
    out.uleb(module.main);
    out.list(&module.finales, |out, id| out.uleb(id.0));
    out.uleb(module.n_sites);
}

fn type_def(out: &mut Output, def: &TypeDef) {
    out.uleb(def.name.0);
    out.flags(&[def.kind == TypeKind::Session, def.constructor.is_some()]);
    if let Some(func) = def.constructor {
        out.uleb(func.0);
    }
    out.list(&def.fields, |out, field: &Field| {
        out.uleb(field.name.0);
        out.rep(field.rep);
        out.uleb(field.desc.0);
        out.flags(&[field.is_private, field.is_optional, field.is_constant]);
    });
    out.list(&def.methods, |out, method: &Method| {
        out.uleb(method.name.0);
        out.uleb(method.func.0);
        out.flags(&[method.is_private, method.is_static]);
    });
    out.list(&def.statics, |out, field: &StaticField| {
        out.uleb(field.name.0);
        out.uleb(field.global.0);
        out.flags(&[field.is_private, field.is_constant]);
    });
}

fn desc(out: &mut Output, value: &Desc) {
    let tag = match value {
        Desc::Any => 0,
        Desc::Null => 1,
        Desc::Number => 2,
        Desc::Boolean => 3,
        Desc::String => 4,
        Desc::Array(_) => 5,
        Desc::Object => 6,
        Desc::Function => 7,
        Desc::Instance => 8,
        Desc::Promise => 9,
        Desc::Named(_) => 10,
        Desc::Nullable(_) => 11,
        Desc::Union(_) => 12,
    };
    out.0.push(tag);
    match value {
        Desc::Named(ty) => out.uleb(ty.0),
        Desc::Array(inner) | Desc::Nullable(inner) => desc(out, inner),
        Desc::Union(parts) => out.list(parts, desc),
        _ => {}
    }
}

fn function(out: &mut Output, f: &Function) {
    out.flags(&[f.name.is_some(), f.owner.is_some(), f.has_receiver]);
    if let Some(name) = f.name {
        out.uleb(name.0);
    }
    if let Some(owner) = f.owner {
        out.uleb(owner.0);
    }
    out.0.extend([f.n_params, f.n_required, f.n_tagged]);
    out.rep(f.result);
    out.list(&f.upvalues, |out, rep| out.rep(*rep));
    out.list(&f.reps, |out, rep| out.rep(*rep));
    out.list(&f.param_names, |out, name| out.uleb(name.0));
    out.count(f.code.len());
}

fn handlers(out: &mut Output, f: &Function) {
    out.list(&f.handlers, |out, handler| {
        for pc in [handler.start, handler.end, handler.target] {
            out.uleb(pc);
        }
        out.0.push(handler.reg);
        out.0.push(u8::from(handler.is_cleanup));
    });
}

fn lines(out: &mut Output, f: &Function) {
    out.list(&f.inlined, |out, call: &InlinedCall| {
        for n in [call.func.0, call.line, call.column, call.inlined] {
            out.uleb(n);
        }
    });
    let mut last = LineEntry { pc: 0, line: 0, column: 0, inlined: 0 };
    out.list(&f.lines, |out, entry| {
        out.uleb(entry.pc.wrapping_sub(last.pc));
        out.zigzag(entry.line.wrapping_sub(last.line).cast_signed());
        out.zigzag(entry.column.wrapping_sub(last.column).cast_signed());
        if !f.inlined.is_empty() {
            out.uleb(entry.inlined);
        }
        last = *entry;
    });
}

fn notes(out: &mut Output, f: &Function) {
    let mut pc = 0;
    out.list(&f.notes, |out, note| {
        out.uleb(note.pc.wrapping_sub(pc));
        out.uleb(note.text.0);
        pc = note.pc;
    });
}

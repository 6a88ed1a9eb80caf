//! Words that listing and assembler share.

use crate::module::{Desc, limit};
use crate::rep::{Rep, TypeId};
use std::fmt;

/// Names of the builtin heap kinds, by type id.
const KINDS: [&str; 7] = ["string", "array", "object", "function", "cell", "iterator", "error"];

/// Descriptors without parts.
const PLAIN_DESCS: [(&str, Desc); 9] = [
    ("any", Desc::Any),
    ("null", Desc::Null),
    ("number", Desc::Number),
    ("boolean", Desc::Boolean),
    ("string", Desc::String),
    ("object", Desc::Object),
    ("function", Desc::Function),
    ("instance", Desc::Instance),
    ("promise", Desc::Promise),
];

/// Deepest descriptor that the assembler reads: deeper than any module may have.
pub(super) const DESC_DEPTH_MAX: usize = 2 * limit::DESC_DEPTH;

/// A representation as one word.
pub(super) struct RepWord(pub(super) Rep);

impl fmt::Display for RepWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Rep::Any => f.write_str("any"),
            Rep::F64 => f.write_str("f64"),
            Rep::I64 => f.write_str("i64"),
            Rep::Bool => f.write_str("bool"),
            Rep::Ref(ty) => match KINDS.get(ty.0 as usize) {
                Some(name) => f.write_str(name),
                None => TypeWord(ty).fmt(f),
            },
        }
    }
}

/// Reads a representation.
pub(super) fn parse_rep(word: &str) -> Option<Rep> {
    Some(match word {
        "any" => Rep::Any,
        "f64" => Rep::F64,
        "i64" => Rep::I64,
        "bool" => Rep::Bool,
        _ => match KINDS.iter().position(|name| *name == word) {
            Some(kind) => Rep::Ref(TypeId(u32::try_from(kind).ok()?)),
            None => Rep::Ref(parse_type(word)?),
        },
    })
}

/// A type id as one word: `%0` is the module's first record or session, `type:7` any other id.
pub(super) struct TypeWord(pub(super) TypeId);

impl fmt::Display for TypeWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.user_index() {
            Some(idx) => write!(f, "%{idx}"),
            None => write!(f, "type:{}", self.0.0),
        }
    }
}

/// Reads a type id.
pub(super) fn parse_type(word: &str) -> Option<TypeId> {
    if let Some(idx) = word.strip_prefix('%') {
        return idx.parse::<u32>().ok()?.checked_add(TypeId::FIRST_USER).map(TypeId);
    }
    word.strip_prefix("type:")?.parse().ok().map(TypeId)
}

/// A type descriptor.
pub(super) struct DescText<'m>(pub(super) &'m Desc);

impl fmt::Display for DescText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Desc::Array(inner) => write!(f, "array({})", DescText(inner)),
            Desc::Nullable(inner) => write!(f, "nullable({})", DescText(inner)),
            Desc::Named(ty) => TypeWord(*ty).fmt(f),
            Desc::Union(parts) => {
                f.write_str("union(")?;
                for (idx, part) in parts.iter().enumerate() {
                    let comma = if idx == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", DescText(part))?;
                }
                f.write_str(")")
            }
            plain => {
                let row = PLAIN_DESCS.iter().find(|(_, desc)| desc == plain);
                f.write_str(row.map_or("any", |(name, _)| name))
            }
        }
    }
}

/// Reads a descriptor without parts, or a type.
pub(super) fn parse_plain_desc(word: &str) -> Option<Desc> {
    let plain = PLAIN_DESCS.iter().find(|(name, _)| *name == word);
    plain.map(|(_, desc)| desc.clone()).or_else(|| parse_type(word).map(Desc::Named))
}

/// Text in quotes, on one line.
pub(super) struct Quoted<'m>(pub(super) &'m str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                c if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}

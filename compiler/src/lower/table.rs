//! The module's tables while it is being built: each string and type descriptor occurs once.

use ahash::AHashMap;
use hyp_bytecode::module::{Desc, DescId, StrId};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::intern::{Interner, Symbol};

use crate::types::Ty;

/// String constants and names.
#[derive(Default)]
pub struct Strings {
    ids: AHashMap<Box<str>, StrId>,
    list: Vec<Box<str>>,
    of_symbol: Vec<Option<StrId>>,
    note_of_symbol: Vec<Option<StrId>>,
}

impl Strings {
    /// The id of a text, added if it is new.
    pub fn intern(&mut self, text: &str) -> StrId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = StrId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }

    pub(super) fn symbol(&mut self, symbol: Symbol, interner: &Interner) -> StrId {
        if let Some(Some(id)) = self.of_symbol.get(symbol.index()) {
            return *id;
        }
        let id = self.intern(interner.resolve(symbol));
        self.of_symbol.resize(interner.len(), None);
        self.of_symbol[symbol.index()] = Some(id);
        id
    }

    /// What an error calls a variable of that name.
    pub(super) fn variable_note(&mut self, name: Symbol, interner: &Interner) -> StrId {
        if let Some(Some(id)) = self.note_of_symbol.get(name.index()) {
            return *id;
        }
        let id = self.intern(&format!("variable '{}'", interner.resolve(name)));
        self.note_of_symbol.resize(interner.len(), None);
        self.note_of_symbol[name.index()] = Some(id);
        id
    }

    /// The text of an id; empty if it is out of range.
    #[must_use]
    pub fn text(&self, id: StrId) -> &str {
        self.list.get(id.0 as usize).map_or("", |s| s)
    }

    /// The texts in order of their ids.
    #[must_use]
    pub fn into_list(self) -> Vec<Box<str>> {
        self.list
    }
}

/// Type descriptors.
#[derive(Default)]
pub struct Descs {
    ids: AHashMap<Desc, DescId>,
    list: Vec<Desc>,
}

impl Descs {
    pub(super) fn intern(&mut self, desc: Desc) -> DescId {
        if let Some(id) = self.ids.get(&desc) {
            return *id;
        }
        let id = DescId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(desc.clone());
        self.ids.insert(desc, id);
        id
    }

    /// The descriptor of an id.
    #[must_use]
    pub fn get(&self, id: DescId) -> Option<&Desc> {
        self.list.get(id.0 as usize)
    }

    /// The descriptors in order of their ids.
    #[must_use]
    pub fn into_list(self) -> Vec<Desc> {
        self.list
    }
}

/// What a value of static type `ty` must match: shallow for containers, null admitted nowhere that
/// the type does not say so.
pub(super) fn exact_desc(ty: &Ty) -> Desc {
    match ty {
        Ty::Unknown => Desc::Any,
        Ty::Trance => Desc::Union(Vec::new()),
        Ty::Number => Desc::Number,
        Ty::String => Desc::String,
        Ty::Boolean => Desc::Boolean,
        Ty::Null => Desc::Null,
        Ty::Array(element) => Desc::Array(Box::new(exact_desc(element))),
        Ty::Nullable(inner) => Desc::Nullable(Box::new(exact_desc(inner))),
        Ty::Record(t) | Ty::Instance(t) => Desc::Named(TypeId::user(t.0)),
        Ty::SessionValue(_) | Ty::Function(_) | Ty::AnyFunction => Desc::Function,
        Ty::AnyInstance => Desc::Instance,
        Ty::Object | Ty::Structural(_) => Desc::Object,
        Ty::Promise(_) => Desc::Promise,
        Ty::Union(members) => Desc::Union(members.iter().map(exact_desc).collect()),
    }
}

/// What a store into a place annotated `ty` admits (decision O10): shallow, and null for
/// reference-like types.
pub(super) fn guarantee_desc(ty: &Ty) -> Desc {
    match ty {
        Ty::Unknown => Desc::Any,
        Ty::Number | Ty::Boolean | Ty::Null | Ty::Trance => exact_desc(ty),
        Ty::Nullable(inner) => match guarantee_desc(inner) {
            Desc::Any => Desc::Any,
            desc @ Desc::Nullable(_) => desc,
            desc => Desc::Nullable(Box::new(desc)),
        },
        Ty::Array(_) => Desc::Nullable(Box::new(Desc::Array(Box::new(Desc::Any)))),
        Ty::Union(members) => {
            let mut list: Vec<Desc> = members.iter().map(shallow_desc).collect();
            if members.iter().any(|m| !matches!(m, Ty::Number | Ty::Boolean)) {
                list.push(Desc::Null);
            }
            Desc::Union(list)
        }
        _ => Desc::Nullable(Box::new(exact_desc(ty))),
    }
}

/// What a store into a place admits whose representation may be known without an annotation.
pub(super) fn place_desc(ty: &Ty, rep: Rep, strict_null: bool) -> Desc {
    if strict_null && let Some(desc) = strict_desc(ty) {
        return desc;
    }
    match (ty, rep) {
        (Ty::Unknown, Rep::F64) => Desc::Number,
        (Ty::Unknown, Rep::Ref(id)) => Desc::Nullable(Box::new(Desc::Named(id))),
        _ => guarantee_desc(ty),
    }
}

/// What a place with a reference-like type admits when null does not fit it; `None` for types whose
/// usual check refuses null already.
pub(super) fn strict_desc(ty: &Ty) -> Option<Desc> {
    match ty {
        Ty::Unknown | Ty::Trance | Ty::Number | Ty::Boolean | Ty::Null | Ty::Nullable(_) => None,
        Ty::Union(members) => Some(Desc::Union(members.iter().map(shallow_desc).collect())),
        _ => Some(shallow_desc(ty)),
    }
}

fn shallow_desc(ty: &Ty) -> Desc {
    match ty {
        Ty::Array(_) => Desc::Array(Box::new(Desc::Any)),
        Ty::Nullable(inner) => Desc::Nullable(Box::new(shallow_desc(inner))),
        _ => exact_desc(ty),
    }
}

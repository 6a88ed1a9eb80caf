//! A set of functions with the declarations that they need: what stands in for a module in the
//! text form, the evaluator and the tests.

use std::cell::RefCell;
use std::rc::Rc;

use ahash::AHashMap;
use hyp_bytecode::module::{Desc, DescId, FuncId, StrId, TypeKind};
use hyp_bytecode::rep::{Rep, TypeId};

use crate::ir::{FieldFacts, Func, MethodFacts, ModuleFacts};

/// A field.
#[derive(Clone, PartialEq, Debug)]
pub struct UnitField {
    /// Name.
    pub name: StrId,
    /// What a store guarantees.
    pub rep: Rep,
    /// Usable only by code of the same session.
    pub is_private: bool,
    /// What a dynamic store checks; an unknown descriptor stands for anything.
    pub desc: DescId,
}

/// A method.
#[derive(Clone, PartialEq, Debug)]
pub struct UnitMethod {
    /// Name.
    pub name: StrId,
    /// Body.
    pub func: FuncId,
    /// Usable only by code of the same session.
    pub is_private: bool,
    /// Has no receiver.
    pub is_static: bool,
}

/// A record or session.
#[derive(Clone, PartialEq, Debug)]
pub struct UnitType {
    /// Name.
    pub name: StrId,
    /// Record or session.
    pub kind: TypeKind,
    /// Fields in slot order.
    pub fields: Vec<UnitField>,
    /// Methods.
    pub methods: Vec<UnitMethod>,
    /// What calling the session runs.
    pub constructor: Option<FuncId>,
}

#[derive(Clone, Default, Debug)]
struct Strings {
    texts: Vec<Box<str>>,
    ids: AHashMap<Box<str>, StrId>,
}

/// Functions, types, globals, descriptors and strings.
#[derive(Clone, Default, Debug)]
pub struct Unit {
    /// Functions by [`FuncId`].
    pub funcs: Vec<Func>,
    /// Records and sessions.
    pub types: Vec<UnitType>,
    /// Representations of the module variables.
    pub globals: Vec<Rep>,
    /// Type descriptors.
    pub descs: Vec<Desc>,
    strings: RefCell<Strings>,
}

impl Unit {
    /// The id of a text, added if it is new.
    pub fn string_id(&self, text: &str) -> StrId {
        let mut strings = self.strings.borrow_mut();
        if let Some(id) = strings.ids.get(text) {
            return *id;
        }
        let id = StrId(strings.texts.len() as u32);
        strings.texts.push(text.into());
        strings.ids.insert(text.into(), id);
        id
    }

    /// The record or session of an id.
    #[must_use]
    pub fn type_of(&self, ty: TypeId) -> Option<&UnitType> {
        self.types.get(ty.user_index()? as usize)
    }

    fn func(&self, func: FuncId) -> Option<&Func> {
        self.funcs.get(func.0 as usize)
    }
}

impl ModuleFacts for Unit {
    fn result_rep(&self, func: FuncId) -> Rep {
        self.func(func).map_or(Rep::Any, |f| f.result)
    }

    fn param_reps(&self, func: FuncId) -> Vec<Rep> {
        let entry = self.func(func).and_then(|f| Some((f, f.blocks.first()?)));
        entry.map_or(Vec::new(), |(f, b)| b.params.iter().map(|v| f.rep(*v)).collect())
    }

    fn field_rep(&self, ty: TypeId, slot: u8) -> Rep {
        let field = self.type_of(ty).and_then(|t| t.fields.get(usize::from(slot)));
        field.map_or(Rep::Any, |f| f.rep)
    }

    fn n_fields(&self, ty: TypeId) -> u8 {
        self.type_of(ty).map_or(0, |t| t.fields.len() as u8)
    }

    fn global_rep(&self, global: u32) -> Rep {
        self.globals.get(global as usize).copied().unwrap_or(Rep::Any)
    }

    fn n_required(&self, func: FuncId) -> usize {
        self.func(func).map_or(0, |f| usize::from(f.n_required))
    }

    fn never_returns_null(&self, func: FuncId) -> bool {
        self.types.iter().any(|t| t.constructor == Some(func))
    }

    fn body(&self, func: FuncId) -> Option<Rc<Func>> {
        crate::pass::inline::body::of(self.func(func)?.clone(), func).map(Rc::new)
    }

    fn type_kind(&self, ty: TypeId) -> Option<TypeKind> {
        self.type_of(ty).map(|t| t.kind)
    }

    fn field_by_name(&self, ty: TypeId, name: StrId) -> Option<FieldFacts> {
        let fields = &self.type_of(ty)?.fields;
        let slot = fields.iter().position(|f| f.name == name)?;
        let UnitField { rep, is_private, .. } = fields[slot];
        Some(FieldFacts { slot: u8::try_from(slot).ok()?, rep, is_private })
    }

    fn method_by_name(&self, ty: TypeId, name: StrId) -> Option<MethodFacts> {
        let method = self.type_of(ty)?.methods.iter().find(|m| m.name == name)?;
        let UnitMethod { func, is_private, is_static, .. } = *method;
        Some(MethodFacts { func, is_private, is_static })
    }

    fn field_desc(&self, ty: TypeId, slot: u8) -> Option<Desc> {
        let field = self.type_of(ty)?.fields.get(usize::from(slot))?;
        Some(self.desc(field.desc).unwrap_or(Desc::Any))
    }

    fn desc(&self, desc: DescId) -> Option<Desc> {
        self.descs.get(desc.0 as usize).cloned()
    }

    fn string(&self, id: StrId) -> Option<Box<str>> {
        self.strings.borrow().texts.get(id.0 as usize).cloned()
    }

    fn intern(&self, text: &str) -> Option<StrId> {
        Some(self.string_id(text))
    }
}

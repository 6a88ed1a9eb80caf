//! A module as the passes of the SSA form see it.

use hyp_bytecode::module::{Desc, DescId, FuncId, Module, StrId, TypeKind};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_ssa::ir::{FieldFacts, MethodFacts, ModuleFacts};

/// What a loaded module guarantees. It cannot be extended, so passes add no strings.
#[derive(Clone, Copy, Debug)]
pub struct ModuleView<'m>(pub &'m Module);

impl ModuleFacts for ModuleView<'_> {
    fn result_rep(&self, func: FuncId) -> Rep {
        self.0.function(func).map_or(Rep::Any, |f| f.result)
    }

    fn param_reps(&self, func: FuncId) -> Vec<Rep> {
        let params = self.0.function(func).and_then(|f| f.reps.get(..usize::from(f.n_params)));
        params.unwrap_or(&[]).to_vec()
    }

    fn field_rep(&self, ty: TypeId, slot: u8) -> Rep {
        let field = self.0.type_def(ty).and_then(|t| t.fields.get(usize::from(slot)));
        field.map_or(Rep::Any, |f| f.rep)
    }

    fn global_rep(&self, global: u32) -> Rep {
        self.0.globals.get(global as usize).map_or(Rep::Any, |g| g.rep)
    }

    fn n_required(&self, func: FuncId) -> usize {
        self.0.function(func).map_or(0, |f| usize::from(f.n_required))
    }

    fn never_returns_null(&self, func: FuncId) -> bool {
        self.0.types.iter().any(|t| t.constructor == Some(func))
    }

    fn type_kind(&self, ty: TypeId) -> Option<TypeKind> {
        self.0.type_def(ty).map(|t| t.kind)
    }

    fn field_by_name(&self, ty: TypeId, name: StrId) -> Option<FieldFacts> {
        let fields = &self.0.type_def(ty)?.fields;
        let slot = fields.iter().position(|f| f.name == name)?;
        let field = fields.get(slot)?;
        Some(FieldFacts {
            slot: u8::try_from(slot).ok()?,
            rep: field.rep,
            is_private: field.is_private,
        })
    }

    fn method_by_name(&self, ty: TypeId, name: StrId) -> Option<MethodFacts> {
        let method = self.0.type_def(ty)?.methods.iter().find(|m| m.name == name)?;
        Some(MethodFacts {
            func: method.func,
            is_private: method.is_private,
            is_static: method.is_static,
        })
    }

    fn field_desc(&self, ty: TypeId, slot: u8) -> Option<Desc> {
        let field = self.0.type_def(ty)?.fields.get(usize::from(slot))?;
        self.desc(field.desc)
    }

    fn desc(&self, desc: DescId) -> Option<Desc> {
        self.0.descs.get(desc.0 as usize).cloned()
    }

    fn string(&self, id: StrId) -> Option<Box<str>> {
        self.0.strings.get(id.0 as usize).cloned()
    }
}

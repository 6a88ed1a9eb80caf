//! Rules about strings, descriptors, types, globals and entry points.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::{Check, Rule, VerifyError, is_value, require};
use crate::module::{Desc, FuncId, Function, Method, Module, StrId, TypeDef, limit};
use crate::rep::{Rep, TypeId};
use ahash::AHashSet;

/// Checks everything outside the functions. Functions may rely on it.
pub(super) fn check(module: &Module) -> Check {
    check_sizes(module)?;
    let mut seen = AHashSet::with_capacity(module.strings.len());
    for (idx, text) in module.strings.iter().enumerate() {
        require(seen.insert(&**text), Rule::DuplicateString, || format!("string {idx} repeats"))?;
    }
    check_descs(module)?;
    for (idx, global) in module.globals.iter().enumerate() {
        check_str(module, global.name)?;
        require(is_value(global.rep), Rule::GlobalRep, || {
            format!("global {idx} is {:?}", global.rep)
        })?;
        check_rep(module, global.rep)?;
    }
    for (idx, def) in module.types.iter().enumerate() {
        check_type(module, TypeId::user(idx as u32), def)?;
    }
    check_entry_points(module)
}

fn check_sizes(module: &Module) -> Check {
    let code_words: usize = module.functions.iter().map(|f| f.code.len()).sum();
    let sizes = [
        ("strings", module.strings.len(), limit::STRINGS),
        ("types", module.types.len(), limit::TYPES),
        ("descriptors", module.descs.len(), limit::DESCS),
        ("globals", module.globals.len(), limit::GLOBALS),
        ("functions", module.functions.len(), limit::FUNCTIONS),
        ("finales", module.finales.len(), limit::FINALES),
        ("inline caches", module.n_sites as usize, code_words),
    ];
    for (what, n, max) in sizes {
        require(n <= max, Rule::TooLarge, || format!("{n} {what}, the limit is {max}"))?;
    }
    Ok(())
}

fn check_descs(module: &Module) -> Check {
    let mut seen = AHashSet::with_capacity(module.descs.len());
    let mut nodes = 0;
    for (idx, desc) in module.descs.iter().enumerate() {
        // Depth first: hashing and dropping a descriptor recurse.
        check_desc(module, desc, 0, &mut nodes)?;
        require(seen.insert(desc), Rule::DuplicateDesc, || format!("descriptor {idx} repeats"))?;
    }
    Ok(())
}

fn check_desc(module: &Module, desc: &Desc, depth: usize, nodes: &mut usize) -> Check {
    *nodes += 1;
    require(*nodes <= limit::DESC_NODES, Rule::TooLarge, || "descriptors are too large".into())?;
    require(depth < limit::DESC_DEPTH, Rule::DescDepth, || {
        format!("a descriptor is nested deeper than {}", limit::DESC_DEPTH)
    })?;
    match desc {
        Desc::Named(ty) => check_user_type(module, *ty),
        Desc::Array(inner) | Desc::Nullable(inner) => check_desc(module, inner, depth + 1, nodes),
        Desc::Union(parts) => {
            parts.iter().try_for_each(|part| check_desc(module, part, depth + 1, nodes))
        }
        _ => Ok(()),
    }
}

fn check_type(module: &Module, ty: TypeId, def: &TypeDef) -> Check {
    check_str(module, def.name)?;
    let sizes = [
        ("fields", def.fields.len(), limit::FIELDS),
        ("methods", def.methods.len(), limit::METHODS),
        ("static fields", def.statics.len(), limit::METHODS),
    ];
    for (what, n, max) in sizes {
        require(n <= max, Rule::TooLarge, || format!("type {}: {n} {what}", ty.0))?;
    }
    for (slot, field) in def.fields.iter().enumerate() {
        check_str(module, field.name)?;
        require(is_value(field.rep), Rule::FieldRep, || {
            format!("field {slot} of type {} is {:?}", ty.0, field.rep)
        })?;
        check_rep(module, field.rep)?;
        require((field.desc.0 as usize) < module.descs.len(), Rule::DescId, || {
            format!("field {slot} of type {}: no descriptor {}", ty.0, field.desc.0)
        })?;
    }
    for field in &def.statics {
        check_str(module, field.name)?;
        require((field.global.0 as usize) < module.globals.len(), Rule::GlobalId, || {
            format!("type {}: no global {}", ty.0, field.global.0)
        })?;
    }
    def.methods.iter().try_for_each(|method| check_method(module, ty, method))?;
    let Some(id) = def.constructor else { return Ok(()) };
    let constructor = function(module, id)?;
    let gives_type = constructor.result == Rep::Ref(ty) || constructor.result == Rep::Any;
    require(gives_type && constructor.upvalues.is_empty(), Rule::Constructor, || {
        format!("function {} cannot construct type {}", id.0, ty.0)
    })
}

fn check_method(module: &Module, ty: TypeId, method: &Method) -> Check {
    check_str(module, method.name)?;
    let body = function(module, method.func)?;
    let receiver = body.reps.first().filter(|_| body.n_params > 0 && body.has_receiver);
    let takes_type = matches!(receiver, Some(rep) if *rep == Rep::Ref(ty) || *rep == Rep::Any);
    let fits = if method.is_static { !body.has_receiver } else { takes_type };
    require(fits && body.upvalues.is_empty(), Rule::Method, || {
        format!("function {} cannot be a method of type {}", method.func.0, ty.0)
    })
}

fn check_entry_points(module: &Module) -> Check {
    let main = function(module, FuncId(module.main))?;
    let takes_args = main.reps.iter().take(usize::from(main.n_params));
    let takes_args = takes_args.copied().all(|rep| rep.accepts(Rep::Ref(TypeId::ARRAY)));
    let is_main = main.n_params <= 1 && takes_args && main.upvalues.is_empty();
    require(is_main, Rule::MainShape, || {
        "the main function takes more than the program's arguments".into()
    })?;
    for id in &module.finales {
        let finale = function(module, *id)?;
        require(finale.n_params == 0 && finale.upvalues.is_empty(), Rule::FinaleShape, || {
            format!("function {} cannot be a finale", id.0)
        })?;
    }
    Ok(())
}

fn function(module: &Module, id: FuncId) -> Result<&Function, VerifyError> {
    module.function(id).ok_or_else(|| VerifyError {
        function: None,
        pc: None,
        rule: Rule::FuncId,
        message: format!("no function {}", id.0),
    })
}

/// Checks that a name exists.
pub(super) fn check_str(module: &Module, id: StrId) -> Check {
    require((id.0 as usize) < module.strings.len(), Rule::StrId, || format!("no string {}", id.0))
}

/// Checks that a representation's type exists.
pub(super) fn check_rep(module: &Module, rep: Rep) -> Check {
    match rep {
        Rep::Ref(ty) if ty > TypeId::ERROR => check_user_type(module, ty),
        _ => Ok(()),
    }
}

/// Checks that a type id names a record or session.
pub(super) fn check_user_type(module: &Module, ty: TypeId) -> Check {
    require(module.type_def(ty).is_some(), Rule::TypeId, || {
        format!("type {} is no record or session", ty.0)
    })
}

//! Members and methods of known types.

use hyp_bytecode::module::{FuncId, StrId, TypeKind};
use hyp_bytecode::rep::{Rep, TypeId};

use super::kind::Kind;
use crate::ir::{FieldFacts, Func, ModuleFacts};

/// The field of that name if the code may use it.
pub(super) fn field(
    func: &Func,
    facts: &dyn ModuleFacts,
    ty: TypeId,
    name: StrId,
) -> Option<FieldFacts> {
    let field = facts.field_by_name(ty, name)?;
    (!field.is_private || func.owner == Some(ty)).then_some(field)
}

/// The function that `receiver.name(…)` calls if the receiver is not null: the type must be a
/// known session, the method accessible and the number of arguments (receiver included) exact,
/// or short of parameters that admit the missing mark.
pub(super) fn method_target(
    func: &Func,
    facts: &dyn ModuleFacts,
    receiver: Kind,
    name: StrId,
    n_args: usize,
) -> Option<FuncId> {
    let ty = receiver.composite_or_null()?;
    if facts.type_kind(ty) != Some(TypeKind::Session) || facts.field_by_name(ty, name).is_some() {
        return None;
    }
    let method = facts.method_by_name(ty, name)?;
    if method.is_static || (method.is_private && func.owner != Some(ty)) {
        return None;
    }
    fits_arity(facts, method.func, n_args).then_some(method.func)
}

/// Whether a direct call with so many arguments is possible.
pub(super) fn fits_arity(facts: &dyn ModuleFacts, func: FuncId, n_args: usize) -> bool {
    let params = facts.param_reps(func);
    n_args <= params.len()
        && n_args >= facts.n_required(func)
        && params[n_args..].iter().all(|rep| *rep == Rep::Any)
        && params.iter().all(|rep| can_check(*rep))
}

/// Whether an instruction checks that a value fits a parameter of this representation.
fn can_check(rep: Rep) -> bool {
    match rep {
        Rep::Any | Rep::F64 => true,
        Rep::Ref(ty) => matches!(ty, TypeId::STRING | TypeId::ARRAY) || ty.user_index().is_some(),
        Rep::I64 | Rep::Bool => false,
    }
}

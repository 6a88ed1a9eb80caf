//! Programs that are larger than a module can hold.
//!
//! Instructions name fields and captures by one byte, types and functions by two; see
//! [`limit`]. What does not fit is refused here with a place in the source, so that emission and
//! the verifier of modules never meet it.

use hyp_bytecode::module::{Module, limit};
use hyp_grammar::ast::MemberKind;
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Interner;
use hyp_grammar::span::Span;

use crate::resolve::{Resolution, TypeDecl};

/// Reports declarations that do not fit, in order of their numbers.
pub(crate) fn check_declarations(
    resolution: &Resolution<'_>,
    interner: &Interner,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for decl in &resolution.types {
        diagnostics.extend(oversized_type(decl, interner));
    }
    if let Some(decl) = resolution.types.get(limit::TYPES) {
        let message = format!("more than {} records and sessions", limit::TYPES);
        diagnostics.push(too_large(type_span(decl), message).with_primary("one too many"));
    }
    for (info, node) in resolution.functions.iter().zip(&resolution.function_nodes) {
        let n_captures = info.captures.len();
        if n_captures > limit::ARGS {
            let span = node.map_or(Span::at(0), |f| f.name.map_or(f.span, |n| n.span));
            let message = format!(
                "function uses {n_captures} variables of the functions around it, the limit is {}",
                limit::ARGS
            );
            diagnostics.push(
                Diagnostic::new(Code::FunctionTooLarge, span, message)
                    .with_primary("captures too many variables")
                    .with_help("keep the values in an array, object or record"),
            );
        }
    }
    if let Some(node) = resolution.function_nodes.get(limit::FUNCTIONS - 1).copied().flatten() {
        let message = format!("more than {} functions", limit::FUNCTIONS - 1);
        let span = node.name.map_or(node.span, |n| n.span);
        diagnostics.push(too_large(span, message).with_primary("one too many"));
    }
}

fn type_span(decl: &TypeDecl<'_>) -> Span {
    match decl {
        TypeDecl::Record(record) => record.name.span,
        TypeDecl::Session(session) => session.name.span,
    }
}

fn too_large(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::ProgramTooLarge, span, message)
}

fn oversized_type(decl: &TypeDecl<'_>, interner: &Interner) -> Option<Diagnostic> {
    let (name, n_fields, n_others) = match decl {
        TypeDecl::Record(record) => (record.name, record.fields.len(), record.methods.len()),
        TypeDecl::Session(session) => {
            let is_field = |m: &&hyp_grammar::ast::Member<'_>| {
                matches!(m.kind, MemberKind::Field(_)) && !m.is_static
            };
            let n_fields = session.members.iter().filter(is_field).count();
            (session.name, n_fields, session.members.len() - n_fields)
        }
    };
    let (what, n, max) = if n_fields > limit::FIELDS {
        ("fields", n_fields, limit::FIELDS)
    } else if n_others > limit::METHODS {
        ("methods and static fields", n_others, limit::METHODS)
    } else {
        return None;
    };
    let text = interner.resolve(name.name);
    let message = format!("`{text}` has {n} {what}, the limit is {max}");
    Some(
        too_large(name.span, message)
            .with_primary("declared here")
            .with_help("group what belongs together in records of its own"),
    )
}

/// The finding if the tables of a finished module are too large.
pub(crate) fn check_module(module: &Module) -> Option<Diagnostic> {
    let sizes = [
        ("functions and `finale` blocks", module.functions.len(), limit::FUNCTIONS),
        ("`finale` blocks", module.finales.len(), limit::FINALES),
        ("different strings and names", module.strings.len(), limit::STRINGS),
        ("different types", module.descs.len(), limit::DESCS),
        ("program variables", module.globals.len(), limit::GLOBALS),
    ];
    let (what, n, max) = sizes.into_iter().find(|(_, n, max)| n > max)?;
    let message = format!("program has {n} {what}, the limit is {max}");
    Some(too_large(Span::at(0), message).with_help("split the program"))
}

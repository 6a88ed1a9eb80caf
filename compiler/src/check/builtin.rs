//! Calls of builtin functions, from the one builtin table.

use super::Checker;
use super::annotation::nullable;
use super::relation::non_null;
use crate::types::Ty;
use hyp_bytecode::builtin::{Builtin, BuiltinSpec, Param, Ty as Word};
use hyp_grammar::ast::Expr;
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::Span;
use std::rc::Rc;

impl<'a> Checker<'a, '_> {
    /// Checks the arguments of a builtin call and returns its result type. Surplus arguments are
    /// evaluated and ignored.
    pub(super) fn builtin_call(
        &mut self,
        builtin: Builtin,
        args: &'a [&'a Expr<'a>],
        span: Span,
    ) -> Ty {
        let spec = builtin.spec();
        let found: Vec<Ty> = args.iter().map(|arg| self.expr(arg)).collect();
        let n_required = spec.params.iter().filter(|p| !p.is_optional()).count();
        if args.len() < n_required {
            self.builtin_arity(spec.name, n_required, spec.params, args.len(), span);
        }
        for (at, (arg, ty)) in args.iter().zip(&found).enumerate() {
            let param = spec
                .params
                .get(at)
                .or_else(|| spec.params.last().filter(|p| p.words.first() == Some(&Word::rest)));
            let Some(param) = param else { break };
            if !self.word_list_accepts(param.words, ty) {
                self.builtin_argument(spec.name, at, param, ty, arg.span);
            }
        }
        result(spec, &found)
    }

    fn builtin_arity(
        &mut self,
        name: &str,
        n_required: usize,
        params: &[Param],
        n_args: usize,
        span: Span,
    ) {
        let at_least = if n_required == params.len() { "" } else { "at least " };
        let noun = if n_required == 1 { "argument" } else { "arguments" };
        let names: Vec<&str> = params.iter().map(|p| p.name).collect();
        let message =
            format!("function `{name}` expects {at_least}{n_required} {noun}, got {n_args}");
        self.report(
            Diagnostic::new(Code::WrongArity, span, message)
                .with_primary("missing argument")
                .with_note(format!("the signature is `{name}({})`", names.join(", "))),
        );
    }

    fn builtin_argument(&mut self, name: &str, at: usize, param: &Param, ty: &Ty, span: Span) {
        let expected: Vec<&str> = param.words.iter().filter_map(|w| word_name(*w)).collect();
        let found = self.show(ty);
        let message = format!(
            "function `{name}` expects {} as argument {} (`{}`), got {found}",
            expected.join(" or "),
            at + 1,
            param.name
        );
        self.report(
            Diagnostic::new(Code::ArgumentMismatch, span, message)
                .with_primary(format!("this is of type {found}")),
        );
    }

    fn word_list_accepts(&self, words: &[Word], ty: &Ty) -> bool {
        match non_null(ty) {
            Ty::Unknown | Ty::Trance => true,
            Ty::Union(members) => members.iter().any(|m| self.word_list_accepts(words, m)),
            found => words.iter().any(|word| word_accepts(*word, found)),
        }
    }
}

/// The result type of a call. Of an overloaded builtin it is known only if the argument types decide
/// which overload applies.
fn result(spec: &BuiltinSpec, found: &[Ty]) -> Ty {
    let chosen = spec.resolve(found.len().min(spec.params.len()), |at, words| {
        found.get(at).is_some_and(|ty| words.iter().any(|word| certainly_accepts(*word, ty)))
    });
    if chosen.returns == spec.returns && spec.returns.len() > 1 && !spec.overloads.is_empty() {
        return Ty::Unknown;
    }
    returned(chosen.returns)
}

/// Whether every value of the type is of the kind that the word names.
fn certainly_accepts(word: Word, ty: &Ty) -> bool {
    let is_vague = |item: &Ty| matches!(non_null(item), Ty::Unknown | Ty::Union(_));
    match (word, ty) {
        (Word::Numbers | Word::Strings, Ty::Array(item)) if is_vague(item) => false,
        _ => word_accepts(word, ty),
    }
}

fn word_accepts(word: Word, ty: &Ty) -> bool {
    let item = |wanted: &Ty| match ty {
        Ty::Array(item) => {
            matches!(non_null(item), Ty::Unknown | Ty::Union(_)) || non_null(item) == wanted
        }
        _ => false,
    };
    match word {
        Word::opt | Word::rest => false,
        Word::Any => true,
        Word::Number => *ty == Ty::Number,
        Word::String => *ty == Ty::String,
        Word::Boolean => *ty == Ty::Boolean,
        Word::Null => *ty == Ty::Null,
        Word::Array => matches!(ty, Ty::Array(_)),
        Word::Numbers => item(&Ty::Number),
        Word::Strings => item(&Ty::String),
        Word::Object => {
            matches!(ty, Ty::Object | Ty::Structural(_) | Ty::Record(_) | Ty::String)
        }
        Word::Function => {
            matches!(ty, Ty::AnyFunction | Ty::Function(_) | Ty::SessionValue(_))
        }
        Word::Promise => matches!(ty, Ty::Promise(_)),
    }
}

fn word_name(word: Word) -> Option<&'static str> {
    Some(match word {
        Word::opt | Word::rest => return None,
        Word::Any => "anything",
        Word::Number => "number",
        Word::String => "string",
        Word::Boolean => "boolean",
        Word::Null => "null",
        Word::Array => "array",
        Word::Numbers => "number[]",
        Word::Strings => "string[]",
        Word::Object => "object",
        Word::Function => "function",
        Word::Promise => "promise",
    })
}

/// The type of a result; several words are unknown unless one of them is null.
fn returned(words: &[Word]) -> Ty {
    let has_null = words.contains(&Word::Null);
    let mut others = words.iter().filter(|w| **w != Word::Null);
    let ty = match (others.next(), others.next()) {
        (None, _) => return Ty::Null,
        (Some(word), None) => word_type(*word),
        _ => Ty::Unknown,
    };
    if has_null { nullable(ty) } else { ty }
}

fn word_type(word: Word) -> Ty {
    match word {
        Word::opt | Word::rest | Word::Any => Ty::Unknown,
        Word::Number => Ty::Number,
        Word::String => Ty::String,
        Word::Boolean => Ty::Boolean,
        Word::Null => Ty::Null,
        Word::Array => Ty::Array(Rc::new(Ty::Unknown)),
        Word::Numbers => Ty::Array(Rc::new(Ty::Number)),
        Word::Strings => Ty::Array(Rc::new(Ty::String)),
        Word::Object => Ty::Object,
        Word::Function => Ty::AnyFunction,
        Word::Promise => Ty::Promise(Rc::new(Ty::Unknown)),
    }
}

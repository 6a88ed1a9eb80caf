//! The verifier: what an engine may rely on without checking at run time.
//!
//! One linear pass over each function, without data flow: a register has one representation for the
//! whole function, so every instruction can be judged by itself. Each way to be rejected is a
//! [`Rule`] with a stable code and a test.

mod code;
mod declarations;
mod frame;
mod handlers;
mod operand;
mod rule;

pub use rule::Rule;

use crate::module::{FuncId, Function, Module};
use crate::rep::{Rep, TypeId};
use std::fmt;
use std::ops::Deref;

/// A module that keeps every rule. Only [`verify`] makes one.
#[derive(Clone, PartialEq, Debug)]
pub struct VerifiedModule(Module);

impl VerifiedModule {
    /// The module, no longer marked as verified.
    #[must_use]
    pub fn into_inner(self) -> Module {
        self.0
    }
}

impl Deref for VerifiedModule {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.0
    }
}

/// A broken rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// The function, unless a declaration is at fault.
    pub function: Option<FuncId>,
    /// Code word of the instruction, if one is at fault.
    pub pc: Option<usize>,
    /// The rule.
    pub rule: Rule,
    /// What breaks it.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(function) = self.function {
            write!(f, "function {}", function.0)?;
            if let Some(pc) = self.pc {
                write!(f, ", word {pc}")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{} [{}]", self.message, self.rule.code())
    }
}

impl std::error::Error for VerifyError {}

type Check = Result<(), VerifyError>;

/// Checks every rule.
///
/// # Errors
/// The first broken rule: declarations first, then functions in order.
pub fn verify(module: Module) -> Result<VerifiedModule, VerifyError> {
    declarations::check(&module)?;
    let mut sites = code::Sites::new(&module);
    for (idx, function) in module.functions.iter().enumerate() {
        let id = FuncId(idx as u32);
        let checker = FunctionChecker { module: &module, function, id };
        checker.check_frame()?;
        let starts = checker.check_code(&mut sites)?;
        checker.check_handlers(&starts)?;
        checker.check_tables()?;
    }
    Ok(VerifiedModule(module))
}

/// Checks one function of a module whose declarations are in order.
struct FunctionChecker<'m> {
    module: &'m Module,
    function: &'m Function,
    id: FuncId,
}

impl FunctionChecker<'_> {
    fn fail(&self, pc: Option<usize>, rule: Rule, message: impl Into<String>) -> VerifyError {
        VerifyError { function: Some(self.id), pc, rule, message: message.into() }
    }

    /// Holds the function itself to a rule.
    fn require(&self, holds: bool, rule: Rule, message: impl FnOnce() -> String) -> Check {
        if holds { Ok(()) } else { Err(self.fail(None, rule, message())) }
    }
}

/// Holds a declaration to a rule.
fn require(holds: bool, rule: Rule, message: impl FnOnce() -> String) -> Check {
    if holds {
        return Ok(());
    }
    Err(VerifyError { function: None, pc: None, rule, message: message() })
}

/// Whether a value of representation `given` may be copied into `place`. Cells and iterators are no
/// values: they stay where their representation says what they are.
fn accepts(place: Rep, given: Rep) -> bool {
    place.accepts(given) && (place == given || is_value(given))
}

/// Whether registers of this representation hold values that scripts may see.
fn is_value(rep: Rep) -> bool {
    rep.is_tagged_compatible() && !matches!(rep, Rep::Ref(TypeId::CELL | TypeId::ITERATOR))
}

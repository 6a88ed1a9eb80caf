//! Text of what is compiled.

use std::sync::Arc;

use hyp_bytecode::verify::VerifiedModule;

use crate::compiler::{CodeOptions, Compiler};

/// What a listing shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The code generator's input.
    Clif,
    /// Machine code.
    Assembly,
}

/// The code of a function as it is made when it is called, not when a loop of it is entered.
///
/// # Errors
/// Why the function, or everything on this processor, stays with the interpreter.
pub fn listing(module: &Arc<VerifiedModule>, func: u32, form: Form) -> Result<String, String> {
    let options = CodeOptions { keeps_text: true, ..CodeOptions::default() };
    let mut compiler = Compiler::new(Arc::clone(module), options)?;
    compiler.compile(func, None, true)?;
    let (clif, assembly) = std::mem::take(&mut compiler.text);
    Ok(match form {
        Form::Clif => clif,
        Form::Assembly => assembly,
    })
}

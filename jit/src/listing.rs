//! Text of what is compiled.

use std::fmt::Write as _;
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

/// The code of every function as it is made when the function is called, not when a loop of it is
/// entered. A function that stays with the interpreter has the reason instead.
///
/// # Errors
/// Why nothing can be compiled on this processor.
pub fn listing(module: &Arc<VerifiedModule>, form: Form) -> Result<String, String> {
    let options = CodeOptions { keeps_text: true, ..CodeOptions::default() };
    let mut compiler = Compiler::new(Arc::clone(module), options)?;
    let mut out = String::new();
    for func in 0..module.functions.len() as u32 {
        let name = hyp_vm::tier::function_name(module, func);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "; @{func} {name}");
        match compiler.compile(func, None, true) {
            Err(reason) => {
                let _ = writeln!(out, "; interpreted: {reason}");
            }
            Ok(_) => {
                let (clif, assembly) = std::mem::take(&mut compiler.text);
                out.push_str(if form == Form::Clif { &clif } else { &assembly });
            }
        }
        out.push('\n');
    }
    Ok(out)
}

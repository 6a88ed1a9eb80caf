//! A summary of a module for people.

use std::sync::Arc;

use std::fmt::Write;

use hyp_bytecode::module::{Module, TypeKind};
use hyp_bytecode::verify::VerifiedModule;

/// Describes what a module holds, one fact per line.
#[must_use]
pub fn summary(module: &Module) -> String {
    let mut out = String::new();
    let words: usize = module.functions.iter().map(|f| f.code.len()).sum();
    // Writing to a string cannot fail.
    for source in &module.sources {
        let _ = writeln!(out, "source     {}", source.name);
    }
    let _ = writeln!(out, "functions  {}", module.functions.len());
    let _ = writeln!(out, "code       {} bytes", words * 4);
    let _ = writeln!(out, "strings    {}", module.strings.len());
    let _ = writeln!(out, "globals    {}", module.globals.len());
    let _ = writeln!(out, "finales    {}", module.finales.len());
    let _ = writeln!(out, "caches     {}", module.n_sites);
    for def in &module.types {
        let kind = match def.kind {
            TypeKind::Record => "record",
            TypeKind::Session => "session",
        };
        let fields: Vec<&str> = def.fields.iter().map(|f| module.str(f.name)).collect();
        let _ = writeln!(out, "{kind:<10} {} {{ {} }}", module.str(def.name), fields.join(", "));
        for method in &def.methods {
            let _ = writeln!(out, "           .{}", module.str(method.name));
        }
    }
    for (index, function) in module.functions.iter().enumerate() {
        let name = function.name.map_or("-", |n| module.str(n));
        let _ = writeln!(
            out,
            "function   {index} {name}: {} parameters, {} registers, {} words",
            function.n_params,
            function.reps.len(),
            function.code.len()
        );
    }
    out
}

pub use hyp_jit::Form as NativeForm;

/// The machine code of every function, or what it is made from.
///
/// # Errors
/// The exit code, after a message: there is no machine code for this processor.
pub fn native(module: &Arc<VerifiedModule>, form: NativeForm) -> Result<String, i32> {
    hyp_jit::listing(module, form).map_err(|reason| {
        crate::complain!("no machine code: {reason}");
        i32::from(crate::exit::FAILURE)
    })
}

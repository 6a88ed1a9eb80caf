//! Interactive sessions: going on with a longer version of the program.
//!
//! The program grows at its end, so types and functions keep their numbers and everything in the heap
//! keeps its meaning. That is not taken on trust: what objects rely on (fields, captured variables,
//! representations) is compared before the new version is accepted.

use std::sync::Arc;

use ahash::AHashMap;
use hyp_bytecode::module::{FuncId, Global, Module, TypeDef};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_bytecode::verify::VerifiedModule;

use crate::error::Trap;
use crate::link::{FuncInfo, TypeInfo};
use crate::report::Report;
use crate::value::Value;
use crate::vm::{Outcome, Vm};

/// How a part of an interactive program ended.
#[derive(Debug)]
pub struct Part {
    /// The uncaught error.
    pub error: Option<Report>,
    /// The exit code, if the part ended the program.
    pub exit_code: Option<i32>,
}

impl Vm {
    /// Replaces the program by a longer version of it. Variables keep their values.
    ///
    /// # Errors
    /// Says what would not mean the same any more. Then nothing has changed.
    pub fn extend(&mut self, module: Arc<VerifiedModule>) -> Result<(), String> {
        compatible_types(&self.module, &module)?;
        compatible_functions(&self.module, &module)?;
        let globals = self.kept_globals(&module)?;
        self.func_table =
            module.functions.iter().enumerate().map(|(i, f)| FuncInfo::new(i, f)).collect();
        self.type_table =
            (0_u32..).zip(&module.types).map(|(i, t)| TypeInfo::new(TypeId::user(i), t)).collect();
        self.field_counts.truncate(TypeId::FIRST_USER as usize);
        self.field_counts.extend(self.type_table.iter().map(|t| t.template.len() as u32));
        self.desc_table = module.descs.iter().map(crate::vm::named_type).collect();
        self.global_table = globals;
        self.string_table = vec![Value::ZERO; module.strings.len()];
        // A function value is made again where it is needed; those that exist stay.
        self.closure_table = vec![Value::ZERO; module.functions.len()];
        self.session_table.resize(module.types.len(), Value::ZERO);
        self.site_table = crate::vm::new_sites(module.n_sites as usize);
        self.module = module;
        self.link_tables();
        Ok(())
    }

    /// Runs the program body and its tasks; its finales do not run. Output is flushed.
    pub fn run_part(&mut self) -> Part {
        let body = self.run_main();
        let has_exited = matches!(body, Err(Trap::Exit(_) | Trap::Closed));
        let mut outcome = self.finish(body);
        // Waiting tasks refer to the functions of this version.
        self.drop_tasks();
        self.report_rejections(&mut outcome);
        let flushed = self.output.flush();
        let is_closed = matches!(flushed, Err(Trap::Closed));
        if let Err(trap) = flushed {
            outcome.error = outcome.error.take().or(self.outcome(Err(trap)).error);
        }
        let error = outcome.reports().next().cloned();
        Part { error, exit_code: (has_exited || is_closed).then_some(outcome.exit_code) }
    }

    /// Runs the finales at the end of an interactive session. Output is flushed.
    pub fn run_finales(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        self.finales(&mut outcome);
        outcome
    }

    /// The value of a module variable; `None` if there is none or it has not been set.
    #[must_use]
    pub fn global(&self, name: &str) -> Option<Value> {
        let at = self.module.globals.iter().rposition(|g| self.module.str(g.name) == name)?;
        self.global_table.get(at).copied().filter(|v| !v.is_undef())
    }

    /// The values of the globals of `module`, by name and order.
    fn kept_globals(&self, module: &Module) -> Result<Vec<Value>, String> {
        let mut known: AHashMap<(&str, usize), usize> = AHashMap::new();
        let mut counts: AHashMap<&str, usize> = AHashMap::new();
        for (at, global) in self.module.globals.iter().enumerate() {
            let name = self.module.str(global.name);
            let count = counts.entry(name).or_default();
            known.insert((name, *count), at);
            *count += 1;
        }
        counts.clear();
        let mut values = Vec::with_capacity(module.globals.len());
        for global in &module.globals {
            let name = module.str(global.name);
            let count = counts.entry(name).or_default();
            values.push(match known.get(&(name, *count)) {
                None => Value::UNDEF,
                Some(&at) => {
                    let value = self.global_table.get(at).copied().unwrap_or(Value::UNDEF);
                    fits(self.module.globals.get(at), global, value)
                        .then_some(value)
                        .ok_or_else(|| format!("the variable `{name}` would get another type"))?
                }
            });
            *count += 1;
        }
        Ok(values)
    }
}

/// Whether a value of one version's variable is one of the other's.
fn fits(old: Option<&Global>, new: &Global, value: Value) -> bool {
    value.is_undef() || new.rep == Rep::Any || old.is_some_and(|old| old.rep == new.rep)
}

fn compatible_types(old: &Module, new: &Module) -> Result<(), String> {
    for (i, before) in old.types.iter().enumerate() {
        let name = old.str(before.name);
        let is_same = new.types.get(i).is_some_and(|after| {
            name == new.str(after.name)
                && before.kind == after.kind
                && before.fields.len() == after.fields.len()
                && before.statics.len() == after.statics.len()
                && before
                    .fields
                    .iter()
                    .zip(&after.fields)
                    .all(|(a, b)| a.rep == b.rep && old.str(a.name) == new.str(b.name))
                && (before.statics.iter().zip(&after.statics))
                    .all(|(a, b)| old.str(a.name) == new.str(b.name))
        });
        if !is_same {
            return Err(format!("the type `{name}` would change"));
        }
    }
    Ok(())
}

/// Compares the functions that values can refer to: not the body, implicit constructors and finales.
fn compatible_functions(old: &Module, new: &Module) -> Result<(), String> {
    let is_constructor = |id: FuncId| old.types.iter().any(|t: &TypeDef| t.constructor == Some(id));
    for (i, before) in old.functions.iter().enumerate() {
        let id = FuncId(i as u32);
        if id.0 == old.main || old.finales.contains(&id) || is_constructor(id) {
            continue;
        }
        let name = |module: &Module, f: &hyp_bytecode::module::Function| {
            f.name.map(|name| module.str(name).to_owned())
        };
        let is_same = new.functions.get(i).is_some_and(|after| {
            name(old, before) == name(new, after)
                && before.n_params == after.n_params
                && before.has_receiver == after.has_receiver
                && before.owner == after.owner
                && before.upvalues == after.upvalues
        });
        if !is_same {
            let name = name(old, before).unwrap_or_else(|| "anonymous".to_owned());
            return Err(format!("the suggestion `{name}` would change"));
        }
    }
    Ok(())
}

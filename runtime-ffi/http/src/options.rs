//! Reading of option dictionaries.

use hyp_bytecode::builtin::Builtin;
use hyp_vm::{Trap, Value, Vm};

use crate::fault::Fault;

/// The options of one call.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) builtin: Builtin,
    value: Value,
}

impl Options {
    /// The options in a value: a dictionary, JSON text of one, or null for none.
    ///
    /// # Errors
    /// It is something else, or has members that are not `known`.
    pub(crate) fn read(
        vm: &mut Vm,
        builtin: Builtin,
        value: Value,
        known: &[&str],
    ) -> Result<Options, Trap> {
        let value = match vm.str(value).map(str::to_owned) {
            Some(text) => vm.read_json(&text)?,
            None => value,
        };
        let options = Options { builtin, value };
        if !value.is_null() && !value.is_object() {
            return Err(options.wrong("expects a dictionary of options"));
        }
        for (key, _) in vm.object_entries(value) {
            let key = vm.str(key).unwrap_or("");
            if !known.contains(&key) {
                let known = known.join("`, `");
                return Err(options.wrong(format!("does not know `{key}`; known: `{known}`")));
            }
        }
        Ok(options)
    }

    /// The error for a member that makes no sense.
    pub(crate) fn wrong(self, what: impl std::fmt::Display) -> Trap {
        Fault::Argument.raise(self.builtin, format!("{} {what}", self.builtin.spec().name))
    }

    /// A member; `None` if it is missing or null.
    pub(crate) fn get(self, vm: &Vm, name: &str) -> Option<Value> {
        vm.object_get_str(self.value, name).filter(|v| !v.is_null())
    }

    pub(crate) fn text<'v>(self, vm: &'v Vm, name: &str) -> Result<Option<&'v str>, Trap> {
        let Some(value) = self.get(vm, name) else { return Ok(None) };
        let text = vm.str(value);
        text.map(Some).ok_or_else(|| self.wrong(format_args!("expects text for `{name}`")))
    }

    pub(crate) fn flag(self, vm: &Vm, name: &str) -> Result<bool, Trap> {
        let Some(value) = self.get(vm, name) else { return Ok(false) };
        value
            .as_bool()
            .ok_or_else(|| self.wrong(format_args!("expects true or false for `{name}`")))
    }

    /// A whole number from 0 to `max`.
    pub(crate) fn count(self, vm: &Vm, name: &str, max: u64) -> Result<Option<u64>, Trap> {
        let Some(value) = self.get(vm, name) else { return Ok(None) };
        let number = value.as_num().filter(|n| n.fract() == 0.0 && (0.0..=max as f64).contains(n));
        let number = number.ok_or_else(|| {
            self.wrong(format_args!("expects a whole number from 0 to {max} for `{name}`"))
        })?;
        Ok(Some(number as u64))
    }
}

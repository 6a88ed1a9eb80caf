//! What a test runner and its tests give each other: fixtures, parameters, data, metrics; and mocks.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::native::Native;
use crate::{Trap, Value, Vm};

/// A figure that a test reported with `RecordMetric`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Name.
    pub name: String,
    /// Figure.
    pub value: f64,
}

/// Entries of the registry of test state.
const FIXTURE: &str = "fixture";
const PARAMETERS: &str = "parameters";
const ROW: &str = "row";

/// The interface of a test runner.
impl Vm {
    /// The figures that the program has recorded since the last call, in order.
    ///
    /// # Errors
    /// The heap limit.
    pub fn take_metrics(&mut self) -> Result<Vec<Metric>, Trap> {
        let rows = self.metric_rows()?;
        let metrics = self.array_items(rows).to_vec();
        let metrics = metrics.chunks_exact(2).map(|row| Metric {
            name: self.display(row[0]),
            value: row[1].as_num().unwrap_or(f64::NAN),
        });
        let metrics = metrics.collect();
        self.array_truncate(rows, 0);
        Ok(metrics)
    }

    /// Names and figures in turn.
    fn metric_rows(&mut self) -> Result<Value, Trap> {
        let registry = self.registry("metrics")?;
        if let Some(rows) = self.object_get_str(registry, "rows") {
            return Ok(rows);
        }
        let rows = self.new_array(&[])?;
        self.object_set_str(registry, "rows", rows)?;
        Ok(rows)
    }

    /// Sets what `GetFixture` returns.
    ///
    /// # Errors
    /// The heap limit.
    pub fn set_fixture(&mut self, value: Value) -> Result<(), Trap> {
        self.set_registered("test", FIXTURE, value)
    }

    /// Sets what `GetTestParameters` returns: an array, the row of a parameterised test.
    ///
    /// # Errors
    /// The heap limit.
    pub fn set_test_parameters(&mut self, row: Value) -> Result<(), Trap> {
        self.set_registered("test", PARAMETERS, row)
    }

    /// Sets what `GetTestData` returns without a name: a row of a data source.
    ///
    /// # Errors
    /// The heap limit.
    pub fn set_test_row(&mut self, row: Value) -> Result<(), Trap> {
        self.set_registered("test", ROW, row)
    }

    /// Ends a test: forgets its fixture, parameters and data. Global fixtures stay.
    ///
    /// # Errors
    /// The heap limit.
    pub fn end_test(&mut self) -> Result<(), Trap> {
        for registry in ["test", "data"] {
            let registry = self.registry(registry)?;
            self.object_clear(registry);
        }
        Ok(())
    }

    fn set_registered(
        &mut self,
        registry: &'static str,
        name: &str,
        value: Value,
    ) -> Result<(), Trap> {
        let registry = self.registry(registry)?;
        self.object_set_str(registry, name, value)
    }

    /// A dictionary of this name that lives as long as the machine.
    ///
    /// # Errors
    /// The heap limit.
    pub(crate) fn registry(&mut self, name: &'static str) -> Result<Value, Trap> {
        if let Some(found) = self.builtins.registries.get(name) {
            return Ok(*found);
        }
        let made = self.new_object()?;
        self.keep(made);
        self.builtins.registries.insert(name, made);
        Ok(made)
    }
}

/// Sets the name of argument 0 to argument 1.
fn set_named(vm: &mut Vm, args: &Args<'_>, registry: &'static str) -> Result<Value, Trap> {
    let name = args.string(vm, 0)?;
    let registry = vm.registry(registry)?;
    vm.object_set(registry, name, args.value(1))?;
    Ok(Value::NULL)
}

fn get_named(vm: &mut Vm, args: &Args<'_>, registry: &'static str) -> Result<Value, Trap> {
    let name = args.string(vm, 0)?;
    let registry = vm.registry(registry)?;
    Ok(vm.object_get(registry, name).unwrap_or(Value::NULL))
}

pub(super) fn set_global_fixture(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    set_named(vm, &Args::new(Builtin::SetGlobalFixture, args), "fixtures")
}

pub(super) fn get_global_fixture(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    get_named(vm, &Args::new(Builtin::GetGlobalFixture, args), "fixtures")
}

/// What the test runner has set.
fn from_runner(vm: &mut Vm, name: &str) -> Result<Option<Value>, Trap> {
    let registry = vm.registry("test")?;
    Ok(vm.object_get_str(registry, name))
}

pub(super) fn get_fixture(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(from_runner(vm, FIXTURE)?.unwrap_or(Value::NULL))
}

pub(super) fn get_test_parameters(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    match from_runner(vm, PARAMETERS)? {
        Some(row) => Ok(row),
        None => vm.new_array(&[]),
    }
}

pub(super) fn set_test_data(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    set_named(vm, &Args::new(Builtin::SetTestData, args), "data")
}

pub(super) fn get_test_data(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::GetTestData, args);
    if args.optional(0).is_some() {
        return get_named(vm, &args, "data");
    }
    Ok(from_runner(vm, ROW)?.unwrap_or(Value::NULL))
}

pub(super) fn record_metric(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RecordMetric, args);
    let name = args.string(vm, 0)?;
    let value = args.num(vm, 1)?;
    let rows = vm.metric_rows()?;
    vm.array_push(rows, name)?;
    vm.array_push(rows, Value::num(value))?;
    Ok(Value::NULL)
}

/// The builtin that a mock names, if argument 2, the suggestion of that name, is left out.
fn mocked_builtin(vm: &Vm, args: &Args<'_>) -> Result<Builtin, Trap> {
    let name = args.text(vm, 0)?;
    Builtin::lookup(name).ok_or_else(|| {
        Trap::runtime(format!(
            "Builtin '{}' found no builtin '{name}' (a suggestion is named by a literal)",
            args.name()
        ))
    })
}

/// Returns what the name denotes from now on. The compiler passes the suggestion that a literal name
/// denotes as argument 2 and assigns the result to it; otherwise the name is that of a builtin.
pub(super) fn mock_function(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::MockFunction, args);
    args.string(vm, 0)?;
    let replacement = args.function(vm, 1)?;
    if args.len() > 2 {
        let original = unmocked(vm, args.value(2));
        return vm.new_native(Native::Mocked, &[replacement, original]);
    }
    let builtin = mocked_builtin(vm, &args)?;
    let mock = vm.new_native(Native::Mocked, &[replacement])?;
    let mocks = vm.registry("mocks")?;
    vm.object_set(mocks, builtin_key(builtin), mock)?;
    vm.builtins.has_mocks = true;
    Ok(Value::NULL)
}

pub(super) fn unmock_function(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::UnmockFunction, args);
    args.string(vm, 0)?;
    if args.len() > 1 {
        return Ok(unmocked(vm, args.value(1)));
    }
    let builtin = mocked_builtin(vm, &args)?;
    let mocks = vm.registry("mocks")?;
    vm.object_remove(mocks, builtin_key(builtin));
    vm.builtins.has_mocks = vm.object_len(mocks) > 0;
    Ok(Value::NULL)
}

fn unmocked(vm: &Vm, v: Value) -> Value {
    match vm.native(v) {
        Some((Native::Mocked, state)) => vm.array_get(state, 1).unwrap_or(v),
        _ => v,
    }
}

fn builtin_key(builtin: Builtin) -> Value {
    Value::num(f64::from(builtin as u16))
}

impl Vm {
    /// What replaces a builtin.
    pub(crate) fn mock_of(&self, builtin: u16) -> Option<Value> {
        if !self.builtins.has_mocks {
            return None;
        }
        let mocks = self.builtins.registries.get("mocks")?;
        self.object_get(*mocks, Value::num(f64::from(builtin)))
    }
}

//! Process, environment and machine.

use std::collections::BTreeMap;
use std::env;

use hyp_bytecode::builtin::{Builtin, Capability};

use super::args::Args;
use crate::{Trap, Value, Vm};

/// A variable of the environment as the program sees it.
fn variable(vm: &Vm, name: &str) -> Option<String> {
    vm.builtins.environment.get(name).cloned().or_else(|| env::var(name).ok())
}

fn new_text(vm: &mut Vm, text: Option<String>, default: &str) -> Result<Value, Trap> {
    vm.new_string(text.as_deref().unwrap_or(default))
}

pub(super) fn get_current_directory(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let path = env::current_dir().ok().and_then(|path| path.into_os_string().into_string().ok());
    new_text(vm, path, ".")
}

pub(super) fn change_directory(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let path = Args::new(Builtin::ChangeDirectory, args).text(vm, 0)?;
    let place = vm.readable(path)?;
    let result = place.metadata().and_then(|_| env::set_current_dir(path));
    result.map_err(|e| place.failed("change to directory", &e))?;
    Ok(Value::NULL)
}

pub(super) fn get_env(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let name = Args::new(Builtin::GetEnv, args).text(vm, 0)?;
    vm.require(Capability::Env, name)?;
    match variable(vm, name) {
        Some(text) => vm.new_string(&text),
        None => Ok(Value::NULL),
    }
}

pub(super) fn set_env(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SetEnv, args);
    let (name, value) = (args.text(vm, 0)?, args.text(vm, 1)?);
    if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
        return Err(args.error("expected a name without '=' and no NUL characters"));
    }
    vm.require(Capability::Env, name)?;
    let entry = (name.to_owned(), value.to_owned());
    vm.builtins.environment.extend([entry]);
    Ok(Value::NULL)
}

pub(super) fn get_all_environment_variables(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let inherited = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut all: BTreeMap<String, String> = inherited.collect();
    all.extend(vm.builtins.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    let result = vm.new_object()?;
    all.retain(|name, _| vm.is_granted(Capability::Env, name));
    for (name, value) in all {
        let value = vm.new_string(&value)?;
        vm.object_set_str(result, &name, value)?;
    }
    Ok(result)
}

pub(super) fn get_operating_system(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    vm.new_string(env::consts::OS)
}

pub(super) fn get_architecture(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    vm.new_string(env::consts::ARCH)
}

pub(super) fn get_cpu_count(_vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::from_usize(std::thread::available_parallelism().map_or(1, usize::from)))
}

pub(super) fn get_hostname(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let name = files
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|text| text.trim().to_owned())
        .find(|name| !name.is_empty());
    let name = name.or_else(|| ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|v| variable(vm, v)));
    new_text(vm, name, "unknown")
}

pub(super) fn get_username(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let name = ["USER", "USERNAME"].iter().find_map(|v| variable(vm, v));
    new_text(vm, name, "unknown")
}

pub(super) fn get_home_directory(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let path = ["HOME", "USERPROFILE"].iter().find_map(|v| variable(vm, v));
    new_text(vm, path, ".")
}

pub(super) fn get_temp_directory(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    new_text(vm, env::temp_dir().into_os_string().into_string().ok(), "/tmp")
}

pub(super) fn get_args(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let args = vm.args().to_vec();
    super::new_strings(vm, &args)
}

pub(super) fn exit(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Exit, args);
    let code = match args.optional(0) {
        Some(_) => args.int(vm, 0)?,
        None => 0,
    };
    // Only the lowest 32 bits count, as for the operating system only the lowest 8 do.
    Err(Trap::Exit(code as i32))
}

pub(super) fn get_current_process_id(_vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(f64::from(std::process::id())))
}

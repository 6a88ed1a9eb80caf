//! The Windows registry. Other systems have none: every function raises an error there.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::{Trap, Value, Vm};

/// Key and name of the value that a call is about.
fn place(vm: &Vm, args: &Args<'_>) -> Result<(String, String), Trap> {
    Ok((args.text(vm, 0)?.to_owned(), args.text(vm, 1)?.to_owned()))
}

pub(super) fn read_registry_value(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ReadRegistryValue, args);
    let (key, name) = place(vm, &args)?;
    host::read(vm, &key, &name)
}

pub(super) fn write_registry_value(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::WriteRegistryValue, args);
    let (key, name) = place(vm, &args)?;
    host::write(vm, &key, &name, args.value(2))?;
    Ok(Value::NULL)
}

pub(super) fn delete_registry_value(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DeleteRegistryValue, args);
    let (key, name) = place(vm, &args)?;
    host::delete(&key, &name)?;
    Ok(Value::NULL)
}

#[cfg(not(windows))]
mod host {
    use crate::{Trap, Value, Vm};

    fn unsupported() -> Trap {
        Trap::io("The Windows registry does not exist on this system")
    }

    pub(super) fn read(_vm: &mut Vm, _key: &str, _name: &str) -> Result<Value, Trap> {
        Err(unsupported())
    }

    pub(super) fn write(_vm: &Vm, _key: &str, _name: &str, _v: Value) -> Result<(), Trap> {
        Err(unsupported())
    }

    pub(super) fn delete(_key: &str, _name: &str) -> Result<(), Trap> {
        Err(unsupported())
    }
}

#[cfg(windows)]
mod host {
    use std::io;

    use winreg::RegKey;
    use winreg::enums::{
        HKEY_CLASSES_ROOT, HKEY_CURRENT_CONFIG, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, HKEY_USERS,
        KEY_SET_VALUE, RegType,
    };
    use winreg::types::FromRegValue;

    use crate::{Trap, Value, Vm};

    fn failed(key: &str, name: &str, why: impl std::fmt::Display) -> Trap {
        Trap::io(format!("Cannot access registry value '{key}\\{name}': {why}"))
    }

    /// The root of a key and the path below it.
    fn split(key: &str) -> Option<(RegKey, &str)> {
        let (root, path) = key.split_once('\\').unwrap_or((key, ""));
        let root = match root.to_ascii_uppercase().as_str() {
            "HKEY_CLASSES_ROOT" | "HKCR" => HKEY_CLASSES_ROOT,
            "HKEY_CURRENT_CONFIG" | "HKCC" => HKEY_CURRENT_CONFIG,
            "HKEY_CURRENT_USER" | "HKCU" => HKEY_CURRENT_USER,
            "HKEY_LOCAL_MACHINE" | "HKLM" => HKEY_LOCAL_MACHINE,
            "HKEY_USERS" | "HKU" => HKEY_USERS,
            _ => return None,
        };
        Some((RegKey::predef(root), path))
    }

    fn root<'k>(key: &'k str, name: &str) -> Result<(RegKey, &'k str), Trap> {
        split(key).ok_or_else(|| failed(key, name, "unknown root"))
    }

    pub(super) fn read(vm: &mut Vm, key: &str, name: &str) -> Result<Value, Trap> {
        let (root, path) = root(key, name)?;
        let raw = match root.open_subkey(path).and_then(|key| key.get_raw_value(name)) {
            Ok(raw) => raw,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Value::NULL),
            Err(e) => return Err(failed(key, name, e)),
        };
        let wrong = |e: io::Error| failed(key, name, e);
        match raw.vtype {
            RegType::REG_SZ | RegType::REG_EXPAND_SZ => {
                vm.new_string(&String::from_reg_value(&raw).map_err(wrong)?)
            }
            RegType::REG_DWORD => {
                Ok(Value::num(f64::from(u32::from_reg_value(&raw).map_err(wrong)?)))
            }
            RegType::REG_QWORD => Ok(Value::num(u64::from_reg_value(&raw).map_err(wrong)? as f64)),
            RegType::REG_MULTI_SZ => {
                let texts = Vec::<String>::from_reg_value(&raw).map_err(wrong)?;
                super::super::new_strings(vm, &texts)
            }
            _ => {
                let bytes: Vec<Value> =
                    raw.bytes.iter().map(|b| Value::num(f64::from(*b))).collect();
                vm.new_array(&bytes)
            }
        }
    }

    pub(super) fn write(vm: &Vm, key: &str, name: &str, v: Value) -> Result<(), Trap> {
        let (root, path) = root(key, name)?;
        let (key_handle, _) = root.create_subkey(path).map_err(|e| failed(key, name, e))?;
        let whole = v.as_num().filter(|n| n.fract() == 0.0 && *n >= 0.0);
        let result = match whole {
            Some(n) if n <= f64::from(u32::MAX) => key_handle.set_value(name, &(n as u32)),
            Some(n) if n < 18_446_744_073_709_551_616.0 => key_handle.set_value(name, &(n as u64)),
            _ if v.is_array() => {
                let texts: Vec<String> =
                    vm.array_items(v).iter().map(|item| vm.display(item)).collect();
                key_handle.set_value(name, &texts)
            }
            _ => key_handle.set_value(name, &vm.display(v)),
        };
        result.map_err(|e| failed(key, name, e))
    }

    pub(super) fn delete(key: &str, name: &str) -> Result<(), Trap> {
        let (root, path) = root(key, name)?;
        root.open_subkey_with_flags(path, KEY_SET_VALUE)
            .and_then(|key| key.delete_value(name))
            .map_err(|e| failed(key, name, e))
    }
}

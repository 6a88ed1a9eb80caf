//! Capabilities: what the host lets a program do outside of the machine.
//!
//! Two places enforce them. Calling a builtin whose capability is not granted at all is refused before
//! the builtin starts, so a builtin that names its effects cannot forget the check. A builtin whose
//! capability is granted for some names or paths only asks here with the name at hand.

mod fault;
mod files;

use std::fmt::Display;
use std::path::{Path, PathBuf};

pub use fault::{File, FileFault};
pub(crate) use files::{Metadata, Place};

use files::Rule;
use hyp_bytecode::builtin::{BuiltinEffects, BuiltinSpec, Capability};

use crate::error::Trap;
use crate::vm::Vm;

/// What one capability covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Nothing.
    #[default]
    Nothing,
    /// These paths with what lies beneath them, names of variables, programs, or hosts.
    Only(Vec<String>),
    /// Everything.
    Everything,
}

impl Scope {
    /// Widens the scope by names.
    pub fn add(&mut self, names: &[String]) {
        match self {
            Scope::Nothing => *self = Scope::Only(names.to_vec()),
            Scope::Only(all) => all.extend_from_slice(names),
            Scope::Everything => {}
        }
    }

    fn covers(&self, name: &str) -> bool {
        match self {
            Scope::Nothing => false,
            Scope::Only(names) => names.iter().any(|n| n == name),
            Scope::Everything => true,
        }
    }
}

/// What is granted of one capability: what `allow` covers and `deny` does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// What is granted.
    pub allow: Scope,
    /// What is not, whatever `allow` says.
    pub deny: Scope,
}

impl Grant {
    fn is_nothing(&self) -> bool {
        self.allow == Scope::Nothing || self.deny == Scope::Everything
    }

    fn covers(&self, name: &str) -> bool {
        self.allow.covers(name) && !self.deny.covers(name)
    }
}

/// The grants of a program, one per capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants([Grant; Capability::ALL.len()]);

impl Grants {
    /// Nothing is granted.
    #[must_use]
    pub fn nothing() -> Grants {
        Grants(Default::default())
    }

    /// Everything is granted.
    #[must_use]
    pub fn everything() -> Grants {
        let all = || Grant { allow: Scope::Everything, deny: Scope::Nothing };
        Grants(std::array::from_fn(|_| all()))
    }

    /// The grant of a capability.
    #[must_use]
    pub fn get(&self, capability: Capability) -> &Grant {
        &self.0[capability as usize]
    }

    /// The grant of a capability, to change it.
    pub fn get_mut(&mut self, capability: Capability) -> &mut Grant {
        &mut self.0[capability as usize]
    }
}

/// The grants of a running program.
pub(crate) struct Access {
    grants: Grants,
    read: Rule,
    write: Rule,
    fault: Option<FileFault>,
}

impl Access {
    /// Opens the granted directories. One that cannot be opened grants nothing.
    pub(crate) fn new(grants: Grants, fault: Option<FileFault>) -> Access {
        let rule = |capability| Rule::new(grants.get(capability));
        Access { read: rule(Capability::Read), write: rule(Capability::Write), grants, fault }
    }

    /// The capability that a builtin needs and that is not granted at all.
    pub(crate) fn missing(&self, spec: &BuiltinSpec) -> Option<Capability> {
        spec.capabilities().find(|&c| self.grants.get(c).is_nothing())
    }

    /// The effects that need a capability that is not granted at all.
    pub(crate) fn refused(&self) -> BuiltinEffects {
        let refused = Capability::ALL.into_iter().filter(|&c| self.grants.get(c).is_nothing());
        BuiltinEffects(refused.fold(0, |bits, c| bits | BuiltinEffects::needing(c).0))
    }
}

impl Vm {
    /// Asks whether a name is granted: of an environment variable, a program, a host.
    ///
    /// # Errors
    /// It is not.
    pub fn require(&self, capability: Capability, name: &str) -> Result<(), Trap> {
        if self.access.grants.get(capability).covers(name) {
            return Ok(());
        }
        Err(denied(capability, &name))
    }

    /// Asks whether an address of the network is granted, by `host` or `host:port`.
    ///
    /// # Errors
    /// It is not.
    pub fn require_address(&self, host: &str, port: u16) -> Result<(), Trap> {
        let grant = self.access.grants.get(Capability::Net);
        let names = [host.to_owned(), format!("{host}:{port}")];
        let is_allowed = names.iter().any(|name| grant.allow.covers(name));
        if is_allowed && !names.iter().any(|name| grant.deny.covers(name)) {
            return Ok(());
        }
        Err(denied(Capability::Net, &names[1]))
    }

    /// Whether a name is granted.
    #[must_use]
    pub fn is_granted(&self, capability: Capability, name: &str) -> bool {
        self.access.grants.get(capability).covers(name)
    }

    /// The place of a path for reading.
    ///
    /// # Errors
    /// Reading it is not granted.
    pub(crate) fn readable<'a, P: AsRef<Path> + ?Sized>(
        &'a self,
        path: &'a P,
    ) -> Result<Place<'a>, Trap> {
        let Access { read, fault, .. } = &self.access;
        read.place(Capability::Read, path.as_ref(), fault.as_ref())
    }

    /// What may be read.
    pub(crate) fn read_rule(&self) -> &Rule {
        &self.access.read
    }

    /// The place of a path for writing.
    ///
    /// # Errors
    /// Writing it is not granted.
    pub(crate) fn writable<'a, P: AsRef<Path> + ?Sized>(
        &'a self,
        path: &'a P,
    ) -> Result<Place<'a>, Trap> {
        let Access { write, fault, .. } = &self.access;
        write.place(Capability::Write, path.as_ref(), fault.as_ref())
    }
}

/// The error for something that is not granted.
pub(crate) fn denied(capability: Capability, name: &dyn Display) -> Trap {
    let flag = capability.name();
    let what = match capability {
        Capability::Read => "reading",
        Capability::Write => "writing",
        Capability::Env => "using the variable",
        Capability::Run => "running",
        Capability::Net => "connecting to",
        Capability::Sys => "using",
    };
    Trap::denied(format!("Access denied: {what} '{name}' needs --allow-{flag}={name}"))
}

/// The error for a builtin whose capability is not granted at all.
pub(crate) fn builtin_denied(spec: &BuiltinSpec, capability: Capability) -> Trap {
    let (name, flag) = (spec.name, capability.name());
    Trap::denied(format!("Access denied: {name} needs --allow-{flag}"))
}

/// A path without `.` components, made absolute. `..` stays: what it means depends on links.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

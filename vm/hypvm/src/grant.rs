//! The options that grant capabilities.

use hyp_bytecode::builtin::Capability;
pub use hyp_vm::Grants;
use hyp_vm::Scope;

/// What an option without a value stands for; no name on a command line contains it.
const EVERYTHING: &str = "\0";

/// A name, path or host of an option. An empty one is refused: it would be the value of an unset
/// variable of the shell, and must not widen anything.
fn parse_name(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("a name is empty; without `=` the option covers everything".to_owned());
    }
    Ok(text.to_owned())
}

/// What the program may do outside of the machine. Each option may be repeated and takes names
/// separated by commas; without names it covers everything. Denials win.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Capabilities")]
pub struct GrantOptions {
    /// Grant everything
    #[arg(short = 'A', long)]
    allow_all: bool,
    /// Let the program read files and directories
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_value = EVERYTHING, value_parser = parse_name)]
    allow_read: Vec<String>,
    /// Let the program write files and directories
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_value = EVERYTHING, value_parser = parse_name)]
    allow_write: Vec<String>,
    /// Let the program read and change environment variables
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_value = EVERYTHING, value_parser = parse_name)]
    allow_env: Vec<String>,
    /// Let the program run and end other programs; these can do whatever you can
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true,
        value_delimiter = ',', default_missing_value = EVERYTHING, value_parser = parse_name)]
    allow_run: Vec<String>,
    /// Let the program use the network
    #[arg(long, value_name = "HOST", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_value = EVERYTHING, value_parser = parse_name)]
    allow_net: Vec<String>,
    /// Let the program read facts about machine, user and process
    #[arg(long)]
    allow_sys: bool,
    /// Keep the program from reading
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_value = EVERYTHING, value_parser = parse_name)]
    deny_read: Vec<String>,
    /// Keep the program from writing
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_value = EVERYTHING, value_parser = parse_name)]
    deny_write: Vec<String>,
    /// Keep the program from using environment variables
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_value = EVERYTHING, value_parser = parse_name)]
    deny_env: Vec<String>,
    /// Keep the program from running other programs
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true,
        value_delimiter = ',', default_missing_value = EVERYTHING, value_parser = parse_name)]
    deny_run: Vec<String>,
    /// Keep the program from using the network
    #[arg(long, value_name = "HOST", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_value = EVERYTHING, value_parser = parse_name)]
    deny_net: Vec<String>,
    /// Keep the program from reading facts about machine, user and process
    #[arg(long)]
    deny_sys: bool,
}

impl GrantOptions {
    /// The grants: `default` unless an option allows something, then only what the options allow;
    /// and nothing that they deny.
    #[must_use]
    pub fn grants(&self, default: Grants) -> Grants {
        let sys = |is_set: bool| if is_set { vec![EVERYTHING.to_owned()] } else { Vec::new() };
        let (allow_sys, deny_sys) = (sys(self.allow_sys), sys(self.deny_sys));
        let options = [
            (Capability::Read, &self.allow_read, &self.deny_read),
            (Capability::Write, &self.allow_write, &self.deny_write),
            (Capability::Env, &self.allow_env, &self.deny_env),
            (Capability::Run, &self.allow_run, &self.deny_run),
            (Capability::Net, &self.allow_net, &self.deny_net),
            (Capability::Sys, &allow_sys, &deny_sys),
        ];
        let is_any_allowed = options.iter().any(|(_, allow, _)| !allow.is_empty());
        let mut grants = match (self.allow_all, is_any_allowed) {
            (true, _) => Grants::everything(),
            (false, true) => Grants::nothing(),
            (false, false) => default,
        };
        for (capability, allow, deny) in options {
            let grant = grants.get_mut(capability);
            add(&mut grant.allow, allow);
            add(&mut grant.deny, deny);
        }
        grants
    }
}

fn add(scope: &mut Scope, names: &[String]) {
    if names.iter().any(|name| name == EVERYTHING) {
        *scope = Scope::Everything;
    } else if !names.is_empty() {
        scope.add(names);
    }
}

//! What calling a builtin can do to the world, and the capability that each effect needs.

/// Something that a program may only do when the user has granted it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Capability {
    /// Reading files and directories.
    Read,
    /// Writing files and directories.
    Write,
    /// Reading and changing environment variables.
    Env,
    /// Running and ending other programs.
    Run,
    /// Using the network.
    Net,
    /// Reading facts about the machine and its user.
    Sys,
}

impl Capability {
    /// All capabilities, in the order of their numbers.
    pub const ALL: [Capability; 6] = [
        Capability::Read,
        Capability::Write,
        Capability::Env,
        Capability::Run,
        Capability::Net,
        Capability::Sys,
    ];

    /// The word in `--allow-…`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Capability::Read => "read",
            Capability::Write => "write",
            Capability::Env => "env",
            Capability::Run => "run",
            Capability::Net => "net",
            Capability::Sys => "sys",
        }
    }
}

/// What calling a builtin can do to the world; also decides the capabilities that it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BuiltinEffects(pub u32);

impl BuiltinEffects {
    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The effects in words for documentation, without those that are of no interest to a user.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        EFFECTS.iter().filter(move |e| self.has(e.0) && !e.1.is_empty()).map(|e| e.1)
    }

    /// The capabilities that the effects need, in order, each once.
    pub fn capabilities(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.into_iter().filter(move |&c| self.0 & Self::needing(c).0 != 0)
    }

    /// All effects that need a capability.
    #[must_use]
    pub fn needing(capability: Capability) -> BuiltinEffects {
        let needing = EFFECTS.iter().filter(|e| e.2 == Some(capability));
        BuiltinEffects(needing.fold(0, |bits, e| bits | e.0.0))
    }
}

/// Row: documentation, `NAME = bit, "words"`, and the capability if there is one.
macro_rules! declare_effects {
    ($($(#[$doc:meta])+ $name:ident = $bit:literal, $words:literal $(=> $needs:ident)?;)+) => {
        impl BuiltinEffects {
            $($(#[$doc])+ pub const $name: Self = Self(1 << $bit);)+
        }

        const EFFECTS: &[(BuiltinEffects, &str, Option<Capability>)] = &[
            $((BuiltinEffects::$name, $words, declare_effects!(@option $($needs)?)),)+
        ];
    };
    (@option) => { None };
    (@option $needs:ident) => { Some(Capability::$needs) };
}

declare_effects! {
    /// Reads arrays or objects.
    READS = 0, "";
    /// Changes an argument.
    WRITES = 1, "changes an argument";
    /// Calls script code.
    CALLBACK = 2, "calls back";
    /// Writes to standard output or error.
    OUT = 3, "writes output";
    /// Reads standard input.
    IN = 4, "reads input";
    /// Reads files.
    FS_READ = 5, "reads files" => Read;
    /// Writes files.
    FS_WRITE = 6, "writes files" => Write;
    /// Reads the clock.
    CLOCK = 7, "reads the clock";
    /// Waits.
    SLEEP = 8, "waits";
    /// Reads environment variables.
    ENV_READ = 9, "reads the environment" => Env;
    /// Changes environment variables or the working directory.
    ENV_WRITE = 10, "changes the environment" => Env;
    /// Does not return.
    NO_RETURN = 11, "does not return";
    /// Nondeterministic.
    RANDOM = 12, "random";
    /// Can raise an error for some arguments.
    THROWS = 13, "";
    /// Reads the program's own arguments.
    ARGS = 14, "reads the arguments";
    /// Reads facts about the machine, the user or the process.
    SYSTEM = 15, "reads facts about the system" => Sys;
    /// Runs, watches or ends other programs.
    PROC = 16, "runs programs" => Run;
    /// Uses the network.
    NET = 17, "uses the network" => Net;
    /// Starts, ends or waits for tasks; waiting is left to the machine (`Trap::Await`).
    TASKS = 19, "tasks";
    /// Reads or changes state that outlives the call.
    STATE = 18, "keeps state";
}

//! The builtin table.
//!
//! The rows are in `builtin/table.rs`, which also explains their notation. A parameter's type is one
//! or more words; `opt` first makes it optional, `rest` variadic. Several words form a union
//! (`Number Null`).

mod effect;
mod manual;
#[macro_use]
mod table;

pub use effect::{BuiltinEffects, Capability};
pub use manual::union;

/// Where a builtin belongs in the documentation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Category {
    /// Output, input, conversion, type tests, errors.
    Core,
    /// Arithmetic and number theory.
    Math,
    /// Text.
    String,
    /// Text predicates.
    Validation,
    /// Arrays.
    Array,
    /// Set operations on arrays.
    Collection,
    /// Statistics over number arrays.
    Statistics,
    /// Insertion-ordered maps.
    Dictionary,
    /// Clock and calendar.
    Time,
    /// Process, environment, machine.
    System,
    /// Files and directories.
    File,
    /// Random numbers and identifiers.
    Random,
    /// JSON and comma-separated values.
    Data,
    /// Base64, hexadecimal, URL and HTML text.
    Encoding,
    /// Hashes and keyed hashes.
    Hashing,
    /// Encryption, password hashes, keys.
    Crypto,
    /// Timed, spoken effects.
    Hypnotic,
    /// Control flow as functions.
    Flow,
    /// Questions and options on the command line.
    CommandLine,
    /// Named stores.
    Store,
    /// Commands and processes.
    Process,
    /// For finding mistakes.
    Debug,
    /// Measuring.
    Performance,
    /// Assertions, fixtures, mocks.
    Testing,
    /// Tasks, promises and timers.
    Task,
    /// Named queues between tasks.
    Channel,
    /// HTTP servers and requests.
    Network,
}

/// A word of a parameter or result type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(non_camel_case_types, reason = "`opt` and `rest` read as words in the table")]
pub enum Ty {
    /// Marks an optional parameter; only as the first word.
    opt,
    /// Marks a parameter that takes all remaining arguments; only as the first word.
    rest,
    /// Anything.
    Any,
    /// A number; arguments are coerced by ToNumber.
    Number,
    /// A string.
    String,
    /// A boolean.
    Boolean,
    /// Null.
    Null,
    /// An array.
    Array,
    /// A number array.
    Numbers,
    /// A string array.
    Strings,
    /// A dictionary (object); JSON text is accepted as an argument.
    Object,
    /// Anything callable.
    Function,
    /// A promise.
    Promise,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Name for documentation.
    pub name: &'static str,
    /// Type words, `opt` and `rest` included.
    pub words: &'static [Ty],
}

impl Param {
    /// Whether the argument may be left out.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        matches!(self.words.first(), Some(Ty::opt | Ty::rest))
    }

    /// Whether it takes all remaining arguments.
    #[must_use]
    pub fn is_variadic(&self) -> bool {
        self.words.first() == Some(&Ty::rest)
    }

    /// The words of the union, without `opt` and `rest`.
    #[must_use]
    pub fn types(&self) -> &'static [Ty] {
        if self.is_optional() { &self.words[1..] } else { self.words }
    }
}

/// Parameters and result of one way to call a builtin.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Parameters in order.
    pub params: &'static [Param],
    /// Words of the result type.
    pub returns: &'static [Ty],
}

impl Signature {
    /// Fewest and most arguments; the most is `None` with a variadic parameter.
    #[must_use]
    pub fn arity(&self) -> (usize, Option<usize>) {
        let required = self.params.iter().take_while(|p| !p.is_optional()).count();
        let variadic = self.params.last().is_some_and(Param::is_variadic);
        (required, (!variadic).then_some(self.params.len()))
    }
}

/// One row of the builtin table.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinSpec {
    /// Canonical name.
    pub name: &'static str,
    /// Other accepted spellings.
    pub aliases: &'static [&'static str],
    /// Documentation group.
    pub category: Category,
    /// Parameters in order.
    pub params: &'static [Param],
    /// Words of the result type.
    pub returns: &'static [Ty],
    /// Narrower signatures in order of preference; empty unless the builtin is overloaded.
    pub overloads: &'static [Signature],
    /// What it does besides computing its result.
    pub effects: BuiltinEffects,
    /// Documentation.
    pub doc: &'static str,
    /// The lines of the example, marked with `>`; see `example_source`.
    pub example: &'static str,
}

impl BuiltinSpec {
    /// The signature that covers every call.
    #[must_use]
    pub fn signature(&self) -> Signature {
        Signature { params: self.params, returns: self.returns }
    }

    /// The capabilities that a call needs.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> {
        self.effects.capabilities()
    }

    /// The first overload that certainly applies to `n_args` arguments, else the general signature.
    /// `fits(i, types)` says whether argument `i` is known to have one of the types.
    #[must_use]
    pub fn resolve(
        &self,
        n_args: usize,
        mut fits: impl FnMut(usize, &'static [Ty]) -> bool,
    ) -> Signature {
        let applies = |signature: &&Signature| {
            let (least, most) = signature.arity();
            n_args >= least
                && most.is_none_or(|most| n_args <= most)
                && (0..n_args).all(|i| {
                    let param = signature.params.get(i).or(signature.params.last());
                    param.is_some_and(|param| fits(i, param.types()))
                })
        };
        self.overloads.iter().find(applies).copied().unwrap_or(self.signature())
    }
}

/// A named number that scripts see as a predeclared name.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// Name.
    pub name: &'static str,
    /// Value.
    pub value: f64,
    /// Documentation.
    pub doc: &'static str,
    /// An expression that shows it, and what it prints.
    pub example: (&'static str, &'static str),
}

/// All constants.
pub const CONSTANTS: &[Constant] = &[
    Constant {
        name: "PI",
        value: std::f64::consts::PI,
        doc: "Circumference of a circle over its diameter.",
        example: ("Round(PI, 5)", "3.14159"),
    },
    Constant {
        name: "E",
        value: std::f64::consts::E,
        doc: "Base of the natural logarithm.",
        example: ("Log(E)", "1"),
    },
    Constant {
        name: "PHI",
        value: 1.618_033_988_749_895,
        doc: "Golden ratio.",
        example: ("PHI * PHI == PHI + 1", "true"),
    },
    Constant {
        name: "SQRT2",
        value: std::f64::consts::SQRT_2,
        doc: "Square root of 2.",
        example: ("SQRT2 == Sqrt(2)", "true"),
    },
    Constant {
        name: "SQRT3",
        value: 1.732_050_807_568_877_2,
        doc: "Square root of 3.",
        example: ("SQRT3 == Sqrt(3)", "true"),
    },
];

macro_rules! declare_builtins {
    ($($(#[doc = $doc:literal])+ $name:ident [$($alias:ident),*] $cat:ident
        ($($p:ident : $($w:ident)+),*) -> $($r:ident)+
        $(/ ($($op:ident : $($ow:ident)+),*) -> $($or:ident)+)*
        {$($e:ident)*} = $f:ident;)+) => {
        /// A builtin function. Its number is what `.hbc` stores.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        #[expect(non_camel_case_types, reason = "some functions are in lower camel case")]
        pub enum Builtin {
            $($(#[doc = $doc])+ $name,)+
        }

        /// The table, indexed by builtin number.
        pub const BUILTINS: &[BuiltinSpec] = &[
            $(BuiltinSpec {
                name: stringify!($name),
                aliases: &[$(stringify!($alias)),*],
                category: Category::$cat,
                params: &[$(Param { name: stringify!($p), words: &[$(Ty::$w),+] }),*],
                returns: &[$(Ty::$r),+],
                overloads: &[$(Signature {
                    params: &[$(Param { name: stringify!($op), words: &[$(Ty::$ow),+] }),*],
                    returns: &[$(Ty::$or),+],
                }),*],
                effects: BuiltinEffects(0 $(| BuiltinEffects::$e.0)*),
                doc: manual::split_example(concat!($($doc, "\n"),+)).0,
                example: manual::split_example(concat!($($doc, "\n"),+)).1,
            },)+
        ];

        const ALL: &[Builtin] = &[$(Builtin::$name,)+];
    };
}

for_each_builtin!(declare_builtins);

/// What the machine asks before each call of a builtin.
#[derive(Clone, Copy, Debug)]
pub struct CallNeeds {
    /// Fewest arguments.
    pub required: u8,
    /// What the call does.
    pub effects: BuiltinEffects,
}

/// The needs of all builtins, by number. Apart from `BUILTINS`, so that a machine starts without
/// reading a table full of documentation.
pub static CALL_NEEDS: [CallNeeds; BUILTINS.len()] = {
    let mut table = [CallNeeds { required: 0, effects: BuiltinEffects(0) }; BUILTINS.len()];
    let mut i = 0;
    while i < table.len() {
        let spec = &BUILTINS[i];
        let mut required = 0;
        while required < spec.params.len() && !spec.params[required].is_optional() {
            required += 1;
        }
        table[i] = CallNeeds { required: required as u8, effects: spec.effects };
        i += 1;
    }
    table
};

impl Builtin {
    /// The builtin of a number, if there is one.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Builtin> {
        ALL.get(usize::try_from(code).ok()?).copied()
    }

    /// All builtins in number order.
    #[must_use]
    pub fn all() -> &'static [Builtin] {
        ALL
    }

    /// The table row.
    #[must_use]
    pub fn spec(self) -> &'static BuiltinSpec {
        &BUILTINS[self as usize]
    }

    /// Finds a builtin by name: exact spelling of a name or alias first, then ignoring case and
    /// underscores.
    #[must_use]
    pub fn lookup(name: &str) -> Option<Builtin> {
        let (exact, folded) = name_index();
        exact.get(name).or_else(|| folded.get(&fold(name))).copied()
    }
}

type NameIndex = ahash::AHashMap<String, Builtin>;

fn name_index() -> &'static (NameIndex, NameIndex) {
    static INDEX: std::sync::OnceLock<(NameIndex, NameIndex)> = std::sync::OnceLock::new();
    INDEX.get_or_init(|| {
        let (mut exact, mut folded) = (NameIndex::new(), NameIndex::new());
        for &b in ALL {
            for name in std::iter::once(&b.spec().name).chain(b.spec().aliases) {
                exact.entry((*name).to_owned()).or_insert(b);
                folded.entry(fold(name)).or_insert(b);
            }
        }
        (exact, folded)
    })
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

//! The in-memory module: what `.hbc` stores and engines execute.

use crate::rep::{Rep, TypeId};

/// Index into [`Module::strings`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StrId(pub u32);
/// Index into [`Module::functions`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FuncId(pub u32);
/// Index into [`Module::globals`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GlobalId(pub u32);
/// Index into [`Module::descs`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DescId(pub u32);

/// Limits that reader, verifier and code generator share.
pub mod limit {
    /// Registers per frame.
    pub const REGISTERS: usize = 250;
    /// Arguments per call, and captures per closure.
    pub const ARGS: usize = 200;
    /// Functions per module.
    pub const FUNCTIONS: usize = 65_535;
    /// Records and sessions per module.
    pub const TYPES: usize = 4_095;
    /// Strings per module.
    pub const STRINGS: usize = 1 << 20;
    /// Code words per function.
    pub const CODE_WORDS: usize = 1 << 22;
    /// Fields per record or session.
    pub const FIELDS: usize = 255;
    /// Bytes of a `.hbc` file.
    pub const FILE_BYTES: usize = 64 << 20;
    /// Nesting of a type descriptor.
    pub const DESC_DEPTH: usize = 32;
    /// Type descriptors per module.
    pub const DESCS: usize = 65_535;
    /// Parts of all type descriptors of a module together.
    pub const DESC_NODES: usize = 1 << 20;
    /// Module variables.
    pub const GLOBALS: usize = 1 << 20;
    /// Methods, and static fields, per record or session.
    pub const METHODS: usize = 65_535;
    /// Handlers per function.
    pub const HANDLERS: usize = 1 << 20;
    /// Finales per module.
    pub const FINALES: usize = 65_535;
    /// Source files of a program.
    pub const SOURCES: usize = 65_535;
}

/// Category of a run-time error, as scripts see it in `error.kind`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum ErrorKind {
    /// `Runtime error: …`
    Runtime,
    /// `Type error: …`
    Type,
    /// An unknown or not yet declared name; printed without a category.
    Undefined,
    /// A failed `assert`; printed without a category.
    Assertion,
    /// An index out of range; printed as a run-time error.
    Index,
    /// Access to a hidden member; printed as a run-time error.
    Access,
    /// The call stack limit; printed as a run-time error.
    Stack,
    /// A failed host operation; printed as a run-time error.
    Io,
    /// Raised by the script.
    User,
}

impl ErrorKind {
    /// All kinds in code order.
    pub const ALL: [ErrorKind; 9] = [
        ErrorKind::Runtime,
        ErrorKind::Type,
        ErrorKind::Undefined,
        ErrorKind::Assertion,
        ErrorKind::Index,
        ErrorKind::Access,
        ErrorKind::Stack,
        ErrorKind::Io,
        ErrorKind::User,
    ];

    /// The kind of a code byte.
    #[must_use]
    pub fn from_code(code: u8) -> Option<ErrorKind> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The word that scripts see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Runtime => "runtime",
            ErrorKind::Type => "type",
            ErrorKind::Undefined => "undefined",
            ErrorKind::Assertion => "assertion",
            ErrorKind::Index => "index",
            ErrorKind::Access => "access",
            ErrorKind::Stack => "stack",
            ErrorKind::Io => "io",
            ErrorKind::User => "user",
        }
    }

    /// What an uncaught error's report puts before the message, with its colon and space.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            ErrorKind::Type => "Type error: ",
            ErrorKind::Undefined | ErrorKind::Assertion => "",
            ErrorKind::User => "Uncaught: ",
            _ => "Runtime error: ",
        }
    }
}

/// A type as checks and patterns see it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Desc {
    /// Anything.
    Any,
    /// Null only.
    Null,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// A string.
    String,
    /// An array whose elements all match.
    Array(Box<Desc>),
    /// An object, or a record when used as the bare `record` or `object` type.
    Object,
    /// Anything callable.
    Function,
    /// Any session instance.
    Instance,
    /// A promise.
    Promise,
    /// A record or session of this type.
    Named(TypeId),
    /// The inner type or null.
    Nullable(Box<Desc>),
    /// Any of these.
    Union(Vec<Desc>),
}

/// Whether a type is a value (record) or has identity (session).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TypeKind {
    /// Copied on assignment, compared field by field.
    Record,
    /// A class; instances are references.
    Session,
}

/// One field of a record or session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Name.
    pub name: StrId,
    /// `Any`, `F64` or `Ref`: what a store guarantees. `F64` fields start as 0 instead of null.
    pub rep: Rep,
    /// Checked on dynamic stores; what the error message calls the expected type.
    pub desc: DescId,
    /// Visible only to code of the same session.
    pub is_private: bool,
    /// May be left out of a record literal.
    pub is_optional: bool,
    /// Declared with `freeze`: stores through its name raise. Only a constructor's code writes it.
    pub is_constant: bool,
}

/// One method of a session or record. Parameter 0 of an instance method is the receiver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Method {
    /// Name.
    pub name: StrId,
    /// Body.
    pub func: FuncId,
    /// Visible only to code of the same session.
    pub is_private: bool,
    /// Has no receiver.
    pub is_static: bool,
}

/// A static field: a module variable reached through its session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticField {
    /// Name.
    pub name: StrId,
    /// Where it lives.
    pub global: GlobalId,
    /// Visible only to code of the same session.
    pub is_private: bool,
    /// Declared with `freeze`: stores through its name raise.
    pub is_constant: bool,
}

/// A record or session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeDef {
    /// Name.
    pub name: StrId,
    /// Record or session.
    pub kind: TypeKind,
    /// Instance fields in slot order.
    pub fields: Vec<Field>,
    /// Methods.
    pub methods: Vec<Method>,
    /// Static fields.
    pub statics: Vec<StaticField>,
    /// The function that `Name(args)` calls: allocates, initialises, runs the constructor.
    pub constructor: Option<FuncId>,
}

/// A module variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Name.
    pub name: StrId,
    /// `Any`, `F64` or `Ref`: what every store guarantees.
    pub rep: Rep,
    /// Program-wide by name (`sharedTrance`).
    pub is_shared: bool,
}

/// An exception handler: errors raised in `start..end` continue at `target`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handler {
    /// First covered code word.
    pub start: u32,
    /// First code word after the covered range.
    pub end: u32,
    /// Where execution continues.
    pub target: u32,
    /// Register that receives the raised value; its representation is `Any`.
    pub reg: u8,
    /// A `finally` block: it also runs on `Exit`, with the missing mark as raised value, and goes
    /// on by throwing the mark again.
    pub is_cleanup: bool,
}

/// Source position of the instructions from `pc` up to the next entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineEntry {
    /// First code word.
    pub pc: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
    /// The call that these instructions were copied from: 0 if they are the function's own, else
    /// one more than an index into [`Function::inlined`].
    pub inlined: u32,
}

/// A call whose callee's instructions stand in place of the call. Traces show it as a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InlinedCall {
    /// The callee.
    pub func: FuncId,
    /// Line of the call, from 1.
    pub line: u32,
    /// Column of the call, from 1.
    pub column: u32,
    /// The inlined call that the call itself belongs to, as [`LineEntry::inlined`]; an earlier one.
    pub inlined: u32,
}

/// What an error at `pc` calls the place: `variable 'x'`, `argument 'n' of 'f'`, a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// The instruction.
    pub pc: u32,
    /// The text.
    pub text: StrId,
}

/// Code and metadata of one function.
///
/// Frame: registers `0..n_params` hold the arguments, `n_params..n_tagged` start as null,
/// `n_tagged..reps.len()` start as zero. Traced representations lie below `n_tagged`, `I64` at or
/// above it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Function {
    /// Name for traces and display; `None` is an anonymous lambda.
    pub name: Option<StrId>,
    /// The session whose private members the code may use.
    pub owner: Option<TypeId>,
    /// Parameters, the receiver of a method included. Their representations are `reps[..n_params]`,
    /// each `Any`, `F64` or `Ref`.
    pub n_params: u8,
    /// Parameters that a call must pass; the rest have defaults.
    pub n_required: u8,
    /// Whether parameter 0 is a receiver, which arity messages do not count.
    pub has_receiver: bool,
    /// What the caller may assume of the result: `Any`, `F64` or `Ref`.
    pub result: Rep,
    /// Representations of captured variables: `Any`, `F64` or `Ref` (a cell is `Ref(CELL)`).
    pub upvalues: Vec<Rep>,
    /// Representation of each register.
    pub reps: Vec<Rep>,
    /// First register that the collector does not scan.
    pub n_tagged: u8,
    /// What a dynamic call names when an argument has the wrong type, by parameter.
    pub param_names: Vec<StrId>,
    /// Instructions.
    pub code: Vec<u32>,
    /// Innermost handlers first.
    pub handlers: Vec<Handler>,
    /// Ascending by `pc`.
    pub lines: Vec<LineEntry>,
    /// Calls that were replaced by their callees' instructions; a call comes before those inside it.
    pub inlined: Vec<InlinedCall>,
    /// Ascending by `pc`.
    pub notes: Vec<Note>,
}

/// A source file of a linked program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceFile {
    /// Name for reports: relative, so that builds do not depend on the place.
    pub name: String,
    /// Lines of the files before it. The lines of [`LineEntry`] count through all files.
    pub lines_before: u32,
}

/// A linked program.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Module {
    /// The main file and what it imports, ascending by `lines_before`.
    pub sources: Vec<SourceFile>,
    /// String constants and names; each text occurs once.
    pub strings: Vec<Box<str>>,
    /// Records and sessions; see [`TypeId::user`].
    pub types: Vec<TypeDef>,
    /// Type descriptors; each occurs once.
    pub descs: Vec<Desc>,
    /// Module variables.
    pub globals: Vec<Global>,
    /// Functions.
    pub functions: Vec<Function>,
    /// The program body.
    pub main: u32,
    /// Clean-up blocks in textual order; they run after `main` however it ended.
    pub finales: Vec<FuncId>,
    /// Number of inline caches.
    pub n_sites: u32,
}

impl Module {
    /// Name of the main source file; empty if there is none.
    #[must_use]
    pub fn source_name(&self) -> &str {
        self.sources.first().map_or("", |s| &s.name)
    }

    /// File and line in that file of a line of a [`LineEntry`]; line 0 is unknown and stays 0.
    #[must_use]
    pub fn source_line(&self, line: u32) -> (&str, u32) {
        let before = self.sources.partition_point(|s| s.lines_before < line);
        match self.sources.get(before.saturating_sub(1)) {
            Some(source) => (&source.name, line.saturating_sub(source.lines_before)),
            None => ("", line),
        }
    }

    /// Text of a string id; empty if the id is out of range.
    #[must_use]
    pub fn str(&self, id: StrId) -> &str {
        self.strings.get(id.0 as usize).map_or("", |s| s)
    }

    /// The function, if it exists.
    #[must_use]
    pub fn function(&self, id: FuncId) -> Option<&Function> {
        self.functions.get(id.0 as usize)
    }

    /// The record or session, if it exists.
    #[must_use]
    pub fn type_def(&self, id: TypeId) -> Option<&TypeDef> {
        self.types.get(id.user_index()? as usize)
    }
}

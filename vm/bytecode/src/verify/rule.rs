//! The table of rules.

macro_rules! declare_rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)+) => {
        /// What the verifier requires.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rule {
            /// All rules, in the order of the table.
            pub const ALL: &[Rule] = &[$(Rule::$name,)+];

            /// Stable name for reports and tests.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Rule::$name => $code,)+ }
            }

            /// What the rule says.
            #[must_use]
            pub fn doc(self) -> &'static str {
                match self { $(Rule::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

declare_rules! {
    // ---- declarations
    /// Nothing exceeds its limit of `module::limit`; there are no more sites than code words.
    TooLarge = "too-large";
    /// Each string occurs once.
    DuplicateString = "duplicate-string";
    /// Each type descriptor occurs once.
    DuplicateDesc = "duplicate-desc";
    /// String ids exist.
    StrId = "string-id";
    /// Function ids exist.
    FuncId = "function-id";
    /// Type ids exist and, where a record or session is meant, name one.
    TypeId = "type-id";
    /// Descriptor ids exist.
    DescId = "desc-id";
    /// Global ids exist.
    GlobalId = "global-id";
    /// Builtin numbers exist.
    BuiltinId = "builtin-id";
    /// Site numbers exist.
    SiteId = "site-id";
    /// Instructions that share a site have the same operation and name.
    SharedSite = "shared-site";
    /// Type descriptors are not nested too deeply.
    DescDepth = "desc-depth";
    /// Fields are `any`, `f64` or references to values, not to cells or iterators.
    FieldRep = "field-rep";
    /// Globals are `any`, `f64` or references to values.
    GlobalRep = "global-rep";
    /// `native` does not occur: machines put it in front of functions.
    ReservedOp = "reserved-op";
    /// A constructor has no captures, and its result is its type or `any`.
    Constructor = "constructor";
    /// A method has no captures; an instance method's parameter 0 is a receiver of its type.
    Method = "method";
    /// The main function exists, has no captures and at most one parameter, which accepts an array.
    MainShape = "main-shape";
    /// Finales have neither parameters nor captures.
    FinaleShape = "finale-shape";

    // ---- frames
    /// A frame has at most `limit::REGISTERS` registers.
    RegisterCount = "register-count";
    /// `n_required <= n_params <= n_tagged <= registers`; a receiver is a parameter; there are no
    /// more parameter names than parameters.
    FrameShape = "frame-shape";
    /// Parameters are `any`, `f64` or references to values.
    ParamRep = "param-rep";
    /// Parameters that a call may leave out are `any`.
    OptionalParamRep = "optional-param-rep";
    /// Results are `any`, `f64` or references to values; those of functions that begin a task `any`.
    ResultRep = "result-rep";
    /// Captures are `any`, `f64` or references.
    UpvalueRep = "upvalue-rep";
    /// Registers that can hold a reference lie below `n_tagged`.
    TracedRegister = "traced-register";
    /// Integer registers lie at or above `n_tagged`.
    IntegerRegister = "integer-register";

    // ---- instructions
    /// Instructions decode and cover the code exactly.
    BadInstruction = "bad-instruction";
    /// Branches lead to the start of an instruction.
    BranchTarget = "branch-target";
    /// The last instruction never falls through, and there is one.
    FallsOffEnd = "falls-off-end";
    /// Registers exist.
    RegisterRange = "register-range";
    /// A register that is read has the representation that the operand asks for. Cells and iterators
    /// are no values: `any` does not accept them, neither here nor in the rules below.
    OperandRep = "operand-rep";
    /// A register that is defined accepts the representation of the result.
    DstRep = "dst-rep";
    /// A stored or returned register fits the place that receives it.
    StoreRep = "store-rep";
    /// Argument registers fit the parameters, captures or fields that receive them.
    ArgumentRep = "argument-rep";
    /// The number of arguments is the one that the instruction or the called function asks for.
    ArgumentCount = "argument-count";
    /// Immediate operands are in range.
    Immediate = "immediate";
    /// Doubles are not NaNs that look like tagged values; integers lie within 2^53.
    Constant = "constant";
    /// Functions that are called or taken without a closure have no captures.
    MissingCaptures = "missing-captures";
    /// Captured variables exist.
    UpvalueIdx = "upvalue-idx";
    /// Field slots exist.
    FieldSlot = "field-slot";
    /// Records are built as records, sessions as sessions.
    TypeKind = "type-kind";

    // ---- tables of a function
    /// Handler ranges are not empty, lie in the code and begin and end at instructions.
    HandlerRange = "handler-range";
    /// Handlers continue at the start of an instruction.
    HandlerTarget = "handler-target";
    /// The register that receives the raised value exists and is `any`.
    HandlerReg = "handler-reg";
    /// Handler ranges are disjoint or nested, the inner one first.
    HandlerNesting = "handler-nesting";
    /// Line entries ascend and lie in the code.
    LineOrder = "line-order";
    /// Inlined calls name existing functions and lie within earlier ones; line entries name
    /// existing calls.
    InlinedCall = "inlined-call";
    /// Notes ascend and lie in the code.
    NoteOrder = "note-order";
}

//! The one table of diagnostic codes.
//!
//! E00xx lexical, E01xx syntax, E02xx names, E03xx types, E04xx sessions, records and patterns,
//! E05xx limits, W06xx warnings.

use super::Severity;

/// Declares every code once: `Variant = "code", Severity, "title", "explanation";`
#[macro_export]
macro_rules! for_each_code {
    ($mac:ident) => {
        $mac! {
            // Lexical.
            InvalidEncoding = "E0001", Error, "the file is not valid text",
                "Source files are UTF-8, with or without a byte order mark, or UTF-16 with a byte order mark. The bytes at the marked place do not form a character in the encoding of this file.";
            UnexpectedCharacter = "E0002", Error, "unexpected character",
                "The character has no meaning outside strings and comments.";
            UnterminatedString = "E0003", Error, "unterminated string",
                "A string that was opened with a quote runs to the end of the file. Strings may span lines, so the missing quote can be far above the end.";
            UnterminatedComment = "E0004", Error, "unterminated block comment",
                "A comment that was opened with `/*` has no closing `*/`. Block comments do not nest.";
            InvalidNumber = "E0005", Error, "invalid number literal",
                "Numbers are written with ASCII digits, an optional fraction and an optional exponent, or with the prefixes `0x`, `0b` and `0o`. Underscores may stand between digits.";
            UnterminatedTemplate = "E0006", Error, "unterminated template",
                "A template that was opened with a backtick, or a hole `{` inside it, is not closed before the end of the file.";
            InvalidEscape = "E0007", Error, "invalid escape sequence",
                "Inside a template `}` must be written `}}` when it closes no hole.";
            // Syntax.
            UnexpectedToken = "E0101", Error, "unexpected token",
                "The text does not continue a construct of the language at the marked place.";
            MissingSemicolon = "E0102", Error, "missing semicolon",
                "Statements that do not end with a block end with `;`. A missing one is only supplied at the end of a line.";
            MissingFocus = "E0103", Error, "program must start with `Focus`",
                "A program is `Focus { … } Relax`. Only imports and declarations may stand before `Focus`.";
            MissingRelax = "E0104", Error, "program must end with `Relax`",
                "The body of the program is closed by `} Relax`.";
            UnclosedDelimiter = "E0105", Error, "unclosed delimiter",
                "A bracket that was opened is not closed, or is closed by a bracket of another kind.";
            TopLevelOnly = "E0106", Error, "only allowed at the top level",
                "`entrance`, `finale`, `trigger`, imports and the modifiers `expose` and `conceal` belong directly into the `Focus` body.";
            PendulumCondition = "E0107", Error, "pendulum loop requires a condition",
                "The second part of the header of `pendulum` must not be empty.";
            InvalidAssignmentTarget = "E0108", Error, "invalid assignment target",
                "Only variables, members and elements can be assigned to.";
            ReservedName = "E0109", Error, "reserved word used as a name",
                "Hard keywords, and `null` and `this`, cannot name variables, functions or types. They may name members and fields.";
            InvalidPattern = "E0110", Error, "invalid pattern",
                "A pattern is a literal, a name, `name: Type`, a record or array pattern, a range of numbers, or several of these separated by `|`.";
            InvalidType = "E0111", Error, "invalid type",
                "The text does not form a type.";
            RangeOperator = "E0112", Error, "`..` is reserved",
                "Ranges are written with the words `upTo`, `until` and `downTo`.";
            DuplicateModifier = "E0113", Error, "conflicting modifiers",
                "Each modifier may be given once, and `expose` excludes `conceal`.";
            TryWithoutClause = "E0114", Error, "`try` without `catch` or `finally`",
                "A `try` block needs at least one clause.";
            DeclarationAsBody = "E0115", Error, "declaration as the body of a control statement",
                "A declaration that is the whole body of `if`, `else` or a loop could never be used. Put it into a block.";
            // Names.
            UndefinedVariable = "E0201", Error, "undefined variable",
                "No declaration of the name is visible. A variable exists from its declaration to the end of its block; functions see the variables of the blocks around them. When the program runs anyway, reading the name raises `Variable 'x' not found`.";
            UndefinedFunction = "E0202", Error, "undefined function",
                "The called name is neither declared nor a builtin function.";
            UndeclaredAssignment = "E0203", Error, "assignment to an undeclared variable",
                "Variables are declared with `induce` before they are assigned. When the program runs anyway, the assignment creates a variable of the whole function.";
            ConstantAssigned = "E0204", Error, "assignment to a constant",
                "A name declared with `freeze` keeps its first value. When the program runs anyway, the assignment raises an error.";
            ConstantRedeclared = "E0205", Error, "constant declared again",
                "A name declared with `freeze` cannot be declared again in the same scope.";
            DuplicateFunction = "E0206", Error, "function declared again",
                "Two functions of the same scope have the same name. When the program runs anyway, the last one is used.";
            DuplicateParameter = "E0207", Error, "duplicate parameter",
                "Each parameter of a function needs a name of its own.";
            OutsideLoop = "E0208", Error, "`snap` or `sink` outside of a loop",
                "`snap` leaves and `sink` continues the loop around it, in the same function.";
            UnknownLabel = "E0209", Error, "unknown label",
                "`snap` and `sink` name the label of a loop around them; `sinkTo` names a label of the same block or of a block around it, in the same function.";
            DuplicateLabel = "E0210", Error, "duplicate label",
                "A label must be unique among the labels of its block and of the blocks around it.";
            ConstantWithoutValue = "E0211", Error, "constant without a value",
                "A name declared with `freeze` needs an initialiser; nothing can be assigned to it later.";
            MisplacedDescend = "E0212", Error, "`descend` outside of an arm",
                "`descend;` continues with the body of the next arm. It must be the last statement of an arm, and another arm must follow.";
            MisplacedThis = "E0213", Error, "`this` without a receiver",
                "`this` is the receiver of a method or constructor. Static members and functions outside of sessions and records have none.";
            UnknownExport = "E0214", Error, "name is not exported",
                "The module does not export the name. With `expose` a module says what it exports; without any it exports its functions, triggers, sessions, records and constants that are not marked `conceal`. When the program runs anyway, reading the name raises `Variable 'x' not found`.";
            ImportAssigned = "E0215", Error, "assignment to an imported variable",
                "Imports see the current value of a variable but cannot assign it. When the program runs anyway, the assignment raises an error.";
            NamespaceValue = "E0216", Error, "module used as a value",
                "The name after `as` stands for a module. Only what the module exports can be used: `A.name`.";
            AmbiguousType = "E0217", Error, "type imported from two modules",
                "Two imports bring in a record or session of the same name. When the program runs anyway, the name means the type that is imported last.";
            // Types.
            VariableMismatch = "E0301", Error, "value does not fit the variable",
                "The type of the value is known and is not the type of the variable. When the program runs anyway, an annotated variable raises a type error there.";
            ResultMismatch = "E0302", Error, "value does not fit the result type",
                "The type of the returned value is known and is not the declared result type of the function.";
            ArgumentMismatch = "E0303", Error, "argument does not fit the parameter",
                "The type of the argument is known and is not the type of the parameter.";
            WrongArity = "E0304", Error, "wrong number of arguments",
                "A function takes as many arguments as it has parameters; parameters with a default may be left out. Builtin functions ignore surplus arguments.";
            NotCallable = "E0305", Error, "value is not callable",
                "Only functions, triggers, bound methods, sessions and builtin functions can be called.";
            OperandMismatch = "E0306", Error, "operator does not fit its operands",
                "Arithmetic needs numbers, `+` numbers or a string, and ordering two numbers or two strings. When the program runs anyway, operands are converted to numbers where that is possible.";
            ConditionNotBoolean = "E0307", Error, "condition is not boolean",
                "Conditions of `if` and loops and guards are boolean. When the program runs anyway, the truthiness of the value decides.";
            OscillateNotBoolean = "E0308", Error, "`oscillate` of a value that is not boolean",
                "`oscillate` turns true into false and false into true.";
            MissingResult = "E0309", Error, "function ends without its result",
                "A function whose result is `number` or `boolean` must return a value on every way through it; null is neither. When the program runs anyway, reaching the end raises a type error.";
            NotIndexable = "E0310", Error, "value has no elements",
                "Only arrays, strings, objects and records can be indexed.";
            NotIterable = "E0311", Error, "value cannot be iterated over",
                "`within` goes over arrays, strings, objects and ranges.";
            NoMembers = "E0312", Error, "value has no members",
                "Only instances, sessions, records and objects have members.";
            ElementMismatch = "E0313", Error, "value does not fit the element type",
                "The type of the value is known and is not the element type of the array.";
            NullRefused = "E0314", Error, "null for a type without null (`--strict-null`)",
                "With `--strict-null`, null fits only types that say so with `?`. What is otherwise the warning W0613, W0614 or W0623 is this error: give a value, or declare the place with `?`.";
            // Sessions, records and patterns.
            DuplicateType = "E0401", Error, "duplicate type",
                "Names of sessions and records are known in the whole module, so each can be declared once in it.";
            DuplicateMember = "E0402", Error, "duplicate member",
                "Each field and method of a session or record needs a name of its own.";
            MultipleConstructors = "E0403", Error, "multiple constructors",
                "A session or record has at most one constructor. Give its parameters default values instead of writing several.";
            StaticConstructor = "E0404", Error, "static constructor",
                "A constructor makes an instance, so it cannot be `dominant`.";
            UndefinedRecord = "E0405", Error, "undefined record type",
                "A record literal names a type that is declared with `tranceify` or `record`.";
            MissingField = "E0406", Error, "missing field",
                "A record literal gives every field that is neither optional nor has a default.";
            UnknownField = "E0407", Error, "unknown field",
                "The record type does not declare a field of this name.";
            FieldMismatch = "E0408", Error, "value does not fit the field",
                "The type of the value is known and is not the declared type of the field.";
            UnknownMember = "E0409", Error, "unknown member of a session",
                "The session does not declare a member of this name. The set of members of an instance never changes.";
            StaticAccess = "E0410", Error, "member reached the wrong way",
                "Members of instances are reached through an instance; static fields are assigned through the session.";
            NotVisible = "E0411", Error, "member is private",
                "A member declared with `conceal` can be used only inside the text of its session.";
            MethodAssigned = "E0412", Error, "assignment to a method",
                "Methods belong to their session and cannot be replaced.";
            ConstructorMember = "E0413", Error, "constructor used as a member",
                "A constructor runs when the session is called: `S(…)`.";
            FrozenRecord = "E0414", Error, "change of a frozen record",
                "Records are values, so a constant that holds a record fixes its fields as well.";
            ImpossiblePattern = "E0415", Error, "pattern that never matches",
                "The pattern matches only values of another type than that of the subject.";
            // Limits.
            SourceTooLarge = "E0501", Error, "source file too large",
                "Source files are limited to 16 MiB.";
            NestingTooDeep = "E0502", Error, "nesting too deep",
                "Brackets, blocks and operators may be nested 200 levels deep, and one expression may be a tree of at most 1000 levels. A chain of operators, as in `a + b - c`, is one level, however long it is.";
            FunctionTooLarge = "E0505", Error, "function too large",
                "The code of one function has limits: values that are live at the same time, operands of one call or literal, and total length. Splitting the function removes the problem.";
            ProgramTooLarge = "E0506", Error, "program too large",
                "A record or session has at most 255 fields. A program has at most 4095 records and sessions, 65535 functions and `finale` blocks, and a million each of different strings and program variables.";
            CannotImport = "E0503", Error, "module cannot be imported",
                "`mindLink` and `import` name a file or a package. The message says why there is no such module, why it cannot be read, or which limit the program exceeds.";
            LayerViolation = "E0507", Error, "import against the layers of the package",
                "The manifest assigns modules to layers. A module of a layer may import modules of its own layer and of the layer directly below, and modules that belong to no layer.";
            AsyncConstructor = "E0504", Error, "a constructor cannot be `mesmerize`",
                "Calling a session gives the instance at once, so there is no promise for what its constructor does later. A constructor may wait with `await`; what should go on in the background belongs into a `mesmerize` method.";
            // Warnings.
            InsertedSemicolon = "W0601", Warning, "missing semicolon supplied",
                "The statement is complete and the next line starts another one, so the missing `;` was supplied.";
            TextAfterRelax = "W0602", Warning, "text after `Relax` is ignored",
                "The program ends with `Relax`; what follows is not read.";
            UnknownEscape = "W0603", Warning, "unknown escape sequence",
                "A backslash before any other character stands for that character.";
            LegacySynonym = "W0604", Warning, "outdated operator word",
                "`notSoDeep`, `deeplyGreater` and `deeplyLess` are accepted for old programs. `deeplyLess` means `<=`.";
            NullDeclaration = "W0605", Warning, "declaration of `null` ignored",
                "`null` is a literal, so `induce null;` declares nothing.";
            LeakedVariable = "W0606", Warning, "variable used outside of its block",
                "The name is declared only in a block that has ended. For old programs it is taken as that variable.";
            ShadowedBuiltin = "W0607", Warning, "builtin function hidden",
                "Declarations win over builtin functions of the same name.";
            UnqualifiedMember = "W0608", Warning, "member used without its receiver",
                "Inside a session a name that is not declared otherwise is taken as a member of the session.";
            UnusedVariable = "W0609", Warning, "unused declaration",
                "A variable or parameter is never read, a suggestion is never used, or no name of an import is. A name that starts with `_` is not reported, nor is what other files or the test runner may use.";
            UnreachableCode = "W0610", Warning, "unreachable code",
                "The statement before it always leaves the block.";
            SharedCapture = "W0611", Warning, "local variable used in a type",
                "A session or record exists once per program, even when it is declared in a function. The local variables that its members use are therefore shared by all calls of that function.";
            UnknownType = "W0612", Warning, "unknown type",
                "The annotation names no type. It is treated as unknown, so nothing is checked.";
            NullableVariable = "W0613", Warning, "variable may be null",
                "`number` and `boolean` do not include null. A variable that is null at first, or is given a value that may be null, is treated as `number?` or `boolean?`. With `--strict-null` it is the error E0314.";
            NullToNonNullable = "W0614", Warning, "null for a type without null",
                "The place is declared with a type that does not mention null. It is accepted; say so with `?`. With `--strict-null` it is the error E0314.";
            NeverEqual = "W0615", Warning, "comparison is always the same",
                "Values of different kinds are never equal, and nothing is converted.";
            NonBooleanOperand = "W0616", Warning, "operand is not boolean",
                "`!`, `&&` and `||` use the truthiness of their operands; `&&` and `||` give one of the operands.";
            NeverNull = "W0617", Warning, "value is never null",
                "`??` and `?.` have no effect on a value that is never null.";
            CoalescePrecedence = "W0618", Warning, "`+` binds tighter than `??`",
                "`a + b ?? c` means `(a + b) ?? c`, and a sum is never null.";
            AssignmentAsCondition = "W0619", Warning, "assignment used as a condition",
                "`=` assigns and `==` compares. Parentheses say that the assignment is meant.";
            NonExhaustive = "W0620", Warning, "`entrain` does not cover every value",
                "When no arm matches and there is no `otherwise`, an error is raised.";
            UnreachableArm = "W0621", Warning, "unreachable arm",
                "Earlier arms without guard match every value, or every value that this arm matches.";
            UnknownRecordPattern = "W0622", Warning, "unknown record type in a pattern",
                "No record of this name is declared, so the pattern never matches.";
            NullableField = "W0623", Warning, "field may be null",
                "A `number` or `boolean` field must be given a value by its initialiser, or by the constructor on every way through it, before the instance is used. With `--strict-null` it is the error E0314.";
            MissingValue = "W0624", Warning, "null instead of a result",
                "The function declares a result, and this way through it gives null.";
            ProcedureResult = "W0625", Warning, "value returned from a procedure",
                "An `imperative` suggestion always gives null.";
            AnchorAssigned = "W0626", Warning, "assignment to an anchor",
                "An anchor is a snapshot to return to. It can be assigned, but then the snapshot is lost.";
            IndexNotNumber = "W0628", Warning, "index is not a number",
                "Elements of arrays and strings are counted from 0. An index of another kind is converted to a number.";
            ImportCollision = "W0629", Warning, "imported name hidden",
                "Two imports bring in the same name, and the last one wins; or a declaration of the module has the name, and the declaration wins.";
            SharedAgain = "W0630", Warning, "`sharedTrance` set again by another module",
                "A `sharedTrance` variable is one variable of the whole program. A module that declares it without a value keeps what another module has stored.";
            HiddenVariable = "W0631", Warning, "variable hidden",
                "A declaration in an inner block or function has the name of a variable around it, which cannot be reached there. A name that starts with `_` is not reported.";
            RedeclaredType = "W0627", Warning, "variable declared with different types",
                "A second declaration in the same scope, in a nested block or of a `sharedTrance` means the same variable. With two types it is treated as unknown.";
        }
    };
}

macro_rules! declare_codes {
    ($($name:ident = $code:literal, $severity:ident, $title:literal, $text:literal;)*) => {
        /// Number of a diagnostic, stable over releases.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = concat!($code, ": ", $title)] $name,)*
        }

        impl Code {
            /// Every code in table order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as printed, such as `E0101`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The usual severity.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Whether nothing runs when it is reported: lexical and syntax errors, limits, and
            /// declarations that leave the program without a meaning. `run` reports every other
            /// error and executes.
            #[must_use]
            pub const fn is_fatal(self) -> bool {
                if !matches!(self.severity(), Severity::Error) {
                    return false;
                }
                matches!(self.as_str().as_bytes(), [_, b'0', b'0' | b'1' | b'5', ..])
                    || matches!(
                        self,
                        Self::OutsideLoop
                            | Self::UnknownLabel
                            | Self::DuplicateLabel
                            | Self::MisplacedDescend
                            | Self::DuplicateType
                            | Self::DuplicateMember
                            | Self::MultipleConstructors
                            | Self::StaticConstructor
                    )
            }

            /// A short title.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// One paragraph for the manual.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

for_each_code!(declare_codes);

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
            // Limits.
            SourceTooLarge = "E0501", Error, "source file too large",
                "Source files are limited to 16 MiB.";
            NestingTooDeep = "E0502", Error, "nesting too deep",
                "Brackets, blocks and operators may be nested 200 levels deep, and one expression may be a tree of at most 1000 levels.";
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

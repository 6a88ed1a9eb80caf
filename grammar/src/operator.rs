//! Operators: one table of symbols, hypnotic synonyms, legacy synonyms and precedence.

/// Declares every infix operator once.
///
/// `Variant, "symbol", [synonyms], [legacy synonyms], precedence, side;` where a greater
/// precedence binds tighter. Synonyms are matched without regard to ASCII case; the words of
/// extensions stand in the symbol column and are matched exactly.
#[macro_export]
macro_rules! for_each_binary_operator {
    ($mac:ident) => {
        $mac! {
            Coalesce, "??", ["lucidFallback"], [], 1, Left;
            Or, "||", ["resistanceIsFutile"], [], 2, Left;
            And, "&&", ["underMyControl"], [], 3, Left;
            Eq, "==", ["youAreFeelingVerySleepy"], [], 4, Left;
            Ne, "!=", ["youCannotResist"], ["notSoDeep"], 4, Left;
            Lt, "<", ["fallUnderMySpell"], [], 5, Left;
            Le, "<=", ["goingDeeper"], ["deeplyLess"], 5, Left;
            Gt, ">", ["lookAtTheWatch"], [], 5, Left;
            Ge, ">=", ["yourEyesAreGettingHeavy"], ["deeplyGreater"], 5, Left;
            BitOr, "bitOr", [], [], 6, Left;
            BitXor, "bitXor", [], [], 7, Left;
            BitAnd, "bitAnd", [], [], 8, Left;
            ShiftDeeper, "shiftDeeper", [], [], 9, Left;
            ShiftLighter, "shiftLighter", [], [], 9, Left;
            Add, "+", [], [], 12, Left;
            Sub, "-", [], [], 12, Left;
            Mul, "*", [], [], 13, Left;
            Div, "/", [], [], 13, Left;
            Rem, "%", [], [], 13, Left;
            Pow, "^", [], [], 15, Right;
        }
    };
}

/// Precedence of `by`, the step of a range.
pub const STEP_PRECEDENCE: u8 = 10;
/// Precedence of `upTo`, `until` and `downTo`.
pub const RANGE_PRECEDENCE: u8 = 11;
/// Precedence of the prefix operators; `^` binds tighter on their operand.
pub const UNARY_PRECEDENCE: u8 = 14;

/// Which side groups first among equal precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `a - b - c` is `(a - b) - c`.
    Left,
    /// `a ^ b ^ c` is `a ^ (b ^ c)`.
    Right,
}

macro_rules! declare_binary {
    ($($name:ident, $symbol:literal, [$($synonym:literal),*], [$($legacy:literal),*], $prec:literal, $side:ident;)*) => {
        /// An infix operator.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum BinaryOp {
            $(#[doc = concat!("`", $symbol, "`")] $name,)*
        }

        impl BinaryOp {
            /// Every operator in table order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The canonical spelling.
            #[must_use]
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$name => $symbol,)* }
            }

            /// The hypnotic synonyms.
            #[must_use]
            pub const fn synonyms(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($synonym),*],)* }
            }

            /// Accepted spellings that draw a warning.
            #[must_use]
            pub const fn legacy_synonyms(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($legacy),*],)* }
            }

            /// How tightly the operator binds.
            #[must_use]
            pub const fn precedence(self) -> u8 {
                match self { $(Self::$name => $prec,)* }
            }

            /// How equal precedence groups.
            #[must_use]
            pub const fn side(self) -> Side {
                match self { $(Self::$name => Side::$side,)* }
            }
        }
    };
}

for_each_binary_operator!(declare_binary);

impl BinaryOp {
    /// Whether the right operand is evaluated only when needed.
    #[must_use]
    pub const fn is_short_circuit(self) -> bool {
        matches!(self, Self::Coalesce | Self::Or | Self::And)
    }
}

/// A prefix operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Neg,
    /// `+`
    Plus,
    /// `await` or `surrenderTo`
    Await,
    /// `bitNot`
    BitNot,
}

impl UnaryOp {
    /// The canonical spelling.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Not => "!",
            Self::Neg => "-",
            Self::Plus => "+",
            Self::Await => "await",
            Self::BitNot => "bitNot",
        }
    }
}

/// A range word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RangeOp {
    /// `a upTo b`: from a up to and including b.
    UpTo,
    /// `a until b`: from a up to but not including b.
    Until,
    /// `a downTo b`: from a down to and including b.
    DownTo,
}

impl RangeOp {
    /// The spelling.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::UpTo => "upTo",
            Self::Until => "until",
            Self::DownTo => "downTo",
        }
    }
}

/// An assignment operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssignOp {
    /// `=`
    Set,
    /// `+= -= *= /= %= ^= ??=`: the place is evaluated once.
    Compound(BinaryOp),
}

impl AssignOp {
    /// The spelling.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Set => "=",
            Self::Compound(BinaryOp::Add) => "+=",
            Self::Compound(BinaryOp::Sub) => "-=",
            Self::Compound(BinaryOp::Mul) => "*=",
            Self::Compound(BinaryOp::Div) => "/=",
            Self::Compound(BinaryOp::Rem) => "%=",
            Self::Compound(BinaryOp::Pow) => "^=",
            Self::Compound(_) => "??=",
        }
    }
}

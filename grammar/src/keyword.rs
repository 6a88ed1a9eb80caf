//! Keywords: one table of canonical spellings, aliases and kinds.

use crate::operator::BinaryOp;
use std::{collections::HashMap, sync::OnceLock};

/// When a spelling is a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeywordKind {
    /// Never a variable or type name; any ASCII case.
    Hard,
    /// Never a variable or type name; exact case.
    HardExact,
    /// A name wherever the grammar needs a name; any ASCII case.
    Soft,
    /// Unknown to the reference, hence a name wherever the file declares it; exact case.
    SoftExact,
}

impl KeywordKind {
    /// Whether the word can never name a variable.
    #[must_use]
    pub const fn is_hard(self) -> bool {
        matches!(self, Self::Hard | Self::HardExact)
    }

    /// Whether the spelling must match exactly.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::HardExact | Self::SoftExact)
    }
}

/// Declares every keyword once: `Variant, "canonical", [aliases], Kind, "meaning";`
#[macro_export]
macro_rules! for_each_keyword {
    ($mac:ident) => {
        $mac! {
            Focus, "Focus", [], Hard, "opens the program";
            Relax, "Relax", [], Hard, "closes the program";
            Entrance, "entrance", [], Soft, "start-up block";
            Finale, "finale", [], Soft, "clean-up block";
            DeepFocus, "deepFocus", [], Soft, "block emphasis";
            DeeperStill, "deeperStill", [], Soft, "stronger block emphasis";
            Induce, "induce", [], Hard, "mutable variable";
            Implant, "implant", [], Hard, "mutable variable";
            Embed, "embed", [], Hard, "mutable variable";
            Freeze, "freeze", [], Hard, "constant";
            Anchor, "anchor", [], Soft, "snapshot variable";
            From, "from", [], Soft, "external input";
            External, "external", [], Soft, "external input";
            SharedTrance, "sharedTrance", [], Soft, "program-wide variable";
            If, "if", [], Hard, "conditional";
            Else, "else", [], Hard, "conditional";
            Entrain, "entrain", [], Hard, "pattern match";
            When, "when", [], Hard, "arm of a pattern match";
            Otherwise, "otherwise", [], Hard, "default arm of a pattern match";
            While, "while", [], Hard, "loop";
            Loop, "loop", [], Hard, "infinite or counted loop";
            Pendulum, "pendulum", [], Hard, "counted loop";
            Snap, "snap", ["break"], Soft, "leaves a loop";
            Sink, "sink", ["continue"], Soft, "next round of a loop";
            SinkTo, "sinkTo", [], Soft, "jumps to a label";
            Label, "label", [], Soft, "declares a label";
            Oscillate, "oscillate", [], Soft, "toggles a boolean";
            Suspend, "suspend", [], Soft, "pauses the program";
            Suggestion, "suggestion", [], Hard, "function";
            Trigger, "trigger", [], Soft, "named callback";
            ImperativeSuggestion, "imperativeSuggestion", [], Soft, "procedure";
            DominantSuggestion, "dominantSuggestion", [], Soft, "static function";
            Mesmerize, "mesmerize", [], Soft, "asynchronous function";
            Awaken, "awaken", ["return"], Hard, "returns from a function";
            Await, "await", ["surrenderTo"], Hard, "waits for a promise";
            Call, "call", [], Soft, "call prefix without effect";
            Session, "session", [], Soft, "class";
            Constructor, "constructor", [], Soft, "name of the constructor";
            Expose, "expose", [], Soft, "public";
            Conceal, "conceal", [], Soft, "private";
            Dominant, "dominant", [], Soft, "static";
            Tranceify, "tranceify", [], Hard, "record type";
            Observe, "observe", [], Soft, "prints a line";
            Whisper, "whisper", [], Soft, "prints without a line break";
            Command, "command", [], Soft, "prints in upper case";
            Murmur, "murmur", [], Soft, "prints a debug remark";
            Drift, "drift", [], Soft, "delay (builtin)";
            PauseReality, "pauseReality", [], Soft, "delay (builtin)";
            AccelerateTime, "accelerateTime", [], Soft, "time scale (builtin)";
            DecelerateTime, "decelerateTime", [], Soft, "time scale (builtin)";
            Subconscious, "subconscious", [], Soft, "reserved";
            MindLink, "mindLink", [], Soft, "import";
            Assert, "assert", [], Soft, "assertion";
            Number, "number", [], Soft, "type";
            String, "string", [], Soft, "type";
            Boolean, "boolean", [], Soft, "type";
            Trance, "trance", [], Soft, "type";
            Lucid, "lucid", [], Soft, "nullable type";
            True, "true", [], Hard, "literal";
            False, "false", [], Hard, "literal";
            Null, "null", [], HardExact, "literal";
            This, "this", [], HardExact, "receiver";
            Import, "import", [], SoftExact, "import";
            As, "as", [], SoftExact, "alias";
            For, "for", [], SoftExact, "counted loop";
            In, "in", [], SoftExact, "reserved";
            Try, "try", [], SoftExact, "handles errors";
            Catch, "catch", [], SoftExact, "handles errors";
            Finally, "finally", [], SoftExact, "runs on every exit";
            Throw, "throw", [], SoftExact, "raises an error";
            Function, "function", [], SoftExact, "function";
            Var, "var", [], SoftExact, "mutable variable";
            Record, "record", [], SoftExact, "record type";
            With, "with", [], SoftExact, "copy with changes";
            Imperative, "imperative", [], SoftExact, "procedure";
            Plunge, "plunge", [], SoftExact, "handles errors";
            Surface, "surface", [], SoftExact, "handles errors";
            Settle, "settle", [], SoftExact, "runs on every exit";
            Jolt, "jolt", [], SoftExact, "raises an error";
            Within, "within", [], SoftExact, "loops over elements";
            UpTo, "upTo", [], SoftExact, "range";
            Until, "until", [], SoftExact, "range without its end";
            DownTo, "downTo", [], SoftExact, "falling range";
            By, "by", [], SoftExact, "step";
            Deepen, "deepen", [], SoftExact, "adds";
            Lighten, "lighten", [], SoftExact, "subtracts";
            Drawn, "drawn", [], SoftExact, "conditional expression";
            Toward, "toward", [], SoftExact, "conditional expression";
            BitNot, "bitNot", [], SoftExact, "bitwise operator";
            Descend, "descend", [], SoftExact, "loop tested at its end, or fall through";
        }
    };
}

macro_rules! declare_keywords {
    ($($name:ident, $canonical:literal, [$($alias:literal),*], $kind:ident, $meaning:literal;)*) => {
        /// A keyword.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Keyword {
            $(#[doc = concat!("`", $canonical, "`: ", $meaning)] $name,)*
        }

        impl Keyword {
            /// Every keyword in table order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The canonical spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $canonical,)* }
            }

            /// Other spellings of the same keyword.
            #[must_use]
            pub const fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($alias),*],)* }
            }

            /// When the spelling is a keyword.
            #[must_use]
            pub const fn kind(self) -> KeywordKind {
                match self { $(Self::$name => KeywordKind::$kind,)* }
            }

            /// What the keyword is for, in a few words.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

for_each_keyword!(declare_keywords);

/// What an identifier-shaped word can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Only a name.
    Name,
    /// A keyword, hard or soft.
    Keyword(Keyword),
    /// A hypnotic operator synonym; never a name.
    Synonym {
        /// What it stands for.
        op: BinaryOp,
        /// Outdated: draws a warning.
        legacy: bool,
    },
    /// A bitwise operator word in exact case; a name where no operator can stand.
    OperatorWord(BinaryOp),
    /// `dreamReach`, the synonym of `?.`; never a name.
    DreamReach,
}

/// The hypnotic spelling of `?.`.
pub const DREAM_REACH: &str = "dreamReach";

/// Classifies a word. Costs a hash lookup; callers keep the answer per symbol.
#[must_use]
pub fn classify(text: &str) -> Word {
    let words = table();
    if let Some(&word) = words.exact.get(text) {
        return word;
    }
    if text.len() > LONGEST_WORD || !text.is_ascii() {
        return Word::Name;
    }
    words.folded.get(text.to_ascii_lowercase().as_str()).copied().unwrap_or(Word::Name)
}

/// No keyword or synonym is longer.
const LONGEST_WORD: usize = 32;

struct Words {
    exact: HashMap<&'static str, Word>,
    folded: HashMap<String, Word>,
}

fn table() -> &'static Words {
    static TABLE: OnceLock<Words> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut exact = HashMap::new();
        let mut folded = HashMap::new();
        for &keyword in Keyword::ALL {
            let aliases = keyword.aliases().iter().copied();
            for spelling in std::iter::once(keyword.as_str()).chain(aliases) {
                if keyword.kind().is_exact() {
                    exact.insert(spelling, Word::Keyword(keyword));
                } else {
                    folded.insert(spelling.to_ascii_lowercase(), Word::Keyword(keyword));
                }
            }
        }
        for &op in BinaryOp::ALL {
            for synonym in op.synonyms() {
                folded.insert(synonym.to_ascii_lowercase(), Word::Synonym { op, legacy: false });
            }
            for synonym in op.legacy_synonyms() {
                folded.insert(synonym.to_ascii_lowercase(), Word::Synonym { op, legacy: true });
            }
            if op.symbol().starts_with(|c: char| c.is_ascii_alphabetic()) {
                exact.insert(op.symbol(), Word::OperatorWord(op));
            }
        }
        folded.insert(DREAM_REACH.to_ascii_lowercase(), Word::DreamReach);
        Words { exact, folded }
    })
}

//! Interned names: one number per spelling.

use ahash::RandomState;

/// A name, interned by its raw spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

impl Symbol {
    /// The symbol as an index; dense in `0..Interner::len`.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

macro_rules! known_symbols {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// Symbols that every interner holds from the start.
        pub mod known {
            use super::Symbol;
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Order { $($name),* }
            $(#[doc = concat!("`", $text, "`")]
            pub const $name: Symbol = Symbol(Order::$name as u32);)*
        }
        const KNOWN: &[&str] = &[$($text),*];
    };
}

known_symbols! {
    EMPTY = "",
    UNDERSCORE = "_",
    CONSTRUCTOR = "constructor",
    THIS = "this",
    NULL = "null",
    NUMBER = "number",
    STRING = "string",
    BOOLEAN = "boolean",
    TRANCE = "trance",
    VOID = "void",
    ANY = "any",
    UNKNOWN = "unknown",
    OBJECT = "object",
    ARRAY = "array",
    RECORD = "record",
    FUNCTION = "function",
    SUGGESTION = "suggestion",
    SESSION = "session",
    PROMISE = "Promise",
}

/// Marks a free slot of the hash table.
const FREE: u32 = u32::MAX;

/// Keeps every distinct spelling once and hands out [`Symbol`]s in order of first appearance.
#[derive(Debug, Clone)]
pub struct Interner {
    text: String,
    /// `ends[i]` is where the text of symbol `i` ends.
    ends: Vec<u32>,
    hashes: Vec<u32>,
    /// Open addressing with linear probing; length is a power of two.
    slots: Vec<u32>,
    state: RandomState,
}

impl Default for Interner {
    fn default() -> Self {
        Self::new()
    }
}

impl Interner {
    /// An interner that holds the [`known`] symbols.
    #[must_use]
    pub fn new() -> Self {
        let mut interner = Self {
            text: String::new(),
            ends: Vec::new(),
            hashes: Vec::new(),
            slots: vec![FREE; 1024],
            state: RandomState::new(),
        };
        for text in KNOWN {
            interner.intern(text);
        }
        interner
    }

    /// The symbol of `text`, which is added when new.
    pub fn intern(&mut self, text: &str) -> Symbol {
        let hash = self.hash(text);
        let mut at = hash as usize & (self.slots.len() - 1);
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                break;
            }
            if self.hashes[slot as usize] == hash && self.bytes_of(slot) == text.as_bytes() {
                return Symbol(slot);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.add(text, hash, at)
    }

    /// The symbol of `text`, if it was interned before.
    #[must_use]
    pub fn lookup(&self, text: &str) -> Option<Symbol> {
        let hash = self.hash(text);
        let mut at = hash as usize & (self.slots.len() - 1);
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                return None;
            }
            if self.hashes[slot as usize] == hash && self.bytes_of(slot) == text.as_bytes() {
                return Some(Symbol(slot));
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The spelling of `symbol`; empty for a symbol of another interner.
    #[must_use]
    pub fn resolve(&self, symbol: Symbol) -> &str {
        if symbol.index() < self.ends.len() { self.text_of(symbol.0) } else { "" }
    }

    /// Number of symbols.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no symbol exists; never true, the known symbols are always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn hash(&self, text: &str) -> u32 {
        self.state.hash_one(text) as u32
    }

    fn text_of(&self, index: u32) -> &str {
        &self.text[self.range_of(index)]
    }

    /// As `text_of`, for comparing.
    fn bytes_of(&self, index: u32) -> &[u8] {
        &self.text.as_bytes()[self.range_of(index)]
    }

    fn range_of(&self, index: u32) -> std::ops::Range<usize> {
        let i = index as usize;
        let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        start..self.ends[i] as usize
    }

    fn add(&mut self, text: &str, hash: u32, at: usize) -> Symbol {
        let symbol = self.ends.len() as u32;
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        self.hashes.push(hash);
        self.slots[at] = symbol;
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        Symbol(symbol)
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        self.slots = vec![FREE; size];
        for (symbol, &hash) in self.hashes.iter().enumerate() {
            let mut at = hash as usize & (size - 1);
            while self.slots[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = symbol as u32;
        }
    }
}

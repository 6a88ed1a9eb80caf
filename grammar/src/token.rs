//! The terminals of the grammar.

use crate::{
    ast::{AdjustKind, DeclKeyword, Emphasis, LoopKeyword, OutputKind},
    intern::{Interner, Symbol},
    operator::{BinaryOp, RangeOp, UnaryOp},
    span::Span,
};

/// Which word introduces a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FuncWord {
    /// `suggestion` or `function`
    Suggestion,
    Imperative,
    Dominant,
    /// No word of its own: `mesmerize name(…)` in a session.
    Bare,
}

/// A terminal of the grammar; every decision that needs context has been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tok {
    Ident(Symbol),
    /// `name:` at the start of a statement, colon included.
    LabelName(Symbol),
    /// The parameter of `name => …`.
    ArrowName(Symbol),
    Number,
    Str,
    TemplateOpen,
    TemplateText,
    HoleOpen,
    HoleClose,
    TemplateClose,
    RawTemplate,
    True,
    False,
    Null,
    This,
    Semi,
    Comma,
    Colon,
    Dot,
    QuestionDot,
    Question,
    Ellipsis,
    Eq,
    FatArrow,
    ThinArrow,
    Pipe,
    Amp,
    LParen,
    /// `(` that opens the parameters of an arrow function.
    ArrowParen,
    RParen,
    LBracket,
    RBracket,
    /// `{` of a block or declaration body.
    LBrace,
    RBrace,
    /// `{` of an object literal, structural type or object pattern.
    ObjectBrace,
    /// `{` of a record literal or record pattern.
    RecordBrace,
    /// Invisible bracket before a body without braces.
    BodyOpen,
    /// Invisible bracket after a body without braces.
    BodyClose,
    Op(BinaryOp),
    Lt,
    Gt,
    Plus,
    Minus,
    Caret,
    Assign(BinaryOp),
    Range(RangeOp),
    By,
    Prefix(UnaryOp),
    Focus,
    Relax,
    Entrance,
    Finale,
    Emphasis(Emphasis),
    /// `deepFocus` in the role of `if`.
    DeepFocusIf,
    Decl(DeclKeyword),
    Shared,
    Anchor,
    From,
    External,
    If,
    Else,
    Entrain,
    When,
    Otherwise,
    While,
    Loop(LoopKeyword),
    DescendLoop,
    Within,
    Snap,
    Sink,
    SinkTo,
    Label,
    Oscillate,
    Suspend,
    Output(OutputKind),
    Awaken,
    Assert,
    /// `throw`, or `jolt` when true.
    Throw(bool),
    /// `try`, or `plunge` when true.
    Try(bool),
    Catch,
    Finally,
    Adjust(AdjustKind),
    Descend,
    Func {
        word: FuncWord,
        is_async: bool,
    },
    Trigger,
    Session,
    Record,
    Expose,
    Conceal,
    Dominant,
    Import,
    As,
    With,
    Drawn,
    Toward,
    Lucid,
    /// Stands for a statement or member that did not parse.
    Error,
}

/// A terminal with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub tok: Tok,
    pub span: Span,
    /// First token of a statement or session member.
    pub starts: bool,
    /// Not in the source: supplied by the adapter.
    pub inserted: bool,
}

impl Token {
    /// One line for `--emit tokens`: place, kind, text.
    #[must_use]
    pub fn describe(&self, source: &str, interner: &Interner) -> String {
        let kind = match self.tok {
            Tok::Ident(name) => format!("Ident({})", interner.resolve(name)),
            Tok::LabelName(name) => format!("LabelName({})", interner.resolve(name)),
            Tok::ArrowName(name) => format!("ArrowName({})", interner.resolve(name)),
            other => format!("{other:?}"),
        };
        let text = if self.inserted { "(inserted)" } else { self.span.text(source) };
        let text = text.escape_debug();
        format!("{}..{} {kind} {text}", self.span.start, self.span.end)
    }
}

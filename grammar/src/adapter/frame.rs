//! What the adapter remembers about every open bracket.

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pos {
    /// A statement.
    Start,
    /// A session member.
    MemberStart,
    /// A record field or method.
    FieldStart,
    /// `when` or `otherwise`.
    ArmStart,
    /// An operand.
    Operand,
    /// An operator or the end of the expression.
    Operator,
    /// A type.
    Type,
    /// The rest or the end of a type.
    TypeEnd,
    /// A pattern.
    Pattern,
    /// The rest or the end of a pattern.
    PatternEnd,
    /// A declared name, or a destructuring pattern.
    DeclName,
    /// `:`, `=` or the end of a declaration.
    AfterName,
    /// A field name of a record pattern.
    PatternKey,
    /// A key of a literal.
    Key,
    /// `:`, `?` or the end of an entry.
    AfterKey,
    /// A member name in an expression.
    Member,
    /// The second part of a type or pattern name.
    TypeMember,
    PatternMember,
    /// The name of a suggestion.
    FuncName,
    /// `(` of parameters.
    Params,
    /// `:` or `{` after parameters.
    AfterParams,
    /// `(` of a control header; see `Frame::header`.
    Header,
    /// `{`; see `Frame::block`.
    Block,
    /// A body after `=>` of an arm.
    ArmBody,
    /// A body after `=>` of an arrow function.
    ArrowBody,
    /// `else`.
    Else,
    /// `if` after `else`.
    ElseIf,
    /// `catch` or `finally`.
    Clause,
    /// A label or `;`.
    Jump,
    /// The source of an import.
    ImportSource,
    /// A declaration after `sharedTrance`.
    Shared,
    /// `while` at the end of a `descend` loop.
    DescendWhile,
    /// `{` of an object after `with`.
    With,
    /// Anything else; only one token is right.
    Other,
}

impl Pos {
    /// Whether the next token starts something that recovery can skip as a whole.
    pub(super) fn is_start(self) -> bool {
        matches!(self, Self::Start | Self::MemberStart)
    }
}

/// What a bracket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// Statements in braces, or the file.
    Statements,
    /// One statement without braces as a body.
    BodyOne,
    Session,
    RecordDecl,
    Structural,
    Object,
    RecordLit,
    Entrain,
    Paren,
    Params,
    /// The header of a loop, with semicolons.
    LoopHeader,
    Bracket,
    PatternBracket,
    PatternBrace,
    Hole,
    TypeParen,
}

impl FrameKind {
    /// Whether `}` closes it.
    pub(super) fn is_brace(self) -> bool {
        matches!(
            self,
            Self::Statements
                | Self::Session
                | Self::RecordDecl
                | Self::Structural
                | Self::Object
                | Self::RecordLit
                | Self::Entrain
                | Self::PatternBrace
        )
    }

    /// Whether `)` closes it.
    pub(super) fn is_round(self) -> bool {
        matches!(self, Self::Paren | Self::Params | Self::LoopHeader | Self::TypeParen)
    }

    /// Whether `]` closes it.
    pub(super) fn is_square(self) -> bool {
        matches!(self, Self::Bracket | Self::PatternBracket)
    }
}

/// Which control statement a body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    If,
    /// Loops and `else`.
    Other,
}

/// What follows when a bracket closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The expression goes on.
    Operand,
    /// The statement is over.
    Stmt,
    /// The statement is over unless `else` follows.
    IfBody,
    /// `catch` and `finally` may follow.
    Guarded,
    /// `while (…);` follows.
    Descend,
    /// The statement is over; its `;` is optional.
    OptionalSemi,
    /// An `entrain` that starts a statement: the statement is over unless the expression goes on.
    EntrainStmt,
    /// The next arm.
    Arm,
    /// The next session member.
    Member,
    /// The next record field or method.
    Field,
    TypeEnd,
    PatternEnd,
    /// The rest of a declaration.
    AfterName,
    AfterKey,
    /// Result type or body.
    Params,
    /// `=>`
    ArrowParams,
    /// The body of a control statement.
    Body(Body),
    /// The block of `catch` or `entrance`.
    Block(&'static Then),
}

/// Which statement is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StmtCtx {
    None,
    Simple,
    Decl,
    Field,
    Trigger,
    Session,
    Record,
    Label,
    Jump,
    Import,
    /// An assertion whose message has not begun.
    Assert,
    /// Begins with `entrain`.
    Entrain,
}

/// An open bracket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) then: Then,
    pub(super) stmt: StmtCtx,
    /// What follows the body of the function whose head is being read.
    pub(super) func: Option<Then>,
    /// The block that is expected.
    pub(super) block: (FrameKind, Then),
    /// The header that is expected.
    pub(super) header: (FrameKind, Then),
    /// `entrain`s whose body has not begun.
    pub(super) entrains: u32,
    /// `drawn`s that wait for their `else`.
    pub(super) drawn: u32,
    /// Open `<` of type arguments.
    pub(super) angles: u32,
    /// Semicolons seen in a loop header.
    pub(super) semis: u32,
}

impl Frame {
    pub(super) fn new(kind: FrameKind, then: Then) -> Self {
        Self {
            kind,
            then,
            stmt: StmtCtx::None,
            func: None,
            block: (FrameKind::Statements, Then::Stmt),
            header: (FrameKind::Paren, Then::Stmt),
            entrains: 0,
            drawn: 0,
            angles: 0,
            semis: 0,
        }
    }

    /// Forgets the statement that ended.
    pub(super) fn reset(&mut self) {
        self.stmt = StmtCtx::None;
        self.func = None;
        self.entrains = 0;
        self.drawn = 0;
        self.angles = 0;
    }

    /// Whether no construct is open at this level.
    pub(super) fn is_plain(&self) -> bool {
        self.entrains == 0 && self.drawn == 0
    }
}

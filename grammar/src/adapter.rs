//! Raw tokens to grammar terminals. Everything that LR(1) cannot decide is decided here with a
//! stack of open brackets and unlimited look-ahead: soft keywords, the meaning of `{`, labels,
//! arrow functions, bodies without braces, optional and missing semicolons.

mod declared;
mod frame;
mod punctuation;
mod statement;
mod words;

use crate::{
    diagnostic::{Code, Diagnostic},
    keyword::{Keyword, Word},
    lexer::{MAX_REPORTS, Raw, RawKind},
    span::Span,
    token::{Tok, Token},
};
use frame::{Body, Frame, FrameKind, Pos, StmtCtx, Then};

/// Deepest nesting of brackets and blocks.
pub const MAX_NESTING: usize = 200;

/// Converts raw tokens. Returns false when nesting is too deep; the tokens end there.
pub(crate) fn adapt(
    source: &str,
    raw: &[Raw],
    out: &mut Vec<Token>,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    out.reserve(raw.len() + 16);
    let mut adapter = Adapter {
        source,
        raw,
        at: 0,
        out,
        frames: vec![Frame::new(FrameKind::Statements, Then::Stmt)],
        pos: Pos::Start,
        declared: declared::declared_words(raw),
        diagnostics,
        stopped: false,
        opened: false,
        finished: false,
    };
    adapter.run();
    !adapter.stopped
}

struct Adapter<'s, 'x> {
    source: &'s str,
    raw: &'s [Raw],
    /// Index of the next raw token.
    at: usize,
    out: &'x mut Vec<Token>,
    /// Open brackets; the first frame is the file and never closes.
    frames: Vec<Frame>,
    pos: Pos,
    declared: declared::Declared,
    diagnostics: &'x mut Vec<Diagnostic>,
    /// Nesting is too deep.
    stopped: bool,
    /// `Focus` was read.
    opened: bool,
    /// `Relax` was read.
    finished: bool,
}

impl Adapter<'_, '_> {
    fn run(&mut self) {
        while !self.stopped && !self.finished {
            let Some(&token) = self.raw.get(self.at).filter(|token| token.kind != RawKind::Eof)
            else {
                break;
            };
            self.at += 1;
            self.step(token);
        }
    }

    /// The raw token `ahead` places after the current one; `Eof` past the end.
    fn peek(&self, ahead: usize) -> Raw {
        const END: Raw = Raw { kind: RawKind::Eof, start: 0, end: 0, value: 0 };
        self.raw.get(self.at + ahead).or(self.raw.last()).copied().unwrap_or(END)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if diagnostic.is_error() || self.diagnostics.len() < MAX_REPORTS * 2 {
            self.diagnostics.push(diagnostic);
        }
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::new(FrameKind::Statements, Then::Stmt));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn kind(&self) -> FrameKind {
        self.frames.last().map_or(FrameKind::Statements, |frame| frame.kind)
    }

    fn stmt(&self) -> StmtCtx {
        self.frames.last().map_or(StmtCtx::None, |frame| frame.stmt)
    }

    fn emit(&mut self, token: Raw, tok: Tok) {
        self.out.push(Token {
            tok,
            span: token.span(),
            starts: self.pos.is_start(),
            inserted: false,
        });
    }

    /// Emits and moves on to `pos`.
    fn put(&mut self, token: Raw, tok: Tok, pos: Pos) {
        self.emit(token, tok);
        self.pos = pos;
    }

    /// Emits a token that is not in the source.
    fn insert(&mut self, tok: Tok, at: u32) {
        self.out.push(Token { tok, span: Span::at(at), starts: false, inserted: true });
    }

    fn last_end(&self) -> u32 {
        self.out.last().map_or(0, |token| token.span.end)
    }

    fn push(&mut self, kind: FrameKind, then: Then) {
        if self.frames.len() > MAX_NESTING + 1 {
            self.too_deep();
            return;
        }
        self.frames.push(Frame::new(kind, then));
    }

    fn too_deep(&mut self) {
        if self.stopped {
            return;
        }
        self.stopped = true;
        let span = self.out.last().map_or(Span::at(0), |token| token.span);
        self.report(
            Diagnostic::new(
                Code::NestingTooDeep,
                span,
                format!("nesting is deeper than {MAX_NESTING} levels"),
            )
            .with_primary("one level too many")
            .with_help("move the inner part into a variable or a suggestion"),
        );
    }

    fn step(&mut self, token: Raw) {
        match token.kind {
            RawKind::Word(word) => self.word(token, word),
            RawKind::Number => self.literal(token, Tok::Number),
            RawKind::Str => self.literal(token, Tok::Str),
            RawKind::RawTemplate => self.literal(token, Tok::RawTemplate),
            RawKind::TemplateOpen => {
                self.before_operand(token);
                self.put(token, Tok::TemplateOpen, Pos::Operator);
            }
            RawKind::TemplateText => self.put(token, Tok::TemplateText, Pos::Operator),
            RawKind::TemplateClose => self.put(token, Tok::TemplateClose, Pos::Operator),
            RawKind::HoleOpen => {
                self.put(token, Tok::HoleOpen, Pos::Operand);
                self.push(FrameKind::Hole, Then::Operand);
            }
            RawKind::HoleClose => self.close_hole(token),
            _ => self.punctuation(token),
        }
    }

    fn literal(&mut self, token: Raw, tok: Tok) {
        match self.pos {
            Pos::Pattern => self.put(token, tok, Pos::PatternEnd),
            Pos::Key => self.put(token, tok, Pos::AfterKey),
            Pos::ImportSource => self.put(token, tok, Pos::AfterName),
            _ => {
                self.before_operand(token);
                self.put(token, tok, Pos::Operator);
            }
        }
    }

    /// Called when a token that starts an operand comes where none is expected: supplies the
    /// separator of an assertion's message or a missing semicolon.
    fn before_operand(&mut self, token: Raw) {
        let message = self.pos == Pos::Operator
            && self.stmt() == StmtCtx::Assert
            && self.frame().is_plain()
            && !(matches!(token.kind, RawKind::Word(_)) && self.line_break_before(token));
        if message {
            self.frame().stmt = StmtCtx::Simple;
            self.insert(Tok::Comma, token.start);
            self.pos = Pos::Operand;
            return;
        }
        self.supply_semicolon(token);
    }

    /// Whether the current statement could end here.
    fn is_complete(&mut self) -> bool {
        let kind = self.kind();
        if !matches!(
            kind,
            FrameKind::Statements | FrameKind::BodyOne | FrameKind::Session | FrameKind::RecordDecl
        ) || !self.frame().is_plain()
        {
            return false;
        }
        match self.pos {
            Pos::Operator => true,
            Pos::TypeEnd => self.frame().func.is_none(),
            Pos::AfterName => matches!(
                self.stmt(),
                StmtCtx::Decl | StmtCtx::Jump | StmtCtx::Label | StmtCtx::Import | StmtCtx::Field
            ),
            Pos::Jump => true,
            // `awaken` without a value.
            Pos::Operand => self.out.last().is_some_and(|last| last.tok == Tok::Awaken),
            _ => false,
        }
    }

    /// Decision O13: before `next`, a token on a later line that starts a statement or is `}`,
    /// ends a complete statement and warns. Returns whether it did.
    fn supply_semicolon(&mut self, next: Raw) -> bool {
        if !self.is_complete() || !self.line_break_before(next) {
            return false;
        }
        let at = self.last_end();
        let span = Span::at(at);
        self.report(
            Diagnostic::new(Code::InsertedSemicolon, span, "missing `;` supplied")
                .with_primary("expected `;` here")
                .with_help("end the statement with `;`"),
        );
        self.insert(Tok::Semi, at);
        self.complete(next);
        true
    }

    /// Whether `next` stands on a later line than the last emitted token.
    fn line_break_before(&self, next: Raw) -> bool {
        let from = self.last_end() as usize;
        self.source.get(from..next.start as usize).is_some_and(|gap| gap.contains('\n'))
    }

    /// Ends the current statement, and the bodies without braces that it is the whole of.
    fn complete(&mut self, next: Raw) {
        loop {
            self.frame().reset();
            let (kind, then) = (self.kind(), self.frame().then);
            self.pos = match kind {
                FrameKind::BodyOne => Pos::Start,
                FrameKind::Session => Pos::MemberStart,
                FrameKind::RecordDecl | FrameKind::Structural => Pos::FieldStart,
                FrameKind::Entrain => Pos::ArmStart,
                FrameKind::Object | FrameKind::RecordLit => Pos::Key,
                FrameKind::PatternBrace => Pos::PatternKey,
                _ => Pos::Start,
            };
            if kind != FrameKind::BodyOne {
                return;
            }
            let at = self.last_end();
            self.insert(Tok::BodyClose, at);
            self.frames.pop();
            if then == Then::IfBody && is_keyword(next, Keyword::Else) {
                self.pos = Pos::Else;
                return;
            }
        }
    }

    /// Expects the body of a control statement.
    fn body(&mut self, body: Body) {
        let then = if body == Body::If { Then::IfBody } else { Then::Stmt };
        let next = self.peek(0);
        let after = self.peek(1);
        if next.kind == RawKind::LBrace {
            self.expect_block(FrameKind::Statements, then);
        } else if emphasis(next).is_some() && after.kind == RawKind::LBrace {
            self.at += 1;
            if let Some(emphasis) = emphasis(next) {
                self.put(next, Tok::Emphasis(emphasis), Pos::Other);
            }
            self.expect_block(FrameKind::Statements, then);
        } else {
            self.insert(Tok::BodyOpen, next.start);
            self.push(FrameKind::BodyOne, then);
            self.pos = Pos::Start;
        }
    }

    fn expect_block(&mut self, kind: FrameKind, then: Then) {
        self.frame().block = (kind, then);
        self.pos = Pos::Block;
    }

    fn is_declared(&self, keyword: Keyword) -> bool {
        self.declared.words >> (keyword as u32) & 1 == 1
    }
}

/// Whether a raw token is this keyword, however soft.
fn is_keyword(token: Raw, keyword: Keyword) -> bool {
    token.kind == RawKind::Word(Word::Keyword(keyword))
}

fn emphasis(token: Raw) -> Option<crate::ast::Emphasis> {
    match token.kind {
        RawKind::Word(Word::Keyword(Keyword::DeepFocus)) => Some(crate::ast::Emphasis::DeepFocus),
        RawKind::Word(Word::Keyword(Keyword::DeeperStill)) => {
            Some(crate::ast::Emphasis::DeeperStill)
        }
        _ => None,
    }
}

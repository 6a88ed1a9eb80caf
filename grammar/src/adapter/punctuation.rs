//! Brackets, separators and operators.

use super::{
    Adapter,
    frame::{FrameKind, Pos, StmtCtx, Then},
    is_keyword,
    words::op_token,
};
use crate::{
    keyword::{Keyword, Word},
    lexer::{NO_PARTNER, Raw, RawKind},
    operator::{BinaryOp, UnaryOp},
    token::Tok,
};

impl Adapter<'_, '_> {
    pub(super) fn punctuation(&mut self, token: Raw) {
        match token.kind {
            RawKind::LParen => self.open_round(token),
            RawKind::LBracket => self.open_square(token),
            RawKind::LBrace => self.open_brace(token),
            RawKind::RParen => self.close(token, Tok::RParen, FrameKind::is_round),
            RawKind::RBracket => self.close(token, Tok::RBracket, FrameKind::is_square),
            RawKind::RBrace => self.close_brace(token),
            RawKind::Semi => self.semicolon(token),
            RawKind::Comma => self.comma(token),
            RawKind::Colon => self.colon(token),
            RawKind::Eq => {
                self.frame().angles = 0;
                self.put(token, Tok::Eq, Pos::Operand);
            }
            RawKind::FatArrow => self.fat_arrow(token),
            RawKind::ThinArrow => self.put(token, Tok::ThinArrow, Pos::Type),
            RawKind::Question => self.question(token),
            RawKind::QuestionDot => self.put(token, Tok::QuestionDot, Pos::Member),
            RawKind::Dot => {
                let pos = match self.pos {
                    Pos::TypeEnd => Pos::TypeMember,
                    Pos::PatternEnd => Pos::PatternMember,
                    _ => Pos::Member,
                };
                self.put(token, Tok::Dot, pos);
            }
            RawKind::Ellipsis => {
                let pos = if self.pos == Pos::Pattern { Pos::Pattern } else { Pos::Operand };
                self.put(token, Tok::Ellipsis, pos);
            }
            RawKind::Bang => {
                self.before_operand(token);
                self.put(token, Tok::Prefix(UnaryOp::Not), Pos::Operand);
            }
            RawKind::Assign(op) => self.put(token, Tok::Assign(op), Pos::Operand),
            RawKind::Op(op) => self.op(token, op),
            RawKind::Pipe => self.pipe(token),
            _ => self.put(token, Tok::Amp, Pos::Operand),
        }
    }

    fn op(&mut self, token: Raw, op: BinaryOp) {
        let tok = op_token(op);
        match (self.pos, op) {
            (Pos::TypeEnd, BinaryOp::Lt) => {
                self.frame().angles += 1;
                self.put(token, tok, Pos::Type);
            }
            (Pos::TypeEnd, BinaryOp::Gt) => {
                let frame = self.frame();
                frame.angles = frame.angles.saturating_sub(1);
                self.put(token, tok, Pos::TypeEnd);
            }
            // `T??` is `T?`.
            (Pos::TypeEnd, BinaryOp::Coalesce) => self.put(token, Tok::Question, Pos::TypeEnd),
            (Pos::Pattern, _) => self.put(token, tok, Pos::Pattern),
            _ => self.put(token, tok, Pos::Operand),
        }
    }

    fn pipe(&mut self, token: Raw) {
        let pos = match self.pos {
            Pos::TypeEnd => Pos::Type,
            Pos::PatternEnd => Pos::Pattern,
            _ => Pos::Operand,
        };
        self.put(token, Tok::Pipe, pos);
    }

    fn question(&mut self, token: Raw) {
        let pos = match self.pos {
            Pos::TypeEnd => Pos::TypeEnd,
            Pos::AfterKey => Pos::AfterKey,
            _ => Pos::Operand,
        };
        self.put(token, Tok::Question, pos);
    }

    fn colon(&mut self, token: Raw) {
        let pos = match self.pos {
            Pos::AfterName | Pos::AfterParams | Pos::PatternEnd => Pos::Type,
            Pos::AfterKey => match self.kind() {
                FrameKind::PatternBrace => Pos::Pattern,
                FrameKind::RecordDecl | FrameKind::Structural => Pos::Type,
                _ => Pos::Operand,
            },
            _ => {
                if self.stmt() == StmtCtx::Assert {
                    self.frame().stmt = StmtCtx::Simple;
                }
                Pos::Operand
            }
        };
        self.put(token, Tok::Colon, pos);
    }

    fn comma(&mut self, token: Raw) {
        let pos = match self.kind() {
            _ if self.pos == Pos::TypeEnd && self.frame().angles > 0 => Pos::Type,
            FrameKind::Params => Pos::DeclName,
            FrameKind::Object | FrameKind::RecordLit => Pos::Key,
            FrameKind::PatternBracket => Pos::Pattern,
            FrameKind::PatternBrace => Pos::PatternKey,
            FrameKind::Entrain => Pos::ArmStart,
            FrameKind::TypeParen => Pos::Type,
            FrameKind::Structural | FrameKind::RecordDecl => Pos::FieldStart,
            FrameKind::LoopHeader if self.pos == Pos::AfterName => Pos::DeclName,
            FrameKind::Statements | FrameKind::BodyOne if self.stmt() == StmtCtx::Assert => {
                self.frame().stmt = StmtCtx::Simple;
                Pos::Operand
            }
            _ => Pos::Operand,
        };
        self.put(token, Tok::Comma, pos);
    }

    fn fat_arrow(&mut self, token: Raw) {
        let pos = if self.kind() == FrameKind::Entrain { Pos::ArmBody } else { Pos::ArrowBody };
        self.frame().angles = 0;
        self.put(token, Tok::FatArrow, pos);
    }

    fn semicolon(&mut self, token: Raw) {
        self.frame().angles = 0;
        match self.kind() {
            FrameKind::LoopHeader if self.frame().semis < 2 => {
                self.frame().semis += 1;
                self.frame().reset();
                return self.put(token, Tok::Semi, Pos::Operand);
            }
            FrameKind::Hole => return self.put(token, Tok::Semi, Pos::Operand),
            _ => {}
        }
        // Inside round or square brackets this is an error; the statement is taken to end here.
        while !self.kind().is_brace() && self.kind() != FrameKind::BodyOne && self.frames.len() > 1
        {
            if self.kind() == FrameKind::Hole {
                return self.put(token, Tok::Semi, Pos::Operand);
            }
            self.frames.pop();
        }
        let label = self.stmt() == StmtCtx::Label;
        self.emit(token, Tok::Semi);
        if label {
            self.frame().reset();
            self.pos = Pos::Start;
        } else {
            let next = self.peek(0);
            self.complete(next);
        }
    }

    fn open_round(&mut self, token: Raw) {
        match self.pos {
            Pos::Header => {
                let (kind, then) = self.frame().header;
                self.emit(token, Tok::LParen);
                self.push(kind, then);
                self.pos = if kind == FrameKind::Params { Pos::DeclName } else { Pos::Operand };
            }
            Pos::Params => {
                self.emit(token, Tok::LParen);
                self.push(FrameKind::Params, Then::Params);
                self.pos = Pos::DeclName;
            }
            Pos::Type => {
                self.emit(token, Tok::LParen);
                self.push(FrameKind::TypeParen, Then::TypeEnd);
                self.pos = Pos::Type;
            }
            Pos::Operand | Pos::Start | Pos::ArrowBody if self.is_arrow(token) => {
                self.emit(token, Tok::ArrowParen);
                self.push(FrameKind::Params, Then::ArrowParams);
                self.pos = Pos::DeclName;
            }
            _ => {
                self.emit(token, Tok::LParen);
                self.push(FrameKind::Paren, Then::Operand);
                self.pos = Pos::Operand;
            }
        }
    }

    /// Whether `=>` follows the partner of this parenthesis. In guards and bodies of arms arrow
    /// functions need parentheses of their own.
    fn is_arrow(&self, token: Raw) -> bool {
        token.value != NO_PARTNER
            && self.kind() != FrameKind::Entrain
            && self
                .raw
                .get(token.value as usize + 1)
                .is_some_and(|after| after.kind == RawKind::FatArrow)
    }

    fn open_square(&mut self, token: Raw) {
        let (kind, then, pos) = match self.pos {
            Pos::TypeEnd => (FrameKind::Bracket, Then::TypeEnd, Pos::Other),
            Pos::Pattern => (FrameKind::PatternBracket, Then::PatternEnd, Pos::Pattern),
            Pos::DeclName => (FrameKind::PatternBracket, Then::AfterName, Pos::Pattern),
            Pos::Key => (FrameKind::Bracket, Then::AfterKey, Pos::Operand),
            _ => (FrameKind::Bracket, Then::Operand, Pos::Operand),
        };
        self.emit(token, Tok::LBracket);
        self.push(kind, then);
        self.pos = pos;
    }

    fn open_brace(&mut self, token: Raw) {
        let in_head = self.frame().func.is_some();
        let (tok, kind, then, pos) = match self.pos {
            Pos::Block => {
                let (kind, then) = self.frame().block;
                (Tok::LBrace, kind, then, inner_pos(kind))
            }
            Pos::AfterParams | Pos::TypeEnd if in_head => {
                let then = self.frame().func.take().unwrap_or(Then::Stmt);
                (Tok::LBrace, FrameKind::Statements, then, Pos::Start)
            }
            Pos::Operator => return self.brace_after_operand(token),
            Pos::Operand | Pos::With => {
                (Tok::ObjectBrace, FrameKind::Object, Then::Operand, Pos::Key)
            }
            Pos::Type => (Tok::ObjectBrace, FrameKind::Structural, Then::TypeEnd, Pos::FieldStart),
            Pos::PatternEnd => {
                (Tok::RecordBrace, FrameKind::PatternBrace, Then::PatternEnd, Pos::PatternKey)
            }
            Pos::DeclName => {
                (Tok::ObjectBrace, FrameKind::PatternBrace, Then::AfterName, Pos::PatternKey)
            }
            Pos::Pattern => {
                (Tok::ObjectBrace, FrameKind::PatternBrace, Then::PatternEnd, Pos::PatternKey)
            }
            Pos::ArmBody => (Tok::LBrace, FrameKind::Statements, Then::Arm, Pos::Start),
            Pos::ArrowBody => (Tok::LBrace, FrameKind::Statements, Then::Operand, Pos::Start),
            _ => (Tok::LBrace, FrameKind::Statements, Then::Stmt, Pos::Start),
        };
        self.emit(token, tok);
        self.push(kind, then);
        self.pos = pos;
    }

    /// `{` after an operand: a record literal, the arms of an `entrain`, or a block after a
    /// missing semicolon.
    fn brace_after_operand(&mut self, token: Raw) {
        if self.is_record_literal() {
            self.emit(token, Tok::RecordBrace);
            self.push(FrameKind::RecordLit, Then::Operand);
            self.pos = Pos::Key;
            return;
        }
        if self.frame().entrains > 0 {
            let frame = self.frame();
            frame.entrains -= 1;
            let whole = frame.entrains == 0 && frame.stmt == StmtCtx::Entrain;
            if whole {
                frame.stmt = StmtCtx::Simple;
            }
            self.emit(token, Tok::LBrace);
            self.push(FrameKind::Entrain, if whole { Then::EntrainStmt } else { Then::Operand });
            self.pos = Pos::ArmStart;
            return;
        }
        self.supply_semicolon(token);
        self.emit(token, Tok::LBrace);
        self.push(FrameKind::Statements, Then::Stmt);
        self.pos = Pos::Start;
    }

    /// Whether the `{` just read opens a record literal: it follows a name, and what is inside
    /// looks like fields.
    fn is_record_literal(&self) -> bool {
        if !matches!(self.out.last().map(|last| last.tok), Some(Tok::Ident(_))) {
            return false;
        }
        match self.peek(0).kind {
            RawKind::RBrace | RawKind::Ellipsis => true,
            RawKind::Word(_) => {
                matches!(self.peek(1).kind, RawKind::Colon | RawKind::Comma | RawKind::RBrace)
            }
            _ => false,
        }
    }

    fn close(&mut self, token: Raw, tok: Tok, fits: fn(FrameKind) -> bool) {
        self.emit(token, tok);
        if fits(self.kind()) && self.frames.len() > 1 {
            let then = self.frame().then;
            self.frames.pop();
            self.after(then);
        } else {
            self.pos = Pos::Operator;
        }
    }

    fn close_brace(&mut self, token: Raw) {
        self.supply_semicolon(token);
        if self.frames.iter().skip(1).any(|frame| frame.kind.is_brace()) {
            while !self.kind().is_brace() {
                self.frames.pop();
            }
        }
        self.pos = Pos::Other;
        self.emit(token, Tok::RBrace);
        if self.frames.len() > 1 && self.kind().is_brace() {
            let then = self.frame().then;
            self.frames.pop();
            self.after(then);
        } else {
            self.pos = Pos::Start;
        }
    }

    pub(super) fn close_hole(&mut self, token: Raw) {
        self.put(token, Tok::HoleClose, Pos::Operator);
        if let Some(hole) = self.frames.iter().rposition(|frame| frame.kind == FrameKind::Hole) {
            self.frames.truncate(hole);
        }
    }

    /// What the bracket that just closed leads to.
    fn after(&mut self, then: Then) {
        match then {
            Then::Operand => self.pos = Pos::Operator,
            Then::Stmt => {
                let next = self.peek(0);
                self.complete(next);
            }
            Then::IfBody if is_keyword(self.peek(0), Keyword::Else) => self.pos = Pos::Else,
            Then::IfBody => self.after(Then::Stmt),
            Then::Guarded if self.clause_follows() => self.pos = Pos::Clause,
            Then::Guarded => self.after(Then::Stmt),
            Then::Descend => {
                self.frame().header = (FrameKind::Paren, Then::Operand);
                self.pos = Pos::DescendWhile;
            }
            Then::OptionalSemi => {
                if self.peek(0).kind == RawKind::Semi {
                    self.at += 1;
                }
                self.after(Then::Stmt);
            }
            Then::EntrainStmt => self.after_entrain(),
            Then::Arm => {
                self.frame().reset();
                self.pos = Pos::ArmStart;
            }
            Then::Member => self.pos = Pos::MemberStart,
            Then::Field => self.pos = Pos::FieldStart,
            Then::TypeEnd => self.pos = Pos::TypeEnd,
            Then::PatternEnd => self.pos = Pos::PatternEnd,
            Then::AfterName => self.pos = Pos::AfterName,
            Then::AfterKey => self.pos = Pos::AfterKey,
            Then::Params => self.pos = Pos::AfterParams,
            Then::ArrowParams => self.pos = Pos::Other,
            Then::Body(body) => self.body(body),
            Then::Block(then) => self.expect_block(FrameKind::Statements, *then),
        }
    }

    /// An `entrain` that starts a statement ended: its semicolon is optional.
    fn after_entrain(&mut self) {
        self.pos = Pos::Operator;
        let next = self.peek(0);
        let same_line = !self.line_break_before(next);
        let goes_on = match next.kind {
            RawKind::Semi
            | RawKind::Dot
            | RawKind::QuestionDot
            | RawKind::Question
            | RawKind::Eq
            | RawKind::Assign(_)
            | RawKind::Word(Word::Synonym { .. } | Word::DreamReach) => true,
            RawKind::Op(BinaryOp::Add | BinaryOp::Sub) => same_line,
            RawKind::LParen | RawKind::LBracket | RawKind::Word(Word::OperatorWord(_)) => same_line,
            RawKind::Op(_) => true,
            _ => false,
        };
        if !goes_on {
            let at = self.last_end();
            self.insert(Tok::Semi, at);
            self.complete(next);
        }
    }

    fn clause_follows(&self) -> bool {
        let (word, next) = (self.peek(0), self.peek(1).kind);
        let block = next == RawKind::LBrace;
        let catch = is_keyword(word, Keyword::Catch) || is_keyword(word, Keyword::Surface);
        let finally = is_keyword(word, Keyword::Finally) || is_keyword(word, Keyword::Settle);
        (catch && (block || next == RawKind::LParen)) || (finally && block)
    }
}

/// What comes first in a block of this kind.
fn inner_pos(kind: FrameKind) -> Pos {
    match kind {
        FrameKind::Session => Pos::MemberStart,
        FrameKind::RecordDecl => Pos::FieldStart,
        _ => Pos::Start,
    }
}

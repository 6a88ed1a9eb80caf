//! Words in every position except the start of a statement.

use super::{
    Adapter,
    frame::{FrameKind, Pos, StmtCtx, Then},
    is_keyword,
};
use crate::{
    ast::{DeclKeyword, LoopKeyword},
    diagnostic::{Code, Diagnostic},
    keyword::{Keyword, Word},
    lexer::{Raw, RawKind},
    operator::{BinaryOp, RangeOp, UnaryOp},
    token::{FuncWord, Tok},
};

impl Adapter<'_, '_> {
    pub(super) fn word(&mut self, token: Raw, word: Word) {
        if word == Word::Keyword(Keyword::Focus) && self.opens_program() {
            self.frames.truncate(1);
            self.frame().reset();
            self.pos = Pos::Start;
        }
        match self.pos {
            Pos::Start | Pos::ElseIf => self.statement(token, word),
            Pos::Operand | Pos::ArmBody | Pos::ArrowBody => self.operand(token, word),
            Pos::Operator => self.operator(token, word),
            Pos::Member => self.put(token, Tok::Ident(token.symbol()), Pos::Operator),
            Pos::TypeMember => self.put(token, Tok::Ident(token.symbol()), Pos::TypeEnd),
            Pos::PatternMember => self.put(token, Tok::Ident(token.symbol()), Pos::PatternEnd),
            Pos::Key | Pos::PatternKey => {
                self.put(token, Tok::Ident(token.symbol()), Pos::AfterKey);
            }
            Pos::DeclName => self.declared_name(token, word),
            Pos::FuncName => self.put(token, name(token, word), Pos::Params),
            Pos::ImportSource => self.put(token, name(token, word), Pos::AfterName),
            Pos::Jump => {
                if !self.supply_semicolon_before_word(token) {
                    self.put(token, name(token, word), Pos::AfterName);
                }
            }
            Pos::Type => self.type_word(token, word),
            Pos::TypeEnd | Pos::AfterName | Pos::AfterParams => self.after_name(token, word),
            Pos::Pattern => self.pattern_word(token, word),
            Pos::PatternEnd => self.pattern_end(token, word),
            Pos::MemberStart => self.member(token, word),
            Pos::FieldStart => self.record_item(token, word),
            Pos::ArmStart => self.arm_start(token, word),
            Pos::Shared => self.shared(token, word),
            Pos::Else => {
                self.put(token, Tok::Else, Pos::Other);
                self.after_else();
            }
            Pos::Clause => self.clause(token, word),
            Pos::DescendWhile if word == Word::Keyword(Keyword::While) => {
                self.put(token, Tok::While, Pos::Header);
            }
            _ => self.put(token, name(token, word), Pos::Operator),
        }
    }

    /// Whether `Focus` opens the program here: always the first time, whatever came before.
    fn opens_program(&self) -> bool {
        !matches!(self.pos, Pos::Member | Pos::Key | Pos::PatternKey)
            && self.peek(0).kind == RawKind::LBrace
            && !self.opened
    }

    /// A label after `snap` is on the same line; a word on a later line starts a statement.
    fn supply_semicolon_before_word(&mut self, token: Raw) -> bool {
        if self.peek(0).kind == RawKind::Semi || !self.supply_semicolon(token) {
            return false;
        }
        self.step(token);
        true
    }

    fn declared_name(&mut self, token: Raw, word: Word) {
        let ident = name(token, word);
        let next = match self.stmt() {
            StmtCtx::Session => {
                self.frame().block = (FrameKind::Session, Then::Stmt);
                Pos::Block
            }
            StmtCtx::Record => {
                self.frame().block = (FrameKind::RecordDecl, Then::Stmt);
                Pos::Block
            }
            _ => Pos::AfterName,
        };
        // `induce p.x = v` and `induce this.x = v` are assignments.
        let place = self.stmt() == StmtCtx::Decl
            && matches!(self.peek(0).kind, RawKind::Dot | RawKind::LBracket);
        if place {
            let tok = if word == Word::Keyword(Keyword::This) { Tok::This } else { ident };
            self.put(token, tok, Pos::Operator);
        } else {
            self.put(token, ident, next);
        }
    }

    /// Words where an operand may start.
    pub(super) fn operand(&mut self, token: Raw, word: Word) {
        let next = self.peek(0);
        match word {
            Word::Keyword(keyword) => match keyword {
                Keyword::True => self.put(token, Tok::True, Pos::Operator),
                Keyword::False => self.put(token, Tok::False, Pos::Operator),
                Keyword::Null => self.put(token, Tok::Null, Pos::Operator),
                Keyword::This => self.put(token, Tok::This, Pos::Operator),
                Keyword::Await => self.put(token, Tok::Prefix(UnaryOp::Await), Pos::Operand),
                Keyword::Entrain => {
                    self.put(token, Tok::Entrain, Pos::Operand);
                    self.frame().entrains += 1;
                }
                Keyword::Suggestion => self.function(token, false),
                Keyword::Function if next.kind == RawKind::LParen && !self.is_declared(keyword) => {
                    self.function(token, false);
                }
                Keyword::Mesmerize if self.is_function_word(next) => {
                    self.at += 1;
                    let whole = Raw { end: next.end, ..token };
                    self.function(whole, true);
                }
                Keyword::Call if is_name_word(next) => self.pos = Pos::Operand,
                Keyword::Drawn if self.is_prefix_word(keyword, next) => {
                    self.put(token, Tok::Drawn, Pos::Operand);
                    self.frame().drawn += 1;
                }
                Keyword::BitNot if self.is_prefix_word(keyword, next) => {
                    self.put(token, Tok::Prefix(UnaryOp::BitNot), Pos::Operand);
                }
                Keyword::Awaken if self.pos == Pos::ArmBody => {
                    self.put(token, Tok::Awaken, Pos::Operand);
                }
                Keyword::When | Keyword::Otherwise if self.kind() == FrameKind::Entrain => {
                    self.arm_start(token, word);
                }
                Keyword::Var if !is_name(next) || self.is_declared(keyword) => {
                    self.operand_name(token);
                }
                _ if self.kind() == FrameKind::LoopHeader && decl_keyword(keyword).is_some() => {
                    self.decl(token, keyword);
                }
                _ if keyword.kind().is_hard() => {
                    if !self.awaken_ends_before(token) {
                        self.put(token, hard_token(keyword), Pos::Operand);
                    }
                }
                _ => self.operand_name(token),
            },
            Word::Name | Word::OperatorWord(_) => self.operand_name(token),
            Word::Synonym { op, legacy } => {
                self.warn_legacy(token, op, legacy);
                self.put(token, op_token(op), Pos::Operand);
            }
            Word::DreamReach => self.put(token, Tok::QuestionDot, Pos::Member),
        }
    }

    /// `awaken` without a value before a statement on a later line.
    fn awaken_ends_before(&mut self, token: Raw) -> bool {
        let ended = self.supply_semicolon(token);
        if ended {
            self.step(token);
        }
        ended
    }

    fn operand_name(&mut self, token: Raw) {
        let symbol = token.symbol();
        if self.peek(0).kind == RawKind::FatArrow && self.kind() != FrameKind::Entrain {
            self.put(token, Tok::ArrowName(symbol), Pos::Other);
            return;
        }
        let after_awaken = self.out.last().is_some_and(|last| last.tok == Tok::Awaken);
        if after_awaken && is_output(token) && self.starts_expression(self.peek(0)) {
            // A name followed by an operand is no expression, hence an output statement.
            if self.awaken_ends_before(token) {
                return;
            }
        }
        self.put(token, Tok::Ident(symbol), Pos::Operator);
    }

    /// A word of an extension before an operand, unless the file declares it.
    fn is_prefix_word(&self, keyword: Keyword, next: Raw) -> bool {
        !self.is_declared(keyword) && self.starts_expression(next)
    }

    /// `suggestion` or `function` in an expression or after `trigger name =`.
    fn function(&mut self, token: Raw, is_async: bool) {
        let then = if self.stmt() == StmtCtx::Trigger && self.frame().is_plain() {
            Then::OptionalSemi
        } else {
            Then::Operand
        };
        self.put(token, Tok::Func { word: FuncWord::Suggestion, is_async }, Pos::Params);
        self.frame().func = Some(then);
    }

    /// Words after an operand.
    fn operator(&mut self, token: Raw, word: Word) {
        match word {
            Word::Synonym { op, legacy } => {
                self.warn_legacy(token, op, legacy);
                self.put(token, op_token(op), Pos::Operand);
            }
            Word::OperatorWord(op) => {
                if !self.continues_line(token) {
                    return;
                }
                self.put(token, Tok::Op(op), Pos::Operand);
            }
            Word::DreamReach => self.put(token, Tok::QuestionDot, Pos::Member),
            Word::Name => self.after_operand(token, word),
            Word::Keyword(keyword) => self.operator_keyword(token, keyword),
        }
    }

    /// Infix words of extensions may also start a statement on the next line, as in `by = 2;`.
    fn continues_line(&mut self, token: Raw) -> bool {
        let assigns = matches!(self.peek(0).kind, RawKind::Eq | RawKind::Assign(_));
        if assigns && self.supply_semicolon(token) {
            self.step(token);
            return false;
        }
        true
    }

    fn operator_keyword(&mut self, token: Raw, keyword: Keyword) {
        let infix = match keyword {
            Keyword::UpTo => Some(Tok::Range(RangeOp::UpTo)),
            Keyword::Until => Some(Tok::Range(RangeOp::Until)),
            Keyword::DownTo => Some(Tok::Range(RangeOp::DownTo)),
            Keyword::By => Some(Tok::By),
            Keyword::Toward if self.frame().drawn > 0 => Some(Tok::Toward),
            _ => None,
        };
        match infix {
            Some(tok) if !self.is_declared(keyword) => {
                if self.continues_line(token) {
                    self.put(token, tok, Pos::Operand);
                }
                return;
            }
            _ => {}
        }
        match keyword {
            Keyword::With if self.peek(0).kind == RawKind::LBrace && !self.is_declared(keyword) => {
                self.put(token, Tok::With, Pos::With);
            }
            Keyword::Else if self.frame().drawn > 0 => {
                self.frame().drawn -= 1;
                self.put(token, Tok::Else, Pos::Operand);
            }
            Keyword::When | Keyword::Otherwise if self.kind() == FrameKind::Entrain => {
                self.arm_start(token, Word::Keyword(keyword));
            }
            Keyword::From if is_keyword(self.peek(0), Keyword::External) => {
                self.take_external(token);
            }
            _ => self.after_operand(token, Word::Keyword(keyword)),
        }
    }

    /// A word that cannot continue the expression: a message, a new statement, or an error.
    fn after_operand(&mut self, token: Raw, word: Word) {
        self.before_operand(token);
        if self.pos == Pos::Operator {
            self.put(token, name(token, word), Pos::Operator);
        } else {
            self.word(token, word);
        }
    }

    fn take_external(&mut self, token: Raw) {
        let external = self.peek(0);
        self.at += 1;
        self.emit(token, Tok::From);
        self.put(external, Tok::External, Pos::AfterName);
    }

    /// Words after a declared name or a type.
    fn after_name(&mut self, token: Raw, word: Word) {
        let Word::Keyword(keyword) = word else {
            return self.after_declaration(token, word);
        };
        match keyword {
            Keyword::From if is_keyword(self.peek(0), Keyword::External) => {
                self.take_external(token);
            }
            Keyword::Within if self.kind() == FrameKind::LoopHeader => {
                self.put(token, Tok::Within, Pos::Operand);
            }
            Keyword::As if self.stmt() == StmtCtx::Import => {
                self.put(token, Tok::As, Pos::DeclName);
            }
            Keyword::If => self.put(token, Tok::If, Pos::Operand),
            _ => self.after_declaration(token, word),
        }
    }

    fn after_declaration(&mut self, token: Raw, word: Word) {
        if self.supply_semicolon(token) {
            self.word(token, word);
        } else {
            self.put(token, name(token, word), Pos::Operator);
        }
    }

    fn type_word(&mut self, token: Raw, word: Word) {
        let next = self.peek(0);
        let tok = match word {
            Word::Keyword(Keyword::Lucid)
                if matches!(next.kind, RawKind::Word(_) | RawKind::LParen | RawKind::LBrace) =>
            {
                return self.put(token, Tok::Lucid, Pos::Type);
            }
            // `suggestion (A) -> R` is the function type `(A) -> R`.
            Word::Keyword(Keyword::Suggestion) if next.kind == RawKind::LParen => return,
            // `record { … }` is a structural type, except as the result of a function.
            Word::Keyword(Keyword::Record)
                if next.kind == RawKind::LBrace && self.frame().func.is_none() =>
            {
                return;
            }
            Word::Keyword(Keyword::Null) => Tok::Null,
            Word::Keyword(Keyword::Suggestion) => Tok::Ident(token.symbol()),
            _ => name(token, word),
        };
        self.put(token, tok, Pos::TypeEnd);
    }

    fn pattern_word(&mut self, token: Raw, word: Word) {
        let tok = match word {
            Word::Keyword(Keyword::True) => Tok::True,
            Word::Keyword(Keyword::False) => Tok::False,
            Word::Keyword(Keyword::Null) => Tok::Null,
            _ => name(token, word),
        };
        self.put(token, tok, Pos::PatternEnd);
    }

    fn pattern_end(&mut self, token: Raw, word: Word) {
        let (tok, pos) = match word {
            Word::Keyword(Keyword::As) => (Tok::As, Pos::Pattern),
            Word::Keyword(Keyword::UpTo) => (Tok::Range(RangeOp::UpTo), Pos::Pattern),
            Word::Keyword(Keyword::Until) => (Tok::Range(RangeOp::Until), Pos::Pattern),
            Word::Keyword(Keyword::DownTo) => (Tok::Range(RangeOp::DownTo), Pos::Pattern),
            Word::Keyword(Keyword::If) => (Tok::If, Pos::Operand),
            _ => (name(token, word), Pos::PatternEnd),
        };
        self.put(token, tok, pos);
    }

    fn arm_start(&mut self, token: Raw, word: Word) {
        self.frame().reset();
        let (tok, pos) = match word {
            Word::Keyword(Keyword::When) => (Tok::When, Pos::Pattern),
            Word::Keyword(Keyword::Otherwise) => (Tok::Otherwise, Pos::Other),
            _ => (name(token, word), Pos::Other),
        };
        self.put(token, tok, pos);
    }

    fn warn_legacy(&mut self, token: Raw, op: BinaryOp, legacy: bool) {
        if !legacy {
            return;
        }
        let text = token.span().text(self.source);
        let better = op.synonyms().first().copied().unwrap_or(op.symbol());
        self.report(
            Diagnostic::new(
                Code::LegacySynonym,
                token.span(),
                format!("`{text}` is an outdated spelling of `{}`", op.symbol()),
            )
            .with_primary(format!("means `{}`", op.symbol()))
            .with_help(format!("write `{}` or `{better}`", op.symbol())),
        );
    }

    /// Whether `token` can start an expression.
    pub(super) fn starts_expression(&self, token: Raw) -> bool {
        match token.kind {
            RawKind::Number
            | RawKind::Str
            | RawKind::TemplateOpen
            | RawKind::RawTemplate
            | RawKind::LParen
            | RawKind::LBracket
            | RawKind::LBrace
            | RawKind::Bang
            | RawKind::Op(BinaryOp::Sub | BinaryOp::Add) => true,
            RawKind::Word(word) => match word {
                Word::Name | Word::OperatorWord(_) => true,
                Word::Synonym { .. } | Word::DreamReach => false,
                Word::Keyword(keyword) => {
                    !keyword.kind().is_hard()
                        || matches!(
                            keyword,
                            Keyword::True
                                | Keyword::False
                                | Keyword::Null
                                | Keyword::This
                                | Keyword::Entrain
                                | Keyword::Suggestion
                                | Keyword::Await
                        )
                }
            },
            _ => false,
        }
    }

    fn is_function_word(&self, token: Raw) -> bool {
        is_keyword(token, Keyword::Suggestion)
            || (is_keyword(token, Keyword::Function) && !self.is_declared(Keyword::Function))
    }
}

/// Whether `token` can be a name: an ordinary word or a soft keyword, or `this`.
pub(super) fn is_name_word(token: Raw) -> bool {
    is_name(token) || is_keyword(token, Keyword::This)
}

/// Whether `token` can be a name.
pub(super) fn is_name(token: Raw) -> bool {
    match token.kind {
        RawKind::Word(Word::Name | Word::OperatorWord(_)) => true,
        RawKind::Word(Word::Keyword(keyword)) => !keyword.kind().is_hard(),
        _ => false,
    }
}

fn is_output(token: Raw) -> bool {
    [Keyword::Observe, Keyword::Whisper, Keyword::Command, Keyword::Murmur]
        .into_iter()
        .any(|keyword| is_keyword(token, keyword))
}

/// The word as a name; hard words become their token, which the grammar refuses.
pub(super) fn name(token: Raw, word: Word) -> Tok {
    match word {
        Word::Keyword(keyword) if keyword.kind().is_hard() => hard_token(keyword),
        Word::Synonym { op, .. } => op_token(op),
        Word::DreamReach => Tok::QuestionDot,
        _ => Tok::Ident(token.symbol()),
    }
}

/// The terminal of an infix operator.
pub(super) fn op_token(op: BinaryOp) -> Tok {
    match op {
        BinaryOp::Lt => Tok::Lt,
        BinaryOp::Gt => Tok::Gt,
        BinaryOp::Add => Tok::Plus,
        BinaryOp::Sub => Tok::Minus,
        BinaryOp::Pow => Tok::Caret,
        other => Tok::Op(other),
    }
}

pub(super) fn decl_keyword(keyword: Keyword) -> Option<DeclKeyword> {
    match keyword {
        Keyword::Induce => Some(DeclKeyword::Induce),
        Keyword::Implant => Some(DeclKeyword::Implant),
        Keyword::Embed => Some(DeclKeyword::Embed),
        Keyword::Freeze => Some(DeclKeyword::Freeze),
        Keyword::Var => Some(DeclKeyword::Var),
        _ => None,
    }
}

/// The terminal of a hard keyword where it does not belong.
pub(super) fn hard_token(keyword: Keyword) -> Tok {
    match keyword {
        Keyword::Focus => Tok::Focus,
        Keyword::Relax => Tok::Relax,
        Keyword::If => Tok::If,
        Keyword::Else => Tok::Else,
        Keyword::Entrain => Tok::Entrain,
        Keyword::When => Tok::When,
        Keyword::Otherwise => Tok::Otherwise,
        Keyword::While => Tok::While,
        Keyword::Loop => Tok::Loop(LoopKeyword::Loop),
        Keyword::Pendulum => Tok::Loop(LoopKeyword::Pendulum),
        Keyword::Suggestion => Tok::Func { word: FuncWord::Suggestion, is_async: false },
        Keyword::Awaken => Tok::Awaken,
        Keyword::Await => Tok::Prefix(UnaryOp::Await),
        Keyword::Tranceify => Tok::Record,
        Keyword::True => Tok::True,
        Keyword::False => Tok::False,
        Keyword::Null => Tok::Null,
        Keyword::This => Tok::This,
        other => decl_keyword(other).map_or(Tok::Error, Tok::Decl),
    }
}

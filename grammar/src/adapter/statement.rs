//! Words at the start of statements, session members and record items.

use super::{
    Adapter, emphasis,
    frame::{Body, FrameKind, Pos, StmtCtx, Then},
    is_keyword,
    words::{decl_keyword, hard_token, is_name, is_name_word, name},
};
use crate::{
    ast::{AdjustKind, LoopKeyword, OutputKind},
    diagnostic::{Code, Diagnostic},
    keyword::{Keyword, Word},
    lexer::{NO_PARTNER, Raw, RawKind},
    token::{FuncWord, Tok},
};

impl Adapter<'_, '_> {
    /// A word at the start of a statement: the keyword reading if the look-ahead allows it, else
    /// a label or an expression.
    pub(super) fn statement(&mut self, token: Raw, word: Word) {
        if self.stmt() == StmtCtx::Simple {
            // After the prefix `call`.
            return self.operand(token, word);
        }
        let keyword = match word {
            Word::Keyword(keyword) => keyword,
            _ => return self.label_or_expression(token, word),
        };
        let read = if keyword.kind().is_hard() {
            self.hard_statement(token, keyword)
        } else if self.is_declared(keyword) || self.calls_own_function(token) {
            false
        } else {
            self.soft_statement(token, keyword)
                || self.soft_declaration(token, keyword)
                || self.soft_extension(token, keyword)
        };
        if !read {
            self.label_or_expression(token, word);
        }
    }

    /// Whether this is a call of a suggestion of the same file that is named like a keyword, such
    /// as `Observe(x)`.
    fn calls_own_function(&self, token: Raw) -> bool {
        self.peek(0).kind == RawKind::LParen && self.declared.functions.contains(&token.symbol())
    }

    fn label_or_expression(&mut self, token: Raw, word: Word) {
        let next = self.peek(0);
        if next.kind == RawKind::Colon && is_name(token) {
            self.at += 1;
            let whole = Raw { end: next.end, ..token };
            self.put(whole, Tok::LabelName(token.symbol()), Pos::Start);
            return;
        }
        self.frame().stmt = StmtCtx::Simple;
        self.operand(token, word);
    }

    /// Hard keywords need no look-ahead. Returns false for those that start expressions.
    fn hard_statement(&mut self, token: Raw, keyword: Keyword) -> bool {
        match keyword {
            Keyword::If => self.header(token, Tok::If, Body::If),
            Keyword::While => self.header(token, Tok::While, Body::Other),
            Keyword::Loop => self.loop_statement(token, LoopKeyword::Loop),
            Keyword::Pendulum => self.loop_statement(token, LoopKeyword::Pendulum),
            Keyword::Entrain => {
                self.frame().stmt = StmtCtx::Entrain;
                self.put(token, Tok::Entrain, Pos::Operand);
                self.frame().entrains += 1;
            }
            Keyword::Awaken => self.put(token, Tok::Awaken, Pos::Operand),
            Keyword::Tranceify => {
                self.frame().stmt = StmtCtx::Record;
                self.put(token, Tok::Record, Pos::DeclName);
            }
            Keyword::Suggestion if self.peek(0).kind != RawKind::LParen => {
                self.function_declaration(token, FuncWord::Suggestion, false, Then::Stmt);
            }
            Keyword::Focus => {
                self.opened = true;
                self.put(token, Tok::Focus, Pos::Other);
                self.expect_block(FrameKind::Statements, Then::Stmt);
            }
            Keyword::Relax => {
                self.emit(token, Tok::Relax);
                self.finish();
            }
            Keyword::Suggestion
            | Keyword::True
            | Keyword::False
            | Keyword::Null
            | Keyword::This
            | Keyword::Await => return false,
            _ if decl_keyword(keyword).is_some() => self.decl(token, keyword),
            _ => self.put(token, hard_token(keyword), Pos::Other),
        }
        true
    }

    /// Everything after `Relax` is ignored, with a warning unless it is one `;`.
    fn finish(&mut self) {
        self.finished = true;
        let mut next = self.peek(0);
        if next.kind == RawKind::Semi {
            next = self.peek(1);
        }
        if next.kind != RawKind::Eof {
            self.report(
                Diagnostic::new(Code::TextAfterRelax, next.span(), "text after `Relax` is ignored")
                    .with_primary("not part of the program")
                    .with_help("remove it or move it into the program"),
            );
        }
    }

    fn header(&mut self, token: Raw, tok: Tok, body: Body) {
        self.put(token, tok, Pos::Header);
        self.frame().header = (FrameKind::Paren, Then::Body(body));
    }

    fn loop_statement(&mut self, token: Raw, keyword: LoopKeyword) {
        self.put(token, Tok::Loop(keyword), Pos::Header);
        if self.peek(0).kind == RawKind::LParen {
            self.frame().header = (FrameKind::LoopHeader, Then::Body(Body::Other));
        } else if self.peek(0).kind == RawKind::LBrace || emphasis(self.peek(0)).is_some() {
            self.body(Body::Other);
        }
    }

    /// `induce` and its relatives.
    pub(super) fn decl(&mut self, token: Raw, keyword: Keyword) {
        let Some(decl) = decl_keyword(keyword) else { return };
        let null = self.peek(0);
        if is_keyword(null, Keyword::Null) && self.peek(1).kind == RawKind::Semi {
            // The only way to have a `null` in the reference; the `;` is left as the statement.
            self.at += 1;
            let span = null.span();
            self.report(
                Diagnostic::new(Code::NullDeclaration, span, "declaration of `null` is ignored")
                    .with_primary("`null` is a literal")
                    .with_help("remove the declaration"),
            );
            return;
        }
        if self.kind() != FrameKind::LoopHeader {
            self.frame().stmt = StmtCtx::Decl;
        }
        self.put(token, Tok::Decl(decl), Pos::DeclName);
    }

    fn function_declaration(&mut self, token: Raw, word: FuncWord, is_async: bool, then: Then) {
        self.put(token, Tok::Func { word, is_async }, Pos::FuncName);
        self.frame().func = Some(then);
    }

    /// Soft keywords of statements. Returns whether the keyword reading applies.
    fn soft_statement(&mut self, token: Raw, keyword: Keyword) -> bool {
        let next = self.peek(0);
        match keyword {
            Keyword::Observe => self.output(token, OutputKind::Observe),
            Keyword::Whisper => self.output(token, OutputKind::Whisper),
            Keyword::Command => self.output(token, OutputKind::Command),
            Keyword::Murmur => self.output(token, OutputKind::Murmur),
            Keyword::Snap if self.is_jump(token, next) => self.jump(token, Tok::Snap),
            Keyword::Sink if self.is_jump(token, next) => self.jump(token, Tok::Sink),
            Keyword::SinkTo if is_name(next) && self.ends_statement(self.peek(1), next) => {
                self.jump(token, Tok::SinkTo)
            }
            Keyword::Label if is_name(next) && self.ends_statement(self.peek(1), next) => {
                self.frame().stmt = StmtCtx::Label;
                self.put(token, Tok::Label, Pos::DeclName);
                true
            }
            Keyword::Oscillate if is_name_word(next) => {
                self.simple(token, Tok::Oscillate, Pos::Operand)
            }
            Keyword::Suspend if self.ends_statement(next, token) => {
                self.simple(token, Tok::Suspend, Pos::Jump)
            }
            Keyword::Assert if self.starts_expression(next) => {
                self.put(token, Tok::Assert, Pos::Operand);
                self.frame().stmt = StmtCtx::Assert;
                true
            }
            Keyword::Throw | Keyword::Jolt if self.starts_expression(next) => {
                self.simple(token, Tok::Throw(keyword == Keyword::Jolt), Pos::Operand)
            }
            Keyword::Call if is_name_word(next) => {
                self.frame().stmt = StmtCtx::Simple;
                true
            }
            Keyword::For if next.kind == RawKind::LParen => {
                self.loop_statement(token, LoopKeyword::For);
                true
            }
            Keyword::Try | Keyword::Plunge if next.kind == RawKind::LBrace => {
                self.put(token, Tok::Try(keyword == Keyword::Plunge), Pos::Other);
                self.expect_block(FrameKind::Statements, Then::Guarded);
                true
            }
            Keyword::DeepFocus | Keyword::DeeperStill => self.emphasis_statement(token),
            _ => false,
        }
    }

    fn simple(&mut self, token: Raw, tok: Tok, pos: Pos) -> bool {
        self.frame().stmt = StmtCtx::Simple;
        self.put(token, tok, pos);
        true
    }

    fn output(&mut self, token: Raw, kind: OutputKind) -> bool {
        self.starts_expression(self.peek(0)) && self.simple(token, Tok::Output(kind), Pos::Operand)
    }

    /// `;` or a name and `;`, also where O13 will supply the semicolon.
    fn is_jump(&self, token: Raw, next: Raw) -> bool {
        self.ends_statement(next, token)
            || (is_name(next) && self.ends_statement(self.peek(1), next))
    }

    /// Whether the statement ends between `last` and `next`.
    fn ends_statement(&self, next: Raw, last: Raw) -> bool {
        matches!(next.kind, RawKind::Semi | RawKind::RBrace | RawKind::Eof)
            || (matches!(next.kind, RawKind::Word(_))
                && self
                    .source
                    .get(last.end as usize..next.start as usize)
                    .is_some_and(|gap| gap.contains('\n')))
    }

    fn jump(&mut self, token: Raw, tok: Tok) -> bool {
        self.frame().stmt = StmtCtx::Jump;
        self.put(token, tok, Pos::Jump);
        true
    }

    fn emphasis_statement(&mut self, token: Raw) -> bool {
        match self.peek(0).kind {
            RawKind::LBrace => {
                if let Some(emphasis) = emphasis(token) {
                    self.put(token, Tok::Emphasis(emphasis), Pos::Start);
                }
                self.expect_block(FrameKind::Statements, Then::Stmt);
            }
            RawKind::LParen => self.header(token, Tok::DeepFocusIf, Body::If),
            _ => return false,
        }
        true
    }

    /// Soft keywords of declarations and program blocks.
    fn soft_declaration(&mut self, token: Raw, keyword: Keyword) -> bool {
        let next = self.peek(0);
        let after = self.peek(1);
        match keyword {
            Keyword::Session if is_name(next) && after.kind == RawKind::LBrace => {
                self.frame().stmt = StmtCtx::Session;
                self.put(token, Tok::Session, Pos::DeclName);
            }
            Keyword::Record if is_name(next) && after.kind == RawKind::LBrace => {
                self.frame().stmt = StmtCtx::Record;
                self.put(token, Tok::Record, Pos::DeclName);
            }
            Keyword::Trigger if is_name(next) && after.kind == RawKind::Eq => {
                self.frame().stmt = StmtCtx::Trigger;
                self.put(token, Tok::Trigger, Pos::DeclName);
            }
            Keyword::Anchor if is_name(next) && after.kind == RawKind::Eq => {
                self.frame().stmt = StmtCtx::Decl;
                self.put(token, Tok::Anchor, Pos::DeclName);
            }
            Keyword::Entrance if self.is_entrance(next) => {
                self.put(token, Tok::Entrance, Pos::Header);
                if next.kind == RawKind::LBrace {
                    self.expect_block(FrameKind::Statements, Then::OptionalSemi);
                } else {
                    self.frame().header = (FrameKind::Params, Then::Block(&Then::OptionalSemi));
                }
            }
            Keyword::Finale if next.kind == RawKind::LBrace => {
                self.put(token, Tok::Finale, Pos::Other);
                self.expect_block(FrameKind::Statements, Then::OptionalSemi);
            }
            Keyword::SharedTrance if self.is_shared(next, after) => {
                self.frame().stmt = StmtCtx::Decl;
                self.put(token, Tok::Shared, Pos::Shared);
            }
            Keyword::Expose | Keyword::Conceal if self.starts_declaration(next) => {
                let tok = if keyword == Keyword::Expose { Tok::Expose } else { Tok::Conceal };
                self.put(token, tok, Pos::Start);
            }
            Keyword::Dominant if is_keyword(next, Keyword::Mesmerize) || self.is_function(next) => {
                self.function_words(token, FuncWord::Dominant, false, Then::Stmt);
            }
            Keyword::MindLink | Keyword::Import
                if next.kind == RawKind::Str || is_name(next) && self.ends_import(after) =>
            {
                self.frame().stmt = StmtCtx::Import;
                self.put(token, Tok::Import, Pos::ImportSource);
            }
            Keyword::Function if is_name(next) && after.kind == RawKind::LParen => {
                self.function_declaration(token, FuncWord::Suggestion, false, Then::Stmt);
            }
            Keyword::Var if is_name(next) => self.decl(token, keyword),
            _ => return self.function_prefix(token, keyword, Then::Stmt),
        }
        true
    }

    fn ends_import(&self, after: Raw) -> bool {
        is_keyword(after, Keyword::As) || self.ends_statement(after, self.peek(0))
    }

    fn is_entrance(&self, next: Raw) -> bool {
        next.kind == RawKind::LBrace
            || (next.kind == RawKind::LParen
                && next.value != NO_PARTNER
                && self
                    .raw
                    .get(next.value as usize + 1)
                    .is_some_and(|after| after.kind == RawKind::LBrace))
    }

    fn is_shared(&self, next: Raw, after: Raw) -> bool {
        let declared =
            is_name(next) && matches!(after.kind, RawKind::Colon | RawKind::Eq | RawKind::Semi);
        declared || keyword_of(next).and_then(decl_keyword).is_some()
    }

    /// The declaration after `sharedTrance`.
    pub(super) fn shared(&mut self, token: Raw, word: Word) {
        let keyword = match word {
            Word::Keyword(keyword) => decl_keyword(keyword),
            _ => None,
        };
        match keyword {
            // `var` may be the variable itself.
            Some(decl) if is_name(self.peek(0)) || !is_name(token) => {
                self.put(token, Tok::Decl(decl), Pos::DeclName);
            }
            _ => {
                self.pos = Pos::DeclName;
                self.word(token, word);
            }
        }
    }

    fn is_function(&self, token: Raw) -> bool {
        is_keyword(token, Keyword::Suggestion)
            || (is_keyword(token, Keyword::Function) && !self.is_declared(Keyword::Function))
    }

    /// `mesmerize`, `imperative`, `imperativeSuggestion` and `dominantSuggestion`.
    fn function_prefix(&mut self, token: Raw, keyword: Keyword, then: Then) -> bool {
        let next = self.peek(0);
        let word = match keyword {
            Keyword::ImperativeSuggestion => FuncWord::Imperative,
            Keyword::DominantSuggestion => FuncWord::Dominant,
            Keyword::Imperative if self.is_function(next) => FuncWord::Imperative,
            Keyword::Mesmerize => return self.mesmerize(token, then),
            _ => return false,
        };
        if keyword == Keyword::Imperative {
            self.function_words(token, word, false, then);
            return true;
        }
        let named = is_name(next) && self.peek(1).kind == RawKind::LParen;
        if named {
            self.function_declaration(token, word, false, then);
        }
        named
    }

    /// A prefix of two words such as `imperative suggestion`, `dominant mesmerize suggestion`.
    fn function_words(&mut self, token: Raw, word: FuncWord, is_async: bool, then: Then) {
        let mut is_async = is_async;
        let mut whole = token;
        if is_keyword(self.peek(0), Keyword::Mesmerize) {
            is_async = true;
            whole.end = self.peek(0).end;
            self.at += 1;
        }
        if self.is_function(self.peek(0)) {
            whole.end = self.peek(0).end;
            self.at += 1;
        }
        self.function_declaration(whole, word, is_async, then);
    }

    fn mesmerize(&mut self, token: Raw, then: Then) -> bool {
        let next = self.peek(0);
        let after = self.peek(1);
        if self.is_function(next) {
            if after.kind == RawKind::LParen && then == Then::Stmt {
                // An asynchronous lambda that starts an expression statement.
                return false;
            }
            self.at += 1;
            let whole = Raw { end: next.end, ..token };
            self.function_declaration(whole, FuncWord::Suggestion, true, then);
            return true;
        }
        let word = match keyword_of(next) {
            Some(Keyword::ImperativeSuggestion) => FuncWord::Imperative,
            Some(Keyword::Imperative) if self.is_function(after) => FuncWord::Imperative,
            Some(Keyword::DominantSuggestion) => FuncWord::Dominant,
            Some(Keyword::Dominant) if self.is_function(after) => FuncWord::Dominant,
            _ if is_name(next) && after.kind == RawKind::LParen => {
                self.function_declaration(token, FuncWord::Bare, true, then);
                return true;
            }
            _ => return false,
        };
        self.at += 1;
        let whole = Raw { end: next.end, ..token };
        self.function_words(whole, word, true, then);
        true
    }

    /// Whether `token` starts a declaration or is a modifier.
    fn starts_declaration(&self, token: Raw) -> bool {
        keyword_of(token).is_some_and(|keyword| {
            decl_keyword(keyword).is_some()
                || matches!(
                    keyword,
                    Keyword::Suggestion
                        | Keyword::Function
                        | Keyword::Session
                        | Keyword::Tranceify
                        | Keyword::Record
                        | Keyword::Trigger
                        | Keyword::SharedTrance
                        | Keyword::Anchor
                        | Keyword::Mesmerize
                        | Keyword::Imperative
                        | Keyword::ImperativeSuggestion
                        | Keyword::DominantSuggestion
                        | Keyword::Dominant
                        | Keyword::Expose
                        | Keyword::Conceal
                )
        })
    }

    /// Words of extensions.
    fn soft_extension(&mut self, token: Raw, keyword: Keyword) -> bool {
        let next = self.peek(0);
        match keyword {
            Keyword::Descend if next.kind == RawKind::LBrace => {
                self.put(token, Tok::DescendLoop, Pos::Other);
                self.frame().stmt = StmtCtx::Simple;
                self.expect_block(FrameKind::Statements, Then::Descend);
                true
            }
            Keyword::Descend if self.ends_statement(next, token) => {
                self.simple(token, Tok::Descend, Pos::Jump)
            }
            Keyword::Deepen if is_name_word(next) => {
                self.simple(token, Tok::Adjust(AdjustKind::Deepen), Pos::Operand)
            }
            Keyword::Lighten if is_name_word(next) => {
                self.simple(token, Tok::Adjust(AdjustKind::Lighten), Pos::Operand)
            }
            _ => false,
        }
    }

    pub(super) fn after_else(&mut self) {
        let next = self.peek(0);
        let deep = emphasis(next).is_some() && self.peek(1).kind == RawKind::LParen;
        if is_keyword(next, Keyword::If) || deep {
            self.pos = Pos::ElseIf;
        } else {
            self.body(Body::Other);
        }
    }

    pub(super) fn clause(&mut self, token: Raw, word: Word) {
        match word {
            Word::Keyword(Keyword::Catch | Keyword::Surface) => {
                if self.peek(0).kind == RawKind::LParen {
                    self.put(token, Tok::Catch, Pos::Header);
                    self.frame().header = (FrameKind::Params, Then::Block(&Then::Guarded));
                } else {
                    self.put(token, Tok::Catch, Pos::Other);
                    self.expect_block(FrameKind::Statements, Then::Guarded);
                }
            }
            _ => {
                self.put(token, Tok::Finally, Pos::Other);
                self.expect_block(FrameKind::Statements, Then::Stmt);
            }
        }
    }

    /// A word at the start of a session member.
    pub(super) fn member(&mut self, token: Raw, word: Word) {
        let next = self.peek(0);
        let word_follows = matches!(next.kind, RawKind::Word(_));
        let Word::Keyword(keyword) = word else { return self.member_name(token) };
        if !word_follows {
            return self.member_name(token);
        }
        match keyword {
            Keyword::Expose => self.put(token, Tok::Expose, Pos::MemberStart),
            Keyword::Conceal => self.put(token, Tok::Conceal, Pos::MemberStart),
            Keyword::Dominant => self.put(token, Tok::Dominant, Pos::MemberStart),
            Keyword::Trigger if self.peek(1).kind == RawKind::Eq => {
                self.frame().stmt = StmtCtx::Trigger;
                self.put(token, Tok::Trigger, Pos::DeclName);
            }
            Keyword::Suggestion => {
                self.function_declaration(token, FuncWord::Suggestion, false, Then::Member);
            }
            Keyword::Function if self.peek(1).kind == RawKind::LParen => {
                self.function_declaration(token, FuncWord::Suggestion, false, Then::Member);
            }
            _ if decl_keyword(keyword).is_some() => {
                self.frame().stmt = StmtCtx::Field;
                self.put(token, decl_keyword(keyword).map_or(Tok::Error, Tok::Decl), Pos::DeclName);
            }
            _ => {
                if !self.function_prefix(token, keyword, Then::Member) {
                    self.member_name(token);
                }
            }
        }
    }

    /// The name of a field, or of a method without a function word.
    fn member_name(&mut self, token: Raw) {
        let method = self.peek(0).kind == RawKind::LParen;
        let ident = Tok::Ident(token.symbol());
        if method {
            let tok = match token.kind {
                RawKind::Word(word) => name(token, word),
                _ => ident,
            };
            self.put(token, tok, Pos::Params);
            self.frame().func = Some(Then::Member);
        } else {
            self.frame().stmt = StmtCtx::Field;
            self.put(token, ident, Pos::AfterName);
        }
    }

    /// A word at the start of a record field or method.
    pub(super) fn record_item(&mut self, token: Raw, word: Word) {
        let next = self.peek(0);
        let ident = Tok::Ident(token.symbol());
        if next.kind == RawKind::LParen {
            self.put(token, name(token, word), Pos::Params);
            self.frame().func = Some(Then::Field);
            return;
        }
        let field = matches!(next.kind, RawKind::Colon | RawKind::Question);
        if let (false, Word::Keyword(keyword)) = (field, word) {
            if matches!(keyword, Keyword::Suggestion | Keyword::Function) {
                self.function_declaration(token, FuncWord::Suggestion, false, Then::Field);
                return;
            }
            if self.function_prefix(token, keyword, Then::Field) {
                return;
            }
        }
        self.frame().stmt = StmtCtx::Field;
        self.put(token, ident, Pos::AfterKey);
    }
}

fn keyword_of(token: Raw) -> Option<Keyword> {
    match token.kind {
        RawKind::Word(Word::Keyword(keyword)) => Some(keyword),
        _ => None,
    }
}

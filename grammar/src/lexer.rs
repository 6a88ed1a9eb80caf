//! Characters to raw tokens. Words are interned and classified here; what a soft keyword means
//! and which kind of brace a `{` is are decided by the [adapter](crate::adapter).

pub(crate) mod number;
mod template;
pub(crate) mod text;

use crate::{
    diagnostic::{Code, Diagnostic},
    intern::{Interner, Symbol},
    keyword::{Word, classify},
    operator::BinaryOp,
    span::Span,
};

/// A token before any context is applied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw {
    pub(crate) kind: RawKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The symbol of a word; the index of the partner of `(`, or [`NO_PARTNER`].
    pub(crate) value: u32,
}

/// Marks an opening parenthesis that is never closed.
pub(crate) const NO_PARTNER: u32 = u32::MAX;

impl Raw {
    pub(crate) fn span(&self) -> Span {
        Span::new(self.start, self.end)
    }

    pub(crate) fn symbol(&self) -> Symbol {
        Symbol(self.value)
    }
}

/// What a raw token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawKind {
    Word(Word),
    Number,
    Str,
    TemplateOpen,
    TemplateText,
    HoleOpen,
    HoleClose,
    TemplateClose,
    RawTemplate,
    Op(BinaryOp),
    Assign(BinaryOp),
    Eq,
    FatArrow,
    ThinArrow,
    Bang,
    Question,
    QuestionDot,
    Amp,
    Pipe,
    Semi,
    Comma,
    Colon,
    Dot,
    Ellipsis,
    LParen,
    RParen,
    LBrace,
    RBrace,
    LBracket,
    RBracket,
    Eof,
}

/// What lexing yields.
pub(crate) struct Lexed {
    /// All tokens, closed by one `Eof`.
    pub(crate) tokens: Vec<Raw>,
    /// Where a construct starts that swallows the rest of the file; the end otherwise.
    pub(crate) cutoff: u32,
}

const START: u8 = 1;
const CONTINUE: u8 = 2;
const SPACE: u8 = 4;
const DIGIT: u8 = 8;

/// Character classes of the ASCII range.
static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let c = byte as u8;
        if c.is_ascii_alphabetic() || c == b'_' {
            table[byte] = START | CONTINUE;
        } else if c.is_ascii_digit() {
            table[byte] = CONTINUE | DIGIT;
        } else if matches!(c, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C) {
            table[byte] = SPACE;
        }
        byte += 1;
    }
    table
}

/// Whether `c` can start an identifier.
pub(crate) fn is_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

/// Whether `c` can continue an identifier.
pub(crate) fn is_continue(c: char) -> bool {
    c == '_' || c.is_alphabetic() || c.is_numeric()
}

/// Fewer bytes than most programs have for each token, so that the list need not grow.
const BYTES_PER_TOKEN: usize = 3;

/// Splits `source` from the byte offset `from` on into tokens.
pub(crate) fn lex(
    source: &str,
    from: usize,
    interner: &mut Interner,
    diagnostics: &mut Vec<Diagnostic>,
) -> Lexed {
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        at: from,
        tokens: Vec::with_capacity(source.len().saturating_sub(from) / BYTES_PER_TOKEN + 16),
        interner,
        words: Vec::new(),
        diagnostics,
        braces: Vec::new(),
        depth: 0,
        parens: Vec::new(),
        cutoff: offset(source.len()),
    };
    lexer.run();
    Lexed { tokens: lexer.tokens, cutoff: lexer.cutoff }
}

/// Offsets fit, sources are limited to far less than 4 GiB.
fn offset(at: usize) -> u32 {
    at as u32
}

/// Most findings of one stage; a file with more is not a program.
pub(crate) const MAX_REPORTS: usize = 500;

/// Most templates that may be open inside each other.
const MAX_TEMPLATES: usize = 100;

struct Lexer<'s, 'x> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    tokens: Vec<Raw>,
    interner: &'x mut Interner,
    /// What every symbol seen so far can mean.
    words: Vec<Option<Word>>,
    diagnostics: &'x mut Vec<Diagnostic>,
    /// Brace depths at which the holes of open templates started.
    braces: Vec<u32>,
    depth: u32,
    /// Open brackets, as token indices; finds the partner of every `(`.
    parens: Vec<u32>,
    cutoff: u32,
}

impl Lexer<'_, '_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match CLASS[byte as usize] {
                SPACE => {
                    let rest = self.bytes.get(self.at + 1..).unwrap_or(&[]);
                    self.at += 1 + rest.iter().take_while(|&&byte| byte == b' ').count();
                }
                class if class & START != 0 => self.word(),
                class if class & DIGIT != 0 => self.number(),
                _ if byte >= 0x80 => self.non_ascii(),
                _ => self.punctuation(byte),
            }
        }
        if !self.braces.is_empty() {
            self.unterminated_hole();
        }
        let end = offset(self.bytes.len());
        self.tokens.push(Raw { kind: RawKind::Eof, start: end, end, value: 0 });
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: RawKind, start: usize) {
        self.tokens.push(Raw {
            kind,
            start: offset(start),
            end: offset(self.at),
            value: NO_PARTNER,
        });
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_REPORTS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn error(&mut self, code: Code, start: usize, end: usize, message: impl Into<String>) {
        let span = Span::new(offset(start), offset(end));
        self.report(Diagnostic::new(code, span, message));
    }

    fn next_char(&self) -> Option<char> {
        self.source.get(self.at..)?.chars().next()
    }

    fn word(&mut self) {
        let start = self.at;
        let mut at = start;
        loop {
            match self.bytes.get(at) {
                Some(&byte) if CLASS[byte as usize] & CONTINUE != 0 => at += 1,
                Some(&byte) if byte >= 0x80 => {
                    self.at = at;
                    match self.next_char() {
                        Some(c) if is_continue(c) => at += c.len_utf8(),
                        _ => break,
                    }
                }
                _ => break,
            }
        }
        self.at = at;
        let text = &self.source[start..at];
        if self.peek(0) == b'`' && text == "raw" {
            self.raw_template(start);
            return;
        }
        let symbol = self.interner.intern(text);
        let word = self.word_of(symbol, text);
        self.tokens.push(Raw {
            kind: RawKind::Word(word),
            start: offset(start),
            end: offset(at),
            value: symbol.0,
        });
    }

    fn word_of(&mut self, symbol: Symbol, text: &str) -> Word {
        if let Some(Some(word)) = self.words.get(symbol.index()) {
            return *word;
        }
        if self.words.len() <= symbol.index() {
            self.words.resize(symbol.index() * 2 + 64, None);
        }
        let word = classify(text);
        self.words[symbol.index()] = Some(word);
        word
    }

    fn non_ascii(&mut self) {
        let Some(c) = self.next_char() else {
            self.at = self.bytes.len();
            return;
        };
        if is_start(c) {
            self.word();
        } else if c.is_whitespace() {
            self.at += c.len_utf8();
        } else if c.is_numeric() {
            self.number();
        } else {
            self.unexpected(c);
        }
    }

    fn unexpected(&mut self, c: char) {
        let start = self.at;
        self.at += c.len_utf8();
        let shown = if c.is_control() { format!("U+{:04X}", c as u32) } else { c.to_string() };
        let span = Span::new(offset(start), offset(self.at));
        let mut diagnostic = Diagnostic::new(
            Code::UnexpectedCharacter,
            span,
            format!("unexpected character `{shown}`"),
        )
        .with_primary("has no meaning here");
        diagnostic.help = match c {
            '‘' | '’' | '“' | '”' | '„' | '«' | '»' => {
                Some("strings are delimited by plain quotes: `\"`".into())
            }
            '−' | '–' | '—' => Some("the minus sign is a plain hyphen: `-`".into()),
            '×' => Some("multiplication is written `*`".into()),
            '\u{FEFF}' => Some("a byte order mark may only stand at the start of a file".into()),
            _ => None,
        };
        self.report(diagnostic);
    }

    fn number(&mut self) {
        let start = self.at;
        let (end, problem) = number::scan(self.source, start);
        self.at = end;
        if let Some(problem) = problem {
            let text = &self.source[start..end];
            let diagnostic = Diagnostic::new(
                Code::InvalidNumber,
                Span::new(offset(start), offset(end)),
                format!("invalid number `{text}`"),
            )
            .with_primary(problem)
            .with_help("write digits, `1.5`, `1e5`, `0xFF`, `0b1`, `0o7` or `1_000`");
            self.report(diagnostic);
        }
        self.push(RawKind::Number, start);
    }

    fn punctuation(&mut self, byte: u8) {
        let start = self.at;
        let next = self.peek(1);
        let (kind, len) = match byte {
            b'/' if next == b'/' => return self.line_comment(),
            b'/' if next == b'*' => return self.block_comment(),
            b'"' | b'\'' => return self.string(byte),
            b'`' => return self.template(),
            b'(' => return self.open(RawKind::LParen),
            b'[' => return self.open(RawKind::LBracket),
            b'{' => return self.open(RawKind::LBrace),
            b')' => return self.close(RawKind::RParen, RawKind::LParen),
            b']' => return self.close(RawKind::RBracket, RawKind::LBracket),
            b'}' => return self.close_brace(),
            b'.' if next == b'.' && self.peek(2) == b'.' => (RawKind::Ellipsis, 3),
            b'.' if next == b'.' => return self.dot_dot(),
            b'.' => (RawKind::Dot, 1),
            b';' => (RawKind::Semi, 1),
            b',' => (RawKind::Comma, 1),
            b':' => (RawKind::Colon, 1),
            b'=' if next == b'=' => (RawKind::Op(BinaryOp::Eq), 2),
            b'=' if next == b'>' => (RawKind::FatArrow, 2),
            b'=' => (RawKind::Eq, 1),
            b'!' if next == b'=' => (RawKind::Op(BinaryOp::Ne), 2),
            b'!' => (RawKind::Bang, 1),
            b'<' if next == b'=' => (RawKind::Op(BinaryOp::Le), 2),
            b'<' => (RawKind::Op(BinaryOp::Lt), 1),
            b'>' if next == b'=' => (RawKind::Op(BinaryOp::Ge), 2),
            b'>' => (RawKind::Op(BinaryOp::Gt), 1),
            b'&' if next == b'&' => (RawKind::Op(BinaryOp::And), 2),
            b'&' => (RawKind::Amp, 1),
            b'|' if next == b'|' => (RawKind::Op(BinaryOp::Or), 2),
            b'|' => (RawKind::Pipe, 1),
            b'?' => self.question(next),
            b'-' if next == b'>' => (RawKind::ThinArrow, 2),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'^' => arithmetic(byte, next),
            _ => {
                let c = self.next_char().unwrap_or('\u{FFFD}');
                return self.unexpected(c);
            }
        };
        self.at += len;
        self.push(kind, start);
    }

    fn question(&self, next: u8) -> (RawKind, usize) {
        match next {
            b'?' if self.peek(2) == b'=' => (RawKind::Assign(BinaryOp::Coalesce), 3),
            b'?' => (RawKind::Op(BinaryOp::Coalesce), 2),
            b'.' if !self.peek(2).is_ascii_digit() => (RawKind::QuestionDot, 2),
            _ => (RawKind::Question, 1),
        }
    }

    fn dot_dot(&mut self) {
        let start = self.at;
        self.at += 2;
        let span = Span::new(offset(start), offset(self.at));
        self.report(
            Diagnostic::new(Code::RangeOperator, span, "`..` is not an operator")
                .with_primary("reserved")
                .with_help("write `a upTo b` (inclusive) or `a until b` for a range"),
        );
    }

    fn open(&mut self, kind: RawKind) {
        let start = self.at;
        self.at += 1;
        if kind == RawKind::LBrace {
            self.depth += 1;
        }
        self.parens.push(offset(self.tokens.len()));
        self.push(kind, start);
    }

    /// Closes a round or square bracket and notes the partner.
    fn close(&mut self, kind: RawKind, open: RawKind) {
        let start = self.at;
        self.at += 1;
        let here = offset(self.tokens.len());
        if let Some(&index) = self.parens.last()
            && let Some(token) = self.tokens.get_mut(index as usize)
            && token.kind == open
        {
            token.value = here;
            self.parens.pop();
        }
        self.push(kind, start);
    }

    /// A brace closes every bracket that was left open inside it.
    fn close_brace(&mut self) {
        if self.braces.last() == Some(&self.depth) {
            self.braces.pop();
            let start = self.at;
            self.at += 1;
            self.push(RawKind::HoleClose, start);
            self.template_text();
            return;
        }
        let start = self.at;
        self.at += 1;
        self.depth = self.depth.saturating_sub(1);
        while let Some(index) = self.parens.pop() {
            if self.tokens.get(index as usize).is_some_and(|t| t.kind == RawKind::LBrace) {
                break;
            }
        }
        self.push(RawKind::RBrace, start);
    }

    fn line_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    }

    fn block_comment(&mut self) {
        let start = self.at;
        match self.source[start + 2..].find("*/") {
            Some(end) => self.at = start + 2 + end + 2,
            None => {
                self.at = self.bytes.len();
                self.swallowed(start);
                let span = Span::new(offset(start), offset(start + 2));
                self.report(
                    Diagnostic::new(Code::UnterminatedComment, span, "unterminated block comment")
                        .with_primary("opened here")
                        .with_help("close the comment with `*/`"),
                );
            }
        }
    }

    /// The construct at `start` swallows the rest of the file; what was said about the text in it
    /// no longer counts.
    fn swallowed(&mut self, start: usize) {
        let start = offset(start);
        self.cutoff = self.cutoff.min(start);
        self.diagnostics.retain(|diagnostic| diagnostic.primary.span.start < start);
    }

    fn string(&mut self, quote: u8) {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                None => {
                    self.swallowed(start);
                    let span = Span::new(offset(start), offset(start + 1));
                    self.report(
                        Diagnostic::new(Code::UnterminatedString, span, "unterminated string")
                            .with_primary("opened here")
                            .with_help(format!("close the string with `{}`", quote as char)),
                    );
                    break;
                }
                Some(&byte) if byte == quote => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => self.escape(),
                Some(_) => self.at += 1,
            }
        }
        self.push(RawKind::Str, start);
    }

    /// Skips an escape sequence and warns about unknown ones.
    fn escape(&mut self) {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.next_char() else { return };
        self.at += c.len_utf8();
        if !text::is_known_escape(c) {
            let span = Span::new(offset(start), offset(self.at));
            self.report(
                Diagnostic::new(
                    Code::UnknownEscape,
                    span,
                    format!("unknown escape sequence `\\{}`", c.escape_debug()),
                )
                .with_primary(format!("stands for `{}`", c.escape_debug()))
                .with_help("write `\\\\` for a backslash"),
            );
        }
    }
}

/// `+`, `-`, `*`, `/`, `%`, `^` and their assignments.
fn arithmetic(byte: u8, next: u8) -> (RawKind, usize) {
    let op = match byte {
        b'+' => BinaryOp::Add,
        b'-' => BinaryOp::Sub,
        b'*' => BinaryOp::Mul,
        b'/' => BinaryOp::Div,
        b'%' => BinaryOp::Rem,
        _ => BinaryOp::Pow,
    };
    if next == b'=' { (RawKind::Assign(op), 2) } else { (RawKind::Op(op), 1) }
}

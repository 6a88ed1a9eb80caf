//! Source text to syntax tree: lexer, adapter, the generated parser, and error recovery.

pub(crate) mod build;
mod message;
mod recover;

pub use build::MAX_TREE_DEPTH;

use crate::{
    adapter,
    ast::Program,
    diagnostic::{Code, Diagnostic},
    intern::Interner,
    lexer, source,
    span::Span,
    token::{Tok, Token},
};
use build::Builder;
use bumpalo::Bump;
use lalrpop_util::{ParseError, lalrpop_mod};

lalrpop_mod!(
    #[allow(
        clippy::all,
        clippy::pedantic,
        unreachable_pub,
        unused_imports,
        unused_parens,
        dead_code
    )]
    grammar
);

/// Most syntax errors that one run reports.
const MAX_ERRORS: usize = 100;

/// Most tokens that recovery may parse again before it gives up, to bound its time.
const REPARSE_BUDGET: usize = 20_000_000;

/// Where the parse of one of several files starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Offset of the file's first byte in the joined text of all files.
    pub offset: u32,
    /// First free [`ExprId`](crate::span::ExprId).
    pub exprs: u32,
    /// First free [`BindId`](crate::span::BindId).
    pub binds: u32,
    /// First free [`FuncId`](crate::span::FuncId).
    pub funcs: u32,
}

/// Parses `source`. The program is absent when its outline (brackets, `Focus`, `Relax`) cannot be
/// made out; otherwise unreadable statements are `Error` nodes. Diagnostics come in source order.
pub fn parse<'a>(
    arena: &'a Bump,
    interner: &mut Interner,
    source: &str,
) -> (Option<Program<'a>>, Vec<Diagnostic>) {
    parse_from(arena, interner, source, Start::default())
}

/// Parses the last file of a joined text, so that the positions and ids of several files are
/// distinct.
pub fn parse_from<'a>(
    arena: &'a Bump,
    interner: &mut Interner,
    source: &str,
    start: Start,
) -> (Option<Program<'a>>, Vec<Diagnostic>) {
    let (program, mut diagnostics) = parse_text(arena, interner, source, start);
    for diagnostic in &mut diagnostics {
        // A file without any token has its findings at its start.
        let span = &mut diagnostic.primary.span;
        *span = Span::new(span.start.max(start.offset), span.end.max(start.offset));
    }
    (program, diagnostics)
}

fn parse_text<'a>(
    arena: &'a Bump,
    interner: &mut Interner,
    source: &str,
    start: Start,
) -> (Option<Program<'a>>, Vec<Diagnostic>) {
    let mut front = match scan(interner, source, start.offset as usize) {
        Ok(front) => front,
        Err(diagnostics) => return (None, diagnostics),
    };
    let mut state = Recovery {
        arena,
        interner,
        source,
        start,
        cutoff: front.cutoff,
        lexical: front
            .diagnostics
            .iter()
            .filter(|d| d.is_error())
            .map(|d| d.primary.span)
            .collect(),
        syntax: Vec::new(),
        skipped: Vec::new(),
        left: usize::MAX,
    };
    let program = state.run(&mut front.tokens);
    let Recovery { syntax, skipped, .. } = state;
    let mut diagnostics = front.diagnostics;
    diagnostics.retain(|d| d.code != Code::InsertedSemicolon || !inside(&skipped, d.primary.span));
    diagnostics.extend(syntax);
    diagnostics.sort_by_key(|d| d.primary.span.start);
    (program, diagnostics)
}

/// The terminals of `source`, as the grammar sees them.
pub fn tokens(interner: &mut Interner, source: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    match scan(interner, source, 0) {
        Ok(front) => (front.tokens, front.diagnostics),
        Err(diagnostics) => (Vec::new(), diagnostics),
    }
}

struct Front {
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
    cutoff: u32,
}

fn scan(interner: &mut Interner, source: &str, from: usize) -> Result<Front, Vec<Diagnostic>> {
    let bytes = source.len().saturating_sub(from);
    // UTF-16 sources may grow by half when decoded.
    if bytes > source::MAX_SOURCE_BYTES * 2 {
        return Err(vec![source::too_large(bytes)]);
    }
    let mut diagnostics = Vec::new();
    let lexed = lexer::lex(source, from, interner, &mut diagnostics);
    let mut tokens = Vec::new();
    if adapter::adapt(source, &lexed.tokens, &mut tokens, &mut diagnostics) {
        Ok(Front { tokens, diagnostics, cutoff: lexed.cutoff })
    } else {
        Err(diagnostics)
    }
}

fn inside(ranges: &[Span], span: Span) -> bool {
    ranges.iter().any(|range| range.start <= span.start && span.end <= range.end)
}

/// What a failed parse stumbled over.
struct Failure {
    /// Index of the token that does not fit; the number of tokens at the end of the file.
    at: usize,
    /// Terminals that would fit, quoted as in the grammar.
    expected: Vec<String>,
}

struct Recovery<'a, 's> {
    arena: &'a Bump,
    interner: &'s Interner,
    source: &'s str,
    start: Start,
    cutoff: u32,
    /// Places of lexical errors; they explain syntax errors in the same statement.
    lexical: Vec<Span>,
    syntax: Vec<Diagnostic>,
    /// Source ranges of statements that were given up.
    skipped: Vec<Span>,
    /// Number of tokens after the last failure. Unless it falls, the statement around the failure
    /// is given up too, so that recovery always comes to an end.
    left: usize,
}

impl<'a> Recovery<'a, '_> {
    /// Parses; on an error reports it, replaces the statement around it by one `Error` token and
    /// parses again. Statements are thus independent: each yields at most one syntax error.
    fn run(&mut self, tokens: &mut Vec<Token>) -> Option<Program<'a>> {
        let (arena, interner, start) = (self.arena, self.interner, self.start);
        let source = self.source;
        let mut builder = Builder::new(arena, source, interner, start);
        let mut failure = match attempt(&mut builder, tokens) {
            Ok(program) => {
                self.syntax.append(&mut builder.diagnostics);
                return Some(program);
            }
            Err(failure) => failure,
        };
        let mut budget = REPARSE_BUDGET.max(tokens.len() * 2);
        // Attempts that fail leave nothing in the caller's arena.
        let mut scratch = Bump::new();
        loop {
            budget = budget.saturating_sub(failure.at + 1);
            let go_on = self.skip(tokens, &failure);
            if !go_on || budget == 0 || self.syntax.len() >= MAX_ERRORS {
                return None;
            }
            scratch.reset();
            match attempt(&mut Builder::new(&scratch, source, interner, start), tokens) {
                Ok(_) => break,
                Err(next) => failure = next,
            }
        }
        let mut builder = Builder::new(arena, source, interner, start);
        let program = attempt(&mut builder, tokens).ok();
        self.syntax.append(&mut builder.diagnostics);
        program
    }

    /// Reports the failure and takes the statement out. Returns whether parsing again can help.
    fn skip(&mut self, tokens: &mut Vec<Token>, failure: &Failure) -> bool {
        let left = tokens.len().saturating_sub(failure.at);
        let on_error = left >= self.left
            || tokens.get(failure.at).is_some_and(|token| token.tok == Tok::Error);
        self.left = self.left.min(left);
        let statement = if on_error {
            recover::enclosing_statement(tokens, failure.at)
        } else {
            recover::statement_around(tokens, failure.at)
        };
        let span = statement.clone().map_or(Span::at(self.cutoff), |range| {
            let first = tokens.get(range.start).map_or(0, |token| token.span.start);
            let last = tokens.get(range.end.saturating_sub(1)).map_or(first, |t| t.span.end);
            Span::new(first, last.max(first))
        });
        if !on_error && !self.explained(tokens, failure, span) {
            self.syntax.push(message::explain(tokens, failure, self.source));
        }
        let Some(range) = statement else { return false };
        if range.len() == 1 && tokens.get(range.start).is_some_and(|t| t.tok == Tok::Error) {
            return false;
        }
        self.skipped.push(span);
        let error = Token { tok: Tok::Error, span, starts: true, inserted: false };
        tokens.splice(range, [error]);
        true
    }

    /// Whether a lexical error already accounts for the failure.
    fn explained(&self, tokens: &[Token], failure: &Failure, statement: Span) -> bool {
        let at = tokens.get(failure.at).map_or(self.source.len() as u32, |t| t.span.start);
        let swallowed = self.cutoff < self.source.len() as u32 && at >= self.cutoff;
        swallowed || self.lexical.iter().any(|&span| inside(&[statement], span))
    }
}

/// One run of the generated parser.
fn attempt<'a>(builder: &mut Builder<'a, '_>, tokens: &[Token]) -> Result<Program<'a>, Failure> {
    let mut read = 0_usize;
    let stream = tokens.iter().map(|token| {
        read += 1;
        Ok((token.span.start, token.tok, token.span.end))
    });
    let result = grammar::UnitParser::new().parse(builder, stream);
    result.map_err(|error| match error {
        ParseError::UnrecognizedToken { expected, .. } => {
            Failure { at: read.saturating_sub(1), expected }
        }
        ParseError::UnrecognizedEof { expected, .. } => Failure { at: tokens.len(), expected },
        ParseError::InvalidToken { .. }
        | ParseError::ExtraToken { .. }
        | ParseError::User { .. } => Failure { at: read.saturating_sub(1), expected: Vec::new() },
    })
}

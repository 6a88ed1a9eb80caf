//! Where lines break and how far they are indented.

use super::piece::{Comment, Piece, is_closer, is_opener};
use super::spacing::spaces;
use crate::token::Tok;

/// One level of indentation.
const INDENT: usize = 4;

/// Longest line that a block written on one line may make.
const WIDTH: usize = 100;

/// The text of the pieces.
pub(super) fn layout(pieces: &[Piece<'_>]) -> String {
    let spaces = spaces(pieces);
    let mut widths = Vec::with_capacity(pieces.len() + 1);
    let mut width = 0;
    for (piece, &space) in pieces.iter().zip(&spaces) {
        widths.push(width);
        width += usize::from(space) + piece.text.chars().count();
    }
    widths.push(width);
    let mut layout = Layout {
        pieces,
        spaces,
        widths,
        out: String::new(),
        line_start: 0,
        indent: 0,
        frames: Vec::new(),
        entrains: Vec::new(),
        chain_is_broken: false,
    };
    for at in 0..pieces.len() {
        layout.piece(at);
    }
    let mut out = layout.out;
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// What an open bracket holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Statements, members or fields, each on a line of its own.
    Lines,
    /// Arms of `entrain`, each on a line of its own.
    Arms,
    /// Statements or arms that share the line.
    OneLine,
    /// Elements; line breaks are the writer's.
    Elements,
    /// One statement as a body without braces.
    Body,
}

struct Frame {
    holds: Holds,
    /// Levels of the line that the bracket was opened on.
    indent: usize,
}

struct Layout<'p, 's> {
    pieces: &'p [Piece<'s>],
    spaces: Vec<bool>,
    /// Width of everything before each piece, were it on one line.
    widths: Vec<usize>,
    out: String,
    /// Where the current line starts in `out`.
    line_start: usize,
    /// Levels of the current line.
    indent: usize,
    frames: Vec<Frame>,
    /// Depths of brackets in which an `entrain` waits for its `{`.
    entrains: Vec<usize>,
    /// Whether the last block that was closed stood on several lines.
    chain_is_broken: bool,
}

impl Layout<'_, '_> {
    fn piece(&mut self, at: usize) {
        let piece = &self.pieces[at];
        let opens_line = at == 0 || self.is_line_start(at);
        let inner = self.inner_indent(at);
        let is_closing = piece.tok.is_some_and(is_closer);
        let frame = if is_closing { self.frames.pop() } else { None };
        let after_opener = at > 0 && self.pieces[at - 1].tok.is_some_and(is_opener);
        let had_break = self.comments(piece, inner, after_opener, at == 0);
        let lines = matches!(&frame, Some(Frame { holds: Holds::Lines | Holds::Arms, .. }));
        let is_empty = after_opener && piece.comments.is_empty();
        if piece.tok == Some(Tok::RBrace) {
            self.chain_is_broken = lines;
        }
        let wanted = match &frame {
            Some(Frame { holds: Holds::Body, .. }) => false,
            Some(_) if lines => !is_empty,
            Some(Frame { holds: Holds::Elements, .. }) => piece.breaks > 0 && !is_empty,
            Some(_) => false,
            // `/* why */ statement;`
            None if piece.breaks == 0 && piece.comments.last().is_some_and(|c| c.breaks > 0) => {
                false
            }
            None => opens_line || self.keeps_break(at),
        };
        if wanted || had_break == Some(true) {
            let may_be_blank = !(is_closing || after_opener && piece.comments.is_empty());
            let levels = frame.as_ref().map_or(inner, |frame| frame.indent);
            self.line(levels, may_be_blank && opens_line && piece.breaks > 1);
        } else if !self.out.is_empty() && (self.spaces[at] || had_break.is_some()) {
            self.space();
        }
        self.out.push_str(piece.text);
        self.open(at);
    }

    /// Writes the comments before a piece. Returns whether the piece needs a line of its own after
    /// them; `None` if there are none.
    fn comments(
        &mut self,
        piece: &Piece<'_>,
        levels: usize,
        mut is_first: bool,
        is_file_start: bool,
    ) -> Option<bool> {
        for (i, comment) in piece.comments.iter().enumerate() {
            let follows_line = i > 0 && piece.comments[i - 1].is_line();
            if comment.breaks > 0 || follows_line {
                let is_top = is_file_start && i == 0;
                self.line(levels, comment.breaks > 1 && !is_first && !is_top);
            } else if !self.out.is_empty() {
                self.space();
            }
            self.comment(comment);
            is_first = false;
        }
        let last = piece.comments.last()?;
        Some(last.is_line() || piece.breaks > 0 && last.breaks > 0)
    }

    fn comment(&mut self, comment: &Comment<'_>) {
        for (i, line) in comment.text.lines().enumerate() {
            if i > 0 {
                self.out.push('\n');
                self.line_start = self.out.len();
            }
            self.out.push_str(line.trim_end());
        }
    }

    /// Whether a piece starts a line because of what it is.
    fn is_line_start(&self, at: usize) -> bool {
        let piece = &self.pieces[at];
        let prev = at.checked_sub(1).and_then(|before| self.pieces[before].tok);
        match prev {
            Some(Tok::LabelName(_)) => return piece.breaks > 0,
            // Modifiers.
            Some(Tok::Expose | Tok::Conceal | Tok::Dominant | Tok::Shared) => return false,
            _ => {}
        }
        match self.frames.last().map(|frame| frame.holds) {
            None => {
                at > 0 && piece.starts && piece.tok != Some(Tok::Relax) || prev == Some(Tok::Relax)
            }
            Some(Holds::Lines) => {
                let is_item = piece.starts
                    || matches!(prev, Some(Tok::LBrace | Tok::Semi))
                    || self.is_field(at, prev);
                is_item && !piece.tok.is_some_and(is_closer) && piece.tok != Some(Tok::Semi)
            }
            Some(Holds::Arms) => matches!(piece.tok, Some(Tok::When | Tok::Otherwise)),
            Some(Holds::Body) => prev == Some(Tok::BodyOpen) && piece.is_broken(),
            Some(Holds::OneLine | Holds::Elements) => false,
        }
    }

    /// A field or method of a record after one that ends with `,` or `}`.
    fn is_field(&self, at: usize, prev: Option<Tok>) -> bool {
        let is_name = matches!(self.pieces[at].tok, Some(Tok::Ident(_) | Tok::Func { .. }));
        is_name && matches!(prev, Some(Tok::Comma | Tok::RBrace))
    }

    /// Whether the writer's line break before a piece stays.
    fn keeps_break(&self, at: usize) -> bool {
        let piece = &self.pieces[at];
        if piece.breaks == 0 && piece.comments.is_empty() || at == 0 {
            return false;
        }
        if matches!(self.frames.last(), Some(Frame { holds: Holds::OneLine, .. })) {
            return false;
        }
        let prev = self.pieces[at - 1].tok;
        match piece.tok {
            None => piece.breaks > 0 && piece.text.is_empty(),
            Some(Tok::Semi | Tok::Comma | Tok::LBrace | Tok::BodyOpen | Tok::BodyClose) => false,
            Some(Tok::Else | Tok::Catch | Tok::Finally | Tok::Relax | Tok::While)
                if prev == Some(Tok::RBrace) =>
            {
                false
            }
            Some(_) => piece.breaks > 0,
        }
    }

    /// Levels of a line that starts with the piece, were it not a closing bracket.
    fn inner_indent(&self, at: usize) -> usize {
        let Some(frame) = self.frames.last() else {
            let starts = self.pieces[at].starts || self.is_line_start(at) || at == 0;
            return usize::from(!starts && self.pieces[at].tok.is_some());
        };
        let prev = at.checked_sub(1).and_then(|before| self.pieces[before].tok);
        let starts_item = match frame.holds {
            Holds::Lines | Holds::Arms | Holds::OneLine => {
                let tok = self.pieces[at].tok;
                self.is_line_start(at) || tok.is_some_and(is_closer) || is_chain_word(tok)
            }
            Holds::Elements => {
                prev.is_some_and(is_opener)
                    || matches!(prev, Some(Tok::Comma | Tok::Semi))
                    || self.pieces[at].tok.is_some_and(is_closer)
            }
            Holds::Body => prev == Some(Tok::BodyOpen),
        };
        frame.indent + if starts_item { 1 } else { 2 }
    }

    /// Remembers what a piece opens.
    fn open(&mut self, at: usize) {
        let Some(tok) = self.pieces[at].tok else { return };
        if tok == Tok::Entrain {
            self.entrains.push(self.frames.len());
        }
        if !is_opener(tok) {
            return;
        }
        let holds = match tok {
            Tok::BodyOpen => Holds::Body,
            Tok::LBrace => {
                let is_entrain = self.entrains.last() == Some(&self.frames.len());
                if is_entrain {
                    self.entrains.pop();
                }
                if self.fits(at) {
                    Holds::OneLine
                } else if is_entrain {
                    Holds::Arms
                } else {
                    Holds::Lines
                }
            }
            _ => Holds::Elements,
        };
        self.frames.push(Frame { holds, indent: self.indent });
    }

    /// Whether a block was written on one line and fits the current one.
    fn fits(&self, at: usize) -> bool {
        let Some(mut closer) = self.pieces[at].closer else { return false };
        if self.chain_is_broken && self.continues_chain(at) {
            return false;
        }
        while let Some(next) = self.next_of_chain(closer) {
            closer = next;
        }
        let inside = &self.pieces[at + 1..=closer];
        let column = self.out[self.line_start..].chars().count();
        // What closes with it on the same line.
        let mut end = closer + 1;
        while self.pieces.get(end).is_some_and(|p| {
            matches!(p.tok, Some(Tok::RParen | Tok::RBracket | Tok::Semi | Tok::Comma))
        }) {
            end += 1;
        }
        let is_focus = at > 0 && self.pieces[at - 1].tok == Some(Tok::Focus);
        !is_focus
            && inside.iter().all(|piece| !piece.is_broken() && !piece.text.contains('\n'))
            && column + self.widths[end] - self.widths[at + 1] <= WIDTH
    }

    /// The closing brace of the `else`, `catch` or `finally` block after a block.
    fn next_of_chain(&self, closer: usize) -> Option<usize> {
        if !is_chain_word(self.pieces.get(closer + 1)?.tok) {
            return None;
        }
        let mut at = closer + 2;
        loop {
            let piece = self.pieces.get(at)?;
            match piece.tok? {
                Tok::LBrace => return piece.closer,
                Tok::BodyOpen | Tok::Semi | Tok::RBrace => return None,
                tok if is_opener(tok) => at = piece.closer? + 1,
                _ => at += 1,
            }
        }
    }

    /// Whether a block belongs to `else`, `catch` or `finally`.
    fn continues_chain(&self, at: usize) -> bool {
        let mut before = self.pieces[..at]
            .iter()
            .rev()
            .take_while(|piece| !matches!(piece.tok, Some(Tok::LBrace | Tok::RBrace | Tok::Semi)));
        before.any(|piece| is_chain_word(piece.tok))
    }

    fn line(&mut self, levels: usize, is_blank: bool) {
        if !self.out.is_empty() {
            self.out.push('\n');
            if is_blank {
                self.out.push('\n');
            }
        }
        self.line_start = self.out.len();
        self.indent = levels;
        self.out.extend(std::iter::repeat_n(' ', levels * INDENT));
    }

    fn space(&mut self) {
        if !self.out.ends_with(' ') && self.out.len() > self.line_start {
            self.out.push(' ');
        }
    }
}

/// Whether a word joins another block to a statement.
fn is_chain_word(tok: Option<Tok>) -> bool {
    matches!(tok, Some(Tok::Else | Tok::Catch | Tok::Finally))
}

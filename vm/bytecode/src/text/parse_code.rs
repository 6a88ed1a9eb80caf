//! Text to module: the instructions of a function.

use super::AsmError;
use super::lex::Line;
use super::parse::Parser;
use super::syntax::parse_type;
use crate::builtin::Builtin;
use crate::module::{Function, Handler, LineEntry, Note, StrId};
use crate::op::{Arg, Kind, Op, Regs, Targets, encode, set_target};
use ahash::AHashMap;

type Result<T> = std::result::Result<T, AsmError>;

/// A code position that is written as label or word index.
struct Place {
    line: usize,
    label: String,
}

/// What remains to be done when the positions of all labels are known.
#[derive(Default)]
pub(super) struct Body {
    labels: AHashMap<String, usize>,
    branches: Vec<(usize, usize, Place)>,
    handlers: Vec<([Place; 3], u8, bool)>,
    lines_at: Vec<(Place, Position)>,
    notes_at: Vec<(Place, StrId)>,
}

impl Body {
    /// Reads a label, directive or instruction that starts with the word `first`.
    pub(super) fn statement(
        &mut self,
        parser: &mut Parser,
        first: &str,
        line: &mut Line<'_>,
        function: &mut Function,
    ) -> Result<()> {
        let pc = function.code.len();
        if let Some(label) = first.strip_suffix(':') {
            if self.labels.insert(label.to_owned(), pc).is_some() {
                return Err(line.fault(format!("label `{label}` repeats")));
            }
            return Ok(());
        }
        let here = Place { line: line.number, label: format!("={pc}") };
        match first {
            ".word" => {
                let word = line.word("a word")?;
                let bits = word.strip_prefix("0x").and_then(|d| u32::from_str_radix(d, 16).ok());
                function.code.push(bits.ok_or_else(|| line.fault(format!("no word `{word}`")))?);
            }
            ".line" | ".line_at" => {
                let place = if first == ".line" { here } else { place(line)? };
                self.lines_at.push((place, position(line)?));
            }
            ".note" | ".note_at" => {
                let place = if first == ".note" { here } else { place(line)? };
                self.notes_at.push((place, parser.string(line)?));
            }
            ".handler" | ".cleanup" => {
                let places = [place(line)?, place_after_comma(line)?, place_after_comma(line)?];
                line.expect(',')?;
                let reg = line.number("r", "a register")?;
                self.handlers.push((places, reg, first == ".cleanup"));
            }
            name => self.instruction(parser, name, line, function)?,
        }
        Ok(())
    }

    fn instruction(
        &mut self,
        parser: &mut Parser,
        name: &str,
        line: &mut Line<'_>,
        function: &mut Function,
    ) -> Result<()> {
        let op = Op::from_name(name)
            .ok_or_else(|| line.fault(format!("unknown instruction `{name}`")))?;
        let mut kinds = op.spec().operands.iter().map(|o| o.kind).filter(|k| *k != Kind::Count);
        let mut args = Vec::new();
        let mut regs = Vec::new();
        let mut places = Vec::new();
        for (idx, kind) in kinds.clone().enumerate() {
            if idx > 0 {
                line.expect(',')?;
            }
            match kind {
                Kind::Args => regs = list(line, ['(', ')'], |l| l.number("r", "a register"))?,
                Kind::Targets => places = list(line, ['[', ']'], place)?,
                Kind::Target => {
                    places.push(place(line)?);
                    args.push(Arg::Target(0));
                }
                _ => args.push(operand(parser, op, kind, line)?),
            }
        }
        // Lists end the table row. Targets are put in when the labels are known.
        let unknown = vec![0; places.len()];
        match kinds.next_back() {
            Some(Kind::Args) => args.push(Arg::Regs(Regs::from(&*regs))),
            Some(Kind::Targets) => args.push(Arg::Targets(Targets::from(&*unknown))),
            _ => {}
        }
        let pc = encode(op, &args, &mut function.code).map_err(|e| line.fault(e.to_string()))?;
        let branches = places.into_iter().enumerate().map(|(idx, place)| (pc, idx, place));
        self.branches.extend(branches);
        Ok(())
    }

    /// Puts in the positions of labels.
    pub(super) fn finish(self, function: &mut Function) -> Result<()> {
        let find = |place: &Place| {
            let word = place.label.strip_prefix('=').and_then(|digits| digits.parse().ok());
            word.or_else(|| self.labels.get(&place.label).copied()).ok_or_else(|| AsmError {
                line: place.line,
                message: format!("no label `{}`", place.label),
            })
        };
        let find_word = |place: &Place| {
            u32::try_from(find(place)?).map_err(|_| AsmError {
                line: place.line,
                message: "the position is too large".into(),
            })
        };
        for (pc, idx, place) in &self.branches {
            if !set_target(&mut function.code, *pc, *idx, find(place)?) {
                let message = "the branch target is too far away".into();
                return Err(AsmError { line: place.line, message });
            }
        }
        for ([start, end, target], reg, is_cleanup) in &self.handlers {
            let (start, end, target) = (find_word(start)?, find_word(end)?, find_word(target)?);
            function.handlers.push(Handler {
                start,
                end,
                target,
                reg: *reg,
                is_cleanup: *is_cleanup,
            });
        }
        for (place, (line, column, inlined)) in &self.lines_at {
            let (pc, line, column, inlined) = (find_word(place)?, *line, *column, *inlined);
            function.lines.push(LineEntry { pc, line, column, inlined });
        }
        for (place, text) in &self.notes_at {
            function.notes.push(Note { pc: find_word(place)?, text: *text });
        }
        Ok(())
    }
}

/// Line, column and number of the inlined call.
type Position = (u32, u32, u32);

/// Reads a source position.
pub(super) fn position(line: &mut Line<'_>) -> Result<Position> {
    let word = line.word("line:column")?;
    let (at, column) = word.split_once(':').unwrap_or((word, ""));
    let (Ok(at), Ok(column)) = (at.parse(), column.parse()) else {
        return Err(line.fault(format!("expected line:column, found `{word}`")));
    };
    let inlined = if line.eat_word("in") { line.number("", "an inlined call")? } else { 0 };
    Ok((at, column, inlined))
}

fn place(line: &mut Line<'_>) -> Result<Place> {
    let label = line.word("a label")?.to_owned();
    Ok(Place { line: line.number, label })
}

fn place_after_comma(line: &mut Line<'_>) -> Result<Place> {
    line.expect(',')?;
    place(line)
}

fn list<T>(
    line: &mut Line<'_>,
    [open, close]: [char; 2],
    mut item: impl FnMut(&mut Line<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    line.expect(open)?;
    let mut items = Vec::new();
    while !line.eat(close) {
        if !items.is_empty() {
            line.expect(',')?;
        }
        items.push(item(line)?);
    }
    Ok(items)
}

/// An operand that is neither a list nor a branch target.
fn operand(parser: &mut Parser, op: Op, kind: Kind, line: &mut Line<'_>) -> Result<Arg<'static>> {
    Ok(match kind {
        Kind::Imm8 => Arg::Imm8(line.number("", "a byte")?),
        Kind::K64 => Arg::K64(constant(op, line)?),
        Kind::Str => Arg::Id(parser.string(line)?.0),
        Kind::Func => Arg::Id(line.number("@", "a function")?),
        Kind::Desc => Arg::Id(line.number("d", "a descriptor")?),
        Kind::Global => Arg::Id(line.number("g", "a global")?),
        Kind::Site => Arg::Id(line.number("s", "an inline cache")?),
        Kind::Type => {
            let word = line.word("a type")?;
            let ty = parse_type(word).ok_or_else(|| line.fault(format!("no type `{word}`")))?;
            Arg::Id(ty.0)
        }
        Kind::Builtin => {
            let word = line.word("a builtin")?;
            let number = word.strip_prefix('!').and_then(|digits| digits.parse().ok());
            let number = number.or_else(|| Builtin::lookup(word).map(|b| b as u32));
            Arg::Id(number.ok_or_else(|| line.fault(format!("no builtin `{word}`")))?)
        }
        _ => Arg::Reg(line.number("r", "a register")?),
    })
}

fn constant(op: Op, line: &mut Line<'_>) -> Result<u64> {
    let word = line.word("a number")?;
    let bits = match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if op == Op::LoadI64 => word.parse().ok().map(i64::cast_unsigned),
        None => word.parse().ok().map(f64::to_bits),
    };
    bits.ok_or_else(|| line.fault(format!("expected a number, found `{word}`")))
}

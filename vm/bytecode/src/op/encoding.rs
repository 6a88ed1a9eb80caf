//! Instruction words to operands and back, driven by the operand kinds of the table.
//!
//! [`decode`] accepts any words: a malformed instruction is an error, never a panic. The encoding is
//! canonical (unused bits are zero, otherwise it is rejected), so `encode(decode(w)) == w`.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::{Kind, OP_COUNT, OPS, Op, OpSpec};
use std::fmt;

/// Most operands that an instruction of the table has.
pub const OPERANDS_MAX: usize = 6;

/// One operand of a decoded instruction, or of one to be encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arg<'a> {
    /// A register, read or defined.
    Reg(u8),
    /// An immediate byte.
    Imm8(u8),
    /// Length of the `Regs` or `Targets` that follow. [`encode`] derives it and ignores this.
    Count(u8),
    /// A branch target as absolute code index.
    Target(usize),
    /// An inline 64-bit constant.
    K64(u64),
    /// A string, function, type, descriptor, global, builtin or site number.
    Id(u32),
    /// Argument registers.
    Regs(Regs<'a>),
    /// Branch targets as absolute code indices.
    Targets(Targets<'a>),
}

/// A list of argument registers.
#[derive(Clone, Copy)]
pub struct Regs<'a>(RegList<'a>);

#[derive(Clone, Copy)]
enum RegList<'a> {
    Packed(&'a [u32], usize),
    Plain(&'a [u8]),
}

impl<'a> From<&'a [u8]> for Regs<'a> {
    fn from(regs: &'a [u8]) -> Self {
        Regs(RegList::Plain(regs))
    }
}

impl<'a> Regs<'a> {
    /// Number of registers.
    #[must_use]
    pub fn len(self) -> usize {
        match self.0 {
            RegList::Packed(_, n) => n,
            RegList::Plain(regs) => regs.len(),
        }
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Register at a position, if there is one.
    #[must_use]
    pub fn get(self, idx: usize) -> Option<u8> {
        match self.0 {
            RegList::Packed(words, n) if idx < n => {
                words.get(idx / 4)?.to_le_bytes().get(idx % 4).copied()
            }
            RegList::Packed(..) => None,
            RegList::Plain(regs) => regs.get(idx).copied(),
        }
    }

    /// The registers in order.
    pub fn iter(self) -> impl Iterator<Item = u8> + 'a {
        (0..self.len()).map_while(move |idx| self.get(idx))
    }
}

impl PartialEq for Regs<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Regs<'_> {}

impl fmt::Debug for Regs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A list of branch targets.
#[derive(Clone, Copy)]
pub struct Targets<'a>(TargetList<'a>);

#[derive(Clone, Copy)]
enum TargetList<'a> {
    /// Distance words and the index that they are relative to; all known to lie in the code.
    Relative(&'a [u32], usize),
    Plain(&'a [usize]),
}

impl<'a> From<&'a [usize]> for Targets<'a> {
    fn from(targets: &'a [usize]) -> Self {
        Targets(TargetList::Plain(targets))
    }
}

impl<'a> Targets<'a> {
    /// Number of targets.
    #[must_use]
    pub fn len(self) -> usize {
        match self.0 {
            TargetList::Relative(words, _) => words.len(),
            TargetList::Plain(targets) => targets.len(),
        }
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Target at a position, if there is one.
    #[must_use]
    pub fn get(self, idx: usize) -> Option<usize> {
        match self.0 {
            TargetList::Relative(words, next) => resolve_target(*words.get(idx)?, next),
            TargetList::Plain(targets) => targets.get(idx).copied(),
        }
    }

    /// The targets in order.
    pub fn iter(self) -> impl Iterator<Item = usize> + 'a {
        (0..self.len()).map_while(move |idx| self.get(idx))
    }
}

impl PartialEq for Targets<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Targets<'_> {}

impl fmt::Debug for Targets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A decoded instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Insn<'a> {
    /// Operation.
    pub op: Op,
    /// Index of its first word.
    pub pc: usize,
    /// Index of the first word after it.
    pub next: usize,
    args: [Arg<'a>; OPERANDS_MAX],
}

impl<'a> Insn<'a> {
    /// Operands, one for each of `op.spec().operands`, in the same order.
    #[must_use]
    pub fn args(&self) -> &[Arg<'a>] {
        self.args.get(..self.op.spec().operands.len()).unwrap_or(&[])
    }

    /// Operands with their kinds.
    pub fn operands(&self) -> impl Iterator<Item = (Kind, Arg<'a>)> + '_ {
        self.op.spec().operands.iter().map(|o| o.kind).zip(self.args.iter().copied())
    }

    /// Register operand at a position of the table row.
    #[must_use]
    pub fn reg(&self, idx: usize) -> Option<u8> {
        match self.args.get(idx)? {
            Arg::Reg(r) => Some(*r),
            _ => None,
        }
    }

    /// The register that the instruction defines, if it defines one.
    #[must_use]
    pub fn out(&self) -> Option<u8> {
        self.operands().find_map(|(kind, arg)| match arg {
            Arg::Reg(r) if kind.is_out() => Some(r),
            _ => None,
        })
    }

    /// The first operand of this kind that is an id.
    #[must_use]
    pub fn id(&self, kind: Kind) -> Option<u32> {
        if !self.op.has(operand::ID) {
            return None;
        }
        let at = self.op.spec().operands.iter().position(|operand| operand.kind == kind)?;
        match self.args.get(at)? {
            Arg::Id(id) => Some(*id),
            _ => None,
        }
    }

    /// The immediate byte, if the instruction has one.
    #[must_use]
    pub fn imm8(&self) -> Option<u8> {
        self.args().iter().find_map(|arg| match arg {
            Arg::Imm8(v) => Some(*v),
            _ => None,
        })
    }

    /// The inline constant, if the instruction has one.
    #[must_use]
    pub fn k64(&self) -> Option<u64> {
        self.args().iter().find_map(|arg| match arg {
            Arg::K64(v) => Some(*v),
            _ => None,
        })
    }

    /// The argument registers; empty if the instruction has none.
    #[must_use]
    pub fn regs(&self) -> Regs<'a> {
        if !self.op.has(operand::REGS) {
            return Regs(RegList::Plain(&[]));
        }
        let found = self.args().iter().find_map(|arg| match arg {
            Arg::Regs(regs) => Some(*regs),
            _ => None,
        });
        found.unwrap_or(Regs(RegList::Plain(&[])))
    }

    /// All branch targets: the single one, or those of a switch.
    pub fn targets(&self) -> impl Iterator<Item = usize> + '_ {
        let args = if self.op.has(operand::TARGET) { self.args() } else { &[] };
        args.iter().flat_map(|arg| {
            let (one, many) = match *arg {
                Arg::Target(t) => (Some(t), None),
                Arg::Targets(list) => (None, Some(list)),
                _ => (None, None),
            };
            one.into_iter().chain(many.into_iter().flat_map(Targets::iter))
        })
    }
}

/// Why words are not an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// Index of the instruction's first word.
    pub pc: usize,
    /// What is wrong.
    pub fault: DecodeFault,
}

/// What is wrong with instruction words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeFault {
    /// The operation code is not in the table.
    UnknownOp(u8),
    /// The code ends inside the instruction.
    Truncated,
    /// A bit that no operand uses is set.
    UnusedBits,
    /// A branch leads outside the code.
    TargetOutside(i32),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            DecodeFault::UnknownOp(code) => write!(f, "unknown operation code {code}"),
            DecodeFault::Truncated => f.write_str("the code ends inside an instruction"),
            DecodeFault::UnusedBits => f.write_str("unused instruction bits are set"),
            DecodeFault::TargetOutside(distance) => {
                write!(f, "branch distance {distance} leads outside the code")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

/// Decodes the instruction at word `pc`.
///
/// # Errors
/// If the words are not a canonically encoded instruction whose branch targets lie in `code`.
pub fn decode(code: &[u32], pc: usize) -> Result<Insn<'_>, DecodeError> {
    let at = |fault| DecodeError { pc, fault };
    let truncated = || at(DecodeFault::Truncated);
    let [op_code, bytes @ ..] = code.get(pc).ok_or_else(truncated)?.to_le_bytes();
    let op = Op::from_code(op_code).ok_or_else(|| at(DecodeFault::UnknownOp(op_code)))?;
    let (count, words) = count_and_words(op, bytes);
    let next = pc + words;
    let mut ext = code.get(pc + 1..next).ok_or_else(truncated)?;
    let mut bytes = bytes.into_iter();
    let mut args = [Arg::Imm8(0); OPERANDS_MAX];
    for (slot, operand) in args.iter_mut().zip(op.spec().operands) {
        let kind = operand.kind;
        *slot = if kind.is_byte() {
            byte_arg(kind, bytes.next().ok_or_else(truncated)?)
        } else {
            let n = extension_words(kind, count);
            let (words, rest) = ext.split_at_checked(n).ok_or_else(truncated)?;
            ext = rest;
            extension_arg(kind, words, count, next, code.len()).map_err(at)?
        };
    }
    if bytes.any(|b| b != 0) {
        return Err(at(DecodeFault::UnusedBits));
    }
    Ok(Insn { op, pc, next, args })
}

/// Where the instruction at word `pc` ends, without decoding its operands; `None` if no operation
/// starts there.
pub(crate) fn instruction_end(code: &[u32], pc: usize) -> Option<(Op, usize)> {
    let [op_code, bytes @ ..] = code.get(pc)?.to_le_bytes();
    let op = Op::from_code(op_code)?;
    Some((op, pc + count_and_words(op, bytes).1))
}

/// Value of the `Count` operand of an instruction, 0 if it has none or its length does not depend
/// on it, and the instruction's length in words.
fn count_and_words(op: Op, bytes: [u8; 3]) -> (usize, usize) {
    if let Some(words) = op.words() {
        return (0, words);
    }
    let operands = op.spec().operands;
    let count = count_of(operands.iter().map(|o| o.kind), bytes);
    (count, 1 + operands.iter().map(|o| extension_words(o.kind, count)).sum::<usize>())
}

/// Value of the `Count` operand, 0 if there is none.
fn count_of(kinds: impl Iterator<Item = Kind>, bytes: [u8; 3]) -> usize {
    kinds
        .filter(|k| k.is_byte())
        .zip(bytes)
        .find(|(k, _)| *k == Kind::Count)
        .map_or(0, |(_, b)| usize::from(b))
}

/// Words that an operand takes after word 0.
const fn extension_words(kind: Kind, count: usize) -> usize {
    match kind {
        Kind::K64 => 2,
        Kind::Args => count.div_ceil(4),
        Kind::Targets => count,
        _ => !kind.is_byte() as usize,
    }
}

fn byte_arg<'a>(kind: Kind, byte: u8) -> Arg<'a> {
    match kind {
        Kind::Imm8 => Arg::Imm8(byte),
        Kind::Count => Arg::Count(byte),
        _ => Arg::Reg(byte),
    }
}

fn extension_arg(
    kind: Kind,
    words: &[u32],
    count: usize,
    next: usize,
    code_len: usize,
) -> Result<Arg<'_>, DecodeFault> {
    let check = |word: u32| match resolve_target(word, next) {
        Some(target) if target < code_len => Ok(target),
        _ => Err(DecodeFault::TargetOutside(word.cast_signed())),
    };
    Ok(match (kind, words) {
        (Kind::K64, &[low, high]) => Arg::K64(u64::from(low) | u64::from(high) << 32),
        (Kind::Args, _) => {
            let unused = words.iter().flat_map(|w| w.to_le_bytes()).skip(count);
            if unused.into_iter().any(|b| b != 0) {
                return Err(DecodeFault::UnusedBits);
            }
            Arg::Regs(Regs(RegList::Packed(words, count)))
        }
        (Kind::Targets, _) => {
            for &word in words {
                check(word)?;
            }
            Arg::Targets(Targets(TargetList::Relative(words, next)))
        }
        (Kind::Target, &[word]) => Arg::Target(check(word)?),
        (_, &[id]) => Arg::Id(id),
        _ => return Err(DecodeFault::Truncated),
    })
}

fn resolve_target(word: u32, next: usize) -> Option<usize> {
    next.checked_add_signed(isize::try_from(word.cast_signed()).ok()?)
}

/// Why operands do not form an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncodeError {
    /// Number or sort of operands differs from the table row.
    OperandMismatch(Op),
    /// More than 255 argument registers or targets.
    TooManyArgs(Op),
    /// A branch target is more than 2^31 words away.
    TargetTooFar(Op),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::OperandMismatch(op) => {
                write!(f, "operands do not match `{}`", op.spec().name)
            }
            EncodeError::TooManyArgs(op) => {
                write!(f, "more than 255 arguments of `{}`", op.spec().name)
            }
            EncodeError::TargetTooFar(op) => {
                write!(f, "branch target of `{}` is too far away", op.spec().name)
            }
        }
    }
}

impl std::error::Error for EncodeError {}

/// Appends an instruction to `code` and returns the index of its first word.
///
/// `args` follow the table row; `Count` operands may be left out. Targets are absolute indices into
/// `code`; use any placeholder for one that is not known yet and [`set_target`] later.
///
/// # Errors
/// If the operands do not fit the row; `code` is unchanged then.
pub fn encode(op: Op, args: &[Arg<'_>], code: &mut Vec<u32>) -> Result<usize, EncodeError> {
    let count = args.iter().find_map(|arg| match arg {
        Arg::Regs(regs) => Some(regs.len()),
        Arg::Targets(targets) => Some(targets.len()),
        _ => None,
    });
    let mut given = args.iter().copied().filter(|arg| !matches!(arg, Arg::Count(_)));
    let pc = encode_with(op, count.unwrap_or(0), |_| given.next(), code)?;
    if given.next().is_some() {
        code.truncate(pc);
        return Err(EncodeError::OperandMismatch(op));
    }
    Ok(pc)
}

/// As [`encode`], asking for each operand by its kind in the order of the table row, `Count` left
/// out. `count` is the length of the list of registers or targets, if there is one.
///
/// # Errors
/// If the operands do not fit the row; `code` is unchanged then.
#[inline]
pub fn encode_with<'a>(
    op: Op,
    count: usize,
    operand: impl FnMut(Kind) -> Option<Arg<'a>>,
    code: &mut Vec<u32>,
) -> Result<usize, EncodeError> {
    let pc = code.len();
    let result = encode_words(op, count, operand, code);
    if result.is_err() {
        code.truncate(pc);
    }
    result.map(|()| pc)
}

#[inline]
fn encode_words<'a>(
    op: Op,
    count: usize,
    mut given: impl FnMut(Kind) -> Option<Arg<'a>>,
    code: &mut Vec<u32>,
) -> Result<(), EncodeError> {
    let operands = op.spec().operands;
    let count_byte = u8::try_from(count).map_err(|_| EncodeError::TooManyArgs(op))?;
    let words = op.words().unwrap_or_else(|| {
        1 + operands.iter().map(|o| extension_words(o.kind, count)).sum::<usize>()
    });
    let pc = code.len();
    let mut word0 = [op as u8, 0, 0, 0];
    let mut bytes = word0.iter_mut().skip(1);
    code.push(0);
    for operand in operands {
        let kind = operand.kind;
        let arg = if kind == Kind::Count { Some(Arg::Count(count_byte)) } else { given(kind) };
        let byte = match (kind, arg.ok_or(EncodeError::OperandMismatch(op))?) {
            (Kind::Imm8, Arg::Imm8(byte)) | (Kind::Count, Arg::Count(byte)) => byte,
            (kind, Arg::Reg(byte))
                if kind.is_byte() && !matches!(kind, Kind::Imm8 | Kind::Count) =>
            {
                byte
            }
            (kind, arg) => {
                push_extension(op, kind, arg, pc + words, code)?;
                continue;
            }
        };
        *bytes.next().ok_or(EncodeError::OperandMismatch(op))? = byte;
    }
    if let Some(first) = code.get_mut(pc) {
        *first = u32::from_le_bytes(word0);
    }
    Ok(())
}

fn push_extension(
    op: Op,
    kind: Kind,
    arg: Arg<'_>,
    next: usize,
    code: &mut Vec<u32>,
) -> Result<(), EncodeError> {
    match (kind, arg) {
        (Kind::Target, Arg::Target(target)) => code.push(distance(op, target, next)?),
        (Kind::K64, Arg::K64(k)) => code.extend([k as u32, (k >> 32) as u32]),
        (Kind::Args, Arg::Regs(regs)) => {
            for first in (0..regs.len()).step_by(4) {
                let byte = |at: usize| regs.get(first + at).unwrap_or(0);
                code.push(u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]));
            }
        }
        (Kind::Targets, Arg::Targets(targets)) => {
            for target in targets.iter() {
                code.push(distance(op, target, next)?);
            }
        }
        (kind, Arg::Id(id)) if is_id(kind) => code.push(id),
        _ => return Err(EncodeError::OperandMismatch(op)),
    }
    Ok(())
}

fn distance(op: Op, target: usize, next: usize) -> Result<u32, EncodeError> {
    let far = |_| EncodeError::TargetTooFar(op);
    let (to, from) = (i64::try_from(target).map_err(far)?, i64::try_from(next).map_err(far)?);
    i32::try_from(to - from).map(i32::cast_unsigned).map_err(far)
}

const fn is_id(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Str
            | Kind::Func
            | Kind::Type
            | Kind::Desc
            | Kind::Global
            | Kind::Builtin
            | Kind::Site
    )
}

/// Redirects branch target number `idx` (0 for a single target) of the instruction at `pc` to the
/// absolute code index `target`. Returns whether there is such a target and it is near enough.
pub fn set_target(code: &mut [u32], pc: usize, idx: usize, target: usize) -> bool {
    set_target_word(code, pc, idx, target).is_some()
}

fn set_target_word(code: &mut [u32], pc: usize, idx: usize, target: usize) -> Option<()> {
    let [op_code, bytes @ ..] = code.get(pc)?.to_le_bytes();
    let op = Op::from_code(op_code)?;
    let kinds = || op.spec().operands.iter().map(|o| o.kind);
    let count = count_of(kinds(), bytes);
    let next = pc + 1 + kinds().map(|k| extension_words(k, count)).sum::<usize>();
    let before = kinds()
        .take_while(|k| !matches!(k, Kind::Target | Kind::Targets))
        .map(|k| extension_words(k, count))
        .sum::<usize>();
    let branch = kinds().find(|k| matches!(k, Kind::Target | Kind::Targets))?;
    if idx >= extension_words(branch, count) {
        return None;
    }
    *code.get_mut(pc + 1 + before + idx)? = distance(op, target, next).ok()?;
    Some(())
}

/// Sorts of operands that most instructions do not have, as bits.
mod operand {
    pub(super) const ID: u8 = 1;
    pub(super) const REGS: u8 = 2;
    pub(super) const TARGET: u8 = 4;
}

/// Which of these sorts each instruction has, indexed by operation code.
const OPERANDS: [u8; OP_COUNT] = operands_table();

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn operands_table() -> [u8; OP_COUNT] {
    let mut table = [0; OP_COUNT];
    let mut code = 0;
    while code < OP_COUNT {
        let mut at = 0;
        while at < OPS[code].operands.len() {
            table[code] |= match OPS[code].operands[at].kind {
                Kind::Args => operand::REGS,
                Kind::Target | Kind::Targets => operand::TARGET,
                kind if is_id(kind) => operand::ID,
                _ => 0,
            };
            at += 1;
        }
        code += 1;
    }
    table
}

/// Words of each instruction, indexed by operation code; `None` if its `Count` decides.
pub const WORDS: [Option<u8>; OP_COUNT] = words_table();

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn words_table() -> [Option<u8>; OP_COUNT] {
    let mut table = [None; OP_COUNT];
    let mut code = 0;
    while code < OP_COUNT {
        table[code] = fixed_words(&OPS[code]);
        code += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn fixed_words(spec: &OpSpec) -> Option<u8> {
    let (mut words, mut bytes, mut at) = (1, 0, 0);
    let mut is_fixed = true;
    while at < spec.operands.len() {
        let kind = spec.operands[at].kind;
        bytes += kind.is_byte() as usize;
        is_fixed &= !matches!(kind, Kind::Args | Kind::Targets);
        words += extension_words(kind, 0);
        at += 1;
    }
    assert!(bytes <= 3 && spec.operands.len() <= OPERANDS_MAX, "the row does not fit word 0");
    if is_fixed { Some(words as u8) } else { None }
}

impl Op {
    /// Whether the instruction names nothing and takes no list of registers.
    pub(crate) fn is_plain(self) -> bool {
        !self.has(operand::ID | operand::REGS)
    }

    fn has(self, operand: u8) -> bool {
        OPERANDS.get(self as usize).is_some_and(|has| has & operand != 0)
    }

    /// Words of the instruction if it is of fixed length.
    #[must_use]
    pub fn words(self) -> Option<usize> {
        WORDS.get(self as usize).copied().flatten().map(usize::from)
    }
}

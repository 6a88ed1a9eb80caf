//! Builtin numbers differ between toolchain versions, names do not: the file names each builtin
//! that it uses, and the reader puts in its own numbers.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::cursor::Cursor;
use super::{ReadError, ReadFault};
use crate::builtin::{BUILTINS, Builtin};
use crate::module::Function;
use crate::op::{Arg, Insn, Kind, decode, instruction_end};
use ahash::AHashMap;
use std::collections::BTreeSet;

/// Reads the builtin names and rewrites the numbers in the code where they differ.
/// `code_offset` is the offset of the first code word in the file.
pub(super) fn relink(
    functions: &mut [Function],
    cursor: Cursor<'_>,
    code_offset: usize,
) -> Result<(), ReadError> {
    let numbers = read_numbers(cursor)?;
    if numbers.iter().all(|(theirs, ours)| theirs == ours) {
        return Ok(());
    }
    let mut offset = code_offset;
    for function in functions {
        rewrite(&mut function.code, &numbers, offset)?;
        offset += function.code.len() * 4;
    }
    Ok(())
}

fn read_numbers(mut cursor: Cursor<'_>) -> Result<AHashMap<u32, u32>, ReadError> {
    let mut numbers = AHashMap::new();
    let mut last = None;
    cursor.list(usize::from(u16::MAX), "builtins", |c| {
        let at = c.fault(ReadFault::Value("builtin number"));
        let theirs = c.uleb()?;
        if last.replace(theirs).is_some_and(|last| last >= theirs) {
            return Err(at);
        }
        let at = c.fault(ReadFault::Number);
        let name = c.text()?;
        let ours = Builtin::lookup(name)
            .ok_or(ReadError { fault: ReadFault::UnknownBuiltin(name.to_owned()), ..at })?;
        numbers.insert(theirs, ours as u32);
        Ok(())
    })?;
    cursor.finish()?;
    Ok(numbers)
}

fn rewrite(code: &mut [u32], numbers: &AHashMap<u32, u32>, offset: usize) -> Result<(), ReadError> {
    let mut pc = 0;
    while pc < code.len() {
        let fault = |fault| ReadError { offset: offset + pc * 4, section: Some(*b"CODE"), fault };
        let insn = decode(code, pc).map_err(|e| fault(ReadFault::Instruction(e.fault)))?;
        let next = insn.next;
        if let Some((theirs, at)) = builtin_operand(&insn) {
            let ours = numbers.get(&theirs).ok_or(fault(ReadFault::UnnamedBuiltin(theirs)))?;
            if let Some(word) = code.get_mut(at) {
                *word = *ours;
            }
        }
        pc = next;
    }
    Ok(())
}

/// Number and code index of the instruction's builtin operand. Extension words before it are ids
/// or targets of one word: a builtin operand never follows a list or a constant in the table.
fn builtin_operand(insn: &Insn<'_>) -> Option<(u32, usize)> {
    let mut at = insn.pc + 1;
    for (kind, arg) in insn.operands() {
        match (kind, arg) {
            (Kind::Builtin, Arg::Id(id)) => return Some((id, at)),
            (Kind::K64, _) => at += 2,
            (Kind::Args | Kind::Targets, _) => return None,
            (kind, _) => at += usize::from(!kind.is_byte()),
        }
    }
    None
}

/// The builtin numbers that the code uses, with their names, ascending.
pub(super) fn used_builtins(functions: &[Function]) -> Vec<(u32, &'static str)> {
    let mut used = BTreeSet::new();
    for function in functions {
        let mut pc = 0;
        // Code that does not decode is left to the verifier of whoever reads the file.
        while let Some((op, next)) = instruction_end(&function.code, pc) {
            if op.spec().operands.iter().any(|operand| operand.kind == Kind::Builtin) {
                used.extend(decode(&function.code, pc).ok().and_then(|i| i.id(Kind::Builtin)));
            }
            pc = next;
        }
    }
    let named = |id: u32| Some((id, BUILTINS.get(id as usize)?.name));
    used.into_iter().filter_map(named).collect()
}

//! Takes a function out of SSA into register code.
//!
//! Steps: `cfg` finds loops and the block order; `select` (with `mark`, `hoist`, `latch`, `slots`, `relax`)
//! chooses instructions over virtual registers, fuses conditions into branches and plans constants;
//! `live` computes live ranges; `alloc` merges block parameters with their arguments and assigns registers; `layout`
//! orders the code, turns edges into moves, rotates loops; `encode` writes words and tables.
//!
//! Long-lived values beyond the number of registers go to an array (`spill`).
//!
//! Invariant: the output depends on the input only; no step iterates over a hash table.

mod alloc;
mod cfg;
mod encode;
mod hoist;
mod latch;
mod layout;
mod live;
mod mark;
mod moves;
mod plan;
mod relax;
mod select;
mod slots;
mod spill;

use crate::ir::{Block, Def, Func, ModuleFacts, Pos, Value};
use hyp_bytecode::module::{Function, limit};
use std::fmt;

/// Absence of a block, value, register or index in the side tables.
const NONE: u32 = u32::MAX;

/// Constants that may be kept in registers around loops.
const HOISTED_MAX: usize = 24;

/// How many long-lived values to keep in registers when they do not all fit; tried in order.
const KEPT: [usize; 3] = [120, 24, 0];

/// Why a function cannot be expressed in bytecode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmitErrorKind {
    /// More values are live at once than a frame has registers.
    TooManyRegisters,
    /// A call or literal has more operands than an instruction can carry.
    TooManyArguments,
    /// The function has more code words than the format allows.
    CodeTooLong,
    /// A block has no terminator: a fault of the caller.
    Unfinished,
}

/// A function that cannot be emitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EmitError {
    /// Why.
    pub kind: EmitErrorKind,
    /// A place in the source near the cause; line 0 if unknown.
    pub pos: Pos,
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            EmitErrorKind::TooManyRegisters => write!(
                f,
                "function needs more than {} registers: too many variables are in use at once",
                limit::REGISTERS
            ),
            EmitErrorKind::TooManyArguments => {
                write!(f, "more than {} operands in one call or literal", limit::ARGS)
            }
            EmitErrorKind::CodeTooLong => write!(f, "function is too long"),
            EmitErrorKind::Unfinished => write!(f, "block without terminator"),
        }
    }
}

impl std::error::Error for EmitError {}

/// Emits one function. For many functions reuse an [`Emitter`].
///
/// # Errors
/// If the function exceeds a limit of the bytecode.
pub fn emit(func: &Func, facts: &dyn ModuleFacts) -> Result<Function, EmitError> {
    Emitter::default().emit(func, facts)
}

/// Code emission with tables that are reused from function to function.
pub struct Emitter {
    registers_max: usize,
    cfg: cfg::Cfg,
    select: select::Select,
    live: live::Live,
    alloc: alloc::Alloc,
    layout: layout::Layout,
}

impl Default for Emitter {
    fn default() -> Self {
        Self::with_registers(limit::REGISTERS)
    }
}

impl Emitter {
    /// An emitter that uses at most this many registers per frame instead of
    /// [`limit::REGISTERS`].
    #[must_use]
    pub fn with_registers(registers_max: usize) -> Self {
        Self {
            registers_max: registers_max.min(limit::REGISTERS),
            cfg: cfg::Cfg::default(),
            select: select::Select::default(),
            live: live::Live::default(),
            alloc: alloc::Alloc::default(),
            layout: layout::Layout::default(),
        }
    }

    /// Emits one function.
    ///
    /// # Errors
    /// If the function exceeds a limit of the bytecode.
    pub fn emit(&mut self, func: &Func, facts: &dyn ModuleFacts) -> Result<Function, EmitError> {
        self.cfg.run(func);
        let is_full = |e: &EmitError| e.kind == EmitErrorKind::TooManyRegisters;
        let error = match self.try_emit(func, facts, HOISTED_MAX) {
            Err(error) if is_full(&error) => error,
            result => return result,
        };
        // Constants in registers are a luxury; without them the function may fit.
        if !self.cfg.loops.is_empty()
            && let Ok(function) = self.try_emit(func, facts, 0)
        {
            return Ok(function);
        }
        for keep in KEPT {
            self.cfg.run(func);
            self.select.run(func, facts, &self.cfg, 0)?;
            let Some(spilled) = spill::spill(func, &self.cfg, &self.select, keep) else {
                continue;
            };
            self.cfg.run(&spilled);
            match self.try_emit(&spilled, facts, 0) {
                Err(error) if is_full(&error) => {}
                result => return result,
            }
        }
        Err(error)
    }

    fn try_emit(
        &mut self,
        func: &Func,
        facts: &dyn ModuleFacts,
        hoisted_max: usize,
    ) -> Result<Function, EmitError> {
        self.select.run(func, facts, &self.cfg, hoisted_max)?;
        let max = self.registers_max;
        self.live.run(func, &self.cfg, &self.select, max)?;
        self.alloc.run(func, &self.cfg, &self.select, &mut self.live, max)?;
        self.layout.run(func, &self.cfg, &self.select, &self.live, &mut self.alloc);
        encode::encode(func, &self.cfg, &self.layout, &self.alloc)
    }
}

/// The value that `v` stands for, as an index.
fn resolve(func: &Func, v: Value) -> u32 {
    func.resolve(v).0
}

/// The instruction that defines value `v`.
fn defining_inst(func: &Func, v: u32) -> Option<u32> {
    match func.values[v as usize].def {
        Def::Inst(i) => Some(i.0),
        Def::Param(..) | Def::Alias(_) => None,
    }
}

/// The block and index of the parameter that value `v` is.
fn as_param(func: &Func, v: u32) -> Option<(Block, u32)> {
    match func.values[v as usize].def {
        Def::Param(b, i) => Some((b, i)),
        Def::Inst(_) | Def::Alias(_) => None,
    }
}

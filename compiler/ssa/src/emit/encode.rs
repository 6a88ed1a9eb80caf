//! Writes code words, handler ranges, positions and notes.

use super::alloc::Alloc;
use super::cfg::{Cfg, can_raise};
use super::layout::{Layout, Out};
use super::{EmitError, EmitErrorKind, NONE};
use crate::ir::{self, Func, Pos};
use hyp_bytecode::module::{Function, Handler, InlinedCall, LineEntry, Note, limit};
use hyp_bytecode::op::{Arg, Kind, Regs, Targets, WORDS, encode_with};

/// Puts the parts together.
pub(super) fn encode(
    func: &Func,
    cfg: &Cfg,
    layout: &Layout,
    alloc: &Alloc,
) -> Result<Function, EmitError> {
    let (numbers, reps, n_tagged) = alloc.number()?;
    let pcs = place(layout)?;
    let params = func.blocks.first().map_or(0, |b| b.params.len());
    let mut writer = Writer {
        cfg,
        layout,
        numbers: &numbers,
        pcs: &pcs,
        function: Function {
            name: func.name,
            owner: func.owner,
            n_params: u8::try_from(params)
                .map_err(|_| error(EmitErrorKind::TooManyRegisters, Pos::default()))?,
            n_required: func.n_required,
            has_receiver: func.has_receiver,
            result: func.result,
            upvalues: func.upvalues.clone(),
            reps,
            n_tagged,
            param_names: func.param_names.clone(),
            inlined: func.inlined.iter().map(inlined_call).collect(),
            code: Vec::with_capacity(pcs.last().map_or(0, |&pc| pc as usize)),
            ..Function::default()
        },
        targets: Vec::new(),
        regs: Vec::new(),
        is_open: false,
        handler_blocks: Vec::new(),
    };
    for (k, is_needed) in layout.is_needed.iter().enumerate() {
        if *is_needed {
            for i in layout.starts[k]..layout.starts[k + 1] {
                writer.inst(&layout.out[i as usize])?;
                writer.handler(func, alloc, &layout.out[i as usize], i as usize);
            }
        }
    }
    writer.outer_cleanups(func, alloc);
    if writer.function.lines.is_empty() {
        // Calls and limits report a place even where no instruction can raise.
        let Pos { line, column, inlined } = func.pos;
        if line != 0 {
            writer.function.lines.push(LineEntry { pc: 0, line, column, inlined });
        }
    }
    drop_unused_calls(&mut writer.function);
    Ok(writer.function)
}

fn error(kind: EmitErrorKind, pos: Pos) -> EmitError {
    EmitError { kind, pos }
}

fn inlined_call(call: &ir::InlinedCall) -> InlinedCall {
    let Pos { line, column, inlined } = call.at;
    InlinedCall { func: call.func, line, column, inlined }
}

/// Drops inlined calls of which no instruction is left that could name them.
fn drop_unused_calls(function: &mut Function) {
    if function.inlined.is_empty() {
        return;
    }
    let mut number = vec![0_u32; function.inlined.len() + 1];
    for entry in &function.lines {
        let mut at = entry.inlined as usize;
        while at != 0 && number[at] == 0 {
            number[at] = 1;
            at = function.inlined[at - 1].inlined as usize;
        }
    }
    let mut n_used = 0;
    for used in number.iter_mut().filter(|n| **n != 0) {
        n_used += 1;
        *used = n_used;
    }
    let mut i = 0;
    function.inlined.retain_mut(|call| {
        i += 1;
        call.inlined = number[call.inlined as usize];
        number[i] != 0
    });
    function.lines.iter_mut().for_each(|entry| entry.inlined = number[entry.inlined as usize]);
}

/// Code index of each instruction, then the end. Unneeded code takes no space.
fn place(layout: &Layout) -> Result<Vec<u32>, EmitError> {
    let mut pcs = Vec::with_capacity(layout.out.len() + 1);
    let mut pc = 0;
    for (k, is_needed) in layout.is_needed.iter().enumerate() {
        for inst in &layout.out[layout.starts[k] as usize..layout.starts[k + 1] as usize] {
            pcs.push(pc as u32);
            if *is_needed {
                pc += words(inst);
                if pc > limit::CODE_WORDS {
                    return Err(error(EmitErrorKind::CodeTooLong, inst.pos));
                }
            }
        }
    }
    pcs.push(pc as u32);
    Ok(pcs)
}

fn words(inst: &Out) -> usize {
    if let Some(n) = WORDS[inst.op as usize] {
        return usize::from(n);
    }
    let n_uses = (inst.uses.1 - inst.uses.0) as usize;
    let n_fixed = crate::shape::shape(inst.op).ins().len();
    let extension = |kind: Kind| match kind {
        Kind::Args => (n_uses - n_fixed).div_ceil(4),
        Kind::Targets => (inst.labels.1 - inst.labels.0) as usize,
        Kind::K64 => 2,
        kind if kind.is_byte() => 0,
        _ => 1,
    };
    1 + inst.op.spec().operands.iter().map(|o| extension(o.kind)).sum::<usize>()
}

struct Writer<'a> {
    cfg: &'a Cfg,
    layout: &'a Layout,
    /// Final number by register.
    numbers: &'a [u8],
    pcs: &'a [u32],
    function: Function,
    targets: Vec<usize>,
    regs: Vec<u8>,
    /// Whether the last handler range may be extended.
    is_open: bool,
    /// The block of each handler.
    handler_blocks: Vec<u32>,
}

impl Writer<'_> {
    fn inst(&mut self, inst: &Out) -> Result<(), EmitError> {
        let layout = self.layout;
        let number = |reg: u32| self.numbers[reg as usize];
        let uses = &layout.uses[inst.uses.0 as usize..inst.uses.1 as usize];
        let labels = &layout.labels[inst.labels.0 as usize..inst.labels.1 as usize];
        let pc_of = |label: u32| self.pcs[layout.label_at[label as usize] as usize] as usize;
        let mut imms = layout.imms[inst.imms.0 as usize..inst.imms.1 as usize].iter().copied();
        let mut fixed = uses.iter().map(|&u| number(u));
        let n_fixed = crate::shape::shape(inst.op).ins().len().min(uses.len());
        self.regs.clear();
        self.regs.extend(uses[n_fixed..].iter().map(|&u| number(u)));
        self.targets.clear();
        self.targets.extend(labels.iter().map(|&l| pc_of(l)));
        let mut imm = || imms.next().unwrap_or(0);
        let operand = |kind: Kind| {
            Some(match kind {
                Kind::Imm8 => Arg::Imm8(imm() as u8),
                Kind::Target => Arg::Target(self.targets.first().copied().unwrap_or(0)),
                Kind::Targets => Arg::Targets(Targets::from(&self.targets[..])),
                Kind::Args => Arg::Regs(Regs::from(&self.regs[..])),
                Kind::K64 => Arg::K64(imm()),
                kind if kind.is_out() => Arg::Reg(number(inst.dst)),
                kind if kind.is_in() => Arg::Reg(fixed.next().unwrap_or(0)),
                _ => Arg::Id(imm() as u32),
            })
        };
        let count = if self.regs.is_empty() { self.targets.len() } else { self.regs.len() };
        let pc = encode_with(inst.op, count, operand, &mut self.function.code)
            .map_err(|_| error(EmitErrorKind::TooManyArguments, inst.pos))? as u32;
        if can_raise(inst.op) && inst.pos.line != 0 {
            let Pos { line, column, inlined } = inst.pos;
            let last = self.function.lines.last();
            if last.is_none_or(|l| (l.line, l.column, l.inlined) != (line, column, inlined)) {
                self.function.lines.push(LineEntry { pc, line, column, inlined });
            }
        }
        if let Some(text) = inst.note.filter(|_| can_raise(inst.op)) {
            self.function.notes.push(Note { pc, text });
        }
        Ok(())
    }

    /// Extends the ranges of the handler that protects an instruction.
    fn handler(&mut self, func: &Func, alloc: &Alloc, inst: &Out, i: usize) {
        let handler = self.cfg.handler[inst.block as usize];
        if !can_raise(inst.op) {
            return;
        }
        let (start, end) = (self.pcs[i], self.function.code.len() as u32);
        if handler == NONE {
            // Ends the current range: what follows must not extend it over this instruction.
            self.is_open = false;
            return;
        }
        let Some(mut found) = self.handler_entry(func, alloc, handler) else { return };
        (found.start, found.end) = (start, end);
        match self.function.handlers.last_mut() {
            Some(last) if self.is_open && last.target == found.target => last.end = end,
            _ => {
                self.function.handlers.push(found);
                self.handler_blocks.push(handler);
                self.is_open = true;
            }
        }
    }

    /// The entry of a handler block, without its range.
    fn handler_entry(&self, func: &Func, alloc: &Alloc, handler: u32) -> Option<Handler> {
        let block = &func.blocks[handler as usize];
        let param = block.params.first()?;
        Some(Handler {
            start: 0,
            end: 0,
            target: self.pcs[self.layout.label_at[handler as usize] as usize],
            reg: self.numbers[alloc.reg(param.0) as usize],
            is_cleanup: block.is_cleanup,
        })
    }

    /// `Exit` passes by a `catch`, so its region also names the `finally` around it.
    fn outer_cleanups(&mut self, func: &Func, alloc: &Alloc) {
        for i in 0..self.handler_blocks.len() {
            let inner = self.function.handlers[i].clone();
            if inner.is_cleanup {
                continue;
            }
            let mut at = self.cfg.handler[self.handler_blocks[i] as usize];
            while at != NONE && !func.blocks[at as usize].is_cleanup {
                at = self.cfg.handler[at as usize];
            }
            if at != NONE
                && let Some(outer) = self.handler_entry(func, alloc, at)
            {
                let range = Handler { start: inner.start, end: inner.end, ..outer };
                self.function.handlers.push(range);
            }
        }
    }
}

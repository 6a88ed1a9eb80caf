//! Rules about a function's registers, captures and tables.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::declarations::{check_rep, check_str, check_user_type};
use super::{Check, FunctionChecker, Rule, VerifyError, is_value};
use crate::module::limit;
use crate::rep::Rep;

impl FunctionChecker<'_> {
    /// Checks the header: counts, representations, names.
    pub(super) fn check_frame(&self) -> Check {
        let f = self.function;
        let n_regs = f.reps.len();
        self.require(n_regs <= limit::REGISTERS, Rule::RegisterCount, || {
            format!("{n_regs} registers, the limit is {}", limit::REGISTERS)
        })?;
        for (what, n, max) in [
            ("captures", f.upvalues.len(), limit::ARGS),
            ("code words", f.code.len(), limit::CODE_WORDS),
            ("handlers", f.handlers.len(), limit::HANDLERS),
        ] {
            self.require(n <= max, Rule::TooLarge, || format!("{n} {what}, the limit is {max}"))?;
        }
        let is_ordered = f.n_required <= f.n_params
            && f.n_params <= f.n_tagged
            && usize::from(f.n_tagged) <= n_regs
            && f.n_params >= u8::from(f.has_receiver)
            && f.param_names.len() <= usize::from(f.n_params);
        self.require(is_ordered, Rule::FrameShape, || {
            format!(
                "{} required of {} parameters ({} named), {} tagged of {n_regs} registers",
                f.n_required,
                f.n_params,
                f.param_names.len(),
                f.n_tagged,
            )
        })?;
        self.check_registers()?;
        self.require(is_value(f.result), Rule::ResultRep, || {
            format!("the result is {:?}", f.result)
        })?;
        for (idx, rep) in f.upvalues.iter().enumerate() {
            self.require(rep.is_tagged_compatible(), Rule::UpvalueRep, || {
                format!("capture {idx} is {rep:?}")
            })?;
        }
        self.check_names()
    }

    fn check_registers(&self) -> Check {
        let f = self.function;
        for (idx, &rep) in f.reps.iter().enumerate() {
            let place = || format!("register {idx} is {rep:?}");
            let is_param = idx < usize::from(f.n_params);
            let is_optional = is_param && idx >= usize::from(f.n_required);
            let is_tagged = idx < usize::from(f.n_tagged);
            self.require(!is_param || is_value(rep), Rule::ParamRep, place)?;
            self.require(!is_optional || rep == Rep::Any, Rule::OptionalParamRep, place)?;
            self.require(is_tagged || !rep.is_traced(), Rule::TracedRegister, place)?;
            self.require(!is_tagged || rep != Rep::I64, Rule::IntegerRegister, place)?;
        }
        Ok(())
    }

    fn check_names(&self) -> Check {
        let f = self.function;
        let names = f.name.iter().chain(&f.param_names);
        names.copied().try_for_each(|id| check_str(self.module, id)).map_err(|e| self.own(e))?;
        let owner = f.owner.map_or(Ok(()), |ty| check_user_type(self.module, ty));
        owner.map_err(|e| self.own(e))?;
        let reps = f.reps.iter().chain(&f.upvalues).chain([&f.result]);
        reps.copied().try_for_each(|rep| check_rep(self.module, rep)).map_err(|e| self.own(e))
    }

    fn own(&self, error: VerifyError) -> VerifyError {
        VerifyError { function: Some(self.id), ..error }
    }

    /// Checks line table and notes.
    pub(super) fn check_tables(&self) -> Check {
        let f = self.function;
        let words = f.code.len();
        let lines = ascends(f.lines.iter().map(|line| line.pc), words);
        self.require(lines, Rule::LineOrder, || "the line table is out of order".into())?;
        self.check_inlined()?;
        let notes = ascends(f.notes.iter().map(|note| note.pc), words);
        self.require(notes, Rule::NoteOrder, || "the notes are out of order".into())?;
        let texts = f.notes.iter().map(|note| note.text);
        texts.into_iter().try_for_each(|id| check_str(self.module, id)).map_err(|e| self.own(e))
    }

    fn check_inlined(&self) -> Check {
        let f = self.function;
        let mut calls = f.inlined.iter().enumerate();
        let nested = calls.all(|(i, call)| call.inlined as usize <= i);
        let named = f.lines.iter().all(|line| line.inlined as usize <= f.inlined.len());
        let known =
            f.inlined.iter().all(|call| (call.func.0 as usize) < self.module.functions.len());
        self.require(nested && named && known, Rule::InlinedCall, || {
            "the table of inlined calls is damaged".into()
        })
    }
}

/// Whether code positions ascend strictly and lie below `words`.
fn ascends(pcs: impl Iterator<Item = u32>, words: usize) -> bool {
    let mut least = 0;
    pcs.map(|pc| pc as usize).all(|pc| {
        let fits = least <= pc && pc < words;
        least = pc + 1;
        fits
    })
}

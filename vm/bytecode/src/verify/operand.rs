//! Rules about the registers of an instruction.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::{Check, FunctionChecker, Rule, VerifyError, accepts, is_value};
use crate::module::{Field, FuncId, Function, GlobalId};
use crate::op::{Arg, Insn, Kind, Op};
use crate::rep::{Rep, TypeId};

impl FunctionChecker<'_> {
    /// Checks each register operand. Ids and counts are already known to be right.
    pub(super) fn check_registers_of(&self, insn: &Insn<'_>) -> Check {
        for (kind, arg) in insn.operands() {
            match arg {
                Arg::Reg(reg) if kind.is_out() => self.check_out(insn, kind, reg)?,
                Arg::Reg(reg) => self.check_in(insn, kind, reg)?,
                _ => {}
            }
        }
        for (idx, reg) in insn.regs().iter().enumerate() {
            let given = self.rep(insn, reg)?;
            if !accepts(self.argument_rep(insn, idx), given) {
                let message = format!("argument {idx} is {given:?}");
                return Err(self.at(insn, Rule::ArgumentRep, message));
            }
        }
        if insn.op == Op::RetNull && self.function.result == Rep::F64 {
            return Err(self.at(insn, Rule::StoreRep, "the result is F64"));
        }
        Ok(())
    }

    fn rep(&self, insn: &Insn<'_>, reg: u8) -> Result<Rep, VerifyError> {
        self.function.reps.get(usize::from(reg)).copied().ok_or_else(|| {
            self.at(insn, Rule::RegisterRange, format!("register {reg} does not exist"))
        })
    }

    fn check_out(&self, insn: &Insn<'_>, kind: Kind, reg: u8) -> Check {
        let declared = self.rep(insn, reg)?;
        let produced = match kind {
            Kind::OutAny => Rep::Any,
            Kind::OutF64 => Rep::F64,
            Kind::OutI64 => Rep::I64,
            Kind::OutBool => Rep::Bool,
            Kind::OutRef(ty) => Rep::Ref(TypeId(ty)),
            Kind::OutTyped => insn.id(Kind::Type).map_or(Rep::Any, |ty| Rep::Ref(TypeId(ty))),
            _ => self.produced(insn)?,
        };
        // A loop latch reads its counter as a double before it defines it.
        let is_counter = matches!(insn.op, Op::ForLtF64 | Op::ForLeF64);
        if accepts(declared, produced) && (!is_counter || declared == Rep::F64) {
            return Ok(());
        }
        let message = format!("register {reg} is {declared:?} and cannot hold {produced:?}");
        Err(self.at(insn, Rule::DstRep, message))
    }

    /// Representation of a result that the operand kind does not tell.
    fn produced(&self, insn: &Insn<'_>) -> Result<Rep, VerifyError> {
        match insn.op {
            Op::Mov => self.rep(insn, insn.reg(1).unwrap_or(u8::MAX)),
            Op::Call => Ok(self.named_function(insn).map_or(Rep::Any, |f| f.result)),
            Op::GetGlobal => Ok(self.global_rep(insn)),
            Op::GetField => self.field(insn).map(|field| field.rep),
            _ => {
                let idx = insn.imm8().unwrap_or(u8::MAX);
                self.function.upvalues.get(usize::from(idx)).copied().ok_or_else(|| {
                    self.at(insn, Rule::UpvalueIdx, format!("capture {idx} does not exist"))
                })
            }
        }
    }

    fn check_in(&self, insn: &Insn<'_>, kind: Kind, reg: u8) -> Check {
        let given = self.rep(insn, reg)?;
        let fits = match kind {
            Kind::Any => is_value(given),
            Kind::F64 => given == Rep::F64,
            Kind::I64 => given == Rep::I64,
            Kind::Bool => given == Rep::Bool,
            Kind::Ref(ty) => given == Rep::Ref(TypeId(ty)),
            Kind::Typed => self.user_fields(given).is_some(),
            _ => return self.check_store(insn, reg, given),
        };
        if fits {
            return Ok(());
        }
        Err(self.at(insn, Rule::OperandRep, format!("register {reg} is {given:?}, not {kind:?}")))
    }

    /// A register of any representation, judged by where its content goes.
    fn check_store(&self, insn: &Insn<'_>, reg: u8, given: Rep) -> Check {
        let place = match insn.op {
            // Judged with the register that it defines.
            Op::Mov => return Ok(()),
            Op::SetGlobal => self.global_rep(insn),
            Op::SetField => self.field(insn)?.rep,
            _ => self.function.result,
        };
        if accepts(place, given) {
            return Ok(());
        }
        let message = format!("register {reg} is {given:?}, its destination {place:?}");
        Err(self.at(insn, Rule::StoreRep, message))
    }

    /// What the receiver of an argument accepts.
    fn argument_rep(&self, insn: &Insn<'_>, idx: usize) -> Rep {
        let function = self.named_function(insn);
        let declared = match insn.op {
            Op::Call => function.and_then(|f| f.reps.get(idx)).copied(),
            Op::MakeClosure => function.and_then(|f| f.upvalues.get(idx)).copied(),
            Op::NewRecord => insn
                .id(Kind::Type)
                .and_then(|ty| self.user_fields(Rep::Ref(TypeId(ty)))?.get(idx))
                .map(|field| field.rep),
            _ => None,
        };
        declared.unwrap_or(Rep::Any)
    }

    fn named_function(&self, insn: &Insn<'_>) -> Option<&Function> {
        self.module.function(FuncId(insn.id(Kind::Func)?))
    }

    fn global_rep(&self, insn: &Insn<'_>) -> Rep {
        let id = insn.id(Kind::Global).map(GlobalId);
        id.and_then(|id| self.module.globals.get(id.0 as usize)).map_or(Rep::Any, |g| g.rep)
    }

    /// Fields of the record or session that a representation refers to.
    fn user_fields(&self, rep: Rep) -> Option<&[Field]> {
        match rep {
            Rep::Ref(ty) => self.module.type_def(ty).map(|def| &*def.fields),
            _ => None,
        }
    }

    /// The field that `get_field` or `set_field` accesses.
    fn field(&self, insn: &Insn<'_>) -> Result<&Field, VerifyError> {
        let object = insn.operands().find_map(|(kind, arg)| match arg {
            Arg::Reg(reg) if kind == Kind::Typed => Some(reg),
            _ => None,
        });
        let rep = self.rep(insn, object.unwrap_or(u8::MAX))?;
        let fields = self
            .user_fields(rep)
            .ok_or_else(|| self.at(insn, Rule::OperandRep, format!("the object is {rep:?}")))?;
        let slot = insn.imm8().unwrap_or(u8::MAX);
        fields
            .get(usize::from(slot))
            .ok_or_else(|| self.at(insn, Rule::FieldSlot, format!("the type has no field {slot}")))
    }
}

//! The pass over a function's instructions.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::{Check, FunctionChecker, Rule, VerifyError};
use crate::builtin::BUILTINS;
use crate::module::{ErrorKind, FuncId, Module, TypeKind, limit};
use crate::op::{Arg, Effects, Insn, Kind, Op, decode};
use crate::rep::{Rep, TypeId};

/// Which code words start an instruction.
pub(super) struct Starts(Vec<u64>);

impl Starts {
    fn new(words: usize) -> Self {
        Starts(vec![0; words.div_ceil(64)])
    }

    fn insert(&mut self, pc: usize) {
        if let Some(bits) = self.0.get_mut(pc / 64) {
            *bits |= 1 << (pc % 64);
        }
    }

    /// Whether an instruction starts at `pc`.
    pub(super) fn contains(&self, pc: usize) -> bool {
        self.0.get(pc / 64).is_some_and(|bits| bits >> (pc % 64) & 1 != 0)
    }
}

/// What each inline cache belongs to. A cache is filled by one operation for one name.
pub(super) struct Sites(Vec<Option<(Op, u32)>>);

impl Sites {
    /// No cache is claimed yet. The number of caches is known to be bounded by the code size.
    pub(super) fn new(module: &Module) -> Self {
        Sites(vec![None; module.n_sites as usize])
    }
}

impl FunctionChecker<'_> {
    /// Checks every instruction and gives their starts.
    pub(super) fn check_code(&self, sites: &mut Sites) -> Result<Starts, VerifyError> {
        let code = &self.function.code;
        let mut starts = Starts::new(code.len());
        let mut branches = Vec::new();
        let mut pc = 0;
        let mut ends = false;
        while pc < code.len() {
            let insn = match decode(code, pc) {
                Ok(insn) => insn,
                Err(e) => return Err(self.fail(Some(pc), Rule::BadInstruction, e.to_string())),
            };
            starts.insert(pc);
            for target in insn.targets() {
                branches.push((pc, target));
            }
            self.check_insn(&insn)?;
            self.check_site(&insn, sites)?;
            ends = insn.op.spec().effects.has(Effects::ENDS);
            pc = insn.next;
        }
        if !ends {
            let message = "the code does not end with a jump, return or throw";
            return Err(self.fail(None, Rule::FallsOffEnd, message));
        }
        match branches.into_iter().find(|(_, target)| !starts.contains(*target)) {
            Some((pc, target)) => {
                let message = format!("branch into the instruction around word {target}");
                Err(self.fail(Some(pc), Rule::BranchTarget, message))
            }
            None => Ok(starts),
        }
    }

    fn check_site(&self, insn: &Insn<'_>, sites: &mut Sites) -> Check {
        let Some(site) = insn.id(Kind::Site) else { return Ok(()) };
        let slot = sites.0.get_mut(site as usize).ok_or_else(|| {
            self.fail(Some(insn.pc), Rule::SiteId, format!("no inline cache {site}"))
        })?;
        let user = (insn.op, insn.id(Kind::Str).unwrap_or(0));
        if *slot.get_or_insert(user) == user {
            return Ok(());
        }
        let message = format!("inline cache {site} already serves another operation or name");
        Err(self.fail(Some(insn.pc), Rule::SharedSite, message))
    }

    fn check_insn(&self, insn: &Insn<'_>) -> Check {
        // Ids first: the rules for registers look at what they name.
        for (kind, arg) in insn.operands() {
            match arg {
                Arg::Reg(_) | Arg::Target(_) => {}
                Arg::Id(id) => self.check_id(insn, kind, id)?,
                Arg::Imm8(value) => self.check_immediate(insn, value)?,
                Arg::K64(bits) => self.check_constant(insn, bits)?,
                _ => {}
            }
        }
        if insn.op == Op::Native {
            return Err(self.at(insn, Rule::ReservedOp, "`native` is not for modules"));
        }
        if insn.op == Op::BeginTask && self.function.result != Rep::Any {
            let message = "a task's caller gets a promise, but the result is not `any`";
            return Err(self.at(insn, Rule::ResultRep, message));
        }
        if !insn.op.is_plain() {
            self.check_named(insn)?;
        }
        self.check_registers_of(insn)
    }

    fn check_id(&self, insn: &Insn<'_>, kind: Kind, id: u32) -> Check {
        let m = self.module;
        let (rule, n) = match kind {
            Kind::Str => (Rule::StrId, m.strings.len()),
            Kind::Func => (Rule::FuncId, m.functions.len()),
            Kind::Desc => (Rule::DescId, m.descs.len()),
            Kind::Global => (Rule::GlobalId, m.globals.len()),
            Kind::Builtin => (Rule::BuiltinId, BUILTINS.len()),
            Kind::Site => (Rule::SiteId, m.n_sites as usize),
            _ if m.type_def(TypeId(id)).is_some() => return Ok(()),
            _ => (Rule::TypeId, 0),
        };
        if (id as usize) < n {
            return Ok(());
        }
        Err(self.at(insn, rule, format!("{kind:?} {id} does not exist")))
    }

    fn check_immediate(&self, insn: &Insn<'_>, value: u8) -> Check {
        let n = match insn.op {
            Op::LoadBool => 2,
            Op::LoadImm | Op::Print => 4,
            Op::ReadExternal => 3,
            Op::Raise => ErrorKind::ALL.len(),
            // Judged with the registers: the captures or the fields bound them.
            _ => return Ok(()),
        };
        if usize::from(value) < n {
            return Ok(());
        }
        Err(self.at(insn, Rule::Immediate, format!("immediate {value} is not below {n}")))
    }

    fn check_constant(&self, insn: &Insn<'_>, bits: u64) -> Check {
        const SIGN: u64 = 1 << 63;
        let holds = if insn.op == Op::LoadI64 {
            bits.cast_signed().unsigned_abs() <= 1 << 53
        } else {
            !f64::from_bits(bits).is_nan() || bits & !SIGN == f64::NAN.to_bits()
        };
        if holds {
            return Ok(());
        }
        Err(self.at(insn, Rule::Constant, format!("constant {bits:#018x} is not allowed")))
    }

    /// Rules about the function or type that the instruction names.
    fn check_named(&self, insn: &Insn<'_>) -> Check {
        let m = self.module;
        let func = insn.id(Kind::Func).and_then(|id| m.function(FuncId(id)));
        let def = insn.id(Kind::Type).and_then(|id| m.type_def(TypeId(id)));
        let n = insn.regs().len();
        let counts = match (insn.op, func, def) {
            (Op::Call, Some(f), _) => n == usize::from(f.n_params),
            (Op::MakeClosure, Some(f), _) => n == f.upvalues.len(),
            (Op::NewRecord, _, Some(def)) => n == def.fields.len(),
            (Op::SetIndex, ..) => n == 3,
            (Op::NewObject, ..) => n.is_multiple_of(2),
            (Op::CallMethod, ..) => n >= 1,
            _ => true,
        };
        let is_call = insn.op == Op::MakeClosure || insn.op.spec().effects.has(Effects::CALLS);
        if !counts || is_call && n > limit::ARGS {
            return Err(self.at(insn, Rule::ArgumentCount, format!("{n} arguments are not right")));
        }
        let is_bare = matches!(insn.op, Op::Call | Op::LoadFunc);
        if is_bare && func.is_some_and(|f| !f.upvalues.is_empty()) {
            let message = "the function needs captured variables";
            return Err(self.at(insn, Rule::MissingCaptures, message));
        }
        let wants = match insn.op {
            Op::NewRecord => TypeKind::Record,
            Op::NewInstance | Op::LoadSession => TypeKind::Session,
            _ => return Ok(()),
        };
        if def.is_some_and(|def| def.kind == wants) {
            return Ok(());
        }
        Err(self.at(insn, Rule::TypeKind, format!("the type is no {wants:?}")))
    }

    /// An error at an instruction.
    pub(super) fn at(
        &self,
        insn: &Insn<'_>,
        rule: Rule,
        message: impl Into<String>,
    ) -> VerifyError {
        let message: String = message.into();
        self.fail(Some(insn.pc), rule, format!("`{}`: {message}", insn.op.spec().name))
    }
}

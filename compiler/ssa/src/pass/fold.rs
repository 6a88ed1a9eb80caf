//! Constant folding and identities that hold for all IEEE values.

mod constant;

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::SmallVec;

use self::constant::Constant;
use crate::ir::{Def, Func, Inst, InstData, ModuleFacts, Opcode, Term, Value, ValueData};
use crate::number;

/// Longest text that folding makes, in bytes: repeated doubling must not fill the memory.
const TEXT_MAX: usize = 1024;

/// Runs the pass.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts) {
    let cfg = super::reachable_flow(func);
    let mut changed = false;
    let out = Vec::with_capacity(super::INSTS_EXPECTED);
    let mut folder = Folder { func, facts, out };
    for &block in &cfg.order {
        let mut insts = std::mem::take(&mut folder.func.blocks[block.0 as usize].insts);
        for &inst in &insts {
            if folder.keep(inst) {
                folder.out.push(inst);
            } else {
                changed = true;
            }
        }
        insts.clear();
        let out = std::mem::replace(&mut folder.out, insts);
        folder.func.blocks[block.0 as usize].insts = out;
    }
    if changed {
        func.resolve_aliases();
    }
    for &block in &cfg.order {
        fold_end(func, block.0 as usize);
    }
}

/// Decides a branch whose condition is constant.
fn fold_end(func: &mut Func, block: usize) {
    let decided = match &func.blocks[block].term {
        Term::Branch { cond, then, other } => match Constant::of(func, *cond) {
            Some(Constant::Raw(true)) => Some(then.clone()),
            Some(Constant::Raw(false)) => Some(other.clone()),
            _ => None,
        },
        Term::Switch { on, cases, default } => match Constant::of(func, *on) {
            Some(Constant::Num(x)) => {
                let case = cases.iter().enumerate().find(|(i, _)| *i as f64 == x);
                Some(case.map_or(default, |(_, edge)| edge).clone())
            }
            _ => None,
        },
        _ => None,
    };
    if let Some(edge) = decided {
        func.blocks[block].term = Term::Jump(edge);
    }
}

enum Outcome {
    Keep,
    Alias(Value),
    Constant(Constant),
    Replace(Op, SmallVec<[Value; 4]>, SmallVec<[u64; 2]>),
}

struct Folder<'a> {
    func: &'a mut Func,
    facts: &'a dyn ModuleFacts,
    /// Instructions of the block so far.
    out: Vec<Inst>,
}

impl Folder<'_> {
    /// Whether the instruction stays; if not, its result has become an alias.
    fn keep(&mut self, inst: Inst) -> bool {
        let at = inst.0 as usize;
        self.func.resolve_args(inst);
        let data = &self.func.insts[at];
        let (Opcode::Op(op), Some(result)) = (data.op, data.result) else { return true };
        let (op, args, imms) = match self.outcome(op, inst) {
            Outcome::Keep => return true,
            Outcome::Alias(to) => {
                self.func.values[result.0 as usize].def = Def::Alias(to);
                return false;
            }
            Outcome::Constant(constant) => {
                let (op, imm) = constant.load();
                (op, SmallVec::new(), SmallVec::from_slice(&[imm]))
            }
            Outcome::Replace(op, args, imms) => (op, args, imms),
        };
        let Some(rep) = crate::shape::result_rep(op, &imms) else { return true };
        if !self.func.rep(result).accepts(rep) {
            return true;
        }
        self.func.values[result.0 as usize].rep = rep;
        let data = &mut self.func.insts[at];
        (data.op, data.args, data.imms) = (Opcode::Op(op), args, imms);
        true
    }

    fn outcome(&mut self, op: Op, inst: Inst) -> Outcome {
        if op == Op::Concat {
            return self.concat(inst);
        }
        let data = self.func.inst(inst);
        if data.args.is_empty() {
            return Outcome::Keep;
        }
        // What folds takes one or two operands.
        let constant = |i: usize| data.args.get(i).and_then(|v| Constant::of(self.func, *v));
        let constants = [constant(0), constant(1)];
        let k = f64::from_bits(data.imms.first().copied().unwrap_or(0));
        // Value of the row if it is a constant and cannot fail.
        let value = match (data.args.len(), constants) {
            (1, [Some(a), _]) => self.unary(op, a, k),
            (2, [Some(a), Some(b)]) => self.binary(op, a, b),
            _ => None,
        };
        value.map_or_else(|| self.identity(op, inst, constants, k), Outcome::Constant)
    }

    // ---- constants

    fn unary(&self, op: Op, a: Constant, k: f64) -> Option<Constant> {
        use Constant::{Null, Num, Raw, Tagged};
        Some(match (op, a) {
            (Op::AddF64K, Num(x)) => Num(x + k),
            (Op::RsubF64K, Num(x)) => Num(k - x),
            (Op::MulF64K, Num(x)) => Num(x * k),
            (Op::DivF64K, Num(x)) => Num(x / k),
            (Op::RdivF64K, Num(x)) => Num(k / x),
            (Op::ModF64K, Num(x)) => Num(x % k),
            (Op::NegF64, Num(x)) => Num(-x),
            (Op::AbsF64, Num(x)) => Num(x.abs()),
            (Op::SqrtF64, Num(x)) => Num(x.sqrt()),
            (Op::FloorF64, Num(x)) => Num(x.floor()),
            (Op::CeilF64, Num(x)) => Num(x.ceil()),
            (Op::TruncF64, Num(x)) => Num(x.trunc()),
            (Op::BitNot, Num(x)) => Num(f64::from(!number::to_i32(x))),
            (Op::AddAnyK, _) => return self.add(a, Num(k)),
            (Op::NegAny, _) => Num(-self.to_number(a)?),
            (Op::ToNum, _) => Num(self.to_number(a)?),
            (Op::CheckBool, Tagged(b)) => Raw(b),
            (Op::BoxBool, Raw(b)) => Tagged(b),
            (Op::Not, Raw(b)) => Raw(!b),
            (Op::Truthy, _) => Raw(self.is_truthy(a)?),
            (Op::IsNull, _) => Raw(a == Null),
            (Op::IsPassed, _) => Raw(a != Constant::Missing),
            (Op::Length, Constant::Str(id)) => Num(self.facts.string(id)?.chars().count() as f64),
            _ => return None,
        })
    }

    fn binary(&self, op: Op, a: Constant, b: Constant) -> Option<Constant> {
        use Constant::{Num, Raw, Tagged};
        Some(match (op, a, b) {
            (Op::AddAny, ..) => return self.add(a, b),
            (Op::PowAny, Tagged(a), Tagged(b)) => Tagged(a ^ b),
            (Op::EqAny, ..) => Raw(self.is_equal(a, b)?),
            (Op::EqBool, Raw(a), Raw(b)) => Raw(a == b),
            (Op::LtAny | Op::LeAny, Constant::Str(a), Constant::Str(b)) => {
                // Comparing UTF-8 bytes compares code points.
                let order = self.facts.string(a)?.cmp(&self.facts.string(b)?);
                Raw(if op == Op::LtAny { order.is_lt() } else { order.is_le() })
            }
            (Op::SubAny | Op::MulAny | Op::DivAny | Op::ModAny | Op::LtAny | Op::LeAny, ..) => {
                let typed = match op {
                    Op::SubAny => Op::SubF64,
                    Op::MulAny => Op::MulF64,
                    Op::DivAny => Op::DivF64,
                    Op::ModAny => Op::ModF64,
                    Op::LtAny => Op::LtF64,
                    _ => Op::LeF64,
                };
                let (a, b) = (self.to_number(a)?, self.to_number(b)?);
                return on_numbers(typed, a, b);
            }
            (_, Num(a), Num(b)) => return on_numbers(op, a, b),
            _ => return None,
        })
    }

    fn to_number(&self, a: Constant) -> Option<f64> {
        match a {
            Constant::Num(x) => Some(x),
            Constant::Tagged(b) => Some(f64::from(u8::from(b))),
            Constant::Str(id) => number::parse(&self.facts.string(id)?),
            _ => None,
        }
    }

    fn is_truthy(&self, a: Constant) -> Option<bool> {
        Some(match a {
            Constant::Null => false,
            Constant::Tagged(b) | Constant::Raw(b) => b,
            Constant::Num(x) => x != 0.0,
            Constant::Str(id) => !self.facts.string(id)?.is_empty(),
            Constant::Missing => return None,
        })
    }

    fn is_equal(&self, a: Constant, b: Constant) -> Option<bool> {
        Some(match (a, b) {
            (Constant::Missing, _) | (_, Constant::Missing) => return None,
            (Constant::Num(a), Constant::Num(b)) => number::is_equal(a, b),
            (Constant::Str(a), Constant::Str(b)) => {
                a == b || self.facts.string(a)? == self.facts.string(b)?
            }
            _ => a == b,
        })
    }

    fn add(&self, a: Constant, b: Constant) -> Option<Constant> {
        if matches!(a, Constant::Str(_)) || matches!(b, Constant::Str(_)) {
            let text = self.display(a)? + &self.display(b)?;
            return self.text(&text);
        }
        Some(Constant::Num(self.to_number(a)? + self.to_number(b)?))
    }

    fn display(&self, a: Constant) -> Option<String> {
        Some(match a {
            Constant::Null => "null".to_owned(),
            Constant::Tagged(b) => b.to_string(),
            Constant::Num(x) => number::display(x),
            Constant::Str(id) => self.facts.string(id)?.into_string(),
            Constant::Raw(_) | Constant::Missing => return None,
        })
    }

    fn text(&self, text: &str) -> Option<Constant> {
        if text.len() > TEXT_MAX {
            return None;
        }
        self.facts.intern(text).map(Constant::Str)
    }

    /// Joins neighbouring constant parts.
    fn concat(&mut self, inst: Inst) -> Outcome {
        let args = self.func.inst(inst).args.clone();
        let shown: Vec<Option<String>> = args
            .iter()
            .map(|v| Constant::of(self.func, *v).and_then(|c| self.display(c)))
            .collect();
        if let [Some(only)] = &shown[..] {
            return self.text(only).map_or(Outcome::Keep, Outcome::Constant);
        }
        let joins = shown.windows(2).any(|w| w[0].is_some() && w[1].is_some());
        if !joins {
            return Outcome::Keep;
        }
        let all: Option<String> = shown.iter().cloned().collect();
        if let Some(constant) = all.and_then(|text| self.text(&text)) {
            return Outcome::Constant(constant);
        }
        let mut parts: SmallVec<[Value; 4]> = SmallVec::new();
        let mut i = 0;
        while i < args.len() {
            let run = shown[i..].iter().take_while(|s| s.is_some()).count();
            let joined = if run > 1 { self.join(inst, &shown[i..i + run]) } else { None };
            match joined {
                Some(value) => parts.push(value),
                None => parts.extend_from_slice(&args[i..i + run.max(1)]),
            }
            i += run.max(1);
        }
        Outcome::Replace(Op::Concat, parts, SmallVec::new())
    }

    /// Loads the text of a run of constant parts.
    fn join(&mut self, inst: Inst, parts: &[Option<String>]) -> Option<Value> {
        let text: String = parts.iter().flatten().map(String::as_str).collect();
        let (op, imm) = self.text(&text)?.load();
        let (load, result) =
            (Inst(self.func.insts.len() as u32), Value(self.func.values.len() as u32));
        let rep = Rep::Ref(TypeId::STRING);
        self.func.values.push(ValueData { def: Def::Inst(load), rep });
        let pos = self.func.inst(inst).pos;
        self.func.insts.push(InstData {
            op: Opcode::Op(op),
            args: SmallVec::new(),
            imms: SmallVec::from_slice(&[imm]),
            result: Some(result),
            pos,
            note: None,
        });
        self.out.push(load);
        Some(result)
    }

    // ---- identities

    fn identity(&self, op: Op, inst: Inst, constants: [Option<Constant>; 2], k: f64) -> Outcome {
        let args = &self.func.inst(inst).args;
        let Some(&a) = args.first() else { return Outcome::Keep };
        let replace = |op: Op, args: &[Value], imms: &[u64]| {
            Outcome::Replace(op, SmallVec::from_slice(args), SmallVec::from_slice(imms))
        };
        let rep = self.func.rep(a);
        match op {
            Op::MulF64K | Op::DivF64K if k == 1.0 => Outcome::Alias(a),
            // x + -0 is x for all x; x + 0 is not, for -0.
            Op::AddF64K if k == 0.0 && k.is_sign_negative() => Outcome::Alias(a),
            Op::DivF64K if has_exact_inverse(k) => {
                replace(Op::MulF64K, &[a], &[(1.0 / k).to_bits()])
            }
            Op::NegF64 => self.operand_of(Op::NegF64, a).map_or(Outcome::Keep, Outcome::Alias),
            Op::Not => self.operand_of(Op::Not, a).map_or(Outcome::Keep, Outcome::Alias),
            Op::Truthy | Op::CheckBool => {
                self.operand_of(Op::BoxBool, a).map_or(Outcome::Keep, Outcome::Alias)
            }
            Op::CheckF64 | Op::ToNum if rep == Rep::F64 => Outcome::Alias(a),
            Op::EqBool => match (constants, args.get(1)) {
                ([Some(Constant::Raw(x)), _], Some(&b)) => same_or_not(b, x),
                ([_, Some(Constant::Raw(x))], _) => same_or_not(a, x),
                _ => Outcome::Keep,
            },
            Op::AddF64 | Op::SubF64 | Op::MulF64 | Op::DivF64 | Op::ModF64 => {
                let num = |i: usize| constants[i].and_then(Constant::num);
                match constant_form(op, num(0), num(1)) {
                    Some((form, operand, k)) => replace(form, &[args[operand]], &[k.to_bits()]),
                    None => Outcome::Keep,
                }
            }
            _ => Outcome::Keep,
        }
    }

    fn operand_of(&self, op: Op, v: Value) -> Option<Value> {
        let data = self.func.def_inst(v)?;
        (data.op == Opcode::Op(op)).then(|| data.args.first().map(|v| self.func.resolve(*v)))?
    }
}

/// The row with an inline constant, which operand it keeps, and the constant, if an operand of the
/// row is a constant number.
pub(super) fn constant_form(op: Op, a: Option<f64>, b: Option<f64>) -> Option<(Op, usize, f64)> {
    Some(match (op, a, b) {
        (Op::AddF64, _, Some(k)) => (Op::AddF64K, 0, k),
        (Op::AddF64, Some(k), _) => (Op::AddF64K, 1, k),
        // Exact: x - k and x + (-k) agree for all x, zeros and NaN included.
        (Op::SubF64, _, Some(k)) => (Op::AddF64K, 0, -k),
        (Op::SubF64, Some(k), _) => (Op::RsubF64K, 1, k),
        (Op::MulF64, _, Some(k)) => (Op::MulF64K, 0, k),
        (Op::MulF64, Some(k), _) => (Op::MulF64K, 1, k),
        (Op::DivF64, _, Some(k)) => (Op::DivF64K, 0, k),
        (Op::DivF64, Some(k), _) => (Op::RdivF64K, 1, k),
        (Op::ModF64, _, Some(k)) => (Op::ModF64K, 0, k),
        _ => return None,
    })
}

fn same_or_not(v: Value, is_same: bool) -> Outcome {
    if is_same {
        Outcome::Alias(v)
    } else {
        Outcome::Replace(Op::Not, SmallVec::from_slice(&[v]), SmallVec::new())
    }
}

/// Whether dividing by `k` and multiplying by `1 / k` give the same bits: powers of two whose
/// inverse is a normal number.
fn has_exact_inverse(k: f64) -> bool {
    const FRACTION: u64 = (1 << 52) - 1;
    k.is_normal() && (1.0 / k).is_normal() && k.to_bits() & FRACTION == 0
}

fn on_numbers(op: Op, a: f64, b: f64) -> Option<Constant> {
    use Constant::{Num, Raw};
    let bits = |f: fn(i32, i32) -> i32| Num(f64::from(f(number::to_i32(a), number::to_i32(b))));
    Some(match op {
        Op::AddF64 => Num(a + b),
        Op::SubF64 => Num(a - b),
        Op::MulF64 => Num(a * b),
        Op::DivF64 => Num(a / b),
        Op::ModF64 => Num(a % b),
        // `pow` of other operands is left to the engine, whose mathematics library decides.
        Op::PowF64 | Op::PowAny if is_exact_power(a, b) => Num(a.powf(b)),
        Op::BitAnd => bits(|a, b| a & b),
        Op::BitOr => bits(|a, b| a | b),
        Op::BitXor => bits(|a, b| a ^ b),
        Op::BitShl => bits(|a, b| a.wrapping_shl(b as u32)),
        Op::BitShr => bits(|a, b| a.wrapping_shr(b as u32)),
        Op::LtF64 => Raw(a < b),
        Op::LeF64 => Raw(a <= b),
        Op::EqF64 => Raw(number::is_equal(a, b)),
        // Which zero is the smaller one is the engine's choice.
        Op::MinF64 if a != 0.0 || b != 0.0 => Num(a.min(b)),
        Op::MaxF64 if a != 0.0 || b != 0.0 => Num(a.max(b)),
        _ => return None,
    })
}

/// Small integers whose power is an integer below 2^53: every library agrees.
fn is_exact_power(a: f64, b: f64) -> bool {
    a.trunc() == a
        && b.trunc() == b
        && (0.0..=64.0).contains(&b)
        && a.abs() <= 1024.0
        && a.powf(b).abs() < 9_007_199_254_740_992.0
}

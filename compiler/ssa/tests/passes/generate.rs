//! Makes a unit with a random function from a list of choices.

mod call;
mod local;

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_ssa::build::{Builder, Var};
use hyp_ssa::ir::{Block, Value};
use hyp_ssa::text;
use hyp_ssa::unit::Unit;

use self::local::Local;

/// Number of the random function; those before it are given.
pub(crate) const RANDOM: u32 = 5;

const DECLARATIONS: &str = r#"
type t16 session "S" { "n": f64, "x": any, "next": t16, private "p": any, method "add" f1, method "id" f2, constructor f0 }
type t17 record "R" { "a": f64, "b": any }
global g0: any
global g1: f64
global g2: t16
desc d0 number
desc d1 string
desc d2 array
desc d3 t16
desc d4 t17
function "S" -> t16 owner t16 {
block0(v0: f64):
  v1 = new_instance t16
  set_field v1, v0, 0
  return v1
}
function "add" -> f64 owner t16 receiver {
block0(v0: t16, v1: f64):
  v2: f64 = get_field v0, 0
  v3 = add_f64 v2, v1
  set_field v0, v3, 0
  print v3, 0
  return v3
}
function "id" -> any owner t16 required 1 receiver {
block0(v0: t16, v1: any):
  v2 = is_passed v1
  brif v2, block1, block2
block1:
  return v1
block2:
  return v0
}
function "twice" -> any {
block0(v0: any):
  v1 = add_any v0, v0
  return v1
}
function "guarded" -> any slots 1 {
block0(v0: any):
  jump block1
block1 handler block2:
  v1 = neg_any v0
  slot_set v1, 0
  v2 = check_str v0
  return v2
block2(v3: any):
  v4 = slot_get 0
  v5 = is_null v4
  brif v5, block3, block4
block3:
  return v0
block4:
  throw v4
}
"#;

/// The given declarations and the function that the choices describe.
pub(crate) fn unit(choices: &[u8]) -> Unit {
    let mut unit = text::parse(DECLARATIONS).expect("the declarations are well formed");
    let mut builder = Builder::new(Some(unit.string_id("random")), &[Rep::F64, Rep::Any]);
    let slots = [builder.new_slot(), builder.new_slot()];
    let vars: Vec<Var> = (0..5).map(|_| builder.declare_var()).collect();
    for (i, var) in vars.iter().take(2).enumerate() {
        let param = builder.param(i);
        builder.def_var(*var, param);
    }
    let mut generator = Generator {
        unit: &unit,
        builder,
        choices,
        at: 0,
        vars,
        slots,
        loops: Vec::new(),
        sites: 0,
        locals: Vec::new(),
        is_protected: false,
    };
    generator.start();
    generator.statements(0);
    let result = generator.expression(0);
    generator.builder.ret(Some(result));
    let func = generator.builder.finish();
    unit.funcs.push(func);
    unit
}

struct Generator<'a> {
    unit: &'a Unit,
    builder: Builder,
    choices: &'a [u8],
    at: usize,
    vars: Vec<Var>,
    slots: [u32; 2],
    /// Blocks that end and repeat the loops around.
    loops: Vec<(Block, Block)>,
    sites: u64,
    locals: Vec<Local>,
    /// Variables must not be assigned in a protected region.
    is_protected: bool,
}

impl Generator<'_> {
    /// The next choice among `n`; 0 when the list is used up.
    fn choose(&mut self, n: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(choice) % n
    }

    fn is_used_up(&self) -> bool {
        self.at >= self.choices.len()
    }

    fn site(&mut self) -> u64 {
        self.sites += 1;
        self.sites
    }

    fn name(&mut self) -> u64 {
        let names = ["n", "x", "next", "p", "a", "b", "add", "nothing"];
        let i = self.choose(names.len());
        u64::from(self.unit.string_id(names[i]).0)
    }

    fn var(&mut self) -> Var {
        let i = self.choose(self.vars.len());
        self.vars[i]
    }

    /// Variables of kinds with which more operations succeed than fail.
    fn start(&mut self) {
        let items: Vec<Value> = (1..4).map(|i| self.builder.f64(f64::from(i))).collect();
        let array = self.builder.op(Op::NewArray, &items, &[]);
        let object = self.builder.op_rep(Op::Call, &items[..1], &[0], Rep::Ref(TypeId(16)));
        let text = self.builder.str(self.unit.string_id("text"));
        for (i, value) in [array, object, text].into_iter().enumerate() {
            self.builder.def_var(self.vars[2 + i], value);
        }
    }

    // ---- statements

    fn statements(&mut self, depth: usize) {
        let n_locals = self.locals.len();
        for _ in 0..1 + self.choose(6) {
            if self.is_used_up() || self.builder.is_terminated() {
                break;
            }
            self.statement(depth);
        }
        self.locals.truncate(n_locals);
    }

    fn statement(&mut self, depth: usize) {
        let n = if depth > 3 { 11 } else { 18 };
        match self.choose(n) {
            0..=2 => {
                let value = self.expression(0);
                self.assign(value);
            }
            3 => {
                let value = self.expression(0);
                self.builder.op_void(Op::Print, &[value], &[0]);
            }
            4 => {
                let value = self.expression(0);
                self.builder.op_void(Op::SetGlobal, &[value], &[0]);
            }
            5 => {
                let args = [self.expression(1), self.expression(1), self.expression(1)];
                self.builder.op(Op::SetIndex, &args, &[]);
            }
            6 => {
                let (object, value) = (self.expression(1), self.expression(1));
                let imms = [self.name(), self.site()];
                let result = self.builder.op(Op::SetMember, &[object, value], &imms);
                self.assign(result);
            }
            7 => self.leave(),
            8 => self.make_local(),
            9 | 10 => self.change_local(),
            11 | 12 => self.conditional(depth),
            13 | 14 => self.counted_loop(depth),
            15 => self.protected(depth),
            16 => self.iteration(depth),
            _ => self.switch(depth),
        }
    }

    fn assign(&mut self, value: Value) {
        if self.is_protected {
            let i = self.choose(2);
            let slot = self.slots[i];
            self.builder.slot_set(slot, value);
        } else {
            let var = self.var();
            self.builder.def_var(var, value);
        }
    }

    fn leave(&mut self) {
        match (self.choose(6), self.loops.last().copied()) {
            (0, _) => {
                let value = self.expression(1);
                self.builder.ret(Some(value));
            }
            (1, _) => {
                let value = self.expression(1);
                self.builder.throw(value);
            }
            (2, Some((end, _))) if !self.is_protected => self.builder.jump(end, &[]),
            (3, Some((_, next))) if !self.is_protected => self.builder.jump(next, &[]),
            _ => {}
        }
    }

    fn conditional(&mut self, depth: usize) {
        let cond = self.condition(0);
        let (then, other) = (self.builder.new_block(), self.builder.new_block());
        let join = self.builder.new_block();
        self.builder.branch(cond, (then, &[]), (other, &[]));
        for block in [then, other] {
            self.builder.seal(block);
            self.builder.switch_to(block);
            self.statements(depth + 1);
            self.builder.jump(join, &[]);
        }
        self.builder.seal(join);
        self.builder.switch_to(join);
    }

    /// A loop over a variable of its own, so that it ends.
    fn counted_loop(&mut self, depth: usize) {
        let counter = self.builder.declare_var();
        let (zero, limit) = (self.builder.f64(0.0), 1 + self.choose(4));
        self.builder.def_var(counter, zero);
        let (head, body) = (self.builder.new_block(), self.builder.new_block());
        let (next, end) = (self.builder.new_block(), self.builder.new_block());
        self.builder.jump(head, &[]);
        self.builder.switch_to(head);
        let (i, limit) = (self.builder.use_var(counter), self.builder.f64(limit as f64));
        let cond = self.builder.op(Op::LtAny, &[i, limit], &[]);
        self.builder.branch(cond, (body, &[]), (end, &[]));
        self.builder.seal(body);
        self.builder.switch_to(body);
        self.loops.push((end, next));
        self.vars.push(counter);
        self.statements(depth + 1);
        // An assignment to the counter could make the loop endless.
        self.vars.pop();
        self.loops.pop();
        self.builder.jump(next, &[]);
        self.builder.seal(next);
        self.builder.switch_to(next);
        let (i, one) = (self.builder.use_var(counter), self.builder.f64(1.0));
        let i = self.builder.op(Op::AddAny, &[i, one], &[]);
        self.builder.def_var(counter, i);
        self.builder.jump(head, &[]);
        self.builder.seal(head);
        self.builder.seal(end);
        self.builder.switch_to(end);
    }

    fn protected(&mut self, depth: usize) {
        let outer = (self.is_protected, self.builder.handler());
        let (handler, body) = (self.builder.new_block(), self.builder.new_block());
        let join = self.builder.new_block();
        let caught = self.builder.block_param(handler, Rep::Any);
        self.builder.set_handler(Some(handler));
        self.builder.jump(body, &[]);
        self.builder.seal(body);
        self.builder.switch_to(body);
        self.is_protected = true;
        let loops = std::mem::take(&mut self.loops);
        self.statements(depth + 1);
        self.loops = loops;
        self.is_protected = outer.0;
        self.builder.jump(join, &[]);
        self.builder.set_handler(outer.1);
        self.builder.switch_to(handler);
        self.assign(caught);
        let was_protected = std::mem::replace(&mut self.is_protected, outer.0);
        self.statements(depth + 1);
        self.is_protected = was_protected;
        self.builder.jump(join, &[]);
        self.builder.seal(join);
        self.builder.switch_to(join);
    }

    fn switch(&mut self, depth: usize) {
        let on = self.expression(1);
        let on = self.builder.op(Op::ToNum, &[on], &[]);
        let blocks = [self.builder.new_block(), self.builder.new_block()];
        let (default, join) = (self.builder.new_block(), self.builder.new_block());
        self.builder.switch(on, &blocks, default);
        for block in [blocks[0], blocks[1], default] {
            self.builder.seal(block);
            self.builder.switch_to(block);
            self.statements(depth + 1);
            self.builder.jump(join, &[]);
        }
        self.builder.seal(join);
        self.builder.switch_to(join);
    }

    // ---- conditions and values

    /// A raw boolean.
    fn condition(&mut self, depth: usize) -> Value {
        match self.choose(8) {
            0 | 1 => self.binary_op(&[Op::LtAny, Op::LeAny, Op::EqAny], depth),
            2 if depth < 3 => {
                let cond = self.condition(depth + 1);
                self.builder.op(Op::Not, &[cond], &[])
            }
            3 => {
                let value = self.expression(depth + 1);
                self.builder.op(Op::IsNull, &[value], &[])
            }
            4 => {
                let (value, desc) = (self.expression(depth + 1), self.choose(4) as u64);
                self.builder.op(Op::IsType, &[value], &[desc])
            }
            5 => {
                let value = self.expression(depth + 1);
                let note = self.unit.string_id("a place");
                self.builder.set_note(Some(note));
                self.builder.op(Op::CheckBool, &[value], &[])
            }
            _ => {
                let value = self.expression(depth + 1);
                self.builder.op(Op::Truthy, &[value], &[])
            }
        }
    }

    fn binary_op(&mut self, ops: &[Op], depth: usize) -> Value {
        let args = if self.choose(4) == 0 {
            [self.expression(depth + 1), self.expression(depth + 1)]
        } else {
            [self.number(depth + 1), self.number(depth + 1)]
        };
        let op = ops[self.choose(ops.len())];
        self.builder.op(op, &args, &[])
    }

    /// A value that fits a variable.
    fn expression(&mut self, depth: usize) -> Value {
        if depth > 3 || self.is_used_up() {
            return self.atom();
        }
        const ARITHMETIC: &[Op] =
            &[Op::AddAny, Op::AddAny, Op::SubAny, Op::MulAny, Op::DivAny, Op::ModAny, Op::PowAny];
        match self.choose(24) {
            0..=3 => self.binary_op(ARITHMETIC, depth),
            4 | 5 => {
                let cond = self.condition(depth + 1);
                self.builder.op(Op::BoxBool, &[cond], &[])
            }
            6 | 7 => self.short_circuit(depth),
            8 => self.checked(depth),
            9 => self.elements(depth),
            10 => {
                let args = [self.expression(depth + 1), self.number(depth + 1)];
                let ops = [Op::GetIndex, Op::GetIndexOpt, Op::ArrayPush, Op::Concat];
                let op = ops[self.choose(ops.len())];
                self.builder.op(op, &args, &[])
            }
            22 => self.pattern(depth),
            20 => {
                let array = self.builder.use_var(self.vars[2]);
                let index = self.choose(4) as f64;
                let index = self.builder.f64(index);
                self.builder.op(Op::GetIndex, &[array, index], &[])
            }
            21 => {
                let object = self.builder.use_var(self.vars[3]);
                let imms = [self.name(), self.site()];
                self.builder.op(Op::GetMember, &[object], &imms)
            }
            11 => {
                let base = self.expression(depth + 1);
                let imms = [self.name(), self.site()];
                self.builder.op(Op::GetMember, &[base], &imms)
            }
            12 => self.call(depth),
            13 => self.method_call(depth),
            14 => self.construct(depth),
            15 => {
                let i = self.choose(2);
                self.builder.slot_get(self.slots[i])
            }
            16 => self.builtin(depth),
            17 => {
                let value = self.expression(depth + 1);
                let cell = self.builder.op(Op::NewCell, &[value], &[]);
                self.builder.op(Op::GetCell, &[cell], &[])
            }
            18 => {
                let args = [self.expression(depth + 1), self.expression(depth + 1)];
                let a = self.builder.op(Op::ToNum, &args[..1], &[]);
                self.builder.op(Op::NewRecord, &[a, args[1]], &[17])
            }
            19 | 23 => self.read_local(),
            _ => self.atom(),
        }
    }

    /// A value that is a number, though its representation may not say so.
    fn number(&mut self, depth: usize) -> Value {
        match self.choose(8) {
            0 => self.builder.param(0),
            1 if depth < 4 => {
                let args = [self.number(depth + 1), self.number(depth + 1)];
                self.builder.op(Op::AddAny, &args, &[])
            }
            2 if depth < 4 => {
                let args = [self.number(depth + 1), self.number(depth + 1)];
                self.builder.op(Op::MulAny, &args, &[])
            }
            3 => {
                let text = self.builder.str(self.unit.string_id("b c"));
                self.builder.op(Op::Length, &[text], &[])
            }
            4 => {
                let x = self.expression(depth + 1);
                let cond = self.builder.op(Op::Truthy, &[x], &[]);
                let (then, join) = (self.builder.new_block(), self.builder.new_block());
                let result = self.builder.block_param(join, Rep::Any);
                let one = self.builder.f64(1.0);
                self.builder.branch(cond, (then, &[]), (join, &[one]));
                self.builder.seal(then);
                self.builder.switch_to(then);
                let other = self.number(depth + 1);
                self.builder.jump(join, &[other]);
                self.builder.seal(join);
                self.builder.switch_to(join);
                result
            }
            n => self.builder.f64(n as f64),
        }
    }

    fn atom(&mut self) -> Value {
        const NUMBERS: [f64; 7] = [0.0, -0.0, 1.0, 2.0, 0.5, f64::INFINITY, -3.0];
        const TEXTS: [&str; 4] = ["", "a", "12", "b c"];
        match self.choose(12) {
            0..=3 => {
                let i = self.choose(NUMBERS.len());
                self.builder.f64(NUMBERS[i])
            }
            4 => {
                let i = self.choose(TEXTS.len());
                self.builder.str(self.unit.string_id(TEXTS[i]))
            }
            5 => {
                let x = self.choose(2) == 1;
                self.builder.bool_any(x)
            }
            6 => self.builder.null(),
            7 => self.builder.op_rep(Op::GetGlobal, &[], &[0], Rep::Any),
            _ => {
                let var = self.var();
                self.builder.use_var(var)
            }
        }
    }

    /// `a && b` and `a || b`, whose result is the deciding operand.
    fn short_circuit(&mut self, depth: usize) -> Value {
        let a = self.expression(depth + 1);
        let is_and = self.choose(2) == 0;
        let cond = self.builder.op(Op::Truthy, &[a], &[]);
        let (more, join) = (self.builder.new_block(), self.builder.new_block());
        let result = self.builder.block_param(join, Rep::Any);
        if is_and {
            self.builder.branch(cond, (more, &[]), (join, &[a]));
        } else {
            self.builder.branch(cond, (join, &[a]), (more, &[]));
        }
        self.builder.seal(more);
        self.builder.switch_to(more);
        let b = self.expression(depth + 1);
        self.builder.jump(join, &[b]);
        self.builder.seal(join);
        self.builder.switch_to(join);
        result
    }

    /// What a pattern with a type does: tests, then uses.
    fn pattern(&mut self, depth: usize) -> Value {
        let (subject, desc) = (self.expression(depth + 1), [0, 3, 4][self.choose(3)]);
        let cond = self.builder.op(Op::IsType, &[subject], &[desc]);
        let (then, join) = (self.builder.new_block(), self.builder.new_block());
        let result = self.builder.block_param(join, Rep::Any);
        self.builder.branch(cond, (then, &[]), (join, &[subject]));
        self.builder.seal(then);
        self.builder.switch_to(then);
        let names = ["a", "b", "n", "x"];
        let name = self.unit.string_id(names[self.choose(names.len())]);
        let value = match self.choose(4) {
            0 => {
                let name = self.builder.str(name);
                self.builder.op(Op::GetIndexOpt, &[subject, name], &[])
            }
            1 => {
                let imms = [u64::from(name.0), self.site()];
                self.builder.op(Op::GetMember, &[subject], &imms)
            }
            2 => {
                let other = self.number(depth + 1);
                self.builder.op(Op::SubAny, &[subject, other], &[])
            }
            _ => self.expression(depth + 1),
        };
        self.builder.jump(join, &[value]);
        self.builder.seal(join);
        self.builder.switch_to(join);
        result
    }

    fn checked(&mut self, depth: usize) -> Value {
        let value = self.expression(depth + 1);
        let note = self.unit.string_id("variable 'v'");
        self.builder.set_note(Some(note));
        let checked = match self.choose(7) {
            0 => self.builder.op(Op::CheckF64, &[value], &[]),
            1 => self.builder.op(Op::CheckStr, &[value], &[]),
            2 => self.builder.op(Op::CheckArray, &[value], &[]),
            3 => self.builder.op(Op::CheckRef, &[value], &[16]),
            4 => self.builder.op(Op::ToNum, &[value], &[]),
            5 => self.builder.op(Op::NegAny, &[value], &[]),
            _ => {
                let desc = self.choose(4) as u64;
                self.builder.op(Op::CheckType, &[value], &[desc])
            }
        };
        self.builder.set_note(None);
        checked
    }

    fn elements(&mut self, depth: usize) -> Value {
        let n = self.choose(4);
        let items: Vec<Value> = (0..n).map(|_| self.expression(depth + 1)).collect();
        self.builder.op(Op::NewArray, &items, &[])
    }
}

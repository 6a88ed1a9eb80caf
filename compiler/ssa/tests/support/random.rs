//! Random functions: structured control flow over numbers, tagged variables, slots and handlers.

use hyp_bytecode::module::ErrorKind;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use hyp_ssa::build::{Builder, Var};
use hyp_ssa::ir::{Block, Func, Pos, Value};
use hyp_ssa::unit::Unit;

/// A small deterministic generator (xorshift*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }
}

const N_SLOTS: u32 = 3;

pub(crate) struct Generator<'a> {
    random: Random,
    builder: Builder,
    unit: &'a Unit,
    numbers: Vec<Var>,
    tagged: Vec<Var>,
    /// Continue and break targets.
    loops: Vec<(Block, Block)>,
    /// Statements that may still be generated.
    budget: usize,
    /// Whether variables must not be assigned: inside a protected region.
    is_protected: bool,
    line: u32,
}

/// A function of a number and a tagged value.
pub(crate) fn function(seed: u64, unit: &Unit) -> Func {
    let mut random = Random::new(seed);
    let mut builder = Builder::new(Some(unit.string_id("random")), &[Rep::F64, Rep::Any]);
    for _ in 0..N_SLOTS {
        builder.new_slot();
    }
    let budget = 5 + random.below(60);
    let mut generator = Generator {
        random,
        builder,
        unit,
        numbers: Vec::new(),
        tagged: Vec::new(),
        loops: Vec::new(),
        budget,
        is_protected: false,
        line: 0,
    };
    generator.run();
    generator.builder.finish()
}

impl Generator<'_> {
    fn run(&mut self) {
        for i in 0..3 {
            let var = self.builder.declare_typed_var(Rep::F64);
            let value = if i == 0 { self.builder.param(0) } else { self.builder.f64(i as f64) };
            self.builder.def_var(var, value);
            self.numbers.push(var);
            let var = self.builder.declare_var();
            let value = if i == 0 { self.builder.param(1) } else { self.builder.null() };
            self.builder.def_var(var, value);
            self.tagged.push(var);
        }
        self.statements(0);
        if !self.builder.is_terminated() {
            let value = self.tagged_value();
            self.builder.ret(Some(value));
        }
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..1 + self.random.below(6) {
            if self.budget == 0 || self.builder.is_terminated() {
                return;
            }
            self.budget -= 1;
            self.line += 1;
            self.builder.set_pos(Pos { line: self.line, column: 1, inlined: 0 });
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: usize) {
        let kind = if depth > 4 { self.random.below(8) } else { self.random.below(16) };
        match kind {
            0 | 1 if !self.is_protected => {
                let value = self.number();
                let var = self.random.below(self.numbers.len());
                self.builder.def_var(self.numbers[var], value);
            }
            2 if !self.is_protected => {
                let value = self.tagged_value();
                let var = self.random.below(self.tagged.len());
                self.builder.def_var(self.tagged[var], value);
            }
            0..=3 => {
                let value = self.tagged_value();
                let slot = self.random.below(N_SLOTS as usize) as u32;
                self.builder.slot_set(slot, value);
            }
            4 | 5 => {
                let value = self.tagged_value();
                self.builder.op_void(Op::Print, &[value], &[0]);
            }
            6 => self.leave(),
            // A swap of two variables makes cycles of moves.
            7 if !self.is_protected => {
                let (i, j) = (self.random.below(3), self.random.below(3));
                let (i, j) = (self.numbers[i], self.numbers[j]);
                let (a, b) = (self.number_of(i), self.number_of(j));
                self.builder.def_var(i, b);
                self.builder.def_var(j, a);
            }
            8 | 9 => self.conditional(depth),
            10..=12 => self.counted_loop(depth),
            13 => self.switch(depth),
            14 => self.protected(depth),
            _ => {
                let value = self.number();
                self.builder.op_void(Op::SetGlobal, &[value], &[0]);
            }
        }
    }

    fn leave(&mut self) {
        match (self.random.below(8), self.loops.last().copied()) {
            (0..=2, Some((next, _))) => self.builder.jump(next, &[]),
            (3..=5, Some((_, end))) => self.builder.jump(end, &[]),
            (6, _) => {
                let value = self.tagged_value();
                self.builder.throw(value);
            }
            (7, _) => match self.random.below(3) {
                0 => self.builder.ret(None),
                1 => {
                    let value = self.tagged_value();
                    self.builder.ret(Some(value));
                }
                _ => {
                    let text = self.unit.string_id("raised");
                    self.builder.raise(ErrorKind::Runtime, text);
                }
            },
            _ => {}
        }
    }

    /// Reads a number; where control cannot come, there are only nulls.
    fn number_of(&mut self, var: Var) -> Value {
        let value = self.builder.use_var(var);
        if self.builder.rep(value) == Rep::F64 { value } else { self.builder.f64(0.0) }
    }

    fn number(&mut self) -> Value {
        match self.random.below(9) {
            0 | 1 => {
                let k = self.random.below(7) as f64 - 2.0;
                self.builder.f64(k)
            }
            2 | 3 => {
                let i = self.random.below(self.numbers.len());
                self.number_of(self.numbers[i])
            }
            4 => {
                let value = self.tagged_value();
                self.builder.op(Op::CheckF64, &[value], &[])
            }
            5 => {
                let a = self.number();
                let k = (self.random.below(9) as f64 - 4.0).to_bits();
                let op = [Op::AddF64K, Op::MulF64K, Op::RsubF64K][self.random.below(3)];
                self.builder.op(op, &[a], &[k])
            }
            _ => {
                let (a, b) = (self.number(), self.number());
                let op = [Op::AddF64, Op::SubF64, Op::MulF64, Op::DivF64][self.random.below(4)];
                self.builder.op(op, &[a, b], &[])
            }
        }
    }

    fn tagged_value(&mut self) -> Value {
        match self.random.below(9) {
            0 => self.builder.null(),
            1 => {
                let x = self.random.below(2) == 1;
                self.builder.bool_any(x)
            }
            2 => {
                let text = ["a", "b", "c"][self.random.below(3)];
                let id = self.unit.string_id(text);
                self.builder.str(id)
            }
            3 | 4 => {
                let i = self.random.below(self.tagged.len());
                self.builder.use_var(self.tagged[i])
            }
            5 => {
                let slot = self.random.below(N_SLOTS as usize) as u32;
                self.builder.slot_get(slot)
            }
            6 => {
                let cond = self.condition();
                self.builder.op(Op::BoxBool, &[cond], &[])
            }
            _ => self.number(),
        }
    }

    fn condition(&mut self) -> Value {
        match self.random.below(7) {
            0 => {
                let value = self.tagged_value();
                self.builder.op(Op::Truthy, &[value], &[])
            }
            1 => {
                let value = self.tagged_value();
                self.builder.op(Op::IsNull, &[value], &[])
            }
            2 => {
                let value = self.condition();
                self.builder.op(Op::Not, &[value], &[])
            }
            3 => {
                let x = self.random.below(2) as u64;
                self.builder.op(Op::LoadBool, &[], &[x])
            }
            _ => {
                let (a, b) = (self.number(), self.number());
                let op = [Op::LtF64, Op::LeF64, Op::EqF64][self.random.below(3)];
                self.builder.op(op, &[a, b], &[])
            }
        }
    }

    fn conditional(&mut self, depth: usize) {
        let cond = self.condition();
        let [then, other, join] = [(); 3].map(|()| self.builder.new_block());
        self.builder.branch(cond, (then, &[]), (other, &[]));
        for block in [then, other] {
            self.builder.seal(block);
            self.builder.switch_to(block);
            if block == then || self.random.below(2) == 0 {
                self.statements(depth + 1);
            }
            if !self.builder.is_terminated() {
                self.builder.jump(join, &[]);
            }
        }
        self.builder.seal(join);
        self.builder.switch_to(join);
    }

    fn counted_loop(&mut self, depth: usize) {
        let [header, body, latch, end] = [(); 4].map(|()| self.builder.new_block());
        let counter = self.builder.declare_typed_var(Rep::F64);
        let zero = self.builder.f64(0.0);
        self.builder.def_var(counter, zero);
        self.builder.jump(header, &[]);
        self.builder.switch_to(header);
        let at = self.number_of(counter);
        let limit = self.random.below(5) as f64;
        let limit = self.builder.f64(limit);
        let op = [Op::LtF64, Op::LeF64][self.random.below(2)];
        let mut cond = self.builder.op(op, &[at, limit], &[]);
        let is_inverted = self.random.below(4) == 0;
        if is_inverted {
            cond = self.builder.op(Op::Not, &[cond], &[]);
        }
        let (then, other) = if is_inverted { (end, body) } else { (body, end) };
        self.builder.branch(cond, (then, &[]), (other, &[]));
        self.builder.seal(body);
        self.builder.switch_to(body);
        self.loops.push((latch, end));
        self.statements(depth + 1);
        self.loops.pop();
        if !self.builder.is_terminated() {
            self.builder.jump(latch, &[]);
        }
        self.builder.seal(latch);
        self.builder.switch_to(latch);
        let at = self.number_of(counter);
        let next = self.builder.op(Op::AddF64K, &[at], &[1f64.to_bits()]);
        self.builder.def_var(counter, next);
        self.builder.jump(header, &[]);
        self.builder.seal(header);
        self.builder.seal(end);
        self.builder.switch_to(end);
    }

    fn switch(&mut self, depth: usize) {
        let on = self.number();
        let cases: Vec<Block> =
            (0..1 + self.random.below(4)).map(|_| self.builder.new_block()).collect();
        let (default, join) = (self.builder.new_block(), self.builder.new_block());
        self.builder.switch(on, &cases, default);
        for &block in cases.iter().chain([&default]) {
            self.builder.seal(block);
            self.builder.switch_to(block);
            if self.random.below(3) > 0 {
                self.statements(depth + 1);
            }
            if !self.builder.is_terminated() {
                self.builder.jump(join, &[]);
            }
        }
        self.builder.seal(join);
        self.builder.switch_to(join);
    }

    fn protected(&mut self, depth: usize) {
        let [body, handler, join] = [(); 3].map(|()| self.builder.new_block());
        let raised = self.builder.block_param(handler, Rep::Any);
        let outer = self.builder.handler();
        let was_protected = std::mem::replace(&mut self.is_protected, true);
        self.builder.set_handler(Some(handler));
        self.builder.jump(body, &[]);
        self.builder.seal(body);
        self.builder.switch_to(body);
        let loops = std::mem::take(&mut self.loops);
        self.statements(depth + 1);
        self.loops = loops;
        self.builder.set_handler(outer);
        self.is_protected = was_protected;
        if !self.builder.is_terminated() {
            self.builder.jump(join, &[]);
        }
        self.builder.switch_to(handler);
        self.builder.op_void(Op::Print, &[raised], &[0]);
        self.statements(depth + 1);
        if !self.builder.is_terminated() {
            self.builder.jump(join, &[]);
        }
        self.builder.seal(join);
        self.builder.switch_to(join);
    }
}

/// A function whose blocks jump anywhere, irreducible loops and unreachable blocks included, and
/// pass shuffled values.
pub(crate) fn tangle(seed: u64, unit: &Unit) -> Func {
    let mut random = Random::new(seed);
    let mut builder = Builder::new(Some(unit.string_id("tangle")), &[Rep::F64, Rep::Any]);
    let n_blocks = 2 + random.below(8);
    let (n_numbers, n_tagged) = (random.below(5), random.below(4));
    let blocks: Vec<Block> = (0..n_blocks).map(|_| builder.new_block()).collect();
    let mut params = Vec::new();
    for &block in &blocks {
        let numbers: Vec<Value> =
            (0..n_numbers).map(|_| builder.block_param(block, Rep::F64)).collect();
        let tagged: Vec<Value> =
            (0..n_tagged).map(|_| builder.block_param(block, Rep::Any)).collect();
        params.push((numbers, tagged));
    }
    let (x, y) = (builder.param(0), builder.param(1));
    let mut everywhere = vec![x];
    for i in 0..random.below(4) {
        let value = builder.op(Op::AddF64K, &[x], &[(i as f64).to_bits()]);
        everywhere.push(value);
    }
    finish_block(
        &mut random,
        &mut builder,
        &blocks,
        everywhere.clone(),
        vec![y],
        n_numbers,
        n_tagged,
    );
    for (&block, (numbers, tagged)) in blocks.iter().zip(params) {
        builder.switch_to(block);
        let mut numbers = [&everywhere[..], &numbers].concat();
        let mut tagged = [&[y][..], &tagged].concat();
        for _ in 0..random.below(5) {
            match random.below(5) {
                0 => {
                    let value = tagged[random.below(tagged.len())];
                    builder.op_void(Op::Print, &[value], &[0]);
                }
                1 => {
                    let value = builder.f64(random.below(3) as f64);
                    numbers.push(value);
                }
                2 => {
                    let value = numbers[random.below(numbers.len())];
                    tagged.push(value);
                }
                _ => {
                    let (a, b) = (random.below(numbers.len()), random.below(numbers.len()));
                    let op = [Op::AddF64, Op::SubF64, Op::MulF64][random.below(3)];
                    let value = builder.op(op, &[numbers[a], numbers[b]], &[]);
                    numbers.push(value);
                }
            }
        }
        finish_block(&mut random, &mut builder, &blocks, numbers, tagged, n_numbers, n_tagged);
    }
    for &block in &blocks {
        builder.seal(block);
    }
    builder.finish()
}

fn finish_block(
    random: &mut Random,
    builder: &mut Builder,
    blocks: &[Block],
    numbers: Vec<Value>,
    tagged: Vec<Value>,
    n_numbers: usize,
    n_tagged: usize,
) {
    let edge = |random: &mut Random| {
        let mut args: Vec<Value> =
            (0..n_numbers).map(|_| numbers[random.below(numbers.len())]).collect();
        args.extend((0..n_tagged).map(|_| tagged[random.below(tagged.len())]));
        (blocks[random.below(blocks.len())], args)
    };
    match random.below(5) {
        0 => {
            let value = tagged[random.below(tagged.len())];
            builder.ret(Some(value));
        }
        1 => {
            let (block, args) = edge(random);
            builder.jump(block, &args);
        }
        _ => {
            let (then, other) = (edge(random), edge(random));
            let (a, b) = (random.below(numbers.len()), random.below(numbers.len()));
            let op = [Op::LtF64, Op::LeF64, Op::EqF64][random.below(3)];
            let cond = builder.op(op, &[numbers[a], numbers[b]], &[]);
            builder.branch(cond, (then.0, &then.1), (other.0, &other.1));
        }
    }
}

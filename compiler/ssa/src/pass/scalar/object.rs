//! Which objects nobody else can see.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};

use super::is_allocation;
use crate::cfg::Cfg;
use crate::ir::{Block, Func, Inst, InstData, Opcode, Value};

/// Marks a value that is no such object.
const NONE: u32 = u32::MAX;

/// Most boxes times blocks for which it is found out whether boxes are in use at once, so that the
/// pass stays linear.
const LIVENESS_MAX: usize = 20_000;

/// What is known of a value that refers to an object that nobody else sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    /// A record or array with the parts that this instruction gives it.
    Fixed(Inst),
    /// An instance, or an array or object that is stored into, made by this instruction.
    Parts(Inst),
    /// One of the boxes of this group.
    Box(u32),
}

/// The objects of a function, by value.
pub(super) struct Objects {
    /// The instruction that makes the object, or of a box the group's first value.
    of: Vec<u32>,
    kind: Vec<Kind>,
    /// Values that refer to boxes, kept ones and lost ones.
    boxes: Vec<u32>,
    /// Arrays that are stored into.
    stored: Vec<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Fixed,
    Parts,
    Box,
}

impl Objects {
    /// Finds the allocations whose references go nowhere else.
    pub(super) fn find(func: &Func, cfg: &Cfg) -> Objects {
        let n = func.values.len();
        let (of, kind) = (vec![NONE; n], vec![Kind::None; n]);
        let mut objects = Objects { of, kind, boxes: Vec::new(), stored: Vec::new() };
        objects.add_all(func, cfg);
        for &block in &cfg.order {
            let data = func.block(block);
            for &inst in &data.insts {
                objects.check_uses(func, func.inst(inst));
            }
            data.term.operand().into_iter().for_each(|v| objects.drop(v));
            data.term.for_each_edge(|edge| {
                for (&param, &arg) in func.block(edge.block).params.iter().zip(&edge.args) {
                    objects.pass(param, arg);
                }
            });
        }
        objects.close_groups();
        for v in std::mem::take(&mut objects.stored) {
            let kind = &mut objects.kind[v.0 as usize];
            if *kind == Kind::Fixed {
                *kind = Kind::Parts;
            }
        }
        objects
    }

    /// A group that has lost a member is lost.
    fn close_groups(&mut self) {
        let mut lost = vec![false; self.of.len()];
        for &v in &self.boxes {
            let is_lost = self.kind[v as usize] == Kind::None;
            lost[self.root(v) as usize] |= is_lost;
        }
        for i in 0..self.boxes.len() {
            let v = self.boxes[i];
            let root = self.root(v);
            self.of[v as usize] = root;
            if lost[root as usize] {
                self.kind[v as usize] = Kind::None;
            }
        }
    }

    fn add_all(&mut self, func: &Func, cfg: &Cfg) {
        for &block in &cfg.order {
            for &param in &func.block(block).params {
                if block != Func::ENTRY && func.rep(param) == Rep::Ref(TypeId::CELL) {
                    (self.of[param.0 as usize], self.kind[param.0 as usize]) = (param.0, Kind::Box);
                    self.boxes.push(param.0);
                }
            }
            for &inst in &func.block(block).insts {
                let data = func.inst(inst);
                if let (Opcode::Op(op), Some(v)) = (data.op, data.result)
                    && is_allocation(op)
                {
                    (self.of[v.0 as usize], self.kind[v.0 as usize]) = match op {
                        Op::NewCell => {
                            self.boxes.push(v.0);
                            (v.0, Kind::Box)
                        }
                        Op::NewInstance => (inst.0, Kind::Parts),
                        Op::NewObject if has_distinct_keys(func, data) => (inst.0, Kind::Parts),
                        Op::NewRecord | Op::NewArray => (inst.0, Kind::Fixed),
                        _ => (inst.0, Kind::None),
                    };
                }
            }
        }
    }

    fn check_uses(&mut self, func: &Func, data: &InstData) {
        let Opcode::Op(op) = data.op else {
            data.args.iter().for_each(|v| self.drop(*v));
            return;
        };
        for (i, &v) in data.args.iter().enumerate() {
            let at = v.0 as usize;
            let is_known = i == 0
                && match self.kind[at] {
                    Kind::None => false,
                    Kind::Box => matches!(op, Op::GetCell | Op::SetCell),
                    Kind::Fixed | Kind::Parts => {
                        let made = func.inst(Inst(self.of[at]));
                        match op {
                            Op::IsNull => true,
                            // A record has no length: that raises an error.
                            Op::Length => made.op == Opcode::Op(Op::NewArray),
                            _ => part_of(func, made, data).is_some(),
                        }
                    }
                };
            if matches!(op, Op::ArraySet | Op::ArraySetBool) && i == 0 {
                self.stored.push(v);
            }
            if !is_known {
                self.drop(v);
            }
        }
        // Reading the mark of an undeclared variable raises an error.
        let stored = match op {
            Op::NewCell => data.result.zip(data.args.first().copied()),
            Op::SetCell => Some((data.args[0], data.args[1])),
            _ => None,
        };
        if let Some((cell, value)) = stored {
            let mark = func.def_inst(func.resolve(value));
            if mark.is_some_and(|d| d.op == Opcode::Op(Op::LoadImm) && d.imms[0] == 3) {
                self.drop(cell);
            }
        }
    }

    /// The reference goes to somewhere unknown.
    pub(super) fn drop(&mut self, v: Value) {
        self.kind[v.0 as usize] = Kind::None;
    }

    fn pass(&mut self, param: Value, arg: Value) {
        let is_box = |at: Value| self.of[at.0 as usize] != NONE;
        let (p, a) = (param.0 as usize, arg.0 as usize);
        if self.kind[p] == Kind::Box && self.kind[a] == Kind::Box {
            let (p, a) = (self.root(param.0), self.root(arg.0));
            self.of[p.max(a) as usize] = p.min(a);
        } else if is_box(param) || is_box(arg) {
            self.drop(param);
            self.drop(arg);
        }
    }

    fn root(&self, mut v: u32) -> u32 {
        while self.of[v as usize] != v {
            v = self.of[v as usize];
        }
        v
    }

    /// Gives up a group of boxes.
    pub(super) fn drop_group(&mut self, group: u32) {
        for &v in &self.boxes {
            if self.of[v as usize] == group {
                self.kind[v as usize] = Kind::None;
            }
        }
    }

    /// Gives up groups of boxes of which two are in use at once.
    pub(super) fn keep_separate_boxes(&mut self, func: &Func, cfg: &Cfg) {
        let mut groups: Vec<u32> = self
            .boxes
            .iter()
            .map(|v| *v as usize)
            .filter(|v| self.kind[*v] == Kind::Box)
            .map(|v| self.of[v])
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let is_too_much = groups.len() * cfg.order.len() > LIVENESS_MAX;
        for group in groups {
            if is_too_much || !self.is_separate(func, cfg, group) {
                self.drop_group(group);
            }
        }
    }

    fn is_member(&self, v: Value, group: u32) -> bool {
        self.kind[v.0 as usize] == Kind::Box && self.of[v.0 as usize] == group
    }

    /// Liveness of a group's members: at each point at most one.
    fn is_separate(&self, func: &Func, cfg: &Cfg, group: u32) -> bool {
        let mut live_in: Vec<Option<Value>> = vec![None; func.blocks.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for &block in cfg.order.iter().rev() {
                let Some(live) = self.live_before(func, block, group, &live_in) else {
                    return false;
                };
                if live != live_in[block.0 as usize] {
                    live_in[block.0 as usize] = live;
                    changed = true;
                }
            }
        }
        true
    }

    /// The member that is live at the start of a block; the outer `None` says that there are two
    /// somewhere in it.
    fn live_before(
        &self,
        func: &Func,
        block: Block,
        group: u32,
        live_in: &[Option<Value>],
    ) -> Option<Option<Value>> {
        let data = func.block(block);
        let mut live: Option<Value> = None;
        let mut fits = true;
        let mut need = |live: &mut Option<Value>, v: Value| {
            fits &= live.is_none_or(|other| other == v);
            *live = Some(v);
        };
        // An error can come anywhere in the block.
        if let Some(v) = data.handler.and_then(|handler| live_in[handler.0 as usize]) {
            need(&mut live, v);
        }
        data.term.for_each_edge(|edge| {
            if let Some(v) = live_in[edge.block.0 as usize] {
                need(&mut live, v);
            }
            edge.args.iter().filter(|v| self.is_member(**v, group)).for_each(|v| {
                need(&mut live, *v);
            });
        });
        for &inst in data.insts.iter().rev() {
            let data = func.inst(inst);
            if data.result.is_some() && data.result == live {
                live = None;
            }
            // A box that nobody uses must not change the content of the one in use.
            if data.result.is_some_and(|v| self.is_member(v, group)) && live.is_some() {
                return None;
            }
            if let Some(&v) = data.args.first()
                && self.is_member(v, group)
            {
                need(&mut live, v);
            }
        }
        let params = data.params.iter().filter(|v| self.is_member(**v, group)).count();
        if live.is_some_and(|v| data.params.contains(&v)) {
            live = None;
        }
        (fits && params <= 1 && (params == 0 || live.is_none())).then_some(live)
    }

    /// What is known of a value.
    pub(super) fn of(&self, v: Value) -> Option<Object> {
        let of = *self.of.get(v.0 as usize)?;
        match self.kind[v.0 as usize] {
            Kind::None => None,
            Kind::Fixed => Some(Object::Fixed(Inst(of))),
            Kind::Parts => Some(Object::Parts(Inst(of))),
            Kind::Box => Some(Object::Box(of)),
        }
    }

    /// Whether there is any object to replace.
    pub(super) fn any(&self) -> bool {
        self.kind.iter().any(|kind| *kind != Kind::None)
    }
}

/// The part of an object that an access reads or writes, if the object is sure to have it. `made` is
/// the instruction that made the object.
pub(super) fn part_of(func: &Func, made: &InstData, data: &InstData) -> Option<u64> {
    let (Opcode::Op(kind), Opcode::Op(op)) = (made.op, data.op) else { return None };
    match (kind, op) {
        (Op::NewInstance, Op::GetField | Op::SetField) | (Op::NewRecord, Op::GetField) => {
            data.imms.first().copied()
        }
        (
            Op::NewArray,
            Op::ArrayGet | Op::ArrayGetF64 | Op::ArrayGetBool | Op::ArraySet | Op::ArraySetBool,
        ) => {
            let index = constant_index(func, data)?;
            (index < made.args.len()).then_some(index as u64)
        }
        (Op::NewObject, Op::GetMember | Op::SetMember) => {
            position_of_key(func, made, *data.imms.first()?)
        }
        (Op::NewObject, Op::GetIndex | Op::GetIndexOpt | Op::SetIndex) => {
            position_of_key(func, made, constant_key(func, *data.args.get(1)?)?)
        }
        _ => None,
    }
}

/// The index of an element access, if it is a constant non-negative whole number.
pub(super) fn constant_index(func: &Func, data: &InstData) -> Option<usize> {
    let index = func.def_inst(func.resolve(*data.args.get(1)?))?;
    let x = f64::from_bits(*index.imms.first()?);
    let is_index =
        index.op == Opcode::Op(Op::LoadF64) && x.fract() == 0.0 && (0.0..1e6).contains(&x);
    is_index.then_some(x as usize)
}

/// The number of the text, if the value is a constant one.
fn constant_key(func: &Func, v: Value) -> Option<u64> {
    let data = func.def_inst(func.resolve(v))?;
    if data.op == Opcode::Op(Op::LoadStr) { data.imms.first().copied() } else { None }
}

fn position_of_key(func: &Func, made: &InstData, key: u64) -> Option<u64> {
    let keys = made.args.iter().step_by(2);
    let at = keys.map(|v| constant_key(func, *v)).position(|k| k == Some(key));
    at.map(|at| at as u64)
}

/// Whether the keys of an object literal are different constants.
fn has_distinct_keys(func: &Func, made: &InstData) -> bool {
    let keys: Option<Vec<u64>> =
        made.args.iter().step_by(2).map(|v| constant_key(func, *v)).collect();
    keys.is_some_and(|mut keys| {
        keys.sort_unstable();
        keys.windows(2).all(|pair| pair[0] != pair[1])
    })
}

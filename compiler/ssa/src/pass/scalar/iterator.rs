//! Iterators over arrays: what an iterator holds goes into boxes, which the rest of the pass replaces.
//!
//! An iterator over an array is a position and the current element. Advancing reads the array's length
//! and element anew, so the array may change meanwhile as it may under an iterator. Whether the source
//! is an array is either known, then the iterator goes, or lowering has tested it in front of the loop;
//! then the loop asks that test, and the iterator serves only what is not an array. Jump threading makes
//! one question of the several per round.

use hyp_bytecode::module::{Desc, DescId};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::{SmallVec, smallvec};

use crate::ir::{
    Block, BlockData, Def, Edge, Func, Inst, InstData, ModuleFacts, Opcode, Pos, Term, Value,
    ValueData,
};

/// Most iterators of one function that are replaced: each looks through all blocks.
const ITERATORS_MAX: usize = 16;

/// An iterator that is only advanced and read.
struct Iterator {
    /// The instruction that makes it.
    made: Inst,
    source: Value,
    /// The source is an array, or null, which raises an error.
    is_array: bool,
    /// The test whether the source is an array, which stands directly before `made`.
    test: Option<Inst>,
    next: Vec<Inst>,
    /// Reads of the current key and element.
    keys: Vec<Inst>,
    elements: Vec<Inst>,
}

impl Iterator {
    /// What says whether the source is an array, if it is not known to be one.
    fn answer(&self, func: &Func) -> Option<Value> {
        if self.is_array { None } else { func.inst(self.test?).result }
    }
}

/// The boxes of an iterator; those that nobody reads are left out.
struct Boxes {
    position: Value,
    key: Option<Value>,
    element: Option<Value>,
}

/// Replaces what can be. Returns whether it did anything.
pub(super) fn run(func: &mut Func, facts: &dyn ModuleFacts) -> bool {
    let mut iterators = candidates(func, facts);
    iterators.truncate(ITERATORS_MAX);
    for iterator in &iterators {
        replace(func, iterator);
    }
    !iterators.is_empty()
}

fn candidates(func: &Func, facts: &dyn ModuleFacts) -> Vec<Iterator> {
    let mut found: Vec<(Value, Iterator)> = Vec::new();
    for block in &func.blocks {
        for &made in &block.insts {
            let data = func.inst(made);
            if let (Opcode::Op(Op::IterNew), Some(result)) = (data.op, data.result) {
                let source = data.args[0];
                let iterator = Iterator {
                    made,
                    source,
                    is_array: is_array(func, source),
                    test: test_before(func, facts, &block.insts, made),
                    next: Vec::new(),
                    keys: Vec::new(),
                    elements: Vec::new(),
                };
                if iterator.is_array || iterator.test.is_some() {
                    found.push((result, iterator));
                }
            }
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let mut escapes: Vec<Value> = Vec::new();
    for block in &func.blocks {
        for &inst in &block.insts {
            let data = func.inst(inst);
            for (_, iterator) in found.iter_mut().filter(|(v, _)| data.args.contains(v)) {
                match data.op {
                    Opcode::Op(Op::IterNext) => iterator.next.push(inst),
                    Opcode::Op(Op::IterKey) => iterator.keys.push(inst),
                    Opcode::Op(Op::IterValue) => iterator.elements.push(inst),
                    _ => escapes.extend_from_slice(&data.args),
                }
            }
        }
        escapes.extend(block.term.operand());
        block.term.for_each_edge(|edge| escapes.extend_from_slice(&edge.args));
    }
    let stays = |v: &Value, i: &Iterator| i.next.is_empty() || escapes.contains(v);
    found.into_iter().filter(|(v, i)| !stays(v, i)).map(|(_, i)| i).collect()
}

/// Whether a value is an array, or null if its representation says only that much.
fn is_array(func: &Func, v: Value) -> bool {
    is_new_array(func, v) || func.rep(v) == Rep::Ref(TypeId::ARRAY)
}

fn is_new_array(func: &Func, v: Value) -> bool {
    func.def_inst(v).is_some_and(|data| data.op == Opcode::Op(Op::NewArray))
}

/// The test whether the source is an array, if it stands directly before `made`.
fn test_before(func: &Func, facts: &dyn ModuleFacts, insts: &[Inst], made: Inst) -> Option<Inst> {
    let at = insts.iter().position(|inst| *inst == made)?;
    let test = *insts.get(at.checked_sub(1)?)?;
    let data = func.inst(test);
    let is_test = data.op == Opcode::Op(Op::IsType)
        && data.args[0] == func.inst(made).args[0]
        && facts.desc(DescId(data.imms[0] as u32)) == Some(Desc::Array(Box::new(Desc::Any)));
    is_test.then_some(test)
}

fn replace(func: &mut Func, iterator: &Iterator) {
    let boxes = make_boxes(func, iterator);
    for &next in &iterator.next {
        advance(func, iterator, &boxes, next);
    }
    let keys = iterator.keys.iter().map(|inst| (*inst, boxes.key));
    let elements = iterator.elements.iter().map(|inst| (*inst, boxes.element));
    for (inst, of) in keys.chain(elements) {
        if let Some(of) = of {
            read(func, iterator, inst, of);
        }
    }
}

/// Puts the boxes where the iterator was made.
fn make_boxes(func: &mut Func, iterator: &Iterator) -> Boxes {
    let (block, at) = place_of(func, iterator.made);
    let pos = func.inst(iterator.made).pos;
    let after = split(func, block, at + 1);
    let insts = &mut func.blocks[block.0 as usize].insts;
    insts.truncate(at - usize::from(iterator.test.is_some()));
    if !iterator.is_array {
        // The test stands behind the iterator, so that another run leaves it alone.
        insts.push(iterator.made);
        insts.extend(iterator.test);
        return boxes_in(func, iterator, block, after, pos);
    }
    let mut start = block;
    if !is_new_array(func, iterator.source) {
        // The iterator of null raises its error in a block of its own.
        let is_null = append(func, block, Op::IsNull, &[iterator.source], &[], Rep::Bool, pos);
        let cold = new_block_like(func, block);
        start = new_block_like(func, block);
        let made = func.inst(iterator.made).result.unwrap_or(iterator.source);
        func.blocks[cold.0 as usize].insts.push(iterator.made);
        let element = append(func, cold, Op::IterValue, &[made], &[], Rep::Any, pos);
        func.blocks[cold.0 as usize].term = Term::Throw(element);
        func.blocks[cold.0 as usize].term_pos = pos;
        let (then, other) = (edge(cold, &[]), edge(start, &[]));
        func.blocks[block.0 as usize].term = Term::Branch { cond: is_null, then, other };
    }
    // Whoever asks the test comes after this.
    if let Some(test) = iterator.test {
        let data = &mut func.insts[test.0 as usize];
        (data.op, data.args) = (Opcode::Op(Op::LoadBool), SmallVec::new());
        data.imms = smallvec![1];
        func.blocks[start.0 as usize].insts.push(test);
    }
    boxes_in(func, iterator, start, after, pos)
}

fn boxes_in(func: &mut Func, iterator: &Iterator, block: Block, after: Block, pos: Pos) -> Boxes {
    let first = append(func, block, Op::LoadF64, &[], &[0], Rep::F64, pos);
    let mut new_box =
        |content| append(func, block, Op::NewCell, &[content], &[], Rep::Ref(TypeId::CELL), pos);
    let position = new_box(first);
    let mut boxes = Boxes { position, key: None, element: None };
    for (reads, of) in [(&iterator.keys, &mut boxes.key), (&iterator.elements, &mut boxes.element)]
    {
        if !reads.is_empty() {
            let null = append(func, block, Op::LoadImm, &[], &[0], Rep::Any, pos);
            let made = append(func, block, Op::NewCell, &[null], &[], Rep::Ref(TypeId::CELL), pos);
            *of = Some(made);
        }
    }
    func.blocks[block.0 as usize].term = Term::Jump(edge(after, &[]));
    boxes
}

/// `iter_next`: an array's turn in blocks of its own, then the rest of the block with the outcome.
fn advance(func: &mut Func, iterator: &Iterator, boxes: &Boxes, next: Inst) {
    let (block, at) = place_of(func, next);
    let pos = func.inst(next).pos;
    let rest = split(func, block, at + 1);
    func.blocks[block.0 as usize].insts.pop();
    let Some(more) = func.inst(next).result else { return };
    func.values[more.0 as usize].def = Def::Param(rest, 0);
    func.blocks[rest.0 as usize].params.push(more);
    let array = match iterator.answer(func) {
        Some(cond) => {
            let (array, other) = (new_block_like(func, block), new_block_like(func, block));
            let advanced = new_result(func, next, Rep::Bool);
            func.blocks[other.0 as usize].insts.push(next);
            func.blocks[other.0 as usize].term = Term::Jump(edge(rest, &[advanced]));
            let (then, other) = (edge(array, &[]), edge(other, &[]));
            func.blocks[block.0 as usize].term = Term::Branch { cond, then, other };
            array
        }
        None => block,
    };
    let position = append(func, array, Op::GetCell, &[boxes.position], &[], Rep::Any, pos);
    let position = append(func, array, Op::CheckF64, &[position], &[], Rep::F64, pos);
    let length = append(func, array, Op::Length, &[iterator.source], &[], Rep::F64, pos);
    let is_before = append(func, array, Op::LtF64, &[position, length], &[], Rep::Bool, pos);
    let (step, end) = (new_block_like(func, block), new_block_like(func, block));
    let (then, other) = (edge(step, &[]), edge(end, &[]));
    func.blocks[array.0 as usize].term = Term::Branch { cond: is_before, then, other };
    if let Some(of) = boxes.element {
        let args = [iterator.source, position];
        let element = append(func, step, Op::ArrayGet, &args, &[], Rep::Any, pos);
        append_void(func, step, Op::SetCell, &[of, element], pos);
    }
    if let Some(of) = boxes.key {
        append_void(func, step, Op::SetCell, &[of, position], pos);
    }
    let one = 1f64.to_bits();
    let following = append(func, step, Op::AddF64K, &[position], &[one], Rep::F64, pos);
    append_void(func, step, Op::SetCell, &[boxes.position, following], pos);
    for (block, outcome) in [(step, 1), (end, 0)] {
        let outcome = append(func, block, Op::LoadBool, &[], &[outcome], Rep::Bool, pos);
        func.blocks[block.0 as usize].term = Term::Jump(edge(rest, &[outcome]));
    }
}

/// `iter_key` or `iter_value`: the box's content, or the iterator's if the source is no array.
fn read(func: &mut Func, iterator: &Iterator, inst: Inst, of: Value) {
    let Some(cond) = iterator.answer(func) else {
        let data = &mut func.insts[inst.0 as usize];
        (data.op, data.args) = (Opcode::Op(Op::GetCell), smallvec![of]);
        return;
    };
    let (block, at) = place_of(func, inst);
    let pos = func.inst(inst).pos;
    let rest = split(func, block, at + 1);
    func.blocks[block.0 as usize].insts.pop();
    let Some(result) = func.inst(inst).result else { return };
    func.values[result.0 as usize].def = Def::Param(rest, 0);
    func.blocks[rest.0 as usize].params.push(result);
    let (array, other) = (new_block_like(func, block), new_block_like(func, block));
    let content = append(func, array, Op::GetCell, &[of], &[], Rep::Any, pos);
    func.blocks[array.0 as usize].term = Term::Jump(edge(rest, &[content]));
    let content = new_result(func, inst, Rep::Any);
    func.blocks[other.0 as usize].insts.push(inst);
    func.blocks[other.0 as usize].term = Term::Jump(edge(rest, &[content]));
    let (then, other) = (edge(array, &[]), edge(other, &[]));
    func.blocks[block.0 as usize].term = Term::Branch { cond, then, other };
}

/// Block and position of an instruction; splitting moves instructions on.
fn place_of(func: &Func, inst: Inst) -> (Block, usize) {
    let mut blocks = func.blocks.iter().enumerate();
    blocks
        .find_map(|(b, block)| {
            let at = block.insts.iter().position(|i| *i == inst)?;
            Some((Block(b as u32), at))
        })
        .unwrap_or((Func::ENTRY, 0))
}

/// Moves the instructions from `at` on, and the end, into a new block. The old one has no end then.
fn split(func: &mut Func, block: Block, at: usize) -> Block {
    let rest = new_block_like(func, block);
    let data = &mut func.blocks[block.0 as usize];
    let insts = data.insts.split_off(at);
    let (term, pos) = (std::mem::replace(&mut data.term, Term::None), data.term_pos);
    let data = &mut func.blocks[rest.0 as usize];
    (data.insts, data.term, data.term_pos) = (insts, term, pos);
    rest
}

/// A new block with the same handler.
fn new_block_like(func: &mut Func, block: Block) -> Block {
    let handler = func.block(block).handler;
    func.blocks.push(BlockData {
        params: Vec::new(),
        insts: Vec::new(),
        term: Term::None,
        term_pos: Pos::default(),
        handler,
        is_cleanup: false,
    });
    Block(func.blocks.len() as u32 - 1)
}

fn edge(block: Block, args: &[Value]) -> Edge {
    Edge { block, args: SmallVec::from_slice(args) }
}

/// Gives an instruction a new result.
fn new_result(func: &mut Func, inst: Inst, rep: Rep) -> Value {
    let value = Value(func.values.len() as u32);
    func.values.push(ValueData { def: Def::Inst(inst), rep });
    func.insts[inst.0 as usize].result = Some(value);
    value
}

fn append_void(func: &mut Func, block: Block, op: Op, args: &[Value], pos: Pos) -> Inst {
    let inst = Inst(func.insts.len() as u32);
    func.insts.push(InstData {
        op: Opcode::Op(op),
        args: SmallVec::from_slice(args),
        imms: SmallVec::new(),
        result: None,
        pos,
        note: None,
    });
    func.blocks[block.0 as usize].insts.push(inst);
    inst
}

fn append(
    func: &mut Func,
    block: Block,
    op: Op,
    args: &[Value],
    imms: &[u64],
    rep: Rep,
    pos: Pos,
) -> Value {
    let inst = append_void(func, block, op, args, pos);
    func.insts[inst.0 as usize].imms = SmallVec::from_slice(imms);
    new_result(func, inst, rep)
}

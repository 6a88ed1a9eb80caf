//! Running one function: blocks, edges, handlers.

use std::rc::Rc;

use super::{Evaluator, Stop, Value, rows};
use crate::ir::{Block, Edge, Func, InstData, Opcode, Term};

/// Values and slots of a running function.
pub(super) struct Frame<'a> {
    pub(super) func: &'a Func,
    values: Vec<Value>,
    slots: Vec<Value>,
    pub(super) captures: Rc<[Value]>,
}

impl Frame<'_> {
    pub(super) fn get(&self, v: crate::ir::Value) -> Value {
        self.values[v.0 as usize].clone()
    }

    fn enter(&mut self, block: Block, args: Vec<Value>) -> Block {
        for (param, arg) in self.func.block(block).params.iter().zip(args) {
            self.values[param.0 as usize] = arg;
        }
        block
    }

    fn follow(&mut self, edge: &Edge) -> Block {
        let args = edge.args.iter().map(|v| self.get(*v)).collect();
        self.enter(edge.block, args)
    }
}

/// Runs a function to its end.
pub(super) fn run(
    evaluator: &mut Evaluator<'_>,
    func: &Func,
    args: &[Value],
    captures: &Rc<[Value]>,
) -> Result<Value, Stop> {
    let mut frame = Frame {
        func,
        values: vec![Value::Null; func.values.len()],
        slots: vec![Value::Null; func.n_slots as usize],
        captures: captures.clone(),
    };
    let mut block = frame.enter(Func::ENTRY, args.to_vec());
    loop {
        match run_block(evaluator, &mut frame, block) {
            Ok(Next::Block(next)) => block = next,
            Ok(Next::Return(value)) => return Ok(value),
            Err(Stop::Throw(value)) => match func.block(block).handler {
                Some(handler) => block = frame.enter(handler, vec![value]),
                None => return Err(Stop::Throw(value)),
            },
            Err(stop) => return Err(stop),
        }
    }
}

enum Next {
    Block(Block),
    Return(Value),
}

fn run_block(
    evaluator: &mut Evaluator<'_>,
    frame: &mut Frame<'_>,
    block: Block,
) -> Result<Next, Stop> {
    let func = frame.func;
    for &inst in &func.block(block).insts {
        let data = func.inst(inst);
        evaluator.count_step()?;
        let result = match data.op {
            Opcode::Op(op) => rows::execute(evaluator, frame, op, data)?,
            Opcode::SlotGet => frame.slots[slot(data)].clone(),
            Opcode::SlotSet => {
                frame.slots[slot(data)] = frame.get(data.args[0]);
                Value::Null
            }
        };
        if let Some(value) = data.result {
            frame.values[value.0 as usize] = result;
        }
    }
    evaluator.count_step()?;
    Ok(match &func.block(block).term {
        Term::None => return Err(Stop::Unsupported("a block without end".to_owned())),
        Term::Jump(edge) => Next::Block(frame.follow(edge)),
        Term::Branch { cond, then, other } => {
            let edge = if frame.get(*cond).is_truthy() { then } else { other };
            Next::Block(frame.follow(edge))
        }
        Term::Switch { on, cases, default } => {
            let edge = match frame.get(*on) {
                Value::Num(x) => cases.iter().enumerate().find(|(i, _)| *i as f64 == x),
                _ => None,
            };
            Next::Block(frame.follow(edge.map_or(default, |(_, e)| e)))
        }
        Term::Return(value) => Next::Return(value.map_or(Value::Null, |v| frame.get(v))),
        Term::Throw(value) => return Err(Stop::Throw(frame.get(*value))),
        Term::Raise(kind, message) => {
            let text = evaluator.text(*message);
            return Err(evaluator.error(*kind, text.to_string()));
        }
    })
}

fn slot(data: &InstData) -> usize {
    data.imms[0] as usize
}

//! The oracle: a slow evaluator with its own value model, to compare a function before and after a
//! pass. It follows the table's documentation, not the virtual machine's code.

mod frame;
mod rows;
mod value;

pub use value::{Composite, Iteration, Pairs, Value};

use std::rc::Rc;

use hyp_bytecode::module::{ErrorKind, FuncId};

use crate::unit::Unit;

/// Calls deeper than this raise the language's stack error.
const DEPTH_MAX: usize = 64;

/// Why evaluation stopped without an outcome of the program.
#[derive(Clone, Debug)]
pub enum Stop {
    /// A value was raised.
    Throw(Value),
    /// The step limit was reached.
    StepLimit,
    /// The function is malformed or uses what the evaluator does not know.
    Unsupported(String),
}

/// State of one evaluation.
pub struct Evaluator<'a> {
    unit: &'a Unit,
    globals: Vec<Value>,
    steps_left: u64,
    depth: usize,
    /// What `print` wrote, one entry per execution.
    pub output: Vec<String>,
}

/// Everything that can be observed of a call.
#[derive(Clone, PartialEq, Debug)]
pub struct Observation {
    /// How it ended, as text: `returned …`, `threw …`, `steps`, `unsupported …`.
    pub end: String,
    /// What it printed.
    pub output: Vec<String>,
    /// Module variables afterwards.
    pub globals: Vec<String>,
}

/// Calls a function of the unit and describes what happened.
#[must_use]
pub fn observe(unit: &Unit, func: FuncId, args: &[Value], steps_max: u64) -> Observation {
    let mut evaluator = Evaluator::new(unit, steps_max);
    let end = match evaluator.call(func, args, &Rc::from([])) {
        Ok(value) => format!("returned {}", value.describe()),
        Err(Stop::Throw(value)) => format!("threw {}", value.describe()),
        Err(Stop::StepLimit) => "steps".to_owned(),
        Err(Stop::Unsupported(what)) => format!("unsupported {what}"),
    };
    let globals = evaluator.globals.iter().map(|v| v.describe()).collect();
    Observation { end, output: evaluator.output, globals }
}

impl<'a> Evaluator<'a> {
    /// Prepares an evaluation of at most `steps_max` instructions.
    #[must_use]
    pub fn new(unit: &'a Unit, steps_max: u64) -> Evaluator<'a> {
        Evaluator {
            unit,
            globals: vec![Value::Missing; unit.globals.len()],
            steps_left: steps_max,
            depth: 0,
            output: Vec::new(),
        }
    }

    /// Calls a function with its captured values.
    ///
    /// # Errors
    /// A raised value, the step limit, or something unsupported.
    pub fn call(
        &mut self,
        func: FuncId,
        args: &[Value],
        captures: &Rc<[Value]>,
    ) -> Result<Value, Stop> {
        let code = self.unit.funcs.get(func.0 as usize);
        let code = code.ok_or_else(|| Stop::Unsupported(format!("f{}", func.0)))?;
        self.check_depth(1)?;
        self.depth += 1;
        let result = frame::run(self, code, args, captures);
        self.depth -= 1;
        result
    }

    /// Raises the language's stack error unless `n` more calls fit.
    fn check_depth(&self, n: usize) -> Result<Value, Stop> {
        if self.depth + n > DEPTH_MAX {
            return Err(self.error(ErrorKind::Stack, "Trance too deep".to_owned()));
        }
        Ok(Value::Null)
    }

    /// A run-time error as a raised value.
    fn error(&self, kind: ErrorKind, message: String) -> Stop {
        Stop::Throw(Value::Error(Rc::new((kind, message))))
    }
}

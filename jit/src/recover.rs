//! From verified register code back to SSA.
//!
//! An abstract interpretation over registers, one walk in reverse postorder: the state maps each
//! register to the SSA value that it holds; an instruction becomes itself over those values and its
//! result the new content of its register; `mov` changes the state only. Where paths meet, each live
//! register becomes a block parameter; parameters that turn out to receive one value only are
//! replaced by it. Compare-and-branch instructions are split into their comparison and a branch.
//!
//! Handlers have no parameters for registers. A register that a handler reads and that changes
//! while the handler is active lives in a slot, as it did before code emission; any other one must
//! hold the same value in the whole protected range.

mod branch;
mod build;
mod graph;
mod live;

use std::fmt;

use hyp_bytecode::module::Function;
use hyp_ssa::ir::{Func, ModuleFacts};

/// Why a function stays with the interpreter. Code from the compiler does not give these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecoverError {
    /// The code does not decode: it was not verified.
    Code {
        /// Index of the word.
        pc: usize,
    },
    /// A handler reads a register that changes under it and is not a tagged value.
    HandlerState {
        /// The register.
        reg: u8,
    },
    /// A register of this representation is read before anything was put into it.
    InitialState {
        /// The register.
        reg: u8,
    },
    /// An instruction uses something that the module does not have: it was not verified.
    Reference {
        /// Index of the word.
        pc: usize,
    },
}

impl fmt::Display for RecoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecoverError::Code { pc } => write!(f, "word {pc} is not an instruction"),
            RecoverError::HandlerState { reg } => {
                write!(f, "register {reg} changes under a handler that reads it")
            }
            RecoverError::InitialState { reg } => {
                write!(f, "register {reg} is read before it is written")
            }
            RecoverError::Reference { pc } => write!(f, "word {pc} refers to nothing"),
        }
    }
}

impl std::error::Error for RecoverError {}

/// Rebuilds the SSA form of a verified function. `facts` describe its module.
///
/// # Errors
/// If the function is not verified, or has one of the forms that only hand-written code has.
pub fn recover(function: &Function, facts: &dyn ModuleFacts) -> Result<Func, RecoverError> {
    let graph = graph::Graph::new(function)?;
    let live = live::Live::new(function, &graph)?;
    let mut slots = live.changed_under_handlers(&graph);
    loop {
        for reg in slots.iter() {
            // Slots hold tagged values.
            if function.reps.get(usize::from(reg)) != Some(&hyp_bytecode::rep::Rep::Any) {
                return Err(RecoverError::HandlerState { reg });
            }
        }
        match build::build(function, facts, &graph, &live, &slots)? {
            Ok(func) => return Ok(func),
            // A register that holds different values where its handler may be entered.
            Err(reg) if !slots.contains(reg) => slots.insert(reg),
            Err(reg) => return Err(RecoverError::HandlerState { reg }),
        }
    }
}

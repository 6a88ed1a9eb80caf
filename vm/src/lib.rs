//! The HypnoScript virtual machine: values, heap, interpreter, builtins.
//!
//! [`Vm::new`] links a verified module, [`Vm::run`] executes it. The crate knows nothing of the source
//! language's syntax; it sees instructions, types and builtins only.
//!
//! Invariant: only a [`hyp_bytecode::verify::VerifiedModule`] is executed; the interpreter's unchecked
//! accesses rest on that.
//! Invariant: every live value lies in a register, a table of [`Vm`], a root, or a reachable object
//! whenever a collection can run.
//!
//! Start reading at [`vm`], then [`value`], [`object`], [`heap`], [`interp`].

#![warn(missing_docs)]

mod access;
mod api;
mod array;
pub mod builtins;
mod call;
mod copy;
mod dict;
mod display;
mod elements;
mod equal;
mod error;
mod extend;
mod heap;
mod interp;
mod limit;
mod link;
mod native;
pub mod number;
pub mod object;
mod output;
mod position;
mod report;
mod stack;
mod string;
mod task;
pub mod tier;
mod types;
mod unwind;
pub mod value;
mod vm;

pub use access::{File, FileFault, Grant, Grants, Scope};
pub use builtins::Metric;
pub use elements::Elements;
pub use error::{ScriptError, ServiceFault, Trap};
pub use extend::Part;
pub use heap::{HeapStats, Pause, PauseCause, PauseHook, PauseKind};
pub use hyp_bytecode::builtin::Builtin;
pub use limit::{Cause, InterruptHandle, Limit, RegexLimits};
pub use object::Kind;
pub use report::{ErrorInfo, Report, TraceEntry};
pub use task::{Completion, Host, Mailbox, TaskLimits, Ticket};
pub use value::Value;
pub use vm::{Outcome, Vm, VmOptions};

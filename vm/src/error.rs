//! How running code stops early.

use hyp_bytecode::module::ErrorKind;

use crate::limit::{Cause, Limit};
use crate::value::Value;

/// Why an operation did not produce a value. Builtins pass traps from callbacks on with `?`.
#[derive(Debug)]
pub enum Trap {
    /// A run-time error; becomes an error object with position and call stack where it is raised.
    Error(Box<ScriptError>),
    /// A thrown value. Root it (`vm.root`) before running script code while holding the trap.
    Throw(Value),
    /// `Exit(n)`: not catchable; `finally` and `finale` blocks run.
    Exit(i32),
    /// A limit of the host: not catchable, exit code 7. Of these, only the heap limit, which is first
    /// raised as a catchable error, lets finales run.
    Limit(Limit),
    /// The host interrupted the program: not catchable, exit code 130.
    Interrupted,
    /// Standard output is closed: the program ends quietly.
    Closed,
    /// The task was cancelled: not catchable; `finally` blocks run.
    Cancelled,
    /// Only from a builtin's body: its result is what this promise is fulfilled with. Null lets other
    /// tasks run first. (The missing mark says that the task already waits, inside the builtin.)
    Await(Value),
}

/// A run-time error before it becomes an error object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    /// Category.
    pub kind: ErrorKind,
    /// Message without the category's prefix.
    pub message: String,
    /// The heap limit and missing capabilities are catchable errors too.
    pub cause: Cause,
    /// What a service says about it.
    pub fault: Option<ServiceFault>,
}

/// What the error of a service says besides its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceFault {
    /// `HS` and four digits.
    pub code: &'static str,
    /// The service.
    pub service: &'static str,
    /// The builtin.
    pub operation: &'static str,
    /// Whether the same call may succeed later.
    pub is_retryable: bool,
}

impl Trap {
    /// An error of any category; the message has no category prefix.
    #[must_use]
    #[cold]
    pub fn error(kind: ErrorKind, message: impl Into<String>) -> Trap {
        Trap::Error(Box::new(ScriptError {
            kind,
            message: message.into(),
            cause: Cause::Script,
            fault: None,
        }))
    }

    /// `Runtime error: message`.
    #[must_use]
    #[cold]
    pub fn runtime(message: impl Into<String>) -> Trap {
        Trap::error(ErrorKind::Runtime, message)
    }

    /// `Type error: message`.
    #[must_use]
    #[cold]
    pub fn type_error(message: impl Into<String>) -> Trap {
        Trap::error(ErrorKind::Type, message)
    }

    /// A failed host operation.
    #[must_use]
    #[cold]
    pub fn io(message: impl Into<String>) -> Trap {
        Trap::error(ErrorKind::Io, message)
    }

    /// A failed operation of a service; the message begins with its code.
    #[must_use]
    #[cold]
    pub fn fault(fault: ServiceFault, message: impl std::fmt::Display) -> Trap {
        Trap::Error(Box::new(ScriptError {
            kind: ErrorKind::Io,
            message: format!("{}: {message}", fault.code),
            cause: Cause::Script,
            fault: Some(fault),
        }))
    }

    /// A standard stream that cannot be written.
    #[must_use]
    #[cold]
    pub(crate) fn stream(message: String) -> Trap {
        Trap::Error(Box::new(ScriptError {
            kind: ErrorKind::Io,
            message,
            cause: Cause::Stream,
            fault: None,
        }))
    }

    /// An operation that needs a capability which the host has not granted.
    #[must_use]
    #[cold]
    pub fn denied(message: impl Into<String>) -> Trap {
        let (kind, message) = (ErrorKind::Access, message.into());
        Trap::Error(Box::new(ScriptError { kind, message, cause: Cause::Denied, fault: None }))
    }

    /// An index out of range; `index` as the script wrote it.
    #[must_use]
    #[cold]
    pub fn index(index: f64) -> Trap {
        let text = crate::number::display(index);
        Trap::error(ErrorKind::Index, format!("Index {text} out of bounds"))
    }

    /// Whether a handler may catch it.
    #[must_use]
    pub fn is_catchable(&self) -> bool {
        matches!(self, Trap::Error(_) | Trap::Throw(_))
    }
}

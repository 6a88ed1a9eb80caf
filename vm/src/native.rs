//! Functions that builtins make: a body in Rust with state of its own.
//!
//! To scripts they are functions without a name. They are bound methods whose function number lies
//! above those of modules; the receiver is an array, the state.

use hyp_bytecode::rep::TypeId;

use crate::builtins::BuiltinFn;
use crate::builtins::flow;
use crate::error::Trap;
use crate::object::{Bound, Kind};
use crate::value::{TAG_FUNC, Value};
use crate::vm::Vm;

/// A body. The first element of every state is the function that gets the call's arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Native {
    /// `[first, second]`: the second function of the result of the first.
    Composed,
    /// `[function, results]`: a function that remembers its results.
    Memoized,
    /// `[replacement, original]`: stands for `original` until it is restored.
    Mocked,
    /// `[ParseJSON, text]`: gives the value of the text each time.
    Parsed,
}

/// Modules have far fewer functions.
const FIRST: u32 = u32::MAX - 15;

const ALL: [Native; 4] = [Native::Composed, Native::Memoized, Native::Mocked, Native::Parsed];

impl Native {
    /// The body of a bound method's function number; `None` for functions of the module.
    pub(crate) fn of(func: u32) -> Option<Native> {
        ALL.get(func.checked_sub(FIRST)? as usize).copied()
    }

    /// The body in Rust. Argument 0 is the state.
    pub(crate) fn body(self) -> BuiltinFn {
        match self {
            Native::Composed => flow::call_composed,
            Native::Memoized => flow::call_memoized,
            Native::Mocked => flow::call_first,
            Native::Parsed => crate::builtins::parse_state,
        }
    }
}

impl Vm {
    /// A function with this body and state.
    ///
    /// # Errors
    /// The heap limit.
    pub(crate) fn new_native(&mut self, native: Native, state: &[Value]) -> Result<Value, Trap> {
        let state = self.new_array(state)?;
        self.new_bound(state, FIRST + native as u32)
    }

    /// A method with its receiver.
    pub(crate) fn new_bound(&mut self, receiver: Value, func: u32) -> Result<Value, Trap> {
        let header = self.heap.alloc(size_of::<Bound>(), Kind::Bound, TypeId::FUNCTION.0, 0)?;
        let bound = header.cast::<Bound>();
        // SAFETY: `alloc` returned room for the struct.
        unsafe {
            (*bound).receiver = receiver;
            (*bound).func = func;
            (*bound).pad = 0;
        }
        Ok(Value::from_ptr(TAG_FUNC, header))
    }

    /// Body and state of a function that [`Vm::new_native`] made; `None` for other values.
    pub(crate) fn native(&self, v: Value) -> Option<(Native, Value)> {
        if v.kind() != Some(Kind::Bound) {
            return None;
        }
        // SAFETY: the kind says that it is a live bound method.
        let (func, state) = unsafe {
            let bound = v.ptr().cast::<Bound>();
            ((*bound).func, (*bound).receiver)
        };
        Native::of(func).map(|native| (native, state))
    }
}

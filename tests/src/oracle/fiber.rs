//! Code that can stop in the middle and go on later: a coroutine with a stack of its own.

use std::marker::PhantomData;

use corosensei::Coroutine;
use corosensei::stack::DefaultStack;

/// How code on a fiber stops.
pub(crate) type Pause = corosensei::Yielder<(), ()>;

/// Bytes of a stack. Only what is used takes memory.
const STACK_BYTES: usize = 1 << 30;

/// A coroutine that may use what lives as long as `'a`.
pub(crate) struct Fiber<'a> {
    coroutine: Coroutine<(), (), (), DefaultStack>,
    /// The body and everything on its stack is dropped with the fiber.
    body: PhantomData<Box<dyn FnOnce() + 'a>>,
}

impl<'a> Fiber<'a> {
    /// A fiber that has not begun.
    ///
    /// # Errors
    /// There is no room for a stack.
    pub(crate) fn new(body: impl FnOnce(&Pause) + 'a) -> std::io::Result<Fiber<'a>> {
        let stack = DefaultStack::new(STACK_BYTES)?;
        // SAFETY: what `body` borrows lives for `'a`. The coroutine is only reached through this
        // `Fiber<'a>`, which cannot be used after `'a`; dropping it unwinds the body first.
        let coroutine =
            unsafe { Coroutine::with_stack_unchecked(stack, move |pause, ()| body(pause)) };
        Ok(Fiber { coroutine, body: PhantomData })
    }

    /// Runs until the body pauses or ends; gives whether it has ended.
    pub(crate) fn resume(&mut self) -> bool {
        self.coroutine.resume(()).as_return().is_some()
    }
}

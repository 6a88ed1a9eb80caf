//! What goes on outside of the machine while tasks wait: operations, and the host that drives them.
//!
//! A builtin begins an operation with [`Vm::begin_operation`], hands the work to somebody else, and
//! waits for the promise that it got. Whoever does the work ends the operation: on the machine's thread
//! with [`Vm::end_operation`], from any other with a [`Completion`]. Values are made on the machine's
//! thread only, so what crosses threads is a function that makes the result.
//!
//! Cancelling a task that waits for an operation cancels the operation. A result that comes later is
//! dropped, because the ticket that it carries has become stale.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use super::TaskId;
use crate::error::Trap;
use crate::heap::mark::Marker;
use crate::value::Value;
use crate::vm::Vm;

/// Longest single wait between two looks at the interrupt flag.
const WAIT_STEP: Duration = Duration::from_millis(20);

/// An operation that has begun, or a hook. Stale once it has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    index: u32,
    generation: u32,
}

/// What makes the result of an operation on the machine's thread.
type Finish = Box<dyn FnOnce(&mut Vm) -> Result<Value, Trap> + Send>;

/// Results that have come from other threads.
#[derive(Default)]
pub struct Mailbox {
    /// Whether there are any; so looking for some takes no lock.
    has_posts: AtomicBool,
    posts: Mutex<Posts>,
}

#[derive(Default)]
struct Posts {
    list: Vec<(Ticket, Finish)>,
    /// Wakes the thread of the machine while it waits.
    waker: Option<Waker>,
}

impl Mailbox {
    fn lock(&self) -> std::sync::MutexGuard<'_, Posts> {
        // Nothing that holds the lock can panic halfway.
        self.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, ticket: Ticket, finish: Finish) {
        let waker = {
            let mut posts = self.lock();
            posts.list.push((ticket, finish));
            self.has_posts.store(true, Ordering::Release);
            posts.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ready when there are posts; otherwise the task that polls is woken by the next one.
    pub fn poll_posts(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut posts = self.lock();
        if !posts.list.is_empty() {
            return Poll::Ready(());
        }
        posts.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// The right to end an operation once, from any thread. Dropping it fails the operation.
pub struct Completion {
    ticket: Ticket,
    mailbox: Arc<Mailbox>,
    is_posted: bool,
}

impl Completion {
    /// Ends the operation; `finish` makes its result on the machine's thread.
    pub fn post(mut self, finish: impl FnOnce(&mut Vm) -> Result<Value, Trap> + Send + 'static) {
        self.is_posted = true;
        self.mailbox.post(self.ticket, Box::new(finish));
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if !self.is_posted {
            let fail = |_: &mut Vm| Err(Trap::io("The operation was abandoned"));
            self.mailbox.post(self.ticket, Box::new(fail));
        }
    }
}

/// What an operation is asked to do when nobody wants its result any more.
type Cancel = Box<dyn FnOnce()>;

struct Operation {
    generation: u32,
    /// Null if there is no such operation.
    promise: Value,
    cancel: Option<Cancel>,
}

/// What gets the outcome of a settled promise.
type Receive = Box<dyn FnOnce(&mut Vm, Result<Value, Trap>)>;

/// What waits for a promise on behalf of the host.
struct Hook {
    generation: u32,
    /// Null if there is no such hook.
    promise: Value,
    call: Option<Receive>,
}

/// Everything that tasks wait for and that happens outside.
#[derive(Default)]
pub(crate) struct External {
    operations: Vec<Operation>,
    free: Vec<u32>,
    mailbox: Arc<Mailbox>,
    /// What waits for promises on behalf of the host, by number.
    hooks: Vec<Hook>,
    free_hooks: Vec<u32>,
    /// Hooks whose promises are settled.
    due_hooks: Vec<Ticket>,
}

impl External {
    /// Operations that have not ended.
    fn n_live(&self) -> usize {
        self.operations.len() - self.free.len()
    }

    pub(super) fn trace(&self, marker: &mut Marker) {
        for operation in &self.operations {
            marker.value(operation.promise);
        }
        for hook in &self.hooks {
            marker.value(hook.promise);
        }
    }

    /// Takes an operation away if the ticket is not stale.
    fn take(&mut self, ticket: Ticket) -> Option<Operation> {
        let slot = self.operations.get_mut(ticket.index as usize)?;
        if slot.promise.is_null() || slot.generation != ticket.generation {
            return None;
        }
        let generation = slot.generation.wrapping_add(1);
        let vacant = Operation { generation, promise: Value::NULL, cancel: None };
        self.free.push(ticket.index);
        Some(std::mem::replace(slot, vacant))
    }

    /// Takes note that the promise of a hook is settled. The numbers of hooks are negative among
    /// waiters.
    pub(super) fn tell_hook(&mut self, waiter: f64, promise: Value) {
        let index = -waiter as u32 - 1;
        if let Some(hook) = self.hooks.get(index as usize).filter(|hook| hook.promise == promise) {
            self.due_hooks.push(Ticket { index, generation: hook.generation });
        }
    }

    /// Takes a hook away if the ticket is not stale.
    fn take_hook(&mut self, ticket: Ticket) -> Option<Hook> {
        let slot = self.hooks.get_mut(ticket.index as usize)?;
        if slot.promise.is_null() || slot.generation != ticket.generation {
            return None;
        }
        let generation = slot.generation.wrapping_add(1);
        self.free_hooks.push(ticket.index);
        Some(std::mem::replace(slot, Hook { generation, promise: Value::NULL, call: None }))
    }
}

/// Drives input and output on the machine's thread while tasks wait.
///
/// The machine calls [`Host::turn`] whenever no task can go on. What happens meanwhile reaches the
/// machine with [`Vm::with_lent`].
pub trait Host {
    /// Runs a builtin of a service.
    ///
    /// # Errors
    /// Those of the service.
    fn call(&self, vm: &mut Vm, builtin: crate::Builtin, args: &[Value]) -> Result<Value, Trap>;

    /// Lets input and output go on for at most this long. Ends early when the program body or the
    /// mailbox of the machine wants attention.
    ///
    /// # Errors
    /// What ends the program.
    fn turn(&self, vm: &mut Vm, wait: Duration) -> Result<(), Trap>;

    /// Whether there is anything to drive.
    fn is_active(&self) -> bool;

    /// Whether it keeps the program alive: a server is open.
    fn is_serving(&self) -> bool;

    /// The program ends: nothing may begin any more.
    fn close(&self);
}

thread_local! {
    /// The machine of this thread that waits in its host, and that nobody uses just now.
    static LENT: Cell<*mut Vm> = const { Cell::new(std::ptr::null_mut()) };
}

/// Puts a pointer back into `LENT`.
struct PutBack(*mut Vm);

impl Drop for PutBack {
    fn drop(&mut self) {
        LENT.set(self.0);
    }
}

/// Wakes a thread that is parked.
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Vm {
    // ---- operations

    /// Begins an operation that ends outside. Gives the promise of its result, to wait for with
    /// [`Trap::Await`]. `cancel` is called if the task that waits for it is cancelled.
    ///
    /// # Errors
    /// Too many operations; the heap limit.
    pub fn begin_operation(
        &mut self,
        cancel: impl FnOnce() + 'static,
    ) -> Result<(Value, Ticket), Trap> {
        let limit = self.tasks.limits.operations;
        if self.tasks.external.n_live() >= limit {
            return Err(Trap::runtime(format!("Too many operations (limit {limit})")));
        }
        let promise = self.new_promise()?;
        let external = &mut self.tasks.external;
        let cancel: Option<Cancel> = Some(Box::new(cancel));
        let ticket = match external.free.pop() {
            Some(index) => {
                let slot = &mut external.operations[index as usize];
                (slot.promise, slot.cancel) = (promise, cancel);
                Ticket { index, generation: slot.generation }
            }
            None => {
                let index = external.operations.len() as u32;
                external.operations.push(Operation { generation: 0, promise, cancel });
                Ticket { index, generation: 0 }
            }
        };
        self.make_external(promise, ticket.index);
        Ok((promise, ticket))
    }

    /// What ends an operation from another thread.
    #[must_use]
    pub fn completion(&self, ticket: Ticket) -> Completion {
        let mailbox = Arc::clone(&self.tasks.external.mailbox);
        Completion { ticket, mailbox, is_posted: false }
    }

    /// Ends an operation; does nothing if it has ended or is cancelled.
    ///
    /// # Errors
    /// What no promise can hold.
    pub fn end_operation(
        &mut self,
        ticket: Ticket,
        finish: impl FnOnce(&mut Vm) -> Result<Value, Trap>,
    ) -> Result<(), Trap> {
        let Some(operation) = self.tasks.external.take(ticket) else { return Ok(()) };
        // Making values collects nothing, so the promise stays alive.
        match finish(self) {
            Ok(v) => self.resolve(operation.promise, v),
            Err(trap) => {
                let reason = self.catch(trap)?;
                self.reject(operation.promise, reason)
            }
        }
    }

    /// Cancels the operation of a promise: whoever still waits for it gets an error.
    pub(super) fn cancel_operation(&mut self, promise: Value, index: u32) {
        let external = &mut self.tasks.external;
        let Some(slot) = external.operations.get(index as usize) else { return };
        if slot.promise != promise {
            return;
        }
        let ticket = Ticket { index, generation: slot.generation };
        if let Some(cancel) = external.take(ticket).and_then(|operation| operation.cancel) {
            cancel();
        }
        // The heap may be full; then the promise stays pending and is never looked at.
        if let Ok(reason) = self.catch(Trap::runtime("Operation cancelled")) {
            self.observe(promise);
            let _ = self.reject(promise, reason);
        }
    }

    /// Cancels all operations.
    pub(super) fn cancel_operations(&mut self) {
        for index in 0..self.tasks.external.operations.len() {
            let promise = self.tasks.external.operations[index].promise;
            if !promise.is_null() {
                self.cancel_operation(promise, index as u32);
            }
        }
    }

    /// The results that other threads have posted.
    #[must_use]
    pub fn mailbox(&self) -> Arc<Mailbox> {
        Arc::clone(&self.tasks.external.mailbox)
    }

    /// Ends the operations whose results have come from other threads.
    pub(super) fn take_posts(&mut self) -> Result<(), Trap> {
        let mailbox = &self.tasks.external.mailbox;
        if !mailbox.has_posts.load(Ordering::Acquire) {
            return Ok(());
        }
        let posts = {
            let mut posts = mailbox.lock();
            mailbox.has_posts.store(false, Ordering::Release);
            std::mem::take(&mut posts.list)
        };
        for (ticket, finish) in posts {
            self.end_operation(ticket, finish)?;
        }
        Ok(())
    }

    // ---- waiting

    /// Whether anything outside may make a task go on: an operation that somebody waits for, or a
    /// server.
    pub(super) fn is_expecting(&self) -> bool {
        let is_awaited = |o: &Operation| !o.promise.is_null() && self.has_waiters(o.promise);
        self.host.as_ref().is_some_and(|host| host.is_serving())
            || self.tasks.external.operations.iter().any(is_awaited)
    }

    /// Whether anything at all goes on outside.
    pub(crate) fn is_busy_outside(&self) -> bool {
        self.tasks.external.n_live() > 0 || self.host.as_ref().is_some_and(|host| host.is_serving())
    }

    /// Waits for what happens outside, at most until a time of the machine's clock in microseconds.
    pub(super) fn wait_outside(&mut self, due: Option<u64>) -> Result<(), Trap> {
        self.flush()?;
        self.check_interrupt()?;
        let rest = due.map_or(WAIT_STEP, |due| {
            Duration::from_micros(due.saturating_sub(self.clock())).min(WAIT_STEP)
        });
        match self.host.clone().filter(|host| host.is_active()) {
            Some(host) => host.turn(self, rest)?,
            None => self.wait_for_posts(rest),
        }
        self.take_posts()
    }

    fn wait_for_posts(&mut self, rest: Duration) {
        let mailbox = self.mailbox();
        let end = Instant::now() + rest;
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        while mailbox.poll_posts(&mut context).is_pending() {
            let Some(left) = end.checked_duration_since(Instant::now()) else { break };
            std::thread::park_timeout(left);
        }
    }

    /// Lets the host look at input and output without waiting, and takes what has been posted.
    pub(super) fn glance_outside(&mut self) -> Result<(), Trap> {
        if let Some(host) = self.host.clone().filter(|host| host.is_active()) {
            host.turn(self, Duration::ZERO)?;
        }
        self.take_posts()
    }

    // ---- what a host does with the machine

    /// The host of the machine.
    #[must_use]
    pub fn host(&self) -> Option<std::rc::Rc<dyn Host>> {
        self.host.clone()
    }

    /// Makes the machine reachable by [`Vm::with_lent`] on this thread while `wait` runs.
    pub fn lend<R>(&mut self, wait: impl FnOnce() -> R) -> R {
        let _put_back = PutBack(LENT.replace(self));
        wait()
    }

    /// Uses the machine that is lent on this thread; `None` if there is none, or if it is in use.
    pub fn with_lent<R>(f: impl FnOnce(&mut Vm) -> R) -> Option<R> {
        let vm = LENT.replace(std::ptr::null_mut());
        if vm.is_null() {
            return None;
        }
        let _put_back = PutBack(vm);
        // SAFETY: `lend` has put the pointer there and borrows the machine exclusively until it takes
        // the pointer away, on this thread. Nobody else gets it from `LENT` before it is put back.
        Some(f(unsafe { &mut *vm }))
    }

    /// Starts a function as a task while the machine is lent and gives the promise of its result. It
    /// runs until it first waits.
    ///
    /// # Errors
    /// Not callable, wrong arguments, too many tasks; what ends the program.
    pub fn start(&mut self, callee: Value, args: &[Value]) -> Result<Value, Trap> {
        self.spawn_with(callee, args)
    }

    /// Has `call` called with the outcome of a pending promise once that is settled.
    ///
    /// # Errors
    /// The heap limit.
    pub fn when_settled(
        &mut self,
        promise: Value,
        call: impl FnOnce(&mut Vm, Result<Value, Trap>) + 'static,
    ) -> Result<Ticket, Trap> {
        let external = &mut self.tasks.external;
        let index = external.free_hooks.pop().unwrap_or_else(|| {
            external.hooks.push(Hook { generation: 0, promise: Value::NULL, call: None });
            external.hooks.len() as u32 - 1
        });
        let hook = &mut external.hooks[index as usize];
        hook.promise = promise;
        hook.call = Some(Box::new(call));
        let ticket = Ticket { index, generation: hook.generation };
        if let Err(trap) = self.add_waiter(promise, Value::num(-f64::from(index) - 1.0)) {
            self.tasks.external.take_hook(ticket);
            return Err(trap);
        }
        Ok(ticket)
    }

    /// Cancels what a hook waits for; the hook is not called any more.
    pub fn abandon(&mut self, ticket: Ticket) {
        if let Some(hook) = self.tasks.external.take_hook(ticket) {
            self.cancel(hook.promise);
        }
    }

    /// What a promise, or another value, has come to; `None` if it is pending.
    pub fn outcome_now(&mut self, v: Value) -> Option<Result<Value, Trap>> {
        self.outcome_of(v)
    }

    /// Calls the hooks of promises that are settled.
    pub(super) fn call_hooks(&mut self) {
        while !self.tasks.external.due_hooks.is_empty() {
            for ticket in std::mem::take(&mut self.tasks.external.due_hooks) {
                let Some(hook) = self.tasks.external.take_hook(ticket) else { continue };
                if let (Some(call), Some(outcome)) = (hook.call, self.outcome_of(hook.promise)) {
                    call(self, outcome);
                }
            }
        }
    }

    /// Runs the tasks that are ready, and those that they make ready, while the machine is lent. Gives
    /// whether the turn has to end: the program body is ready, or many tasks keep each other going.
    ///
    /// # Errors
    /// What ends the program.
    pub fn run_ready(&mut self) -> Result<bool, Trap> {
        const ROUNDS_MAX: usize = 64;
        for _ in 0..ROUNDS_MAX {
            self.call_hooks();
            for _ in 0..self.tasks.ready.len() {
                match self.tasks.ready.front() {
                    Some(&TaskId::MAIN) => return Ok(true),
                    _ => self.run_next()?,
                }
            }
            if self.tasks.ready.is_empty() {
                self.call_hooks();
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// When the next timer goes off.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        let due = self.tasks.timers.first_due()?;
        Some(self.tasks.started + Duration::from_micros(due))
    }
}

//! The runtime of one machine: its sockets and timers live on the machine's thread.
//!
//! While no task of the machine can go on, the machine lets this runtime run and is lent meanwhile:
//! what happens (a request, a response) uses it with [`Driver::enter`], on the same thread. So a
//! request needs no lock, no queue and no other thread.

use std::cell::{Cell, OnceCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use hyp_vm::{Trap, Vm};
use tokio::runtime::{Builder, LocalRuntime};
use tokio::sync::Notify;

/// What other threads may know of a machine.
#[derive(Default)]
pub struct Pulse {
    /// Milliseconds since the machine was made, as somebody else counts them.
    clock_ms: AtomicU64,
    /// The clock when script code began to run, plus 1; 0 while none does.
    busy_since: AtomicU64,
    /// Servers that are not closed.
    n_servers: AtomicUsize,
}

impl Pulse {
    /// Sets the clock.
    pub fn set_clock(&self, ms: u64) {
        self.clock_ms.store(ms, Ordering::Relaxed);
    }

    /// For how many milliseconds script code has been running without waiting.
    #[must_use]
    pub fn busy_ms(&self) -> u64 {
        let clock_ms = self.clock_ms.load(Ordering::Relaxed);
        let since = self.busy_since.load(Ordering::Relaxed).checked_sub(1);
        since.map_or(0, |since| clock_ms.saturating_sub(since))
    }

    /// How many servers the machine has.
    #[must_use]
    pub fn n_servers(&self) -> usize {
        self.n_servers.load(Ordering::Relaxed)
    }

    pub(crate) fn count_server(&self, is_open: bool) {
        if is_open {
            self.n_servers.fetch_add(1, Ordering::Relaxed);
        } else {
            self.n_servers.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn set_busy(&self, is_busy: bool) {
        let since = if is_busy { self.clock_ms.load(Ordering::Relaxed) + 1 } else { 0 };
        self.busy_since.store(since, Ordering::Relaxed);
    }
}

/// Sockets and timers of one machine.
#[derive(Default)]
pub(crate) struct Driver {
    pub(crate) pulse: Arc<Pulse>,
    /// Made at first use, so that programs without sockets do not pay for it.
    runtime: OnceCell<LocalRuntime>,
    /// Ends the turn.
    attention: Notify,
    /// Why the program ends.
    trap: Cell<Option<Trap>>,
    /// When the turn ends.
    turn_end: Cell<Option<Instant>>,
    /// Servers and requests that are under way.
    n_active: Cell<usize>,
}

impl Driver {
    pub(crate) fn new(pulse: Arc<Pulse>) -> Driver {
        Driver { pulse, ..Driver::default() }
    }

    /// The runtime.
    ///
    /// # Errors
    /// The system has no room for another one.
    pub(crate) fn runtime(&self) -> std::io::Result<&LocalRuntime> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = Builder::new_current_thread().enable_all().build_local(Default::default())?;
        Ok(self.runtime.get_or_init(|| runtime))
    }

    /// Counts something that is under way.
    pub(crate) fn begin(&self) {
        self.n_active.set(self.n_active.get() + 1);
    }

    /// Counts it off.
    pub(crate) fn end(&self) {
        self.n_active.set(self.n_active.get().saturating_sub(1));
    }

    pub(crate) fn is_active(&self) -> bool {
        self.n_active.get() > 0
    }

    /// Ends the turn, so that the machine looks at what has changed.
    pub(crate) fn call_attention(&self) {
        self.attention.notify_one();
    }

    /// Uses the machine, then runs the tasks that this has made ready. `None` if the machine is not
    /// there any more, or if the program ends.
    pub(crate) fn enter<R>(&self, act: impl FnOnce(&mut Vm) -> Result<R, Trap>) -> Option<R> {
        Vm::with_lent(|vm| {
            vm.interrupt_handle_ref().forget_cancellation();
            self.pulse.set_busy(true);
            let result = act(vm).and_then(|result| Ok((result, vm.run_ready()?)));
            self.pulse.set_busy(false);
            let is_earlier = |due| self.turn_end.get().is_some_and(|end| due < end);
            match result {
                Ok((result, wants_attention)) => {
                    if wants_attention || vm.next_due().is_some_and(is_earlier) {
                        self.call_attention();
                    }
                    Some(result)
                }
                Err(trap) => {
                    self.trap.set(Some(trap));
                    self.call_attention();
                    None
                }
            }
        })
        .flatten()
    }

    /// As [`hyp_vm::Host::turn`].
    pub(crate) fn turn(&self, vm: &mut Vm, wait: Duration) -> Result<(), Trap> {
        let runtime = self.runtime().map_err(|e| Trap::io(format!("Cannot use sockets: {e}")))?;
        let mailbox = vm.mailbox();
        self.turn_end.set(Some(Instant::now() + wait));
        self.pulse.set_busy(false);
        vm.lend(|| {
            runtime.block_on(async {
                if wait.is_zero() {
                    return tokio::task::yield_now().await;
                }
                let mut attention = pin!(self.attention.notified());
                let mut end = pin!(tokio::time::sleep(wait));
                poll_fn(|context| {
                    let is_over = attention.as_mut().poll(context).is_ready()
                        || mailbox.poll_posts(context).is_ready()
                        || end.as_mut().poll(context).is_ready();
                    if is_over { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            });
        });
        self.turn_end.set(None);
        self.pulse.set_busy(true);
        self.trap.take().map_or(Ok(()), Err)
    }
}

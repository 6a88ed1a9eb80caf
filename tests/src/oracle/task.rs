//! Tasks (4.12): who runs when.
//!
//! Every task runs on a fiber, the program body on the thread itself. One runs at a time, until it
//! waits. Time is virtual: it passes only while every task waits, and then at once.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use hyp_grammar::span::Span;

use super::fiber::Fiber;
use super::library::channel::Channels;
use super::machine::{Eval, Machine, Stop};
use super::promise::{Promise, State, Waiter, rejected};
use super::value::Value;

/// Number of a task in the order in which they begin.
pub(crate) type TaskId = usize;

/// The program body.
pub(crate) const BODY: TaskId = 0;

/// How often tasks that wait for what cannot happen are cancelled before they are dropped: once for
/// each `finally` block around the wait.
const CANCEL_ROUNDS: usize = 1000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// It runs, or one runs that it has begun.
    Running,
    Waiting,
    /// It is in the queue.
    Ready,
    Ended,
}

/// With what a waiting task goes on.
#[derive(Clone, Copy)]
enum Wake {
    Outcome,
    Cancelled,
    Deadlock,
}

struct Task<'a> {
    doing: Doing,
    /// What it waits for; nothing if it only lets others run.
    waits_for: Option<Rc<Promise<'a>>>,
    wake: Wake,
    /// To be cancelled when it next waits.
    is_cancelled: bool,
    /// Where it goes on, while it does not run.
    fiber: Option<Fiber<'a>>,
}

impl Task<'_> {
    fn new() -> Self {
        let wake = Wake::Outcome;
        Task { doing: Doing::Running, waits_for: None, wake, is_cancelled: false, fiber: None }
    }
}

/// All tasks of a program and what they wait for.
pub(crate) struct Tasks<'a> {
    all: Vec<Task<'a>>,
    ready: VecDeque<TaskId>,
    /// By time and the order in which they were set.
    timers: BTreeMap<(u64, usize), (Rc<Promise<'a>>, Value<'a>)>,
    n_timers: usize,
    /// Milliseconds since the start.
    pub now: u64,
    /// What `suspend;` waits for.
    suspended: Vec<Rc<Promise<'a>>>,
    /// Rejected while nobody waited.
    rejected: Vec<Rc<Promise<'a>>>,
    /// A rejection because of a cancellation is no error.
    is_cancelling: bool,
    /// What ended a task and ends the program.
    fatal: Option<Stop<'a>>,
    pub channels: Channels<'a>,
}

impl Default for Tasks<'_> {
    fn default() -> Self {
        Tasks {
            all: vec![Task::new()],
            ready: VecDeque::new(),
            timers: BTreeMap::new(),
            n_timers: 0,
            now: 0,
            suspended: Vec::new(),
            rejected: Vec::new(),
            is_cancelling: false,
            fatal: None,
            channels: Channels::default(),
        }
    }
}

impl Tasks<'_> {
    fn are_live(&self) -> bool {
        self.all[1..].iter().any(|task| task.doing != Doing::Ended)
    }
}

/// How long other tasks run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Until the program body can go on.
    BodyIsReady,
    /// Until all have ended, or none can go on.
    AllHaveEnded,
}

impl<'w, 'a> Machine<'w, 'a> {
    /// Begins a task and gives its promise. It runs until it first waits.
    pub(crate) fn begin(
        &mut self,
        body: impl FnOnce(&mut Machine<'_, 'a>) -> Eval<'a> + 'a,
    ) -> Eval<'a> {
        let promise = Promise::pending();
        let id = {
            let mut tasks = self.tasks.borrow_mut();
            tasks.all.push(Task::new());
            tasks.all.len() - 1
        };
        promise.task.set(Some(id));
        let (world, depth, result) = (Rc::clone(&self.world), self.depth, Rc::clone(&promise));
        let fiber = Fiber::new(move |pause| {
            let mut machine = Machine::new(world, Some(pause), id, depth);
            let outcome = body(&mut machine);
            machine.end(&result, outcome);
        });
        let fiber = fiber.map_err(|error| Stop::Unsupported(error.to_string()))?;
        self.run_fiber(id, fiber)?;
        Ok(Value::Promise(promise))
    }

    fn run_fiber(&self, id: TaskId, mut fiber: Fiber<'a>) -> Result<(), Stop<'a>> {
        let has_ended = fiber.resume();
        let mut tasks = self.tasks.borrow_mut();
        if !has_ended {
            tasks.all[id].fiber = Some(fiber);
        }
        tasks.fatal.take().map_or(Ok(()), Err)
    }

    /// Settles the promise of this task, which has ended.
    fn end(&mut self, promise: &Rc<Promise<'a>>, outcome: Eval<'a>) {
        promise.task.set(None);
        {
            let mut tasks = self.tasks.borrow_mut();
            tasks.all[self.task].doing = Doing::Ended;
            tasks.channels.unsubscribe(self.task);
        }
        match outcome {
            Ok(value) => self.resolve(promise, value),
            Err(Stop::Throw(reason, at)) => self.settle(promise, State::Rejected(reason, at)),
            Err(Stop::Cancelled) => {
                promise.observe();
                self.tasks.borrow_mut().is_cancelling = true;
                self.settle(promise, rejected("Task cancelled"));
                self.tasks.borrow_mut().is_cancelling = false;
            }
            Err(stop) => self.tasks.borrow_mut().fatal = Some(stop),
        }
    }

    /// `await`
    pub(crate) fn awaited(&mut self, value: Value<'a>, span: Span) -> Eval<'a> {
        match value {
            Value::Promise(promise) => self.wait(Some(&promise), span),
            other => Ok(other),
        }
    }

    /// Waits for a promise, or, without one, until every task that is ready has had its turn.
    pub(crate) fn wait(&mut self, promise: Option<&Rc<Promise<'a>>>, span: Span) -> Eval<'a> {
        if let Some(outcome) = promise.and_then(|promise| self.outcome(promise, span)) {
            return outcome;
        }
        self.step()?;
        self.begin_to_wait(promise)?;
        match self.pause {
            Some(pause) => {
                pause.suspend(());
                // The callers that it has left behind do not count any more.
                self.depth -= self.depth_below;
                self.depth_below = 0;
            }
            None => {
                let result = self.run_tasks(Until::BodyIsReady);
                self.tasks.borrow_mut().all[BODY].doing = Doing::Running;
                result?;
            }
        }
        let (waited_for, wake) = {
            let task = &mut self.world.tasks.borrow_mut().all[self.task];
            (task.waits_for.take(), task.wake)
        };
        match wake {
            Wake::Cancelled => Err(Stop::Cancelled),
            Wake::Deadlock => {
                Err(self.failure("Deadlock: nothing is left that could end this wait", span))
            }
            Wake::Outcome => {
                waited_for.and_then(|p| self.outcome(&p, span)).unwrap_or(Ok(Value::Null))
            }
        }
    }

    fn begin_to_wait(&self, promise: Option<&Rc<Promise<'a>>>) -> Result<(), Stop<'a>> {
        let mut tasks = self.tasks.borrow_mut();
        let task = &mut tasks.all[self.task];
        if std::mem::take(&mut task.is_cancelled) {
            return Err(Stop::Cancelled);
        }
        task.waits_for = promise.cloned();
        task.wake = Wake::Outcome;
        match promise {
            Some(promise) => {
                task.doing = Doing::Waiting;
                promise.add_waiter(Waiter::Task(self.task));
            }
            None => {
                task.doing = Doing::Ready;
                tasks.ready.push_back(self.task);
            }
        }
        Ok(())
    }

    /// Makes a task ready that waits for this promise.
    pub(crate) fn wake(&self, id: TaskId, promise: &Rc<Promise<'a>>) {
        if self.is_awaited_by(id, promise) {
            let mut tasks = self.tasks.borrow_mut();
            tasks.all[id].doing = Doing::Ready;
            tasks.ready.push_back(id);
        }
    }

    fn is_awaited_by(&self, id: TaskId, promise: &Rc<Promise<'a>>) -> bool {
        let tasks = self.tasks.borrow();
        let task = &tasks.all[id];
        let waits_for = task.waits_for.as_ref();
        task.doing == Doing::Waiting && waits_for.is_some_and(|p| Rc::ptr_eq(p, promise))
    }

    /// Whether a task still waits for a promise that nobody else knows.
    pub(crate) fn is_awaited(&self, promise: &Rc<Promise<'a>>) -> bool {
        promise.waiting_task().is_some_and(|id| self.is_awaited_by(id, promise))
    }

    fn run_tasks(&mut self, until: Until) -> Result<(), Stop<'a>> {
        loop {
            let n_ready = self.tasks.borrow().ready.len();
            for _ in 0..n_ready {
                let Some(id) = self.tasks.borrow_mut().ready.pop_front() else { break };
                if id == BODY {
                    return Ok(());
                }
                self.step()?;
                let fiber = {
                    let task = &mut self.world.tasks.borrow_mut().all[id];
                    task.doing = Doing::Running;
                    task.fiber.take()
                };
                if let Some(fiber) = fiber {
                    self.run_fiber(id, fiber)?;
                }
            }
            self.fire_timers();
            if !self.tasks.borrow().ready.is_empty() {
                continue;
            }
            if until == Until::AllHaveEnded && !self.tasks.borrow().are_live() {
                return Ok(());
            }
            let next = {
                let tasks = self.tasks.borrow();
                let awaited = tasks.timers.iter().find(|(_, (promise, _))| promise.has_waiters());
                awaited.map(|((due, _), _)| *due)
            };
            if let Some(due) = next {
                let mut tasks = self.tasks.borrow_mut();
                tasks.now = tasks.now.max(due);
            } else if !self.end_suspension() {
                if until == Until::BodyIsReady {
                    self.tasks.borrow_mut().all[BODY].wake = Wake::Deadlock;
                }
                return Ok(());
            }
        }
    }

    // ---- timers and input

    /// A promise that is fulfilled after some milliseconds.
    pub(crate) fn timer(&self, ms: f64, value: Value<'a>) -> Rc<Promise<'a>> {
        let promise = Promise::pending();
        let mut tasks = self.tasks.borrow_mut();
        tasks.n_timers += 1;
        let key = (tasks.now + ms.clamp(0.0, 1e15) as u64, tasks.n_timers);
        tasks.timers.insert(key, (Rc::clone(&promise), value));
        promise
    }

    fn fire_timers(&self) {
        loop {
            let due = {
                let mut tasks = self.tasks.borrow_mut();
                let now = tasks.now;
                tasks.timers.first_entry().filter(|t| t.key().0 <= now).map(|t| t.remove())
            };
            let Some((promise, value)) = due else { return };
            self.resolve(&promise, value);
        }
    }

    /// `suspend;`: reads the input to its end, which other tasks need not wait for.
    pub(crate) fn suspend(&mut self, span: Span) -> Result<(), Stop<'a>> {
        let promise = Promise::pending();
        self.tasks.borrow_mut().suspended.push(Rc::clone(&promise));
        self.wait(Some(&promise), span).map(|_| ())
    }

    /// Whether a task waited for the end of the input.
    fn end_suspension(&self) -> bool {
        let suspended = std::mem::take(&mut self.tasks.borrow_mut().suspended);
        if suspended.is_empty() {
            return false;
        }
        while self.read_line().is_some() {}
        for promise in suspended {
            self.resolve(&promise, Value::Null);
        }
        true
    }

    // ---- cancellation and the end

    /// Asks a task to end, and with it all tasks and combinations that only it waits for. Gives
    /// whether it had not ended yet.
    pub(crate) fn cancel(&self, promise: &Rc<Promise<'a>>) -> bool {
        let was_running = promise.task.get().is_some();
        let mut work = vec![Rc::clone(promise)];
        while let Some(promise) = work.pop() {
            let (waiter, waited_for) = match promise.task.get() {
                Some(id) => (Waiter::Task(id), self.cancel_task(id).into_iter().collect()),
                None => {
                    let promises = promise.parts().into_iter().filter_map(|part| match part {
                        Value::Promise(part) => Some(part),
                        _ => None,
                    });
                    (Waiter::Combination(Rc::clone(&promise)), promises.collect::<Vec<_>>())
                }
            };
            let needed_no_more = waited_for.into_iter().rev().filter(|p| p.waits_only(&waiter));
            work.extend(needed_no_more);
        }
        was_running
    }

    /// Cancels one task; gives what it was waiting for.
    fn cancel_task(&self, id: TaskId) -> Option<Rc<Promise<'a>>> {
        let mut tasks = self.tasks.borrow_mut();
        let task = &mut tasks.all[id];
        match task.doing {
            Doing::Ended => None,
            Doing::Running => {
                task.is_cancelled = true;
                None
            }
            Doing::Ready => {
                task.wake = Wake::Cancelled;
                None
            }
            Doing::Waiting => {
                task.wake = Wake::Cancelled;
                task.doing = Doing::Ready;
                let waited_for = task.waits_for.clone();
                tasks.ready.push_back(id);
                waited_for
            }
        }
    }

    pub(crate) fn cancel_all(&self) {
        let n = self.tasks.borrow().all.len();
        (1..n).for_each(|id| drop(self.cancel_task(id)));
    }

    /// Runs all tasks to their end. Those that wait for what cannot happen are cancelled.
    pub(crate) fn drain(&mut self) -> Result<(), Stop<'a>> {
        for round in 0..=CANCEL_ROUNDS {
            if round > 0 {
                self.cancel_all();
            }
            if self.tasks.borrow().are_live() {
                self.run_tasks(Until::AllHaveEnded)?;
            }
        }
        Ok(())
    }

    /// Drops all tasks without running them any more.
    pub(crate) fn drop_tasks(&self) {
        let n = self.tasks.borrow().all.len();
        for id in 1..n {
            let fiber = {
                let mut tasks = self.tasks.borrow_mut();
                tasks.all[id].doing = Doing::Ended;
                tasks.all[id].fiber.take()
            };
            drop(fiber);
        }
        self.tasks.borrow_mut().ready.clear();
    }

    pub(crate) fn note_rejection(&self, promise: &Rc<Promise<'a>>) {
        let mut tasks = self.tasks.borrow_mut();
        if !tasks.is_cancelling {
            tasks.rejected.push(Rc::clone(promise));
        }
    }

    /// The reasons of rejections that nobody has seen, in order.
    pub(crate) fn unobserved(&self) -> Vec<(Value<'a>, Span)> {
        self.tasks.borrow().rejected.iter().filter_map(|promise| promise.unobserved()).collect()
    }
}

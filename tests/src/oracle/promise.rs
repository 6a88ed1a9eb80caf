//! Promises and their combinations (4.12).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use hyp_grammar::span::Span;

use super::machine::{Eval, Machine, Stop};
use super::task::TaskId;
use super::value::{Dict, Fault, Key, Value};

/// What has become of a promise.
#[derive(Clone)]
pub(crate) enum State<'a> {
    Pending,
    Fulfilled(Value<'a>),
    /// With the reason and where it was thrown.
    Rejected(Value<'a>, Span),
}

/// Who waits for a promise.
#[derive(Clone)]
pub(crate) enum Waiter<'a> {
    Task(TaskId),
    Combination(Rc<Promise<'a>>),
}

impl<'a> Waiter<'a> {
    fn is(&self, other: &Waiter<'a>) -> bool {
        match (self, other) {
            (Waiter::Task(x), Waiter::Task(y)) => x == y,
            (Waiter::Combination(x), Waiter::Combination(y)) => Rc::ptr_eq(x, y),
            _ => false,
        }
    }
}

/// What a promise makes of others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All values in order, or the first rejection.
    All,
    /// The first outcome.
    Race,
    /// The first value, or an error when all are rejected.
    Any,
    /// All outcomes in order.
    Settled,
    /// The first one's outcome, unless the second one, a timer, comes first.
    Timeout,
    /// That of the only one.
    Same,
}

struct Combination<'a> {
    kind: Kind,
    parts: Vec<Value<'a>>,
    n_pending: Cell<usize>,
}

/// A value that is known later.
pub(crate) struct Promise<'a> {
    state: RefCell<State<'a>>,
    /// In the order in which they began to wait.
    waiters: RefCell<Vec<Waiter<'a>>>,
    is_observed: Cell<bool>,
    /// The running task whose result it is.
    pub task: Cell<Option<TaskId>>,
    combination: RefCell<Option<Rc<Combination<'a>>>>,
}

impl<'a> Promise<'a> {
    pub(crate) fn pending() -> Rc<Promise<'a>> {
        Rc::new(Promise {
            state: RefCell::new(State::Pending),
            waiters: RefCell::default(),
            is_observed: Cell::new(false),
            task: Cell::new(None),
            combination: RefCell::default(),
        })
    }

    pub(crate) fn state(&self) -> State<'a> {
        self.state.borrow().clone()
    }

    pub(crate) fn is_pending(&self) -> bool {
        matches!(*self.state.borrow(), State::Pending)
    }

    pub(crate) fn observe(&self) {
        self.is_observed.set(true);
    }

    /// The reason, if it is rejected and nobody has seen it.
    pub(crate) fn unobserved(&self) -> Option<(Value<'a>, Span)> {
        match self.state() {
            State::Rejected(reason, at) if !self.is_observed.get() => Some((reason, at)),
            _ => None,
        }
    }

    pub(crate) fn add_waiter(&self, waiter: Waiter<'a>) {
        self.waiters.borrow_mut().push(waiter);
    }

    pub(crate) fn has_waiters(&self) -> bool {
        !self.waiters.borrow().is_empty()
    }

    pub(crate) fn waits_only(&self, waiter: &Waiter<'a>) -> bool {
        matches!(&self.waiters.borrow()[..], [only] if only.is(waiter))
    }

    /// The only task that waits for it.
    pub(crate) fn waiting_task(&self) -> Option<TaskId> {
        match self.waiters.borrow()[..] {
            [Waiter::Task(task)] => Some(task),
            _ => None,
        }
    }

    /// What a combination is made of.
    pub(crate) fn parts(&self) -> Vec<Value<'a>> {
        self.combination.borrow().as_ref().map_or_else(Vec::new, |c| c.parts.clone())
    }
}

/// Promises to settle, in order.
type Work<'a> = VecDeque<(Rc<Promise<'a>>, State<'a>)>;

impl<'a> Machine<'_, 'a> {
    /// What `await` gives or raises, if the promise is settled.
    pub(crate) fn outcome(&self, promise: &Promise<'a>, span: Span) -> Option<Eval<'a>> {
        match promise.state() {
            State::Pending => None,
            State::Fulfilled(value) => Some(Ok(value)),
            State::Rejected(reason, thrown_at) => {
                promise.observe();
                if let Value::Error(fault) = &reason
                    && fault.at.get().is_none()
                {
                    fault.at.set(Some(span.start));
                }
                Some(Err(Stop::Throw(reason, thrown_at)))
            }
        }
    }

    /// Gives a promise its value; another promise is waited for first.
    pub(crate) fn resolve(&self, promise: &Rc<Promise<'a>>, value: Value<'a>) {
        let Value::Promise(other) = &value else {
            return self.settle(promise, State::Fulfilled(value));
        };
        if Rc::ptr_eq(promise, other) {
            return self.settle(promise, rejected("A promise cannot be its own result"));
        }
        self.combine_into(promise, Kind::Same, vec![value]);
    }

    /// Settles a promise and everything that this decides.
    pub(crate) fn settle(&self, promise: &Rc<Promise<'a>>, state: State<'a>) {
        let mut work: Work<'a> = VecDeque::from([(Rc::clone(promise), state)]);
        while let Some((promise, state)) = work.pop_front() {
            if !promise.is_pending() {
                continue;
            }
            *promise.state.borrow_mut() = state;
            let waiters = promise.waiters.take();
            if waiters.is_empty() && promise.unobserved().is_some() {
                self.note_rejection(&promise);
            }
            for waiter in waiters {
                match waiter {
                    Waiter::Task(task) => self.wake(task, &promise),
                    Waiter::Combination(whole) => self.part_settled(&whole, &promise, &mut work),
                }
            }
        }
    }

    /// A promise that follows from others; other values count as fulfilled.
    pub(crate) fn combined(&self, kind: Kind, parts: Vec<Value<'a>>) -> Value<'a> {
        let promise = Promise::pending();
        self.combine_into(&promise, kind, parts);
        Value::Promise(promise)
    }

    fn combine_into(&self, promise: &Rc<Promise<'a>>, kind: Kind, parts: Vec<Value<'a>>) {
        let pending = |part: &Value<'a>| match part {
            Value::Promise(part) if part.is_pending() => Some(Rc::clone(part)),
            _ => None,
        };
        let n_pending = Cell::new(parts.iter().filter_map(pending).count());
        let whole = Rc::new(Combination { kind, parts, n_pending });
        *promise.combination.borrow_mut() = Some(Rc::clone(&whole));
        let mut decided = None;
        for part in &whole.parts {
            match pending(part) {
                Some(part) => part.add_waiter(Waiter::Combination(Rc::clone(promise))),
                None => {
                    let state = known(part);
                    decided = decided.or_else(|| self.decides(&whole, part, state));
                }
            }
        }
        if decided.is_none() && whole.n_pending.get() == 0 {
            decided = Some(all_known(&whole));
        }
        if let Some(state) = decided {
            self.settle(promise, state);
        }
    }

    fn part_settled(&self, whole: &Rc<Promise<'a>>, part: &Rc<Promise<'a>>, work: &mut Work<'a>) {
        let part = Value::Promise(Rc::clone(part));
        let state = known(&part);
        let combination = whole.combination.borrow().clone();
        let Some(combination) = combination.filter(|_| whole.is_pending()) else { return };
        combination.n_pending.set(combination.n_pending.get() - 1);
        let decided = self.decides(&combination, &part, state);
        let is_last = combination.n_pending.get() == 0;
        if let Some(state) = decided.or_else(|| is_last.then(|| all_known(&combination))) {
            work.push_back((Rc::clone(whole), state));
        }
    }

    /// What a combination becomes because of one of its parts alone.
    fn decides(
        &self,
        whole: &Combination<'a>,
        part: &Value<'a>,
        state: State<'a>,
    ) -> Option<State<'a>> {
        let is_rejected = matches!(state, State::Rejected(..));
        match whole.kind {
            Kind::Timeout if part.equals(&whole.parts[1]) => {
                if let Value::Promise(late) = &whole.parts[0] {
                    self.cancel(late);
                }
                Some(rejected("Operation timed out"))
            }
            Kind::All => is_rejected.then_some(state),
            Kind::Any => (!is_rejected).then_some(state),
            Kind::Race | Kind::Same | Kind::Timeout => Some(state),
            Kind::Settled => None,
        }
    }
}

/// A rejection whose place is where it is raised first.
pub(crate) fn rejected<'a>(message: impl Into<String>) -> State<'a> {
    let fault = Fault { kind: "runtime", message: message.into(), at: Cell::new(None) };
    State::Rejected(Value::Error(Rc::new(fault)), Span::at(0))
}

/// What has become of a part that is settled, which is thereby observed.
fn known<'a>(part: &Value<'a>) -> State<'a> {
    match part {
        Value::Promise(promise) => {
            promise.observe();
            promise.state()
        }
        other => State::Fulfilled(other.clone()),
    }
}

/// What a combination becomes when all parts are known and none has decided it.
fn all_known<'a>(whole: &Combination<'a>) -> State<'a> {
    let states = whole.parts.iter().map(known);
    match whole.kind {
        Kind::All => State::Fulfilled(Value::array(states.map(content).collect())),
        Kind::Settled => State::Fulfilled(Value::array(states.map(entry).collect())),
        Kind::Any if whole.parts.is_empty() => rejected("All promises rejected"),
        Kind::Any => {
            let reasons: Vec<String> = states.map(|state| content(state).display()).collect();
            rejected(format!("All promises rejected: {}", reasons.join(", ")))
        }
        _ => rejected("No promises provided"),
    }
}

fn content(state: State<'_>) -> Value<'_> {
    match state {
        State::Pending => Value::Null,
        State::Fulfilled(value) | State::Rejected(value, _) => value,
    }
}

/// `{status: "fulfilled", value}` or `{status: "rejected", reason}`
fn entry(state: State<'_>) -> Value<'_> {
    let (status, key) = match state {
        State::Rejected(..) => ("rejected", "reason"),
        _ => ("fulfilled", "value"),
    };
    let mut dict = Dict::default();
    dict.set(Key::Text("status".into()), Value::text(status));
    dict.set(Key::Text(key.into()), content(state));
    Value::dict(dict)
}

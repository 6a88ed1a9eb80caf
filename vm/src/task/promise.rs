//! Promises: settling, waiting, combinations.
//!
//! Settling never runs script code. It makes the tasks ready that wait for the promise, in the order
//! in which they began to wait, and settles the combinations that this decides.

use std::collections::VecDeque;

use hyp_bytecode::rep::TypeId;

use super::TaskId;
use crate::elements::Elements;
use crate::error::Trap;
use crate::object::{Kind, Promise};
use crate::value::{TAG_HEAP, Value};
use crate::vm::Vm;

/// Layout of [`Promise::state`].
mod state {
    /// The status.
    pub(super) const STATUS: u32 = 3;
    /// The rejection has been seen by somebody.
    pub(super) const OBSERVED: u32 = 4;
    /// First bit of the combination's kind.
    pub(super) const KIND_SHIFT: u32 = 8;
}

/// What has become of a promise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    /// Nothing yet.
    Pending,
    /// It has its value.
    Fulfilled,
    /// It has failed.
    Rejected,
}

impl Status {
    /// The word in the display string.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Fulfilled => "resolved",
            Status::Rejected => "rejected",
        }
    }
}

/// How a promise follows from others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Combine {
    /// Not at all: a task, a timer or a channel settles it.
    Nothing,
    /// All values in order, or the first rejection.
    All,
    /// Whatever is settled first.
    Race,
    /// The first value, or an error when all are rejected.
    Any,
    /// The outcomes in order.
    Settled,
    /// The first one, unless the second one, a timer, comes first.
    Timeout,
    /// The only one.
    Adopt,
    /// An operation outside of the machine settles it, whose number it keeps until then.
    External,
}

const COMBINES: [Combine; 8] = [
    Combine::Nothing,
    Combine::All,
    Combine::Race,
    Combine::Any,
    Combine::Settled,
    Combine::Timeout,
    Combine::Adopt,
    Combine::External,
];

/// Bytes after which a message lists no further reasons.
const REASONS_BYTES_MAX: usize = 4096;

/// A promise to settle, the status and the value or reason.
type Settlement = (Value, Status, Value);

fn object(v: Value) -> *mut Promise {
    debug_assert!(v.is_promise());
    v.ptr().cast()
}

impl Vm {
    /// A pending promise.
    ///
    /// # Errors
    /// The heap limit.
    pub(crate) fn new_promise(&mut self) -> Result<Value, Trap> {
        let header = self.heap.alloc(size_of::<Promise>(), Kind::Promise, TypeId::PROMISE.0, 0)?;
        let promise = header.cast::<Promise>();
        // SAFETY: `alloc` returned room for the struct.
        unsafe {
            (*promise).state = Status::Pending as u32;
            (*promise).task = 0;
            (*promise).value = Value::NULL;
            (*promise).waiters = Value::NULL;
        }
        Ok(Value::from_ptr(TAG_HEAP, header))
    }

    /// What has become of a promise.
    pub(crate) fn promise_status(&self, promise: Value) -> Status {
        // SAFETY: the caller passes a live promise.
        match unsafe { (*object(promise)).state } & state::STATUS {
            0 => Status::Pending,
            1 => Status::Fulfilled,
            _ => Status::Rejected,
        }
    }

    /// The value or reason of a settled promise; of a pending one what it keeps until then.
    pub(crate) fn promise_value(&self, promise: Value) -> Value {
        // SAFETY: the caller passes a live promise.
        unsafe { (*object(promise)).value }
    }

    /// Sets what a pending promise keeps.
    pub(crate) fn set_promise_value(&mut self, promise: Value, v: Value) {
        // SAFETY: the caller passes a live promise.
        unsafe { (*object(promise)).value = v };
        self.heap.stored(promise.ptr(), v);
    }

    /// The running task whose result a promise is.
    pub(crate) fn promise_task(&self, promise: Value) -> Option<TaskId> {
        // SAFETY: the caller passes a live promise.
        TaskId::from_number(unsafe { (*object(promise)).task })
    }

    pub(super) fn set_promise_task(&mut self, promise: Value, task: Option<TaskId>) {
        // SAFETY: the caller passes a live promise.
        unsafe { (*object(promise)).task = task.map_or(0, TaskId::number) };
    }

    /// Whether anything waits for a promise.
    pub(super) fn has_waiters(&self, promise: Value) -> bool {
        // SAFETY: the caller passes a live promise.
        !unsafe { (*object(promise)).waiters }.is_null()
    }

    /// Whether `waiter` is all that waits for a promise.
    pub(super) fn is_only_waiter(&self, promise: Value, waiter: Value) -> bool {
        // SAFETY: the caller passes a live promise.
        unsafe { (*object(promise)).waiters == waiter }
    }

    /// The only task that waits for a promise.
    pub(super) fn waiter_of(&self, promise: Value) -> Option<TaskId> {
        // SAFETY: the caller passes a live promise.
        let waiter = unsafe { (*object(promise)).waiters }.as_num()?;
        TaskId::from_number(waiter as u32)
    }

    fn combine_kind(&self, promise: Value) -> Combine {
        // SAFETY: the caller passes a live promise.
        let kind = unsafe { (*object(promise)).state } >> state::KIND_SHIFT;
        COMBINES.get(kind as usize).copied().unwrap_or(Combine::Nothing)
    }

    /// Makes a pending promise that of an operation.
    pub(super) fn make_external(&mut self, promise: Value, index: u32) {
        self.set_promise_value(promise, Value::num(f64::from(index)));
        // SAFETY: the caller passes a live promise.
        unsafe { (*object(promise)).state |= (Combine::External as u32) << state::KIND_SHIFT };
    }

    /// The number of the operation that settles a pending promise.
    pub(super) fn operation_of(&self, promise: Value) -> Option<u32> {
        let is_external = self.combine_kind(promise) == Combine::External;
        let is_pending = self.promise_status(promise) == Status::Pending;
        let number = self.promise_value(promise).as_num();
        number.filter(|_| is_external && is_pending).map(|number| number as u32)
    }

    /// What a pending combination is made of.
    pub(super) fn parts(&self, promise: Value) -> Elements<'_> {
        match self.combine_kind(promise) {
            Combine::Nothing | Combine::External => Elements::EMPTY,
            _ => self.array_items(self.promise_value(promise)).range(1..usize::MAX),
        }
    }

    /// Takes note that somebody has seen a rejection.
    pub(crate) fn observe(&mut self, promise: Value) {
        // SAFETY: the caller passes a live promise.
        unsafe { (*object(promise)).state |= state::OBSERVED };
    }

    /// Whether a promise is rejected and nobody has seen it.
    pub(super) fn is_unobserved(&self, promise: Value) -> bool {
        // SAFETY: the caller passes a live promise.
        let state = unsafe { (*object(promise)).state };
        state & (state::STATUS | state::OBSERVED) == Status::Rejected as u32
    }

    /// What `await` gives without waiting: a settled promise's outcome, another value itself.
    #[inline]
    pub(crate) fn outcome_of(&mut self, v: Value) -> Option<Result<Value, Trap>> {
        if !v.is_promise() {
            return Some(Ok(v));
        }
        match self.promise_status(v) {
            Status::Pending => None,
            Status::Fulfilled => Some(Ok(self.promise_value(v))),
            Status::Rejected => {
                self.observe(v);
                let reason = self.promise_value(v);
                self.place_error(reason);
                Some(Err(Trap::Throw(reason)))
            }
        }
    }

    /// Whether [`Vm::outcome_of`] would give something.
    pub(super) fn is_settled(&self, v: Value) -> bool {
        !v.is_promise() || self.promise_status(v) != Status::Pending
    }

    /// Adds a task's number or a combination to what waits for a pending promise.
    pub(super) fn add_waiter(&mut self, promise: Value, waiter: Value) -> Result<(), Trap> {
        // SAFETY: the caller passes a live promise.
        let waiters = unsafe { (*object(promise)).waiters };
        let waiters = if waiters.is_null() {
            waiter
        } else if waiters.is_array() {
            return self.array_push(waiters, waiter);
        } else {
            self.new_array(&[waiters, waiter])?
        };
        // SAFETY: as above.
        unsafe { (*object(promise)).waiters = waiters };
        self.heap.stored(promise.ptr(), waiters);
        Ok(())
    }

    // ---- settling

    /// Gives a pending promise its value. A promise as value is waited for first.
    pub(crate) fn resolve(&mut self, promise: Value, v: Value) -> Result<(), Trap> {
        if !v.is_promise() {
            return self.settle(promise, Status::Fulfilled, v);
        }
        if v == promise {
            let error = Trap::runtime("A promise cannot be its own result");
            let reason = self.catch(error)?;
            return self.settle(promise, Status::Rejected, reason);
        }
        match self.promise_status(v) {
            Status::Pending => self.follow(promise, Combine::Adopt, &[v]),
            status => {
                self.observe(v);
                self.settle(promise, status, self.promise_value(v))
            }
        }
    }

    /// Lets a pending promise fail.
    pub(crate) fn reject(&mut self, promise: Value, reason: Value) -> Result<(), Trap> {
        self.settle(promise, Status::Rejected, reason)
    }

    pub(super) fn settle(&mut self, promise: Value, status: Status, v: Value) -> Result<(), Trap> {
        let mut decided: VecDeque<Settlement> = VecDeque::new();
        let mut next = Some((promise, status, v));
        while let Some((promise, status, v)) = next {
            if self.promise_status(promise) == Status::Pending {
                self.settle_one(promise, status, v, &mut decided)?;
            }
            next = decided.pop_front();
        }
        Ok(())
    }

    fn settle_one(
        &mut self,
        promise: Value,
        status: Status,
        v: Value,
        decided: &mut VecDeque<Settlement>,
    ) -> Result<(), Trap> {
        // SAFETY: the caller passes a live promise.
        let waiters = unsafe {
            let p = object(promise);
            (*p).state = (*p).state & state::OBSERVED | status as u32;
            (*p).value = v;
            std::mem::replace(&mut (*p).waiters, Value::NULL)
        };
        self.heap.stored(promise.ptr(), v);
        if waiters.is_null() {
            if status == Status::Rejected {
                self.note_rejection(promise);
            }
            return Ok(());
        }
        if !waiters.is_array() {
            return self.tell(waiters, promise, decided);
        }
        for i in 0..self.array_len(waiters) {
            let waiter = self.array_get(waiters, i).unwrap_or(Value::NULL);
            self.tell(waiter, promise, decided)?;
        }
        Ok(())
    }

    /// Tells a waiter that a promise is settled.
    fn tell(
        &mut self,
        waiter: Value,
        promise: Value,
        decided: &mut VecDeque<Settlement>,
    ) -> Result<(), Trap> {
        match waiter.as_num() {
            Some(number) if number < 0.0 => {
                self.tasks.external.tell_hook(number, promise);
                Ok(())
            }
            Some(number) => {
                if let Some(task) = TaskId::from_number(number as u32) {
                    self.wake(task, promise);
                }
                Ok(())
            }
            None => self.part_settled(waiter, promise, decided),
        }
    }

    // ---- combinations

    /// A promise that follows from `parts`, which may be any values.
    ///
    /// # Errors
    /// The heap limit.
    pub(crate) fn combined(&mut self, kind: Combine, parts: &[Value]) -> Result<Value, Trap> {
        let promise = self.new_promise()?;
        self.follow(promise, kind, parts)?;
        Ok(promise)
    }

    fn follow(&mut self, promise: Value, kind: Combine, parts: &[Value]) -> Result<(), Trap> {
        let list = self.new_array_with_capacity(parts.len() + 1)?;
        self.array_push(list, Value::num(0.0))?;
        for &part in parts {
            self.array_push(list, part)?;
        }
        self.set_promise_value(promise, list);
        // SAFETY: `promise` is live.
        unsafe { (*object(promise)).state |= (kind as u32) << state::KIND_SHIFT };
        let mut decided = VecDeque::new();
        let mut n_pending = 0;
        for &part in parts {
            if part.is_promise() && self.promise_status(part) == Status::Pending {
                self.add_waiter(part, promise)?;
                n_pending += 1;
            } else {
                self.part_known(promise, kind, part, &mut decided)?;
            }
        }
        self.array_set(list, 0, Value::from_usize(n_pending))?;
        if let Some((promise, status, v)) = decided.pop_front() {
            return self.settle(promise, status, v);
        }
        if n_pending == 0 {
            let (status, v) = self.all_known(promise, kind)?;
            return self.settle(promise, status, v);
        }
        Ok(())
    }

    /// A part of a combination has been settled.
    fn part_settled(
        &mut self,
        promise: Value,
        part: Value,
        decided: &mut VecDeque<Settlement>,
    ) -> Result<(), Trap> {
        if self.promise_status(promise) != Status::Pending {
            self.observe(part);
            return Ok(());
        }
        let kind = self.combine_kind(promise);
        let before = decided.len();
        self.part_known(promise, kind, part, decided)?;
        let list = self.promise_value(promise);
        let n_pending = self.array_get(list, 0).and_then(Value::as_num).unwrap_or(0.0) - 1.0;
        self.array_set(list, 0, Value::num(n_pending))?;
        if n_pending <= 0.0 && decided.len() == before {
            let (status, v) = self.all_known(promise, kind)?;
            decided.push_back((promise, status, v));
        }
        Ok(())
    }

    /// Looks whether a settled part, or a value, decides a combination alone.
    fn part_known(
        &mut self,
        promise: Value,
        kind: Combine,
        part: Value,
        decided: &mut VecDeque<Settlement>,
    ) -> Result<(), Trap> {
        let (status, v) = self.known(part);
        let decides = match kind {
            Combine::All => status == Status::Rejected,
            Combine::Any => status == Status::Fulfilled,
            Combine::Race | Combine::Adopt | Combine::Timeout => true,
            Combine::Settled | Combine::Nothing | Combine::External => false,
        };
        if !decides {
            return Ok(());
        }
        let parts = self.parts(promise);
        if kind == Combine::Timeout && parts.get(1) == Some(part) {
            let loser = parts.get(0).unwrap_or(Value::NULL);
            let reason = self.catch(Trap::runtime("Operation timed out"))?;
            decided.push_back((promise, Status::Rejected, reason));
            self.cancel_part(loser);
            return Ok(());
        }
        decided.push_back((promise, status, v));
        Ok(())
    }

    /// Status and value of a settled promise; other values count as fulfilled. Observes it.
    fn known(&mut self, part: Value) -> (Status, Value) {
        if !part.is_promise() {
            return (Status::Fulfilled, part);
        }
        self.observe(part);
        (self.promise_status(part), self.promise_value(part))
    }

    /// The outcome of a combination when every part is known and none has decided it.
    fn all_known(&mut self, promise: Value, kind: Combine) -> Result<(Status, Value), Trap> {
        let parts = self.parts(promise).to_vec();
        match kind {
            Combine::All => {
                let values: Vec<Value> = parts.into_iter().map(|p| self.known(p).1).collect();
                Ok((Status::Fulfilled, self.new_array(&values)?))
            }
            Combine::Settled => {
                let list = self.new_array_with_capacity(parts.len())?;
                for part in parts {
                    let entry = self.settled_entry(part)?;
                    self.array_push(list, entry)?;
                }
                Ok((Status::Fulfilled, list))
            }
            Combine::Any => {
                let mut message = String::from("All promises rejected");
                for (i, part) in parts.into_iter().enumerate() {
                    if message.len() > REASONS_BYTES_MAX {
                        message.push_str("...");
                        break;
                    }
                    let reason = self.known(part).1;
                    message.push_str(if i == 0 { ": " } else { ", " });
                    self.display_into(reason, &mut message);
                }
                Ok((Status::Rejected, self.catch(Trap::runtime(message))?))
            }
            _ => Ok((Status::Rejected, self.catch(Trap::runtime("No promises provided"))?)),
        }
    }

    /// `{status: "fulfilled", value}` or `{status: "rejected", reason}`.
    fn settled_entry(&mut self, part: Value) -> Result<Value, Trap> {
        let (status, v) = self.known(part);
        let (word, key) = match status {
            Status::Rejected => ("rejected", "reason"),
            _ => ("fulfilled", "value"),
        };
        let entry = self.new_object()?;
        let word = self.new_string(word)?;
        self.object_set_str(entry, "status", word)?;
        self.object_set_str(entry, key, v)?;
        Ok(entry)
    }
}

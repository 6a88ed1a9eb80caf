//! Channels: named queues of three kinds, with one set of names for each kind.
//!
//! Whoever has to wait gets a promise that only the channel and the waiting task know. If the task is
//! cancelled, nobody waits for that promise any more, and the channel passes it over.

use std::collections::{BTreeMap, VecDeque};

use super::TaskId;
use super::promise::Status;
use crate::error::Trap;
use crate::heap::mark::Marker;
use crate::value::Value;
use crate::vm::Vm;

/// Bytes of a name.
const NAME_BYTES_MAX: usize = 1024;

/// What a channel does with its messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ChannelKind {
    /// Each message goes to one receiver.
    Mpsc,
    /// Each message goes to every subscriber.
    Broadcast,
    /// Only the latest message counts.
    Watch,
}

impl ChannelKind {
    /// The kind of a script's word for it.
    pub(crate) fn parse(word: &str) -> Result<ChannelKind, Trap> {
        match word {
            "mpsc" => Ok(ChannelKind::Mpsc),
            "broadcast" => Ok(ChannelKind::Broadcast),
            "watch" => Ok(ChannelKind::Watch),
            _ => Err(Trap::runtime(format!("Unknown channel type: {word}"))),
        }
    }

    /// The name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ChannelKind::Mpsc => "MPSC",
            ChannelKind::Broadcast => "Broadcast",
            ChannelKind::Watch => "Watch",
        }
    }
}

/// A task's part of a broadcast channel.
struct Subscriber {
    task: TaskId,
    queue: VecDeque<Value>,
    /// What the task waits for while its queue is empty; else null.
    waits: Value,
}

/// One channel. What its kind does not use stays empty.
struct Channel {
    capacity: usize,
    is_closed: bool,
    queue: VecDeque<Value>,
    /// Promises of waiting receivers.
    receivers: VecDeque<Value>,
    /// Promises and messages of senders that wait for room.
    senders: VecDeque<(Value, Value)>,
    subscribers: Vec<Subscriber>,
    latest: Value,
}

impl Channel {
    fn new(capacity: usize) -> Channel {
        Channel {
            capacity: if capacity == 0 { usize::MAX } else { capacity },
            is_closed: false,
            queue: VecDeque::new(),
            receivers: VecDeque::new(),
            senders: VecDeque::new(),
            subscribers: Vec::new(),
            latest: Value::NULL,
        }
    }

    fn n_messages(&self) -> usize {
        self.queue.len() + self.subscribers.iter().map(|s| s.queue.len()).sum::<usize>()
    }
}

/// The channels of a program.
#[derive(Default)]
pub(crate) struct Channels {
    by_name: [BTreeMap<Box<str>, Channel>; 3],
    n_messages: usize,
}

impl Channels {
    fn get(&mut self, kind: ChannelKind, name: &str) -> Result<&mut Channel, Trap> {
        self.by_name[kind as usize]
            .get_mut(name)
            .ok_or_else(|| Trap::runtime(format!("{} channel '{name}' not found", kind.name())))
    }

    /// The channel, if messages may be sent to it.
    fn open(&mut self, kind: ChannelKind, name: &str) -> Result<&mut Channel, Trap> {
        let channel = self.get(kind, name)?;
        if channel.is_closed { Err(closed(name)) } else { Ok(channel) }
    }

    /// Ends the subscriptions of a task that has ended.
    pub(super) fn unsubscribe(&mut self, task: TaskId) {
        for channel in self.by_name[ChannelKind::Broadcast as usize].values_mut() {
            let before = channel.n_messages();
            channel.subscribers.retain(|s| s.task != task);
            self.n_messages -= before - channel.n_messages();
        }
    }

    pub(super) fn trace(&self, marker: &mut Marker) {
        for channel in self.by_name.iter().flat_map(BTreeMap::values) {
            let senders = channel.senders.iter().flat_map(|(promise, v)| [promise, v]);
            let subscribers = channel.subscribers.iter();
            let queued = subscribers.flat_map(|s| s.queue.iter().chain([&s.waits]));
            let own = channel.queue.iter().chain(&channel.receivers).chain([&channel.latest]);
            for &v in own.chain(senders).chain(queued) {
                marker.value(v);
            }
        }
    }
}

fn closed(name: &str) -> Trap {
    Trap::runtime(format!("Channel '{name}' is closed"))
}

impl Vm {
    /// Makes a channel; capacity 0 means any number of messages.
    ///
    /// # Errors
    /// There is one of this name and kind; too many; the name is too long.
    pub(crate) fn create_channel(
        &mut self,
        kind: ChannelKind,
        name: &str,
        capacity: usize,
    ) -> Result<(), Trap> {
        if name.len() > NAME_BYTES_MAX {
            let message = format!("Channel name too long (limit {NAME_BYTES_MAX} bytes)");
            return Err(Trap::runtime(message));
        }
        let limit = self.tasks.limits.channels;
        let channels = &mut self.tasks.channels.by_name;
        if channels[kind as usize].contains_key(name) {
            return Err(Trap::runtime(format!("Channel '{name}' already exists")));
        }
        if channels.iter().map(BTreeMap::len).sum::<usize>() >= limit {
            return Err(Trap::runtime(format!("Too many channels (limit {limit})")));
        }
        channels[kind as usize].insert(name.into(), Channel::new(capacity));
        Ok(())
    }

    /// Sends a message; gives true when it is accepted.
    ///
    /// # Errors
    /// No such channel, or it is closed; nobody has subscribed; too many messages; the task has to
    /// wait for room ([`Trap::Await`]).
    pub(crate) fn send(
        &mut self,
        kind: ChannelKind,
        name: &str,
        message: Value,
    ) -> Result<Value, Trap> {
        match kind {
            ChannelKind::Mpsc => self.send_to_one(name, message),
            ChannelKind::Broadcast => self.send_to_all(name, message),
            ChannelKind::Watch => {
                self.tasks.channels.open(kind, name)?.latest = message;
                Ok(Value::TRUE)
            }
        }
    }

    fn send_to_one(&mut self, name: &str, message: Value) -> Result<Value, Trap> {
        let channel = self.tasks.channels.open(ChannelKind::Mpsc, name)?;
        let mut receivers = std::mem::take(&mut channel.receivers);
        while let Some(receiver) = receivers.pop_front() {
            if self.is_awaited(receiver) {
                self.tasks.channels.get(ChannelKind::Mpsc, name)?.receivers = receivers;
                self.settle(receiver, Status::Fulfilled, message)?;
                return Ok(Value::TRUE);
            }
        }
        let n_messages = self.tasks.channels.n_messages;
        let channel = self.tasks.channels.get(ChannelKind::Mpsc, name)?;
        if channel.queue.len() < channel.capacity {
            self.check_messages(n_messages, 1)?;
            self.tasks.channels.get(ChannelKind::Mpsc, name)?.queue.push_back(message);
            self.tasks.channels.n_messages += 1;
            return Ok(Value::TRUE);
        }
        let promise = self.new_promise()?;
        self.drop_gone_senders(name)?;
        self.tasks.channels.get(ChannelKind::Mpsc, name)?.senders.push_back((promise, message));
        Err(Trap::Await(promise))
    }

    /// Forgets the foremost senders that have been cancelled.
    fn drop_gone_senders(&mut self, name: &str) -> Result<(), Trap> {
        loop {
            let senders = &self.tasks.channels.get(ChannelKind::Mpsc, name)?.senders;
            match senders.front().copied() {
                Some((promise, _)) if !self.is_awaited(promise) => {
                    self.tasks.channels.get(ChannelKind::Mpsc, name)?.senders.pop_front();
                }
                _ => return Ok(()),
            }
        }
    }

    fn check_messages(&self, have: usize, more: usize) -> Result<(), Trap> {
        let limit = self.tasks.limits.messages;
        if have + more <= limit {
            return Ok(());
        }
        Err(Trap::runtime(format!("Too many queued channel messages (limit {limit})")))
    }

    fn send_to_all(&mut self, name: &str, message: Value) -> Result<Value, Trap> {
        let n_messages = self.tasks.channels.n_messages;
        let channel = self.tasks.channels.open(ChannelKind::Broadcast, name)?;
        if channel.subscribers.is_empty() {
            let text = format!("Broadcast channel '{name}' has no subscribers");
            return Err(Trap::runtime(text));
        }
        let capacity = channel.capacity;
        let growing = channel.subscribers.iter().filter(|s| s.queue.len() < capacity).count();
        self.check_messages(n_messages, growing)?;
        let channel = self.tasks.channels.get(ChannelKind::Broadcast, name)?;
        let mut subscribers = std::mem::take(&mut channel.subscribers);
        let mut woken = Vec::new();
        let mut added = 0;
        for subscriber in &mut subscribers {
            let waits = std::mem::replace(&mut subscriber.waits, Value::NULL);
            if waits.is_promise() && self.is_awaited(waits) {
                woken.push(waits);
                continue;
            }
            if subscriber.queue.len() >= capacity {
                subscriber.queue.pop_front();
            } else {
                added += 1;
            }
            subscriber.queue.push_back(message);
        }
        self.tasks.channels.n_messages += added;
        self.tasks.channels.get(ChannelKind::Broadcast, name)?.subscribers = subscribers;
        for promise in woken {
            self.settle(promise, Status::Fulfilled, message)?;
        }
        Ok(Value::TRUE)
    }

    /// The next message; null when the channel is closed, or nothing has been sent to a watch channel.
    ///
    /// # Errors
    /// No such channel; the task has to wait for a message ([`Trap::Await`]).
    pub(crate) fn receive(&mut self, kind: ChannelKind, name: &str) -> Result<Value, Trap> {
        match kind {
            ChannelKind::Mpsc => self.receive_one(name),
            ChannelKind::Broadcast => self.receive_own(name),
            ChannelKind::Watch => Ok(self.tasks.channels.get(kind, name)?.latest),
        }
    }

    fn receive_one(&mut self, name: &str) -> Result<Value, Trap> {
        let channel = self.tasks.channels.get(ChannelKind::Mpsc, name)?;
        if let Some(message) = channel.queue.pop_front() {
            self.tasks.channels.n_messages -= 1;
            self.admit_sender(name)?;
            return Ok(message);
        }
        if channel.is_closed {
            return Ok(Value::NULL);
        }
        let promise = self.new_promise()?;
        loop {
            let channel = self.tasks.channels.get(ChannelKind::Mpsc, name)?;
            match channel.receivers.front().copied() {
                Some(gone) if !self.is_awaited(gone) => {
                    self.tasks.channels.get(ChannelKind::Mpsc, name)?.receivers.pop_front();
                }
                _ => break,
            }
        }
        self.tasks.channels.get(ChannelKind::Mpsc, name)?.receivers.push_back(promise);
        Err(Trap::Await(promise))
    }

    /// Takes the message of the sender that has waited longest, as there is room now.
    fn admit_sender(&mut self, name: &str) -> Result<(), Trap> {
        self.drop_gone_senders(name)?;
        let channel = self.tasks.channels.get(ChannelKind::Mpsc, name)?;
        let Some((sender, message)) = channel.senders.pop_front() else { return Ok(()) };
        channel.queue.push_back(message);
        self.tasks.channels.n_messages += 1;
        self.settle(sender, Status::Fulfilled, Value::TRUE)
    }

    fn receive_own(&mut self, name: &str) -> Result<Value, Trap> {
        self.subscribe(name)?;
        let promise = self.new_promise()?;
        let task = self.tasks.current;
        let channel = self.tasks.channels.get(ChannelKind::Broadcast, name)?;
        let is_closed = channel.is_closed;
        let own = channel.subscribers.iter_mut().find(|s| s.task == task);
        let Some(subscriber) = own else { return Ok(Value::NULL) };
        if let Some(message) = subscriber.queue.pop_front() {
            self.tasks.channels.n_messages -= 1;
            return Ok(message);
        }
        if is_closed {
            return Ok(Value::NULL);
        }
        subscriber.waits = promise;
        Err(Trap::Await(promise))
    }

    /// Lets the running task get what is sent to a broadcast channel from now on. Gives whether it did
    /// not yet.
    ///
    /// # Errors
    /// No such channel.
    pub(crate) fn subscribe(&mut self, name: &str) -> Result<bool, Trap> {
        let task = self.tasks.current;
        let channel = self.tasks.channels.get(ChannelKind::Broadcast, name)?;
        if channel.subscribers.iter().any(|s| s.task == task) {
            return Ok(false);
        }
        channel.subscribers.push(Subscriber { task, queue: VecDeque::new(), waits: Value::NULL });
        if let Some(slot) = self.tasks.task(task) {
            slot.has_subscriptions = true;
        }
        Ok(true)
    }

    /// Lets a channel take no more messages; those that it has can still be received. Receivers that
    /// wait get null, senders that wait an error. Gives whether it was open.
    ///
    /// # Errors
    /// No such channel; the heap limit.
    pub(crate) fn close(&mut self, kind: ChannelKind, name: &str) -> Result<bool, Trap> {
        let channel = self.tasks.channels.get(kind, name)?;
        let was_open = !std::mem::replace(&mut channel.is_closed, true);
        let mut receivers = std::mem::take(&mut channel.receivers);
        let senders = std::mem::take(&mut channel.senders);
        for subscriber in &mut channel.subscribers {
            let waits = std::mem::replace(&mut subscriber.waits, Value::NULL);
            receivers.extend(waits.is_promise().then_some(waits));
        }
        for promise in receivers {
            self.settle(promise, Status::Fulfilled, Value::NULL)?;
        }
        for (promise, _) in senders {
            if self.is_awaited(promise) {
                let reason = self.catch(closed(name))?;
                self.settle(promise, Status::Rejected, reason)?;
            }
        }
        Ok(was_open)
    }

    /// Closes a channel and forgets it with its messages. Gives whether there was one.
    ///
    /// # Errors
    /// The heap limit.
    pub(crate) fn remove_channel(&mut self, kind: ChannelKind, name: &str) -> Result<bool, Trap> {
        if self.tasks.channels.get(kind, name).is_err() {
            return Ok(false);
        }
        self.close(kind, name)?;
        let removed = self.tasks.channels.by_name[kind as usize].remove(name);
        self.tasks.channels.n_messages -= removed.map_or(0, |c| c.n_messages());
        Ok(true)
    }
}

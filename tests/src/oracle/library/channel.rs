//! Channels: named queues of three kinds, each with names of its own.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::super::machine::{Machine, Stop};
use super::super::promise::{Promise, State, rejected};
use super::super::task::TaskId;
use super::super::value::Value;
use super::{Answer, Call};

/// Messages in all channels.
const MESSAGES_MAX: usize = 65_536;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Mpsc,
    Broadcast,
    Watch,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Mpsc => "MPSC",
            Kind::Broadcast => "Broadcast",
            Kind::Watch => "Watch",
        }
    }
}

struct Subscriber<'a> {
    task: TaskId,
    queue: VecDeque<Value<'a>>,
    /// What the task waits for while its queue is empty.
    waits: Option<Rc<Promise<'a>>>,
}

/// One channel. What its kind does not use stays empty.
#[derive(Default)]
struct Channel<'a> {
    /// 0 for any number of messages.
    capacity: usize,
    is_closed: bool,
    queue: VecDeque<Value<'a>>,
    receivers: VecDeque<Rc<Promise<'a>>>,
    senders: VecDeque<(Rc<Promise<'a>>, Value<'a>)>,
    subscribers: Vec<Subscriber<'a>>,
    latest: Option<Value<'a>>,
}

impl Channel<'_> {
    fn is_full(&self, n: usize) -> bool {
        self.capacity > 0 && n >= self.capacity
    }

    fn n_messages(&self) -> usize {
        self.queue.len() + self.subscribers.iter().map(|s| s.queue.len()).sum::<usize>()
    }
}

/// The channels of a program.
#[derive(Default)]
pub(crate) struct Channels<'a> {
    by_name: HashMap<(Kind, String), Channel<'a>>,
}

impl<'a> Channels<'a> {
    /// Ends the subscriptions of a task that has ended.
    pub(crate) fn unsubscribe(&mut self, task: TaskId) {
        for channel in self.by_name.values_mut() {
            channel.subscribers.retain(|subscriber| subscriber.task != task);
        }
    }

    fn n_messages(&self) -> usize {
        self.by_name.values().map(Channel::n_messages).sum()
    }
}

/// What a channel is told to do.
struct Request<'c, 'a> {
    call: &'c Call<'a>,
    kind: Kind,
    name: String,
}

impl<'a> Machine<'_, 'a> {
    pub(super) fn channel_family(&mut self, call: &Call<'a>) -> Answer<'a> {
        let kind = match call.name {
            "channelSubscribe" => Some(Kind::Broadcast),
            "channelCurrent" => Some(Kind::Watch),
            "createChannel" | "channelSend" | "channelReceive" | "channelClose"
            | "channelRemove" => None,
            _ => return Ok(None),
        };
        let name = self.text_arg(call, 0)?;
        let kind = match kind {
            Some(kind) => kind,
            None => match self.text_arg(call, 1)?.as_str() {
                "mpsc" => Kind::Mpsc,
                "broadcast" => Kind::Broadcast,
                "watch" => Kind::Watch,
                other => {
                    let message = format!("Unknown channel type: {other}");
                    return Err(self.failure(message, call.span));
                }
            },
        };
        let request = Request { call, kind, name };
        Ok(Some(match call.name {
            "createChannel" => self.create_channel(&request)?,
            "channelSend" => self.send(&request)?,
            "channelReceive" | "channelCurrent" => self.receive(&request)?,
            "channelSubscribe" => Value::Bool(self.subscribe(&request)?),
            "channelClose" => Value::Bool(self.close(&request)?),
            _ => {
                let key = (kind, request.name.clone());
                let exists = self.tasks.borrow().channels.by_name.contains_key(&key);
                if exists {
                    self.close(&request)?;
                    self.tasks.borrow_mut().channels.by_name.remove(&key);
                }
                Value::Bool(exists)
            }
        }))
    }

    fn create_channel(&self, request: &Request<'_, 'a>) -> Result<Value<'a>, Stop<'a>> {
        let capacity = self.count_or(request.call, 2, 0)?;
        let (kind, name) = (request.kind, &request.name);
        let channels = &mut self.tasks.borrow_mut().channels.by_name;
        if channels.contains_key(&(kind, name.clone())) {
            let message = format!("Channel '{name}' already exists");
            return Err(self.failure(message, request.call.span));
        }
        channels.insert((kind, name.clone()), Channel { capacity, ..Channel::default() });
        Ok(Value::text(format!("Created {} channel: {name}", kind.name())))
    }

    /// Does something with a channel.
    fn on_channel<T>(
        &self,
        request: &Request<'_, 'a>,
        act: impl FnOnce(&mut Channel<'a>) -> T,
    ) -> Result<T, Stop<'a>> {
        let mut tasks = self.tasks.borrow_mut();
        match tasks.channels.by_name.get_mut(&(request.kind, request.name.clone())) {
            Some(channel) => Ok(act(channel)),
            None => {
                let (kind, name) = (request.kind.name(), &request.name);
                let message = format!("{kind} channel '{name}' not found");
                Err(self.failure(message, request.call.span))
            }
        }
    }

    fn send(&mut self, request: &Request<'_, 'a>) -> Result<Value<'a>, Stop<'a>> {
        let (span, message) = (request.call.span, request.call.value(2));
        if self.on_channel(request, |channel| channel.is_closed)? {
            return Err(self.failure(closed(&request.name), span));
        }
        match request.kind {
            Kind::Mpsc => self.send_to_one(request, message),
            Kind::Broadcast => self.send_to_all(request, &message),
            Kind::Watch => {
                self.on_channel(request, |channel| channel.latest = Some(message))?;
                Ok(Value::Bool(true))
            }
        }
    }

    fn send_to_one(
        &mut self,
        request: &Request<'_, 'a>,
        message: Value<'a>,
    ) -> Result<Value<'a>, Stop<'a>> {
        while let Some(receiver) =
            self.on_channel(request, |channel| channel.receivers.pop_front())?
        {
            if self.is_awaited(&receiver) {
                self.settle(&receiver, State::Fulfilled(message));
                return Ok(Value::Bool(true));
            }
        }
        if !self.on_channel(request, |channel| channel.is_full(channel.queue.len()))? {
            self.check_messages(request, 1)?;
            self.on_channel(request, |channel| channel.queue.push_back(message))?;
            return Ok(Value::Bool(true));
        }
        let promise = Promise::pending();
        let sender = (Rc::clone(&promise), message);
        self.on_channel(request, |channel| channel.senders.push_back(sender))?;
        self.wait(Some(&promise), request.call.span)
    }

    fn check_messages(&self, request: &Request<'_, 'a>, more: usize) -> Result<(), Stop<'a>> {
        if self.tasks.borrow().channels.n_messages() + more <= MESSAGES_MAX {
            return Ok(());
        }
        let message = format!("Too many queued channel messages (limit {MESSAGES_MAX})");
        Err(self.failure(message, request.call.span))
    }

    fn send_to_all(
        &mut self,
        request: &Request<'_, 'a>,
        message: &Value<'a>,
    ) -> Result<Value<'a>, Stop<'a>> {
        let (n_subscribers, n_growing) = self.on_channel(request, |channel| {
            let grows = |s: &&Subscriber<'a>| !channel.is_full(s.queue.len());
            (channel.subscribers.len(), channel.subscribers.iter().filter(grows).count())
        })?;
        if n_subscribers == 0 {
            let text = format!("Broadcast channel '{}' has no subscribers", request.name);
            return Err(self.failure(text, request.call.span));
        }
        self.check_messages(request, n_growing)?;
        for i in 0..n_subscribers {
            let waits = self.on_channel(request, |channel| channel.subscribers[i].waits.take())?;
            match waits.filter(|promise| self.is_awaited(promise)) {
                Some(promise) => self.settle(&promise, State::Fulfilled(message.clone())),
                None => self.on_channel(request, |channel| {
                    if channel.is_full(channel.subscribers[i].queue.len()) {
                        channel.subscribers[i].queue.pop_front();
                    }
                    channel.subscribers[i].queue.push_back(message.clone());
                })?,
            }
        }
        Ok(Value::Bool(true))
    }

    fn receive(&mut self, request: &Request<'_, 'a>) -> Result<Value<'a>, Stop<'a>> {
        let task = self.task;
        let message = match request.kind {
            Kind::Watch => {
                return self
                    .on_channel(request, |channel| channel.latest.clone().unwrap_or(Value::Null));
            }
            Kind::Mpsc => self.on_channel(request, |channel| channel.queue.pop_front())?,
            Kind::Broadcast => {
                self.subscribe(request)?;
                self.on_channel(request, |channel| own(channel, task)?.queue.pop_front())?
            }
        };
        if let Some(message) = message {
            self.admit_sender(request)?;
            return Ok(message);
        }
        if self.on_channel(request, |channel| channel.is_closed)? {
            return Ok(Value::Null);
        }
        let promise = Promise::pending();
        let waits = Rc::clone(&promise);
        self.on_channel(request, |channel| match own(channel, task) {
            Some(subscriber) => subscriber.waits = Some(waits),
            None => channel.receivers.push_back(waits),
        })?;
        self.wait(Some(&promise), request.call.span)
    }

    /// Takes the message of the sender that has waited longest, as there is room now.
    fn admit_sender(&self, request: &Request<'_, 'a>) -> Result<(), Stop<'a>> {
        while let Some((sender, message)) = self.on_channel(request, |c| c.senders.pop_front())? {
            if self.is_awaited(&sender) {
                self.on_channel(request, |channel| channel.queue.push_back(message))?;
                self.settle(&sender, State::Fulfilled(Value::Bool(true)));
                break;
            }
        }
        Ok(())
    }

    /// Whether the running task was no subscriber yet.
    fn subscribe(&self, request: &Request<'_, 'a>) -> Result<bool, Stop<'a>> {
        let task = self.task;
        self.on_channel(request, |channel| {
            let is_new = own(channel, task).is_none();
            if is_new {
                let queue = VecDeque::new();
                channel.subscribers.push(Subscriber { task, queue, waits: None });
            }
            is_new
        })
    }

    /// Whether the channel was open. Receivers that wait get null, senders that wait an error.
    fn close(&self, request: &Request<'_, 'a>) -> Result<bool, Stop<'a>> {
        let (was_closed, receivers, senders) = self.on_channel(request, |channel| {
            let was_closed = std::mem::replace(&mut channel.is_closed, true);
            let mut receivers = Vec::from(std::mem::take(&mut channel.receivers));
            receivers.extend(channel.subscribers.iter_mut().filter_map(|s| s.waits.take()));
            (was_closed, receivers, std::mem::take(&mut channel.senders))
        })?;
        for promise in receivers {
            self.settle(&promise, State::Fulfilled(Value::Null));
        }
        for (promise, _) in senders {
            if self.is_awaited(&promise) {
                self.settle(&promise, rejected(closed(&request.name)));
            }
        }
        Ok(!was_closed)
    }
}

/// The subscription of a task.
fn own<'c, 'a>(channel: &'c mut Channel<'a>, task: TaskId) -> Option<&'c mut Subscriber<'a>> {
    channel.subscribers.iter_mut().find(|subscriber| subscriber.task == task)
}

fn closed(name: &str) -> String {
    format!("Channel '{name}' is closed")
}

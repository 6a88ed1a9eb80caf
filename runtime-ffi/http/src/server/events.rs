//! Server-sent events.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use ahash::AHashMap;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use hyp_bytecode::builtin::Builtin;
use hyp_vm::builtins::Args;
use hyp_vm::{Ticket, Trap, Value, Vm};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Sender, WeakSender, channel};

use super::Server;
use super::route::{Action, Route};
use crate::Http;
use crate::fault::Fault;
use crate::request::{self, Head};
use crate::response::{self, Body};

/// Events that may wait for a peer.
const WAITING_MAX: usize = 64;
/// Time between two comments, which show that the peer is still there.
const PULSE: Duration = Duration::from_secs(15);
/// Member of a stream's dictionary: its number.
const NUMBER: &str = "stream";

/// The open streams of a machine.
#[derive(Default)]
pub(crate) struct Streams {
    open: RefCell<AHashMap<u64, Sender<Bytes>>>,
    last: Cell<u64>,
}

impl Streams {
    fn close(&self, number: u64) {
        self.open.borrow_mut().remove(&number);
    }
}

impl Http {
    /// `HttpSse(server, path, handler)`.
    pub(crate) fn serve_events(&self, vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
        let builtin = Builtin::HttpSse;
        let args = Args::new(builtin, args);
        let server = self.server(vm, builtin, args.value(0))?;
        let path = args.text(vm, 1)?.to_owned();
        let handler = args.function(vm, 2)?;
        if vm.arity(handler).is_some_and(|(least, most)| least > 2 || most < 2) {
            let text = "a handler of events takes two arguments, the request and the stream";
            return Err(Fault::Argument.raise(builtin, text));
        }
        vm.keep(handler);
        let route = Route {
            action: Action::Events(handler, Rc::clone(&self.streams)),
            body_bytes: 0,
            time: server.limits.request,
        };
        server.routes.borrow_mut().add("GET", &path, route)?;
        Ok(Value::NULL)
    }

    /// `StreamSend(stream, data, event)`.
    pub(crate) fn send_event(&self, vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
        let builtin = Builtin::StreamSend;
        let args = Args::new(builtin, args);
        let number = vm.object_get_str(args.value(0), NUMBER).and_then(Value::as_num);
        let number = number.ok_or_else(|| {
            Fault::Argument.raise(builtin, "StreamSend expects a stream of HttpSse")
        })?;
        let event = event(vm, &args)?;
        let sender = self.streams.open.borrow().get(&(number as u64)).cloned();
        let Some(sender) = sender else { return Ok(Value::FALSE) };
        let event = match sender.try_send(event) {
            Ok(()) => return Ok(Value::TRUE),
            Err(TrySendError::Closed(_)) => return Ok(Value::FALSE),
            Err(TrySendError::Full(event)) => event,
        };
        let (promise, ticket) = vm.begin_operation(|| {})?;
        let driver = Rc::clone(&self.driver);
        let runtime = self.driver.runtime();
        let runtime = runtime.map_err(|error| Fault::Connect.raise(builtin, error))?;
        runtime.spawn_local(async move {
            let is_sent = sender.send(event).await.is_ok();
            driver.enter(|vm| vm.end_operation(ticket, |_| Ok(Value::bool(is_sent))));
        });
        Err(Trap::Await(promise))
    }
}

/// The text of an event.
fn event(vm: &mut Vm, args: &Args<'_>) -> Result<Bytes, Trap> {
    let data = match vm.str(args.value(1)) {
        Some(text) => text.to_owned(),
        None => vm.json_text(Builtin::StreamSend, args.value(1))?,
    };
    let mut text = String::new();
    if args.optional(2).is_some() {
        let name = args.text(vm, 2)?;
        if name.contains(['\n', '\r']) {
            let text = "the name of an event is a single line";
            return Err(Fault::Argument.raise(Builtin::StreamSend, text));
        }
        text = format!("event: {name}\n");
    }
    // A lone return ends a line, too.
    for line in data.replace("\r\n", "\n").split(['\n', '\r']) {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    Ok(Bytes::from(text))
}

impl Server {
    /// Starts a handler that sends events.
    pub(super) fn send_events(
        self: &Rc<Server>,
        handler: Value,
        streams: &Rc<Streams>,
        head: Head<'_>,
    ) -> Response<Body> {
        let (sender, receiver) = channel(WAITING_MAX);
        let number = streams.last.get() + 1;
        streams.last.set(number);
        let sender = {
            let weak = sender.downgrade();
            streams.open.borrow_mut().insert(number, sender);
            weak
        };
        let started = self.driver.enter(|vm| self.begin_events(vm, handler, streams, number, head));
        let hook = match started {
            Some(Ok(hook)) => hook,
            Some(Err(response)) => return response,
            None => return response::plain_status(StatusCode::SERVICE_UNAVAILABLE),
        };
        if let Some(hook) = hook {
            let (server, streams) = (Rc::clone(self), Rc::clone(streams));
            tokio::task::spawn_local(async move {
                server.watch_events(sender, hook, &streams, number).await;
            });
        }
        let mut response = Response::new(Body::of_parts(receiver));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// Starts the handler; gives the hook at its end if it waits.
    fn begin_events(
        self: &Rc<Server>,
        vm: &mut Vm,
        handler: Value,
        streams: &Rc<Streams>,
        number: u64,
        head: Head<'_>,
    ) -> Result<Result<Option<Ticket>, Response<Body>>, Trap> {
        let id = head.id.to_owned();
        let request = request::value(vm, &self.names, head)?;
        let stream = vm.new_object()?;
        vm.object_set_str(stream, NUMBER, Value::num(number as f64))?;
        let promise = match vm.start(handler, &[request, stream]) {
            Ok(promise) => promise,
            Err(trap) if trap.is_catchable() => {
                streams.close(number);
                return Ok(Err(response::of_outcome(vm, Err(trap), &id)));
            }
            Err(trap) => return Err(trap),
        };
        let at_end = {
            let streams = Rc::clone(streams);
            move |vm: &mut Vm, outcome: Result<Value, Trap>| {
                streams.close(number);
                if outcome.is_err() {
                    // Reports the error; it is too late for another response.
                    response::of_outcome(vm, outcome, &id);
                }
            }
        };
        match vm.outcome_now(promise) {
            Some(outcome) => {
                at_end(vm, outcome);
                Ok(Ok(None))
            }
            None => Ok(Ok(Some(vm.when_settled(promise, at_end)?))),
        }
    }

    /// Sees to it that a handler ends when its peer or the server does.
    async fn watch_events(
        &self,
        sender: WeakSender<Bytes>,
        hook: Ticket,
        streams: &Streams,
        number: u64,
    ) {
        let mut idle = Duration::ZERO;
        loop {
            tokio::time::sleep(super::TICK).await;
            // The handler has ended if nobody can send any more.
            let Some(sender) = sender.upgrade() else { return };
            if sender.is_closed() || !self.is_open() {
                break;
            }
            idle += super::TICK;
            if idle >= PULSE {
                idle = Duration::ZERO;
                // A full channel shows by itself whether the peer is there.
                let _ = sender.try_send(Bytes::from_static(b":\n\n"));
            }
        }
        streams.close(number);
        self.driver.enter(|vm| {
            vm.abandon(hook);
            Ok(())
        });
    }
}

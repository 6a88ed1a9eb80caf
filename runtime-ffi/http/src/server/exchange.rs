//! One request: its handler, its response.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use hyp_vm::{Ticket, Trap, Value, Vm};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::route::{Action, Found, Route};
use super::watch::{Watch, phase};
use super::{Server, compress, files};
use crate::request::{self, Head};
use crate::response::{self, Body};

/// Longest identifier of a request that is taken from its header.
const ID_BYTES_MAX: usize = 128;
/// Header with the identifier of a request.
const ID_HEADER: &str = "x-request-id";

/// What became of a handler.
enum Begun {
    Done(Response<Body>),
    /// It waits.
    Waiting(oneshot::Receiver<Response<Body>>, Ticket),
}

/// A request is under way; counted off when its response has been sent, or nobody wants it any more.
pub(crate) struct Underway(Arc<Watch>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.end_request();
    }
}

/// Answers a request.
pub(super) async fn answer(
    server: Rc<Server>,
    watch: Arc<Watch>,
    peer: Rc<str>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    watch.begin_request();
    let underway = Underway(Arc::clone(&watch));
    let started = server.has_access_log.then(Instant::now);
    let line = started.map(|_| (request.method().clone(), request.uri().path().to_owned()));
    let id = server.request_id(request.headers().get(ID_HEADER));
    let version = request.version();
    let takes_gzip = server.compresses && compress::is_accepted(request.headers());
    let mut response = server.respond(&watch, &peer, &id, request).await;
    if server.compresses {
        compress::compress(&mut response, takes_gzip);
    }
    if !server.is_open() {
        watch.finish();
    }
    if watch.is_finishing() && version < Version::HTTP_2 {
        // The peer must know that the connection ends after this response.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if response.status().is_server_error()
        && let Ok(id) = HeaderValue::from_str(&id)
    {
        response.headers_mut().insert(ID_HEADER, id);
    }
    if let (Some(started), Some((method, path))) = (started, line) {
        server.log(&peer, &id, &method, &path, response.status(), started);
    }
    if !watch.is_in(phase::EVENTS) {
        watch.enter(phase::WRITE);
    }
    response.body_mut().attach(underway);
    Ok(response)
}

impl Server {
    fn request_id(&self, given: Option<&HeaderValue>) -> String {
        let is_fine = |id: &&str| {
            let is_short = !id.is_empty() && id.len() <= ID_BYTES_MAX;
            is_short && id.bytes().all(|b| b.is_ascii_graphic())
        };
        match given.and_then(|id| id.to_str().ok()).filter(is_fine) {
            Some(id) => id.to_owned(),
            None => {
                let number = self.next_request.get();
                self.next_request.set(number + 1);
                format!("{:08x}-{number:x}", self.identity)
            }
        }
    }

    async fn respond(
        self: &Rc<Server>,
        watch: &Watch,
        peer: &str,
        id: &str,
        request: Request<Incoming>,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let found = self.routes.borrow().find(&parts.method, parts.uri.path());
        let (route, params) = match found {
            Found::Route(route, params) => (route, params),
            Found::Methods(allowed) => {
                let is_question = parts.method == Method::OPTIONS;
                let status = match is_question {
                    true => StatusCode::NO_CONTENT,
                    false => StatusCode::METHOD_NOT_ALLOWED,
                };
                let mut response = response::plain_status(status);
                if let Ok(allowed) = HeaderValue::from_str(&allowed) {
                    response.headers_mut().insert(header::ALLOW, allowed);
                }
                return response;
            }
            Found::Nothing => return response::plain_status(StatusCode::NOT_FOUND),
        };
        let handler = match &route.action {
            Action::Handler(handler) => *handler,
            Action::Events(handler, streams) => {
                watch.enter(phase::EVENTS);
                let head = Head { parts: &parts, params, body: Bytes::new(), id, peer };
                return self.send_events(*handler, streams, head);
            }
            Action::Files(files) => {
                let path = params.into_iter().find(|(name, _)| name == files::PATH);
                let path = path.map_or_else(String::new, |(_, path)| path);
                let response = self.driver.enter(|vm| Ok(files.respond(vm, &parts, &path)));
                let gone = || response::plain_status(StatusCode::SERVICE_UNAVAILABLE);
                return response.unwrap_or_else(gone);
            }
        };
        let body = match read_body(watch, &route, body).await {
            Ok(body) => body,
            Err(status) => {
                // What is left of the body is not worth reading.
                watch.finish();
                return response::plain_status(status);
            }
        };
        watch.enter(phase::HANDLER);
        let head = Head { parts: &parts, params, body, id, peer };
        let begun = self.driver.enter(|vm| self.begin(vm, handler, head));
        match begun {
            Some(Begun::Done(response)) => response,
            Some(Begun::Waiting(receiver, ticket)) => self.wait(receiver, ticket, route).await,
            None => response::plain_status(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// Starts the handler.
    fn begin(
        self: &Rc<Server>,
        vm: &mut Vm,
        handler: Value,
        head: Head<'_>,
    ) -> Result<Begun, Trap> {
        let id = head.id.to_owned();
        let started =
            request::value(vm, &self.names, head).and_then(|request| vm.start(handler, &[request]));
        let outcome = match started {
            Ok(promise) => match vm.outcome_now(promise) {
                Some(outcome) => outcome,
                None => {
                    let (sender, receiver) = oneshot::channel();
                    let ticket = vm.when_settled(promise, move |vm, outcome| {
                        // Nobody waits for it when the connection has gone.
                        let _ = sender.send(response::of_outcome(vm, outcome, &id));
                    })?;
                    return Ok(Begun::Waiting(receiver, ticket));
                }
            },
            Err(trap) if trap.is_catchable() => Err(trap),
            Err(trap) => return Err(trap),
        };
        Ok(Begun::Done(response::of_outcome(vm, outcome, &id)))
    }

    /// Waits for a handler, as long as it may take.
    async fn wait(
        self: &Rc<Server>,
        receiver: oneshot::Receiver<Response<Body>>,
        ticket: Ticket,
        route: Route,
    ) -> Response<Body> {
        // Should the connection go, the handler still runs to its end, but not for ever.
        let guard = Guard {
            server: self,
            ticket,
            end: Instant::now() + route.time,
            is_done: Cell::new(false),
        };
        let response = tokio::time::timeout(route.time, receiver).await;
        guard.is_done.set(true);
        match response {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => response::plain_status(StatusCode::SERVICE_UNAVAILABLE),
            Err(_) => {
                self.driver.enter(|vm| {
                    vm.abandon(ticket);
                    Ok(())
                });
                response::plain_status(StatusCode::GATEWAY_TIMEOUT)
            }
        }
    }

    fn log(
        &self,
        peer: &str,
        id: &str,
        method: &Method,
        path: &str,
        status: StatusCode,
        started: Instant,
    ) {
        let us = started.elapsed().as_micros();
        let line = format!(
            "{{\"event\":\"request\",\"id\":{id:?},\"remote\":\"{peer}\",\"method\":\"{method}\",\"path\":{path:?},\"status\":{},\"duration_us\":{us}}}\n",
            status.as_u16()
        );
        self.driver.enter(|vm| vm.write_err(&line));
    }
}

/// Sees to it that a handler whose connection has gone ends in time.
struct Guard<'s> {
    server: &'s Rc<Server>,
    ticket: Ticket,
    end: Instant,
    is_done: Cell<bool>,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.is_done.get() {
            return;
        }
        let (driver, ticket) = (Rc::clone(&self.server.driver), self.ticket);
        let end = tokio::time::Instant::from_std(self.end);
        tokio::task::spawn_local(async move {
            tokio::time::sleep_until(end).await;
            driver.enter(|vm| {
                vm.abandon(ticket);
                Ok(())
            });
        });
    }
}

/// The body of a request, or the status that says why there is none.
async fn read_body(watch: &Watch, route: &Route, body: Incoming) -> Result<Bytes, StatusCode> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > route.body_bytes as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    watch.enter(phase::BODY);
    let collected = Limited::new(body, route.body_bytes).collect().await;
    collected.map(|body| body.to_bytes()).map_err(|error| {
        match error.is::<http_body_util::LengthLimitError>() {
            true => StatusCode::PAYLOAD_TOO_LARGE,
            false => StatusCode::BAD_REQUEST,
        }
    })
}

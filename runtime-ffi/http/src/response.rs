//! Responses: from script values to what is sent.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use hyp_bytecode::builtin::Builtin;
use hyp_vm::builtins::Args;
use hyp_vm::{File, Trap, Value, Vm};
use tokio::sync::mpsc::Receiver;

use crate::fault::Fault;
use crate::server::Underway;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Bytes that are read from a file at a time.
const PART_BYTES: u64 = 64 << 10;
const PROBLEM: &str = "application/problem+json";

/// The body of a response.
#[derive(Default)]
pub(crate) struct Body {
    bytes: Option<Bytes>,
    /// What follows the bytes, and how much of it.
    file: Option<(File, u64)>,
    /// Parts that come later.
    parts: Option<Receiver<Bytes>>,
    /// Dropped with the body, when it has been sent.
    underway: Option<Underway>,
}

impl Body {
    fn of(bytes: Bytes) -> Body {
        Body { bytes: Some(bytes).filter(|bytes| !bytes.is_empty()), ..Body::default() }
    }

    /// A number of bytes of a file, from where it is.
    pub(crate) fn of_file(file: File, n_bytes: u64) -> Body {
        Body { file: Some((file, n_bytes)).filter(|_| n_bytes > 0), ..Body::default() }
    }

    /// What is sent through a channel, until that closes.
    pub(crate) fn of_parts(parts: Receiver<Bytes>) -> Body {
        Body { parts: Some(parts), ..Body::default() }
    }

    /// All of it, if that is at most so much; otherwise it stays as it is.
    pub(crate) fn take_all(&mut self, bytes_max: u64) -> Option<Bytes> {
        use http_body::Body as _;
        if self.size_hint().exact()? > bytes_max {
            return None;
        }
        let mut all = self.bytes.take().map(Vec::from).unwrap_or_default();
        while let Some(part) = self.read_file() {
            // A file that cannot be read cuts the response off, compressed or not.
            all.extend(part.ok()?);
        }
        Some(Bytes::from(all))
    }

    /// Exchanges what is sent.
    pub(crate) fn set(&mut self, bytes: Bytes) {
        self.bytes = Some(bytes).filter(|bytes| !bytes.is_empty());
    }

    /// The next part of the file.
    fn read_file(&mut self) -> Option<io::Result<Bytes>> {
        let (file, left) = self.file.as_mut()?;
        let mut part = Vec::new();
        let n_wanted = PART_BYTES.min(*left);
        let result = file.by_ref().take(n_wanted).read_to_end(&mut part);
        *left -= part.len() as u64;
        let is_cut = result.is_ok() && (part.len() as u64) < n_wanted;
        if *left == 0 || is_cut || result.is_err() {
            self.file = None;
        }
        match result {
            Err(error) => Some(Err(error)),
            // The length has been promised.
            Ok(_) if is_cut => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Some(Ok(Bytes::from(part))),
        }
    }

    /// Counts a request off when the body has been sent.
    pub(crate) fn attach(&mut self, underway: Underway) {
        self.underway = Some(underway);
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(parts) = &mut self.parts {
            return parts.poll_recv(context).map(|part| part.map(|part| Ok(Frame::data(part))));
        }
        let part = match self.bytes.take() {
            Some(bytes) => Some(Ok(bytes)),
            None => self.read_file(),
        };
        Poll::Ready(part.map(|part| part.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none() && self.file.is_none() && self.parts.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.parts.is_some() {
            return SizeHint::default();
        }
        let n_bytes = self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        SizeHint::with_exact(n_bytes + self.file.as_ref().map_or(0, |(_, left)| *left))
    }
}

/// A response of a status without a handler.
pub(crate) fn plain_status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    if status.is_client_error() || status.is_server_error() {
        let (code, title) = (status.as_u16(), status.canonical_reason().unwrap_or("Error"));
        let text = format!("{{\"type\":\"about:blank\",\"title\":\"{title}\",\"status\":{code}}}");
        *response.body_mut() = Body::of(Bytes::from(text));
        let problem = HeaderValue::from_static(PROBLEM);
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
    }
    response
}

/// The response to what a handler has come to. An error is reported on standard error together with
/// the request's identifier; the peer only gets the identifier.
pub(crate) fn of_outcome(vm: &mut Vm, outcome: Result<Value, Trap>, id: &str) -> Response<Body> {
    let made = match outcome {
        Ok(v) => of_value(vm, v),
        Err(Trap::Throw(v)) if parts_of(vm, v).is_some() => of_value(vm, v),
        Err(trap) => Err(trap),
    };
    made.unwrap_or_else(|trap| {
        let report = vm.report(&trap);
        // Standard error is all there is to complain to.
        let _ = vm.write_err(&format!("request {id}: {report}\n"));
        plain_status(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// The members of a response as `Respond` makes it: exactly `status`, `headers` and `body`.
fn parts_of(vm: &Vm, v: Value) -> Option<(f64, Value, Value)> {
    if vm.object_len(v) != 3 {
        return None;
    }
    let status = vm.object_get_str(v, "status")?.as_num()?;
    Some((status, vm.object_get_str(v, "headers")?, vm.object_get_str(v, "body")?))
}

fn of_value(vm: &mut Vm, v: Value) -> Result<Response<Body>, Trap> {
    let Some((status, headers, body)) = parts_of(vm, v) else {
        let mut response = of_body(vm, v)?;
        if v.is_null() {
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
        return Ok(response);
    };
    let mut response = of_body(vm, body)?;
    *response.status_mut() = status_of(status)?;
    for (name, value) in vm.object_entries(headers) {
        let name = vm.display(name);
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Trap::runtime(format!("`{name}` is no name of a header")))?;
        if name == header::CONTENT_LENGTH || name == header::TRANSFER_ENCODING {
            return Err(Trap::runtime(format!("The header `{name}` follows from the body")));
        }
        let values = match value.is_array() {
            true => vm.array_items(value).to_vec(),
            false => vec![value],
        };
        for (i, value) in values.into_iter().enumerate() {
            let text = vm.display(value);
            let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
                Trap::runtime(format!("The header `{name}` cannot have the value {text:?}"))
            })?;
            if i == 0 {
                response.headers_mut().insert(name.clone(), value);
            } else {
                response.headers_mut().append(name.clone(), value);
            }
        }
    }
    Ok(response)
}

fn status_of(status: f64) -> Result<StatusCode, Trap> {
    let is_final = status.fract() == 0.0 && (200.0..=599.0).contains(&status);
    let status = is_final.then(|| StatusCode::from_u16(status as u16).ok()).flatten();
    status
        .ok_or_else(|| Trap::runtime("The status of a response is a whole number from 200 to 599"))
}

fn of_body(vm: &mut Vm, v: Value) -> Result<Response<Body>, Trap> {
    if v.is_null() {
        return Ok(Response::new(Body::default()));
    }
    let (bytes, kind) = match vm.str(v) {
        Some(text) => (Bytes::copy_from_slice(text.as_bytes()), TEXT),
        None => (Bytes::from(vm.json_text(Builtin::HttpRoute, v)?), JSON),
    };
    let mut response = Response::new(Body::of(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// `Respond(status, body, headers)`.
pub(crate) fn respond(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Respond, args);
    let status = args.num(vm, 0)?;
    let headers = match args.optional(2) {
        Some(headers) if headers.is_object() => headers,
        Some(_) => return Err(args.expected_got("object", vm, 2)),
        None => vm.new_object()?,
    };
    response(vm, Builtin::Respond, status, headers, args.value(1))
}

fn response(
    vm: &mut Vm,
    builtin: Builtin,
    status: f64,
    headers: Value,
    body: Value,
) -> Result<Value, Trap> {
    if status_of(status).is_err() {
        let text = "the status of a response is a whole number from 200 to 599";
        return Err(Fault::Argument.raise(builtin, text));
    }
    let result = vm.new_object()?;
    vm.object_set_str(result, "status", Value::num(status))?;
    vm.object_set_str(result, "headers", headers)?;
    vm.object_set_str(result, "body", body)?;
    Ok(result)
}

/// `Problem(status, code, message, details)`.
pub(crate) fn problem(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Problem, args);
    let status = args.num(vm, 0)?;
    let (code, message) = (args.string(vm, 1)?, args.string(vm, 2)?);
    let body = vm.new_object()?;
    let kind = vm.new_string("about:blank")?;
    vm.object_set_str(body, "type", kind)?;
    vm.object_set_str(body, "title", message)?;
    vm.object_set_str(body, "status", Value::num(status))?;
    vm.object_set_str(body, "code", code)?;
    if let Some(details) = args.optional(3) {
        if !details.is_object() {
            return Err(args.expected_got("object", vm, 3));
        }
        vm.object_set_str(body, "details", details)?;
    }
    let headers = vm.new_object()?;
    let kind = vm.new_string(PROBLEM)?;
    vm.object_set_str(headers, "content-type", kind)?;
    response(vm, Builtin::Problem, status, headers, body)
}

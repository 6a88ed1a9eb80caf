//! Requests: from the arguments of `HttpSend` and its relatives to the response as a value.

use std::cell::{Cell, OnceCell, RefCell};
use std::error::Error as _;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ahash::AHashMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::Uri;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyp_bytecode::builtin::Builtin;
use hyp_vm::builtins::Args;
use hyp_vm::{Ticket, Trap, Value, Vm};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::task::AbortHandle;

use crate::driver::Driver;
use crate::fault::Fault;
use crate::options::Options;
use crate::target;

type Connections = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

const TIMEOUT_MS: u64 = 15_000;
const REDIRECTS: u64 = 10;
const BODY_BYTES: u64 = 64 << 20;
const RETRY_MS: u64 = 100;
const TIME_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// Longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Idle connections that are kept for each host.
const IDLE_MAX: usize = 32;
const IDLE_TIME: Duration = Duration::from_secs(60);
/// Bytes of a file of certificate authorities.
const CA_BYTES_MAX: u64 = 16 << 20;

const NAMES: &[&str] = &[
    "url",
    "method",
    "headers",
    "query",
    "body",
    "auth",
    "timeoutMs",
    "redirectsMax",
    "bodyMax",
    "retries",
    "retryMs",
    "encoding",
    "caFile",
];

/// Sends the requests of one machine.
pub(crate) struct Client {
    driver: Rc<Driver>,
    /// Kept connections for the certificate authorities of the web.
    ordinary: OnceCell<Connections>,
    /// The same for those of a file, by its content.
    special: RefCell<AHashMap<Vec<u8>, Connections>>,
}

/// A request that can be sent, several times if necessary.
#[derive(Clone)]
struct Plan {
    builtin: Builtin,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    timeout: Duration,
    n_redirects: u64,
    body_bytes: usize,
    n_retries: u64,
    pause: Duration,
    is_base64: bool,
}

/// A response that has come completely.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    uri: Uri,
    elapsed: Duration,
}

/// What a builtin gives of an answer.
#[derive(Clone, Copy)]
enum Form {
    Whole,
    Text,
    Json,
    /// Whether the status is this one.
    Status(u16),
}

/// Why there is no answer.
struct Failure(Fault, String);

impl Client {
    pub(crate) fn new(driver: &Rc<Driver>) -> Client {
        Client { driver: Rc::clone(driver), ordinary: OnceCell::new(), special: RefCell::default() }
    }

    /// Carries out one of the builtins that send a request.
    pub(crate) fn call(
        &self,
        vm: &mut Vm,
        builtin: Builtin,
        args: &[Value],
    ) -> Result<Value, Trap> {
        let args = Args::new(builtin, args);
        let (options, form) = match builtin {
            Builtin::HttpSend => (args.value(0), Form::Whole),
            _ => {
                let request = vm.new_object()?;
                let url = args.string(vm, 0)?;
                vm.object_set_str(request, "url", url)?;
                let form = self.complete(vm, builtin, &args, request)?;
                (request, form)
            }
        };
        let options = Options::read(vm, builtin, options, NAMES)?;
        let connections = self.connections(vm, options)?;
        let plan = plan(vm, options)?;
        self.send(vm, connections, plan, form)
    }

    /// Completes the request of a short form, and says what it gives.
    fn complete(
        &self,
        vm: &mut Vm,
        builtin: Builtin,
        args: &Args<'_>,
        request: Value,
    ) -> Result<Form, Trap> {
        let form = match builtin {
            Builtin::HttpGetJson | Builtin::HttpPostJson => Form::Json,
            Builtin::HttpHealthCheck => Form::Status(args.count(vm, 1)?.min(999) as u16),
            _ => Form::Text,
        };
        if matches!(builtin, Builtin::HttpPost | Builtin::HttpPostJson) {
            let method = vm.new_string("POST")?;
            vm.object_set_str(request, "method", method)?;
            let body = match builtin {
                Builtin::HttpPost => args.string(vm, 1)?,
                _ => {
                    let text = vm.json_text(builtin, args.value(1))?;
                    vm.new_string(&text)?
                }
            };
            vm.object_set_str(request, "body", body)?;
        }
        if matches!(form, Form::Json) {
            let headers = vm.new_object()?;
            let json = vm.new_string("application/json")?;
            vm.object_set_str(headers, "accept", json)?;
            if builtin == Builtin::HttpPostJson {
                vm.object_set_str(headers, "content-type", json)?;
            }
            vm.object_set_str(request, "headers", headers)?;
        }
        Ok(form)
    }

    /// The kept connections of a request's certificate authorities.
    fn connections(&self, vm: &Vm, options: Options) -> Result<Connections, Trap> {
        let Some(path) = options.text(vm, "caFile")? else {
            return Ok(self.ordinary.get_or_init(|| connections(web_authorities())).clone());
        };
        let path = path.to_owned();
        let pem = vm.read_bytes(&path, CA_BYTES_MAX)?;
        if let Some(known) = self.special.borrow().get(&pem) {
            return Ok(known.clone());
        }
        let mut roots = web_authorities();
        let failed = |error: &dyn std::fmt::Display| {
            Fault::Tls.raise(options.builtin, format!("cannot use '{path}': {error}"))
        };
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| failed(&error))?;
            roots.add(certificate).map_err(|error| failed(&error))?;
        }
        let made = connections(roots);
        self.special.borrow_mut().insert(pem, made.clone());
        Ok(made)
    }

    fn send(
        &self,
        vm: &mut Vm,
        connections: Connections,
        plan: Plan,
        form: Form,
    ) -> Result<Value, Trap> {
        let builtin = plan.builtin;
        let failed = |error| Fault::Connect.raise(builtin, format!("cannot use sockets: {error}"));
        let runtime = self.driver.runtime().map_err(failed)?;
        let abort: Rc<Cell<Option<AbortHandle>>> = Rc::default();
        let cancel = {
            let (abort, driver) = (Rc::clone(&abort), Rc::clone(&self.driver));
            move || {
                if let Some(handle) = abort.take() {
                    handle.abort();
                    driver.end();
                }
            }
        };
        let (promise, ticket) = vm.begin_operation(cancel)?;
        self.driver.begin();
        let driver = Rc::clone(&self.driver);
        let is_under_way = Rc::clone(&abort);
        let task = runtime.spawn_local(async move {
            let result = carry_out(&driver, &connections, &plan).await;
            if is_under_way.take().is_some() {
                driver.end();
            }
            driver.enter(|vm| finish(vm, ticket, &plan, form, result));
        });
        abort.set(Some(task.abort_handle()));
        Err(Trap::Await(promise))
    }
}

fn web_authorities() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn connections(roots: RootCertStore) -> Connections {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp);
    legacy::Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_TIME)
        .pool_max_idle_per_host(IDLE_MAX)
        .pool_timer(TokioTimer::new())
        .build(connector)
}

// ---- the request

fn plan(vm: &mut Vm, options: Options) -> Result<Plan, Trap> {
    let url = options.text(vm, "url")?.ok_or_else(|| options.wrong("needs `url`"))?.to_owned();
    let query = query(vm, options)?;
    let uri = target::read(&url, &query).map_err(|why| options.wrong(why))?;
    let (host, port) = target::address(&uri);
    vm.require_address(&host, port)?;
    let method = options.text(vm, "method")?.unwrap_or("GET").to_ascii_uppercase();
    let method = Method::from_bytes(method.as_bytes())
        .ok()
        .filter(|method| *method != Method::CONNECT)
        .ok_or_else(|| options.wrong(format!("does not know the method `{method}`")))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static("hypnoscript"));
    let body = body(vm, options, &mut headers)?;
    set_headers(vm, options, &mut headers)?;
    set_auth(vm, options, &mut headers)?;
    let count =
        |name, max, default| options.count(vm, name, max).map(|given| given.unwrap_or(default));
    let is_base64 = match options.text(vm, "encoding")? {
        None | Some("text") => false,
        Some("base64") => true,
        Some(_) => return Err(options.wrong("expects \"text\" or \"base64\" for `encoding`")),
    };
    Ok(Plan {
        builtin: options.builtin,
        method,
        uri,
        headers,
        body,
        timeout: Duration::from_millis(count("timeoutMs", TIME_MS_MAX, TIMEOUT_MS)?),
        n_redirects: count("redirectsMax", 100, REDIRECTS)?,
        body_bytes: count("bodyMax", BODY_BYTES, BODY_BYTES)? as usize,
        n_retries: count("retries", 100, 0)?,
        pause: Duration::from_millis(count("retryMs", TIME_MS_MAX, RETRY_MS)?),
        is_base64,
    })
}

fn query(vm: &Vm, options: Options) -> Result<String, Trap> {
    let Some(value) = options.get(vm, "query") else { return Ok(String::new()) };
    if !value.is_object() {
        return Err(options.wrong("expects a dictionary for `query`"));
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in vm.object_entries(value) {
        let name = vm.display(name);
        match value.is_array() {
            true => vm.array_items(value).iter().for_each(|part| {
                query.append_pair(&name, &vm.display(part));
            }),
            false => {
                query.append_pair(&name, &vm.display(value));
            }
        }
    }
    Ok(query.finish())
}

fn body(vm: &Vm, options: Options, headers: &mut HeaderMap) -> Result<Bytes, Trap> {
    let Some(value) = options.get(vm, "body") else { return Ok(Bytes::new()) };
    let is_base64 = options.text(vm, "encoding")? == Some("base64");
    let (kind, body) = match vm.str(value) {
        Some(text) if is_base64 => {
            let bytes = STANDARD.decode(text);
            let bytes = bytes.map_err(|_| options.wrong("expects base64 text for `body`"))?;
            ("application/octet-stream", Bytes::from(bytes))
        }
        Some(text) => ("text/plain; charset=utf-8", Bytes::copy_from_slice(text.as_bytes())),
        None => ("application/json", Bytes::from(vm.json_text(options.builtin, value)?)),
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(body)
}

fn set_headers(vm: &Vm, options: Options, headers: &mut HeaderMap) -> Result<(), Trap> {
    let Some(value) = options.get(vm, "headers") else { return Ok(()) };
    if !value.is_object() {
        return Err(options.wrong("expects a dictionary for `headers`"));
    }
    for (name, value) in vm.object_entries(value) {
        let (name, value) = (vm.display(name), vm.display(value));
        let fine = HeaderName::from_bytes(name.as_bytes()).ok();
        let fine = fine.zip(HeaderValue::from_bytes(value.as_bytes()).ok());
        let (name, value) =
            fine.ok_or_else(|| options.wrong(format!("cannot send the header `{name}`")))?;
        if name == header::CONTENT_LENGTH || name == header::TRANSFER_ENCODING {
            return Err(options.wrong(format!("sets the header `{name}` itself")));
        }
        headers.insert(name, value);
    }
    Ok(())
}

fn set_auth(vm: &mut Vm, options: Options, headers: &mut HeaderMap) -> Result<(), Trap> {
    let Some(value) = options.get(vm, "auth") else { return Ok(()) };
    let known = &["bearer", "user", "password", "apiKey", "header"];
    let auth = Options::read(vm, options.builtin, value, known)?;
    let (name, secret) = if let Some(token) = auth.text(vm, "bearer")? {
        (header::AUTHORIZATION, format!("Bearer {token}"))
    } else if let Some(user) = auth.text(vm, "user")? {
        let password = auth.text(vm, "password")?.unwrap_or("");
        let pair = STANDARD.encode(format!("{user}:{password}"));
        (header::AUTHORIZATION, format!("Basic {pair}"))
    } else if let Some(key) = auth.text(vm, "apiKey")? {
        let name = auth.text(vm, "header")?.unwrap_or("x-api-key");
        let name = HeaderName::from_bytes(name.as_bytes());
        (name.map_err(|_| auth.wrong("cannot send `auth.header`"))?, key.to_owned())
    } else {
        return Err(auth.wrong("expects `bearer`, `user` or `apiKey` in `auth`"));
    };
    let value = HeaderValue::from_str(&secret);
    let mut value = value.map_err(|_| auth.wrong("cannot send what `auth` has"))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

// ---- sending

async fn carry_out(
    driver: &Driver,
    connections: &Connections,
    plan: &Plan,
) -> Result<Answer, Trap> {
    let started = Instant::now();
    let raise = |Failure(fault, message): Failure| fault.raise(plan.builtin, message);
    let mut pause = plan.pause;
    let mut n_left = if plan.method.is_idempotent() { plan.n_retries } else { 0 };
    loop {
        let attempt = tokio::time::timeout(plan.timeout, follow(driver, connections, plan)).await;
        let result = attempt.unwrap_or_else(|_| {
            let text = format!("no response from {} within {:?}", plan.uri, plan.timeout);
            Err(Stop::Failed(Failure(Fault::Timeout, text)))
        });
        let may_repeat = match &result {
            Ok(answer) => matches!(answer.status.as_u16(), 429 | 502..=504),
            Err(Stop::Failed(Failure(fault, _))) => {
                matches!(fault, Fault::Timeout | Fault::Connect | Fault::Dns)
            }
            Err(Stop::Refused(_)) => false,
        };
        if n_left == 0 || !may_repeat {
            return match result {
                Ok(answer) => Ok(Answer { elapsed: started.elapsed(), ..answer }),
                Err(Stop::Failed(failure)) => Err(raise(failure)),
                Err(Stop::Refused(trap)) => Err(trap),
            };
        }
        n_left -= 1;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Why following redirects has stopped.
enum Stop {
    Failed(Failure),
    /// A redirect leads where the program may not go.
    Refused(Trap),
}

/// Sends a request, and the ones that it is redirected to.
async fn follow(driver: &Driver, connections: &Connections, plan: &Plan) -> Result<Answer, Stop> {
    let mut now = plan.clone();
    let mut n_left = plan.n_redirects;
    loop {
        let answer = send_once(connections, &now).await.map_err(Stop::Failed)?;
        let location = answer.headers.get(header::LOCATION).and_then(|v| v.to_str().ok());
        let is_redirect = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = location.filter(|_| is_redirect && plan.n_redirects > 0) else {
            return Ok(answer);
        };
        if n_left == 0 {
            let text = format!("more than {} redirects from {}", plan.n_redirects, plan.uri);
            return Err(Stop::Failed(Failure(Fault::Protocol, text)));
        }
        n_left -= 1;
        let next = target::join(&now.uri, location)
            .map_err(|why| Stop::Failed(Failure(Fault::Protocol, why)))?;
        let (host, port) = target::address(&next);
        if (host.clone(), port) != target::address(&now.uri) {
            // Secrets are for the host that they were given for.
            let secret: Vec<HeaderName> = now
                .headers
                .iter()
                .filter(|(name, value)| {
                    value.is_sensitive()
                        || *name == header::COOKIE
                        || *name == header::AUTHORIZATION
                })
                .map(|(name, _)| name.clone())
                .collect();
            secret.iter().for_each(|name| {
                now.headers.remove(name);
            });
            if let Some(Err(trap)) = driver.enter(|vm| Ok(vm.require_address(&host, port))) {
                return Err(Stop::Refused(trap));
            }
        }
        let becomes_get = match answer.status.as_u16() {
            303 => now.method != Method::HEAD,
            301 | 302 => now.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            now.method = Method::GET;
            now.body = Bytes::new();
            now.headers.remove(header::CONTENT_TYPE);
        }
        now.uri = next;
    }
}

async fn send_once(connections: &Connections, plan: &Plan) -> Result<Answer, Failure> {
    let mut request = Request::new(Full::new(plan.body.clone()));
    *request.method_mut() = plan.method.clone();
    *request.uri_mut() = plan.uri.clone();
    *request.headers_mut() = plan.headers.clone();
    let response = connections.request(request).await;
    let response = response.map_err(|error| describe(&plan.uri, &error))?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, plan.body_bytes).collect().await.map_err(|error| {
        match error.is::<http_body_util::LengthLimitError>() {
            true => {
                let text =
                    format!("the body from {} is larger than {} bytes", plan.uri, plan.body_bytes);
                Failure(Fault::BodyLimit, text)
            }
            false => Failure(
                Fault::Protocol,
                format!("the response from {} broke off: {error}", plan.uri),
            ),
        }
    })?;
    Ok(Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.to_bytes(),
        uri: plan.uri.clone(),
        elapsed: Duration::ZERO,
    })
}

/// Whether an error is one of TLS, perhaps wrapped as one of input and output.
fn is_of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_of_tls(inner))
}

/// What a failed request means.
fn describe(uri: &Uri, error: &legacy::Error) -> Failure {
    let mut reasons = Vec::new();
    let mut next = error.source();
    let mut is_tls = false;
    while let Some(reason) = next {
        is_tls |= is_of_tls(reason);
        reasons.push(reason.to_string());
        next = reason.source();
    }
    let text = reasons.last().cloned().unwrap_or_else(|| error.to_string());
    let is_dns = reasons.iter().any(|reason| reason.contains("dns error"));
    let fault = match (is_tls, is_dns, error.is_connect()) {
        (true, ..) => Fault::Tls,
        (_, true, _) => Fault::Dns,
        (.., true) => Fault::Connect,
        _ => Fault::Protocol,
    };
    let what = match fault {
        Fault::Tls => "no secure connection to",
        Fault::Dns => "no address of",
        Fault::Connect => "cannot connect to",
        _ => "no response from",
    };
    Failure(fault, format!("{what} {uri}: {text}"))
}

// ---- the response

fn finish(
    vm: &mut Vm,
    ticket: Ticket,
    plan: &Plan,
    form: Form,
    result: Result<Answer, Trap>,
) -> Result<(), Trap> {
    vm.end_operation(ticket, |vm| {
        let answer = result?;
        match form {
            Form::Status(status) => Ok(Value::bool(answer.status.as_u16() == status)),
            Form::Text => vm.new_string(&String::from_utf8_lossy(&answer.body)),
            Form::Json => {
                let text = String::from_utf8_lossy(&answer.body);
                vm.read_json(&text).map_err(|trap| match trap {
                    Trap::Error(error) => {
                        let text = format!("the response from {}: {}", answer.uri, error.message);
                        Fault::Protocol.raise(plan.builtin, text)
                    }
                    other => other,
                })
            }
            Form::Whole => whole(vm, plan, &answer),
        }
    })
}

fn whole(vm: &mut Vm, plan: &Plan, answer: &Answer) -> Result<Value, Trap> {
    let result = vm.new_object()?;
    vm.object_set_str(result, "status", Value::num(f64::from(answer.status.as_u16())))?;
    let headers = vm.new_object()?;
    for name in answer.headers.keys() {
        let texts: Vec<_> = answer.headers.get_all(name).iter().collect();
        let texts = texts.iter().map(|v| String::from_utf8_lossy(v.as_bytes()));
        let value = if *name == header::SET_COOKIE {
            let list = vm.new_array(&[])?;
            for text in texts {
                let text = vm.new_string(&text)?;
                vm.array_push(list, text)?;
            }
            list
        } else {
            let texts: Vec<_> = texts.collect();
            vm.new_string(&texts.join(", "))?
        };
        vm.object_set_str(headers, name.as_str(), value)?;
    }
    vm.object_set_str(result, "headers", headers)?;
    let body = match plan.is_base64 {
        true => vm.new_string(&STANDARD.encode(&answer.body))?,
        false => vm.new_string(&String::from_utf8_lossy(&answer.body))?,
    };
    vm.object_set_str(result, "body", body)?;
    let ms = answer.elapsed.as_secs_f64() * 1000.0;
    vm.object_set_str(result, "elapsedMs", Value::num(ms))?;
    let url = vm.new_string(&answer.uri.to_string())?;
    vm.object_set_str(result, "url", url)?;
    Ok(result)
}

//! Servers: from the options of `HttpServe` to connections.

mod compress;
mod connection;
mod events;
mod exchange;
mod files;
pub(crate) mod limits;
mod route;
mod tls;
mod watch;

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use ahash::AHashMap;
use hyp_bytecode::builtin::Builtin;
use hyp_vm::builtins::Args;
use hyp_vm::{Trap, Value, Vm};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio_rustls::TlsAcceptor;

use crate::Http;
use crate::driver::Driver;
use crate::fault::Fault;
use crate::listen::{Member, Part, Process};
use crate::options::Options;
use crate::request::Names;
pub(crate) use events::Streams;
pub(crate) use exchange::Underway;
use limits::{Limits, TICK};
use route::Routes;
use watch::Watch;

/// Member of a server's dictionary: its number in the machine.
pub(crate) const NUMBER: &str = "server";
/// Ticks that a closing server leaves connections to send a request that is on its way.
const LINGER_TICKS: u32 = 4;

/// How far a server is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// It accepts no further connections and answers the requests that it has.
    Draining,
    Closed,
}

/// An HTTP server of one machine.
pub(crate) struct Server {
    driver: Rc<Driver>,
    process: Arc<Process>,
    names: Rc<Names>,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    has_access_log: bool,
    compresses: bool,
    state: Cell<State>,
    /// Tick in which the server began to drain.
    drained_from: Cell<u32>,
    tick: Cell<u32>,
    /// Whether further connections may come.
    is_accepting: Cell<bool>,
    /// Wakes what accepts connections: the server closes, or has room again.
    changed: Notify,
    routes: RefCell<Routes>,
    part: RefCell<Option<Part>>,
    connections: RefCell<AHashMap<u64, Arc<Watch>>>,
    last_connection: Cell<u64>,
    /// Number of the next request without an identifier.
    next_request: Cell<u64>,
    /// First half of the identifiers of requests.
    identity: u32,
}

impl Http {
    /// `HttpServe(options)`.
    pub(crate) fn serve(&self, vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
        let builtin = Builtin::HttpServe;
        let args = Args::new(builtin, args);
        let options = Options::read(vm, builtin, args.value(0), limits::NAMES)?;
        let host = options.text(vm, "host")?.unwrap_or("127.0.0.1").to_owned();
        let port = options.count(vm, "port", u64::from(u16::MAX))?.unwrap_or(0) as u16;
        vm.require_address(&host, port)?;
        let limits = Limits::read(vm, options)?;
        let has_access_log = options.flag(vm, "accessLog")?;
        let compresses = options.flag(vm, "compress")?;
        let tls = tls::acceptor(vm, options)?;
        let names = self.names(vm)?;
        let failed = |error: std::io::Error| {
            Fault::Connect.raise(builtin, format!("cannot listen on {host}:{port}: {error}"))
        };
        let runtime = self.driver.runtime().map_err(failed)?;
        let (sender, handed) = mpsc::unbounded_channel();
        let member = Member::new(self.isolate, sender, &self.driver.pulse);
        let (part, listener) = self.process.listen(member, (&host, port)).map_err(failed)?;
        let address = part.address;
        let _context = runtime.handle().enter();
        let listener = TcpListener::from_std(listener).map_err(failed)?;
        let is_tls = tls.is_some();
        let server = Rc::new(Server {
            driver: Rc::clone(&self.driver),
            process: Arc::clone(&self.process),
            names,
            limits,
            tls,
            has_access_log,
            compresses,
            state: Cell::new(State::Open),
            drained_from: Cell::new(0),
            tick: Cell::new(0),
            is_accepting: Cell::new(true),
            changed: Notify::new(),
            routes: RefCell::default(),
            part: RefCell::new(Some(part)),
            connections: RefCell::default(),
            last_connection: Cell::new(0),
            next_request: Cell::new(0),
            identity: identity(),
        });
        self.driver.begin();
        self.driver.pulse.count_server(true);
        runtime.spawn_local(Rc::clone(&server).accept(listener, handed));
        runtime.spawn_local(Rc::clone(&server).look_after());
        let number = self.servers.borrow().len();
        self.servers.borrow_mut().push(server);

        let handle = vm.new_object()?;
        let scheme = if is_tls { "https" } else { "http" };
        // Where every address is meant, requests from this computer go to its own.
        let reachable = match address.ip() {
            ip if ip.is_unspecified() => "localhost".to_owned(),
            ip if ip.is_ipv6() => format!("[{ip}]"),
            ip => ip.to_string(),
        };
        let url = vm.new_string(&format!("{scheme}://{reachable}:{}", address.port()))?;
        let host = vm.new_string(&host)?;
        vm.object_set_str(handle, "url", url)?;
        vm.object_set_str(handle, "host", host)?;
        vm.object_set_str(handle, "port", Value::num(f64::from(address.port())))?;
        vm.object_set_str(handle, NUMBER, Value::from_usize(number))?;
        Ok(handle)
    }

    /// `HttpRoute(server, method, path, handler, options)`.
    pub(crate) fn route(&self, vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
        let builtin = Builtin::HttpRoute;
        let args = Args::new(builtin, args);
        let server = self.server(vm, builtin, args.value(0))?;
        if !server.is_open() {
            return Err(Fault::Closed.raise(builtin, "the server is closed"));
        }
        let route = route::Route::read(vm, &args, &server.limits)?;
        let (method, path) = (args.text(vm, 1)?.to_owned(), args.text(vm, 2)?.to_owned());
        vm.keep(args.value(3));
        server.routes.borrow_mut().add(&method, &path, route)?;
        Ok(Value::NULL)
    }

    /// `HttpStatic(server, prefix, directory, options)`.
    pub(crate) fn serve_files(&self, vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
        let builtin = Builtin::HttpStatic;
        let args = Args::new(builtin, args);
        let server = self.server(vm, builtin, args.value(0))?;
        let prefix = args.text(vm, 1)?.trim_end_matches('/').to_owned();
        let files = Rc::new(files::Files::read(vm, &args)?);
        let route = route::Route {
            action: route::Action::Files(files),
            body_bytes: server.limits.body_bytes,
            time: server.limits.request,
        };
        let mut routes = server.routes.borrow_mut();
        routes.add("GET", &format!("{prefix}/"), route.clone())?;
        routes.add("GET", &format!("{prefix}/{{*{}}}", files::PATH), route)?;
        Ok(Value::NULL)
    }

    /// `Close(handle)`.
    pub(crate) fn close_handle(&self, vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
        let server = self.server(vm, Builtin::Close, Args::new(Builtin::Close, args).value(0))?;
        let was_open = server.state.get() == State::Open;
        server.drain();
        Ok(Value::bool(was_open))
    }
}

/// A number that differs between processes and servers.
fn identity() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) as u32
}

impl Server {
    pub(crate) fn is_closed(&self) -> bool {
        self.state.get() == State::Closed
    }

    fn is_open(&self) -> bool {
        self.state.get() == State::Open
    }

    /// Begins to close: idle connections end soon, the others after their requests.
    fn drain(&self) {
        if self.is_open() {
            self.state.set(State::Draining);
            self.drained_from.set(self.tick.get());
            self.changed.notify_one();
        }
    }

    /// Ends all connections at once.
    pub(crate) fn abort(&self) {
        self.drain();
        for watch in self.connections.borrow().values() {
            watch.abort();
        }
        self.close();
    }

    fn close(&self) {
        if self.state.replace(State::Closed) != State::Closed {
            self.part.take();
            self.driver.end();
            self.driver.pulse.count_server(false);
            self.driver.call_attention();
        }
    }

    fn close_if_done(&self) {
        let is_quiet = !self.is_accepting.get() && self.connections.borrow().is_empty();
        if self.state.get() == State::Draining && is_quiet {
            self.close();
        }
    }

    // ---- connections

    /// Accepts connections, and takes those that other machines hand over.
    async fn accept(
        self: Rc<Server>,
        listener: TcpListener,
        mut handed: mpsc::UnboundedReceiver<std::net::TcpStream>,
    ) {
        loop {
            let mut changed = pin!(self.changed.notified());
            let next = poll_fn(|context| {
                if !self.is_open() {
                    return Poll::Ready(Next::Close);
                }
                if changed.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Next::Look);
                }
                if let Poll::Ready(Some(stream)) = handed.poll_recv(context) {
                    return Poll::Ready(Next::Handed(stream));
                }
                if self.connections.borrow().len() >= self.limits.connections {
                    // Looked at again when a connection has ended.
                    return Poll::Pending;
                }
                listener.poll_accept(context).map(Next::Accepted)
            });
            match next.await {
                Next::Close => break,
                Next::Look => {}
                Next::Handed(stream) => {
                    if let Ok(stream) = TcpStream::from_std(stream) {
                        self.open_connection(stream, true);
                    } else {
                        self.count_off();
                    }
                }
                Next::Accepted(Ok((stream, _))) => self.take_or_hand_over(stream),
                // Mostly too many open files: existing connections have to end first.
                Next::Accepted(Err(_)) => tokio::time::sleep(TICK / 5).await,
            }
        }
        // Who has got a connection before the socket closes gets an answer, too.
        while let Some(Ok((stream, _))) = accept_now(&listener).await {
            self.open_connection(stream, false);
        }
        drop(listener);
        self.part.take();
        while let Ok(stream) = handed.try_recv() {
            if let Ok(stream) = TcpStream::from_std(stream) {
                self.open_connection(stream, true);
            }
        }
        self.is_accepting.set(false);
        self.close_if_done();
    }

    fn take_or_hand_over(self: &Rc<Server>, stream: TcpStream) {
        if !self.process.has_others() {
            return self.open_connection(stream, false);
        }
        let Ok(stream) = stream.into_std() else { return };
        let kept = match &*self.part.borrow() {
            Some(part) => part.dispatch(stream),
            None => Some(stream),
        };
        if let Some(stream) = kept.and_then(|stream| TcpStream::from_std(stream).ok()) {
            self.open_connection(stream, false);
        }
    }

    fn count_off(&self) {
        if let Some(part) = &*self.part.borrow() {
            part.open().fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn open_connection(self: &Rc<Server>, stream: TcpStream, is_counted: bool) {
        let Ok(peer) = stream.peer_addr() else { return };
        // Responses are written in one piece, so waiting for more only delays them.
        let _ = stream.set_nodelay(true);
        let watch = Arc::new(Watch::new(self.tick.get()));
        let number = self.last_connection.get() + 1;
        self.last_connection.set(number);
        self.connections.borrow_mut().insert(number, Arc::clone(&watch));
        if !is_counted && let Some(part) = &*self.part.borrow() {
            part.open().fetch_add(1, Ordering::Relaxed);
        }
        let server = Rc::clone(self);
        let body = connection::serve(Rc::clone(self), stream, peer, Arc::clone(&watch));
        tokio::task::spawn_local(async move {
            watch::Watched::new(body, watch).await;
            let was_full = {
                let mut connections = server.connections.borrow_mut();
                connections.remove(&number);
                connections.len() + 1 == server.limits.connections
            };
            server.count_off();
            if was_full {
                server.changed.notify_one();
            }
            server.close_if_done();
        });
    }

    /// Looks at all connections once per tick, until the server is closed.
    async fn look_after(self: Rc<Server>) {
        while !self.is_closed() {
            tokio::time::sleep(TICK).await;
            let now = self.tick.get().wrapping_add(1);
            self.tick.set(now);
            if self.process.is_draining() {
                self.drain();
            }
            let idle_ticks = match self.state.get() {
                State::Open => self.limits.idle_ticks,
                _ => self.limits.idle_ticks.min(LINGER_TICKS),
            };
            for watch in self.connections.borrow().values() {
                watch.tick(now, &self.limits, idle_ticks);
            }
        }
    }
}

/// What an accepting server does next.
enum Next {
    Close,
    Look,
    Handed(std::net::TcpStream),
    Accepted(std::io::Result<(TcpStream, std::net::SocketAddr)>),
}

/// A connection that waits to be accepted, if there is one.
async fn accept_now(
    listener: &TcpListener,
) -> Option<std::io::Result<(TcpStream, std::net::SocketAddr)>> {
    poll_fn(|context| match listener.poll_accept(context) {
        Poll::Ready(accepted) => Poll::Ready(Some(accepted)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

//! HTTP for HypnoScript programs: servers whose handlers are script functions, and requests.
//!
//! [`Http`] is the host of a machine ([`hyp_vm::Host`]): the builtins of the category `Network` come
//! here through one table, [`Http::call`]. Sockets are driven by a runtime on the machine's own thread
//! ([`driver`]), which the machine lets run while its tasks wait. Machines that serve together share a
//! [`Process`], which knows the sockets that they listen on.
//!
//! Invariant: no lock and no other thread between a request and its handler.
//! Invariant: whatever a peer sends, memory and time that it takes are bounded (`limits`).
//! Invariant: no unsafe code.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod client;
mod driver;
mod fault;
mod listen;
mod options;
mod request;
mod response;
mod server;
mod target;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyp_bytecode::builtin::Builtin;
use hyp_vm::{Host, Trap, Value, Vm};

use client::Client;
use driver::Driver;
pub use driver::Pulse;
pub use listen::Process;
use server::Server;

/// HTTP of one machine.
pub struct Http {
    driver: Rc<Driver>,
    process: Arc<Process>,
    /// Number of the machine in the process.
    isolate: usize,
    servers: RefCell<Vec<Rc<Server>>>,
    client: Client,
    streams: Rc<server::Streams>,
    names: RefCell<Option<Rc<request::Names>>>,
}

impl Http {
    /// The host of a machine that serves alone.
    #[must_use]
    pub fn alone() -> Rc<dyn Host> {
        Http::isolate(Arc::default(), Arc::default())
    }

    /// The host of one of the machines of a process.
    #[must_use]
    pub fn isolate(process: Arc<Process>, pulse: Arc<Pulse>) -> Rc<dyn Host> {
        let isolate = process.next_isolate();
        let driver = Rc::new(Driver::new(pulse));
        Rc::new(Http {
            client: Client::new(&driver),
            driver,
            process,
            isolate,
            servers: RefCell::default(),
            streams: Rc::default(),
            names: RefCell::default(),
        })
    }

    /// The names that every request has, which the machine keeps.
    fn names(&self, vm: &mut Vm) -> Result<Rc<request::Names>, Trap> {
        if let Some(names) = &*self.names.borrow() {
            return Ok(Rc::clone(names));
        }
        let names = Rc::new(request::Names::new(vm)?);
        *self.names.borrow_mut() = Some(Rc::clone(&names));
        Ok(names)
    }

    /// The open server that a dictionary stands for.
    fn server(&self, vm: &Vm, builtin: Builtin, handle: Value) -> Result<Rc<Server>, Trap> {
        let number = vm.object_get_str(handle, server::NUMBER).and_then(Value::as_num);
        let servers = self.servers.borrow();
        let server = number.and_then(|number| servers.get(number as usize)).cloned();
        server.ok_or_else(|| {
            let name = builtin.spec().name;
            fault::Fault::Argument.raise(builtin, format!("{name} expects a server of HttpServe"))
        })
    }
}

impl Host for Http {
    fn call(&self, vm: &mut Vm, builtin: Builtin, args: &[Value]) -> Result<Value, Trap> {
        match builtin {
            Builtin::HttpServe => self.serve(vm, args),
            Builtin::HttpRoute => self.route(vm, args),
            Builtin::HttpSse => self.serve_events(vm, args),
            Builtin::StreamSend => self.send_event(vm, args),
            Builtin::HttpStatic => self.serve_files(vm, args),
            Builtin::Close => self.close_handle(vm, args),
            Builtin::Respond => response::respond(vm, args),
            Builtin::Problem => response::problem(vm, args),
            _ => self.client.call(vm, builtin, args),
        }
    }

    fn turn(&self, vm: &mut Vm, wait: Duration) -> Result<(), Trap> {
        self.driver.turn(vm, wait)
    }

    fn is_active(&self) -> bool {
        self.driver.is_active()
    }

    fn is_serving(&self) -> bool {
        self.servers.borrow().iter().any(|server| !server.is_closed())
    }

    fn close(&self) {
        for server in self.servers.borrow().iter() {
            server.abort();
        }
    }
}

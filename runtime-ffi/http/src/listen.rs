//! The sockets that a process listens on, and the machines that serve them together.
//!
//! Each machine accepts from its own duplicate of the listening socket and hands a connection to the
//! machine with the fewest. The lock is taken once per connection.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::driver::Pulse;
use socket2::{Domain, Socket, Type};
use tokio::sync::mpsc::UnboundedSender;

/// Milliseconds for which code may run before its machine counts as busy.
const BUSY_MS: u64 = 100;
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// What the machines of a process share.
#[derive(Default)]
pub struct Process {
    n_isolates: AtomicUsize,
    sockets: Mutex<Vec<Arc<Socketed>>>,
    is_draining: AtomicBool,
    /// Whether another process may listen on the same address.
    shares_ports: AtomicBool,
}

/// A listening socket and the machines that serve it.
struct Socketed {
    key: Key,
    listener: TcpListener,
    members: Mutex<Vec<Member>>,
}

/// What identifies a server in the programs of all machines of a process.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    host: String,
    port: u16,
    /// Counts the servers that one machine has with this host and port 0.
    turn: usize,
}

/// A machine that serves a socket.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) isolate: usize,
    /// Connections that it has.
    pub(crate) open: Arc<AtomicUsize>,
    pub(crate) sender: UnboundedSender<TcpStream>,
    pulse: Arc<Pulse>,
}

impl Member {
    pub(crate) fn new(
        isolate: usize,
        sender: UnboundedSender<TcpStream>,
        pulse: &Arc<Pulse>,
    ) -> Member {
        Member { isolate, open: Arc::default(), sender, pulse: Arc::clone(pulse) }
    }

    /// What tells the machine that should get the next connection: one that computes for long
    /// gets none.
    fn load(&self) -> (bool, usize) {
        (self.pulse.busy_ms() > BUSY_MS, self.open.load(Ordering::Relaxed))
    }
}

/// A machine's part of a listening socket. Dropping it ends the part.
pub(crate) struct Part {
    socket: Arc<Socketed>,
    process: Arc<Process>,
    member: Member,
    pub(crate) address: SocketAddr,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds a lock here can panic halfway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// The number of a new machine.
    pub(crate) fn next_isolate(&self) -> usize {
        self.n_isolates.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether there is more than one machine.
    pub(crate) fn has_others(&self) -> bool {
        self.n_isolates.load(Ordering::Relaxed) > 1
    }

    /// Lets other processes listen on the same addresses, so that one can take over from another.
    pub fn share_ports(&self) {
        self.shares_ports.store(true, Ordering::Relaxed);
    }

    /// Has all servers take no further connections, answer the requests that they have, and close.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// Whether [`Process::drain`] was called.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Acquire)
    }

    /// Connections of all machines.
    #[must_use]
    pub fn n_connections(&self) -> usize {
        let sockets = lock(&self.sockets);
        let members = |s: &Arc<Socketed>| {
            lock(&s.members).iter().map(|m| m.open.load(Ordering::Relaxed)).sum::<usize>()
        };
        sockets.iter().map(members).sum()
    }

    /// Joins the machines that listen on an address, or begins to listen.
    ///
    /// # Errors
    /// The address is in use, or not one of this computer.
    pub(crate) fn listen(
        self: &Arc<Process>,
        member: Member,
        (host, port): (&str, u16),
    ) -> io::Result<(Part, TcpListener)> {
        let mut sockets = lock(&self.sockets);
        let is_mine = |s: &Arc<Socketed>| {
            let is_member = lock(&s.members).iter().any(|m| m.isolate == member.isolate);
            is_member && (s.key.host == host && s.key.port == port)
        };
        let turn = if port == 0 { sockets.iter().filter(|s| is_mine(s)).count() } else { 0 };
        let key = Key { host: host.to_owned(), port, turn };
        let known = sockets.iter().find(|s| s.key == key && !is_mine(s)).cloned();
        let socket = match known {
            Some(socket) => socket,
            None => {
                let listener = bind(host, port, self.shares_ports.load(Ordering::Relaxed))?;
                let socket = Arc::new(Socketed { key, listener, members: Mutex::default() });
                sockets.push(Arc::clone(&socket));
                socket
            }
        };
        let listener = socket.listener.try_clone()?;
        let address = listener.local_addr()?;
        lock(&socket.members).push(member.clone());
        Ok((Part { socket, process: Arc::clone(self), member, address }, listener))
    }
}

fn bind(host: &str, port: u16, is_shared: bool) -> io::Result<TcpListener> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = std::net::ToSocketAddrs::to_socket_addrs(&(bare, port))?;
    let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "no such address");
    for address in addresses {
        match bind_address(address, is_shared) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn bind_address(address: SocketAddr, is_shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // On Windows this would let others take the port over.
    #[cfg(unix)]
    {
        socket.set_reuse_address(true)?;
        if is_shared {
            socket.set_reuse_port(true)?;
        }
    }
    #[cfg(not(unix))]
    let _ = is_shared;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

impl Part {
    /// Counts the connections of this machine.
    pub(crate) fn open(&self) -> &Arc<AtomicUsize> {
        &self.member.open
    }

    /// Hands a connection to the machine that has fewer than this one, if there is one; otherwise
    /// gives it back.
    pub(crate) fn dispatch(&self, stream: TcpStream) -> Option<TcpStream> {
        let members = lock(&self.socket.members);
        let idlest = members.iter().min_by_key(|member| member.load())?;
        if idlest.load() >= self.member.load() {
            return Some(stream);
        }
        // Counted at once, so that a burst does not go to one machine.
        idlest.open.fetch_add(1, Ordering::Relaxed);
        idlest.sender.send(stream).err().map(|unsent| {
            idlest.open.fetch_sub(1, Ordering::Relaxed);
            unsent.0
        })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let mut members = lock(&self.socket.members);
        members.retain(|m| m.isolate != self.member.isolate);
        if members.is_empty() {
            drop(members);
            lock(&self.process.sockets).retain(|s| !Arc::ptr_eq(s, &self.socket));
        }
    }
}

//! What a server knows of a connection, so that no peer holds one for ever.
//!
//! A connection says in which phase it is; the server looks at all of them once per tick. So the limits
//! of time cost a request a few stores and no timer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU8, AtomicU32};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::limits::Limits;

/// What a connection is doing.
pub(super) mod phase {
    /// Nothing has come yet.
    pub(crate) const NEW: u8 = 0;
    /// It waits for the next request.
    pub(crate) const IDLE: u8 = 1;
    /// A part of a request's head has come.
    pub(crate) const HEAD: u8 = 2;
    /// The body is being read.
    pub(crate) const BODY: u8 = 3;
    /// The handler runs; it has a time limit of its own.
    pub(crate) const HANDLER: u8 = 4;
    /// The response is being written.
    pub(crate) const WRITE: u8 = 5;
    /// The last byte of the response is on its way.
    pub(crate) const FLUSH: u8 = 6;
    /// It sends events, for as long as it likes.
    pub(crate) const EVENTS: u8 = 7;
}

/// What a connection has to do; 0 is to go on.
mod command {
    /// End after the requests that have begun.
    pub(super) const FINISH: u8 = 1;
    /// End at once.
    pub(super) const ABORT: u8 = 2;
}

/// The state of one connection. It is used on one thread; the atomics are there because a connection
/// that changes its protocol must be able to leave it.
#[derive(Default)]
pub(crate) struct Watch {
    phase: AtomicU8,
    /// Tick in which the phase began, or in which it last made progress.
    since: AtomicU32,
    /// The current tick.
    now: AtomicU32,
    command: AtomicU8,
    /// Requests that have begun and not ended.
    n_requests: AtomicU32,
    waker: Mutex<Option<Waker>>,
}

impl Watch {
    /// The state of a connection that opens in this tick.
    pub(super) fn new(now: u32) -> Watch {
        Watch { since: AtomicU32::new(now), now: AtomicU32::new(now), ..Watch::default() }
    }

    pub(super) fn enter(&self, phase: u8) {
        self.phase.store(phase, Relaxed);
        self.since.store(self.now.load(Relaxed), Relaxed);
    }

    pub(super) fn is_in(&self, phase: u8) -> bool {
        self.phase.load(Relaxed) == phase
    }

    /// A request has begun.
    pub(super) fn begin_request(&self) {
        self.n_requests.fetch_add(1, Relaxed);
        self.enter(phase::HANDLER);
    }

    /// The response of a request has been taken over by the protocol, to its last byte.
    pub(super) fn end_request(&self) {
        if self.n_requests.fetch_sub(1, Relaxed) == 1 {
            self.enter(phase::FLUSH);
        }
    }

    fn command(&self, command: u8) {
        if self.command.load(Relaxed) < command {
            self.command.store(command, Relaxed);
            let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Ends the connection after the requests that have begun.
    pub(super) fn finish(&self) {
        self.command(command::FINISH);
    }

    /// Ends the connection at once.
    pub(super) fn abort(&self) {
        self.command(command::ABORT);
    }

    pub(super) fn is_finishing(&self) -> bool {
        self.command.load(Relaxed) >= command::FINISH
    }

    /// Looks whether the connection may stay; a connection that waits for a request may not after
    /// `idle_ticks`.
    pub(super) fn tick(&self, now: u32, limits: &Limits, idle_ticks: u32) {
        self.now.store(now, Relaxed);
        let age = now.wrapping_sub(self.since.load(Relaxed));
        match self.phase.load(Relaxed) {
            phase::NEW | phase::HEAD if age > limits.head_ticks => self.abort(),
            phase::BODY if age > limits.body_ticks => self.abort(),
            phase::WRITE | phase::FLUSH if age > limits.write_ticks => self.abort(),
            phase::IDLE if age > idle_ticks => self.finish(),
            _ => {}
        }
    }
}

/// A connection that ends when it is told to.
pub(super) struct Watched<F> {
    future: Pin<Box<F>>,
    watch: Arc<Watch>,
    is_known: bool,
}

impl<F: Future<Output = ()>> Watched<F> {
    pub(super) fn new(future: F, watch: Arc<Watch>) -> Watched<F> {
        Watched { future: Box::pin(future), watch, is_known: false }
    }
}

impl<F: Future<Output = ()>> Future for Watched<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if !self.is_known {
            self.is_known = true;
            let mut waker = self.watch.waker.lock().unwrap_or_else(PoisonError::into_inner);
            *waker = Some(context.waker().clone());
        }
        if self.watch.command.load(Relaxed) == command::ABORT {
            return Poll::Ready(());
        }
        self.future.as_mut().poll(context)
    }
}

/// A socket that says what it is doing.
pub(super) struct Socket<S> {
    pub(super) stream: S,
    pub(super) watch: Arc<Watch>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        let watch = &self.watch;
        if buffer.filled().len() > before && watch.is_in(phase::IDLE) {
            watch.enter(phase::HEAD);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> Socket<S> {
    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() && (self.watch.is_in(phase::WRITE) || self.watch.is_in(phase::FLUSH))
        {
            self.watch.since.store(self.watch.now.load(Relaxed), Relaxed);
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() && self.watch.is_in(phase::FLUSH) {
            self.watch.enter(phase::IDLE);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

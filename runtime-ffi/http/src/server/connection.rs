//! One connection: TLS, the protocol, its requests.

use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::Server;
use super::exchange::answer;
use super::watch::{Socket, Watch};

/// Requests of one connection that may run at once, with HTTP/2.
const STREAMS_MAX: u32 = 128;
/// Header fields of one request.
const FIELDS_MAX: usize = 100;

/// Runs what a connection needs on the machine's thread.
#[derive(Clone, Copy)]
struct OnThisThread;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for OnThisThread {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// Serves a connection until it ends.
pub(super) async fn serve(
    server: Rc<Server>,
    stream: TcpStream,
    peer: SocketAddr,
    watch: Arc<Watch>,
) {
    match server.tls.clone() {
        None => exchange(server, stream, peer, watch).await,
        Some(tls) => {
            // A handshake that takes too long is ended by the watch, like a head.
            if let Ok(stream) = tls.accept(stream).await {
                exchange(server, stream, peer, watch).await;
            }
        }
    }
}

async fn exchange<S>(server: Rc<Server>, stream: S, peer: SocketAddr, watch: Arc<Watch>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = Builder::new(OnThisThread);
    builder.http1().max_buf_size(server.limits.head_bytes).max_headers(FIELDS_MAX);
    let head_bytes = u32::try_from(server.limits.head_bytes).unwrap_or(u32::MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(head_bytes)
        .keep_alive_interval(std::time::Duration::from_secs(60));
    let peer: Rc<str> = peer.ip().to_string().into();
    let of_service = Arc::clone(&watch);
    let service = service_fn(move |request| {
        answer(Rc::clone(&server), Arc::clone(&of_service), Rc::clone(&peer), request)
    });
    let socket = TokioIo::new(Socket { stream, watch: Arc::clone(&watch) });
    let mut connection = pin!(builder.serve_connection_with_upgrades(socket, service));
    let mut is_finishing = false;
    std::future::poll_fn(|context| {
        if !is_finishing && watch.is_finishing() {
            is_finishing = true;
            connection.as_mut().graceful_shutdown();
        }
        // An error is the peer's: it has been told, or is gone.
        connection.as_mut().poll(context).map(|_| ())
    })
    .await;
}

//! Standard input that Ctrl-C can interrupt.

use std::io::{BufReader, Error, Read, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// How long a waiting reader takes at most to see an interrupt.
const POLL: Duration = Duration::from_millis(20);

/// Bytes asked from the system at a time.
const CHUNK: usize = 64 << 10;

/// Reads the process's standard input on a thread of its own, which starts with the first read: a
/// blocking read goes on after a signal, so the program's thread must not be in one.
pub(crate) struct Stdin {
    interrupted: Arc<AtomicBool>,
    chunks: Option<Receiver<Result<Vec<u8>>>>,
    chunk: Vec<u8>,
    at: usize,
}

impl Stdin {
    /// A buffered reader whose reads fail once `interrupted` is set.
    pub(crate) fn buffered(interrupted: Arc<AtomicBool>) -> BufReader<Self> {
        BufReader::new(Self { interrupted, chunks: None, chunk: Vec::new(), at: 0 })
    }

    /// The next chunk; empty at the end of the input.
    fn receive(&mut self) -> Result<Vec<u8>> {
        let chunks = self.chunks.get_or_insert_with(start);
        loop {
            match chunks.recv_timeout(POLL) {
                Ok(chunk) => return chunk,
                Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
                Err(RecvTimeoutError::Timeout) if self.interrupted.load(Ordering::Relaxed) => {
                    return Err(Error::other("interrupted"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.at == self.chunk.len() {
            self.chunk = self.receive()?;
            self.at = 0;
        }
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

/// Starts the reading thread. It ends with the input, or with the process.
fn start() -> Receiver<Result<Vec<u8>>> {
    let (sender, receiver) = sync_channel(1);
    let read = move || {
        let mut stdin = std::io::stdin().lock();
        loop {
            let mut chunk = vec![0; CHUNK];
            let result = stdin.read(&mut chunk).map(|count| {
                chunk.truncate(count);
                chunk
            });
            let is_last = !matches!(&result, Ok(chunk) if !chunk.is_empty());
            if sender.send(result).is_err() || is_last {
                return;
            }
        }
    };
    // Without a thread the input is empty.
    let _ = thread::Builder::new().name("stdin".to_owned()).spawn(read);
    receiver
}

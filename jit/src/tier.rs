//! The tier as machines see it: requests, a thread that compiles, what has been published.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use ahash::AHashSet;
use hyp_bytecode::verify::VerifiedModule;
use hyp_vm::tier::{Code, Tier, TierFactory};

use crate::compiler::{CodeOptions, Compiler};

/// When code is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// On a thread of its own, for what is hot.
    #[default]
    Auto,
    /// Before a function first runs; for tests.
    Always,
}

/// How the tier works.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// When code is made.
    pub mode: Mode,
    /// How code is made.
    pub code: CodeOptions,
    /// Write a line for each compilation to standard error.
    pub trace: bool,
}

/// Native code of one module.
pub struct NativeTier {
    shared: Arc<Shared>,
    /// The thread's queue; `None` until the first request.
    queue: Mutex<Option<Sender<Request>>>,
    /// What compiles in the foreground.
    foreground: Mutex<Option<Compiler>>,
}

type Request = (u32, Option<u32>);

struct Shared {
    module: Arc<VerifiedModule>,
    options: Options,
    published: Mutex<Vec<Code>>,
    count: AtomicUsize,
    asked: Mutex<Asked>,
}

/// What has been asked for.
#[derive(Default)]
struct Asked {
    requests: AHashSet<Request>,
    /// Functions whose code must not rely on what is likely: it was left too often.
    cautious: AHashSet<u32>,
    /// Functions with a loop that is being compiled.
    loops_under_way: AHashSet<u32>,
}

impl Options {
    /// What machines are given to make their tier with.
    #[must_use]
    pub fn factory(self) -> TierFactory {
        Arc::new(move |module| Arc::new(NativeTier::new(Arc::clone(module), self)))
    }
}

impl NativeTier {
    /// A tier for a module. If the processor is not supported, it never publishes anything.
    #[must_use]
    pub fn new(module: Arc<VerifiedModule>, options: Options) -> NativeTier {
        let shared = Arc::new(Shared {
            module,
            options,
            published: Mutex::default(),
            count: AtomicUsize::new(0),
            asked: Mutex::default(),
        });
        let compiler = match options.mode {
            Mode::Always => Compiler::new(Arc::clone(&shared.module), options.code).ok(),
            Mode::Auto => None,
        };
        NativeTier { shared, queue: Mutex::new(None), foreground: Mutex::new(compiler) }
    }

    /// Has the thread compile; it starts with the first request, so short programs have none.
    fn enqueue(&self, request: Request) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = queue.get_or_insert_with(|| {
            let (sender, receiver) = channel();
            let worker = Arc::clone(&self.shared);
            // Without a thread everything is interpreted.
            let _ = std::thread::Builder::new()
                .name("hypvm-jit".to_owned())
                .stack_size(16 << 20)
                .spawn(move || worker.work(&receiver));
            sender
        });
        // The thread ends early only if it cannot compile.
        let _ = sender.send(request);
    }
}

impl Shared {
    fn work(&self, queue: &Receiver<Request>) {
        let mut compiler = None;
        while let Ok((func, head)) = queue.recv() {
            if compiler.is_none() {
                compiler = Compiler::new(Arc::clone(&self.module), self.options.code).ok();
            }
            let Some(compiler) = &mut compiler else { return };
            self.compile(compiler, func, head);
        }
    }

    /// Takes note of a request; whether it is new, and no other loop of the function is under way:
    /// code for a loop runs to the end of the function, through all its other loops.
    fn begin(&self, func: u32, head: Option<u32>) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if head.is_some() && !asked.loops_under_way.insert(func) {
            return false;
        }
        let is_new = asked.requests.insert((func, head));
        if head.is_some() && !is_new {
            asked.loops_under_way.remove(&func);
        }
        is_new
    }

    fn compile(&self, compiler: &mut Compiler, func: u32, head: Option<u32>) {
        let started = std::time::Instant::now();
        let is_cautious = {
            let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.cautious.contains(&func)
        };
        let result = compiler.compile(func, head, !is_cautious);
        if self.options.trace {
            let time = started.elapsed().as_micros();
            let at = head.map_or(String::new(), |head| format!(" loop at word {head}"));
            let what = match &result {
                Ok(_) if is_cautious => "compiled without guards",
                Ok(_) => "compiled",
                Err(reason) => reason,
            };
            use std::io::Write as _;
            let name = hyp_vm::tier::function_name(&self.module, func);
            let _ = writeln!(std::io::stderr(), "[jit] {name}{at}: {what}, {time} µs");
        }
        if let Ok(code) = result {
            let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
            published.push(code);
            self.count.store(published.len(), Ordering::Release);
        }
        if head.is_some() {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.loops_under_way.remove(&func);
        }
    }
}

impl NativeTier {
    fn serve(&self, func: u32, head: Option<u32>) {
        match self.shared.options.mode {
            Mode::Auto => self.enqueue((func, head)),
            Mode::Always => {
                let mut compiler = self.foreground.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(compiler) = compiler.as_mut() {
                    self.shared.compile(compiler, func, head);
                }
            }
        }
    }
}

impl Tier for NativeTier {
    fn request(&self, func: u32, head: Option<u32>) {
        if self.shared.begin(func, head) {
            self.serve(func, head);
        }
    }

    fn be_cautious(&self, func: u32) {
        let mut asked = self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.cautious.insert(func) {
            return;
        }
        let again: Vec<Request> =
            asked.requests.iter().filter(|(f, _)| *f == func).copied().collect();
        drop(asked);
        again.into_iter().for_each(|(func, head)| self.serve(func, head));
    }

    fn published(&self) -> usize {
        self.shared.count.load(Ordering::Acquire)
    }

    fn for_each_published(&self, from: usize, take: &mut dyn FnMut(&Code)) {
        let published = self.shared.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.iter().skip(from).for_each(take);
    }

    fn is_eager(&self) -> bool {
        self.shared.options.mode == Mode::Always
    }
}

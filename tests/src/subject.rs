//! A program of the corpus as a child process.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::expectation::{Expectation, Observed};

/// Longest run of one program.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The repository's root directory.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The main file of a program of several files, which has a directory of its own.
pub const MAIN_FILE: &str = "main.hyp";

/// All programs below a directory, sorted: every `.hyp` file, but of a directory with a main file
/// only that.
///
/// # Errors
/// Those of the file system.
pub fn programs(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        let main = directory.join(MAIN_FILE);
        if main.is_file() {
            found.push(main);
            continue;
        }
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "hyp") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Text of a program that may be UTF-16.
///
/// # Errors
/// If the file cannot be read.
pub fn read_text(path: &Path) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    Ok(hyp_grammar::source::decode_lossy(&bytes).into_owned())
}

/// Runs `command` with the expectation's input in an empty temporary directory of its own.
///
/// # Errors
/// If the process cannot be run.
pub fn observe(mut command: Command, expectation: &Expectation) -> std::io::Result<Observed> {
    let scratch = Scratch::new()?;
    let mut child = command
        .current_dir(root())
        .env("TMPDIR", &scratch.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let text: String = expectation.stdin.iter().map(|l| format!("{l}\n")).collect();
        // A program that does not read its input closes it early.
        let _ = stdin.write_all(text.as_bytes());
    }
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let out = std::thread::spawn(move || read_all(stdout));
    let err = std::thread::spawn(move || read_all(stderr));
    let exit = wait(&mut child)?;
    let join = |t: std::thread::JoinHandle<String>| t.join().unwrap_or_default();
    Ok(Observed { stdout: join(out), stderr: join(err), exit })
}

fn read_all(stream: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        let _ = stream.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn wait(child: &mut Child) -> std::io::Result<Option<i32>> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if start.elapsed() > TIMEOUT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// Start of the names of directories for one run.
const SCRATCH: &str = "hyp-tests-";

/// Whether a directory was made for the programs that one process runs.
#[must_use]
pub fn is_scratch(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SCRATCH))
}

/// An empty directory that is removed at the end.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new() -> std::io::Result<Scratch> {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{SCRATCH}{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Scratch { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

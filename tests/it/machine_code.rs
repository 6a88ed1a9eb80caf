//! The machine code of the interpreter's loop: its speed rests on a shape that the compiler only gives
//! under the settings of `.cargo/config.toml`, so the shape is tested. Every instruction has its own
//! indirect jump; the fast path of an instruction calls nothing and does not touch the native stack.
//!
//! Builds `hyp-vm` in the release profile, without its dependencies' optimisation, and reads the
//! assembly. Other processors than x86-64 have the same source but are not looked at.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hyp_bytecode::op::{OP_COUNT, Op};
use hyp_tests::subject::root;

/// Instructions that are one call of a slow path.
const CALLING: &[Op] = &[
    Op::BeginTask,
    Op::Await,
    Op::LoadSession,
    Op::CheckType,
    Op::IsType,
    Op::PowF64,
    Op::FloorF64,
    Op::CeilF64,
    Op::TruncF64,
    Op::MinF64,
    Op::MaxF64,
    Op::BitAnd,
    Op::BitOr,
    Op::BitXor,
    Op::BitShl,
    Op::BitShr,
    Op::BitNot,
    Op::PowAny,
    Op::Throw,
    Op::Raise,
    Op::CallBuiltin,
    Op::MakeClosure,
    Op::NewCell,
    Op::NewArray,
    Op::GetIndexOpt,
    Op::SetIndex,
    Op::NewObject,
    Op::Concat,
    Op::NewRecord,
    Op::NewInstance,
    Op::CopyRecord,
    Op::IterNew,
    Op::IterNext,
    Op::IterKey,
    Op::IterValue,
    Op::Print,
    Op::Snapshot,
    Op::Oscillate,
    Op::ReadExternal,
    Op::Fail,
    Op::Suspend,
    Op::Native,
];

/// Machine instructions of an instruction's fast paths at most.
const ARM_MAX: usize = 180;
/// Machine instructions of all fast paths together at most. They are some four bytes long each, and no
/// program uses all of them, so that what is in use stays in a first-level cache for code.
const ARMS_MAX: usize = 3400;
/// How often the fast paths of calls, which need most registers, may use the native stack. Others never.
const STACK_USES: &[(Op, usize)] = &[(Op::Call, 1), (Op::CallValue, 6), (Op::CallMethod, 1)];

/// The assembly of the library.
fn assembly() -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine-code");
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--release", "--package", "hyp-vm", "--lib", "--message-format=json"])
        .args(["--config", "profile.release.lto=\"off\"", "--target-dir"])
        .arg(&target)
        .args(["--config", "profile.release.package.\"*\".opt-level=0", "--", "--emit=asm"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the library does not compile");
    let messages = String::from_utf8(output.stdout).expect("messages are text");
    let path = messages.lines().find_map(assembly_path).expect("cargo names what it made");
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Where the assembly is, if a message of cargo says where the metadata of the library is.
fn assembly_path(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let files = message["filenames"].as_array()?.iter().filter_map(|f| f.as_str());
    files.map(Path::new).find_map(|file| {
        let name = file.file_stem()?.to_str()?.strip_prefix("lib")?;
        (name.starts_with("hyp_vm-") && file.extension()? == "rmeta")
            .then(|| file.with_file_name(format!("{name}.s")))
    })
}

/// The machine instructions of the loop in order, and the places of its labels.
struct Loop<'a> {
    lines: Vec<&'a str>,
    labels: BTreeMap<&'a str, usize>,
    /// Label of each instruction's arm, by operation code.
    arms: Vec<&'a str>,
}

impl<'a> Loop<'a> {
    fn of(assembly: &'a str) -> Loop<'a> {
        let mut all = assembly.lines().map(str::trim);
        let is_start = |line: &&str| line.contains("6interp8run_loop17h") && line.ends_with(':');
        all.by_ref().find(is_start).expect("the loop is a function of its own");
        let (mut lines, mut labels) = (Vec::new(), BTreeMap::new());
        for line in all.take_while(|line| !line.starts_with(".Lfunc_end")) {
            if let Some(label) = line.split(':').next().filter(|_| line.starts_with(".L")) {
                labels.insert(label, lines.len());
            } else if !line.starts_with(['.', '#']) && !line.is_empty() {
                lines.push(line);
            }
        }
        let arms = jump_table(assembly, &labels);
        Loop { lines, labels, arms }
    }

    /// The machine instructions that an arm can execute before it calls anything, up to its indirect
    /// jumps: its fast paths.
    fn fast_paths(&self, arm: &str) -> BTreeSet<usize> {
        let (mut found, mut work) = (BTreeSet::new(), vec![self.labels[arm]]);
        while let Some(at) = work.pop() {
            let Some(&line) = self.lines.get(at) else { continue };
            if line.starts_with("call") || !found.insert(at) {
                continue;
            }
            let is_jump = line.starts_with("jmp");
            if let Some((_, label)) = line.split_once("\t.L").filter(|_| line.starts_with('j')) {
                work.push(self.labels[format!(".L{label}").as_str()]);
            }
            if !is_jump && !line.starts_with("ret") {
                work.push(at + 1);
            }
        }
        found
    }
}

/// The table of the loop's arms: the first one with an entry per instruction.
fn jump_table<'a>(assembly: &'a str, labels: &BTreeMap<&'a str, usize>) -> Vec<&'a str> {
    let mut entries = Vec::new();
    for line in assembly.lines().map(str::trim) {
        let target = line.strip_prefix(".long\t").and_then(|rest| rest.split_once("-.LJTI"));
        match target {
            Some((label, _)) if labels.contains_key(label) => entries.push(label),
            _ if entries.len() == OP_COUNT => return entries,
            _ => entries.clear(),
        }
    }
    panic!("no jump table has {OP_COUNT} entries");
}

#[test]
fn the_interpreter_has_the_shape_that_makes_it_fast() {
    let assembly = assembly();
    let code = Loop::of(&assembly);
    let jumps = code.lines.iter().filter(|line| line.starts_with("jmpq\t*")).count();
    assert!(jumps >= OP_COUNT, "{jumps} indirect jumps for {OP_COUNT} instructions");

    let is_foreign = |line: &&&str| line.starts_with("call") && !line.contains("6hyp_vm6interp");
    let foreign: Vec<_> = code.lines.iter().filter(is_foreign).collect();
    assert!(foreign.is_empty(), "calls other functions than slow paths: {foreign:#?}");

    let mut total = 0;
    for (&op, arm) in Op::all().iter().zip(&code.arms) {
        let paths = code.fast_paths(arm);
        let listing = || {
            let lines: Vec<_> = paths.iter().map(|&at| code.lines[at]).collect();
            format!("{}:\n  {}", op.spec().name, lines.join("\n  "))
        };
        let count = |what: &str| paths.iter().filter(|&&at| code.lines[at].contains(what)).count();
        let goes_on = count("jmpq\t*") > 0;
        assert_eq!(goes_on, !CALLING.contains(&op), "goes on without a call: {}", listing());
        let stack_max = STACK_USES.iter().find(|uses| uses.0 == op).map_or(0, |uses| uses.1);
        assert!(count("(%rsp") <= stack_max, "uses the stack: {}", listing());
        assert!(paths.len() <= ARM_MAX, "is long: {}", listing());
        total += paths.len();
    }
    assert!(total <= ARMS_MAX, "the fast paths have {total} machine instructions together");
}

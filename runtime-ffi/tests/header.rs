//! The header compiles without warnings and means the same as the Rust side. Where there is no C
//! compiler, the tests say so and pass.

use std::fmt::Write;
use std::mem::{offset_of, size_of};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hyp_runtime_ffi::abi::{HostV1, MAGIC, PluginV1, RefHandle, Status, Tag, Text, ValueHandle};

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A compiler of this machine.
fn compiler(names: &[&'static str]) -> Option<&'static str> {
    let runs = |name: &&&str| {
        let mut probe = Command::new(name);
        probe.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|s| s.success())
    };
    let found = names.iter().find(runs).copied();
    if found.is_none() {
        eprintln!("none of {names:?} is installed: nothing was compiled");
    }
    found
}

fn compile(compiler: &str, standard: &str, args: &[&str], source: &str, output: &Path) {
    let result = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(WARNINGS)
        .arg("-I")
        .arg(root().join("include"))
        .args(args)
        .arg(root().join("tests/c").join(source))
        .arg("-o")
        .arg(output)
        .output()
        .expect("the compiler starts");
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
}

fn output(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn a_plugin_compiles_as_c11_without_warnings() {
    if let Some(cc) = compiler(&["cc", "gcc", "clang"]) {
        compile(cc, "c11", &["-c"], "plugin.c", &output("plugin-c.o"));
    }
}

#[test]
fn a_plugin_compiles_as_cpp17_without_warnings() {
    if let Some(cxx) = compiler(&["c++", "g++", "clang++"]) {
        compile(cxx, "c++17", &["-c", "-x", "c++"], "plugin.c", &output("plugin-cpp.o"));
    }
}

#[test]
fn c_and_rust_agree_on_layout_and_numbers() {
    let Some(cc) = compiler(&["cc", "gcc", "clang"]) else { return };
    let program = output("layout");
    compile(cc, "c11", &[], "layout.c", &program);
    let result = Command::new(program).output().expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&result.stdout), rust_side());
}

fn rust_side() -> String {
    let sizes = [
        ("hyp_value", size_of::<ValueHandle>()),
        ("hyp_ref", size_of::<RefHandle>()),
        ("hyp_str", size_of::<Text>()),
        ("hyp_tag", size_of::<Tag>()),
        ("hyp_host_v1", size_of::<HostV1>()),
        ("hyp_plugin_v1", size_of::<PluginV1>()),
        ("hyp_host_v1.abi_minor", offset_of!(HostV1, abi_minor)),
        ("hyp_host_v1.features", offset_of!(HostV1, features)),
        ("hyp_plugin_v1.abi_minor_min", offset_of!(PluginV1, abi_minor_min)),
        ("hyp_plugin_v1.caps_optional", offset_of!(PluginV1, caps_optional)),
        ("hyp_plugin_v1.name", offset_of!(PluginV1, name)),
        ("hyp_plugin_v1.version", offset_of!(PluginV1, version)),
        ("hyp_plugin_v1.start", offset_of!(PluginV1, start)),
        ("hyp_plugin_v1.stop", offset_of!(PluginV1, stop)),
        ("HYP_MAGIC", MAGIC as usize),
    ];
    let mut text = String::new();
    for (name, number) in sizes {
        let _ = writeln!(text, "{name} {number}");
    }
    for (status, name) in Status::ALL {
        let _ = writeln!(text, "{name} {}", *status as i32);
    }
    text
}

#[test]
fn unknown_statuses_are_errors_of_the_plugin() {
    for (status, _) in Status::ALL {
        assert_eq!(Status::from_code(*status as i32), *status);
    }
    for code in [1, 42, -16, i32::MIN, i32::MAX] {
        assert_eq!(Status::from_code(code), Status::Plugin);
    }
}

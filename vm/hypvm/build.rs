//! Links `hypvm` at a fixed address on Linux.
//!
//! Tables of the machine and of its libraries hold tens of thousands of pointers. In a
//! position-independent executable the dynamic loader writes each of them before `main`: half of
//! the time of a short script, and more than a megabyte of memory that no script uses. At a fixed
//! address the linker writes them, and their pages are read on demand. The heap, the stacks and
//! the shared libraries stay at random addresses.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name| env::var(name).unwrap_or_default();
    let glibc = target("CARGO_CFG_TARGET_ENV") == "gnu";
    if target("CARGO_CFG_TARGET_OS") == "linux" && glibc {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}

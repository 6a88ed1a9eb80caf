//! Any bytes as source: compile at every level; what comes out is valid and runs under limits.

#![no_main]

use hyp_tests::fuzz::check_source;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check_source(bytes));

//! Any bytes as a module: read, verify, run under limits.

#![no_main]

use hyp_tests::fuzz::check_container;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check_container(bytes);
});

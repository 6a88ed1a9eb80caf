//! Modules with matching checksums: the listing assembles to the same module.

#![no_main]

use hyp_bytecode::container::repair_checksums;
use hyp_tests::fuzz::check_listing;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    repair_checksums(&mut bytes);
    check_listing(&bytes);
});

//! As `container`, with matching checksums, so that mutations get behind the reader's first door.

#![no_main]

use hyp_bytecode::container::repair_checksums;
use hyp_tests::fuzz::check_container;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    repair_checksums(&mut bytes);
    check_container(&bytes);
});

//! Any bytes as source: decode, lex, parse.

#![no_main]

use hyp_tests::fuzz::check_syntax;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check_syntax(bytes));

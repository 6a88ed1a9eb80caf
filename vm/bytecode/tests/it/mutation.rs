//! Damaged files are rejected or harmless; nothing panics.

use crate::sample::every_op;
use hyp_bytecode::container::{read, repair_checksums, write};
use hyp_bytecode::text::{assemble, disassemble};
use hyp_bytecode::verify::verify;

#[test]
fn a_changed_byte_without_its_checksum_is_rejected() {
    let good = write(&every_op());
    let mut file = good.clone();
    for at in 0..good.len() {
        for flip in [0x01, 0x80, 0xff] {
            file[at] ^= flip;
            // Bytes 10 and 11 are the minor version, which only the header checksum protects.
            assert!(read(&file).is_err(), "byte {at} ^ {flip:#x}");
            file[at] = good[at];
        }
    }
}

#[test]
fn a_changed_byte_with_its_checksum_is_judged() {
    let good = write(&every_op());
    let (mut n_verified, mut n_rejected) = (0, 0);
    for at in 0..good.len() {
        for flip in [0x01, 0x04, 0x80, 0xff] {
            let mut file = good.clone();
            file[at] ^= flip;
            repair_checksums(&mut file);
            let Ok(module) = read(&file) else {
                n_rejected += 1;
                continue;
            };
            if at % 8 == 0 {
                let text = disassemble(&module);
                assert!(assemble(&text).unwrap() == module, "byte {at} ^ {flip:#x}:\n{text}");
            }
            // Minor version and padding aside, what is read is written back the same.
            let again = write(&module);
            assert!(read(&again).unwrap() == module, "byte {at} ^ {flip:#x}");
            match verify(module) {
                Ok(_) => n_verified += 1,
                Err(_) => n_rejected += 1,
            }
        }
    }
    assert!(n_rejected > n_verified, "{n_rejected} rejected, {n_verified} verified");
}

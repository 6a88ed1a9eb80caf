//! Damaged files are rejected or harmless; nothing panics.

use crate::sample::every_op;
use hyp_bytecode::container::{read, repair_checksums, write};
use hyp_bytecode::text::{assemble, disassemble};
use hyp_bytecode::verify::verify;
use proptest::prelude::*;

#[test]
fn a_changed_byte_without_its_checksum_is_rejected() {
    let good = write(&every_op());
    let mut file = good.clone();
    for at in 0..good.len() {
        for flip in [0x01, 0x80, 0xff] {
            file[at] ^= flip;
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

proptest! {
    #[test]
    fn many_changed_bytes_are_judged(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut file = write(&every_op());
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        repair_checksums(&mut file);
        if let Ok(module) = read(&file) {
            prop_assert!(read(&write(&module)).unwrap() == module);
            let _ = verify(module);
        }
    }
}

//! Modules as bytes.

use crate::sample::every_op;
use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::container::{
    FLAGS_OFFSET, HEADER_BYTES, ReadFault, SECTION_ENTRY_BYTES, SECTIONS, read, repair_checksums,
    sections, write,
};
use hyp_bytecode::module::Module;
use hyp_bytecode::text::assemble;

fn fault(file: &[u8]) -> ReadFault {
    read(file).unwrap_err().fault
}

fn entry_offset(code: [u8; 4]) -> usize {
    let idx = SECTIONS.iter().position(|c| *c == code).unwrap();
    HEADER_BYTES + idx * SECTION_ENTRY_BYTES
}

/// Puts other bytes into a section and moves the following ones.
fn with_section(file: &[u8], code: [u8; 4], body: &[u8]) -> Vec<u8> {
    let entries = sections(file).unwrap();
    let mut out = file[..entries[0].offset].to_vec();
    for (idx, entry) in entries.iter().enumerate() {
        let old = &file[entry.offset..entry.offset + entry.bytes];
        let new = if entry.code == code { body } else { old };
        let at = HEADER_BYTES + idx * SECTION_ENTRY_BYTES;
        let offset = out.len() as u32;
        out[at + 4..at + 8].copy_from_slice(&offset.to_le_bytes());
        out[at + 8..at + 12].copy_from_slice(&(new.len() as u32).to_le_bytes());
        out.extend(new);
    }
    let length = out.len() as u32;
    out[FLAGS_OFFSET + 4..FLAGS_OFFSET + 8].copy_from_slice(&length.to_le_bytes());
    repair_checksums(&mut out);
    out
}

#[test]
fn a_module_survives_writing_and_reading() {
    for module in [every_op(), Module::default()] {
        let file = write(&module);
        assert_eq!(read(&file).unwrap(), module);
        assert_eq!(write(&read(&file).unwrap()), file);
    }
}

#[test]
fn tables_out_of_order_survive_too() {
    let module = assemble(
        "func @0 {\n regs |\n ret_null\n ret_null\n ret_null\n .line_at =2 9:9\n .line_at =0 4294967295:1\n \
         .note_at =1 \"a\"\n .note_at =0 \"b\"\n .handler =3, =1, =7, r200\n}",
    )
    .unwrap();
    assert_eq!(read(&write(&module)).unwrap(), module);
}

#[test]
fn every_shorter_file_is_rejected() {
    let file = write(&every_op());
    for bytes in 0..file.len() {
        assert!(read(&file[..bytes]).is_err(), "{bytes} bytes");
    }
    let longer = [&file[..], &[0]].concat();
    assert_eq!(fault(&longer), ReadFault::FileLength);
}

#[test]
fn every_section_shorter_by_a_byte_is_rejected() {
    let file = write(&every_op());
    for entry in sections(&file).unwrap() {
        let body = &file[entry.offset..entry.offset + entry.bytes];
        let shorter = with_section(&file, entry.code, &body[..body.len() - 1]);
        let error = read(&shorter).unwrap_err();
        assert_eq!(error.section, Some(entry.code), "{error}");
        let longer = with_section(&file, entry.code, &[body, &[0]].concat());
        assert_eq!(fault(&longer), ReadFault::TrailingBytes);
    }
}

#[test]
fn the_header_is_checked() {
    let good = write(&every_op());
    let changed = |at: usize, byte: u8| {
        let mut file = good.clone();
        file[at] = byte;
        repair_checksums(&mut file);
        fault(&file)
    };
    assert_eq!(fault(b"#!/bin/sh\n"), ReadFault::NotHbc);
    assert_eq!(changed(3, 2), ReadFault::NotHbc);
    assert_eq!(changed(8, 9), ReadFault::Version { major: 9, minor: 1 });
    assert_eq!(changed(FLAGS_OFFSET, 4), ReadFault::Flags(4));
    assert_eq!(changed(FLAGS_OFFSET + 4, 1), ReadFault::FileLength);
    assert_eq!(changed(FLAGS_OFFSET + 8, 200), ReadFault::TooMany("sections"));
    assert_eq!(changed(entry_offset(*b"TYPE") + 4, 1), ReadFault::SectionOrder);
    assert_eq!(changed(entry_offset(*b"CODE") + 8, 1), ReadFault::SectionOrder);
    assert_eq!(changed(entry_offset(*b"META"), b'X'), ReadFault::UnknownSection(*b"XETA"));
    assert_eq!(changed(entry_offset(*b"META"), b'm'), ReadFault::MissingSection(*b"META"));
    assert_eq!(changed(entry_offset(*b"NOTE"), b'n'), ReadFault::MissingSection(*b"NOTE"));
    let mut newer = good.clone();
    newer[10] = 3;
    repair_checksums(&mut newer);
    assert_eq!(read(&newer), read(&good));
}

#[test]
fn sections_out_of_order_are_rejected() {
    let mut file = write(&Module::default());
    let (types, descs) = (entry_offset(*b"TYPE"), entry_offset(*b"DESC"));
    file[types..types + 4].copy_from_slice(b"DESC");
    file[descs..descs + 4].copy_from_slice(b"TYPE");
    repair_checksums(&mut file);
    assert_eq!(fault(&file), ReadFault::SectionOrder);
}

#[test]
fn a_damaged_byte_fails_its_checksum() {
    let mut file = write(&every_op());
    let last = file.len() - 1;
    file[last] ^= 1;
    let error = read(&file).unwrap_err();
    assert_eq!(error.fault, ReadFault::Checksum);
    assert_eq!(error.to_string().split(',').next(), Some("section NOTE"));
    file[last] ^= 1;
    file[HEADER_BYTES + 4] ^= 1;
    assert!(read(&file).is_err());
}

#[test]
fn damaged_content_is_named() {
    let file = write(&Module::default());
    let with = |code, body: &[u8]| fault(&with_section(&file, code, body));
    assert_eq!(with(*b"STRS", &[1, 2, 0xff, 0xff]), ReadFault::Utf8);
    assert_eq!(with(*b"STRS", &[0x80, 0]), ReadFault::Number);
    assert_eq!(with(*b"STRS", &[0xff, 0xff, 0xff, 0xff, 0x1f]), ReadFault::Number);
    assert_eq!(with(*b"STRS", &[0xff, 0xff, 0x3f]), ReadFault::TooMany("strings"));
    assert_eq!(with(*b"STRS", &[1, 200, 1, b'a']), ReadFault::UnexpectedEnd);
    assert_eq!(with(*b"DESC", &[1, 99]), ReadFault::Value("descriptor tag"));
    let nested = [&[1][..], &[5; 40], &[0]].concat();
    assert_eq!(with(*b"DESC", &nested), ReadFault::DescDepth);
    assert_eq!(with(*b"GLOB", &[1, 0, 0, 2]), ReadFault::Value("flags"));
    let words = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f];
    assert_eq!(with(*b"FUNC", &words), ReadFault::TooMany("code words"));
    let name = [&[1, 7, 6][..], b"Absent"].concat();
    assert_eq!(with(*b"BLTN", &name), ReadFault::UnknownBuiltin("Absent".into()));
    let name = [&[2, 7, 4][..], b"Sqrt", &[7, 4], b"Sqrt"].concat();
    assert_eq!(with(*b"BLTN", &name), ReadFault::Value("builtin number"));
}

#[test]
fn builtins_are_linked_by_name() {
    let text = |builtin: &str| {
        format!(
            "func @0 {{\n regs any |\n load_builtin r0, {builtin}\n \
             call_builtin r0, {builtin}, (r0, r0)\n ret_null\n}}"
        )
    };
    let ours = assemble(&text("Sqrt")).unwrap();
    assert_eq!(ours.functions[0].code[1], Builtin::lookup("Sqrt").unwrap() as u32);
    // The writer's table had the builtin at number 5000.
    let theirs = write(&assemble(&text("!5000")).unwrap());
    let names = [&[1, 0x88, 0x27, 4][..], b"Sqrt"].concat();
    assert_eq!(read(&with_section(&theirs, *b"BLTN", &names)).unwrap(), ours);
    let names = [&[1, 0x89, 0x27, 4][..], b"Sqrt"].concat();
    let error = fault(&with_section(&theirs, *b"BLTN", &names));
    assert_eq!(error, ReadFault::UnnamedBuiltin(5000));
}

#[test]
fn an_unknown_optional_section_is_skipped() {
    let good = write(&every_op());
    let table_end = HEADER_BYTES + SECTIONS.len() * SECTION_ENTRY_BYTES;
    let mut file = good[..table_end].to_vec();
    file[FLAGS_OFFSET + 8] += 1;
    let length = (good.len() + SECTION_ENTRY_BYTES + 3) as u32;
    file[FLAGS_OFFSET + 4..FLAGS_OFFSET + 8].copy_from_slice(&length.to_le_bytes());
    for idx in 0..SECTIONS.len() {
        let at = HEADER_BYTES + idx * SECTION_ENTRY_BYTES + 4;
        let offset = u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let moved = offset + SECTION_ENTRY_BYTES as u32;
        file[at..at + 4].copy_from_slice(&moved.to_le_bytes());
    }
    file.extend(b"xtra");
    for word in [length - 3, 3, 0, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(&good[table_end + 4..]);
    file.extend(b"abc");
    repair_checksums(&mut file);
    assert_eq!(read(&file).unwrap(), every_op());
}

//! Damaged modules, reproducible from a seed file and a number.

use hyp_bytecode::container::{
    HEADER_BYTES, SECTION_ENTRY_BYTES, SectionEntry, repair_checksums, sections,
};

/// A small reproducible generator (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator for mutant number `index`.
    #[must_use]
    pub fn new(index: u64) -> Random {
        Random(index.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x6879_706e_6f73_6372)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.bits() % end as u64) as usize }
    }
}

/// Values that break careless arithmetic.
const EXTREMES: [u32; 8] = [0, 1, 0x7f, 0x80, 0xffff, 0x7fff_ffff, 0x8000_0000, u32::MAX];

/// Mutant number `index`: a damaged copy of one of the seeds. Most mutants carry repaired
/// checksums, because only those reach the code behind the reader.
///
/// # Panics
/// If there are no seeds.
#[must_use]
pub fn mutant(seeds: &[Vec<u8>], index: u64) -> Vec<u8> {
    let mut random = Random::new(index);
    let mut bytes = seeds[random.below(seeds.len())].clone();
    let changes = match random.below(4) {
        0..=2 => 1,
        _ => 2 + random.below(6),
    };
    for _ in 0..changes {
        change(&mut bytes, seeds, &mut random);
        // The next change finds its section by the table, which must be consistent for that.
        repair_checksums(&mut bytes);
    }
    if random.below(16) == 0 {
        bytes.truncate(random.below(bytes.len()));
    }
    if random.below(16) == 0 {
        // Damage that the checksums notice.
        let at = random.below(bytes.len());
        set(&mut bytes, at, |byte| byte ^ 1);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let table = sections(bytes).unwrap_or_default();
    if random.below(3) == 0 {
        return change_instruction(bytes, &table, random);
    }
    let (start, end) = region(bytes.len(), &table, random);
    let at = start + random.below(end - start);
    match random.below(10) {
        0 | 1 => set(bytes, at, |byte| byte ^ (1 << random.below(8))),
        2 => set(bytes, at, |_| [0, 0x7f, 0x80, 0xff][random.below(4)]),
        3 => set(bytes, at, |byte| byte.wrapping_add([1, 255][random.below(2)])),
        4 => set(bytes, at, |_| random.bits() as u8),
        5 => overwrite(bytes, at, &EXTREMES[random.below(EXTREMES.len())].to_le_bytes()),
        6 => {
            let piece = piece(bytes, 16, random);
            overwrite(bytes, at, &piece);
        }
        7 => {
            let piece = piece(&seeds[random.below(seeds.len())], 32, random);
            overwrite(bytes, at, &piece);
        }
        _ => resize(bytes, &table, random),
    }
}

/// Changes one byte of an instruction word: what is left often decodes and is the verifier's to judge.
fn change_instruction(bytes: &mut [u8], table: &[SectionEntry], random: &mut Random) {
    let Some(code) = table.iter().find(|s| s.code == *b"CODE") else { return };
    let at = code.offset + random.below(code.bytes);
    match random.below(3) {
        0 => set(bytes, at, |byte| byte.wrapping_add([1, 255][random.below(2)])),
        1 => set(bytes, at, |byte| byte ^ (1 << random.below(8))),
        // Small numbers are registers, immediates and ids that exist.
        _ => set(bytes, at, |_| random.below(12) as u8),
    }
}

fn set(bytes: &mut [u8], at: usize, mut change: impl FnMut(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = change(*byte);
    }
}

fn overwrite(bytes: &mut [u8], at: usize, piece: &[u8]) {
    let length = piece.len().min(bytes.len().saturating_sub(at));
    bytes[at..at + length].copy_from_slice(&piece[..length]);
}

fn piece(from: &[u8], length_max: usize, random: &mut Random) -> Vec<u8> {
    let start = random.below(from.len());
    let length = (1 + random.below(length_max)).min(from.len() - start);
    from[start..start + length].to_vec()
}

/// Removes bytes from a section or doubles some, with lengths and offsets that match.
fn resize(bytes: &mut Vec<u8>, table: &[SectionEntry], random: &mut Random) {
    let index = random.below(table.len());
    let Some(section) = table.get(index) else { return };
    let at = section.offset + random.below(section.bytes);
    let length = (1 + random.below(8)).min(section.offset + section.bytes - at);
    let grows = random.below(2) == 0;
    if grows {
        let copy = bytes[at..at + length].to_vec();
        bytes.splice(at..at, copy);
    } else {
        bytes.drain(at..at + length);
    }
    let shifted = |number: usize| if grows { number + length } else { number - length };
    let entry = |index: usize| HEADER_BYTES + index * SECTION_ENTRY_BYTES;
    let mut words = vec![(16, bytes.len()), (entry(index) + 8, shifted(section.bytes))];
    for (later, section) in table.iter().enumerate().skip(index + 1) {
        words.push((entry(later) + 4, shifted(section.offset)));
    }
    for (at, word) in words {
        overwrite(bytes, at, &(word as u32).to_le_bytes());
    }
    repair_checksums(bytes);
}

/// Where to change something: usually inside one section, so that small ones get their share.
fn region(length: usize, table: &[SectionEntry], random: &mut Random) -> (usize, usize) {
    match table.get(random.below(table.len())) {
        Some(section) if section.bytes > 0 && random.below(5) != 0 => {
            (section.offset, section.offset + section.bytes)
        }
        _ => (0, length),
    }
}

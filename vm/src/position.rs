//! Where the code points of text lie that is not ASCII.
//!
//! Strings are UTF-8 and indexed by code point. Reading `s[i]` for one `i` after the other would take
//! quadratic time if each read counted from the start. So the machine remembers, for the strings that
//! were indexed last, the byte offset of every 64th code point up to the highest index asked for, and
//! where it looked last: stepping through a string takes constant time per step, and reading at random
//! places at most 63 steps. ("Breadcrumbs", as in Swift's UTF-16 views.) The strings hold nothing for
//! this, so that short ones stay small; a collection forgets everything.

use crate::value::Value;

/// Code points between two remembered offsets.
const STRIDE: usize = 64;
/// Shorter texts are counted from their start.
const BYTES_MIN: usize = 96;
/// Strings that are remembered.
const STRINGS_MAX: usize = 4;

/// Offsets in the strings that were indexed last.
#[derive(Default)]
pub(crate) struct Positions {
    tracks: Vec<Track>,
    /// The track that was used last.
    current: usize,
}

struct Track {
    string: Value,
    /// Byte offsets of the code points 0, `STRIDE`, `2 * STRIDE`, … as far as they were needed.
    marks: Vec<u32>,
    /// A code point and its byte offset.
    last: (usize, usize),
}

impl Positions {
    /// Byte offset of code point `index` of a string with this text, clamped to its end.
    pub(crate) fn offset(&mut self, string: Value, text: &str, index: usize) -> usize {
        if text.len() < BYTES_MIN {
            return advance(text.as_bytes(), 0, index);
        }
        if index >= text.len() {
            return text.len();
        }
        self.track(string).offset(text.as_bytes(), index)
    }

    /// Drops everything, before strings are freed.
    pub(crate) fn forget(&mut self) {
        self.tracks.clear();
    }

    fn track(&mut self, string: Value) -> &mut Track {
        if self.tracks.get(self.current).is_none_or(|track| track.string != string) {
            self.current = match self.tracks.iter().position(|track| track.string == string) {
                Some(at) => at,
                None => self.add(string),
            };
        }
        &mut self.tracks[self.current]
    }

    /// Makes a track, in place of the one after the last used if there are enough.
    fn add(&mut self, string: Value) -> usize {
        let track = Track { string, marks: vec![0], last: (0, 0) };
        if self.tracks.len() < STRINGS_MAX {
            self.tracks.push(track);
            return self.tracks.len() - 1;
        }
        let at = (self.current + 1) % STRINGS_MAX;
        self.tracks[at] = track;
        at
    }
}

impl Track {
    fn offset(&mut self, text: &[u8], index: usize) -> usize {
        let mut near = self.mark(text, index / STRIDE);
        if near.0 <= self.last.0 && self.last.0 <= index {
            near = self.last;
        }
        let found = advance(text, near.1, index - near.0);
        if found < text.len() {
            self.last = (index, found);
        }
        found
    }

    /// Code point and offset of mark `number`, or of the last one in the text.
    fn mark(&mut self, text: &[u8], number: usize) -> (usize, usize) {
        while self.marks.len() <= number {
            let last = self.marks.last().map_or(0, |&offset| offset as usize);
            let next = advance(text, last, STRIDE);
            if next >= text.len() {
                break;
            }
            self.marks.push(next as u32);
        }
        let number = number.min(self.marks.len() - 1);
        (number * STRIDE, self.marks[number] as usize)
    }
}

/// The offset `count` code points after `offset`, clamped to the end.
fn advance(text: &[u8], offset: usize, count: usize) -> usize {
    let mut at = offset;
    for _ in 0..count {
        match text.get(at) {
            None => break,
            Some(0..=0x7F) => at += 1,
            Some(0x80..=0xDF) => at += 2,
            Some(0xE0..=0xEF) => at += 3,
            Some(0xF0..) => at += 4,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte offsets by counting from the start.
    fn counted(text: &str, index: usize) -> usize {
        text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
    }

    #[test]
    fn offsets_are_those_of_counting() {
        let text: String = "aä€🌀-".chars().cycle().take(1000).collect();
        let string = Value::from_usize(1);
        let forth = 0..1010;
        let back = (0..1010).rev();
        let jumping = (0..1010).map(|i| i * 577 % 1010);
        for order in [forth.collect::<Vec<_>>(), back.collect(), jumping.collect()] {
            let mut positions = Positions::default();
            for index in order {
                assert_eq!(
                    positions.offset(string, &text, index),
                    counted(&text, index),
                    "{index}"
                );
            }
        }
    }

    #[test]
    fn several_strings_in_turn() {
        let texts: Vec<String> = (0..7)
            .map(|i| "ä".repeat(100 + i) + &"🌀".repeat(100))
            .chain(["ä".repeat(128), "€".repeat(64)])
            .collect();
        let mut positions = Positions::default();
        for step in 0..2000 {
            let (which, index) = (step * 5 % texts.len(), step * 7 % 230);
            let (string, text) = (Value::from_usize(which), &texts[which]);
            assert_eq!(positions.offset(string, text, index), counted(text, index));
            if step % 500 == 499 {
                positions.forget();
            }
        }
        assert!(positions.tracks.len() <= STRINGS_MAX);
    }

    #[test]
    fn short_and_distant() {
        let mut positions = Positions::default();
        assert_eq!(positions.offset(Value::NULL, "äb", 1), 2);
        assert_eq!(positions.offset(Value::NULL, "äb", usize::MAX), 3);
        let long = "ä".repeat(200);
        assert_eq!(positions.offset(Value::NULL, &long, usize::MAX), 400);
        assert_eq!(positions.offset(Value::NULL, &long, 399), 400);
        assert_eq!(positions.offset(Value::NULL, &long, 199), 398);
    }
}

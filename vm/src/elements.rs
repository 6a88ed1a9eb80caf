//! What builtins see of an array: its elements as values, however they are stored.

use std::iter::Copied;
use std::ops::Range;
use std::slice;

use crate::value::Value;

/// The elements of an array.
#[derive(Clone, Copy, Debug)]
pub enum Elements<'a> {
    /// Of a general array.
    Values(&'a [Value]),
    /// Of an array of booleans.
    Bools(&'a [bool]),
}

impl<'a> Elements<'a> {
    /// None at all.
    pub(crate) const EMPTY: Elements<'static> = Elements::Values(&[]);

    /// How many there are.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Elements::Values(items) => items.len(),
            Elements::Bools(items) => items.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The element at an index.
    #[must_use]
    #[inline]
    pub fn get(self, index: usize) -> Option<Value> {
        match self {
            Elements::Values(items) => items.get(index).copied(),
            Elements::Bools(items) => items.get(index).map(|b| Value::bool(*b)),
        }
    }

    /// The elements of a range that is cut to what there is.
    #[must_use]
    pub fn range(self, range: Range<usize>) -> Elements<'a> {
        let range = range.start..range.end.min(self.len());
        match self {
            Elements::Values(items) => Elements::Values(items.get(range).unwrap_or(&[])),
            Elements::Bools(items) => Elements::Bools(items.get(range).unwrap_or(&[])),
        }
    }

    /// All of them in order.
    #[must_use]
    #[inline]
    pub fn iter(self) -> Iter<'a> {
        match self {
            Elements::Values(items) => Iter::Values(items.iter().copied()),
            Elements::Bools(items) => Iter::Bools(items.iter().copied()),
        }
    }

    /// A copy as values.
    #[must_use]
    pub fn to_vec(self) -> Vec<Value> {
        match self {
            Elements::Values(items) => items.to_vec(),
            Elements::Bools(items) => items.iter().map(|b| Value::bool(*b)).collect(),
        }
    }
}

impl<'a> IntoIterator for Elements<'a> {
    type Item = Value;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterator over [`Elements`].
#[derive(Clone, Debug)]
pub enum Iter<'a> {
    /// Of a general array.
    Values(Copied<slice::Iter<'a, Value>>),
    /// Of an array of booleans.
    Bools(Copied<slice::Iter<'a, bool>>),
}

impl Iterator for Iter<'_> {
    type Item = Value;

    #[inline]
    fn next(&mut self) -> Option<Value> {
        match self {
            Iter::Values(items) => items.next(),
            Iter::Bools(items) => items.next().map(Value::bool),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Iter::Values(items) => items.size_hint(),
            Iter::Bools(items) => items.size_hint(),
        }
    }

    // What loops over all elements does not ask for their kind each time.
    #[inline]
    fn fold<B, F: FnMut(B, Value) -> B>(self, init: B, mut f: F) -> B {
        match self {
            Iter::Values(items) => items.fold(init, f),
            Iter::Bools(items) => items.fold(init, |acc, b| f(acc, Value::bool(b))),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Value> {
        match self {
            Iter::Values(items) => items.next_back(),
            Iter::Bools(items) => items.next_back().map(Value::bool),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

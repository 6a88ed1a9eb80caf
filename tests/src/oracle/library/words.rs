//! Words, lines and distances of text.

use super::super::fuel;
use super::super::machine::Machine;
use super::super::value::Value;
use super::{Answer, Call};

impl<'a> Machine<'_, 'a> {
    pub(super) fn words(&mut self, call: &Call<'a>) -> Answer<'a> {
        let s = |i| self.text_arg(call, i);
        let list = |items: Vec<&str>| Value::array(items.into_iter().map(Value::text).collect());
        Ok(Some(match call.name {
            "SplitWords" => list(s(0)?.split_whitespace().collect()),
            "CountWords" => Value::Number(s(0)?.split_whitespace().count() as f64),
            "SplitLines" => list(s(0)?.lines().collect()),
            "CountLines" => Value::Number(s(0)?.lines().count() as f64),
            "ReverseWords" => {
                let text = s(0)?;
                Value::text(text.split_whitespace().rev().collect::<Vec<_>>().join(" "))
            }
            "Truncate" => {
                let chars = self.chars_arg(call, 0)?;
                let width = self.count(call, 1)?;
                let suffix: Vec<char> =
                    if call.has(2) { self.chars_arg(call, 2)? } else { vec!['.'; 3] };
                if chars.len() <= width {
                    return Ok(Some(call.value(0)));
                }
                let kept = width.saturating_sub(suffix.len());
                Value::text(chars[..kept].iter().chain(&suffix).collect::<String>())
            }
            "LevenshteinDistance" => {
                let (a, b) = (self.chars_arg(call, 0)?, self.chars_arg(call, 1)?);
                Value::Number(distance(&a, &b) as f64)
            }
            "SimilarityRatio" => {
                let (a, b) = (self.chars_arg(call, 0)?, self.chars_arg(call, 1)?);
                let longest = a.len().max(b.len());
                Value::Number(if longest == 0 {
                    1.0
                } else {
                    1.0 - distance(&a, &b) as f64 / longest as f64
                })
            }
            "HammingDistance" => {
                let (a, b) = (self.chars_arg(call, 0)?, self.chars_arg(call, 1)?);
                if a.len() == b.len() {
                    Value::Number(a.iter().zip(&b).filter(|(x, y)| x != y).count() as f64)
                } else {
                    Value::Null
                }
            }
            "LongestCommonSubsequence" => {
                let (a, b) = (self.chars_arg(call, 0)?, self.chars_arg(call, 1)?);
                Value::Number(common(&a, &b) as f64)
            }
            _ => return Ok(None),
        }))
    }
}

/// Levenshtein distance by its recurrence.
fn distance(a: &[char], b: &[char]) -> usize {
    if !fuel::spend_copying(a.len() * b.len()) {
        return 0;
    }
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1)
            };
        }
    }
    table[a.len()][b.len()]
}

fn common(a: &[char], b: &[char]) -> usize {
    if !fuel::spend_copying(a.len() * b.len()) {
        return 0;
    }
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            table[i + 1][j + 1] =
                if x == y { table[i][j] + 1 } else { table[i][j + 1].max(table[i + 1][j]) };
        }
    }
    table[a.len()][b.len()]
}

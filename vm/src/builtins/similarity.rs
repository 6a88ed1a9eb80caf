//! Distances between texts.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::{Trap, Value, Vm};

/// Most cells of a distance table: about a second of work.
const CELLS_MAX: u64 = 1_000_000_000;

/// Cells that count as one step of a script.
const CELLS_PER_STEP: usize = 16;

/// What a row of a table is charged to.
type Meter<'m> = &'m mut dyn FnMut(usize) -> Result<(), Trap>;

/// Charges for a row of `cells` cells.
fn meter(vm: &mut Vm) -> impl FnMut(usize) -> Result<(), Trap> {
    |cells| vm.charge(cells.div_ceil(CELLS_PER_STEP))
}

/// Both texts as characters, if their table is not too large.
fn chars(vm: &mut Vm, args: &Args<'_>) -> Result<(Vec<char>, Vec<char>), Trap> {
    let a: Vec<char> = args.text(vm, 0)?.chars().collect();
    let b: Vec<char> = args.text(vm, 1)?.chars().collect();
    if a.len() as u64 * b.len() as u64 > CELLS_MAX {
        return Err(args.error("would compare more than 10^9 pairs of characters"));
    }
    Ok((a, b))
}

pub(super) fn levenshtein_distance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (a, b) = chars(vm, &Args::new(Builtin::LevenshteinDistance, args))?;
    Ok(Value::from_usize(levenshtein(&a, &b, &mut meter(vm))?))
}

pub(super) fn damerau_levenshtein_distance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (a, b) = chars(vm, &Args::new(Builtin::DamerauLevenshteinDistance, args))?;
    Ok(Value::from_usize(alignment(&a, &b, &mut meter(vm))?))
}

pub(super) fn jaro_distance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (a, b) = chars(vm, &Args::new(Builtin::JaroDistance, args))?;
    Ok(Value::num(jaro(&a, &b, &mut meter(vm))?))
}

pub(super) fn jaro_winkler_distance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::JaroWinklerDistance, args);
    let scale = args.num_or(vm, 2, 0.1)?;
    let (a, b) = chars(vm, &args)?;
    let similarity = jaro(&a, &b, &mut meter(vm))?;
    let prefix = a.iter().zip(&b).take(4).take_while(|(x, y)| x == y).count() as f64;
    let bonus = if similarity >= 0.7 { prefix * scale * (1.0 - similarity) } else { 0.0 };
    Ok(Value::num(similarity + bonus))
}

pub(super) fn hamming_distance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HammingDistance, args);
    let (a, b) = (args.string(vm, 0)?, args.string(vm, 1)?);
    if vm.char_len(a) != vm.char_len(b) {
        return Ok(Value::NULL);
    }
    let (a, b) = (args.text(vm, 0)?, args.text(vm, 1)?);
    Ok(Value::from_usize(a.chars().zip(b.chars()).filter(|(x, y)| x != y).count()))
}

pub(super) fn soundex(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let code = soundex_code(Args::new(Builtin::Soundex, args).text(vm, 0)?);
    vm.new_string(&code)
}

pub(super) fn longest_common_substring(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::LongestCommonSubstring, args);
    let (a, b) = chars(vm, &args)?;
    let (start, len) = common_run(&a, &b, &mut meter(vm))?;
    if len == 0 {
        return vm.new_string("");
    }
    vm.substring(args.value(0), start, start + len)
}

pub(super) fn longest_common_subsequence(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (a, b) = chars(vm, &Args::new(Builtin::LongestCommonSubsequence, args))?;
    Ok(Value::from_usize(common_subsequence(&a, &b, &mut meter(vm))?))
}

pub(super) fn similarity_ratio(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (a, b) = chars(vm, &Args::new(Builtin::SimilarityRatio, args))?;
    let longest = a.len().max(b.len());
    if longest == 0 {
        return Ok(Value::num(1.0));
    }
    let distance = levenshtein(&a, &b, &mut meter(vm))?;
    Ok(Value::num(1.0 - distance as f64 / longest as f64))
}

fn levenshtein(a: &[char], b: &[char], meter: Meter<'_>) -> Result<usize, Trap> {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        meter(b.len())?;
        let mut diagonal = i;
        let mut left = i + 1;
        row[0] = left;
        for (cell, y) in row[1..].iter_mut().zip(b) {
            let best = (diagonal + usize::from(x != y)).min(*cell + 1).min(left + 1);
            diagonal = *cell;
            *cell = best;
            left = best;
        }
    }
    Ok(row.last().copied().unwrap_or(0))
}

/// Optimal string alignment distance.
fn alignment(a: &[char], b: &[char], meter: Meter<'_>) -> Result<usize, Trap> {
    let mut before = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut row = above.clone();
    for i in 1..=a.len() {
        meter(b.len())?;
        row[0] = i;
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (above[j - 1] + cost).min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row[j] = best;
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    Ok(above.last().copied().unwrap_or(0))
}

fn jaro(a: &[char], b: &[char], meter: Meter<'_>) -> Result<f64, Trap> {
    if a == b {
        return Ok(1.0);
    }
    if a.is_empty() || b.is_empty() {
        return Ok(0.0);
    }
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; b.len()];
    let mut matched = Vec::new();
    for (i, x) in a.iter().enumerate() {
        let from = i.saturating_sub(reach);
        let to = (i + reach + 1).min(b.len());
        meter(to.saturating_sub(from))?;
        if let Some(j) = (from..to).find(|&j| !taken[j] && b[j] == *x) {
            taken[j] = true;
            matched.push(*x);
        }
    }
    if matched.is_empty() {
        return Ok(0.0);
    }
    let other = b.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(y, _)| y);
    let moved = matched.iter().zip(other).filter(|(x, y)| x != y).count();
    let m = matched.len() as f64;
    let transpositions = (moved / 2) as f64;
    Ok((m / a.len() as f64 + m / b.len() as f64 + (m - transpositions) / m) / 3.0)
}

/// Soundex in which vowels do not separate equal codes.
fn soundex_code(s: &str) -> String {
    let digit = |c: char| match c.to_ascii_uppercase() {
        'B' | 'F' | 'P' | 'V' => Some('1'),
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => Some('2'),
        'D' | 'T' => Some('3'),
        'L' => Some('4'),
        'M' | 'N' => Some('5'),
        'R' => Some('6'),
        _ => None,
    };
    let mut letters = s.chars().filter(char::is_ascii_alphabetic);
    let Some(first) = letters.next() else {
        return "0000".to_owned();
    };
    let mut code = String::from(first.to_ascii_uppercase());
    let mut last = digit(first);
    for found in letters.filter_map(digit) {
        if Some(found) != last {
            code.push(found);
            last = Some(found);
        }
        if code.len() == 4 {
            break;
        }
    }
    while code.len() < 4 {
        code.push('0');
    }
    code
}

/// Start in `a` and length of the longest common run.
fn common_run(a: &[char], b: &[char], meter: Meter<'_>) -> Result<(usize, usize), Trap> {
    let (mut start, mut len) = (0, 0);
    let mut row = vec![0usize; b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        meter(b.len())?;
        let mut diagonal = 0;
        for (cell, y) in row[1..].iter_mut().zip(b) {
            let run = if x == y { diagonal + 1 } else { 0 };
            diagonal = *cell;
            *cell = run;
            if run > len {
                (start, len) = (i + 1 - run, run);
            }
        }
    }
    Ok((start, len))
}

fn common_subsequence(a: &[char], b: &[char], meter: Meter<'_>) -> Result<usize, Trap> {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        meter(b.len())?;
        let (mut diagonal, mut left) = (0, 0);
        for (cell, y) in row[1..].iter_mut().zip(b) {
            let best = if x == y { diagonal + 1 } else { left.max(*cell) };
            diagonal = *cell;
            *cell = best;
            left = best;
        }
    }
    Ok(row.last().copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Measure<T> = fn(&[char], &[char], Meter<'_>) -> Result<T, Trap>;

    fn both<T>(f: Measure<T>, a: &str, b: &str) -> T {
        let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
        f(&a, &b, &mut |_| Ok(())).expect("nothing is limited")
    }

    #[test]
    fn edit_distances() {
        assert_eq!(both(levenshtein, "kitten", "sitting"), 3);
        assert_eq!(both(levenshtein, "", "abc"), 3);
        assert_eq!(both(levenshtein, "ab", "ba"), 2);
        assert_eq!(both(alignment, "ab", "ba"), 1);
        assert_eq!(both(alignment, "ca", "abc"), 3);
    }

    #[test]
    fn jaro_of_known_pairs() {
        assert!((both(jaro, "MARTHA", "MARHTA") - 0.944_444).abs() < 1e-5);
        assert!((both(jaro, "DIXON", "DICKSONX") - 0.766_667).abs() < 1e-5);
        assert_eq!(both(jaro, "", ""), 1.0);
        assert_eq!(both(jaro, "", "x"), 0.0);
    }

    #[test]
    fn soundex_codes() {
        assert_eq!(soundex_code("Robert"), "R163");
        assert_eq!(soundex_code("Tymczak"), "T520");
        assert_eq!(soundex_code(""), "0000");
    }

    #[test]
    fn common_parts() {
        assert_eq!(both(common_run, "xabcy", "zabcq"), (1, 3));
        assert_eq!(both(common_subsequence, "AGGTAB", "GXTXAYB"), 4);
    }
}

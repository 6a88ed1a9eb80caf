//! Mutants of decoded modules: the listing of a module is changed and assembled again.
//!
//! Unlike damaged bytes these mutants are mostly well formed: registers, labels, operands and
//! declarations are exchanged for others of the same kind, so many pass the verifier and run.

use hyp_bytecode::container;
use hyp_bytecode::module::Module;
use hyp_bytecode::op::{Kind, Op, OpSpec};
use hyp_bytecode::text::{assemble, disassemble};

use crate::mutate::Random;

/// Constants that break careless arithmetic.
const NUMBERS: [&str; 14] = [
    "0.0",
    "-0.0",
    "1.0",
    "-1.0",
    "0.5",
    "255.0",
    "2147483648.0",
    "-2147483649.0",
    "9007199254740992.0",
    "1e300",
    "-1e300",
    "5e-324",
    "inf",
    "NaN",
];
/// Counts and immediates.
const COUNTS: [&str; 10] = ["0", "1", "2", "3", "7", "127", "128", "254", "255", "65536"];
/// Representations.
const REPS: [&str; 5] = ["any", "f64", "i64", "bool", "%0"];

/// Listings to start from.
pub struct Listings {
    seeds: Vec<Vec<String>>,
}

impl Listings {
    /// The listings of modules.
    #[must_use]
    pub fn new(modules: &[Module]) -> Listings {
        let lines = |module: &Module| disassemble(module).lines().map(str::to_owned).collect();
        Listings { seeds: modules.iter().map(lines).collect() }
    }

    /// Mutant number `index` as a container; `None` if the changed listing does not assemble.
    #[must_use]
    pub fn mutant(&self, index: u64) -> Option<Vec<u8>> {
        let mut random = Random::new(index);
        let mut lines = self.seeds[random.below(self.seeds.len())].clone();
        let changes = match random.below(3) {
            0 | 1 => 1,
            _ => 2 + random.below(4),
        };
        for _ in 0..changes {
            self.change(&mut lines, &mut random);
        }
        let module = assemble(&lines.join("\n")).ok()?;
        Some(container::write(&module))
    }

    fn change(&self, lines: &mut Vec<String>, random: &mut Random) {
        // Declarations are few; code is where the machine trusts the verifier.
        let wants_code = random.below(5) != 0;
        let chosen: Vec<usize> =
            (0..lines.len()).filter(|&i| is_code(&lines[i]) == wants_code).collect();
        let Some(&at) = chosen.get(random.below(chosen.len())) else { return };
        match random.below(12) {
            0 => {
                lines.remove(at);
            }
            1 => lines.insert(at, lines[at].clone()),
            2 if at + 1 < lines.len() => lines.swap(at, at + 1),
            3 => {
                let other = chosen[random.below(chosen.len())];
                let line = lines[other].clone();
                lines.insert(at, line);
            }
            4 => {
                let seed = &self.seeds[random.below(self.seeds.len())];
                let line = seed[random.below(seed.len())].clone();
                if is_code(&line) {
                    lines.insert(at, line);
                }
            }
            5 | 6 if wants_code => lines[at] = other_operation(&lines[at], random),
            _ => lines[at] = other_token(&lines[at], lines, at, random),
        }
    }
}

/// The instruction with another operation, mostly one with the same kinds of operands.
fn other_operation(line: &str, random: &mut Random) -> String {
    let name = line.split_whitespace().next().unwrap_or_default();
    let wanted = Op::from_name(name).map(|op| kinds(op.spec()));
    let alike: Vec<&Op> = Op::all().iter().filter(|op| Some(kinds(op.spec())) == wanted).collect();
    let pool =
        if alike.len() > 1 && random.below(4) != 0 { alike } else { Op::all().iter().collect() };
    line.replacen(name, pool[random.below(pool.len())].spec().name, 1)
}

fn kinds(spec: &OpSpec) -> Vec<Kind> {
    spec.operands.iter().map(|o| o.kind).collect()
}

/// Whether a line is an instruction.
fn is_code(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    line.starts_with("  ") && Op::from_name(word).is_some()
}

/// The line with one token exchanged for another of its kind.
fn other_token(line: &str, lines: &[String], at: usize, random: &mut Random) -> String {
    let tokens = tokens(line);
    if tokens.len() < 2 {
        return line.to_owned();
    }
    let (start, end) = tokens[1 + random.below(tokens.len() - 1)];
    let token = &line[start..end];
    let other = match token.as_bytes() {
        [b'r', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
            other_register(token, lines, at, random)
        }
        [b'L', ..] => borrowed(lines, at, 'L', random).unwrap_or_else(|| token.to_owned()),
        [b'@', ..] | [b'%', ..] => {
            let mark = char::from(token.as_bytes()[0]);
            format!("{mark}{}", random.below(6))
        }
        [b'd' | b'g', digits @ ..] if digits.first().is_some_and(u8::is_ascii_digit) => {
            format!("{}{}", &token[..1], random.below(6))
        }
        _ if token.contains(['.', 'e']) && token.parse::<f64>().is_ok() => {
            NUMBERS[random.below(NUMBERS.len())].to_owned()
        }
        _ if token.parse::<f64>().is_ok() => COUNTS[random.below(COUNTS.len())].to_owned(),
        _ if REPS.contains(&token) => REPS[random.below(REPS.len())].to_owned(),
        _ => match token.split_once('*') {
            Some((rep, _)) => format!("{rep}*{}", random.below(9)),
            None => token.to_owned(),
        },
    };
    format!("{}{other}{}", &line[..start], &line[end..])
}

/// A register of the same function, mostly with the same representation.
fn other_register(token: &str, lines: &[String], at: usize, random: &mut Random) -> String {
    let regs = lines[..at].iter().rev().find_map(|l| l.trim_start().strip_prefix("regs "));
    let mut reps = Vec::new();
    for word in regs.unwrap_or_default().split([',', '|', ' ']).filter(|w| !w.is_empty()) {
        let (rep, count) = word.split_once('*').unwrap_or((word, "1"));
        reps.extend(std::iter::repeat_n(rep, count.parse().unwrap_or(1)));
    }
    let own = token[1..].parse().ok().and_then(|n: usize| reps.get(n).copied());
    let same: Vec<usize> = (0..reps.len()).filter(|&i| Some(reps[i]) == own).collect();
    if same.len() > 1 && random.below(5) != 0 {
        return format!("r{}", same[random.below(same.len())]);
    }
    format!("r{}", random.below(reps.len() + 1))
}

/// A token with this first character from the lines around.
fn borrowed(lines: &[String], at: usize, first: char, random: &mut Random) -> Option<String> {
    let around = &lines[at.saturating_sub(40)..(at + 40).min(lines.len())];
    let found: Vec<&str> = around
        .iter()
        .flat_map(|l| tokens(l).into_iter().map(|(start, end)| &l[start..end]))
        .filter(|t| t.starts_with(first) && t[1..].parse::<u32>().is_ok())
        .collect();
    (!found.is_empty()).then(|| found[random.below(found.len())].to_owned())
}

/// Places of the tokens of a line, without texts in quotes and comments.
fn tokens(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices() {
        if matches!(c, '"' | ';') {
            break;
        }
        let is_part = !matches!(c, ' ' | ',' | '(' | ')' | '[' | ']' | '|' | ':');
        match (start, is_part) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                found.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    found.extend(start.map(|from| (from, line.trim_end().len())));
    found.retain(|(from, to)| from < to);
    found
}

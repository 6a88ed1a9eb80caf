//! Text predicates.

use hyp_bytecode::builtin::Builtin;
use regex::{Regex, RegexBuilder};
use regex_syntax::ast::ErrorKind;
use regex_syntax::ast::parse::ParserBuilder;

use super::args::Args;
use crate::limit::RegexLimits;
use crate::{Trap, Value, Vm, number};

/// Predicates of one text.
macro_rules! test {
    ($($name:ident = $row:ident($s:ident) $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let $s = Args::new(Builtin::$row, args).text(vm, 0)?;
            Ok(Value::bool($body))
        })+
    };
}

test! {
    is_valid_email = IsValidEmail(s) is_email(s);
    is_valid_url = IsValidUrl(s) is_url(s);
    is_valid_phone_number = IsValidPhoneNumber(s) is_phone_number(s);
    is_alphanumeric = IsAlphanumeric(s) !s.is_empty() && s.chars().all(char::is_alphanumeric);
    is_alphabetic = IsAlphabetic(s) !s.is_empty() && s.chars().all(char::is_alphabetic);
    is_numeric = IsNumeric(s) number::parse(s).is_some();
    is_digits = IsDigits(s) !s.is_empty() && s.chars().all(char::is_numeric);
    is_lowercase = IsLowercase(s)
        !s.is_empty() && s.chars().all(|c| c.is_lowercase() || !c.is_alphabetic());
    is_uppercase = IsUppercase(s)
        !s.is_empty() && s.chars().all(|c| c.is_uppercase() || !c.is_alphabetic());
}

/// `local@domain.tld` in ASCII.
fn is_email(s: &str) -> bool {
    let Some((local, domain)) = s.split_once('@') else { return false };
    let Some((host, top)) = domain.rsplit_once('.') else { return false };
    let all = |part: &str, others: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    all(local, "._%+-")
        && all(host, ".-")
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_alphabetic())
}

/// `http://` or `https://`, a host character, any character, then no white space.
fn is_url(s: &str) -> bool {
    let rest = s.strip_prefix("http").map(|rest| rest.strip_prefix('s').unwrap_or(rest));
    let Some(rest) = rest.and_then(|rest| rest.strip_prefix("://")) else { return false };
    let mut chars = rest.chars();
    let first = chars.next().is_some_and(|c| !c.is_whitespace() && !"/$.?#".contains(c));
    let second = chars.next().is_some_and(|c| c != '\n');
    first && second && !chars.any(char::is_whitespace)
}

fn is_phone_number(s: &str) -> bool {
    let kept: String = s.chars().filter(|c| !" -()".contains(*c)).collect();
    let digits = kept.strip_prefix('+').unwrap_or(&kept);
    (2..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Steps for compiling a pattern. Some take tens of milliseconds, so each is a reason to look whether
/// the program is to stop.
const COMPILE_STEPS: usize = 4096;
/// Compiled patterns that are kept.
const PATTERNS_MAX: usize = 32;

/// Compiled regular expressions, the last used one at the end; `None` for invalid ones.
pub(super) type Patterns = Vec<(String, Option<Regex>)>;

pub(super) fn matches_pattern(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::MatchesPattern, args);
    let pattern = args.text(vm, 1)?;
    args.text(vm, 0)?;
    let known = &vm.builtins.patterns;
    if known.last().is_none_or(|last| last.0 != pattern) {
        let entry = match known.iter().position(|entry| entry.0 == pattern) {
            Some(at) => vm.builtins.patterns.remove(at),
            None => {
                vm.charge(COMPILE_STEPS)?;
                let pattern = args.text(vm, 1)?;
                (pattern.to_owned(), compile(&args, pattern, vm.builtins.regex_limits)?)
            }
        };
        if vm.builtins.patterns.len() >= PATTERNS_MAX {
            vm.builtins.patterns.remove(0);
        }
        vm.builtins.patterns.push(entry);
    }
    let regex = vm.builtins.patterns.last().and_then(|entry| entry.1.as_ref());
    let text = args.text(vm, 0)?;
    Ok(Value::bool(regex.is_some_and(|regex| regex.is_match(text))))
}

/// The regular expression of a pattern; `None` if it is invalid.
fn compile(args: &Args<'_>, pattern: &str, limits: RegexLimits) -> Result<Option<Regex>, Trap> {
    let RegexLimits { pattern_bytes, program_bytes, nesting } = limits;
    let refused = |what: String| Err(args.error(&format!("refuses a pattern {what}")));
    if pattern.len() > pattern_bytes {
        return refused(format!("of more than {pattern_bytes} bytes"));
    }
    let built = RegexBuilder::new(pattern)
        .size_limit(program_bytes)
        .dfa_size_limit(program_bytes)
        .nest_limit(nesting)
        .build();
    match built {
        Ok(regex) => Ok(Some(regex)),
        Err(regex::Error::CompiledTooBig(_)) => {
            refused(format!("that compiles to more than {program_bytes} bytes"))
        }
        Err(_) if is_too_deep(pattern, nesting) => {
            refused(format!("nested more than {nesting} levels deep"))
        }
        Err(_) => Ok(None),
    }
}

fn is_too_deep(pattern: &str, nesting: u32) -> bool {
    let parsed = ParserBuilder::new().nest_limit(nesting).build().parse(pattern);
    parsed.is_err_and(|error| matches!(error.kind(), ErrorKind::NestLimitExceeded(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails() {
        assert!(is_email("user.name+tag@domain.co.uk"));
        for bad in ["invalid.email", "@example.com", "a@b", "a@b.c", "a@.com", "ä@b.de", "a@b@c.de"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn urls() {
        assert!(is_url("https://www.example.com/path"));
        assert!(is_url("https://a b"));
        for bad in
            ["not a url", "ftp://example.com", "http://a", "http:///x", "HTTP://ab", "https://ab c"]
        {
            assert!(!is_url(bad), "{bad}");
        }
    }

    #[test]
    fn phone_numbers() {
        assert!(is_phone_number("+49 (30) 1234-567"));
        for bad in ["030 123", "+", "1", "1234567890123456", "12a"] {
            assert!(!is_phone_number(bad), "{bad}");
        }
    }
}

//! Clock and calendar, in the local time zone.

use hyp_bytecode::builtin::Builtin;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::args::Args;
use crate::{Trap, Value, Vm};

/// Years beyond this have no calendar.
const YEAR_MAX: f64 = 262_143.0;

/// Parts of the current local time.
macro_rules! part {
    ($($name:ident($now:ident) $body:expr;)+) => {
        $(pub(super) fn $name(_vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
            let $now = Zoned::now();
            Ok(Value::num(f64::from($body)))
        })+
    };
}

part! {
    day_of_week(now) now.weekday().to_sunday_zero_offset();
    day_of_year(now) now.day_of_year();
    current_year(now) now.year();
    current_month(now) now.month();
    current_day(now) now.day();
    current_hour(now) now.hour();
    current_minute(now) now.minute();
    current_second(now) now.second();
}

pub(super) fn current_timestamp(_vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(Timestamp::now().as_second() as f64))
}

fn formatted(vm: &mut Vm, format: &str, time: &Zoned) -> Result<Value, Trap> {
    let failed = |why: &str| Trap::runtime(format!("Cannot format the time as '{format}': {why}"));
    if has_zone_name(format) {
        return Err(failed("unknown code %Q"));
    }
    let text = strtime::format(format, time).map_err(|e| failed(&e.to_string()))?;
    vm.new_string(&text)
}

/// Whether a format has the code `%Q`, which the library knows and the language does not.
fn has_zone_name(format: &str) -> bool {
    let mut chars = format.chars();
    while chars.any(|c| c == '%') {
        let is_modifier = |c: &char| "-_^#:.".contains(*c) || c.is_ascii_digit();
        if chars.by_ref().find(|c| !is_modifier(c)) == Some('Q') {
            return true;
        }
    }
    false
}

pub(super) fn current_date(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    formatted(vm, "%Y-%m-%d", &Zoned::now())
}

pub(super) fn current_time(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    formatted(vm, "%H:%M:%S", &Zoned::now())
}

pub(super) fn current_date_time(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    formatted(vm, "%Y-%m-%d %H:%M:%S", &Zoned::now())
}

pub(super) fn now(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    formatted(vm, "%Y-%m-%dT%H:%M:%SZ", &Timestamp::now().to_zoned(TimeZone::UTC))
}

pub(super) fn format_date_time(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::FormatDateTime, args);
    let time = match args.optional(1) {
        None => Zoned::now(),
        Some(_) => local_time(args.num(vm, 1)?)
            .ok_or_else(|| args.error("expected a timestamp between the years -9999 and 9999"))?,
    };
    let format = args.text(vm, 0)?.to_owned();
    formatted(vm, &format, &time)
}

/// Local time of seconds since 1970.
fn local_time(seconds: f64) -> Option<Zoned> {
    if seconds.is_nan() {
        return None;
    }
    let micros = (seconds * 1e6).round() as i64;
    Timestamp::from_microsecond(micros).ok().map(|t| t.to_zoned(TimeZone::system()))
}

pub(super) fn is_leap_year(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let year = Args::new(Builtin::IsLeapYear, args).whole(vm, 0)?;
    Ok(Value::bool(year.abs() <= YEAR_MAX && is_leap(year as i64)))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in_month(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DaysInMonth, args);
    let year = args.whole(vm, 0)?;
    let month = args.count(vm, 1)?;
    if year.abs() > YEAR_MAX {
        return Ok(Value::NULL);
    }
    let days = match month {
        2 if is_leap(year as i64) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return Ok(Value::NULL),
    };
    Ok(Value::from_usize(days))
}

pub(super) fn get_execution_time(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(vm.builtins.started.elapsed().as_secs_f64() * 1000.0))
}

#[cfg(test)]
mod tests {
    use super::has_zone_name;

    #[test]
    fn zone_names_are_found() {
        assert!(has_zone_name("%Y %:Q"));
        assert!(!has_zone_name("%Y%%Q %-d Q"));
    }
}

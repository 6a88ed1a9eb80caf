//! Arithmetic and number theory.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::debug::log_line;
use super::number_theory;
use crate::{Trap, Value, Vm, number};

/// Functions of one number that is passed straight to a Rust function.
macro_rules! unary {
    ($($name:ident = $row:ident($x:ident) $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let $x = Args::new(Builtin::$row, args).num(vm, 0)?;
            Ok(Value::num($body))
        })+
    };
}

/// Functions of two numbers.
macro_rules! binary {
    ($($name:ident = $row:ident($x:ident, $y:ident) $body:expr;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let args = Args::new(Builtin::$row, args);
            let $x = args.num(vm, 0)?;
            let $y = args.num(vm, 1)?;
            Ok(Value::num($body))
        })+
    };
}

unary! {
    sin = Sin(x) x.sin();
    cos = Cos(x) x.cos();
    tan = Tan(x) x.tan();
    sqrt = Sqrt(x) x.sqrt();
    log10 = Log10(x) x.log10();
    abs = Abs(x) x.abs();
    floor = Floor(x) x.floor();
    ceil = Ceil(x) x.ceil();
    asin = Asin(x) x.asin();
    acos = Acos(x) x.acos();
    atan = Atan(x) x.atan();
    sinh = Sinh(x) x.sinh();
    cosh = Cosh(x) x.cosh();
    tanh = Tanh(x) x.tanh();
    asinh = Asinh(x) x.asinh();
    acosh = Acosh(x) x.acosh();
    atanh = Atanh(x) x.atanh();
    cbrt = Cbrt(x) x.cbrt();
    log2 = Log2(x) x.log2();
    exp = Exp(x) x.exp();
    exp2 = Exp2(x) x.exp2();
    exp10 = Exp10(x) 10f64.powf(x);
    degrees_to_radians = DegreesToRadians(x) x * std::f64::consts::PI / 180.0;
    radians_to_degrees = RadiansToDegrees(x) x * 180.0 / std::f64::consts::PI;
    sign = Sign(x) if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 };
    trunc = Trunc(x) x.trunc();
    fract = Fract(x) x.fract();
}

binary! {
    pow = Pow(base, exponent) base.powf(exponent);
    atan2 = Atan2(y, x) y.atan2(x);
    log_base = LogBase(x, base) logarithm(x, base);
    hypot = Hypot(x, y) x.hypot(y);
    modulo = Mod(dividend, divisor) number::modulo(dividend, divisor);
    div = Div(dividend, divisor) (dividend / divisor).trunc();
}

fn logarithm(x: f64, base: f64) -> f64 {
    if base == 2.0 {
        x.log2()
    } else if base == 10.0 {
        x.log10()
    } else {
        x.ln() / base.ln()
    }
}

pub(super) fn log(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Log, args);
    if args.len() > 1 && args.value(0).is_string() {
        return log_line(vm, &args);
    }
    Ok(Value::num(args.num(vm, 0)?.ln()))
}

pub(super) fn round(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Round, args);
    let x = args.num(vm, 0)?;
    let digits = match args.optional(1) {
        Some(_) => args.int(vm, 1)?,
        None => 0,
    };
    Ok(Value::num(round_decimal(x, digits)))
}

/// Rounds half away from zero at a decimal place. Decimal text decides, so that `1.005` rounds the
/// way its shortest digits read.
pub(super) fn round_decimal(x: f64, digits: i64) -> f64 {
    if digits == 0 || !x.is_finite() {
        return x.round();
    }
    if digits > 330 {
        return x;
    }
    if digits < -330 {
        return 0.0_f64.copysign(x);
    }
    // `{:e}` gives the shortest digits; shifting their exponent is exact.
    let shifted = shift_exponent(x, digits);
    match shifted {
        Some(y) if y.is_finite() => shift_exponent(y.round(), -digits).unwrap_or(x),
        _ => x,
    }
}

fn shift_exponent(x: f64, by: i64) -> Option<f64> {
    let text = format!("{x:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent = exponent.parse::<i64>().ok()?.checked_add(by)?;
    format!("{mantissa}e{exponent}").parse().ok()
}

pub(super) fn min(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    extreme(vm, Args::new(Builtin::Min, args), number::min)
}

pub(super) fn max(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    extreme(vm, Args::new(Builtin::Max, args), number::max)
}

fn extreme(vm: &mut Vm, args: Args<'_>, choose: fn(f64, f64) -> f64) -> Result<Value, Trap> {
    if args.value(0).is_array() {
        let numbers = args.numbers(vm, 0)?;
        return Ok(numbers.into_iter().reduce(choose).map_or(Value::NULL, Value::num));
    }
    let a = args.num(vm, 0)?;
    if args.len() < 2 {
        return Err(args.missing(1));
    }
    let b = args.num(vm, 1)?;
    Ok(Value::num(choose(a, b)))
}

pub(super) fn clamp(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Clamp, args);
    let (value, low, high) = (args.num(vm, 0)?, args.num(vm, 1)?, args.num(vm, 2)?);
    Ok(Value::num(if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }))
}

pub(super) fn is_in_range(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::IsInRange, args);
    let (value, low, high) = (args.num(vm, 0)?, args.num(vm, 1)?, args.num(vm, 2)?);
    Ok(Value::bool(low <= value && value <= high))
}

pub(super) fn is_even(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let n = Args::new(Builtin::IsEven, args).num(vm, 0)?;
    Ok(Value::bool(number::modulo(n, 2.0) == 0.0))
}

pub(super) fn factorial(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let n = Args::new(Builtin::Factorial, args).whole(vm, 0)?;
    let result = if n < 0.0 {
        f64::NAN
    } else if n > 170.0 {
        f64::INFINITY
    } else {
        (2..=n as u32).map(f64::from).product()
    };
    Ok(Value::num(result))
}

pub(super) fn fibonacci(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let n = Args::new(Builtin::Fibonacci, args).whole(vm, 0)?;
    if n <= 1.0 {
        return Ok(Value::num(n));
    }
    // F(1477) is the first that exceeds the largest double.
    let (mut a, mut b) = (0.0_f64, 1.0_f64);
    for _ in 1..n.min(1500.0) as u32 {
        (a, b) = (b, a + b);
        if b.is_infinite() {
            break;
        }
    }
    Ok(Value::num(b))
}

pub(super) fn gcd(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Gcd, args);
    let (a, b) = (args.int(vm, 0)?, args.int(vm, 1)?);
    Ok(Value::num(number_theory::gcd(a.unsigned_abs(), b.unsigned_abs()) as f64))
}

pub(super) fn lcm(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Lcm, args);
    let (a, b) = (args.int(vm, 0)?.unsigned_abs(), args.int(vm, 1)?.unsigned_abs());
    if a == 0 || b == 0 {
        return Ok(Value::ZERO);
    }
    let product = u128::from(a / number_theory::gcd(a, b)) * u128::from(b);
    Ok(Value::num(product as f64))
}

pub(super) fn is_prime(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let n = Args::new(Builtin::IsPrime, args).int(vm, 0)?;
    Ok(Value::bool(u64::try_from(n).is_ok_and(number_theory::is_prime)))
}

pub(super) fn next_prime(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    /// The largest prime below 2^53.
    const LARGEST: f64 = 9_007_199_254_740_881.0;
    let args = Args::new(Builtin::NextPrime, args);
    let n = args.num(vm, 0)?;
    if n.is_nan() || n < 2.0 {
        return Ok(Value::num(2.0));
    }
    if n >= LARGEST {
        return Err(args.error("expected a number below 9007199254740881"));
    }
    let mut candidate = n.floor() as u64 + 1;
    while !number_theory::is_prime(candidate) {
        candidate += 1;
    }
    Ok(Value::num(candidate as f64))
}

pub(super) fn prime_factors(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    let args = Args::new(Builtin::PrimeFactors, args);
    let n = args.num(vm, 0)?;
    if n.fract() != 0.0 || n > LARGEST {
        return Err(args.error("expected a whole number up to 2^53"));
    }
    let factors = if n < 2.0 { Vec::new() } else { number_theory::prime_factors(n as u64) };
    let factors: Vec<Value> = factors.into_iter().map(|p| Value::num(p as f64)).collect();
    vm.new_array(&factors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_follows_the_shortest_digits() {
        assert_eq!(round_decimal(1.005, 2), 1.01);
        assert_eq!(round_decimal(-2.5, 0), -3.0);
        assert_eq!(round_decimal(0.499_999_999_999_999_94, 0), 0.0);
        assert_eq!(round_decimal(1250.0, -2), 1300.0);
        assert_eq!(round_decimal(2.345e300, 5), 2.345e300);
        assert_eq!(round_decimal(5e-324, 400), 5e-324);
        assert_eq!(round_decimal(f64::INFINITY, 3), f64::INFINITY);
        assert_eq!(round_decimal(f64::MAX, -308), f64::INFINITY);
    }
}

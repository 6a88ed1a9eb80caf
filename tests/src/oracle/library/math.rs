//! Arithmetic and number theory.

use super::super::machine::{Machine, Stop};
use super::super::value::Value;
use super::{Answer, Call, lacks};

impl<'a> Machine<'_, 'a> {
    pub(super) fn math(&mut self, call: &Call<'a>) -> Answer<'a> {
        if let Some(f) = one_argument(call.name) {
            if call.name == "Log" && matches!(call.value(0), Value::Text(_)) {
                return lacks("logging");
            }
            let x = self.num(call, 0)?;
            return Ok(Some(Value::Number(f(x))));
        }
        let n = |i| self.num(call, i);
        Ok(Some(Value::Number(match call.name {
            "Pow" => n(0)?.powf(n(1)?),
            "Atan2" => n(0)?.atan2(n(1)?),
            "Hypot" => n(0)?.hypot(n(1)?),
            "Mod" => n(0)? % n(1)?,
            "Div" => (n(0)? / n(1)?).trunc(),
            "Min" | "Max" if matches!(call.value(0), Value::Array(_)) => return Ok(None),
            "Min" => least(n(0)?, n(1)?),
            "Max" => -least(-n(0)?, -n(1)?),
            "Clamp" => {
                let (value, min, max) = (n(0)?, n(1)?, n(2)?);
                if value < min {
                    min
                } else if value > max {
                    max
                } else {
                    value
                }
            }
            "Round" => {
                let (x, digits) = (n(0)?, if call.has(1) { self.whole(call, 1)? } else { 0.0 });
                if digits != 0.0 {
                    return lacks("Round to digits");
                }
                x.round()
            }
            "Gcd" => gcd(self.whole(call, 0)?, self.whole(call, 1)?)?,
            "Lcm" => {
                let (a, b) = (self.whole(call, 0)?, self.whole(call, 1)?);
                if a == 0.0 || b == 0.0 { 0.0 } else { (a / gcd(a, b)? * b).abs() }
            }
            "Factorial" => {
                let x = self.whole(call, 0)?;
                if x < 0.0 {
                    f64::NAN
                } else if x > 170.0 {
                    f64::INFINITY
                } else {
                    (2..=x as u32).fold(1.0, |product, k| product * f64::from(k))
                }
            }
            "Fibonacci" => {
                let x = self.whole(call, 0)?;
                if x < 2.0 {
                    x
                } else if x > 78.0 {
                    return lacks("Fibonacci beyond 78");
                } else {
                    (1..x as u32).fold((0.0, 1.0), |(a, b), _| (b, a + b)).1
                }
            }
            "IsPrime" => return Ok(Some(Value::Bool(is_prime(self.whole(call, 0)?)?))),
            "IsEven" => return Ok(Some(Value::Bool(n(0)? % 2.0 == 0.0))),
            "IsInRange" => {
                return Ok(Some(Value::Bool(n(0)? >= n(1)? && n(0)? <= n(2)?)));
            }
            "NextPrime" => {
                let mut candidate = n(0)?.floor() + 1.0;
                if candidate > 1e6 {
                    return lacks("large primes");
                }
                candidate = candidate.max(2.0);
                while !is_prime(candidate)? {
                    candidate += 1.0;
                }
                candidate
            }
            "PrimeFactors" => {
                let mut rest = n(0)?;
                if rest.fract() != 0.0 || rest.is_nan() || rest.abs() > 1e12 {
                    return lacks("large primes");
                }
                let mut factors = Vec::new();
                let mut divisor = 2.0;
                while rest >= 2.0 {
                    if divisor * divisor > rest {
                        divisor = rest;
                    }
                    if rest % divisor == 0.0 {
                        factors.push(Value::Number(divisor));
                        rest /= divisor;
                    } else {
                        divisor += 1.0;
                    }
                }
                return Ok(Some(Value::array(factors)));
            }
            "LogBase" => return lacks("LogBase"),
            "IsLeapYear" => {
                let year = self.whole(call, 0)?;
                return Ok(Some(Value::Bool(is_leap(year))));
            }
            "DaysInMonth" => {
                let (year, month) = (self.whole(call, 0)?, self.whole(call, 1)?);
                return Ok(Some(match month as i64 {
                    2 => Value::Number(if is_leap(year) { 29.0 } else { 28.0 }),
                    4 | 6 | 9 | 11 => Value::Number(30.0),
                    1 | 3 | 5 | 7 | 8 | 10 | 12 => Value::Number(31.0),
                    _ => Value::Null,
                }));
            }
            _ => return Ok(None),
        })))
    }
}

fn is_leap(year: f64) -> bool {
    year % 4.0 == 0.0 && (year % 100.0 != 0.0 || year % 400.0 == 0.0)
}

fn one_argument(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "Sin" => f64::sin,
        "Cos" => f64::cos,
        "Tan" => f64::tan,
        "Asin" => f64::asin,
        "Acos" => f64::acos,
        "Atan" => f64::atan,
        "Sinh" => f64::sinh,
        "Cosh" => f64::cosh,
        "Tanh" => f64::tanh,
        "Sqrt" => f64::sqrt,
        "Log" => f64::ln,
        "Log10" => f64::log10,
        "Log2" => f64::log2,
        "Exp" => f64::exp,
        "Abs" => f64::abs,
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        "Trunc" => f64::trunc,
        "Fract" => f64::fract,
        "Sign" => |x| {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                0.0
            }
        },
        "DegreesToRadians" => |x| x * std::f64::consts::PI / 180.0,
        "RadiansToDegrees" => |x| x * 180.0 / std::f64::consts::PI,
        _ => return None,
    })
}

/// The smaller number; NaN is ignored and -0 is less than 0.
pub(super) fn least(a: f64, b: f64) -> f64 {
    if a.is_nan() {
        b
    } else if b.is_nan() || a < b || (a == b && a.is_sign_negative()) {
        a
    } else {
        b
    }
}

fn gcd<'a>(a: f64, b: f64) -> Result<f64, Stop<'a>> {
    let (mut a, mut b) = (a.abs(), b.abs());
    if a.is_nan() || b.is_nan() || a.max(b) > 9e15 {
        return lacks("large divisors");
    }
    while b != 0.0 {
        (a, b) = (b, a % b);
    }
    Ok(a)
}

fn is_prime<'a>(n: f64) -> Result<bool, Stop<'a>> {
    if n < 2.0 {
        return Ok(false);
    }
    if n > 1e12 {
        return lacks("large primes");
    }
    let mut divisor = 2.0;
    while divisor * divisor <= n {
        if n % divisor == 0.0 {
            return Ok(false);
        }
        divisor += 1.0;
    }
    Ok(true)
}

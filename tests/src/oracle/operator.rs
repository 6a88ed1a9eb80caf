//! Operators on values (4.5).

use std::cmp::Ordering;

use hyp_grammar::operator::{BinaryOp, RangeOp, UnaryOp};
use hyp_grammar::span::Span;

use super::machine::{Eval, Machine, Stop};
use super::value::{Value, parse_number};

/// Most elements of a range that becomes an array.
const RANGE_MAX: usize = 1 << 24;

impl<'a> Machine<'_, 'a> {
    /// ToNumber (4.4.5).
    pub(crate) fn number(&self, value: &Value<'a>, span: Span) -> Result<f64, Stop<'a>> {
        match value {
            Value::Number(n) => Ok(*n),
            Value::Bool(b) => Ok(f64::from(u8::from(*b))),
            Value::Text(text) => parse_number(text).ok_or_else(|| {
                self.fault("type", format!("Cannot convert '{text}' to number"), span)
            }),
            _ => Err(self.fault("type", "Cannot convert to number", span)),
        }
    }

    pub(crate) fn unary(&self, op: UnaryOp, value: &Value<'a>, span: Span) -> Eval<'a> {
        Ok(match op {
            UnaryOp::Not => Value::Bool(!value.truthy()),
            UnaryOp::Neg => Value::Number(-self.number(value, span)?),
            UnaryOp::Plus => Value::Number(self.number(value, span)?),
            UnaryOp::BitNot => Value::Number(f64::from(!to_int32(self.number(value, span)?))),
            UnaryOp::Await => value.clone(),
        })
    }

    /// Every binary operator that evaluates both operands.
    pub(crate) fn binary(
        &self,
        op: BinaryOp,
        a: &Value<'a>,
        b: &Value<'a>,
        span: Span,
    ) -> Eval<'a> {
        match op {
            BinaryOp::Eq => return Ok(Value::Bool(a.equals(b))),
            BinaryOp::Ne => return Ok(Value::Bool(!a.equals(b))),
            BinaryOp::Add if is_text(a) || is_text(b) => {
                let text = a.display() + &b.display();
                if text.len() > 64 << 20 {
                    return Err(Stop::Unsupported("long text".to_owned()));
                }
                return Ok(Value::text(text));
            }
            BinaryOp::Pow => {
                if let (Value::Bool(x), Value::Bool(y)) = (a, b) {
                    return Ok(Value::Bool(x != y));
                }
            }
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                return self.compare(op, a, b, span);
            }
            _ => {}
        }
        let x = self.number(a, span)?;
        let y = self.number(b, span)?;
        let bits = |f: fn(i32, i32) -> i32| f64::from(f(to_int32(x), to_int32(y)));
        Ok(Value::Number(match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x * y,
            BinaryOp::Div => x / y,
            BinaryOp::Rem => x % y,
            BinaryOp::Pow => x.powf(y),
            BinaryOp::BitAnd => bits(|p, q| p & q),
            BinaryOp::BitOr => bits(|p, q| p | q),
            BinaryOp::BitXor => bits(|p, q| p ^ q),
            BinaryOp::ShiftDeeper => bits(|p, q| p.wrapping_shl(q as u32 & 31)),
            BinaryOp::ShiftLighter => bits(|p, q| p >> (q as u32 & 31)),
            _ => return Err(Stop::Unsupported(format!("operator {}", op.symbol()))),
        }))
    }

    fn compare(&self, op: BinaryOp, a: &Value<'a>, b: &Value<'a>, span: Span) -> Eval<'a> {
        let order = match (a, b) {
            (Value::Text(x), Value::Text(y)) => Some(x.chars().cmp(y.chars())),
            _ => {
                let x = self.number(a, span)?;
                let y = self.number(b, span)?;
                x.partial_cmp(&y)
            }
        };
        Ok(Value::Bool(order.is_some_and(|order| match op {
            BinaryOp::Lt => order == Ordering::Less,
            BinaryOp::Le => order != Ordering::Greater,
            BinaryOp::Gt => order == Ordering::Greater,
            _ => order != Ordering::Less,
        })))
    }

    /// The numbers of a range.
    pub(crate) fn range(
        &self,
        op: RangeOp,
        from: &Value<'a>,
        to: &Value<'a>,
        step: Option<&Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        let from = self.number(from, span)?;
        let to = self.number(to, span)?;
        let step = step.map_or(Ok(1.0), |step| self.number(step, span))?;
        if step <= 0.0 || !from.is_finite() || !step.is_finite() {
            return Err(Stop::Unsupported("odd range".to_owned()));
        }
        let mut items = Vec::new();
        loop {
            let offset = items.len() as f64 * step;
            let at = if op == RangeOp::DownTo { from - offset } else { from + offset };
            let inside = match op {
                RangeOp::UpTo => at <= to,
                RangeOp::Until => at < to,
                RangeOp::DownTo => at >= to,
            };
            if !inside {
                return Ok(Value::array(items));
            }
            if items.len() >= RANGE_MAX {
                return Err(Stop::Unsupported("long range".to_owned()));
            }
            items.push(Value::Number(at));
        }
    }
}

fn is_text(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(_))
}

/// The number modulo 2^32 as a signed integer, as JavaScript converts.
pub(crate) fn to_int32(n: f64) -> i32 {
    if !n.is_finite() {
        return 0;
    }
    let wrapped = n.trunc().rem_euclid(4_294_967_296.0);
    wrapped as u32 as i32
}

//! Conversion, type tests, errors, input.

use super::super::machine::{Machine, Stop};
use super::super::value::{Value, parse_number};
use super::{Answer, Call, lacks};

impl<'a> Machine<'_, 'a> {
    pub(super) fn core(&mut self, call: &Call<'a>) -> Answer<'a> {
        let v = call.value(0);
        Ok(Some(match call.name {
            "ToInt" => {
                let n = self.num(call, 0)?.trunc();
                Value::Number(n as i64 as f64)
            }
            "ToDouble" => {
                let text = self.text_arg(call, 0)?;
                match parse_number(&text) {
                    Some(n) => Value::Number(n),
                    None => return lacks("ToDouble of other text"),
                }
            }
            "ToString" => Value::text(v.display()),
            "ToBoolean" => Value::Bool(match &v {
                Value::Text(text) => {
                    matches!(text.to_lowercase().as_str(), "true" | "1" | "yes")
                }
                other => other.truthy(),
            }),
            "ToNumber" => match &v {
                Value::Text(text) => match parse_number(text.trim()) {
                    Some(n) => Value::Number(n),
                    None => {
                        let message = format!("Cannot convert '{text}' to number");
                        return Err(self.fault("type", message, call.span));
                    }
                },
                other => Value::Number(self.number(other, call.span)?),
            },
            "TypeOf" => Value::text(match &v {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::Text(_) => "string",
                Value::Array(_) => "array",
                Value::Dict(_) => "object",
                Value::Record(_) => "record",
                Value::Error(_) => "error",
                Value::Promise(_) => "promise",
                Value::Session(_) | Value::Instance(_) => "session",
                _ => "function",
            }),
            "IsNull" => Value::Bool(v.is_null()),
            "IsDefined" => Value::Bool(!v.is_null()),
            "IsNumber" => Value::Bool(matches!(v, Value::Number(_))),
            "IsString" => Value::Bool(matches!(v, Value::Text(_))),
            "IsBoolean" => Value::Bool(matches!(v, Value::Bool(_))),
            "IsArray" => Value::Bool(matches!(v, Value::Array(_))),
            "IsObject" => Value::Bool(matches!(v, Value::Dict(_) | Value::Record(_))),
            "IsNullOrEmpty" => Value::Bool(match &v {
                Value::Null => true,
                Value::Text(text) => text.is_empty(),
                Value::Array(items) => items.borrow().is_empty(),
                Value::Dict(dict) => dict.borrow().len() == 0,
                _ => false,
            }),
            "DeepEquals" => Value::Bool(v.same(&call.value(1))),
            "Throw" => return Err(self.fault("user", v.display(), call.span)),
            "Exit" => {
                let code = if call.has(0) { self.whole(call, 0)? } else { 0.0 };
                return Err(Stop::Exit(code as i32));
            }
            "InputProvider" => {
                if call.has(0) {
                    self.out.borrow_mut().push_str(&v.display());
                }
                self.read_line().map_or(Value::Null, Value::text)
            }
            "GetArgs" => Value::array(self.setting.args.iter().map(Value::text).collect()),
            _ => return Ok(None),
        }))
    }
}

//! Dictionaries.

use std::cell::RefCell;
use std::rc::Rc;

use super::super::machine::{Machine, Stop};
use super::super::value::{Dict, Key, Value};
use super::json;
use super::{Answer, Call, lacks};

impl<'a> Machine<'_, 'a> {
    fn dict_arg(&self, call: &Call<'a>, i: usize) -> Result<Rc<RefCell<Dict<'a>>>, Stop<'a>> {
        match call.value(i) {
            Value::Dict(dict) => Ok(dict),
            Value::Text(text) => match json::parse(&text) {
                Some(Value::Dict(dict)) => Ok(dict),
                _ => lacks("odd dictionary text"),
            },
            Value::Record(_) => lacks("record as dictionary"),
            _ => lacks("odd dictionary"),
        }
    }

    fn key_arg(&self, call: &Call<'a>, i: usize) -> Result<Key, Stop<'a>> {
        let key = Key::of(&call.value(i));
        key.ok_or_else(|| self.wrong_value(call, "string, number or boolean", i))
    }

    pub(super) fn dictionary(&mut self, call: &Call<'a>) -> Answer<'a> {
        Ok(Some(match call.name {
            "DictCreate" => Value::dict(Dict::default()),
            "DictFromJson" | "ParseJSON" => match json::parse(&self.text_arg(call, 0)?) {
                Some(value @ Value::Dict(_)) => value,
                Some(value) if call.name == "ParseJSON" => value,
                Some(_) => Value::dict(Dict::default()),
                None => return lacks("invalid JSON"),
            },
            "StringifyJSON" | "DictToJson" => {
                let value = match call.name {
                    "DictToJson" => Value::Dict(self.dict_arg(call, 0)?),
                    _ => call.value(0),
                };
                let mut text = String::new();
                if !json::write(self, &value, &mut text, 0) {
                    return lacks("JSON of other values");
                }
                Value::text(text)
            }
            "DictGet" => {
                let dict = self.dict_arg(call, 0)?;
                let key = self.key_arg(call, 1)?;
                dict.borrow().get(&key).cloned().unwrap_or(Value::Null)
            }
            "DictHasKey" => {
                if let Value::Record(record) = call.value(0) {
                    let key = call.value(1);
                    let has = |name| matches!(&key, Value::Text(t) if self.name(name) == &**t);
                    return Ok(Some(Value::Bool(record.fields.iter().any(|(n, _)| has(*n)))));
                }
                let dict = self.dict_arg(call, 0)?;
                let key = self.key_arg(call, 1)?;
                Value::Bool(dict.borrow().get(&key).is_some())
            }
            "DictSet" => {
                let dict = self.dict_arg(call, 0)?;
                let key = self.key_arg(call, 1)?;
                dict.borrow_mut().set(key, call.value(2));
                Value::Dict(dict)
            }
            "DictRemove" => {
                let dict = self.dict_arg(call, 0)?;
                let key = self.key_arg(call, 1)?;
                dict.borrow_mut().remove(&key);
                Value::Dict(dict)
            }
            "DictClear" => {
                let dict = self.dict_arg(call, 0)?;
                dict.borrow_mut().clear();
                Value::Dict(dict)
            }
            "DictKeys" => {
                let dict = self.dict_arg(call, 0)?;
                let keys = dict.borrow().iter().map(|(k, _)| k.value()).collect();
                Value::array(keys)
            }
            "DictValues" => {
                let dict = self.dict_arg(call, 0)?;
                let values = dict.borrow().iter().map(|(_, v)| v.clone()).collect();
                Value::array(values)
            }
            "DictSize" => Value::Number(self.dict_arg(call, 0)?.borrow().len() as f64),
            "DictIsEmpty" => Value::Bool(self.dict_arg(call, 0)?.borrow().len() == 0),
            "DictMerge" => {
                let (a, b) = (self.dict_arg(call, 0)?, self.dict_arg(call, 1)?);
                let mut merged = Dict::default();
                for (key, value) in a.borrow().iter().chain(b.borrow().iter()) {
                    merged.set(key.clone(), value.clone());
                }
                Value::dict(merged)
            }
            "DictFilter" | "DictMap" => {
                let dict = self.dict_arg(call, 0)?;
                let f = self.function_arg(call, 1)?;
                let entries: Vec<_> = dict.borrow().iter().cloned().collect();
                let mut made = Dict::default();
                for (key, value) in entries {
                    let result = self.call(&f, vec![key.value(), value.clone()], call.span)?;
                    if call.name == "DictMap" {
                        made.set(key, result);
                    } else if result.truthy() {
                        made.set(key, value);
                    }
                }
                Value::dict(made)
            }
            _ => return Ok(None),
        }))
    }
}

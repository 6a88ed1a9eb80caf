//! Arrays as sets.

use super::super::machine::Machine;
use super::super::value::{Dict, Key, Value};
use super::{Answer, Call};

impl<'a> Machine<'_, 'a> {
    pub(super) fn collection(&mut self, call: &Call<'a>) -> Answer<'a> {
        let known = matches!(
            call.name,
            "ArrayDistinct"
                | "RemoveDuplicates"
                | "ToSet"
                | "SetSize"
                | "Union"
                | "Intersection"
                | "Difference"
                | "SymmetricDifference"
                | "IsSubset"
                | "IsSuperset"
                | "IsDisjoint"
                | "Frequency"
                | "CartesianProduct"
        );
        if !known {
            return Ok(None);
        }
        let a = self.items(call, 0)?;
        let single = matches!(
            call.name,
            "ArrayDistinct" | "RemoveDuplicates" | "ToSet" | "SetSize" | "Frequency"
        );
        let b = if single { Vec::new() } else { self.items(call, 1)? };
        let inside = |set: &[Value<'a>], v: &Value<'a>| set.iter().any(|w| w.equals(v));
        let only = |from: &[Value<'a>], not: &[Value<'a>]| -> Vec<Value<'a>> {
            from.iter().filter(|v| !inside(not, v)).cloned().collect()
        };
        Ok(Some(match call.name {
            "ArrayDistinct" | "RemoveDuplicates" | "ToSet" => Value::array(distinct(a)),
            "SetSize" => Value::Number(distinct(a).len() as f64),
            "Union" => Value::array(distinct(a.into_iter().chain(b).collect())),
            "Intersection" => {
                Value::array(distinct(a.into_iter().filter(|v| inside(&b, v)).collect()))
            }
            "Difference" => Value::array(distinct(only(&a, &b))),
            "SymmetricDifference" => {
                Value::array(distinct(only(&a, &b).into_iter().chain(only(&b, &a)).collect()))
            }
            "IsSubset" => Value::Bool(a.iter().all(|v| inside(&b, v))),
            "IsSuperset" => Value::Bool(b.iter().all(|v| inside(&a, v))),
            "IsDisjoint" => Value::Bool(!a.iter().any(|v| inside(&b, v))),
            "Frequency" => {
                let mut counts: Dict<'a> = Dict::default();
                for item in a {
                    let key =
                        Key::of(&item).unwrap_or_else(|| Key::Text(item.display().as_str().into()));
                    let n = match counts.get(&key) {
                        Some(Value::Number(n)) => n + 1.0,
                        _ => 1.0,
                    };
                    counts.set(key, Value::Number(n));
                }
                Value::dict(counts)
            }
            _ => {
                self.check_elements(a.len() * b.len(), call)?;
                let pair = |x: &Value<'a>, y: &Value<'a>| Value::array(vec![x.clone(), y.clone()]);
                Value::array(a.iter().flat_map(|x| b.iter().map(|y| pair(x, y))).collect())
            }
        }))
    }
}

fn distinct(items: Vec<Value<'_>>) -> Vec<Value<'_>> {
    let mut kept: Vec<Value<'_>> = Vec::new();
    for item in items {
        if !kept.iter().any(|k| k.equals(&item)) {
            kept.push(item);
        }
    }
    kept
}

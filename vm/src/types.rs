//! Run-time type tests and checks.

use hyp_bytecode::module::{Desc, TypeKind};
use hyp_bytecode::rep::{Rep, TypeId};

use crate::elements::Elements;
use crate::error::Trap;
use crate::object::Kind;
use crate::value::Value;
use crate::vm::Vm;

/// How a test treats element types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Annotations: elements are not looked at.
    Shallow,
    /// Patterns: exactly what the type says, elements included.
    Exact,
}

impl Vm {
    /// Whether a value may be stored where this representation is promised.
    pub(crate) fn fits(&self, rep: Rep, v: Value) -> bool {
        match rep {
            Rep::Any => true,
            Rep::F64 => v.is_num(),
            Rep::I64 | Rep::Bool => false,
            Rep::Ref(id) => v.is_null() || self.has_type_id(v, id),
        }
    }

    fn has_type_id(&self, v: Value, id: TypeId) -> bool {
        match id {
            TypeId::FUNCTION => {
                matches!(v.kind(), Some(Kind::Closure | Kind::Bound | Kind::Session))
            }
            // SAFETY: `is_heap`, so `v` refers to a live object.
            _ => v.is_heap() && unsafe { (*v.ptr()).type_id } == id.0,
        }
    }

    /// What messages call a representation.
    pub(crate) fn rep_name(&self, rep: Rep) -> String {
        match rep {
            Rep::F64 | Rep::I64 => "number".to_owned(),
            Rep::Bool => "boolean".to_owned(),
            Rep::Any => "any".to_owned(),
            Rep::Ref(TypeId::STRING) => "string".to_owned(),
            Rep::Ref(TypeId::ARRAY) => "array".to_owned(),
            Rep::Ref(TypeId::OBJECT) => "object".to_owned(),
            Rep::Ref(TypeId::FUNCTION) => "function".to_owned(),
            Rep::Ref(id) => self.type_label(id),
        }
    }

    fn type_label(&self, id: TypeId) -> String {
        self.module
            .type_def(id)
            .map_or_else(|| "value".to_owned(), |d| self.module.str(d.name).to_owned())
    }

    /// `expected number, got string (place)`.
    #[cold]
    pub(crate) fn mismatch(&self, expected: &str, v: Value, place: &str) -> Trap {
        let got = self.type_name(v);
        let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
        Trap::type_error(format!("expected {expected}, got {got}{place}"))
    }

    /// Whether a value matches a descriptor.
    pub(crate) fn matches(&self, desc: &Desc, v: Value, strictness: Strictness) -> bool {
        match desc {
            Desc::Any => true,
            Desc::Null => v.is_null(),
            Desc::Number => v.is_num(),
            Desc::Boolean => v.is_bool(),
            Desc::Nullable(inner) => v.is_null() || self.matches(inner, v, strictness),
            Desc::Union(parts) => parts.iter().any(|p| self.matches(p, v, strictness)),
            Desc::String => v.is_string(),
            Desc::Array(element) => self.matches_array(element, v, strictness),
            Desc::Object => matches!(v.kind(), Some(Kind::Object | Kind::Record | Kind::Error)),
            Desc::Function => v.is_callable(),
            Desc::Instance => v.is_instance(),
            Desc::Promise => v.is_promise(),
            Desc::Named(id) => self.type_of_instance(v) == Some(*id),
        }
    }

    fn matches_array(&self, element: &Desc, v: Value, strictness: Strictness) -> bool {
        if !v.is_array() || strictness == Strictness::Shallow || *element == Desc::Any {
            return v.is_array();
        }
        // Nesting follows the descriptor's, which is limited, so cycles end.
        match (self.array_items(v), element) {
            (Elements::Bools(_), Desc::Boolean) => true,
            (items, _) => items.iter().all(|item| self.matches(element, item, strictness)),
        }
    }

    /// The value as the descriptor demands: itself, or the record that an object becomes.
    pub(crate) fn check_desc(&mut self, desc: &Desc, v: Value, place: &str) -> Result<Value, Trap> {
        if self.matches(desc, v, Strictness::Shallow) {
            return Ok(v);
        }
        if v.is_object() {
            for id in record_types(desc) {
                if let Some(record) = self.record_from_object(id, v)? {
                    return Ok(record);
                }
            }
        }
        Err(self.mismatch(&self.place_name(desc), v, place))
    }

    /// The record with an object's fields, if it has all required ones, no others, and all fit.
    fn record_from_object(&mut self, id: TypeId, v: Value) -> Result<Option<Value>, Trap> {
        let module = std::sync::Arc::clone(&self.module);
        let Some(def) = module.type_def(id).filter(|d| d.kind == TypeKind::Record) else {
            return Ok(None);
        };
        let mut fields = Vec::with_capacity(def.fields.len());
        let mut taken = 0;
        for field in &def.fields {
            let value = self.object_get_str(v, module.str(field.name));
            taken += usize::from(value.is_some());
            let value = match value {
                None if !field.is_optional => return Ok(None),
                other => other.unwrap_or(Value::NULL),
            };
            let desc = module.descs.get(field.desc.0 as usize).unwrap_or(&Desc::Any);
            let fits =
                self.fits(field.rep, value) && self.matches(desc, value, Strictness::Shallow);
            let is_absent = value.is_null() && field.is_optional && self.fits(field.rep, value);
            if !(fits || is_absent) {
                return Ok(None);
            }
            fields.push(value);
        }
        if taken != self.object_len(v) {
            return Ok(None);
        }
        self.new_record(id, &fields).map(Some)
    }

    /// What messages call the type of a place: null is admitted by every reference-like type, so
    /// it is named only where it makes a difference.
    pub(crate) fn place_name(&self, desc: &Desc) -> String {
        match desc {
            Desc::Nullable(inner) if !matches!(**inner, Desc::Number | Desc::Boolean) => {
                self.desc_name(inner)
            }
            _ => self.desc_name(desc),
        }
    }

    /// What messages call a descriptor.
    pub(crate) fn desc_name(&self, desc: &Desc) -> String {
        match desc {
            Desc::Any => "any".to_owned(),
            Desc::Null => "null".to_owned(),
            Desc::Number => "number".to_owned(),
            Desc::Boolean => "boolean".to_owned(),
            Desc::String => "string".to_owned(),
            Desc::Array(element) if **element == Desc::Any => "array".to_owned(),
            Desc::Array(element) => format!("{}[]", self.desc_name(element)),
            Desc::Object => "object".to_owned(),
            Desc::Function => "function".to_owned(),
            Desc::Instance => "session".to_owned(),
            Desc::Promise => "promise".to_owned(),
            Desc::Named(id) => self.type_label(*id),
            Desc::Nullable(inner) => format!("{}?", self.desc_name(inner)),
            Desc::Union(parts) => {
                parts.iter().map(|p| self.desc_name(p)).collect::<Vec<_>>().join(" | ")
            }
        }
    }
}

/// The named types that a descriptor accepts.
fn record_types(desc: &Desc) -> Vec<TypeId> {
    match desc {
        Desc::Named(id) => vec![*id],
        Desc::Nullable(inner) => record_types(inner),
        Desc::Union(parts) => parts.iter().flat_map(record_types).collect(),
        _ => Vec::new(),
    }
}

//! Slow paths of member, index and element access.
//!
//! Every public function is [`super::Slow`]; its safety contract is that of [`super::run_loop`].

use std::sync::Arc;

use hyp_bytecode::module::{Desc, Field, StrId, TypeDef, TypeKind};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};

use super::at::{At, define, enter, perform, raw};
use super::probe;
use crate::error::Trap;
use crate::link::Member;
use crate::object::Kind;
use crate::types::Strictness;
use crate::value::Value;
use crate::vm::Vm;

/// Cache payload bit of `set_member`: the field takes numbers only. The other bits are the field's
/// word in the object.
pub(crate) const NUMBER_ONLY: u64 = 1 << 16;
/// Cache payload bit of `set_member`, above the others: the object is a record, so the store makes a
/// changed copy.
pub(crate) const COPIES: u64 = 1 << 17;

/// What a member name means for a value.
#[derive(Clone, Copy)]
pub(super) enum Found {
    /// Field in this slot.
    Field(usize),
    /// Method with the value as receiver.
    Method {
        /// Its function.
        func: u32,
    },
    /// Static method.
    StaticMethod {
        /// Its function.
        func: u32,
    },
    /// Static field, in this module variable.
    Static(u32),
    /// Any other value, computed.
    Value(Value),
}

slow! {
    define 1 array_get |vm, at| vm.index_get(at.reg(at.b()), at.reg(at.c()));
    define 1 array_get_f64 |vm, at| {
        let v = vm.index_get(at.reg(at.b()), at.reg(at.c()))?;
        if v.is_num() { Ok(v) } else { vm.check_failed("number", v) }
    };
    define 1 array_get_bool |vm, at| {
        let v = vm.index_get(at.reg(at.b()), at.reg(at.c()))?;
        v.as_bool().map_or_else(|| vm.check_failed("boolean", v), |b| Ok(raw(b)))
    };
    perform 1 array_set |vm, at| vm.index_set(at.reg(at.a()), at.reg(at.b()), at.reg(at.c())).map(|_| ());
    perform 1 array_set_bool |vm, at| {
        let v = boxed(at.reg(at.c()));
        vm.index_set(at.reg(at.a()), at.reg(at.b()), v).map(|_| ())
    };
    define 1 length |vm, at| vm.length(at.reg(at.b()));
    define 1 array_push |vm, at| vm.push_element(at.reg(at.b()), at.reg(at.c()));
    define 1 array_push_bool |vm, at| vm.push_element(at.reg(at.b()), boxed(at.reg(at.c())));
    define 1 get_index |vm, at| vm.index_get(at.reg(at.b()), at.reg(at.c()));
    define 1 get_index_opt |vm, at| vm.index_get_optional(at.reg(at.b()), at.reg(at.c()));
    define 2 set_index |vm, at| vm.index_set(at.arg(1, 0), at.arg(1, 1), at.arg(1, 2));
    define 3 get_member |vm, at| {
        vm.safepoint();
        vm.member_get(at)
    };
    define 3 set_member |vm, at| {
        vm.safepoint();
        vm.member_set(at)
    };
}

/// `set_field` into a watched object or null.
#[cold]
#[inline(never)]
pub(super) unsafe fn set_field(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract; the verifier has checked that the object has the field.
    unsafe {
        let object = *base.add((*pc >> 8 & 255) as usize);
        if object.is_null() {
            return null_field(vm, pc, base);
        }
        perform(vm, pc, base, 1, |vm, at| {
            let v = at.reg(at.c());
            *object.ptr().add(1 + at.b()).cast::<Value>() = v;
            vm.heap.stored(object.ptr(), v);
            Ok(())
        })
    }
}

/// `get_field` and `set_field` of null.
#[cold]
#[inline(never)]
pub(super) unsafe fn null_field(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        let stores = Op::from_code(at.word(0) as u8) == Some(Op::SetField);
        let (object, slot) = if stores { (at.a(), at.b()) } else { (at.b(), at.c()) };
        let name = vm.field_name(object, slot).to_owned();
        vm.raise(if stores { not_a_member() } else { no_access(&name, "null") })
    }
}

#[cold]
fn no_access(name: &str, display: &str) -> Trap {
    Trap::runtime(format!("Cannot access member '{name}' on value '{display}'"))
}

#[cold]
fn not_a_member() -> Trap {
    Trap::runtime("Assignment target is not a session member")
}

#[cold]
fn not_indexable() -> Trap {
    Trap::type_error("Cannot index non-array")
}

/// Position in a sequence of `len` elements; `None` if the index is out of range.
fn position(index: f64, len: usize) -> Option<usize> {
    let at = index.trunc();
    (at >= 0.0 && at < len as f64).then_some(at as usize)
}

#[cold]
fn out_of_bounds(index: f64) -> Trap {
    Trap::index(index.trunc())
}

/// The tagged boolean of a raw one.
fn boxed(raw: Value) -> Value {
    Value(Value::FALSE.0 | raw.0)
}

// ---- index access

impl Vm {
    fn push_element(&mut self, array: Value, item: Value) -> Result<Value, Trap> {
        if !array.is_array() {
            return self.check_failed("array", array);
        }
        self.safepoint();
        self.heap.array_push(array, item).map(|()| array)
    }

    fn index_get(&mut self, object: Value, index: Value) -> Result<Value, Trap> {
        match self.index_find(object, index)? {
            Ok(v) => Ok(v),
            Err(at) => Err(out_of_bounds(at)),
        }
    }

    fn index_get_optional(&mut self, object: Value, index: Value) -> Result<Value, Trap> {
        Ok(self.index_find(object, index)?.unwrap_or(Value::NULL))
    }

    /// The element, or the index that is out of range.
    fn index_find(&mut self, object: Value, index: Value) -> Result<Result<Value, f64>, Trap> {
        match object.kind() {
            Some(Kind::Array) => {
                let at = self.to_number(index)?;
                let items = self.array_items(object);
                Ok(position(at, items.len()).and_then(|i| items.get(i)).ok_or(at))
            }
            Some(Kind::String) => {
                let at = self.to_number(index)?;
                let Some(i) = position(at, self.char_len(object)) else { return Ok(Err(at)) };
                self.safepoint();
                self.substring(object, i, i + 1).map(Ok)
            }
            Some(Kind::Object) => Ok(Ok(self.object_get(object, index).unwrap_or(Value::NULL))),
            Some(Kind::Record | Kind::Error) if index.is_string() => {
                self.safepoint();
                self.text_member(object, index).map(Ok)
            }
            _ => Err(not_indexable()),
        }
    }

    /// `record[name]` and `error[name]`.
    fn text_member(&mut self, object: Value, name: Value) -> Result<Value, Trap> {
        if object.is_error() {
            let name = self.heap.text(name).to_owned();
            return Ok(self.error_field(object, &name)?.unwrap_or(Value::NULL));
        }
        let slot = self.slot_of_text(object, name)?;
        Ok(self.field_values(object).get(slot).copied().unwrap_or(Value::NULL))
    }

    /// The record's field that a string value names.
    fn slot_of_text(&self, record: Value, name: Value) -> Result<usize, Trap> {
        let fields = self.type_def(record).map_or(&[][..], |d| &d.fields);
        // Names in programs are constants, so nearly always this finds it without reading the text.
        let interned = |f: &Field| self.string_constant(f.name) == name;
        let text = || {
            let text = self.heap.text(name);
            fields.iter().position(|f| self.module.str(f.name) == text)
        };
        let slot = fields.iter().position(interned).or_else(text);
        slot.ok_or_else(|| self.no_record_field(record, self.heap.text(name)))
    }

    /// Stores an element; gives the object, or the record's changed copy.
    fn index_set(&mut self, object: Value, index: Value, v: Value) -> Result<Value, Trap> {
        match object.kind() {
            Some(Kind::Array) => {
                let at = self.to_number(index)?;
                let i = position(at, self.array_len(object)).ok_or_else(|| out_of_bounds(at))?;
                self.safepoint();
                self.heap.array_put(object, i, v).map(|()| object)
            }
            Some(Kind::Object) => {
                self.safepoint();
                self.heap.map_set(object, index, v).map(|()| object)
            }
            Some(Kind::Record) if index.is_string() => {
                self.safepoint();
                let slot = self.slot_of_text(object, index)?;
                self.record_with(object, slot, v)
            }
            _ => Err(not_indexable()),
        }
    }

    fn length(&mut self, v: Value) -> Result<Value, Trap> {
        match v.kind() {
            Some(Kind::Array) => Ok(Value::from_usize(self.array_len(v))),
            Some(Kind::String) => Ok(Value::from_usize(self.heap.char_len(v))),
            _ => {
                let display = self.display(v);
                Err(Trap::type_error(format!(
                    "Function 'Length' expects string or array argument, got {display}"
                )))
            }
        }
    }
}

// ---- members

impl Vm {
    /// What a member name means for a value, after the visibility check.
    pub(super) fn find_member(&mut self, object: Value, name: u32) -> Result<Found, Trap> {
        match object.kind() {
            Some(Kind::Record | Kind::Instance) => self.find_field(object, StrId(name)),
            Some(Kind::Session) => self.find_static(object, StrId(name)),
            Some(Kind::Object) => {
                let key = self.interned(name)?;
                let found = self.object_get(object, key);
                found.map(Found::Value).ok_or_else(|| {
                    Trap::runtime(format!("Object has no field '{}'", self.name(name)))
                })
            }
            Some(Kind::Error) => {
                let text = self.name(name).to_owned();
                let found = self.error_field(object, &text)?;
                found.map(Found::Value).ok_or_else(|| no_access(&text, &self.display(object)))
            }
            _ => Err(no_access(self.name(name), &self.display(object))),
        }
    }

    fn member_of(&self, ty: TypeId, name: StrId) -> Option<Member> {
        self.type_table.get(ty.user_index()? as usize)?.member(name)
    }

    fn find_field(&self, object: Value, name: StrId) -> Result<Found, Trap> {
        let (Some(ty), Some(def)) = (self.type_of_instance(object), self.type_def(object)) else {
            return Err(not_a_member());
        };
        match self.member_of(ty, name) {
            Some(Member::Field(slot)) => {
                let is_private = def.fields.get(usize::from(slot)).is_some_and(|f| f.is_private);
                self.check_visible(is_private, "field", name, ty)?;
                Ok(Found::Field(usize::from(slot)))
            }
            Some(member) => self.found_in_session(def, ty, name, member),
            None if def.kind == TypeKind::Record => {
                Err(self.no_record_field(object, self.module.str(name)))
            }
            None => Err(self.session_error("instance of ", ty, "member", name)),
        }
    }

    fn find_static(&self, session: Value, name: StrId) -> Result<Found, Trap> {
        let ty = self.session_type(session).unwrap_or(TypeId::STRING);
        let def = self.module.type_def(ty).ok_or_else(not_a_member)?;
        let found = match self.member_of(ty, name) {
            Some(Member::Field(_)) | None => None,
            Some(member) => Some(self.found_in_session(def, ty, name, member)?),
        };
        match found {
            Some(found @ (Found::Static(_) | Found::StaticMethod { .. })) => Ok(found),
            _ => Err(self.session_error("", ty, "static member", name)),
        }
    }

    fn found_in_session(
        &self,
        def: &TypeDef,
        ty: TypeId,
        name: StrId,
        member: Member,
    ) -> Result<Found, Trap> {
        match member {
            Member::Field(slot) => Ok(Found::Field(usize::from(slot))),
            Member::Method(at) => {
                let Some(method) = def.methods.get(usize::from(at)) else {
                    return Err(not_a_member());
                };
                self.check_visible(method.is_private, "method", name, ty)?;
                let func = method.func.0;
                Ok(if method.is_static {
                    Found::StaticMethod { func }
                } else {
                    Found::Method { func }
                })
            }
            Member::Static(at) => {
                let Some(field) = def.statics.get(usize::from(at)) else {
                    return Err(not_a_member());
                };
                self.check_visible(field.is_private, "field", name, ty)?;
                Ok(Found::Static(field.global.0))
            }
        }
    }

    fn check_visible(
        &self,
        is_private: bool,
        what: &str,
        name: StrId,
        ty: TypeId,
    ) -> Result<(), Trap> {
        if !is_private || self.owner() == ty.0 {
            return Ok(());
        }
        let (name, session) = (self.module.str(name), self.type_text(ty));
        let message = format!("Access denied to private {what} '{name}' of session '{session}'");
        Err(Trap::error(hyp_bytecode::module::ErrorKind::Access, message))
    }

    fn type_text(&self, ty: TypeId) -> &str {
        self.module.type_def(ty).map_or("", |d| self.module.str(d.name))
    }

    #[cold]
    fn session_error(&self, of: &str, ty: TypeId, what: &str, name: StrId) -> Trap {
        let (session, name) = (self.type_text(ty), self.module.str(name));
        if of.is_empty() {
            return Trap::runtime(format!("Session '{session}' has no {what} '{name}'"));
        }
        Trap::runtime(format!("Session {of}'{session}' has no {what} '{name}'"))
    }

    #[cold]
    fn no_record_field(&self, record: Value, name: &str) -> Trap {
        Trap::runtime(format!("Record of type '{}' has no field '{name}'", self.type_name(record)))
    }

    /// The value that a member is; a method becomes a bound method.
    pub(super) fn found_value(&mut self, object: Value, found: Found) -> Result<Value, Trap> {
        match found {
            Found::Field(slot) => {
                Ok(self.field_values(object).get(slot).copied().unwrap_or(Value::NULL))
            }
            Found::Method { func } => self.new_bound(object, func),
            Found::StaticMethod { func } => self.function_value(func),
            Found::Static(global) => {
                let v = self.global_table.get(global as usize).copied().unwrap_or(Value::NULL);
                if !v.is_undef() {
                    return Ok(v);
                }
                let def = self.module.globals.get(global as usize);
                Err(self.undeclared(def.map_or("", |g| self.module.str(g.name))))
            }
            Found::Value(v) => Ok(v),
        }
    }

    fn member_get(&mut self, at: At) -> Result<Value, Trap> {
        let (object, name) = (at.reg(at.b()), at.word(1));
        let found = self.find_member(object, name)?;
        if let (Found::Field(slot), Some(ty)) = (found, self.type_of_instance(object)) {
            self.remember(at.word(2), ty, 1 + slot as u64);
        }
        self.found_value(object, found)
    }

    fn member_set(&mut self, at: At) -> Result<Value, Trap> {
        let (object, v, name) = (at.reg(at.b()), at.reg(at.c()), at.word(1));
        match object.kind() {
            Some(Kind::Instance) => self.set_instance(at, object, v),
            Some(Kind::Record) => self.set_record(at, object, v),
            Some(Kind::Session) => self.set_static(object, name, v),
            Some(Kind::Object) => {
                let key = self.interned(name)?;
                self.heap.map_set(object, key, v).map(|()| object)
            }
            _ => Err(not_a_member()),
        }
    }

    #[cold]
    fn is_constant(&self, name: u32) -> Trap {
        Trap::runtime(format!("Cannot reassign constant variable '{}'", self.name(name)))
    }

    #[cold]
    fn cannot_assign(&self, what: &str, name: u32) -> Trap {
        Trap::runtime(format!("Cannot assign to {what} '{}'", self.name(name)))
    }

    fn set_record(&mut self, at: At, record: Value, v: Value) -> Result<Value, Trap> {
        let name = at.word(1);
        // SAFETY: the verifier has checked the site's number; a record starts with its type id.
        let cached = unsafe { probe(self.sites.add(at.word(2) as usize), (*record.ptr()).type_id) };
        if cached != 0 && (cached & NUMBER_ONLY == 0 || v.is_num()) {
            let copy = self.copy_fields(record)?;
            // SAFETY: the cache holds the word of a field that records of this type have.
            unsafe { *copy.ptr().cast::<Value>().add((cached & 0xFFFF) as usize) = v };
            self.heap.stored(copy.ptr(), v);
            return Ok(copy);
        }
        match self.find_field(record, StrId(name))? {
            Found::Field(slot) => {
                let copy = self.record_with(record, slot, v)?;
                let ty = self.type_of_instance(record).unwrap_or(TypeId::STRING);
                self.cache_store(at, ty, slot, COPIES);
                Ok(copy)
            }
            _ => Err(self.cannot_assign("method", name)),
        }
    }

    fn set_instance(&mut self, at: At, object: Value, v: Value) -> Result<Value, Trap> {
        let name = at.word(1);
        let ty = self.type_of_instance(object).unwrap_or(TypeId::STRING);
        if self.member_of(ty, StrId(name)).is_none() {
            return Err(self.session_error("instance of ", ty, "field", StrId(name)));
        }
        match self.find_field(object, StrId(name))? {
            Found::Field(slot) => {
                let field = self.type_def(object).and_then(|def| def.fields.get(slot));
                if field.is_some_and(|field| field.is_constant) {
                    return Err(self.is_constant(name));
                }
                let v = self.checked_field(object, slot, v)?;
                self.set_field_value(object, slot, v);
                self.cache_store(at, ty, slot, 0);
                Ok(object)
            }
            Found::Static(_) => {
                let (field, session) = (self.name(name), self.type_text(ty));
                Err(Trap::runtime(format!(
                    "Assign static field '{field}' through session '{session}', not an instance"
                )))
            }
            Found::StaticMethod { .. } => Err(self.cannot_assign("static method", name)),
            Found::Method { .. } | Found::Value(_) => Err(self.cannot_assign("method", name)),
        }
    }

    /// Remembers where a store goes, if nothing but the inline checks is needed. `how` is 0 or
    /// [`COPIES`].
    fn cache_store(&mut self, at: At, ty: TypeId, slot: usize, how: u64) {
        let field = self.module.type_def(ty).and_then(|d| d.fields.get(slot));
        let Some(&Field { rep, desc, .. }) = field else { return };
        let desc = self.module.descs.get(desc.0 as usize);
        let limit = match (rep, desc) {
            (Rep::Any, Some(Desc::Any)) => 0,
            (Rep::F64, Some(Desc::Any | Desc::Number)) | (Rep::Any, Some(Desc::Number)) => {
                NUMBER_ONLY
            }
            _ => return,
        };
        self.remember(at.word(2), ty, how | limit | (1 + slot as u64));
    }

    fn set_static(&mut self, session: Value, name: u32, v: Value) -> Result<Value, Trap> {
        let ty = self.session_type(session).unwrap_or(TypeId::STRING);
        match self.member_of(ty, StrId(name)) {
            Some(Member::Static(at)) => {
                let def = self.module.type_def(ty);
                let field = def.and_then(|def| def.statics.get(usize::from(at)));
                if field.is_some_and(|field| field.is_constant) {
                    self.find_static(session, StrId(name))?;
                    return Err(self.is_constant(name));
                }
            }
            Some(Member::Method(_)) => {
                let found = self.find_static(session, StrId(name));
                let is_static = matches!(found, Ok(Found::StaticMethod { .. }));
                return Err(
                    self.cannot_assign(if is_static { "static method" } else { "method" }, name)
                );
            }
            _ => return Err(self.session_error("", ty, "static field", StrId(name))),
        }
        let Found::Static(global) = self.find_static(session, StrId(name))? else {
            return Err(not_a_member());
        };
        let rep = self.module.globals.get(global as usize).map_or(Rep::Bool, |g| g.rep);
        if !self.fits(rep, v) {
            let place = format!("field '{}' of '{}'", self.name(name), self.type_text(ty));
            return Err(self.mismatch(&self.rep_name(rep), v, &place));
        }
        if let Some(slot) = self.global_table.get_mut(global as usize) {
            *slot = v;
        }
        Ok(session)
    }

    /// The value as a field demands it.
    fn checked_field(&mut self, object: Value, slot: usize, v: Value) -> Result<Value, Trap> {
        let module = Arc::clone(&self.module);
        let Some(ty) = self.type_of_instance(object) else { return Ok(v) };
        let Some(field) = module.type_def(ty).and_then(|d| d.fields.get(slot)) else {
            return Ok(v);
        };
        let desc = module.descs.get(field.desc.0 as usize).unwrap_or(&Desc::Any);
        let absent = v.is_null() && field.is_optional;
        let matches = absent || self.matches(desc, v, Strictness::Shallow);
        if matches && self.fits(field.rep, v) {
            return Ok(v);
        }
        let place = format!("field '{}' of '{}'", module.str(field.name), self.type_text(ty));
        let v = self.check_desc(desc, v, &place)?;
        if self.fits(field.rep, v) {
            Ok(v)
        } else {
            Err(self.mismatch(&self.rep_name(field.rep), v, &place))
        }
    }

    /// A copy of a record with one field replaced.
    fn record_with(&mut self, record: Value, slot: usize, v: Value) -> Result<Value, Trap> {
        let v = self.checked_field(record, slot, v)?;
        let copy = self.copy_fields(record)?;
        self.set_field_value(copy, slot, v);
        Ok(copy)
    }

    /// Name of a field of the type that a register is declared to hold.
    fn field_name(&self, register: usize, slot: usize) -> &str {
        let rep = self.running().and_then(|f| f.reps.get(register).copied());
        let Some(Rep::Ref(ty)) = rep else { return "" };
        let field = self.module.type_def(ty).and_then(|d| d.fields.get(slot));
        field.map_or("", |f| self.module.str(f.name))
    }

    /// Adds an entry to an inline cache, replacing one in turn if it is full.
    pub(super) fn remember(&mut self, site: u32, ty: TypeId, payload: u64) {
        // SAFETY: the verifier has checked the site's number.
        let site = unsafe { &mut *self.sites.add(site as usize) };
        let free = site.keys.iter().position(|&k| k == 0 || k == ty.0);
        self.site_turn = (self.site_turn + 1) % site.keys.len();
        let at = free.unwrap_or(self.site_turn);
        site.keys[at] = ty.0;
        site.payloads[at] = payload;
    }
}

//! Functions and types of a module in the form that the interpreter reads.

use hyp_bytecode::module::{FuncId, Function, Module, StrId, TypeDef, TypeKind};
use hyp_bytecode::rep::{Rep, TypeId};

use crate::object::{Header, Kind};
use crate::value::Value;

/// What a call and the collector need to know about a function.
#[repr(C)]
pub(crate) struct FuncInfo {
    /// First instruction.
    pub(crate) code: *const u32,
    /// Where calls begin: `code`, or the way into native code.
    pub(crate) start: *const u32,
    /// Address of a [`crate::tier::Entry`]; 0 if there is none.
    pub(crate) entry: usize,
    /// Address of native code that takes its parameters in machine registers; 0 if there is none.
    pub(crate) typed: usize,
    /// Bit per parameter that must be a number; only used if `is_simple`.
    pub(crate) number_params: u64,
    /// Parameters, the receiver included.
    pub(crate) n_params: u32,
    /// Registers that start as null.
    pub(crate) n_null: u32,
    /// Registers that start as zero.
    pub(crate) n_zero: u32,
    /// All registers.
    pub(crate) n_regs: u32,
    /// Registers that the collector scans.
    pub(crate) n_tagged: u32,
    /// The function's number.
    pub(crate) index: u32,
    /// Whether every parameter is `Any` or a number, so that a dynamic call needs no further check.
    pub(crate) is_simple: bool,
    /// The same without parameter 0, which a method call fills with a fitting receiver.
    pub(crate) is_simple_method: bool,
    /// Whether parameter 0 is a receiver.
    pub(crate) has_receiver: bool,
    /// Whether calls need the function's closure.
    pub(crate) has_upvalues: bool,
    /// The session whose private members the code may use; 0 if none.
    pub(crate) owner: u32,
    /// Parameters that a call must pass.
    pub(crate) n_required: u32,
}

impl FuncInfo {
    pub(crate) fn new(index: usize, f: &Function) -> FuncInfo {
        let n_params = usize::from(f.n_params);
        let params = f.reps.get(..n_params).unwrap_or(&[]);
        let simple = |params: &[Rep]| {
            n_params <= 64 && params.iter().all(|r| matches!(r, Rep::Any | Rep::F64))
        };
        let number_params = params
            .iter()
            .take(64)
            .enumerate()
            .filter(|(_, r)| **r == Rep::F64)
            .fold(0, |mask, (i, _)| mask | 1 << i);
        FuncInfo {
            code: f.code.as_ptr(),
            start: f.code.as_ptr(),
            entry: 0,
            typed: 0,
            number_params,
            n_params: n_params as u32,
            n_null: u32::from(f.n_tagged) - n_params as u32,
            n_zero: f.reps.len() as u32 - u32::from(f.n_tagged),
            n_regs: f.reps.len() as u32,
            n_tagged: u32::from(f.n_tagged),
            index: index as u32,
            is_simple: simple(params),
            is_simple_method: simple(params.get(1..).unwrap_or(&[])),
            has_receiver: f.has_receiver,
            has_upvalues: !f.upvalues.is_empty(),
            owner: f.owner.map_or(0, |t| t.0),
            n_required: u32::from(f.n_required),
        }
    }
}

/// A member of a record or session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// Field in this slot.
    Field(u8),
    /// Method at this position of the definition.
    Method(u16),
    /// Static field at this position of the definition.
    Static(u16),
}

/// What instances of a type look like.
pub(crate) struct TypeInfo {
    /// Header of a new instance.
    pub(crate) header: Header,
    /// Bytes of an instance.
    pub(crate) bytes: usize,
    /// Initial field values.
    pub(crate) template: Vec<Value>,
    /// Members by name, sorted.
    pub(crate) members: Vec<(StrId, Member)>,
}

impl TypeInfo {
    pub(crate) fn new(id: TypeId, def: &TypeDef) -> TypeInfo {
        let template: Vec<Value> = def
            .fields
            .iter()
            .map(|f| if f.rep == Rep::F64 { Value::ZERO } else { Value::NULL })
            .collect();
        let bytes = size_of::<Header>() + template.len() * size_of::<Value>();
        let kind = match def.kind {
            TypeKind::Record => Kind::Record,
            TypeKind::Session => Kind::Instance,
        };
        let header =
            Header { type_id: id.0, kind, gc: 0, flags: 0, size: bytes.div_ceil(32) as u8 };
        TypeInfo { header, bytes, template, members: members(def) }
    }

    /// The member of a name. A field hides a static field, which hides a method.
    pub(crate) fn member(&self, name: StrId) -> Option<Member> {
        let at = self.members.binary_search_by_key(&name.0, |m| m.0.0).ok()?;
        self.members.get(at).map(|m| m.1)
    }
}

fn members(def: &TypeDef) -> Vec<(StrId, Member)> {
    let fields = def.fields.iter().enumerate().map(|(i, f)| (f.name, Member::Field(i as u8)));
    let statics = def.statics.iter().enumerate().map(|(i, s)| (s.name, Member::Static(i as u16)));
    let methods = def.methods.iter().enumerate().map(|(i, m)| (m.name, Member::Method(i as u16)));
    let mut members: Vec<_> = fields.chain(statics).chain(methods).collect();
    members.sort_by_key(|m| m.0.0);
    members.dedup_by_key(|m| m.0.0);
    members
}

/// Inline cache: what a member name means for up to four types. The verifier guarantees that all
/// instructions that share a cache have the same operation and name. A key is a type id, 0 if free.
#[derive(Clone, Copy, Default)]
#[repr(C, align(64))]
pub(crate) struct Site {
    pub(crate) keys: [u32; 4],
    pub(crate) payloads: [u64; 4],
}

/// Name of a function for reports.
pub(crate) fn function_name(module: &Module, id: FuncId) -> String {
    let Some(f) = module.function(id) else { return "anonymous".to_owned() };
    let name = f.name.map_or("anonymous", |n| module.str(n));
    let owner = f.owner.and_then(|t| module.type_def(t));
    match owner {
        Some(def) if is_method(def, id) => format!("{}::{name}", module.str(def.name)),
        _ => name.to_owned(),
    }
}

/// Constructors are no methods: they have the name of their type.
fn is_method(def: &TypeDef, id: FuncId) -> bool {
    def.constructor != Some(id) && def.methods.iter().any(|m| m.func == id)
}

//! What several tests of code emission need.

use hyp_bytecode::module::{
    Desc, DescId, Field, Function, Global, Method, Module, SourceFile, StrId, TypeDef,
};
use hyp_ssa::ir::ModuleFacts;
use hyp_ssa::unit::Unit;

/// A module of emitted functions with the declarations of `unit`; function 0 is its last one, so
/// that a function without parameters can be the main program.
pub(crate) fn module_of(unit: &Unit, mut functions: Vec<Function>) -> Module {
    let mut strings: Vec<Box<str>> = Vec::new();
    while let Some(text) = unit.string(StrId(strings.len() as u32)) {
        strings.push(text);
    }
    let name = StrId(strings.len() as u32);
    strings.push("?".into());
    let mut descs = unit.descs.clone();
    let any = DescId(descs.iter().position(|d| *d == Desc::Any).unwrap_or(descs.len()) as u32);
    if any.0 as usize == descs.len() {
        descs.push(Desc::Any);
    }
    let main = functions.len() as u32;
    functions
        .push(Function { code: vec![hyp_bytecode::op::Op::RetNull as u32], ..Function::default() });
    Module {
        sources: vec![SourceFile { name: "test.hyp".into(), lines_before: 0 }],
        strings,
        types: unit
            .types
            .iter()
            .map(|t| TypeDef {
                name: t.name,
                kind: t.kind,
                fields: t
                    .fields
                    .iter()
                    .map(|f| Field {
                        name: f.name,
                        rep: f.rep,
                        desc: any,
                        is_private: f.is_private,
                        is_optional: false,
                        is_constant: false,
                    })
                    .collect(),
                methods: t
                    .methods
                    .iter()
                    .map(|m| Method {
                        name: m.name,
                        func: m.func,
                        is_private: m.is_private,
                        is_static: m.is_static,
                    })
                    .collect(),
                statics: Vec::new(),
                constructor: t.constructor,
            })
            .collect(),
        descs,
        globals: unit.globals.iter().map(|&rep| Global { name, rep, is_shared: false }).collect(),
        n_sites: functions.iter().map(|f| f.code.len() as u32).sum(),
        functions,
        main,
        finales: Vec::new(),
    }
}

//! Types of untyped code.
//!
//! The program is closed once it is linked, so what a parameter, result, field or variable without
//! annotation can hold is a matter of looking at everything that reaches it. One walk over the
//! syntax tree makes a graph of places and flows, solving it gives the kinds of values of each
//! place, and places that hold numbers only, or instances of one session only, get that
//! representation as if they were annotated.
//!
//! Invariant: an inferred place never raises. A fact is claimed only if every way by which a value
//! can get there is in the graph; what the walk does not understand flows to and from
//! [`graph::Graph::ANY`]. Lowering narrows with a check that cannot fail, so a mistake here would
//! be an error that differs between `-O0` and `-O2`, never a wrong representation.

mod builtin;
mod call;
mod graph;
mod members;
mod pattern;
mod place;
mod value;
mod walk;

use ahash::AHashMap;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::span::{ExprId, FuncId};

use crate::check::Types;
use crate::link::ModuleTree;
use crate::resolve::{Resolution, VarId};
use crate::types::TypeIdx;
use graph::{Graph, Kinds, Node};

/// Representations that values of places without annotation have. Indexed like the resolver's
/// tables; `Any` where nothing is known.
#[derive(Debug, Default)]
pub struct Facts {
    vars: Vec<Rep>,
    results: Vec<Rep>,
    /// The function is called only by its name, never through a value.
    is_direct: Vec<bool>,
    fields: Vec<Vec<Rep>>,
    statics: Vec<Vec<Rep>>,
    elements: AHashMap<ExprId, Rep>,
}

impl Facts {
    /// What a variable or parameter holds whenever it can be read.
    #[must_use]
    pub fn var(&self, var: VarId) -> Rep {
        self.vars.get(var.0 as usize).copied().unwrap_or_default()
    }

    /// What a function returns.
    #[must_use]
    pub fn result(&self, function: FuncId) -> Rep {
        self.results.get(function.index()).copied().unwrap_or_default()
    }

    /// Whether all calls of the function name it.
    #[must_use]
    pub fn is_direct(&self, function: FuncId) -> bool {
        self.is_direct.get(function.index()).copied().unwrap_or(false)
    }

    /// What an instance field holds.
    #[must_use]
    pub fn field(&self, ty: TypeIdx, field: usize) -> Rep {
        let fields = self.fields.get(ty.0 as usize);
        fields.and_then(|f| f.get(field)).copied().unwrap_or_default()
    }

    /// What a static field holds.
    #[must_use]
    pub fn static_field(&self, ty: TypeIdx, field: usize) -> Rep {
        let fields = self.statics.get(ty.0 as usize);
        fields.and_then(|f| f.get(field)).copied().unwrap_or_default()
    }

    /// What an index expression yields; `Bool` stands for tagged booleans.
    #[must_use]
    pub fn element(&self, expr: ExprId) -> Rep {
        self.elements.get(&expr).copied().unwrap_or_default()
    }
}

/// Infers the whole program. `is_erased`: annotations are not enforced, so they prove nothing.
#[must_use]
pub fn infer<'a>(
    tree: &ModuleTree<'a>,
    resolution: &Resolution<'a>,
    types: &Types,
    is_erased: bool,
) -> Facts {
    let mut walk = walk::Walk::new(resolution, types, is_erased);
    for module in &tree.modules {
        walk.program(&module.program);
    }
    walk.finish()
}

/// The representation of an element that is what the node is.
fn element_rep(graph: &Graph, node: Node) -> Rep {
    if graph.kinds(node) == Kinds::BOOLEAN { Rep::Bool } else { rep_of(graph, node) }
}

/// The representation of a place that holds what the node does.
fn rep_of(graph: &Graph, node: Node) -> Rep {
    if graph.kinds(node) == Kinds::NUMBER {
        return Rep::F64;
    }
    graph.single_type(node).map_or(Rep::Any, |ty| Rep::Ref(TypeId::user(ty.0)))
}

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
mod clones;
mod graph;
mod members;
mod pattern;
mod place;
mod value;
mod walk;

use ahash::{AHashMap, AHashSet};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::span::{ExprId, FuncId};

use crate::check::Types;
use crate::link::ModuleTree;
use crate::resolve::{Resolution, VarId};
use crate::types::TypeIdx;
pub use clones::CloneId;
use clones::{Bounds, Plan};
use graph::{Graph, Kinds, Node};

/// Walks over a program whose functions are cloned, at most.
const WALKS_MAX: usize = 5;

/// Representations that values of places without annotation have. Indexed like the resolver's
/// tables; `Any` where nothing is known.
///
/// Functions, variables and expressions are those of the text. A function that was cloned stands
/// there once and means something else in each clone, so questions name the clone in which they
/// are asked.
#[derive(Debug, Default)]
pub struct Facts {
    vars: Vec<Rep>,
    results: Vec<Rep>,
    /// The function is called only by its name, never through a value.
    is_direct: Vec<bool>,
    fields: Vec<Vec<Rep>>,
    statics: Vec<Vec<Rep>>,
    elements: AHashMap<(CloneId, ExprId), Rep>,
    /// By number, the first one being that of clone 1.
    clones: Vec<CloneFacts>,
    targets: AHashMap<(CloneId, ExprId), CloneId>,
}

/// What differs in a clone.
#[derive(Debug)]
struct CloneFacts {
    /// The function and those inside of it that exist anew; ascending.
    functions: Vec<FuncId>,
    root: FuncId,
    vars: AHashMap<VarId, Rep>,
    results: AHashMap<FuncId, Rep>,
    /// Functions inside of it that are used as values.
    values: AHashSet<FuncId>,
}

impl Facts {
    fn clone_facts(&self, clone: CloneId) -> Option<&CloneFacts> {
        self.clones.get(clone.index()?)
    }

    /// What a variable or parameter holds whenever it can be read.
    #[must_use]
    pub fn var(&self, clone: CloneId, var: VarId) -> Rep {
        let own = self.clone_facts(clone).and_then(|c| c.vars.get(&var));
        own.or(self.vars.get(var.0 as usize)).copied().unwrap_or_default()
    }

    /// What a function returns.
    #[must_use]
    pub fn result(&self, clone: CloneId, function: FuncId) -> Rep {
        let own = self.clone_facts(clone).and_then(|c| c.results.get(&function));
        own.or(self.results.get(function.index())).copied().unwrap_or_default()
    }

    /// Whether all calls of the function name it.
    #[must_use]
    pub fn is_direct(&self, clone: CloneId, function: FuncId) -> bool {
        match self.clone_facts(clone) {
            Some(own) if own.results.contains_key(&function) => !own.values.contains(&function),
            _ => self.is_direct.get(function.index()).copied().unwrap_or(false),
        }
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
    pub fn element(&self, clone: CloneId, expr: ExprId) -> Rep {
        self.elements.get(&(clone, expr)).copied().unwrap_or_default()
    }

    /// The clone of the callee that a call by name runs; the callee's expression tells the call.
    #[must_use]
    pub fn target(&self, clone: CloneId, callee: ExprId) -> CloneId {
        self.targets.get(&(clone, callee)).copied().unwrap_or_default()
    }

    /// All clones with their functions, in the order of their numbers.
    pub fn clones(&self) -> impl Iterator<Item = (CloneId, &[FuncId])> {
        self.clones.iter().enumerate().map(|(at, c)| (CloneId::new(at), &c.functions[..]))
    }

    /// The function that a clone is one of.
    #[must_use]
    pub fn root(&self, clone: CloneId) -> Option<FuncId> {
        Some(self.clone_facts(clone)?.root)
    }

    /// The place of a function among those of a clone.
    #[must_use]
    pub fn position(&self, clone: CloneId, function: FuncId) -> Option<usize> {
        self.clone_facts(clone)?.functions.binary_search(&function).ok()
    }
}

/// What inference may do.
#[derive(Clone, Copy, Debug)]
pub struct InferOptions {
    /// Annotations are not enforced, so they prove nothing.
    pub is_erased: bool,
    /// Functions may be cloned.
    pub may_clone: bool,
}

/// Infers the whole program.
#[must_use]
pub fn infer<'a>(
    tree: &ModuleTree<'a>,
    resolution: &Resolution<'a>,
    types: &Types,
    options: InferOptions,
) -> Facts {
    let mut plan = Plan::default();
    let mut is_last = !options.may_clone;
    for walks in 1.. {
        let mut walk = walk::Walk::new(resolution, types, options.is_erased, &plan);
        for module in &tree.modules {
            walk.program(&module.program);
        }
        walk.solve();
        if is_last {
            return walk.finish();
        }
        let next = walk.plan(Bounds::SEARCH);
        let is_stable = next == plan;
        if is_stable && next.is_within(Bounds::FINAL) {
            return walk.finish();
        }
        is_last = is_stable || walks + 1 == WALKS_MAX;
        plan = if is_last { walk.plan(Bounds::FINAL) } else { next };
    }
    Facts::default()
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

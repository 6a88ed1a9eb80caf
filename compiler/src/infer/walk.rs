//! The walk over functions and statements.

use ahash::AHashMap;
use hyp_bytecode::rep::Rep;
use hyp_grammar::ast::{
    self, Block, DeclTarget, FunctionBody, FunctionKind, Init, Loop, LoopHeader, MemberKind, Stmt,
    StmtKind,
};
use hyp_grammar::operator::BinaryOp;
use hyp_grammar::span::{BindId, ExprId, FuncId};

use super::graph::{Graph, Kinds, Node, Operation};
use super::members::{Members, Signature};
use super::{Facts, element_rep, rep_of};
use crate::check::Types;
use crate::resolve::{Resolution, Storage, TypeDecl, VarId, VarKind};
use crate::types::{Ty, TypeIdx};

/// What `awaken` does with its value.
#[derive(Clone, Copy)]
pub(super) enum Awaken {
    /// It reaches this place.
    Yields(Node),
    /// It is dropped.
    Drops,
}

/// Turns the program into a graph.
pub(super) struct Walk<'a, 'r> {
    pub(super) res: &'r Resolution<'a>,
    pub(super) types: &'r Types,
    is_erased: bool,
    pub(super) graph: Graph,
    pub(super) members: Members,
    vars: Vec<Node>,
    results: Vec<Node>,
    /// Function values by function.
    values: Vec<Option<Node>>,
    /// By type: instances, and the constructor as a function value.
    instances: Vec<Node>,
    constructors: Vec<Option<Node>>,
    fields: Vec<Vec<Node>>,
    statics: Vec<Vec<Node>>,
    /// Sessions by the binding that declares them.
    sessions: AHashMap<BindId, TypeIdx>,
    /// Index expressions and what they yield.
    pub(super) elements: Vec<(ExprId, Node)>,
    pub(super) awaken: Awaken,
    /// A `snap` in the innermost loop, or one with a label, was seen.
    snap_seen: bool,
    labelled_snap: bool,
}

impl<'a, 'r> Walk<'a, 'r> {
    pub(super) fn new(res: &'r Resolution<'a>, types: &'r Types, is_erased: bool) -> Self {
        let expected = res.vars.len() * 2 + res.functions.len() * 2 + 64;
        let mut walk = Walk {
            res,
            types,
            is_erased,
            graph: Graph::new(expected),
            members: Members::default(),
            vars: Vec::with_capacity(res.vars.len()),
            results: Vec::with_capacity(res.functions.len()),
            values: vec![None; res.functions.len()],
            instances: Vec::new(),
            constructors: vec![None; res.types.len()],
            fields: Vec::new(),
            statics: Vec::new(),
            sessions: AHashMap::new(),
            elements: Vec::new(),
            awaken: Awaken::Drops,
            snap_seen: false,
            labelled_snap: false,
        };
        walk.declare();
        walk
    }

    // ---- places

    /// The place of something with this annotation.
    fn place_of(&mut self, ty: Option<&Ty>) -> Node {
        let ty = if self.is_erased { None } else { ty };
        let kinds = match ty {
            None | Some(Ty::Unknown | Ty::Array(_) | Ty::AnyFunction | Ty::Function(_)) => {
                return self.graph.place();
            }
            Some(Ty::Number) => Kinds::NUMBER,
            Some(Ty::Boolean) => Kinds::BOOLEAN,
            Some(Ty::Null) => Kinds::NULL,
            Some(Ty::String) => Kinds::STRING.or(Kinds::NULL),
            Some(Ty::Record(t) | Ty::Instance(t)) => {
                return self.graph.composite(*t, Kinds::NULL);
            }
            Some(Ty::Nullable(inner)) => match **inner {
                Ty::Number => Kinds::NUMBER.or(Kinds::NULL),
                Ty::Boolean => Kinds::BOOLEAN.or(Kinds::NULL),
                Ty::String => Kinds::STRING.or(Kinds::NULL),
                Ty::Record(t) | Ty::Instance(t) => return self.graph.composite(t, Kinds::NULL),
                _ => return Graph::ANY,
            },
            Some(_) => return Graph::ANY,
        };
        self.graph.constant(kinds)
    }

    fn declare(&mut self) {
        for index in 0..self.res.types.len() {
            let instance = self.graph.composite(type_index(index), Kinds(0));
            self.instances.push(instance);
        }
        let types = self.types;
        let mut shared = AHashMap::new();
        for (index, info) in self.res.vars.iter().enumerate() {
            let node = match info.kind {
                VarKind::Catch => Graph::ANY,
                VarKind::This => self.receiver_place(info.function),
                // One variable for all that share the name.
                _ if info.is_shared => {
                    let node = *shared.entry(info.name).or_insert_with(|| self.graph.place());
                    if types.guarantees.get(index).is_some_and(|ty| *ty != Ty::Unknown) {
                        self.graph.flow(Graph::ANY, node);
                    }
                    node
                }
                _ => self.place_of(types.guarantees.get(index)),
            };
            self.vars.push(node);
            let starts_null = matches!(info.storage, Storage::Local | Storage::Slot);
            if info.may_be_unset && starts_null {
                self.graph.add_kinds(node, Kinds::NULL);
            }
        }
        for (at, receiver) in self.res.receivers.iter().enumerate() {
            if let Some(var) = receiver {
                self.vars[var.0 as usize] = self.instances[at];
            }
        }
        for (index, node) in self.res.function_nodes.iter().enumerate() {
            let place = match node {
                Some(node) => self.result_place(index, node),
                None => Graph::ANY,
            };
            self.results.push(place);
        }
        for index in 0..self.res.types.len() {
            self.declare_type(index);
        }
    }

    fn receiver_place(&mut self, function: Option<FuncId>) -> Node {
        let info = function.and_then(|f| self.res.functions.get(f.index()));
        let owner = info.and_then(|i| i.owner);
        owner.map_or(Graph::ANY, |t| self.instances[t.0 as usize])
    }

    fn result_place(&mut self, index: usize, node: &ast::Function<'a>) -> Node {
        if node.is_async {
            return Graph::ANY;
        }
        if node.kind == FunctionKind::Constructor {
            let owner = self.res.functions.get(index).and_then(|f| f.owner);
            return owner.map_or(Graph::ANY, |t| self.instances[t.0 as usize]);
        }
        if is_procedure(node) {
            return self.graph.constant(Kinds::NULL);
        }
        let types = self.types;
        self.place_of(types.results.get(index))
    }

    fn declare_type(&mut self, index: usize) {
        let (ty, types) = (type_index(index), self.types);
        let annotated = types.fields.get(index).map_or(&[][..], |f| f);
        let (mut fields, mut statics) = (Vec::new(), Vec::new());
        match self.res.types[index] {
            TypeDecl::Record(decl) => {
                for (i, field) in decl.fields.iter().enumerate() {
                    let place = match annotated.get(i) {
                        Some(Ty::Array(_)) => Graph::ANY,
                        // What is not enforced holds anything; records are made in many ways.
                        of => match self.place_of(of) {
                            node if self.graph.is_fixed(node) && !field.optional => node,
                            _ => Graph::ANY,
                        },
                    };
                    fields.push(place);
                    self.members.add_field(&mut self.graph, (ty, field.name.name), place, true);
                }
                for method in decl.methods {
                    self.declare_method(ty, method);
                }
            }
            TypeDecl::Session(decl) => {
                self.sessions.insert(decl.name.id, ty);
                for member in decl.members {
                    match member.kind {
                        MemberKind::Field(field) => {
                            let (list, of) = if member.is_static {
                                (&mut statics, types.statics.get(index))
                            } else {
                                (&mut fields, types.fields.get(index))
                            };
                            let place = self.place_of(of.and_then(|f| f.get(list.len())));
                            list.push(place);
                            let key = (ty, field.name.name);
                            self.members.add_field(&mut self.graph, key, place, false);
                        }
                        MemberKind::Method(method) => self.declare_method(ty, method),
                        MemberKind::Error => {}
                    }
                }
                self.unset_fields(ty, decl, &fields);
            }
        }
        self.fields.push(fields);
        self.statics.push(statics);
    }

    /// Fields that can be seen before they are assigned are null then.
    fn unset_fields(&mut self, ty: TypeIdx, decl: &'a ast::SessionDecl<'a>, fields: &[Node]) {
        if fields.iter().all(|field| self.graph.is_fixed(*field)) {
            return;
        }
        let unassigned = crate::check::unassigned_fields(self.res, ty, decl);
        for (&field, unassigned) in fields.iter().zip(unassigned) {
            if unassigned {
                self.graph.add_kinds(field, Kinds::NULL);
            }
        }
    }

    fn declare_method(&mut self, ty: TypeIdx, method: &'a ast::Function<'a>) {
        if method.kind == FunctionKind::Constructor {
            return;
        }
        let Some(name) = method.name else { return };
        let signature = self.signature(method.id);
        self.members.add_method(&mut self.graph, (ty, name.name), signature);
    }

    /// Where the arguments of a function go and its result comes from.
    pub(super) fn signature(&mut self, function: FuncId) -> Signature {
        let node = self.res.function_nodes.get(function.index()).copied().flatten();
        let params = node.map_or(&[][..], |n| n.params);
        let params = params
            .iter()
            .map(|p| self.res.bind(p.name.id).map_or(Graph::ANY, |bind| self.var(bind.var)))
            .collect();
        Signature { params, result: self.results.get(function.index()).copied() }
    }

    pub(super) fn var(&self, var: VarId) -> Node {
        self.vars.get(var.0 as usize).copied().unwrap_or(Graph::ANY)
    }

    pub(super) fn instance(&self, ty: TypeIdx) -> Node {
        self.instances.get(ty.0 as usize).copied().unwrap_or(Graph::ANY)
    }

    /// The function as a value that anyone can call who has it.
    pub(super) fn function_value(&mut self, function: FuncId) -> Node {
        if let Some(Some(value)) = self.values.get(function.index()) {
            return *value;
        }
        let signature = self.signature(function);
        let value = self.graph.function(&signature.params, signature.result.unwrap_or(Graph::ANY));
        if let Some(slot) = self.values.get_mut(function.index()) {
            *slot = Some(value);
        }
        value
    }

    /// The constructor that `Name(…)` runs, if one is declared.
    pub(super) fn constructor_of(&self, ty: TypeIdx) -> Option<FuncId> {
        let found = match self.res.types.get(ty.0 as usize)? {
            TypeDecl::Record(decl) => decl.methods.iter().copied().find(is_constructor),
            TypeDecl::Session(decl) => decl
                .members
                .iter()
                .filter_map(|m| if let MemberKind::Method(f) = m.kind { Some(f) } else { None })
                .find(is_constructor),
        };
        found.map(|f| f.id)
    }

    /// A session or record constructor as a value.
    pub(super) fn session_value(&mut self, ty: TypeIdx) -> Node {
        if let Some(Some(value)) = self.constructors.get(ty.0 as usize) {
            return *value;
        }
        let signature = self.constructor_of(ty).map(|f| self.signature(f)).unwrap_or_default();
        let value = self.graph.function(&signature.params, self.instance(ty));
        if let Some(slot) = self.constructors.get_mut(ty.0 as usize) {
            *slot = Some(value);
        }
        value
    }

    // ---- the result

    pub(super) fn finish(mut self) -> Facts {
        self.graph.solve(&mut self.members);
        let graph = &self.graph;
        let reps = |nodes: &Vec<Node>| -> Vec<Rep> {
            nodes.iter().map(|node| rep_of(graph, *node)).collect()
        };
        let elements = self.elements.iter().filter_map(|(id, node)| {
            let rep = element_rep(graph, *node);
            (rep != Rep::Any).then_some((*id, rep))
        });
        Facts {
            vars: reps(&self.vars),
            results: reps(&self.results),
            is_direct: self.values.iter().map(Option::is_none).collect(),
            fields: self.fields.iter().map(reps).collect(),
            statics: self.statics.iter().map(reps).collect(),
            elements: elements.collect(),
        }
    }

    // ---- functions

    pub(super) fn program(&mut self, program: &ast::Program<'a>) {
        self.stmts(program.prelude);
        self.stmts(program.body);
    }

    /// The body of a function.
    pub(super) fn function(&mut self, node: &'a ast::Function<'a>) {
        let result = self.results.get(node.id.index()).copied().unwrap_or(Graph::ANY);
        let drops = is_procedure(node) || node.kind == FunctionKind::Constructor;
        let awaken = if drops { Awaken::Drops } else { Awaken::Yields(result) };
        let outer_awaken = std::mem::replace(&mut self.awaken, awaken);
        let outer_snaps = (self.snap_seen, self.labelled_snap);
        self.labelled_snap = false;
        for param in node.params {
            let Some(default) = param.default else { continue };
            let value = self.expr(default);
            if let Some(bind) = self.res.bind(param.name.id) {
                self.graph.flow(value, self.var(bind.var));
            }
        }
        match node.body {
            FunctionBody::Block(block) => {
                if !self.stmts(block.stmts) && !drops {
                    self.graph.add_kinds(result, Kinds::NULL);
                }
            }
            FunctionBody::Expr(value) => {
                let value = self.expr(value);
                if !drops {
                    self.graph.flow(value, result);
                }
            }
        }
        self.awaken = outer_awaken;
        (self.snap_seen, self.labelled_snap) = outer_snaps;
    }

    fn type_members(&mut self, ty: TypeIdx, decl: &'a ast::SessionDecl<'a>) {
        let (mut field_at, mut static_at) = (0, 0);
        for member in decl.members {
            match member.kind {
                MemberKind::Field(field) => {
                    let (list, at) = if member.is_static {
                        (&self.statics, &mut static_at)
                    } else {
                        (&self.fields, &mut field_at)
                    };
                    let places = list.get(ty.0 as usize);
                    let place = places.and_then(|f| f.get(*at)).copied().unwrap_or(Graph::ANY);
                    *at += 1;
                    match field.init {
                        Some(init) => {
                            let value = self.expr(init);
                            self.graph.flow(value, place);
                        }
                        None if member.is_static => self.graph.add_kinds(place, Kinds::NULL),
                        None => {}
                    }
                }
                MemberKind::Method(method) => self.function(method),
                MemberKind::Error => {}
            }
        }
    }

    // ---- statements

    /// Walks statements. Returns whether control surely never reaches their end.
    pub(super) fn stmts(&mut self, stmts: &'a [Stmt<'a>]) -> bool {
        let mut ends = false;
        for stmt in stmts {
            match stmt.kind {
                // A label can be jumped to.
                StmtKind::Label { .. } => ends = false,
                _ => ends |= self.stmt(stmt),
            }
        }
        ends
    }

    fn stmt(&mut self, stmt: &'a Stmt<'a>) -> bool {
        match stmt.kind {
            StmtKind::Empty
            | StmtKind::Error
            | StmtKind::Label { .. }
            | StmtKind::Import(_)
            | StmtKind::Suspend => {}
            StmtKind::Block(block) => return self.stmts(block.stmts),
            StmtKind::Var(decl) => self.var_decl(decl),
            StmtKind::Anchor { name, value } => {
                let value = self.expr(value);
                self.bind(name, value);
            }
            StmtKind::Function(node) => self.function_statement(node),
            StmtKind::Session(decl) => self.session_statement(decl),
            StmtKind::Record(decl) => self.record_statement(decl),
            StmtKind::Entrance { params, body } => {
                for param in params {
                    self.bind(param.name, Graph::ANY);
                }
                let outer = std::mem::replace(&mut self.awaken, Awaken::Drops);
                self.stmts(body.stmts);
                self.awaken = outer;
            }
            StmtKind::Finale { body } => {
                self.stmts(body.stmts);
            }
            StmtKind::If { branches, otherwise } => {
                let mut ends = otherwise.is_some();
                for branch in branches {
                    self.expr(branch.cond);
                    ends &= self.stmts(branch.body.stmts);
                }
                if let Some(block) = otherwise {
                    ends &= self.stmts(block.stmts);
                }
                return ends;
            }
            StmtKind::Loop(looped) => return self.looped(looped),
            StmtKind::Output { value, .. } => {
                self.expr(value);
            }
            StmtKind::Return { value } => {
                self.awakened(value);
                return true;
            }
            StmtKind::Snap { label } => {
                self.snap_seen = true;
                self.labelled_snap |= label.is_some();
                return true;
            }
            StmtKind::Sink { .. } | StmtKind::SinkTo { .. } | StmtKind::Descend => return true,
            StmtKind::Oscillate { place } => {
                self.expr(place);
                let boolean = self.graph.constant(Kinds::BOOLEAN);
                self.store(place, boolean);
            }
            StmtKind::Adjust { kind, place, by } => self.adjust(kind, place, by),
            StmtKind::Assert { cond, message } => {
                self.expr(cond);
                self.opt_expr(message);
            }
            StmtKind::Throw { value, .. } => {
                let value = self.expr(value);
                self.graph.flow(value, Graph::ANY);
                return true;
            }
            StmtKind::Try(protected) => return self.protected(protected),
            StmtKind::Expr(value) => match stmt.statement_entrain() {
                Some(entrain) => return self.entrain_statement(entrain),
                None => {
                    self.expr(value);
                }
            },
        }
        false
    }

    fn adjust(
        &mut self,
        kind: ast::AdjustKind,
        place: &'a ast::Expr<'a>,
        by: Option<&'a ast::Expr<'a>>,
    ) {
        let old = self.expr(place);
        let amount = match by {
            Some(by) => self.expr(by),
            None => self.graph.constant(Kinds::NUMBER),
        };
        let op = match kind {
            ast::AdjustKind::Deepen => BinaryOp::Add,
            ast::AdjustKind::Lighten => BinaryOp::Sub,
        };
        let new = self.arithmetic(op, old, amount);
        self.store(place, new);
    }

    /// `awaken [value]`
    pub(super) fn awakened(&mut self, value: Option<&'a ast::Expr<'a>>) {
        let value = match value {
            Some(value) => self.expr(value),
            None => self.graph.constant(Kinds::NULL),
        };
        if let Awaken::Yields(place) = self.awaken {
            self.graph.flow(value, place);
        }
    }

    fn function_statement(&mut self, node: &'a ast::Function<'a>) {
        self.function(node);
        let Some(bind) = node.name.and_then(|name| self.res.bind(name.id)) else { return };
        let info = self.res.var(bind.var);
        if info.kind == VarKind::Function(node.id) && !info.is_reassigned {
            return;
        }
        let value = self.function_value(node.id);
        self.graph.flow(value, self.var(bind.var));
    }

    fn session_statement(&mut self, decl: &'a ast::SessionDecl<'a>) {
        let Some(&ty) = self.sessions.get(&decl.name.id) else { return };
        self.type_members(ty, decl);
        let Some(bind) = self.res.bind(decl.name.id) else { return };
        let info = self.res.var(bind.var);
        if info.kind != VarKind::Session(ty) || info.is_reassigned {
            let value = self.session_value(ty);
            self.graph.flow(value, self.var(bind.var));
        }
    }

    fn record_statement(&mut self, decl: &'a ast::RecordDecl<'a>) {
        for field in decl.fields {
            if let Some(default) = field.default {
                let value = self.expr(default);
                self.graph.flow(value, Graph::ANY);
            }
        }
        for method in decl.methods {
            self.function(method);
        }
    }

    fn var_decl(&mut self, decl: &'a ast::VarDecl<'a>) {
        let value = match decl.init {
            Init::None => self.graph.constant(Kinds::NULL),
            Init::Expr(value) => self.expr(value),
            Init::External(_) => Graph::ANY,
        };
        match decl.target {
            DeclTarget::Name(name) => self.bind(name, value),
            DeclTarget::Place(place) => self.store(place, value),
            DeclTarget::Pattern(pattern) => self.destructure(pattern, value),
        }
    }

    /// A binding occurrence gets a value.
    pub(super) fn bind(&mut self, name: ast::Binding, value: Node) {
        if let Some(bind) = self.res.bind(name.id) {
            self.graph.flow(value, self.var(bind.var));
        }
    }

    fn protected(&mut self, protected: &'a ast::Try<'a>) -> bool {
        let mut ends = self.stmts(protected.body.stmts);
        if let Some(catch) = &protected.catch {
            ends &= self.stmts(catch.body.stmts);
        }
        if let Some(finally) = &protected.finally {
            ends |= self.stmts(finally.stmts);
        }
        ends
    }

    fn looped(&mut self, looped: &'a Loop<'a>) -> bool {
        let outer_snap = std::mem::replace(&mut self.snap_seen, false);
        let mut infinite = false;
        match looped.header {
            LoopHeader::Infinite => infinite = true,
            LoopHeader::While(cond) => {
                self.expr(cond);
                infinite = is_true(cond);
            }
            LoopHeader::DoWhile(_) => {}
            LoopHeader::Counted { init, cond, .. } => {
                if let Some(init) = init {
                    self.stmt(init);
                }
                self.opt_expr(cond);
                infinite = cond.is_none_or(is_true);
            }
            LoopHeader::Within { first, second, iterable, .. } => {
                self.within(first, second, iterable);
            }
        }
        self.block(&looped.body);
        match looped.header {
            LoopHeader::DoWhile(cond) => {
                self.expr(cond);
            }
            LoopHeader::Counted { step, .. } => self.opt_expr(step),
            _ => {}
        }
        let snap = std::mem::replace(&mut self.snap_seen, outer_snap);
        infinite && !snap && !self.labelled_snap
    }

    fn block(&mut self, block: &Block<'a>) {
        self.stmts(block.stmts);
    }

    fn within(
        &mut self,
        first: ast::Binding,
        second: Option<ast::Binding>,
        iterable: &'a ast::Expr<'a>,
    ) {
        let of = self.expr(iterable);
        let element = self.graph.place();
        self.graph.operation(Operation::Element { of, to: element }, &mut self.members);
        match second {
            // The keys of an object are anything, as its values are.
            None => self.bind(first, element),
            Some(second) => {
                let key = self.graph.place();
                self.graph.operation(Operation::Key { of, to: key }, &mut self.members);
                self.bind(first, key);
                self.bind(second, element);
            }
        }
    }

    pub(super) fn opt_expr(&mut self, expr: Option<&'a ast::Expr<'a>>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }
}

fn type_index(index: usize) -> TypeIdx {
    TypeIdx(u32::try_from(index).unwrap_or(u32::MAX))
}

fn is_constructor(function: &&ast::Function<'_>) -> bool {
    function.kind == FunctionKind::Constructor
}

fn is_procedure(function: &ast::Function<'_>) -> bool {
    function.imperative || function.kind == FunctionKind::Imperative
}

fn is_true(cond: &ast::Expr<'_>) -> bool {
    match cond.kind {
        ast::ExprKind::Bool(value) => value,
        ast::ExprKind::Paren(inner) => is_true(inner),
        _ => false,
    }
}

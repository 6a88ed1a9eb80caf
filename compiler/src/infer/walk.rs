//! The walk over functions and statements.

use ahash::{AHashMap, AHashSet};
use hyp_bytecode::rep::Rep;
use hyp_grammar::ast::{
    self, Block, DeclTarget, FunctionBody, FunctionKind, Init, Loop, LoopHeader, MemberKind, Stmt,
    StmtKind,
};
use hyp_grammar::operator::BinaryOp;
use hyp_grammar::span::{BindId, ExprId, FuncId};

use super::clones::{CloneId, Parts, Plan, Site, candidates, parts};
use super::graph::{Graph, Kinds, Node, Operation};
use super::members::{Members, Signature};
use super::{CloneFacts, Facts, element_rep, rep_of};
use crate::check::Types;
use crate::resolve::{Resolution, Storage, TypeDecl, VarId, VarInfo, VarKind};
use crate::types::{Ty, TypeIdx};

/// What `awaken` does with its value.
#[derive(Clone, Copy)]
pub(super) enum Awaken {
    /// It reaches this place.
    Yields(Node),
    /// It is dropped.
    Drops,
}

/// The places of a clone.
struct Copy {
    root: FuncId,
    functions: Vec<FuncId>,
    vars: AHashMap<VarId, Node>,
    results: AHashMap<FuncId, Node>,
    values: AHashMap<FuncId, Node>,
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
    pub(super) elements: Vec<(CloneId, ExprId, Node)>,
    pub(super) plan: &'r Plan,
    copies: Vec<Copy>,
    /// The clone that is walked, and the outermost function.
    pub(super) clone: CloneId,
    pub(super) root: Option<FuncId>,
    can_clone: Vec<bool>,
    /// Calls of functions that can be cloned, and what calls run clones.
    pub(super) sites: Vec<Site>,
    targets: AHashMap<(CloneId, ExprId), CloneId>,
    /// Functions that have a loop or call themselves.
    pub(super) is_busy: AHashSet<FuncId>,
    n_loops: u32,
    pub(super) awaken: Awaken,
    /// A `snap` in the innermost loop, or one with a label, was seen.
    snap_seen: bool,
    labelled_snap: bool,
}

impl<'a, 'r> Walk<'a, 'r> {
    pub(super) fn new(
        res: &'r Resolution<'a>,
        types: &'r Types,
        is_erased: bool,
        plan: &'r Plan,
    ) -> Self {
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
            plan,
            copies: Vec::new(),
            clone: CloneId::default(),
            root: None,
            can_clone: candidates(res),
            sites: Vec::new(),
            targets: AHashMap::new(),
            is_busy: AHashSet::new(),
            n_loops: 0,
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
            let node = if info.is_shared {
                // One variable for all that share the name.
                let node = *shared.entry(info.name).or_insert_with(|| self.graph.place());
                if types.guarantees.get(index).is_some_and(|ty| *ty != Ty::Unknown) {
                    self.graph.flow(Graph::ANY, node);
                }
                node
            } else {
                self.variable_place(index, info)
            };
            self.vars.push(node);
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
        self.declare_clones();
    }

    fn variable_place(&mut self, index: usize, info: &VarInfo) -> Node {
        let types = self.types;
        let node = match info.kind {
            VarKind::Catch => Graph::ANY,
            VarKind::This => self.receiver_place(info.function),
            _ => self.place_of(types.guarantees.get(index)),
        };
        if info.may_be_unset && matches!(info.storage, Storage::Local | Storage::Slot) {
            self.graph.add_kinds(node, Kinds::NULL);
        }
        node
    }

    fn declare_clones(&mut self) {
        let parts = parts(self.res, self.plan);
        for root in self.plan.roots() {
            let Parts { functions, vars } = parts.get(&root).cloned().unwrap_or_default();
            let place = |var: VarId| {
                let index = var.0 as usize;
                (var, self.variable_place(index, &self.res.vars[index]))
            };
            let vars = vars.into_iter().map(place).collect();
            let mut results = AHashMap::new();
            for &function in &functions {
                let node = self.res.function_nodes.get(function.index()).copied().flatten();
                let place = node.map_or(Graph::ANY, |n| self.result_place(function.index(), n));
                results.insert(function, place);
            }
            self.copies.push(Copy { root, functions, vars, results, values: AHashMap::new() });
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

    /// Where the arguments of a function go and its result comes from, as the clone that is walked
    /// sees it.
    pub(super) fn signature(&mut self, function: FuncId) -> Signature {
        self.signature_in(self.clone, function)
    }

    pub(super) fn signature_in(&self, clone: CloneId, function: FuncId) -> Signature {
        let params = self.params_in(clone, function).into();
        Signature { params, result: Some(self.result_in(clone, function)) }
    }

    /// The parameters of a function as it is written.
    pub(super) fn original_params(&self, function: FuncId) -> Vec<Node> {
        self.params_in(CloneId::default(), function)
    }

    fn params_in(&self, clone: CloneId, function: FuncId) -> Vec<Node> {
        let node = self.res.function_nodes.get(function.index()).copied().flatten();
        let place = |p: &ast::Param<'a>| {
            self.res.bind(p.name.id).map_or(Graph::ANY, |bind| self.var_in(clone, bind.var))
        };
        node.map_or(&[][..], |n| n.params).iter().map(place).collect()
    }

    fn copy(&self, clone: CloneId) -> Option<&Copy> {
        self.copies.get(clone.index()?)
    }

    pub(super) fn var(&self, var: VarId) -> Node {
        self.var_in(self.clone, var)
    }

    fn var_in(&self, clone: CloneId, var: VarId) -> Node {
        let own = self.copy(clone).and_then(|copy| copy.vars.get(&var));
        own.or(self.vars.get(var.0 as usize)).copied().unwrap_or(Graph::ANY)
    }

    fn result_in(&self, clone: CloneId, function: FuncId) -> Node {
        let own = self.copy(clone).and_then(|copy| copy.results.get(&function));
        own.or(self.results.get(function.index())).copied().unwrap_or(Graph::ANY)
    }

    /// Whether a function may be cloned.
    pub(super) fn can_clone(&self, function: FuncId) -> bool {
        self.can_clone.get(function.index()) == Some(&true)
    }

    /// Whether a function is used otherwise than by calling it.
    pub(super) fn is_value(&self, function: FuncId) -> bool {
        self.values.get(function.index()).is_some_and(Option::is_some)
    }

    /// What a call by name runs.
    pub(super) fn target(&mut self, function: FuncId, call: ExprId) -> CloneId {
        let target = if !self.can_clone(function) {
            CloneId::default()
        } else if self.root == Some(function) {
            self.is_busy.insert(function);
            self.clone
        } else {
            self.plan.target(self.clone, call)
        };
        if target != CloneId::default() {
            self.targets.insert((self.clone, call), target);
        }
        target
    }

    /// Whether what is walked may be executed often.
    pub(super) fn is_hot(&self) -> bool {
        self.n_loops > 0 || self.root.is_some()
    }

    pub(super) fn instance(&self, ty: TypeIdx) -> Node {
        self.instances.get(ty.0 as usize).copied().unwrap_or(Graph::ANY)
    }

    /// The function as a value that anyone can call who has it.
    pub(super) fn function_value(&mut self, function: FuncId) -> Node {
        let copy = self.copy(self.clone).filter(|copy| copy.has_inside(function));
        let known = match copy {
            Some(copy) => copy.values.get(&function).copied(),
            None => self.values.get(function.index()).copied().flatten(),
        };
        if let Some(value) = known {
            return value;
        }
        let clone = if copy.is_some() { self.clone } else { CloneId::default() };
        let signature = self.signature_in(clone, function);
        let value = self.graph.function(&signature.params, signature.result.unwrap_or(Graph::ANY));
        if let Some(copy) = clone.index().and_then(|at| self.copies.get_mut(at)) {
            copy.values.insert(function, value);
        } else if let Some(slot) = self.values.get_mut(function.index()) {
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

    pub(super) fn solve(&mut self) {
        self.graph.solve(&mut self.members);
    }

    pub(super) fn finish(self) -> Facts {
        let graph = &self.graph;
        let reps = |nodes: &Vec<Node>| -> Vec<Rep> {
            nodes.iter().map(|node| rep_of(graph, *node)).collect()
        };
        let elements = self.elements.iter().filter_map(|(clone, id, node)| {
            let rep = element_rep(graph, *node);
            (rep != Rep::Any).then_some(((*clone, *id), rep))
        });
        let clones = self.copies.into_iter().map(|copy| CloneFacts {
            functions: copy.functions,
            root: copy.root,
            vars: copy.vars.into_iter().map(|(var, node)| (var, rep_of(graph, node))).collect(),
            results: copy.results.into_iter().map(|(f, node)| (f, rep_of(graph, node))).collect(),
            values: copy.values.into_keys().collect(),
        });
        Facts {
            vars: reps(&self.vars),
            results: reps(&self.results),
            is_direct: self.values.iter().map(Option::is_none).collect(),
            fields: self.fields.iter().map(reps).collect(),
            statics: self.statics.iter().map(reps).collect(),
            elements: elements.collect(),
            clones: clones.collect(),
            targets: self.targets,
        }
    }

    // ---- functions

    pub(super) fn program(&mut self, program: &ast::Program<'a>) {
        self.stmts(program.prelude);
        self.stmts(program.body);
    }

    /// A function, and its clones. In a clone, only functions that were cloned with it.
    pub(super) fn function(&mut self, node: &'a ast::Function<'a>) {
        let outer = (self.root, self.n_loops);
        if self.clone != CloneId::default() {
            if self.copy(self.clone).is_some_and(|copy| copy.has_inside(node.id)) {
                self.body(node);
            }
            return;
        }
        self.root.get_or_insert(node.id);
        self.n_loops = 0;
        self.body(node);
        for &clone in self.plan.clones_of(node.id) {
            self.clone = clone;
            self.body(node);
        }
        self.clone = CloneId::default();
        (self.root, self.n_loops) = outer;
    }

    fn body(&mut self, node: &'a ast::Function<'a>) {
        let result = self.result_in(self.clone, node.id);
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
        self.is_busy.extend(self.root);
        self.n_loops += 1;
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
        self.n_loops -= 1;
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

impl Copy {
    /// Whether the function exists anew in the clone, inside of the cloned one.
    fn has_inside(&self, function: FuncId) -> bool {
        function != self.root && self.results.contains_key(&function)
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

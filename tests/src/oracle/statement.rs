//! Statements.

use std::rc::Rc;

use hyp_grammar::ast::{
    AdjustKind, Binding, Block, DeclKeyword, DeclTarget, Expr, ExprKind, Init, Loop, LoopHeader,
    OutputKind, Pattern, PatternKind, Stmt, StmtKind, Try, Type, TypeKind, VarDecl,
};
use hyp_grammar::intern::Symbol;
use hyp_grammar::operator::BinaryOp;
use hyp_grammar::span::Span;

use super::machine::{Eval, Machine, Stop};
use super::scope::{Demand, Scope, Slot, is_body};
use super::value::{Value, parse_number, snapshot};

type Run<'a> = Result<(), Stop<'a>>;

impl<'a> Machine<'_, 'a> {
    /// A block in a scope of its own.
    pub(crate) fn block(&mut self, block: &Block<'a>, scope: &Rc<Scope<'a>>) -> Run<'a> {
        let inner = scope.child();
        let result = self.stmts(block.stmts, &inner);
        inner.close();
        result
    }

    /// Statements in the scope that is open.
    pub(crate) fn stmts(&mut self, list: &[Stmt<'a>], scope: &Rc<Scope<'a>>) -> Run<'a> {
        self.hoist(list, scope);
        self.hoisted_stmts(list, scope)
    }

    pub(crate) fn hoisted_stmts(&mut self, list: &[Stmt<'a>], scope: &Rc<Scope<'a>>) -> Run<'a> {
        let mut labels = Vec::new();
        let mut at = 0;
        while let Some(stmt) = list.get(at) {
            at += 1;
            if let StmtKind::Label { name, .. } = stmt.kind {
                labels.push(name.name);
                continue;
            }
            let result = self.stmt(stmt, scope, &labels);
            labels.clear();
            match result {
                Err(Stop::Goto(label)) => {
                    let target = list.iter().position(
                        |s| matches!(s.kind, StmtKind::Label { name, .. } if name.name == label),
                    );
                    let Some(target) = target else { return Err(Stop::Goto(label)) };
                    skip_declarations(scope, list[target].span.start);
                    at = target;
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// Binds what a block declares when it is entered.
    pub(crate) fn hoist(&mut self, list: &[Stmt<'a>], scope: &Rc<Scope<'a>>) {
        self.hoist_functions(list, scope);
        self.hoist_variables(list, scope);
    }

    fn hoist_functions(&mut self, list: &[Stmt<'a>], scope: &Rc<Scope<'a>>) {
        let function = scope.frame.function;
        for stmt in list {
            match stmt.kind {
                StmtKind::Function(f) => {
                    if let Some(name) = f.name {
                        let value = self.closure(f, self.text_of(name.name), scope);
                        scope.add(Slot::new(name.name, function, Some(value)));
                    }
                }
                StmtKind::Session(decl) => {
                    let value = self.session(decl, scope);
                    scope.add(Slot::new(decl.name.name, function, Some(value)));
                }
                StmtKind::Entrance { body, .. } | StmtKind::Finale { body } => {
                    self.hoist_functions(body.stmts, scope);
                }
                _ => {}
            }
        }
    }

    fn hoist_variables(&mut self, list: &[Stmt<'a>], scope: &Rc<Scope<'a>>) {
        let function = scope.frame.function;
        for stmt in list {
            match stmt.kind {
                StmtKind::Var(decl) if !decl.shared => self.hoist_variable(decl, stmt.span, scope),
                StmtKind::Anchor { name, .. } if scope.own(name.name).is_none() => {
                    scope.add(Slot::declared(name.name, function, stmt.span.end, false, None));
                }
                StmtKind::Entrance { body, .. } | StmtKind::Finale { body } => {
                    self.hoist_variables(body.stmts, scope);
                }
                _ => {}
            }
        }
    }

    fn hoist_variable(&mut self, decl: &VarDecl<'a>, span: Span, scope: &Rc<Scope<'a>>) {
        let is_constant = decl.keyword == Some(DeclKeyword::Freeze);
        let mut names = Vec::new();
        match decl.target {
            DeclTarget::Name(name) => names.push(name),
            DeclTarget::Pattern(pattern) => bindings(pattern, &mut names),
            DeclTarget::Place(_) => {}
        }
        for name in names {
            let known = scope.own(name.name).is_some();
            let again = !is_constant && self.reinduced(name, span, scope).is_some();
            if known || again {
                continue;
            }
            let function = scope.frame.function;
            let slot = Slot::declared(name.name, function, span.end, is_constant, None);
            slot.demand.set(decl.ty.map(|ty| self.demand(ty, name.name)));
            scope.add(slot);
        }
    }

    /// The mutable variable that `induce` of a name assigns: one of the same function or, at the top
    /// level, a program-wide one of this module.
    fn reinduced(&self, name: Binding, span: Span, scope: &Rc<Scope<'a>>) -> Option<Rc<Slot<'a>>> {
        let found = scope.in_function(name.name, span.start).or_else(|| {
            let outer = scope.parent.as_ref();
            let is_nested = is_body(scope.frame.function)
                && outer.is_some_and(|outer| Rc::ptr_eq(&outer.frame, &scope.frame));
            let is_own = self.facts.sharing.contains(&(scope.frame.function, name.name));
            self.shared.get(&name.name).filter(|_| is_nested && is_own).cloned()
        });
        found.filter(|slot| !slot.is_constant)
    }

    /// What an annotated variable guarantees: `number` and `boolean` exclude null unless the
    /// program itself gives null to the variable.
    pub(crate) fn demand(&self, ty: &'a Type<'a>, name: Symbol) -> Demand<'a> {
        let module = self.modules.at(ty.span.start);
        Demand { ty, admits_null: self.facts.null_assigned.contains(&(module, name)) }
    }

    /// Runs a statement; `labels` stand directly before it.
    pub(crate) fn stmt(
        &mut self,
        stmt: &Stmt<'a>,
        scope: &Rc<Scope<'a>>,
        labels: &[Symbol],
    ) -> Run<'a> {
        self.step()?;
        match stmt.kind {
            StmtKind::Block(block) => self.block(&block, scope),
            StmtKind::Var(decl) => self.declare(decl, stmt.span, scope),
            StmtKind::Anchor { name, value } => {
                let value = self.eval(value, scope)?;
                let value = snapshot(&value, &mut std::collections::HashMap::new());
                self.bind(name, value, stmt.span, scope)
            }
            StmtKind::Session(decl) => self.initialise_statics(decl, scope),
            StmtKind::Entrance { params, body } => self.entrance(params, &body, scope),
            StmtKind::If { branches, otherwise } => {
                for branch in branches {
                    if self.eval(branch.cond, scope)?.truthy() {
                        return self.block(&branch.body, scope);
                    }
                }
                otherwise.map_or(Ok(()), |block| self.block(&block, scope))
            }
            StmtKind::Loop(it) => self.round(it, scope, labels),
            StmtKind::Output { kind, value } => {
                let value = self.eval(value, scope)?;
                self.print(kind, &value)
            }
            StmtKind::Return { value } => {
                let value = value.map_or(Ok(Value::Null), |e| self.eval(e, scope))?;
                self.returned_at = stmt.span;
                Err(if self.yields { Stop::Yield(value) } else { Stop::Return(value) })
            }
            StmtKind::Snap { label } => Err(Stop::Break(label.map(|l| l.name))),
            StmtKind::Sink { label } => Err(Stop::Continue(label.map(|l| l.name))),
            StmtKind::SinkTo { label } => Err(Stop::Goto(label.name)),
            StmtKind::Descend => Err(Stop::Descend),
            StmtKind::Oscillate { place } => self.oscillate(place, scope),
            StmtKind::Suspend => {
                self.out
                    .borrow_mut()
                    .push_str("[SUSPEND] Program suspended - press Ctrl+C to exit");
                self.suspend(stmt.span)
            }
            StmtKind::Adjust { kind, place, by } => {
                let op = match kind {
                    AdjustKind::Deepen => BinaryOp::Add,
                    AdjustKind::Lighten => BinaryOp::Sub,
                };
                self.update(place, op, by, stmt.span, scope).map(|_| ())
            }
            StmtKind::Assert { cond, message } => {
                if self.eval(cond, scope)?.truthy() {
                    return Ok(());
                }
                let text = match message {
                    Some(message) => self.eval(message, scope)?.display(),
                    None => cond.span.text(&self.modules.text).to_owned(),
                };
                Err(self.fault("assertion", format!("Assertion failed: {text}"), stmt.span))
            }
            StmtKind::Throw { value, .. } => {
                let value = self.eval(value, scope)?;
                Err(Stop::Throw(value, stmt.span))
            }
            StmtKind::Try(it) => self.attempt(it, scope),
            StmtKind::Expr(value) => match stmt.statement_entrain() {
                Some(entrain) => self.entrain(entrain, value.span, scope).map(|_| ()),
                None => self.eval(value, scope).map(|_| ()),
            },
            StmtKind::Error => Err(Stop::Unsupported("syntax errors".to_owned())),
            StmtKind::Empty
            | StmtKind::Import(_)
            | StmtKind::Label { .. }
            | StmtKind::Function(_)
            | StmtKind::Record(_)
            | StmtKind::Finale { .. } => Ok(()),
        }
    }

    fn entrance(
        &mut self,
        params: &[hyp_grammar::ast::Param<'a>],
        body: &Block<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Run<'a> {
        if let Some(param) = params.first() {
            let args = self.setting.args.iter().map(Value::text).collect();
            scope.add(Slot::new(param.name.name, scope.frame.function, Some(Value::array(args))));
        }
        match self.hoisted_stmts(body.stmts, scope) {
            Err(Stop::Return(_)) => Ok(()),
            other => other,
        }
    }

    pub(crate) fn print(&mut self, kind: OutputKind, value: &Value<'a>) -> Run<'a> {
        let text = value.display();
        match kind {
            OutputKind::Observe => self.out.borrow_mut().push_str(&format!("{text}\n")),
            OutputKind::Whisper => self.out.borrow_mut().push_str(&text),
            OutputKind::Command => {
                self.out.borrow_mut().push_str(&format!("{}\n", text.to_uppercase()))
            }
            OutputKind::Murmur => self.out.borrow_mut().push_str(&format!("[DEBUG] {text}")),
        }
        if self.out.borrow().len() > 64 << 20 {
            return Err(Stop::Unsupported("output".to_owned()));
        }
        Ok(())
    }

    fn declare(&mut self, decl: &VarDecl<'a>, span: Span, scope: &Rc<Scope<'a>>) -> Run<'a> {
        if let (DeclTarget::Place(place), Init::Expr(value)) = (decl.target, decl.init) {
            return self.assign(place, value, span, scope).map(|_| ());
        }
        let name = match decl.target {
            DeclTarget::Name(name) => Some(name),
            _ => None,
        };
        if name.is_some_and(|n| self.name(n.name) == "null") {
            return Ok(());
        }
        let value = match decl.init {
            Init::Expr(value) => self.eval(value, scope)?,
            Init::None => Value::Null,
            Init::External(_) => self.external(decl.ty, span)?,
        };
        let Some(name) = name else {
            let DeclTarget::Pattern(pattern) = decl.target else { return Ok(()) };
            return self.destructure(pattern, value, span, scope);
        };
        if decl.shared {
            return self.declare_shared(name, decl, value, span);
        }
        if let (Some(ty), Some(slot)) = (decl.ty, scope.own(name.name)) {
            slot.demand.set(Some(self.demand(ty, name.name)));
        }
        let at = match decl.init {
            Init::Expr(value) => value.span,
            _ => span,
        };
        self.bind(name, value, at, scope)
    }

    fn declare_shared(
        &mut self,
        name: Binding,
        decl: &VarDecl<'a>,
        value: Value<'a>,
        span: Span,
    ) -> Run<'a> {
        let Some(slot) = self.shared.get(&name.name).cloned() else { return Ok(()) };
        if matches!(decl.init, Init::None) && slot.get().is_some() {
            return Ok(());
        }
        slot.demand.set(decl.ty.map(|ty| self.demand(ty, name.name)));
        self.store(&slot, value, span)
    }

    /// Gives a declared name its value: a new variable, or one that is visible already.
    pub(crate) fn bind(
        &mut self,
        name: Binding,
        value: Value<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Run<'a> {
        let own = scope.own(name.name);
        let slot = own.or_else(|| self.reinduced(name, name.span, scope));
        let Some(slot) = slot else {
            scope.add(Slot::new(name.name, scope.frame.function, Some(value)));
            return Ok(());
        };
        if slot.is_constant && slot.value.borrow().is_some() && name.span.start >= slot.declared_at
        {
            return Err(self.constant(name.name, span));
        }
        self.store(&slot, value, span)
    }

    /// The error for a store to a constant.
    pub(crate) fn constant(&self, name: Symbol, span: Span) -> Stop<'a> {
        let text = self.name(name);
        self.failure(format!("Cannot reassign constant variable '{text}'"), span)
    }

    fn external(&mut self, ty: Option<&'a Type<'a>>, span: Span) -> Eval<'a> {
        let Some(line) = self.read_line() else { return Ok(Value::Null) };
        let wanted = match ty.map(|t| t.kind) {
            Some(TypeKind::Named { name, .. }) => self.name(name.name).to_ascii_lowercase(),
            _ => String::new(),
        };
        match wanted.as_str() {
            "number" => parse_number(line.trim())
                .map(Value::Number)
                .ok_or_else(|| self.failure(format!("Cannot convert '{line}' to number"), span)),
            "boolean" => match line.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Ok(Value::Bool(true)),
                "false" | "0" | "no" => Ok(Value::Bool(false)),
                _ => Err(self.failure(format!("Cannot convert '{line}' to boolean"), span)),
            },
            _ => Ok(Value::text(line)),
        }
    }

    fn oscillate(&mut self, place: &'a Expr<'a>, scope: &Rc<Scope<'a>>) -> Run<'a> {
        let at = self.place(place, scope)?;
        let value = match self.load(&at, place.span)? {
            Value::Bool(b) => Value::Bool(!b),
            other => {
                let name = match place.kind {
                    ExprKind::Name(name) => self.name(name),
                    ExprKind::Member { name, .. } => self.name(name.name),
                    _ => place.span.text(&self.modules.text),
                };
                let got = other.type_name();
                let message = format!("Oscillate target '{name}' must be boolean, got {got}");
                return Err(self.failure(message, place.span));
            }
        };
        self.store_place(&at, value, place.span)
    }

    fn attempt(&mut self, it: &Try<'a>, scope: &Rc<Scope<'a>>) -> Run<'a> {
        let depth = self.depth;
        let yields = self.yields;
        let mut result = self.block(&it.body, scope);
        if let (Err(Stop::Throw(..)), Some(catch)) = (&result, it.catch) {
            let Err(Stop::Throw(value, _)) = result else { return Ok(()) };
            self.depth = depth;
            self.yields = yields;
            let inner = scope.child();
            if let Some(name) = catch.name {
                let function = scope.frame.function;
                inner.add(Slot::new(name.name, function, Some(value)));
            }
            result = self.block(&catch.body, &inner);
        }
        if let Some(finally) = it.finally
            && !matches!(result, Err(Stop::Unsupported(_)))
        {
            self.depth = depth;
            self.yields = yields;
            self.block(&finally, scope)?;
        }
        result
    }

    /// Every loop.
    fn round(&mut self, it: &Loop<'a>, scope: &Rc<Scope<'a>>, labels: &[Symbol]) -> Run<'a> {
        match it.header {
            LoopHeader::Infinite => loop {
                if self.once(it, scope, labels)? {
                    return Ok(());
                }
            },
            LoopHeader::While(cond) => {
                while self.eval(cond, scope)?.truthy() {
                    if self.once(it, scope, labels)? {
                        break;
                    }
                }
                Ok(())
            }
            LoopHeader::DoWhile(cond) => loop {
                if self.once(it, scope, labels)? || !self.eval(cond, scope)?.truthy() {
                    return Ok(());
                }
            },
            LoopHeader::Counted { init, cond, step } => {
                self.counted(it, (init, cond, step), scope, labels)
            }
            LoopHeader::Within { keyword, first, second, iterable } => {
                let source = self.eval(iterable, scope)?;
                self.within(it, (keyword, first, second), source, iterable.span, scope, labels)
            }
        }
    }

    /// One round; whether the loop ends.
    fn once(
        &mut self,
        it: &Loop<'a>,
        scope: &Rc<Scope<'a>>,
        labels: &[Symbol],
    ) -> Result<bool, Stop<'a>> {
        self.step()?;
        let mine = |label: &Option<Symbol>| label.is_none_or(|l| labels.contains(&l));
        match self.block(&it.body, scope) {
            Err(Stop::Break(label)) if mine(&label) => Ok(true),
            Err(Stop::Continue(label)) if mine(&label) => Ok(false),
            other => other.map(|()| false),
        }
    }

    fn counted(
        &mut self,
        it: &Loop<'a>,
        (init, cond, step): (Option<&Stmt<'a>>, Option<&'a Expr<'a>>, Option<&'a Expr<'a>>),
        scope: &Rc<Scope<'a>>,
        labels: &[Symbol],
    ) -> Run<'a> {
        let mut header = scope.child();
        match init.map(|stmt| (stmt.kind, stmt.span)) {
            Some((StmtKind::Var(decl), span)) => {
                let DeclTarget::Name(name) = decl.target else { return Ok(()) };
                let slot = Slot::declared(name.name, scope.frame.function, span.end, false, None);
                slot.demand.set(decl.ty.map(|ty| self.demand(ty, name.name)));
                let value = match decl.init {
                    Init::Expr(value) => self.eval(value, &header)?,
                    _ => Value::Null,
                };
                self.store(&slot, value, span)?;
                header.add(slot);
            }
            Some((StmtKind::Expr(value), _)) => {
                self.eval(value, &header)?;
            }
            _ => {}
        }
        let result = loop {
            match cond.map_or(Ok(Value::Bool(true)), |e| self.eval(e, &header)) {
                Ok(value) if !value.truthy() => break Ok(()),
                Err(stop) => break Err(stop),
                Ok(_) => {}
            }
            match self.once(it, &header, labels) {
                Ok(false) => {}
                other => break other.map(|_| ()),
            }
            header = renewed(&header);
            if let Some(step) = step
                && let Err(stop) = self.eval(step, &header)
            {
                break Err(stop);
            }
        };
        header.close();
        result
    }

    fn within(
        &mut self,
        it: &Loop<'a>,
        (_, first, second): (DeclKeyword, Binding, Option<Binding>),
        source: Value<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
        labels: &[Symbol],
    ) -> Run<'a> {
        let chars: Vec<char> = match &source {
            Value::Text(text) => text.chars().collect(),
            Value::Array(_) | Value::Dict(_) => Vec::new(),
            other => {
                let message = format!("Cannot iterate over '{}'", other.display());
                return Err(self.fault("type", message, span));
            }
        };
        let mut at = 0;
        let mut round = 0.0;
        loop {
            let (key, value) = match &source {
                Value::Array(items) => match items.borrow().get(at) {
                    Some(item) => (Value::Number(round), item.clone()),
                    None => return Ok(()),
                },
                Value::Dict(dict) => {
                    let dict = dict.borrow();
                    let Some(entry) = dict.entries.get(at) else { return Ok(()) };
                    let Some((key, value)) = entry else {
                        at += 1;
                        continue;
                    };
                    (key.value(), value.clone())
                }
                _ => match chars.get(at) {
                    Some(c) => (Value::Number(round), Value::text(c.to_string())),
                    None => return Ok(()),
                },
            };
            at += 1;
            round += 1.0;
            let header = scope.child();
            let function = scope.frame.function;
            let is_dict = matches!(source, Value::Dict(_));
            match second {
                Some(second) => {
                    header.add(Slot::new(first.name, function, Some(key)));
                    header.add(Slot::new(second.name, function, Some(value)));
                }
                None => {
                    let value = if is_dict { key } else { value };
                    header.add(Slot::new(first.name, function, Some(value)));
                }
            }
            let done = self.once(it, &header, labels);
            header.close();
            if done? {
                return Ok(());
            }
        }
    }
}

/// The header variables of the next round are new ones, as closures can see.
fn renewed<'a>(header: &Rc<Scope<'a>>) -> Rc<Scope<'a>> {
    let next = Scope::new(header.parent.clone(), Rc::clone(&header.frame));
    for slot in header.slots.borrow().iter() {
        let copy = Slot::declared(slot.name, slot.function, slot.declared_at, false, slot.get());
        copy.demand.set(slot.demand.get());
        next.add(copy);
    }
    next
}

/// Declarations that a jump passes leave their variables null.
fn skip_declarations<'a>(scope: &Rc<Scope<'a>>, target: u32) {
    for slot in scope.slots.borrow().iter() {
        if slot.declared_at <= target && slot.value.borrow().is_none() {
            slot.set(Value::Null);
        }
    }
}

/// The names that a pattern binds.
pub(crate) fn bindings(pattern: &Pattern<'_>, names: &mut Vec<Binding>) {
    match pattern.kind {
        PatternKind::Bind(name) => names.push(name),
        PatternKind::Typed { name: Some(name), .. } => names.push(name),
        PatternKind::As { name, pattern } => {
            names.push(name);
            bindings(pattern, names);
        }
        PatternKind::Record { fields, .. } | PatternKind::Object { fields } => {
            fields.iter().for_each(|field| bindings(field.pattern, names));
        }
        PatternKind::Array { items, rest } => {
            items.iter().for_each(|item| bindings(item, names));
            names.extend(rest.and_then(|r| r.name));
        }
        PatternKind::Or(parts) => parts.iter().for_each(|part| bindings(part, names)),
        _ => {}
    }
}

//! Records, sessions, functions.

use super::{Global, Named, Shape, Ty, Var, Writer};

impl Writer {
    pub(super) fn record(&mut self) {
        let name = format!("R{}", self.records.len());
        let mut fields = Vec::new();
        let word = self.exposure();
        self.open(&format!("{word}tranceify {name} {{"));
        for i in 0..1 + self.random.below(4) {
            let ty = self.ty(1);
            let field = format!("f{i}");
            let annotation = self.annotation(&ty);
            self.line(&format!("{field}: {annotation};"));
            fields.push((field, ty));
        }
        self.close("}");
        let (base, home) = (name.clone(), self.home());
        self.records.push(Shape { name, base, home, fields, methods: Vec::new() });
    }

    pub(super) fn session(&mut self) {
        let name = format!("S{}", self.sessions.len());
        let mut fields = Vec::new();
        let word = self.exposure();
        self.open(&format!("{word}session {name} {{"));
        let outer = std::mem::take(&mut self.vars);
        for i in 0..1 + self.random.below(4) {
            let ty = self.ty(1);
            let field = format!("g{i}");
            let value = self.literal(&ty);
            let annotation = self.maybe_annotation(&ty);
            self.line(&format!("expose {field}{annotation} = {value};"));
            fields.push((field, ty));
        }
        let with_constructor = self.chance(2);
        if with_constructor {
            let (field, ty) = fields[0].clone();
            let annotation = self.maybe_annotation(&ty);
            let default = self.literal(&ty);
            self.line(&format!(
                "constructor(start{annotation} = {default}) {{ this.{field} = start; }}"
            ));
        }
        let total = format!("{name}.total");
        if self.chance(2) {
            self.line("dominant expose total: number = 0;");
            self.vars.push(Var { name: total.clone(), ty: Ty::Number, is_mutable: true });
        }
        let statics = std::mem::take(&mut self.vars);
        let mut methods = Vec::new();
        for i in 0..self.random.below(3) {
            let result = self.ty(1);
            let param = self.ty(0);
            let annotation = self.maybe_annotation(&param);
            let returns = self.maybe_annotation(&result);
            self.vars.push(Var { name: "p".to_owned(), ty: param.clone(), is_mutable: true });
            self.vars.extend(statics.iter().cloned());
            for (field, ty) in &fields {
                let name = format!("this.{field}");
                self.vars.push(Var { name, ty: ty.clone(), is_mutable: true });
            }
            self.open(&format!("expose suggestion m{i}(p{annotation}){returns} {{"));
            let (field, ty) = fields[self.random.below(fields.len())].clone();
            let value = self.expr(&ty, 2);
            self.line(&format!("this.{field} = {value};"));
            let value = self.expr(&result, 2);
            self.line(&format!("awaken {value};"));
            self.close("}");
            self.vars.clear();
            methods.push((format!("m{i}"), vec![param], result));
        }
        self.vars = outer;
        for var in statics {
            self.push_global(var, false, true);
        }
        self.close("}");
        let (base, home) = (name.clone(), self.home());
        self.sessions.push(Shape { name, base, home, fields, methods });
    }

    /// A variable of the module or of the whole program, declared before the functions.
    pub(super) fn global(&mut self) {
        let ty = self.ty(2);
        let value = self.literal(&ty);
        let annotation = self.maybe_annotation(&ty);
        let name = self.fresh("g");
        let keyword = self.pick(&["induce", "induce", "sharedTrance induce", "freeze"]);
        let is_shared = keyword.starts_with("sharedTrance");
        let is_exported = if self.exposes { self.chance(2) } else { keyword == "freeze" };
        let word = if is_exported && !is_shared { self.exposure() } else { "" };
        self.line(&format!("{word}{keyword} {name}{annotation} = {value};"));
        let var = Var { name, ty, is_mutable: keyword != "freeze" };
        self.push_global(var, is_shared, is_exported || is_shared);
    }

    fn push_global(&mut self, var: Var, is_shared: bool, is_exported: bool) {
        let (base, home) = (var.name.clone(), self.home());
        self.globals.push(Global { var, base, home, is_shared, is_exported });
    }

    pub(super) fn function(&mut self) {
        let name = format!("f{}", self.functions.len());
        let is_recursive = self.chance(3);
        let mut params = Vec::new();
        let mut list = Vec::new();
        let globals = self.visible_globals();
        let outer = std::mem::replace(&mut self.vars, globals);
        if is_recursive {
            params.push(Ty::Number);
            let annotation = self.maybe_annotation(&Ty::Number);
            list.push(format!("depth{annotation}"));
            self.vars.push(Var { name: "depth".to_owned(), ty: Ty::Number, is_mutable: false });
        }
        for i in 0..self.random.below(4) {
            let ty = self.ty(1);
            let annotation = self.maybe_annotation(&ty);
            let default = if self.chance(4) && i == 2 {
                format!(" = {}", self.literal(&ty))
            } else {
                String::new()
            };
            list.push(format!("a{i}{annotation}{default}"));
            self.vars.push(Var { name: format!("a{i}"), ty: ty.clone(), is_mutable: true });
            params.push(ty);
        }
        let result = self.ty(1);
        let returns = self.maybe_annotation(&result);
        let is_task = self.has_tasks && self.chance(3);
        let is_exported = !self.exposes || self.chance(2);
        let exposure = if is_exported { self.exposure() } else { "" };
        let mesmerize = if is_task { "mesmerize " } else { "" };
        let list = list.join(", ");
        self.open(&format!("{exposure}{mesmerize}suggestion {name}({list}){returns} {{"));
        let (base, home, params) = (name.clone(), self.home(), params.clone());
        let named = Named {
            name,
            base,
            home,
            is_exported,
            is_task,
            params: params.clone(),
            result: result.clone(),
            is_recursive,
        };
        if is_recursive {
            let base = self.expr(&result, 1);
            self.line(&format!("if (depth <= 0) {{ awaken {base}; }}"));
        }
        self.result = Some(result.clone());
        self.budget = 1 + self.random.below(8);
        self.loop_depth += 1;
        while self.budget > 0 {
            self.statement();
        }
        self.loop_depth -= 1;
        if is_recursive {
            let mut args = vec!["depth - 1".to_owned()];
            args.extend(params.iter().skip(1).map(|ty| self.expr(ty, 1)));
            let wait = if is_task { "await " } else { "" };
            let call = format!("{wait}{}({})", named.name, args.join(", "));
            let inner = self.fresh("r");
            self.line(&format!("induce {inner} = {call};"));
            self.vars.push(Var { name: inner, ty: result.clone(), is_mutable: true });
        }
        let value = if is_task && self.chance(3) {
            self.promise(&result, 2)
        } else {
            self.expr(&result, 2)
        };
        self.line(&format!("awaken {value};"));
        self.result = None;
        self.close("}");
        self.vars = outer;
        self.functions.push(named);
    }

    /// A call of a declared function with this result.
    pub(super) fn function_call(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        let (call, is_task) = self.any_call(ty, depth, |_| true)?;
        Some(if is_task { format!("(await {call})") } else { call })
    }

    /// The promise that a declared function with this result gives.
    pub(super) fn task_call(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        self.any_call(ty, depth, |f| f.is_task).map(|(call, _)| call)
    }

    fn any_call(
        &mut self,
        ty: &Ty,
        depth: usize,
        is_wanted: impl Fn(&Named) -> bool,
    ) -> Option<(String, bool)> {
        let fits = |f: &&Named| f.result == *ty && is_wanted(f);
        let fits: Vec<Named> = self.functions.iter().filter(fits).cloned().collect();
        if fits.is_empty() || self.loop_depth > 2 {
            return None;
        }
        let f = &fits[self.random.below(fits.len())];
        let mut args = Vec::new();
        for (i, param) in f.params.iter().enumerate() {
            args.push(if i == 0 && f.is_recursive {
                self.random.below(4).to_string()
            } else {
                self.expr(param, depth)
            });
        }
        Some((format!("{}({})", f.name, args.join(", ")), f.is_task))
    }
}

//! Statements.

use super::{Ty, Var, Writer};

impl Writer {
    /// One statement, simple or with blocks.
    pub(super) fn statement(&mut self) {
        self.budget = self.budget.saturating_sub(1);
        let may_nest = self.level < 6;
        if self.has_tasks && may_nest && self.loop_depth < 3 && self.chance(5) {
            return self.task_statement();
        }
        match self.random.below(25) {
            24 if may_nest && self.loop_depth < 3 => self.called_back(),
            0..=3 => self.declare(),
            4..=7 => self.assign(),
            8 | 9 => self.store_part(),
            10 => self.print(),
            11 | 12 if may_nest => self.branch(),
            13..=15 if may_nest && self.loop_depth < 3 => self.round(),
            16 if may_nest => self.attempt(),
            17 if may_nest => self.arms(),
            18 => self.push(),
            19 if self.level > 1 && !self.loops.is_empty() => self.jump(),
            20 if self.chance(2) && may_nest && self.loop_depth < 3 => self.walk(),
            20 => self.leave(),
            21 if may_nest => self.closure(),
            22 => self.toggle(),
            23 if self.chance(4) => self.risky(),
            _ => self.assign(),
        }
    }

    /// The statements of a block; its variables end with it.
    pub(super) fn block(&mut self, most: usize) {
        let mark = self.vars.len();
        for _ in 0..1 + self.random.below(most) {
            self.statement();
        }
        self.vars.truncate(mark);
    }

    pub(super) fn declare(&mut self) {
        let ty = if self.chance(12) {
            let param = self.ty(0);
            Ty::Function(vec![param], Box::new(self.ty(1)))
        } else {
            self.ty(2)
        };
        let value = self.expr(&ty, 3);
        let annotation = self.maybe_annotation(&ty);
        let name = self.fresh("v");
        let keyword = self
            .pick(&["induce", "induce", "induce", "implant", "embed", "var", "freeze", "anchor"]);
        // A function that calls its own variable could recur without end.
        let is_mutable = keyword != "freeze" && !matches!(ty, Ty::Function(..));
        let annotation = if keyword == "anchor" { String::new() } else { annotation };
        self.line(&format!("{keyword} {name}{annotation} = {value};"));
        self.push_var(name, ty, is_mutable);
    }

    /// Adds a variable, and its fields as places of their own.
    fn push_var(&mut self, name: String, ty: Ty, is_mutable: bool) {
        let (shape, are_mutable) = match &ty {
            Ty::Record(at) => (&self.records[*at], is_mutable),
            Ty::Session(at) => (&self.sessions[*at], true),
            _ => return self.vars.push(Var { name, ty, is_mutable }),
        };
        for (field, of) in shape.fields.clone() {
            if !self.chance(2) {
                continue;
            }
            let name = format!("{name}.{field}");
            self.vars.push(Var { name, ty: of, is_mutable: are_mutable });
        }
        self.vars.push(Var { name, ty, is_mutable });
    }

    /// A loop over the elements of an array by index, which may also change the array.
    fn walk(&mut self) {
        let is_array = |v: &&Var| matches!(v.ty, Ty::Array(_)) && !v.name.contains('[');
        let arrays: Vec<Var> = self.vars.iter().filter(is_array).cloned().collect();
        if arrays.is_empty() {
            return self.declare();
        }
        let array = arrays[self.random.below(arrays.len())].clone();
        let Ty::Array(item) = array.ty.clone() else { return };
        let (name, counter) = (array.name, self.fresh("i"));
        let mark = self.vars.len();
        let is_safe = !self.chance(3);
        if is_safe {
            self.open("try {");
        }
        let word = self.pick(&["loop", "for", "pendulum"]);
        let bound = match self.random.below(3) {
            0 => format!("{counter} < ArrayLength({name}) && {counter} < 7"),
            1 => format!("{counter} < Min(ArrayLength({name}), 6)"),
            _ => format!("{counter} < (ArrayLength({name}) > 5 ? 5 : ArrayLength({name}))"),
        };
        self.open(&format!("{word} (induce {counter} = 0; {bound}; {counter} = {counter} + 1) {{"));
        let element = format!("{name}[{counter}]");
        self.vars.push(Var { name: element, ty: *item, is_mutable: true });
        self.vars.push(Var { name: counter, ty: Ty::Number, is_mutable: false });
        self.loops.push(None);
        self.loop_depth += 1;
        self.assign();
        self.block(3);
        self.loop_depth -= 1;
        self.loops.pop();
        self.close("}");
        if is_safe {
            let caught = self.fresh("e");
            self.close(&format!("}} catch ({caught}) {{ observe {caught}; }}"));
        }
        self.vars.truncate(mark);
    }

    /// A variable that may be assigned.
    fn target(&mut self) -> Option<Var> {
        let vars: Vec<Var> = self.vars.iter().filter(|v| v.is_mutable).cloned().collect();
        if vars.is_empty() { None } else { Some(vars[self.random.below(vars.len())].clone()) }
    }

    fn assign(&mut self) {
        let Some(var) = self.target() else { return self.declare() };
        let name = &var.name;
        if var.ty == Ty::Number && self.chance(2) {
            let value = self.expr(&Ty::Number, 2);
            match self.random.below(3) {
                0 => {
                    let op = self.pick(&["+=", "-=", "*=", "/=", "%="]);
                    self.line(&format!("{name} {op} {value};"));
                }
                1 => {
                    let word = self.pick(&["deepen", "lighten"]);
                    self.line(&format!("{word} {name} by {value};"));
                }
                _ => self.line(&format!("induce {name} = {value};")),
            }
            return;
        }
        let value = self.expr(&var.ty, 3);
        if var.ty == Ty::Text && self.chance(3) {
            return self.line(&format!("{name} = Substring({value}, 0, 40);"));
        }
        self.line(&format!("{name} = {value};"));
    }

    /// A store to a field or an element.
    fn store_part(&mut self) {
        let Some(var) = self.target() else { return self.declare() };
        let name = &var.name;
        match &var.ty {
            Ty::Record(at) | Ty::Session(at) => {
                let shapes =
                    if matches!(var.ty, Ty::Record(_)) { &self.records } else { &self.sessions };
                let fields = shapes[*at].fields.clone();
                let (field, ty) = fields[self.random.below(fields.len())].clone();
                let value = self.expr(&ty, 2);
                self.line(&format!("{name}.{field} = {value};"));
            }
            Ty::Array(item) => {
                let value = self.expr(item, 2);
                let at = self.expr(&Ty::Number, 1);
                self.line(&format!(
                    "if (ArrayLength({name}) > 0) {{ {name}[Abs(Trunc({at}) % ArrayLength({name})) > 0 ? 0 : ArrayLength({name}) - 1] = {value}; }}"
                ));
            }
            Ty::Dict(item) => {
                let value = self.expr(item, 2);
                if self.chance(2) {
                    self.line(&format!("{name}.k{} = {value};", self.next_name % 3));
                } else {
                    let key = self.expr(&Ty::Text, 1);
                    self.line(&format!("{name}[{key}] = {value};"));
                }
            }
            _ => self.assign(),
        }
    }

    pub(super) fn print(&mut self) {
        let ty = self.ty(2);
        let value = self.expr(&ty, 3);
        let word = self.pick(&["observe", "observe", "observe", "whisper", "command", "murmur"]);
        self.line(&format!("{word} {value};"));
    }

    fn branch(&mut self) {
        let cond = self.expr(&Ty::Bool, 2);
        self.open(&format!("if ({cond}) {{"));
        self.block(3);
        while self.chance(4) {
            let cond = self.expr(&Ty::Bool, 2);
            self.close(&format!("}} else if ({cond}) {{"));
            self.level += 1;
            self.block(2);
        }
        if self.chance(2) {
            self.close("} else {");
            self.level += 1;
            self.block(3);
        }
        self.close("}");
    }

    fn round(&mut self) {
        let label = if self.chance(4) { Some(self.fresh("loop")) } else { None };
        let mark = self.vars.len();
        let counter = self.fresh("i");
        let most = 1 + self.random.below(5);
        let mut step = None;
        let form = self.random.below(7);
        if form == 2 {
            self.line(&format!("induce {counter} = {most};"));
        }
        if let Some(label) = &label {
            self.line(&format!("{label}:"));
        }
        match form {
            0 | 1 => self.open(&format!(
                "loop (induce {counter} = 0; {counter} < {most}; {counter} = {counter} + 1) {{"
            )),
            2 => {
                self.open(&format!("while ({counter} > 0) {{"));
                step = Some(format!("{counter} = {counter} - 1;"));
            }
            6 => {
                let word = self.pick(&["loop", "for", "pendulum"]);
                let annotation = self.maybe_annotation(&Ty::Number);
                self.open(&format!(
                    "{word} (induce {counter}{annotation} = {most}; {counter} >= 0; {counter} -= 1) {{"
                ));
            }
            3 => {
                self.open(&format!("loop (induce {counter} within 1 upTo {most}) {{"));
            }
            4 => {
                let item = self.ty(1);
                let array = self.expr(&Ty::Array(Box::new(item.clone())), 1);
                let value = self.fresh("x");
                self.open(&format!(
                    "loop (induce {counter}, {value} within ArrayTake({array}, 5)) {{"
                ));
                self.vars.push(Var { name: value, ty: item, is_mutable: true });
            }
            _ => {
                let item = self.ty(1);
                let dict = self.expr(&Ty::Dict(Box::new(item.clone())), 1);
                let (key, value) = (self.fresh("k"), self.fresh("x"));
                self.open(&format!(
                    "loop (induce {key}, {value} within DictMerge({dict}, {{}})) {{"
                ));
                self.vars.push(Var { name: key, ty: Ty::Text, is_mutable: true });
                self.vars.push(Var { name: value, ty: item, is_mutable: true });
                self.body(label, step);
                self.vars.truncate(mark);
                return;
            }
        }
        self.vars.push(Var { name: counter, ty: Ty::Number, is_mutable: false });
        self.body(label, step);
        self.vars.truncate(mark);
    }

    fn body(&mut self, label: Option<String>, step: Option<String>) {
        if let Some(step) = step {
            self.line(&step);
        }
        self.loops.push(label);
        self.loop_depth += 1;
        self.block(3);
        self.loop_depth -= 1;
        self.loops.pop();
        self.close("}");
    }

    fn jump(&mut self) {
        let cond = self.expr(&Ty::Bool, 2);
        let word = self.pick(&["snap", "sink"]);
        let label = self.loops[self.random.below(self.loops.len())].clone();
        match label {
            Some(label) if self.chance(2) => {
                self.line(&format!("if ({cond}) {{ {word} {label}; }}"))
            }
            _ => self.line(&format!("if ({cond}) {{ {word}; }}")),
        }
    }

    /// An early return.
    fn leave(&mut self) {
        let Some(ty) = self.result.clone() else { return self.assign() };
        let (cond, value) = (self.expr(&Ty::Bool, 2), self.expr(&ty, 2));
        self.line(&format!("if ({cond}) {{ awaken {value}; }}"));
    }

    fn attempt(&mut self) {
        self.open("try {");
        self.block(2);
        if !self.chance(3) {
            let cond = self.expr(&Ty::Bool, 1);
            let ty = self.ty(1);
            let value = self.expr(&ty, 1);
            self.line(&format!("if ({cond}) {{ throw {value}; }}"));
        }
        if self.chance(2) {
            self.failing();
        }
        let caught = self.fresh("e");
        if self.chance(4) {
            self.close("} finally {");
            self.level += 1;
            self.print();
            self.close("}");
            return;
        }
        self.close(&format!("}} catch ({caught}) {{"));
        self.level += 1;
        self.line(&format!("observe \"caught \" + {caught};"));
        self.block(2);
        if self.chance(3) {
            self.close("} finally {");
            self.level += 1;
            self.block(1);
        }
        self.close("}");
    }

    /// A statement that raises an error sometimes or always.
    fn failing(&mut self) {
        let n = self.expr(&Ty::Number, 1);
        let (array, text) =
            (self.expr(&Ty::Array(Box::new(Ty::Number)), 1), self.expr(&Ty::Text, 1));
        let line = match self.random.below(9) {
            0 => format!("observe {array}[{n}];"),
            1 => format!("observe id({text}) * 2;"),
            2 => format!("induce {}: number = id({text});", self.fresh("t")),
            3 => format!("assert {n} > 1, \"small\";"),
            4 => format!("observe id(null).missing + {n};"),
            5 => format!("id({n})({n});"),
            6 => format!("observe id({array}) - 1;"),
            7 => format!("observe id({text}).size;"),
            _ => format!("Throw({text});"),
        };
        self.line(&line);
    }

    /// An error that nobody may catch.
    fn risky(&mut self) {
        let cond = self.expr(&Ty::Bool, 1);
        self.open(&format!("if ({cond}) {{"));
        self.failing();
        self.close("}");
    }

    /// An `entrain` as a statement.
    fn arms(&mut self) {
        let ty = self.ty(1);
        let subject = self.expr(&ty, 2);
        self.open(&format!("entrain ({subject}) {{"));
        for _ in 0..1 + self.random.below(3) {
            let mark = self.vars.len();
            let pattern = self.pattern(&ty, 1);
            self.open(&format!("when {pattern} => {{"));
            self.block(2);
            self.close("}");
            self.vars.truncate(mark);
        }
        self.open("otherwise => {");
        self.block(2);
        self.close("}");
        self.close("}");
    }

    fn push(&mut self) {
        let arrays: Vec<Var> =
            self.vars.iter().filter(|v| matches!(v.ty, Ty::Array(_))).cloned().collect();
        if arrays.is_empty() {
            return self.declare();
        }
        let var = arrays[self.random.below(arrays.len())].clone();
        let Ty::Array(item) = &var.ty else { return };
        let name = &var.name;
        match self.random.below(5) {
            0..=2 => {
                let value = self.expr(item, 2);
                self.line(&format!("ArrayPush({name}, {value});"));
            }
            3 => self.line(&format!("ArrayPop({name});")),
            _ => {
                let value = self.expr(item, 2);
                self.line(&format!("ArrayInsert({name}, 0, {value});"));
            }
        }
    }

    /// A closure that changes what is around it, called at once or later.
    fn closure(&mut self) {
        let params: Vec<Ty> = (0..self.random.below(3)).map(|_| self.ty(0)).collect();
        let result = self.ty(1);
        let name = self.fresh("c");
        let mark = self.vars.len();
        let mut list = Vec::new();
        for ty in &params {
            let param = self.fresh("p");
            let annotation = self.maybe_annotation(ty);
            list.push(format!("{param}{annotation}"));
            self.vars.push(Var { name: param, ty: ty.clone(), is_mutable: true });
        }
        let list = list.join(", ");
        let is_named = self.chance(3);
        if is_named {
            self.open(&format!("suggestion {name}({list}) {{"));
        } else {
            self.open(&format!("induce {name} = suggestion({list}) {{"));
        }
        let outer = (self.result.replace(result.clone()), std::mem::take(&mut self.loops));
        self.loop_depth += 1;
        self.block(3);
        self.loop_depth -= 1;
        (self.result, self.loops) = outer;
        let value = self.expr(&result, 2);
        self.line(&format!("awaken {value};"));
        self.close(if is_named { "}" } else { "};" });
        self.vars.truncate(mark);
        let args: Vec<_> = params.iter().map(|ty| self.expr(ty, 1)).collect();
        let call = format!("{name}({})", args.join(", "));
        let value = self.fresh("v");
        self.line(&format!("induce {value} = {call};"));
        self.push_var(value, result, true);
    }

    /// Statements in functions that builtins call.
    fn called_back(&mut self) {
        let caught = self.fresh("e");
        let (start, end) = match self.random.below(3) {
            0 => (
                format!("RepeatAction({}, suggestion() {{", self.random.below(4)),
                "});".to_owned(),
            ),
            1 => (
                "TryOrAwaken(suggestion() {".to_owned(),
                format!("}}, suggestion({caught}) {{ observe \"rescued \" + {caught}; }});"),
            ),
            _ => (
                "EnsureAwakening(suggestion() {".to_owned(),
                "}, suggestion() { observe \"awake\"; });".to_owned(),
            ),
        };
        self.open(&start);
        let outer = (self.result.take(), std::mem::take(&mut self.loops));
        self.loop_depth += 1;
        self.block(2);
        self.loop_depth -= 1;
        (self.result, self.loops) = outer;
        self.close(&end);
    }

    fn toggle(&mut self) {
        let names = self.of_type(&Ty::Bool, true);
        match self.any_of(&names) {
            Some(name) => self.line(&format!("oscillate {name};")),
            None => self.declare(),
        }
    }
}

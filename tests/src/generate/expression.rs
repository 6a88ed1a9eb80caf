//! Expressions of a wanted type.

use super::{Ty, Var, Writer};

const WORDS: [&str; 10] =
    ["a", "deep", "Trance", "", "x y", "äöü", "0", "12", "focus focus", "Zz\\n"];

const NUMBERS: [&str; 18] = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "-1",
    "0.5",
    "2.25",
    "100",
    "-3",
    "1000",
    "0.1",
    "2147483647",
    "4294967296",
    "1e15",
    "-0",
    "9007199254740993",
];

impl Writer {
    /// A literal of a type.
    pub(super) fn literal(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Number => self.pick(&NUMBERS).to_owned(),
            Ty::Bool => self.pick(&["true", "false"]).to_owned(),
            Ty::Text => format!("\"{}\"", self.pick(&WORDS)),
            Ty::Array(item) => {
                let n = self.random.below(4);
                let items: Vec<_> = (0..n).map(|_| self.literal(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Ty::Dict(item) => {
                let n = self.random.below(3);
                let items: Vec<_> =
                    (0..n).map(|i| format!("k{i}: {}", self.literal(item))).collect();
                format!("({{ {} }})", items.join(", "))
            }
            Ty::Record(at) => {
                let fields = self.records[*at].fields.clone();
                let name = self.records[*at].name.clone();
                let fields: Vec<_> =
                    fields.iter().map(|(f, ty)| format!("{f}: {}", self.literal(ty))).collect();
                format!("{name} {{ {} }}", fields.join(", "))
            }
            Ty::Session(at) => format!("{}()", self.sessions[*at].name),
            Ty::Function(params, result) => format!("({})", self.lambda(params, result, 1)),
            Ty::Promise(of) => format!("delayedValue(1, {})", self.literal(of)),
        }
    }

    /// An expression of a type; `depth` bounds its nesting.
    pub(super) fn expr(&mut self, ty: &Ty, depth: usize) -> String {
        if depth == 0 || self.chance(4) {
            let names = self.of_type(ty, false);
            return match self.any_of(&names) {
                Some(name) if !self.chance(4) => name,
                _ => self.literal(ty),
            };
        }
        let depth = depth - 1;
        if let Ty::Promise(of) = ty {
            return self.promise(of, depth);
        }
        if self.has_tasks && self.chance(12) {
            return self.awaited(ty, depth);
        }
        match self.random.below(13) {
            0 => {
                let (c, a, b) =
                    (self.expr(&Ty::Bool, depth), self.expr(ty, depth), self.expr(ty, depth));
                return format!("({c} ? {a} : {b})");
            }
            1 => {
                if let Some(call) = self.function_call(ty, depth) {
                    return call;
                }
            }
            2 => {
                if let Some(field) = self.part_of(ty) {
                    return field;
                }
            }
            3 => {
                let value = self.expr(ty, depth);
                return format!("id({value})");
            }
            4 if depth > 0 => return self.matched(ty, depth),
            5 => {
                let (name, value) = (self.expr(ty, depth), self.expr(ty, depth));
                return format!("(id({name}) ?? {value})");
            }
            6 => {
                let param = self.ty(0);
                let arg = self.expr(&param, depth);
                let lambda = self.lambda(std::slice::from_ref(&param), ty, depth);
                return format!("({lambda})({arg})");
            }
            7 if depth > 0 => return self.by_functions(ty, depth),
            _ => {}
        }
        match ty {
            Ty::Number => self.number(depth),
            Ty::Bool => self.boolean(depth),
            Ty::Text => self.text(depth),
            Ty::Array(item) => self.array(item, depth),
            Ty::Dict(item) => self.dict(item, depth),
            Ty::Record(at) => self.record_value(*at, depth),
            _ => self.literal(ty),
        }
    }

    /// A field, element or method result of a variable.
    fn part_of(&mut self, ty: &Ty) -> Option<String> {
        let mut parts = Vec::new();
        for var in &self.vars {
            if let Ty::Function(params, result) = &var.ty
                && **result == *ty
            {
                parts.push((var.name.clone(), Some(params[0].clone())));
            }
            let shape = match &var.ty {
                Ty::Record(at) => &self.records[*at],
                Ty::Session(at) => &self.sessions[*at],
                _ => continue,
            };
            for (field, of) in &shape.fields {
                if of == ty {
                    parts.push((format!("{}.{field}", var.name), None));
                }
            }
            for (method, params, result) in &shape.methods {
                if result == ty {
                    let bound =
                        [format!("{}.{method}", var.name), format!("id({}.{method})", var.name)];
                    parts.extend(bound.map(|part| (part, Some(params[0].clone()))));
                }
            }
        }
        if parts.is_empty() {
            return None;
        }
        let (part, param) = parts.swap_remove(self.random.below(parts.len()));
        Some(match param {
            Some(param) => format!("{part}({})", self.expr(&param, 1)),
            None => part,
        })
    }

    /// `suggestion(…) { … }` or an arrow.
    pub(super) fn lambda(&mut self, params: &[Ty], result: &Ty, depth: usize) -> String {
        let mark = self.vars.len();
        let mut list = Vec::new();
        for ty in params {
            let name = self.fresh("l");
            let annotation = self.maybe_annotation(ty);
            list.push(format!("{name}{annotation}"));
            self.vars.push(Var { name, ty: ty.clone(), is_mutable: true });
        }
        self.loop_depth += 2;
        let body = self.expr(result, depth.min(2));
        self.loop_depth -= 2;
        self.vars.truncate(mark);
        let list = list.join(", ");
        if self.chance(2) {
            format!("suggestion({list}) {{ awaken {body}; }}")
        } else if body.starts_with('{') {
            format!("({list}) => ({body})")
        } else {
            format!("({list}) => {body}")
        }
    }

    /// An `entrain` with the value.
    fn matched(&mut self, ty: &Ty, depth: usize) -> String {
        let subject = self.ty(1);
        let value = self.expr(&subject, depth);
        let mut arms = String::new();
        for _ in 0..1 + self.random.below(3) {
            let mark = self.vars.len();
            let pattern = self.pattern(&subject, 1);
            let guard = if self.chance(3) {
                format!(" if {}", self.expr(&Ty::Bool, 0))
            } else {
                String::new()
            };
            let body = self.arm_value(ty, depth);
            self.vars.truncate(mark);
            arms.push_str(&format!("when {pattern}{guard} => {body}, "));
        }
        let otherwise = self.arm_value(ty, depth);
        format!("(entrain ({value}) {{ {arms}otherwise => {otherwise} }})")
    }

    fn arm_value(&mut self, ty: &Ty, depth: usize) -> String {
        let value = self.expr(ty, depth);
        match self.random.below(4) {
            0 => format!("awaken {value}"),
            1 => format!("{{ awaken {value}; }}"),
            2 => format!("{{ {value}; }}"),
            _ => format!("({value})"),
        }
    }

    /// A pattern for values of a type; what it binds is added to the variables.
    pub(super) fn pattern(&mut self, ty: &Ty, depth: usize) -> String {
        let bind = |writer: &mut Self, ty: &Ty| {
            let name = writer.fresh("b");
            writer.vars.push(Var { name: name.clone(), ty: ty.clone(), is_mutable: true });
            name
        };
        match (ty, self.random.below(4)) {
            (_, 0) => "_".to_owned(),
            (_, 1) => {
                let name = bind(self, ty);
                if self.chance(2) { format!("{name}: {}", self.annotation(ty)) } else { name }
            }
            (Ty::Number, _) if self.chance(3) => "0 upTo 10".to_owned(),
            (Ty::Number, _) => self.pick(&["0", "1", "-1", "0.5", "3 | 7", "100"]).to_owned(),
            (Ty::Bool, _) => self.pick(&["true", "false"]).to_owned(),
            (Ty::Text, _) => format!("\"{}\"", self.pick(&WORDS)),
            (Ty::Array(item), _) if depth > 0 => {
                let n = self.random.below(3);
                let mut items: Vec<_> = (0..n).map(|_| self.pattern(item, depth - 1)).collect();
                if self.chance(2) {
                    items.push(if self.chance(2) {
                        format!("...{}", bind(self, ty))
                    } else {
                        "...".to_owned()
                    });
                }
                format!("[{}]", items.join(", "))
            }
            (Ty::Record(at), _) if depth > 0 => {
                let name = self.records[*at].name.clone();
                let (field, of) = self.records[*at].fields[0].clone();
                let inner = self.pattern(&of, depth - 1);
                format!("{name} {{ {field}: {inner} }}")
            }
            _ => bind(self, ty),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        let n = Ty::Number;
        match self.random.below(19) {
            17 | 18 => self.number_of_parts(depth),
            0..=5 => {
                let op = self.pick(&["+", "-", "*", "/", "%", "+", "-", "*"]);
                let (a, b) = (self.expr(&n, depth), self.expr(&n, depth));
                format!("({a} {op} {b})")
            }
            6 => {
                let op = self.pick(&["bitAnd", "bitOr", "bitXor", "shiftDeeper", "shiftLighter"]);
                let (a, b) = (self.expr(&n, depth), self.expr(&n, depth));
                format!("({a} {op} {b})")
            }
            7 => format!("({}{})", self.pick(&["-", "+", "bitNot "]), self.operand(&n, depth)),
            8 => {
                let f = self.pick(&["Abs", "Floor", "Ceil", "Round", "Trunc", "Sign", "Fract"]);
                format!("{f}({})", self.expr(&n, depth))
            }
            9 => {
                let f = self.pick(&["Min", "Max", "Mod", "Gcd", "Lcm"]);
                let (a, b) = (self.expr(&n, depth), self.expr(&n, depth));
                if matches!(f, "Gcd" | "Lcm") {
                    format!("{f}({a} % 1000, {b} % 1000)")
                } else {
                    format!("{f}({a}, {b})")
                }
            }
            10 => {
                let ty = Ty::Array(Box::new(self.ty(0)));
                let f = self.pick(&["ArrayLength", "Length"]);
                format!("{f}({})", self.expr(&ty, depth))
            }
            11 => format!("Length({})", self.expr(&Ty::Text, depth)),
            12 => {
                let f = self.pick(&[
                    "ArraySum",
                    "Mean",
                    "Median",
                    "Mode",
                    "ArrayAverage",
                    "Variance",
                    "StandardDeviation",
                ]);
                format!("{f}({})", self.expr(&Ty::Array(Box::new(n)), depth))
            }
            13 => {
                let array = self.expr(&Ty::Array(Box::new(n.clone())), depth);
                let (initial, f) =
                    (self.expr(&n, depth), self.lambda(&[n.clone(), n], &Ty::Number, 1));
                format!("ArrayReduce({array}, {initial}, {f})")
            }
            14 => {
                let array = self.expr(&Ty::Array(Box::new(n.clone())), depth);
                let (at, other) = (self.expr(&n, depth), self.expr(&n, depth));
                format!("({array}?.[{at}] ?? {other})")
            }
            15 => {
                let f = self.pick(&["IndexOf", "CountOccurrences", "LastIndexOf", "Compare"]);
                format!("{f}({}, {})", self.expr(&Ty::Text, depth), self.expr(&Ty::Text, depth))
            }
            _ => {
                let item = self.ty(0);
                let dict = self.expr(&Ty::Dict(Box::new(item)), depth);
                format!("DictSize({dict})")
            }
        }
    }

    /// An expression that can stand behind a prefix operator.
    fn operand(&mut self, ty: &Ty, depth: usize) -> String {
        let value = self.expr(ty, depth);
        if value.starts_with('-') { format!("({value})") } else { value }
    }

    fn boolean(&mut self, depth: usize) -> String {
        match self.random.below(11) {
            10 => self.property(depth),
            0..=2 => {
                let op = self.pick(&["<", "<=", ">", ">=", "==", "!="]);
                let ty = if self.chance(4) { Ty::Text } else { Ty::Number };
                format!("({} {op} {})", self.expr(&ty, depth), self.expr(&ty, depth))
            }
            3 | 4 => {
                let op = self.pick(&["&&", "||"]);
                format!("({} {op} {})", self.expr(&Ty::Bool, depth), self.expr(&Ty::Bool, depth))
            }
            5 => format!("(!{})", self.operand(&Ty::Bool, depth)),
            6 => {
                let ty = self.ty(1);
                let op = self.pick(&["==", "!="]);
                format!("({} {op} {})", self.expr(&ty, depth), self.expr(&ty, depth))
            }
            7 => {
                let item = self.ty(0);
                let array = self.expr(&Ty::Array(Box::new(item.clone())), depth);
                if self.chance(2) {
                    format!("ArrayContains({array}, {})", self.expr(&item, depth))
                } else {
                    let f = self.pick(&["ArraySome", "ArrayEvery"]);
                    format!("{f}({array}, {})", self.lambda(&[item], &Ty::Bool, 1))
                }
            }
            8 => {
                let f = self.pick(&["Contains", "StartsWith", "EndsWith", "EqualsIgnoreCase"]);
                format!("{f}({}, {})", self.expr(&Ty::Text, depth), self.expr(&Ty::Text, depth))
            }
            _ => {
                let ty = self.ty(1);
                let f = self.pick(&["IsNumber", "IsString", "IsArray", "IsNull", "IsObject"]);
                format!("{f}({})", self.expr(&ty, depth))
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let t = Ty::Text;
        match self.random.below(12) {
            10 | 11 => self.edited(depth),
            0..=2 => {
                let other = self.ty(1);
                format!("({} + {})", self.expr(&t, depth), self.expr(&other, depth))
            }
            3 => {
                let other = self.ty(1);
                let value = self.expr(&other, 0);
                if value.contains('`') || value.contains('{') {
                    format!("(\"\" + {value})")
                } else {
                    format!("`<{{{value}}}>`")
                }
            }
            4 => {
                let f = self.pick(&["ToUpper", "ToLower", "Trim", "Reverse", "Capitalize"]);
                format!("{f}({})", self.expr(&t, depth))
            }
            5 => format!(
                "Substring({}, {}, {})",
                self.expr(&t, depth),
                self.random.below(4),
                self.random.below(9)
            ),
            6 => {
                let ty = self.ty(1);
                let f = self.pick(&["ToString", "TypeOf"]);
                format!("{f}({})", self.expr(&ty, depth))
            }
            7 => {
                let ty = Ty::Array(Box::new(self.ty(1)));
                format!("ArrayJoin({}, \"{}\")", self.expr(&ty, depth), self.pick(&WORDS))
            }
            8 => format!(
                "Replace({}, \"{}\", {})",
                self.expr(&t, depth),
                self.pick(&["a", "e", "x", " "]),
                self.expr(&t, depth)
            ),
            _ => format!(
                "PadLeft(Repeat({}, {}), {}, \"*\")",
                self.expr(&t, depth),
                self.random.below(3),
                self.random.below(12)
            ),
        }
    }

    fn array(&mut self, item: &Ty, depth: usize) -> String {
        let ty = Ty::Array(Box::new(item.clone()));
        match self.random.below(11) {
            9 | 10 => self.rearranged(item, depth),
            0 | 1 => {
                let n = self.random.below(4);
                let items: Vec<_> = (0..n).map(|_| self.expr(item, depth)).collect();
                format!("[{}]", items.join(", "))
            }
            2 => {
                let from = self.ty(0);
                let array = self.expr(&Ty::Array(Box::new(from.clone())), depth);
                format!("ArrayMap({array}, {})", self.lambda(&[from], item, depth))
            }
            3 => {
                let array = self.expr(&ty, depth);
                format!(
                    "ArrayFilter({array}, {})",
                    self.lambda(std::slice::from_ref(item), &Ty::Bool, 1)
                )
            }
            4 => {
                let f = self.pick(&["ArrayReverse", "ArrayDistinct", "ArrayReverse"]);
                format!("{f}({})", self.expr(&ty, depth))
            }
            5 => {
                let f = self.pick(&["ArrayTake", "ArraySkip", "ArrayRotateLeft", "ArraySlice"]);
                format!("{f}({}, {})", self.expr(&ty, depth), self.random.below(4))
            }
            6 => {
                let f = self.pick(&["Union", "Intersection", "Difference", "ArrayInterleave"]);
                format!("{f}({}, {})", self.expr(&ty, depth), self.expr(&ty, depth))
            }
            7 if *item == Ty::Number => {
                if self.chance(2) {
                    format!("ArraySort({})", self.expr(&ty, depth))
                } else {
                    format!("({} upTo {})", self.random.below(4), self.random.below(8))
                }
            }
            7 if *item == Ty::Text => format!("Split({}, \" \")", self.expr(&Ty::Text, depth)),
            7 if *item == Ty::Number => format!("ArraySort({})", self.expr(&ty, depth)),
            8 => {
                let dict = self.expr(&Ty::Dict(Box::new(item.clone())), depth);
                format!("DictValues({dict})")
            }
            _ => self.literal(&ty),
        }
    }

    fn dict(&mut self, item: &Ty, depth: usize) -> String {
        let ty = Ty::Dict(Box::new(item.clone()));
        match self.random.below(6) {
            5 => {
                let f = self.lambda(&[Ty::Text, item.clone()], &Ty::Bool, 1);
                format!("DictFilter({}, {f})", self.expr(&ty, depth))
            }
            0 => {
                let n = self.random.below(3);
                let items: Vec<_> = (0..n)
                    .map(|i| {
                        let value = self.expr(item, depth);
                        if self.chance(3) {
                            let key = self.expr(&Ty::Text, 0);
                            format!("[{key}]: {value}")
                        } else {
                            format!("k{i}: {value}")
                        }
                    })
                    .collect();
                format!("({{ {} }})", items.join(", "))
            }
            1 => format!(
                "DictSet({}, {}, {})",
                self.expr(&ty, depth),
                self.expr(&Ty::Text, depth),
                self.expr(item, depth)
            ),
            2 => format!("DictMerge({}, {})", self.expr(&ty, depth), self.expr(&ty, depth)),
            3 => {
                let f = self.lambda(&[Ty::Text, item.clone()], item, 1);
                format!("DictMap({}, {f})", self.expr(&ty, depth))
            }
            _ => self.literal(&ty),
        }
    }

    fn record_value(&mut self, at: usize, depth: usize) -> String {
        let (name, fields) = (self.records[at].name.clone(), self.records[at].fields.clone());
        if self.chance(3) {
            let base = self.expr(&Ty::Record(at), depth);
            let (field, ty) = fields[self.random.below(fields.len())].clone();
            return format!("({base} with {{ {field}: {} }})", self.expr(&ty, depth));
        }
        let fields: Vec<_> =
            fields.iter().map(|(f, ty)| format!("{f}: {}", self.expr(ty, depth))).collect();
        format!("{name} {{ {} }}", fields.join(", "))
    }
}

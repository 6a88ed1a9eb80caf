//! Expressions. Parentheses are nodes of the tree, so none have to be added.

use super::Printer;
use crate::{ast::*, operator::UnaryOp};

impl Printer<'_> {
    pub(super) fn expr(&mut self, expr: &Expr<'_>) {
        match &expr.kind {
            ExprKind::Error => self.text("null"),
            ExprKind::Number(value) => self.number(*value),
            ExprKind::String(value) => self.string(value),
            ExprKind::Bool(true) => self.text("true"),
            ExprKind::Bool(false) => self.text("false"),
            ExprKind::Null => self.text("null"),
            ExprKind::This => self.text("this"),
            ExprKind::Name(name) => self.name(*name),
            ExprKind::Template(template) => self.template(template),
            ExprKind::Array(items) => {
                self.text("[");
                self.list(items, |printer, item| printer.expr(item));
                self.text("]");
            }
            ExprKind::Object(fields) => self.fields(fields),
            ExprKind::Record(record) => {
                self.qualified(record.namespace, record.name);
                self.text(" ");
                self.fields(record.fields);
            }
            ExprKind::Function(function) => self.lambda(function),
            ExprKind::Entrain(entrain) => self.entrain(entrain),
            ExprKind::Paren(inner) => {
                self.text("(");
                self.expr(inner);
                self.text(")");
            }
            _ => self.operation(expr),
        }
    }

    /// Operators and suffixes.
    fn operation(&mut self, expr: &Expr<'_>) {
        match &expr.kind {
            ExprKind::Unary { op, operand } => {
                self.text(op.symbol());
                let word = matches!(op, UnaryOp::Await | UnaryOp::BitNot);
                // `- -x` must not become one token, should there ever be such a token.
                let doubled =
                    matches!(operand.kind, ExprKind::Unary { op: inner, .. } if inner == *op);
                if word || doubled {
                    self.text(" ");
                }
                self.expr(operand);
            }
            ExprKind::Binary { .. } => {
                let chain = expr.chain();
                self.expr(chain.first);
                for link in chain.links {
                    self.infix(link.op.symbol(), link.right);
                }
            }
            ExprKind::Range { op, from, to, step } => {
                self.expr(from);
                self.infix(op.symbol(), to);
                if let Some(step) = step {
                    self.text(" by ");
                    self.expr(step);
                }
            }
            ExprKind::Assign { op, target, value } => {
                self.expr(target);
                self.infix(op.symbol(), value);
            }
            ExprKind::Conditional { cond, then, otherwise, hypnotic } => {
                let words =
                    if *hypnotic { ["drawn ", " toward ", " else "] } else { ["", " ? ", " : "] };
                for (word, part) in words.into_iter().zip([cond, then, otherwise]) {
                    self.text(word);
                    self.expr(part);
                }
            }
            ExprKind::Call { callee, args, optional } => {
                self.expr(callee);
                self.text(if *optional { "?.(" } else { "(" });
                self.list(args, |printer, arg| printer.expr(arg));
                self.text(")");
            }
            ExprKind::Member { object, name, optional } => {
                self.expr(object);
                self.text(if *optional { "?." } else { "." });
                self.name(name.name);
            }
            ExprKind::Index { object, index, optional } => {
                self.expr(object);
                self.text(if *optional { "?.[" } else { "[" });
                self.expr(index);
                self.text("]");
            }
            ExprKind::With { base, fields } => {
                self.expr(base);
                self.text(" with ");
                self.fields(fields);
            }
            _ => {}
        }
    }

    fn infix(&mut self, symbol: &str, right: &Expr<'_>) {
        self.text(" ");
        self.text(symbol);
        self.text(" ");
        self.expr(right);
    }

    pub(super) fn qualified(&mut self, namespace: Option<Ident>, name: Ident) {
        if let Some(namespace) = namespace {
            self.name(namespace.name);
            self.text(".");
        }
        self.name(name.name);
    }

    fn fields(&mut self, fields: &[FieldInit<'_>]) {
        if fields.is_empty() {
            return self.text("{}");
        }
        self.text("{ ");
        self.list(fields, |printer, field| printer.field(field));
        self.text(" }");
    }

    fn field(&mut self, field: &FieldInit<'_>) {
        match field {
            FieldInit::Spread { value, .. } => {
                self.text("...");
                self.expr(value);
            }
            FieldInit::Field { key, value, shorthand, .. } => {
                match key {
                    FieldKey::Name(name) => self.name(name.name),
                    FieldKey::String(text, _) => self.string(text),
                    FieldKey::Computed(key) => {
                        self.text("[");
                        self.expr(key);
                        self.text("]");
                    }
                }
                if !shorthand {
                    self.text(": ");
                    self.expr(value);
                }
            }
        }
    }

    fn template(&mut self, template: &Template<'_>) {
        self.text(if template.raw { "raw`" } else { "`" });
        for part in template.parts {
            match part {
                TemplatePart::Text(text) if template.raw => self.out.push_str(text),
                TemplatePart::Text(text) => self.template_text(text),
                TemplatePart::Hole(expr) => {
                    // A brace right after the opening one would be an escape.
                    self.out.push('{');
                    let start = self.out.len();
                    self.expr(expr);
                    if self.out[start..].starts_with('{') {
                        self.out.insert(start, ' ');
                    }
                    if self.out.ends_with('}') {
                        self.out.push(' ');
                    }
                    self.out.push('}');
                }
            }
        }
        self.out.push('`');
    }

    fn template_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '`' => self.out.push_str("\\`"),
                '\\' => self.out.push_str("\\\\"),
                '{' => self.out.push_str("{{"),
                '}' => self.out.push_str("}}"),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                '\r' => self.out.push_str("\\r"),
                other => self.out.push(other),
            }
        }
    }

    fn lambda(&mut self, function: &Function<'_>) {
        if function.kind == FunctionKind::Arrow {
            self.params(function.params);
            self.text(" => ");
            match &function.body {
                FunctionBody::Block(block) => self.block(block),
                FunctionBody::Expr(expr) => self.expr(expr),
            }
            return;
        }
        self.text(if function.is_async { "mesmerize suggestion" } else { "suggestion" });
        self.function_tail(function);
    }

    fn entrain(&mut self, entrain: &Entrain<'_>) {
        self.text("entrain ");
        self.expr(entrain.subject);
        self.text(" {");
        self.level += 1;
        self.line();
        for arm in entrain.arms {
            self.text("when ");
            self.pattern(arm.pattern);
            if let Some(guard) = arm.guard {
                self.text(" if ");
                self.expr(guard);
            }
            self.arm_body(&arm.body);
        }
        if let Some(otherwise) = &entrain.otherwise {
            self.text("otherwise");
            self.arm_body(&otherwise.body);
        }
        self.level -= 1;
        self.text("}");
    }

    fn arm_body(&mut self, body: &ArmBody<'_>) {
        self.text(" => ");
        match body {
            ArmBody::Block(block) => self.block(block),
            ArmBody::Expr(expr) => self.expr(expr),
            ArmBody::Awaken { value, .. } => {
                self.text("awaken");
                if let Some(value) = value {
                    self.text(" ");
                    self.expr(value);
                }
            }
        }
        self.line();
    }
}

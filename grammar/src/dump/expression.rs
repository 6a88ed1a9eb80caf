//! Expressions.

use super::Dumper;
use crate::ast::*;

/// Operators of a chain that are shown as a tree; of longer ones the indentation would be the most.
const TREE_LINKS: usize = 100;

impl Dumper<'_> {
    pub(super) fn optional_expr(&mut self, expr: Option<&Expr<'_>>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn exprs(&mut self, exprs: &[&Expr<'_>]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr<'_>) {
        let (span, id) = (expr.span, expr.id.0);
        let (text, children): (String, &[&Expr<'_>]) = match &expr.kind {
            ExprKind::Error => ("ErrorExpr".into(), &[]),
            ExprKind::Number(value) => (format!("Number {value}"), &[]),
            ExprKind::String(value) => (format!("String {value:?}"), &[]),
            ExprKind::Bool(value) => (format!("Bool {value}"), &[]),
            ExprKind::Null => ("Null".into(), &[]),
            ExprKind::This => ("This".into(), &[]),
            ExprKind::Name(name) => (format!("Name {}", self.text(*name)), &[]),
            ExprKind::Array(items) => ("Array".into(), items),
            ExprKind::Paren(inner) => ("Paren".into(), &[*inner]),
            ExprKind::Unary { op, operand } => (format!("Unary {}", op.symbol()), &[*operand]),
            ExprKind::Binary { op, left, right } => {
                if expr.chain().links.len() > TREE_LINKS {
                    return self.chain(expr);
                }
                (format!("Binary {}", op.symbol()), &[*left, *right])
            }
            ExprKind::Range { op, from, to, step: None } => {
                (format!("Range {}", op.symbol()), &[*from, *to])
            }
            ExprKind::Range { op, from, to, step: Some(step) } => {
                (format!("Range {} by", op.symbol()), &[*from, *to, *step])
            }
            ExprKind::Assign { op, target, value } => {
                (format!("Assign {}", op.symbol()), &[*target, *value])
            }
            ExprKind::Conditional { cond, then, otherwise, .. } => {
                ("Conditional".into(), &[*cond, *then, *otherwise])
            }
            ExprKind::Member { object, name, optional } => {
                let mark = if *optional { "?." } else { "." };
                (format!("Member {mark}{}", self.text(name.name)), &[*object])
            }
            ExprKind::Index { object, index, optional } => {
                (format!("Index{}", if *optional { " ?." } else { "" }), &[*object, *index])
            }
            _ => return self.compound(expr),
        };
        self.node(format_args!("{text} e{id}"), span, |d| d.exprs(children));
    }

    fn chain(&mut self, expr: &Expr<'_>) {
        let chain = expr.chain();
        self.node(format_args!("Chain e{}", expr.id.0), expr.span, |d| {
            d.expr(chain.first);
            for link in chain.links {
                let text = format!("Binary {} e{}", link.op.symbol(), link.whole.id.0);
                d.node(text, link.whole.span, |d| d.expr(link.right));
            }
        });
    }

    /// Expressions that hold more than expressions.
    fn compound(&mut self, expr: &Expr<'_>) {
        let (span, id) = (expr.span, expr.id.0);
        match &expr.kind {
            ExprKind::Call { callee, args, optional } => {
                let mark = if *optional { " ?." } else { "" };
                self.node(format_args!("Call{mark} e{id}"), span, |d| {
                    d.expr(callee);
                    d.group("args", |d| d.exprs(args));
                });
            }
            ExprKind::Object(fields) => {
                self.node(format_args!("Object e{id}"), span, |d| d.fields(fields));
            }
            ExprKind::Record(record) => {
                let text = self.qualified(record.namespace, record.name);
                let text = format!("RecordLit {text} e{id}");
                self.node(text, span, |d| d.fields(record.fields));
            }
            ExprKind::With { base, fields } => self.node(format_args!("With e{id}"), span, |d| {
                d.expr(base);
                d.fields(fields);
            }),
            ExprKind::Function(function) => {
                self.node(format_args!("Lambda e{id}"), span, |d| d.function(function));
            }
            ExprKind::Template(template) => {
                let raw = if template.raw { " raw" } else { "" };
                self.node(format_args!("Template{raw} e{id}"), span, |d| {
                    for part in template.parts {
                        match part {
                            TemplatePart::Text(text) => d.line(format_args!("Text {text:?}")),
                            TemplatePart::Hole(expr) => d.expr(expr),
                        }
                    }
                });
            }
            ExprKind::Entrain(entrain) => {
                self.node(format_args!("Entrain e{id}"), span, |d| d.entrain(entrain));
            }
            _ => {}
        }
    }

    fn fields(&mut self, fields: &[FieldInit<'_>]) {
        for field in fields {
            match field {
                FieldInit::Spread { value, span } => self.node("Spread", *span, |d| d.expr(value)),
                FieldInit::Field { key, value, span, .. } => {
                    let text = match key {
                        FieldKey::Name(name) => self.text(name.name).to_string(),
                        FieldKey::String(text, _) => format!("{text:?}"),
                        FieldKey::Computed(_) => "[computed]".into(),
                    };
                    self.node(format_args!("Field {text}"), *span, |d| {
                        if let FieldKey::Computed(key) = key {
                            d.expr(key);
                        }
                        d.expr(value);
                    });
                }
            }
        }
    }

    fn entrain(&mut self, entrain: &Entrain<'_>) {
        self.expr(entrain.subject);
        for arm in entrain.arms {
            self.node("Arm", arm.span, |d| {
                d.pattern(arm.pattern);
                if let Some(guard) = arm.guard {
                    d.group("guard", |d| d.expr(guard));
                }
                d.arm_body(&arm.body);
            });
        }
        if let Some(otherwise) = &entrain.otherwise {
            self.node("Otherwise", otherwise.span, |d| d.arm_body(&otherwise.body));
        }
    }

    fn arm_body(&mut self, body: &ArmBody<'_>) {
        match body {
            ArmBody::Block(block) => self.block("body", block),
            ArmBody::Expr(expr) => self.expr(expr),
            ArmBody::Awaken { value, span } => {
                self.node("Awaken", *span, |d| d.optional_expr(*value));
            }
        }
    }
}

//! Patterns: what reaches the names that they bind.

use hyp_grammar::ast::{FieldPattern, Pattern, PatternKind};

use super::graph::{Graph, Kinds, Node, Operation};
use super::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// A pattern of an arm.
    pub(super) fn pattern(&mut self, pattern: &'a Pattern<'a>, value: Node) {
        match pattern.kind {
            PatternKind::Error
            | PatternKind::Wildcard
            | PatternKind::Number(_)
            | PatternKind::String(_)
            | PatternKind::Bool(_)
            | PatternKind::Null
            | PatternKind::Range { .. } => {}
            PatternKind::Bind(name) => self.bind(name, value),
            PatternKind::Typed { name, .. } => {
                if let Some(name) = name {
                    self.bind(name, value);
                }
            }
            PatternKind::As { name, pattern } => {
                self.pattern(pattern, value);
                self.bind(name, value);
            }
            PatternKind::Record { namespace, name, fields } => {
                let ty = self.res.type_named(namespace, name);
                for field in fields {
                    let name = field.name.name;
                    let part = ty.and_then(|ty| self.members.value(&mut self.graph, ty, name));
                    self.pattern(field.pattern, part.unwrap_or(Graph::ANY));
                }
            }
            PatternKind::Object { fields } => self.fields(fields, value),
            PatternKind::Array { items, rest } => {
                let part = self.graph.place();
                let read = Operation::ArrayElement { of: value, to: part };
                self.graph.operation(read, &mut self.members);
                for item in items {
                    self.pattern(item, part);
                }
                if let Some(name) = rest.and_then(|r| r.name) {
                    let tail = self.same_elements(value);
                    self.bind(name, tail);
                }
            }
            PatternKind::Or(alternatives) => {
                for alternative in alternatives {
                    self.pattern(alternative, value);
                }
            }
        }
    }

    fn fields(&mut self, fields: &'a [FieldPattern<'a>], value: Node) {
        self.graph.flow(value, Graph::ANY);
        for field in fields {
            self.pattern(field.pattern, Graph::ANY);
        }
    }

    /// An array with elements of the arrays in `of`. It counts as one of them.
    pub(super) fn same_elements(&mut self, of: Node) -> Node {
        let tail = self.graph.place();
        self.graph.filter(of, tail, Kinds::ARRAY);
        tail
    }

    /// A declaration's pattern: missing parts are null.
    pub(super) fn destructure(&mut self, pattern: &'a Pattern<'a>, value: Node) {
        match pattern.kind {
            PatternKind::Array { items, rest } => {
                let part = self.graph.place();
                let read = Operation::Element { of: value, to: part };
                self.graph.operation(read, &mut self.members);
                self.graph.add_kinds(part, Kinds::NULL);
                for item in items {
                    self.destructure(item, part);
                }
                if let Some(name) = rest.and_then(|r| r.name) {
                    let tail = self.same_elements(value);
                    self.bind(name, tail);
                }
            }
            PatternKind::Object { fields } | PatternKind::Record { fields, .. } => {
                self.graph.flow(value, Graph::ANY);
                for field in fields {
                    self.destructure(field.pattern, Graph::ANY);
                }
            }
            PatternKind::As { name, pattern } => {
                self.destructure(pattern, value);
                self.bind(name, value);
            }
            _ => self.pattern(pattern, value),
        }
    }
}

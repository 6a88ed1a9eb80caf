//! Members of records and sessions by name, for places whose type is known and for those whose
//! type is not.

use ahash::AHashMap;
use hyp_grammar::intern::Symbol;

use super::graph::{Graph, Node};
use crate::types::TypeIdx;

/// Parameters and result of a method or function.
#[derive(Clone, Default)]
pub(super) struct Signature {
    pub(super) params: Box<[Node]>,
    pub(super) result: Option<Node>,
}

/// What a name means for a type.
#[derive(Clone, Copy)]
enum Member {
    /// A field of instances, or a static one.
    Field(Node),
    /// A method; its position among the methods.
    Method(u32),
}

/// A method with the function value that it is when it is not called at once.
struct Method {
    signature: Signature,
    value: Option<Node>,
}

/// The members of all types.
#[derive(Default)]
pub(super) struct Members {
    of_type: AHashMap<(TypeIdx, Symbol), Member>,
    of_name: AHashMap<Symbol, Vec<Member>>,
    methods: Vec<Method>,
    /// By name: what reading that member of any type gives.
    reads: AHashMap<Symbol, Node>,
    /// By name: what is stored there is stored in that field of every type.
    writes: AHashMap<Symbol, Node>,
    fields_of_records: Vec<Node>,
    /// What is stored there is stored in every field of every record.
    record_writes: Option<Node>,
}

impl Members {
    /// Declares a field.
    pub(super) fn add_field(
        &mut self,
        graph: &mut Graph,
        (ty, name): (TypeIdx, Symbol),
        node: Node,
        is_record: bool,
    ) {
        self.add(graph, (ty, name), Member::Field(node));
        if is_record {
            self.fields_of_records.push(node);
        }
    }

    pub(super) fn add_method(
        &mut self,
        graph: &mut Graph,
        (ty, name): (TypeIdx, Symbol),
        signature: Signature,
    ) {
        let at = u32::try_from(self.methods.len()).unwrap_or(u32::MAX);
        self.methods.push(Method { signature, value: None });
        self.add(graph, (ty, name), Member::Method(at));
    }

    fn add(&mut self, graph: &mut Graph, key: (TypeIdx, Symbol), member: Member) {
        self.of_name.entry(key.1).or_default().push(member);
        let Some(first) = self.of_type.insert(key, member) else { return };
        // Which of the two a name means is decided elsewhere.
        for member in [first, member] {
            let value = self.read(graph, member);
            graph.flow(Graph::ANY, value);
            graph.flow(value, Graph::ANY);
        }
        self.of_type.insert(key, Member::Field(Graph::ANY));
    }

    /// What reading a member gives.
    pub(super) fn value(&mut self, graph: &mut Graph, ty: TypeIdx, name: Symbol) -> Option<Node> {
        let member = self.of_type.get(&(ty, name)).copied()?;
        Some(self.read(graph, member))
    }

    fn read(&mut self, graph: &mut Graph, member: Member) -> Node {
        match member {
            Member::Field(node) => node,
            Member::Method(at) => {
                let Some(method) = self.methods.get_mut(at as usize) else { return Graph::ANY };
                let Method { signature, value } = method;
                let result = signature.result.unwrap_or(Graph::ANY);
                *value.get_or_insert_with(|| graph.function(&signature.params, result))
            }
        }
    }

    /// What reading that member of some type gives.
    pub(super) fn values(&mut self, graph: &mut Graph, name: Symbol) -> Node {
        if let Some(&node) = self.reads.get(&name) {
            return node;
        }
        let node = graph.place();
        self.reads.insert(name, node);
        for member in self.of_name.get(&name).cloned().unwrap_or_default() {
            let value = self.read(graph, member);
            graph.flow(value, node);
        }
        node
    }

    /// The field that a store changes.
    pub(super) fn field(&self, ty: TypeIdx, name: Symbol) -> Option<Node> {
        match self.of_type.get(&(ty, name)) {
            Some(Member::Field(node)) => Some(*node),
            _ => None,
        }
    }

    /// Stands for that field of every type.
    pub(super) fn stores(&mut self, graph: &mut Graph, name: Symbol) -> Node {
        if let Some(&node) = self.writes.get(&name) {
            return node;
        }
        let node = graph.place();
        self.writes.insert(name, node);
        for member in self.of_name.get(&name).into_iter().flatten() {
            if let Member::Field(field) = member {
                graph.flow(node, *field);
            }
        }
        node
    }

    /// Stands for every field of every record.
    pub(super) fn record_fields(&mut self, graph: &mut Graph) -> Node {
        let fields = &self.fields_of_records;
        *self.record_writes.get_or_insert_with(|| {
            let node = graph.place();
            for &field in fields {
                graph.flow(node, field);
            }
            node
        })
    }

    /// The method that a call of a member runs.
    pub(super) fn method(&self, ty: TypeIdx, name: Symbol) -> Option<&Signature> {
        match self.of_type.get(&(ty, name)) {
            Some(Member::Method(at)) => self.methods.get(*at as usize).map(|m| &m.signature),
            _ => None,
        }
    }
}

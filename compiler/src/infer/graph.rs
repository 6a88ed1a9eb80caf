//! The constraint graph: sets of kinds that flow along edges until nothing changes.
//!
//! A node stands for everything that one place of the program may ever hold. Arrays and functions
//! are told apart by unification (Steensgaard, *Points-to Analysis in Almost Linear Time*, 1996):
//! arrays that can meet in one place share one node for their elements, functions that can meet
//! share one node per parameter and one for the result. Everything else flows in one direction.
//! A node changes at most a dozen times, so solving is linear in the number of edges.

use hyp_grammar::intern::Symbol;

use super::members::Members;
use crate::types::TypeIdx;

/// A place of the program, or a computed value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Node(pub(super) u32);

/// A set of functions that can meet in one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Class(u32);

const NONE: u32 = u32::MAX;
/// Stands for records and instances of any type.
const ANY_TYPE: u32 = u32::MAX;
/// Functions that code which is not analysed may call.
const UNKNOWN_FUNCTIONS: Class = Class(0);

/// A set of kinds of values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kinds(pub(super) u16);

impl Kinds {
    pub(super) const NULL: Kinds = Kinds(1);
    pub(super) const BOOLEAN: Kinds = Kinds(2);
    pub(super) const NUMBER: Kinds = Kinds(4);
    pub(super) const STRING: Kinds = Kinds(8);
    pub(super) const ARRAY: Kinds = Kinds(16);
    pub(super) const OBJECT: Kinds = Kinds(32);
    /// Functions, closures, bound methods, builtins and sessions themselves.
    pub(super) const FUNCTION: Kinds = Kinds(64);
    /// Records and instances.
    pub(super) const COMPOSITE: Kinds = Kinds(128);
    /// Errors, promises and whatever else there is.
    pub(super) const OTHER: Kinds = Kinds(256);
    pub(super) const ALL: Kinds = Kinds(511);
    /// The number of different sets.
    const COUNT: usize = 512;

    pub(super) const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Kinds) -> Kinds {
        Kinds(self.0 & !other.0)
    }

    pub(super) const fn has(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn is_single(self) -> bool {
        self.0.is_power_of_two()
    }
}

/// What a node is known to hold.
#[derive(Clone, Copy)]
struct Fact {
    kinds: Kinds,
    /// The type of its records and instances.
    ty: u32,
    /// The elements of its arrays.
    elements: u32,
    /// The functions among its values.
    class: u32,
}

impl Fact {
    const EMPTY: Fact = Fact { kinds: Kinds(0), ty: NONE, elements: NONE, class: NONE };
}

/// What happens with the values of a node.
#[derive(Clone, Copy)]
enum Use {
    /// They reach another node.
    Flow(Node),
    /// Those of some kinds reach another node.
    Filter(Node, Kinds),
    /// An operation looks at them; a position in [`Graph::operations`].
    Operand(u32),
}

/// An operation whose meaning depends on what its operands are.
#[derive(Clone)]
pub(super) enum Operation {
    /// `a + b`
    Add { a: Node, b: Node, to: Node },
    /// `a ^ b`
    Power { a: Node, b: Node, to: Node },
    /// `of[…]`, or what a loop over `of` yields.
    Element { of: Node, to: Node },
    /// The elements of the arrays in `of`.
    ArrayElement { of: Node, to: Node },
    /// `of[…] = from`
    SetElement { of: Node, from: Node },
    /// `of.name`
    Member { of: Node, name: Symbol, to: Node },
    /// `of.name = from`
    SetMember { of: Node, name: Symbol, from: Node },
    /// `of.name(args)`
    Method { of: Node, name: Symbol, args: Box<[Node]>, to: Node },
    /// `of(args)`
    Call { of: Node, args: Box<[Node]>, to: Node },
    /// The keys of a loop over `of`.
    Key { of: Node, to: Node },
}

struct NodeData {
    fact: Fact,
    /// Constants and annotated places: they take no part in solving.
    is_fixed: bool,
    is_queued: bool,
    /// First and last edge.
    first: u32,
    last: u32,
    n_edges: u32,
    /// Itself, or a node that it was merged into.
    parent: u32,
}

#[derive(Clone, Default)]
struct ClassData {
    params: Vec<Node>,
    result: u32,
    /// Code that is not analysed may call them with anything.
    is_escaped: bool,
    parent: u32,
}

/// Merging that is still to be done.
enum Pending {
    Elements(Node, Node),
    Classes(Class, Class),
}

/// The graph. Node 0 holds anything, and what flows there may be used in any way.
pub(super) struct Graph {
    nodes: Vec<NodeData>,
    edges: Vec<(Use, u32)>,
    operations: Vec<Operation>,
    classes: Vec<ClassData>,
    queue: Vec<Node>,
    pending: Vec<Pending>,
    /// Constant nodes by their kinds.
    constants: Vec<u32>,
}

impl Graph {
    pub(super) const ANY: Node = Node(0);

    pub(super) fn new(expected_nodes: usize) -> Graph {
        let mut graph = Graph {
            nodes: Vec::with_capacity(expected_nodes),
            edges: Vec::new(),
            operations: Vec::new(),
            classes: vec![ClassData { is_escaped: true, ..ClassData::default() }],
            queue: Vec::new(),
            pending: Vec::new(),
            constants: vec![NONE; Kinds::COUNT],
        };
        let any = Fact { kinds: Kinds::ALL, ty: ANY_TYPE, elements: 0, class: UNKNOWN_FUNCTIONS.0 };
        graph.push(any, true);
        graph.constants[usize::from(Kinds::ALL.0)] = 0;
        graph
    }

    fn push(&mut self, fact: Fact, is_fixed: bool) -> Node {
        let id = u32::try_from(self.nodes.len()).unwrap_or(0);
        self.nodes.push(NodeData {
            fact,
            is_fixed,
            is_queued: false,
            first: NONE,
            last: NONE,
            n_edges: 0,
            parent: id,
        });
        Node(id)
    }

    // ---- making nodes

    /// A place that nothing is known to reach yet.
    pub(super) fn place(&mut self) -> Node {
        self.push(Fact::EMPTY, false)
    }

    /// A value of some kinds. Composite values and containers are unknown ones.
    pub(super) fn constant(&mut self, kinds: Kinds) -> Node {
        let known = self.constants[usize::from(kinds.0)];
        if known != NONE {
            return Node(known);
        }
        let any = self.fact(Self::ANY);
        let node = self.push(Fact { kinds, ..any }, true);
        self.constants[usize::from(kinds.0)] = node.0;
        node
    }

    /// Records or instances of a type, and perhaps other kinds.
    pub(super) fn composite(&mut self, ty: TypeIdx, others: Kinds) -> Node {
        let kinds = Kinds::COMPOSITE.or(others);
        self.push(Fact { kinds, ty: ty.0, ..Fact::EMPTY }, true)
    }

    /// A new array, and the node of its elements.
    pub(super) fn array(&mut self) -> (Node, Node) {
        let elements = self.place();
        let fact = Fact { kinds: Kinds::ARRAY, elements: elements.0, ..Fact::EMPTY };
        (self.push(fact, true), elements)
    }

    /// A function value with these parameters and result.
    pub(super) fn function(&mut self, params: &[Node], result: Node) -> Node {
        let mut class = ClassData {
            parent: u32::try_from(self.classes.len()).unwrap_or(0),
            ..ClassData::default()
        };
        for &param in params {
            let passed = self.place();
            self.flow(passed, param);
            class.params.push(passed);
        }
        let out = self.place();
        self.flow(result, out);
        class.result = out.0;
        let id = class.parent;
        self.classes.push(class);
        self.push(Fact { kinds: Kinds::FUNCTION, class: id, ..Fact::EMPTY }, true)
    }

    // ---- reading

    fn find(&self, node: Node) -> Node {
        let mut at = node.0;
        loop {
            let parent = self.nodes[at as usize].parent;
            if parent == at {
                return Node(at);
            }
            at = parent;
        }
    }

    fn find_class(&self, class: u32) -> Class {
        let mut at = class;
        loop {
            let parent = self.classes[at as usize].parent;
            if parent == at {
                return Class(at);
            }
            at = parent;
        }
    }

    fn data(&mut self, node: Node) -> &mut NodeData {
        &mut self.nodes[node.0 as usize]
    }

    fn fact(&self, node: Node) -> Fact {
        self.nodes[self.find(node).0 as usize].fact
    }

    pub(super) fn kinds(&self, node: Node) -> Kinds {
        self.fact(node).kinds
    }

    pub(super) fn is_fixed(&self, node: Node) -> bool {
        self.nodes[self.find(node).0 as usize].is_fixed
    }

    /// Whether the node is [`Graph::ANY`].
    pub(super) fn is_any(&self, node: Node) -> bool {
        self.find(node) == Self::ANY
    }

    /// The type, if the node holds records or instances of one type and otherwise at most null.
    pub(super) fn single_type(&self, node: Node) -> Option<TypeIdx> {
        let fact = self.fact(node);
        let only = fact.kinds.without(Kinds::NULL) == Kinds::COMPOSITE;
        (only && fact.ty != ANY_TYPE).then_some(TypeIdx(fact.ty))
    }

    /// Parameters and result of the functions among a node's values, if only code that is analysed
    /// calls them.
    pub(super) fn signature(&self, node: Node) -> Option<(&[Node], Node)> {
        let fact = self.fact(node);
        if !fact.kinds.has(Kinds::FUNCTION) || fact.class == NONE {
            return None;
        }
        let class = &self.classes[self.find_class(fact.class).0 as usize];
        (!class.is_escaped).then_some((&class.params[..], Node(class.result)))
    }

    // ---- constraints

    /// Whatever `from` holds can be in `to`.
    pub(super) fn flow(&mut self, from: Node, to: Node) {
        let (source, target) = (self.find(from), self.find(to));
        if source == target || (self.nodes[target.0 as usize].is_fixed && target != Self::ANY) {
            return;
        }
        let fact = self.fact(source);
        if !self.nodes[source.0 as usize].is_fixed {
            self.add_use(source, Use::Flow(target));
        }
        self.join(target, fact);
    }

    /// What `from` holds of some kinds can be in `to`.
    pub(super) fn filter(&mut self, from: Node, to: Node, kinds: Kinds) {
        let source = self.find(from);
        if !self.nodes[source.0 as usize].is_fixed {
            self.add_use(source, Use::Filter(to, kinds));
        }
        let fact = self.fact(source);
        self.join(to, filtered(fact, kinds));
    }

    /// Values of some kinds can be in `to`.
    pub(super) fn add_kinds(&mut self, to: Node, kinds: Kinds) {
        let constant = self.constant(kinds);
        self.flow(constant, to);
    }

    /// Adds an operation; it looks at its operands now and whenever they change.
    pub(super) fn operation(&mut self, operation: Operation, members: &mut Members) {
        let (first, second) = match operation {
            Operation::Add { a, b, .. } | Operation::Power { a, b, .. } => (a, Some(b)),
            Operation::Element { of, .. }
            | Operation::ArrayElement { of, .. }
            | Operation::SetElement { of, .. }
            | Operation::Member { of, .. }
            | Operation::SetMember { of, .. }
            | Operation::Method { of, .. }
            | Operation::Call { of, .. }
            | Operation::Key { of, .. } => (of, None),
        };
        let id = u32::try_from(self.operations.len()).unwrap_or(NONE);
        let mut waits = false;
        for operand in std::iter::once(first).chain(second) {
            let operand = self.find(operand);
            if !self.nodes[operand.0 as usize].is_fixed {
                self.add_use(operand, Use::Operand(id));
                waits = true;
            }
        }
        if waits {
            self.operations.push(operation.clone());
        }
        if self.fact(first).kinds != Kinds(0) {
            self.perform(&operation, members);
        }
    }

    fn add_use(&mut self, node: Node, use_: Use) {
        let id = u32::try_from(self.edges.len()).unwrap_or(NONE);
        self.edges.push((use_, NONE));
        let data = self.data(node);
        data.n_edges += 1;
        let last = std::mem::replace(&mut data.last, id);
        if last == NONE {
            data.first = id;
        } else {
            self.edges[last as usize].1 = id;
        }
    }

    // ---- solving

    /// Adds facts to a node.
    fn join(&mut self, node: Node, new: Fact) {
        let node = self.find(node);
        if node == Self::ANY {
            // Whoever gets it may do anything with it.
            if new.elements != NONE {
                self.pending.push(Pending::Elements(Node(new.elements), Self::ANY));
            }
            if new.class != NONE {
                self.pending.push(Pending::Classes(Class(new.class), UNKNOWN_FUNCTIONS));
            }
            return;
        }
        let data = &mut self.nodes[node.0 as usize];
        if data.is_fixed {
            return;
        }
        let old = data.fact;
        let fact = &mut data.fact;
        fact.kinds = old.kinds.or(new.kinds);
        if new.kinds.has(Kinds::COMPOSITE) && new.ty != old.ty {
            fact.ty = if old.kinds.has(Kinds::COMPOSITE) { ANY_TYPE } else { new.ty };
        }
        if new.elements != NONE && new.elements != old.elements {
            if old.elements == NONE {
                fact.elements = new.elements;
            } else {
                self.pending.push(Pending::Elements(Node(old.elements), Node(new.elements)));
            }
        }
        if new.class != NONE && new.class != old.class {
            if old.class != NONE {
                self.pending.push(Pending::Classes(Class(old.class), Class(new.class)));
            }
            if old.class == NONE || new.class == UNKNOWN_FUNCTIONS.0 {
                fact.class = new.class;
            }
        }
        let changed = fact.kinds != old.kinds
            || fact.ty != old.ty
            || fact.elements != old.elements
            || fact.class != old.class;
        if changed && !std::mem::replace(&mut data.is_queued, true) {
            self.queue.push(node);
        }
    }

    /// Propagates until nothing changes.
    pub(super) fn solve(&mut self, members: &mut Members) {
        loop {
            if let Some(pending) = self.pending.pop() {
                match pending {
                    Pending::Elements(a, b) => self.merge(a, b, members),
                    Pending::Classes(a, b) => self.merge_classes(a, b),
                }
            } else if let Some(node) = self.queue.pop() {
                let data = self.data(node);
                data.is_queued = false;
                let first = data.first;
                self.announce(node, first, members);
            } else {
                return;
            }
        }
    }

    /// Tells those who use a node what it holds, from one edge on.
    fn announce(&mut self, node: Node, first: u32, members: &mut Members) {
        let mut at = first;
        while at != NONE {
            let (use_, next) = self.edges[at as usize];
            let fact = self.fact(node);
            match use_ {
                Use::Flow(to) => self.join(to, fact),
                Use::Filter(to, kinds) => self.join(to, filtered(fact, kinds)),
                Use::Operand(id) => {
                    let operation = self.operations[id as usize].clone();
                    self.perform(&operation, members);
                }
            }
            at = next;
        }
    }

    /// Makes two nodes one. The one with fewer edges moves.
    fn merge(&mut self, a: Node, b: Node, members: &mut Members) {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return;
        }
        let fewer = self.nodes[a.0 as usize].n_edges < self.nodes[b.0 as usize].n_edges;
        let (from, into) =
            if b == Self::ANY || (fewer && a != Self::ANY) { (a, b) } else { (b, a) };
        let moved = self.fact(from);
        let data = self.data(from);
        data.parent = into.0;
        let (first, last, n_edges) = (data.first, data.last, data.n_edges);
        if into != Self::ANY && first != NONE {
            let data = self.data(into);
            data.n_edges += n_edges;
            let end = std::mem::replace(&mut data.last, last);
            if end == NONE {
                data.first = first;
            } else {
                self.edges[end as usize].1 = first;
            }
        }
        self.join(into, moved);
        if !self.nodes[into.0 as usize].is_queued {
            // Only those who used the moved node may learn something new.
            self.announce(into, first, members);
        }
    }

    fn merge_classes(&mut self, a: Class, b: Class) {
        let (a, b) = (self.find_class(a.0), self.find_class(b.0));
        if a == b {
            return;
        }
        if a == UNKNOWN_FUNCTIONS || b == UNKNOWN_FUNCTIONS {
            return self.escape(if a == UNKNOWN_FUNCTIONS { b } else { a });
        }
        let from = std::mem::take(&mut self.classes[a.0 as usize]);
        self.classes[a.0 as usize].parent = b.0;
        let n_known = self.classes[b.0 as usize].params.len();
        for (i, &param) in from.params.iter().enumerate() {
            if i < n_known {
                let other = self.classes[b.0 as usize].params[i];
                self.pending.push(Pending::Elements(param, other));
            } else {
                self.classes[b.0 as usize].params.push(param);
                if self.classes[b.0 as usize].is_escaped {
                    self.flow(Self::ANY, param);
                }
            }
        }
        let result = Node(self.classes[b.0 as usize].result);
        self.pending.push(Pending::Elements(Node(from.result), result));
        if from.is_escaped {
            self.escape(b);
        } else if self.classes[b.0 as usize].is_escaped {
            self.flow(Node(from.result), Self::ANY);
        }
    }

    /// Code that is not analysed may call the functions and use their results.
    fn escape(&mut self, class: Class) {
        let data = &mut self.classes[class.0 as usize];
        if std::mem::replace(&mut data.is_escaped, true) {
            return;
        }
        let (params, result) = (data.params.clone(), Node(data.result));
        for param in params {
            self.flow(Self::ANY, param);
        }
        self.flow(result, Self::ANY);
    }

    // ---- operations

    fn perform(&mut self, operation: &Operation, members: &mut Members) {
        match operation {
            Operation::Add { a, b, to } => self.add(*a, *b, *to),
            Operation::Power { a, b, to } => {
                let both = Kinds(self.kinds(*a).0 & self.kinds(*b).0);
                let boolean = if both.has(Kinds::BOOLEAN) { Kinds::BOOLEAN } else { Kinds(0) };
                self.add_kinds(*to, Kinds::NUMBER.or(boolean));
            }
            Operation::Element { of, to } => self.element(*of, *to),
            Operation::ArrayElement { of, to } => {
                if let Some(elements) = self.elements(*of) {
                    self.flow(elements, *to);
                }
            }
            Operation::SetElement { of, from } => self.set_element(*of, *from, members),
            Operation::Member { of, name, to } => self.member(*of, *name, *to, members),
            Operation::SetMember { of, name, from } => {
                self.set_member(*of, *name, *from, members);
            }
            Operation::Method { of, name, args, to } => {
                self.method(*of, *name, args, *to, members);
            }
            Operation::Call { of, args, to } => self.call(*of, args, *to),
            Operation::Key { of, to } => {
                let kinds = self.kinds(*of);
                self.add_kinds(*to, Kinds::NUMBER);
                if kinds.has(Kinds::OBJECT.or(Kinds::COMPOSITE).or(Kinds::OTHER)) {
                    self.flow(Self::ANY, *to);
                }
            }
        }
    }

    fn add(&mut self, a: Node, b: Node, to: Node) {
        let (a, b) = (self.kinds(a), self.kinds(b));
        if a == Kinds(0) || b == Kinds(0) {
            return;
        }
        let either = a.or(b);
        let text = if either.has(Kinds::STRING) { Kinds::STRING } else { Kinds(0) };
        let only_text = a == Kinds::STRING || b == Kinds::STRING;
        let number = if only_text { Kinds(0) } else { Kinds::NUMBER };
        self.add_kinds(to, text.or(number));
    }

    /// The elements of the arrays among a node's values.
    pub(super) fn elements(&self, of: Node) -> Option<Node> {
        let fact = self.fact(of);
        let known = fact.kinds.has(Kinds::ARRAY) && fact.elements != NONE;
        known.then_some(Node(fact.elements))
    }

    fn element(&mut self, of: Node, to: Node) {
        let kinds = self.kinds(of);
        if let Some(elements) = self.elements(of) {
            self.flow(elements, to);
        }
        if kinds.has(Kinds::STRING) {
            self.add_kinds(to, Kinds::STRING);
        }
        if kinds.has(Kinds::OBJECT.or(Kinds::COMPOSITE).or(Kinds::OTHER)) {
            self.flow(Self::ANY, to);
        }
    }

    fn set_element(&mut self, of: Node, from: Node, members: &mut Members) {
        let kinds = self.kinds(of);
        if let Some(elements) = self.elements(of) {
            self.flow(from, elements);
        }
        if kinds.has(Kinds::OBJECT.or(Kinds::OTHER)) {
            self.flow(from, Self::ANY);
        }
        if kinds.has(Kinds::COMPOSITE) {
            // A record's field that is named at run time.
            let fields = members.record_fields(self);
            self.flow(from, fields);
        }
    }

    fn member(&mut self, of: Node, name: Symbol, to: Node, members: &mut Members) {
        let fact = self.fact(of);
        if fact.kinds.has(Kinds::OBJECT.or(Kinds::OTHER)) {
            self.flow(Self::ANY, to);
        }
        if fact.kinds.has(Kinds::COMPOSITE) && fact.ty != ANY_TYPE {
            if let Some(value) = members.value(self, TypeIdx(fact.ty), name) {
                self.flow(value, to);
            }
        } else if fact.kinds.has(Kinds::COMPOSITE) {
            let values = members.values(self, name);
            self.flow(values, to);
        }
        if fact.kinds.has(Kinds::FUNCTION) {
            let values = members.values(self, name);
            self.flow(values, to);
        }
    }

    fn set_member(&mut self, of: Node, name: Symbol, from: Node, members: &mut Members) {
        let fact = self.fact(of);
        if fact.kinds.has(Kinds::OBJECT.or(Kinds::OTHER)) {
            self.flow(from, Self::ANY);
        }
        let known = fact.kinds.has(Kinds::COMPOSITE) && fact.ty != ANY_TYPE;
        if known && let Some(field) = members.field(TypeIdx(fact.ty), name) {
            self.flow(from, field);
        }
        if fact.kinds.has(Kinds::FUNCTION) || (fact.kinds.has(Kinds::COMPOSITE) && !known) {
            let fields = members.stores(self, name);
            self.flow(from, fields);
        }
    }

    fn method(&mut self, of: Node, name: Symbol, args: &[Node], to: Node, members: &mut Members) {
        let fact = self.fact(of);
        let mut unknown = fact.kinds.has(Kinds::FUNCTION);
        if fact.kinds.has(Kinds::COMPOSITE) {
            if fact.ty == ANY_TYPE {
                unknown = true;
            } else if let Some(method) = members.method(TypeIdx(fact.ty), name) {
                for (&arg, &param) in args.iter().zip(method.params.iter()) {
                    self.flow(arg, param);
                }
                self.flow(method.result.unwrap_or(Self::ANY), to);
            } else if let Some(value) = members.value(self, TypeIdx(fact.ty), name) {
                let args = args.into();
                self.operation(Operation::Call { of: value, args, to }, members);
            }
        }
        if unknown {
            let of = members.values(self, name);
            self.operation(Operation::Call { of, args: args.into(), to }, members);
        }
        if fact.kinds.has(Kinds::OBJECT.or(Kinds::OTHER)) {
            self.call_unknown(args, to);
        }
    }

    fn call_unknown(&mut self, args: &[Node], to: Node) {
        for &arg in args {
            self.flow(arg, Self::ANY);
        }
        self.flow(Self::ANY, to);
    }

    fn call(&mut self, of: Node, args: &[Node], to: Node) {
        let fact = self.fact(of);
        if !fact.kinds.has(Kinds::FUNCTION) || fact.class == NONE {
            return;
        }
        let class = self.find_class(fact.class);
        if class == UNKNOWN_FUNCTIONS {
            return self.call_unknown(args, to);
        }
        for (i, &arg) in args.iter().enumerate() {
            let param = match self.classes[class.0 as usize].params.get(i) {
                Some(&param) => param,
                None => {
                    let param = self.place();
                    self.classes[class.0 as usize].params.push(param);
                    if self.classes[class.0 as usize].is_escaped {
                        self.flow(Self::ANY, param);
                    }
                    param
                }
            };
            self.flow(arg, param);
        }
        let result = Node(self.classes[class.0 as usize].result);
        self.flow(result, to);
    }
}

fn filtered(fact: Fact, kinds: Kinds) -> Fact {
    let kept = Kinds(fact.kinds.0 & kinds.0);
    Fact {
        kinds: kept,
        ty: fact.ty,
        elements: if kept.has(Kinds::ARRAY) { fact.elements } else { NONE },
        class: if kept.has(Kinds::FUNCTION) { fact.class } else { NONE },
    }
}

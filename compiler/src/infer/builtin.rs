//! Builtins: what they do with their arguments.

use hyp_bytecode::builtin::{Builtin, BuiltinEffects, Ty};

use super::graph::{Graph, Kinds, Node, Operation};
use super::walk::Walk;

impl Walk<'_, '_> {
    pub(super) fn builtin(&mut self, builtin: Builtin, args: &[Node]) -> Node {
        match (builtin.spec().name, args) {
            ("ArrayPush", &[array, value, ..]) => self.put(array, value),
            ("ArraySet" | "ArrayInsert", &[array, _, value, ..]) => self.put(array, value),
            ("ArrayGet" | "ArrayPop" | "ArrayShift" | "ArrayFirst" | "ArrayLast", &[array, ..]) => {
                let element = self.element_of(array);
                self.graph.add_kinds(element, Kinds::NULL);
                element
            }
            ("ArrayRemoveAt", &[array, ..]) => self.element_of(array),
            (
                "ArrayReverse" | "ArrayTake" | "ArraySkip" | "ArraySlice" | "SubArray"
                | "ArrayDistinct" | "ArrayShuffle" | "ArrayRotateLeft" | "ArrayRotateRight"
                | "ArrayClear",
                &[array, ..],
            ) => self.same_elements(array),
            ("ArraySort", &[array]) => self.same_elements(array),
            ("ArraySort" | "ArraySortBy", &[array, compare, ..]) => {
                let element = self.element_of(array);
                self.call_value(compare, [element, element].into());
                self.same_elements(array)
            }
            ("ArrayMap", &[array, function, ..]) => {
                let element = self.element_of(array);
                let result = self.call_value(function, [element].into());
                let (mapped, elements) = self.graph.array();
                self.graph.flow(result, elements);
                mapped
            }
            ("ArrayFilter", &[array, function, ..]) => {
                self.call_each(array, function);
                self.same_elements(array)
            }
            ("ArrayFind", &[array, function, ..]) => {
                self.call_each(array, function);
                let element = self.element_of(array);
                self.graph.add_kinds(element, Kinds::NULL);
                element
            }
            ("ArrayFindIndex", &[array, function, ..]) => {
                self.call_each(array, function);
                self.graph.constant(Kinds::NUMBER)
            }
            ("ArrayEvery" | "ArraySome", &[array, function, ..]) => {
                self.call_each(array, function);
                self.graph.constant(Kinds::BOOLEAN)
            }
            ("ArrayReduce", &[array, first, function, ..])
                if self.graph.is_fixed(function)
                    && self.graph.kinds(function) == Kinds::FUNCTION =>
            {
                self.reduce(array, first, function)
            }
            ("ArrayRepeat", &[value, ..]) | ("CreateArray", &[_, value, ..]) => {
                let (array, elements) = self.graph.array();
                self.graph.flow(value, elements);
                // A value that is left out or null.
                if builtin.spec().name == "CreateArray" {
                    self.graph.add_kinds(elements, Kinds::NULL);
                }
                array
            }
            ("CreateArray", &[_]) => self.fresh_array(Kinds::NULL),
            _ => self.other_builtin(builtin, args),
        }
    }

    fn put(&mut self, array: Node, from: Node) -> Node {
        let same = self.same_elements(array);
        self.graph.operation(Operation::SetElement { of: same, from }, &mut self.members);
        same
    }

    fn element_of(&mut self, array: Node) -> Node {
        let element = self.graph.place();
        let read = Operation::ArrayElement { of: array, to: element };
        self.graph.operation(read, &mut self.members);
        element
    }

    fn call_each(&mut self, array: Node, function: Node) {
        let element = self.element_of(array);
        self.call_value(function, [element].into());
    }

    /// The function is the last argument, unless that is not callable.
    fn reduce(&mut self, array: Node, first: Node, function: Node) -> Node {
        let value = self.graph.place();
        self.graph.flow(first, value);
        let element = self.element_of(array);
        let result = self.call_value(function, [value, element].into());
        self.graph.flow(result, value);
        value
    }

    /// A builtin without a model: its result says what it is, and unless that is a plain value and
    /// nothing is changed or called, the arguments may end up anywhere.
    fn other_builtin(&mut self, builtin: Builtin, args: &[Node]) -> Node {
        let spec = builtin.spec();
        let mut kinds = Kinds(0);
        let mut array = None;
        let mut is_plain = true;
        for word in spec.returns {
            match word {
                Ty::Number => kinds = kinds.or(Kinds::NUMBER),
                Ty::String => kinds = kinds.or(Kinds::STRING),
                Ty::Boolean => kinds = kinds.or(Kinds::BOOLEAN),
                Ty::Null => kinds = kinds.or(Kinds::NULL),
                Ty::Numbers => array = Some(Kinds::NUMBER),
                Ty::Strings => array = Some(Kinds::STRING),
                _ => is_plain = false,
            }
        }
        let reaches =
            BuiltinEffects::WRITES.0 | BuiltinEffects::CALLBACK.0 | BuiltinEffects::STATE.0;
        if !is_plain || spec.effects.0 & reaches != 0 {
            for &arg in args {
                self.graph.flow(arg, Graph::ANY);
            }
        }
        if !is_plain {
            return Graph::ANY;
        }
        let plain = self.graph.constant(kinds);
        let Some(elements) = array else { return plain };
        let array = self.fresh_array(elements);
        if kinds == Kinds(0) {
            return array;
        }
        let node = self.graph.place();
        self.graph.flow(plain, node);
        self.graph.flow(array, node);
        node
    }
}

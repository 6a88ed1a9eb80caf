//! Variables and where names lead.
//!
//! A scope holds its variables from the moment it opens, but code of the same function sees a
//! variable only from the end of its declaration on. Functions inside see it always.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use hyp_grammar::ast::Type;
use hyp_grammar::intern::Symbol;

use super::value::{Home, Session, Value};

/// The number of the main module's body among functions; those of the other modules follow.
const MODULES: u32 = 1 << 31;
/// The number of initialisers of fields among functions.
pub(crate) const INITIALISER: u32 = u32::MAX;
/// The number of what holds the names that a module imports.
pub(crate) const IMPORTS: u32 = u32::MAX - 1;
/// The number of what holds program-wide variables.
pub(crate) const SHARED: u32 = u32::MAX - 2;

/// The number of a module's body among functions.
pub(crate) fn body_of(module: usize) -> u32 {
    MODULES + module as u32
}

/// Whether a function is the body of a module.
pub(crate) fn is_body(function: u32) -> bool {
    (MODULES..SHARED).contains(&function)
}

/// A variable.
pub(crate) struct Slot<'a> {
    pub name: Symbol,
    /// `None` until the declaration has run.
    pub value: RefCell<Option<Value<'a>>>,
    pub is_constant: bool,
    /// The annotation, and whether null is accepted in spite of it.
    pub demand: Cell<Option<Demand<'a>>>,
    /// Where the declaration ends in the text.
    pub declared_at: u32,
    /// The function that it belongs to.
    pub function: u32,
}

/// An annotation that a variable guarantees.
#[derive(Clone, Copy)]
pub(crate) struct Demand<'a> {
    pub ty: &'a Type<'a>,
    pub admits_null: bool,
}

impl<'a> Slot<'a> {
    pub(crate) fn new(name: Symbol, function: u32, value: Option<Value<'a>>) -> Rc<Slot<'a>> {
        Slot::declared(name, function, 0, false, value)
    }

    pub(crate) fn declared(
        name: Symbol,
        function: u32,
        declared_at: u32,
        is_constant: bool,
        value: Option<Value<'a>>,
    ) -> Rc<Slot<'a>> {
        Rc::new(Slot {
            name,
            value: RefCell::new(value),
            is_constant,
            demand: Cell::new(None),
            declared_at,
            function,
        })
    }

    pub(crate) fn set(&self, value: Value<'a>) {
        *self.value.borrow_mut() = Some(value);
    }

    pub(crate) fn get(&self) -> Option<Value<'a>> {
        self.value.borrow().clone()
    }
}

/// One run of a function body, or of the module body.
pub(crate) struct Frame<'a> {
    pub function: u32,
    /// The frame in which the function was made.
    pub parent: Option<Rc<Frame<'a>>>,
    /// Variables of blocks that have ended (leak fallback).
    pub leaked: RefCell<Vec<Rc<Slot<'a>>>>,
    pub this: Option<Rc<Slot<'a>>>,
    /// The session or record in whose text the function stands.
    pub home: Option<Home<'a>>,
    pub home_session: Option<Rc<Session<'a>>>,
}

/// The variables of one block.
pub(crate) struct Scope<'a> {
    pub slots: RefCell<Vec<Rc<Slot<'a>>>>,
    pub parent: Option<Rc<Scope<'a>>>,
    pub frame: Rc<Frame<'a>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(parent: Option<Rc<Scope<'a>>>, frame: Rc<Frame<'a>>) -> Rc<Scope<'a>> {
        Rc::new(Scope { slots: RefCell::default(), parent, frame })
    }

    /// A block inside.
    pub(crate) fn child(self: &Rc<Self>) -> Rc<Scope<'a>> {
        Scope::new(Some(Rc::clone(self)), Rc::clone(&self.frame))
    }

    pub(crate) fn add(&self, slot: Rc<Slot<'a>>) {
        self.slots.borrow_mut().push(slot);
    }

    /// The variable of this very scope.
    pub(crate) fn own(&self, name: Symbol) -> Option<Rc<Slot<'a>>> {
        self.slots.borrow().iter().rev().find(|s| s.name == name).cloned()
    }

    /// The variable that a name at text position `at` means lexically.
    pub(crate) fn lexical(self: &Rc<Self>, name: Symbol, at: u32) -> Option<Rc<Slot<'a>>> {
        self.visible(name, at, false)
    }

    /// As `lexical`, without leaving the function.
    pub(crate) fn in_function(self: &Rc<Self>, name: Symbol, at: u32) -> Option<Rc<Slot<'a>>> {
        self.visible(name, at, true)
    }

    fn visible(self: &Rc<Self>, name: Symbol, at: u32, stay: bool) -> Option<Rc<Slot<'a>>> {
        let function = self.frame.function;
        let mut scope = Some(self);
        while let Some(here) = scope {
            if stay && here.frame.function != function {
                return None;
            }
            let slots = here.slots.borrow();
            let found = slots.iter().rev().find(|slot| {
                slot.name == name && (slot.function != function || at >= slot.declared_at)
            });
            if let Some(slot) = found {
                return Some(Rc::clone(slot));
            }
            scope = here.parent.as_ref();
        }
        None
    }

    /// Whether the variable belongs to another module than the code of this scope.
    pub(crate) fn imports(&self, slot: &Slot<'a>) -> bool {
        let mut frame = &self.frame;
        while let Some(outer) = &frame.parent {
            frame = outer;
        }
        is_body(slot.function) && slot.function != frame.function
    }

    /// The outermost scope of the running function.
    pub(crate) fn of_function(self: &Rc<Self>) -> Rc<Scope<'a>> {
        let mut scope = self;
        while let Some(parent) = &scope.parent {
            if !Rc::ptr_eq(&parent.frame, &self.frame) {
                break;
            }
            scope = parent;
        }
        Rc::clone(scope)
    }

    /// Ends a block: its variables stay reachable for names that nothing else explains.
    pub(crate) fn close(&self) {
        for slot in self.slots.borrow().iter() {
            if slot.value.borrow().is_some() {
                let mut leaked = self.frame.leaked.borrow_mut();
                leaked.retain(|other| other.name != slot.name);
                leaked.push(Rc::clone(slot));
            }
        }
    }
}

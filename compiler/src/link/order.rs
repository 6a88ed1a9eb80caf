//! The order of evaluation.

use super::{ModuleIdx, ModuleNode, ModuleTree};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// Its imports are being visited.
    Open,
    Done,
}

/// Orders modules depth first. The walk keeps its own stack, so chains of imports may be long.
pub(super) fn tree(modules: Vec<ModuleNode<'_>>) -> ModuleTree<'_> {
    let mut states = vec![State::New; modules.len()];
    let mut order = Vec::with_capacity(modules.len());
    let mut is_cyclic = false;
    let mut stack = vec![(ModuleIdx::MAIN, 0)];
    states[0] = State::Open;
    while let Some((module, next)) = stack.last_mut() {
        let Some((_, target)) = modules[module.index()].imports.get(*next) else {
            states[module.index()] = State::Done;
            order.push(*module);
            stack.pop();
            continue;
        };
        *next += 1;
        match states[target.index()] {
            State::New => {
                states[target.index()] = State::Open;
                stack.push((*target, 0));
            }
            // A module that imports itself gains nothing and loses nothing.
            State::Open => is_cyclic |= target != module,
            State::Done => {}
        }
    }
    ModuleTree { modules, order, is_cyclic }
}

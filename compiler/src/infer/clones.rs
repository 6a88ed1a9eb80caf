//! Function clones: calls that pass different kinds of values get copies of the function.
//!
//! One graph joins what all calls of a function pass, so a function that is called with numbers at
//! one place and with strings at another one would know nothing of its parameters. What the calls
//! pass is compared by [`Shape`], and each group of calls of the same shape becomes a clone, which
//! the next walk gives places of its own (as in the templates of Agesen, *The Cartesian Product
//! Algorithm*, ECOOP 1995). That makes more known of the calls inside of clones, so walks repeat a
//! few times.
//!
//! Arrays and functions that meet in a parameter are one in the graph, even outside of the function.
//! Whether they differ is seen only when their calls are apart, so each such call is a group of its
//! own for some walks.
//!
//! What is worth a clone: functions that have a loop, call themselves, or are called in a loop or in
//! another function.

use ahash::{AHashMap, AHashSet};
use hyp_bytecode::module::limit;
use hyp_grammar::ast::{self, FunctionKind};
use hyp_grammar::span::{ExprId, FuncId};

use super::graph::{Graph, Kinds, Node};
use super::walk::Walk;
use crate::resolve::{Resolution, Storage, VarId};
use crate::types::TypeIdx;

/// How deep arrays in arrays are compared.
const DEPTH_MAX: u32 = 3;

/// A copy of a function. 0 stands for functions as they are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct CloneId(u32);

impl CloneId {
    /// The clone with this place among all.
    #[must_use]
    pub(super) fn new(index: usize) -> CloneId {
        CloneId(u32::try_from(index + 1).unwrap_or(0))
    }

    /// The place among all clones.
    #[must_use]
    pub fn index(self) -> Option<usize> {
        (self.0 as usize).checked_sub(1)
    }
}

/// What clones may cost.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Clones of one function.
    per_function: usize,
    /// Source bytes of all clones: so many, or a part of the program if that is more.
    bytes: usize,
    divisor: usize,
    /// Calls are told apart no further.
    is_final: bool,
}

impl Bounds {
    /// While calls are told apart.
    pub(super) const SEARCH: Bounds =
        Bounds { per_function: 16, bytes: 16_384, divisor: 1, is_final: false };
    /// In the compiled program.
    pub(super) const FINAL: Bounds =
        Bounds { per_function: 4, bytes: 8_192, divisor: 2, is_final: true };
}

/// What an argument is, as far as it makes a difference for the function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Shape {
    /// No value comes there.
    Nothing,
    Number,
    /// Makes a difference in arrays.
    Boolean,
    /// Instances of one session, or records of one type.
    Type(TypeIdx),
    /// Other values of one kind, and whatever nothing can be found out about.
    Plain,
    /// Values of several kinds.
    Mixed,
    Array(Box<Shape>),
    /// Parameters and result.
    Function(Box<[Shape]>, Box<Shape>),
    /// A container or function that may have been mixed up with those of other calls.
    Own(CloneId, ExprId),
}

impl Shape {
    fn is_useful(&self) -> bool {
        match self {
            Shape::Number | Shape::Type(_) | Shape::Own(..) => true,
            Shape::Nothing | Shape::Boolean | Shape::Plain | Shape::Mixed => false,
            Shape::Array(element) => **element == Shape::Boolean || element.is_useful(),
            Shape::Function(params, result) => {
                result.is_useful() || params.iter().any(Shape::is_useful)
            }
        }
    }

    /// Whether it contains what more than one call may have put there.
    fn may_be_mixed_up(&self) -> bool {
        match self {
            Shape::Array(element) => **element == Shape::Mixed || element.may_be_mixed_up(),
            Shape::Function(params, result) => {
                let mixed = |shape: &Shape| *shape == Shape::Mixed || shape.may_be_mixed_up();
                mixed(result) || params.iter().any(mixed)
            }
            _ => false,
        }
    }
}

/// The calls that a clone is for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct CloneKey {
    function: FuncId,
    shapes: Box<[Shape]>,
    /// Source bytes.
    size: usize,
}

/// A call by name of a function that can be cloned.
pub(super) struct Site {
    /// The clone that makes the call, and its outermost function.
    pub(super) caller: CloneId,
    pub(super) root: Option<FuncId>,
    /// The callee's expression.
    pub(super) call: ExprId,
    pub(super) callee: FuncId,
    /// What it is bound to in this walk.
    pub(super) target: CloneId,
    pub(super) args: Box<[Node]>,
    /// In a loop or in a function.
    pub(super) is_hot: bool,
}

/// Which calls run which clones.
#[derive(Clone, Default, Debug)]
pub(super) struct Plan {
    clones: Vec<CloneKey>,
    of_function: AHashMap<FuncId, Vec<CloneId>>,
    targets: AHashMap<(CloneId, ExprId), CloneId>,
    program_bytes: usize,
}

impl PartialEq for Plan {
    fn eq(&self, other: &Plan) -> bool {
        self.clones == other.clones && self.targets == other.targets
    }
}

impl Plan {
    pub(super) fn clones_of(&self, function: FuncId) -> &[CloneId] {
        self.of_function.get(&function).map_or(&[], |list| list)
    }

    /// The function of each clone.
    pub(super) fn roots(&self) -> impl Iterator<Item = FuncId> {
        self.clones.iter().map(|key| key.function)
    }

    /// What a call runs. A clone that is new does as the function did that it is a clone of.
    pub(super) fn target(&self, caller: CloneId, call: ExprId) -> CloneId {
        let own = self.targets.get(&(caller, call));
        own.or_else(|| self.targets.get(&(CloneId(0), call))).copied().unwrap_or_default()
    }

    pub(super) fn is_within(&self, bounds: Bounds) -> bool {
        let bytes: usize = self.clones.iter().map(|key| key.size).sum();
        let is_own = |shape: &Shape| matches!(shape, Shape::Own(..));
        bytes <= bounds.bytes.max(self.program_bytes / bounds.divisor)
            && self.of_function.values().all(|list| list.len() <= bounds.per_function)
            && !self.clones.iter().any(|key| key.shapes.iter().any(is_own))
    }

    /// Drops clones that no call runs. Calls of a function by itself are not in the table.
    fn drop_unused(&mut self) {
        loop {
            let used: AHashSet<CloneId> = self.targets.values().copied().collect();
            let clones = std::mem::take(&mut self.clones);
            let n_clones = clones.len();
            self.of_function.clear();
            let mut number: AHashMap<CloneId, CloneId> = AHashMap::new();
            number.insert(CloneId(0), CloneId(0));
            for (at, key) in clones.into_iter().enumerate() {
                let old = CloneId::new(at);
                if used.contains(&old) {
                    number.insert(old, self.add(key));
                }
            }
            if self.clones.len() == n_clones {
                return;
            }
            let targets = std::mem::take(&mut self.targets);
            let renumbered = targets.into_iter().filter_map(|((caller, call), target)| {
                Some(((*number.get(&caller)?, call), *number.get(&target)?))
            });
            self.targets = renumbered.collect();
        }
    }

    fn add(&mut self, key: CloneKey) -> CloneId {
        let id = CloneId::new(self.clones.len());
        self.of_function.entry(key.function).or_default().push(id);
        self.clones.push(key);
        id
    }
}

/// What belongs to a function that is cloned.
#[derive(Clone, Default)]
pub(super) struct Parts {
    /// The function, and those inside of it that capture variables. Others inside of it exist once.
    pub(super) functions: Vec<FuncId>,
    /// Their variables.
    pub(super) vars: Vec<VarId>,
}

/// Functions by number that can be cloned: those that are no values with a state or members, and
/// have a parameter about which an annotation does not say everything.
pub(super) fn candidates(res: &Resolution<'_>) -> Vec<bool> {
    let can = |(at, node): (usize, &Option<&ast::Function<'_>>)| {
        let Some(node) = node else { return false };
        let info = &res.functions[at];
        let is_plain = matches!(
            node.kind,
            FunctionKind::Suggestion | FunctionKind::Imperative | FunctionKind::Dominant
        );
        is_plain
            && !node.is_async
            && !node.params.is_empty()
            && info.owner.is_none()
            && info.captures.is_empty()
            && is_outermost(res, info.parent)
    };
    let mut list: Vec<bool> = res.function_nodes.iter().enumerate().map(can).collect();
    // Members have no closures, so a clone's own session would be the function's.
    for info in res.functions.iter().filter(|info| info.owner.is_some()) {
        let mut at = info.parent;
        while let Some(parent) = at {
            if let Some(can) = list.get_mut(parent.index()) {
                *can = false;
            }
            at = res.functions.get(parent.index()).and_then(|info| info.parent);
        }
    }
    list
}

/// Whether this parent is the body of a module.
fn is_outermost(res: &Resolution<'_>, parent: Option<FuncId>) -> bool {
    parent.is_none_or(|p| res.function_nodes.get(p.index()).is_none_or(Option::is_none))
}

/// The parts of the functions that a plan clones.
pub(super) fn parts(res: &Resolution<'_>, plan: &Plan) -> AHashMap<FuncId, Parts> {
    let mut parts: AHashMap<FuncId, Parts> =
        plan.roots().map(|root| (root, Parts::default())).collect();
    if parts.is_empty() {
        return parts;
    }
    let mut root_of: Vec<Option<FuncId>> = vec![None; res.functions.len()];
    for (at, root) in root_of.iter_mut().enumerate() {
        let mut function = FuncId(at as u32);
        loop {
            if let Some(part) = parts.get_mut(&function) {
                *root = Some(function);
                part.functions.push(FuncId(at as u32));
                break;
            }
            let info = &res.functions[function.index()];
            match info.parent {
                Some(parent) if !info.captures.is_empty() => function = parent,
                _ => break,
            }
        }
    }
    for (at, info) in res.vars.iter().enumerate() {
        let root = info.function.and_then(|f| root_of.get(f.index()).copied().flatten());
        let is_own = info.storage != Storage::Global && !info.is_shared;
        if let Some(part) = root.and_then(|root| parts.get_mut(&root))
            && is_own
        {
            part.vars.push(VarId(at as u32));
        }
    }
    parts
}

fn size_of(node: &ast::Function<'_>) -> usize {
    (node.span.end - node.span.start) as usize
}

/// Calls of one shape.
struct Group {
    shapes: Box<[Shape]>,
    sites: Vec<usize>,
    n_hot: usize,
}

impl Walk<'_, '_> {
    /// Divides the calls of each function into groups, from what this walk has found out.
    pub(super) fn plan(&self, bounds: Bounds) -> Plan {
        let mut plan = Plan { program_bytes: self.program_bytes(), ..Plan::default() };
        let mut order: Vec<usize> = (0..self.sites.len()).collect();
        order.sort_by_key(|at| self.sites[*at].callee);
        // Targets with the caller's number in this walk.
        let mut targets: Vec<(usize, CloneId)> = Vec::new();
        let (mut bytes, mut n_functions) = (0, self.res.functions.len() + self.res.types.len());
        let bytes_max = bounds.bytes.max(plan.program_bytes / bounds.divisor);
        for sites in order.chunk_by(|a, b| self.sites[*a].callee == self.sites[*b].callee) {
            let callee = self.sites[sites[0]].callee;
            if !self.is_worth_cloning(callee, sites) {
                continue;
            }
            let node = self.res.function_nodes.get(callee.index()).copied().flatten();
            let size = node.map_or(0, size_of);
            let mut groups = self.groups(callee, sites, bounds.is_final);
            groups.truncate(bounds.per_function);
            for group in groups {
                if bytes + size > bytes_max || n_functions >= limit::FUNCTIONS / 2 {
                    break;
                }
                bytes += size;
                n_functions += 1;
                let shapes = group.shapes;
                let clone = plan.add(CloneKey { function: callee, shapes, size });
                targets.extend(group.sites.iter().map(|at| (*at, clone)));
            }
        }
        self.enter(&mut plan, &targets);
        plan
    }

    fn is_worth_cloning(&self, callee: FuncId, sites: &[usize]) -> bool {
        self.is_busy.contains(&callee) || sites.iter().any(|at| self.sites[*at].is_hot)
    }

    /// The groups that deserve a clone, the most useful ones first.
    fn groups(&self, callee: FuncId, sites: &[usize], is_last: bool) -> Vec<Group> {
        let params = self.original_params(callee);
        let mut groups: Vec<Group> = Vec::new();
        let mut of_shape: AHashMap<Box<[Shape]>, usize> = AHashMap::new();
        let mut has_rest = false;
        for &at in sites {
            let site = &self.sites[at];
            let shapes = self.shapes(site, &params, is_last);
            if shapes.contains(&Shape::Nothing) {
                continue;
            }
            if !shapes.iter().any(Shape::is_useful) {
                has_rest = true;
                continue;
            }
            let of = *of_shape.entry(shapes.clone()).or_insert_with(|| {
                groups.push(Group { shapes, sites: Vec::new(), n_hot: 0 });
                groups.len() - 1
            });
            groups[of].sites.push(at);
            groups[of].n_hot += usize::from(site.is_hot);
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.n_hot));
        if self.is_value(callee) {
            // The function itself is for whoever calls the value, perhaps with the same.
            let own: Box<[Shape]> = params.iter().map(|p| self.shape_of_param(*p)).collect();
            groups.retain(|group| group.shapes != own);
        } else if !has_rest {
            // The function itself is for one of the groups.
            groups.pop();
        }
        groups
    }

    fn shape_of_param(&self, param: Node) -> Shape {
        if self.graph.is_fixed(param) { Shape::Plain } else { shape(&self.graph, param, 0) }
    }

    /// What a call passes for each parameter.
    fn shapes(&self, site: &Site, params: &[Node], is_last: bool) -> Box<[Shape]> {
        let mut shapes: Vec<Shape> = Vec::with_capacity(params.len());
        for (i, &param) in params.iter().enumerate() {
            let of = match site.args.get(i) {
                Some(&arg) if !self.graph.is_fixed(param) => shape(&self.graph, arg, 0),
                _ => Shape::Plain,
            };
            shapes.push(of);
        }
        for shape in shapes.iter_mut().filter(|shape| shape.may_be_mixed_up()) {
            // Mixed up further down perhaps: that shows when those calls are apart, too.
            *shape = if is_last { Shape::Plain } else { Shape::Own(site.caller, site.call) };
        }
        shapes.into()
    }

    /// Enters the targets under the numbers that the new plan gives the callers, and drops clones
    /// that no call is left for.
    fn enter(&self, plan: &mut Plan, targets: &[(usize, CloneId)]) {
        let mut target_of = vec![CloneId(0); self.sites.len()];
        for &(at, target) in targets {
            target_of[at] = target;
        }
        // A clone is now what its calls run; what stands for several keeps its number.
        let mut moved: AHashMap<(FuncId, CloneId), CloneId> = AHashMap::new();
        for (site, &target) in self.sites.iter().zip(&target_of) {
            let to = moved.entry((site.callee, site.target)).or_insert(target);
            if site.target == CloneId(0) && target == CloneId(0) {
                *to = target;
            }
        }
        for (site, &target) in self.sites.iter().zip(&target_of) {
            let key = site.root.map(|root| (root, site.caller));
            let caller = key.and_then(|key| moved.get(&key)).copied().unwrap_or_default();
            if caller != CloneId(0) || site.caller == CloneId(0) {
                plan.targets.entry((caller, site.call)).or_insert(target);
            }
        }
        plan.drop_unused();
    }

    /// Source bytes of all functions.
    fn program_bytes(&self) -> usize {
        let nodes = self.res.function_nodes.iter().zip(&self.res.functions);
        let outermost = nodes.filter(|(_, info)| is_outermost(self.res, info.parent));
        outermost.filter_map(|(node, _)| Some(size_of((*node)?))).sum()
    }
}

fn shape(graph: &Graph, node: Node, depth: u32) -> Shape {
    let kinds = graph.kinds(node);
    if kinds == Kinds(0) {
        return Shape::Nothing;
    }
    if kinds == Kinds::NUMBER {
        return Shape::Number;
    }
    if kinds == Kinds::BOOLEAN {
        return if depth == 0 { Shape::Plain } else { Shape::Boolean };
    }
    if let Some(ty) = graph.single_type(node) {
        return Shape::Type(ty);
    }
    let rest = kinds.without(Kinds::NULL);
    if depth == DEPTH_MAX || rest == Kinds(0) {
        return Shape::Plain;
    }
    if rest == Kinds::ARRAY {
        return match graph.elements(node).map(|of| shape(graph, of, depth + 1)) {
            Some(Shape::Nothing) => Shape::Nothing,
            Some(element) => Shape::Array(Box::new(element)),
            None => Shape::Plain,
        };
    }
    if rest == Kinds::FUNCTION {
        return match graph.signature(node) {
            Some((params, result)) => Shape::Function(
                params.iter().map(|p| shape(graph, *p, depth + 1)).collect(),
                Box::new(shape(graph, result, depth + 1)),
            ),
            None => Shape::Plain,
        };
    }
    // Composites of one type were dealt with above.
    let is_one = rest.is_single() && rest != Kinds::COMPOSITE;
    if is_one || graph.is_any(node) { Shape::Plain } else { Shape::Mixed }
}

//! Natural loops: Aho, Lam, Sethi, Ullman, Compilers, section 9.6.

use super::{Graph, Live, RegSet};

/// A loop with one entry.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    /// The block through which it is entered.
    pub(crate) header: usize,
    /// Whether a block belongs to it, by block.
    pub(crate) body: Vec<bool>,
    /// Registers that are written in it.
    pub(crate) written: RegSet,
}

/// The loops of the blocks that can be reached from `start`, inner ones behind outer ones.
pub(crate) fn loops(graph: &Graph, live: &Live, start: usize, reachable: &[bool]) -> Vec<Loop> {
    let n = graph.blocks.len();
    let mut preds = vec![Vec::new(); n];
    for b in (0..n).filter(|b| reachable[*b]) {
        graph.exits(b).for_each(|to| preds[to].push(b));
    }
    let order = graph.order_from(start);
    let dominators = dominators(&order, &preds, start, n);
    let dominates = |a: usize, mut b: usize| {
        while b != a && b != start {
            b = dominators[b];
        }
        b == a
    };
    let mut found: Vec<Loop> = Vec::new();
    for &b in &order {
        for header in graph.exits(b).filter(|header| dominates(*header, b)) {
            let at = found.iter().position(|l| l.header == header).unwrap_or_else(|| {
                let mut body = vec![false; n];
                body[header] = true;
                found.push(Loop { header, body, written: RegSet::default() });
                found.len() - 1
            });
            let mut open = vec![b];
            while let Some(b) = open.pop() {
                if !std::mem::replace(&mut found[at].body[b], true) {
                    open.extend(preds[b].iter().copied());
                }
            }
        }
    }
    for found in &mut found {
        for b in (0..n).filter(|b| found.body[*b]) {
            found.written = found.written.union(&live.written[b]);
            for handler in graph.handlers_of(b) {
                found.written.insert(graph.handlers[handler].reg);
            }
        }
    }
    found.sort_by_key(|l| std::cmp::Reverse(l.body.iter().filter(|is_in| **is_in).count()));
    found
}

/// Immediate dominators: Cooper, Harvey, Kennedy, A Simple, Fast Dominance Algorithm.
fn dominators(order: &[usize], preds: &[Vec<usize>], start: usize, n: usize) -> Vec<usize> {
    let mut rank = vec![usize::MAX; n];
    for (i, &b) in order.iter().enumerate() {
        rank[b] = i;
    }
    let mut idom = vec![usize::MAX; n];
    idom[start] = start;
    let mut changed = true;
    while changed {
        changed = false;
        for &b in order.iter().skip(1) {
            let mut new = usize::MAX;
            for &p in preds[b].iter().filter(|p| idom[**p] != usize::MAX) {
                new = if new == usize::MAX { p } else { meet(&idom, &rank, p, new) };
            }
            if idom[b] != new {
                idom[b] = new;
                changed = true;
            }
        }
    }
    idom
}

fn meet(idom: &[usize], rank: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        while rank[a] > rank[b] {
            a = idom[a];
        }
        while rank[b] > rank[a] {
            b = idom[b];
        }
    }
    a
}

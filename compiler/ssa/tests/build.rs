//! Construction: minimal parameters, unreachable code, handlers, deep nesting.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_ssa::build::Builder;
use hyp_ssa::ir::{Func, Term};
use hyp_ssa::unit::Unit;
use hyp_ssa::verify::verify;

fn finish(builder: Builder) -> Func {
    let func = builder.finish();
    let unit = Unit::default();
    if let Err(message) = verify(&func, &unit) {
        panic!("{message}\n{}", hyp_ssa::text::print(&func, &unit));
    }
    func
}

fn n_params(func: &Func) -> usize {
    func.blocks.iter().skip(1).map(|b| b.params.len()).sum()
}

#[test]
fn loop_only_passes_what_it_changes() {
    let mut b = Builder::new(None, &[Rep::Any]);
    let (i, n) = (b.declare_var(), b.declare_var());
    let (zero, param) = (b.f64(0.0), b.param(0));
    b.def_var(i, zero);
    b.def_var(n, param);
    let (head, body, end) = (b.new_block(), b.new_block(), b.new_block());
    b.jump(head, &[]);
    b.switch_to(head);
    let args = [b.use_var(i), b.use_var(n)];
    let cond = b.op(Op::LtAny, &args, &[]);
    b.branch(cond, (body, &[]), (end, &[]));
    b.seal(body);
    b.switch_to(body);
    let one = b.f64(1.0);
    let args = [b.use_var(i), one];
    let next = b.op(Op::AddAny, &args, &[]);
    b.def_var(i, next);
    b.jump(head, &[]);
    b.seal(head);
    b.seal(end);
    b.switch_to(end);
    let result = b.use_var(n);
    b.ret(Some(result));
    let func = finish(b);
    assert_eq!(n_params(&func), 1);
    assert!(matches!(func.blocks[3].term, Term::Return(Some(v)) if v == func.blocks[0].params[0]));
}

#[test]
fn nested_loops_do_not_pass_what_stays_the_same() {
    let mut b = Builder::new(None, &[Rep::Any]);
    let x = b.declare_var();
    let param = b.param(0);
    b.def_var(x, param);
    let mut open = Vec::new();
    for _ in 0..50 {
        let (head, body, end) = (b.new_block(), b.new_block(), b.new_block());
        b.jump(head, &[]);
        b.switch_to(head);
        let value = b.use_var(x);
        let cond = b.op(Op::Truthy, &[value], &[]);
        b.branch(cond, (body, &[]), (end, &[]));
        b.seal(body);
        b.switch_to(body);
        open.push((head, end));
    }
    while let Some((head, end)) = open.pop() {
        b.jump(head, &[]);
        b.seal(head);
        b.seal(end);
        b.switch_to(end);
    }
    let value = b.use_var(x);
    b.ret(Some(value));
    assert_eq!(n_params(&finish(b)), 0);
}

#[test]
fn unassigned_variable_is_null() {
    let mut b = Builder::new(None, &[]);
    let x = b.declare_var();
    let value = b.use_var(x);
    b.ret(Some(value));
    let func = finish(b);
    assert_eq!(func.blocks[0].insts.len(), 1);
}

#[test]
fn code_after_a_terminator_disappears() {
    let mut b = Builder::new(None, &[Rep::Any]);
    let x = b.declare_var();
    let param = b.param(0);
    b.def_var(x, param);
    let join = b.new_block();
    b.jump(join, &[]);
    assert!(b.is_terminated());
    let five = b.f64(5.0);
    b.def_var(x, five);
    assert!(b.is_terminated());
    let value = b.use_var(x);
    b.op_void(Op::Print, &[value], &[0]);
    b.jump(join, &[]);
    b.ret(None);
    b.seal(join);
    b.switch_to(join);
    let value = b.use_var(x);
    b.ret(Some(value));
    let func = finish(b);
    assert_eq!(func.blocks.len(), 2);
    assert!(matches!(func.blocks[1].term, Term::Return(Some(v)) if v == func.blocks[0].params[0]));
}

#[test]
fn assignment_without_instructions_after_a_terminator_is_not_seen() {
    let mut b = Builder::new(None, &[Rep::Any, Rep::Any]);
    let x = b.declare_var();
    let (first, second) = (b.param(0), b.param(1));
    b.def_var(x, first);
    let join = b.new_block();
    b.jump(join, &[]);
    b.def_var(x, second);
    b.seal(join);
    b.switch_to(join);
    let value = b.use_var(x);
    assert_eq!(value, first);
    b.ret(Some(value));
    finish(b);
}

#[test]
fn handler_sees_the_variables_of_the_region_s_start() {
    let mut b = Builder::new(None, &[Rep::Any]);
    let x = b.declare_var();
    let param = b.param(0);
    b.def_var(x, param);
    let (body, handler) = (b.new_block(), b.new_block());
    let caught = b.block_param(handler, Rep::Any);
    b.set_handler(Some(handler));
    b.jump(body, &[]);
    b.seal(body);
    b.switch_to(body);
    let number = b.op(Op::ToNum, &[param], &[]);
    b.ret(Some(number));
    b.set_handler(None);
    b.switch_to(handler);
    let value = b.use_var(x);
    let both = b.op(Op::NewArray, &[value, caught], &[]);
    b.ret(Some(both));
    let func = finish(b);
    assert_eq!(func.blocks.iter().filter(|b| b.handler.is_some()).count(), 1);
    assert_eq!(func.inst(func.blocks[2].insts[0]).args[0], func.blocks[0].params[0]);
}

#[test]
fn typed_variables_give_typed_parameters() {
    let mut b = Builder::new(None, &[Rep::Any]);
    let cell = Rep::Ref(TypeId::CELL);
    let x = b.declare_typed_var(cell);
    let first = b.null();
    let first = b.op(Op::NewCell, &[first], &[]);
    b.def_var(x, first);
    let head = b.new_block();
    b.jump(head, &[]);
    b.switch_to(head);
    let old = b.use_var(x);
    let content = b.op(Op::GetCell, &[old], &[]);
    let new = b.op(Op::NewCell, &[content], &[]);
    b.def_var(x, new);
    b.jump(head, &[]);
    b.seal(head);
    let func = finish(b);
    assert_eq!(func.rep(func.blocks[1].params[0]), cell);
}

#[test]
fn long_chains_need_no_stack() {
    let mut b = Builder::new(None, &[Rep::Any]);
    let x = b.declare_var();
    let param = b.param(0);
    b.def_var(x, param);
    let cond = b.op(Op::Truthy, &[param], &[]);
    for _ in 0..100_000 {
        let (then, join) = (b.new_block(), b.new_block());
        b.branch(cond, (then, &[]), (join, &[]));
        b.seal(then);
        b.switch_to(then);
        b.jump(join, &[]);
        b.seal(join);
        b.switch_to(join);
    }
    let value = b.use_var(x);
    b.ret(Some(value));
    let mut func = finish(b);
    assert_eq!(n_params(&func), 0);
    hyp_ssa::pass::run(&mut func, &Unit::default(), 2);
    assert!(func.blocks.len() < 10, "{}", func.blocks.len());
}

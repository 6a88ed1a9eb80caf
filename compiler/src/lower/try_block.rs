//! `try`, `catch`, `finally`.
//!
//! A protected region's blocks name the handler. `finally` is copied to every way out: the normal
//! end, each jump that leaves (`control.rs`), and a catch-all handler that raises again.

use hyp_bytecode::rep::Rep;
use hyp_grammar::ast::{self, Expr};
use hyp_ssa::ir::{Block, Value};

use super::function::{Control, FnLower};

impl<'a> FnLower<'_, '_, 'a> {
    pub(super) fn try_statement(&mut self, node: &'a ast::Try<'a>) {
        let outside = self.b.handler();
        let done = self.b.new_block();
        let cleanup = node.finally.as_ref().map(|body| (body, self.cleanup_block()));
        if let Some((body, handler)) = cleanup {
            self.b.set_handler(Some(handler));
            self.control.push(Control::Finally { body, handler: outside });
        }
        match &node.catch {
            Some(catch) => self.protected_with_catch(node, catch),
            None => {
                self.fresh_block();
                self.block_statements(node.body.stmts);
            }
        }
        self.b.set_handler(outside);
        if let Some((body, handler)) = cleanup {
            self.control.pop();
            if !self.b.is_terminated() {
                self.fresh_block();
                self.block_statements(body.stmts);
            }
            self.b.jump(done, &[]);
            self.rethrow_after(body, handler);
        } else {
            self.b.jump(done, &[]);
        }
        self.b.seal(done);
        self.b.switch_to(done);
    }

    /// The body under a catch handler, then the catch block; both under the current handler.
    fn protected_with_catch(&mut self, node: &'a ast::Try<'a>, catch: &'a ast::Catch<'a>) {
        let outside = self.b.handler();
        let after = self.b.new_block();
        let handler = self.handler_block();
        self.b.set_handler(Some(handler));
        self.control.push(Control::Protected { handler: outside });
        self.fresh_block();
        self.block_statements(node.body.stmts);
        self.control.pop();
        self.b.set_handler(outside);
        self.b.jump(after, &[]);

        self.b.switch_to(handler);
        let raised = self.b.func_mut().blocks[handler.0 as usize].params[0];
        if let Some(name) = catch.name {
            self.bind(name, raised);
        }
        self.block_statements(catch.body.stmts);
        self.b.jump(after, &[]);
        self.b.seal(after);
        self.b.switch_to(after);
    }

    /// `Try(value, fallback)`: the value, or that of the fallback if evaluating it raises an error.
    pub(super) fn try_expression(&mut self, args: &'a [&'a Expr<'a>]) -> Value {
        let outside = self.b.handler();
        let after = self.b.new_block();
        let result = self.b.block_param(after, Rep::Any);
        let handler = self.handler_block();
        self.b.set_handler(Some(handler));
        self.control.push(Control::Protected { handler: outside });
        self.fresh_block();
        let value = self.expr(args[0]);
        self.control.pop();
        self.b.set_handler(outside);
        self.b.jump(after, &[value]);

        self.b.switch_to(handler);
        let fallback = match args.get(1) {
            Some(fallback) => self.expr(fallback),
            None => self.b.null(),
        };
        self.b.jump(after, &[fallback]);
        self.b.seal(after);
        self.b.switch_to(after);
        result
    }

    fn rethrow_after(&mut self, body: &'a ast::Block<'a>, handler: Block) {
        self.b.switch_to(handler);
        let raised = self.b.func_mut().blocks[handler.0 as usize].params[0];
        self.block_statements(body.stmts);
        self.b.throw(raised);
    }

    /// The catch-all of a `finally`, which also runs on `Exit`.
    fn cleanup_block(&mut self) -> Block {
        let block = self.handler_block();
        self.b.func_mut().blocks[block.0 as usize].is_cleanup = true;
        block
    }

    fn handler_block(&mut self) -> Block {
        let block = self.b.new_block();
        self.b.block_param(block, Rep::Any);
        block
    }
}

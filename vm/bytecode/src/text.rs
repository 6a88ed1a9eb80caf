//! Listing and assembler of one syntax: `assemble(disassemble(m)) == m` for every module.
//!
//! A file is a sequence of lines; `;` starts a comment. Declarations come in index order, and their
//! index is written for the reader and checked:
//!
//! ```text
//! source "demo.hyp"
//! string "abc"                        ; names and constants are interned where they are used
//! desc d0 array(number)
//! global g0 "total" f64 shared
//! type %0 session "Counter" {
//!   field "n" f64 d1 private optional
//!   method "inc" @2 private static
//!   static "all" g0 private
//!   ctor @1
//! }
//! sites 2
//! main @0
//! finale @3
//! func @0 "add" {
//!   params 2 required 1 receiver      ; their representations are those of the first registers
//!   names "a", "b"
//!   result f64
//!   owner %0
//!   upvalues any, cell
//!   inlined @1 2:9                    ; a call of @1 in line 2 that its code has replaced
//!   inlined @4 7:3 in 1               ; a call within the first one
//!   regs any*2, f64 | f64, i64        ; all registers; `|` starts those that are not scanned
//! L0:
//!   .line 3:5                         ; `.line 8:1 in 1` is a position in the first inlined call
//!   .note "argument 'n' of 'f'"
//!   jump_lt_f64_k r1, L1, 10.0
//!   call r0, @0, (r0, r1)
//! L1:
//!   ret r1
//!   .handler L0, L1, L1, r0
//! }
//! ```
//!
//! `.cleanup` instead of `.handler` is a `finally` block, which also runs on `Exit`.
//! Lines that say nothing may be left out: no parameters, `result any`, no registers.
//! Operands follow the instruction table, without counts: `r1` registers, `L1` labels (`=7` is the
//! code word 7), `"text"` or `$3` strings, `@1` functions, `%0` records and sessions, `d0`
//! descriptors, `g0` globals, `s0` inline caches, a builtin's name or `!7`, decimal immediates, and
//! doubles (`0x…` for the bits of an unusual NaN). Words that are no instruction are `.word 0x…`.

mod lex;
mod listing;
mod parse;
mod parse_code;
mod syntax;

pub use listing::disassemble;
pub use parse::assemble;

use std::fmt;

/// Why a text is not a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AsmError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for AsmError {}

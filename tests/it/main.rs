//! Whole-toolchain tests.

mod tidy;

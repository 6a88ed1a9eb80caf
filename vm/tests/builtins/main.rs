//! Builtins called through a machine, with and without a collection before every call.

mod arrays;
mod dictionaries;
mod expression;
mod files;
mod higher_order;
mod numbers;
mod outside;
mod robustness;
mod texts;
mod values;

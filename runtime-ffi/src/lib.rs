//! The stable C boundary of the host: `hyp_host_v1`.
//!
//! [`abi`] mirrors the header `include/hyp_host_v1.h`, which is the contract; [`descriptor`] reads
//! what a plugin hands over. Loading plugins and the host's functions are not part of this version.
//!
//! Invariant: no byte of a plugin's structure is believed before it was checked, and none is read
//! behind the size that the structure states.
//! Invariant: unsafe code stands in [`descriptor`] only.
#![warn(missing_docs)]

pub mod abi;
pub mod descriptor;

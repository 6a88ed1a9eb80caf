//! Tests of the instruction encoding, the container, the verifier and the listing.

mod container;
mod docs;
mod encoding;
mod listing;
mod mutation;
mod rules;
mod sample;

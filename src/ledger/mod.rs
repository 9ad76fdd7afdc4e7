//! Pure derivation: facts, records and policy in; events, state, approvals out. No I/O, no clock.
//!
//! [`walk`] reads history once by the law of items; [`derive`] turns the outcome into the [`State`] that
//! every view shows.

mod law;
mod state;
mod trie;
mod walk;

pub use state::*;
pub use walk::{Versions, Walk, walk};

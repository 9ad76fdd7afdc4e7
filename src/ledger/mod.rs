//! Pure derivation: facts, records and policy in; events, state, approvals out. No I/O, no clock.

mod state;

pub use state::*;

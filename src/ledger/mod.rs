//! Pure derivation: facts, records and policy in; events, state, approvals out. No I/O, no clock.
//!
//! [`walk`] reads history once by the law of items; [`derive`] turns the outcome into the [`State`] that
//! every view shows; [`check`] says what is wrong with the records as they are.

mod approval;
mod check;
mod context;
mod decision;
mod derive;
mod events;
mod law;
mod relations;
mod risk;
mod runbook;
mod state;
mod task;
mod trie;
mod walk;

pub use check::{check, duplicates};
pub use context::{Policies, Sources, WorkPaths, named_tasks};
pub use derive::{Shown, derive};
pub use state::*;
pub use walk::{Versions, Walk, walk};

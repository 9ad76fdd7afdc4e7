//! Kubernetes: two states of manifests to sentences, a digest and findings of risk.
//!
//! Reads bytes that others gathered; opens no file and starts no program.

mod compare;
mod digest;
mod evidence;
mod fact;
mod keys;
mod object;
mod record;
mod risk;
mod sentence;

pub use compare::{Comparison, ObjectChange, compare};
pub use digest::digest;
pub use evidence::{Action, ChangedObject, Evidence};
pub use fact::{Fact, FactKind};
pub use object::{ManifestError, Manifests, Object, ObjectId};
pub use sentence::{ObjectText, describe};

#[cfg(test)]
mod tests;

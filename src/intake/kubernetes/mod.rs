//! Kubernetes: two states of manifests to sentences, a digest and findings of risk.
//!
//! Reads bytes that others gathered; opens no file and starts no program.

mod compare;
mod digest;
mod keys;
mod object;
mod record;
mod risk;
mod sentence;

pub use compare::{Comparison, ObjectChange, compare};
pub use digest::digest;
pub use object::{ManifestError, Manifests, Object, ObjectId};
pub use record::Evidence;
pub use risk::found;
pub use sentence::{ObjectText, describe, totals};

#[cfg(test)]
mod tests;

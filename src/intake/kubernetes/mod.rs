//! Kubernetes: two states of manifests to sentences, a digest and findings of risk.
//!
//! Reads bytes that others gathered; opens no file and starts no program.

mod compare;
mod digest;
mod evidence;
mod facts;
mod keys;
mod meaning;
mod object;
mod quantity;
mod record;
mod risk;
mod sentence;
mod suffix;

pub use compare::{Comparison, ObjectChange, compare};
pub use digest::digest;
pub use evidence::{Action, ChangedObject, Evidence};
pub use facts::{Fact, FactKind};
pub use object::{ManifestError, Manifests, Object, ObjectId};
pub use sentence::{ObjectText, describe};

#[cfg(test)]
mod account_tests;
#[cfg(test)]
mod fall_tests;
#[cfg(test)]
mod risk_tests;
#[cfg(test)]
mod sameness_tests;
#[cfg(test)]
mod tests;

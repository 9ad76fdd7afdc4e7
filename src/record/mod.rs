//! One record file: frontmatter, sections, checklists, scope. Knows no git and no policy.
//!
//! Parsing never fails as a whole: [`Record::parse`] gives what it understood and the diagnostics.
//! Everything that a message, an edit or an editor may point at carries its byte range.

mod affirmation;
mod compare;
mod definitions;
mod detached;
mod details;
mod digest;
mod duration;
pub mod edit;
mod evidence_path;
mod facts;
mod format;
mod frontmatter;
mod id;
mod item;
mod kinds;
mod layout;
mod markdown;
mod near;
mod parse;
mod references;
mod rendered;
mod scope;
mod signed_text;
mod slug;
mod suspect;
mod types;

#[cfg(test)]
mod laws;

pub use affirmation::{Affirmation, affirmation_path};
pub use compare::scope_differences;
pub use detached::{Detached, MAX_DETACHED_BYTES, detached_path};
pub use details::keys_of;
pub(crate) use digest::{hex, sha256_digest, short_digest};
pub use duration::parse_duration;
pub use evidence_path::{EVIDENCE_FOLDER, EvidenceKey, evidence_owner, evidence_path, is_stack_name};
pub use facts::{Facts, FactsReader, Shape};
pub use format::formatted;
pub use id::{EMERGENCY, IdError, RecordId};
pub use item::{ItemKey, ItemMatch, find_items, normalize, normalize_review, same_name, without_parenthesis};
pub use kinds::{RecordType, Risk, TaskKind, Verdict};
pub(crate) use layout::find_conflict as conflict_in;
pub use markdown::markdown_options;
pub use near::{NearRules, NearWord, near_words};
pub use references::{mentions, places, replaced, with_references};
pub use rendered::{renders, without_comments};
pub use scope::{Digested, ScopeHash, ScopeRules, deployment_digest, scope_hash, scope_text};
pub use slug::slug;
pub use types::*;

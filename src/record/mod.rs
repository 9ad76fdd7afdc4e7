//! One record file: frontmatter, sections, checklists, scope. Knows no git and no policy.
//!
//! Parsing never fails as a whole: [`Record::parse`] gives what it understood and the diagnostics.
//! Everything that a message, an edit or an editor may point at carries its byte range.

mod affirmation;
mod compare;
mod detached;
mod details;
mod duration;
pub mod edit;
mod facts;
mod format;
mod frontmatter;
mod id;
mod item;
mod kinds;
mod layout;
mod markdown;
mod parse;
mod references;
mod scope;
mod slug;
mod suspect;
mod types;

#[cfg(test)]
mod laws;

pub use affirmation::{Affirmation, affirmation_path};
pub use compare::scope_differences;
pub use detached::{Detached, MAX_DETACHED_BYTES, detached_path};
pub use details::keys_of;
pub use duration::parse_duration;
pub use facts::{Facts, FactsReader, Shape};
pub use format::formatted;
pub use id::{IdError, RecordId};
pub use item::{ItemKey, ItemMatch, find_items, normalize, normalize_review, without_parenthesis};
pub use kinds::{RecordType, Risk, TaskKind, Verdict};
pub(crate) use layout::find_conflict as conflict_in;
pub use markdown::markdown_options;
pub use references::{mentions, places, replaced, with_references};
pub use scope::{ScopeHash, ScopeRules, deployment_digest, scope_hash, scope_text};
pub use slug::slug;
pub use types::*;

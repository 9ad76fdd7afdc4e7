//! One record file: frontmatter, sections, checklists, scope. Knows no git and no policy.
//!
//! Parsing never fails as a whole: [`Record::parse`] gives what it understood and the diagnostics.
//! Everything that a message, an edit or an editor may point at carries its byte range.

pub mod edit;
mod facts;
mod frontmatter;
mod id;
mod item;
mod markdown;
mod parse;
mod scope;
mod types;

pub use facts::{Facts, ItemFact};
pub use id::{IdError, RecordId};
pub use item::{ItemKey, normalize, normalize_review};
pub use scope::{ScopeHash, ScopeRules, scope_hash, scope_text};
pub use types::*;

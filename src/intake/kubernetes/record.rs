//! What a change of manifests is in a record: one key of the frontmatter, and sentences and paths in its sections.

use toml_edit::InlineTable;

use super::compare::Comparison;
use super::digest::digest;
use super::object::Manifests;
use super::risk::found;
use super::sentence::{describe, totals};
use crate::intake::{Found, put_section, with_paths};
use crate::policy::Policy;
use crate::record::edit::{EditError, replace_section, set_nested_field};
use crate::record::{Record, RecordType};

/// The section with the paths.
const PATHS: &str = "Manifests affected";

/// What goes into a record.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Of the state after.
    pub digest: String,
    /// Its risk.
    pub found: Found,
    /// Totals and a sentence for each changed object, in Markdown.
    pub block: String,
    /// Files that hold what changes, as people name them.
    pub paths: Vec<String>,
    /// Objects that change.
    pub n_changed: usize,
}

impl Evidence {
    /// What a comparison says by a policy; `new` is the state after.
    pub fn of(comparison: &Comparison, new: &Manifests, paths: Vec<String>, policy: &Policy) -> Self {
        let limit = usize::try_from(policy.plan.list_limit).unwrap_or(usize::MAX);
        Evidence {
            digest: digest(new, comparison),
            found: found(comparison, policy),
            block: block(comparison, limit),
            paths,
            n_changed: comparison.changes.len(),
        }
    }

    /// The record's text with this in it. What is not gated is no part of what is approved, so it goes into the log.
    ///
    /// # Errors
    /// [`EditError`] when the record cannot be read, or its text leaves no room.
    pub fn put(
        &self,
        path: &str,
        text: &str,
        environment: &str,
        gated: bool,
        is_guidance: &dyn Fn(&str) -> bool,
    ) -> Result<String, EditError> {
        let put = |section: &str, heading: &str| {
            put_section(path, text, section, heading, &self.block, is_guidance)
        };
        let text = match gated {
            true => self.put_paths(path, &put("Changes", environment)?, is_guidance)?,
            false => put("Deployment log", &format!("Manifests for {environment}"))?,
        };
        let mut table = InlineTable::new();
        table.insert("digest", self.digest.as_str().into());
        table.insert("changed", i64::try_from(self.n_changed).unwrap_or(i64::MAX).into());
        self.found.insert_into(&mut table);
        set_nested_field(&text, "manifests", environment, table.into())
    }

    fn put_paths(
        &self,
        path: &str,
        text: &str,
        is_guidance: &dyn Fn(&str) -> bool,
    ) -> Result<String, EditError> {
        let record = Record::parse(RecordType::Task, path, text.as_bytes());
        let section = record.section(PATHS).map_or("", |section| record.text(section.content.clone()));
        replace_section(text, PATHS, &with_paths(section, &self.paths, is_guidance))
    }
}

/// Totals and a sentence for each changed object.
fn block(comparison: &Comparison, limit: usize) -> String {
    let mut lines = vec![totals(comparison), String::new()];
    let objects = describe(comparison);
    lines.extend(objects.iter().take(limit).map(|object| format!("- {}", object.text)));
    if objects.len() > limit {
        lines.push(format!("- and {} more objects", objects.len() - limit));
    }
    lines.join("\n")
}

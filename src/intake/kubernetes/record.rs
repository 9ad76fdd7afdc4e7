//! What a change of manifests is in a record: one key of the frontmatter, and sentences and paths in its sections.

use toml_edit::InlineTable;

use super::evidence::Evidence;
use super::sentence::{describe, headline, totals};
use crate::intake::{put_section, with_paths};
use crate::policy::Policy;
use crate::record::edit::{EditError, replace_section, set_nested_field};
use crate::record::{Record, RecordType};

/// The section with the paths.
const PATHS: &str = "Manifests affected";

impl Evidence {
    /// Totals and a sentence for each changed object, up to a number of them, in Markdown.
    pub fn block(&self, limit: usize) -> String {
        let objects = describe(self);
        let mut lines = vec![totals(self), String::new()];
        lines.extend(objects.iter().take(limit).map(|object| format!("- {}", object.text)));
        if objects.len() > limit {
            lines.push(format!("- and {} more objects", objects.len() - limit));
        }
        lines.join("\n")
    }

    /// One line: `2 objects changed, 1 added`.
    pub fn headline(&self) -> String {
        headline(self)
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
        policy: &Policy,
        is_guidance: &dyn Fn(&str) -> bool,
    ) -> Result<String, EditError> {
        let block = self.block(usize::try_from(policy.plan.list_limit).unwrap_or(usize::MAX));
        let put =
            |section: &str, heading: &str| put_section(path, text, section, heading, &block, is_guidance);
        let text = match gated {
            true => self.put_paths(path, &put("Changes", environment)?, is_guidance)?,
            false => put("Deployment log", &format!("Manifests for {environment}"))?,
        };
        let mut table = InlineTable::new();
        table.insert("digest", self.digest.as_str().into());
        table.insert("changed", i64::try_from(self.objects.len()).unwrap_or(i64::MAX).into());
        self.found(policy).insert_into(&mut table);
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

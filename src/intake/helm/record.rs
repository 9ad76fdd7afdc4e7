//! What an upgrade is in a record: `chart` in the frontmatter and the chart's block of "Changelog review".

use toml_edit::InlineTable;

use super::chart::{Chart, ChartError, digest};
use super::compare::{ValuesFile, compare};
use super::risk::found;
use super::text::describe;
use crate::intake::{Found, put_section};
use crate::policy::Policy;
use crate::record::edit::{EditError, set_field, set_nested_field};

/// What a state is called in messages, and its files.
pub type Named<'n> = (&'n str, &'n [(String, Vec<u8>)]);

/// What goes into a record.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The chart's name.
    pub name: String,
    /// The version before.
    pub current: String,
    /// The version after.
    pub target: String,
    /// Of the files after.
    pub digest: String,
    /// Its risk.
    pub found: Found,
    /// What differs, in Markdown.
    pub block: String,
}

impl Evidence {
    /// Compares two versions by a policy. Each is its name for messages and its files; `values` are the files of
    /// this repository that may set values of the chart.
    ///
    /// # Errors
    /// [`ChartError`] when one is no chart, or they are not of one chart.
    pub fn of(
        [old, new]: [Named<'_>; 2],
        values: &[ValuesFile],
        policy: &Policy,
    ) -> Result<Self, ChartError> {
        let (before, after) = (Chart::read(old.0, old.1)?, Chart::read(new.0, new.1)?);
        let comparison = compare(&before, &after, values)?;
        Ok(Evidence {
            found: found(&comparison, policy),
            block: describe(&comparison),
            digest: digest(new.1),
            name: after.name,
            current: before.version_text,
            target: after.version_text,
        })
    }

    /// The record's text with this in it.
    ///
    /// # Errors
    /// [`EditError`] when the record cannot be read, or its text leaves no room.
    pub fn put(
        &self,
        path: &str,
        text: &str,
        is_guidance: &dyn Fn(&str) -> bool,
    ) -> Result<String, EditError> {
        let text = put_section(path, text, "Changelog review", &self.name, &self.block, is_guidance)?;
        let mut table = InlineTable::new();
        for (key, value) in [
            ("name", &self.name),
            ("current", &self.current),
            ("target", &self.target),
            ("digest", &self.digest),
        ] {
            table.insert(key, value.as_str().into());
        }
        self.found.insert_into(&mut table);
        match set_field(&text, "chart", table.clone().into()) {
            // Written as `[chart]` or `chart.name = …`: key by key.
            Err(EditError::IsTable { .. }) => table
                .into_iter()
                .try_fold(text, |text, (key, value)| set_nested_field(&text, "chart", &key, value)),
            outcome => outcome,
        }
    }
}

//! What an upgrade is in a record: `chart` in the frontmatter and the chart's block of "Changelog review".

use toml_edit::InlineTable;

use super::evidence::Evidence;
use crate::intake::put_section;
use crate::policy::Policy;
use crate::record::edit::{EditError, set_field, set_nested_field};

impl Evidence {
    /// The record's text with this in it.
    ///
    /// # Errors
    /// [`EditError`] when the record cannot be read, or its text leaves no room.
    pub fn put(
        &self,
        path: &str,
        text: &str,
        policy: &Policy,
        is_guidance: &dyn Fn(&str) -> bool,
    ) -> Result<String, EditError> {
        let limit = usize::try_from(policy.plan.list_limit).unwrap_or(usize::MAX);
        let text = put_section(path, text, "Changelog review", &self.name, &self.block(limit), is_guidance)?;
        let mut table = InlineTable::new();
        for (key, value) in [
            ("name", &self.name),
            ("current", &self.current),
            ("target", &self.target),
            ("digest", &self.digest),
        ] {
            table.insert(key, value.as_str().into());
        }
        self.found(policy).insert_into(&mut table);
        match set_field(&text, "chart", table.clone().into()) {
            // Written as `[chart]` or `chart.name = …`: key by key.
            Err(EditError::IsTable { .. }) => table
                .into_iter()
                .try_fold(text, |text, (key, value)| set_nested_field(&text, "chart", &key, value)),
            outcome => outcome,
        }
    }
}

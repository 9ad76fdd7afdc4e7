//! Puts a plan into a record: one key of the frontmatter and one block of one section, and nothing else.

use toml_edit::{InlineTable, Value};

use super::Plan;
use crate::intake::Found;
use crate::intake::block::{get_block, put_section, section_text};
use crate::record::edit::{EditError, set_nested_field};

/// The section of an environment whose plan is part of what is approved.
const PLAN_SECTION: &str = "Plan";
/// The section of the others.
const LOG_SECTION: &str = "Deployment log";

/// Where and how a plan is written.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    /// The environment it is for.
    pub environment: &'p str,
    /// Whether that is gated: its plan belongs to what is approved, another one to the log.
    pub gated: bool,
    /// Longest list of addresses.
    pub list_limit: usize,
    /// Whether a text is still the template's, so that it gives way.
    pub is_guidance: &'p dyn Fn(&str) -> bool,
}

impl Place<'_> {
    fn section(&self) -> &'static str {
        if self.gated { PLAN_SECTION } else { LOG_SECTION }
    }

    fn heading(&self) -> String {
        if self.gated { self.environment.to_owned() } else { format!("Plan for {}", self.environment) }
    }
}

impl Plan {
    /// The record's text with this plan in it.
    ///
    /// # Errors
    /// [`EditError`] when the record cannot be read, or its text leaves no room for the plan.
    pub fn put(
        &self,
        path: &str,
        source: &str,
        found: &Found,
        place: Place<'_>,
    ) -> Result<String, EditError> {
        let text = set_nested_field(source, "plan", place.environment, self.value(found))?;
        put_section(
            path,
            &text,
            place.section(),
            &place.heading(),
            &self.block(found, place.list_limit),
            place.is_guidance,
        )
    }

    /// `{ digest, add, change, destroy, replace, … }`.
    fn value(&self, found: &Found) -> Value {
        let (summary, radius) = (&self.summary, self.radius());
        let mut table = InlineTable::new();
        table.insert("digest", self.digest.as_str().into());
        let counts = [
            ("add", summary.add, true),
            ("change", summary.change, true),
            ("destroy", summary.destroy, true),
            ("replace", summary.replace, true),
            ("import", summary.import, summary.import > 0),
            ("forget", summary.forget, summary.forget > 0),
            ("touches", radius.touched.len(), true),
            ("reaches", radius.reached.len(), radius.sees_references),
        ];
        for (key, count, _) in counts.into_iter().filter(|(_, _, written)| *written) {
            table.insert(key, i64::try_from(count).unwrap_or(i64::MAX).into());
        }
        found.insert_into(&mut table);
        Value::InlineTable(table)
    }
}

/// The list that a record holds for an environment, gated or not.
pub fn recorded_list(path: &str, source: &str, environment: &str) -> String {
    let gated = section_text(path, source, PLAN_SECTION).replace("\r\n", "\n");
    let log = section_text(path, source, LOG_SECTION).replace("\r\n", "\n");
    get_block(&gated, environment)
        .or_else(|| get_block(&log, &format!("Plan for {environment}")))
        .unwrap_or_default()
        .to_owned()
}

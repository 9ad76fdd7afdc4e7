//! What a change of manifests is in a record's text.

use super::evidence::Evidence;
use super::sentence::{describe, headline, totals};

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
}

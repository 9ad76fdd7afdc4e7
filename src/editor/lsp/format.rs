//! Formatting that changes nothing that a record says.

use lsp_types::TextEdit;

use super::open_books::DocumentContext;
use super::text;
use crate::record::formatted;

/// The edit that makes a record tidy; none where nothing is to be done.
pub(super) fn format(context: &DocumentContext<'_>) -> Vec<TextEdit> {
    let Some(record) = context.record() else { return Vec::new() };
    let new = formatted(record);
    new.map(|new| text::edit_to(&record.source, &new, context.encoding)).into_iter().collect()
}

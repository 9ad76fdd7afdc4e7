//! A line over the title: where the record stands, and what is next.

use lsp_types::{CodeLens, Command};

use super::shelf::Context;
use super::text;

/// The lens of a record.
pub(super) fn lenses(context: &Context<'_>) -> Vec<CodeLens> {
    let Some(record) = context.record() else { return Vec::new() };
    let state = record.id.as_ref().and_then(|id| context.loaded.state.record(id.as_str()));
    let mut words = vec![state.map_or("draft", |state| state.status.as_str()).to_owned()];
    if let Some(state) = state {
        words.extend(state.approval.map(|approval| format!("approval: {approval}")));
        words.extend(Some(&state.next).filter(|next| !next.is_empty()).map(|next| format!("next: {next}")));
    }
    if state.is_some_and(|state| state.record.source != record.source) {
        words.push("with changes that are not committed".to_owned());
    }
    let span = record.field("title").map_or(0..0, |field| field.key_span.clone());
    vec![CodeLens {
        range: text::range(&record.source, &span, context.encoding),
        // Without a command of its own: a lens is only read.
        command: Some(Command { title: words.join(" · "), command: String::new(), arguments: None }),
        data: None,
    }]
}

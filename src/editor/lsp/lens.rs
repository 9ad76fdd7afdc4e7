//! What stands between the lines: over the title where the record is and what is next, and what the text would
//! mean if it were committed; beside an item whose it is and whether it counts.

use std::ops::Range;

use lsp_types::{CodeLens, Command, InlayHint, InlayHintKind, InlayHintLabel};

use super::open_books::DocumentContext;
use super::text::Lines;
use crate::ledger::{Approval, Consequence, ItemState, RecordState, if_committed};
use crate::record::{Item, Record, normalize_review};

/// The lenses of a record: its state, and the consequences of what is not committed.
pub(super) fn lenses(context: &DocumentContext<'_>) -> Vec<CodeLens> {
    let Some(record) = context.record() else { return Vec::new() };
    let state = context.state_of(record);
    let mut words = vec![state.map_or("draft", |state| state.status.as_str()).to_owned()];
    if let Some(state) = state {
        words.extend(state.approval.map(|approval| format!("approval: {approval}")));
        words.extend(Some(&state.next).filter(|next| !next.is_empty()).map(|next| format!("next: {next}")));
    }
    if state.is_some_and(|state| state.record.source != record.source) {
        words.push("with changes that are not committed".to_owned());
    }
    let lines = Lines::of(&record.source, context.encoding);
    let span = record.field("title").map_or(0..0, |field| field.key_span.clone());
    let lens = |title: String| CodeLens {
        range: lines.range(&span),
        // Without a command of its own: a lens is only read.
        command: Some(Command { title, command: String::new(), arguments: None }),
        data: None,
    };
    let consequences = consequences(context, record);
    let told: Vec<&str> = consequences.iter().map(|found| found.text.as_str()).collect();
    let told = (!told.is_empty()).then(|| lens(format!("a commit of this {}", told.join("; "))));
    [lens(words.join(" · "))].into_iter().chain(told).collect()
}

/// What the text would mean if it were committed.
pub(super) fn consequences(context: &DocumentContext<'_>, record: &Record) -> Vec<Consequence> {
    let state = context.state_of(record);
    state.map(|state| if_committed(state, record, context.loaded.policy())).unwrap_or_default()
}

/// A hint at the end of each item of which there is something to say, within a span of the text.
pub(super) fn hints(context: &DocumentContext<'_>, within: &Range<usize>) -> Vec<InlayHint> {
    let Some(record) = context.record() else { return Vec::new() };
    let state = context.state_of(record);
    let consequences = consequences(context, record);
    let lines = Lines::of(&record.source, context.encoding);
    let hint = |item: &Item| {
        let consequence = consequences.iter().find(|found| found.span == item.mark);
        let label = match (consequence, state) {
            (Some(consequence), _) => format!("a commit of this {}", consequence.text),
            (None, Some(state)) => standing(state, item)?,
            (None, None) => return None,
        };
        let first_line = record.source[item.span.clone()].lines().next().unwrap_or_default();
        Some(InlayHint {
            position: lines.position(item.span.start + first_line.trim_end().len()),
            label: InlayHintLabel::String(label),
            kind: Some(InlayHintKind::PARAMETER),
            text_edits: None,
            tooltip: None,
            padding_left: Some(true),
            padding_right: None,
            data: None,
        })
    };
    let items = record
        .items
        .iter()
        .filter(|item| item.span.start < within.end.max(1) && within.start <= item.span.end);
    items.filter_map(hint).collect()
}

/// Whose an item is, and what it is worth; `None` for one that nobody has ticked and no rule asks for.
fn standing(state: &RecordState, item: &Item) -> Option<String> {
    let known = state.items.iter().find(|known| known.key == item.key)?;
    match (approval(state, item), item.checked) {
        (Some(approval), _) if approval.valid => Some(format!("{}, counts", owners(known))),
        (Some(approval), true) => {
            let code = approval.code.map_or("does not count", |code| code.as_str());
            Some(format!("{}, {code}", owners(known)))
        }
        (None, true) if !known.by.is_empty() => Some(owners(known)),
        _ => None,
    }
}

/// The approval that an item is.
pub(super) fn approval<'s>(state: &'s RecordState, item: &Item) -> Option<&'s Approval> {
    let text = normalize_review(&item.text);
    state.approvals.iter().find(|approval| normalize_review(&approval.text) == text)
}

fn owners(item: &ItemState) -> String {
    let name = |by: &crate::ledger::CommitRef| {
        format!("{} on {}", by.person.as_deref().unwrap_or(&by.author), by.time.date())
    };
    item.by.iter().map(name).collect::<Vec<_>>().join(", ")
}

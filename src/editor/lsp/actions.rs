//! What could be done at a place: tick, approve, insert what is missing, mend a near miss, take in a plan.

use std::collections::HashMap;
use std::ops::Range;

use lsp_types::{CodeAction, CodeActionKind, WorkspaceEdit};

use super::open_books::DocumentContext;
use super::{rename, text};
use crate::diagnostic::{Code, Diagnostic};
use crate::record::{Item, Record, edit};

/// The actions for a span of the document, given what is wrong with it.
pub(super) fn actions(
    context: &DocumentContext<'_>,
    span: &Range<usize>,
    found: &[Diagnostic],
) -> Vec<CodeAction> {
    let Some(record) = context.record().filter(|record| !record.is_broken()) else { return Vec::new() };
    let touches = |other: &Range<usize>| other.start <= span.end && span.start <= other.end;
    let items = record.items.iter().filter(|item| touches(&item.span));
    let mut actions: Vec<CodeAction> = items.filter_map(|item| tick(context, record, item)).collect();
    for diagnostic in found {
        // What is missing has no place of its own.
        if touches(&diagnostic.span) || diagnostic.code == Code::ItemMissing || diagnostic.span.is_empty() {
            actions.extend(mend(context, record, diagnostic));
        }
    }
    // Wherever in the file one asks: two records of one ID are a matter of the whole file.
    if found.iter().any(|diagnostic| diagnostic.code == Code::IdDuplicate)
        && let Some((new, edit)) = rename::parted(context, record)
    {
        actions.push(CodeAction {
            title: format!("Renumber the later one to {new}"),
            kind: Some(CodeActionKind::QUICKFIX),
            edit: Some(edit),
            ..CodeAction::default()
        });
    }
    actions
}

fn tick(context: &DocumentContext<'_>, record: &Record, item: &Item) -> Option<CodeAction> {
    let policy = context.loaded.policy();
    let new = edit::set_item(&record.source, item, !item.checked).ok()?;
    let verb = match (
        item.checked,
        policy.review_of_item(&item.key.text),
        policy.environment_deployed_by(&item.key.text),
    ) {
        (true, ..) => "Untick".to_owned(),
        (false, Some(review), _) if !review.via_decision => format!("Approve as {}:", review.role),
        (false, _, Some(environment)) => format!("Mark deployed to {}:", environment.name),
        (false, _, None) => "Tick".to_owned(),
    };
    Some(action(context, record, format!("{verb} “{}”", item.text), CodeActionKind::REFACTOR, &new))
}

fn mend(context: &DocumentContext<'_>, record: &Record, found: &Diagnostic) -> Option<CodeAction> {
    let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
    let (title, new) = match found.code {
        Code::ItemMissing => {
            let text = quoted(&found.message)?;
            let section = section_for(context, &text);
            let new = edit::add_item(&record.source, section, &text, false).ok()?;
            (format!("Insert the item “{text}”"), new)
        }
        Code::SectionEmpty if found.message.ends_with("is missing") => {
            let title = quoted(&found.message)?;
            let new = edit::append_to_section(&record.source, &title, "…").ok()?;
            (format!("Insert the section “{title}”"), new)
        }
        Code::ItemNearMiss => {
            let (from, to) = (quoted(&found.message)?, quoted(found.help.as_deref()?)?);
            let item = record.items.iter().find(|item| item.span == found.span)?;
            let place = record.source[item.span.clone()].find(&from)? + item.span.start;
            let new = [&record.source[..place], &to, &record.source[place + from.len()..]].concat();
            (format!("Write “{to}”"), new)
        }
        Code::IdMismatch | Code::IdMissing => {
            let id = record.id.as_ref()?;
            let new = edit::set_field(&record.source, "id", id.as_str().into()).ok()?;
            (format!("Write `id = \"{id}\"`"), new)
        }
        Code::RiskUnderstated => {
            let risk = quoted(found.help.as_deref()?)?.split('"').nth(1)?.to_owned();
            let new = edit::set_field(&record.source, "risk", risk.as_str().into()).ok()?;
            (format!("Declare risk {risk}"), new)
        }
        Code::FieldInvalid | Code::FieldUnknown | Code::ReferenceBroken => {
            let (from, to) = (quoted(&found.message), quoted(found.help.as_deref()?)?);
            let value = record.source.get(found.span.clone())?;
            let wrong = context
                .record()
                .and(from.filter(|from| value.contains(from.as_str())))
                .or_else(|| value.contains(&to).then(|| to.clone()))?;
            let new = [
                &record.source[..found.span.start],
                &value.replacen(&wrong, &to, 1),
                &record.source[found.span.end..],
            ];
            (format!("Write “{to}”"), new.concat())
        }
        _ => return None,
    };
    Some(action(context, record, title, CodeActionKind::QUICKFIX, &new))
}

/// Where an item belongs that the policy asks for.
fn section_for(context: &DocumentContext<'_>, text: &str) -> &'static str {
    let policy = context.loaded.policy();
    if policy.review_for_item(text).is_some() {
        "Approvals"
    } else if policy.risks.values().any(|risk| risk.communication.iter().any(|other| other == text)) {
        "Communication"
    } else {
        "Checklist"
    }
}

/// An action that makes the document's text that of `new`, by the one edit in which they differ.
fn action(
    context: &DocumentContext<'_>,
    record: &Record,
    title: String,
    kind: CodeActionKind,
    new: &str,
) -> CodeAction {
    let edit = text::edit_to(&record.source, new, context.encoding);
    #[expect(clippy::mutable_key_type, reason = "the protocol's type")]
    let changes = HashMap::from([(context.document.uri.clone(), vec![edit])]);
    CodeAction {
        title,
        kind: Some(kind),
        edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
        ..CodeAction::default()
    }
}

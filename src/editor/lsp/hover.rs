//! What is known of what stands under the cursor, as Markdown.

use std::ops::Range;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::lens::consequences;
use super::open_books::DocumentContext;
use super::place::{AtCursor, at};
use super::{policy_file, text};
use crate::book::POLICY_FILE;
use crate::ledger::{Approval, CommitRef, RecordState, Status};
use crate::policy::{Members, Policy};
use crate::record::{Item, normalize_review};

/// The hover at an offset.
pub(super) fn hover(context: &DocumentContext<'_>, offset: usize) -> Option<Hover> {
    let (span, markdown) = match context.path == POLICY_FILE {
        true => policy_file::hover(context, offset)?,
        false => of_place(context, offset)?,
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: markdown }),
        range: Some(text::range(&context.document.text, &span, context.encoding)),
    })
}

/// What stands in a record, with its span.
fn of_place(context: &DocumentContext<'_>, offset: usize) -> Option<(Range<usize>, String)> {
    let record = context.record()?;
    let place = at(record, offset);
    Some(match &place {
        AtCursor::Key(field) if field.key == "id" => {
            (field.key_span.clone(), of_record(context, record.id.as_ref()?.as_str())?)
        }
        AtCursor::Value { key: "id", span, .. } => {
            (span.clone(), of_record(context, record.id.as_ref()?.as_str())?)
        }
        AtCursor::Value { key, text, span } => (span.clone(), of_value(context, key, text)?),
        AtCursor::Word { text, span, item } => {
            let known =
                of_record(context, text).or_else(|| item.is_none().then(|| of_status(text)).flatten());
            let known = known.map(|markdown| (span.clone(), markdown));
            known.or_else(|| item.map(|item| (item.span.clone(), of_item(context, item))))?
        }
        AtCursor::Item(item) => (item.span.clone(), of_item(context, item)),
        _ => return None,
    })
}

/// A word that is a status.
fn of_status(word: &str) -> Option<String> {
    Status::parse(word).map(|status| format!("status `{word}`: {}", status.summary()))
}

fn of_value(context: &DocumentContext<'_>, key: &str, text: &str) -> Option<String> {
    let policy = context.loaded.policy();
    match key {
        "depends" | "follows" | "changes" | "runbooks" => of_record(context, text),
        "requestor" => of_person(policy, text),
        "owner" => of_person(policy, text).or_else(|| of_role(policy, text)),
        "decision" => of_status(text),
        "window" => {
            policy.windows.get(text).map(|_| format!("**{}**: a change window in the policy", escape(text)))
        }
        "categories" => {
            let category = policy.category(text)?;
            Some(format!("**{}**: risk {}", escape(text), category.risk.as_str()))
        }
        "environments" => {
            let environment = policy.environment(text)?;
            let gated = if environment.gated { "gated" } else { "not gated" };
            let by: Vec<String> =
                environment.deployed_by.iter().map(|item| format!("“{}”", escape(item))).collect();
            Some(format!("**{}**: {gated}; deployed by {}", escape(text), by.join(", ")))
        }
        _ => None,
    }
}

/// A record: what it is, where it stands, what is next.
fn of_record(context: &DocumentContext<'_>, id: &str) -> Option<String> {
    let record = context.record_of(id)?;
    let mut lines = vec![format!("**{}** {}", escape(id), escape(record.title()))];
    match context.loaded.state.record(id) {
        Some(state) => lines.push(words_of(state)),
        None => lines.push("not committed yet".to_owned()),
    }
    Some(lines.join("\n\n"))
}

fn words_of(state: &RecordState) -> String {
    let mut words = vec![format!("{} `{}`", state.record_type.as_str(), state.status.as_str())];
    words.extend(state.risk.as_ref().map(|risk| format!("risk {}", risk.level.as_str())));
    words.extend(state.approval.map(|approval| format!("approval: {approval}")));
    words.extend(state.evidence.as_ref().map(|evidence| format!("proved {}", who(evidence))));
    let next =
        if state.next.is_empty() { String::new() } else { format!("\n\nNext: {}", escape(&state.next)) };
    words.join(" · ") + &next
}

/// An item: who set it, and whether an approval counts.
fn of_item(context: &DocumentContext<'_>, item: &Item) -> String {
    let id = context.record().and_then(|record| record.id.as_ref());
    let state = id.and_then(|id| context.loaded.state.record(id.as_str()));
    let known = state.and_then(|state| state.items.iter().find(|known| known.key == item.key));
    let mut lines = vec![format!("**{}**", escape(&item.text))];
    lines.push(match known {
        Some(known) if known.checked == item.checked => {
            let by: Vec<String> = known.by.iter().map(who).collect();
            let verb = if item.checked { "ticked" } else { "unticked" };
            if by.is_empty() { format!("{verb}, not committed") } else { format!("{verb} {}", by.join(", ")) }
        }
        Some(_) if item.checked => "ticked here, not committed".to_owned(),
        Some(_) => "unticked here, not committed".to_owned(),
        None => "not committed yet".to_owned(),
    });
    let policy = context.loaded.policy();
    if let Some(review) = policy.review_of_item(&item.key.text) {
        let role = of_role(policy, &review.role).unwrap_or_else(|| format!("role `{}`", review.role));
        lines.push(format!("Approval as {role}"));
        let text = normalize_review(&item.text);
        let approval =
            state.and_then(|state| state.approvals.iter().find(|a| normalize_review(&a.text) == text));
        lines.extend(approval.map(of_approval));
    }
    if let Some(environment) = policy.environment_deployed_by(&item.key.text) {
        lines.push(format!("Ticking it records a deployment to {}", escape(&environment.name)));
    }
    let consequences = context.record().map(|record| consequences(context, record)).unwrap_or_default();
    let own = consequences.iter().filter(|found| found.span == item.mark);
    lines.extend(own.map(|found| format!("A commit of this {}", escape(&found.text))));
    lines.join("\n\n")
}

fn of_approval(approval: &Approval) -> String {
    match approval.code {
        None if approval.valid => format!("It counts: {}", escape(&approval.detail)),
        Some(code) => format!("`{code}`: {}", escape(&approval.detail)),
        None => escape(&approval.detail),
    }
}

pub(super) fn of_person(policy: &Policy, name: &str) -> Option<String> {
    let person = policy.people.get(name)?;
    let roles: Vec<&str> =
        policy.roles.keys().map(String::as_str).filter(|role| policy.has_role(name, role)).collect();
    let kind = if person.robot { "a robot" } else { "a person" };
    let keys = match person.keys.len() {
        0 => "no keys",
        1 => "a key",
        _ => "several keys",
    };
    Some(format!("**{}**: {kind} in the policy, with {keys}; roles: {}", escape(name), roles.join(", ")))
}

pub(super) fn of_role(policy: &Policy, role: &str) -> Option<String> {
    let members = match policy.roles.get(role)? {
        Members::Anyone => "any listed person".to_owned(),
        Members::People(people) => people.join(", "),
    };
    Some(format!("role `{role}` ({})", escape(&members)))
}

fn who(evidence: &CommitRef) -> String {
    let name = evidence.person.as_deref().unwrap_or(&evidence.author);
    format!("by {} on {} in `{}`", escape(name), evidence.time.date(), evidence.commit.short())
}

/// A text as text: nothing in it is Markdown, and nothing takes the editor over.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' | '|' | '~' | '&' => {
                escaped.push('\\');
                escaped.push(character);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

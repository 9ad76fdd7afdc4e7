//! The timeline of a record: what each commit meant, newest first.

use serde::Serialize;

use super::model::Model;
use super::text::capitalized;
use super::view::{Act, Tone};
use crate::ledger::{EventKind, RecordState};

/// One event.
#[derive(Debug, Serialize)]
pub(super) struct TimelineRow {
    pub(super) by: Act,
    /// What it meant: `ticked`, `deployed`.
    pub(super) verb: String,
    /// What it was about.
    pub(super) object: Option<String>,
    /// More, where there is more.
    pub(super) detail: Option<String>,
    pub(super) tone: Tone,
    /// Whether the commit is a merge.
    pub(super) merge: bool,
    /// Whether the event before it in the list (later in time) is of the same commit.
    pub(super) repeated: bool,
}

/// The events newest first.
pub(super) fn rows(model: &Model<'_>, state: &RecordState) -> Vec<TimelineRow> {
    let mut rows = Vec::with_capacity(state.events.len());
    let mut before = None;
    for event in state.events.iter().rev() {
        let (verb, object, detail, tone) = words(&event.kind);
        rows.push(TimelineRow {
            by: model.act(&event.by),
            verb,
            object,
            detail,
            tone,
            merge: event.merge,
            repeated: before == Some(event.by.commit),
        });
        before = Some(event.by.commit);
    }
    rows
}

type Words = (String, Option<String>, Option<String>, Tone);

fn words(kind: &EventKind) -> Words {
    let plain = |verb: &str, object: Option<&String>, detail: Option<String>, tone| {
        (verb.to_owned(), object.cloned(), detail, tone)
    };
    match kind {
        EventKind::Created => plain("Created", None, None, Tone::Info),
        EventKind::Moved { from, to } => plain("Moved", Some(to), Some(format!("from {from}")), Tone::None),
        EventKind::Removed => plain("Deleted", None, None, Tone::Bad),
        EventKind::Ticked { item } => plain("Ticked", Some(item), None, Tone::Ok),
        EventKind::Unticked { item } => plain("Unticked", Some(item), None, Tone::Wait),
        EventKind::ItemsChanged { added, removed } => items_changed(added, removed),
        EventKind::FieldSet { field, value } => match value {
            Some(value) => plain("Set", Some(field), Some(value.clone()), Tone::None),
            None => plain("Removed the key", Some(field), None, Tone::None),
        },
        EventKind::ScopeChanged => plain("Changed the text that approvals bind", None, None, Tone::Wait),
        EventKind::Noted => plain("Added notes", None, None, Tone::None),
        EventKind::Decided { verdict: Some(verdict) } => {
            let word = capitalized(&verdict.as_str().replace('-', " "));
            plain("Decided", Some(&word), None, Tone::Info)
        }
        EventKind::Decided { verdict: None } => plain("Took the decision back", None, None, Tone::Wait),
        EventKind::Worked => plain("Worked on the code", None, None, Tone::None),
        EventKind::Deployed { environment } => plain("Deployed to", Some(environment), None, Tone::Ok),
        EventKind::RolledBack { environment, reason } => {
            plain("Rolled back in", Some(environment), reason.clone(), Tone::Bad)
        }
    }
}

fn items_changed(added: &[String], removed: &[String]) -> Words {
    let list = |items: &[String]| items.iter().map(|item| format!("“{item}”")).collect::<Vec<_>>().join(", ");
    let (verb, object, detail) = match (added.is_empty(), removed.is_empty()) {
        (_, true) => ("Added items", list(added), None),
        (true, false) => ("Removed items", list(removed), None),
        (false, false) => ("Added items", list(added), Some(format!("removed {}", list(removed)))),
    };
    (verb.to_owned(), Some(object), detail, Tone::None)
}

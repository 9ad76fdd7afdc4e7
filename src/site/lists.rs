//! Pages that list records: one table for all, the board, and one page for each group.

use serde::Serialize;

use super::groups;
use super::model::Model;
use super::view::{Row, Tone, status_word};
use crate::ledger::Status;
use crate::record::RecordType;

/// What `site/list.html` gets as `list`.
#[derive(Debug, Serialize)]
pub(super) struct List {
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) rows: Vec<Row>,
    /// Whether the page offers to sort and filter (with script).
    pub(super) filter: bool,
    /// Key and label of each status that a row has, for the filter.
    pub(super) statuses: Vec<(&'static str, &'static str)>,
    /// The command that puts something here.
    pub(super) command: String,
}

/// A column of the board: what `site/board.html` gets in `columns`.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) tone: Tone,
    /// Whether it begins folded: it is empty, or nothing in it wants work.
    pub(super) folded: bool,
    pub(super) cards: Vec<Row>,
}

/// One kind of group: what `site/tags.html` gets in `kinds`.
#[derive(Debug, Serialize)]
pub(super) struct GroupKind {
    pub(super) plural: &'static str,
    pub(super) groups: Vec<Group>,
}

/// One group with its size.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) label: String,
    pub(super) page: String,
    pub(super) count: usize,
}

/// All records of a type, or all.
pub(super) fn by_type(model: &Model<'_>, record_type: Option<RecordType>) -> List {
    let (title, lead, command) = match record_type {
        None => (
            "Records",
            "Every task, decision and runbook of the book.",
            "changebook new task \"Add a Redis cluster\"",
        ),
        Some(RecordType::Task) => ("Tasks", "Every change.", "changebook new task \"Add a Redis cluster\""),
        Some(RecordType::Decision) => (
            "Decisions",
            "What the change advisory board was asked, and what it said.",
            "changebook new decision \"VPC migration review\"",
        ),
        Some(RecordType::Runbook) => {
            ("Runbooks", "What to do when something is wrong.", "changebook new runbook \"Redis cluster\"")
        }
    };
    let records = model.input.state.records.iter().enumerate();
    let rows = records.filter(|(_, state)| record_type.is_none_or(|wanted| wanted == state.record_type));
    List {
        title: title.to_owned(),
        lead: lead.to_owned(),
        rows: rows.map(|(index, _)| model.row(index)).collect(),
        filter: record_type.is_none(),
        statuses: Status::ALL
            .into_iter()
            .filter(|status| model.input.state.records.iter().any(|record| record.status == *status))
            .map(|status| (status.as_str(), status_word(status).0))
            .collect(),
        command: command.to_owned(),
    }
}

/// Tasks by status, in the order of the way that they travel.
pub(super) fn board(model: &Model<'_>) -> Vec<Column> {
    let always = [
        Status::Proposed,
        Status::Developing,
        Status::InReview,
        Status::Approved,
        Status::Staged,
        Status::Applied,
    ];
    let columns = Status::ALL.into_iter().map(|status| {
        let records = model.input.state.records.iter().enumerate();
        let inside =
            records.filter(|(_, state)| state.record_type == RecordType::Task && state.status == status);
        let (label, tone) = status_word(status);
        let finished = matches!(status, Status::Done | Status::Cancelled | Status::Rejected);
        let cards: Vec<Row> = inside.map(|(index, _)| model.row(index)).collect();
        Column { key: status.as_str(), label, tone, folded: finished || cards.is_empty(), cards }
    });
    columns
        .filter(|column| {
            !column.cards.is_empty() || always.iter().any(|status| status.as_str() == column.key)
        })
        .collect()
}

/// Every group of the book, by kind.
pub(super) fn kinds(model: &Model<'_>) -> Vec<GroupKind> {
    let kind = |(kind, _, plural): (&'static str, &'static str, &'static str)| GroupKind {
        plural,
        groups: group_pages(model)
            .filter(|(key, _)| key.0 == kind)
            .map(|(key, page)| Group {
                label: label(kind, &key.1),
                page: page.clone(),
                count: model.members.get(key).map_or(0, Vec::len),
            })
            .collect(),
    };
    groups::KINDS.into_iter().map(kind).collect()
}

/// Everything by its first letter: what `site/all.html` gets in `letters`.
pub(super) fn letters(model: &Model<'_>) -> Vec<(String, Vec<Row>)> {
    let mut letters: std::collections::BTreeMap<String, Vec<(String, usize)>> =
        std::collections::BTreeMap::new();
    for (index, state) in model.input.state.records.iter().enumerate() {
        let title = if state.title().is_empty() { &state.name } else { state.title() };
        let first = title.chars().find(|c| c.is_alphanumeric());
        let letter = first.map_or_else(|| "#".to_owned(), |first| first.to_uppercase().collect());
        letters.entry(letter).or_default().push((title.to_lowercase(), index));
    }
    let sorted = letters.into_iter().map(|(letter, mut members)| {
        members.sort();
        (letter, members.into_iter().map(|(_, index)| model.row(index)).collect())
    });
    sorted.collect()
}

/// The pages of groups: (kind, value) and page.
pub(super) fn group_pages<'m>(
    model: &'m Model<'_>,
) -> impl Iterator<Item = (&'m (&'static str, String), &'m String)> {
    model.groups.iter()
}

/// The list of one group.
pub(super) fn group(model: &Model<'_>, key: &(&'static str, String)) -> List {
    let (kind, value) = key;
    let singular =
        groups::KINDS.iter().find(|(name, ..)| name == kind).map_or("Group", |(_, singular, _)| singular);
    let indexes = model.members.get(key).map(Vec::as_slice).unwrap_or_default();
    let count = indexes.len();
    List {
        title: format!("{singular}: {}", label(kind, value)),
        lead: format!("{count} {}", if count == 1 { "record" } else { "records" }),
        rows: indexes.iter().map(|index| model.row(*index)).collect(),
        filter: false,
        statuses: Vec::new(),
        command: String::new(),
    }
}

fn label(kind: &str, value: &str) -> String {
    match Status::parse(value) {
        Some(status) if kind == "status" => status_word(status).0.to_owned(),
        _ => value.to_owned(),
    }
}

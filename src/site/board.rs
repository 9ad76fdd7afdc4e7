//! The board: tasks by status. A column that holds more than there is room for shows those that wait longest, or
//! ended last, and leads to the list of its status.

use serde::Serialize;

use super::model::Model;
use super::parts::shares;
use super::view::{Row, Tone, status_word};
use crate::ledger::Status;
use crate::record::RecordType;

/// Most cards on the board.
const CARDS: usize = 36;

/// A column of the board: what `site/board.html` gets in `columns`.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) tone: Tone,
    /// Whether it begins folded: it is empty, or nothing in it wants work.
    pub(super) folded: bool,
    pub(super) cards: Vec<Row>,
    /// How many it holds.
    pub(super) total: usize,
    /// Cards that only the list of the status has.
    pub(super) n_elsewhere: usize,
    /// The list of the status, from the site's root.
    pub(super) page: Option<String>,
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
    let inside = |status: Status| -> Vec<usize> {
        let records = model.input.state.records.iter().enumerate();
        let tasks =
            records.filter(|(_, state)| state.record_type == RecordType::Task && state.status == status);
        tasks.map(|(index, _)| index).collect()
    };
    let columns: Vec<(Status, Vec<usize>)> = Status::ALL
        .into_iter()
        .map(|status| (status, inside(status)))
        .filter(|(status, tasks)| !tasks.is_empty() || always.contains(status))
        .collect();
    let counts: Vec<usize> = columns.iter().map(|(_, tasks)| tasks.len()).collect();
    let shares = shares(&counts, CARDS);
    columns
        .into_iter()
        .zip(shares)
        .map(|((status, tasks), share)| column(model, status, tasks, share))
        .collect()
}

fn column(model: &Model<'_>, status: Status, mut tasks: Vec<usize>, share: usize) -> Column {
    let (label, tone) = status_word(status);
    let total = tasks.len();
    if share < total {
        let since = |index: &usize| {
            let by = model.input.state.records[*index].evidence.as_ref();
            by.map_or(i64::MAX, |by| by.time.seconds)
        };
        tasks.sort_by_cached_key(since);
        if !status.is_open() {
            tasks.reverse();
        }
        tasks.truncate(share);
    }
    Column {
        key: status.as_str(),
        label,
        tone,
        folded: !status.is_open() || total == 0,
        cards: tasks.into_iter().map(|index| model.row(index)).collect(),
        total,
        n_elsewhere: total - share,
        page: model.status(status).page,
    }
}

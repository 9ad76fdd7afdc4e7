//! The first page: what goes out, what waits, what is wrong.

use serde::Serialize;

use super::model::Model;
use super::view::{Problem, Row};
use crate::diagnostic::Severity;
use crate::ledger::{ApprovalFacet, RecordState, Status};
use crate::record::{Details, RecordType};

/// How far ahead "going out" looks, in seconds.
const WEEK: i64 = 7 * 24 * 3600;

/// How far back the figures look, in seconds.
const MONTH: i64 = 30 * 24 * 3600;

/// What `site/index.html` gets as `overview`.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    /// Scheduled within seven days, by time; then approved without a time.
    pub(super) going: Vec<Band>,
    /// Waiting for somebody, longest first.
    pub(super) waiting: Vec<Band>,
    /// Not as it should be.
    pub(super) wrong: Vec<Band>,
    /// Diagnostics of files.
    pub(super) problems: Vec<Problem>,
    pub(super) figures: Vec<Figure>,
    /// Whether the book has no record at all.
    pub(super) empty: bool,
}

/// A record in a band.
#[derive(Debug, Serialize)]
pub(super) struct Band {
    pub(super) row: Row,
    /// For whom, or why: one line.
    pub(super) what: String,
}

/// A counted thing.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) count: usize,
    /// What is counted.
    pub(super) note: &'static str,
    /// From the site's root.
    pub(super) page: Option<String>,
}

/// Sorts the book into the bands.
pub(super) fn overview(model: &Model<'_>) -> Overview {
    let state = model.input.state;
    let mut going: Vec<(i64, usize)> = Vec::new();
    let mut waiting: Vec<(i64, usize, String)> = Vec::new();
    let mut wrong: Vec<(usize, String)> = Vec::new();
    for (index, record) in state.records.iter().enumerate() {
        if let Some(time) = leaves_at(record, state.now) {
            going.push((time, index));
        }
        if let Some(reason) = wrongness(record, state.now) {
            wrong.push((index, reason));
        } else if let Some(whom) = waits_for(record) {
            let since = record.evidence.as_ref().map_or(i64::MAX, |evidence| evidence.time.seconds);
            waiting.push((since, index, whom));
        }
    }
    going.sort_unstable();
    waiting.sort();
    let band = |index: usize, what: String| Band { row: model.row(index), what };
    let errors = state.records.iter().flat_map(|record| &record.diagnostics).chain(&state.diagnostics);
    Overview {
        going: going.iter().map(|(_, index)| band(*index, missing(&state.records[*index]))).collect(),
        waiting: waiting.into_iter().map(|(_, index, whom)| band(index, whom)).collect(),
        wrong: wrong.into_iter().map(|(index, reason)| band(index, reason)).collect(),
        problems: errors.filter(|d| d.severity == Severity::Error).map(|d| model.problem(d)).collect(),
        figures: figures(model),
        empty: state.records.is_empty(),
    }
}

/// Whether a task may still go out.
fn is_coming(record: &RecordState) -> bool {
    record.record_type == RecordType::Task
        && !matches!(
            record.status,
            Status::Applied
                | Status::Done
                | Status::Cancelled
                | Status::Rejected
                | Status::RolledBack
                | Status::Unknown
        )
}

fn scheduled(record: &RecordState) -> Option<i64> {
    match &record.record.details {
        Details::Task(task) => task.scheduled.as_ref().map(|time| time.timestamp().as_second()),
        _ => None,
    }
}

/// When a task goes out, if that is within a week; the end of time when it may go at any time.
fn leaves_at(record: &RecordState, now: i64) -> Option<i64> {
    if !is_coming(record) {
        return None;
    }
    match scheduled(record) {
        Some(time) => (now..=now.saturating_add(WEEK)).contains(&time).then_some(time),
        None => matches!(record.status, Status::Approved | Status::Staged).then_some(i64::MAX),
    }
}

/// What a task that goes out still lacks.
fn missing(record: &RecordState) -> String {
    let open = roles_open(record);
    if open.is_empty() { record.next.clone() } else { format!("{} missing", open.join(", ")) }
}

/// Texts of the approvals that are asked for and do not count.
fn roles_open(record: &RecordState) -> Vec<&str> {
    record
        .approvals
        .iter()
        .filter(|approval| approval.required && !approval.valid)
        .map(|approval| approval.text.as_str())
        .collect()
}

/// For whom a record waits, in a few words.
fn waits_for(record: &RecordState) -> Option<String> {
    match (record.record_type, record.status) {
        (RecordType::Task, Status::Proposed | Status::Developing | Status::InReview | Status::Staged) => {
            let open = roles_open(record);
            Some(if open.is_empty() { record.next.clone() } else { open.join(", ") })
        }
        (RecordType::Task, Status::Applied | Status::NeedsChanges) => Some(record.next.clone()),
        (RecordType::Decision, Status::Pending) => Some("the board".to_owned()),
        _ => None,
    }
}

/// Why a record is not as it should be.
fn wrongness(record: &RecordState, now: i64) -> Option<String> {
    if record.record.is_broken() {
        return Some("cannot be read".to_owned());
    }
    let stale = record.approval == Some(ApprovalFacet::Stale);
    match record.status {
        Status::RolledBack => Some("rolled back".to_owned()),
        Status::Rejected if record.record_type == RecordType::Task => {
            Some("the board rejected it".to_owned())
        }
        Status::Outdated => Some("decision is outdated".to_owned()),
        Status::ReviewDue => Some("review is overdue".to_owned()),
        Status::Unknown => Some("state cannot be told".to_owned()),
        _ if stale && record.status.is_open() => Some("approval is stale".to_owned()),
        _ if !record.blocked_by.is_empty() && is_coming(record) => Some("blocked".to_owned()),
        _ if is_coming(record) && scheduled(record).is_some_and(|time| time < now) => {
            Some("its scheduled time has passed".to_owned())
        }
        _ => None,
    }
}

fn figures(model: &Model<'_>) -> Vec<Figure> {
    let state = model.input.state;
    let tasks = || state.records.iter().filter(|record| record.record_type == RecordType::Task);
    let status = |status: Status| model.groups.get(&("status", status.as_str().to_owned())).cloned();
    let recent = |record: &&RecordState| {
        let last = record.environments.last().and_then(|environment| environment.by.as_ref());
        last.is_some_and(|by| {
            by.time.seconds >= state.now.saturating_sub(MONTH) && by.time.seconds <= state.now
        })
    };
    let figure = |label, count, note, page| Figure { label, count, note, page };
    vec![
        figure(
            "open tasks",
            tasks().filter(|record| record.status.is_open()).count(),
            "not done, cancelled or rejected",
            Some("board.html".to_owned()),
        ),
        figure(
            "in review",
            tasks().filter(|r| r.status == Status::InReview).count(),
            "an approval is given, others are missing",
            status(Status::InReview),
        ),
        figure(
            "approved",
            tasks().filter(|r| r.status == Status::Approved).count(),
            "every approval is valid",
            status(Status::Approved),
        ),
        figure("deployed", tasks().filter(recent).count(), "to the final environment, last 30 days", None),
        figure(
            "rolled back",
            tasks().filter(|r| r.status == Status::RolledBack).count(),
            "and not deployed again",
            status(Status::RolledBack),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn bands_hold_what_their_names_say() {
        let book = fixture::book();
        let input = book.input();
        let model = Model::new(&input);
        let overview = overview(&model);
        let names = |bands: &[Band]| bands.iter().map(|band| band.row.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&overview.going), ["INFRA-150", "INFRA-210"]);
        assert_eq!(names(&overview.waiting), ["INFRA-DOC-01", "INFRA-150"]);
        assert_eq!(names(&overview.wrong), ["INFRA-200", "tasks/broken one.md", "redis-cluster"]);
        assert_eq!(overview.problems.len(), 1);
    }
}

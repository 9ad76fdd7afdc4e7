//! The first page: what goes out, what waits, what is wrong, and how it went.

mod figures;
mod wrong;

use serde::Serialize;

use self::figures::{Figure, figures};
use self::wrong::{Wrong, Wrongness, collisions, exceptions, freezes, freezes_now, wrongness};
use super::gate::{self, GateView};
use super::model::Model;
use super::schedule::freeze_of;
use super::view::{Problem, Row, Tone, Word};
use crate::diagnostic::Severity;
use crate::ledger::{RecordState, Status};
use crate::record::{Details, RecordType};

pub(super) use figures::{float, ratio, share, span};

/// A day, in seconds.
const DAY: i64 = 86_400;
/// How far ahead "going out" looks, in seconds.
const WEEK: i64 = 7 * DAY;
/// How far back the figures and the exceptions look, in seconds.
const MONTH: i64 = 30 * DAY;

/// Most rows of all bands together.
const ROWS: usize = 20;

/// Most things that a line names as missing.
const MISSING: usize = 4;

/// What `site/index.html` gets as `overview`.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    /// One sentence for somebody in a hurry.
    pub(super) verdict: String,
    pub(super) verdict_tone: Tone,
    /// Scheduled within seven days, by time; then approved without a time.
    pub(super) going: Vec<Going>,
    /// Waiting for somebody, longest first.
    pub(super) waiting: Vec<Waiting>,
    /// Not as it should be.
    pub(super) wrong: Vec<Wrong>,
    /// Diagnostics of files.
    pub(super) problems: Vec<Problem>,
    pub(super) figures: Vec<Figure>,
    /// How many each band has; it shows as many as there is room for.
    pub(super) n_going: usize,
    pub(super) n_waiting: usize,
    pub(super) n_wrong: usize,
    /// Whether the book has no record at all.
    pub(super) empty: bool,
}

/// A change that goes out.
#[derive(Debug, Serialize)]
pub(super) struct Going {
    pub(super) row: Row,
    /// `Sat 25 May 2024 02:00 +02:00`; absent when it may go at any time.
    pub(super) when: Option<String>,
    pub(super) window: Option<String>,
    pub(super) gate: Option<GateView>,
    /// The freeze that it is scheduled in: the change must move.
    pub(super) frozen: Option<String>,
    /// What is missing besides the time, shortest first.
    pub(super) missing: Vec<String>,
}

/// A record that waits.
#[derive(Debug, Serialize)]
pub(super) struct Waiting {
    pub(super) row: Row,
    /// People who could end it.
    pub(super) people: Vec<Word>,
    /// For what.
    pub(super) what: String,
}

/// Sorts the book into the bands.
pub(super) fn overview(model: &Model<'_>) -> Overview {
    let state = model.input.state;
    let mut going: Vec<(i64, usize)> = Vec::new();
    let mut waiting: Vec<(i64, usize)> = Vec::new();
    let mut wrong: Vec<Wrong> = freezes(model);
    for (index, record) in state.records.iter().enumerate() {
        let leaves = leaves_at(record, state.now);
        going.extend(leaves.map(|time| (time, index)));
        if let Some(Wrongness { label, reason, code }) = wrongness(record, state.now) {
            wrong.push(Wrong {
                tone: Tone::Bad,
                label,
                what: reason,
                code: code.map(str::to_owned),
                row: Some(model.row(index)),
                page: None,
                by: record.evidence.as_ref().map(|by| model.act(by)),
            });
        } else if is_waiting(record) && !(leaves.is_some() && goes_by_itself(record)) {
            waiting.push((record.evidence.as_ref().map_or(i64::MAX, |by| by.time.seconds), index));
        }
    }
    going.sort_unstable();
    waiting.sort_unstable();
    let told: Vec<usize> = going.iter().map(|(_, index)| *index).collect();
    wrong.extend(collisions(model, &told));
    wrong.extend(exceptions(model));
    let mut going: Vec<Going> = going.into_iter().map(|(_, index)| out(model, index)).collect();
    let (verdict, verdict_tone) = verdict(&going, model);
    let errors = state.records.iter().flat_map(|record| &record.diagnostics).chain(&state.diagnostics);
    let errors: Vec<_> = errors.filter(|found| found.severity == Severity::Error).collect();
    let counts = [going.len(), waiting.len(), wrong.len(), errors.len()];
    let shares = super::parts::shares(&counts, ROWS);
    going.truncate(shares[0]);
    waiting.truncate(shares[1]);
    wrong.truncate(shares[2]);
    Overview {
        verdict,
        verdict_tone,
        going,
        waiting: waiting.into_iter().map(|(_, index)| wait(model, index)).collect(),
        wrong,
        problems: errors.into_iter().take(shares[3]).map(|found| model.problem(found)).collect(),
        n_going: counts[0],
        n_waiting: counts[1],
        n_wrong: counts[2] + counts[3],
        figures: figures(model),
        empty: state.records.is_empty(),
    }
}

/// Whether the coming week is quiet, in one sentence.
fn verdict(going: &[Going], model: &Model<'_>) -> (String, Tone) {
    let planned = going.iter().filter(|going| going.when.is_some());
    let lacking = |going: &&Going| !going.missing.is_empty() || going.frozen.is_some();
    let (n, lack) = (planned.clone().count(), planned.filter(lacking).count());
    let frozen = match freezes_now(model).len() {
        0 => "",
        _ => " A freeze is in force.",
    };
    let changes = |n: usize| if n == 1 { "1 change goes".to_owned() } else { format!("{n} changes go") };
    match (n, lack) {
        (0, _) => (format!("Quiet: nothing is scheduled for the next seven days.{frozen}"), Tone::Ok),
        (n, 0) => (format!("{} out within seven days, all set.{frozen}", changes(n)), Tone::Ok),
        (n, lack) => (
            format!(
                "{} out within seven days; {}.{frozen}",
                changes(n),
                match (n, lack) {
                    (1, _) => "it is not ready".to_owned(),
                    (n, lack) if n == lack => "none of them is ready".to_owned(),
                    _ => format!("{lack} of them are not ready"),
                }
            ),
            Tone::Wait,
        ),
    }
}

fn out(model: &Model<'_>, index: usize) -> Going {
    let record = &model.input.state.records[index];
    let row = model.row(index);
    let gate = gate::views(model, &record.name).into_iter().next();
    let missing = missing(record, gate.as_ref());
    let frozen = freeze_of(model, &record.name);
    Going { when: row.scheduled.clone(), window: row.window.clone(), gate, frozen, missing, row }
}

/// What keeps a task from going out besides the time: approvals by name, then the rest in the gate's words.
fn missing(record: &RecordState, gate: Option<&GateView>) -> Vec<String> {
    let mut missing: Vec<String> = roles_open(record).into_iter().map(str::to_owned).collect();
    let open = gate.into_iter().flat_map(|gate| &gate.open);
    let others = open.filter(|need| !gate::is_approval(need.code));
    missing.extend(others.map(|need| need.detail.clone()));
    let more = missing.len().saturating_sub(MISSING);
    missing.truncate(MISSING);
    if more > 0 {
        missing.push(format!("and {more} more"));
    }
    missing
}

fn wait(model: &Model<'_>, index: usize) -> Waiting {
    let record = &model.input.state.records[index];
    let open = roles_open(record);
    let what = match record.record_type {
        RecordType::Decision => "the board’s decision".to_owned(),
        _ if open.is_empty() => gate::next(model, record),
        _ => open.join(", "),
    };
    let people = record.waiting_for.iter().map(|key| model.person_word(key)).collect();
    Waiting { row: model.row(index), people, what }
}

/// Whether a task may still go out.
pub(super) fn is_coming(record: &RecordState) -> bool {
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

pub(super) fn scheduled(record: &RecordState) -> Option<i64> {
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

/// Texts of the approvals that are asked for and do not count.
pub(super) fn roles_open(record: &RecordState) -> Vec<&str> {
    record
        .approvals
        .iter()
        .filter(|approval| approval.required && !approval.valid)
        .map(|approval| approval.text.as_str())
        .collect()
}

/// Whether a task that goes out waits for its time alone: nobody need do anything until then.
fn goes_by_itself(record: &RecordState) -> bool {
    matches!(record.status, Status::Approved | Status::Staged) && roles_open(record).is_empty()
}

fn is_waiting(record: &RecordState) -> bool {
    use Status::{Applied, Developing, InReview, NeedsChanges, Pending, Proposed, Staged};
    match record.record_type {
        RecordType::Task => {
            matches!(record.status, Proposed | Developing | InReview | Staged | Applied | NeedsChanges)
        }
        RecordType::Decision => record.status == Pending,
        RecordType::Runbook => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::fixture;

    #[test]
    fn bands_hold_what_their_names_say() {
        let book = fixture::book();
        let input = book.input();
        let model = Model::new(&input);
        let overview = overview(&model);
        let going: Vec<&str> = overview.going.iter().map(|going| going.row.name.as_str()).collect();
        assert_eq!(going, ["INFRA-150", "INFRA-210"]);
        let waiting: Vec<&str> = overview.waiting.iter().map(|found| found.row.name.as_str()).collect();
        assert_eq!(waiting, ["INFRA-DOC-01", "INFRA-150"]);
        let wrong: Vec<&str> =
            overview.wrong.iter().filter_map(|wrong| Some(wrong.row.as_ref()?.name.as_str())).collect();
        assert_eq!(wrong, ["INFRA-200", "tasks/broken one.md", "redis-cluster"]);
        assert_eq!(overview.problems.len(), 1);
    }
}

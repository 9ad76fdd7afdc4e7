//! The first page: what goes out, what waits, what is wrong, and how it went.

use serde::Serialize;

use super::gate::{self, GateView};
use super::model::Model;
use super::spark::{self, Spark};
use super::view::{Act, Problem, Row, Tone, Word};
use crate::diagnostic::Severity;
use crate::ledger::{ApprovalFacet, Coming, Figures, RecordState, Status, codes_of_row, metrics};
use crate::record::{Details, RecordType};

/// A day, in seconds.
const DAY: i64 = 86_400;
/// How far ahead "going out" looks, in seconds.
const WEEK: i64 = 7 * DAY;
/// How far back the figures and the exceptions look, in seconds.
const MONTH: i64 = 30 * DAY;

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

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
pub(super) struct Wrong {
    pub(super) tone: Tone,
    pub(super) what: String,
    pub(super) code: Option<String>,
    pub(super) row: Option<Row>,
    /// A page that says more, from the site's root, when it is not the row's.
    pub(super) page: Option<String>,
    pub(super) by: Option<Act>,
}

/// A number with its way here.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) note: String,
    pub(super) spark: Spark,
}

/// Sorts the book into the bands.
pub(super) fn overview(model: &Model<'_>) -> Overview {
    let state = model.input.state;
    let mut going: Vec<(i64, usize)> = Vec::new();
    let mut waiting: Vec<(i64, usize)> = Vec::new();
    let mut wrong: Vec<Wrong> = freezes(model);
    for (index, record) in state.records.iter().enumerate() {
        if let Some(time) = leaves_at(record, state.now) {
            going.push((time, index));
        }
        if let Some((reason, code)) = wrongness(record, state.now) {
            let by = record.evidence.as_ref().map(|by| model.act(by));
            let row = Some(model.row(index));
            wrong.push(Wrong { tone: Tone::Bad, what: reason, code, row, page: None, by });
        } else if is_waiting(record) {
            waiting.push((record.evidence.as_ref().map_or(i64::MAX, |by| by.time.seconds), index));
        }
    }
    going.sort_unstable();
    waiting.sort_unstable();
    wrong.extend(collisions(model));
    wrong.extend(exceptions(model));
    let going: Vec<Going> = going.into_iter().map(|(_, index)| out(model, index)).collect();
    let (verdict, verdict_tone) = verdict(&going, model);
    let errors = state.records.iter().flat_map(|record| &record.diagnostics).chain(&state.diagnostics);
    Overview {
        verdict,
        verdict_tone,
        going,
        waiting: waiting.into_iter().map(|(_, index)| wait(model, index)).collect(),
        wrong,
        problems: errors.filter(|d| d.severity == Severity::Error).map(|d| model.problem(d)).collect(),
        figures: figures(model),
        empty: state.records.is_empty(),
    }
}

/// Whether the coming week is quiet, in one sentence.
fn verdict(going: &[Going], model: &Model<'_>) -> (String, Tone) {
    let planned = going.iter().filter(|going| going.when.is_some());
    let lacking = |going: &&Going| !going.missing.is_empty();
    let (n, lack) = (planned.clone().count(), planned.filter(lacking).count());
    let frozen = match freezes_now(model).len() {
        0 => "",
        _ => " A freeze is in force.",
    };
    let changes = |n: usize| if n == 1 { "1 change goes".to_owned() } else { format!("{n} changes go") };
    match (n, lack) {
        (0, _) => (format!("Quiet: nothing is scheduled for the next seven days.{frozen}"), Tone::Ok),
        (n, 0) => (
            format!("{} out within seven days, and nothing but the time is missing.{frozen}", changes(n)),
            Tone::Ok,
        ),
        (n, lack) => (
            format!(
                "{} out within seven days; as things stand, {}.{frozen}",
                changes(n),
                match (n, lack) {
                    (1, _) => "it may not".to_owned(),
                    (n, lack) if n == lack => "none of them may".to_owned(),
                    _ => format!("{lack} of them may not"),
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
    Going { when: row.scheduled.clone(), window: row.window.clone(), gate, missing, row }
}

/// What keeps a task from going out besides the time: approvals by name, then the rest in the gate's words.
fn missing(record: &RecordState, gate: Option<&GateView>) -> Vec<String> {
    let mut missing: Vec<String> = roles_open(record).into_iter().map(str::to_owned).collect();
    let others = gate.into_iter().flat_map(|gate| &gate.open).filter(|need| {
        let known = ["approval-", "decision-", "window-closed", "freeze"];
        !known.iter().any(|prefix| need.code.starts_with(prefix))
    });
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
        RecordType::Decision => "the board’s answer".to_owned(),
        _ if open.is_empty() => record.next.clone(),
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

/// Why a record is not as it should be, and the code of it where there is one.
fn wrongness(record: &RecordState, now: i64) -> Option<(String, Option<String>)> {
    let plain = |text: &str| Some((text.to_owned(), None));
    if record.record.is_broken() {
        return Some(("cannot be read".to_owned(), Some("record-broken".to_owned())));
    }
    let stale = record.approval == Some(ApprovalFacet::Stale);
    match record.status {
        Status::RolledBack => plain("rolled back, and not deployed again"),
        Status::Rejected if record.record_type == RecordType::Task => plain("the board rejected it"),
        Status::Outdated => {
            Some(("changed after the board decided".to_owned(), Some("decision-outdated".to_owned())))
        }
        Status::ReviewDue => plain("its review is overdue"),
        Status::Unknown => plain("its state cannot be told"),
        _ if stale && record.status.is_open() => {
            Some(("changed after it was approved".to_owned(), Some("approval-stale".to_owned())))
        }
        _ if !record.blocked_by.is_empty() && is_coming(record) => {
            let ids: Vec<&str> = record.blocked_by.iter().map(crate::record::RecordId::as_str).collect();
            Some((format!("blocked by {}", ids.join(", ")), Some("dependency-open".to_owned())))
        }
        _ if is_coming(record) && scheduled(record).is_some_and(|time| time < now) => {
            plain("its scheduled time has passed")
        }
        _ => None,
    }
}

fn freezes_now<'a>(model: &Model<'a>) -> Vec<&'a crate::policy::Freeze> {
    let now = model.input.state.now;
    crate::calendar::freezes_between(model.input.policy, now, now.saturating_add(1))
}

fn freezes(model: &Model<'_>) -> Vec<Wrong> {
    let wrong = |freeze: &crate::policy::Freeze| Wrong {
        tone: Tone::Info,
        what: format!("freeze “{}” is in force until {}", freeze.name, gate::moment(model, freeze.to)),
        code: Some("freeze".to_owned()),
        row: None,
        page: Some("calendar.html".to_owned()),
        by: None,
    };
    freezes_now(model).into_iter().map(wrong).collect()
}

fn collisions(model: &Model<'_>) -> Vec<Wrong> {
    let state = model.input.state;
    let coming = Coming::new(state, model.input.policy, state.now, state.now.saturating_add(WEEK));
    let wrong = |text: String| Wrong {
        tone: Tone::Wait,
        what: text,
        code: None,
        row: None,
        page: Some("calendar.html".to_owned()),
        by: None,
    };
    coming.collisions().iter().map(|collision| wrong(coming.collision_text(collision))).collect()
}

/// The audit's exceptions of the last thirty days, newest first.
fn exceptions(model: &Model<'_>) -> Vec<Wrong> {
    let Some(judged) = model.input.judged else { return Vec::new() };
    let since = model.input.state.now.saturating_sub(MONTH);
    let rows = judged.audit.rows.iter().rev().filter(|row| row.time >= since && !row.exceptions.is_empty());
    let of_row = |row: &crate::ledger::Row| Wrong {
        tone: Tone::Bad,
        what: format!("{}: {}", row.environment, row.exceptions[0].detail),
        code: Some(codes_of_row(row)),
        row: model.index_of(row.id.as_str()).map(|index| model.row(index)),
        page: Some(format!("audit.html#{}", super::audit::anchor(row))),
        by: Some(model.act(&row.by)),
    };
    let unrecorded = judged.audit.unrecorded.iter().rev().filter(|found| found.by.time.seconds >= since);
    let of_change = |found: &crate::ledger::Unrecorded| Wrong {
        tone: Tone::Bad,
        what: format!("{} changed and no task is named", found.paths.join(", ")),
        code: Some("unrecorded-change".to_owned()),
        row: None,
        page: Some("audit.html".to_owned()),
        by: Some(model.act(&found.by)),
    };
    rows.map(of_row).chain(unrecorded.map(of_change)).collect()
}

fn figures(model: &Model<'_>) -> Vec<Figure> {
    let Some(judged) = model.input.judged else { return Vec::new() };
    let (rows, now) = (&judged.audit.rows, model.input.state.now);
    // Rows stand in order of time.
    let between = |from: i64, to: i64| -> Figures {
        let start = rows.partition_point(|row| row.time < from);
        let end = rows.partition_point(|row| row.time < to);
        metrics(&rows[start..end.max(start)], &judged.state.records, &model.zone).total
    };
    let last = between(now.saturating_sub(MONTH), now.saturating_add(1));
    let before = between(now.saturating_sub(2 * MONTH), now.saturating_sub(MONTH));
    let weeks: Vec<Figures> = (0..12)
        .rev()
        .map(|week| {
            let end = now.saturating_add(1).saturating_sub(week * WEEK);
            between(end.saturating_sub(WEEK), end)
        })
        .collect();
    let figure = |label, value: String, note: String, of: fn(&Figures) -> Option<f64>| Figure {
        label,
        value,
        note,
        spark: spark::bars(&weeks.iter().map(of).collect::<Vec<_>>()),
    };
    vec![
        figure(
            "changes deployed",
            last.deployments.to_string(),
            format!("{} in the 30 days before", before.deployments),
            |figures| Some(float(figures.deployments)),
        ),
        figure(
            "were emergencies",
            share(last.emergencies, last.deployments),
            format!("{} of {}", last.emergencies, last.deployments),
            |figures| ratio(figures.emergencies, figures.deployments),
        ),
        figure(
            "were rolled back",
            share(last.failures, last.deployments),
            format!("{} of {}", last.failures, last.deployments),
            |figures| ratio(figures.failures, figures.deployments),
        ),
        figure(
            "from idea to production",
            last.lead_time.map_or_else(|| "–".to_owned(), span),
            "median lead time".to_owned(),
            |figures| figures.lead_time.map(|seconds| float(usize::try_from(seconds).unwrap_or(0))),
        ),
        figure(
            "waited for an approval",
            last.approval_wait.map_or_else(|| "–".to_owned(), span),
            "median".to_owned(),
            |figures| figures.approval_wait.map(|seconds| float(usize::try_from(seconds).unwrap_or(0))),
        ),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "counts and spans of time are far below what a float holds")]
pub(super) fn float(n: usize) -> f64 {
    n as f64
}

pub(super) fn ratio(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| float(part) / float(of))
}

/// `17 %`, or a dash of nothing.
pub(super) fn share(part: usize, of: usize) -> String {
    ratio(part, of).map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

/// A span of time in its two largest units.
pub(super) fn span(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let minutes = seconds.unsigned_abs() / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{sign}{minutes} min"),
        (0, _) => format!("{sign}{hours} h {minutes} min"),
        _ => format!("{sign}{days} d {hours} h"),
    }
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
        let going: Vec<&str> = overview.going.iter().map(|going| going.row.name.as_str()).collect();
        assert_eq!(going, ["INFRA-150", "INFRA-210"]);
        let waiting: Vec<&str> = overview.waiting.iter().map(|found| found.row.name.as_str()).collect();
        assert_eq!(waiting, ["INFRA-DOC-01", "INFRA-150"]);
        let wrong: Vec<&str> =
            overview.wrong.iter().filter_map(|wrong| Some(wrong.row.as_ref()?.name.as_str())).collect();
        assert_eq!(wrong, ["INFRA-200", "tasks/broken one.md", "redis-cluster"]);
        assert_eq!(overview.problems.len(), 1);
    }

    #[test]
    fn spans_have_two_units() {
        for (seconds, text) in [(59, "0 min"), (3600, "1 h 0 min"), (93_780, "1 d 2 h"), (-120, "-2 min")] {
            assert_eq!(span(seconds), text);
        }
    }
}

//! What is not as it should be.

use serde::Serialize;

use super::{MONTH, WEEK, is_coming, scheduled};
use crate::calendar::Collision;
use crate::ledger::{ApprovalFacet, RecordState, Status, codes_of_row};
use crate::record::RecordType;
use crate::site::gate;
use crate::site::model::Model;
use crate::site::view::{Act, Row, Tone};

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
pub(in crate::site) struct Wrong {
    pub(in crate::site) tone: Tone,
    /// What kind of thing, in a word or two.
    pub(in crate::site) label: &'static str,
    /// In a sentence.
    pub(in crate::site) what: String,
    pub(in crate::site) code: Option<String>,
    pub(in crate::site) row: Option<Row>,
    /// A page that says more, from the site's root, when it is not the row's, and what it is.
    pub(in crate::site) page: Option<(String, &'static str)>,
    pub(in crate::site) by: Option<Act>,
}

/// Why a record is not as it should be.
pub(super) struct Wrongness {
    pub(super) label: &'static str,
    pub(super) reason: String,
    pub(super) code: Option<&'static str>,
}

/// Why a record is not as it should be; `None` where it is.
pub(super) fn wrongness(record: &RecordState, now: i64) -> Option<Wrongness> {
    let wrong = |label, reason: &str, code| Some(Wrongness { label, reason: reason.to_owned(), code });
    if record.record.is_broken() {
        return wrong("unreadable", "cannot be read", Some("record-broken"));
    }
    let stale = record.approval == Some(ApprovalFacet::Stale);
    match record.status {
        Status::RolledBack => wrong("rolled back", "rolled back, and not deployed again", None),
        Status::Rejected if record.record_type == RecordType::Task => {
            wrong("rejected", "the board rejected it", None)
        }
        Status::Outdated => wrong("outdated", "changed after the board decided", Some("decision-outdated")),
        Status::ReviewDue => wrong("review overdue", "its review is overdue", None),
        Status::Unknown => wrong("unknown", "its state is unknown", None),
        _ if stale && record.status.is_open() => {
            wrong("approval stale", "changed after it was approved", Some("approval-stale"))
        }
        _ if !record.blocked_by.is_empty() && is_coming(record) => {
            let ids: Vec<&str> = record.blocked_by.iter().map(crate::record::RecordId::as_str).collect();
            wrong("blocked", &format!("blocked by {}", ids.join(", ")), Some("dependency-open"))
        }
        _ if is_coming(record) && scheduled(record).is_some_and(|time| time < now) => {
            wrong("time passed", "its scheduled time has passed", None)
        }
        _ => None,
    }
}

pub(super) fn freezes_now<'a>(model: &Model<'a>) -> Vec<&'a crate::policy::Freeze> {
    let now = model.input.state.now;
    crate::calendar::freezes_between(model.input.policy, now, now.saturating_add(1))
}

/// The freezes of the coming week, those in force first.
pub(super) fn freezes(model: &Model<'_>) -> Vec<Wrong> {
    let now = model.input.state.now;
    let wrong = |freeze: &crate::policy::Freeze| Wrong {
        tone: Tone::Info,
        label: "freeze",
        what: match freeze.from <= now {
            true => format!("“{}” is in force until {}", freeze.name, gate::moment(model, freeze.to)),
            false => format!(
                "“{}” from {} until {}",
                freeze.name,
                gate::moment(model, freeze.from),
                gate::moment(model, freeze.to)
            ),
        },
        code: None,
        row: None,
        page: Some(("calendar.html".to_owned(), "calendar")),
        by: None,
    };
    let coming = crate::calendar::freezes_between(model.input.policy, now, now.saturating_add(WEEK));
    coming.into_iter().map(wrong).collect()
}

/// What should be moved; that a task is scheduled in a freeze stands with those that go out, given by their places.
pub(super) fn collisions(model: &Model<'_>, going: &[usize]) -> Vec<Wrong> {
    let is_told = |task: &str| model.index_of(task).is_some_and(|index| going.contains(&index));
    let wrong = |text: &str| Wrong {
        tone: Tone::Bad,
        label: "collision",
        what: text.to_owned(),
        code: None,
        row: None,
        page: Some(("calendar.html".to_owned(), "calendar")),
        by: None,
    };
    let others = model.in_the_way.all().filter(|(collision, _)| match collision {
        Collision::Frozen { task, .. } => !is_told(task),
        _ => true,
    });
    others.map(|(_, text)| wrong(text)).collect()
}

/// The audit's exceptions of the last thirty days, newest first.
pub(super) fn exceptions(model: &Model<'_>) -> Vec<Wrong> {
    let Some(judged) = model.input.judged else { return Vec::new() };
    let since = model.input.state.now.saturating_sub(MONTH);
    let rows = judged.audit.rows.iter().rev().filter(|row| row.time >= since && !row.exceptions.is_empty());
    let of_row = |row: &crate::ledger::Row| Wrong {
        tone: Tone::Bad,
        label: "exception",
        what: format!("{}: {}", row.environment, row.exceptions[0].detail),
        code: Some(codes_of_row(row)),
        row: model.index_of(row.id.as_str()).map(|index| model.row(index)),
        page: Some((crate::site::evidence::address(model, row), "details")),
        by: Some(model.act(&row.by)),
    };
    let unrecorded = judged.audit.unrecorded.iter().rev().filter(|found| found.by.time.seconds >= since);
    let of_change = |found: &crate::ledger::Unrecorded| Wrong {
        tone: Tone::Bad,
        label: "not recorded",
        what: format!("{} changed without naming a task", found.paths.join(", ")),
        code: Some("unrecorded-change".to_owned()),
        row: None,
        page: Some(("audit.html".to_owned(), "audit")),
        by: Some(model.act(&found.by)),
    };
    rows.map(of_row).chain(unrecorded.map(of_change)).collect()
}

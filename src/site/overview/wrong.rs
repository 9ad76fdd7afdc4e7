//! What is not as it should be.

use serde::Serialize;

use super::{MONTH, WEEK, is_coming, scheduled};
use crate::ledger::{ApprovalFacet, Coming, RecordState, Status, codes_of_row};
use crate::record::RecordType;
use crate::site::gate;
use crate::site::model::Model;
use crate::site::view::{Act, Row, Tone};

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
pub(in crate::site) struct Wrong {
    pub(in crate::site) tone: Tone,
    pub(in crate::site) what: String,
    pub(in crate::site) code: Option<String>,
    pub(in crate::site) row: Option<Row>,
    /// A page that says more, from the site's root, when it is not the row's.
    pub(in crate::site) page: Option<String>,
    pub(in crate::site) by: Option<Act>,
}

/// Why a record is not as it should be, and the code of it where there is one.
pub(super) fn wrongness(record: &RecordState, now: i64) -> Option<(String, Option<String>)> {
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

pub(super) fn freezes_now<'a>(model: &Model<'a>) -> Vec<&'a crate::policy::Freeze> {
    let now = model.input.state.now;
    crate::calendar::freezes_between(model.input.policy, now, now.saturating_add(1))
}

pub(super) fn freezes(model: &Model<'_>) -> Vec<Wrong> {
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

pub(super) fn collisions(model: &Model<'_>) -> Vec<Wrong> {
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
pub(super) fn exceptions(model: &Model<'_>) -> Vec<Wrong> {
    let Some(judged) = model.input.judged else { return Vec::new() };
    let since = model.input.state.now.saturating_sub(MONTH);
    let rows = judged.audit.rows.iter().rev().filter(|row| row.time >= since && !row.exceptions.is_empty());
    let of_row = |row: &crate::ledger::Row| Wrong {
        tone: Tone::Bad,
        what: format!("{}: {}", row.environment, row.exceptions[0].detail),
        code: Some(codes_of_row(row)),
        row: model.index_of(row.id.as_str()).map(|index| model.row(index)),
        page: Some(crate::site::evidence::address(model, row)),
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

//! Pages of the board's meetings: the agenda before, the minutes after.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use super::decision::Check;
use super::gate::moment;
use super::model::Model;
use super::view::{Reference, Row};
use crate::evidence::EvidenceFile;
use crate::ledger::{Agenda, Matter, Review, agenda, next_meeting};
use crate::record::Details;

/// What `site/meeting.html` gets as `meeting`.
#[derive(Debug, Serialize)]
pub(super) struct MeetingView {
    /// `Thu 16 May 2024`.
    pub(super) title: String,
    pub(super) page: String,
    /// Whether the day is still to come.
    pub(super) coming: bool,
    pub(super) matters: Vec<MatterView>,
    /// Tasks whose risk asks for the board and that no decision lists.
    pub(super) unlisted: Vec<Row>,
    pub(super) reviews: Vec<ReviewView>,
    pub(super) conditions: Vec<(Row, Vec<String>)>,
    pub(super) last: Vec<MatterView>,
    pub(super) command: String,
}

/// A decision with its changes.
#[derive(Debug, Serialize)]
pub(super) struct MatterView {
    pub(super) decision: Row,
    pub(super) changes: Vec<ChangeView>,
    /// Review items that are open.
    pub(super) open: Vec<String>,
    pub(super) conditions: Vec<Check>,
}

/// A change as the board must know it.
#[derive(Debug, Serialize)]
pub(super) struct ChangeView {
    pub(super) reference: Reference,
    pub(super) row: Option<Row>,
    pub(super) risk_reasons: Vec<String>,
    pub(super) plans: Vec<String>,
}

/// An emergency that the board has to look at.
#[derive(Debug, Serialize)]
pub(super) struct ReviewView {
    pub(super) reference: Reference,
    pub(super) environment: String,
    pub(super) why: String,
    pub(super) due: String,
    pub(super) overdue: bool,
}

/// The next meeting and every one that a decision names, by day.
pub(super) fn days(model: &Model<'_>) -> BTreeSet<Date> {
    let state = model.input.state;
    let next = next_meeting(model.input.policy, state.now);
    let named = state.records.iter().filter_map(|record| match &record.record.details {
        Details::Decision(decision) => decision.meeting,
        _ => None,
    });
    named.chain(next).collect()
}

/// The pages of those days.
pub(super) fn views(model: &Model<'_>) -> Vec<MeetingView> {
    let state = model.input.state;
    let today = crate::ledger::local(state.now, &model.zone).map(|now| now.date());
    let rows = model.input.judged.map_or(&[][..], |judged| &judged.audit.rows);
    let view = |day: Date| {
        let found = agenda(state, model.input.policy, rows, day);
        meeting(model, &found, today.is_some_and(|today| day >= today))
    };
    days(model).into_iter().map(view).collect()
}

/// Where a meeting's page is.
pub(super) fn page(day: Date) -> String {
    format!("meetings/{day}.html")
}

fn meeting(model: &Model<'_>, found: &Agenda<'_>, coming: bool) -> MeetingView {
    let row = |name: &str| model.index_of(name).map(|index| model.row(index));
    let review = |row: &&crate::ledger::Row| {
        let (until, overdue) = match row.review.as_ref()? {
            Review::Owed { until } => (*until, false),
            Review::Overdue { since } => (*since, true),
            Review::InTime { .. } | Review::Late { .. } => return None,
        };
        Some(ReviewView {
            reference: model.reference(row.id.as_str()),
            environment: row.environment.clone(),
            why: row.emergency.clone().unwrap_or_default(),
            due: moment(model, until),
            overdue,
        })
    };
    let minutes = if coming { "" } else { " --minutes" };
    MeetingView {
        title: found.meeting.strftime("%a %-d %b %Y").to_string(),
        page: page(found.meeting),
        coming,
        matters: found.decisions.iter().filter_map(|matter| matter_view(model, matter)).collect(),
        unlisted: found.unlisted.iter().filter_map(|record| row(&record.name)).collect(),
        reviews: found.reviews.iter().filter_map(review).collect(),
        conditions: found
            .conditions
            .iter()
            .filter_map(|(record, open)| Some((row(&record.name)?, open.to_vec())))
            .collect(),
        last: found.last.iter().filter_map(|matter| matter_view(model, matter)).collect(),
        command: format!("changebook agenda {}{minutes}", found.meeting),
    }
}

fn matter_view(model: &Model<'_>, matter: &Matter<'_>) -> Option<MatterView> {
    let decision = matter.decision;
    let conditions = super::decision::checks(model, decision, "Conditions");
    let is_open = |item: &&crate::ledger::ItemState| {
        let condition = item.section.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("conditions"));
        !item.checked && !condition
    };
    Some(MatterView {
        decision: model.row(model.index_of(&decision.name)?),
        changes: matter.changes.iter().map(|(id, _)| change(model, id)).collect(),
        open: decision.items.iter().filter(is_open).map(|item| item.text.clone()).collect(),
        conditions,
    })
}

fn change(model: &Model<'_>, name: &str) -> ChangeView {
    let record = model.by_name(name);
    let plans = record.map(evidence_lines);
    ChangeView {
        reference: model.reference(name),
        row: model.index_of(name).map(|index| model.row(index)),
        risk_reasons: record
            .and_then(|record| record.risk.as_ref())
            .map(|risk| risk.reasons.clone())
            .unwrap_or_default(),
        plans: plans.unwrap_or_default(),
    }
}

/// What tools found for a task, a line each.
pub(super) fn evidence_lines(record: &crate::ledger::RecordState) -> Vec<String> {
    record.evidence_files().map(EvidenceFile::line).collect()
}

//! What a runbook's page shows besides what every record's page shows: for somebody at 3 AM.

use serde::Serialize;

use super::groups;
use super::markdown::Heading;
use super::model::Model;
use super::view::Row;
use crate::ledger::RecordState;
use crate::record::{Details, RecordType};

/// Most changes that are listed.
const RECENT: usize = 5;

/// `record.runbook` in `site/runbook.html`.
#[derive(Debug, Serialize)]
pub(super) struct RunbookView {
    pub(super) owner: Option<String>,
    pub(super) rto: Option<String>,
    pub(super) rpo: Option<String>,
    pub(super) review_every: Option<String>,
    /// The commit that says it was exercised, when that is newer than its text.
    pub(super) exercised: Option<super::view::Act>,
    /// `Fri 24 May 2024`.
    pub(super) review_due: Option<String>,
    /// The last changes to its services, newest first.
    pub(super) recent: Vec<Row>,
}

/// The view, when the record is a runbook.
pub(super) fn view(model: &Model<'_>, state: &RecordState) -> Option<RunbookView> {
    let Details::Runbook(runbook) = &state.record.details else { return None };
    let text = |text: &Option<crate::record::Text>| text.as_ref().map(|text| text.text.clone());
    Some(RunbookView {
        owner: runbook.owner.as_deref().map(|key| model.person(key)),
        rto: text(&runbook.rto),
        rpo: text(&runbook.rpo),
        review_every: text(&runbook.review_every),
        exercised: exercised(state).map(|by| model.act(by)),
        review_due: state.review_due.map(|due| super::gate::moment(model, due)),
        recent: recent(model, &runbook.services),
    })
}

/// What proves a runbook current is the newer of its last change and its last exercise.
fn exercised(state: &RecordState) -> Option<&crate::ledger::Evidence> {
    let newest = state.evidence.as_ref()?;
    let changed = state.updated.as_ref()?;
    (newest.commit != changed.commit).then_some(newest)
}

fn recent(model: &Model<'_>, services: &[String]) -> Vec<Row> {
    let shares =
        |state: &RecordState| groups::services(state).iter().any(|service| services.contains(service));
    let mut changes: Vec<(i64, usize)> = model
        .input
        .state
        .records
        .iter()
        .enumerate()
        .filter(|(_, state)| state.record_type == RecordType::Task && shares(state))
        .filter_map(|(index, state)| {
            Some((state.evidence.as_ref().or(state.updated.as_ref())?.time.seconds, index))
        })
        .collect();
    changes.sort_by_key(|(seconds, index)| (std::cmp::Reverse(*seconds), *index));
    changes.into_iter().take(RECENT).map(|(_, index)| model.row(index)).collect()
}

/// The headings under "Common issues": what one may see when something is wrong.
pub(super) fn issues(headings: &[Heading]) -> Vec<Heading> {
    let is_start =
        |heading: &Heading| heading.level == 2 && heading.text.trim().eq_ignore_ascii_case("common issues");
    let Some(start) = headings.iter().position(is_start) else { return Vec::new() };
    headings[start + 1..]
        .iter()
        .take_while(|heading| heading.level > 2)
        .filter(|heading| heading.level == 3)
        .cloned()
        .collect()
}

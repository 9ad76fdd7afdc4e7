//! What a runbook's page shows besides what every record's page shows: for somebody at 3 AM.

use serde::Serialize;

use super::groups;
use super::markdown::Heading;
use super::model::Model;
use super::view::Row;
use crate::ledger::{RecordState, Status};
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
    /// The last commit that says it was exercised.
    pub(super) exercised: Option<super::view::Act>,
    /// Whether its text was changed after that.
    pub(super) changed_since: bool,
    /// `Fri 24 May 2024`.
    pub(super) review_due: Option<String>,
    /// Whether that has passed.
    pub(super) overdue: bool,
    /// The last changes to its services, newest first.
    pub(super) recent: Vec<Row>,
}

/// The view, when the record is a runbook.
pub(super) fn view(model: &Model<'_>, state: &RecordState) -> Option<RunbookView> {
    let Details::Runbook(runbook) = &state.record.details else { return None };
    Some(RunbookView { recent: recent(model, &runbook.services), ..facts(model, state)? })
}

/// The same without the changes to its services, which take a look at every record.
pub(super) fn facts(model: &Model<'_>, state: &RecordState) -> Option<RunbookView> {
    let Details::Runbook(runbook) = &state.record.details else { return None };
    let text = |text: &Option<crate::record::Text>| text.as_ref().map(|text| text.text.clone());
    Some(RunbookView {
        owner: runbook.owner.as_deref().map(|key| model.person(key)),
        rto: text(&runbook.rto),
        rpo: text(&runbook.rpo),
        review_every: text(&runbook.review_every),
        exercised: state.exercised.as_ref().map(|by| model.act(by)),
        changed_since: changed_since(state),
        review_due: state.review_due.map(|due| super::gate::moment(model, due)),
        overdue: state.status == Status::ReviewDue,
        recent: Vec::new(),
    })
}

/// Whether the text is not the one that was exercised: what proves a runbook current is the newer of its last change
/// and its last exercise.
fn changed_since(state: &RecordState) -> bool {
    let newest = state.evidence.as_ref().map(|by| by.commit);
    state.exercised.as_ref().is_some_and(|exercised| newest != Some(exercised.commit))
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

#[cfg(test)]
mod tests {
    use crate::site::fixture;

    fn page(of: impl FnOnce(&mut crate::ledger::RecordState)) -> String {
        let mut book = fixture::book();
        of(book.state.records.last_mut().unwrap());
        let pages = crate::site::render_site(&book.input()).unwrap();
        let page = pages.into_iter().find(|page| page.path == "runbooks/redis-cluster.html").unwrap();
        page.text().to_owned()
    }

    #[test]
    fn the_last_exercise_stands_on_top_with_what_came_after_it() {
        let never = page(|_| {});
        let vital = |page: &str| {
            page.split_once("<dl class=\"vital\">").unwrap().1.split_once("</dl>").unwrap().0.to_owned()
        };
        assert!(vital(&never).contains("Last exercised</dt><dd class=\"t-wait\">"), "{never}");
        assert!(vital(&never).contains("</svg>never</dd>"), "{never}");
        let by = fixture::act("lee", 1_715_000_000, 71);
        let before = page(|state| state.exercised = Some(by.clone()));
        assert!(vital(&before).contains("6 May 2024</time> <small>Lee</small>"), "{before}");
        assert!(vital(&before).contains("changed since"), "{before}");
        let current = page(|state| {
            state.exercised = Some(by.clone());
            state.evidence = Some(by);
        });
        assert!(vital(&current).contains("Lee") && !current.contains("changed since"), "{current}");
    }
}

//! Pages of people and services: what waits for them, what they did, what touches them.

use serde::Serialize;

use super::groups;
use super::model::Model;
use super::runbook::RunbookView;
use super::view::{Act, Row, Word};
use crate::ledger::{EventKind, RecordState};
use crate::record::{Details, RecordType};

/// Most acts that are listed.
const RECENT: usize = 40;

/// What `site/person.html` gets as `person`.
#[derive(Debug, Serialize)]
pub(super) struct PersonView {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) page: String,
    pub(super) robot: bool,
    pub(super) roles: Vec<String>,
    pub(super) signs: bool,
    /// Records that wait for them.
    pub(super) waiting: Vec<Row>,
    /// Records that they asked for or own.
    pub(super) own: Vec<Row>,
    /// Newest first.
    pub(super) acts: Vec<PersonAct>,
}

/// Something that somebody did.
#[derive(Debug, Serialize)]
pub(super) struct PersonAct {
    pub(super) verb: String,
    pub(super) object: Option<String>,
    pub(super) record: super::view::Reference,
    pub(super) by: Act,
}

/// The people of the policy, in its order.
pub(super) fn people(model: &Model<'_>) -> Vec<PersonView> {
    let policy = model.input.policy;
    let person = |(key, person): (&String, &crate::policy::Person)| {
        let roles = policy.roles.keys().filter(|role| policy.has_role(key, role)).cloned().collect();
        let rows = |wanted: &dyn Fn(&RecordState) -> bool| {
            let records = model.input.state.records.iter().enumerate();
            records.filter(|(_, record)| wanted(record)).map(|(index, _)| model.row(index)).collect()
        };
        PersonView {
            key: key.clone(),
            name: person.name.clone(),
            page: model.people.get(key).cloned().unwrap_or_default(),
            robot: person.robot,
            roles,
            signs: !person.keys.is_empty(),
            waiting: rows(&|record| record.waiting_for.contains(key)),
            own: rows(&|record| owner(record) == Some(key.as_str())),
            acts: acts(model, key),
        }
    };
    policy.people.iter().map(person).collect()
}

fn owner(record: &RecordState) -> Option<&str> {
    match &record.record.details {
        Details::Task(task) => task.requestor.as_deref(),
        Details::Decision(decision) => decision.requestor.as_deref(),
        Details::Runbook(runbook) => runbook.owner.as_deref(),
    }
}

fn acts(model: &Model<'_>, key: &str) -> Vec<PersonAct> {
    let mut found: Vec<(i64, &RecordState, &crate::ledger::Event)> = Vec::new();
    for record in &model.input.state.records {
        let own = record.events.iter().filter(|event| event.by.person.as_deref() == Some(key));
        let told = own.filter(|event| is_told(&event.kind));
        found.extend(told.map(|event| (event.by.time.seconds, record, event)));
    }
    found.sort_by_key(|(seconds, record, _)| (std::cmp::Reverse(*seconds), &record.name));
    found.truncate(RECENT);
    let act = |(_, record, event): (i64, &RecordState, &crate::ledger::Event)| {
        let (verb, object, ..) = super::timeline::words(&event.kind);
        PersonAct { verb, object, record: model.reference(&record.name), by: model.act(&event.by) }
    };
    found.into_iter().map(act).collect()
}

fn is_told(kind: &EventKind) -> bool {
    !matches!(kind, EventKind::FieldSet { .. } | EventKind::ItemsChanged { .. } | EventKind::Noted)
}

/// What `site/service.html` gets as `service`.
#[derive(Debug, Serialize)]
pub(super) struct ServiceView {
    pub(super) name: String,
    pub(super) open: Vec<Row>,
    pub(super) past: Vec<Row>,
    pub(super) runbooks: Vec<ServiceRunbook>,
    /// Its feed.
    pub(super) feed: String,
}

/// A runbook of the service.
#[derive(Debug, Serialize)]
pub(super) struct ServiceRunbook {
    pub(super) row: Row,
    pub(super) runbook: RunbookView,
}

/// The page of one service.
pub(super) fn service(model: &Model<'_>, name: &str, feed: String) -> ServiceView {
    let key = ("service", name.to_owned());
    let indexes = model.members.get(&key).map(Vec::as_slice).unwrap_or_default();
    let records = &model.input.state.records;
    let mut tasks: Vec<usize> =
        indexes.iter().copied().filter(|index| records[*index].record_type == RecordType::Task).collect();
    tasks.sort_by_key(|index| {
        let record = &records[*index];
        std::cmp::Reverse(record.evidence.as_ref().map_or(i64::MAX, |by| by.time.seconds))
    });
    let (open, past): (Vec<usize>, Vec<usize>) =
        tasks.into_iter().partition(|index| records[*index].status.is_open());
    let rows = |indexes: Vec<usize>| indexes.into_iter().map(|index| model.row(index)).collect();
    let runbook = |index: &usize| {
        let runbook = super::runbook::view(model, &records[*index])?;
        Some(ServiceRunbook { row: model.row(*index), runbook })
    };
    ServiceView {
        name: name.to_owned(),
        open: rows(open),
        past: rows(past),
        runbooks: indexes.iter().filter_map(runbook).collect(),
        feed,
    }
}

/// The people that `row.people` names.
pub(super) fn words(model: &Model<'_>, record: &RecordState) -> Vec<Word> {
    record.waiting_for.iter().map(|key| model.person_word(key)).collect()
}

/// Services of the book, each with its page.
pub(super) fn services<'m>(model: &'m Model<'_>) -> impl Iterator<Item = (&'m str, &'m str)> {
    let _ = groups::KINDS;
    model
        .groups
        .iter()
        .filter(|((kind, _), _)| *kind == "service")
        .map(|((_, name), page)| (name.as_str(), page.as_str()))
}

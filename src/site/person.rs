//! Pages of people and services: what waits for them, what they did, what touches them.

use serde::Serialize;

use super::lists::{About, Pages, Short, counted, short};
use super::model::Model;
use super::runbook::RunbookView;
use super::view::{Act, Row, Word};
use crate::ledger::{EventKind, RecordState, Status, decide_command};
use crate::record::{Details, RecordType};

/// Most acts that are listed.
const RECENT: usize = 30;
/// Most records of a kind that a person's or service's page lists; a list of its own has all.
const ROWS: usize = 12;
/// Most runbooks that a service's page names.
const RUNBOOKS: usize = 8;

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
    pub(super) waiting: Short,
    /// Records that they asked for or own.
    pub(super) own: Short,
    /// What they are asked to do, for each of these rows.
    pub(super) asked: Vec<Vec<Asked>>,
    /// Newest first.
    pub(super) acts: Vec<PersonAct>,
}

/// An approval or decision that somebody may give.
#[derive(Debug, Serialize)]
pub(super) struct Asked {
    pub(super) text: String,
    /// What of the text has changed since they gave it.
    pub(super) changed: Option<String>,
    /// The command that gives it.
    pub(super) todo: Option<String>,
}

/// What somebody did to a record in one commit.
#[derive(Debug, Serialize)]
pub(super) struct PersonAct {
    /// What it meant, in words.
    pub(super) what: Vec<String>,
    pub(super) record: super::view::Reference,
    pub(super) by: Act,
}

/// The people of the policy, in its order, each with the lists that their page has no room for.
pub(super) fn people(model: &Model<'_>) -> Vec<(PersonView, Pages)> {
    let policy = model.input.policy;
    let person = |(key, person): (&String, &crate::policy::Person)| {
        let roles = policy.roles.keys().filter(|role| policy.has_role(key, role)).cloned().collect();
        let page = model.people.get(key).cloned().unwrap_or_default();
        let folder = format!("lists/{}", page.trim_end_matches(".html"));
        let list = |name: &str, title: &str, wanted: &dyn Fn(&RecordState) -> bool| {
            let records = model.input.state.records.iter().enumerate();
            let indexes: Vec<usize> =
                records.filter(|(_, record)| wanted(record)).map(|(index, _)| index).collect();
            let lead = counted(indexes.len());
            let about = About { title, lead: &lead, ..About::default() };
            short(model, &format!("{folder}/{name}.html"), about, indexes, ROWS)
        };
        let (waiting, waiting_pages) = list("waiting", &format!("Waiting for {}", person.name), &|record| {
            record.waiting_for.contains(key)
        });
        let (own, own_pages) = list("own", &format!("Requested or owned by {}", person.name), &|record| {
            owner(record) == Some(key.as_str())
        });
        let view = PersonView {
            key: key.clone(),
            name: person.name.clone(),
            page,
            robot: person.robot,
            roles,
            signs: !person.keys.is_empty(),
            asked: asked(model, key, &waiting),
            waiting,
            own,
            acts: acts(model, key),
        };
        (view, waiting_pages.into_iter().chain(own_pages).collect())
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

/// The approvals and decisions that a person may give to the records that their page names.
fn asked(model: &Model<'_>, key: &str, waiting: &Short) -> Vec<Vec<Asked>> {
    let of_record = |row: &Row| {
        let Some(state) = model.by_name(&row.name) else { return Vec::new() };
        if state.record_type == RecordType::Decision {
            let text = if state.status == Status::Outdated { "Decision again" } else { "Decision" };
            let todo = Some(decide_command(&state.name));
            return vec![Asked { text: text.to_owned(), changed: None, todo }];
        }
        let open = state.approvals.iter().filter(|approval| approval.required && !approval.valid);
        let open = open.filter(|approval| approval.open_to.iter().any(|person| person == key));
        let asked = open.map(|approval| Asked {
            text: approval.text.clone(),
            changed: (!approval.changed.is_empty()).then(|| approval.changed.join(", ")),
            todo: approval.todo.clone(),
        });
        asked.collect()
    };
    waiting.rows.iter().map(of_record).collect()
}

fn acts(model: &Model<'_>, key: &str) -> Vec<PersonAct> {
    let mut found: Vec<(i64, &RecordState, &crate::ledger::Event)> = Vec::new();
    for record in &model.input.state.records {
        let own = record.events.iter().filter(|event| event.by.person.as_deref() == Some(key));
        let told = own.filter(|event| is_told(&event.kind));
        found.extend(told.map(|event| (event.by.time.seconds, record, event)));
    }
    found.sort_by_key(|(seconds, record, _)| (std::cmp::Reverse(*seconds), &record.name));
    let words = |event: &crate::ledger::Event| {
        let (verb, object, ..) = super::timeline::words(&event.kind);
        object.map_or_else(|| verb.clone(), |object| format!("{verb} {object}"))
    };
    let together = found
        .chunk_by(|(_, a, first), (_, b, second)| a.name == b.name && first.by.commit == second.by.commit);
    let act = |chunk: &[(i64, &RecordState, &crate::ledger::Event)]| PersonAct {
        what: chunk.iter().map(|(.., event)| words(event)).collect(),
        record: model.reference(&chunk[0].1.name),
        by: model.act(&chunk[0].2.by),
    };
    together.take(RECENT).map(act).collect()
}

fn is_told(kind: &EventKind) -> bool {
    !matches!(kind, EventKind::FieldSet { .. } | EventKind::ItemsChanged { .. } | EventKind::Noted)
}

/// What `site/service.html` gets as `service`.
#[derive(Debug, Serialize)]
pub(super) struct ServiceView {
    pub(super) name: String,
    pub(super) open: Short,
    pub(super) past: Short,
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

/// The page of one service, and the lists that it has no room for.
pub(super) fn service(model: &Model<'_>, name: &str, page: &str) -> (ServiceView, Pages) {
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
    let folder = format!("lists/{}", page.trim_end_matches(".html"));
    let list = |file: &str, what: &str, indexes: Vec<usize>| {
        let (title, lead) = (format!("{name}: {what}"), counted(indexes.len()));
        let about = About { title: &title, lead: &lead, ..About::default() };
        short(model, &format!("{folder}/{file}.html"), about, indexes, ROWS)
    };
    let (open, open_pages) = list("open", "open", open);
    let (past, past_pages) = list("past", "past", past);
    let runbook = |index: &usize| {
        let runbook = super::runbook::view(model, &records[*index])?;
        Some(ServiceRunbook { row: model.row(*index), runbook })
    };
    let view = ServiceView {
        name: name.to_owned(),
        open,
        past,
        runbooks: indexes.iter().filter_map(runbook).take(RUNBOOKS).collect(),
        feed: super::feeds::feed_of(page),
    };
    (view, open_pages.into_iter().chain(past_pages).collect())
}

/// The people that `row.people` names.
pub(super) fn words(model: &Model<'_>, record: &RecordState) -> Vec<Word> {
    record.waiting_for.iter().map(|key| model.person_word(key)).collect()
}

/// Services of the book, each with its page.
pub(super) fn services<'m>(model: &'m Model<'_>) -> impl Iterator<Item = (&'m str, &'m str)> {
    model
        .groups
        .iter()
        .filter(|((kind, _), _)| *kind == "service")
        .map(|((_, name), page)| (name.as_str(), page.as_str()))
}

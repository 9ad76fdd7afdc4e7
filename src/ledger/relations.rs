//! Which records refer to which, in both directions.

use super::derive::Book;
use super::state::Relation;
use crate::record::{Details, Record, RecordId};

/// Links of a record: its own first, then those of others to it.
pub(super) fn relations(record: &Record, book: &Book<'_>) -> Vec<Relation> {
    let mut relations: Vec<Relation> =
        outgoing(record).into_iter().filter_map(|(kind, id)| relation(kind, id, book)).collect();
    let Some(own) = record.id.as_ref().map(RecordId::as_str) else { return relations };
    for (id, other) in &book.records {
        if *id == own {
            continue;
        }
        let incoming = outgoing(other).into_iter().filter(|(_, target)| *target == own);
        relations.extend(incoming.filter_map(|(kind, _)| relation(inverse(kind), id, book)));
        if shares_service(record, other) {
            relations.extend(relation("same service", id, book));
        }
    }
    let mut seen = Vec::new();
    relations.retain(|relation| {
        let new = !seen.contains(&relation.id) || relation.kind != "same service";
        seen.push(relation.id.clone());
        new
    });
    relations
}

fn relation(kind: &'static str, id: &str, book: &Book<'_>) -> Option<Relation> {
    let found = book.records.get(id);
    let title = found.map(|record| record.title().to_owned());
    Some(Relation { kind, id: RecordId::parse(id).ok()?, exists: found.is_some(), title })
}

/// What a record refers to in its frontmatter.
pub(super) fn outgoing(record: &Record) -> Vec<(&'static str, &str)> {
    match &record.details {
        Details::Task(task) => {
            [all("depends on", &task.depends), all("follows", &task.follows), all("uses runbook", &task.runbooks)].concat()
        }
        Details::Decision(decision) => all("decides on", &decision.changes),
        Details::Runbook(_) => Vec::new(),
    }
}

fn inverse(kind: &str) -> &'static str {
    match kind {
        "depends on" => "needed by",
        "follows" => "followed by",
        "uses runbook" => "used by",
        _ => "decided in",
    }
}

/// A runbook and a task of one service belong together.
fn shares_service(a: &Record, b: &Record) -> bool {
    fn of(details: &Details) -> (bool, &[String]) {
        match details {
            Details::Task(task) => (true, &task.services),
            Details::Runbook(runbook) => (false, &runbook.services),
            Details::Decision(_) => (true, &[]),
        }
    }
    let ((a_is_task, a), (b_is_task, b)) = (of(&a.details), of(&b.details));
    a_is_task != b_is_task && a.iter().any(|service| b.contains(service))
}

fn all<'a>(kind: &'static str, ids: &'a [String]) -> Vec<(&'static str, &'a str)> {
    ids.iter().map(|id| (kind, id.as_str())).collect()
}

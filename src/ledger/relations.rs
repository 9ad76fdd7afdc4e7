//! Which records refer to which, in both directions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Serialize, Serializer};

use super::derive::Book;
use super::state::Relation;
use crate::record::{Details, Record, RecordId, Task};

/// How one record refers to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A task waits for another one.
    DependsOn,
    /// The inverse.
    NeededBy,
    /// A task completes or repairs another one.
    Follows,
    /// The inverse.
    FollowedBy,
    /// A task names a runbook.
    UsesRunbook,
    /// The inverse.
    UsedBy,
    /// A decision lists a task.
    DecidesOn,
    /// The inverse.
    DecidedIn,
    /// A task and a runbook name one service.
    SameService,
}

impl RelationKind {
    /// As people and programs read it.
    pub fn words(self) -> &'static str {
        match self {
            RelationKind::DependsOn => "depends on",
            RelationKind::NeededBy => "needed by",
            RelationKind::Follows => "follows",
            RelationKind::FollowedBy => "followed by",
            RelationKind::UsesRunbook => "uses runbook",
            RelationKind::UsedBy => "used by",
            RelationKind::DecidesOn => "decides on",
            RelationKind::DecidedIn => "decided in",
            RelationKind::SameService => "same service",
        }
    }

    /// How the other record refers to this one.
    fn inverse(self) -> Self {
        match self {
            RelationKind::DependsOn => RelationKind::NeededBy,
            RelationKind::NeededBy => RelationKind::DependsOn,
            RelationKind::Follows => RelationKind::FollowedBy,
            RelationKind::FollowedBy => RelationKind::Follows,
            RelationKind::UsesRunbook => RelationKind::UsedBy,
            RelationKind::UsedBy => RelationKind::UsesRunbook,
            RelationKind::DecidesOn => RelationKind::DecidedIn,
            RelationKind::DecidedIn => RelationKind::DecidesOn,
            RelationKind::SameService => RelationKind::SameService,
        }
    }
}

impl Serialize for RelationKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.words())
    }
}

/// What refers to what in a book, looked up from both ends.
pub(super) struct References<'a> {
    /// By target: the kind of link and where it comes from.
    incoming: HashMap<&'a str, Vec<(RelationKind, &'a str)>>,
    tasks_by_service: HashMap<&'a str, Vec<&'a str>>,
    runbooks_by_service: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> References<'a> {
    /// Indexes records by ID, in the order of their IDs.
    pub(super) fn new(records: &BTreeMap<&'a str, &'a Record>) -> Self {
        let mut references = References {
            incoming: HashMap::new(),
            tasks_by_service: HashMap::new(),
            runbooks_by_service: HashMap::new(),
        };
        for (id, record) in records {
            for (kind, target) in outgoing(record) {
                references.incoming.entry(target).or_default().push((kind, id));
            }
            let (index, services): (_, &[String]) = match &record.details {
                Details::Task(task) => (&mut references.tasks_by_service, &task.services),
                Details::Runbook(runbook) => (&mut references.runbooks_by_service, &runbook.services),
                Details::Decision(_) => continue,
            };
            for service in services {
                index.entry(service).or_default().push(id);
            }
        }
        references
    }

    /// Records that say they follow another.
    pub(super) fn followers(&self, id: &str) -> impl Iterator<Item = &'a str> {
        let incoming = self.incoming.get(id).map_or(&[][..], Vec::as_slice);
        incoming.iter().filter(|(kind, _)| *kind == RelationKind::Follows).map(|(_, from)| *from)
    }

    /// Runbooks that a task names, and those of its services.
    pub(super) fn runbooks_of<'t>(&'t self, task: &'t Task) -> BTreeSet<&'t str> {
        let of_services =
            task.services.iter().filter_map(|service| self.runbooks_by_service.get(service.as_str()));
        task.runbooks.iter().map(String::as_str).chain(of_services.flatten().copied()).collect()
    }

    /// A runbook and a task of one service belong together.
    fn same_service(&self, record: &Record) -> BTreeSet<&'a str> {
        let (index, services): (_, &[String]) = match &record.details {
            Details::Task(task) => (&self.runbooks_by_service, &task.services),
            Details::Runbook(runbook) => (&self.tasks_by_service, &runbook.services),
            Details::Decision(_) => return BTreeSet::new(),
        };
        services.iter().filter_map(|service| index.get(service.as_str())).flatten().copied().collect()
    }
}

/// Links of a record: its own first, then those of others to it.
pub(super) fn relations(record: &Record, book: &Book<'_>) -> Vec<Relation> {
    let mut relations: Vec<Relation> =
        outgoing(record).into_iter().filter_map(|(kind, id)| relation(kind, id, book)).collect();
    let Some(own) = record.id.as_ref().map(RecordId::as_str) else { return relations };
    let incoming = book.references.incoming.get(own).map_or(&[][..], Vec::as_slice);
    let incoming = incoming.iter().filter(|(_, id)| *id != own);
    relations.extend(incoming.filter_map(|(kind, id)| relation(kind.inverse(), id, book)));
    let linked: BTreeSet<RecordId> = relations.iter().map(|relation| relation.id.clone()).collect();
    let near = book.references.same_service(record).into_iter().filter(|id| *id != own);
    let near = near.filter_map(|id| relation(RelationKind::SameService, id, book));
    relations.extend(near.filter(|relation| !linked.contains(&relation.id)));
    relations
}

fn relation(kind: RelationKind, id: &str, book: &Book<'_>) -> Option<Relation> {
    let found = book.records.get(id);
    let title = found.map(|record| record.title().to_owned());
    Some(Relation { kind, id: RecordId::parse(id).ok()?, exists: found.is_some(), title })
}

/// What a record refers to in its frontmatter.
pub(super) fn outgoing(record: &Record) -> Vec<(RelationKind, &str)> {
    match &record.details {
        Details::Task(task) => [
            all(RelationKind::DependsOn, &task.depends),
            all(RelationKind::Follows, &task.follows),
            all(RelationKind::UsesRunbook, &task.runbooks),
        ]
        .concat(),
        Details::Decision(decision) => all(RelationKind::DecidesOn, &decision.changes),
        Details::Runbook(_) => Vec::new(),
    }
}

fn all(kind: RelationKind, ids: &[String]) -> Vec<(RelationKind, &str)> {
    ids.iter().map(|id| (kind, id.as_str())).collect()
}

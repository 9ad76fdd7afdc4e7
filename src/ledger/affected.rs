//! Whose lines in a list may be others after some commits more.
//!
//! Where a record stands rests on what commits did to it, and on few other records: a task's on the decisions that
//! ever listed it, on the documentation that follows it and on the runbooks of its services; a decision's on the
//! texts of its tasks. So what touches none of these leaves a line as it was. More is taken than need be: to derive
//! a line again costs a moment, and one that is wrong would cost trust.

use std::collections::{BTreeMap, BTreeSet};

use super::circles::circles;
use super::listed::Listed;
use super::relations::outgoing;
use crate::record::{Details, Record, RecordType, TaskKind};

/// What a record says of itself to which others look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links<'a> {
    record_type: RecordType,
    kind: Option<TaskKind>,
    /// IDs of the frontmatter, with the kind of link.
    refers_to: Vec<(&'a str, &'a str)>,
    services: &'a [String],
}

impl<'a> Links<'a> {
    /// Those of a file.
    pub fn of(record: &'a Record) -> Self {
        let (kind, services): (_, &[String]) = match &record.details {
            Details::Task(task) => (task.kind, &task.services),
            Details::Runbook(runbook) => (None, &runbook.services),
            Details::Decision(_) => (None, &[]),
        };
        Links { record_type: record.record_type(), kind, refers_to: outgoing(record), services }
    }

    /// Those of a record as it is listed, with what its file refers to.
    pub fn listed(listed: &'a Listed, refers_to: &'a [(String, String)]) -> Self {
        Links {
            record_type: listed.record_type,
            kind: listed.kind,
            refers_to: refers_to.iter().map(|(kind, id)| (kind.as_str(), id.as_str())).collect(),
            services: &listed.services,
        }
    }

    /// The IDs that it refers to, with the kind of link.
    pub fn stated(&self) -> Vec<(String, String)> {
        self.refers_to.iter().map(|(kind, id)| ((*kind).to_owned(), (*id).to_owned())).collect()
    }

    /// Whether it refers to a record.
    pub fn refer_to(&self, id: &str) -> bool {
        self.refers_to.iter().any(|(_, target)| *target == id)
    }
}

/// Whether tasks depend on each other in a circle.
pub fn depend_in_circles(links: &BTreeMap<&str, Links<'_>>) -> bool {
    let by_task = links.iter().map(|(id, links)| {
        let depends = links.refers_to.iter().filter(|(kind, _)| *kind == "depends on");
        (*id, depends.map(|(_, target)| *target).collect())
    });
    !circles(by_task.collect()).is_empty()
}

/// A decision with every task that it ever listed.
pub type Decided = (String, Vec<String>);

/// What some commits reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected<'a> {
    /// Records whose lines may be others.
    pub again: BTreeSet<&'a str>,
    /// Those, and all that must be read to derive them.
    pub read: BTreeSet<&'a str>,
}

/// What the records that commits `touched` reach, in a book of which all links are given by ID.
pub fn affected<'a>(
    links: &BTreeMap<&'a str, Links<'a>>,
    decided: &'a [Decided],
    touched: &BTreeSet<&'a str>,
) -> Affected<'a> {
    let near = Near::new(links, decided);
    let mut again = touched.clone();
    for id in touched {
        again.extend(near.linked(id));
        if near.links.get(id).is_some_and(|links| links.record_type == RecordType::Runbook) {
            again.extend(near.of_services(id, RecordType::Task));
        }
    }
    near.decided_together(&mut again);
    let mut read = again.clone();
    for id in &again {
        read.extend(near.linked(id));
        read.extend(near.of_services(id, RecordType::Runbook));
    }
    near.decided_together(&mut read);
    Affected { again, read }
}

/// Links from both ends.
struct Near<'l, 'a> {
    links: &'l BTreeMap<&'a str, Links<'a>>,
    referring: BTreeMap<&'a str, Vec<&'a str>>,
    by_service: BTreeMap<(&'a str, RecordType), Vec<&'a str>>,
    /// Decisions and tasks, from both ends.
    decided: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'l, 'a> Near<'l, 'a> {
    fn new(links: &'l BTreeMap<&'a str, Links<'a>>, ever: &'a [Decided]) -> Self {
        let (mut referring, mut by_service, mut decided) =
            (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, BTreeSet<_>>::new());
        let mut lists = |decision: &'a str, task: &'a str| {
            decided.entry(decision).or_default().insert(task);
            decided.entry(task).or_default().insert(decision);
        };
        for (id, links) in links {
            for (_, target) in &links.refers_to {
                referring.entry(*target).or_default().push(*id);
                if links.record_type == RecordType::Decision {
                    lists(id, target);
                }
            }
            for service in links.services {
                by_service.entry((service.as_str(), links.record_type)).or_default().push(*id);
            }
        }
        for (decision, tasks) in ever {
            tasks.iter().for_each(|task| lists(decision, task));
        }
        Near { links, referring, by_service, decided }
    }

    /// What a record refers to, and what refers to it.
    fn linked(&self, id: &str) -> impl Iterator<Item = &'a str> {
        let links = self.links.get(id);
        let to = links.into_iter().flat_map(|links| &links.refers_to).map(|(_, target)| *target);
        to.chain(self.referring.get(id).into_iter().flatten().copied())
    }

    /// Records of a type that share a service with one.
    fn of_services(&self, id: &str, record_type: RecordType) -> impl Iterator<Item = &'a str> {
        let links = self.links.get(id);
        let services = links.into_iter().flat_map(|links| links.services);
        services
            .filter_map(move |service| self.by_service.get(&(service.as_str(), record_type)))
            .flatten()
            .copied()
    }

    /// Adds the decisions on what is there, all that these decide on, and so on.
    fn decided_together(&self, ids: &mut BTreeSet<&'a str>) {
        let mut open: Vec<&str> = ids.iter().copied().collect();
        while let Some(id) = open.pop() {
            let more = self.decided.get(id).into_iter().flatten().copied();
            open.extend(more.filter(|id| ids.insert(id)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    /// A record of a type with these keys in its frontmatter.
    fn record(record_type: RecordType, keys: &str) -> Record {
        let path = format!("{}/x.md", record_type.folder());
        Record::parse(record_type, &path, format!("+++\nid = \"x\"\n{keys}+++\n").as_bytes())
    }

    /// One case of each rule, worked out from the design: who looks at whom.
    #[test]
    fn what_commits_reach() {
        use RecordType::{Decision, Runbook, Task};
        let book = [
            ("A", record(Task, "")),
            ("B", record(Task, "depends = [\"A\"]\n")),
            ("DOC", record(Task, "kind = \"documentation\"\nfollows = [\"C\"]\n")),
            ("C", record(Task, "services = [\"db\"]\n")),
            ("D", record(Task, "services = [\"web\"]\nrunbooks = [\"named\"]\n")),
            ("E", record(Task, "")),
            ("CAB-1", record(Decision, "changes = [\"E\", \"A\"]\n")),
            ("db", record(Runbook, "services = [\"db\"]\n")),
            ("named", record(Runbook, "")),
        ];
        let links: BTreeMap<&str, Links<'_>> =
            book.iter().map(|(id, record)| (*id, Links::of(record))).collect();
        // A deleted decision listed D once, and one that stands listed B.
        let decided = [
            ("CAB-0".to_owned(), vec!["D".to_owned()]),
            ("CAB-1".to_owned(), vec!["B".to_owned(), "E".to_owned()]),
        ];
        for (touched, again, beside) in [
            ("A", "A B CAB-1 E", ""),
            ("B", "A B CAB-1 E", ""),
            ("CAB-1", "A B CAB-1 E", ""),
            ("C", "C DOC", "db"),
            ("DOC", "C DOC", "db"),
            ("D", "CAB-0 D named", ""),
            ("db", "C db", "DOC"),
            ("named", "CAB-0 D named", ""),
            ("E", "A B CAB-1 E", ""),
        ] {
            let found = affected(&links, &decided, &[touched].into());
            let words = |ids: &BTreeSet<&str>| ids.iter().copied().collect::<Vec<_>>().join(" ");
            let more: BTreeSet<&str> = found.read.difference(&found.again).copied().collect();
            assert_eq!(
                (words(&found.again), words(&more)),
                (again.to_owned(), beside.to_owned()),
                "{touched}"
            );
        }
    }
}

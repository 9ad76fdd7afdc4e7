//! Everybody who asked for, wrote or worked on a task: those who cannot approve it.

use std::collections::BTreeSet;

use super::Judged;
use crate::ledger::context::Context;
use crate::ledger::walk::Key;

pub(super) struct Authors {
    requestor: Option<String>,
    /// Person and what they did, as a predicate.
    persons: BTreeSet<(String, String)>,
    /// Addresses that no policy lists.
    pub(super) unknown: Vec<String>,
}

impl Authors {
    /// Of the task as the view has it. Whom an address belongs to is asked of the policy that is judged by, of
    /// that before the commit, and of that before the approval: nobody gets rid of an address by a change of
    /// the policy.
    pub(super) fn of(context: &Context<'_>, judged: &Judged<'_>, approval: usize) -> Self {
        let mut authors = Authors {
            requestor: judged.task.requestor.clone(),
            persons: BTreeSet::new(),
            unknown: Vec::new(),
        };
        let transitions = context.transitions(judged.record);
        let texts = transitions
            .iter()
            .filter(|t| *context.key(t) == Key::Scope)
            .map(|t| (t.commit as usize, "wrote a part of its text"));
        let work = context.work(judged.record);
        let work = work.iter().map(|&commit| (commit, "did a part of its work"));
        for (commit, did) in texts.chain(work) {
            authors.add(context, commit, did, approval);
        }
        authors
    }

    fn add(&mut self, context: &Context<'_>, commit: usize, did: &str, approval: usize) {
        let facts = &context.sources.history.commits[commit];
        let policies =
            [Some(context.sources.policy), context.policy_before(commit), context.policy_before(approval)];
        let co_authors = facts.trailers.co_authors.iter().map(String::as_str);
        for email in std::iter::once(&*facts.author.email).chain(co_authors) {
            let found = policies.iter().flatten().find_map(|policy| {
                policy.person_by_email(email).map(|person| (person, policy.is_robot(person)))
            });
            match found {
                Some((_, true)) => {}
                Some((person, false)) => {
                    self.persons.insert((person.to_owned(), format!("{did} ({})", facts.id.short())));
                }
                None => self.unknown.push(email.to_owned()),
            }
        }
    }

    /// What a person did that makes them an author, as a predicate.
    pub(super) fn is_author(&self, person: &str) -> Option<String> {
        if self.requestor.as_deref() == Some(person) {
            return Some("asked for it".to_owned());
        }
        self.persons.iter().find(|(author, _)| author == person).map(|(_, did)| did.clone())
    }
}

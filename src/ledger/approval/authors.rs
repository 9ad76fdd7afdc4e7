//! Everybody who asked for, wrote or worked on a task: those who cannot approve it.

use std::collections::BTreeSet;

use super::Judged;
use crate::ledger::context::Context;
use crate::ledger::naming::RenumberedSides;
use crate::ledger::walk::{Key, RecordIx};

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
        // The record, and those that it was before it had its ID, each up to where it took the next one.
        let mut open = vec![(judged.record, None)];
        let mut seen: BTreeSet<(RecordIx, Option<usize>)> = open.iter().copied().collect();
        while let Some((record, until)) = open.pop() {
            let is_of_it = |commit: usize| until.is_none_or(|until| context.in_history(commit, until));
            let transitions = context.transitions(record);
            let texts = transitions.iter().filter(|transition| *context.key(transition) == Key::Scope);
            // Of another record that had the ID on its own side, and took another.
            let gone = RenumberedSides::of(context, record);
            let is_of_it = |commit: usize| is_of_it(commit) && (until.is_some() || !gone.has(commit));
            for commit in texts.map(|transition| transition.commit as usize).filter(|&c| is_of_it(c)) {
                match renumbering(context, record, commit) {
                    None => authors.add(context, commit, "wrote a part of its text", approval),
                    Some(earlier) => open.extend(earlier.filter(|earlier| seen.insert(*earlier))),
                }
            }
            for &commit in context.work(record).iter().filter(|&&commit| is_of_it(commit)) {
                authors.add(context, commit, "did a part of its work", approval);
            }
        }
        authors
    }

    fn add(&mut self, context: &Context<'_>, commit: usize, did: &str, approval: usize) {
        let facts = &context.sources.history.commits[commit];
        let policies = [Some(context.sources.policy), context.judge(commit), context.judge(approval)];
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

/// Whether all that a commit did to a record's text was to renumber it, or what it names; with what the record was
/// before and the commit up to which it was that, where it is the one that took another ID.
#[expect(clippy::option_option, reason = "no renumbering, one of another record, one of this record")]
fn renumbering(
    context: &Context<'_>,
    record: RecordIx,
    commit: usize,
) -> Option<Option<(RecordIx, Option<usize>)>> {
    let (_, id) = &context.sources.walk.ids[record as usize];
    let all = context.sources.renumberings.get(&commit)?;
    if let Some(own) = all.iter().find(|renumbered| renumbered.new == *id) {
        return Some(context.record(&own.old).map(|old| (old, Some(own.before))));
    }
    all.iter().any(|renumbered| renumbered.alike.contains(id)).then_some(None)
}

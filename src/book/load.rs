//! From a request to the state of every record: the phases in a row.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::evidence::attach_evidence;
use super::facts::{Facts, FreshFacts, Read};
use super::settings::parse_config;
use super::shown::{Pair, attach_diagnostics, ids, present};
use super::{Book, BookConfig, BookError, POLICY_FILE, Request, Snapshot};
use crate::diagnostic::Diagnostic;
use crate::history::{CommitId, History};
use crate::ledger::{self, CommitRef, Derived, Ledger, Shown, State, WorkTree};
use crate::policy::Policy;
use crate::record::{Record, RecordId, RecordType};
use crate::template::RecordTemplates;

/// A book at one commit and moment.
pub struct Loaded {
    /// The derived state.
    pub state: Arc<State>,
    /// The settings that hold there.
    pub config: BookConfig,
    /// The record templates, the book's own over the built-in ones.
    pub templates: RecordTemplates,
    /// What to tell the user about the cache.
    pub remark: Option<String>,
    /// The work tree's own reading of records that differ from the commit's, by the commit's path.
    pub in_work_tree: BTreeMap<String, Arc<Record>>,
    pub(super) request: Request,
    pub(super) facts: Arc<Facts>,
    /// The files that were shown.
    pub(super) shown: Vec<Shown>,
    trunk_tip: Option<CommitId>,
}

impl Loaded {
    /// What was asked.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The policy in force there.
    pub fn policy(&self) -> &Policy {
        &self.facts.rules.policy
    }

    /// The commits in the history of what was read and of the trunk.
    pub fn history(&self) -> &History {
        &self.facts.history
    }

    /// What questions are asked of; `None` before the first commit.
    pub(super) fn ledger(&self) -> Option<Ledger<'_>> {
        self.facts.ledger(&self.shown, self.state.now)
    }

    /// Every ID that this history ever held, deleted records included.
    pub fn ids_ever(&self) -> impl Iterator<Item = &RecordId> {
        self.facts.walk.ids_ever()
    }

    /// First and last second since the epoch at which the same is derived.
    pub fn holds(&self) -> RangeInclusive<i64> {
        let dues = self.state.records.iter().filter_map(|record| record.review_due);
        ledger::holds(dues, self.state.now)
    }

    /// How each thing of a record came to be in the state it is in.
    pub fn stories(&self, record_type: RecordType, id: &RecordId) -> Vec<ledger::Story> {
        self.ledger().map_or_else(Vec::new, |ledger| ledger.stories(record_type, id))
    }

    /// Whether another reading was of the same commits, at the same moment and by the same policy.
    pub fn is_of_commits_of(&self, other: &Loaded) -> bool {
        Arc::ptr_eq(&self.facts, &other.facts) && self.state.now == other.state.now
    }

    /// Whether the policy file says something that is not in force.
    pub fn is_policy_pending(&self) -> bool {
        self.facts.rules.pending.is_some()
    }

    /// Whether what a commit gave to the policy waits for the word of a person.
    pub fn awaits_word(&self, person: &str, commit: CommitId) -> bool {
        let position = self.history().position(commit);
        position.is_some_and(|position| self.facts.rules.awaits_word(person, position))
    }

    /// The commit of the trunk that began the policy; `None` without a trunk, or before there is a policy.
    pub fn policy_root(&self) -> Option<CommitId> {
        let root = self.facts.trunk.and_then(|_| self.facts.rules.line.root())?;
        Some(self.history().commits[root].id)
    }

    /// The policy in force after a commit of the trunk's line; `None` where there is none that can be read.
    pub(super) fn in_force_after(&self, commit: CommitId) -> Option<&Policy> {
        self.facts.rules.after(self.history(), self.history().position(commit)?)
    }

    /// The trunk's tip; `None` where nothing names a trunk.
    pub fn trunk_tip(&self) -> Option<CommitId> {
        self.trunk_tip
    }

    /// The commit that was read.
    pub fn commit(&self) -> Option<CommitId> {
        self.state.at.as_ref().map(|at| at.commit)
    }

    /// Everything that is wrong: with the settings, the records by themselves, by the policy and beside each
    /// other. What the work tree holds is judged where there is one, else the commit.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        in_order(self.found()).into_iter().cloned().collect()
    }

    /// The same as it was found, some of it twice.
    pub(super) fn found(&self) -> impl Iterator<Item = &Diagnostic> {
        let of_records = self.state.records.iter().flat_map(|record| &record.diagnostics);
        self.state.diagnostics.iter().chain(of_records)
    }

    /// The texts that the diagnostics point into, by path.
    pub fn sources_of_work_tree(&self, book: &Book) -> BTreeMap<String, Arc<str>> {
        let records = self.state.records.iter();
        records
            .map(|state| {
                let path = state.record.path.clone();
                let on_disk = match (&book.root, state.work_tree) {
                    (Some(root), WorkTree::Modified) => {
                        std::fs::read_to_string(root.join(&path)).ok().map(Arc::from)
                    }
                    _ => None,
                };
                (path, on_disk.unwrap_or_else(|| Arc::clone(&state.record.source)))
            })
            .collect()
    }
}

impl Book {
    /// Reads the book and derives its state.
    ///
    /// # Errors
    /// [`BookError::Settings`] when `book.toml` or the policy of what is read is unusable (nobody has authority
    /// then, and no answer would be right); history's errors.
    pub fn load(&self, request: &Request) -> Result<Loaded, BookError> {
        self.derive(self.snapshot(request)?, None)
    }

    /// The phases after the snapshot: facts, ledger, state. Facts of the same commits that were read `before` are not read
    /// again.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn derive(&self, mut snapshot: Snapshot, before: Option<&Loaded>) -> Result<Loaded, BookError> {
        let ((facts, fresh), pairs) = self.facts_and_files(&mut snapshot, before)?;
        let remark = fresh.as_ref().and_then(FreshFacts::remark);
        let config = parse_config(&snapshot.book_file)?;
        let templates = RecordTemplates::new(std::mem::take(&mut snapshot.templates));
        let shown: Vec<Shown> = pairs.iter().map(|pair| pair.shown.clone()).collect();
        let edited = pairs
            .iter()
            .filter_map(|pair| Some((pair.shown.record.path.clone(), Arc::clone(pair.on_disk.as_ref()?))));
        let in_work_tree: BTreeMap<String, Arc<Record>> = edited.collect();
        let policy = &facts.rules.policy;
        let Derived { mut records, diagnostics: of_history } = std::thread::scope(|scope| {
            // Whoever reads the answer need not wait until the facts are kept.
            scope.spawn(|| fresh.as_ref().map(|fresh| fresh.save(&facts.history)));
            let mut derived = match facts.ledger(&shown, snapshot.now) {
                Some(ledger) => ledger.states(POLICY_FILE),
                None => Ledger::drafts(&shown),
            };
            attach_diagnostics(&mut derived.records, &pairs, policy, &templates, &ids(&pairs));
            derived
        });
        drop_later(fresh);
        self.name_changes(&mut records, policy)?;
        records.sort_by_cached_key(|record| (record.record_type, natural(&record.name)));
        let mut diagnostics = ledger::duplicates(present(&pairs).map(Pair::judged));
        diagnostics.extend(of_history);
        diagnostics.extend(attach_evidence(&mut records, &in_work_tree, snapshot.evidence.as_ref(), policy));
        diagnostics.extend(self.watch(&snapshot, &facts.history));
        let Snapshot { request, head, now, trunk, .. } = snapshot;
        let trunk_tip = trunk.as_ref().map(|(_, tip)| *tip);
        let state = Arc::new(State {
            at: facts.tip.map(|tip| evidence(&facts.history, policy, tip)),
            now,
            branch: head.branch.filter(|_| request.is_of_work_tree()),
            trunk: trunk.map(|(name, _)| name),
            records,
            diagnostics,
        });
        Ok(Loaded { state, config, templates, remark, in_work_tree, request, facts, shown, trunk_tip })
    }

    /// Reads history, and beside it the files of the commit, which are compared with those of the work tree.
    fn facts_and_files(
        &self,
        snapshot: &mut Snapshot,
        before: Option<&Loaded>,
    ) -> Result<(Read, Vec<Pair>), BookError> {
        let (other, tip, on_disk) = (self.reopen()?, snapshot.tip, snapshot.on_disk.take());
        // The walk is a thing for one thread; the files are read and parsed beside it.
        std::thread::scope(|scope| {
            let pairs = scope.spawn(move || other.shown(tip, on_disk));
            let read = self.facts(snapshot, before.map(|before| &before.facts))?;
            let pairs = pairs.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok((read, pairs))
        })
    }
}

/// Drops what is much, as everything of a long history is, while others go on.
pub fn drop_later(value: impl Send + 'static) {
    rayon::spawn(move || drop(value));
}

/// By file and place, each once.
pub(super) fn in_order<'d>(found: impl Iterator<Item = &'d Diagnostic>) -> Vec<&'d Diagnostic> {
    let mut found: Vec<&Diagnostic> = found.collect();
    found.sort_by(|a, b| (&a.path, a.span.start, a.code).cmp(&(&b.path, b.span.start, b.code)));
    found.dedup();
    found
}

pub(super) fn evidence(history: &History, policy: &Policy, position: usize) -> CommitRef {
    let commit = &history.commits[position];
    CommitRef {
        commit: commit.id,
        author: commit.author.name.clone(),
        email: commit.author.email.clone(),
        time: commit.committer.time,
        person: policy.person_by_email(&commit.author.email).map(Into::into),
        subject: commit.subject.clone(),
    }
}

/// A key that sorts `INFRA-9` before `INFRA-10`.
pub(crate) fn natural(name: &str) -> Vec<(u8, u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let other = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(if digits > 0 { digits } else { other });
        match part.parse::<u64>() {
            Ok(number) if digits > 0 => parts.push((0, number, part.to_owned())),
            _ => parts.push((1, 0, part.to_owned())),
        }
        rest = tail;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_order() {
        let mut names = ["INFRA-100", "INFRA-20", "INFRA-DOC-01", "a", "INFRA-3"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["INFRA-3", "INFRA-20", "INFRA-100", "INFRA-DOC-01", "a"]);
    }
}

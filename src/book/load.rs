//! Reads a book at one commit and moment, and derives its state.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::edited::Diagnosed;
use super::evidence::attach_evidence;
use super::files::RecordFile;
use super::inputs::Inputs;
use super::prepared::{Asked, Extent, Prepared, ToKeep};
use super::settings::parse_config;
use super::shown::{Pair, attach_diagnostics, ids, present, shown_again};
use super::{Book, BookConfig, BookError, POLICY_FILE};
use crate::diagnostic::Diagnostic;
use crate::history::{CommitId, FactCache, History};
use crate::ledger::{self, CommitRef, Depth, Shown, State, WorkTree};
use crate::policy::Policy;
use crate::record::{Record, RecordId, RecordType};
use crate::template::RecordTemplates;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// A revision or a date; `None` for `HEAD` and the work tree beside it.
    pub at: Option<String>,
    /// The clock, as seconds since the epoch. Where `at` is given and the clock is not stated, it is the moment
    /// that `at` means.
    pub now: i64,
    /// Whether the user gave the clock.
    pub now_is_stated: bool,
    /// The branch that counts, when the user names one.
    pub trunk: Option<String>,
    /// The trunk's tip as it would be, for a commit that would be its next one.
    pub trunk_tip: Option<CommitId>,
    /// The commit that begins the policy in force, when the user names one.
    pub policy_root: Option<String>,
    /// Whether facts that an earlier run read may stand for the objects.
    pub cache: CacheUse,
    /// What is judged.
    pub view: View,
    /// How much is asked.
    pub depth: Depth,
}

impl Ask {
    /// Whether the work tree is looked at beside `HEAD`.
    pub(super) fn is_of_work_tree(&self) -> bool {
        self.at.is_none() && self.view == View::Head
    }
}

/// Whether the cache below the git directory is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CacheUse {
    /// Everything comes from objects, and nothing is written.
    #[default]
    Refused,
    /// What is known is not read again.
    Allowed,
}

/// What is read and judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum View {
    /// What `at` names, else `HEAD` and the work tree beside it.
    #[default]
    Head,
    /// What `at` names, else the trunk's tip.
    Trunk,
    /// A revision as if it were merged into the trunk's tip: its records and approvals, the trunk's policy and
    /// withdrawals.
    Landed(String),
}

/// A book at one commit and moment.
pub struct Loaded {
    /// The derived state.
    pub state: Arc<State>,
    /// The settings that hold there.
    pub config: BookConfig,
    /// The policy in force there.
    pub policy: Policy,
    /// The record templates, the book's own over the built-in ones.
    pub templates: RecordTemplates,
    /// The commits in the history of what was read and of the trunk.
    pub history: Arc<History>,
    /// What to tell the user about the cache.
    pub remark: Option<String>,
    /// What was read of that history besides.
    pub(super) prepared: Arc<Prepared>,
    /// The files that were shown.
    pub(super) shown: Vec<Shown>,
    pub(super) derived: Diagnosed,
    /// The commits that were read: what is shown, and the trunk's tip.
    tips: (Option<CommitId>, Option<CommitId>),
    /// The work tree's own reading of records that differ from the commit's, by the commit's path.
    pub in_work_tree: BTreeMap<String, Arc<Record>>,
}

impl Loaded {
    /// Every ID that this history ever held, deleted records included.
    pub fn ids_ever(&self) -> impl Iterator<Item = &RecordId> {
        self.prepared.walk.ids_ever()
    }

    /// First and last second since the epoch at which the same is derived.
    pub fn holds(&self) -> RangeInclusive<i64> {
        let dues = self.state.records.iter().filter_map(|record| record.review_due);
        ledger::holds(dues, self.state.now)
    }

    /// How each thing of a record came to be in the state it is in.
    pub fn stories(&self, record_type: RecordType, id: &RecordId) -> Vec<ledger::Story> {
        let sources = self.prepared.sources(&self.history, &self.policy, self.state.now);
        sources.map_or_else(Vec::new, |sources| ledger::stories(sources, &self.shown, record_type, id))
    }

    /// What it knows of its commits.
    fn read(&self) -> Read {
        let (history, prepared) = (Arc::clone(&self.history), Arc::clone(&self.prepared));
        let policy = self.policy.clone();
        Read { history, prepared, policy, pairs: Vec::new(), remark: None, to_keep: None }
    }

    /// Whether another reading was of the same commits, at the same moment and by the same policy.
    pub fn is_of_commits_of(&self, other: &Loaded) -> bool {
        self.tips == other.tips && self.state.now == other.state.now && self.policy == other.policy
    }

    /// Whether the policy file says something that is not in force.
    pub fn is_policy_pending(&self) -> bool {
        self.prepared.is_policy_pending()
    }

    /// Whether what a commit gave to the policy waits for the word of a person.
    pub fn awaits_word(&self, person: &str, commit: CommitId) -> bool {
        let position = self.history.position(commit);
        position.is_some_and(|position| self.prepared.awaits_word(person, position))
    }

    /// The commit of the trunk that began the policy; `None` without a trunk, or before there is a policy.
    pub fn policy_root(&self) -> Option<CommitId> {
        let root = self.prepared.trunk().and_then(|_| self.prepared.line().root())?;
        Some(self.history.commits[root].id)
    }

    /// The policy in force after a commit of the trunk's line; `None` where there is none that can be read.
    pub(super) fn in_force_after(&self, commit: CommitId) -> Option<&Policy> {
        self.prepared.in_force_after(&self.history, self.history.position(commit)?)
    }

    /// The trunk's tip; `None` where nothing names a trunk.
    pub fn trunk_tip(&self) -> Option<CommitId> {
        self.tips.1
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
    pub fn load(&self, ask: &Ask) -> Result<Loaded, BookError> {
        self.load_from(self.inputs(ask)?, ask)
    }

    /// Derives the state from inputs that were read for the same question.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_from(&self, inputs: Inputs, ask: &Ask) -> Result<Loaded, BookError> {
        self.load_after(inputs, ask, None)
    }

    /// The same, after the book was read before: what that knows of the same commits is not read again.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_after(
        &self,
        inputs: Inputs,
        ask: &Ask,
        before: Option<&Loaded>,
    ) -> Result<Loaded, BookError> {
        let Inputs { head, tip, now, trunk, seen, evidence: evidence_on_disk, .. } = inputs;
        let trunk_tip = trunk.as_ref().map(|(_, id)| *id);
        let asked = Asked { tip, trunk: trunk_tip, depth: ask.depth };
        // Of the same commits the same policy is in force.
        let is_same = |before: &&Loaded| {
            before.tips == (tip, trunk_tip) && tip.is_some() && before.prepared.depth() == ask.depth
        };
        let before = before.filter(is_same);
        let again = before.and_then(|before| {
            let pairs = shown_again(&before.shown, inputs.on_disk.as_ref())?;
            Some(Read { pairs, ..before.read() })
        });
        let before = before.filter(|before| again.is_some() && before.state.now == now);
        let Read { history, prepared, policy, pairs, remark, to_keep } = match again {
            Some(read) => read,
            None => self.read(asked, ask, inputs.on_disk)?,
        };
        let templates = RecordTemplates::new(inputs.templates);
        let config = parse_config(&inputs.book_file)?;
        let shown: Vec<Shown> = pairs.iter().map(|pair| pair.shown.clone()).collect();
        let in_work_tree = pairs
            .iter()
            .filter_map(|pair| Some((pair.shown.record.path.clone(), Arc::clone(pair.on_disk.as_ref()?))))
            .collect();
        let known = before.filter(|before| before.differs_by_edits(&pairs, &templates));
        let (mut records, derived) = std::thread::scope(|scope| {
            if let Some(to_keep) = &to_keep {
                scope.spawn(|| to_keep.save(&history));
            }
            match known {
                Some(known) => known.edited(&pairs, &templates),
                None => {
                    let sources = prepared.sources(&history, &policy, now);
                    let derived = ledger::derive(sources, &prepared.named, &shown, POLICY_FILE);
                    let (mut records, derived) = Diagnosed::taken_from(derived);
                    attach_diagnostics(&mut records, &pairs, &policy, &templates, &ids(&pairs));
                    (records, derived)
                }
            }
        });
        // Nobody waits until the facts of thousands of versions are taken apart.
        rayon::spawn(move || drop(to_keep));
        if known.is_none() {
            self.name_changes(&mut records, &policy)?;
        }
        records.sort_by_cached_key(|record| (record.record_type, natural(&record.name)));
        let lost = attach_evidence(&mut records, &in_work_tree, evidence_on_disk.as_ref(), &policy);
        let mut diagnostics = ledger::duplicates(present(&pairs).map(Pair::judged));
        diagnostics.extend(derived.of_book.iter().cloned());
        diagnostics.extend(lost);
        diagnostics.extend(self.watch(ask, trunk.as_ref(), seen, &history));
        let state = Arc::new(State {
            at: tip.and_then(|id| history.position(id)).map(|tip| evidence(&history, &policy, tip)),
            now,
            branch: head.branch.filter(|_| ask.is_of_work_tree()),
            trunk: trunk.map(|(name, _)| name),
            records,
            diagnostics,
        });
        let tips = (tip, trunk_tip);
        Ok(Loaded {
            state,
            config,
            policy,
            templates,
            history,
            remark,
            prepared,
            shown,
            derived,
            tips,
            in_work_tree,
        })
    }

    /// Reads the history of commits, what the ledger needs of it, and the files that are shown.
    fn read(
        &self,
        asked: Asked,
        ask: &Ask,
        on_disk: Option<BTreeMap<String, RecordFile>>,
    ) -> Result<Read, BookError> {
        let (other, tip) = (self.reopen()?, asked.tip);
        // The walk is a thing for one thread; the files are read and parsed beside it.
        std::thread::scope(|scope| {
            let shown = scope.spawn(move || other.shown(tip, on_disk));
            let shown = || shown.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let (history, mut cache) = self.read_commits(asked, ask.cache)?;
            let remark = cache.as_ref().and_then(FactCache::remark);
            let ruled = self.ruled(&history, asked, ask, cache.as_mut())?;
            let policy = ruled.policy.clone();
            let (pairs, (prepared, to_keep)) = match asked.depth {
                Depth::Everything => {
                    let prepared = self.prepare(&history, asked, ruled, cache, Extent::Everything)?;
                    (shown()?, prepared)
                }
                // What the files say decides whose versions are read.
                Depth::Standing => {
                    let pairs = shown()?;
                    let files: Vec<Shown> = pairs.iter().map(|pair| pair.shown.clone()).collect();
                    let prepared = self.prepare(&history, asked, ruled, cache, Extent::Standing(&files))?;
                    (pairs, prepared)
                }
            };
            let (history, prepared) = (Arc::new(history), Arc::new(prepared));
            Ok(Read { history, prepared, policy, pairs, remark, to_keep })
        })
    }

    /// The commits in the history of what is asked, and what the cache knows of them besides.
    pub(super) fn read_commits(
        &self,
        asked: Asked,
        cache: CacheUse,
    ) -> Result<(History, Option<FactCache>), BookError> {
        // Which policy is in force is told by the commits; that of the files is the same nearly always.
        let likely = self.policy_or_builtin(asked.trunk.or(asked.tip));
        let mut cache = match cache {
            CacheUse::Allowed => FactCache::open(&self.repository, &self.path, &likely.scope),
            CacheUse::Refused => None,
        };
        let tips: Vec<CommitId> = asked.tip.into_iter().chain(asked.trunk).collect();
        let history = self.repository.read_with(&tips, &self.path, cache.as_mut())?;
        Ok((history, cache))
    }

    /// Which commit is read, at which moment, beside which trunk.
    pub(super) fn viewed(&self, ask: &Ask, head: Option<CommitId>) -> Result<Viewed, BookError> {
        let trunk = self.trunk(ask, &self.policy_or_builtin(head))?;
        let trunk = trunk.map(|(name, tip)| (name, ask.trunk_tip.unwrap_or(tip)));
        let of_trunk = || trunk.clone().ok_or_else(|| self.no_trunk());
        let (tip, now) = match (&ask.at, &ask.view) {
            (Some(at), _) => {
                let (tip, moment) = self.moment(at, ask)?;
                (Some(tip), if ask.now_is_stated { ask.now } else { moment })
            }
            (None, View::Head) => (head, ask.now),
            (None, View::Trunk) => (Some(of_trunk()?.1), ask.now),
            (None, View::Landed(revision)) => {
                of_trunk()?;
                (Some(self.repository.resolve(revision)?), ask.now)
            }
        };
        Ok(Viewed { tip, now, trunk })
    }
}

/// By file and place, each once.
pub(super) fn in_order<'d>(found: impl Iterator<Item = &'d Diagnostic>) -> Vec<&'d Diagnostic> {
    let mut found: Vec<&Diagnostic> = found.collect();
    found.sort_by(|a, b| (&a.path, a.span.start, a.code).cmp(&(&b.path, b.span.start, b.code)));
    found.dedup();
    found
}

/// What was read for a derivation.
struct Read {
    history: Arc<History>,
    prepared: Arc<Prepared>,
    policy: Policy,
    pairs: Vec<Pair>,
    remark: Option<String>,
    to_keep: Option<ToKeep>,
}

/// What was asked for, found.
pub(super) struct Viewed {
    pub(super) tip: Option<CommitId>,
    pub(super) now: i64,
    pub(super) trunk: Option<(String, CommitId)>,
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

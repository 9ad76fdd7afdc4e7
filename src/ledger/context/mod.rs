//! What every derivation looks at, indexed once.

mod index;

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::authority::Worth;
use super::derive::Shown;
use super::ix::{RecordIx, ValueIx};
use super::law::{ABSENT, Cell};
use super::overlap::Touching;
use super::services::services;
use super::sources::Sources;
use super::state::CommitRef;
use super::walk::{Binding, Key, Move, Node, Transition, Value, Withdrawal};
use crate::history::BlobId;
use crate::policy::Policy;
use crate::record::{ItemKey, Record, RecordType, ScopeHash, normalize};
pub(super) use index::EmergencyDeployment;
use index::Index;

/// What one commit has in its history, judged by one policy.
#[derive(Clone)]
pub(super) struct Context<'a> {
    pub(super) sources: Sources<'a>,
    index: Arc<Index<'a>>,
    reach: Reach,
}

/// How it is told whether a commit is in the view's history.
#[derive(Clone)]
enum Reach {
    /// All of them are.
    Everything,
    /// By position.
    Marked(Arc<[bool]>),
    /// By ancestry of the view's commit.
    Ancestry,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        sources: Sources<'a>,
        named: &FxHashMap<usize, Vec<RecordIx>>,
        shown: &'a [Shown],
    ) -> Self {
        let plain = Self::without_covers(sources, named, shown);
        if sources.covers.is_empty() {
            return plain;
        }
        let (mut named, mut covering) = (named.clone(), FxHashMap::<usize, Vec<RecordIx>>::default());
        for covered in sources.covers.in_force(&plain) {
            for &commit in &covered.commits {
                for tasks in [named.entry(commit).or_default(), covering.entry(commit).or_default()] {
                    if let Err(place) = tasks.binary_search(&covered.task) {
                        tasks.insert(place, covered.task);
                    }
                }
            }
        }
        let index = Index { covering, ..Index::new(&sources, &named, shown) };
        Context { index: Arc::new(index), ..plain }
    }

    fn without_covers(
        sources: Sources<'a>,
        named: &FxHashMap<usize, Vec<RecordIx>>,
        shown: &'a [Shown],
    ) -> Self {
        let reachable = sources.history.reachable(sources.tip);
        let reach = match reachable.iter().all(|reached| *reached) {
            true => Reach::Everything,
            false => Reach::Marked(reachable.into()),
        };
        Context { sources, index: Arc::new(Index::new(&sources, named, shown)), reach }
    }

    /// The view of another commit, judged by another policy.
    pub(super) fn at(&self, tip: usize, policy: &'a Policy) -> Self {
        let sources = Sources { tip, policy, ..self.sources };
        Context { sources, index: Arc::clone(&self.index), reach: Reach::Ancestry }
    }

    /// Whether a commit is in the view's history.
    pub(super) fn has(&self, commit: usize) -> bool {
        match &self.reach {
            Reach::Everything => true,
            Reach::Marked(reachable) => reachable[commit],
            Reach::Ancestry => self.in_history(commit, self.sources.tip),
        }
    }

    fn seen<'s, T: Copy>(&self, items: &'s [T], commit: impl Fn(&T) -> usize) -> Cow<'s, [T]> {
        match self.reach {
            Reach::Everything => Cow::Borrowed(items),
            _ => items.iter().copied().filter(|item| self.has(commit(item))).collect(),
        }
    }

    /// The record of that type and ID.
    pub(super) fn record(&self, record_type: RecordType, id: &str) -> Option<RecordIx> {
        self.sources.walk.record(record_type, id)
    }

    pub(super) fn node(&self, record: RecordIx) -> Option<&Node> {
        self.sources
            .walk
            .node(self.sources.history, self.sources.tip, record)
            .filter(|node| !node.files.records.is_empty())
    }

    /// The parsed file of a record in the view; `None` when it is broken, absent, or was not asked to be kept.
    pub(super) fn parsed(&self, record: RecordIx) -> Option<&'a Record> {
        match &self.node(record)?.files.records[..] {
            [(_, file)] => self.file(record, file.blob).filter(|record| !record.is_broken()),
            _ => None,
        }
    }

    fn file(&self, record: RecordIx, blob: BlobId) -> Option<&'a Record> {
        let record_type = self.sources.walk.ids[record].0;
        self.index.parsed.get(&(record_type, blob)).copied()
    }

    /// The parsed file of a record in the view, or today's where that is not kept and has the same material text.
    pub(super) fn parsed_alike(&self, record: RecordIx) -> Option<&'a Record> {
        let today = || {
            let walk = self.sources.walk;
            let node = walk.node(self.sources.history, self.sources.trunk?, record)?;
            let scope = walk.keys.find(&Key::Scope)?;
            let alike = self.node(record)?.cell(scope).map(|cell| cell.value)
                == node.cell(scope).map(|cell| cell.value);
            match &node.files.records[..] {
                [(_, file)] if alike => self.file(record, file.blob),
                _ => None,
            }
        };
        self.parsed(record).or_else(today).filter(|record| !record.is_broken())
    }

    /// Whether a record or a runbook names a service.
    pub(super) fn names_service(&self, service: &str) -> bool {
        let all = self.index.services.get_or_init(|| services(self.index.parsed.values().copied()));
        all.contains(&normalize(service))
    }

    /// The deployments of emergencies, in the view's history or not.
    pub(super) fn emergencies(&self) -> &[EmergencyDeployment] {
        self.index.emergencies.get_or_init(|| super::gate::emergencies(self))
    }

    /// Which evidence of the view speaks of which resource. The first view that asks is the whole one: what a deployment was
    /// judged on asks nothing of other tasks.
    pub(super) fn touching(&self) -> &Touching {
        self.index.touching.get_or_init(|| Touching::of(self))
    }

    /// The cell of a thing at the tip; `None` when it is absent there.
    pub(super) fn cell(&self, record: RecordIx, key: &Key) -> Option<&Cell> {
        let key = self.sources.walk.keys.find(key)?;
        self.node(record)?.cell(key).filter(|cell| cell.value != ABSENT)
    }

    /// The items of a record in the view.
    pub(super) fn items(&self, record: RecordIx) -> impl Iterator<Item = &'a ItemKey> {
        let walk = self.sources.walk;
        let node = walk.node(self.sources.history, self.sources.tip, record);
        let cells =
            node.into_iter().flat_map(|node| node.cells.iter()).filter(|(_, cell)| cell.value != ABSENT);
        cells.filter_map(|(key, _)| match walk.keys.item(*key) {
            Key::Item(item) => Some(item),
            _ => None,
        })
    }

    pub(super) fn key(&self, transition: &Transition) -> &'a Key {
        self.sources.walk.keys.item(transition.key)
    }

    pub(super) fn value(&self, number: ValueIx) -> &'a Value {
        self.sources.walk.values.item(number)
    }

    pub(super) fn scope(&self, number: ValueIx) -> Option<ScopeHash> {
        match self.value(number) {
            Value::Scope(scope) => Some(*scope),
            _ => None,
        }
    }

    /// Transitions of a record in the view's history, parents before children.
    pub(super) fn transitions(&self, record: RecordIx) -> Cow<'_, [&'a Transition]> {
        self.seen(self.index.transitions.of(record), |t| t.commit as usize)
    }

    /// Those of a key of the frontmatter.
    pub(super) fn changes_of(&self, record: RecordIx, field: &str) -> Vec<&'a Transition> {
        let transitions = self.transitions(record);
        let is_of = |t: &&&Transition| matches!(self.key(t), Key::Field(own) if &**own == field);
        transitions.iter().filter(is_of).copied().collect()
    }

    /// Transitions of a record that another commit has in its history and the view has not.
    pub(super) fn transitions_beside(
        &self,
        record: RecordIx,
        other: usize,
    ) -> impl Iterator<Item = &'a Transition> {
        self.index.transitions.of(record).iter().copied().filter(move |transition| {
            let commit = transition.commit as usize;
            !self.has(commit) && self.in_history(commit, other)
        })
    }

    /// Ticks and detached approvals that were taken away, whether the view's history holds that or not.
    pub(super) fn withdrawals(&self, record: RecordIx) -> &[&'a Withdrawal] {
        self.index.withdrawals.of(record)
    }

    pub(super) fn moves(&self, record: RecordIx) -> Cow<'_, [&'a Move]> {
        self.seen(self.index.moves.of(record), |m| m.commit as usize)
    }

    /// The last note of a decision's tasks' scopes made by one of `commits`.
    pub(super) fn binding(&self, decision: RecordIx, commits: &[u32]) -> Option<&'a Binding> {
        self.index
            .bindings
            .of(decision)
            .iter()
            .rev()
            .find(|binding| commits.contains(&binding.commit))
            .copied()
    }

    /// Decisions that ever listed a task.
    pub(super) fn listed_in(&self, task: RecordIx) -> &[RecordIx] {
        self.index.listed_in.get(&task).map_or(&[], Vec::as_slice)
    }

    /// Commits of the view's history that name a task, parents before children.
    pub(super) fn naming(&self, record: RecordIx) -> Cow<'_, [usize]> {
        self.seen(self.index.naming.get(&record).map_or(&[], Vec::as_slice), |commit| *commit)
    }

    /// Work commits of a task in the view's history, parents before children.
    pub(super) fn work(&self, record: RecordIx) -> Cow<'_, [usize]> {
        self.seen(self.index.work.get(&record).map_or(&[], Vec::as_slice), |commit| *commit)
    }

    /// The tasks that took a commit on after it had landed.
    pub(super) fn covering(&self, commit: usize) -> &[RecordIx] {
        self.index.covering.get(&commit).map_or(&[], Vec::as_slice)
    }

    /// The commits of the view's history that a task took on after they had landed, parents before children.
    pub(super) fn covered(&self, task: RecordIx) -> Vec<usize> {
        let covers = |commit: &usize| self.covering(*commit).contains(&task);
        let named = self.index.naming.get(&task).map_or(&[][..], Vec::as_slice);
        named.iter().copied().filter(|commit| covers(commit) && self.has(*commit)).collect()
    }

    /// Commits of the view's history that made a version of a record which cannot be read.
    pub(super) fn taints(&self, record: RecordIx) -> impl Iterator<Item = usize> {
        let taints = self.index.taints.get(&record).map_or(&[][..], Vec::as_slice);
        taints.iter().copied().filter(move |&commit| self.has(commit))
    }

    /// Commits of the view's history whose messages say yes to others.
    pub(super) fn affirming(&self) -> impl Iterator<Item = usize> {
        self.index.affirming.iter().copied().filter(move |&commit| self.has(commit))
    }

    /// Why what a commit did to a record is nobody's act, in words: it only brought to light what a version that cannot be
    /// read had hidden, or it was done in another book.
    pub(super) fn nobodys(&self, record: RecordIx, commit: usize) -> Option<String> {
        let short = || self.sources.history.commits[commit].id.short();
        if self.sources.walk.repairs.contains(&(commit, record)) {
            return Some(format!(
                "{} restored what was removed or unreadable, which is nobody's act",
                short()
            ));
        }
        let foreign = !self.sources.line.is_of_book(commit);
        foreign.then(|| format!("{} is from an unrelated history that a merge brought in", short()))
    }

    /// Commits of the view's history with work of their own that landed, or would land, in one step with another, whatever
    /// they name; parents before children. Where each commit that has not landed becomes a step of its own, none would.
    pub(super) fn work_landing_with(&self, commit: usize) -> impl Iterator<Item = usize> {
        let step = self.sources.line.landing(commit);
        let alone = step.is_none() && self.sources.policy.lands_commit_by_commit();
        self.index.steps.of(step).filter(move |&other| !alone && self.has(other))
    }

    /// The first commit of the trunk's line that has a commit in its history.
    pub(super) fn landing(&self, commit: usize) -> Option<usize> {
        self.sources.trunk.and_then(|_| self.sources.line.landing(commit))
    }

    pub(super) fn in_history(&self, ancestor: usize, descendant: usize) -> bool {
        self.sources.history.is_in_history(ancestor, descendant)
    }

    /// Whether a commit is on the trunk; `None` without a trunk.
    pub(super) fn landed(&self, commit: usize) -> Option<bool> {
        self.index.landed.as_ref().map(|landed| landed[commit])
    }

    /// The policy by which a commit is judged: the one that was in force when it landed, and for what has not landed
    /// the one that is in force now. `None` when that one cannot be read: nobody has authority then.
    pub(super) fn judge(&self, commit: usize) -> Option<&'a Policy> {
        let Sources { line, history, policies, builtin, .. } = self.sources;
        line.judge(commit, history, policies, builtin)
    }

    /// What commits are worth.
    pub(super) fn worth(&self) -> Worth<'a> {
        let line = self.sources.line;
        let is_on_line = Box::new(|commit| line.is_on(commit));
        Worth { history: self.sources.history, signatures: self.sources.signatures, is_on_line }
    }

    /// The policy in a commit; `None` when it cannot be used.
    pub(super) fn policy_of(&self, commit: usize) -> Option<&'a Policy> {
        match self.sources.history.commits[commit].policy {
            Some(file) if file.is_regular() => self.sources.policies.get(&file.blob)?.as_ref(),
            Some(_) => None,
            None => Some(self.sources.builtin),
        }
    }

    /// The commit as evidence.
    pub(super) fn evidence(&self, commit: usize) -> CommitRef {
        let facts = &self.sources.history.commits[commit];
        CommitRef {
            commit: facts.id,
            author: facts.author.name.clone(),
            email: facts.author.email.clone(),
            time: facts.author.time,
            person: self.index.people.get(&facts.author.email).cloned().flatten(),
            subject: facts.subject.clone(),
        }
    }

    /// Of several commits the one that all others led up to; of concurrent ones the later by the committer's
    /// clock, then by name, so that the answer depends on the graph alone.
    pub(super) fn latest(&self, commits: impl IntoIterator<Item = usize>) -> Option<usize> {
        let mut commits: Vec<usize> = commits.into_iter().collect();
        commits.sort_unstable();
        commits.dedup();
        let facts = &self.sources.history.commits;
        let last = |candidates: &[usize]| {
            candidates.iter().copied().max_by_key(|&c| (facts[c].committer.time.seconds, facts[c].id))
        };
        let latest = last(&commits)?;
        if commits.iter().all(|&commit| self.in_history(commit, latest)) {
            return Some(latest);
        }
        let heads: Vec<usize> = commits
            .iter()
            .copied()
            .filter(|&commit| !commits.iter().any(|&other| other != commit && self.in_history(commit, other)))
            .collect();
        last(&heads)
    }

    /// Owners of a cell, oldest first.
    pub(super) fn owners(&self, cell: &Cell) -> Vec<usize> {
        cell.owners.as_slice().iter().map(|&commit| commit as usize).collect()
    }
}

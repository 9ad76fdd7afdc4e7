//! What every derivation looks at, indexed once.

use std::collections::HashMap;

use super::law::{ABSENT, Cell};
use super::state::Evidence;
use super::walk::{Binding, Key, Move, Node, RecordIx, Transition, Value, Walk};
use crate::history::{BlobId, History};
use crate::policy::Policy;
use crate::record::{RecordId, ScopeHash};

/// Policies by the content of `policy.toml`; `None` for one that cannot be used.
pub type Policies = HashMap<BlobId, Option<Policy>>;

/// The paths of each commit that names a task: its own work (see `history`), by position.
pub type WorkPaths = HashMap<usize, Vec<String>>;

/// Everything that state is derived from. All of it comes from objects that never change, but for `now`.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The commits.
    pub history: &'a History,
    /// The outcome of the walk.
    pub walk: &'a Walk,
    /// Work of commits that name tasks.
    pub work_paths: &'a WorkPaths,
    /// Every policy that some commit had.
    pub policies: &'a Policies,
    /// The built-in policy, for commits before the first `policy.toml`.
    pub builtin: &'a Policy,
    /// The policy of the state that is judged.
    pub policy: &'a Policy,
    /// The commit that is judged.
    pub tip: usize,
    /// The tip of the trunk, when there is one.
    pub trunk: Option<usize>,
    /// The moment, as seconds since the epoch.
    pub now: i64,
}

/// The sources with indexes over what the tip has in its history.
pub(super) struct Context<'a> {
    pub(super) sources: Sources<'a>,
    pub(super) reachable: Vec<bool>,
    landed: Option<Vec<bool>>,
    transitions: HashMap<RecordIx, Vec<&'a Transition>>,
    moves: HashMap<RecordIx, Vec<&'a Move>>,
    bindings: HashMap<RecordIx, Vec<&'a Binding>>,
    work: HashMap<RecordIx, Vec<usize>>,
}

/// Whose the commits are that name tasks: by `Change:` trailer or by a word of the subject.
pub fn named_tasks(history: &History, walk: &Walk, book: Option<&str>) -> HashMap<usize, Vec<RecordIx>> {
    let mut named: HashMap<usize, Vec<RecordIx>> = HashMap::new();
    for (position, commit) in history.commits.iter().enumerate() {
        let is_id_byte = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let words = commit.subject.split(|c| !is_id_byte(c)).map(|word| word.trim_end_matches('-'));
        let trailers = commit.trailers.changes.iter().filter_map(|change| match change.rsplit_once('/') {
            Some((of_book, id)) => (Some(of_book) == book).then_some(id),
            None => Some(change.as_str()),
        });
        let mut tasks: Vec<RecordIx> = words
            .chain(trailers)
            .filter_map(|word| walk.id_index.get(&RecordId::parse(word).ok()?).copied())
            .filter(|record| walk.ids[*record as usize].0 == crate::record::RecordType::Task)
            .collect();
        tasks.sort_unstable();
        tasks.dedup();
        if !tasks.is_empty() {
            named.insert(position, tasks);
        }
    }
    named
}

impl<'a> Context<'a> {
    pub(super) fn new(sources: Sources<'a>, named: &HashMap<usize, Vec<RecordIx>>) -> Self {
        let reachable = sources.history.reachable(sources.tip);
        let landed = sources.trunk.map(|trunk| sources.history.reachable(trunk));
        let in_history = |commit: u32| reachable[commit as usize];
        let mut transitions: HashMap<RecordIx, Vec<&Transition>> = HashMap::new();
        for transition in sources.walk.transitions.iter().filter(|t| in_history(t.commit)) {
            transitions.entry(transition.record).or_default().push(transition);
        }
        let mut moves: HashMap<RecordIx, Vec<&Move>> = HashMap::new();
        for moved in sources.walk.moves.iter().filter(|m| in_history(m.commit)) {
            moves.entry(moved.record).or_default().push(moved);
        }
        let mut bindings: HashMap<RecordIx, Vec<&Binding>> = HashMap::new();
        for binding in sources.walk.bindings.iter().filter(|b| in_history(b.commit)) {
            bindings.entry(binding.decision).or_default().push(binding);
        }
        let mut work: HashMap<RecordIx, Vec<usize>> = HashMap::new();
        for (position, _) in reachable.iter().enumerate().filter(|(_, reached)| **reached) {
            let worked = sources.work_paths.get(&position).is_some_and(|paths| !paths.is_empty());
            let (true, Some(tasks)) = (worked, named.get(&position)) else { continue };
            for task in tasks {
                work.entry(*task).or_default().push(position);
            }
        }
        Context { sources, reachable, landed, transitions, moves, bindings, work }
    }

    pub(super) fn record(&self, id: &RecordId) -> Option<RecordIx> {
        self.sources.walk.id_index.get(id).copied()
    }

    pub(super) fn node(&self, record: RecordIx) -> Option<&Node> {
        self.sources
            .walk
            .node(self.sources.tip, record)
            .map(|node| &**node)
            .filter(|node| !node.files.is_empty())
    }

    /// The cell of a thing at the tip; `None` when it is absent there.
    pub(super) fn cell(&self, record: RecordIx, key: &Key) -> Option<&Cell> {
        let key = self.sources.walk.keys.number(key)?;
        self.node(record)?.cell(key).filter(|cell| cell.value != ABSENT)
    }

    pub(super) fn key(&self, transition: &Transition) -> &'a Key {
        self.sources.walk.keys.item(transition.key)
    }

    pub(super) fn value(&self, number: u32) -> &'a Value {
        self.sources.walk.values.item(number)
    }

    pub(super) fn scope(&self, number: u32) -> Option<ScopeHash> {
        match self.value(number) {
            Value::Scope(scope) => Some(*scope),
            _ => None,
        }
    }

    /// Transitions of a record in the tip's history, parents before children.
    pub(super) fn transitions(&self, record: RecordIx) -> &[&'a Transition] {
        self.transitions.get(&record).map_or(&[], Vec::as_slice)
    }

    pub(super) fn moves(&self, record: RecordIx) -> &[&'a Move] {
        self.moves.get(&record).map_or(&[], Vec::as_slice)
    }

    /// The last note of a decision's tasks' scopes made by one of `commits`.
    pub(super) fn binding(&self, decision: RecordIx, commits: &[u32]) -> Option<&'a Binding> {
        let bindings = self.bindings.get(&decision)?;
        bindings.iter().rev().find(|binding| commits.contains(&binding.commit)).copied()
    }

    /// Work commits of a task in the tip's history, parents before children.
    pub(super) fn work(&self, record: RecordIx) -> &[usize] {
        self.work.get(&record).map_or(&[], Vec::as_slice)
    }

    pub(super) fn in_history(&self, ancestor: usize, descendant: usize) -> bool {
        self.sources.history.is_in_history(ancestor, descendant)
    }

    /// Whether a commit is on the trunk; `None` without a trunk.
    pub(super) fn landed(&self, commit: usize) -> Option<bool> {
        self.landed.as_ref().map(|landed| landed[commit])
    }

    /// The policy by which a commit is judged: that of its first parent (design, section 1).
    pub(super) fn policy_before(&self, commit: usize) -> Option<&'a Policy> {
        let Some(&parent) = self.sources.history.commits[commit].parents.first() else {
            return Some(self.sources.builtin);
        };
        match self.sources.history.commits[parent].policy {
            Some(file) if file.is_regular() => self.sources.policies.get(&file.blob)?.as_ref(),
            Some(_) => None,
            None => Some(self.sources.builtin),
        }
    }

    /// The commit as evidence.
    pub(super) fn evidence(&self, commit: usize) -> Evidence {
        let facts = &self.sources.history.commits[commit];
        Evidence {
            commit: facts.id,
            author: facts.author.name.clone(),
            email: facts.author.email.clone(),
            time: facts.author.time,
            person: self.sources.policy.person_by_email(&facts.author.email).map(str::to_owned),
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

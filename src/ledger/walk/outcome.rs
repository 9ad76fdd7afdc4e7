//! What the walk leaves behind: every record's things with their owners, and every change of owner.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::cells::Cells;
use crate::history::{BlobId, History, TreeFile};
use crate::ledger::ix::{Interner, IxVec, KeyIx, PathIx, RecordIx, ValueIx};
use crate::ledger::law::Cell;
use crate::ledger::policy_line::policy_acts;
use crate::record::{Facts, ItemKey, RecordId, RecordType, ScopeHash};

/// What is known of every version of every record file, by type and content.
pub type Versions = FxHashMap<(RecordType, BlobId), Facts>;

/// The things of a record that have owners.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::ledger) enum Key {
    /// That the record is there.
    Exists,
    /// Its bytes.
    Text,
    /// Its material content.
    Scope,
    /// The body of a runbook, blanks and boxes apart.
    Body,
    /// A key of the frontmatter.
    Field(Arc<str>),
    /// An item.
    Item(ItemKey),
    /// A detached approval, by its path in the book.
    Detached(Box<str>),
    /// A piece of evidence, by its path in the book.
    Evidence(Box<str>),
}

/// The states that things can be in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::ledger) enum Value {
    Absent,
    Present,
    Unchecked,
    Checked,
    /// Ticked, with the mark of a deployment behind it.
    Deployed(Arc<str>),
    Text(BlobId),
    Scope(ScopeHash),
    Body(u64),
    Json(Arc<str>),
}

impl Value {
    /// Whether it is that of a ticked box.
    pub(in crate::ledger) fn is_ticked(&self) -> bool {
        matches!(self, Value::Checked | Value::Deployed(_))
    }

    /// The texts of a list in the frontmatter; none where it is no list of texts.
    pub(in crate::ledger) fn texts(&self) -> Vec<String> {
        match self {
            Value::Json(json) => serde_json::from_str(json).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// Files by path: one nearly always, so it stands inline.
type Found = SmallVec<[(PathIx, TreeFile); 1]>;

/// The files of a record after some commit, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Files {
    /// Every record file that carries the ID; none after a removal, several for a duplicate.
    pub(in crate::ledger) records: Found,
    /// Its detached approvals.
    pub(in crate::ledger) detached: Found,
    /// What tools found for it.
    pub(in crate::ledger) evidence: Found,
}

/// A record after some commit.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct Node {
    /// The commit that these cells were made at; later commits may have the very same version.
    pub(super) made: u32,
    pub(in crate::ledger) files: Files,
    pub(in crate::ledger) cells: Cells,
}

impl Node {
    pub(in crate::ledger) fn cell(&self, key: KeyIx) -> Option<&Cell> {
        self.cells.get(key)
    }
}

/// A commit that became the owner of a new state.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Transition {
    pub(in crate::ledger) commit: u32,
    pub(in crate::ledger) record: RecordIx,
    pub(in crate::ledger) key: KeyIx,
    /// In the first parent.
    pub(in crate::ledger) from: ValueIx,
    pub(in crate::ledger) to: ValueIx,
    /// The record's scope after the commit.
    pub(in crate::ledger) scope: ValueIx,
    /// At a merge: the parents that have the new state, the first in the lowest bit.
    pub(in crate::ledger) kept: u32,
}

/// A commit that took a tick or a detached approval away from one of its parents' states.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Withdrawal {
    pub(in crate::ledger) commit: u32,
    pub(in crate::ledger) record: RecordIx,
    pub(in crate::ledger) key: KeyIx,
    /// What was there.
    pub(in crate::ledger) value: ValueIx,
}

/// A file that moved.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Move {
    pub(in crate::ledger) commit: u32,
    pub(in crate::ledger) record: RecordIx,
    pub(in crate::ledger) from: PathIx,
    pub(in crate::ledger) to: PathIx,
}

/// What a decision was about at a commit that set a field of it.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct Binding {
    pub(in crate::ledger) commit: u32,
    pub(in crate::ledger) decision: RecordIx,
    /// The tasks that it lists, each with its scope then.
    pub(in crate::ledger) scopes: Vec<(RecordIx, ValueIx)>,
    /// IDs on its list that no record had had.
    pub(in crate::ledger) absent: Vec<RecordId>,
    /// Its conditions, as keys.
    pub(in crate::ledger) conditions: Vec<KeyIx>,
}

/// The outcome of the walk.
#[derive(Debug, Default)]
pub struct Walk {
    pub(in crate::ledger) ids: IxVec<RecordIx, (RecordType, RecordId)>,
    /// By ID, the record of each type. An ID that was a runbook's and is a task's now is two records.
    pub(in crate::ledger) id_index: FxHashMap<RecordId, [Option<RecordIx>; RecordType::ALL.len()]>,
    pub(in crate::ledger) keys: Interner<KeyIx, Key>,
    pub(in crate::ledger) values: Interner<ValueIx, Value>,
    pub(in crate::ledger) paths: Interner<PathIx, Box<str>>,
    pub(in crate::ledger) transitions: Vec<Transition>,
    pub(in crate::ledger) withdrawals: Vec<Withdrawal>,
    pub(in crate::ledger) moves: Vec<Move>,
    pub(in crate::ledger) bindings: Vec<Binding>,
    /// Commits that made a version which cannot be read, so that nobody can tell what they wrote.
    pub(in crate::ledger) taints: Vec<(usize, RecordIx)>,
    /// Commits that made such a version readable again: what comes to light with them is not their authors' act.
    pub(in crate::ledger) repairs: FxHashSet<(usize, RecordIx)>,
    /// Commits that tick an item that deploys, with the record.
    pub(in crate::ledger) deployments: Vec<(usize, RecordIx)>,
    /// By record, its versions with the commits that made them, in the order of the walk. A commit has the
    /// version of the last of these that is on its first-parent line.
    pub(in crate::ledger) versions: IxVec<RecordIx, Vec<(u32, Arc<Node>)>>,
}

impl Walk {
    /// The version of a record at a commit of the history that was walked.
    pub(in crate::ledger) fn node(&self, history: &History, at: usize, record: RecordIx) -> Option<&Node> {
        self.version(history, at, record).map(|node| &**node)
    }

    /// The same, to be shared.
    pub(super) fn version(&self, history: &History, at: usize, record: RecordIx) -> Option<&Arc<Node>> {
        let versions = self.versions.get(record)?;
        let until = versions.partition_point(|(commit, _)| *commit as usize <= at);
        let mut before = versions[..until].iter().rev();
        let found = before.find(|(commit, _)| history.is_on_first_parent_line(*commit as usize, at));
        found.map(|(_, node)| node)
    }

    /// Every record of a type that some commit had.
    pub(in crate::ledger) fn records_of(&self, record_type: RecordType) -> impl Iterator<Item = RecordIx> {
        self.ids.numbered().filter(move |(_, (of, _))| *of == record_type).map(|(record, _)| record)
    }

    /// The record of that type and ID.
    pub(in crate::ledger) fn record(&self, record_type: RecordType, id: &str) -> Option<RecordIx> {
        self.id_index.get(id)?[record_type as usize]
    }

    /// What a commit changed, of any record.
    pub(in crate::ledger) fn transitions_of(&self, commit: usize) -> impl Iterator<Item = &Transition> {
        let from = self.transitions.partition_point(|transition| (transition.commit as usize) < commit);
        self.transitions[from..].iter().take_while(move |transition| transition.commit as usize == commit)
    }

    /// Every ID that some commit of the history holds, deleted records included.
    pub fn ids_ever(&self) -> impl Iterator<Item = &RecordId> {
        self.ids.iter().map(|(_, id)| id)
    }
}

/// Commits whose signatures matter: they tick, decide, write a text or did work on a task, carry a trailer that only its
/// author may speak in, or change the policy. Positions, ascending; only commits that carry a signature. `work` are the
/// commits that tasks are named by, or cover.
pub fn signed_acts(history: &History, walk: &Walk, work: impl Iterator<Item = usize>) -> Vec<usize> {
    let acts = walk.transitions.iter().filter(|transition| match walk.keys.item(transition.key) {
        Key::Item(_) => walk.values.item(transition.to).is_ticked(),
        Key::Scope | Key::Detached(_) | Key::Evidence(_) => true,
        Key::Field(field) => matches!(&**field, "decision" | "changes"),
        _ => false,
    });
    let speaks = |commit: &usize| {
        let trailers = &history.commits[*commit].trailers;
        !trailers.deployed.is_empty() || !trailers.rolled_back.is_empty()
    };
    let mut signed: Vec<usize> = acts
        .map(|transition| transition.commit as usize)
        .chain(walk.taints.iter().map(|(commit, _)| *commit))
        .chain(work)
        .chain((0..history.commits.len()).filter(speaks))
        .chain(policy_acts(history))
        .filter(|&commit| history.commits[commit].signed)
        .collect();
    signed.sort_unstable();
    signed.dedup();
    signed
}

/// Whether the step from one version of a file to the next ticks an item of `deployment_items` (normalised texts).
pub fn deploys(old: Option<&Facts>, new: &Facts, deployment_items: &FxHashSet<String>) -> bool {
    let was_ticked = |key: &ItemKey| {
        old.is_some_and(|old| {
            let place = old.shape.items.iter().position(|item| item == key);
            place.is_some_and(|place| old.ticks[place])
        })
    };
    let ticked = new.shape.items.iter().zip(&new.ticks).filter(|(_, tick)| **tick);
    ticked.map(|(key, _)| key).any(|key| deployment_items.contains(&*key.text) && !was_ticked(key))
}

/// Files that deployments are judged by and that no longer stand at `tip` with the same material content: the
/// deployed record's, and those of decisions that list it.
pub fn deployed_versions<'w>(
    history: &History,
    walk: &'w Walk,
    tip: usize,
) -> Vec<(RecordType, &'w str, BlobId)> {
    let Some(scope) = walk.keys.find(&Key::Scope) else { return Vec::new() };
    let only = |files: &Files| match files.records[..] {
        [(path, file)] if file.is_regular() => Some((path, file.blob)),
        _ => None,
    };
    let mut listed: FxHashMap<RecordIx, BTreeSet<RecordIx>> = FxHashMap::default();
    for binding in &walk.bindings {
        for (task, _) in &binding.scopes {
            listed.entry(*task).or_default().insert(binding.decision);
        }
    }
    let mut found: BTreeSet<(RecordIx, PathIx, BlobId)> = BTreeSet::new();
    for &(at, record) in &walk.deployments {
        let then = |record| walk.node(history, at, record);
        let now = |record| walk.node(history, tip, record);
        let Some(node) = then(record) else { continue };
        let same_scope = now(record)
            .is_some_and(|now| now.cell(scope).map(|c| c.value) == node.cell(scope).map(|c| c.value));
        if !same_scope {
            found.extend(only(&node.files).map(|(path, blob)| (record, path, blob)));
        }
        for &decision in listed.get(&record).into_iter().flatten() {
            let Some((path, blob)) = then(decision).and_then(|node| only(&node.files)) else { continue };
            if now(decision).and_then(|node| only(&node.files)).map(|(_, blob)| blob) != Some(blob) {
                found.insert((decision, path, blob));
            }
        }
    }
    let file = |(record, path, blob): (RecordIx, PathIx, BlobId)| {
        (walk.ids[record].0, &**walk.paths.item(path), blob)
    };
    found.into_iter().map(file).collect()
}

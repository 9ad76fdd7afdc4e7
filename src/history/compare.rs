//! Compares commits with their first parents beside the walk that finds them.

use std::sync::{Mutex, PoisonError};

use git2::Oid;
use rustc_hash::FxHashMap;

use super::objects::{ObjectStore, Objects};
use super::raw::RawCommit;
use super::read::{CHUNK, commit_id, read_raw};
use super::tree::{Budget, TreeReader};
use super::types::{Change, CommitId, TreeFile};
use super::{BookPath, HistoryError};
use crate::record::{EVIDENCE_FOLDER, RecordType};

/// The folder of detached approvals.
const APPROVALS: &str = "approvals";

/// What a commit's tree says beside its first parent's.
#[derive(Default)]
pub(super) struct Compared {
    pub(super) changes: Vec<Change>,
    pub(super) policy: Option<TreeFile>,
    pub(super) touches_code: bool,
}

/// A commit to compare: its tree, and that of its first parent.
pub(super) struct Pair {
    commit: CommitId,
    tree: Oid,
    parent: Option<Oid>,
}

/// Commits that were found, in the order of the walk, so that neighbours share trees.
pub(super) struct Queue {
    objects: Objects,
    trees: FxHashMap<Oid, Oid>,
    /// Found last: a commit and its tree, whose first parent is not read yet.
    last: Option<(Oid, Oid, Oid)>,
    pairs: Vec<Pair>,
}

impl Queue {
    pub(super) fn new(objects: Objects) -> Self {
        Queue { objects, trees: FxHashMap::default(), last: None, pairs: Vec::new() }
    }

    /// Adds a commit that was read. The walk reads a first parent right after its child, as a rule.
    pub(super) fn add(&mut self, oid: Oid, raw: &RawCommit) -> Result<(), HistoryError> {
        self.trees.insert(oid, raw.tree);
        self.settle()?;
        match raw.parents.first() {
            Some(parent) => self.last = Some((oid, raw.tree, *parent)),
            None => self.pairs.push(Pair { commit: commit_id(oid), tree: raw.tree, parent: None }),
        }
        Ok(())
    }

    /// Pairs the commit found last with its parent, which was read by now or is known from the cache.
    fn settle(&mut self) -> Result<(), HistoryError> {
        let Some((oid, tree, parent)) = self.last.take() else { return Ok(()) };
        let parent = match self.trees.get(&parent) {
            Some(tree) => *tree,
            None => read_raw(&mut self.objects, parent)?.tree,
        };
        self.pairs.push(Pair { commit: commit_id(oid), tree, parent: Some(parent) });
        Ok(())
    }

    /// What one thread compares in a row, once there is enough.
    pub(super) fn full_chunk(&mut self) -> Option<Vec<Pair>> {
        (self.pairs.len() >= CHUNK).then(|| std::mem::take(&mut self.pairs))
    }

    /// What is left at the end of the walk.
    pub(super) fn rest(mut self) -> Result<Vec<Pair>, HistoryError> {
        self.settle()?;
        Ok(self.pairs)
    }
}

/// What several threads found out by now.
pub(super) struct Comparing<'a> {
    store: &'a ObjectStore,
    book: &'a BookPath,
    budget: Budget,
    /// Readers that are not in use, with the bases and trees that they know.
    idle: Mutex<Vec<TreeReader>>,
    found: Mutex<Result<FxHashMap<CommitId, Compared>, HistoryError>>,
}

impl<'a> Comparing<'a> {
    pub(super) fn new(store: &'a ObjectStore, book: &'a BookPath) -> Self {
        let found = Mutex::new(Ok(FxHashMap::default()));
        Comparing { store, book, budget: Budget::new(), idle: Mutex::default(), found }
    }

    /// Compares each pair; the first error is the outcome of all.
    pub(super) fn compare(&self, pairs: Vec<Pair>) {
        let compared = self.compare_all(pairs);
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match (&mut *found, compared) {
            (Ok(found), Ok(compared)) => found.extend(compared),
            (Ok(_), Err(error)) => *found = Err(error),
            (Err(_), _) => {}
        }
    }

    fn compare_all(&self, pairs: Vec<Pair>) -> Result<Vec<(CommitId, Compared)>, HistoryError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = idle.unwrap_or_else(|| TreeReader::new(self.store.reader(), self.budget.clone()));
        let compared = pairs
            .into_iter()
            .map(|pair| Ok((pair.commit, compare_commit(&mut reader, pair.tree, pair.parent, self.book)?)))
            .collect();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        compared
    }

    /// What differs, by commit.
    pub(super) fn finish(self) -> Result<FxHashMap<CommitId, Compared>, HistoryError> {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What differs between two root trees, and the policy file of the first.
fn compare_commit(
    reader: &mut TreeReader,
    tree: Oid,
    parent: Option<Oid>,
    book: &BookPath,
) -> Result<Compared, HistoryError> {
    let mut compared =
        Compared { policy: reader.file(tree, &book.join("policy.toml"))?, ..Compared::default() };
    if parent == Some(tree) {
        return Ok(compared);
    }
    compared.touches_code = reader.differs_beside(parent, Some(tree), book.as_str(), &record_folders())?;
    for folder in record_folders() {
        let path = book.join(folder);
        let new = reader.tree_at(tree, &path)?;
        let old = parent.map_or(Ok(None), |parent| reader.tree_at(parent, &path))?;
        reader.compare(old, new, folder, 0, &mut |path, old, new| {
            compared.touches_code |= !RecordType::is_record_path(path);
            // Whatever stands where evidence would is looked at: under another ending it must not be lost.
            if folder == EVIDENCE_FOLDER || path.ends_with(".md") {
                compared.changes.push(Change { path: path.into(), old, new });
            }
        })?;
    }
    Ok(compared)
}

/// Folders of a book whose changes are no work on a task.
pub(super) fn record_folders() -> [&'static str; 5] {
    let [tasks, decisions, runbooks] = RecordType::ALL.map(RecordType::folder);
    [tasks, decisions, runbooks, APPROVALS, EVIDENCE_FOLDER]
}

//! Files that stand under the name of a record or an approval and are none.
//!
//! The product's own files are no infrastructure work, wherever `[paths]` points. A name alone does not make a file one:
//! what cannot be read as what its path says is a file like any other.

use rustc_hash::FxHashSet;

use super::{Book, BookError};
use crate::history::{BookPath, Change, CommitId, History, TreeFile};
use crate::ledger::{Affirmations, DetachedFiles, EvidenceFiles, Policies, Pretended, Versions};
use crate::policy::Paths;
use crate::record::{RecordId, RecordType, affirmation_path, detached_path, evidence_path};

/// What was read of the product's own files.
pub(super) struct OwnFiles<'a> {
    pub(super) versions: &'a Versions,
    pub(super) detached: &'a DetachedFiles,
    pub(super) affirmations: &'a Affirmations,
    pub(super) evidence: &'a EvidenceFiles,
}

impl OwnFiles<'_> {
    /// Whether what stands at a path of the book is what the path says.
    fn has(&self, path: &str, file: TreeFile) -> bool {
        if !file.is_regular() {
            return false;
        }
        if detached_path(path).is_some() {
            return self.detached.get(&file.blob).is_some_and(|file| file.text.is_ok());
        }
        if affirmation_path(path).is_some() {
            return self.affirmations.get(&file.blob).is_some_and(|file| file.text.is_ok());
        }
        if evidence_path(path).is_some() {
            let found = self.evidence.get(&file.blob);
            return found.is_some_and(|found| found.as_ref().is_ok_and(|found| found.is_at(path)));
        }
        let (Some(record_type), Some(id)) = (RecordType::of_path(path), RecordId::of_path(path)) else {
            return false;
        };
        let is_it = |id: &RecordId, value: &str| {
            value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) == Some(id.as_str())
        };
        let facts = self.versions.get(&(record_type, file.blob)).filter(|facts| facts.readable);
        facts.and_then(|facts| facts.value("id")).is_some_and(|value| is_it(&id, value))
    }
}

/// The paths of the book under the name of a record or an approval that some policy counts as infrastructure.
pub(super) fn infrastructure<'h>(
    history: &'h History,
    book: &BookPath,
    policies: &Policies,
) -> FxHashSet<&'h str> {
    // Most versions of a policy have the same globs.
    let mut globs: Vec<&Paths> = Vec::new();
    for policy in policies.values().flatten() {
        if !globs.contains(&&policy.paths) {
            globs.push(&policy.paths);
        }
    }
    let changes = history.commits.iter().flat_map(|commit| &commit.changes);
    let paths: FxHashSet<&str> = changes.map(|change| &*change.path).collect();
    let is_asked = |path: &&str| {
        let full = book.join(path);
        RecordType::is_record_path(path) && globs.iter().any(|paths| paths.matches(&full))
    };
    paths.into_iter().filter(is_asked).collect()
}

impl Book {
    /// By commit, the paths of what it changed under such a name. Of a merge only what none of its parents has.
    pub(super) fn pretended(
        &self,
        history: &History,
        files: &OwnFiles<'_>,
        infrastructure: &FxHashSet<&str>,
    ) -> Result<Pretended, BookError> {
        let pretends = |change: &Change| {
            let mut sides = [change.old, change.new].into_iter().flatten();
            infrastructure.contains(&*change.path) && sides.any(|file| !files.has(&change.path, file))
        };
        let mut found = Pretended::default();
        if infrastructure.is_empty() {
            return Ok(found);
        }
        for (position, commit) in history.commits.iter().enumerate() {
            for change in commit.changes.iter().filter(|change| pretends(change)) {
                let path = self.path.join(&change.path);
                let others = commit.parents.iter().skip(1).map(|&parent| history.commits[parent].id);
                if !self.is_in_one_of(others, &path, change.new)? {
                    found.entry(position).or_default().push(path);
                }
            }
        }
        Ok(found)
    }

    /// Whether one of these commits has that file at a path, or none where that is none.
    fn is_in_one_of(
        &self,
        mut commits: impl Iterator<Item = CommitId>,
        path: &str,
        file: Option<TreeFile>,
    ) -> Result<bool, BookError> {
        commits.try_fold(false, |found, commit| Ok(found || self.repository.file(commit, path)? == file))
    }
}

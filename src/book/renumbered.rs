//! Finds the commits that gave records other IDs, by the texts before and after.

use super::{Book, BookError};
use crate::history::{Blob, BlobId, Change, CommitId, History};
use crate::ledger::{
    Renumbered, Renumberings, Versions, Walk, is_renumbered, may_be_renumbered, merges_with_texts,
};
use crate::policy::Ids;
use crate::record::{MAX_RECORD_BYTES, Record, RecordId, RecordType, ScopeRules};

/// So many pairs of a record that goes and one that comes are looked at in one commit. A commit with more is no
/// renumbering; whoever made it counts as an author, as everybody does.
const MOST_PAIRS: usize = 64;

/// A task's file: its path and content.
type Version = (String, BlobId);

/// What is known of tasks' versions, and what is material.
#[derive(Clone, Copy)]
pub(super) struct TaskVersions<'a> {
    pub(super) versions: &'a Versions,
    pub(super) rules: &'a ScopeRules,
    /// Which IDs are numbers: a name may be a word of the text, and to replace that is an edit.
    pub(super) ids: &'a Ids,
}

impl TaskVersions<'_> {
    /// False where the facts of both versions tell that no renumbering leads from one to the other.
    fn may_be_renumbered(
        self,
        (before, old): (BlobId, &RecordId),
        (after, new): (BlobId, &RecordId),
    ) -> bool {
        let facts = |blob| self.versions.get(&(RecordType::Task, blob));
        match (facts(before), facts(after)) {
            (Some(before), Some(after)) => may_be_renumbered(before, after, old, new),
            _ => true,
        }
    }
}

impl Book {
    /// Every commit that gave a task another ID and did nothing else to its text.
    pub(super) fn renumberings(
        &self,
        history: &History,
        walk: &Walk,
        known: TaskVersions<'_>,
    ) -> Result<Renumberings, BookError> {
        let mut found = Renumberings::default();
        for (position, commit) in history.commits.iter().enumerate() {
            let &[parent] = commit.parents.as_slice() else { continue };
            let removed = versions(&commit.changes, |change| (change.new.is_none(), change.old));
            let added = versions(&commit.changes, |change| (change.old.is_none(), change.new));
            self.pair(history, position, &[(parent, removed)], &added, known, &mut found)?;
        }
        for position in merges_with_texts(history, walk) {
            let commit = &history.commits[position];
            let added = versions(&commit.changes, |change| (change.old.is_none(), change.new));
            let mut sides = Vec::new();
            for &parent in &commit.parents {
                sides.push((parent, self.other_versions(commit.id, history.commits[parent].id, &added)?));
            }
            self.pair(history, position, &sides, &added, known, &mut found)?;
        }
        Ok(found)
    }

    /// Files of a parent in the folders of `added` that the merge does not have as they are there.
    fn other_versions(
        &self,
        merge: CommitId,
        parent: CommitId,
        added: &[Version],
    ) -> Result<Vec<Version>, BookError> {
        let mut folders: Vec<&str> = added.iter().map(|(path, _)| folder(path)).collect();
        folders.sort_unstable();
        folders.dedup();
        let mut other = Vec::new();
        for folder in folders {
            let place = self.path.join(folder);
            let now = self.repository.files(merge, &place)?;
            for (name, file) in self.repository.files(parent, &place)? {
                let same = now.iter().any(|(path, now)| *path == name && now.blob == file.blob);
                if !same && file.is_regular() && name.ends_with(".md") && !name.contains('/') {
                    other.push((format!("{folder}/{name}"), file.blob));
                }
            }
        }
        Ok(other)
    }

    /// Of the files that go and those that come, the pairs of one text.
    fn pair(
        &self,
        history: &History,
        position: usize,
        sides: &[(usize, Vec<Version>)],
        added: &[Version],
        known: TaskVersions<'_>,
        found: &mut Renumberings,
    ) -> Result<(), BookError> {
        let n_removed: usize = sides.iter().map(|(_, removed)| removed.len()).sum();
        if added.is_empty() || n_removed == 0 || n_removed.saturating_mul(added.len()) > MOST_PAIRS {
            return Ok(());
        }
        for (path, blob) in added {
            let Some(new) = RecordId::of_path(path) else { continue };
            for (parent, removed) in sides {
                let in_folder = removed.iter().filter(|(old, _)| folder(old) == folder(path));
                for (old_path, old_blob) in in_folder {
                    // A move to another folder keeps the ID.
                    let Some(old) = RecordId::of_path(old_path).filter(|old| *old != new) else { continue };
                    if !known.ids.is_number(&old) || !known.ids.is_number(&new) {
                        continue;
                    }
                    if !known.may_be_renumbered((*old_blob, &old), (*blob, &new)) {
                        continue;
                    }
                    let (before, after) = (self.task(old_path, *old_blob)?, self.task(path, *blob)?);
                    let (Some(before), Some(after)) = (before, after) else { continue };
                    if is_renumbered(&before, &after, &old, &new, known.rules) {
                        let alike = self.alike(history, position, &old, &new, known.rules)?;
                        let (new, path) = (new.clone(), old_path.clone());
                        let renumbered = Renumbered { old, new, path, before: *parent, alike };
                        found.entry(position).or_default().push(renumbered);
                    }
                }
            }
        }
        Ok(())
    }

    /// Other tasks whose texts name the new ID where they named the old, and are as they were besides; and the one
    /// that keeps the old ID, where there were two.
    fn alike(
        &self,
        history: &History,
        position: usize,
        old: &RecordId,
        new: &RecordId,
        rules: &ScopeRules,
    ) -> Result<Vec<RecordId>, BookError> {
        let mut alike = Vec::new();
        let commit = &history.commits[position];
        for change in &commit.changes {
            let (Some(before), Some(after), Some(id)) =
                (change.old, change.new, RecordId::of_path(&change.path))
            else {
                continue;
            };
            if RecordType::of_path(&change.path) != Some(RecordType::Task) {
                continue;
            }
            let (Some(before), Some(after)) =
                (self.task(&change.path, before.blob)?, self.task(&change.path, after.blob)?)
            else {
                continue;
            };
            if is_renumbered(&before, &after, old, new, rules) {
                alike.push(id);
            }
        }
        let tasks = RecordType::Task.folder();
        let files = self.repository.files(commit.id, &self.path.join(tasks))?;
        let keeps = |path: &str| {
            let is_changed = commit.changes.iter().any(|change| *change.path == *path);
            !is_changed && RecordId::of_path(path).as_ref() == Some(old)
        };
        if files.iter().any(|(path, _)| keeps(&format!("{tasks}/{path}"))) {
            alike.push(old.clone());
        }
        Ok(alike)
    }

    fn task(&self, path: &str, blob: BlobId) -> Result<Option<Record>, BookError> {
        Ok(match self.repository.blob(blob, MAX_RECORD_BYTES)? {
            Blob::Bytes(bytes) => Some(Record::parse(RecordType::Task, path, &bytes)),
            Blob::TooLarge(_) => None,
        })
    }
}

/// Files of tasks that come, or that go.
fn versions(
    changes: &[Change],
    side: impl Fn(&Change) -> (bool, Option<crate::history::TreeFile>),
) -> Vec<Version> {
    let is_task = |path: &str| path.starts_with("tasks/") && path.ends_with(".md");
    let version = |change: &Change| {
        let (is_it, file) = side(change);
        let file = file.filter(|file| is_it && file.is_regular() && is_task(&change.path))?;
        Some((change.path.to_string(), file.blob))
    };
    changes.iter().filter_map(version).collect()
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

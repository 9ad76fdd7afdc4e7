//! Records that history held and that are no longer in the book.

use std::collections::{BTreeMap, BTreeSet};

use super::load::evidence;
use super::{Book, BookError, Loaded, natural};
use crate::history::{Blob, BlobId, Change, CommitId};
use crate::ledger::CommitRef;
use crate::record::{MAX_RECORD_BYTES, Record, RecordId, RecordType};

/// A record that a commit deleted and no later one brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Its ID, or its path where the file's name is no ID.
    pub name: String,
    /// Task, decision or runbook.
    pub record_type: RecordType,
    /// Where it stood last, relative to the book.
    pub path: String,
    /// The title of its last text; its name where that has none.
    pub title: String,
    /// The commit that deleted it.
    pub by: CommitRef,
    /// The commit before that one, which holds its last text.
    pub held: CommitId,
}

/// The last deletion of a name.
struct Deletion<'h> {
    commit: usize,
    change: &'h Change,
    blob: BlobId,
}

impl Book {
    /// The records that the history of what is shown deleted, in the order of their names.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn deleted(&self, loaded: &Loaded) -> Result<Vec<Deleted>, BookError> {
        let deletions = deletions(loaded);
        let known = |(key, deletion): (&(RecordType, String), &Deletion<'_>)| {
            loaded.facts.last_titles.get(&(key.0, deletion.blob)).cloned()
        };
        let unknown = deletions.iter().filter(|deletion| known(*deletion).is_none());
        let inputs: Vec<(BlobId, &(RecordType, String))> =
            unknown.map(|(key, deletion)| (deletion.blob, key)).collect();
        let read = self.repository.map_blobs(&inputs, MAX_RECORD_BYTES, |key, blob| match blob {
            Blob::Bytes(bytes) => {
                Record::parse(key.0, &deletions[*key].change.path, &bytes).title().to_owned()
            }
            Blob::TooLarge(_) => key.1.clone(),
        })?;
        let mut read = read.into_iter();
        let titles = deletions
            .iter()
            .map(|deletion| known(deletion).or_else(|| read.next()).unwrap_or_else(|| deletion.0.1.clone()));
        let commits = &loaded.history().commits;
        let mut found: Vec<Deleted> = deletions
            .iter()
            .zip(titles)
            .filter_map(|(((record_type, name), deletion), title)| {
                Some(Deleted {
                    name: name.clone(),
                    record_type: *record_type,
                    path: deletion.change.path.to_string(),
                    title,
                    by: evidence(loaded.history(), loaded.policy(), deletion.commit),
                    held: commits[*commits[deletion.commit].parents.first()?].id,
                })
            })
            .collect();
        found.sort_by_cached_key(|deleted| (natural(&deleted.name), deleted.record_type));
        Ok(found)
    }
}

/// By type and name, what deleted each record that is not there.
fn deletions(loaded: &Loaded) -> BTreeMap<(RecordType, String), Deletion<'_>> {
    let mut found: BTreeMap<(RecordType, String), Deletion<'_>> = BTreeMap::new();
    let Some(tip) = loaded.commit().and_then(|commit| loaded.history().position(commit)) else {
        return found;
    };
    let reachable = loaded.history().reachable(tip);
    let records = loaded.state.records.iter();
    let there: BTreeSet<(RecordType, &str)> =
        records.map(|record| (record.record_type, record.name.as_str())).collect();
    // Parents come before children, so the last deletion is the one that holds.
    for (position, commit) in loaded.history().commits.iter().enumerate().filter(|(at, _)| reachable[*at]) {
        for change in commit.changes.iter().filter(|change| change.new.is_none()) {
            let (Some((record_type, name)), Some(old)) = (named(&change.path), change.old) else { continue };
            if !there.contains(&(record_type, name)) && !stays(&commit.changes, (record_type, name)) {
                let key = (record_type, name.to_owned());
                // A merge only brings what a commit of its other side did.
                if commit.parents.len() < 2 || !found.contains_key(&key) {
                    found.insert(key, Deletion { commit: position, change, blob: old.blob });
                }
            }
        }
    }
    found
}

/// Whether the same commit puts a file for the record elsewhere.
fn stays(changes: &[Change], record: (RecordType, &str)) -> bool {
    changes.iter().any(|change| change.new.is_some() && named(&change.path) == Some(record))
}

/// Type and name of the record that a path holds.
fn named(path: &str) -> Option<(RecordType, &str)> {
    let (record_type, stem) = (RecordType::of_path(path)?, RecordId::stem(path)?);
    Some((record_type, if RecordId::parse(stem).is_ok() { stem } else { path }))
}

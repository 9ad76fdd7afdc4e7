//! What single commits changed in records, line by line.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::{Book, BookError, Loaded};
use crate::history::{Blob, BlobId, Change, Commit, CommitId, Hunk, changed_lines};
use crate::ledger::RecordState;
use crate::record::{MAX_RECORD_BYTES, RecordId, RecordType};

/// What commits changed, by the record's name and the commit.
pub type Differences = BTreeMap<(String, CommitId), Vec<Hunk>>;

/// Versions of records' files that differ by one commit, the old one first, by the record's name and the commit.
pub type Steps = BTreeMap<(String, CommitId), (BlobId, BlobId)>;

/// One of them.
pub type Step<'s> = (&'s (String, CommitId), &'s (BlobId, BlobId));

impl Book {
    /// The steps that the newest `limit` commits of each record's events were for its file, against the first parent. A
    /// commit that makes the file, or a merge, is none.
    pub fn steps(loaded: &Loaded, limit: usize) -> Steps {
        loaded.state.records.par_iter().flat_map_iter(|record| steps(loaded, record, limit)).collect()
    }

    /// What these steps changed. One between files that are no text, or too large, has no entry. Both files of each stand in
    /// memory at once.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn differences(&self, steps: &[Step<'_>]) -> Result<Differences, BookError> {
        let blobs: BTreeSet<BlobId> = steps.iter().flat_map(|(_, (old, new))| [*old, *new]).collect();
        let inputs: Vec<(BlobId, BlobId)> = blobs.into_iter().map(|blob| (blob, blob)).collect();
        let read = self.repository.map_blobs(&inputs, MAX_RECORD_BYTES, |id, blob| match blob {
            Blob::Bytes(bytes) => String::from_utf8(bytes).ok().map(|text| (*id, text)),
            Blob::TooLarge(_) => None,
        })?;
        let texts: HashMap<BlobId, String> = read.into_iter().flatten().collect();
        let hunks = steps.par_iter().filter_map(|(key, (old, new))| {
            let (old, new) = (texts.get(old)?, texts.get(new)?);
            Some(((*key).clone(), changed_lines(old, new).ok()?))
        });
        Ok(hunks.collect())
    }
}

fn steps(loaded: &Loaded, record: &RecordState, limit: usize) -> Vec<((String, CommitId), (BlobId, BlobId))> {
    let mut seen = BTreeSet::new();
    let newest = record.events.iter().rev().filter(|event| !event.merge).map(|event| event.by.commit);
    let newest: Vec<CommitId> = newest.filter(|commit| seen.insert(*commit)).take(limit).collect();
    let step = |id: CommitId| {
        let changes = of_record(&loaded.history.commits[loaded.history.position(id)?], record);
        let side = |side: fn(&Change) -> Option<BlobId>| changes.iter().copied().find_map(side);
        let old = side(|change| change.old.filter(|file| file.is_regular()).map(|file| file.blob))?;
        let new = side(|change| change.new.filter(|file| file.is_regular()).map(|file| file.blob))?;
        (old != new).then(|| ((record.name.clone(), id), (old, new)))
    };
    newest.into_iter().filter_map(step).collect()
}

/// The changes of a commit to a record's file, which keeps its name where it moves.
fn of_record<'c>(commit: &'c Commit, record: &RecordState) -> Vec<&'c Change> {
    let own = record.record.path.as_str();
    // Most commits leave it where it is; some change thousands of others.
    if let Some(change) = commit.changes.iter().find(|change| *change.path == *own)
        && change.old.is_some()
        && change.new.is_some()
    {
        return vec![change];
    }
    let of_path = |path| (RecordType::of_path(path), RecordId::stem(path));
    commit.changes.iter().filter(|change| of_path(&change.path) == of_path(own)).collect()
}

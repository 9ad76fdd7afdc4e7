//! What single commits changed in records, line by line.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

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
        let changes = ByRecord::new(&loaded.history().commits);
        let records = loaded.state.records.par_iter();
        records.flat_map_iter(|record| steps(loaded, &changes, record, limit)).collect()
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
        let texts: FxHashMap<BlobId, String> = read.into_iter().flatten().collect();
        let hunks = steps.par_iter().filter_map(|(key, (old, new))| {
            let (old, new) = (texts.get(old)?, texts.get(new)?);
            Some(((*key).clone(), changed_lines(old, new).ok()?))
        });
        Ok(hunks.collect())
    }
}

fn steps(
    loaded: &Loaded,
    changes: &ByRecord<'_>,
    record: &RecordState,
    limit: usize,
) -> Vec<((String, CommitId), (BlobId, BlobId))> {
    let mut seen = BTreeSet::new();
    let newest = record.events.iter().rev().filter(|event| !event.merge).map(|event| event.by.commit);
    let newest: Vec<CommitId> = newest.filter(|commit| seen.insert(*commit)).take(limit).collect();
    let step = |id: CommitId| {
        let changes = changes.of(loaded.history().position(id)?, record);
        let side = |side: fn(&Change) -> Option<BlobId>| changes.iter().copied().find_map(side);
        let old = side(|change| change.old.filter(|file| file.is_regular()).map(|file| file.blob))?;
        let new = side(|change| change.new.filter(|file| file.is_regular()).map(|file| file.blob))?;
        (old != new).then(|| ((record.name.clone(), id), (old, new)))
    };
    newest.into_iter().filter_map(step).collect()
}

/// The changes of commits by record.
struct ByRecord<'c> {
    commits: &'c [Commit],
    /// Of each commit that changes many files.
    large: FxHashMap<usize, HashMap<Named<'c>, Vec<&'c Change>>>,
}

/// A record by its folder and its file's name, which stays where the file moves.
type Named<'p> = (Option<RecordType>, Option<&'p str>);

fn named(path: &str) -> Named<'_> {
    (RecordType::of_path(path), RecordId::stem(path))
}

impl<'c> ByRecord<'c> {
    /// With so many changes it is less work to sort them than to look through them for each record.
    const MANY: usize = 32;

    fn new(commits: &'c [Commit]) -> Self {
        let sorted = |commit: &'c Commit| {
            let mut by_record: HashMap<Named<'c>, Vec<&'c Change>> = HashMap::new();
            for change in &commit.changes {
                by_record.entry(named(&change.path)).or_default().push(change);
            }
            by_record
        };
        let large = commits.iter().enumerate().filter(|(_, commit)| commit.changes.len() >= Self::MANY);
        ByRecord { commits, large: large.map(|(at, commit)| (at, sorted(commit))).collect() }
    }

    /// Those of the commit at a position to a record's file.
    fn of(&self, commit: usize, record: &RecordState) -> Vec<&'c Change> {
        let path = record.record.path.as_str();
        let own = named(path);
        let of_record = match self.large.get(&commit) {
            Some(sorted) => sorted.get(&own).cloned().unwrap_or_default(),
            None => self.commits[commit].changes.iter().filter(|change| named(&change.path) == own).collect(),
        };
        // Where the file stays in its place, what happens to others of its name is no step of it.
        let stays = |change: &&&Change| *change.path == *path && change.old.is_some() && change.new.is_some();
        match of_record.iter().find(stays) {
            Some(change) => vec![change],
            None => of_record,
        }
    }
}

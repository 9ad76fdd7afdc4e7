//! Records that were given another ID.

use std::collections::BTreeMap;

use super::Loaded;
use crate::history::{Change, Commit};
use crate::record::{RecordId, RecordType};

impl Loaded {
    /// Records that have another ID now, from the old one. A commit says so that takes away one record, adds one of the
    /// same type, and names both in its subject, as `renumber` does.
    pub fn renamed(&self) -> BTreeMap<RecordId, RecordId> {
        let mut now: BTreeMap<RecordId, RecordId> = BTreeMap::new();
        // Parents come before children: what was renamed twice ends at the last ID.
        for commit in &self.history().commits {
            let Some((old, new)) = RecordType::ALL.into_iter().find_map(|found| renaming(commit, found))
            else {
                continue;
            };
            for target in now.values_mut().filter(|target| **target == old) {
                target.clone_from(&new);
            }
            now.remove(&new);
            now.insert(old, new);
        }
        now
    }
}

fn renaming(commit: &Commit, record_type: RecordType) -> Option<(RecordId, RecordId)> {
    if commit.parents.len() != 1 || commit.malformed.is_some() {
        return None;
    }
    let of_type = |change: &&Change| change.path.split('/').next() == Some(record_type.folder());
    let changes = || commit.changes.iter().filter(of_type);
    let old = only(changes().filter(|change| change.new.is_none()))?;
    let new = only(changes().filter(|change| change.old.is_none()))?;
    let mut words = commit.subject.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    let named = |id: &RecordId| words.clone().any(|word| word == id.as_str());
    (old != new && named(&old) && words.any(|word| word == new.as_str())).then_some((old, new))
}

/// The ID of the one file that changed so; none where there are several.
fn only<'c>(mut changes: impl Iterator<Item = &'c Change>) -> Option<RecordId> {
    let change = changes.next().filter(|_| changes.next().is_none())?;
    let file = change.path.rsplit('/').next()?;
    RecordId::parse(file.strip_suffix(".md")?).ok()
}

//! What is staged: the index, and an index that git made for one commit.

use std::path::Path;

use super::raw_tree::blob_id;
use super::repository::open;
use super::types::{BlobId, CommitId, FileKind, TreeFile};
use super::{HistoryError, Repository};

impl Repository {
    /// Everything that the index holds, by path from the root of the work tree; what is in conflict is left out.
    /// `index` is another index file than the repository's own (`GIT_INDEX_FILE`).
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn staged(&self, index: Option<&Path>) -> Result<Vec<(String, TreeFile)>, HistoryError> {
        let index = match index {
            Some(path) => git2::Index::open(path),
            None => open(self.git_dir())?.index(),
        };
        let index = index.map_err(HistoryError::git)?;
        // Bits 12 and 13 of the flags are the stage; 0 for what is in no conflict.
        let settled = index.iter().filter(|entry| (entry.flags >> 12) & 3 == 0);
        let file = |entry: git2::IndexEntry| {
            let kind = match entry.mode & 0o170000 {
                0o100000 => FileKind::Regular,
                0o120000 => FileKind::Symlink,
                0o160000 => FileKind::Submodule,
                _ => return None,
            };
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            Some((path, TreeFile { blob: blob_id(entry.id), kind }))
        };
        Ok(settled.filter_map(file).collect())
    }
}

/// A file that both sides of a merge made, each in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BothAdded {
    /// From the root of the work tree.
    pub path: String,
    /// `HEAD`'s.
    pub ours: BlobId,
    /// That of what is merged.
    pub theirs: BlobId,
}

impl Repository {
    /// Files in conflict because both sides added them.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn both_added(&self) -> Result<Vec<BothAdded>, HistoryError> {
        let index = open(self.git_dir())?.index().map_err(HistoryError::git)?;
        let mut found = Vec::new();
        for conflict in index.conflicts().map_err(HistoryError::git)? {
            let conflict = conflict.map_err(HistoryError::git)?;
            if let (None, Some(ours), Some(theirs)) = (conflict.ancestor, conflict.our, conflict.their) {
                let path = String::from_utf8_lossy(&ours.path).into_owned();
                found.push(BothAdded { path, ours: blob_id(ours.id), theirs: blob_id(theirs.id) });
            }
        }
        Ok(found)
    }

    /// The commit that is being merged, picked or replayed.
    pub fn incoming(&self) -> Option<CommitId> {
        let names = ["MERGE_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD"];
        names.into_iter().find_map(|name| self.resolve(name).ok())
    }
}

//! What is staged: the index, and an index that git made for one commit.

use std::path::Path;

use super::repository::open;
use super::tree::blob_id;
use super::types::{FileKind, TreeFile};
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

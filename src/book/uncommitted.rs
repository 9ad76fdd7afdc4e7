//! Which files besides the records are otherwise in the work tree than in a commit.

use std::collections::BTreeMap;

use super::shown::without_returns;
use super::{Book, BookError};
use crate::history::{BlobId, CommitId, blob_name};

impl Book {
    /// Of each of some files below a folder, whether a commit has it with other content, or not at all. Line ends do not
    /// count, since a checkout may write others.
    ///
    /// # Errors
    /// When a tree cannot be read.
    pub fn differing<'f>(
        &self,
        commit: CommitId,
        folder: &str,
        files: impl Iterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<Vec<bool>, BookError> {
        let listed = self.repository.files(commit, &self.path.join(folder))?;
        let blobs: BTreeMap<String, BlobId> =
            listed.into_iter().map(|(path, file)| (format!("{folder}/{path}"), file.blob)).collect();
        let is_there = |path: &str, bytes: &[u8]| {
            let blob = blobs.get(path).copied();
            let plain = || blob_name(&without_returns(bytes).collect::<Vec<u8>>());
            blob.is_some() && (blob_name(bytes) == blob || (bytes.contains(&b'\r') && plain() == blob))
        };
        Ok(files.map(|(path, bytes)| !is_there(path, bytes)).collect())
    }
}

//! The tips of branches that others move, as they were seen last: a rewritten branch shows itself only to those who
//! remember what was there (`docs/threats.md`, rows 9 and 43).
//!
//! This is no cache: what is forgotten here cannot be read again, and would accept a rewritten history for good. So
//! it has a folder of its own, beside the cache, and a format that no other version of the program changes.

use std::io::Write;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{BookPath, CommitId, Repository, from_hex};
use crate::record::hex;

/// What was seen, for a book.
pub struct SeenHeads {
    folder: PathBuf,
}

impl SeenHeads {
    /// Those of a book.
    pub fn new(repository: &Repository, book: &BookPath) -> Self {
        let folder = repository.common_dir().join("changebook").join("trunk");
        SeenHeads { folder: folder.join(short_hash(book.as_str())) }
    }

    /// Where a branch was seen last; `None` when it was not.
    pub fn last(&self, branch: &str) -> Option<CommitId> {
        let text = std::fs::read_to_string(self.file(branch)).ok()?;
        let (id, of) = text.trim_end().split_once(' ')?;
        Some(CommitId(from_hex(id).filter(|_| of == branch)?))
    }

    /// Remembers where it is; what cannot be written is not remembered.
    pub fn remember(&self, branch: &str, tip: CommitId) {
        let _ = self.write(branch, tip);
    }

    fn write(&self, branch: &str, tip: CommitId) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        writeln!(file, "{} {branch}", tip.hex())?;
        file.persist(self.file(branch)).map_err(|error| error.error)?;
        Ok(())
    }

    fn file(&self, branch: &str) -> PathBuf {
        self.folder.join(short_hash(branch))
    }
}

fn short_hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..12])
}

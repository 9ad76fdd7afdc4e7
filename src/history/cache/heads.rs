//! The tips of branches that others move, as they were seen last: a rewritten branch shows itself only to those who
//! remember what was there (threats, rows 9 and 43).

use sha2::{Digest, Sha256};

use super::file::{Folder, Found, name};
use crate::history::{BookPath, CommitId, Repository};

/// What was seen, for a book.
pub struct SeenHeads {
    folder: Folder,
}

impl SeenHeads {
    /// Those of a book.
    pub fn new(repository: &Repository, book: &BookPath) -> Self {
        SeenHeads { folder: Folder::new(repository, book, "head") }
    }

    /// Where a branch was seen last; `None` when it was not, or by another version of the program.
    pub fn last(&self, branch: &str) -> Option<CommitId> {
        let Found::Payload(payload) = self.folder.read(&self.folder.path_of(&name_of(branch))) else {
            return None;
        };
        let (id, of) = payload.split_first_chunk::<20>()?;
        (of == branch.as_bytes()).then_some(CommitId(*id))
    }

    /// Remembers where it is; what cannot be written is not remembered.
    pub fn remember(&self, branch: &str, tip: CommitId) {
        let _ = self.folder.write(&name_of(branch), &[&tip.0[..], branch.as_bytes()]);
    }
}

fn name_of(branch: &str) -> String {
    name("head-", &Sha256::digest(branch.as_bytes()))
}

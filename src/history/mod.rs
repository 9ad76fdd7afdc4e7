//! Reads history with git2: facts per commit. The only room that opens a repository to read history.
//!
//! What it promises: parents, authors and trailers are those of the raw objects (`refs/replace`, grafts and
//! `.mailmap` change nothing), content comes from blobs and never through filters, no git process is
//! started, nothing is written but the cache below the git directory.

mod branches;
mod cache;
mod committers;
mod compare;
mod error;
mod graph;
mod index;
mod lines;
mod message;
mod objects;
mod packs;
mod raw;
mod raw_tree;
mod reach;
mod read;
mod repository;
mod seen;
mod signature;
mod survey;
mod tree;
mod types;

pub use branches::Branch;
pub use cache::{Answers, FactCache, FileFacts, Pieces};
pub use error::HistoryError;
pub use graph::History;
pub use index::BothAdded;
pub use lines::{DiffLine, Hunk, Origin, changed_lines, unchanged_lines};
pub use message::{named_in_lines, squashed_subjects, subject_words};
pub use objects::blob_name;
pub use repository::{Blob, Head, Repository, blob_of};
pub use seen::SeenHeads;
pub use signature::{SignatureCheck, check_text, key_identity};
pub use survey::Survey;
pub(crate) use types::from_hex;
pub use types::{
    BlobId, Change, Commit, CommitId, CommitTime, FileKind, Signature, Trailers, TrailersOfCommit, TreeFile,
};

/// Reads the bytes of a commit and its signature, for fuzzing.
pub(crate) fn probe_commit(bytes: &[u8]) {
    let _ = (raw::parse(bytes), signature::check_commit(bytes));
}

/// Where the book stands in the work tree: empty for the root, else a path without outer slashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookPath(String);

impl BookPath {
    /// From a path with forward slashes, relative to the root of the work tree.
    pub fn new(path: &str) -> Self {
        BookPath(path.trim_matches('/').to_owned())
    }

    /// The path itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A path of the book as one from the root of the work tree.
    pub fn join(&self, path: &str) -> String {
        if self.0.is_empty() { path.to_owned() } else { format!("{}/{path}", self.0) }
    }
}

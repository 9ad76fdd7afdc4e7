//! Reads history with git2: facts per commit. The only room that opens a repository to read history.

mod types;

pub use types::{BlobId, CommitId, CommitTime};

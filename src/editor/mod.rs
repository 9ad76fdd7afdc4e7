//! What editors and git itself ask of the book's files: the merge of three versions of a record,
//! and the task that a commit belongs to.
//!
//! Everything here works on texts that are passed in; nothing is read from disk and no program is started.

pub mod change_trailer;
pub mod merge;

//! What editors and git itself ask of the book's files: the merge of three versions of a record,
//! the language server, a record's other number, and the task that a commit belongs to.
//!
//! Nothing is written here and no program is started.

pub mod change_trailer;
pub mod lsp;
pub mod mdbook;
pub mod merge;
pub mod renumber;
pub mod schema;

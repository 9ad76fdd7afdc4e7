//! Changebook: change management that lives in git.
//!
//! Data flows one way, and a room uses only rooms above it in this list:
//!
//! - [`diagnostic`]: codes and places of everything that can be wrong; knows nothing else.
//! - [`record`]: parses and edits one file. Knows no git and no policy.
//! - [`policy`]: the policy file, its defaults, people, roles, matching.
//! - [`calendar`]: windows, freezes, meetings: when production may change.
//! - [`history`]: the only room that opens a repository to read history.
//! - [`intake`]: evidence from the tools people already run: what a change does, and how risky that is.
//! - [`evidence`]: what tools found for a task, as a file of its own. No verdict is in it.
//! - [`ledger`]: pure derivation: facts + records + policy to state.
//! - [`template`]: record templates.
//! - [`import`]: tasks of other tools, made into records.
//! - [`book`]: opens a book: puts the rooms above together.
//! - [`act`]: makes the edit and the commit that a hand could make.
//! - [`editor`]: what editors and git ask of the files: the merge of records, the language server.
//! - [`site`]: pages of the static site.
//! - [`demo`]: a book with a real history, for a first look and for tests.
//! - [`cli`]: one file per command: arguments in, a view out.
//! - [`fuzzing`]: what fuzzers feed with bytes.

pub mod act;
pub mod book;
pub mod calendar;
pub mod cli;
pub mod demo;
pub mod diagnostic;
pub mod editor;
pub mod evidence;
pub mod fuzzing;
pub mod history;
pub mod import;
pub mod intake;
pub mod ledger;
pub mod policy;
pub mod record;
pub mod site;
pub mod template;

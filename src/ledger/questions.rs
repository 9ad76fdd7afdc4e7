//! What is asked of a history that was walked: where records stand, the gate, the audit, stories.

use rustc_hash::FxHashMap;

use super::audit::{Audit, AuditAsk, audit};
use super::derive::{Derived, Shown, derive};
use super::gate::Desk;
use super::ix::RecordIx;
use super::sources::Sources;
use super::stories::{Story, stories};
use crate::record::{RecordId, RecordType};

/// What one commit has in its history and in its files, at one moment.
#[derive(Clone, Copy)]
pub struct Ledger<'a> {
    /// What was read of history.
    pub sources: Sources<'a>,
    /// By position, the tasks that commits name.
    pub named: &'a FxHashMap<usize, Vec<RecordIx>>,
    /// The record files of the commit, and of the work tree.
    pub shown: &'a [Shown],
}

impl<'a> Ledger<'a> {
    /// Where every record stands, in the order of the files. Files of the work tree alone are drafts. `policy_path` is the
    /// policy's in the book, for diagnostics.
    pub fn states(&self, policy_path: &str) -> Derived {
        derive(Some(self.sources), self.named, self.shown, policy_path)
    }

    /// The same before the first commit: all are drafts.
    pub fn drafts(shown: &[Shown]) -> Derived {
        derive(None, &FxHashMap::default(), shown, "")
    }

    /// Where the gate is asked.
    pub fn desk(&self) -> Desk<'a> {
        Desk::new(self.sources, self.named, self.shown)
    }

    /// Judges every deployment of a period that the commit's history holds.
    pub fn audit(&self, ask: &AuditAsk<'_>) -> Audit {
        audit(self.sources, self.named, self.shown, ask)
    }

    /// How each thing of a record came to be in the state it is in.
    pub fn stories(&self, record_type: RecordType, id: &RecordId) -> Vec<Story> {
        stories(self.sources, self.shown, record_type, id)
    }
}

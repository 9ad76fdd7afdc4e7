//! Texts of records as they were approved.

use super::{Book, BookError};
use crate::diagnostic::Code;
use crate::history::{Blob, CommitId};
use crate::ledger::{EventKind, RecordState};
use crate::policy::Policy;
use crate::record::{MAX_RECORD_BYTES, Record, scope_differences, scope_text};

impl Book {
    /// The material content of a record as a commit has it, by today's policy; `None` when the record is not
    /// there, or there is no telling what it holds.
    ///
    /// # Errors
    /// When an object is missing or unreadable.
    pub fn scope_text_at(
        &self,
        state: &RecordState,
        commit: CommitId,
        policy: &Policy,
    ) -> Result<Option<String>, BookError> {
        let rules = &policy.scope;
        let record = self.record_at(state, commit)?;
        Ok(record.filter(|record| !record.is_broken()).map(|record| scope_text(&record, rules)))
    }

    /// A record as a commit has it, wherever its file stood then.
    fn record_at(&self, state: &RecordState, commit: CommitId) -> Result<Option<Record>, BookError> {
        let moved = state.events.iter().filter_map(|event| match &event.kind {
            EventKind::Moved { from, .. } => Some(from),
            _ => None,
        });
        let mut found = None;
        for path in std::iter::once(&state.record.path).chain(moved) {
            if let Some(file) = self.repository.file(commit, &self.path.join(path))? {
                found = Some((path.clone(), file));
                break;
            }
        }
        if found.is_none() {
            let folder = state.record_type.folder();
            let files = self.repository.files(commit, &self.path.join(folder))?;
            let name = format!("{}.md", state.name);
            found = files
                .into_iter()
                .find(|(path, _)| path.rsplit('/').next() == Some(&name))
                .map(|(path, file)| (format!("{folder}/{path}"), file));
        }
        let Some((path, file)) = found.filter(|(_, file)| file.is_regular()) else { return Ok(None) };
        Ok(match self.repository.blob(file.blob, MAX_RECORD_BYTES)? {
            Blob::Bytes(bytes) => Some(Record::parse(state.record_type, &path, &bytes)),
            Blob::TooLarge(_) => None,
        })
    }

    /// Says of every stale approval what has changed since it was given.
    pub(super) fn name_changes(&self, records: &mut [RecordState], policy: &Policy) -> Result<(), BookError> {
        let rules = &policy.scope;
        let is_stale = |code| matches!(code, Some(Code::ApprovalStale | Code::DecisionOutdated));
        for state in records.iter_mut().filter(|state| !state.record.is_broken()) {
            for place in 0..state.approvals.len() {
                let approval = &state.approvals[place];
                let other_text = approval.scope.is_some() && approval.scope != state.scope;
                let Some(commit) = approval.scope_at.filter(|_| is_stale(approval.code) && other_text) else {
                    continue;
                };
                let Some(then) = self.scope_text_at(state, commit, policy)? else { continue };
                let now = scope_text(&state.record, rules);
                state.approvals[place].changed = scope_differences(&then, &now);
            }
        }
        Ok(())
    }
}

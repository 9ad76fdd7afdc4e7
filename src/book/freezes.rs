//! Freezes of services that nothing names, in the policy as it stands in the work tree or in the commit that is read.

use super::{Book, BookError, Loaded, POLICY_FILE};
use crate::diagnostic::Diagnostic;
use crate::history::Blob;
use crate::ledger::{services, unknown_services};
use crate::policy::Policy;
use crate::record::MAX_RECORD_BYTES;

impl Book {
    /// What is wrong with the services of freezes: an error where the policy is about to change, or the commit that is
    /// read changed it; a warning later.
    ///
    /// # Errors
    /// When the policy cannot be read.
    pub fn freezes(&self, loaded: &Loaded, in_work_tree: bool) -> Result<Vec<Diagnostic>, BookError> {
        let own = in_work_tree.then(|| self.text(None, POLICY_FILE)).transpose()?.flatten();
        let own = own.and_then(|text| Policy::parse(POLICY_FILE, &text).0);
        let policy = own.as_ref().unwrap_or(&loaded.policy);
        let before = self.changed_from(loaded, policy)?;
        let known = services(loaded.state.records.iter().map(|record| &*record.record));
        Ok(unknown_services(policy, before.as_ref(), &known, POLICY_FILE))
    }

    /// The policy that was in force before this one: that of the commit that is read, or of its parent where they are one.
    fn changed_from(&self, loaded: &Loaded, policy: &Policy) -> Result<Option<Policy>, BookError> {
        let Some(tip) = loaded.commit().and_then(|commit| loaded.history.position(commit)) else {
            return Ok(None);
        };
        let commits = &loaded.history.commits;
        let line = std::iter::successors(Some(tip), |&commit| commits[commit].parents.first().copied());
        for commit in line.take(2) {
            let Some(file) = commits[commit].policy else { return Ok(None) };
            let text = match self.repository.blob(file.blob, MAX_RECORD_BYTES)? {
                Blob::Bytes(bytes) => String::from_utf8(bytes).unwrap_or_default(),
                Blob::TooLarge(_) => return Ok(None),
            };
            let Some(found) = Policy::parse(POLICY_FILE, &text).0 else { return Ok(None) };
            if found.freezes != policy.freezes {
                return Ok(Some(found));
            }
        }
        Ok(Some(policy.clone()))
    }
}

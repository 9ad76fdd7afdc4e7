//! Freezes of services that nothing names, in the policy as it stands in the work tree or in the commit that is read.

use super::{Book, BookError, Loaded, POLICY_FILE};
use crate::diagnostic::Diagnostic;
use crate::ledger::{services, unknown_services};
use crate::policy::Policy;

impl Book {
    /// What is wrong with the services of freezes: an error where the policy is about to change, or the commit that is
    /// read changed it; a warning later.
    ///
    /// # Errors
    /// When the policy cannot be read.
    pub fn freezes(&self, loaded: &Loaded, in_work_tree: bool) -> Result<Vec<Diagnostic>, BookError> {
        let own = in_work_tree.then(|| self.text(None, POLICY_FILE)).transpose()?.flatten();
        let own = own.and_then(|text| Policy::parse(POLICY_FILE, &text).0);
        let policy = own.as_ref().unwrap_or(loaded.policy());
        let before = changed_from(loaded, policy);
        let known = services(loaded.state.records.iter().map(|record| &*record.record));
        Ok(unknown_services(policy, before, &known, POLICY_FILE))
    }
}

/// The policy before this one: that of the commit that is read, or of its parent where they are one. `None` where there was
/// none, or none that can be read.
fn changed_from<'l>(loaded: &'l Loaded, policy: &'l Policy) -> Option<&'l Policy> {
    let tip = loaded.commit().and_then(|commit| loaded.history().position(commit))?;
    let commits = &loaded.history().commits;
    for commit in std::iter::successors(Some(tip), |&at| commits[at].parents.first().copied()).take(2) {
        let found = loaded.facts.rules.of_file(loaded.history(), commit)?;
        if found.freezes != policy.freezes {
            return Some(found);
        }
    }
    Some(policy)
}

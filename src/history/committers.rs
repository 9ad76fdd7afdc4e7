//! Who committed lately.

use std::collections::BTreeSet;

use super::{HistoryError, Repository};

impl Repository {
    /// The addresses of those who committed the last `limit` commits of `HEAD`'s history, in order, each once. Nobody
    /// before the first commit.
    ///
    /// # Errors
    /// [`HistoryError`] when an object is missing or unreadable.
    pub fn recent_committers(&self, limit: usize) -> Result<BTreeSet<String>, HistoryError> {
        let Some(head) = self.head()?.commit else { return Ok(BTreeSet::new()) };
        let mut walk = self.git.revwalk().map_err(HistoryError::git)?;
        walk.push(super::repository::oid(&head)?).map_err(HistoryError::git)?;
        let mut emails = BTreeSet::new();
        for commit in walk.take(limit) {
            let commit = commit.and_then(|id| self.git.find_commit(id)).map_err(HistoryError::git)?;
            emails.insert(String::from_utf8_lossy(commit.committer().email_bytes()).into_owned());
        }
        Ok(emails)
    }
}

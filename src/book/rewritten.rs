//! Whether the trunk still has the head that was seen on it before.

use super::snapshot::{Snapshot, Trunk};
use super::{Book, Loaded, POLICY_FILE, Request};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::{CommitId, History, SeenHeads};

impl Book {
    /// Where the trunk was seen last: asked only of a branch that others move, as it is now. One's own branch may be
    /// amended at will.
    pub(super) fn seen(&self, request: &Request, trunk: Option<&Trunk>) -> Option<CommitId> {
        let (name, _) = trunk.filter(|_| request.is_of_own_trunk())?;
        let is_theirs = self.repository.is_moved_by_others(name);
        is_theirs.then(|| SeenHeads::new(&self.repository, &self.path).last(name)).flatten()
    }

    /// Remembers the trunk's tip, unless it left behind what was seen before: that is said, and goes on being said.
    pub(super) fn watch(&self, snapshot: &Snapshot, history: &History) -> Option<Diagnostic> {
        let (name, tip) = snapshot.trunk.as_ref().filter(|_| snapshot.request.is_of_own_trunk())?;
        if !self.repository.is_moved_by_others(name) || snapshot.seen == Some(*tip) {
            return None;
        }
        match snapshot.seen {
            Some(seen) if !is_on_line(history, *tip, seen) => {
                let message =
                    format!("`{name}` was at {}, which is no longer on its first-parent line", seen.short());
                let help = format!(
                    "find out who rewrote it, and why; accept the current history with `changebook audit --after {}`",
                    tip.short()
                );
                Some(Diagnostic::error_at_file(Code::HistoryRewritten, POLICY_FILE, message).with_help(help))
            }
            _ => {
                self.remember(name, *tip);
                None
            }
        }
    }

    /// Where the trunk of what was read was seen last; `None` as for a branch that only its owner moves.
    pub fn seen_before(&self, loaded: &Loaded) -> Option<CommitId> {
        let trunk = loaded.state.trunk.clone().zip(loaded.commit());
        self.seen(&loaded.request, trunk.as_ref())
    }

    /// Remembers the trunk's tip that was read, which has been looked at: its history is accepted from here on.
    pub fn remember_trunk(&self, loaded: &Loaded) {
        let trunk = loaded.state.trunk.as_ref().zip(loaded.commit());
        if let Some((name, tip)) = trunk.filter(|_| loaded.request.is_of_own_trunk()) {
            self.remember(name, tip);
        }
    }

    fn remember(&self, branch: &str, tip: CommitId) {
        if self.repository.is_moved_by_others(branch) {
            SeenHeads::new(&self.repository, &self.path).remember(branch, tip);
        }
    }
}

/// Whether a commit is on the first-parent line that ends at `tip`.
pub(super) fn is_on_line(history: &History, tip: CommitId, commit: CommitId) -> bool {
    let line = history.position(tip).map(|tip| history.first_parent_line(tip)).unwrap_or_default();
    history.position(commit).is_some_and(|position| line.contains(&position))
}

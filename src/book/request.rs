//! What is asked of a book: the first of the phases from files and commits to an answer.

use crate::history::CommitId;

/// Which commit is read, at which moment, beside which trunk, and whether what was read before may be used.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// A revision or a date; `None` for `HEAD` and the work tree beside it.
    pub at: Option<String>,
    /// The clock, as seconds since the epoch. Where `at` is given and the clock is not stated, it is the moment
    /// that `at` means.
    pub now: i64,
    /// Whether the user gave the clock.
    pub now_is_stated: bool,
    /// The branch that counts, when the user names one.
    pub trunk: Option<String>,
    /// The trunk's tip as it would be, for a commit that would be its next one.
    pub trunk_tip: Option<CommitId>,
    /// The commit that begins the policy in force, when the user names one.
    pub policy_root: Option<String>,
    /// Whether facts that an earlier run read may stand for the objects.
    pub cache: CacheUse,
    /// What is judged.
    pub view: View,
}

impl Request {
    /// Whether the work tree is looked at beside `HEAD`.
    pub(super) fn is_of_work_tree(&self) -> bool {
        self.at.is_none() && self.view == View::Head
    }

    /// Whether it is about the trunk that the repository names, as it is now.
    pub(super) fn is_of_own_trunk(&self) -> bool {
        self.at.is_none() && self.trunk.is_none() && !self.is_of_landing()
    }

    /// Whether a revision is judged as if it were merged.
    pub(super) fn is_of_landing(&self) -> bool {
        matches!(self.view, View::Landed(_))
    }
}

/// Whether the cache below the git directory is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CacheUse {
    /// Everything comes from objects, and nothing is written.
    #[default]
    Refused,
    /// What is known is not read again.
    Allowed,
}

/// What is read and judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum View {
    /// What `at` names, else `HEAD` and the work tree beside it.
    #[default]
    Head,
    /// What `at` names, else the trunk's tip.
    Trunk,
    /// A revision as if it were merged into the trunk's tip: its records and approvals, the trunk's policy and
    /// withdrawals.
    Landed(String),
}

//! Where a record stands, in one word.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a record stands. One vocabulary for tasks, decisions and runbooks (`docs/status.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// In the work tree only.
    Draft,
    /// Committed.
    Proposed,
    /// Work commits or ticks.
    Developing,
    /// An approval is given, or it is on a decision's list.
    InReview,
    /// Every approval that is asked for is valid.
    Approved,
    /// The decision in force asks for changes.
    NeedsChanges,
    /// The decision in force rejects.
    Rejected,
    /// An earlier environment is deployed.
    Staged,
    /// The final environment is deployed.
    Applied,
    /// Deployed, every box ticked, and what `[done]` asks is there.
    Done,
    /// The last act on the final environment was an untick.
    RolledBack,
    /// Given up, with a reason.
    Cancelled,
    /// A decision not yet taken.
    Pending,
    /// A decision whose text or tasks changed after it was set.
    Outdated,
    /// A runbook within its review interval.
    Current,
    /// A runbook whose review is overdue.
    ReviewDue,
    /// Nothing can be derived: the file is broken or contradicts itself.
    Unknown,
}

impl Status {
    /// All statuses, in the order of a board's columns.
    pub const ALL: [Status; 17] = [
        Status::Draft,
        Status::Proposed,
        Status::Developing,
        Status::InReview,
        Status::Approved,
        Status::NeedsChanges,
        Status::Rejected,
        Status::Staged,
        Status::Applied,
        Status::Done,
        Status::RolledBack,
        Status::Cancelled,
        Status::Pending,
        Status::Outdated,
        Status::Current,
        Status::ReviewDue,
        Status::Unknown,
    ];

    /// The word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Proposed => "proposed",
            Status::Developing => "developing",
            Status::InReview => "in-review",
            Status::Approved => "approved",
            Status::NeedsChanges => "needs-changes",
            Status::Rejected => "rejected",
            Status::Staged => "staged",
            Status::Applied => "applied",
            Status::Done => "done",
            Status::RolledBack => "rolled-back",
            Status::Cancelled => "cancelled",
            Status::Pending => "pending",
            Status::Outdated => "outdated",
            Status::Current => "current",
            Status::ReviewDue => "review-due",
            Status::Unknown => "unknown",
        }
    }

    /// The status of that name.
    pub fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether a task in this status still wants somebody's work.
    pub fn is_open(self) -> bool {
        !matches!(self, Status::Done | Status::Cancelled | Status::Rejected | Status::Current)
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = <&str>::deserialize(deserializer)?;
        Status::parse(word).ok_or_else(|| D::Error::custom("no status"))
    }
}

impl Status {
    /// When it holds.
    pub fn summary(self) -> &'static str {
        match self {
            Status::Draft => "in the work tree only",
            Status::Proposed => "committed, and no work yet",
            Status::Developing => "there are commits or ticks",
            Status::InReview => "it has an approval, or is listed in a decision",
            Status::Approved => "all required approvals are valid; for a decision: the board approved it",
            Status::NeedsChanges => "the board's current decision asks for changes",
            Status::Rejected => "the board's current decision is a rejection",
            Status::Staged => "an earlier environment is deployed",
            Status::Applied => "the final environment is deployed",
            Status::Done => "deployed, and nothing left to do",
            Status::RolledBack => "the last act on the final environment was a rollback",
            Status::Cancelled => "cancelled, with the reason in the frontmatter",
            Status::Pending => "the board has not decided yet",
            Status::Outdated => "its text, or that of a listed task, changed after the board decided",
            Status::Current => "reviewed within its interval",
            Status::ReviewDue => "its review is overdue",
            Status::Unknown => "the file is broken or contradicts itself",
        }
    }
}

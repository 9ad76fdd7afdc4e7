//! What each status means, in a sentence.

use super::state::Status;

impl Status {
    /// When it holds.
    pub fn summary(self) -> &'static str {
        match self {
            Status::Draft => "in the work tree only",
            Status::Proposed => "committed, and nothing more",
            Status::Developing => "there are work commits or ticks",
            Status::InReview => "an approval is given, or a decision lists it",
            Status::Approved => {
                "all approvals that are asked for are valid; of a decision: the board said yes"
            }
            Status::NeedsChanges => "the board's decision in force asks for changes",
            Status::Rejected => "the board's decision in force says no",
            Status::Staged => "an earlier environment is deployed",
            Status::Applied => "the final environment is deployed",
            Status::Done => "deployed, and nothing is left to do",
            Status::RolledBack => "the last act on the final environment was an untick",
            Status::Cancelled => "given up, and the frontmatter says why",
            Status::Pending => "the board has not decided",
            Status::Outdated => "the text, or that of a task, changed after the board had decided",
            Status::Current => "reviewed within its interval",
            Status::ReviewDue => "its review is overdue",
            Status::Unknown => "the file is broken or contradicts itself",
        }
    }
}

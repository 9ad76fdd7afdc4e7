//! What a record's type, a task's kind, its risk and a decision's verdict may be, by the words that records use.

use serde::{Deserialize, Serialize};

use super::{RecordId, affirmation_path, detached_path, evidence_path};

/// The three types of record, each with a folder of its own in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordType {
    /// A change: `tasks/`.
    Task,
    /// A decision of the change advisory board: `cab/`.
    Decision,
    /// Instructions for operating a service: `runbooks/`.
    Runbook,
}

impl RecordType {
    /// All types, in the order in which they are listed.
    pub const ALL: [RecordType; 3] = [RecordType::Task, RecordType::Decision, RecordType::Runbook];

    /// The folder of the book that holds records of this type.
    pub fn folder(self) -> &'static str {
        match self {
            RecordType::Task => "tasks",
            RecordType::Decision => "cab",
            RecordType::Runbook => "runbooks",
        }
    }

    /// The type of what stands at a path of the book, by its folder.
    pub fn of_path(path: &str) -> Option<RecordType> {
        let folder = path.split_once('/')?.0;
        RecordType::ALL.into_iter().find(|record_type| record_type.folder() == folder)
    }

    /// Whether a path of the book is that of a record, a detached approval, an affirmation or a piece of evidence. Anything else in their folders
    /// is a file like any other, and so is what stands there and cannot be read as one.
    pub fn is_record_path(path: &str) -> bool {
        let is_record = RecordType::of_path(path).is_some() && RecordId::of_path(path).is_some();
        is_record
            || detached_path(path).is_some()
            || affirmation_path(path).is_some()
            || evidence_path(path).is_some()
    }

    /// The word used in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            RecordType::Task => "task",
            RecordType::Decision => "decision",
            RecordType::Runbook => "runbook",
        }
    }
}

/// What a task changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskKind {
    /// Terraform or OpenTofu code.
    Terraform,
    /// Kubernetes manifests.
    Kubernetes,
    /// A Helm chart's version.
    Helm,
    /// Documentation.
    Documentation,
    /// Anything else.
    General,
}

impl TaskKind {
    /// All kinds.
    pub const ALL: [TaskKind; 5] = [
        TaskKind::Terraform,
        TaskKind::Kubernetes,
        TaskKind::Helm,
        TaskKind::Documentation,
        TaskKind::General,
    ];

    /// The word used in frontmatter, policy and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskKind::Terraform => "terraform",
            TaskKind::Kubernetes => "kubernetes",
            TaskKind::Helm => "helm",
            TaskKind::Documentation => "documentation",
            TaskKind::General => "general",
        }
    }

    /// The kind of that name.
    pub fn parse(word: &str) -> Option<TaskKind> {
        TaskKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How much a change can hurt. Ordered: low < medium < high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// One may approve oneself.
    Low,
    /// A peer reviews.
    Medium,
    /// Several reviewers and a window.
    High,
}

impl Risk {
    /// All levels, lowest first.
    pub const ALL: [Risk; 3] = [Risk::Low, Risk::Medium, Risk::High];

    /// The word used in frontmatter, policy and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
        }
    }

    /// The level of that name.
    pub fn parse(word: &str) -> Option<Risk> {
        Risk::ALL.into_iter().find(|risk| risk.as_str() == word)
    }
}

/// What the board said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Go ahead.
    Approved,
    /// Come again with changes.
    NeedsChanges,
    /// No.
    Rejected,
}

impl Verdict {
    /// All verdicts, mildest first.
    pub const ALL: [Verdict; 3] = [Verdict::Approved, Verdict::NeedsChanges, Verdict::Rejected];

    /// The word used in frontmatter and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Approved => "approved",
            Verdict::NeedsChanges => "needs-changes",
            Verdict::Rejected => "rejected",
        }
    }

    /// The verdict of that name.
    pub fn parse(word: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }
}

//! What happened to a record.

use serde::Serialize;

use super::CommitRef;
use crate::record::Verdict;

/// What an event did to a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventKind {
    /// What a tool found was recorded, for the first time or again.
    Recorded {
        /// `plan`, `manifests` or `chart`; `evidence` where it cannot be read.
        noun: String,
        /// The environment, and the stack in it.
        place: String,
        /// What was found, in one line.
        line: String,
    },
    /// Evidence was taken out.
    TookOut {
        /// The environment, and the stack in it.
        place: String,
    },
    /// The record came to be (or came back).
    Created,
    /// The file moved.
    Moved {
        /// Path before, in the book.
        from: String,
        /// Path after.
        to: String,
    },
    /// The record was deleted.
    Removed,
    /// A box was ticked.
    Ticked {
        /// The item's text.
        item: String,
    },
    /// A box was unticked.
    Unticked {
        /// The item's text.
        item: String,
    },
    /// An item came or went.
    ItemsChanged {
        /// Texts that are new.
        added: Vec<String>,
        /// Texts that are gone.
        removed: Vec<String>,
    },
    /// A key of the frontmatter was set, changed or removed (`value` absent).
    FieldSet {
        /// The key.
        field: String,
        /// The value as JSON text.
        value: Option<String>,
    },
    /// The material text changed.
    ScopeChanged,
    /// Text changed that is no part of what is approved.
    Noted,
    /// The board's decision was set.
    Decided {
        /// The verdict; absent when it was taken back.
        verdict: Option<Verdict>,
    },
    /// A commit that names the task changed something besides records.
    Worked,
    /// An item that deploys an environment was ticked (`docs/status.md`).
    Deployed {
        /// Its name.
        environment: String,
    },
    /// An item that deploys an environment was unticked.
    RolledBack {
        /// Its name.
        environment: String,
        /// The reason, from the `Rolled-back:` trailer.
        reason: Option<String>,
    },
}

/// One event of a record's history.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Event {
    /// The commit that made it.
    pub by: CommitRef,
    /// What it did.
    pub kind: EventKind,
    /// Whether the commit is a merge.
    pub merge: bool,
}

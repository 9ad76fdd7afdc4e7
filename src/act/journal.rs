//! What an act notes before it writes, so that the next one can finish it when it is killed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ActError;

const FILE: &str = "journal.json";
/// Made first, and never written again: what is older is nothing that the act has made.
const STARTED: &str = "started";

/// What one act does.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Journal {
    /// Its command and process, for whoever waits.
    pub(super) holder: String,
    /// Folders of the work tree in which it writes.
    pub(super) folders: Vec<PathBuf>,
    /// The work tree of its own in which it commits.
    pub(super) tree: Option<OwnTree>,
    /// What it is writing.
    pub(super) step: Option<Step>,
}

/// A work tree that an act made to commit on another branch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OwnTree {
    /// The temporary folder that holds it.
    pub(super) folder: PathBuf,
    /// By what name git knows it.
    pub(super) name: String,
    /// The branch in it.
    pub(super) branch: String,
    /// The commit at which that branch was made for it, when it was.
    pub(super) made_at: Option<String>,
}

/// Files that are written together: in a commit, in the index and in the work tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Step {
    /// A directory of the work tree.
    pub(super) directory: PathBuf,
    /// The root of the work tree.
    pub(super) top: PathBuf,
    /// The commit before.
    pub(super) head: String,
    /// Whether a commit comes first; else what is written belongs to an operation in progress.
    pub(super) commits: bool,
    /// The files of the work tree.
    pub(super) files: Vec<FileWrite>,
    /// Files of git's own, such as the message of a merge in progress.
    pub(super) state: Vec<StateWrite>,
}

/// One file of the work tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FileWrite {
    /// From the root of the work tree.
    pub(super) path: String,
    /// Its mode, as git writes it.
    pub(super) mode: String,
    /// What the commit holds: a blob, or nothing.
    pub(super) committed: Option<String>,
    /// What the index held before.
    pub(super) index_before: Entry,
    /// What it is to hold.
    pub(super) index_after: Option<String>,
    /// The blob that the bytes in the work tree made before.
    pub(super) disk_before: Option<String>,
    /// The blob of the bytes that are to stand there.
    pub(super) disk_after: Option<String>,
}

/// One file of git's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StateWrite {
    pub(super) file: PathBuf,
    /// The blob that its bytes made before.
    pub(super) before: Option<String>,
    /// The blob of the bytes that are to stand there.
    pub(super) after: String,
}

/// What an index holds at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Entry {
    Absent,
    Blob(String),
    /// Sides of a merge.
    Conflict,
}

impl Entry {
    pub(super) fn of(blob: Option<String>) -> Self {
        blob.map_or(Entry::Absent, Entry::Blob)
    }
}

impl Journal {
    /// Begins one in an empty folder.
    pub(super) fn begin(folder: &Path, doing: &str) -> Result<Self, ActError> {
        let started = folder.join(STARTED);
        let io = |source| ActError::Io { doing: "written", path: started.clone(), source };
        std::fs::write(&started, b"").map_err(io)?;
        let holder = format!("`{doing}`, process {}", std::process::id());
        let journal = Journal { holder, ..Journal::default() };
        journal.write(folder)?;
        Ok(journal)
    }

    /// The journal in a folder; `None` where there is none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()
    }

    /// When the act in a folder began, by the file system's clock.
    pub(super) fn started(folder: &Path) -> Option<std::time::SystemTime> {
        std::fs::metadata(folder.join(STARTED)).ok()?.modified().ok()
    }

    /// Takes the place of the one before, at once.
    pub(super) fn write(&self, folder: &Path) -> Result<(), ActError> {
        let file = folder.join(FILE);
        let io = |source| ActError::Io { doing: "written", path: file.clone(), source };
        let bytes = serde_json::to_vec(self).map_err(|error| io(error.into()))?;
        let next = folder.join("journal.next");
        std::fs::write(&next, bytes).map_err(io)?;
        std::fs::rename(&next, &file).map_err(io)
    }
}

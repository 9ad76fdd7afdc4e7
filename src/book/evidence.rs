//! Files of evidence: every version that some commit had, and those of the work tree.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use walkdir::WalkDir;

use super::{Book, BookError, slashes};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{EvidenceError, EvidenceFile, MAX_EVIDENCE_BYTES};
use crate::history::{Blob, History};
use crate::ledger::{EvidenceFiles, HeldEvidence, RecordState, WorkTree, check_evidence};
use crate::policy::Policy;
use crate::record::{EVIDENCE_FOLDER, Record, RecordType, evidence_owner};

/// The bytes of a file of evidence in the work tree, or why they are not read. What they say is read when it is asked for.
pub(super) type OnDisk = Result<Vec<u8>, EvidenceError>;

impl Book {
    /// Every piece of evidence that some commit had, by content. What is no regular file has none.
    pub(super) fn evidence(&self, history: &History) -> Result<EvidenceFiles, BookError> {
        let is_it = |path: &str| evidence_owner(path).is_some();
        self.versions_at(history, is_it, MAX_EVIDENCE_BYTES, |content| match content {
            Blob::Bytes(bytes) => EvidenceFile::read(&bytes).map(Arc::new),
            Blob::TooLarge(size) => Err(EvidenceError::TooLarge(size)),
        })
    }
}

/// The evidence of the work tree, by path, unread. Links are not followed.
pub(super) fn work_tree(root: &Path) -> Result<BTreeMap<String, OnDisk>, BookError> {
    let folder = root.join(EVIDENCE_FOLDER);
    let mut found = BTreeMap::new();
    if !folder.is_dir() || folder.is_symlink() {
        return Ok(found);
    }
    for entry in WalkDir::new(&folder).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| BookError::read(&folder, error.into()))?;
        let path = slashes(entry.path().strip_prefix(root).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            continue;
        }
        let size = entry.metadata().map_or(0, |metadata| metadata.len());
        let read = match (entry.file_type().is_file(), usize::try_from(size).unwrap_or(usize::MAX)) {
            (false, _) => Err(EvidenceError::NotRegular),
            (true, size) if size > MAX_EVIDENCE_BYTES => Err(EvidenceError::TooLarge(size)),
            (true, _) => {
                Ok(std::fs::read(entry.path()).map_err(|source| BookError::read(entry.path(), source))?)
            }
        };
        found.insert(path, read);
    }
    Ok(found)
}

/// What stands at a path of the work tree.
fn held(path: &str, on_disk: &OnDisk) -> HeldEvidence {
    let read = on_disk.as_deref().map_err(Clone::clone);
    HeldEvidence::at(path, read.and_then(|bytes| EvidenceFile::read(bytes).map(Arc::new)))
}

/// Adds what is wrong with the evidence of each task that is open, as the work tree has both where there is one, in place of
/// what was said of it before; what is wrong with evidence of no task is given back.
pub(super) fn attach_evidence(
    states: &mut [RecordState],
    in_work_tree: &BTreeMap<String, Arc<Record>>,
    on_disk: Option<&BTreeMap<String, OnDisk>>,
    policy: &Policy,
) -> Vec<Diagnostic> {
    let mut by_task: BTreeMap<String, Vec<(&String, &OnDisk)>> = BTreeMap::new();
    let mut lost: Vec<&String> = Vec::new();
    for (path, read) in on_disk.into_iter().flatten() {
        match evidence_owner(path) {
            Some(id) => by_task.entry(id.to_string()).or_default().push((path, read)),
            None => lost.push(path),
        }
    }
    for state in states.iter_mut().filter(|state| state.record_type == RecordType::Task) {
        state.diagnostics.retain(|known| !is_of_evidence(known.code));
        let files = by_task.remove(&state.name).unwrap_or_default();
        if !state.status.is_open() || state.work_tree == WorkTree::Removed {
            continue;
        }
        let found: Vec<HeldEvidence> = match on_disk {
            Some(_) => files.into_iter().map(|(path, read)| held(path, read)).collect(),
            None => state.found.clone(),
        };
        let judged = in_work_tree.get(&state.record.path).unwrap_or(&state.record);
        state.diagnostics.extend(check_evidence(judged, policy, &found));
    }
    lost.extend(by_task.into_values().flatten().map(|(path, _)| path));
    let message = "it does not belong to a task; its path must be `evidence/ID/ENVIRONMENT[.STACK].json`";
    lost.into_iter().map(|path| Diagnostic::error_at_file(Code::EvidenceBroken, path, message)).collect()
}

fn is_of_evidence(code: Code) -> bool {
    matches!(code, Code::EvidenceBroken | Code::EvidenceDiffers)
}

//! Which files are shown: the commit's, with how the work tree differs, and the work tree's drafts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::files::{self, CommittedFiles, FileContent, RecordFile};
use super::{Book, BookError};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::history::CommitId;
use crate::intake::pull_request::missing;
use crate::ledger::{self, Shown, Status, WorkTree};
use crate::policy::Policy;
use crate::record::Record;
use crate::template::RecordTemplates;

/// A record as it is shown, and the work tree's own reading where that differs.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) shown: Shown,
    pub(super) on_disk: Option<Arc<Record>>,
}

impl Pair {
    /// The reading that `check` judges.
    pub(super) fn judged(&self) -> &Record {
        self.on_disk.as_deref().unwrap_or(&self.shown.record)
    }
}

impl Book {
    /// What is shown of a commit, and of the work tree where it is asked for.
    pub(super) fn shown(
        &self,
        tip: Option<CommitId>,
        on_disk: Option<BTreeMap<String, RecordFile>>,
    ) -> Result<Vec<Pair>, BookError> {
        let has_work_tree = on_disk.is_some();
        let on_disk = on_disk.unwrap_or_default();
        let committed = match tip {
            Some(tip) => files::committed(self, tip, &on_disk)?,
            None => CommittedFiles::default(),
        };
        let mut paths: BTreeSet<&String> = committed.others.keys().collect();
        paths.extend(on_disk.keys());
        let paths: Vec<&String> = paths.into_iter().collect();
        let pairs = paths.par_iter().filter_map(|path| {
            let disk = on_disk.get(*path);
            let file = match committed.unchanged.contains(*path) {
                true => disk,
                false => committed.others.get(*path),
            };
            pair(file, disk, has_work_tree)
        });
        Ok(join_moves(pairs.collect()))
    }
}

/// A committed file that is gone from its place and stands elsewhere in the work tree has moved: one record,
/// not a removal and a draft of the same ID.
fn join_moves(pairs: Vec<Pair>) -> Vec<Pair> {
    let (mut drafts, mut pairs): (Vec<Pair>, Vec<Pair>) =
        pairs.into_iter().partition(|pair| pair.shown.work_tree == WorkTree::Added);
    for pair in pairs.iter_mut().filter(|pair| pair.shown.work_tree == WorkTree::Removed) {
        let id = pair.shown.record.id.as_ref();
        if let Some(found) =
            drafts.iter().position(|draft| id.is_some() && draft.shown.record.id.as_ref() == id)
        {
            pair.on_disk = Some(drafts.swap_remove(found).shown.record);
            pair.shown.work_tree = WorkTree::Modified;
        }
    }
    pairs.extend(drafts);
    pairs.sort_by(|a, b| a.shown.record.path.cmp(&b.shown.record.path));
    pairs
}

/// One path's part of [`Book::shown`].
fn pair(committed: Option<&RecordFile>, disk: Option<&RecordFile>, has_work_tree: bool) -> Option<Pair> {
    let shown = |file: &RecordFile, work_tree| {
        Some(Pair { shown: Shown { record: Arc::new(file.parse()), work_tree }, on_disk: None })
    };
    match (committed, disk) {
        (Some(committed), None) if has_work_tree => shown(committed, WorkTree::Removed),
        (Some(committed), None) => shown(committed, WorkTree::Clean),
        (Some(committed), Some(disk)) if same_content(&committed.content, &disk.content) => {
            shown(committed, WorkTree::Clean)
        }
        (Some(committed), Some(disk)) => shown(committed, WorkTree::Modified)
            .map(|pair| Pair { on_disk: Some(Arc::new(disk.parse())), ..pair }),
        (None, Some(disk)) => shown(disk, WorkTree::Added),
        (None, None) => None,
    }
}

/// Whether a checkout of one is the other: line ends may differ, as `core.autocrlf` makes them.
fn same_content(a: &FileContent, b: &FileContent) -> bool {
    match (a, b) {
        (FileContent::Bytes(a), FileContent::Bytes(b)) => {
            a == b || (a.len() != b.len() && without_returns(a).eq(without_returns(b)))
        }
        (a, b) => a == b,
    }
}

/// The bytes with line ends as git keeps them.
pub(super) fn without_returns(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes
        .iter()
        .enumerate()
        .filter(|(at, byte)| **byte != b'\r' || bytes.get(at + 1) != Some(&b'\n'))
        .map(|(_, byte)| *byte)
}

/// What is not gone from the work tree.
pub(super) fn present(pairs: &[Pair]) -> impl Iterator<Item = &Pair> {
    pairs.iter().filter(|pair| pair.shown.work_tree != WorkTree::Removed)
}

/// The IDs of what is present.
pub(super) fn ids(pairs: &[Pair]) -> BTreeSet<&str> {
    present(pairs).filter_map(|pair| pair.shown.record.id.as_ref()).map(|id| id.as_str()).collect()
}

/// Adds what the policy and the other records of the book say, whose IDs are given; where the work tree differs, its
/// reading is judged.
pub(super) fn attach_diagnostics(
    states: &mut [ledger::RecordState],
    pairs: &[Pair],
    policy: &Policy,
    templates: &RecordTemplates,
    ids: &BTreeSet<&str>,
) {
    let known = policy.known_items();
    let is_guidance = |text: &str| templates.is_guidance(text);
    states.par_iter_mut().zip(pairs).for_each(|(state, pair)| {
        let (shown, judged) = (&pair.shown, pair.judged());
        if shown.work_tree == WorkTree::Removed {
            state.diagnostics.clear();
            return;
        }
        if pair.on_disk.is_some() {
            state.diagnostics.retain(|diagnostic| !shown.record.diagnostics.contains(diagnostic));
            state.diagnostics.extend(judged.diagnostics.iter().cloned());
        }
        let closed = !state.status.is_open();
        let by = ledger::CheckBy {
            policy,
            known: &known,
            ids,
            evidence: &state.found,
            unproven: state.unproven.as_deref(),
            is_guidance: &is_guidance,
        };
        let mut found = ledger::check(judged, &by);
        // What a reviewer asks for is owed when there is something to review.
        if is_reviewed(state.status) {
            found.extend(missing(judged, &state.named_plans(), policy, &is_guidance));
        }
        // What would shut a gate is no longer asked of what is over.
        let shuts = |found: &Diagnostic| matches!(found.code, Code::SectionNearMiss | Code::BoxMissing);
        let is_said = |found: &Diagnostic| !closed || (found.severity == Severity::Error && !shuts(found));
        state.diagnostics.extend(found.into_iter().filter(is_said));
    });
}

/// Whether there is something to review, and nothing is out yet.
pub(super) fn is_reviewed(status: Status) -> bool {
    use Status::{Approved, Developing, InReview, NeedsChanges, Staged};
    matches!(status, Developing | InReview | Approved | NeedsChanges | Staged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_with_other_line_ends_is_the_same() {
        let bytes = |text: &str| FileContent::Bytes(text.as_bytes().to_vec());
        assert!(same_content(&bytes("a\nb\n"), &bytes("a\r\nb\r\n")));
        assert!(!same_content(&bytes("a\nb\n"), &bytes("a\r\nc\r\n")));
        assert!(!same_content(&bytes("a\rb"), &bytes("ab")));
    }
}

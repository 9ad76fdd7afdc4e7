//! Whose versions must be read, so that it can be said where each record stands.
//!
//! Most of a history is text, and most text says nothing about where a record stands: a proposal without a tick is
//! proposed, whatever its words were before. Which commits touched it is told by trees alone.

use rustc_hash::FxHashSet;

use super::derive::Shown;
use super::naming::changed_tasks;
use super::renumbering::Renumberings;
use super::state::WorkTree;
use super::walk::Versions;
use crate::history::{Commit, History};
use crate::policy::Policy;
use crate::record::{Details, Record, RecordId, RecordType, detached_path};

/// How much is asked of a derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Everything that history says.
    #[default]
    Everything,
    /// Of each record its status with the evidence, its risk, the facet of its approvals, when and by whom it was
    /// created and updated, whether it landed, and what is an error. Nothing else that is derived may be used:
    /// owners of items, events, and whom it waits for are left out.
    Standing,
}

/// The records whose versions are read. Of the others it is known which commits changed them, and no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needed {
    /// All of them.
    Every,
    /// These.
    Only(FxHashSet<RecordId>),
}

impl Needed {
    /// Whether the versions of a record are read.
    pub fn has(&self, id: &RecordId) -> bool {
        match self {
            Needed::Every => true,
            Needed::Only(ids) => ids.contains(id),
        }
    }

    /// Whether the versions of the record at a path are read.
    pub fn has_path(&self, path: &str) -> bool {
        match self {
            Needed::Every => true,
            Needed::Only(ids) => RecordId::stem(path).is_some_and(|stem| ids.contains(stem)),
        }
    }

    /// Those that must be read to say where the records that are `shown` stand. `versions` are at least those of
    /// decisions: what these ever listed is held against their scopes.
    /// `infrastructure` are the paths of records that some policy counts as infrastructure: what they hold tells whether
    /// they are work.
    pub fn for_standing(
        shown: &[Shown],
        history: &History,
        versions: &Versions,
        policy: &Policy,
        infrastructure: &FxHashSet<&str>,
    ) -> Self {
        let committed = shown.iter().filter(|shown| shown.work_tree != WorkTree::Added);
        let acted_on = committed.filter(|shown| acts_matter(&shown.record, policy));
        let mut ids: FxHashSet<RecordId> = acted_on.filter_map(|shown| shown.record.id.clone()).collect();
        for change in history.commits.iter().flat_map(|commit| &commit.changes) {
            ids.extend(detached_path(&change.path).map(|(id, ..)| id));
            if RecordType::of_path(&change.path) == Some(RecordType::Decision) {
                ids.extend(RecordId::of_path(&change.path));
            }
        }
        // Whether such a commit is work on a task depends on what it changed of the text.
        // Whether a change of a runbook was one of its body is told by its versions, and by those under its earlier names.
        let has_reviews = |shown: &Shown| matches!(&shown.record.details, Details::Runbook(runbook) if runbook.review_every.is_some());
        if shown.iter().any(has_reviews) {
            let changes = history.commits.iter().flat_map(|commit| &commit.changes);
            let runbooks =
                changes.filter(|change| RecordType::of_path(&change.path) == Some(RecordType::Runbook));
            ids.extend(runbooks.filter_map(|change| RecordId::of_path(&change.path)));
        }
        ids.extend(infrastructure.iter().filter_map(|path| RecordId::of_path(path)));
        let may_be_work = |commit: &&Commit| {
            let mut paths = commit.changes.iter().map(|change| &*change.path);
            commit.touches_code || paths.any(|path| infrastructure.contains(path))
        };
        ids.extend(history.commits.iter().filter(may_be_work).flat_map(changed_tasks));
        let decisions = versions.iter().filter(|((record_type, _), _)| *record_type == RecordType::Decision);
        ids.extend(decisions.flat_map(|(_, facts)| facts.listed()));
        Needed::Only(ids)
    }

    /// Adds the records that needed ones were parted from, or became: which of them a commit names is told by both.
    pub fn add_renumbered(&mut self, history: &History) {
        let Needed::Only(ids) = self else { return };
        let pairs: Vec<(RecordId, RecordId)> =
            history.commits.iter().flat_map(super::naming::renumbered_ids).collect();
        loop {
            let known = ids.len();
            for (old, new) in &pairs {
                if ids.contains(old) || ids.contains(new) {
                    ids.extend([old.clone(), new.clone()]);
                }
            }
            if ids.len() == known {
                return;
            }
        }
    }

    /// Adds the records under whose IDs needed ones stood before, since they share authors. Whether there was
    /// one to add.
    pub fn follow(&mut self, renumberings: &Renumberings) -> bool {
        let Needed::Only(ids) = self else { return false };
        let renumbered = || renumberings.values().flatten();
        let before = ids.len();
        loop {
            let known = ids.len();
            let older: Vec<RecordId> = renumbered()
                .filter(|found| ids.contains(&found.new))
                .map(|found| found.old.clone())
                .collect();
            ids.extend(older);
            if ids.len() == known {
                return known > before;
            }
        }
    }
}

/// Whether it depends on who did what, and when, where a record with this text stands: a tick has an owner, an open
/// box that deploys may have been ticked, a cancellation was made by somebody, and what it covers is its work.
fn acts_matter(record: &Record, policy: &Policy) -> bool {
    let acts_by_itself = matches!(
        &record.details,
        Details::Task(task) if task.cancelled.is_some() || !task.covers.is_empty()
    );
    let mut items = record.items.iter();
    acts_by_itself
        || record.record_type() == RecordType::Decision
        || items.any(|item| item.checked || policy.environment_deployed_by(&item.key.text).is_some())
}

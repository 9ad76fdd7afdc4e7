//! Whether a runbook is within its review interval.

use std::ops::RangeInclusive;

use super::context::Context;
use super::state::Status;
use super::walk::{Key, RecordIx};
use crate::history::{Change, Commit};
use crate::record::{RecordId, RecordType, Runbook};

/// What is derived of a runbook.
pub(super) struct RunbookState {
    pub(super) status: Status,
    pub(super) evidence: Option<usize>,
    /// The last commit that says it was exercised.
    pub(super) exercised: Option<usize>,
    pub(super) next: String,
    /// When its review is due, as seconds since the epoch.
    pub(super) due: Option<i64>,
}

/// The moments, around `now`, at which the same is derived of a book whose reviews are due then: nothing but these
/// depends on the clock. All are seconds since the epoch.
pub fn holds(dues: impl Iterator<Item = i64> + Clone, now: i64) -> RangeInclusive<i64> {
    let dues = || dues.clone();
    let from = dues().filter(|due| *due < now).max().map_or(i64::MIN, |due| due.saturating_add(1));
    let until = dues().filter(|due| *due >= now).min().unwrap_or(i64::MAX);
    from..=until
}

/// A commit that adds so many runbooks adopts documents that were there: nobody has reviewed them by that.
const ADOPTED: usize = 3;

/// Whether a commit adopts documents that were there.
fn adopts(commit: &Commit) -> bool {
    let runbooks = || {
        commit.changes.iter().filter(|change| RecordType::of_path(&change.path) == Some(RecordType::Runbook))
    };
    let is_moved = |added: &Change| {
        let mut gone = runbooks().filter(|change| change.new.is_none());
        gone.any(|gone| RecordId::stem(&gone.path) == RecordId::stem(&added.path))
    };
    let added = runbooks().filter(|change| change.old.is_none() && change.new.is_some());
    added.filter(|added| !is_moved(added)).count() >= ADOPTED
}

/// A runbook was last looked at when its text changed or when a commit said `Exercised: ID`, and not when it was adopted
/// with others. It is due when its `review-every` has passed since, and one that was only adopted is due at once; without
/// one it is never due.
pub(super) fn runbook(
    context: &Context<'_>,
    record: RecordIx,
    id: &RecordId,
    details: &Runbook,
) -> RunbookState {
    let updated = context.cell(record, &Key::Text).map_or_else(Vec::new, |cell| context.owners(cell));
    let commits = context.sources.history.commits.iter().enumerate();
    let exercised = commits
        .filter(|(position, commit)| {
            commit.trailers.exercised.iter().any(|name| name == id.as_str()) && context.has(*position)
        })
        .map(|(position, _)| position);
    let exercised = context.latest(exercised);
    let all = &context.sources.history.commits;
    let (adopted, updated): (Vec<usize>, Vec<usize>) = updated.into_iter().partition(|&at| adopts(&all[at]));
    let reviewed = context.latest(updated.into_iter().chain(exercised));
    let last = reviewed.or_else(|| context.latest(adopted));
    let due = details.review_every.as_ref().zip(last).map(|(every, last)| {
        let interval = if reviewed.is_some() { every.seconds } else { 0 };
        all[last].committer.time.seconds.saturating_add(interval)
    });
    match due {
        Some(due) if due < context.sources.now => RunbookState {
            status: Status::ReviewDue,
            evidence: last,
            exercised,
            due: Some(due),
            next: "review it: change what is stale, or exercise it and say so with an `Exercised:` trailer"
                .to_owned(),
        },
        _ => RunbookState {
            status: Status::Current,
            evidence: last,
            exercised,
            due,
            next: "nothing: it is current".to_owned(),
        },
    }
}

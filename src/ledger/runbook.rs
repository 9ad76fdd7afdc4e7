//! Whether a runbook is within its review interval.

use std::ops::RangeInclusive;

use super::context::Context;
use super::state::Status;
use super::walk::{Key, RecordIx};
use crate::record::{RecordId, Runbook};

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

/// A runbook was last looked at when its text changed or when a commit said `Exercised: ID`. It is due when
/// its `review-every` has passed since; without one it is never due.
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
    let last = context.latest(updated.into_iter().chain(exercised));
    let due = details.review_every.as_ref().zip(last).map(|(every, last)| {
        context.sources.history.commits[last].committer.time.seconds.saturating_add(every.seconds)
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

//! Whether a runbook is within its review interval.

use std::ops::RangeInclusive;

use super::context::Context;
use super::ix::{RecordIx, ValueIx};
use super::law::ABSENT;
use super::state::Status;
use super::walk::Key;
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

/// The commits that wrote a runbook's body as it stands. A file that took the place of another with the same body is that
/// one under another name.
fn wrote(context: &Context<'_>, record: RecordIx) -> Vec<usize> {
    let Some(cell) = context.cell(record, &Key::Body) else { return Vec::new() };
    let mut wrote = context.owners(cell);
    let value = cell.value;
    let mut seen = vec![record];
    loop {
        let renamed = wrote.iter().enumerate().find_map(|(place, &commit)| {
            let earlier = removed_with(context, commit, value).find(|earlier| !seen.contains(earlier))?;
            Some((place, commit, earlier))
        });
        let Some((place, commit, earlier)) = renamed else { return wrote };
        seen.push(earlier);
        let walk = context.sources.walk;
        let parents = context.sources.history.commits[commit].parents.iter();
        let before = parents.filter_map(|&parent| walk.node(context.sources.history, parent, earlier));
        let body = walk.keys.find(&Key::Body);
        let cells = before.filter_map(|node| node.cell(body?)).filter(|cell| cell.value == value);
        let owners: Vec<usize> = cells.flat_map(|cell| context.owners(cell)).collect();
        wrote.swap_remove(place);
        wrote.extend(owners);
    }
}

/// The runbooks with a body that a commit removes.
fn removed_with<'s>(
    context: &'s Context<'_>,
    commit: usize,
    body: ValueIx,
) -> impl Iterator<Item = RecordIx> + 's {
    let removed = context.sources.walk.transitions_of(commit).filter(move |transition| {
        *context.key(transition) == Key::Body && transition.from == body && transition.to == ABSENT
    });
    removed.map(|transition| transition.record)
}

/// A runbook was last looked at when its body changed or when a commit said `Exercised: ID`, and not when it was adopted
/// with others, moved, or given other frontmatter. It is due when its `review-every` has passed since, and one that was
/// only adopted is due at once; without one it is never due.
pub(super) fn runbook(
    context: &Context<'_>,
    record: RecordIx,
    id: &RecordId,
    details: &Runbook,
) -> RunbookState {
    // Without an interval nothing is due, and the last change of any kind is shown.
    let updated = match details.review_every {
        Some(_) => wrote(context, record),
        None => context.cell(record, &Key::Text).map_or_else(Vec::new, |cell| context.owners(cell)),
    };
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
            next:
                "review it: update what is stale, or exercise it and record that in an `Exercised:` trailer"
                    .to_owned(),
        },
        _ => RunbookState {
            status: Status::Current,
            evidence: last,
            exercised,
            due,
            next: "nothing; it is current".to_owned(),
        },
    }
}
